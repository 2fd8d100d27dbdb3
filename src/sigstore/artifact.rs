//! One bundle and one artifact, as other Sigstore clients verify them: any content, any kind of key.

use sigstore_types::{ArtifactDigest, Bundle, DerCertificate, DerPublicKey, HashAlgorithm};
use sigstore_verify::crypto::VerificationKey;
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy};

use super::reason::one_line;
use super::roots::Roots;
use super::{Error, certificate};
use crate::model::{Proof, Sha256, Timestamp, json};

/// What a bundle is said to be about.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// Its digest alone.
    Digest(Sha256),
}

/// Who is said to have signed.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// The holder of a certificate for exactly this name, vouched for by exactly this issuer.
    Identity { identity: &'a str, issuer: &'a str },
    /// The holder of any certificate that a root vouches for.
    Anybody,
    /// The holder of this key.
    Key(&'a AnyKey),
}

/// A public key of any kind Sigstore knows.
#[derive(Clone, Debug)]
pub struct AnyKey(DerPublicKey);

impl AnyKey {
    /// Reads PEM as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// It is no such key.
    pub fn parse(pem: &str) -> Result<Self, Error> {
        let key =
            DerPublicKey::from_pem(pem).map_err(|_| Error::AnyKey("it has no PUBLIC KEY block".to_owned()))?;
        VerificationKey::from_spki(&key).map_err(|error| Error::AnyKey(one_line(&error.to_string())))?;
        Ok(Self(key))
    }
}

/// What was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The trust root that vouches for certificate, log and time.
    pub root: String,
    /// Whom the certificate names; none where a key signed.
    pub signer: Option<String>,
    /// Who vouches for the signer; none where a key signed.
    pub issuer: Option<String>,
    /// When it was signed, oldest first.
    pub times: Vec<Timestamp>,
    /// Whether a log of the root has it.
    pub logged: bool,
}

/// What a certificate's bundle over a file proves, as [`super::examine`] says it of a statement.
pub fn prove_file(text: &str, bytes: &[u8], roots: &Roots) -> Proof {
    let proven = || {
        let bundle = read(text)?;
        let leaf = bundle.signing_certificate().map(DerCertificate::as_bytes).unwrap_or_default();
        if leaf.is_empty() {
            return Err("it is signed by a key".to_owned());
        }
        let artifact = sigstore_types::Artifact::Blob(bytes);
        let (root, result) = certificate::ask(roots, leaf, |root| {
            let policy = certificate::tolerating(root, VerificationPolicy::any_identity());
            root.verifier.verify(artifact.clone(), &bundle, &policy)
        })?;
        Ok(Proof::Certificate(Box::new(certificate::claims(root, &bundle, &result)?)))
    };
    proven().unwrap_or_else(Proof::Rejected)
}

fn read(text: &str) -> Result<Bundle, String> {
    let unreadable = |why: String| format!("the bundle is not readable: {}", one_line(&why));
    json::check(text).map_err(unreadable)?;
    Bundle::from_json(text).map_err(|error| unreadable(error.to_string()))
}

/// Verifies that a bundle is about an artifact and was signed by the one who is wanted.
///
/// # Errors
/// A sentence: why not.
pub fn verify_artifact(
    text: &str,
    artifact: Artifact<'_>,
    wanted: Wanted<'_>,
    roots: &Roots,
) -> Result<Verified, String> {
    let bundle = read(text)?;
    let artifact = match artifact {
        Artifact::Bytes(bytes) => sigstore_types::Artifact::Blob(bytes),
        Artifact::Digest(digest) => ArtifactDigest::new(HashAlgorithm::Sha2256, digest.bytes().to_vec())
            .map(sigstore_types::Artifact::Digest)
            .map_err(|error| one_line(&error.to_string()))?,
    };
    let leaf = bundle.signing_certificate().map(DerCertificate::as_bytes).unwrap_or_default();
    match (&wanted, leaf.is_empty()) {
        (Wanted::Key(_), false) => return Err("signed by a certificate, and a key is asked for".to_owned()),
        (Wanted::Identity { .. } | Wanted::Anybody, true) => {
            return Err("signed by a key, and a certificate is asked for".to_owned());
        }
        _ => {}
    }
    let (root, result) = match wanted {
        Wanted::Key(AnyKey(key)) => {
            let policy = PublicKeyVerificationPolicy::new(key.clone());
            certificate::ask(roots, leaf, |root| root.verifier.verify(artifact.clone(), &bundle, &policy))?
        }
        Wanted::Identity { identity, issuer } => {
            let policy = VerificationPolicy::new(identity, issuer);
            certificate::ask(roots, leaf, |root| {
                let policy = certificate::tolerating(root, policy.clone());
                root.verifier.verify(artifact.clone(), &bundle, &policy)
            })?
        }
        Wanted::Anybody => certificate::ask(roots, leaf, |root| {
            let policy = certificate::tolerating(root, VerificationPolicy::any_identity());
            root.verifier.verify(artifact.clone(), &bundle, &policy)
        })?,
    };
    Ok(Verified {
        root: root.name.clone(),
        signer: result.identity().map(|identity| identity.as_str().to_owned()),
        issuer: result.issuer().map(str::to_owned),
        times: certificate::seconds(&result),
        logged: result.tlog_verified() && bundle.has_inclusion_proof(),
    })
}
