//! A contribution's checks, and the guard, played one by one.

use git_lineage::model::Sha256;
use serde_json::json;

use super::act::{ended, play as run, prepare, there};
use crate::workflows::{SAID, before};
use crate::world::{BINARY, Output, PROBE, World};

/// A repository set up for GitHub, whose jobs take the program under test.
fn set_up() -> World {
    let world = before();
    let digest = Sha256::of(std::fs::read(BINARY).expect("it is built")).to_string();
    let dev = world.dev();
    let said = SAID.iter().map(|word| if word.len() == 64 { digest.as_str() } else { word });
    dev.lineage(said.chain(["--flow", "integration"])).succeeds();
    prepare(&world);
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

/// Plays one workflow for a pull request, its jobs taking `program`.
fn play(world: &World, workflow: &str, event: &serde_json::Value, program: &str) -> Output {
    let file = format!(".github/workflows/lineage-{workflow}.yml");
    let token = [("GITHUB_TOKEN", "token".to_owned())];
    run(&world.dev(), (&file, ("pull_request", event)), program, &token)
}

#[test]
fn a_contribution_s_checks_are_played() {
    if !there() {
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
    if !there() {
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
