//! The work tree follows its branch, and loses nothing.

use crate::git::testing::{Site, World};
use crate::git::{Error, Repo};
use crate::model::Oid;

/// A repository whose branch moved from the first commit to the second, with the work tree still at the first.
fn moved(world: &World) -> (Site, Repo, Oid) {
    let site = world.repo("r");
    site.write("a", "1");
    site.write("gone", "g");
    let first = site.commit("one");
    std::fs::remove_file(site.at.join("gone")).unwrap();
    site.write("new/file", "n");
    let second = site.file("a", "2");
    site.git(&["reset", "--quiet", "--hard", first.as_str()]);
    let repo = site.open();
    repo.set_ref("refs/heads/main", Some(&first), &second, "moved").unwrap();
    (site, repo, second)
}

fn text(site: &Site, path: &str) -> Option<String> {
    std::fs::read_to_string(site.at.join(path)).ok()
}

#[test]
fn a_clean_work_tree_follows() {
    let world = World::new();
    let (site, repo, second) = moved(&world);
    assert!(repo.is_dirty("").unwrap());
    repo.checkout("main").unwrap();
    assert!(!repo.is_dirty("").unwrap());
    assert_eq!(site.git(&["status", "--porcelain"]), "");
    assert_eq!((text(&site, "a").as_deref(), text(&site, "gone")), (Some("2"), None));
    // Again, and after several moves at once.
    repo.checkout("main").unwrap();
    let tree = site.oid("HEAD^{tree}");
    let third =
        repo.write_commit(&tree, std::slice::from_ref(&second), "same\n", crate::git::testing::now()).unwrap();
    let base =
        repo.edit_tree(Some(&third), &[("a".to_owned(), crate::git::Edit::Write(b"4".to_vec()))].into()).unwrap();
    let fourth =
        repo.write_commit(&base, std::slice::from_ref(&third), "four\n", crate::git::testing::now()).unwrap();
    repo.set_ref("refs/heads/main", Some(&second), &third, "").unwrap();
    repo.set_ref("refs/heads/main", Some(&third), &fourth, "").unwrap();
    repo.checkout("main").unwrap();
    assert_eq!(site.git(&["status", "--porcelain"]), "");
    assert_eq!(text(&site, "a").as_deref(), Some("4"));
}

#[test]
fn changed_files_that_are_not_in_the_way_stay() {
    let world = World::new();
    let site = world.repo("r");
    site.write("a", "1");
    let first = site.file("mine", "1");
    let second = site.file("a", "2");
    site.git(&["reset", "--quiet", "--hard", first.as_str()]);
    site.write("mine", "changed");
    site.write("untracked", "u");
    let repo = site.open();
    repo.set_ref("refs/heads/main", Some(&first), &second, "moved").unwrap();
    repo.checkout("main").unwrap();
    assert_eq!(text(&site, "a").as_deref(), Some("2"));
    assert_eq!(text(&site, "mine").as_deref(), Some("changed"));
    assert_eq!(text(&site, "untracked").as_deref(), Some("u"));
    assert!(repo.is_dirty("mine").unwrap() && !repo.is_dirty("a").unwrap());
}

#[test]
fn work_that_would_be_lost_makes_it_refuse() {
    for staged in [false, true] {
        let world = World::new();
        let (site, repo, _) = moved(&world);
        site.write("a", "mine");
        if staged {
            site.git(&["add", "a"]);
        }
        assert!(matches!(repo.checkout("main"), Err(Error::Git { .. })), "{staged}");
        assert_eq!(text(&site, "a").as_deref(), Some("mine"));
        assert_eq!(text(&site, "gone").as_deref(), Some("g"));
    }
    let world = World::new();
    let (site, repo, _) = moved(&world);
    site.write("new/file", "untracked and mine");
    assert!(matches!(repo.checkout("main"), Err(Error::Git { .. })));
    assert_eq!(text(&site, "new/file").as_deref(), Some("untracked and mine"));
}

#[test]
fn without_a_reflog_it_works_from_the_parent() {
    let world = World::new();
    let (site, repo, _) = moved(&world);
    std::fs::remove_dir_all(site.at.join(".git/logs")).unwrap();
    repo.checkout("main").unwrap();
    assert_eq!(site.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_first_commit_is_checked_out_into_an_empty_work_tree() {
    let world = World::new();
    let site = world.repo("r");
    let repo = site.open();
    let tree = repo.edit_tree(None, &[("a".to_owned(), crate::git::Edit::Write(b"1".to_vec()))].into()).unwrap();
    let commit = repo.write_commit(&tree, &[], "one\n", crate::git::testing::now()).unwrap();
    repo.set_ref("refs/heads/main", None, &commit, "one").unwrap();
    repo.checkout("main").unwrap();
    assert_eq!(text(&site, "a").as_deref(), Some("1"));
    assert_eq!(site.git(&["status", "--porcelain"]), "");
}

#[test]
fn other_branches_and_bare_repositories_are_left_alone() {
    let world = World::new();
    let (site, repo, _) = moved(&world);
    site.git(&["symbolic-ref", "HEAD", "refs/heads/else"]);
    repo.checkout("main").unwrap();
    assert_eq!(text(&site, "a").as_deref(), Some("1"));
    let bare = world.bare("b").open();
    bare.checkout("main").unwrap();
    assert!(!bare.is_dirty("").unwrap());
}

#[test]
fn dirt_is_found_by_path_and_untracked_files_are_none() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/x/f", "1");
    site.write("charts/xy/f", "1");
    site.commit("one");
    let repo = site.open();
    site.write("charts/x/untracked", "u");
    assert!(!repo.is_dirty("").unwrap());
    site.write("charts/xy/f", "2");
    assert!(!repo.is_dirty("charts/x").unwrap());
    assert!(!repo.is_dirty("charts/*").unwrap());
    assert!(repo.is_dirty("charts/xy").unwrap());
    assert!(repo.is_dirty("charts").unwrap() && repo.is_dirty("").unwrap());
    site.git(&["add", "charts/xy"]);
    assert!(repo.is_dirty("charts/xy").unwrap());
}
