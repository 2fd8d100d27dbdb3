//! Charts with unusual names and versions, and charts a check leaves out.

use expect_test::expect;

use crate::world::{PROBE, Stop, World, chart_yaml, policy, seed};

/// A seeded world with one file changed, or added.
fn seeded_but(path: &str, text: &str) -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != path);
    files.push((path, text.to_owned()));
    World::seeded_with(&files)
}

fn fix_cloudflared(world: &World) {
    world.contribute(
        "feature/x",
        "fix(cloudflared): set the token",
        &[("charts/cloudflared/values.yaml", "token: \"x\"\n")],
    );
}

#[test]
fn x12_excluded_is_said_and_never_pass() {
    let world = World::at(Stop::Seeded);
    fix_cloudflared(&world);
    world.validate("feature/x").succeeds();
    let ci = world.ci();
    ci.lineage(["check", "k8s-install"]).exits(0).says(&["excluded", "needs a tunnel token"]).is(expect![[r#"
        exit 0
        --- stdout
        cloudflared  k8s-install  excluded: needs a tunnel token
        1 check at [id]: 1 excluded
    "#]]);
    world.squash("feature/x", "fix(cloudflared): set the token");
    world.promote(&["cloudflared"]);
    world.publish("cloudflared-v0.4.4");
    // The policy accepts it for this chart, and the verdict says so.
    world
        .stranger()
        .lineage(["verify", "--verbose", "cloudflared-v0.4.4"])
        .exits(0)
        .says(&["proven", "excluded"])
        .matches_file("x12-excluded-and-accepted");
}

#[test]
fn x12_a_policy_that_does_not_accept_it_refuses() {
    let strict = policy().replace("[required.accept-excluded]\ncloudflared = [\"k8s-install\"]\n\n", "");
    let world = seeded_but("lineage.toml", &strict);
    fix_cloudflared(&world);
    let output = world.validate("feature/x");
    output.exits(1).says(&["k8s-install", "excluded"]).is(expect![[r#"
        exit 1
        --- stderr
        error: cloudflared cannot be sealed for the validate stage
          caused by: w1-k8s-install: its result is excluded (needs a tunnel token), not pass

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
}

#[test]
fn x12_a_check_on_no_chart_is_not_applicable() {
    let world = World::at(Stop::Seeded);
    world.contribute("feature/x", "docs: say more", &[("README.md", "# Our charts\n")]);
    world.dev().lineage(["check"]).exits(0).says(&["no chart differs"]).is(expect![[r#"
        exit 0
        --- stdout
        nothing to check: no chart differs from the base
    "#]]);
}

#[test]
fn x22_a_name_that_is_not_its_directory_s_needs_an_alias() {
    let world = seeded_but("lineage.toml", &policy().replace("aliases = { olm = \"holmes\" }\n", ""));
    let fix = [("charts/olm/values.yaml", "a: 1\n")];
    world.contribute("feature/x", "fix(holmes): set a", &fix);
    world.dev().lineage(["check"]).exits(2).says(&["charts/olm", "holmes"]).is(expect![[r#"
        exit 2
        --- stderr
        error: charts/olm/Chart.yaml names the chart holmes, not olm

        hint: rename one of them, or write `olm = "holmes"` under [charts.aliases] in lineage.toml
    "#]]);
    world.dev().lineage(["status"]).is(expect![[r#"
        exit 0
        --- stdout
        on feature/x at [id]; policy: origin/main
        warning: no evidence was fetched here yet: run `git lineage sync`

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        olm            -        -    2      -      -         unreleased on main; in work on feature/x
        test-workflow  0.1.0    -    1      0.1.0  -         unreleased on main

        warning: olm: charts/olm/Chart.yaml names the chart holmes, not olm; rename one of them, or write `olm = "holmes"` under [charts.aliases] in lineage.toml
    "#]]);
}

#[test]
fn x22_with_an_alias_the_chart_s_own_name_is_used() {
    let world = World::at(Stop::Seeded);
    world.release("holmes", "fix(holmes): set a", &[("charts/olm/values.yaml", "a: 1\n")], "holmes-v0.1.1");
    drop(world.stranger().lineage(["verify", "holmes-v0.1.1"]).exits(0).says(&["proven"]));
    assert!(world.path("assets/holmes-v0.1.1/holmes-0.1.1.tgz").exists());
}

/// A hand-made version in a contribution, run through the checks.
fn hand_bumped(version: &str) -> (World, crate::world::Output) {
    let world = World::at(Stop::Seeded);
    let mut files: Vec<(&str, &str)> = PROBE.to_vec();
    let chart = chart_yaml("test-workflow", version);
    files.push(("charts/test-workflow/Chart.yaml", &chart));
    world.contribute("feature/x", "feat(test-workflow): add probe", &files);
    let output = world.validate("feature/x");
    (world, output)
}

#[test]
fn x23_versions_with_more_than_three_numbers() {
    for (version, oci) in [("1.2.3+b5", "1.2.3_b5"), ("1.2.3-rc.1", "1.2.3-rc.1")] {
        let (world, output) = hand_bumped(version);
        output.succeeds();
        world.squash("feature/x", "feat(test-workflow): add probe");
        world.promote(&["test-workflow"]);
        let tag = format!("test-workflow-v{version}");
        world.publish(&tag);
        let index = std::fs::read_to_string(world.path("registry/index.json")).expect("publish wrote the layout");
        assert!(index.contains(&format!("test-workflow:{oci}\"")), "{index}");
        drop(world.stranger().lineage(["verify", &tag]).exits(0).says(&["proven"]));
    }
}

#[test]
fn x23_versions_that_are_none() {
    for version in ["v1.2.3", "01.2.3", "1.2", "latest", "\"\""] {
        let (_world, output) = hand_bumped(version);
        let text = output.text();
        assert!(output.code == 1 || output.code == 2, "{version} was accepted:\n{text}");
        drop(output.says(&["charts/test-workflow/Chart.yaml"]));
    }
    let (_world, output) = hand_bumped("v1.2.3");
    output.is(expect![[r#"
        exit 1
        --- stderr
        error: charts/test-workflow/Chart.yaml: the version `v1.2.3` is not SemVer (MAJOR.MINOR.PATCH): unexpected character 'v' while parsing major version number; write `1.2.3`

        hint: correct charts/test-workflow/Chart.yaml and commit it
    "#]]);
}
