//! Refreshing from a TUF repository of our own on loopback, and from one that is not there.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};
use sigstore_crypto::KeyPair;
use sigstore_trust_root::SigstoreInstance;

use super::*;
use crate::model::{Sha256, Timestamp, json as strict};

const NOW: i64 = 1_763_700_000;
const DAY: i64 = 24 * 60 * 60;

fn at(days: i64) -> Timestamp {
    Timestamp::from_seconds(NOW + days * DAY)
}

/// The files of a repository whose state is of one version and ends after some days.
struct Published {
    files: BTreeMap<String, Vec<u8>>,
    root: Vec<u8>,
}

/// TUF's own canonical JSON, for what stands here: it writes line breaks as they are.
fn canonical(value: &Value) -> String {
    strict::canonical(value).replace("\\n", "\n")
}

/// Signed metadata, as its file has it.
fn signed(key: &KeyPair, id: &str, body: &Value) -> Vec<u8> {
    let signature = key.sign(canonical(body).as_bytes()).unwrap();
    json!({ "signatures": [{ "keyid": id, "sig": hex::encode(signature.as_bytes()) }], "signed": body })
        .to_string()
        .into_bytes()
}

fn publish(key: &KeyPair, version: u64, days: i64, target: &str) -> Published {
    let public = key.public_key_der().unwrap();
    let key_value = json!({
        "keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": { "public": public.to_pem().replace('\r', "") },
    });
    let id = Sha256::of(canonical(&key_value)).to_string();
    let role = json!({ "keyids": [id], "threshold": 1 });
    let expires = at(days).to_string();
    let body = |kind: &str, more: Value| {
        let mut body = json!({
            "_type": kind, "spec_version": "1.0", "version": version, "expires": expires,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let mut root = body(
        "root",
        json!({
            "consistent_snapshot": false,
            "keys": { id.clone(): key_value },
            "roles": { "root": role, "timestamp": role, "snapshot": role, "targets": role },
        }),
    );
    root["version"] = json!(1);
    root["expires"] = json!(at(10_000).to_string());
    let hashes = |bytes: &[u8]| json!({ "sha256": Sha256::of(bytes).to_string() });
    let described = |bytes: &[u8]| json!({ "length": bytes.len(), "hashes": hashes(bytes) });
    let targets = body("targets", json!({ "targets": { "trusted_root.json": described(target.as_bytes()) } }));
    let targets = signed(key, &id, &targets);
    let meta = |bytes: &[u8]| json!({ "version": version, "length": bytes.len(), "hashes": hashes(bytes) });
    let snapshot = signed(key, &id, &body("snapshot", json!({ "meta": { "targets.json": meta(&targets) } })));
    let timestamp = signed(key, &id, &body("timestamp", json!({ "meta": { "snapshot.json": meta(&snapshot) } })));
    let root = signed(key, &id, &root);
    let files = [
        ("/1.root.json", root.clone()),
        ("/targets.json", targets),
        ("/snapshot.json", snapshot),
        ("/timestamp.json", timestamp),
        ("/targets/trusted_root.json", target.as_bytes().to_vec()),
    ];
    Published { files: files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect(), root }
}

/// Serves the files on loopback until nobody asks any more, and gives the address.
fn serve(files: BTreeMap<String, Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = Vec::new();
            let mut part = [0; 1024];
            while !asked.windows(4).any(|window| window == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(length) if length > 0 => asked.extend_from_slice(&part[..length]),
                    _ => break,
                }
            }
            let asked = String::from_utf8_lossy(&asked).into_owned();
            let path = asked.split(' ').nth(1).unwrap_or_default();
            let (status, body) =
                files.get(path).map_or(("404 Not Found", &[][..]), |body| ("200 OK", body.as_slice()));
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), body].concat());
        }
    });
    url
}

fn asked(url: &str, root: &[u8], seen: &Path, now: Timestamp) -> Result<Kept, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let repository = Repository::at("public-good", url, root);
    runtime.block_on(refresh(&repository, seen, now)).map_err(|error| match error {
        Error::Refresh { name, why } => format!("{name}: {why}"),
        other => other.to_string(),
    })
}

fn target() -> &'static str {
    SigstoreInstance::PublicGood.embedded_trusted_root_json()
}

#[test]
fn what_the_repository_signed_is_kept_and_counts() {
    let key = KeyPair::generate_ecdsa_p256().unwrap();
    let seen = tempfile::tempdir().unwrap();
    let published = publish(&key, 1, 7, target());
    let kept = asked(&serve(published.files), &published.root, seen.path(), at(0)).unwrap();
    assert_eq!((&*kept.name, kept.refreshed), ("public-good", at(0)));
    let roots = Roots::newest(vec![kept], at(1));
    assert_eq!(roots.list().len(), 2);
    assert!(
        roots.show()[0].source.starts_with("refreshed 2025-11-21 (1 days ago, counts for 90)"),
        "{:?}",
        roots.show()[0]
    );
    // No older state is taken for the newest afterwards.
    let newer = publish(&key, 3, 7, target());
    asked(&serve(newer.files), &published.root, seen.path(), at(0)).unwrap();
    let older = publish(&key, 2, 7, target());
    let why = asked(&serve(older.files), &published.root, seen.path(), at(0)).unwrap_err();
    assert!(why.contains("version"), "{why}");
}

#[test]
fn what_does_not_hold_is_not_kept() {
    let key = KeyPair::generate_ecdsa_p256().unwrap();
    let seen = tempfile::tempdir().unwrap();
    let ask = |published: Published, root: &[u8], now: Timestamp| {
        asked(&serve(published.files), root, seen.path(), now).unwrap_err()
    };
    let good = || publish(&key, 1, 7, target());
    // Another's keys.
    let other = KeyPair::generate_ecdsa_p256().unwrap();
    let why = ask(good(), &publish(&other, 1, 7, target()).root, at(0));
    assert!(why.contains("signature") || why.contains("threshold"), "{why}");
    // Expired.
    let why = ask(good(), &good().root, at(8));
    assert!(why.contains("expired"), "{why}");
    // Other bytes than the ones that were signed for.
    let mut swapped = good();
    swapped.files.insert("/targets/trusted_root.json".to_owned(), b"{}".to_vec());
    let root = swapped.root.clone();
    ask(swapped, &root, at(0));
    // Signed, and no trusted root.
    let nothing = publish(&key, 1, 7, "{}");
    let root = nothing.root.clone();
    ask(nothing, &root, at(0));
    // Gone.
    let mut missing = good();
    missing.files.remove("/timestamp.json");
    let root = missing.root.clone();
    ask(missing, &root, at(0));
}

#[test]
fn a_repository_that_cannot_be_reached_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let seen = tempfile::tempdir().unwrap();
    let known = Repository::known();
    assert_eq!(known.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(), ["public-good", "github"]);
    let root = SigstoreInstance::PublicGood.tuf_root();
    let why = asked(&url, root, seen.path(), at(0)).unwrap_err();
    assert!(why.starts_with("public-good: "), "{why}");
}
