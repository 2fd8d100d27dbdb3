//! Bundles, signed without the code under test: a P-256 key, DSSE, Sigstore bundle v0.3.

use std::fs;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::Digest as _;

/// The payload type of an in-toto statement.
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// What the SPKI DER of a P-256 key opens with (RFC 5480); the uncompressed point follows.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// sha256 in lower-case hex.
pub(super) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(sha2::Sha256::digest(bytes.as_ref()))
}

/// One private key, whoever holds it.
pub(super) struct Signer {
    pair: EcdsaKeyPair,
}

impl Signer {
    /// Reads a key file of the world.
    pub(super) fn load(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("every world has its keys");
        let der = pem::parse(text).expect("the key is PEM");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.contents());
        Self { pair: pair.expect("the key is P-256") }
    }

    /// The hint a bundle names this key by.
    pub(super) fn hint(&self) -> String {
        let der = [&SPKI[..], self.pair.public_key().as_ref()].concat();
        STANDARD.encode(sha2::Sha256::digest(der))
    }

    /// A bundle over a statement's text, one line.
    pub(super) fn bundle(&self, statement: &str) -> String {
        self.bundle_as(IN_TOTO, statement)
    }

    /// The same under another payload type, which is signed along.
    pub(super) fn bundle_as(&self, payload_type: &str, statement: &str) -> String {
        let signed = format!("DSSEv1 {} {payload_type} {} {statement}", payload_type.len(), statement.len());
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("there is randomness");
        format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"{}"}}}},"dsseEnvelope":{{"payload":"{}","payloadType":"{payload_type}","signatures":[{{"sig":"{}"}}]}}}}"#,
            self.hint(),
            STANDARD.encode(statement),
            STANDARD.encode(signature.as_ref())
        )
    }
}

/// The text a bundle signs.
pub(super) fn signed_text(bundle: &serde_json::Value) -> String {
    let payload = bundle["dsseEnvelope"]["payload"].as_str().expect("the bundle has an envelope");
    String::from_utf8(STANDARD.decode(payload).expect("git lineage wrote it")).expect("a statement is text")
}
