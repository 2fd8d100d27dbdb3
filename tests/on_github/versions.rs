//! Which version a contribution makes, and which tags there may be (W5-T10 … T12, TP-E8, R-T1 … R-T4, W2-T2).

use expect_test::expect;

use super::Scene;
use crate::world::{PROBE, TAG};

const CHART: &str = "test-workflow";
const BRANCH: &str = "feature/add-probe";

impl Scene {
    /// A contribution with this message is merged and split; gives what its bump says.
    fn bumped_by(message: &str, policy: impl Fn(String) -> String) -> serde_json::Value {
        let scene = Self::begun(&[], policy);
        scene.world.contribute(BRANCH, message, &PROBE);
        scene.world.validate(BRANCH).succeeds();
        scene.merge_by_hand(BRANCH, "integration", message.lines().next().unwrap_or_default());
        let ci = scene.world.ci();
        ci.fetch();
        ci.lineage(["split"]).succeeds();
        ci.fetch();
        ci.lineage(["bump", CHART, "--json"]).exits(0).json()
    }
}

#[test]
fn w5_t10_t11_t12_the_commits_decide_the_version() {
    for (message, bump, version) in [
        ("fix(test-workflow): probe again", "patch", "0.1.1"),
        ("docs(test-workflow): say more", "patch", "0.1.1"),
        ("feat(test-workflow): add probe", "minor", "0.2.0"),
        ("feat(test-workflow)!: probe by default", "major", "1.0.0"),
        ("fix(test-workflow): probe\n\nBREAKING CHANGE: it is on", "major", "1.0.0"),
    ] {
        let said = Scene::bumped_by(message, |policy| policy);
        assert_eq!((said["bump"].as_str(), said["to"].as_str()), (Some(bump), Some(version)), "{message}: {said}");
    }
}

#[test]
fn tp_e8_a_message_that_says_nothing_is_a_patch() {
    let said =
        Scene::bumped_by("Updated the values file", |policy| policy.replace("    \"commit-validation\",\n", ""));
    assert_eq!((said["bump"].as_str(), said["to"].as_str()), (Some("patch"), Some("0.1.1")), "{said}");
}

#[test]
fn r_t1_r_t2_w2_t2_a_push_elsewhere_tags_nothing_and_one_to_main_splits_nothing() {
    let scene = Scene::begun(&[], |policy| policy);
    scene.world.contribute(BRANCH, "feat(test-workflow): add probe", &PROBE);
    scene.world.validate(BRANCH).succeeds();
    let ci = scene.world.ci();
    let dev = scene.world.dev();
    for branch in ["feature/other", "integration", "release"] {
        dev.git(["push", "-q", "-f", "origin", &format!("{BRANCH}:refs/heads/{branch}")]);
        ci.fetch();
        ci.lineage(["tag"]).exits(0).says(&["nothing to tag"]).done();
    }
    dev.git(["push", "-q", "-f", "origin", "origin/main:refs/heads/integration"]);
    dev.git(["push", "-q", "origin", &format!("{BRANCH}:refs/heads/main")]);
    ci.fetch();
    ci.lineage(["split"]).exits(0).says(&["nothing to split"]).done();
    ci.lineage(["tag"]).exits(1).says(&["is not attested"]).done();
    assert_eq!(scene.world.origin().git(["tag", "--list"]), "");
    assert_eq!(scene.world.origin().git(["for-each-ref", "refs/heads/chart"]), "");
}

#[test]
fn r_t3_r_t4_a_tag_that_is_there_is_left_alone_or_a_conflict() {
    let scene = Scene::bumped();
    scene.lineage(&["propose", "--merge"]).succeeds();
    let (ci, dev) = (scene.world.ci(), scene.world.dev());
    ci.fetch();
    dev.fetch();
    let annotated = ["tag", "-a", "-m", "Release", TAG];
    let made: [(&[&str], &str); 3] =
        [(&annotated, "origin/main~1"), (&annotated, "origin/main"), (&["tag", TAG], "origin/main")];
    for (number, (how, at)) in made.into_iter().enumerate() {
        dev.git(how.iter().chain(&[at]));
        dev.git(["push", "-q", "origin", TAG]);
        let before = scene.world.origin().rev(&format!("refs/tags/{TAG}"));
        let said = ci.lineage(["tag", CHART]).exits(4);
        match number {
            0 => said.is(expect![[r#"
                exit 4
                --- stdout
                test-workflow-v0.2.0  refused
                  the tag test-workflow-v0.2.0 exists with other content; it is at [id], main's content landed at [id] (a version was reused, main was rewritten, or the tag was made by hand: release a higher version)
            "#]]),
            1 => said.is(expect![[r#"
                exit 4
                --- stdout
                test-workflow-v0.2.0  refused
                  the tag test-workflow-v0.2.0 exists without lineage (a tag never changes: release a higher version)
            "#]]),
            _ => said.is(expect![[r#"
                exit 4
                --- stdout
                test-workflow-v0.2.0  refused
                  the tag test-workflow-v0.2.0 exists without lineage (a tag never changes: release a higher version)
            "#]]),
        }
        assert_eq!(scene.world.origin().rev(&format!("refs/tags/{TAG}")), before);
        assert_eq!(scene.open(), []);
        for site in [&ci, &dev] {
            site.git(["tag", "-d", TAG]);
        }
        scene.world.origin().git(["tag", "-d", TAG]);
    }
    ci.lineage(["tag", CHART]).succeeds();
    let made = scene.world.origin().rev(&format!("refs/tags/{TAG}"));
    let again = ci.lineage(["tag", CHART, "--json"]).exits(0).json();
    assert_eq!(again["tags"][0]["outcome"], "unchanged", "{again}");
    assert_eq!(scene.world.origin().rev(&format!("refs/tags/{TAG}")), made);
}
