//! What comes to GitHub besides the one good contribution: more than a chart, nothing of a chart, several charts, a
//! fork, a check that fails, a way past the line (E2, E4 … E10, E17; W1-13, W5-T, TP-E5).

use expect_test::expect;

use super::Scene;
use crate::github::REPOSITORY;
use crate::world::{PROBE, TAG};

const SUBJECT: &str = "feat(test-workflow): add probe";
const BRANCH: &str = "feature/add-probe";
const CHART: &str = "test-workflow";

impl Scene {
    fn plain() -> Self {
        Self::begun(&[], |policy| policy)
    }

    /// What differs between two revisions.
    fn differs(&self, from: &str, to: &str) -> Vec<String> {
        let paths = self.world.origin().git(["diff", "--name-only", from, to]);
        paths.lines().map(str::to_owned).collect()
    }

    /// No tag, no release, and nothing for a person to merge.
    fn nothing_came_of_it(&self, main: &str) {
        assert_eq!(self.world.origin().git(["tag", "--list"]), "");
        assert_eq!(self.main(), main);
        assert_eq!((self.open(), self.github.asked("pulls/create")), (Vec::new(), 0));
    }
}

/// E2: a fork has no signing job. What it brings is checked there by nobody who is believed, and again on
/// integration, where a person merged it.
#[test]
fn e2_what_a_fork_contributes_is_checked_again_on_integration_and_released() {
    let scene = Scene::plain();
    scene.github.fork(&scene.world, "mallory");
    let dev = scene.world.dev();
    dev.git(["checkout", "-q", "-b", BRANCH, "origin/integration"]);
    for (path, text) in PROBE {
        dev.write(path, text);
    }
    dev.commit(SUBJECT);
    let fork = scene.world.path("mallory.git").display().to_string();
    dev.git(["push", "-q", &fork, BRANCH]);
    let number = scene.github.open_as("mallory", "mallory/charts", BRANCH, "integration", SUBJECT);
    let ci = scene.world.ci();
    ci.git(["fetch", "-q", &fork, BRANCH]);
    ci.git(["checkout", "-q", "--detach", "FETCH_HEAD"]);
    let job = ci.with_key(None);
    job.lineage(["check"]).succeeds();
    job.lineage(["check", "--sign"]).exits(2).says(&["no signing key"]).done();
    assert!(ci.ledger_objects(CHART).is_empty());

    let before = scene.world.origin().rev("refs/heads/integration");
    scene.github.merge(number);
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/integration"]);
    ci.lineage(["split"]).exits(1).says(&["is not validated"]).done();
    for flag in [None, Some("--sign"), Some("--seal")] {
        ci.lineage(["check", "--base", &before].into_iter().chain(flag)).succeeds();
    }
    for words in [&["split"][..], &["bump", CHART], &["propose", "--merge"], &["tag"]] {
        scene.lineage(words).succeeds();
        ci.fetch();
    }
    scene.world.publish(TAG);
    drop(scene.world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven", "in pull request #1"]));
}

#[test]
fn e4_e6_what_belongs_to_no_chart_stays_on_integration_and_is_told() {
    let scene = Scene::plain();
    let mut files = PROBE.to_vec();
    files.push(("docs/src/test-topic/page.md", "# Page\n"));
    files.push((".github/workflows/e2e-test-workflow.yaml", "on: push\n"));
    files.push(("scripts/e2e-test-tool.sh", "true\n"));
    files.push(("misc/e2e-notes.txt", "notes\n"));
    files.push(("charts/index.yaml", "apiVersion: v1\nentries: {}\n# more\n"));
    scene.world.contribute(BRANCH, SUBJECT, &files);
    scene.world.validate(BRANCH).succeeds();
    scene.merge_by_hand(BRANCH, "integration", SUBJECT);
    scene.world.ci().fetch();
    scene.lineage(&["split"]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  chart/test-workflow at [id]
        left behind: 5 changed paths belong to no chart
          .github/workflows/e2e-test-workflow.yaml
          charts/index.yaml
          docs/src/test-topic/page.md
          misc/e2e-notes.txt
          scripts/e2e-test-tool.sh
    "#]]);
    scene.world.ci().fetch();
    scene.lineage(&["bump", CHART]).succeeds();
    scene.world.ci().fetch();
    scene.lineage(&["propose", "--merge"]).succeeds();
    assert_eq!(
        scene.differs("main~1", "main"),
        ["CHANGELOG.md", "Chart.yaml", "templates/probe.yaml", "values.yaml"]
            .map(|f| format!("charts/{CHART}/{f}"))
    );
    let kept = scene.world.origin().git(["ls-tree", "-r", "--name-only", "integration"]);
    for (path, _) in files {
        assert!(kept.lines().any(|line| line == path), "{path} is lost");
    }
}

#[test]
fn e5_w2_t1_a_bot_s_change_of_workflows_alone_starts_no_chart() {
    let scene = Scene::plain();
    scene.world.contribute("dependabot/x", "ci: newer actions", &[(".github/workflows/x.yaml", "on: push\n")]);
    let ci = scene.world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/dependabot/x"]);
    ci.lineage(["check"]).is(expect![[r#"
        exit 0
        --- stdout
        nothing to check: no chart differs from the base
    "#]]);
    let title = "ci: newer actions";
    let number = scene.github.open_as("dependabot[bot]", REPOSITORY, "dependabot/x", "integration", title);
    scene.github.merge(number);
    let main = scene.main();
    ci.fetch();
    ci.lineage(["split"]).is(expect![[r#"
        exit 0
        --- stdout
        nothing to split: integration is ahead with no chart
        left behind: 1 changed path belongs to no chart
          .github/workflows/x.yaml
    "#]]);
    ci.lineage(["propose"]).is(expect![[r#"
        exit 0
        --- stdout
        nothing to propose: no per-chart branch is open
    "#]]);
    ci.lineage(["tag"]).is(expect![[r#"
        exit 0
        --- stdout
        nothing to tag: every chart on main is released as it is, or waits for its first contribution
    "#]]);
    scene.nothing_came_of_it(&main);
}

#[test]
fn e7_w2_t6_one_contribution_to_two_charts_opens_two_pull_requests() {
    let scene = Scene::plain();
    scene.world.contribute(BRANCH, SUBJECT, &PROBE);
    let dev = scene.world.dev();
    dev.write("charts/cloudflared/values.yaml", "token: \"x\"\n");
    dev.commit("fix(cloudflared): set the token");
    dev.git(["push", "-q", "origin", BRANCH]);
    scene.world.validate(BRANCH).succeeds();
    scene.merge_by_hand(BRANCH, "integration", "feat: probe and token");
    let ci = scene.world.ci();
    ci.fetch();
    ci.lineage(["split"]).succeeds();
    for chart in ["cloudflared", CHART] {
        ci.lineage(["bump", chart]).succeeds();
    }
    ci.fetch();
    ci.lineage(["propose"]).succeeds();
    let open = scene.open();
    let heads: Vec<&str> = open.iter().map(|(_, head, _)| head.as_str()).collect();
    assert_eq!(heads, ["chart/cloudflared", "chart/test-workflow"]);
    for (_, head, base) in &open {
        assert_eq!(base, "main");
        let inside = format!("charts/{}/", head.trim_start_matches("chart/"));
        let paths = scene.differs("main", head);
        assert!(paths.len() > 2 && paths.iter().all(|path| path.starts_with(&inside)), "{paths:?}");
    }
    let titles: Vec<String> =
        scene.github.sent("pulls/create").iter().map(|sent| sent["title"].to_string()).collect();
    assert_eq!(titles, ["\"fix(cloudflared): set the token\"", "\"feat(test-workflow): add probe\""]);
    // Each goes its own way: one is merged and tagged while the other waits.
    scene.github.merge(open[0].0);
    ci.fetch();
    ci.lineage(["tag"]).succeeds();
    assert_eq!(scene.world.origin().git(["tag", "--list"]), "cloudflared-v0.4.4");
    ci.fetch();
    ci.lineage(["propose", CHART, "--merge"]).succeeds();
    ci.fetch();
    ci.lineage(["tag"]).succeeds();
    assert_eq!(scene.world.origin().git(["tag", "--list"]), format!("cloudflared-v0.4.4\n{TAG}"));
}

#[test]
fn e9_e10_w1_13_what_failed_its_checks_is_merged_by_no_job_and_goes_nowhere() {
    let owners = (".github/CODEOWNERS", "* @ada\n");
    let scene = Scene::begun(&[owners], |policy| policy + "\n[github.auto-merge]\n");
    let template =
        ("charts/test-workflow/templates/fail.yaml", "{{ required \"set it\" .Values.e2eFail.value }}\n");
    let bare = crate::world::chart_yaml(CHART, "0.1.0").replace("description: A chart for tests.\n", "");
    let files = [template, ("charts/test-workflow/Chart.yaml", &bare)];
    scene.world.contribute(BRANCH, SUBJECT, &files);
    let ci = scene.world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", &format!("origin/{BRANCH}")]);
    ci.lineage(["check"]).exits(1).says(&["lint-test-v1.32.11    FAIL", "k8s-install           FAIL"]).done();
    ci.lineage(["check", "--sign"]).exits(1).done();
    ci.lineage(["check", "--seal"]).exits(1).says(&["cannot be sealed"]).done();
    let tip = scene.world.origin().rev(&format!("refs/heads/{BRANCH}"));
    let number = scene.open_by_hand(REPOSITORY, BRANCH, "integration", SUBJECT);
    scene.github.knows(&tip, "ada", "valid");
    scene.github.ran_as(&tip, "lineage-validate", "failure");
    let merge = ["guard", "--stage", "contribution", "--head-ref", BRANCH, "--merge"];
    scene.lineage(&merge).is(expect![[r#"
        exit 1
        --- stdout
        refused: feature/add-probe into integration (contribution)
          w1_failed: lineage-validate ended at its head: failure
    "#]]);
    assert_eq!((scene.open().len(), scene.github.asked("pulls/merge")), (1, 0));

    // A person may merge past the checks; nothing follows from that.
    let main = scene.main();
    scene.github.merge(number);
    ci.fetch();
    ci.lineage(["split"]).exits(1).says(&["w1-lint-test-v1.32.11: its result is fail", "w1-k8s-install"]).done();
    ci.lineage(["propose", CHART]).exits(1).done();
    ci.lineage(["bump", CHART]).exits(1).done();
    ci.lineage(["tag", CHART]).exits(1).done();
    scene.nothing_came_of_it(&main);
}

#[test]
fn e17_tp_e5_w5_t4_past_integration_nothing_comes_to_main_and_what_does_is_not_tagged() {
    let scene = Scene::plain();
    scene.world.contribute(BRANCH, SUBJECT, &PROBE);
    scene.world.validate(BRANCH).succeeds();
    scene.open_by_hand(REPOSITORY, BRANCH, "main", SUBJECT);
    let guard = ["guard", "--stage", "main", "--head-ref", BRANCH, "--merge", "--close"];
    let main = scene.main();
    scene.lineage(&guard).is(expect![[r#"
        exit 1
        --- stdout
        refused: feature/add-probe into main (main)
          only a per-chart branch (`chart/{chart}`) may merge into main: expected a per-chart branch (`chart/{chart}`), found `feature/add-probe`
    "#]]);
    scene.nothing_came_of_it(&main);
    // Somebody merges it all the same: it has no attestation map, nor a split and a bump behind it.
    scene.merge_by_hand(BRANCH, "main", SUBJECT);
    let main = scene.main();
    scene.world.ci().fetch();
    scene.lineage(&["tag", CHART]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.1.0  refused
          test-workflow-v0.1.0 cannot be tagged: the content on main is not attested; w5-semver-bump: there is no such attestation; w5-overall: there is no such attestation
    "#]]);
    scene.nothing_came_of_it(&main);
}

#[test]
fn w5_t1_t4_what_is_of_no_chart_or_goes_elsewhere_is_refused_at_main() {
    let scene = Scene::plain();
    scene.world.contribute("docs/page", "docs: a page", &[("docs/page.md", "# Page\n")]);
    scene.world.ci().fetch();
    scene
        .lineage(&["guard", "--stage", "main", "--head-ref", "docs/page", "--base-ref", "main"])
        .is(expect![[r#"
            exit 1
            --- stdout
            refused: docs/page into main (main)
              only a per-chart branch (`chart/{chart}`) may merge into main: expected a per-chart branch (`chart/{chart}`), found `docs/page`
        "#]]);
    scene.lineage(&["guard", "--stage", "main", "--head-ref", "docs/page", "--base-ref", "integration"]).is(
        expect![[r#"
            exit 1
            --- stdout
            refused: docs/page into integration (main)
              the base is `integration`, not `main`
        "#]],
    );
    scene.lineage(&["bump"]).is(expect![[r#"
        exit 1
        --- stderr
        error: no per-chart branch is open

        hint: make one with `git lineage split`
    "#]]);
}

#[test]
fn w5_t7_t8_t9_a_check_of_the_bumped_chart_that_fails_keeps_it_from_main() {
    let install = ("checks/install.sh", "if grep -q '^version: 0.2.0' \"$1/Chart.yaml\"; then exit 1; fi\n");
    let scene = Scene::begun(&[install], |policy| {
        policy.replace("[required.accept-excluded]", "bump = [\"k8s-install\"]\n\n[required.accept-excluded]")
    });
    scene.world.contribute(BRANCH, SUBJECT, &PROBE);
    scene.world.validate(BRANCH).succeeds();
    scene.merge_by_hand(BRANCH, "integration", SUBJECT);
    let ci = scene.world.ci();
    for words in [&["split"][..], &["bump", CHART]] {
        ci.fetch();
        ci.lineage(words).succeeds();
    }
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/chart/test-workflow"]);
    let check = ["check", "--stage", "bump", "--chart", CHART];
    ci.lineage(check).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  k8s-install  FAIL: exit 1
        1 check at [id]: 1 fail
        --- stderr
        ::group::k8s-install on test-workflow: fail
        ::stop-commands::[sha256]
        ::[sha256]::
        ::endgroup::
    "#]]);
    ci.lineage(check.into_iter().chain(["--sign"])).exits(1).done();
    ci.lineage(check.into_iter().chain(["--seal"])).exits(1).done();
    let main = scene.main();
    ci.lineage(["propose", "--merge"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: chart/test-workflow has no complete lineage to propose
          caused by: w5-k8s-install: its result is fail (exit 1)
          caused by: w5-overall: there is no such attestation

        hint: sign what is missing, or run `git lineage split` again if main moved
    "#]]);
    let number = scene.open_by_hand(REPOSITORY, "chart/test-workflow", "main", SUBJECT);
    let guard = ["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge"];
    scene.lineage(&guard).exits(1).says(&["w5-k8s-install: its result is fail"]).done();
    assert_eq!((scene.main(), scene.github.asked("pulls/merge")), (main, 0));
    scene.github.merge(number);
    ci.fetch();
    ci.lineage(["tag", CHART]).exits(1).says(&["w5-k8s-install"]).done();
    assert_eq!(scene.world.origin().git(["tag", "--list"]), "");
}
