//! A certificate transparency log on loopback, as far as Fulcio speaks with it: it takes a precertificate
//! and promises to log it (RFC 6962, sections 3.2, 3.3 and 4.2). It keeps nothing, since nobody here reads
//! it; Fulcio, and every verifier after it, checks the promise.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::der::{Element, SEQUENCE, element, elements};
use super::http::{Request, Server};

/// 1.3.6.1.4.1.11129.2.4.3, the extension that makes a certificate a precertificate.
const POISON: [u8; 12] = [0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x03];

/// `[3]`, which holds the extensions of a certificate.
const EXTENSIONS: u8 = 0xa3;
/// `[0]`, which holds the version of a certificate.
const VERSION: u8 = 0xa0;

/// The log; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct CtLog {
    /// Its public key, as a `SubjectPublicKeyInfo` in DER.
    pub(super) public: Vec<u8>,
    server: Server,
}

impl CtLog {
    pub(super) fn start() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key can be made");
        let public = key.public_key().as_der().expect("a public key has a DER form").as_ref().to_vec();
        let id = Sha256::digest(&public);
        let server = Server::start(move |request| match promise(request, &key, &id) {
            Some(promise) => (200, promise.to_string()),
            None => (400, json!({ "message": "this is no precertificate with its issuer" }).to_string()),
        });
        Self { public, server }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }
}

/// A signed certificate timestamp for what was handed in.
fn promise(request: &Request, key: &EcdsaKeyPair, id: &[u8]) -> Option<Value> {
    if (&*request.method, &*request.path) != ("POST", "/ct/v1/add-pre-chain") {
        return None;
    }
    let body: Value = serde_json::from_slice(&request.body).ok()?;
    let certificate = |index: usize| STANDARD.decode(body["chain"][index].as_str()?).ok();
    let entry = without_poison(&certificate(0)?)?;
    let issuer = Sha256::digest(public_key(&certificate(1)?)?);
    let timestamp = u64::try_from(jiff::Timestamp::now().as_millisecond()).ok()?;

    // Version 1, a timestamp, for a precertificate.
    let mut signed = vec![0, 0];
    signed.extend(timestamp.to_be_bytes());
    signed.extend([0, 1]);
    signed.extend(issuer);
    signed.extend(&u32::try_from(entry.len()).ok()?.to_be_bytes()[1..]);
    signed.extend(&entry);
    // No extensions.
    signed.extend([0, 0]);
    let signature = key.sign(&SystemRandom::new(), &signed).ok()?;
    // SHA-256 and ECDSA (RFC 5246, section 7.4.1.4.1).
    let mut digitally_signed = vec![4, 3];
    digitally_signed.extend(u16::try_from(signature.as_ref().len()).ok()?.to_be_bytes());
    digitally_signed.extend(signature.as_ref());
    Some(json!({
        "sct_version": 0,
        "id": STANDARD.encode(id),
        "timestamp": timestamp,
        "extensions": "",
        "signature": STANDARD.encode(digitally_signed),
    }))
}

/// What stands in the signed part of a certificate.
fn fields(certificate: &[u8]) -> Option<Vec<Element<'_>>> {
    let certificate = elements(certificate)?.first()?.content;
    elements(elements(certificate)?.first()?.content)
}

/// The public key of a certificate, whole.
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let fields = fields(certificate)?;
    // Serial number, algorithm, issuer, validity and subject stand before it.
    Some(fields.iter().filter(|field| field.tag != VERSION).nth(5)?.whole)
}

/// The signed part of a precertificate as that of the certificate will be, before it holds the promise.
fn without_poison(precertificate: &[u8]) -> Option<Vec<u8>> {
    let mut poisoned = false;
    let mut content = Vec::new();
    for field in fields(precertificate)? {
        if field.tag != EXTENSIONS {
            content.extend(field.whole);
            continue;
        }
        let mut kept = Vec::new();
        for extension in elements(elements(field.content)?.first()?.content)? {
            if extension.content.starts_with(&POISON) {
                poisoned = true;
            } else {
                kept.extend(extension.whole);
            }
        }
        content.extend(element(EXTENSIONS, &element(SEQUENCE, &kept)));
    }
    poisoned.then(|| element(SEQUENCE, &content))
}
