//! Signatures looked at once: in this run, and with what earlier runs kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::Context;
use super::record::trusted_keys;
use crate::cache::Proofs;
use crate::model::{Failure, Policy, Proof, Record, Sha256, Statement, json};
use crate::sigstore::{self, Keyring, PublicKey};

/// The proofs of a run, by the trust they were found with.
#[derive(Debug, Default)]
pub struct Proven {
    by_trust: Mutex<HashMap<Sha256, Arc<Proofs>>>,
}

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
}

/// What bundles are held against under one policy.
pub struct Bench {
    keys: Vec<PublicKey>,
    proofs: Arc<Proofs>,
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
        Ok(Self { keys, proofs: cx.proofs.of(cx, trust) })
    }

    /// The statement of a record's bundle, and what its signature comes to.
    pub fn examine(&self, cx: &Context<'_>, record: &Record) -> (Result<Statement, String>, Proof) {
        let (text, bundle) = (record.bundle.get(), record.bundle_digest());
        if let Some(proof) = self.proofs.find(bundle).filter(|proof| cx.roots.stand_by(proof)) {
            return (sigstore::statement(text), proof);
        }
        let (statement, proof) = sigstore::examine(text, Keyring { keys: &self.keys, roots: &cx.roots });
        self.proofs.keep(bundle, &proof);
        (statement, proof)
    }
}
