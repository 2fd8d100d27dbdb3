//! Bundles signed by a certificate: judged by `sigstore-verify` against each trust root, offline.
//!
//! What is checked, in the order of the [Sigstore client specification](https://github.com/sigstore/architecture-docs/blob/main/client-spec.md#4-verification):
//! the times of signing (log and timestamp authority), the certificate's chain at each of them, its certificate
//! timestamp (SCT), the inclusion proof with its checkpoint and the log's promise, the signature over the
//! envelope, and that the log's entry is about this very envelope. Who signed is not judged here: the
//! certificate's claims are handed on, and the policy holds them against its identities.

use sigstore_crypto::x509::CertificateInfo;
use sigstore_types::{ArtifactDigest, Bundle, DerPublicKey, HashAlgorithm, SignatureContent};
use sigstore_verify::{PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult};

use super::PublicKey;
use super::reason::{one_line, reason};
use super::roots::{Root, Roots};
use crate::model::{Certificate, Statement, Timestamp};

/// What a bundle's certificate says, once a root of `roots` vouches for it and for when it signed.
///
/// # Errors
/// A sentence: what the root that issued the certificate has against the bundle.
pub(super) fn prove(
    text: &str,
    payload: &[u8],
    statement: &Statement,
    roots: &Roots,
) -> Result<Certificate, String> {
    let digest = subject(statement)?;
    let bundle = read(text, payload)?;
    let Some(der) = bundle.signing_certificate() else {
        return Err("the bundle has no certificate".to_owned());
    };
    let (root, result) = ask(roots, der.as_bytes(), |root| {
        root.verifier.verify(digest.clone(), &bundle, &tolerating(root, VerificationPolicy::any_identity()))
    })?;
    claims(root, &bundle, &result)
}

/// The first root that accepts, those first that look like the issuer of the certificate.
///
/// # Errors
/// A sentence: what that root, or the first, has against it.
pub(super) fn ask<'r>(
    roots: &'r Roots,
    certificate: &[u8],
    verify: impl Fn(&Root) -> Result<VerificationResult, sigstore_verify::Error>,
) -> Result<(&'r Root, VerificationResult), String> {
    // Only the order comes from a look at the bytes, and with it whose reason is told: each root judges.
    let (issuers, others): (Vec<&Root>, Vec<&Root>) =
        roots.list().iter().partition(|root| root.issued(certificate));
    let unknown = issuers.is_empty() && !certificate.is_empty();
    let candidates = [issuers, others].concat();
    let mut why = None;
    for root in &candidates {
        match verify(root) {
            Ok(result) => return Ok((root, result)),
            Err(error) => why = why.or_else(|| Some(reason(&error))),
        }
    }
    if let Some(stale) = roots.stale() {
        return Err(stale);
    }
    let names: Vec<&str> = candidates.iter().map(|root| root.name.as_str()).collect();
    Err(match why {
        None => "there is no trust root to hold it against".to_owned(),
        Some(why) if unknown && names.len() > 1 => {
            format!("no trust root ({}) vouches for it: {why}", names.join(", "))
        }
        Some(why) => why,
    })
}

/// When a key signed, as a log or a timestamp authority of a trust root says; none where nobody does.
///
/// What the bundle carries to that end must verify whole, or it counts as not there: the key's signature
/// stands without it, so a bundle is not rejected for it, but it has no time either, and a policy that asks
/// for one (after a key was revoked) gets none.
pub(super) fn times(
    text: &str,
    payload: &[u8],
    statement: &Statement,
    key: &PublicKey,
    roots: &Roots,
) -> Vec<Timestamp> {
    let all = || {
        let digest = subject(statement).ok()?;
        let bundle = read(text, payload).ok()?;
        let key = DerPublicKey::from_pem(&key.pem).ok()?;
        let strict = PublicKeyVerificationPolicy::new(key);
        // A log's entry must be proven; without one, the timestamps stand for themselves.
        let policy = match bundle.verification_material.tlog_entries.as_slice() {
            [] => strict.skip_tlog_unsafe(),
            _ => strict,
        };
        let mut judged = roots.list().iter().map(|root| root.verifier.verify(digest.clone(), &bundle, &policy));
        judged.find_map(Result::ok).map(|result| seconds(&result))
    };
    all().unwrap_or_default()
}

