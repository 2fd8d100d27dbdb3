//! From a statement or a file to a bundle.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::certificate::{CODE_SIGNING, Order, Proof, SERVER, Validity};
use super::how::{Defect, How, Log};
use super::keys::{Key, sha256};
use super::log::{Entry, Notary, Rekor};
use super::{Identity, Sigstore};

const HOUR: i64 = 3_600;

/// What is signed.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// An in-toto statement, in a DSSE envelope.
    Statement(&'a [u8]),
    /// A file's bytes.
    File(&'a [u8]),
}

impl Content<'_> {
    /// Something else of the same kind.
    fn another(self) -> Self {
        match self {
            Self::Statement(_) => Self::Statement(b"{}"),
            Self::File(_) => Self::File(b"another file"),
        }
    }

    /// The bytes the signature is over.
    fn signed(self) -> Vec<u8> {
        match self {
            Self::Statement(payload) => {
                let kind = PAYLOAD_TYPE;
                let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
                [head.as_bytes(), payload].concat()
            }
            Self::File(bytes) => bytes.to_vec(),
        }
    }

    /// Its part of a bundle.
    fn shown(self, signature: &[u8], tampered: bool) -> (&'static str, Value) {
        let signature = STANDARD.encode(signature);
        match self {
            Self::Statement(payload) => {
                let mut payload = payload.to_vec();
                if tampered {
                    // Still the same JSON, to whoever only parses it.
                    payload.push(b' ');
                }
                let envelope = json!({
                    "payload": STANDARD.encode(payload),
                    "payloadType": PAYLOAD_TYPE,
                    "signatures": [{ "sig": signature }],
                });
                ("dsseEnvelope", envelope)
            }
            Self::File(bytes) => {
                let mut digest = sha256(bytes);
                digest[0] ^= u8::from(tampered);
                let digest = json!({ "algorithm": "SHA2_256", "digest": STANDARD.encode(digest) });
                ("messageSignature", json!({ "messageDigest": digest, "signature": signature }))
            }
        }
    }

    /// Its entry in a log.
    fn entry(self, log: Log, signature: &[u8], certificate: &[u8], time: i64) -> Entry {
        let digest = sha256(&self.signed());
        let sig = STANDARD.encode(signature);
        let armoured = || STANDARD.encode(armoured(certificate));
        let (kind, version, spec) = match (log, self) {
            (Log::V2, _) => {
                let verifier = json!({
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "x509Certificate": { "rawBytes": STANDARD.encode(certificate) },
                });
                let data = json!({ "algorithm": "SHA2_256", "digest": STANDARD.encode(digest) });
                let signature = json!({ "content": sig, "verifier": verifier });
                let rekord = json!({ "data": data, "signature": signature });
                ("hashedrekord", "0.0.2", json!({ "hashedRekordV002": rekord }))
            }
            (_, Self::Statement(payload)) => {
                let (_, envelope) = self.shown(signature, false);
                let hash = |bytes: &[u8]| json!({ "algorithm": "sha256", "value": hex::encode(sha256(bytes)) });
                let spec = json!({
                    "envelopeHash": hash(envelope.to_string().as_bytes()),
                    "payloadHash": hash(payload),
                    "signatures": [{ "signature": sig, "verifier": armoured() }],
                });
                ("dsse", "0.0.1", spec)
            }
            (_, Self::File(_)) => {
                let hash = json!({ "algorithm": "sha256", "value": hex::encode(digest) });
                let signature = json!({ "content": sig, "publicKey": { "content": armoured() } });
                ("hashedrekord", "0.0.1", json!({ "data": { "hash": hash }, "signature": signature }))
            }
        };
        let body = json!({ "apiVersion": version, "kind": kind, "spec": spec });
        let body = serde_json_canonicalizer::to_vec(&body).expect("JSON has a canonical form");
        Entry { kind, version, body, time }
    }
}

/// The payload type of every envelope here.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

