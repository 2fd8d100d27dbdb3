//! The line without an integration branch: a contribution goes to main, with its own bump.

use expect_test::expect;

use crate::world::{PROBE, TAG, World, chart_yaml, policy, seed};

/// A repository that works without an integration branch, with this line in its policy.
fn direct(more: &str) -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push((
        "lineage.toml",
        policy().replace("version = 1\n", &format!("version = 1\nflow = \"direct\"\n{more}")),
    ));
    let world = World::seeded_with(&files);
    world.dev().git(["push", "-q", "origin", ":integration"]);
    world
}

/// From the contributor's branch to the published release.
fn release(world: &World, files: &[(&str, &str)]) {
    let dev = world.dev();
    dev.git(["checkout", "-q", "-b", "feature/x", "origin/main"]);
    for (path, text) in files {
        dev.write(path, text);
    }
    dev.commit("feat(test-workflow): add probe");
    dev.git(["push", "-q", "origin", "feature/x"]);
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "-b", "feature/x", "origin/feature/x"]);
    for flag in [None, Some("--sign"), Some("--seal")] {
        ci.lineage(["check"].into_iter().chain(flag)).succeeds();
    }
    ci.lineage(["bump"]).succeeds();
    ci.git(["push", "-q", "origin", "feature/x"]);
    ci.lineage(["guard", "--stage", "main", "--head-ref", "feature/x", "--merge"]).succeeds();
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).succeeds();
    world.publish(TAG);
}

#[test]
fn e1_without_an_integration_branch() {
    let world = direct("");
    release(&world, &PROBE);
    let stranger = world.stranger();
    stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]).matches_file("direct-verify");
    let changelog = stranger.git(["show", "origin/main:charts/test-workflow/CHANGELOG.md"]);
    assert!(changelog.contains("## [0.2.0]"), "{changelog}");
}

#[test]
fn a_contributor_s_own_bump_is_kept() {
    let world = direct("changelog = \"annotation\"\n");
    let mut files = PROBE.to_vec();
    let chart = chart_yaml("test-workflow", "0.2.0");
    files.push(("charts/test-workflow/Chart.yaml", &chart));
    release(&world, &files);
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    let annotation = stranger.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]);
    assert!(annotation.contains("add probe"), "the changes stand in the annotation: {annotation}");
    let changelog = stranger.git(["show", "origin/main:charts/test-workflow/CHANGELOG.md"]);
    assert!(!changelog.contains("0.2.0"), "the file is left alone: {changelog}");
}

#[test]
fn there_is_nothing_to_split() {
    let world = direct("");
    world.ci().lineage(["split"]).is(expect![[r#"
        exit 2
        --- stderr
        error: flow = "direct" has no split: contributions go to main themselves

        hint: see `git lineage tag`
    "#]]);
}
