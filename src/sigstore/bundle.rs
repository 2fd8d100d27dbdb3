//! Sigstore bundles with a DSSE envelope: written with a key, read, proven against keys and trust roots.
//!
//! Formats: [Sigstore bundle](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto),
//! [DSSE](https://github.com/secure-systems-lab/dsse/blob/master/protocol.md).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Map, Value};
use sigstore_types::dsse::pae;

use super::{Error, Keyring, PrivateKey, PublicKey, certificate};
use crate::model::statement::STATEMENT_TYPE;
use crate::model::{Proof, Sha256, Statement, json};

/// The media type we write.
const BUNDLE_V03: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The media types we read: for a key and a DSSE envelope the versions do not differ.
const READABLE: [&str; 4] = [
    BUNDLE_V03,
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

/// What every bundle's media type opens with, of whatever version.
const ANY_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// The payload type of an in-toto statement in DSSE.
pub(super) const IN_TOTO: &str = "application/vnd.in-toto+json";

/// What `cosign attest-blob` still writes; its fields are those of version 1. No statement of ours is one, and
/// the judge counts none.
const EARLIER_STATEMENT: &str = "https://in-toto.io/Statement/v0.1";

/// How verification material names a signer; one of these, never two.
const SIGNERS: [&str; 3] = ["publicKey", "certificate", "x509CertificateChain"];

/// What of the verification material says when something was signed.
const TIMES: [&str; 2] = ["tlogEntries", "timestampVerificationData"];

// Written through types, so that the order of the keys is ours and not a dependency's choice.

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bundle<'a> {
    media_type: &'a str,
    verification_material: Material,
    dsse_envelope: Envelope<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Hint,
}

#[derive(Serialize)]
struct Hint {
    hint: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    payload: String,
    payload_type: &'a str,
    signatures: [Signature; 1],
}

#[derive(Serialize)]
struct Signature {
    sig: String,
}

impl PrivateKey {
    /// A Sigstore bundle v0.3 (JSON, one line): public-key hint, DSSE envelope, the statement in RFC 8785 form.
    ///
    /// # Errors
    /// The backend failed.
    pub fn sign(&self, statement: &Statement) -> Result<String, Error> {
        let payload = json::canonical(statement);
        let sig = self.sign_blob(&pae(IN_TOTO, payload.as_bytes()))?;
        let bundle = Bundle {
            media_type: BUNDLE_V03,
            verification_material: Material { public_key: Hint { hint: self.public().hint() } },
            dsse_envelope: Envelope {
                payload: STANDARD.encode(payload),
                payload_type: IN_TOTO,
                signatures: [Signature { sig }],
            },
        };
        serde_json::to_string(&bundle).map_err(|e| Error::Sign(e.to_string()))
    }
}

/// A bundle in the bytes it was signed in, where a store kept its JSON and not its bytes: records name bundles by
/// the digest of those. None where this program would not have written it so, or something would be lost.
pub fn as_signed(bundle: &str) -> Option<String> {
    let value: Value = json::parse(bundle).ok()?;
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let written = match (text("/verificationMaterial/publicKey/hint"), value["verificationMaterial"].as_object()) {
        (Some(hint), Some(material)) if material.len() == 1 => serde_json::to_string(&Bundle {
            media_type: BUNDLE_V03,
            verification_material: Material { public_key: Hint { hint: hint.to_owned() } },
            dsse_envelope: Envelope {
                payload: text("/dsseEnvelope/payload")?.to_owned(),
                payload_type: text("/dsseEnvelope/payloadType")?,
                signatures: [Signature { sig: text("/dsseEnvelope/signatures/0/sig")?.to_owned() }],
            },
        })
        .ok()?,
        _ => sigstore_types::Bundle::from_json(bundle).ok()?.to_json().ok()?,
    };
    let again: Value = serde_json::from_str(&written).ok()?;
    (again == value).then_some(written)
}

