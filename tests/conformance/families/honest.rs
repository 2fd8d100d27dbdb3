//! Lineages that have to be proven: every way a release may honestly come about.

use crate::conformance::case::{Begin, Case, Place, case};
use crate::world::{PROBE, Site, Stop, TAG, World, chart_yaml, policy, seed};

/// Lands the bumped branch on main by hand and goes on to the release.
fn landed(land: fn(&Site<'_>)) -> World {
    let world = World::at(Stop::Bumped);
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    land(&dev);
    dev.git(["push", "-q", "origin", "main"]);
    tag_and_build(&world, &[TAG]);
    world
}

fn tag_and_build(world: &World, tags: &[&str]) {
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["tag"]).succeeds();
    for tag in tags {
        ci.lineage(["build", tag]).succeeds();
    }
}

/// A release without an integration branch, with these lines in its policy and these files contributed.
fn direct(more: &str, files: &[(&str, &str)]) -> World {
    let mut seeded = seed();
    seeded.retain(|(name, _)| *name != "lineage.toml");
    let text = policy().replace("version = 1\n", &format!("version = 1\nflow = \"direct\"\n{more}"));
    seeded.push(("lineage.toml", text));
    let world = World::seeded_with(&seeded);
    world.dev().git(["push", "-q", "origin", ":integration"]);
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
    for words in [&["check"][..], &["check", "--sign"], &["check", "--seal"], &["bump"]] {
        ci.lineage(words).succeeds();
    }
    ci.git(["push", "-q", "origin", "feature/x"]);
    ci.lineage(["guard", "--stage", "main", "--head-ref", "feature/x", "--merge"]).succeeds();
    tag_and_build(&world, &[TAG]);
    world
}

pub(super) fn cases() -> Vec<Case> {
    let made = |id, title, done, make: fn() -> World| case(id, title, done).from(Begin::Made(make));
    vec![
        case("honest-release", "A release", "nothing"),
        case(
            "honest-second-release",
            "A release after another",
            "nothing; its contribution came from an integration branch that was behind main, and deleted a file",
        )
        .from(Begin::Second),
        case("honest-in-place", "A release, judged where it lies", "nothing; the repository itself is judged")
            .at(Place::Itself),
        case(
            "honest-signed-again",
            "Every statement signed again",
            "the same key signed every statement of the release once more",
        )
        .by(|scene| {
            let mut desk = scene.desk();
            for told in 0..desk.records.len() {
                let name = desk.records[told].name.clone();
                desk.wrap(&name, |text| text);
            }
            desk.publish();
        }),
        case(
            "honest-other-contents",
            "Another contribution, told by hand",
            "other files were contributed, split and released, and everything signed about them",
        )
        .by(|scene| {
            let mut desk = scene.desk();
            desk.contribute_with(&[("templates/more.yaml", Some(b"kind: More\n")), ("README.md", None)]);
            desk.publish();
        }),
        case(
            "honest-released-again",
            "The same contribution, released twice",
            "main went back to before the release, and the same content landed again under another version",
        )
        .judging("test-workflow-v0.2.9")
        .by(|scene| {
            let mut desk = scene.desk();
            desk.release_again("test-workflow-v0.2.9", "0.2.9", &[]);
            desk.publish();
        }),
        made(
            "honest-squash-merge",
            "A squash merge by hand",
            "nothing; the branch was squashed into main by hand",
            || {
                landed(|dev| {
                    dev.git(["merge", "-q", "--squash", "origin/chart/test-workflow"]);
                    dev.git(["commit", "-q", "-m", "feat(test-workflow): add probe (#7)"]);
                })
            },
        ),
        made(
            "honest-true-merge",
            "A merge commit",
            "nothing; the branch was merged into main with a merge commit",
            || {
                landed(|dev| {
                    dev.git([
                        "merge",
                        "-q",
                        "--no-ff",
                        "-m",
                        "Merge chart/test-workflow",
                        "origin/chart/test-workflow",
                    ]);
                })
            },
        ),
        made(
            "honest-rebase-merge",
            "A rebase merge",
            "nothing; the branch was rebased onto a main that had gone on elsewhere",
            || {
                landed(|dev| {
                    dev.write("README.md", "# Our charts\n");
                    dev.commit("docs: say whose");
                    dev.git(["cherry-pick", "--allow-empty", "origin/main..origin/chart/test-workflow"]);
                })
            },
        ),
        made("honest-fast-forward", "A fast-forward", "nothing; main was moved to the branch", || {
            landed(|dev| {
                dev.git(["merge", "-q", "--ff-only", "origin/chart/test-workflow"]);
            })
        }),
        made("honest-sha256", "A SHA-256 repository", "nothing; objects are named by SHA-256", || {
            let world = World::seeded_in_sha256();
            world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
            world
        }),
        made(
            "honest-direct",
            "A release without an integration branch",
            "nothing; contributions go to main, with their bump",
            || direct("", &PROBE),
        ),
        made(
            "honest-own-bump",
            "A contributor's own bump",
            "nothing; the contribution brought its version, and the changelog is the annotation's alone",
            || {
                let chart = chart_yaml("test-workflow", "0.2.0");
                let mut files = PROBE.to_vec();
                files.push(("charts/test-workflow/Chart.yaml", &chart));
                direct("changelog = \"annotation\"\n", &files)
            },
        ),
        made(
            "honest-run-again",
            "A check that failed first",
            "nothing; the install check failed once and passed when it ran again",
            || {
                let world = World::at(Stop::Seeded);
                world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
                let ci = world.ci();
                ci.fetch();
                ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
                // A cluster that is down: what the script needs is not there the first time.
                let broken = [("PATH", "/nonexistent")];
                drop(ci.lineage_with(["check", "k8s-install"], &broken));
                drop(ci.lineage(["check", "--sign"]));
                world.validate("feature/x").succeeds();
                world.squash("feature/x", "feat(test-workflow): add probe");
                world.promote(&["test-workflow"]);
                world.ci().lineage(["build", TAG]).succeeds();
                world
            },
        ),
        made(
            "honest-two-charts",
            "Two charts in one push",
            "nothing; two charts landed on main in one push",
            || {
                let world = World::at(Stop::Bumped);
                let values = [("charts/cloudflared/values.yaml", "token: \"x\"\n")];
                world.contribute("feature/y", "fix(cloudflared): set the token", &values);
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
                tag_and_build(&world, &[TAG, "cloudflared-v0.4.4"]);
                world
            },
        )
        .judging("--all"),
        made("honest-new-chart", "A chart that is new", "nothing; the contribution brought a whole chart", || {
            let world = World::at(Stop::Seeded);
            let chart = chart_yaml("fresh", "0.1.0");
            let files = [
                ("charts/fresh/Chart.yaml", &*chart),
                ("charts/fresh/values.yaml", "{}\n"),
                ("charts/fresh/templates/a.yaml", "kind: A\n"),
            ];
            world.contribute("feature/x", "feat(fresh): a chart", &files);
            world.validate("feature/x").succeeds();
            world.squash("feature/x", "feat(fresh): a chart");
            world.promote(&["fresh"]);
            let tag = world.ci().git(["tag", "--list"]);
            world.ci().lineage(["build", &tag]).succeeds();
            world
        })
        .judging("--all"),
    ]
}
