//! Links inside a chart are followed; everything that leads out of it is refused.

use std::os::unix::fs::symlink;

use crate::git::testing::{Site, World};
use crate::git::{Error, Repo};
use crate::model::Oid;

fn files(site: &Site) -> Result<Vec<(String, String)>, Error> {
    let tree = site.oid("HEAD:charts/x");
    let files = site.open().chart_files(&tree)?;
    Ok(files.into_iter().map(|file| (file.path, String::from_utf8(file.bytes).unwrap())).collect())
}

fn refusal(site: &Site) -> (String, String) {
    match files(site) {
        Err(Error::Unlistable { path, why }) => (path, why),
        other => panic!("{other:?}"),
    }
}

fn paths(files: &[(String, String)]) -> Vec<&str> {
    files.iter().map(|(path, _)| path.as_str()).collect()
}

#[test]
fn files_come_in_bytewise_order() {
    let world = World::new();
    let site = world.repo("r");
    for path in ["a/b", "a.b", "a-b", "B", "templates/_h.tpl", "templates/sub/x", "Chart.yaml"] {
        site.write(&format!("charts/x/{path}"), path);
    }
    site.commit("x");
    let files = files(&site).unwrap();
    assert_eq!(paths(&files), ["B", "Chart.yaml", "a-b", "a.b", "a/b", "templates/_h.tpl", "templates/sub/x"]);
    assert!(files.iter().all(|(path, bytes)| path == bytes));
}

#[test]
fn links_give_what_they_lead_to() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/x/files/one", "1");
    site.write("charts/x/files/deep/two", "2");
    symlink("files/one", site.at.join("charts/x/file-link")).unwrap();
    symlink("files", site.at.join("charts/x/directory-link")).unwrap();
    symlink("../../file-link", site.at.join("charts/x/files/deep/link-to-link")).unwrap();
    symlink("directory-link/deep/../one", site.at.join("charts/x/through")).unwrap();
    site.commit("x");
    let files = files(&site).unwrap();
    assert_eq!(
        paths(&files),
        [
            "directory-link/deep/link-to-link",
            "directory-link/deep/two",
            "directory-link/one",
            "file-link",
            "files/deep/link-to-link",
            "files/deep/two",
            "files/one",
            "through",
        ]
    );
    for (path, bytes) in &files {
        assert_eq!(bytes, if path.ends_with("two") { "2" } else { "1" }, "{path}");
    }
}

#[test]
fn links_that_lead_nowhere_good_are_refused() {
    for (target, why) in [
        ("../../etc", "leaves the chart"),
        ("../outside", "leaves the chart"),
        ("sub/../../../x", "leaves the chart"),
        ("/etc/passwd", "absolute path"),
        ("missing", "broken link"),
        ("one/two", "broken link"),
        ("one/", "broken link"),
        ("link", "circle"),
        (".", "circle"),
        ("sub/back", "circle"),
    ] {
        let world = World::new();
        let site = world.repo("r");
        site.write("outside", "o");
        site.write("charts/outside", "o");
        site.write("charts/x/one", "1");
        site.write("charts/x/sub/file", "1");
        symlink("../link", site.at.join("charts/x/sub/back")).unwrap();
        symlink(target, site.at.join("charts/x/link")).unwrap();
        site.commit("x");
        let (path, said) = refusal(&site);
        assert!(said.contains(why), "{target}: {path}: {said}");
    }
}

#[test]
fn a_directory_link_to_a_directory_above_is_a_circle() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/x/a/b/file", "1");
    symlink("../../a", site.at.join("charts/x/a/b/up")).unwrap();
    site.commit("x");
    assert!(refusal(&site).1.contains("circle"));
}

#[test]
fn links_to_directories_of_links_do_not_expand_for_ever() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/x/d0/file", "1");
    for level in 1..25 {
        let directory = site.at.join(format!("charts/x/d{level}"));
        std::fs::create_dir_all(&directory).unwrap();
        for name in ["a", "b"] {
            symlink(format!("../d{}", level - 1), directory.join(name)).unwrap();
        }
    }
    site.commit("x");
    assert!(refusal(&site).1.contains("too many"));
}

#[test]
fn submodules_and_names_that_are_no_names_are_refused() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("charts/x/Chart.yaml", "x");
    site.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},charts/x/sub")]);
    site.git(&["commit", "--quiet", "-m", "sub"]);
    assert!(refusal(&site).1.contains("submodule"));

    let blob = site.oid("HEAD:charts/x/Chart.yaml");
    for (name, why) in [(&b"caf\xe9"[..], "UTF-8"), (b"..", "name"), (b".git", "name"), (b"a/b", "name")] {
        let raw = gix::ObjectId::from_hex(blob.as_str().as_bytes()).unwrap();
        let tree = [b"100644 ", name, b"\0", raw.as_slice()].concat();
        let tree = site.git_with(&["hash-object", "--literally", "-w", "-t", "tree", "--stdin"], &tree);
        match site.open().chart_files(&Oid::parse(&tree).unwrap()) {
            Err(Error::Unlistable { why: said, .. }) => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_tree_nested_without_end_is_refused() {
    let world = World::new();
    let site = world.repo("r");
    let mut tree = site.git_with(&["mktree"], b"");
    for _ in 0..300 {
        tree = site.git_with(&["mktree"], format!("040000 tree {tree}\td\n").as_bytes());
    }
    let repo = site.open();
    let refused = repo.chart_files(&Oid::parse(&tree).unwrap());
    assert!(matches!(refused, Err(Error::Unlistable { why, .. }) if why.contains("deep")));
}

#[test]
fn scratch_trees_know_modes_and_follow_links_within_the_repository() {
    let world = World::new();
    let site = world.repo("r");
    site.write("shared/run", "#!");
    site.write("charts/x/Chart.yaml", "x");
    site.git(&["add", "--all"]);
    site.git(&["update-index", "--chmod=+x", "shared/run"]);
    symlink("../../shared/run", site.at.join("charts/x/run")).unwrap();
    symlink("../shared", site.at.join("charts/shared")).unwrap();
    symlink("x/Chart.yaml", site.at.join("charts/link")).unwrap();
    site.git(&["add", "charts"]);
    site.git(&["commit", "--quiet", "-m", "x"]);
    let commit = site.oid("HEAD");
    let repo = site.open();
    let shown = |path: &str| -> Vec<(String, bool)> {
        let files = repo.files_below(&commit, path).unwrap();
        files.into_iter().map(|(file, executable)| (file.path, executable)).collect()
    };
    assert_eq!(shown("charts/x"), [("charts/x/Chart.yaml".to_owned(), false), ("charts/x/run".to_owned(), true)]);
    assert_eq!(shown("charts/shared/"), [("charts/shared/run".to_owned(), true)]);
    assert_eq!(shown("charts/link"), [("charts/link".to_owned(), false)]);
    assert_eq!(shown("shared/run"), [("shared/run".to_owned(), true)]);
    assert!(shown("nowhere").is_empty());
    assert_eq!(shown("").len(), 5);
    assert_eq!(repo.file_at(&commit, "charts/link").unwrap().unwrap(), b"x");
    let tree = repo.tree_at(&commit, "charts/x").unwrap().unwrap();
    let chart: Result<_, _> = Repo::chart_files(&repo, &tree);
    assert!(matches!(chart, Err(Error::Unlistable { path, .. }) if path == "run"));
}
