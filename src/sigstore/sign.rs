//! Keyless signing: a certificate for a key that lives for one run, a log, a timestamp. And what a key's
//! signature gets of that later.
//!
//! Asks the network. The services are believed nothing: what they gave is verified before it is handed on.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use sigstore_crypto::x509::parse_certificate_info;
use sigstore_crypto::{KeyPair, sha256};
use sigstore_sign::bundle::BundleV03;
use sigstore_sign::fulcio::FulcioClient;
use sigstore_sign::trust_root::SigningConfig;
use sigstore_sign::{SigningServices, SigstoreInstance};
use sigstore_types::{
    Bundle, DerCertificate, DerPublicKey, DsseEnvelope, DsseSignature, KeyId, PayloadBytes, Rfc3161Timestamp,
    SignatureContent, pae,
};

use super::bundle::{IN_TOTO, read_statement};
use super::log::{self, Entry, Signed, Verifier};
use super::patience::{self, client, patiently, wait};
use super::reason::one_line;
use super::roots::Roots;
use super::token::{Token, TokenSource};
use super::{Artifact, Error, Keyring, PublicKey, Verified, Wanted, certificate, examine, verify_artifact};
use crate::model::{Certificate, Proof, json};

/// How long one certificate is signed with. Fulcio's are valid for ten minutes, and what logs and timestamp
/// authorities say has to lie in them.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// The bytes of an in-toto statement, in a DSSE envelope.
    Statement(&'a [u8]),
    /// A file's bytes.
    File(&'a [u8]),
}

/// Where certificates, log entries and timestamps come from.
#[derive(Clone, Debug)]
pub struct Services(pub(super) SigningServices);

impl Services {
    /// The public-good instance's, as they were when this program was built.
    ///
    /// # Errors
    /// They have expired.
    pub fn public_good() -> Result<Self, Error> {
        Self::of(SigstoreInstance::PublicGood)
    }

    /// Those of its place to try things out.
    ///
    /// # Errors
    /// They have expired.
    pub fn staging() -> Result<Self, Error> {
        Self::of(SigstoreInstance::Staging)
    }

    fn of(instance: SigstoreInstance) -> Result<Self, Error> {
        SigningServices::from_embedded(instance).map(Self).map_err(|error| unusable(&error))
    }

    /// Those of a [signing configuration](https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_trustroot.proto).
    ///
    /// # Errors
    /// It is none, or it names no certificate authority, log and timestamp authority that can be used.
    pub fn parse(text: &str) -> Result<Self, Error> {
        json::parse::<Value>(text).map_err(Error::BadServices)?;
        let config =
            SigningConfig::from_json(text).map_err(|error| Error::BadServices(one_line(&error.to_string())))?;
        SigningServices::from_signing_config(&config).map(Self).map_err(|error| unusable(&error))
    }
}

/// How many statements are logged side by side, so that no log takes it for an attack.
const AT_ONCE: usize = 8;

/// A bundle, and what was found in it.
pub type Made = (String, Verified);

/// Somebody who signs keyless for the length of a run, with one certificate as long as it is fresh: what a run
/// signs has one signer, and each certificate is public for ever.
pub struct Keyless {
    services: Services,
    source: TokenSource,
    token: Mutex<Option<Token>>,
    held: Mutex<Option<Held>>,
}

/// A key that is nowhere else, and whose it is.
struct Held {
    key: KeyPair,
    certificate: DerCertificate,
    since: Instant,
}

impl std::fmt::Debug for Keyless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyless").field("services", &self.services).finish_non_exhaustive()
    }
}

impl Keyless {
    /// Somebody with a token from `source`; nothing is asked yet.
    pub fn new(services: Services, source: TokenSource) -> Self {
        Self { services, source, token: Mutex::default(), held: Mutex::default() }
    }

