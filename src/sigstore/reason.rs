//! What `sigstore-verify` has against a bundle, in one sentence of ours.

use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

/// The verifier's detail is kept where it tells more than the kind of error does.
pub(super) fn reason(error: &Error) -> String {
    let sentence = match error {
        Error::SignatureInvalid(_) => "the signature does not verify with the signer's key".to_owned(),
        Error::ArtifactMismatch(why) => format!("the bundle is about something else: {why}"),
        Error::IdentityMismatch { expected, actual: Some(actual) } => {
            format!("signed by {actual}, not by {expected}")
        }
        Error::IdentityMismatch { actual: None, .. } => "the certificate names nobody".to_owned(),
        Error::IssuerMismatch { expected, actual: Some(actual) } => {
            format!("the signer is vouched for by {actual}, not by {expected}")
        }
        Error::IssuerMismatch { actual: None, .. } => {
            "the certificate does not say who vouches for its holder".to_owned()
        }
        Error::Certificate(error) => certificate(error),
        Error::TransparencyLog(error) => log(error),
        Error::Timestamp(error) => timestamp(error),
        Error::InvalidBundle(why) => format!("the bundle is not valid: {why}"),
        Error::UnsupportedBundle(why) => format!("the bundle is of a kind that is not judged: {why}"),
        Error::UnsupportedArtifact(why) => format!("the artifact does not fit the bundle: {why}"),
        Error::InvalidTrustRoot(why) => format!("the trust root is not valid: {why}"),
        Error::Types(error) => format!("the bundle is not valid: {error}"),
        Error::Crypto(error) => format!("the bundle does not verify: {error}"),
        Error::Bundle(error) => format!("the bundle is not valid: {error}"),
        other => format!("the bundle does not verify: {other}"),
    };
    one_line(&sentence)
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::Malformed(why) => format!("the certificate is not readable: {why}"),
        CertificateError::ChainInvalid(why) => {
            format!("the trust root does not vouch for the certificate: {}", chain(why))
        }
        CertificateError::NoValidAuthority { time } => {
            format!("no certificate authority of the trust root was valid at {time}, when it was signed")
        }
        CertificateError::NotYetValid { time, not_before } => {
            format!("signed at {time}, before the certificate was valid ({not_before})")
        }
        CertificateError::Expired { time, not_after } => {
            format!("signed at {time}, after the certificate had expired ({not_after})")
        }
        CertificateError::Sct(why) => format!("no certificate log of the trust root has the certificate: {why}"),
        other => format!("the certificate is not valid: {other}"),
    }
}

/// What is wrong with a chain, of which the library says no more than a name.
fn chain(why: &str) -> &str {
    let why = why.trim_start_matches("certificate chain validation failed: ");
    let known = [
        ("CertExpired", "it had expired when it signed"),
        ("CertNotValidYet", "it was not valid yet when it signed"),
        ("UnknownIssuer", "its issuer is not in the trust root"),
        ("InvalidSignatureForPublicKey", "the issuer it names did not sign it"),
        ("RequiredEkuNotFound", "it is not for signing"),
    ];
    known.into_iter().find(|(name, _)| why.starts_with(name)).map_or(why, |(_, sentence)| sentence)
}

fn log(error: &TransparencyLogError) -> String {
    match error {
        TransparencyLogError::UnknownLog { log_id } => format!("the log {log_id} is not in the trust root"),
        TransparencyLogError::InclusionProof(why) => {
            let why = why.trim_start_matches("inclusion proof verification failed: ");
            format!("the proof that the log has it is not valid: {why}")
        }
        TransparencyLogError::Checkpoint(why) => format!("the log's checkpoint is not valid: {why}"),
        TransparencyLogError::InclusionPromise(why) => format!("the log's promise is not valid: {why}"),
        TransparencyLogError::EntryMismatch(why) => format!("the log's entry is about something else: {why}"),
        TransparencyLogError::IntegratedTime(why) => format!("the log's time is not possible: {why}"),
        TransparencyLogError::MalformedEntry(why) => format!("the log's entry is not readable: {why}"),
        other => format!("the log's evidence is not valid: {other}"),
    }
}

fn timestamp(error: &TimestampError) -> String {
    match error {
        TimestampError::Invalid(why) => {
            let why = why.trim_start_matches("TSA timestamp verification failed: ");
            format!("no timestamp authority of the trust root made the timestamp: {why}")
        }
        TimestampError::OutsideAuthorityValidity { time } => {
            format!("the timestamp is of {time}, when its authority was not valid")
        }
        TimestampError::NoVerifiedTimestamp(_) => {
            "nothing proves when it was signed: neither a log's promise nor a timestamp".to_owned()
        }
        other => format!("the timestamp is not valid: {other}"),
    }
}

/// Details quote the bundle, which may say anything: line breaks and other control characters become blanks.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