impl Sigstore {
    pub(super) fn bundle(&self, content: Content<'_>, identity: &Identity, how: &How) -> Value {
        let key = self.fresh_key();
        let certificate = self.issue(&key, identity, how);
        let other = how.has(Defect::ForeignSignature).then(|| self.fresh_key());
        let mut signature = other.as_ref().unwrap_or(&key).sign(&content.signed());

        let mut material = json!({ "certificate": { "rawBytes": STANDARD.encode(&certificate) } });
        if how.log != Log::None {
            let time = if how.has(Defect::LateEntry) { validity(how).to + HOUR } else { how.time };
            let entry = if how.has(Defect::EntryOfAnother) {
                let another = content.another();
                another.entry(how.log, &key.sign(&another.signed()), &certificate, time)
            } else if how.has(Defect::EntryOfAnotherSigner) {
                let another = self.issue(&self.fresh_key(), identity, how);
                content.entry(how.log, &signature, &another, time)
            } else {
                content.entry(how.log, &signature, &certificate, time)
            };
            material["tlogEntries"] = json!([self.logged(&entry, how)]);
        }
        if how.tsa {
            let stamp = json!({ "signedTimestamp": STANDARD.encode(self.stamped(&signature, how)) });
            material["timestampVerificationData"] = json!({ "rfc3161Timestamps": [stamp] });
        }
        if how.has(Defect::TamperedSignature) {
            *signature.last_mut().expect("a signature has bytes") ^= 1;
        }
        let (field, shown) = content.shown(&signature, how.has(Defect::TamperedPayload));
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            field: shown,
        })
    }

    /// This instance, or the impostor, if any of these is wrong.
    fn or_impostor(&self, how: &How, defects: &[Defect]) -> &Self {
        if defects.iter().any(|defect| how.has(*defect)) { self.impostor() } else { self }
    }

    /// The certificate authority's part.
    pub(super) fn issue(&self, key: &Key, identity: &Identity, how: &How) -> Vec<u8> {
        let log = self.or_impostor(how, &[Defect::ForeignSct]);
        let signer = self.or_impostor(how, &[Defect::ForeignSct, Defect::ForgedSct]);
        let proof = Proof { log: &log.ct, signer: &signer.ct };
        self.or_impostor(how, &[Defect::ForeignAuthority]).fulcio.leaf(&Order {
            key,
            usage: if how.has(Defect::NotForSigning) { SERVER } else { CODE_SIGNING },
            name: identity.name(),
            claims: identity.extensions(),
            validity: validity(how),
            proof: (how.sct && !how.has(Defect::NoSct)).then_some(proof),
        })
    }

    /// The log's part.
    fn logged(&self, entry: &Entry, how: &How) -> Value {
        let foreign = Defect::ForeignLog;
        let forged = [foreign, Defect::ForeignCheckpoint, Defect::ForgedCheckpoint];
        let named = self.or_impostor(how, &forged[..2]).rekor(how.log);
        let signer = self.or_impostor(how, &forged).rekor(how.log);
        self.or_impostor(how, &[foreign]).rekor(how.log).take(entry, how, &Notary { named, signer })
    }

    fn rekor(&self, log: Log) -> &Rekor {
        if log == Log::V2 { &self.rekor2 } else { &self.rekor1 }
    }

    /// The timestamp authority's part.
    fn stamped(&self, signature: &[u8], how: &How) -> Vec<u8> {
        let stamper = &self.or_impostor(how, &[Defect::ForeignTimestamp]).stamper;
        let signer = &self.or_impostor(how, &[Defect::ForeignTimestamp, Defect::ForgedTimestamp]).stamper;
        let time = if how.has(Defect::LateTimestamp) { validity(how).to + HOUR } else { how.time };
        let bytes = if how.has(Defect::TimestampOfAnother) { b"another signature" } else { signature };
        stamper.stamp(bytes, time, &signer.signer.key)
    }
}

/// When the certificate is valid.
fn validity(how: &How) -> Validity {
    let from = if how.has(Defect::Expired) {
        how.time - how.lifetime - HOUR
    } else if how.has(Defect::NotYetValid) {
        how.time + HOUR
    } else {
        how.time
    };
    Validity { from, to: from + how.lifetime }
}

fn armoured(certificate: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("CERTIFICATE", certificate), config)
}
