//! `verify --all`: every release, on every core, and what is kept so that the next time is shorter.

use std::fs;
use std::path::PathBuf;

use crate::world::{Site, TAG, World};

/// The files with proofs a clone keeps, with their bytes.
fn kept(site: &Site<'_>) -> Vec<(PathBuf, String)> {
    let Ok(entries) = fs::read_dir(site.dir.join(".git/lineage/cache")) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a directory can be listed").path());
    paths.map(|path| (path.clone(), fs::read_to_string(path).expect("it is text"))).collect()
}

#[test]
fn vf14_many_releases_are_judged_at_once_and_told_in_order() {
    let world = World::published();
    let stranger = world.stranger();
    // Enough for several threads, whatever the machine.
    for number in 0..40 {
        stranger.git(["tag", &format!("test-workflow-v9.0.{number}")]);
    }
    let json = stranger.lineage(["verify", "--all", "--json"]).exits(1).json();
    let releases = json["releases"].as_array().expect("a list");
    let told: Vec<&str> = releases.iter().map(|release| release["subject"].as_str().expect("a tag")).collect();
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(told, sorted);
    assert_eq!(told.len(), 41);
    for release in releases {
        let proven = release["subject"] == TAG;
        assert_eq!(release["standing"], if proven { "proven" } else { "not-proven" }, "{release}");
    }
}

#[test]
fn proofs_are_kept_and_can_be_taken_away() {
    let world = World::published();
    let stranger = world.stranger();
    let first = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    let files = kept(&stranger);
    let [(path, text)] = files.as_slice() else { panic!("one policy, one file: {files:?}") };
    assert!(text.lines().count() >= 9, "{text}");
    let again = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    assert_eq!(first["releases"][0]["verdict"], again["releases"][0]["verdict"]);
    assert_eq!(kept(&stranger), files, "there was nothing to add");
    // Nonsense counts as not there, and a directory that cannot be written is no reason to fail.
    fs::write(path, text.replace(' ', "  ")).expect("it can be written");
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    fs::remove_dir_all(stranger.dir.join(".git/lineage/cache")).expect("it can be taken away");
    fs::write(stranger.dir.join(".git/lineage/cache"), "in the way").expect("it can be written");
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn a_proof_is_kept_for_its_policy_alone() {
    let world = World::published();
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0));
    assert_eq!(kept(&stranger).len(), 1);
    // The same bundles under a policy that trusts another key: nothing found before counts.
    let text = stranger.git(["show", "origin/main:lineage.toml"]);
    let other = text.replace(crate::world::CI_PUBLIC.trim(), crate::world::MALLORY_PUBLIC.trim());
    assert_ne!(text, other);
    stranger.write("other.toml", &other);
    drop(stranger.lineage(["verify", "--policy", "other.toml", TAG]).exits(1).says(&["not proven"]));
    assert_eq!(kept(&stranger).len(), 1, "what is refused is not kept");
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn a_long_history_is_walked_once_and_not_believed_for_it() {
    let world = World::published();
    let origin = world.origin();
    let tip = origin.git(["rev-parse", "main"]);
    let go_on = |from: &str, count: usize| {
        let mut last = from.to_owned();
        for number in 0..count {
            let tree = format!("{last}^{{tree}}");
            last = origin.git(["commit-tree", &tree, "-p", &last, "-m", &format!("docs: {number}")]);
        }
        origin.git(["update-ref", "refs/heads/main", &last]);
        last
    };
    let long = go_on(&tip, 140);
    let stranger = world.stranger();
    let line = stranger.dir.join(".git/lineage/cache/line");
    let first = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    let verdict = |json: &serde_json::Value| json["releases"][0]["verdict"].clone();
    let whole = fs::read(&line).expect("what was walked is kept");
    assert_eq!(whole.len(), 32 + 20 * origin.git(["rev-list", "--first-parent", &long]).lines().count());
    let again = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    assert_eq!(verdict(&first), verdict(&again));
    assert_eq!(fs::read(&line).expect("it is there"), whole, "there was nothing to add");
    // Damaged, it counts as not there.
    fs::write(&line, &whole[..whole.len() - 1]).expect("it can be written");
    let damaged = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    assert_eq!(verdict(&first), verdict(&damaged));
    // Main goes on, and what comes is read.
    go_on(&long, 3);
    stranger.git(["fetch", "-q"]);
    let further = stranger.lineage(["verify", "--json", TAG]).exits(0).json();
    assert_eq!(verdict(&first), verdict(&further));
    assert_eq!(fs::read(&line).expect("it is there").len(), whole.len() + 60);
    // A main that leaves the line behind is no less of a conflict for it.
    go_on(&tip, 150);
    stranger.git(["fetch", "-q"]);
    drop(stranger.lineage(["verify", TAG]).exits(4).says(&["does not descend"]));
}
