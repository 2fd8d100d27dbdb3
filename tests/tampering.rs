//! Content that changes between two stages, and policies that change with it.

use expect_test::expect;

use crate::world::{PROBE, Stop, TAG, World};

/// Somebody pushes an edit of the chart straight to a branch.
fn edit(world: &World, branch: &str, path: &str) {
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", "work", &format!("origin/{branch}")]);
    let text = dev.read(path);
    dev.write(path, format!("{text}# edited\n"));
    dev.commit("fix(test-workflow): a hand's work");
    dev.git(["push", "-q", "origin", &format!("work:{branch}")]);
}

const VALUES: &str = "charts/test-workflow/values.yaml";

#[test]
fn x7_main_edited_after_the_split() {
    let world = World::at(Stop::Split);
    edit(&world, "main", VALUES);
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["bump", "test-workflow"]).exits(1).says(&["main"]).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be bumped: its evidence is not complete
          caused by: w2-filter-charts: the chart moved on main: the link was made on [id], main had [id]

        hint: sign what is missing, or run `git lineage split` again if main moved
    "#]]);
}

#[test]
fn x7_main_edited_after_the_bump() {
    let world = World::at(Stop::Bumped);
    edit(&world, "main", VALUES);
    let ci = world.ci();
    ci.fetch();
    let refused = ci.lineage(["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge"]);
    refused.exits(1).is(expect![[r#"
        exit 1
        --- stdout
        refused: chart/test-workflow into main (main)
          test-workflow moved on main since the branch was made
          the branch starts from [id], main is at [id]
    "#]]);
    ci.lineage(["propose", "test-workflow", "--merge"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: chart/test-workflow has no complete lineage to propose
          caused by: w5-semver-bump: the chart moved on main: the link was made on [id], main had [id]
          caused by: w5-overall: its parent is not the overall statement before it

        hint: sign what is missing, or run `git lineage split` again if main moved
    "#]]);
}

#[test]
fn x7_main_edited_between_the_merge_and_the_tag() {
    let world = World::at(Stop::Landed);
    edit(&world, "main", VALUES);
    let ci = world.ci();
    ci.fetch();
    // The attested content is still in main's history, and only that is ever tagged.
    let output = ci.lineage(["tag", "test-workflow"]);
    if output.code == 0 {
        let tagged = ci.rev(&format!("refs/tags/{TAG}^{{commit}}:charts/test-workflow"));
        assert_ne!(tagged, ci.rev("origin/main:charts/test-workflow"), "the edit must not ride along");
    }
    output.exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.2.0  refused
          test-workflow-v0.2.0 cannot be tagged: the content on main is not attested; w5-semver-bump: there is no such attestation; w5-overall: there is no such attestation
    "#]]);
}

#[test]
fn x7_another_chart_on_main_moves_nothing() {
    let world = World::at(Stop::Split);
    edit(&world, "main", "charts/cloudflared/values.yaml");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["bump", "test-workflow"]).succeeds();
}

#[test]
fn x8_a_bump_that_also_edits_a_template() {
    let world = World::at(Stop::Bumped);
    edit(&world, "chart/test-workflow", "charts/test-workflow/templates/deployment.yaml");
    let ci = world.ci();
    ci.fetch();
    let refused = ci.lineage(["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge"]);
    refused.exits(1).is(expect![[r#"
        exit 1
        --- stdout
        refused: chart/test-workflow into main (main)
          test-workflow has no complete lineage up to the bump stage
          w5-semver-bump: there is no such attestation
          w5-overall: there is no such attestation
    "#]]);
    // Merged by hand, it is not tagged either.
    let dev = world.dev();
    dev.git(["fetch", "-q", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    dev.git(["merge", "-q", "--squash", "origin/chart/test-workflow"]);
    dev.git(["commit", "-q", "-m", "feat(test-workflow): add probe"]);
    dev.git(["push", "-q", "origin", "main"]);
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.2.0  refused
          test-workflow-v0.2.0 cannot be tagged: the content on main is not attested; w5-semver-bump: there is no such attestation; w5-overall: there is no such attestation
    "#]]);
    assert_eq!(ci.git(["ls-remote", "--tags", "origin"]), "");
}

#[test]
fn x9_a_changelog_line_is_never_evidence() {
    let world = World::at(Stop::Seeded);
    world.release("test-workflow", "feat(test-workflow): evil: 999", &PROBE, TAG);
    let stranger = world.stranger();
    let annotation = stranger.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]);
    assert!(annotation.contains("evil: 999"), "the line is there for people: {annotation}");
    let json = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    let evidence: Vec<String> = json["releases"][0]["chain"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|link| link["evidence"].as_array().cloned().unwrap_or_default())
        .map(|evidence| evidence["name"].to_string())
        .collect();
    assert!(evidence.iter().all(|name| !name.contains("evil")), "{evidence:?}");
    let map = stranger.payload(TAG)["attestations"].clone();
    assert!(map["test-workflow"].is_object() || map.is_object(), "{map}");
    assert_eq!(map.get("evil"), None, "{map}");
}

#[test]
fn x9_a_block_in_the_changelog_is_refused() {
    let world = World::at(Stop::Seeded);
    world.contribute("feature/x", "feat(test-workflow): -----BEGIN LINEAGE-----", &PROBE);
    let output = world.validate("feature/x");
    if output.code == 0 {
        world.squash("feature/x", "feat(test-workflow): add probe");
        let ci = world.ci();
        ci.fetch();
        ci.lineage(["split"]).succeeds();
        let bump = ci.lineage(["bump", "test-workflow"]);
        if bump.code == 0 {
            ci.lineage(["propose", "--merge", "test-workflow"]).succeeds();
            ci.fetch();
            ci.lineage(["tag", "test-workflow"]).exits(1).says(&["block"]).is(expect![[r#"
                exit 1
                --- stdout
                test-workflow-v0.2.0  refused
                  test-workflow-v0.2.0 cannot be annotated; the annotation has a delimiter inside the changelog; exactly one lineage block at its end is allowed
            "#]]);
        }
    }
    assert_eq!(world.ci().git(["ls-remote", "--tags", "origin"]), "");
}

/// A contribution that fails its install check and brings a judge of its own.
fn with_a_judge_of_its_own(world: &World, path: &str, text: &str) {
    world.contribute(
        "feature/x",
        "feat(test-workflow): demand a value",
        &[
            ("charts/test-workflow/templates/fail.yaml", "value: {{ required \"set it\" .Values.e2eFail }}\n"),
            (path, text),
        ],
    );
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
}

#[test]
fn x13_a_contribution_does_not_bring_its_own_policy() {
    let world = World::at(Stop::Seeded);
    let lax = crate::world::policy().replace("    \"k8s-install\",\n]", "]");
    with_a_judge_of_its_own(&world, "lineage.toml", &lax);
    world.ci().lineage(["check"]).exits(1).says(&["k8s-install", "lineage.toml"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  commit-validation     pass
        test-workflow  changelog-generation  pass
        test-workflow  chart-lint            pass
        test-workflow  lint-test-v1.32.11    pass
        test-workflow  lint-test-v1.33.7     pass
        test-workflow  k8s-install           FAIL: exit 1
            | charts/test-workflow/templates/fail.yaml:1:value: {{ required "set it" .Values.e2eFail }}
            | install failed: .Values.e2eFail.value is required
        6 checks at [id]: 5 pass, 1 fail
        --- stderr
        warning: lineage.toml differs from origin/main's and is ignored for this run
    "#]]);
}

#[test]
fn x13_a_contribution_does_not_bring_its_own_check() {
    let world = World::at(Stop::Seeded);
    with_a_judge_of_its_own(&world, "checks/install.sh", "exit 0\n");
    let ci = world.ci();
    for flag in [None, Some("--sign"), Some("--seal")] {
        drop(ci.lineage(["check"].into_iter().chain(flag)));
    }
    world.squash("feature/x", "feat(test-workflow): demand a value");
    ci.fetch();
    drop(ci.lineage(["split"]));
    // main's own script is another one than the one that passed.
    ci.lineage(["bump", "test-workflow"]).exits(1).says(&["k8s-install", "inputs"]).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be bumped: its evidence is not complete
          caused by: w1-k8s-install: its declared inputs have changed since
          caused by: w1-overall: it does not name a counting bundle for w1-k8s-install

        hint: sign what is missing, or run `git lineage split` again if main moved
    "#]]);
}

#[test]
fn x13_a_clone_that_has_only_the_contribution_has_no_policy() {
    let world = World::at(Stop::Seeded);
    let lax = crate::world::policy().replace("    \"k8s-install\",\n]", "]");
    with_a_judge_of_its_own(&world, "lineage.toml", &lax);
    // What a forge's checkout action leaves: the contribution's merge ref, detached, and no branch.
    world.site(".", None).git(["init", "-q", "-b", "main", "job"]);
    let job = world.site("job", None);
    job.git(["remote", "add", "origin", &world.path("origin.git").display().to_string()]);
    job.git(["fetch", "-q", "origin", "+refs/heads/feature/x:refs/remotes/pull/7/merge"]);
    job.git(["checkout", "-q", "--detach", "refs/remotes/pull/7/merge"]);
    let base = job.rev("HEAD~1");
    let output = job.lineage(["check", "--base", &base]);
    assert!(output.code == 2 || output.code == 3, "main was not fetched: {}", output.text());
    output.says(&["main"]).is(expect![[r#"
        exit 3
        --- stderr
        error: main of origin is not fetched: there is no policy to judge by

        hint: run `git fetch origin` with the main branch among what it fetches
    "#]]);
}

#[test]
fn x13_a_changed_policy_on_main_judges_the_next_release_not_the_last() {
    let world = World::published();
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    // One more Kubernetes version from now on.
    dev.write(
        "lineage.toml",
        dev.read("lineage.toml")
            .replace("\"v1.33.7\"]", "\"v1.33.7\", \"v1.34.3\"]")
            .replace("    \"lint-test-v1.33.7\",\n", "    \"lint-test-v1.33.7\",\n    \"lint-test-v1.34.3\",\n"),
    );
    dev.commit("ci: one more version");
    dev.git(["push", "-q", "origin", "main"]);
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
}
