//! OpenSSL verifies what a key of ours signed.

use std::path::Path;
use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::peer;
use crate::world::{CI_PUBLIC, MALLORY_PUBLIC, Site, TAG, World};

/// Whether OpenSSL accepts a signature over a file.
fn accepts(site: &Site<'_>, public: &str, signature: &[u8], bytes: &[u8]) -> bool {
    site.write("key.pub", public);
    site.write("signature", signature);
    site.write("signed", bytes);
    let mut command = site.command("openssl");
    command.args(["dgst", "-sha256", "-verify", "key.pub", "-signature", "signature", "signed"]);
    site.run(&mut command).code == 0
}

fn decoded(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().expect("base64 text")).expect("base64")
}

fn there() -> bool {
    peer("openssl", Command::new("openssl").arg("version"), "apt-get install openssl")
}

fn asset(world: &World, name: &str) -> Vec<u8> {
    let path = world.path("assets").join(TAG).join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", Path::new(&path).display()))
}

#[test]
fn openssl_verifies_the_envelope_of_a_bundle() {
    if !there() {
        return;
    }
    let world = World::published();
    let site = world.stranger();
    let bundle: Value =
        serde_json::from_slice(&asset(&world, "test-workflow-0.2.0.sigstore.json")).expect("a bundle is JSON");
    assert_eq!(bundle["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    let envelope = &bundle["dsseEnvelope"];
    let kind = envelope["payloadType"].as_str().expect("a type");
    let payload = decoded(&envelope["payload"]);
    // The pre-authentication encoding of DSSE v1.
    let mut signed = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    signed.extend_from_slice(&payload);
    let signature = decoded(&envelope["signatures"][0]["sig"]);
    assert!(accepts(&site, CI_PUBLIC, &signature, &signed));
    assert!(!accepts(&site, MALLORY_PUBLIC, &signature, &signed), "another key did not sign it");
    let last = signed.len() - 1;
    signed[last] ^= 1;
    assert!(!accepts(&site, CI_PUBLIC, &signature, &signed), "another statement was not signed");

    let statement: Value = serde_json::from_slice(&payload).expect("a statement is JSON");
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    assert_eq!(statement["subject"][0]["name"], "test-workflow-0.2.0.tgz");
}

#[test]
fn openssl_verifies_the_detached_signature() {
    if !there() {
        return;
    }
    let world = World::published();
    let site = world.stranger();
    let package = asset(&world, "test-workflow-0.2.0.tgz");
    let text = String::from_utf8(asset(&world, "test-workflow-0.2.0.tgz.sig")).expect("base64 is text");
    let signature = STANDARD.decode(text.trim()).expect("base64");
    assert!(accepts(&site, CI_PUBLIC, &signature, &package));
    assert!(!accepts(&site, CI_PUBLIC, &signature, &package[1..]));
}
