//! The ledger: nothing is lost, whoever writes, and junk is reported and nothing more.

use std::collections::BTreeSet;

use crate::git::ledger::{Ledger, POLICY_LEDGER, inbox_prefix, notes_ref};
use crate::git::testing::{Site, World};
use crate::git::transport::PushRef;
use crate::git::{Error, Repo};
use crate::model::{Oid, Record};

fn record(name: &str) -> Record {
    Record::new(name, &format!(r#"{{"about":"{name}"}}"#)).unwrap()
}

fn names(ledger: &Ledger) -> BTreeSet<String> {
    assert!(ledger.oddities.is_empty(), "{:?}", ledger.oddities);
    ledger.records.iter().map(|annotated| annotated.record.name.clone()).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Posts a record and pushes its inbox ref, as a check job does.
fn publish(repo: &Repo, chart: &str, on: &Oid, name: &str) {
    let posted = repo.post(chart, on, &record(name)).unwrap();
    let push = PushRef { reference: posted.reference, expect: None, new: Some(posted.oid) };
    repo.push("origin", &[push]).unwrap();
}

/// A bare remote with one chart, and its chart tree.
fn remote(world: &World) -> (Site, Oid) {
    let seed = world.repo("seed");
    seed.file("charts/x/Chart.yaml", "name: x\n");
    let bare = world.bare("remote");
    seed.git(&["push", "--quiet", bare.at.to_str().unwrap(), "main"]);
    let tree = seed.oid("HEAD:charts/x");
    (bare, tree)
}

#[test]
fn a_record_is_posted_read_folded_and_shown_by_git() {
    for format in ["sha1", "sha256"] {
        let world = World::new();
        let site = world.init("r", &["--initial-branch=main", &format!("--object-format={format}")]);
        site.file("charts/x/f", "1");
        let (tree, other) = (site.oid("HEAD:charts/x"), site.oid("HEAD:charts"));
        let repo = site.open();
        assert!(repo.ledger_charts().unwrap().is_empty());
        let posted = repo.post("x", &tree, &record("lint")).unwrap();
        let again = repo.post("x", &tree, &record("lint")).unwrap();
        assert_eq!(posted.reference, again.reference);
        assert_eq!(posted.oid, again.oid);
        repo.post("x", &other, &record("unit")).unwrap();
        assert!(!repo.has_ledger(POLICY_LEDGER).unwrap());
        repo.post(POLICY_LEDGER, &site.oid("HEAD:charts/x/f"), &record("policy")).unwrap();
        assert!(repo.has_ledger(POLICY_LEDGER).unwrap());
        assert_eq!(repo.ledger_charts().unwrap(), ["x"]);
        assert_eq!(repo.fold(POLICY_LEDGER, None).unwrap().records, 1);
        assert_eq!(repo.ledger_charts().unwrap(), ["x"]);
        assert_eq!(names(&repo.read_ledger("x", std::slice::from_ref(&tree)).unwrap()), set(["lint"]));
        assert_eq!(names(&repo.read_whole_ledger("x").unwrap()), set(["lint", "unit"]));

        assert_eq!(repo.fold("x", None).unwrap().records, 2);
        assert!(repo.refs("refs/lineage/").unwrap().is_empty());
        assert_eq!(names(&repo.read_ledger("x", std::slice::from_ref(&tree)).unwrap()), set(["lint"]));
        let shown = site.git(&["notes", "--ref=lineage-x", "show", tree.as_str()]);
        assert_eq!(shown, record("lint").line());
        assert_eq!(repo.fold("x", None).unwrap().records, 0);
        // What is in the notes already is read once, wherever else it stands.
        repo.post("x", &tree, &record("lint")).unwrap();
        assert_eq!(repo.read_ledger("x", &[tree]).unwrap().records.len(), 1);
        site.git(&["fsck", "--strict"]);
    }
}

#[test]
fn the_same_record_about_two_objects_is_posted_twice() {
    let world = World::new();
    let site = world.repo("r");
    site.file("charts/x/f", "1");
    let repo = site.open();
    for on in ["HEAD:charts/x", "HEAD:charts", "HEAD:charts/x"] {
        repo.post("x", &site.oid(on), &record("lint")).unwrap();
    }
    assert_eq!(repo.refs(&inbox_prefix("x")).unwrap().len(), 2);
    assert_eq!(repo.read_whole_ledger("x").unwrap().records.len(), 2);
}

#[test]
fn what_git_notes_writes_is_read_and_kept() {
    let world = World::new();
    let site = world.repo("r");
    site.file("charts/x/f", "1");
    let tree = site.oid("HEAD:charts/x");
    let repo = site.open();
    repo.post("x", &tree, &record("lint")).unwrap();
    repo.fold("x", None).unwrap();
    for line in [record("unit").line(), "not a record".to_owned(), r#"{"v":7,"new":true}"#.to_owned()] {
        site.git(&["notes", "--ref=lineage-x", "append", "-m", &line, tree.as_str()]);
    }
    repo.post("x", &tree, &record("guard")).unwrap();
    for _ in 0..2 {
        let ledger = repo.read_ledger("x", std::slice::from_ref(&tree)).unwrap();
        assert_eq!(ledger.records.len(), 3);
        assert_eq!(ledger.oddities.len(), 1);
        assert!(
            ledger.oddities[0].starts_with(&format!("refs/notes/lineage-x on {tree}: ")),
            "{:?}",
            ledger.oddities
        );
        assert_eq!(ledger.newer.len(), 1);
        assert!(!repo.fold("x", None).unwrap().pushed);
    }
    let shown = site.git(&["notes", "--ref=lineage-x", "show", tree.as_str()]);
    let mut sorted: Vec<&str> = shown.lines().collect();
    sorted.sort_unstable();
    assert_eq!(shown.lines().collect::<Vec<_>>(), sorted);
    assert_eq!(sorted.len(), 5);
}

#[test]
fn fan_out_is_read_and_grows_with_gits() {
    let world = World::new();
    let site = world.repo("r");
    site.file("f", "1");
    let repo = site.open();
    let mut objects = Vec::new();
    for number in 0..300 {
        let blob = site.git_with(&["hash-object", "-w", "--stdin"], format!("{number}").as_bytes());
        objects.push(Oid::parse(&blob).unwrap());
        repo.post("x", objects.last().unwrap(), &record(&format!("r{number}"))).unwrap();
    }
    assert_eq!(repo.fold("x", None).unwrap().records, 300);
    assert!(!site.git(&["ls-tree", "-d", "--name-only", &notes_ref("x")]).is_empty());
    site.git(&["notes", "--ref=lineage-x", "add", "-f", "-m", &record("git").line(), objects[7].as_str()]);
    assert_eq!(repo.read_whole_ledger("x").unwrap().records.len(), 300);
    assert_eq!(names(&repo.read_ledger("x", &objects[7..9]).unwrap()), set(["git", "r8"]));
    assert_eq!(site.git(&["notes", "--ref=lineage-x", "list"]).lines().count(), 300);
}

#[test]
fn junk_that_somebody_pushed_changes_nothing() {
    let world = World::new();
    let site = world.repo("r");
    site.file("charts/x/f", "1");
    let tree = site.oid("HEAD:charts/x");
    let repo = site.open();
    repo.post("x", &tree, &record("lint")).unwrap();
    let blob = site.git_with(&["hash-object", "-w", "--stdin"], b"junk");
    for (name, value) in [("a", blob.as_str()), ("b", "HEAD"), ("c", "HEAD^{tree}")] {
        site.git(&["update-ref", &format!("refs/lineage/inbox/x/{name}"), value]);
    }
    let raw = site.git_with(&["hash-object", "-w", "--stdin"], b"\xff\xfe\n{\n\n  \n");
    let entry = format!("100644 blob {raw}\t{tree}\n040000 tree {tree}\t{}\n", "zz");
    let notes = site.git_with(&["mktree"], entry.as_bytes());
    let commit = site.git(&["commit-tree", "-m", "junk", &notes]);
    site.git(&["update-ref", &notes_ref("x"), &commit]);
    let ledger = repo.read_ledger("x", std::slice::from_ref(&tree)).unwrap();
    assert_eq!(ledger.records.len(), 1);
    assert_eq!(ledger.oddities.len(), 5, "{:?}", ledger.oddities);
    assert_eq!(repo.fold("x", None).unwrap().records, 1);
    assert_eq!(repo.refs(&inbox_prefix("x")).unwrap().len(), 3);
    assert_eq!(site.git(&["ls-tree", "--name-only", &notes_ref("x"), "zz"]), "zz");
    // A notes ref that holds no notes is reported, and not written over.
    site.git(&["update-ref", &notes_ref("x"), &blob]);
    repo.post("x", &tree, &record("unit")).unwrap();
    assert_eq!(repo.read_whole_ledger("x").unwrap().records.len(), 1);
    assert!(repo.fold("x", None).is_err());
}

#[test]
fn a_fold_moves_both_inboxes_in_one_push() {
    let world = World::new();
    let (bare, tree) = remote(&world);
    let (one, two) = (world.clone("remote", "one", &[]).open(), world.clone("remote", "two", &[]).open());
    assert!(!one.ledger_known("x").unwrap());
    publish(&one, "x", &tree, "lint");
    two.post("x", &tree, &record("unit")).unwrap();
    let folded = two.fold("x", Some("origin")).unwrap();
    assert_eq!((folded.records, folded.pushed), (2, true));
    let there = bare.open();
    assert_eq!(names(&there.read_whole_ledger("x").unwrap()), set(["lint", "unit"]));
    assert!(there.refs("refs/lineage/").unwrap().is_empty());
    assert_eq!(names(&two.read_whole_ledger("x").unwrap()), set(["lint", "unit"]));
    assert!(two.refs(&inbox_prefix("x")).unwrap().is_empty());
    let again = two.fold("x", Some("origin")).unwrap();
    assert_eq!((again.records, again.pushed), (0, false));

    // What was folded waits no longer with the one who wrote it.
    one.fetch_ledger("origin", Some("x")).unwrap();
    assert!(one.refs(&inbox_prefix("x")).unwrap().is_empty());
    assert_eq!(names(&one.read_ledger("x", &[tree]).unwrap()), set(["lint", "unit"]));
    assert!(one.ledger_known("x").unwrap());
}

#[test]
fn a_fetch_merges_and_forces_nothing() {
    let world = World::new();
    let (bare, tree) = remote(&world);
    let (one, two) = (world.clone("remote", "one", &[]).open(), world.clone("remote", "two", &[]).open());
    one.post("x", &tree, &record("lint")).unwrap();
    one.fold("x", Some("origin")).unwrap();
    two.post("x", &tree, &record("unit")).unwrap();
    two.fold("x", None).unwrap();
    publish(&one, "x", &tree, "waiting");
    publish(&one, "y", &tree, "other chart");
    two.fetch_ledger("origin", None).unwrap();
    assert_eq!(names(&two.read_whole_ledger("x").unwrap()), set(["lint", "unit", "waiting"]));
    assert_eq!(names(&two.read_whole_ledger("y").unwrap()), set(["other chart"]));
    assert_eq!(two.ledger_charts().unwrap(), ["x", "y"]);
    // Fetching again changes nothing; folding brings everything together.
    let before = two.refs("refs/").unwrap();
    two.fetch_ledger("origin", None).unwrap();
    assert_eq!(two.refs("refs/").unwrap(), before);
    two.fold("x", Some("origin")).unwrap();
    assert_eq!(names(&bare.open().read_whole_ledger("x").unwrap()), set(["lint", "unit", "waiting"]));
    // Deleted at the remote is not lost here.
    let notes = notes_ref("x");
    let tip = bare.open().find_ref(&notes).unwrap().unwrap();
    bare.open().delete_ref(&notes, &tip).unwrap();
    two.fetch_ledger("origin", Some("x")).unwrap();
    assert_eq!(two.read_whole_ledger("x").unwrap().records.len(), 3);
    two.fold("x", Some("origin")).unwrap();
    assert_eq!(bare.open().read_whole_ledger("x").unwrap().records.len(), 3);
}

#[test]
fn a_remote_without_a_ledger_is_known_to_have_none() {
    let world = World::new();
    let (bare, _) = remote(&world);
    let clone = world.clone("remote", "one", &[]).open();
    clone.fetch_ledger("origin", Some("x")).unwrap();
    assert!(clone.ledger_known("x").unwrap());
    assert!(!clone.ledger_known("y").unwrap());
    clone.fetch_ledger(bare.at.to_str().unwrap(), None).unwrap();
    assert!(clone.ledger_known("y").unwrap());
    assert!(matches!(clone.fetch_ledger("nowhere", None), Err(Error::Git { .. })));
    assert!(matches!(clone.fetch_ledger("--upload-pack=x", None), Err(Error::Git { .. })));
    assert!(matches!(clone.post("a..b", &clone.head().unwrap(), &record("r")), Err(Error::Write { .. })));
}

#[test]
fn eight_writers_and_folders_on_one_remote_lose_nothing() {
    let world = World::new();
    let (bare, tree) = remote(&world);
    let mut expected = BTreeSet::new();
    let clones: Vec<Site> = (0..8).map(|n| world.clone("remote", &format!("w{n}"), &[])).collect();
    std::thread::scope(|scope| {
        for (writer, clone) in clones.iter().enumerate() {
            let tree = &tree;
            scope.spawn(move || {
                let repo = clone.open();
                for number in 0..3 {
                    publish(&repo, "x", tree, &format!("w{writer}-{number}"));
                    if (writer + number) % 2 == 0 {
                        repo.fold("x", Some("origin")).unwrap();
                    }
                }
            });
            expected.extend((0..3).map(|number| format!("w{writer}-{number}")));
        }
    });
    assert_eq!(names(&bare.open().read_whole_ledger("x").unwrap()), expected);
    let last = clones[0].open();
    last.fold("x", Some("origin")).unwrap();
    assert!(bare.open().refs("refs/lineage/").unwrap().is_empty());
    assert_eq!(names(&bare.open().read_ledger("x", std::slice::from_ref(&tree)).unwrap()), expected);
}

#[test]
fn threads_on_one_repository_lose_nothing() {
    let world = World::new();
    let site = world.repo("r");
    site.file("charts/x/f", "1");
    let tree = site.oid("HEAD:charts/x");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let (site, tree) = (&site, &tree);
            scope.spawn(move || {
                let repo = site.open();
                for number in 0..3 {
                    repo.post("x", tree, &record(&format!("w{writer}-{number}"))).unwrap();
                    repo.fold("x", None).unwrap();
                }
            });
        }
    });
    assert_eq!(site.open().read_ledger("x", &[tree]).unwrap().records.len(), 24);
}
