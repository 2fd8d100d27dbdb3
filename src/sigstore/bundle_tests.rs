//! Bundles: what is written, what is believed, what is refused.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::key_tests::{new_key, openssl};
use super::*;

/// These keys and no trust root.
fn ring(keys: &[PublicKey]) -> Keyring<'_> {
    // A few bytes for the rest of the test's life; the house has no globals.
    Keyring { keys, roots: Box::leak(Box::new(Roots::none())) }
}

use crate::model::{Proof, Sha256, Statement, Subject, json as strict};

fn statement() -> Statement {
    Statement {
        kind: "https://in-toto.io/Statement/v1".to_owned(),
        subject: vec![Subject::new("charts/app", Sha256::of("content"))],
        predicate_type: "https://lineage.example/check/v1".to_owned(),
        predicate: json!({ "z": 1, "a": "ü", "result": "pass" }),
    }
}

/// A key, and a bundle it signed, as a value to be changed.
fn signed() -> (PrivateKey, Value) {
    let (_directory, _, key) = new_key();
    let bundle = serde_json::from_str(&key.sign(&statement()).unwrap()).unwrap();
    (key, bundle)
}

#[test]
fn a_bundle_gets_its_own_bytes_back() {
    let (_directory, _, key) = new_key();
    let written = key.sign(&statement()).unwrap();
    let mut kept: Value = serde_json::from_str(&written).unwrap();
    // As a store has it that keeps the JSON and not the bytes.
    assert_ne!(kept.to_string(), written);
    assert_eq!(as_signed(&format!("{kept:#}")), Some(written));
    kept["more"] = json!(1);
    assert_eq!(as_signed(&kept.to_string()), None, "nothing is lost on the way");
    assert_eq!(as_signed("not json"), None);
}

/// A bundle of `payload` under `payload_type`, signed by the key whatever it says.
fn sign_anything(key: &PrivateKey, payload_type: &str, payload: &str) -> String {
    let pae = sigstore_types::dsse::pae(payload_type, payload.as_bytes());
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": { "publicKey": { "hint": "" } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(payload),
            "payloadType": payload_type,
            "signatures": [{ "sig": key.sign_blob(&pae).unwrap() }],
        },
    })
    .to_string()
}

fn rejected(bundle: &str, keys: &[PublicKey]) -> String {
    match examine(bundle, ring(keys)).1 {
        Proof::Rejected(why) => why,
        Proof::Key { .. } | Proof::Certificate(_) => panic!("proven: {bundle}"),
    }
}

#[test]
fn what_is_signed_is_proven_and_read() {
    let (key, bundle) = signed();
    let (other, _) = signed();
    let (read, proof) = examine(&bundle.to_string(), ring(&[other.public(), key.public()]));
    assert_eq!(read.unwrap(), statement());
    assert_eq!(proof, Proof::key(key.public().fingerprint));
}

