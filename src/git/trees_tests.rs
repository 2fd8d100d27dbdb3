//! Trees by path, and how they differ.

use crate::git::testing::World;

#[test]
fn entries_are_found_by_path() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/a/Chart.yaml", "a");
    site.write("charts/b/Chart.yaml", "b");
    site.write("charts/README.md", "r");
    let commit = site.commit("charts");
    let repo = site.open();
    let tree = site.oid("HEAD:charts/a");
    for path in ["charts/a", "charts/a/", "./charts//a"] {
        assert_eq!(repo.tree_at(&commit, path).unwrap().as_ref(), Some(&tree), "{path}");
    }
    assert_eq!(repo.tree_at(&commit, "").unwrap(), Some(site.oid("HEAD^{tree}")));
    for path in ["charts/c", "charts/README.md", "charts/README.md/x", "charts/..", "/etc"] {
        assert_eq!(repo.tree_at(&commit, path).unwrap(), None, "{path}");
    }
    assert_eq!(repo.file_at(&commit, "charts/README.md").unwrap().as_deref(), Some(&b"r"[..]));
    assert_eq!(repo.file_at(&commit, "charts").unwrap(), None);
    assert_eq!(repo.directories_at(&commit, "charts").unwrap(), ["a", "b"]);
    assert_eq!(repo.directories_at(&commit, "").unwrap(), ["charts"]);
    assert!(repo.directories_at(&commit, "nowhere").unwrap().is_empty());
}

#[test]
fn changed_paths_are_those_git_names() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/a/Chart.yaml", "a");
    site.write("charts/a/templates/x", "x");
    site.write("becomes-a-directory", "f");
    site.write("becomes-a-file/x", "x");
    site.write("mode", "m");
    let base = site.commit("one");
    std::fs::remove_file(site.at.join("becomes-a-directory")).unwrap();
    std::fs::remove_dir_all(site.at.join("becomes-a-file")).unwrap();
    std::fs::remove_dir_all(site.at.join("charts/a/templates")).unwrap();
    site.write("becomes-a-directory/x", "x");
    site.write("becomes-a-file", "f");
    site.write("charts/b/deep/er/y", "y");
    site.write("charts/a/Chart.yaml", "aa");
    site.write("grün", "ü");
    site.git(&["update-index", "--chmod=+x", "mode"]);
    let head = site.commit("two");
    let mut expected: Vec<String> = site
        .git(&["diff", "--name-only", "--no-renames", "-z", base.as_str(), head.as_str()])
        .split_terminator('\0')
        .map(str::to_owned)
        .collect();
    expected.sort();
    assert!(expected.len() > 6);
    assert_eq!(site.open().changed_paths(&base, &head).unwrap(), expected);
    assert!(site.open().changed_paths(&head, &head).unwrap().is_empty());
}

#[test]
fn changed_directories_carry_both_trees() {
    let world = World::new();
    let site = world.repo("r");
    site.write("charts/gone/x", "1");
    site.write("charts/kept/x", "1");
    site.write("charts/changed/x", "1");
    site.write("charts/file", "1");
    site.write("more/one/x", "1");
    let base = site.commit("one");
    let (gone, old) = (site.oid("HEAD:charts/gone"), site.oid("HEAD:charts/changed"));
    std::fs::remove_dir_all(site.at.join("charts/gone")).unwrap();
    site.write("charts/changed/x", "2");
    site.write("charts/new/x", "2");
    site.write("charts/file", "2");
    let head = site.commit("two");
    let roots = ["charts/".to_owned(), "more".to_owned(), "nowhere".to_owned()];
    let changed = site.open().changed_directories(&base, &head, &roots).unwrap();
    let expected = [
        ("charts/changed".to_owned(), (Some(old), Some(site.oid("HEAD:charts/changed")))),
        ("charts/gone".to_owned(), (Some(gone), None)),
        ("charts/new".to_owned(), (None, Some(site.oid("HEAD:charts/new")))),
    ];
    assert_eq!(changed.into_iter().collect::<Vec<_>>(), expected);
}
