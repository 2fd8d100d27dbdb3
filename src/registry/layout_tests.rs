//! Layouts on disk.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::remote_tests::{chart, manifest, wait};
use super::*;

fn layout(directory: &Path) -> Destination {
    Destination::parse("oci-layout:out", directory).unwrap()
}

fn index(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("out/index.json")).unwrap()).unwrap()
}

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_chart_is_written_named_and_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let layout = layout(directory.path());
    let bytes = manifest();
    let digest = Sha256::of(&bytes);
    assert_eq!(wait(layout.resolve("app", "1.0.0")).unwrap(), None);
    for _ in 0..2 {
        wait(layout.push(&chart(&bytes), &mut |_| {})).unwrap();
        assert_eq!(files(&directory.path().join("out")), ["blobs", "index.json", "oci-layout"]);
        assert_eq!(
            index(directory.path()),
            json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "manifests": [{
                    "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "digest": format!("sha256:{digest}"),
                    "size": bytes.len(),
                    "annotations": { "org.opencontainers.image.ref.name": "app:1.0.0" },
                }],
            })
        );
    }
    assert_eq!(fs::read(directory.path().join("out/oci-layout")).unwrap(), br#"{"imageLayoutVersion":"1.0.0"}"#);
    for name in files(&directory.path().join("out/blobs/sha256")) {
        let bytes = fs::read(directory.path().join("out/blobs/sha256").join(&name)).unwrap();
        assert_eq!(name, Sha256::of(bytes).to_string());
    }
    assert_eq!(wait(layout.resolve("app", "1.0.0")).unwrap(), Some(digest));
    assert_eq!(wait(layout.pull("app", digest)).unwrap(), b"the package");
    // The same manifest under a second name is a second name.
    wait(layout.push(&ChartArtifact { tag: "1.0.1", ..chart(&bytes) }, &mut |_| {})).unwrap();
    assert_eq!(wait(layout.resolve("app", "1.0.0")).unwrap(), wait(layout.resolve("app", "1.0.1")).unwrap());
}

#[test]
fn another_content_under_the_version_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let layout = layout(directory.path());
    wait(layout.push(&chart(&manifest()), &mut |_| {})).unwrap();
    let before = index(directory.path());
    let other = ChartArtifact { manifest: b"{}", ..chart(&[]) };
    assert!(matches!(wait(layout.push(&other, &mut |_| {})), Err(Error::Different { .. })));
    assert_eq!(index(directory.path()), before);
}

