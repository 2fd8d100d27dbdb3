//! The files that tell clients whom to trust and where to sign.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::OPERATOR;

/// What the servers are known by.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) fulcio_url: &'a str,
    /// The certificate authority from its issuing certificate to its root, in PEM.
    pub(super) fulcio_chain: &'a [u8],
    pub(super) rekor_url: &'a str,
    /// The log's Ed25519 key, as a `SubjectPublicKeyInfo` in DER.
    pub(super) rekor_key: &'a [u8],
    /// The log's name in its checkpoints.
    pub(super) rekor_origin: &'a str,
    pub(super) ct_log_url: &'a str,
    /// The log's P-256 key, as a `SubjectPublicKeyInfo` in DER.
    pub(super) ct_log_key: &'a [u8],
    pub(super) tsa_url: &'a str,
    /// The timestamping authority from its signing certificate to its root, in PEM.
    pub(super) tsa_chain: &'a [u8],
    pub(super) issuer: &'a str,
}

/// From when the servers count. They began a moment ago; clocks and whole seconds may differ a little.
fn begin() -> String {
    (Timestamp::now() - SignedDuration::from_hours(1)).to_string()
}

/// Until when they count.
fn end() -> String {
    (Timestamp::now() + SignedDuration::from_hours(24)).to_string()
}

/// `trusted_root.json` (dev.sigstore.trustroot.v1.TrustedRoot).
pub(super) fn trusted_root(parts: &Parts<'_>) -> Value {
    let log = |url: &str, key: &[u8], details: &str, id: &[u8]| {
        json!([{
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(key),
                "keyDetails": details,
                "validFor": { "start": begin() },
            },
            "logId": { "keyId": STANDARD.encode(id) },
        }])
    };
    let authority = |url: &str, name: &str, chain: &[u8]| {
        json!([{
            "subject": { "organization": OPERATOR, "commonName": name },
            "uri": url,
            "certChain": { "certificates": certificates(chain) },
            "validFor": { "start": begin(), "end": end() },
        }])
    };
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": log(parts.rekor_url, parts.rekor_key, "PKIX_ED25519", &checkpoint_key_id(parts)),
        "certificateAuthorities": authority(parts.fulcio_url, "fulcio", parts.fulcio_chain),
        "ctlogs": log(
            parts.ct_log_url,
            parts.ct_log_key,
            "PKIX_ECDSA_P256_SHA_256",
            &Sha256::digest(parts.ct_log_key),
        ),
        "timestampAuthorities": authority(parts.tsa_url, "timestamp-authority", parts.tsa_chain),
    })
}

/// How a log that signs its checkpoints with Ed25519 is named: by key and origin (C2SP signed-note), whole.
fn checkpoint_key_id(parts: &Parts<'_>) -> Vec<u8> {
    // The last 32 bytes of an Ed25519 `SubjectPublicKeyInfo` are the key (RFC 8410).
    let key = &parts.rekor_key[parts.rekor_key.len() - 32..];
    Sha256::new().chain_update(parts.rekor_origin).chain_update(b"\n\x01").chain_update(key).finalize().to_vec()
}

fn certificates(chain: &[u8]) -> Vec<Value> {
    let chain = pem::parse_many(chain).expect("servers write their certificates in PEM");
    chain.iter().map(|certificate| json!({ "rawBytes": STANDARD.encode(certificate.contents()) })).collect()
}

/// `signing_config.json` (dev.sigstore.trustroot.v1.SigningConfig, version 0.2).
pub(super) fn signing_config(parts: &Parts<'_>) -> Value {
    let service = |url: &str, version: u32| {
        json!([{
            "url": url,
            "majorApiVersion": version,
            "validFor": { "start": begin() },
            "operator": OPERATOR,
        }])
    };
    json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(parts.fulcio_url, 1),
        "oidcUrls": service(parts.issuer, 1),
        "rekorTlogUrls": service(parts.rekor_url, 2),
        "rekorTlogConfig": { "selector": "ANY" },
        "tsaUrls": service(parts.tsa_url, 1),
        "tsaConfig": { "selector": "ANY" },
    })
}

/// Both in one, as sigstore-python takes them (dev.sigstore.trustroot.v1.ClientTrustConfig).
pub(super) fn client_trust_config(trusted_root: &Value, signing_config: &Value) -> Value {
    json!({
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": trusted_root,
        "signingConfig": signing_config,
    })
}