#[test]
fn the_bundle_is_what_other_tools_read() {
    let (_directory, _, key) = new_key();
    let bundle = key.sign(&statement()).unwrap();
    assert!(!bundle.contains('\n'));
    let value: Value = serde_json::from_str(&bundle).unwrap();
    assert_eq!(value["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert_eq!(
        value["verificationMaterial"],
        json!({ "publicKey": { "hint": STANDARD.encode(key.public().fingerprint.bytes()) } })
    );
    let payload = STANDARD.decode(value["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    assert_eq!(String::from_utf8(payload).unwrap(), strict::canonical(&statement()));
    // The Sigstore project's own reader takes it.
    let read = sigstore_types::Bundle::from_json(&bundle).unwrap();
    assert_eq!(read.media_type().as_str(), "application/vnd.dev.sigstore.bundle.v0.3+json");
    let line = envelope_line(&bundle).unwrap();
    assert!(!line.contains('\n'));
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value["dsseEnvelope"]);
}

#[test]
fn openssl_verifies_the_envelope() {
    let (directory, _, key) = new_key();
    let value: Value = serde_json::from_str(&key.sign(&statement()).unwrap()).unwrap();
    let envelope = &value["dsseEnvelope"];
    let decode = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let payload = decode(&envelope["payload"]);
    // The pre-authentication encoding, spelled out as the DSSE specification has it.
    let mut pae = format!("DSSEv1 28 application/vnd.in-toto+json {} ", payload.len()).into_bytes();
    pae.extend_from_slice(&payload);
    let (public, signature) = (directory.path().join("pub.pem"), directory.path().join("sig"));
    std::fs::write(&public, key.public().pem).unwrap();
    std::fs::write(&signature, decode(&envelope["signatures"][0]["sig"])).unwrap();
    let verify =
        ["dgst", "-sha256", "-verify", public.to_str().unwrap(), "-signature", signature.to_str().unwrap()];
    let Some((ok, _)) = openssl(&verify, &pae) else { return };
    assert!(ok);
    assert!(!openssl(&verify, &payload).unwrap().0);
}

#[test]
fn a_key_nobody_trusts_proves_nothing() {
    let (key, bundle) = signed();
    let (other, _) = signed();
    let text = bundle.to_string();
    assert_eq!(rejected(&text, &[]), "there is no trusted key to verify the signature with");
    assert_eq!(rejected(&text, &[other.public()]), "the signature is not that of any trusted key");
    assert_eq!(examine(&text, ring(&[])).0.unwrap(), statement());
    // A key by another's fingerprint counts as itself.
    let liar = PublicKey { pem: key.public().pem, fingerprint: Sha256::of("somebody else") };
    assert_eq!(examine(&text, ring(&[liar])).1, Proof::key(key.public().fingerprint));
    let unreadable = PublicKey { pem: String::new(), fingerprint: key.public().fingerprint };
    assert_eq!(rejected(&text, &[unreadable]), "there is no trusted key to verify the signature with");
}

#[test]
fn the_hint_is_never_believed() {
    let (key, mut bundle) = signed();
    let (other, _) = signed();
    bundle["verificationMaterial"]["publicKey"]["hint"] =
        json!(STANDARD.encode(other.public().fingerprint.bytes()));
    let keys = [other.public(), key.public()];
    assert_eq!(examine(&bundle.to_string(), ring(&keys)).1, Proof::key(key.public().fingerprint));
    let why = rejected(&bundle.to_string(), &[other.public()]);
    assert!(why.starts_with("the signature is not that of the key it names, "), "{why}");
}

#[test]
fn every_other_shape_is_rejected_and_still_read() {
    let (key, bundle) = signed();
    let keys = [key.public()];
    let changed = |pointer: &str, value: Value| {
        let mut bundle = bundle.clone();
        let (parent, last) = pointer.rsplit_once('/').unwrap();
        bundle.pointer_mut(parent).unwrap()[last] = value;
        bundle.to_string()
    };
    let signature = bundle["dsseEnvelope"]["signatures"][0].clone();
    let cases = [
        (changed("/mediaType", json!("application/vnd.dev.sigstore.bundle.v0.4+json")), "newer than this program"),
        (changed("/mediaType", json!("text/plain")), "is not a Sigstore bundle's"),
        (changed("/mediaType", Value::Null), "no media type"),
        (changed("/messageSignature", json!({ "signature": "AAAA" })), "beside its envelope"),
        (changed("/verificationMaterial", Value::Null), "no verification material"),
        (changed("/verificationMaterial/publicKey", Value::Null), "neither a key nor a certificate"),
        (
            changed("/verificationMaterial", json!({ "certificate": { "rawBytes": "AAAA" } })),
            "there is no trust root to hold it against",
        ),
        (
            changed("/verificationMaterial/x509CertificateChain", json!({ "certificates": [] })),
            "names more than one signer",
        ),
        (changed("/verificationMaterial/publicKey", json!("a key")), "neither a key nor a certificate"),
        (changed("/dsseEnvelope/signatures", json!([signature, signature])), "has 2 signatures"),
        (changed("/dsseEnvelope/signatures", json!([])), "has no signature"),
        (changed("/dsseEnvelope/signatures", json!([{ "sig": "!" }])), "not base64"),
        (changed("/dsseEnvelope/signatures", json!(["x"])), "not base64"),
    ];
    for (text, expected) in cases {
        let why = rejected(&text, &keys);
        assert!(why.contains(expected), "{why} / {expected}");
        assert_eq!(examine(&text, ring(&keys)).0.unwrap(), statement(), "{text}");
    }
    for version in ["0.1", "0.2", "0.3"] {
        let old = format!("application/vnd.dev.sigstore.bundle+json;version={version}");
        let text = changed("/mediaType", json!(old));
        assert_eq!(examine(&text, ring(&keys)).1, Proof::key(key.public().fingerprint));
    }
}

#[test]
fn what_cannot_be_read_is_not_proven_whoever_signed_it() {
    let (key, _) = signed();
    let keys = [key.public()];
    let good = strict::canonical(&statement());
    let in_toto = "application/vnd.in-toto+json";
    assert!(matches!(examine(&sign_anything(&key, in_toto, &good), ring(&keys)).1, Proof::Key { .. }));
    let value = serde_json::to_value(statement()).unwrap();
    let with = |field: &str, to: Value| {
        let mut value = value.clone();
        value[field] = to;
        value.to_string()
    };
    let cases = [
        (in_toto, with("_type", json!("https://in-toto.io/Statement/v2")), "statement's type is"),
        (in_toto, with("_type", Value::Null), "has no type"),
        (in_toto, with("subject", json!([])), "has no subject"),
        (in_toto, with("subject", Value::Null), "has no subject"),
        (in_toto, with("subject", json!([["charts/app", {}]])), "not an object"),
        (in_toto, with("subject", json!([{ "name": "x", "digest": {} }])), "has no digest"),
        (in_toto, good.replacen('{', r#"{"_type":"x","#, 1), "occurs twice"),
        (in_toto, good.replace(r#""result""#, r#""a""#), "occurs twice"),
        (in_toto, json!([value["_type"], value["subject"], "t", {}]).to_string(), "not a JSON object"),
        (in_toto, format!("{good} x"), "not readable"),
        (in_toto, String::new(), "not readable"),
        ("application/json", good.clone(), "payload type"),
    ];
    for (payload_type, payload, expected) in cases {
        let bundle = sign_anything(&key, payload_type, &payload);
        let why = rejected(&bundle, &keys);
        assert!(why.contains(expected), "{why} / {expected}");
        assert_eq!(examine(&bundle, ring(&keys)).0.unwrap_err(), why);
    }
}

#[test]
fn a_repeated_key_anywhere_is_refused() {
    let (key, bundle) = signed();
    let text = bundle.to_string();
    for name in ["mediaType", "payload", "payloadType", "hint", "sig", "publicKey"] {
        let twice = text.replacen(&format!(r#""{name}":"#), &format!(r#""{name}":null,"{name}":"#), 1);
        assert_ne!(twice, text);
        assert!(rejected(&twice, &[key.public()]).contains("occurs twice"), "{name}");
        assert!(envelope_line(&twice).is_err());
    }
}

#[test]
fn a_truncated_bundle_is_refused() {
    let (key, bundle) = signed();
    let text = bundle.to_string();
    for end in 0..text.len() {
        let Some(part) = text.get(..end) else { continue };
        rejected(part, &[key.public()]);
        assert!(envelope_line(part).is_err());
    }
    assert_eq!(
        envelope_line(r#"{"messageSignature":{}}"#).unwrap_err(),
        "the bundle signs a file, not a statement"
    );
}

#[test]
fn anything_may_come() {
    let (key, _) = signed();
    let keys = [key.public()];
    proptest!(|(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200))| {
        prop_assert!(matches!(examine(&text, ring(&keys)).1, Proof::Rejected(_)));
        prop_assert!(matches!(examine(&String::from_utf8_lossy(&bytes), ring(&keys)).1, Proof::Rejected(_)));
        let _ = envelope_line(&text);
        let _ = PublicKey::parse(&text);
    });
}

#[test]
fn no_changed_byte_of_payload_or_signature_verifies() {
    let (key, bundle) = signed();
    proptest!(|(at in any::<prop::sample::Index>(), flip in 1..=255_u8, in_payload: bool)| {
        let mut bundle = bundle.clone();
        let pointer = if in_payload { "/dsseEnvelope/payload" } else { "/dsseEnvelope/signatures/0/sig" };
        let field = bundle.pointer_mut(pointer).unwrap();
        let mut bytes = STANDARD.decode(field.as_str().unwrap()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        *field = json!(STANDARD.encode(bytes));
        prop_assert!(matches!(examine(&bundle.to_string(), ring(&[key.public()])).1, Proof::Rejected(_)));
    });
}

#[test]
fn a_changed_bundle_never_says_anything_else() {
    let (key, bundle) = signed();
    proptest!(|(at in any::<prop::sample::Index>(), byte in any::<u8>())| {
        let mut bytes = bundle.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let (read, proof) = examine(&String::from_utf8_lossy(&bytes), ring(&[key.public()]));
        if let Proof::Key { .. } = proof {
            prop_assert_eq!(read.unwrap(), statement());
        }
    });
}

#[test]
fn cut_or_extended_payloads_never_verify() {
    let (key, bundle) = signed();
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    proptest!(|(cut in 1..40_usize, more in "[ -~]{1,40}")| {
        let shorter = payload[..payload.len() - cut].to_vec();
        let longer = [payload.clone(), more.into_bytes()].concat();
        for changed in [shorter, longer] {
            let mut bundle = bundle.clone();
            bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(changed));
            prop_assert!(matches!(examine(&bundle.to_string(), ring(&[key.public()])).1, Proof::Rejected(_)));
        }
    });
}
