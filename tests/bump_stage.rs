//! Checks on the content after the bump, where a policy asks for them.

use expect_test::expect;

use crate::world::{PROBE, TAG, World, policy, seed};

fn demanding() -> World {
    let text = policy()
        .replace("[required.accept-excluded]", "bump = [\"lint-test-v1.33.7\"]\n\n[required.accept-excluded]");
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", text));
    let world = World::seeded_with(&files);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    world
}

#[test]
fn w5_12_checks_after_the_bump_are_required_and_counted() {
    let world = demanding();
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["split"]).succeeds();
    ci.lineage(["bump", "test-workflow"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  updated  0.1.0 to 0.2.0 (minor), chart/test-workflow at [id]
    "#]]);
    // Without them nothing moves on.
    ci.lineage(["propose", "--merge", "test-workflow"]).exits(1).says(&["lint-test-v1.33.7"]).is(expect![[r#"
        exit 1
        --- stderr
        error: chart/test-workflow has no complete lineage to propose
          caused by: w5-lint-test-v1.33.7: there is no such attestation
          caused by: w5-overall: there is no such attestation

        hint: sign what is missing, or run `git lineage split` again if main moved
    "#]]);
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/chart/test-workflow"]);
    for flag in [None, Some("--sign"), Some("--seal")] {
        let arguments = ["check", "--stage", "bump", "--chart", "test-workflow"];
        ci.lineage(arguments.into_iter().chain(flag)).succeeds();
    }
    ci.lineage(["propose", "--merge", "test-workflow"]).succeeds();
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).succeeds();
    world.publish(TAG);
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    assert!(stranger.payload(TAG)["attestations"]["w5-lint-test-v1.33.7"].is_object());
}
