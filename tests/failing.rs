//! Checks that fail, and what they hold up.

use expect_test::expect;

use crate::world::{PROBE, Stop, World, chart_yaml, policy, seed};

#[test]
fn e9_an_install_that_fails_stops_the_line() {
    let world = World::at(Stop::Seeded);
    let template = "value: {{ required \"set it\" .Values.e2eFail.value }}\n";
    world.contribute(
        "feature/x",
        "feat(test-workflow): demand a value",
        &[("charts/test-workflow/templates/fail.yaml", template)],
    );
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    ci.lineage(["check", "lint-test"]).succeeds();
    ci.lineage(["check", "k8s-install"]).exits(1).says(&["e2eFail"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  k8s-install  FAIL: exit 1
            | charts/test-workflow/templates/fail.yaml:1:value: {{ required "set it" .Values.e2eFail.value }}
            | install failed: .Values.e2eFail.value is required
        1 check at [id]: 1 fail
    "#]]);
    ci.lineage(["check"]).exits(1).says(&["k8s-install"]).says_nothing_of(&["proven"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  commit-validation     pass
        test-workflow  changelog-generation  pass
        test-workflow  chart-lint            pass
        test-workflow  lint-test-v1.32.11    pass
        test-workflow  lint-test-v1.33.7     pass
        test-workflow  k8s-install           FAIL: exit 1
            | charts/test-workflow/templates/fail.yaml:1:value: {{ required "set it" .Values.e2eFail.value }}
            | install failed: .Values.e2eFail.value is required
        6 checks at [id]: 5 pass, 1 fail
    "#]]);
    drop(ci.lineage(["check", "--sign"]));
    ci.lineage(["check", "--seal"]).exits(1).says(&["k8s-install"]).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-k8s-install: its result is fail (exit 1)

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
    world.squash("feature/x", "feat(test-workflow): demand a value");
    ci.fetch();
    ci.lineage(["split"]).exits(1).says(&["test-workflow"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  refused  chart/test-workflow
          test-workflow on integration is not validated; w1-k8s-install: its result is fail (exit 1); w1-overall: there is no such attestation (run `git lineage check`, `check --sign` and `check --seal` on this content, on integration itself with `--base origin/main`)
    "#]]);
    ci.lineage(["bump", "test-workflow"]).is(expect![[r#"
        exit 1
        --- stderr
        error: there is no branch chart/test-workflow

        hint: make it with `git lineage split test-workflow`
    "#]]);
    ci.lineage(["tag", "test-workflow"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.1.0  refused
          main had no lineage.toml before [id]: no policy can prove what landed there (release from a commit made after lineage.toml reached main)
    "#]]);
    assert_eq!(ci.git(["ls-remote", "--tags", "origin"]), "");
}

#[test]
fn e10_a_chart_without_description_is_not_sealed() {
    let world = World::at(Stop::Seeded);
    let bare = chart_yaml("test-workflow", "0.1.0").replace("description: A chart for tests.\n", "");
    world.contribute("feature/x", "fix(test-workflow): say less", &[("charts/test-workflow/Chart.yaml", &bare)]);
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    ci.lineage(["check", "lint-test"]).exits(1).says(&["description is required"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  lint-test-v1.32.11  FAIL: exit 1
            | charts/test-workflow/Chart.yaml: description is required
        test-workflow  lint-test-v1.33.7   FAIL: exit 1
            | charts/test-workflow/Chart.yaml: description is required
        2 checks at [id]: 2 fail
    "#]]);
    ci.lineage(["check", "chart-lint"]).exits(1).says(&["description"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  chart-lint  FAIL: charts/test-workflow/Chart.yaml: `description` is missing
            | charts/test-workflow/Chart.yaml: `description` is missing
        1 check at [id]: 1 fail
    "#]]);
    ci.lineage(["check", "--seal"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-commit-validation: there is no such attestation
          caused by: w1-changelog-generation: there is no such attestation
          caused by: w1-chart-lint: there is no such attestation
          caused by: w1-lint-test-v1.32.11: there is no such attestation
          caused by: w1-lint-test-v1.33.7: there is no such attestation
          caused by: w1-k8s-install: there is no such attestation

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
}

#[test]
fn oc_5_oc_14_ba_7_images_and_the_readme_are_checks_a_policy_may_require() {
    let mut files = seed();
    for (name, text) in &mut files {
        if *name == "lineage.toml" {
            *text = policy().replacen("\"chart-lint\",", "\"chart-lint\", \"chart-images\", \"chart-readme\",", 1);
        }
    }
    let world = World::seeded_with(&files);
    let values = "image:\n  repository: r/web\n  tag: main\n";
    world.contribute(
        "feature/x",
        "fix(test-workflow): newest image",
        &[("charts/test-workflow/values.yaml", values)],
    );
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    ci.lineage(["check", "chart-images"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  chart-images  FAIL: charts/test-workflow/values.yaml: `image` has the tag `main`, which is another image tomorrow; charts/test-workflow/values.yaml: `image` has the tag `main`, and `appVersion` is 1.10
            | charts/test-workflow/values.yaml: `image` has the tag `main`, which is another image tomorrow
            | charts/test-workflow/values.yaml: `image` has the tag `main`, and `appVersion` is 1.10
        1 check at [id]: 1 fail
    "#]]);
    ci.lineage(["check", "chart-readme"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  chart-readme  FAIL: charts/test-workflow/README.md has no section `Install`; charts/test-workflow/README.md has no section `Upgrade`; charts/test-workflow/README.md has no section `Uninstall`; charts/test-workflow/README.md has no section `Values`; charts/test-workflow/README.md has no section `Troubleshooting`
            | charts/test-workflow/README.md has no section `Install`
            | charts/test-workflow/README.md has no section `Upgrade`
            | charts/test-workflow/README.md has no section `Uninstall`
            | charts/test-workflow/README.md has no section `Values`
            | charts/test-workflow/README.md has no section `Troubleshooting`
        1 check at [id]: 1 fail
    "#]]);
    // Nobody has to have them.
    let world = World::at(Stop::Seeded);
    world.contribute(
        "feature/x",
        "fix(test-workflow): newest image",
        &[("charts/test-workflow/values.yaml", values)],
    );
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    ci.lineage(["check"]).succeeds();
}

#[test]
fn e20_each_bad_message_is_rejected_for_itself() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    let bad = [
        "Updated the values file",
        "Fix stuff",
        "feat - add a probe",
        "FEAT(test-workflow): add a probe",
        "feat(): add a probe",
        "feat(test-workflow) missing colon",
        "wip: probe",
    ];
    dev.git(["checkout", "-q", "-b", "feature/x", "origin/integration"]);
    for (number, message) in bad.iter().enumerate() {
        dev.write("charts/test-workflow/values.yaml", format!("replicas: {number}\n"));
        dev.commit(message);
    }
    dev.lineage(["check", "commit-validation"]).exits(1).says(&bad).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  commit-validation  FAIL: refused: [id] `wip: probe`, [id] `feat(test-workflow) missing colon`, [id] `feat(): add a probe`, [id] `FEAT(test-workflow): add a probe`, [id] `feat - add a probe`, [id] `Fix stuff`, [id] `Updated the values file`
            | refused [id] wip: probe
            |   error: `wip` is not one of the types build, chore, ci, docs, feat, fix, perf, refactor, revert, style, test
            | refused [id] feat(test-workflow) missing colon
            |   error: the header is not `type: subject`: there is no colon after the type
            | refused [id] feat(): add a probe
            |   error: the scope is empty: name one or leave out the parentheses
            | refused [id] FEAT(test-workflow): add a probe
            |   error: the type `FEAT` must be in lower case: `feat`
            | refused [id] feat - add a probe
            |   error: the header is not `type: subject`: there is no colon after the type
            | refused [id] Fix stuff
            |   error: the header is not `type: subject`: there is no colon after the type
            | refused [id] Updated the values file
            |   error: the header is not `type: subject`: there is no colon after the type
        1 check at [id]: 1 fail
    "#]]);
    // Each alone, too.
    for message in bad {
        dev.git(["checkout", "-q", "-B", "feature/x", "origin/integration"]);
        dev.write("charts/test-workflow/values.yaml", "replicas: 9\n");
        dev.commit(message);
        drop(dev.lineage(["check", "commit-validation"]).exits(1).says(&[message]));
    }
}

#[test]
fn e20_what_git_and_forges_write_is_accepted() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.git(["checkout", "-q", "-b", "side", "origin/integration"]);
    dev.write("charts/test-workflow/values.yaml", "replicas: 3\n");
    dev.commit("feat(test-workflow): add probe (#12)\n\n* feat: add probe\n\n* fix: typo");
    dev.git(["checkout", "-q", "-b", "feature/x", "origin/integration"]);
    dev.git(["merge", "-q", "--no-ff", "-m", "Merge branch 'side' into feature/x", "side"]);
    dev.lineage(["check", "commit-validation"]).succeeds();
}

#[test]
fn e20_the_future_squash_subject_is_judged_too() {
    let world = World::at(Stop::Seeded);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    let dev = world.dev();
    dev.lineage(["check", "commit-validation", "--title", "Adds A Probe."]).exits(1).says(&["Adds A Probe."]).is(
        expect![[r#"
            exit 1
            --- stdout
            test-workflow  commit-validation  FAIL: refused: the title `Adds A Probe.`
                | ok [id] feat(test-workflow): add probe
                | refused the title Adds A Probe.
                |   error: the header is not `type: subject`: there is no colon after the type
            1 check at [id]: 1 fail
        "#]],
    );
}
