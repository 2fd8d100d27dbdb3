//! The repository's metadata beside a chart, on disk and in a registry.

use super::debian_tests::start;
use super::remote_tests::wait;
use super::*;

/// Its tag is the one that moves, there and back.
fn moves(destination: &Destination) {
    let first: &[u8] = b"repositoryID: a\n";
    for metadata in [first, b"repositoryID: b\n", first] {
        assert!(!wait(destination.describes("app", metadata)).unwrap());
        for _ in 0..2 {
            wait(destination.describe("app", metadata)).unwrap();
            assert!(wait(destination.describes("app", metadata)).unwrap());
        }
    }
    assert_eq!(wait(destination.resolve("app", "1.0.0")).unwrap(), None, "no version of the chart is touched");
}

#[test]
fn a_layout_has_the_newest() {
    let directory = tempfile::tempdir().unwrap();
    moves(&Destination::parse("oci-layout:out", directory.path()).unwrap());
    let index = std::fs::read_to_string(directory.path().join("out/index.json")).unwrap();
    assert_eq!(index.matches("app:artifacthub.io").count(), 1, "{index}");
}

#[test]
fn a_registry_has_the_newest() {
    let Some(server) = start() else { return };
    let text = format!("oci://{}/charts", server.host);
    moves(&Destination::parse(&text, std::path::Path::new("/")).unwrap());
}
