//! What main took back: signers and releases that no longer count, since when, and why.
//!
//! Today's main decides, on top of the policy a release was made under: a key that leaks tomorrow was
//! trusted yesterday. Only main is read for it, so that nobody else can un-prove a release.

use super::config::TrustedIdentity;
use super::signer::shown;
use super::{Policy, Proof, RevokedLine, Sha256, Timestamp};

/// The revocations a verdict is reached under.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    what: What,
    /// In words, as the policy has it: the key `ci`.
    name: String,
    since: Timestamp,
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Key(Sha256),
    Identity(Box<TrustedIdentity>),
    Release(String),
}

impl What {
    /// Whether two revocations are of the same key, identity or release. An identity is what a certificate is
    /// held against; what it is called and may sign does not matter.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(one), Self::Key(other)) => one == other,
            (Self::Release(one), Self::Release(other)) => one == other,
            (Self::Identity(one), Self::Identity(other)) => bare(one) == bare(other),
            _ => false,
        }
    }
}

/// An identity without what is not held against a certificate.
fn bare(identity: &TrustedIdentity) -> TrustedIdentity {
    let mut bare = TrustedIdentity { name: String::new(), stages: Vec::new(), account: None, ..identity.clone() };
    for list in [&mut bare.refs, &mut bare.events] {
        list.sort_unstable();
        list.dedup();
    }
    bare
}

impl Revoked {
    /// What any of the policies revokes. A name stands for what the same file calls so: keys and identities
    /// are compared by what they are, since another policy may call another one by that name.
    pub fn by<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        for policy in policies {
            for entry in of(policy) {
                if !entries.contains(&entry) {
                    entries.push(entry);
                }
            }
        }
        Self(entries)
    }

    /// These together with others.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        for entry in &others.0 {
            if !self.0.contains(entry) {
                self.0.push(entry.clone());
            }
        }
        self
    }

    /// What of these another policy no longer revokes, or only since a later date: from then on more counts.
    /// Another reason, or another name for the same thing, takes nothing away.
    #[must_use]
    pub fn lost_in(&self, other: &Self) -> Self {
        let held = |entry: &Entry| other.0.iter().any(|o| o.since <= entry.since && o.what.same(&entry.what));
        Self(self.0.iter().filter(|entry| !held(entry)).cloned().collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each in a few words: the revocation of the key `ci` since 2026-01-31T00:00:00Z.
    pub fn in_words(&self) -> Vec<String> {
        self.0.iter().map(|entry| format!("the revocation of {} since {}", entry.name, entry.since)).collect()
    }

    /// Whether a key is revoked that signed without anybody noting a time before that: then it matters whether
    /// a later release names this one.
    pub fn asks_for_later(&self, proof: &Proof) -> bool {
        let Proof::Key { times, .. } = proof else { return false };
        self.hits(proof).any(|entry| !times.iter().any(|time| *time < entry.since))
    }

    /// Whether any key is revoked.
    pub fn any_key(&self) -> bool {
        self.0.iter().any(|entry| matches!(entry.what, What::Key(_)))
    }

    /// Every revocation, for people to read.
    pub fn lines(&self) -> Vec<RevokedLine> {
        let line = |Entry { name, since, reason, .. }: &Entry| RevokedLine {
            what: name.clone(),
            since: *since,
            reason: reason.clone(),
        };
        self.0.iter().map(line).collect()
    }

    /// Whether a signature still counts: its signer is not revoked, or somebody else than the signer saw it
    /// before the date, or it is a key's and a later release names the one it is evidence of. That a key's
    /// signature was noted after the date says nothing: anybody can have it noted, at any time.
    ///
    /// # Errors
    /// Which revocation it falls under, with date and reason.
    pub fn signature(&self, proof: &Proof, named_later: bool) -> Result<(), String> {
        for entry in self.hits(proof) {
            let Entry { name, since, reason, .. } = entry;
            // Of several trusted times the first shows that it existed.
            let why = match proof.times().iter().min() {
                Some(time) if time < since => continue,
                _ if named_later && matches!(proof, Proof::Key { .. }) => continue,
                Some(time) => format!("and this was signed {time}"),
                None => {
                    "and nobody saw this signed before: no log or timestamp, no later release names it".to_owned()
                }
            };
            return Err(format!("signed by {name}, which is revoked since {since} ({reason}), {why}"));
        }
        Ok(())
    }

    /// Why a release does not count; none where it is not revoked.
    pub fn release(&self, tag: &str) -> Option<String> {
        self.0
            .iter()
            .find(|entry| matches!(&entry.what, What::Release(revoked) if revoked == tag))
            .map(|Entry { name, since, reason, .. }| format!("{name} is revoked since {since}: {reason}"))
    }

    fn hits<'a>(&'a self, proof: &'a Proof) -> impl Iterator<Item = &'a Entry> {
        self.0.iter().filter(move |entry| match (&entry.what, proof) {
            (What::Key(revoked), Proof::Key { fingerprint, .. }) => revoked == fingerprint,
            (What::Identity(revoked), Proof::Certificate(certificate)) => revoked.is(certificate),
            _ => false,
        })
    }
}

fn of(policy: &Policy) -> impl Iterator<Item = Entry> {
    let trust = &policy.config.trust;
    trust.revoked.iter().flat_map(move |revocation| {
        let key = revocation.key.iter().filter_map(|key| {
            let named = trust.keys.iter().find(|known| known.name == *key);
            let fingerprint = match named {
                Some(named) => named.fingerprint(),
                None => Sha256::parse(key),
            };
            let name =
                named.map_or_else(|| format!("the key {}", shown(key)), |key| format!("the key `{}`", key.name));
            Some((What::Key(fingerprint?), name))
        });
        let identity = revocation.identity.iter().filter_map(|name| {
            let identity = trust.identities.iter().find(|known| known.name == *name)?;
            Some((What::Identity(Box::new(identity.clone())), format!("the identity `{name}`")))
        });
        let release =
            revocation.release.iter().map(|tag| (What::Release(tag.clone()), format!("the release {tag}")));
        let (since, reason) = (revocation.since, revocation.reason.clone());
        let all: Vec<(What, String)> = key.chain(identity).chain(release).collect();
        all.into_iter().map(move |(what, name)| Entry { what, name, since, reason: reason.clone() })
    })
}
