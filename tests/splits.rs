//! Splitting integration by chart, and how what was split lands on main.

use expect_test::expect;

use crate::world::{PROBE, Stop, TAG, World};

#[test]
fn x1_a_branch_in_the_way_is_found_before_anything_is_written() {
    for place in ["local", "packed", "remote", "stale"] {
        let world = World::at(Stop::Contributed);
        let ci = world.ci();
        ci.fetch();
        match place {
            "local" => drop(ci.git(["branch", "chart", "origin/main"])),
            "packed" => {
                ci.git(["branch", "chart", "origin/main"]);
                ci.git(["pack-refs", "--all"]);
            }
            "remote" => drop(world.dev().git(["push", "-q", "origin", "main:refs/heads/chart"])),
            _ => drop(ci.git(["update-ref", "refs/remotes/origin/chart", "origin/main"])),
        }
        // What is fetched on the way (remote-tracking refs, the ledger's) writes nothing of ours.
        let all = |site: &crate::world::Site<'_>| {
            site.git([
                "for-each-ref",
                "--format=%(refname) %(objectname)",
                "refs/heads",
                "refs/tags",
                "refs/notes",
            ])
        };
        let before = (all(&world.origin()), all(&ci));
        drop(ci.lineage(["split"]).exits(4).says(&["chart/test-workflow", "chart"]));
        assert_eq!(
            (all(&world.origin()), all(&ci)),
            before,
            "a ref was written with a branch in the way: {place}"
        );
    }
}

#[test]
fn x1_the_brief_s_own_pattern_meets_integration() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    let policy = dev.read("lineage.toml") + "\n[branches]\nchart = \"integration/{chart}\"\n";
    dev.write("lineage.toml", policy);
    dev.commit("chore: another pattern");
    dev.git(["push", "-q", "origin", "main", "main:integration"]);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["split"]).exits(4).says(&["integration/test-workflow", "integration"]).is(expect![[r#"
        exit 4
        --- stdout
        test-workflow  refused  integration/test-workflow
          integration/test-workflow cannot exist beside refs/remotes/origin/integration: one is a directory of the other (rename or delete refs/remotes/origin/integration, or choose another branch pattern)
    "#]]);
}

#[test]
fn x2_a_deleted_file_is_deleted_all_the_way() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.git(["checkout", "-q", "-b", "feature/x", "origin/integration"]);
    dev.git(["rm", "-q", "charts/test-workflow/templates/service.yaml"]);
    dev.commit("fix(test-workflow): drop the service");
    dev.git(["push", "-q", "origin", "feature/x"]);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "fix(test-workflow): drop the service");
    world.promote(&["test-workflow"]);
    let ci = world.ci();
    let files = ci.git(["ls-tree", "-r", "--name-only", "test-workflow-v0.1.1", "charts/test-workflow/templates"]);
    assert_eq!(files, "charts/test-workflow/templates/deployment.yaml");
}

