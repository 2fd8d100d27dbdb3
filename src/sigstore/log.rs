//! What a transparency log and a timestamp authority add to a signature.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use sigstore_crypto::sha256;
use sigstore_sign::rekor::{
    self, DsseEntry, HashedRekord, HashedRekordV2, LogEntry, RekorApiVersion, RekorClient, RekorV2Client,
    RekorV2KeyDetails,
};
use sigstore_sign::reqwest;
use sigstore_sign::tsa::TimestampClient;
use sigstore_types::{
    DerCertificate, DerPublicKey, DsseEnvelope, KindVersion, Sha256Hash, SignatureBytes, TimestampToken,
    TransparencyLogEntry, pae,
};

use super::patience::{self, patiently};
use super::{Error, Services};

/// With what a signature verifies.
#[derive(Clone, Copy)]
pub(super) enum Verifier<'a> {
    Certificate(&'a DerCertificate),
    Key(&'a DerPublicKey),
}

/// What was signed.
#[derive(Clone, Copy)]
pub(super) enum Signed<'a> {
    Envelope(&'a DsseEnvelope),
    /// The digest of a file.
    Digest(&'a Sha256Hash),
}

/// A signature on its way into a log.
pub(super) struct Entry<'a> {
    pub(super) signed: Signed<'a>,
    pub(super) signature: &'a SignatureBytes,
    pub(super) verifier: Verifier<'a>,
}

/// The log's entry about a signature, and an authority's timestamp of it where the services have one. Neither is
/// verified here.
pub(super) async fn witnessed(
    services: &Services,
    http: &reqwest::Client,
    entry: &Entry<'_>,
) -> Result<(TransparencyLogEntry, Option<TimestampToken>), Error> {
    let services = &services.0;
    let taken = match services.rekor_api_version() {
        RekorApiVersion::V1 => first(services.rekor_url(), http, entry).await?,
        RekorApiVersion::V2 => second(services.rekor_url(), http, entry).await?,
        other => return Err(Error::BadServices(format!("its log speaks Rekor {other:?}"))),
    };
    let Some(url) = services.tsa_url() else { return Ok((taken, None)) };
    let client = TimestampClient::builder(url).with_http_client(http.clone()).build();
    let client = client.map_err(|error| patience::stamper(&error))?;
    let stamp = patiently(async || {
        client.timestamp_signature(entry.signature).await.map_err(|error| patience::stamper(&error))
    });
    Ok((taken, Some(stamp.await?)))
}

/// Rekor v1.
async fn first(url: &str, http: &reqwest::Client, entry: &Entry<'_>) -> Result<TransparencyLogEntry, Error> {
    let client = RekorClient::builder(url).with_http_client(http.clone()).build();
    let client = client.map_err(|error| patience::log(&error))?;
    let bad = |error: &dyn std::fmt::Display| Error::Sign(format!("no log entry can be made: {error}"));
    let (taken, kind) = match (entry.signed, entry.verifier) {
        (Signed::Envelope(envelope), verifier) => {
            let proposed = proposed(envelope, verifier).map_err(|error| bad(&error))?;
            let sent = async || match client.create_dsse_entry(proposed.clone()).await {
                Err(rekor::Error::Status { status: 409, .. }) => {
                    let payload = sha256(envelope.payload.as_bytes());
                    known(&client, &payload, entry.signature).await
                }
                answered => answered.map_err(|error| patience::log(&error)),
            };
            (patiently(sent).await?, KindVersion::DsseV001)
        }
        (Signed::Digest(digest), Verifier::Certificate(certificate)) => {
            let proposed = HashedRekord::new(digest, entry.signature, certificate);
            let sent = async || match client.create_entry(proposed.clone()).await {
                Err(rekor::Error::Status { status: 409, .. }) => known(&client, digest, entry.signature).await,
                answered => answered.map_err(|error| patience::log(&error)),
            };
            (patiently(sent).await?, KindVersion::HashedRekordV001)
        }
        (Signed::Digest(_), Verifier::Key(_)) => return Err(bad(&"files are not signed with a key this way")),
    };
    taken.to_bundle_entry(kind).map_err(|error| patience::log(&rekor::Error::InvalidResponse(error.to_string())))
}

/// What Rekor v1 is asked to take; it looks for the signature in the envelope itself.
fn proposed(envelope: &DsseEnvelope, verifier: Verifier<'_>) -> Result<DsseEntry, rekor::Error> {
    let key = match verifier {
        Verifier::Certificate(certificate) => return DsseEntry::new(envelope, certificate),
        Verifier::Key(key) => STANDARD.encode(key.to_pem()),
    };
    let envelope = serde_json::to_string(envelope)?;
    let content = json!({ "envelope": envelope, "verifiers": [key] });
    Ok(serde_json::from_value(json!({
        "apiVersion": "0.0.1", "kind": "dsse", "spec": { "proposedContent": content },
    }))?)
}

/// The entry that the log has already: an answer that got lost, or somebody who did the same before.
async fn known(client: &RekorClient, about: &Sha256Hash, signature: &SignatureBytes) -> Result<LogEntry, Error> {
    let signature = STANDARD.encode(signature.as_bytes());
    let found = client.search_by_hash(about).await.map_err(|error| patience::log(&error))?;
    for uuid in found {
        let entry = client.get_entry_by_uuid(&uuid).await.map_err(|error| patience::log(&error))?;
        if String::from_utf8_lossy(entry.body.as_bytes()).contains(&signature) {
            return Ok(entry);
        }
    }
    let why = "it says it has the entry, and does not find it".to_owned();
    Err(Error::Nonsense { service: "the log", why })
}

/// Rekor v2.
async fn second(url: &str, http: &reqwest::Client, entry: &Entry<'_>) -> Result<TransparencyLogEntry, Error> {
    let client = RekorV2Client::builder(url).with_http_client(http.clone()).build();
    let client = client.map_err(|error| patience::log(&error))?;
    let digest = match entry.signed {
        Signed::Envelope(envelope) => sha256(&pae(&envelope.payload_type, envelope.payload.as_bytes())),
        Signed::Digest(digest) => *digest,
    };
    let kind = RekorV2KeyDetails::PkixEcdsaP256Sha256;
    let proposed = match entry.verifier {
        Verifier::Certificate(by) => HashedRekordV2::new_with_certificate(&digest, entry.signature, by, kind),
        Verifier::Key(by) => HashedRekordV2::new_with_public_key(&digest, entry.signature, by, kind),
    };
    patiently(async || client.create_entry(proposed.clone()).await.map_err(|error| patience::log(&error))).await
}
