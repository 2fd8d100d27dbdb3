//! The whole line, from a contribution's pull request to a published release that a stranger proves, with no human
//! step but the reviews.

use expect_test::expect;
use git_lineage::model::Sha256;

use super::act;
use super::stage::Stage;
use crate::github::REPOSITORY;
use crate::world::{PROBE, TAG, chart_yaml};

const SUBJECT: &str = "feat(test-workflow): add probe";
const CHART: &str = "charts/test-workflow/Chart.yaml";
const CHANGELOG: &str = "charts/test-workflow/CHANGELOG.md";

impl Stage {
    /// What a contribution in direct flow brings along: its version, and the section for it.
    fn raised(&self) -> (String, String) {
        let changelog = self.world.dev().read(CHANGELOG);
        let section = "## [0.2.0] - 2026-01-02\n\n### Added\n\n- A probe\n\n## [";
        (chart_yaml("test-workflow", "0.2.0"), changelog.replacen("## [", section, 1))
    }

    /// It is published everywhere, and a stranger proves it.
    fn is_released(&self) {
        let published = self.github.with(|state| {
            let releases = state.repository(REPOSITORY).released();
            let told = releases.into_iter().map(|release| {
                let files: Vec<String> = release.assets.iter().map(|file| file.name.clone()).collect();
                (release.tag.clone(), release.draft, files)
            });
            told.collect::<Vec<_>>()
        });
        let [(tag, false, files)] = published.as_slice() else { panic!("{}\n{published:?}", self.said) };
        assert_eq!(tag, TAG);
        assert!(files.iter().any(|name| name == "test-workflow-0.2.0.tgz"), "{files:?}");
        assert!(self.registry.state().manifests.keys().any(|name| name.ends_with("0.2.0")));
        let verdict = self.verdict(TAG).exits(0);
        assert!(verdict.stdout.contains("has seen all"), "{}", verdict.stdout);
        drop(verdict.says(&["proven", "1 person besides the author approved this content"]));

        // S1 7.8: package and evidence lie in the run's artifact, and the package is the one that was released.
        let artifact = self.artifacts.join(format!("release-{TAG}"));
        let package =
            std::fs::read(artifact.join(".cr-release-packages/test-workflow-0.2.0.tgz")).expect("it is kept");
        for name in ["test-workflow-0.2.0.sigstore.json", "attestation-lineage.json"] {
            let found = walk(&artifact).into_iter().any(|path| path.ends_with(name));
            assert!(found, "{name} is not in {:?}", walk(&artifact));
        }
        let released = self.github.with(|state| {
            let releases = state.repository(REPOSITORY).released();
            let file = releases[0]
                .assets
                .iter()
                .find(|file| file.name == "test-workflow-0.2.0.tgz")
                .expect("it is there");
            Sha256::of(&file.bytes)
        });
        assert_eq!(Sha256::of(&package), released);
    }
}

/// Every file below a directory.
fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(walk(&path));
        } else {
            all.push(path);
        }
    }
    all
}

#[test]
fn e1_all_eight_workflows_from_a_pull_request_to_a_proven_release() {
    if !act::there() {
        return;
    }
    let mut stage = Stage::set("integration");
    stage.protect();
    let number = stage.contribute("integration", SUBJECT, &PROBE);
    stage.settle();
    stage.review(number);
    stage.settle();
    let open = stage.github.with(|state| state.repository(REPOSITORY).open());
    let [(number, _, _)] = open.as_slice() else { panic!("{}\n{open:?}", stage.said) };
    stage.review(*number);
    stage.settle();
    expect![[r#"
        1-validate  passed  #1 opened, feature/add-probe into integration
        a person approves and merges #1
        1-validate  passed  push integration
        4-propose   passed  push chart/test-workflow
        3-guard     failed  #2 opened, chart/test-workflow into main
        5-bump      passed  push chart/test-workflow
        3-guard     passed  #2 synchronize, chart/test-workflow into main
        4-propose   passed  push chart/test-workflow
        3-guard     passed  #2 edited, chart/test-workflow into main
        5-bump      passed  push chart/test-workflow
        a person approves and merges #2
        6-tag       passed  push main
        3-guard     passed  #3 opened, promote/test-workflow-v0.2.0 into release
        1-validate  passed  push integration
        7-build     passed  push test-workflow-v0.2.0
    "#]]
    .assert_eq(&stage.said);
    stage.is_released();
}

#[test]
fn e1_the_direct_flow_from_a_pull_request_to_a_proven_release() {
    if !act::there() {
        return;
    }
    let mut stage = Stage::set("direct");
    stage.protect();
    let (chart, changelog) = stage.raised();
    let files = [&PROBE[..], &[(CHART, chart.as_str()), (CHANGELOG, &changelog)]].concat();
    let number = stage.contribute("main", SUBJECT, &files);
    stage.settle();
    stage.review(number);
    stage.settle();
    expect![[r#"
        1-validate  passed  #1 opened, feature/add-probe into main
        a person approves and merges #1
        1-validate  passed  push main
        7-build     passed  push test-workflow-v0.2.0
    "#]]
    .assert_eq(&stage.said);
    stage.is_released();
}

/// E7: a chart whose checks fail on main holds up no other of the same push.
#[test]
fn e7_a_chart_that_fails_holds_up_no_other() {
    if !act::there() {
        return;
    }
    let mut stage = Stage::set("direct");
    let (chart, changelog) = stage.raised();
    let broken = chart_yaml("cloudflared", "0.4.4").replace("description:", "# description:");
    let other = ("charts/cloudflared/Chart.yaml", broken.as_str());
    let files = [&PROBE[..], &[(CHART, chart.as_str()), (CHANGELOG, &changelog), other]].concat();
    let number = stage.contribute("main", SUBJECT, &files);
    stage.settle();
    // Nothing here asks for the check.
    stage.review(number);
    stage.settle();
    stage.call("1-validate", "6-tag");
    expect![[r#"
        1-validate  failed  #1 opened, feature/add-probe into main
        a person approves and merges #1
        1-validate  failed  push main
        6-tag       failed  called for push main
        7-build     passed  push test-workflow-v0.2.0
    "#]]
    .assert_eq(&stage.said);
    stage.is_released();
    assert_eq!(stage.world.origin().git(["tag", "--list"]), TAG);
}