#[test]
fn x2_a_deleted_chart_is_not_split() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.git(["checkout", "-q", "-b", "feature/x", "origin/integration"]);
    dev.git(["rm", "-q", "-r", "charts/cloudflared"]);
    dev.commit("feat(cloudflared)!: drop the chart");
    dev.git(["push", "-q", "origin", "feature/x"]);
    world.squash("feature/x", "feat(cloudflared)!: drop the chart");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["changed", "origin/main..origin/integration"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        cloudflared
        --- stderr
        note: cloudflared was removed
    "#]]);
    ci.lineage(["split"]).exits(1).says(&["cloudflared", "deprecated"]).is(expect![[r#"
        exit 1
        --- stdout
        cloudflared  refused  chart/cloudflared
          charts/cloudflared was deleted on integration (a chart leaves the repository through a final deprecated release; restore it, or delete it on main by hand)
    "#]]);
    assert!(!world.origin().has_ref("refs/heads/chart/cloudflared"));
}

#[test]
fn x3_a_stale_integration_never_takes_main_back() {
    let world = World::published();
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    // Somebody resets integration to before version and changelog came back from main.
    let before = dev.git(["log", "-1", "--format=%H", "--grep=add probe", "origin/integration"]);
    dev.git(["push", "-q", "-f", "origin", &format!("{before}:refs/heads/integration")]);
    let stale = dev.git(["show", &format!("{before}:charts/test-workflow/Chart.yaml")]);
    assert!(stale.contains("version: 0.1.0"), "{stale}");
    world.contribute(
        "feature/y",
        "fix(test-workflow): probe less",
        &[("charts/test-workflow/values.yaml", "# How many.\nreplicas: 2\nprobe: false\n")],
    );
    world.validate("feature/y").succeeds();
    world.squash("feature/y", "fix(test-workflow): probe less");
    world.promote(&["test-workflow"]);
    let ci = world.ci();
    assert_eq!(ci.git(["tag", "--list"]), format!("{TAG}\ntest-workflow-v0.2.1"));
    let changelog = ci.git(["show", "origin/main:charts/test-workflow/CHANGELOG.md"]);
    let at = |version: &str| changelog.find(&format!("## [{version}]"));
    assert!(at("0.2.1") < at("0.2.0") && at("0.2.0") < at("0.1.0") && at("0.2.1").is_some(), "{changelog}");
    world.publish("test-workflow-v0.2.1");
    drop(world.stranger().lineage(["verify", "--all"]).exits(0));
}

#[test]
fn x4_the_real_messages_survive_the_squashes() {
    let world = World::at(Stop::Seeded);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    let dev = world.dev();
    for (message, values) in [
        ("feat(test-workflow): add a second probe", "replicas: 5\nprobe: true\n"),
        ("fix(test-workflow): count again", "replicas: 6\nprobe: true\n"),
    ] {
        dev.write("charts/test-workflow/values.yaml", values);
        dev.commit(message);
    }
    dev.git(["push", "-q", "origin", "feature/x"]);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "chore: sync");
    world.promote(&["test-workflow"]);
    let changelog = world.ci().git(["show", "origin/main:charts/test-workflow/CHANGELOG.md"]);
    let section = changelog.split("## [0.1.0]").next().expect("a first part");
    assert!(section.contains("## [0.2.0]"), "two features and a fix are a minor release: {changelog}");
    for message in ["add probe", "add a second probe", "count again"] {
        assert!(section.contains(message), "{message:?} is missing: {changelog}");
    }
    assert!(!section.contains("sync"), "{changelog}");
}

/// Lands `chart/test-workflow` on main by hand, tags it, and verifies.
fn tag_after(world: &World, land: impl FnOnce(&crate::world::Site<'_>)) {
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    land(&dev);
    dev.git(["push", "-q", "origin", "main"]);
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).succeeds();
    world.publish(TAG);
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn x16_a_rebase_merge_is_tagged() {
    let world = World::at(Stop::Bumped);
    // Another commit on main first, so that the commits change their ids.
    tag_after(&world, |dev| {
        dev.write("README.md", "# Our charts\n");
        dev.commit("docs: say whose");
        dev.git(["cherry-pick", "--allow-empty", "origin/main..origin/chart/test-workflow"]);
    });
}

#[test]
fn x16_a_true_merge_is_tagged() {
    let world = World::at(Stop::Bumped);
    tag_after(&world, |dev| {
        dev.git(["merge", "-q", "--no-ff", "-m", "Merge chart/test-workflow", "origin/chart/test-workflow"]);
    });
}

#[test]
fn x16_a_squash_merge_by_hand_is_tagged() {
    let world = World::at(Stop::Bumped);
    tag_after(&world, |dev| {
        dev.git(["merge", "-q", "--squash", "origin/chart/test-workflow"]);
        dev.git(["commit", "-q", "-m", "feat(test-workflow): add probe (#7)"]);
    });
}

#[test]
fn x16_one_push_with_two_charts_gives_two_tags() {
    let world = World::at(Stop::Bumped);
    world.contribute(
        "feature/y",
        "fix(cloudflared): set the token",
        &[("charts/cloudflared/values.yaml", "token: \"x\"\n")],
    );
    world.validate("feature/y").succeeds();
    world.squash("feature/y", "fix(cloudflared): set the token");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["split", "cloudflared"]).succeeds();
    ci.lineage(["bump", "cloudflared"]).succeeds();
    let dev = world.dev();
    dev.git(["fetch", "-q", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    for chart in ["test-workflow", "cloudflared"] {
        dev.git(["merge", "-q", "--squash", &format!("origin/chart/{chart}")]);
        dev.git(["commit", "-q", "-m", &format!("feat({chart}): release")]);
    }
    dev.git(["push", "-q", "origin", "main"]);
    ci.fetch();
    ci.lineage(["tag", "test-workflow", "cloudflared"]).succeeds();
    assert_eq!(ci.git(["tag", "--list"]), format!("cloudflared-v0.4.4\n{TAG}"));
}
