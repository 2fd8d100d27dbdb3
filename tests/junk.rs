//! What anybody who can push may add: tags, branches, merges. It un-proves no release and vouches for none.

use crate::world::{Site, TAG, World};

/// A tag object's text, as one could copy it from a release.
fn copied(site: &Site<'_>) -> String {
    site.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]) + "\n"
}

/// A commit beside main whose lineage.toml trusts nobody we know.
fn with_another_policy(site: &Site<'_>) -> String {
    let policy = site.git(["show", "origin/main:lineage.toml"]).replace("id = \"", "id = \"another-");
    let blob = site.git_with_input(["hash-object", "-w", "--stdin"], policy.as_bytes());
    let listing = site.git(["ls-tree", "origin/main"]);
    let lines: Vec<String> = listing
        .lines()
        .map(|line| {
            let ours = line.ends_with("\tlineage.toml");
            if ours { format!("100644 blob {blob}\tlineage.toml") } else { line.to_owned() }
        })
        .collect();
    let tree = site.git_with_input(["mktree"], (lines.join("\n") + "\n").as_bytes());
    site.git(["commit-tree", "-p", "origin/main", "-m", "another policy", &tree])
}

#[test]
fn x6_a_tag_that_nobody_signed_precedes_no_release() {
    let world = World::published();
    let site = world.stranger();
    let old = site.rev("origin/main~1");
    let commit = site.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    let junk = copied(&site).replace(TAG, "test-workflow-v0.1.5").replacen(&commit, &old, 1);
    site.write_tag("test-workflow-v0.1.5", &junk);
    drop(site.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    drop(site.lineage(["verify", "test-workflow-v0.1.5"]).exits(1));
}

#[test]
fn g13_a_tag_called_like_a_branch_does_not_choose_the_policy() {
    let world = World::published();
    let site = world.stranger();
    let other = with_another_policy(&site);
    site.git(["update-ref", "refs/tags/origin/main", &other]);
    drop(site.lineage(["verify", "--policy-from", "origin/main", TAG]).exits(0).says(&["proven"]));
    // Spelt out it is what was asked for, and by that policy nothing here is proven.
    drop(site.lineage(["verify", "--policy-from", "refs/tags/origin/main", TAG]).exits(1).says(&["another-"]));
}

#[test]
fn vf4_a_merge_that_takes_the_old_line_in_from_the_side_is_a_rewritten_main() {
    let world = World::published();
    let site = world.stranger();
    drop(site.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    let honest = site.rev("origin/main");
    let old = site.rev("origin/main~1");
    let tree = site.rev("origin/main^{tree}");
    let merge = site.git(["commit-tree", "-p", &old, "-p", &honest, "-m", "merge", &tree]);
    site.git(["update-ref", "refs/remotes/origin/main", &merge]);
    drop(site.lineage(["verify", TAG]).exits(4).says(&["does not descend"]));
}

#[test]
fn a_tag_that_cannot_be_read_is_not_passed_over() {
    let world = World::published();
    let site = world.stranger();
    let junk = copied(&site).replace(TAG, "gone-v1.0.0");
    site.write_tag("gone-v1.0.0", &junk);
    let object = site.rev("refs/tags/gone-v1.0.0");
    let (directory, file) = object.split_at(2);
    std::fs::remove_file(site.git_dir().join("objects").join(directory).join(file)).expect("it was just written");
    drop(site.lineage(["verify", "--all"]).exits(3).says(&["gone-v1.0.0", "proven: test-workflow-v0.2.0"]));
}
