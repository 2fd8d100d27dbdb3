//! What is written is what git would have written.

use std::collections::BTreeMap;

use crate::git::testing::{NOW, World, now};
use crate::git::{Edit, Error};
use crate::model::Oid;

fn edits<const N: usize>(edits: [(&str, Edit); N]) -> BTreeMap<String, Edit> {
    edits.into_iter().map(|(path, edit)| (path.to_owned(), edit)).collect()
}

fn listed(repo: &super::super::testing::Site, tree: &Oid) -> String {
    repo.git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", tree.as_str()])
}

#[test]
fn edits_keep_modes_and_leave_no_empty_directory() {
    let world = World::new();
    let site = world.repo("r");
    site.write("run", "#!");
    site.write("gone/deep/file", "g");
    site.write("kept", "k");
    std::os::unix::fs::symlink("kept", site.at.join("link")).unwrap();
    site.git(&["add", "--all"]);
    site.git(&["update-index", "--chmod=+x", "run"]);
    site.git(&["commit", "--quiet", "-m", "one"]);
    let base = site.oid("HEAD");
    let repo = site.open();
    let tree = repo
        .edit_tree(
            Some(&base),
            &edits([
                ("run", Edit::Write(b"new".to_vec())),
                ("link", Edit::Write(b"a file now".to_vec())),
                ("new/deep/file", Edit::Write(b"n".to_vec())),
                ("gone/deep/file", Edit::Remove),
                ("never/was", Edit::Remove),
            ]),
        )
        .unwrap();
    assert_eq!(listed(&site, &tree), "100644 kept\n100644 link\n100644 new/deep/file\n100755 run");
    assert_eq!(site.git(&["ls-tree", tree.as_str(), "gone"]), "");
    assert_eq!(site.git(&["cat-file", "-p", &format!("{tree}:run")]), "new");
}

#[test]
fn p03_a_replaced_subtree_keeps_nothing_of_the_old_one() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/x/removed", "r");
    site.write("charts/x/kept", "k");
    site.write("charts/y/kept", "k");
    let main = site.commit("main");
    std::fs::remove_file(site.at.join("charts/x/removed")).unwrap();
    site.commit("integration");
    let tree = site.oid("HEAD:charts/x");
    let repo = site.open();
    let entry = Edit::Entry { oid: tree.clone(), tree: true };
    let made = repo.edit_tree(Some(&main), &edits([("charts/x", entry)])).unwrap();
    assert_eq!(site.oid(&format!("{made}:charts/x")), tree);
    assert_eq!(listed(&site, &made), "100644 charts/x/kept\n100644 charts/y/kept");
    let without =
        repo.edit_tree(Some(&main), &edits([("charts/x", Edit::Remove), ("charts/y", Edit::Remove)])).unwrap();
    assert_eq!(listed(&site, &without), "");
    let blob = Edit::Entry { oid: site.oid("HEAD:charts/x/kept"), tree: false };
    let from_nothing = repo.edit_tree(None, &edits([("a", blob)])).unwrap();
    assert_eq!(listed(&site, &from_nothing), "100644 a");
}

#[test]
fn what_is_not_there_is_not_written_on() {
    let world = World::new();
    let site = world.repo("r");
    let base = site.file("a", "1");
    let repo = site.open();
    let nowhere = Oid::parse(&"1".repeat(40)).unwrap();
    let entry = Edit::Entry { oid: nowhere.clone(), tree: false };
    assert!(matches!(repo.edit_tree(Some(&base), &edits([("b", entry)])), Err(Error::MissingObject(_))));
    assert!(matches!(repo.write_commit(&nowhere, &[], "m", now()), Err(Error::MissingObject(_))));
    let tree = site.oid("HEAD^{tree}");
    assert!(matches!(repo.write_commit(&tree, &[nowhere], "m", now()), Err(Error::MissingObject(_))));
    for path in ["", "../x", ".git/config", "a/../b"] {
        let refused = repo.edit_tree(Some(&base), &edits([(path, Edit::Write(Vec::new()))]));
        assert!(matches!(refused, Err(Error::Write { .. })), "{path}");
    }
}

