//! Many writers on one ledger, and the map they write.

use std::process::{Child, Stdio};

use crate::world::{PROBE, Site, Stop, World, policy, seed};

/// The seven checks of the brief's map.
pub(crate) const SEVEN: [&str; 7] = [
    "commit-validation",
    "changelog-generation",
    "chart-lint",
    "k8s-install",
    "lint-test-v1.32.11",
    "lint-test-v1.33.7",
    "lint-test-v1.34.3",
];

/// A contribution in a repository that requires seven checks.
fn seven() -> World {
    seven_with(|text| text)
}

/// The same with another policy.
pub(crate) fn seven_with(change: impl FnOnce(String) -> String) -> World {
    let text = policy()
        .replace("\"v1.33.7\"]", "\"v1.33.7\", \"v1.34.3\"]")
        .replace("    \"lint-test-v1.33.7\",\n", "    \"lint-test-v1.33.7\",\n    \"lint-test-v1.34.3\",\n");
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", change(text)));
    let world = World::seeded_with(&files);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    world
}

/// Starts one command for each check at the same time and waits for all.
pub(crate) fn at_once(sites: &[Site<'_>], flag: Option<&str>, variables: &[(&str, String)]) {
    let start = |(site, key): (&Site<'_>, &&str)| -> Child {
        let (name, variant) =
            key.split_once("-v1").map_or((*key, None), |(name, rest)| (name, Some(format!("v1{rest}"))));
        let mut command = site.command(crate::world::BINARY);
        command.envs(variables.iter().cloned());
        command.args(["check", name]).args(flag).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(variant) = variant {
            command.args(["--variant", &variant]);
        }
        command.spawn().expect("the binary is there")
    };
    let children: Vec<Child> = sites.iter().zip(&SEVEN).map(start).collect();
    for child in children {
        let output = child.wait_with_output().expect("it was started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What the sealed ledger holds about the contribution.
#[track_caller]
fn has_all_seven(world: &World) {
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    ci.lineage(["check", "--seal"]).succeeds();
    let stranger = world.stranger();
    let tree = stranger.rev("origin/feature/x:charts/test-workflow");
    let names: Vec<String> = stranger
        .ledger("test-workflow", &tree)
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["name"].to_string())
        .collect();
    for key in SEVEN {
        let count = names.iter().filter(|name| **name == format!("\"w1-{key}\"")).count();
        assert_eq!(count, 1, "{key} in {names:?}");
    }
    assert_eq!(names.len(), SEVEN.len() + 1, "the seven and the seal: {names:?}");
    assert_eq!(world.origin().git(["for-each-ref", "refs/lineage/inbox"]), "", "everything is folded");
}

#[test]
fn x5_seven_jobs_in_seven_clones() {
    let world = seven();
    let names: Vec<String> = (1..=7).map(|number| format!("job{number}")).collect();
    let sites: Vec<Site<'_>> = names
        .iter()
        .map(|name| {
            let site = world.clone(name, &["-b", "feature/x"]);
            site.with_key(Some("ci.pem"))
        })
        .collect();
    at_once(&sites, None, &[]);
    at_once(&sites, Some("--sign"), &[]);
    has_all_seven(&world);
}

#[test]
fn x5_seven_processes_in_one_clone() {
    let world = seven();
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/x"]);
    let sites: Vec<Site<'_>> = (0..7).map(|_| world.ci()).collect();
    at_once(&sites, None, &[]);
    at_once(&sites, Some("--sign"), &[]);
    has_all_seven(&world);
}

#[test]
fn x10_the_number_in_a_subject_is_nobody_s_pull_request() {
    let world = World::at(Stop::Validated);
    world.squash("feature/add-probe", "feat(test-workflow): add probe (#1) (#175)");
    world.promote(&["test-workflow"]);
    let ci = world.ci();
    let payload = ci.payload(crate::world::TAG);
    assert!(payload["pullRequest"].is_null(), "the local forge has no pull requests: {payload}");
    let feature = ci.rev("origin/feature/add-probe");
    assert_eq!(payload["sourceCommits"], serde_json::json!([feature]), "the source is found by content");
}

#[test]
fn a_note_appended_by_git_is_read() {
    let world = World::published();
    let stranger = world.stranger();
    let object = stranger.ledger_objects("test-workflow").remove(0);
    stranger.git(["notes", "--ref=lineage-test-workflow", "append", "-m", "a remark", &object]);
    stranger
        .lineage(["verify", crate::world::TAG])
        .exits(0)
        .says(&["proven", "ignored"])
        .matches_file("note-appended-by-git");
}
