//! What a contribution may touch, and how it is taken apart by chart.

use expect_test::expect;

use crate::world::{PROBE, Stop, TAG, World, chart_yaml};

#[test]
fn e4_other_files_do_not_ride_along() {
    let world = World::at(Stop::Seeded);
    let mut files = PROBE.to_vec();
    files.push(("docs/src/test-topic/page.md", "# Page\n"));
    files.push((".github/workflows/e2e-test-workflow.yaml", "on: push\n"));
    world.contribute("feature/x", "feat(test-workflow): add probe", &files);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["split"])
        .exits(0)
        .says(&["docs/src/test-topic/page.md", ".github/workflows/e2e-test-workflow.yaml"])
        .is(expect![[r#"
            exit 0
            --- stdout
            test-workflow  created  chart/test-workflow at [id]
            left behind: 2 changed paths belong to no chart
              .github/workflows/e2e-test-workflow.yaml
              docs/src/test-topic/page.md
        "#]]);
    ci.fetch();
    let paths = ci.git(["diff", "--name-only", "origin/main", "origin/chart/test-workflow"]);
    assert_eq!(paths, "charts/test-workflow/templates/probe.yaml\ncharts/test-workflow/values.yaml");
}

#[test]
fn e6_unmatched_paths_are_reported_and_kept() {
    let world = World::at(Stop::Seeded);
    let mut files = PROBE.to_vec();
    files.push(("scripts/e2e-test-tool.sh", "true\n"));
    files.push(("misc/e2e-notes.txt", "notes\n"));
    world.contribute("feature/x", "feat(test-workflow): add probe", &files);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    let ci = world.ci();
    ci.fetch();
    let before = ci.rev("origin/integration");
    let report = ci.lineage(["split", "--json"]).exits(0).json();
    assert_eq!(report["unmatched"], serde_json::json!(["misc/e2e-notes.txt", "scripts/e2e-test-tool.sh"]));
    assert_eq!(report["charts"][0]["outcome"], "created");
    ci.fetch();
    assert_eq!(ci.rev("origin/integration"), before, "a split never touches integration");
}

/// A contribution to both charts: a feature for one, a fix for the other.
fn contribute_to_both(world: &World, cloudflared: &str) {
    world.contribute("feature/both", "feat(test-workflow): add probe", &PROBE);
    let dev = world.dev();
    dev.write("charts/cloudflared/values.yaml", "token: \"x\"\n");
    dev.write("charts/cloudflared/Chart.yaml", cloudflared);
    dev.commit("fix(cloudflared): set the token");
    dev.git(["push", "-q", "origin", "feature/both"]);
}

#[test]
fn e7_one_contribution_to_two_charts_makes_two_releases() {
    let world = World::at(Stop::Seeded);
    contribute_to_both(&world, &chart_yaml("cloudflared", "0.4.3"));
    world.validate("feature/both").succeeds();
    world.squash("feature/both", "feat: probe and token");
    world.promote(&["test-workflow", "cloudflared"]);
    let ci = world.ci();
    // Each by its own commits: a feature moves one, a fix the other.
    assert_eq!(ci.git(["tag", "--list"]), "cloudflared-v0.4.4\ntest-workflow-v0.2.0");
    let one = ci.git(["show", "--format=", "--name-only", "cloudflared-v0.4.4^{commit}"]);
    assert_eq!(
        one,
        "charts/cloudflared/CHANGELOG.md\ncharts/cloudflared/Chart.yaml\ncharts/cloudflared/values.yaml"
    );
    let other = ci.git(["show", "--format=", "--name-only", "test-workflow-v0.2.0^{commit}"]);
    assert!(other.lines().all(|path| path.starts_with("charts/test-workflow/")), "{other}");
}

#[test]
fn e7_one_charts_failure_does_not_delay_the_other() {
    let world = World::at(Stop::Seeded);
    let bare = chart_yaml("cloudflared", "0.4.3").replace("description: A chart for tests.\n", "");
    contribute_to_both(&world, &bare);
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/both"]);
    ci.lineage(["check"]).exits(1).says(&["cloudflared", "description"]).is(expect![[r#"
        exit 1
        --- stdout
        cloudflared    commit-validation     pass
        cloudflared    changelog-generation  pass
        cloudflared    chart-lint            FAIL: charts/cloudflared/Chart.yaml: `description` is missing
            | charts/cloudflared/Chart.yaml: `description` is missing
        cloudflared    lint-test-v1.32.11    FAIL: exit 1
            | charts/cloudflared/Chart.yaml: description is required
        cloudflared    lint-test-v1.33.7     FAIL: exit 1
            | charts/cloudflared/Chart.yaml: description is required
        cloudflared    k8s-install           excluded: needs a tunnel token
        test-workflow  commit-validation     pass
        test-workflow  changelog-generation  pass
        test-workflow  chart-lint            pass
        test-workflow  lint-test-v1.32.11    pass
        test-workflow  lint-test-v1.33.7     pass
        test-workflow  k8s-install           pass
        12 checks at [id]: 8 pass, 3 fail, 1 excluded
    "#]]);
    ci.lineage(["check", "--chart", "test-workflow", "--sign"]).succeeds();
    ci.lineage(["check", "--chart", "test-workflow", "--seal"]).succeeds();
    ci.lineage(["check", "--chart", "cloudflared", "--sign"]).says(&["cloudflared"]).is(expect![[r#"
        exit 1
        --- stdout
        cloudflared  commit-validation     pass, signed
        cloudflared  changelog-generation  pass, signed
        cloudflared  chart-lint            FAIL, signed: charts/cloudflared/Chart.yaml: `description` is missing
        cloudflared  lint-test-v1.32.11    FAIL, signed: exit 1
        cloudflared  lint-test-v1.33.7     FAIL, signed: exit 1
        cloudflared  k8s-install           excluded, signed: needs a tunnel token
        6 checks at [id]: 2 pass, 3 fail, 1 excluded
    "#]]);
    ci.lineage(["check", "--chart", "cloudflared", "--seal"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: cloudflared cannot be sealed for the validate stage
          caused by: w1-chart-lint: its result is fail (charts/cloudflared/Chart.yaml: `description` is missing)
          caused by: w1-lint-test-v1.32.11: its result is fail (exit 1)
          caused by: w1-lint-test-v1.33.7: its result is fail (exit 1)

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
    world.squash("feature/both", "feat: probe and token");
    ci.fetch();
    ci.lineage(["split"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        cloudflared  refused  chart/cloudflared
          cloudflared on integration is not validated; w1-chart-lint: its result is fail (charts/cloudflared/Chart.yaml: `description` is missing); w1-lint-test-v1.32.11: its result is fail (exit 1); w1-lint-test-v1.33.7: its result is fail (exit 1); w1-overall: there is no such attestation (run `git lineage check`, `check --sign` and `check --seal` on this content, on integration itself with `--base origin/main`)
        test-workflow  created  chart/test-workflow at [id]
    "#]]);
    ci.lineage(["propose", "test-workflow"]).succeeds();
    ci.lineage(["bump", "test-workflow"]).succeeds();
    ci.lineage(["propose", "--merge", "test-workflow"]).succeeds();
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).succeeds();
    assert_eq!(ci.git(["tag", "--list"]), TAG);
}
