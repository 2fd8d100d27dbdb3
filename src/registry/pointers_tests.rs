//! Tags that move, and who else moves them.

use super::debian_tests;
use super::pointers::Document;
use super::remote_tests::{chart, manifest, push, wait};
use super::stub::{Fault, Stub};
use super::*;

const TYPE: &str = "application/vnd.example.v1+json";

fn other_manifest() -> Vec<u8> {
    String::from_utf8(manifest()).unwrap().replace("\"schemaVersion\":2", "\"schemaVersion\": 2").into_bytes()
}

fn at(stub: &Stub) -> Destination {
    Destination::parse(&format!("oci://{}/charts", stub.host), std::path::Path::new("/")).unwrap()
}

/// Two versions in a repository, and what is asked of it.
fn moves(destination: &Destination) {
    let (first, second) = (manifest(), other_manifest());
    let (one, two) = (Sha256::of(&first), Sha256::of(&second));
    wait(destination.push(&chart(&first), &mut |_| {})).unwrap();
    wait(destination.push(&ChartArtifact { tag: "1.0.1", ..chart(&second) }, &mut |_| {})).unwrap();
    let prod = || wait(destination.resolve("app", "prod")).unwrap();
    let point = |from, to| wait(destination.point("app", "prod", from, to));
    assert!(point(None, Sha256::of("nothing")).is_err(), "what is not there gets no name");
    assert_eq!(prod(), None);
    point(None, one).unwrap();
    assert_eq!(prod(), Some(one));
    // Again is nothing, whatever is thought to stand there.
    point(None, one).unwrap();
    assert!(matches!(point(None, two), Err(Error::Different { .. })));
    assert_eq!(prod(), Some(one));
    point(Some(one), two).unwrap();
    assert_eq!(prod(), Some(two));
    assert!(matches!(point(Some(Sha256::of("x")), one), Err(Error::Different { .. })));
    // The versions are where they were.
    assert_eq!(wait(destination.resolve("app", "1.0.0")).unwrap(), Some(one));
    assert_eq!(wait(destination.resolve("app", "1.0.1")).unwrap(), Some(two));
    assert_eq!(wait(destination.pull("app", two)).unwrap(), b"the package");
}

fn documents(destination: &Destination) {
    let document = Document::new(TYPE, b"{\"a\":1}".to_vec());
    let (digest, size) = (document.digest(), document.size());
    wait(destination.keep("app", &document)).unwrap();
    wait(destination.keep("app", &document)).unwrap();
    assert_eq!(wait(destination.document("app", digest, TYPE)).unwrap(), b"{\"a\":1}");
    assert!(wait(destination.document("app", digest, "another")).is_err());
    assert!(wait(destination.document("app", Sha256::of("x"), TYPE)).is_err());
    assert!(wait(destination.document("app", Sha256::of(manifest()), TYPE)).is_err(), "a chart is no document");
    let created = "2026-11-21T00:00:00Z";
    wait(destination.attach("app", digest, size, "{\"b\":1}", "t", created)).unwrap();
    assert_eq!(wait(destination.bundles("app", digest)).unwrap(), (vec!["{\"b\":1}".to_owned()], None));
    wait(destination.point("app", "documents", None, digest)).unwrap();
    assert_eq!(wait(destination.resolve("app", "documents")).unwrap(), Some(digest));
}

#[test]
fn rp_2_a_tag_moves_where_it_is_known_to_stand() {
    for forgetful in [false, true] {
        let stub = Stub::start();
        stub.with(|state| state.forgetful = forgetful);
        moves(&at(&stub));
        documents(&at(&stub));
    }
    let directory = tempfile::tempdir().unwrap();
    let layout = Destination::Layout(directory.path().to_owned());
    moves(&layout);
    documents(&layout);
    if let Some(server) = debian_tests::start() {
        let at = format!("oci://{}/charts", server.host);
        let real = Destination::parse(&at, std::path::Path::new("/")).unwrap();
        moves(&real);
        documents(&real);
    }
}

#[test]
fn rp_5_whoever_was_faster_keeps_it() {
    for forgetful in [false, true] {
        let stub = Stub::start();
        stub.with(|state| state.forgetful = forgetful);
        push(&stub).unwrap();
        let (one, two) = (Sha256::of(manifest()), Sha256::of(other_manifest()));
        let second = other_manifest();
        wait(at(&stub).push(&ChartArtifact { tag: "1.0.1", ..chart(&second) }, &mut |_| {})).unwrap();
        wait(at(&stub).point("app", "prod", None, one)).unwrap();
        // Written by somebody else right after it was read.
        let third = other_manifest().into_iter().chain(*b" ").collect::<Vec<u8>>();
        stub.with(|state| state.intruder = Some(("prod".to_owned(), third.clone())));
        let ours = wait(at(&stub).point("app", "prod", Some(one), two));
        let stands = stub.with(|state| Sha256::of(&state.manifests["prod"].1));
        if forgetful {
            // Such a registry takes both, and the last has it: the other finds that out when it looks again.
            ours.unwrap();
            assert_eq!(stands, two);
        } else {
            assert!(matches!(ours, Err(Error::Different { .. })), "{ours:?}");
            assert_eq!(stands, Sha256::of(&third), "what the other wrote stays");
        }
    }
}

#[test]
fn rp_5_who_is_written_over_a_moment_later_finds_out() {
    let stub = Stub::start();
    stub.with(|state| state.forgetful = true);
    push(&stub).unwrap();
    let one = Sha256::of(manifest());
    let other = other_manifest();
    let moved = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while stub.count("PUT", "manifests/prod") == 0 {
                std::thread::yield_now();
            }
            // Between the write and the second look.
            std::thread::sleep(std::time::Duration::from_millis(40));
            stub.with(|state| {
                let kind = artifact::MANIFEST.to_owned();
                state.manifests.insert("prod".to_owned(), (kind, other.clone()));
            });
        });
        let moved = wait(at(&stub).point("app", "prod", None, one));
        watch.join().unwrap();
        moved
    });
    assert!(matches!(moved, Err(Error::Different { .. })), "{moved:?}");
}

#[test]
fn a_refused_move_says_of_which_tag() {
    let stub = Stub::start();
    push(&stub).unwrap();
    stub.fail("PUT", "manifests/prod", 9, Fault::Answer(403, "", ""));
    let refused = wait(at(&stub).point("app", "prod", None, Sha256::of(manifest()))).unwrap_err();
    assert!(matches!(&refused, Error::Forbidden(name, _) if name.ends_with("app:prod")), "{refused:?}");
    assert!(wait(at(&stub).point("app", "a tag", None, Sha256::of(manifest()))).is_err());
}
