//! Signatures looked at once: in this run, and with what earlier runs kept.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::Context;
use super::record::trusted_keys;
use crate::cache::Proofs;
use crate::model::{Failure, Policy, Proof, Record, Sha256, Statement, json};
use crate::sigstore::{self, Keyring, PublicKey, Roots};

/// How many bundles are worth a thread.
const WORTH_IT: usize = 2;

/// How many threads help with the bundles of one release. To ask the system for its cores takes longer than a
/// bundle, and one thread too many costs next to nothing.
const HELPERS: usize = 3;

/// The proofs of a run, by the trust they were found with.
#[derive(Debug, Default)]
pub struct Proven {
    by_trust: Mutex<HashMap<Sha256, Arc<Proofs>>>,
    /// What this run itself found, by the keys and roots a bundle was held against, and the bundle: that does not
    /// depend on what else a policy says.
    found: Mutex<HashMap<(Sha256, Sha256), Proof>>,
}

/// What a bundle says, and what its signature comes to.
pub type Examined = (Result<Statement, String>, Proof);

impl Proven {
    /// Keeps for later runs what this one found.
    pub fn write(&self) {
        let Ok(all) = self.by_trust.lock() else { return };
        all.values().for_each(|proofs| proofs.write());
    }

    fn of(&self, cx: &Context<'_>, trust: Sha256) -> Arc<Proofs> {
        // A poisoned lock belongs to a run that is lost anyway; without it nothing is found, and all is computed.
        let Ok(mut all) = self.by_trust.lock() else { return Arc::new(cx.cache.proofs(trust)) };
        Arc::clone(all.entry(trust).or_insert_with(|| Arc::new(cx.cache.proofs(trust))))
    }

    fn find(&self, against: Sha256, bundle: Sha256) -> Option<Proof> {
        self.found.lock().ok()?.get(&(against, bundle)).cloned()
    }

    fn keep(&self, against: Sha256, bundle: Sha256, proof: &Proof) {
        if let (Ok(mut found), false) = (self.found.lock(), matches!(proof, Proof::Rejected(_))) {
            found.insert((against, bundle), proof.clone());
        }
    }
}

/// What bundles are held against under one policy.
pub struct Bench {
    keys: Vec<PublicKey>,
    /// The keys and the roots, as a digest.
    against: Sha256,
    proofs: Arc<Proofs>,
    proven: Arc<Proven>,
    roots: Arc<Roots>,
    /// How many threads may work at it.
    threads: Threads,
}

/// How many threads a piece of work may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// One for each core.
    Cores,
    /// No other: this one shares the cores with its like already.
    Alone,
}

impl Bench {
    /// The keys of a policy and the roots of this run, with the proofs found with just these.
    ///
    /// # Errors
    /// A trusted key is unusable.
    pub fn of(cx: &Context<'_>, policy: &Policy) -> Result<Self, Failure> {
        let keys = trusted_keys(policy)?;
        let mut fingerprints: Vec<Sha256> = keys.iter().map(|key| key.fingerprint).collect();
        fingerprints.sort_unstable();
        let trust = Sha256::of(json::canonical(&serde_json::json!({
            "program": env!("CARGO_PKG_VERSION"),
            "policy": policy.digest,
            "keys": fingerprints,
            "roots": cx.roots.digest(),
        })));
        let against = fingerprints.iter().flat_map(|digest| *digest.bytes()).chain(*cx.roots.digest().bytes());
        Ok(Self {
            against: Sha256::of(against.collect::<Vec<u8>>()),
            keys,
            proofs: cx.proofs.of(cx, trust),
            proven: Arc::clone(&cx.proofs),
            roots: Arc::clone(&cx.roots),
            threads: cx.threads,
        })
    }

    /// What each record's bundle comes to, with its digest, in their order. The bundles of a certificate take a
    /// while each: those that nobody looked at before are looked at side by side.
    pub fn examine(&self, records: &[&Record]) -> Vec<(Sha256, Examined)> {
        let mut all: Vec<(Sha256, Option<Examined>)> =
            records.iter().map(|record| self.recalled(record)).collect();
        let missing: Vec<usize> =
            (0..all.len()).filter(|place| all.get(*place).is_some_and(|(_, known)| known.is_none())).collect();
        let others = match self.threads {
            Threads::Cores => (missing.len() / WORTH_IT).saturating_sub(1).min(HELPERS),
            Threads::Alone => 0,
        };
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let place = missing.get(next.fetch_add(1, Ordering::Relaxed)).copied();
                let Some((place, record)) = place.and_then(|place| Some((place, records.get(place)?))) else {
                    return done;
                };
                done.push((place, self.judged(record)));
            }
        };
        thread::scope(|scope| {
            let started: Vec<_> =
                (0..others).filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
            let own = work();
            let theirs = started.into_iter().filter_map(|thread| thread.join().ok()).flatten();
            for (place, examined) in own.into_iter().chain(theirs) {
                if let Some((_, known)) = all.get_mut(place) {
                    *known = Some(examined);
                }
            }
        });
        // What a thread that broke had in hand is done again.
        let whole = |((bundle, known), record): ((Sha256, Option<Examined>), &&Record)| {
            let examined = known.unwrap_or_else(|| self.judged(record));
            self.keep(bundle, &examined.1);
            (bundle, examined)
        };
        all.into_iter().zip(records).map(whole).collect()
    }

    /// A record's bundle by its digest, and what is known of it: from this run or an earlier one.
    fn recalled(&self, record: &Record) -> (Sha256, Option<Examined>) {
        let bundle = record.bundle_digest();
        let known = self.proofs.find(bundle).or_else(|| self.proven.find(self.against, bundle));
        let known = known.filter(|proof| self.roots.stand_by(proof));
        (bundle, known.map(|proof| (sigstore::statement(record.bundle.get()), proof)))
    }

    fn judged(&self, record: &Record) -> Examined {
        sigstore::examine(record.bundle.get(), Keyring { keys: &self.keys, roots: &self.roots })
    }

    fn keep(&self, bundle: Sha256, proof: &Proof) {
        self.proofs.keep(bundle, proof);
        self.proven.keep(self.against, bundle, proof);
    }
}

#[cfg(test)]
mod tests;
