//! Verification step by step, in a stranger's clone. Each test breaks one thing and looks at what is said.

use expect_test::expect;

use crate::world::{Site, TAG, World};

/// The tag object's text.
fn tag_text(site: &Site<'_>) -> String {
    site.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]) + "\n"
}

#[test]
fn vf1_only_tags_resolve() {
    let world = World::published();
    let stranger = world.stranger();
    // A branch of the same name does not win, as it would in `git rev-parse`.
    stranger.git(["branch", TAG, "origin/main~1"]);
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    stranger.lineage(["verify", "test-workflow-v9.9.9"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: test-workflow-v9.9.9 is no tag, commit, package file (.tgz) or oci://…@sha256:… here

        hint: see `git tag --list` for the releases; `git lineage sync` fetches them
    "#]]);
    stranger.lineage(["verify", "nonsense"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: nonsense is no tag, commit, package file (.tgz) or oci://…@sha256:… here

        hint: see `git tag --list` for the releases; `git lineage sync` fetches them
    "#]]);
    stranger.lineage(["verify"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: the following required arguments were not provided:
          <SUBJECT>...

        Usage: git lineage verify <SUBJECT>...

        For more information, try '--help'.
    "#]]);
}

#[test]
fn vf1_a_tag_of_no_chart_is_said_to_be_none() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.git(["tag", "-a", "-m", "x", "other-v1.0.0", "origin/main"]);
    stranger.git(["tag", "-a", "-m", "x", "test-workflow-v1.0.0-v2.0.0", "origin/main"]);
    drop(stranger.lineage(["verify", "other-v1.0.0"]).exits(2).says(&["other-v1.0.0"]));
    stranger.lineage(["verify", "test-workflow-v1.0.0-v2.0.0"]).exits(1).matches_file("vf1-no-lineage");
}

#[test]
fn vf2_replaced_objects_are_not_believed() {
    let world = World::published();
    let stranger = world.stranger();
    let commit = stranger.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    let parent = stranger.rev(&format!("{commit}~1"));
    stranger.git(["replace", &commit, &parent]);
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    // A graft, too.
    stranger.git(["replace", "-d", &commit]);
    stranger.git(["replace", "--graft", &commit]);
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn vf3_a_lightweight_tag_holds_no_lineage() {
    let world = World::published();
    let stranger = world.stranger();
    let commit = stranger.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    stranger.git(["tag", "-d", TAG]);
    stranger.git(["tag", TAG, &commit]);
    // This clone has not seen the tag before, so it has not moved.
    stranger.forget_tags();
    stranger.lineage(["verify", TAG]).exits(1).matches_file("vf3-lightweight");
}

#[test]
fn vf3_another_tag_s_object_does_not_pass_under_this_name() {
    let world = World::published();
    let stranger = world.stranger();
    let object = stranger.rev(&format!("refs/tags/{TAG}"));
    stranger.git(["update-ref", "refs/tags/test-workflow-v0.3.0", &object]);
    let output = stranger.lineage(["verify", "--json", "test-workflow-v0.3.0"]).exits(1);
    output.breaks(&["tag", "chart"]);
    stranger
        .lineage(["verify", "test-workflow-v0.3.0"])
        .exits(1)
        .says(&[TAG])
        .matches_file("vf3-another-tags-object");
}

#[test]
fn vf4_a_commit_beside_main_is_no_release() {
    let world = World::published();
    let stranger = world.stranger();
    let side = stranger.git([
        "commit-tree",
        "-p",
        "origin/main",
        "-m",
        "side",
        &stranger.rev(&format!("refs/tags/{TAG}^{{tree}}")),
    ]);
    let commit = stranger.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    let moved = tag_text(&stranger).replace(&commit, &side);
    stranger.forget_tags();
    stranger.write_tag(TAG, &moved);
    let output = stranger.lineage(["verify", "--json", TAG]).exits(1);
    output.breaks(&["main", "w6-tag"]);
    stranger.lineage(["verify", TAG]).exits(1).says(&["first-parent history"]).matches_file("vf4-beside-main");
}

#[test]
fn vf4_without_main_nothing_can_be_told() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    stranger.git(["symbolic-ref", "-d", "refs/remotes/origin/HEAD"]);
    stranger.git(["checkout", "-q", "--detach"]);
    stranger.git(["branch", "-q", "-D", "main"]);
    stranger.lineage(["verify", TAG]).exits(3).says(&["main", "git fetch"]).is(expect![[r#"
        exit 3
        --- stderr
        error: main of origin is not fetched: there is no policy to judge by

        hint: run `git fetch origin` with the main branch among what it fetches
    "#]]);
}

#[test]
fn vf5_the_chart_s_own_version_has_to_be_the_tag_s() {
    let world = World::published();
    let stranger = world.stranger();
    let text = tag_text(&stranger)
        .replace("tag test-workflow-v0.2.0\n", "tag test-workflow-v0.2.1\n")
        .replace("\"chartVersion\":\"0.2.0\"", "\"chartVersion\":\"0.2.1\"");
    stranger.write_tag("test-workflow-v0.2.1", &text);
    let output = stranger.lineage(["verify", "--json", "test-workflow-v0.2.1"]).exits(1);
    output.breaks(&["chart", "payload", "w6-tag"]);
}

#[test]
fn vf6_the_payload_is_one_block_about_this_very_content() {
    let world = World::published();
    let stranger = world.stranger();
    let text = tag_text(&stranger);
    let begin = text.find("-----BEGIN LINEAGE-----").expect("there is a block");
    let (people, block) = text.split_at(begin);
    let commit = stranger.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    let other = stranger.rev(&format!("{commit}~1"));
    let (header, message) = text.split_once("\n\n").expect("a header and a message");
    for (what, forged) in [
        ("two blocks", format!("{people}{block}{block}")),
        ("no block", people.to_owned()),
        ("a block that does not end", text.replace("-----END LINEAGE-----\n", "")),
        ("a block that is no JSON", text.replace("-----BEGIN LINEAGE-----\n{", "-----BEGIN LINEAGE-----\n[")),
        ("another commit", format!("{header}\n\n{}", message.replace(&commit, &other))),
    ] {
        stranger.write_tag(TAG, &forged);
        stranger.forget_tags();
        let output = stranger.lineage(["verify", "--json", TAG]).exits(1);
        if what == "no block" {
            assert_eq!(output.json()["releases"][0]["standing"], "unattested", "a tag from before lineage");
        } else {
            let broken = output.broken();
            assert!(broken.iter().any(|(link, _)| link == "payload"), "{what}: {}", output.text());
        }
    }
    stranger.write_tag(TAG, &text.replace("{\"attestations\"", "{\"version\":2,\"attestations\""));
    stranger.forget_tags();
    drop(stranger.lineage(["verify", TAG]).exits(1));
    let newer = text.replace("\"version\":1}", "\"version\":2}").replace("\"version\":1,", "\"version\":2,");
    stranger.write_tag(TAG, &newer);
    stranger.forget_tags();
    stranger.lineage(["verify", TAG]).exits(3).says(&["version 2", "newer"]).matches_file("vf6-newer");
}

#[test]
fn vf7_a_tag_nobody_signed_is_not_proven() {
    let world = World::published();
    let stranger = world.stranger();
    // One more word for people; the payload stays as it is.
    let text = tag_text(&stranger).replacen("Changelog:", "Changelog, improved:", 1);
    stranger.write_tag(TAG, &text);
    stranger.forget_tags();
    let broken = stranger.lineage(["verify", "--json", TAG]).exits(1).breaks(&["w6-tag"]);
    let about_the_tag = |(link, _): &(String, String)| link.starts_with("w6-") || link.starts_with("w7-");
    assert!(broken.iter().all(about_the_tag), "only what names the tag object is concerned: {broken:#?}");
}

#[test]
fn vf8_vf9_links_are_recomputed() {
    let world = World::published();
    let stranger = world.stranger();
    let answer = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    let steps = answer["releases"][0]["verdict"]["steps"].as_array().expect("a list").clone();
    for (number, link) in [(7, "w5-semver-bump"), (8, "w2-filter-charts")] {
        let step = steps.iter().find(|step| step["number"] == number).expect("every step is listed");
        assert_eq!((step["link"].as_str(), step["state"].as_str()), (Some(link), Some("holds")));
    }
    // No object outside the tag's history is needed: drop the branches the contents came from.
    for branch in ["integration", "feature/add-probe", "release"] {
        stranger.git(["update-ref", "-d", &format!("refs/remotes/origin/{branch}")]);
    }
    stranger.git(["reflog", "expire", "--expire=all", "--all"]);
    stranger.git(["gc", "-q", "--prune=all"]);
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn vf10_every_check_that_is_missing_is_listed() {
    let world = World::published();
    let stranger = world.stranger();
    for object in stranger.ledger_objects("test-workflow") {
        let lines = stranger.ledger("test-workflow", &object);
        let rest: Vec<String> = lines.iter().filter(|line| !line.contains("lint-test")).cloned().collect();
        if rest.len() < lines.len() {
            stranger.set_ledger("test-workflow", &object, &rest);
        }
    }
    let output = stranger.lineage(["verify", TAG]).exits(3);
    output
        .says(&["w1-lint-test-v1.32.11", "w1-lint-test-v1.33.7", "git lineage sync"])
        .matches_file("vf10-missing");
}

#[test]
fn vf11_the_package_is_rebuilt_and_compared() {
    let world = World::published();
    let stranger = world.stranger();
    let tgz = world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz");
    let package = ["verify", TAG, "--package", "given.tgz"];
    let bytes = std::fs::read(&tgz).expect("it was published");
    stranger.write("given.tgz", &bytes);
    drop(stranger.lineage(package).exits(0).says(&["proven"]));

    let mut longer = bytes.clone();
    longer.push(0);
    stranger.write("given.tgz", &longer);
    stranger.lineage(package).exits(1).says(&["given file"]).matches_file("vf11-one-byte-longer");
    stranger.write("given.tgz", &bytes[..bytes.len() - 1]);
    drop(stranger.lineage(package).exits(1));
    stranger.write("given.tgz", "no package");
    stranger.lineage(package).exits(1).matches_file("vf11-no-package");
    stranger.lineage(["verify", TAG, "--package", "nowhere.tgz"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: could not read nowhere.tgz
          caused by: No such file or directory (os error 2)
    "#]]);
}

#[test]
fn vf14_a_tag_that_moved_is_a_conflict() {
    let world = World::published();
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0));
    let text = tag_text(&stranger).replacen("Changelog:", "Changelog, improved:", 1);
    stranger.write_tag(TAG, &text);
    stranger.lineage(["verify", TAG]).exits(4).says(&["has moved"]).is(expect![[r#"
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
}

#[test]
fn vf15_the_answer_is_a_tree_for_people_and_a_document_for_machines() {
    let world = World::published();
    let stranger = world.stranger();
    stranger
        .lineage(["verify", "--verbose", TAG])
        .exits(0)
        .says(&["add probe", "Ada <ada@example.org>"])
        .matches_file("vf15-verbose");
    let json = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["releases"][0]["standing"], "proven");
    assert_eq!(json["releases"][0]["tag"], TAG);
    assert_eq!(json["releases"][0]["chain"][0]["stage"], "contribution");
}