    /// What a certificate would say, as far as the token tells; its subject begins with `/` where the token does
    /// not name the forge's host. Nothing of it is verified.
    ///
    /// # Errors
    /// There is no usable token.
    pub fn foreseen(&self) -> Result<Option<Certificate>, Error> {
        if let Some(held) = self.held.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            // One that has grown old names the same holder.
            return Ok(parse_certificate_info(&held.certificate)
                .ok()
                .and_then(|info| certificate::said("", &info).ok()));
        }
        let token = wait(async || self.source.token(&client()?).await)?;
        let known = token.foreseen();
        // The certificate is asked for right after this.
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(known)
    }

    /// A bundle v0.3 over the content, one line of JSON, and what was found when it was verified against the
    /// trust roots. `accept` is shown what the certificate says, before a log is told: a log never forgets.
    ///
    /// # Errors
    /// What is signed is no statement anybody could verify; a service refuses or cannot be used; `accept` refuses
    /// (a sentence); or what the services gave does not verify.
    pub fn sign(
        &self,
        content: Content<'_>,
        roots: &Roots,
        accept: impl Fn(&Certificate) -> Result<(), String>,
    ) -> Result<Made, Error> {
        let mut all = self.sign_all(&[content], roots, accept)?;
        all.pop().unwrap_or_else(|| Err(Error::Sign("nothing was signed".to_owned())))
    }

    /// As [`Self::sign`] for several contents, in their order, with one certificate. They are logged side by side:
    /// a log answers when it next makes a checkpoint, which takes seconds for one and no longer for many.
    ///
    /// # Errors
    /// As [`Self::sign`], where none could be signed.
    pub fn sign_all(
        &self,
        contents: &[Content<'_>],
        roots: &Roots,
        accept: impl Fn(&Certificate) -> Result<(), String>,
    ) -> Result<Vec<Result<Made, Error>>, Error> {
        for content in contents {
            if let Content::Statement(bytes) = content {
                let read = read_statement(bytes).and_then(|statement| certificate::subject(&statement));
                read.map_err(Error::NotSignable)?;
            }
        }
        let held = self.held()?;
        let said = parse_certificate_info(&held.certificate).map_err(|error| error.to_string());
        let said = said.and_then(|info| certificate::said("", &info)).map_err(|why| Error::Nonsense {
            service: "the certificate authority",
            why: one_line(&format!("its certificate is unusable: {why}")),
        })?;
        accept(&said).map_err(Error::Unwanted)?;
        let mut all = Vec::new();
        for some in contents.chunks(AT_ONCE) {
            let (services, held) = (&self.services, &held);
            let texts: Vec<Result<String, Error>> = std::thread::scope(|scope| {
                let started: Vec<_> = some
                    .iter()
                    .map(|content| scope.spawn(move || wait(|| made(services, held, *content))))
                    .collect();
                let stopped = |_| Err(Error::Sign("what waits for the network stopped".to_owned()));
                started.into_iter().map(|thread| thread.join().unwrap_or_else(stopped)).collect()
            });
            all.extend(texts.into_iter().zip(some).map(|(text, content)| {
                let text = text?;
                let verified = verified(&text, *content, roots)?;
                Ok((text, verified))
            }));
        }
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(all)
    }

    /// The certificate of this run, or a new one.
    fn held(&self) -> Result<Held, Error> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(held) = held.filter(|held| held.since.elapsed() < FRESH) {
            return Ok(held);
        }
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).take();
        wait(async || {
            let http = client()?;
            let token = match token {
                Some(token) => token,
                None => self.source.token(&http).await?,
            };
            let key = KeyPair::generate_ecdsa_p256().map_err(|error| Error::Sign(error.to_string()))?;
            let fulcio = FulcioClient::builder(self.services.0.fulcio_url()).with_http_client(http).build();
            let fulcio = fulcio.map_err(|error| patience::authority(&error, &token))?;
            let since = Instant::now();
            let issued = patiently(async || {
                let asked = fulcio.create_signing_certificate(&token.0, &key).await;
                asked.map_err(|error| patience::authority(&error, &token))
            });
            let certificate = issued.await?.leaf_certificate().clone();
            Ok(Held { key, certificate, since })
        })
    }
}

