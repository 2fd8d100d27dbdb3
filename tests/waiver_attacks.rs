//! Waivers nobody may write: by the author, by whoever merged, without the role, too late, of something else.

use expect_test::expect;

use crate::people::{BOB, BRANCH, CHART, FAILS, STRANGER, SUBJECT, checked, failed, git_as, policy, waive, world};
use crate::world::{Site, TAG, World};

/// Writes a waiver that only another policy would accept: the ledger takes whatever is pushed.
fn smuggle(ci: &Site<'_>, who: &str, alter: impl FnOnce(String) -> String) {
    let head = ci.rev("HEAD");
    let altered = alter(policy());
    assert_ne!(altered, policy());
    ci.git(["checkout", "-q", "-B", "theirs", "origin/main"]);
    ci.write("lineage.toml", altered);
    ci.commit("chore: a policy of one's own");
    ci.git(["checkout", "-q", "--detach", &head]);
    ci.git(["config", "lineage.policyref", "refs/heads/theirs"]);
    waive(ci, who, &[]).succeeds();
    ci.git(["config", "--unset", "lineage.policyref"]);
    ci.git(["branch", "-q", "-D", "theirs"]);
}

#[test]
fn a42_the_author_cannot_waive() {
    let world = world(&policy());
    let ci = failed(&world);
    waive(&ci, "ada", &[]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: account 1001 cannot waive k8s-install of test-workflow
          caused by: account 1001 made or merged the contribution itself (ada@example.org)

        hint: a waiver is signed by somebody who is known to have neither made nor merged the contribution
    "#]]);
    // Nor by a policy in which that address is another's.
    smuggle(&ci, "ada", |policy| policy.replace("account = \"1001\"\naddresses", "account = \"9\"\naddresses"));
    ci.lineage(["check", "--seal"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-k8s-install: its result is fail (exit 1); its waiver does not count: account 1001 made or merged the contribution itself (ada@example.org)

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
}

#[test]
fn a42_the_role_has_to_be_named() {
    let world = world(&policy());
    let ci = failed(&world);
    waive(&ci, "ci", &[]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: [TMP]/keys/ci.pem is not a key for the waive stage
          caused by: signed by the key `ci`, which the policy does not trust for the waive stage

        hint: sign with a key listed under [[trust.keys]] on main
    "#]]);
    waive(&ci, "carol", &[]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: [TMP]/keys/carol.pem is not a key for the waive stage
          caused by: signed by the key `carol`, which the policy does not trust for the waive stage

        hint: sign with a key listed under [[trust.keys]] on main
    "#]]);
    smuggle(&ci, "carol", |policy| policy.replace("stages = [\"review\"]", "stages = [\"waive\"]"));
    drop(ci.lineage(["check", "--seal"]).exits(1).says(&["w1-k8s-install", "does not trust for the waive stage"]));
}

#[test]
fn a42_a_contribution_of_somebody_unknown_is_not_waived() {
    let world = world(&policy());
    let dev = world.dev();
    dev.git(["checkout", "-q", "-b", BRANCH, "origin/integration"]);
    let [(path, text)] = FAILS;
    dev.write(path, text);
    dev.git(["add", "-A"]);
    git_as(&dev, STRANGER, &["commit", "-q", "-m", SUBJECT]);
    dev.git(["push", "-q", "origin", BRANCH]);
    let ci = checked(&world, BRANCH);
    waive(&ci, "bob", &[]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: account 1002 cannot waive k8s-install of test-workflow
          caused by: the policy does not know whose address stranger@example.net is, so it may be that of account 1002 itself (list it under [[people]] in lineage.toml on main)

        hint: a waiver is signed by somebody who is known to have neither made nor merged the contribution
    "#]]);
}

/// The contribution is failed, waived by Bob and sealed.
fn sealed<'w>(world: &'w World, more: &[&str]) -> Site<'w> {
    let ci = failed(world);
    waive(&ci, "bob", more).succeeds();
    ci.lineage(["check", "--seal"]).succeeds();
    ci
}

#[test]
fn a42_whoever_merged_it_cannot_have_waived_it() {
    let world = world(&policy());
    let ci = sealed(&world, &[]);
    let dev = world.dev();
    dev.git(["checkout", "-q", "-B", "integration", "origin/integration"]);
    dev.git(["merge", "-q", "--squash", &format!("origin/{BRANCH}")]);
    // Even where the message claims that the pipeline made the commit.
    git_as(&dev, BOB, &["commit", "-q", "-m", SUBJECT, "-m", "Lineage-Backport: none"]);
    dev.git(["push", "-q", "origin", "integration"]);
    ci.git(["fetch", "-q", "origin"]);
    ci.lineage(["split"]).succeeds();
    ci.lineage(["bump", CHART]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be bumped: its evidence is not complete
          caused by: w1-k8s-install: its result is fail (exit 1); its waiver does not count: account 1002 made or merged the contribution itself (bob@example.org)
          caused by: w1-overall: it does not name a counting bundle for w1-k8s-install

        hint: sign what is missing, or run `git lineage split` again if main moved
    "#]]);
}

#[test]
fn a42_an_expired_waiver_makes_no_release() {
    let world = world(&policy());
    let ci = sealed(&world, &["--expires", "2h"]);
    world.squash(BRANCH, SUBJECT);
    ci.git(["fetch", "-q", "origin"]);
    ci.lineage(["split"]).succeeds();
    ci.lineage(["bump", CHART]).succeeds();
    ci.lineage(["propose", "--merge", CHART]).succeeds();
    ci.git(["fetch", "-q", "origin"]);
    // An hour is 60 commands here.
    let late = [("GIT_COMMITTER_DATE", "1763710000 +0000")];
    ci.lineage_with(["tag", CHART], &late).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.2.0  refused
          test-workflow-v0.2.0 cannot be tagged: the content on main is not attested; w1-k8s-install: its result is fail (exit 1); its waiver does not count: it expired at 2025-11-21T07:01:00Z, the release is of 2025-11-21T07:26:40Z; w1-overall: it does not name a counting bundle for w1-k8s-install; w5-overall: its parent is not the overall statement before it
    "#]]);
    drop(ci.lineage_with(["check", "--seal"], &late));
    ci.lineage(["tag", CHART]).succeeds();
    world.publish(TAG);
    // Once it is tagged in time, time does no harm.
    let stranger = world.stranger();
    let later = [("GIT_COMMITTER_DATE", "1863710000 +0000")];
    drop(stranger.lineage_with(["verify", "--allow-waivers", TAG], &later).exits(0).says(&["~~"]));
}

#[test]
fn a42_a_waiver_does_not_survive_a_change() {
    let world = world(&policy());
    let ci = sealed(&world, &[]);
    let tree = |ci: &Site<'_>| ci.rev("HEAD:charts/test-workflow");
    let before = tree(&ci);
    let dev = world.dev();
    dev.write("charts/test-workflow/values.yaml", "replicas: 3\n");
    dev.commit("fix(test-workflow): three of them");
    dev.git(["push", "-q", "origin", BRANCH]);
    let ci = checked(&world, BRANCH);
    drop(ci.lineage(["check", "--seal"]).exits(1).says(&["w1-k8s-install: its result is fail"]));
    // The records of the old content, put beside those of the new.
    ci.lineage(["sync"]).succeeds();
    let mut lines = ci.ledger(CHART, &tree(&ci));
    lines.extend(ci.ledger(CHART, &before).into_iter().filter(|line| line.contains("w1-waive-")));
    ci.set_ledger(CHART, &tree(&ci), &lines);
    ci.lineage(["check", "--seal"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-k8s-install: its result is fail (exit 1); its waiver does not count: its subject charts/test-workflow is [id], not [id]

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
}

#[test]
fn a42_without_an_integration_branch_whoever_merged_into_main_counts() {
    for (merger, code) in [("ada@example.org", 0), (BOB, 1), (STRANGER, 1)] {
        let world = world(&policy().replace("version = 1\n", "version = 1\nflow = \"direct\"\n"));
        let dev = world.dev();
        dev.git(["push", "-q", "origin", ":integration"]);
        dev.git(["checkout", "-q", "-b", BRANCH, "origin/main"]);
        let [(path, text)] = FAILS;
        dev.write(path, text);
        dev.commit(SUBJECT);
        dev.git(["push", "-q", "origin", BRANCH]);
        let ci = world.ci();
        ci.git(["fetch", "-q", "--prune", "origin"]);
        ci.git(["checkout", "-q", "-b", BRANCH, &format!("origin/{BRANCH}")]);
        for flag in [None, Some("--sign")] {
            drop(ci.lineage(["check"].into_iter().chain(flag)));
        }
        waive(&ci, "bob", &[]).succeeds();
        ci.lineage(["check", "--seal"]).succeeds();
        ci.lineage(["bump"]).succeeds();
        ci.git(["push", "-q", "origin", BRANCH]);
        dev.git(["fetch", "-q", "origin"]);
        dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
        git_as(&dev, merger, &["merge", "-q", "--no-ff", "-m", SUBJECT, &format!("origin/{BRANCH}")]);
        dev.git(["push", "-q", "origin", "main"]);
        ci.git(["fetch", "-q", "origin"]);
        let tagged = ci.lineage(["tag", CHART]).exits(code);
        if code == 0 {
            ci.lineage(["build", TAG]).succeeds();
            drop(world.stranger().lineage(["verify", "--allow-waivers", TAG]).exits(0).says(&["~~"]));
        } else {
            drop(tagged.says(&["w1-k8s-install", "its waiver does not count", merger]));
        }
    }
}