#[test]
fn a_bundle_is_attached_once() {
    let directory = tempfile::tempdir().unwrap();
    let layout = layout(directory.path());
    let bytes = manifest();
    let (subject, bundle) = (Sha256::of(&bytes), r#"{"a":1}"#);
    wait(layout.push(&chart(&bytes), &mut |_| {})).unwrap();
    assert!(!wait(layout.attached("app", subject, Sha256::of(bundle))).unwrap());
    for created in ["2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"] {
        wait(layout.attach("app", subject, bytes.len() as u64, bundle, "https://x/v1", created)).unwrap();
        assert!(wait(layout.attached("app", subject, Sha256::of(bundle))).unwrap());
        let index = index(directory.path());
        let entries = index["manifests"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        let entry = entries.iter().find(|entry| entry.get("artifactType").is_some()).unwrap();
        assert_eq!(entry["artifactType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
        assert_eq!(entry["annotations"]["dev.sigstore.bundle.predicateType"], "https://x/v1");
        assert!(entry["annotations"].get("org.opencontainers.image.ref.name").is_none());
    }
    // The chart's name is still there.
    assert_eq!(wait(layout.resolve("app", "1.0.0")).unwrap(), Some(subject));
    assert!(!wait(layout.attached("app", Sha256::of("other"), Sha256::of(bundle))).unwrap());
}

#[test]
fn many_writers_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = manifest();
    std::thread::scope(|scope| {
        for number in 0..16 {
            let (layout, bytes) = (layout(directory.path()), &bytes);
            scope.spawn(move || {
                let tag = format!("1.0.{number}");
                wait(layout.push(&ChartArtifact { tag: &tag, ..chart(bytes) }, &mut |_| {})).unwrap();
                let bundle = format!("{{\"n\":{number}}}");
                wait(layout.attach("app", Sha256::of(bytes), 1, &bundle, "t", "2026-11-21T00:00:00Z")).unwrap();
            });
        }
    });
    let layout = layout(directory.path());
    for number in 0..16 {
        assert!(wait(layout.resolve("app", &format!("1.0.{number}"))).unwrap().is_some());
        let bundle = Sha256::of(format!("{{\"n\":{number}}}"));
        assert!(wait(layout.attached("app", Sha256::of(&bytes), bundle)).unwrap());
    }
    assert_eq!(index(directory.path())["manifests"].as_array().unwrap().len(), 32);
    assert_eq!(files(&directory.path().join("out")), ["blobs", "index.json", "oci-layout"]);
}

#[test]
fn what_a_stopped_writer_left_is_in_nobodys_way() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    fs::create_dir_all(out.join("blobs/sha256")).unwrap();
    // A marker half written, what it was writing, and the lock of an earlier version of this program.
    for name in ["oci-layout", "index.json.lock", ".writing-1", "blobs/sha256/.writing-2"] {
        fs::write(out.join(name), "{").unwrap();
    }
    let bytes = manifest();
    let began = std::time::Instant::now();
    wait(layout(directory.path()).push(&chart(&bytes), &mut |_| {})).unwrap();
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "nobody was waited for");
    assert_eq!(files(&out), ["blobs", "index.json", "index.json.lock", "oci-layout"]);
    assert_eq!(files(&out.join("blobs/sha256")).len(), 3);
    assert_eq!(fs::read(out.join("oci-layout")).unwrap(), br#"{"imageLayoutVersion":"1.0.0"}"#);
}

#[test]
fn damage_is_told_and_mended() {
    let directory = tempfile::tempdir().unwrap();
    let layout = layout(directory.path());
    let bytes = manifest();
    let digest = Sha256::of(&bytes);
    wait(layout.push(&chart(&bytes), &mut |_| {})).unwrap();
    let blob = directory.path().join("out/blobs/sha256").join(Sha256::of("the package").to_string());
    fs::write(&blob, "another package").unwrap();
    let Err(Error::Protocol(name, why)) = wait(layout.pull("app", digest)) else { panic!() };
    assert_eq!(name, blob.display().to_string());
    assert_eq!(why, format!("what lies there is sha256:{}", Sha256::of("another package")));
    // Pushed under a new name, the blob is written again.
    wait(layout.push(&ChartArtifact { tag: "2", ..chart(&bytes) }, &mut |_| {})).unwrap();
    assert_eq!(wait(layout.pull("app", digest)).unwrap(), b"the package");
    assert!(matches!(wait(layout.pull("app", Sha256::of("?"))), Err(Error::Protocol(..))));
    for text in ["", "{", "[]", "{}", r#"{"mediaType":"x","manifests":[]}"#, r#"{"manifests":[],"manifests":[]}"#]
    {
        fs::write(directory.path().join("out/index.json"), text).unwrap();
        assert!(matches!(wait(layout.resolve("app", "1.0.0")), Err(Error::Protocol(..))), "{text}");
        assert!(matches!(wait(layout.push(&chart(&bytes), &mut |_| {})), Err(Error::Protocol(..))), "{text}");
        assert_eq!(fs::read_to_string(directory.path().join("out/index.json")).unwrap(), text);
    }
}

#[test]
fn a_name_for_two_manifests_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let layout = layout(directory.path());
    wait(layout.push(&chart(&manifest()), &mut |_| {})).unwrap();
    let mut two = index(directory.path());
    let mut second = two["manifests"][0].clone();
    second["digest"] = json!(format!("sha256:{}", "0".repeat(64)));
    two["manifests"].as_array_mut().unwrap().push(second);
    fs::write(directory.path().join("out/index.json"), two.to_string()).unwrap();
    assert!(matches!(wait(layout.resolve("app", "1.0.0")), Err(Error::Protocol(..))));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("out"), "a file").unwrap();
    let result = wait(layout(directory.path()).push(&chart(&manifest()), &mut |_| {}));
    assert!(matches!(result, Err(Error::Write { .. } | Error::Protocol(..))), "{result:?}");
}