/// Signs, logs, stamps.
async fn made(services: &Services, held: &Held, content: Content<'_>) -> Result<String, Error> {
    services.0.validate().map_err(|error| unusable(&error))?;
    let failed = |error: &dyn std::fmt::Display| Error::Sign(one_line(&error.to_string()));
    let http = client()?;
    let verifier = Verifier::Certificate(&held.certificate);
    let (bundle, (entry, stamp)) = match content {
        Content::Statement(bytes) => {
            let signature = held.key.sign(&pae(IN_TOTO, bytes)).map_err(|error| failed(&error))?;
            let envelope = DsseEnvelope::new(
                IN_TOTO.to_owned(),
                PayloadBytes::new(bytes.to_vec()),
                DsseSignature::new(signature.clone(), KeyId::default()),
            );
            let entry = Entry { signed: Signed::Envelope(&envelope), signature: &signature, verifier };
            let witnessed = log::witnessed(services, &http, &entry).await?;
            (BundleV03::with_certificate_and_dsse(held.certificate.clone(), envelope), witnessed)
        }
        Content::File(bytes) => {
            let digest = sha256(bytes);
            let signature = held.key.sign(bytes).map_err(|error| failed(&error))?;
            let entry = Entry { signed: Signed::Digest(&digest), signature: &signature, verifier };
            let witnessed = log::witnessed(services, &http, &entry).await?;
            let certificate = held.certificate.clone();
            (BundleV03::with_certificate_and_signature(certificate, signature, digest), witnessed)
        }
    };
    let bundle = bundle.with_tlog_entry(entry);
    let bundle = match stamp {
        Some(stamp) => bundle.with_rfc3161_timestamp(stamp),
        None => bundle,
    };
    bundle.into_bundle().to_json().map_err(|error| failed(&error))
}

/// What was found in a bundle made just now.
fn verified(text: &str, content: Content<'_>, roots: &Roots) -> Result<Verified, Error> {
    let verified = match content {
        Content::File(bytes) => verify_artifact(text, Artifact::Bytes(bytes), Wanted::Anybody, roots),
        Content::Statement(bytes) => read_statement(bytes)
            .and_then(|statement| certificate::prove(text, bytes, &statement, roots))
            .map(|Certificate { root, subject, issuer, times, logged, .. }| Verified {
                root,
                signer: Some(subject),
                issuer: Some(issuer),
                times,
                logged,
            }),
    };
    verified.map_err(Error::Unproven)
}

/// A key's bundle with a log entry and a timestamp over the very same envelope, and verified with both.
///
/// # Errors
/// It is no bundle of this key; a service refuses or cannot be used; what the services gave does not verify.
pub fn settle(text: &str, key: &PublicKey, services: &Services, roots: &Roots) -> Result<String, Error> {
    let ring = Keyring { keys: std::slice::from_ref(key), roots };
    let (before, proof) = examine(text, ring);
    if let Proof::Rejected(why) = proof {
        return Err(Error::NotSignable(why));
    }
    let failed = |error: &dyn std::fmt::Display| Error::Sign(one_line(&error.to_string()));
    let mut bundle = Bundle::from_json(text).map_err(|error| failed(&error))?;
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return Err(Error::NotSignable("the bundle has no DSSE envelope".to_owned()));
    };
    let public = DerPublicKey::from_pem(&key.pem).map_err(|error| failed(&error))?;
    let (entry, stamp) = wait(async || {
        let entry = Entry {
            signed: Signed::Envelope(envelope),
            signature: &envelope.signature.sig,
            verifier: Verifier::Key(&public),
        };
        log::witnessed(services, &client()?, &entry).await
    })?;
    bundle.verification_material.tlog_entries = vec![entry];
    bundle.verification_material.timestamp_verification_data.rfc3161_timestamps =
        stamp.into_iter().map(Rfc3161Timestamp::new).collect();
    let settled = bundle.to_json().map_err(|error| failed(&error))?;
    match examine(&settled, ring) {
        (after, Proof::Key { times, .. }) if after == before && !times.is_empty() => Ok(settled),
        (_, Proof::Rejected(why)) => Err(Error::Unproven(why)),
        _ => Err(Error::Unproven("no trust root vouches for the log entry and the timestamp".to_owned())),
    }
}

fn unusable(error: &sigstore_sign::Error) -> Error {
    let text = error.to_string();
    Error::BadServices(one_line(text.trim_start_matches("invalid signing configuration: ")))
}
