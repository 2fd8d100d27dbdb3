//! Repositories of every shape: SHA-256, bare, worktrees, below a subdirectory, through `git lineage`.

use crate::world::{BINARY, PROBE, TAG, World};

#[test]
fn g15_a_sha256_repository() {
    let world = World::seeded_in_sha256();
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let stranger = world.stranger();
    assert_eq!(stranger.rev("HEAD").len(), 64);
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn g15_a_bare_clone() {
    let world = World::published();
    for (name, flag) in [("plain.git", "--bare"), ("mirror.git", "--mirror")] {
        let bare = world.clone(name, &[flag]);
        bare.lineage(["sync"]).succeeds();
        drop(bare.lineage(["verify", TAG]).exits(0).says(&["proven"]));
        bare.lineage(["status"]).succeeds();
    }
}

#[test]
fn g15_a_linked_worktree() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.git(["worktree", "add", "-q", "../linked", TAG]);
    let linked = world.site("linked", None);
    drop(linked.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    linked.lineage(["status"]).succeeds();
    let below = world.site("linked/charts/test-workflow", None);
    drop(below.lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn g15_a_reference_repack_and_a_commit_graph() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.git(["gc", "-q"]);
    stranger.git(["commit-graph", "write", "--reachable"]);
    drop(stranger.lineage(["verify", "--all"]).exits(0).says(&["proven"]));
    stranger.lineage(["status"]).succeeds();
}

#[test]
fn git_finds_it_and_hands_on_where_it_is() {
    let world = World::published();
    let stranger = world.stranger();
    let directory = std::path::Path::new(BINARY).parent().expect("it lies in a directory").display().to_string();
    let path = format!("{directory}:{}", std::env::var("PATH").expect("there is a PATH"));
    let run = |arguments: &[&str]| {
        let home = world.site("home", None);
        let mut command = home.command("git");
        home.run(command.args(arguments).env("PATH", &path)).exits(0)
    };
    let dir = stranger.dir.display().to_string();
    assert!(run(&["-C", &dir, "lineage", "--version"]).stdout.starts_with("git-lineage "));
    drop(run(&["-C", &dir, "lineage", "verify", TAG]).says(&["proven"]));
    let git_dir = format!("--git-dir={dir}/.git");
    drop(run(&[&git_dir, "lineage", "verify", TAG]).says(&["proven"]));
}