/// Reads a bundle's statement and proves its signature against the given keys, or its certificate against the
/// trust roots, offline. A key is found by trying those whose hint or fingerprint fits; the hint itself is
/// never believed. What a bundle carries beside a key's signature (log entries, timestamps) can only add times
/// to it: what of it does not verify counts as not there.
pub fn examine(bundle: &str, ring: Keyring<'_>) -> (Result<Statement, String>, Proof) {
    let text = bundle;
    let opened = json::value(bundle)
        .map_err(|why| format!("the bundle is not readable: {why}"))
        .and_then(|value| object(value, "the bundle"));
    let bundle = match opened {
        Ok(bundle) => bundle,
        Err(why) => return (Err(why.clone()), Proof::Rejected(why)),
    };
    let payload = payload(&bundle);
    let statement = payload.clone().and_then(|payload| read_statement(&payload));
    let proven = match (&payload, &statement) {
        // What cannot be read is never proven, whoever signed it.
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
        (Ok(payload), Ok(statement)) => prove(text, &bundle, payload, statement, ring),
    };
    (statement, proven.unwrap_or_else(Proof::Rejected))
}

/// Reads a bundle's statement, and looks at no signature.
///
/// # Errors
/// The bundle or the statement in it is not readable.
pub fn statement(bundle: &str) -> Result<Statement, String> {
    let bundle = json::value(bundle).map_err(|why| format!("the bundle is not readable: {why}"))?;
    read_statement(&payload(&object(bundle, "the bundle")?)?)
}

/// The DSSE envelope of a bundle as one line of JSON: a line of `.intoto.jsonl`.
///
/// # Errors
/// The bundle is not readable, or has no envelope.
pub fn envelope_line(bundle: &str) -> Result<String, String> {
    let bundle = json::value(bundle).map_err(|why| format!("the bundle is not readable: {why}"))?;
    let bundle = object(bundle, "the bundle")?;
    Ok(Value::Object(envelope(&bundle)?.clone()).to_string())
}

/// What tells one signed envelope from another: sha256 of its payload and its one signature. Two bundles of the
/// same one differ in what they bring beside it alone.
pub fn same_envelope(bundle: &str) -> Option<Sha256> {
    let bundle = json::value(bundle).ok().and_then(|value| object(value, "the bundle").ok())?;
    let (payload, signature) = (payload(&bundle).ok()?, only_signature(&bundle).ok()?);
    Some(Sha256::of([*Sha256::of(payload).bytes(), *Sha256::of(signature).bytes()].concat()))
}

/// Whose signature over `payload` it is.
fn prove(
    text: &str,
    bundle: &Map<String, Value>,
    payload: &[u8],
    statement: &Statement,
    ring: Keyring<'_>,
) -> Result<Proof, String> {
    match bundle.get("mediaType").and_then(Value::as_str) {
        Some(media_type) if READABLE.contains(&media_type) => {}
        Some(media_type) if media_type.starts_with(ANY_BUNDLE) => {
            return Err(format!("the bundle's media type {media_type:?} is newer than this program reads"));
        }
        Some(media_type) => return Err(format!("the media type {media_type:?} is not a Sigstore bundle's")),
        None => return Err("the bundle has no media type".to_owned()),
    }
    if present(bundle, "messageSignature").is_some() {
        return Err("the bundle holds a message signature beside its envelope".to_owned());
    }
    let material = present(bundle, "verificationMaterial")
        .and_then(Value::as_object)
        .ok_or("the bundle has no verification material")?;
    let signature = only_signature(bundle)?;
    let named: Vec<&str> = SIGNERS.into_iter().filter(|kind| present(material, kind).is_some()).collect();
    match named.as_slice() {
        ["publicKey"] => {
            let named = material.get("publicKey").and_then(Value::as_object);
            let named = named.ok_or("the bundle names neither a key nor a certificate")?;
            let hint = named.get("hint").and_then(Value::as_str).unwrap_or_default();
            let key = signer(payload, &signature, hint, ring.keys)?;
            let attested = TIMES.iter().any(|kind| material.get(*kind).is_some_and(filled));
            let times =
                if attested { certificate::times(text, payload, statement, &key, ring.roots) } else { Vec::new() };
            Ok(Proof::Key { fingerprint: key.fingerprint, times })
        }
        [_] => certificate::prove(text, payload, statement, ring.roots)
            .map(|proven| Proof::Certificate(Box::new(proven))),
        [] => Err("the bundle names neither a key nor a certificate".to_owned()),
        _ => Err("the bundle names more than one signer".to_owned()),
    }
}

