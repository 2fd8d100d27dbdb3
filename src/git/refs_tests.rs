//! Refs by full name, and what a write refuses.

use crate::git::Error;
use crate::git::testing::World;

#[test]
fn vf1_only_the_full_name_counts() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    site.git(&["tag", "x-1.0.0"]);
    let second = site.file("a", "2");
    site.git(&["branch", "x-1.0.0"]);
    site.git(&["update-ref", "refs/tags/refs/tags/y", "HEAD"]);
    site.git(&["update-ref", "refs/heads/refs/tags/z", "HEAD"]);
    let repo = site.open();
    assert_eq!(repo.find_ref("refs/tags/x-1.0.0").unwrap(), Some(first));
    assert_eq!(repo.find_ref("refs/heads/x-1.0.0").unwrap(), Some(second.clone()));
    assert_eq!(repo.find_ref("HEAD").unwrap(), Some(second));
    for name in ["refs/tags/y", "refs/tags/z", "x-1.0.0", "refs/tags/..", "", "refs/tags/a b", "refs/tags/"] {
        assert_eq!(repo.find_ref(name).unwrap(), None, "{name}");
    }
}

#[test]
fn refs_are_listed_loose_and_packed_and_not_peeled() {
    let world = World::new();
    let site = world.repo("r");
    site.file("a", "1");
    site.git(&["tag", "-a", "-m", "b", "b"]);
    site.git(&["tag", "a"]);
    site.git(&["pack-refs", "--all"]);
    site.git(&["tag", "c"]);
    site.git(&["update-ref", "refs/tagsand/d", "HEAD"]);
    let repo = site.open();
    let tags = repo.refs("refs/tags/").unwrap();
    let names: Vec<&str> = tags.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["refs/tags/a", "refs/tags/b", "refs/tags/c"]);
    assert_eq!(tags[1].1, site.oid("b"));
    assert_ne!(site.oid("b"), site.oid("b^{}"));
    assert_eq!(repo.refs("refs/tags/b").unwrap().len(), 1);
    assert!(repo.refs("refs/nothing/").unwrap().is_empty());
}

#[test]
fn a_ref_is_swapped_only_if_it_is_what_was_seen() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    let second = site.file("a", "2");
    let repo = site.open();
    let name = "refs/heads/new";
    repo.set_ref(name, None, &first, "made\nfor a test").unwrap();
    assert!(matches!(repo.set_ref(name, None, &first, ""), Err(Error::Raced(at)) if at == name));
    assert!(matches!(repo.set_ref(name, None, &second, ""), Err(Error::Raced(_))));
    assert!(matches!(repo.set_ref(name, Some(&second), &first, ""), Err(Error::Raced(_))));
    repo.set_ref(name, Some(&first), &second, "moved").unwrap();
    assert_eq!(site.git(&["reflog", "show", "--format=%gs", "new"]), "moved\nmade for a test");
    assert!(matches!(repo.delete_ref(name, &first), Err(Error::Raced(_))));
    repo.delete_ref(name, &second).unwrap();
    assert!(matches!(repo.delete_ref(name, &second), Err(Error::Raced(_))));
    assert!(matches!(repo.set_ref(name, Some(&second), &first, ""), Err(Error::Raced(_))));
    assert_eq!(repo.find_ref(name).unwrap(), None);
    assert!(matches!(repo.set_ref("refs/heads/a..b", None, &first, ""), Err(Error::Write { .. })));
}

#[test]
fn a_packed_ref_is_swapped_and_deleted_too() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    site.git(&["branch", "x"]);
    let second = site.file("a", "2");
    site.git(&["pack-refs", "--all"]);
    let repo = site.open();
    assert!(matches!(repo.set_ref("refs/heads/x", None, &first, ""), Err(Error::Raced(_))));
    repo.set_ref("refs/heads/x", Some(&first), &second, "").unwrap();
    repo.delete_ref("refs/heads/x", &second).unwrap();
    assert!(site.fails(&["rev-parse", "--verify", "--quiet", "refs/heads/x"]));
}

#[test]
fn a_reflog_needs_no_identity() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    site.git(&["config", "--remove-section", "user"]);
    site.open().set_ref("refs/heads/x", None, &first, "made").unwrap();
}

#[test]
fn p01_a_ref_cannot_be_a_directory_of_another() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    site.git(&["branch", "integration"]);
    site.git(&["branch", "deep/er/one"]);
    for packed in [false, true] {
        if packed {
            site.git(&["pack-refs", "--all"]);
        }
        let repo = site.open();
        for (wanted, existing) in
            [("integration/x", "integration"), ("deep", "deep/er/one"), ("deep/er", "deep/er/one")]
        {
            match repo.set_ref(&format!("refs/heads/{wanted}"), None, &commit, "") {
                Err(Error::RefConflict { existing: found, .. }) => {
                    assert_eq!(found, format!("refs/heads/{existing}"));
                }
                other => panic!("{wanted}: {other:?}"),
            }
            let refused = repo.check_branch_name(wanted, None);
            assert!(matches!(refused, Err(Error::RefConflict { wanted: w, existing: e })
                if w == wanted && e == format!("refs/heads/{existing}")));
        }
        for fine in ["integration", "integration-x", "deep/other", "deep/er/two"] {
            repo.check_branch_name(fine, None).unwrap();
        }
        assert!(matches!(repo.check_branch_name("a b", None), Err(Error::Write { .. })));
    }
}

#[test]
fn x1_tracking_refs_count_stale_and_packed_and_so_does_the_remote() {
    let world = World::new();
    let site = world.repo("r");
    site.file("a", "1");
    site.git(&["branch", "charts"]);
    let clone = world.clone("r", "c", &[]);
    site.git(&["branch", "-D", "charts"]);
    site.git(&["branch", "theirs/one"]);
    for packed in [false, true] {
        if packed {
            clone.git(&["pack-refs", "--all"]);
        }
        let repo = clone.open();
        let stale = repo.check_branch_name("charts/x", Some("origin"));
        assert!(
            matches!(stale, Err(Error::RefConflict { existing, .. }) if existing == "refs/remotes/origin/charts")
        );
        repo.check_branch_name("theirs", None).unwrap();
        let there = repo.check_branch_name("theirs", Some("origin"));
        assert!(matches!(there, Err(Error::RefConflict { existing, .. })
            if existing == "refs/heads/theirs/one of origin"));
        repo.check_branch_name("chart/x", Some("origin")).unwrap();
    }
    clone.git(&["remote", "rename", "origin", "up/stream"]);
    let stale = clone.open().check_branch_name("charts/x", None);
    assert!(
        matches!(stale, Err(Error::RefConflict { existing, .. }) if existing == "refs/remotes/up/stream/charts")
    );
}
