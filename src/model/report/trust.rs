//! Reports of `trust`: who is believed, since when, and who vouched for it.

use serde::Serialize;

use super::Outcome;
use crate::model::{Oid, Plan, Sha256, Timestamp};

/// A key as `trust show` lists it.
#[derive(Clone, Debug, Serialize)]
pub struct TrustedKeyLine {
    pub name: String,
    pub fingerprint: Sha256,
    pub stages: Vec<String>,
}

/// A keyless identity as `trust show` lists it: the fields a certificate is held against.
#[derive(Clone, Debug, Serialize)]
pub struct TrustedIdentityLine {
    pub name: String,
    pub issuer: String,
    pub signer: String,
    pub repository_id: Option<String>,
    pub owner_id: Option<String>,
    pub refs: Vec<String>,
    pub events: Vec<String>,
    pub runner: Option<String>,
    pub root: String,
    pub stages: Vec<String>,
}

/// What main took back.
#[derive(Clone, Debug, Serialize)]
pub struct RevokedLine {
    /// In words: "the key `ci`".
    pub what: String,
    pub since: Timestamp,
    pub reason: String,
}

/// A change of what `lineage.toml` trusts or requires.
#[derive(Clone, Debug, Serialize)]
pub struct TrustChangeLine {
    /// The commit that made it.
    pub commit: Oid,
    /// The trust digest before; none where there was no usable policy.
    pub from: Option<Sha256>,
    /// The trust digest after; none where there is no usable policy.
    pub to: Option<Sha256>,
    /// What it no longer revokes, or only since a later date, in words.
    pub dropped: Vec<String>,
    /// Who vouched for it and was trusted for that before, as the policy names them.
    pub signer: Option<String>,
    /// Whether it could be told here who vouched for it.
    pub known: bool,
    /// Why, as the signer says; or why it counts as vouched for by nobody.
    pub why: String,
}

/// `trust show` and `trust pin`.
#[derive(Clone, Debug, Serialize)]
pub struct TrustReport {
    pub policy: String,
    pub policy_digest: Option<Sha256>,
    pub repository: String,
    pub keys: Vec<TrustedKeyLine>,
    pub identities: Vec<TrustedIdentityLine>,
    pub revoked: Vec<RevokedLine>,
    /// The pin in words; none without one.
    pub pin: Option<String>,
    /// Whether this run wrote it.
    pub pinned_now: bool,
    /// The changes of trust on main since the pin, or where there is none since main has a policy; oldest
    /// first.
    pub changes: Vec<TrustChangeLine>,
    /// What HEAD would change on main.
    pub proposed: Option<TrustChangeLine>,
    /// The trust roots that certificates are held against.
    pub roots: Vec<super::RootLine>,
}

/// `trust change`.
#[derive(Clone, Debug, Serialize)]
pub struct TrustChangeReport {
    /// main's commit the change is made upon.
    pub base: Oid,
    /// The commit whose `lineage.toml` is meant.
    pub commit: Oid,
    /// The trust digest before.
    pub from: Sha256,
    /// The trust digest after.
    pub to: Sha256,
    /// What it no longer revokes, or only since a later date, in words.
    pub dropped: Vec<String>,
    /// sha256 of the new file.
    pub file: Sha256,
    /// Created, or unchanged where there is nothing to sign or it is signed already.
    pub outcome: Outcome,
    /// Who vouches for it, as the policy names them; none where nothing was signed.
    pub signer: Option<String>,
    pub plan: Plan,
}

impl TrustChangeReport {
    /// Whether there is anything to vouch for.
    pub fn is_change(&self) -> bool {
        self.from != self.to || !self.dropped.is_empty()
    }

    /// What is vouched for: the change of trust from 1f.. to 2e.., the end of the revocation of the key `ci`.
    pub fn in_words(&self) -> String {
        let trust = (self.from != self.to || self.dropped.is_empty())
            .then(|| format!("the change of trust from {} to {}", self.from.short(), self.to.short()));
        let ends = self.dropped.iter().map(|dropped| format!("the end of {dropped}"));
        trust.into_iter().chain(ends).collect::<Vec<String>>().join(" and ")
    }
}
