//! Fetching and asking remotes, over `file://` and paths.

use crate::git::testing::{World, now};
use crate::git::{Error, Repo};
use crate::model::Oid;

#[test]
fn a_remote_lists_its_refs_by_prefix() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    site.git(&["tag", "-a", "-m", "t", "v1"]);
    site.git(&["update-ref", "refs/x/refs/heads/odd", "HEAD"]);
    let clone = world.clone("r", "c", &[]).open();
    assert_eq!(clone.remote_refs("origin", &["refs/heads/"]).unwrap(), [("refs/heads/main".to_owned(), commit)]);
    assert_eq!(clone.remote_refs("origin", &["refs/tags/"]).unwrap()[0].1, site.oid("v1"));
    assert_eq!(clone.remote_refs("origin", &[]).unwrap().len(), 3);
    assert_eq!(clone.remote_refs(site.at.to_str().unwrap(), &["refs/tags/", "refs/heads/"]).unwrap().len(), 2);
    assert!(clone.has_remote("origin"));
    assert!(!clone.has_remote("origi"));
    for remote in ["nowhere", "", "-x", "--upload-pack=touch /tmp/x"] {
        assert!(matches!(clone.remote_refs(remote, &[]), Err(Error::Git { .. })), "{remote}");
    }
}

#[test]
fn a_fetch_brings_branches_and_tags_and_prunes_nothing() {
    let world = World::new();
    let site = world.repo("r");
    site.file("a", "1");
    site.git(&["branch", "stale"]);
    let clone = world.clone("r", "c", &[]);
    // Refspecs that would force tags and notes are somebody's configuration, and are not followed.
    clone.git(&["config", "--add", "remote.origin.fetch", "+refs/tags/*:refs/tags/*"]);
    clone.git(&["config", "--add", "remote.origin.fetch", "+refs/notes/*:refs/notes/*"]);
    clone.git(&["config", "fetch.prune", "true"]);
    site.git(&["branch", "-D", "stale"]);
    let second = site.file("a", "2");
    site.git(&["tag", "v1"]);
    site.git(&["update-ref", "refs/notes/theirs", "HEAD"]);
    let repo = clone.open();
    repo.fetch("origin", &[]).unwrap();
    assert_eq!(repo.find_ref("refs/remotes/origin/main").unwrap(), Some(second.clone()));
    assert_eq!(repo.find_ref("refs/tags/v1").unwrap(), Some(second));
    assert!(repo.find_ref("refs/remotes/origin/stale").unwrap().is_some());
    assert_eq!(repo.find_ref("refs/notes/theirs").unwrap(), None);
    // A rewritten branch is followed, a moved tag is not.
    site.git(&["commit", "--quiet", "--amend", "--allow-empty", "-m", "rewritten"]);
    site.git(&["tag", "-f", "v1"]);
    let before = repo.find_ref("refs/tags/v1").unwrap();
    assert!(matches!(repo.fetch("origin", &[]), Err(Error::Raced(tag)) if tag == "refs/tags/v1"));
    assert_eq!(repo.find_ref("refs/tags/v1").unwrap(), before);
    assert_eq!(repo.find_ref("refs/remotes/origin/main").unwrap(), Some(site.oid("HEAD")));
}

#[test]
fn refspecs_fetch_what_they_say_from_any_place() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    site.git(&["tag", "v1"]);
    let empty = world.repo("e").open();
    empty.fetch(site.at.to_str().unwrap(), &["refs/heads/main:refs/x/main"]).unwrap();
    assert_eq!(empty.refs("refs/").unwrap(), [("refs/x/main".to_owned(), commit.clone())]);
    empty.fetch(site.at.to_str().unwrap(), &[]).unwrap();
    assert_eq!(empty.find_ref("refs/tags/v1").unwrap(), Some(commit));
    assert!(matches!(empty.fetch("nowhere", &[]), Err(Error::Git { command, .. }) if command == "fetch"));
}

#[test]
fn a_repository_is_made_configured_committed_to_and_cloned() {
    let world = World::new();
    let repo = Repo::init(&world.path("new"), false, "trunk").unwrap();
    assert!(matches!(repo.head(), Err(Error::Unborn(branch)) if branch == "trunk"));
    repo.add_config("user.name", "N").unwrap();
    repo.add_config("user.email", "n@example.com").unwrap();
    let tree = repo.edit_tree(None, &std::collections::BTreeMap::new()).unwrap();
    let commit = repo.write_commit(&tree, &[], "first\n", now()).unwrap();
    assert_eq!(repo.commit(&commit).unwrap().author, "N <n@example.com>");
    repo.set_ref("refs/heads/trunk", None, &commit, "first").unwrap();
    assert!(repo.add_config("remote.x.fetch", "+a:b").unwrap());
    assert!(repo.add_config("remote.x.fetch", "c:d").unwrap());
    assert!(!repo.add_config("remote.x.fetch", "+a:b").unwrap());
    assert!(repo.has_remote("x"));
    assert!(repo.add_config("--global", "x").is_err());
    assert!(repo.add_config("nonsense", "x").is_err());
    for bare in [false, true] {
        let clone =
            Repo::clone(world.path("new").to_str().unwrap(), &world.path(&format!("c{bare}")), bare).unwrap();
        assert_eq!(clone.head().unwrap(), commit);
        assert_eq!(clone.work_dir().is_none(), bare);
    }
    assert!(Repo::clone("--template=x", &world.path("d"), false).is_err());
    let bare = Repo::init(&world.path("bare.git"), true, "main").unwrap();
    assert_eq!(bare.work_dir(), None);
}

#[test]
fn objects_fetched_after_opening_are_found() {
    let world = World::new();
    let site = world.repo("r");
    site.file("a", "1");
    let repo = world.clone("r", "c", &[]).open();
    repo.commit(&repo.head().unwrap()).unwrap();
    for number in 0..3 {
        let commit: Oid = site.file("a", &format!("later {number}"));
        assert!(matches!(repo.commit(&commit), Err(Error::MissingObject(_))));
        repo.fetch("origin", &[]).unwrap();
        repo.commit(&commit).unwrap();
    }
}