/// Strict, unless the root itself has neither a log nor a certificate log: then a timestamp of its own
/// authority stands for both.
pub(super) fn tolerating(root: &Root, strict: VerificationPolicy) -> VerificationPolicy {
    if root.relaxed { strict.skip_tlog_unsafe().skip_sct() } else { strict }
}

/// The bundle as the verifier reads it: it must have found the very statement that we read, or the two
/// readers could be shown two different ones by one signature.
pub(super) fn read(text: &str, payload: &[u8]) -> Result<Bundle, String> {
    let bundle = Bundle::from_json(text)
        .map_err(|error| format!("the bundle is not readable: {}", one_line(&error.to_string())))?;
    match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) if envelope.payload.as_bytes() == payload => Ok(bundle),
        _ => Err("the bundle can be read in two ways".to_owned()),
    }
}

/// The verifier wants an artifact to compare with the statement's subjects. There is none here: whoever asks
/// compares subjects itself. So it is given one of them, the strongest kind of digest first.
pub(super) fn subject(statement: &Statement) -> Result<ArtifactDigest, String> {
    let digest = |name: &str, algorithm| {
        let written = statement.subject.iter().filter_map(|subject| subject.digest.get(name));
        written.filter_map(|hex| hex::decode(hex).ok()).find_map(|raw| ArtifactDigest::new(algorithm, raw).ok())
    };
    digest("sha256", HashAlgorithm::Sha2256)
        .or_else(|| digest("sha512", HashAlgorithm::Sha2512))
        .ok_or_else(|| "no subject of the statement has a sha256 or sha512 digest".to_owned())
}

/// The claims of a certificate that was verified. It must say who signed and who vouches for them: a policy
/// could match nothing else.
pub(super) fn claims(root: &Root, bundle: &Bundle, result: &VerificationResult) -> Result<Certificate, String> {
    let times = seconds(result);
    let (Some(certificate), true, false) = (result.certificate(), result.certificate_verified(), times.is_empty())
    else {
        return Err("the certificate was not verified".to_owned());
    };
    Ok(Certificate {
        times,
        // A promise alone (bundles v0.1) says that a log will have it, a proof that it has.
        logged: result.tlog_verified() && bundle.has_inclusion_proof(),
        ..said(&root.name, certificate)?
    })
}

/// What a certificate says, whoever vouches for it: no times yet.
pub(super) fn said(root: &str, certificate: &CertificateInfo) -> Result<Certificate, String> {
    let subject = certificate.identity.as_ref().ok_or("the certificate names nobody")?.as_str().to_owned();
    let issuer = certificate.issuer.clone().ok_or("the certificate does not say who vouches for its holder")?;
    let ci = certificate.ci_claims.clone();
    Ok(Certificate {
        root: root.to_owned(),
        subject,
        issuer,
        build_signer_uri: ci.build_signer_uri,
        runner_environment: ci.runner_environment,
        source_repository_uri: ci.source_repository_uri,
        source_repository_digest: ci.source_repository_digest,
        source_repository_ref: ci.source_repository_ref,
        source_repository_id: ci.source_repository_identifier,
        source_repository_owner_id: ci.source_repository_owner_identifier,
        build_config_uri: ci.build_config_uri,
        build_trigger: ci.build_trigger,
        run_invocation_uri: ci.run_invocation_uri,
        times: Vec::new(),
        logged: false,
    })
}

/// Every proven time of signing, oldest first. Parts of a second are dropped.
pub(super) fn seconds(result: &VerificationResult) -> Vec<Timestamp> {
    let mut times: Vec<i64> = result.verified_timestamps().iter().map(|time| time.as_second()).collect();
    times.sort_unstable();
    times.dedup();
    times.into_iter().map(Timestamp::from_seconds).collect()
}
