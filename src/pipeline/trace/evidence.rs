//! The attestations of a lineage: the ledger read along the links, each bundle examined once.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::statement::{BumpLink, SplitLink};
use crate::model::{Attestation, Failure, Oid, Policy, Predicate, Proof, Sha256, Timestamp};
use crate::pipeline::Context;
use crate::pipeline::proofs::Bench;
use crate::pipeline::record::{Draft, trusted_keys};
use crate::sigstore::{self, Keyring};

/// What the ledger has.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) attestations: Vec<Attestation>,
    pub(super) oddities: Vec<String>,
    pub(super) unfetched: Vec<String>,
}

/// A lineage has three contents at most; more hops are somebody's junk.
const HOPS: usize = 4;

/// Reads the records on `objects`, and on the trees that links found there lead to. Where a link leads
/// is only a place to look: whether it holds is judged from the contents.
pub(super) fn gather(
    cx: &Context<'_>,
    policy: &Policy,
    chart: &str,
    objects: Vec<Oid>,
) -> Result<Gathered, Failure> {
    let bench = Bench::of(cx, policy)?;
    let prefix = &policy.config.predicate_prefix;
    let mut gathered = Gathered::default();
    if !cx.repo.ledger_known(chart)? {
        gathered.unfetched.push(format!("the ledger of {chart} was never fetched here (`git lineage sync`)"));
    }
    let mut visited: BTreeSet<Oid> = BTreeSet::new();
    let mut next = objects;
    for _ in 0..HOPS {
        next.retain(|oid| visited.insert(oid.clone()));
        if next.is_empty() {
            break;
        }
        let ledger = cx.repo.read_ledger(chart, &next)?;
        gathered.oddities.extend(ledger.oddities);
        gathered.oddities.extend(ledger.newer.iter().cloned());
        gathered.unfetched.extend(ledger.newer);
        next = Vec::new();
        let records: Vec<_> = ledger.records.iter().map(|annotated| &annotated.record).collect();
        let examined = bench.examine(&records);
        for (annotated, (bundle, (statement, proof))) in ledger.records.into_iter().zip(examined) {
            // Only what a trusted key signed is followed: junk leads nowhere.
            if let (Ok(statement), Proof::Key { .. } | Proof::Certificate(_)) = (&statement, &proof) {
                let predicate = statement.predicate.clone();
                match Predicate::of(&statement.predicate_type, prefix) {
                    Some(Predicate::Bump) => {
                        next.extend(serde_json::from_value(predicate).ok().map(|link: BumpLink| link.source.tree));
                    }
                    Some(Predicate::Split) => {
                        next.extend(
                            serde_json::from_value(predicate).ok().map(|link: SplitLink| link.source.tree),
                        );
                    }
                    _ => {}
                }
            }
            gathered.attestations.push(Attestation {
                record: annotated.record,
                on: annotated.on,
                bundle,
                statement,
                proof,
            });
        }
    }
    gathered.oddities.sort();
    gathered.oddities.dedup();
    gathered.attestations = settled(gathered.attestations);
    Ok(gathered)
}

/// What `sync --settle` calls the record it writes beside another.
pub(in crate::pipeline) const SETTLED: &str = ".settled";

/// What a key's bundle is the same as, whatever it brings beside its envelope: the envelope and the key.
fn of_a_key(attestation: &Attestation) -> Option<(Sha256, Sha256)> {
    let Proof::Key { fingerprint, .. } = &attestation.proof else { return None };
    Some((sigstore::same_envelope(attestation.record.bundle.get())?, *fingerprint))
}

/// Gives each key's attestation the times that records of the very same envelope have of logs and timestamp
/// authorities. A record that was written for that alone stands for nothing else; one that has nothing to stand
/// beside stays. So nothing that is added or renamed takes anything away.
fn settled(mut attestations: Vec<Attestation>) -> Vec<Attestation> {
    let seen = |attestation: &Attestation| {
        matches!(attestation.proof, Proof::Key { .. }) && !attestation.proof.times().is_empty()
    };
    if !attestations.iter().any(seen) {
        return attestations;
    }
    let beside = |attestation: &Attestation| attestation.record.name.ends_with(SETTLED);
    let mut times: BTreeMap<(Sha256, Sha256), BTreeSet<Timestamp>> = BTreeMap::new();
    let mut firsts = BTreeSet::new();
    for attestation in &attestations {
        let Some(same) = of_a_key(attestation) else { continue };
        times.entry(same).or_default().extend(attestation.proof.times());
        if !beside(attestation) {
            firsts.insert(same);
        }
    }
    attestations.retain(|attestation| {
        !beside(attestation) || of_a_key(attestation).is_none_or(|same| !firsts.contains(&same))
    });
    for attestation in &mut attestations {
        let all = of_a_key(attestation).and_then(|same| times.get(&same));
        if let (Proof::Key { times, .. }, Some(all)) = (&mut attestation.proof, all) {
            *times = all.iter().copied().collect();
        }
    }
    attestations
}

/// The records of a chart that a trusted key signed and nobody else has seen, with the fingerprint of the key.
pub(in crate::pipeline) fn unsettled(
    cx: &Context<'_>,
    policy: &Policy,
    chart: &str,
) -> Result<Vec<(Attestation, Sha256)>, Failure> {
    let keys = trusted_keys(policy)?;
    let records = cx.repo.read_whole_ledger(chart)?.records;
    let all = records.into_iter().map(|annotated| {
        let bundle = annotated.record.bundle_digest();
        let (statement, proof) =
            sigstore::examine(annotated.record.bundle.get(), Keyring { keys: &keys, roots: &cx.roots });
        Attestation { record: annotated.record, on: annotated.on, bundle, statement, proof }
    });
    let unseen = settled(all.collect()).into_iter().filter(|attestation| attestation.proof.times().is_empty());
    Ok(unseen
        .filter_map(|attestation| {
            let Proof::Key { fingerprint, .. } = attestation.proof else { return None };
            Some((attestation, fingerprint))
        })
        .collect())
}

/// A record made just now, examined as if it had been found.
pub(super) fn examined(cx: &Context<'_>, policy: &Policy, draft: &Draft) -> Attestation {
    let keys = trusted_keys(policy).unwrap_or_default();
    let (statement, proof) =
        sigstore::examine(draft.record.bundle.get(), Keyring { keys: &keys, roots: &cx.roots });
    let (record, on) = (draft.record.clone(), draft.on.clone());
    Attestation { bundle: draft.bundle(), record, on, statement, proof }
}
