//! Every way a tag can lie (X15).

use expect_test::expect;

use crate::world::{TAG, World};

/// Every way a tag can lie, each with what is said about it.
#[test]
fn x15_each_false_tag_is_a_failure_of_its_own() {
    let world = World::published();
    let site = world.stranger();
    let object = site.rev(&format!("refs/tags/{TAG}"));
    let commit = site.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    let text = site.git(["cat-file", "tag", &object]) + "\n";
    let reset = || {
        site.git(["update-ref", &format!("refs/tags/{TAG}"), &object]);
        site.forget_tags();
    };

    site.write_tag(TAG, &text.replace("tagger Ada", "tagger Eve"));
    site.lineage(["verify", TAG]).exits(4).says(&["has moved"]).is(expect![[r#"
        exit 4
        --- stdout
        test-workflow-v0.2.0
           1  !!   resolved below refs/tags, as first seen, bytes hash to their ids [tag]
                   the tag has moved: this clone first saw the object [id], now it is [id]
           2  ok   annotated, and named in its header as its ref is [tag]
           3  ok   target on main's first-parent history [main]
           4  ok   Chart.yaml's name and version are the tag's [chart]
           5  ok   one payload, about this very content [payload]
           5  ok   the payload names the contribution's commits [payload]
           6  GAP  the tag statement names this tag object [w6-tag]
                   there is no such attestation
           7  ok   the bump, undone, gives the content before it [w5-semver-bump]
           8  ok   the split, undone, gives the content that was validated [w2-filter-charts]
           9  ok   the required check commit-validation passed on this content [w1-commit-validation]
           9  ok   the required check changelog-generation passed on this content [w1-changelog-generation]
           9  ok   the required check chart-lint passed on this content [w1-chart-lint]
           9  ok   the required check lint-test-v1.32.11 passed on this content [w1-lint-test-v1.32.11]
           9  ok   the required check lint-test-v1.33.7 passed on this content [w1-lint-test-v1.33.7]
           9  ok   the required check k8s-install passed on this content [w1-k8s-install]
           9  ok   the overall statement names every part [w1-overall]
           9  ok   the split was made on the sealed contribution [w2-filter-charts]
           9  ok   the overall statement names every part [w5-overall]
           9  ok   the policy's trust is the anchor's [policy]
          10  ok   the package is the one the tag predicts [package]
          10  GAP  the build statement is about this package [w7-build-test-workflow]
                   there is no such attestation
          10  GAP  the overall statement names the build [w7-overall]
                   there is no such attestation
          11  ok   the release before is the one the payload names [previous]

        lineage:
          contribution  feat(test-workflow): add probe, by Ada <ada@example.org>
          |  commit [id], content [id]
          |  w1-commit-validation ([id]), signed by ci
          |  w1-changelog-generation ([id]), signed by ci
          |  w1-chart-lint ([id]), signed by ci
          |  w1-lint-test-v1.32.11 ([id]), signed by ci
          |  w1-lint-test-v1.33.7 ([id]), signed by ci
          |  w1-k8s-install ([id]), signed by ci
          |  w1-overall ([id]), signed by ci
          `- split  charts/test-workflow alone, on main at [id]
             |  content [id]
             |  w2-filter-charts ([id]), signed by ci
             `- bump  version 0.1.0 → 0.2.0
                |  content [id]
                |  w5-semver-bump ([id]), signed by ci
                |  w5-overall ([id]), signed by ci
                `- main  landed on main
                   |  commit [id], content [id]
                   `- tag  test-workflow-v0.2.0, tag object [id]
                         commit [id], content [id]

        conflict: test-workflow-v0.2.0 (chart test-workflow 0.2.0): 3 gaps, 1 conflict
    "#]]);

    reset();
    site.git(["update-ref", &format!("refs/tags/{TAG}"), &commit]);
    drop(site.lineage(["verify", TAG]).exits(1).says(&["lightweight"]));

    reset();
    let beside = site.git(["commit-tree", "-p", "origin/main~1", "-m", "side", &format!("{commit}^{{tree}}")]);
    site.write_tag(TAG, &text.replace(&commit, &beside));
    drop(site.lineage(["verify", TAG]).exits(1).says(&["first-parent history"]));

    reset();
    site.git(["update-ref", "refs/tags/test-workflow-v0.2.9", &object]);
    drop(site.lineage(["verify", "test-workflow-v0.2.9"]).exits(1).says(&["calls itself"]));

    // A branch of that name alone is no tag.
    reset();
    site.git(["update-ref", &format!("refs/heads/{TAG}"), "origin/main~1"]);
    site.git(["update-ref", "-d", &format!("refs/tags/{TAG}")]);
    let output = site.lineage(["verify", TAG]);
    assert!(output.code == 2 || output.code == 3, "{}", output.text());
    output.is(expect![[r#"
        exit 2
        --- stderr
        error: test-workflow-v0.2.0 leads to no release
          caused by: commit [id] is in the lineage of no release here: no payload names it, and no chart it changed has a released, split or contributed content there

        hint: fetch tags and ledger with `git lineage sync`, or name the tag
    "#]]);
}

#[test]
fn x15_the_remote_s_tag_is_not_taken_over_one_seen_before() {
    let world = World::published();
    let site = world.stranger();
    let text = site.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]) + "\n";
    world.origin().write_tag(TAG, &text.replace("tagger Ada", "tagger Eve"));
    site.lineage(["sync"]).exits(4).says(&["has moved"]).is(expect![[r#"
        exit 4
        --- stderr
        error: the tag test-workflow-v0.2.0 has moved: this clone first saw the object [id], at the remote it is [id]

        hint: a release tag never moves: ask whoever moved it, and release the change under a new version
    "#]]);
    drop(site.lineage(["verify", TAG]).exits(0));
}

#[test]
fn a_release_that_was_seen_and_is_gone_is_a_conflict() {
    let world = World::published();
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0));
    // Deleted here alone, it comes back; deleted at the remote, it is asked after.
    stranger.git(["tag", "-d", TAG]);
    drop(stranger.lineage(["sync"]).exits(0));
    drop(stranger.lineage(["verify", TAG]).exits(0));
    world.origin().git(["update-ref", "-d", &format!("refs/tags/{TAG}")]);
    stranger.git(["tag", "-d", TAG]);
    drop(stranger.lineage(["sync"]));
    stranger.lineage(["verify", TAG]).exits(4).is(expect_test::expect![[r#"
        exit 4
        --- stderr
        error: the tag test-workflow-v0.2.0, which this clone has seen, is not here any more

        hint: a release tag is never deleted: `git lineage sync` brings it back if the remote has it; if not, ask who deleted it there
    "#]]);
    drop(stranger.lineage(["verify", "--all"]).exits(4).says(&[TAG, "is not here any more"]));
    // Neither a branch of its name stands for it, nor does an anchor that somebody brings along.
    stranger.git(["branch", TAG, "origin/main"]);
    drop(stranger.lineage(["verify", TAG]).exits(4));
    drop(stranger.lineage(["verify", "--policy-from", "origin/main", "--all"]).exits(4));
}