#[test]
fn a_commit_is_what_git_makes_of_the_same() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    site.git(&["config", "user.name", "Test"]);
    site.git(&["config", "user.email", "test@example.com"]);
    let tree = site.oid("HEAD^{tree}");
    let repo = site.open();
    let message = "feat: x\n\n# not a comment\n  kept  \n\n";
    let commit = repo.write_commit(&tree, std::slice::from_ref(&first), message, now()).unwrap();
    let expected =
        site.git_with(&["commit-tree", tree.as_str(), "-p", first.as_str(), "-F", "-"], message.as_bytes());
    assert_eq!(commit.as_str(), expected);
    assert_eq!(repo.commit(&commit).unwrap().message, message);
    assert_eq!(repo.head().unwrap(), first);
    assert!(matches!(repo.write_commit(&tree, &[], "a\0b", now()), Err(Error::Write { .. })));
    site.git(&["fsck", "--strict"]);
}

#[test]
fn an_identity_with_odd_characters_makes_a_sound_commit() {
    let world = World::new();
    let site = world.repo("r");
    site.file("a", "1");
    let repo = site.open();
    site.git(&["config", "user.name", " .A <b>\n Person, "]);
    let commit = repo.write_commit(&site.oid("HEAD^{tree}"), &[], "m\n", now()).unwrap();
    assert_eq!(repo.commit(&commit).unwrap().author, "A b Person <person@example.com>");
    site.git(&["config", "user.name", "..."]);
    assert!(repo.write_commit(&site.oid("HEAD^{tree}"), &[], "m\n", now()).is_err());
}

#[test]
fn p21_lines_with_a_hash_survive_in_a_tag() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    let annotation = "x 1.0.0\n\n# Heading\n#kept\n\n-----BEGIN LINEAGE-----\n{}\n-----END LINEAGE-----";
    let tag = site.open().write_tag("x-v1.0.0", &commit, annotation, now()).unwrap();
    let expected = format!(
        "object {commit}\ntype commit\ntag x-v1.0.0\ntagger A Person <person@example.com> {NOW} +0000\n\n{annotation}\n"
    );
    assert_eq!(String::from_utf8(tag.bytes.clone()).unwrap(), expected);
    assert_eq!(tag.message, format!("{annotation}\n"));
    assert_eq!(site.git(&["cat-file", "tag", tag.oid.as_str()]), expected.trim_end());
    assert!(site.fails(&["rev-parse", "--verify", "--quiet", "refs/tags/x-v1.0.0"]));
    for name in ["", "a b", "-x", "a..b", "x.lock", "a\nb"] {
        assert!(matches!(site.open().write_tag(name, &commit, "m", now()), Err(Error::Write { .. })), "{name}");
    }
    site.git(&["fsck", "--strict"]);
}

#[test]
fn a_tag_is_signed_by_ssh_if_git_is_told_to() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    let key = world.path("key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return;
    }
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let signers = world.path("signers");
    std::fs::write(&signers, format!("person@example.com {public}")).unwrap();
    site.git(&["config", "tag.gpgSign", "true"]);
    site.git(&["config", "gpg.format", "ssh"]);
    site.git(&["config", "user.signingKey", key.to_str().unwrap()]);
    site.git(&["config", "gpg.ssh.allowedSignersFile", signers.to_str().unwrap()]);
    let repo = site.open();
    for annotation in ["x 1.0.0\n\n# Heading\n\n", "one line"] {
        let tag = repo.write_tag("x-v1.0.0", &commit, annotation, now()).unwrap();
        assert!(tag.message.starts_with(annotation), "{}", tag.message);
        assert!(tag.message.ends_with("-----END SSH SIGNATURE-----\n"), "{}", tag.message);
        site.git(&["verify-tag", tag.oid.as_str()]);
    }
    site.git(&["config", "user.signingKey", world.path("nothing").to_str().unwrap()]);
    let refused = repo.write_tag("x-v1.0.0", &commit, "m\n", now());
    assert!(matches!(refused, Err(Error::Git { .. })), "{refused:?}");
    site.git(&["config", "tag.gpgSign", "perhaps"]);
    assert!(repo.write_tag("x-v1.0.0", &commit, "m\n", now()).is_err());
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let world = World::new();
    let site = world.repo("r");
    let base = site.file("a", "1");
    let repo = site.open();
    let objects = site.at.join(".git/objects");
    // For a test that may run as root: a file where a directory has to be.
    let blob = site.git_with(&["hash-object", "--stdin"], b"unheard of");
    let fan = objects.join(&blob[..2]);
    let _ = std::fs::remove_dir_all(&fan);
    std::fs::write(&fan, "").unwrap();
    match repo.edit_tree(Some(&base), &edits([("b", Edit::Write(b"unheard of".to_vec()))])) {
        Err(Error::Write { what, .. }) => assert!(what.contains(objects.to_str().unwrap()), "{what}"),
        other => panic!("{other:?}"),
    }
}
