//! What differs right below a directory.

use crate::git::testing::World;

#[test]
fn entries_that_differ_are_named_with_both_sides() {
    let world = World::new();
    let site = world.repo("r");
    for (path, text) in [
        ("charts/same/Chart.yaml", "s"),
        ("charts/changed/Chart.yaml", "c"),
        ("charts/gone/Chart.yaml", "g"),
        ("charts/turns/x", "x"),
        ("charts/README.md", "r"),
        ("elsewhere/x", "x"),
    ] {
        site.write(path, text);
    }
    let base = site.commit("one");
    std::fs::remove_dir_all(site.at.join("charts/gone")).unwrap();
    std::fs::remove_dir_all(site.at.join("charts/turns")).unwrap();
    for (path, text) in [
        ("charts/changed/templates/deep/x", "x"),
        ("charts/new/Chart.yaml", "n"),
        ("charts/turns", "now a file"),
        ("charts/README.md", "other"),
        ("elsewhere/x", "y"),
    ] {
        site.write(path, text);
    }
    let head = site.commit("two");
    let repo = site.open();
    let changed = repo.changed_entries(&base, &head, "charts").unwrap();
    let seen: Vec<(&str, Option<bool>, Option<bool>)> = changed
        .iter()
        .map(|entry| {
            let tree = |side: &Option<super::Entry>| side.as_ref().map(|side| side.tree);
            (entry.name.as_str(), tree(&entry.before), tree(&entry.after))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("README.md", Some(false), Some(false)),
            ("changed", Some(true), Some(true)),
            ("gone", Some(true), None),
            ("new", None, Some(true)),
            ("turns", Some(true), Some(false)),
        ]
    );
    assert!(repo.changed_entries(&base, &base, "charts").unwrap().is_empty());
    assert!(repo.changed_entries(&base, &head, "nowhere").unwrap().is_empty());

    let tree = site.oid("HEAD:charts/changed");
    let blob = repo.file_in(&tree, "Chart.yaml").unwrap().unwrap();
    assert_eq!(repo.blob(&blob).unwrap(), b"c");
    assert_eq!(repo.file_in(&tree, "templates").unwrap(), None, "a directory is no file");
    assert_eq!(repo.file_in(&tree, "values.yaml").unwrap(), None);
    assert!(repo.blob(&tree).is_err());
}
