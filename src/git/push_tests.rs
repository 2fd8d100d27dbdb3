//! A push is all or nothing, and says who was faster.

use std::os::unix::fs::PermissionsExt as _;

use crate::git::Error;
use crate::git::testing::{Site, World};
use crate::git::transport::PushRef;
use crate::model::Oid;

struct Two {
    bare: Site,
    clone: Site,
    first: Oid,
    second: Oid,
    _world: World,
}

fn two() -> Two {
    let world = World::new();
    let bare = world.bare("remote");
    let clone = world.repo("clone");
    clone.git(&["remote", "add", "origin", bare.at.to_str().unwrap()]);
    let first = clone.file("a", "1");
    clone.git(&["push", "--quiet", "origin", "main"]);
    let second = clone.file("a", "2");
    Two { bare, clone, first, second, _world: world }
}

fn to(reference: &str, expect: Option<&Oid>, new: Option<&Oid>) -> PushRef {
    PushRef { reference: reference.to_owned(), expect: expect.cloned(), new: new.cloned() }
}

fn hook(bare: &Site, text: &str) {
    bare.write("hooks/pre-receive", format!("#!/bin/sh\n{text}\n"));
    let file = bare.at.join("hooks/pre-receive");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn refs_move_together_and_are_not_pushed_twice() {
    let Two { bare, clone, first, second, _world } = two();
    let repo = clone.open();
    let refs = [
        to("refs/heads/main", Some(&first), Some(&second)),
        to("refs/tags/v1", None, Some(&second)),
        to("refs/lineage/inbox/x/1", None, Some(&first)),
    ];
    repo.push("origin", &refs).unwrap();
    assert_eq!(bare.open().refs("refs/").unwrap().len(), 3);
    assert_eq!(bare.oid("main"), second);
    assert_eq!(repo.find_ref("refs/remotes/origin/main").unwrap(), Some(second));
    // The same again: everything is there, nothing is sent, though the expectations no longer hold.
    hook(&bare, "exit 1");
    repo.push("origin", &refs).unwrap();
    repo.push("origin", &[to("refs/heads/never", Some(&first), None)]).unwrap();
    repo.push("origin", &[]).unwrap();
}

#[test]
fn one_lost_lease_stops_all() {
    let Two { bare, clone, first, second, _world } = two();
    let repo = clone.open();
    for (lost, refs) in [
        (
            "refs/heads/main",
            [to("refs/tags/v1", None, Some(&second)), to("refs/heads/main", Some(&second), Some(&first.clone()))],
        ),
        ("refs/heads/main", [to("refs/tags/v1", None, Some(&second)), to("refs/heads/main", None, Some(&second))]),
        (
            "refs/tags/gone",
            [
                to("refs/heads/main", Some(&first), Some(&second)),
                to("refs/tags/gone", Some(&first), Some(&second)),
            ],
        ),
    ] {
        match repo.push("origin", &refs) {
            // The first case asks for what the remote has: nothing to lose, so only the tag is pushed.
            Ok(()) => assert_eq!(refs[1].new.as_ref(), Some(&first)),
            Err(Error::Raced(reference)) => assert_eq!(reference, lost),
            Err(other) => panic!("{other}"),
        }
        let _ = bare.git(&["update-ref", "-d", "refs/tags/v1"]);
        assert_eq!(bare.oid("main"), first);
        assert_eq!(bare.open().refs("refs/tags/").unwrap(), []);
    }
}

#[test]
fn a_lease_that_is_lost_while_pushing_is_a_race() {
    let Two { bare, clone, first, second, _world } = two();
    // The remote moves after it was asked: a pre-push hook of the clone does it.
    let other = clone.git(&["commit-tree", "-m", "other", "-p", first.as_str(), "HEAD^{tree}"]);
    clone.git(&["push", "--quiet", "origin", &format!("{other}:refs/heads/other")]);
    let hook = clone.at.join(".git/hooks/pre-push");
    let git_dir = bare.at.display();
    clone.write(".git/hooks/pre-push", format!("#!/bin/sh\nunset GIT_DIR GIT_WORK_TREE\nexec git --git-dir={git_dir} update-ref refs/heads/main {other}\n"));
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let refs = [to("refs/tags/v1", None, Some(&second)), to("refs/heads/main", Some(&first), Some(&second))];
    let lost = clone.open().push("origin", &refs);
    assert!(matches!(&lost, Err(Error::Raced(reference)) if reference == "refs/heads/main"), "{lost:?}");
    assert_eq!(bare.open().refs("refs/tags/").unwrap(), []);
}

#[test]
fn a_hook_that_says_no_is_no_race() {
    let Two { bare, clone, first, second, _world } = two();
    hook(&bare, "echo 'GH013: Repository rule violations' >&2; exit 1");
    match clone.open().push("origin", &[to("refs/heads/main", Some(&first), Some(&second))]) {
        Err(Error::Git { command, stderr }) => {
            assert_eq!(command, "push");
            assert!(stderr.contains("GH013") && stderr.contains("pre-receive hook declined"), "{stderr}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_directory_in_the_way_is_named() {
    let Two { bare, clone, second, _world, .. } = two();
    bare.git(&["branch", "integration", "main"]);
    match clone.open().push("origin", &[to("refs/heads/integration/x", None, Some(&second))]) {
        Err(Error::RefConflict { wanted, existing }) => {
            assert_eq!(
                (wanted.as_str(), existing.as_str()),
                ("refs/heads/integration/x", "refs/heads/integration")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_ref_is_deleted_only_as_it_was_seen() {
    let Two { bare, clone, first, second, _world } = two();
    bare.git(&["branch", "x", "main"]);
    let repo = clone.open();
    assert!(matches!(repo.push("origin", &[to("refs/heads/x", Some(&second), None)]), Err(Error::Raced(_))));
    repo.push(bare.at.to_str().unwrap(), &[to("refs/heads/x", Some(&first), None)]).unwrap();
    assert_eq!(bare.open().find_ref("refs/heads/x").unwrap(), None);
}

#[test]
fn refusals_are_told_apart() {
    let said = |out: &str, err: &str| super::refusal(out, err);
    let race = "To x\n!\tabc:refs/heads/a\t[rejected] (atomic push failed)\n!\tabc:refs/heads/b\t[rejected] (stale info)\nDone";
    assert!(matches!(said(race, ""), Error::Raced(r) if r == "refs/heads/b"));
    let lock = "remote: error: cannot lock ref 'refs/heads/b': is at 1 but expected 2";
    assert!(
        matches!(said("!\ta:refs/heads/a\t[remote rejected] (atomic transaction failed)", lock), Error::Raced(r) if r == "refs/heads/b")
    );
    let denied = "remote: error: cannot lock ref 'refs/heads/b': Unable to create '/x.lock': Permission denied";
    assert!(matches!(
        said("!\ta:refs/heads/b\t[remote rejected] (atomic transaction failed)", denied),
        Error::Git { .. }
    ));
    let ruled = "!\ta:refs/heads/a\t[remote rejected] (push declined due to repository rule violations)";
    assert!(matches!(said(ruled, ""), Error::Git { stderr, .. } if stderr.contains("rule violations")));
    assert!(matches!(said("", ""), Error::Git { .. }));
}