/// The envelope's one signature.
fn only_signature(bundle: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let signatures = envelope(bundle)?.get("signatures").and_then(Value::as_array).map(Vec::as_slice);
    let signature = match signatures {
        Some([signature]) => signature,
        None | Some([]) => return Err("the envelope has no signature".to_owned()),
        Some(several) => {
            return Err(format!("the envelope has {} signatures; exactly one is read", several.len()));
        }
    };
    signature
        .get("sig")
        .and_then(Value::as_str)
        .and_then(|text| STANDARD.decode(text).ok())
        .ok_or_else(|| "the signature is not base64".to_owned())
}

/// The trusted key whose signature over `payload` it is.
fn signer(payload: &[u8], signature: &[u8], hint: &str, keys: &[PublicKey]) -> Result<PublicKey, String> {
    let signed = pae(IN_TOTO, payload);
    // Fingerprints are taken anew: a proof names the key that verified, not what somebody calls it.
    let mut keys: Vec<PublicKey> = keys.iter().filter_map(|key| PublicKey::parse(&key.pem).ok()).collect();
    keys.sort_by_key(|key| key.hint() != hint);
    if keys.is_empty() {
        return Err("there is no trusted key to verify the signature with".to_owned());
    }
    if let Some(key) = keys.iter().find(|key| key.verifies(&signed, signature)) {
        return Ok(key.clone());
    }
    match keys.iter().find(|key| key.hint() == hint) {
        Some(key) => Err(format!("the signature is not that of the key it names, {}", key.fingerprint)),
        None => Err("the signature is not that of any trusted key".to_owned()),
    }
}

/// The bytes the envelope says are signed.
fn payload(bundle: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let envelope = envelope(bundle)?;
    match envelope.get("payloadType").and_then(Value::as_str) {
        Some(IN_TOTO) => {}
        Some(other) => return Err(format!("the envelope's payload type is {other:?}, not {IN_TOTO}")),
        None => return Err("the envelope has no payload type".to_owned()),
    }
    let payload = envelope.get("payload").and_then(Value::as_str).ok_or("the envelope has no payload")?;
    STANDARD.decode(payload).map_err(|_| "the envelope's payload is not base64".to_owned())
}

pub(super) fn read_statement(payload: &[u8]) -> Result<Statement, String> {
    let text = std::str::from_utf8(payload).map_err(|_| "the statement is not UTF-8".to_owned())?;
    let unreadable = |why: String| format!("the statement is not readable: {why}");
    let value = json::value(text).map_err(unreadable)?;
    // serde would read a list as a struct too: [type, subject, …]. Nobody else would.
    let value = object(value, "the statement")?;
    let subjects = value.get("subject").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if subjects.is_empty() {
        return Err("the statement has no subject".to_owned());
    }
    if !subjects.iter().all(Value::is_object) {
        return Err("a subject of the statement is not an object".to_owned());
    }
    match value.get("_type").and_then(Value::as_str) {
        Some(STATEMENT_TYPE | EARLIER_STATEMENT) => {}
        Some(other) => return Err(format!("the statement's type is {other:?}, not {STATEMENT_TYPE}")),
        None => return Err("the statement has no type".to_owned()),
    }
    let statement: Statement =
        serde_json::from_value(Value::Object(value)).map_err(|e| unreadable(e.to_string()))?;
    match statement.subject.iter().find(|subject| subject.digest.is_empty()) {
        Some(subject) => Err(format!("the statement's subject {:?} has no digest", subject.name)),
        None => Ok(statement),
    }
}

fn envelope(bundle: &Map<String, Value>) -> Result<&Map<String, Value>, String> {
    match present(bundle, "dsseEnvelope") {
        Some(Value::Object(envelope)) => Ok(envelope),
        _ if present(bundle, "messageSignature").is_some() => {
            Err("the bundle signs a file, not a statement".to_owned())
        }
        _ => Err("the bundle has no DSSE envelope".to_owned()),
    }
}

/// A field that is there and not null: protobuf's JSON takes null for a field that is not set.
fn present<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

fn filled(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.values().any(filled),
        Value::Null => false,
        _ => true,
    }
}

fn object(value: Value, what: &str) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(format!("{what} is not a JSON object")),
    }
}
