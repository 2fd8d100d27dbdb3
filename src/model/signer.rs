//! Who may sign what: a proof held against the keys a policy trusts.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::config::TrustedKey;
use super::{Policy, Proof, Sha256, Stage};

impl TrustedKey {
    /// sha256 of the key's SubjectPublicKeyInfo in DER: what a proof names it by. None where the PEM is
    /// damaged, which `Config::parse` refuses.
    pub fn fingerprint(&self) -> Option<Sha256> {
        let body: String = self.public.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
        STANDARD.decode(body).ok().map(Sha256::of)
    }
}

/// The trusted key behind a proof.
///
/// # Errors
/// A sentence: not proven, an unknown key, or a known key that this stage does not accept.
pub fn signer<'p>(policy: &'p Policy, stage: Stage, proof: &Proof) -> Result<&'p TrustedKey, String> {
    let fingerprint = match proof {
        Proof::Key(fingerprint) => *fingerprint,
        Proof::Rejected(why) => return Err(why.clone()),
    };
    let mut known =
        policy.config.trust.keys.iter().filter(|key| key.fingerprint() == Some(fingerprint)).peekable();
    let Some(name) = known.peek().map(|key| key.name.clone()) else {
        return Err(format!("signed by the key {}, which the policy does not trust", fingerprint.short()));
    };
    known.find(|key| key.stages.is_empty() || key.stages.contains(&stage)).ok_or_else(|| {
        format!("signed by the key `{name}`, which the policy does not trust for the {stage} stage")
    })
}
