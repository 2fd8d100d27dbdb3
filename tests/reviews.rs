//! Who has to have read a contribution before it counts.

use expect_test::expect;

use crate::people::{BRANCH, CHART, SUBJECT, checked, policy, world};
use crate::world::{PROBE, Site, TAG, World};

/// The policy with reviews required.
fn reviewed(reviews: u64) -> String {
    policy().replace("[required]\n", &format!("[required]\nreviews = {reviews}\n"))
}

/// A contribution of Ada's that passed its checks.
fn passed(world: &World) -> Site<'_> {
    world.contribute(BRANCH, SUBJECT, &PROBE);
    checked(world, BRANCH)
}

/// Somebody signs a review of the commit checked out.
fn review(ci: &Site<'_>, who: &str, more: &[&str]) -> crate::world::Output {
    ci.with_key(Some(&format!("{who}.pem"))).lineage(["attest", "review", CHART].iter().chain(more))
}

#[test]
fn a_contribution_is_sealed_once_it_is_reviewed() {
    let world = world(&reviewed(1));
    let ci = passed(&world);
    ci.lineage(["check", "--seal"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-review: there is no such attestation

        hint: have it reviewed: `git lineage attest review`
    "#]]);
    review(&ci, "ada", &[]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: this review of test-workflow would not count
          caused by: account 1001 made or merged the contribution itself (ada@example.org)

        hint: a review is by a reviewer of the policy who is known not to have made the contribution
    "#]]);
    review(&ci, "bob", &["--dry-run"]).is(expect![[r#"
        exit 0
        --- stdout
          needed  sign w1-review-1002 of test-workflow
        test-workflow  would be created  w1-review-1002 on [id]
          [id] approved by 1002
    "#]]);
    review(&ci, "bob", &[]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  w1-review-1002 ([id]) on [id]
          [id] approved by 1002
    "#]]);
    drop(review(&ci, "bob", &[]).exits(0).says(&["unchanged"]));
    ci.lineage(["check", "--seal"]).succeeds();
    world.squash(BRANCH, SUBJECT);
    world.promote(&[CHART]);
    world.publish(TAG);
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["1 person besides the author approved this content"]));
    drop(stranger.lineage(["log", TAG]).exits(0).says(&["w1-review-1002", "signed by bob: approved by 1002"]));
    // A stricter policy finds too few.
    stranger.write("two.toml", reviewed(2));
    let broken = stranger.lineage(["verify", "--json", "--policy", "two.toml", TAG]).exits(1).broken();
    assert!(
        broken.iter().any(|(link, why)| link == "w1-review" && why.starts_with("1 person did")),
        "{broken:#?}"
    );
    // Without its record it cannot be told.
    stranger.write("one.toml", reviewed(1));
    for on in stranger.ledger_objects(CHART) {
        let lines = stranger.ledger(CHART, &on);
        let rest: Vec<String> = lines.into_iter().filter(|line| !line.contains("w1-review-")).collect();
        stranger.set_ledger(CHART, &on, &rest);
    }
    drop(stranger.lineage(["verify", "--policy", "one.toml", TAG]).exits(3).says(&["w1-review"]));
}

#[test]
fn two_reviews_are_of_two_people() {
    let world = world(&reviewed(2));
    let ci = passed(&world);
    review(&ci, "bob", &[]).succeeds();
    drop(ci.lineage(["check", "--seal"]).exits(1).says(&["w1-review: 1 person did"]));
    review(&ci, "carol", &[]).succeeds();
    ci.lineage(["check", "--seal"]).succeeds();
    world.squash(BRANCH, SUBJECT);
    world.promote(&[CHART]);
    let named = world.ci().payload(TAG);
    for record in ["w1-review-1002", "w1-review-1003"] {
        assert!(named["attestations"][record].is_object(), "{named:#}");
    }
    world.ci().lineage(["build", TAG]).succeeds();
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["2 people besides the author"]));
}

#[test]
fn a_review_does_not_survive_a_change() {
    let world = world(&reviewed(1));
    let ci = passed(&world);
    review(&ci, "bob", &[]).succeeds();
    let dev = world.dev();
    dev.write("charts/test-workflow/values.yaml", "replicas: 3\n");
    dev.commit("fix(test-workflow): three of them");
    dev.git(["push", "-q", "origin", BRANCH]);
    let ci = checked(&world, BRANCH);
    drop(ci.lineage(["check", "--seal"]).exits(1).says(&["w1-review: there is no such attestation"]));
}

#[test]
fn ci_tells_what_a_forge_says() {
    // Carol's key has the role by name and, here, no account: it is CI's.
    let policy = reviewed(1)
        .replace("account = \"1003\"\n", "")
        .replace("[required]\n", "[required]\nreviewers = [\"77\"]\n");
    let world = world(&policy);
    let ci = passed(&world);
    review(&ci, "carol", &[]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: the policy does not say whose key this is

        hint: give it an `account` under [[trust.keys]] on main, or name who approved with --approver
    "#]]);
    review(&ci, "carol", &["--approver", "77", "--author", "77"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: this review of test-workflow would not count
          caused by: account 77 made the contribution itself

        hint: a review is by a reviewer of the policy who is known not to have made the contribution
    "#]]);
    drop(review(&ci, "carol", &["--approver", "78", "--author", "1"]).exits(1).says(&["78 is no reviewer"]));
    drop(
        review(&ci, "ci", &["--approver", "77", "--author", "1"])
            .exits(1)
            .says(&["nor the role `review` by name"]),
    );
    drop(review(&ci, "bob", &["--approver", "77"]).exits(2).says(&["this key is account 1002's"]));
    review(&ci, "carol", &["--approver", "77", "--author", "1001"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  w1-review ([id]) on [id]
          [id] approved by 77
    "#]]);
    ci.lineage(["check", "--seal"]).succeeds();
}
