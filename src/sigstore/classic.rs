//! Signatures of certificates as cosign laid them beside an image before there were bundles: payload, signature,
//! certificate and what the log answered, each in a place of its own.
//!
//! [SIGNATURE_SPEC.md](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md); what Rekor answered is a
//! promise to log, which is what bundles of version 0.1 hold. So they are put into one, and that is judged.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::artifact::prove_file;
use super::roots::Roots;
use crate::model::{Proof, Sha256, json as strict};

/// What such a signature proves of its payload, as [`super::examine`] says it of a statement.
pub fn prove_classic(
    payload: &[u8],
    signature: &str,
    certificate: &str,
    log: Option<&str>,
    roots: &Roots,
) -> Proof {
    match bundle(payload, signature, certificate, log) {
        Ok(bundle) => prove_file(&bundle, payload, roots),
        Err(why) => Proof::Rejected(why.to_owned()),
    }
}

fn bundle(payload: &[u8], signature: &str, certificate: &str, log: Option<&str>) -> Result<String, &'static str> {
    const UNREADABLE: &str = "what the log answered is not readable";
    let blocks = pem::parse_many(certificate).map_err(|_| "its certificate is not readable")?;
    let [leaf] = blocks.as_slice() else { return Err("it has not one certificate") };
    let log = log.ok_or("its certificate was used when no log looked on")?;
    let log: Value = strict::parse(log).map_err(|_| UNREADABLE)?;
    let text = |pointer: &str| log.pointer(pointer).and_then(Value::as_str).ok_or(UNREADABLE);
    let number = |pointer: &str| log.pointer(pointer).and_then(Value::as_u64).ok_or(UNREADABLE);
    let body = text("/Payload/body")?;
    let entry = STANDARD.decode(body).map_err(|_| UNREADABLE)?;
    let entry: Value = serde_json::from_slice(&entry).map_err(|_| UNREADABLE)?;
    let id = hex::decode(text("/Payload/logID")?).map_err(|_| UNREADABLE)?;
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "verificationMaterial": {
            "x509CertificateChain": { "certificates": [{ "rawBytes": STANDARD.encode(leaf.contents()) }] },
            "tlogEntries": [{
                "logIndex": number("/Payload/logIndex")?.to_string(),
                "logId": { "keyId": STANDARD.encode(id) },
                "kindVersion": { "kind": entry["kind"], "version": entry["apiVersion"] },
                "integratedTime": number("/Payload/integratedTime")?.to_string(),
                "inclusionPromise": { "signedEntryTimestamp": text("/SignedEntryTimestamp")? },
                "canonicalizedBody": body,
            }],
        },
        "messageSignature": {
            "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(Sha256::of(payload).bytes()) },
            "signature": signature,
        },
    });
    Ok(bundle.to_string())
}
