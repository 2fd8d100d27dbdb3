//! Attaching bundles, with a referrers API and without.

use serde_json::{Value, json};

use super::artifact::{BUNDLE, INDEX, MANIFEST};
use super::remote_tests::{attachment, manifest, push, remote, told, wait};
use super::stub::{Fault, Stub};
use super::*;

#[test]
fn attaching_with_a_referrers_api_writes_no_index() {
    let stub = Stub::start();
    stub.with(|state| state.referrers = true);
    push(&stub).unwrap();
    let one = attachment(r#"{"a":1}"#);
    let remote = remote(&stub);
    let bundle = Sha256::of(&one.bundle);
    assert!(!wait(remote.attached(one.subject, bundle)).unwrap());
    wait(remote.attach(&one)).unwrap();
    assert!(wait(remote.attached(one.subject, bundle)).unwrap());
    assert!(!wait(remote.attached(one.subject, Sha256::of("other"))).unwrap());
    assert!(!stub.with(|state| state.manifests.keys().any(|name| name.starts_with("sha256-"))));
    let puts = stub.count("PUT", "");
    wait(remote.attach(&one)).unwrap();
    assert_eq!(stub.count("PUT", ""), puts);
}

#[test]
fn the_manifest_is_what_cosign_reads() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let one = attachment(r#"{"a":1}"#);
    wait(remote(&stub).attach(&one)).unwrap();
    let (kind, bytes) =
        stub.with(|state| state.manifests[&format!("sha256:{}", Sha256::of(&one.manifest))].clone());
    assert_eq!(kind, MANIFEST);
    let written: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        written,
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": {
                "mediaType": "application/vnd.oci.empty.v1+json",
                "size": 2,
                "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            },
            "layers": [{ "mediaType": BUNDLE, "size": 7, "digest": format!("sha256:{}", Sha256::of(r#"{"a":1}"#)) }],
            "annotations": {
                "dev.sigstore.bundle.content": "dsse-envelope",
                "dev.sigstore.bundle.predicateType": "https://lineage.example/check/v1",
                "org.opencontainers.image.created": "2026-11-21T00:00:00Z",
            },
            "subject": {
                "mediaType": MANIFEST,
                "size": manifest().len(),
                "digest": format!("sha256:{}", Sha256::of(manifest())),
            },
        })
    );
    for (digest, bytes) in stub.with(|state| state.blobs.clone()) {
        assert_eq!(digest, format!("sha256:{}", Sha256::of(bytes)));
    }
    assert!(stub.with(|state| state.blobs.values().any(|bytes| bytes == b"{}")));
}

fn fallback(stub: &Stub) -> Value {
    let name = format!("sha256-{}", Sha256::of(manifest()));
    let (kind, bytes) = stub.with(|state| state.manifests[&name].clone());
    assert_eq!(kind, INDEX);
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn without_a_referrers_api_the_fallback_index_is_kept() {
    for status in [404, 400, 401, 403, 406] {
        let stub = Stub::start();
        stub.fail("GET", "/referrers/", 99, Fault::Answer(status, "", "404 page not found"));
        push(&stub).unwrap();
        let (one, two) = (attachment(r#"{"a":1}"#), attachment(r#"{"a":2}"#));
        let remote = remote(&stub);
        for attachment in [&one, &two, &one] {
            wait(remote.attach(attachment)).unwrap();
            assert!(wait(remote.attached(attachment.subject, Sha256::of(&attachment.bundle))).unwrap());
        }
        let index = fallback(&stub);
        let mut wanted = [one.descriptor(), two.descriptor()];
        wanted.sort_by_key(|entry| entry["digest"].to_string());
        assert_eq!(index["manifests"], json!(wanted), "{status}");
        assert_eq!(index["manifests"][0]["artifactType"], BUNDLE);
        assert_eq!(index["manifests"][0]["annotations"]["dev.sigstore.bundle.content"], "dsse-envelope");
        assert_eq!(index["mediaType"], INDEX);
    }
}

#[test]
fn entries_of_others_are_kept_whoever_was_faster() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let name = format!("sha256-{}", Sha256::of(manifest()));
    let entry = |digit: &str| json!({ "mediaType": MANIFEST, "digest": format!("sha256:{}", digit.repeat(64)), "size": 1, "x": digit });
    let index = |entries: Value| json!({ "schemaVersion": 2, "mediaType": INDEX, "annotations": { "k": "v" }, "manifests": entries });
    stub.with(|state| {
        let first = index(json!([entry("f")])).to_string().into_bytes();
        state.manifests.insert(name.clone(), (INDEX.to_owned(), first));
        // Written by somebody else right after our first look at the index.
        state.intruder = Some((name, index(json!([entry("0"), entry("f")])).to_string().into_bytes()));
    });
    let one = attachment("{}");
    wait(remote(&stub).attach(&one)).unwrap();
    let written = fallback(&stub);
    let entries = written["manifests"].as_array().unwrap();
    for kept in [entry("0"), entry("f"), one.descriptor()] {
        assert!(entries.contains(&kept), "{written}");
    }
    assert_eq!((entries.len(), &entries[0], &written["annotations"]), (3, &entry("0"), &json!({ "k": "v" })));
}

#[test]
fn what_is_no_index_is_not_overwritten() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let name = format!("sha256-{}", Sha256::of(manifest()));
    stub.with(|state| state.manifests.insert(name.clone(), (MANIFEST.to_owned(), manifest())));
    let error = told(&stub, wait(remote(&stub).attach(&attachment("{}"))));
    assert!(error.ends_with("what lies there is not an image index"), "{error}");
    assert_eq!(stub.with(|state| state.manifests[&name].1.clone()), manifest());
}

#[test]
fn a_listed_manifest_that_lies_attaches_nothing() {
    let stub = Stub::start();
    push(&stub).unwrap();
    let one = attachment("{}");
    wait(remote(&stub).attach(&one)).unwrap();
    let bundle = Sha256::of(&one.bundle);
    assert!(wait(remote(&stub).attached(one.subject, bundle)).unwrap());
    stub.fail("GET", "manifests/sha256:", 1, Fault::Body("{}"));
    assert!(!wait(remote(&stub).attached(one.subject, bundle)).unwrap());
    stub.fail("GET", "manifests/sha256:", 1, Fault::Answer(404, "", ""));
    assert!(!wait(remote(&stub).attached(one.subject, bundle)).unwrap());
    stub.fail("GET", "manifests/sha256:", 1, Fault::Answer(401, "", ""));
    assert!(matches!(wait(remote(&stub).attached(one.subject, bundle)), Err(Error::Unauthorized(_))));
}
