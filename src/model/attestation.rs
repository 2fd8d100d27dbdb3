//! An attestation: a statement with its proof, as found in the ledger.

use serde::{Deserialize, Serialize};

use super::{Oid, Record, Sha256, Statement, Timestamp};

/// How far, in seconds, a claim and the certificate's signature over it may be apart: a day, since one job
/// may write a statement and another sign it once somebody approved.
const APART: i64 = 24 * 60 * 60;

/// How far, in seconds, the clocks of signers, logs and timestamp authorities may be apart.
pub(super) const SKEW: i64 = 5 * 60;

/// What was found out about a bundle's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// The DSSE signature verifies with this public key.
    Key {
        /// sha256 of its SPKI DER.
        fingerprint: Sha256,
        /// When it was signed, as a log or a timestamp authority of a trusted root says; often none.
        times: Vec<Timestamp>,
    },
    /// The signature verifies with a certificate that a trusted root vouches for.
    Certificate(Box<Certificate>),
    /// Nothing was proven, and why.
    Rejected(String),
}

impl Proof {
    /// A bare key's.
    pub fn key(fingerprint: Sha256) -> Self {
        Self::Key { fingerprint, times: Vec::new() }
    }

    /// When evidence was made, for telling the newer from the older: `said` is what the signed claim says.
    ///
    /// A certificate lives for minutes, so that the first log or timestamp authority that saw the signature
    /// knows better than the signer. A key outlives any date: whoever finds an old signature of it can have
    /// it noted again today, so that what it says counts, as long as nobody saw it before that.
    ///
    /// # Errors
    /// The two contradict each other, or a certificate was seen by nobody: a sentence.
    pub fn made(&self, said: Timestamp) -> Result<Timestamp, String> {
        let first = self.times().iter().min().copied();
        let apart = |first: Timestamp| said.seconds().saturating_sub(first.seconds());
        match (self, first) {
            (Self::Certificate(_), None) => Err("no log or timestamp says when it was signed".to_owned()),
            (Self::Certificate(_), Some(first)) if apart(first).saturating_abs() > APART => {
                Err(format!("it says it was made {said}, and was signed {first}"))
            }
            (Self::Certificate(_), Some(first)) => Ok(first),
            (_, Some(first)) if apart(first) > SKEW => {
                Err(format!("it says it was made {said}, and was signed before that, {first}"))
            }
            _ => Ok(said),
        }
    }

    /// When it was signed, as somebody else than the signer says; empty where nobody does.
    pub fn times(&self) -> &[Timestamp] {
        match self {
            Self::Key { times, .. } => times,
            Self::Certificate(certificate) => &certificate.times,
            Self::Rejected(_) => &[],
        }
    }
}

/// What a verified Fulcio certificate says of its holder. The fields are the extensions of
/// <https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>; an absent one is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// The trusted root that vouches for it: `public-good`, `github`, or `given` (`--trusted-root`).
    pub root: String,
    /// The subject alternative name: a workflow's URI with its ref, or an address.
    pub subject: String,
    /// The OIDC issuer (.8, or the older .1).
    pub issuer: String,
    /// `.9`: the workflow that signed, with its ref. A reusable workflow signs as itself, the callee.
    pub build_signer_uri: Option<String>,
    /// `.11`: `github-hosted` or `self-hosted`.
    pub runner_environment: Option<String>,
    /// `.12`: the repository the run belongs to.
    pub source_repository_uri: Option<String>,
    /// `.13`: the commit the run was started at.
    pub source_repository_digest: Option<String>,
    /// `.14`: the ref the run was started at.
    pub source_repository_ref: Option<String>,
    /// `.15`: the repository's number, which no renaming changes.
    pub source_repository_id: Option<String>,
    /// `.17`: the owner's number.
    pub source_repository_owner_id: Option<String>,
    /// `.18`: the workflow file that was started (the caller), with its ref.
    pub build_config_uri: Option<String>,
    /// `.20`: the event: `push`, `pull_request`, `merge_group` …
    pub build_trigger: Option<String>,
    /// `.21`: the run.
    pub run_invocation_uri: Option<String>,
    /// When it was signed, as logs and timestamp authorities of the root say; at least one.
    pub times: Vec<Timestamp>,
    /// Whether a transparency log of the root has it.
    pub logged: bool,
}

/// A record whose bundle was looked at.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// The record as the ledger has it.
    pub record: Record,
    /// The object it annotates: a chart tree or a tag object.
    pub on: Oid,
    /// sha256 of the bundle's bytes.
    pub bundle: Sha256,
    /// The statement inside, if it can be read.
    pub statement: Result<Statement, String>,
    /// Whether and by whom it is signed.
    pub proof: Proof,
}
