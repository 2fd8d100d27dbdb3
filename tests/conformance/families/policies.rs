//! Policies that change: in the change under test, before it, behind it, and in what a check depends on.

use crate::conformance::case::{Anchor, Begin, Case, case};
use crate::conformance::desk::record_line;
use crate::world::{CI_PUBLIC, MALLORY_PUBLIC, PROBE, TAG, World, chart_yaml, policy, seed};

/// The seeded policy without the install check.
fn lax() -> String {
    policy().replace("    \"k8s-install\",\n]", "]")
}

/// The seeded policy with one more trusted key.
fn two_keys() -> String {
    let more = format!("[[trust.keys]]\nname = \"helper\"\npublic = \"\"\"\n{MALLORY_PUBLIC}\"\"\"\n\n[publish]");
    policy().replace("[publish]", &more)
}

/// The seeded policy with one more required check.
fn strict() -> String {
    policy()
        .replace("\"v1.33.7\"]", "\"v1.33.7\", \"v1.34.3\"]")
        .replace("    \"lint-test-v1.33.7\",\n", "    \"lint-test-v1.33.7\",\n    \"lint-test-v1.34.3\",\n")
}

/// A release of a chart that depends on another chart of the repository, which lies vendored in it.
fn depending() -> World {
    let mut files = seed();
    let dependency = "dependencies:\n  - name: holmes\n    version: 0.1.0\n    repository: file://../olm\n";
    let chart = chart_yaml("test-workflow", "0.1.0") + dependency;
    files.retain(|(name, _)| *name != "charts/test-workflow/Chart.yaml");
    files.push(("charts/test-workflow/Chart.yaml", chart));
    files.push(("charts/test-workflow/charts/holmes/Chart.yaml", chart_yaml("holmes", "0.1.0")));
    files.push(("charts/test-workflow/charts/holmes/values.yaml", "{}\n".to_owned()));
    let world = World::seeded_with(&files);
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    world
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("policy-in-the-change-under-test", "A policy changed in the change under test", "the landing commit also takes k8s-install out of lineage.toml, and there is no such check")
            .fails(&["w1-k8s-install"], &["names no such attestation"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.forget("w1-k8s-install");
                desk.landed_with(&[("lineage.toml", Some(lax().as_bytes()))]);
                desk.publish();
            }),
        case("policy-key-in-the-change-under-test", "A key added in the change under test", "the landing commit also adds a key to lineage.toml, and that key signed the bump")
            .fails(&["w5-semver-bump"], &["any trusted key"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.sign_with("w5-semver-bump", "mallory.pem");
                desk.landed_with(&[("lineage.toml", Some(two_keys().as_bytes()))]);
                desk.publish();
            }),
        case("policy-smuggled", "A policy that was not there", "lineage.toml is deleted on main before the release, and the landing commit brings it back")
            .fails(&[], &["main had no lineage.toml before"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.main_moved_before(&[("lineage.toml", None)]);
                desk.landed_with(&[("lineage.toml", Some(policy().as_bytes()))]);
                desk.publish();
            }),
        case("policy-weakened-by-nobody", "A required check taken out by nobody", "main drops k8s-install before the release, without a statement by anybody trusted; there is no such check")
            .against(Anchor::Seen)
            .judging("test-workflow-v0.2.9")
            .fails(&["policy"], &["nobody trusted before vouched for that"])
            .by(|scene| weakened(scene, &lax(), "ci.pem", true)),
        case("policy-key-added-by-nobody", "A key added by nobody", "main adds a key before the release, without a statement by anybody trusted; that key signed all of it")
            .against(Anchor::Seen)
            .judging("test-workflow-v0.2.9")
            .fails(&["policy"], &["nobody trusted before vouched for that"])
            .by(|scene| weakened(scene, &two_keys(), "mallory.pem", false)),
        case("policy-stricter-judge", "A judge who asks for more", "the judge's policy requires a check that never ran")
            .against(Anchor::Policy)
            .fails(&["w1-lint-test-v1.34.3"], &["names no such attestation"])
            .by(|scene| scene.write("policy.toml", strict())),
        case("policy-stricter-before", "A check required before the release landed", "main requires one more check before the release; it never ran")
            .fails(&["w1-lint-test-v1.34.3"], &["names no such attestation"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.main_moved_before(&[("lineage.toml", Some(strict().as_bytes()))]);
                desk.publish();
            }),
        case("policy-other-command-before", "A check redefined before the release landed", "main runs another command as k8s-install before the release; the old one's result is there")
            .fails(&["w1-k8s-install"], &["another definition"])
            .by(|scene| {
                let text = policy().replace("\"checks/install.sh\", \"{chart}\"]", "\"checks/install.sh\", \"--really\", \"{chart}\"]");
                assert_ne!(text, policy(), "the command is there");
                let mut desk = scene.desk();
                desk.main_moved_before(&[("lineage.toml", Some(text.as_bytes()))]);
                desk.publish();
            }),
        case("policy-exclusion-not-accepted", "An exclusion this judge does not accept", "the other chart's check is excluded; the judge's policy accepts that for no chart")
            .from(Begin::Second)
            .against(Anchor::Policy)
            .judging(crate::conformance::scene::OTHER)
            .fails(&["w1-k8s-install"], &["its result is excluded"])
            .by(|scene| {
                let text = policy().replace("[required.accept-excluded]\ncloudflared = [\"k8s-install\"]\n\n", "");
                scene.write("policy.toml", text);
            }),
        case("policy-of-another-repository", "The policy of another repository", "the judge's policy is of another repository that trusts the same key")
            .against(Anchor::Policy)
            .fails(&["payload", "w5-semver-bump", "w6-tag", "w7-build-test-workflow"], &["repository"])
            .by(|scene| {
                scene.write("policy.toml", crate::world::policy_of("11111111-1111-4111-8111-111111111111", CI_PUBLIC));
            }),
        case("policy-stricter-later", "A check required after the release", "main requires one more check after the release: the release is what it was")
            .against(Anchor::Seen)
            .by(|scene| {
                scene.desk().main_moved_after(&[("lineage.toml", Some(strict().as_bytes()))]);
            }),
        case("policy-laxer-later", "A check dropped after the release", "main requires one check less after the release")
            .by(|scene| {
                scene.desk().main_moved_after(&[("lineage.toml", Some(lax().as_bytes()))]);
            }),
        case("policy-given", "A policy given to the judge", "nothing; the verdict is measured against the policy in the judge's hand").against(Anchor::Policy),
        case("policy-exclusion-accepted", "An exclusion the policy accepts", "nothing; the other chart's check is excluded, and its policy says that this will do")
            .from(Begin::Second)
            .against(Anchor::Policy)
            .judging(crate::conformance::scene::OTHER),
        case("input-changed", "An input that changed under an unchanged chart", "main changes the script of k8s-install before the release; the check is not run again")
            .fails(&["w1-k8s-install"], &["its declared inputs have changed"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.main_moved_before(&[("checks/install.sh", Some(b"exit 1\n"))]);
                desk.publish();
            }),
        case("input-deleted", "An input that is gone", "main deletes the script of k8s-install before the release")
            .fails(&["w1-k8s-install"], &["its declared inputs have changed"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.main_moved_before(&[("checks/install.sh", None)]);
                desk.publish();
            }),
        case("input-of-nothing-changed", "A file that is no input", "main changes files that no check reads before the release")
            .by(|scene| {
                let mut desk = scene.desk();
                desk.main_moved_before(&[("checks/notes.txt", Some(b"x\n")), ("charts/olm/values.yaml", Some(b"a: 1\n"))]);
                desk.publish();
            }),
        case("dependency-changed", "A dependency that changed under an unchanged chart", "main changes a chart this one depends on before the release; no check is run again")
            .from(Begin::Made(depending))
            .fails(
                &["w1-commit-validation", "w1-changelog-generation", "w1-chart-lint", "w1-lint-test-v1.32.11", "w1-lint-test-v1.33.7", "w1-k8s-install"],
                &["it depends on has changed"],
            )
            .by(|scene| {
                let mut desk = scene.desk();
                desk.main_moved_before(&[("charts/olm/values.yaml", Some(b"a: 1\n"))]);
                desk.publish();
            }),
        case("dependency-bumped", "A dependency whose version alone moved", "main releases a chart this one depends on before the release: version and changelog are main's own")
            .from(Begin::Made(depending))
            .by(|scene| {
                let mut desk = scene.desk();
                let text = chart_yaml("holmes", "0.1.1");
                desk.main_moved_before(&[
                    ("charts/olm/Chart.yaml", Some(text.as_bytes())),
                    ("charts/olm/CHANGELOG.md", Some(b"# Changelog\n\n## [0.1.1] - 2025-01-03\n\n- more\n")),
                ]);
                desk.publish();
            }),
        case("dependency-intact", "A release that depends on another chart", "nothing").from(Begin::Made(depending)),
    ]
}

/// A release after the honest one, under a policy on main that nobody trusted signed.
fn weakened(scene: &crate::conformance::scene::Scene<'_>, text: &str, key: &'static str, without_install: bool) {
    let mut desk = scene.desk();
    if without_install {
        desk.forget("w1-k8s-install");
    }
    desk.sign_all(key);
    // There are statements about changes of the policy, and none about this one.
    let file = desk.site.rev("refs/heads/main:lineage.toml");
    desk.site.write_ledger("@policy", &[(file, record_line("policy", "1", "{}"))]);
    desk.release_again("test-workflow-v0.2.9", "0.2.9", &[("lineage.toml", Some(text.as_bytes()))]);
    desk.publish();
}
