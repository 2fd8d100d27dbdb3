//! What is kept, and what is not.

use super::*;

#[test]
fn large_files_are_not_kept_and_trees_are() {
    let mut bases = Bases::default();
    for (at, kind, size, kept) in [
        (1, Kind::Blob, LARGEST_FILE, true),
        (2, Kind::Blob, LARGEST_FILE + 1, false),
        (3, Kind::Tree, LARGEST_FILE + 1, true),
        (4, Kind::Commit, 100, true),
    ] {
        let data = vec![7; size];
        bases.put(0, at, &data, kind, 5);
        let mut out = Vec::new();
        let found = bases.get(0, at, &mut out);
        assert_eq!(found, kept.then_some((kind, 5)), "{kind} of {size} bytes");
        assert!(!kept || out == data);
    }
}
