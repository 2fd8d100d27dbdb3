//! What a check saw besides the chart, told in its statement and recomputed: its definition, and the charts of
//! this repository that the chart depends on. (Its declared inputs: `tampering`; the repository: `elsewhere`.)

use expect_test::expect;

use crate::world::{Stop, World, chart_yaml};

/// Somebody changes a file on main.
fn edit_main(world: &World, path: &str, alter: impl FnOnce(String) -> String) {
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    let before = dev.read(path);
    let after = alter(before.clone());
    assert_ne!(after, before);
    dev.write(path, after);
    dev.commit("chore: another way");
    dev.git(["push", "-q", "origin", "main"]);
    world.ci().git(["fetch", "-q", "origin"]);
}

#[test]
fn p23_a_check_whose_definition_changed_has_to_run_again() {
    let world = World::at(Stop::Contributed);
    edit_main(&world, "lineage.toml", |policy| {
        policy.replace("\"checks/install.sh\", \"{chart}\"", "\"-e\", \"checks/install.sh\", \"{chart}\"")
    });
    world.ci().lineage(["split"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  refused  chart/test-workflow
          test-workflow on integration is not validated; w1-k8s-install: it ran another definition of the check than the policy's; w1-overall: it does not name a counting bundle for w1-k8s-install (run `git lineage check`, `check --sign` and `check --seal` on this content, on integration itself with `--base origin/main`)
    "#]]);
}

#[test]
fn p23_a_dependency_that_changed_under_an_unchanged_chart() {
    let world = World::at(Stop::Seeded);
    let chart = chart_yaml("test-workflow", "0.1.0")
        + "dependencies:\n  - name: holmes\n    version: 0.1.0\n    repository: file://../olm\n";
    // As `helm dependency update` leaves it: a copy inside the chart, which the original then moves away from.
    let copy = chart_yaml("holmes", "0.1.0");
    let files = [
        ("charts/test-workflow/Chart.yaml", chart.as_str()),
        ("charts/test-workflow/charts/holmes/Chart.yaml", copy.as_str()),
    ];
    world.contribute("feature/x", "feat(test-workflow): rest on holmes", &files);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): rest on holmes");
    edit_main(&world, "charts/olm/values.yaml", |values| values + "# changed\n");
    let ci = world.ci();
    ci.lineage(["split", "test-workflow"]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  chart/test-workflow at [id]
    "#]]);
    ci.lineage(["bump", "test-workflow"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be bumped: its evidence is not complete
          caused by: w1-commit-validation: a chart it depends on has changed since
          caused by: w1-changelog-generation: a chart it depends on has changed since
          caused by: w1-chart-lint: a chart it depends on has changed since
          caused by: w1-lint-test-v1.32.11: a chart it depends on has changed since
          caused by: w1-lint-test-v1.33.7: a chart it depends on has changed since
          caused by: w1-k8s-install: a chart it depends on has changed since
          caused by: w1-overall: it does not name a counting bundle for w1-changelog-generation

        hint: sign what is missing, or run `git lineage split` again if main moved
    "#]]);
}
