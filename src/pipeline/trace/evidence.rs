//! The attestations of a lineage: the ledger read along the links, each bundle examined once.

use std::collections::BTreeSet;

use crate::model::statement::{BumpLink, SplitLink};
use crate::model::{Attestation, Failure, Oid, Policy, Predicate, Proof};
use crate::pipeline::Context;
use crate::pipeline::record::{Draft, trusted_keys};
use crate::sigstore;

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
    let keys = trusted_keys(policy)?;
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
        for annotated in ledger.records {
            let bundle = annotated.record.bundle_digest();
            let (statement, proof) = sigstore::examine(annotated.record.bundle.get(), &keys);
            // Only what a trusted key signed is followed: junk leads nowhere.
            if let (Ok(statement), Proof::Key(_)) = (&statement, &proof) {
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
    Ok(gathered)
}

/// A record made just now, examined as if it had been found.
pub(super) fn examined(policy: &Policy, draft: &Draft) -> Attestation {
    let keys = trusted_keys(policy).unwrap_or_default();
    let (statement, proof) = sigstore::examine(draft.record.bundle.get(), &keys);
    let (record, on) = (draft.record.clone(), draft.on.clone());
    Attestation { bundle: draft.bundle(), record, on, statement, proof }
}
