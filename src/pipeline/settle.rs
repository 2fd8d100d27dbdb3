//! `sync --settle`: what a key signed while the services were out of reach, seen by a log and a timestamp authority
//! after all.
//!
//! Later statements name a bundle by its digest, so that it cannot be replaced. What the services say goes into a
//! second record beside it, of the very same envelope, and verifying adds its times to the first.

use std::collections::BTreeMap;

use super::Context;
use super::ground::Ground;
use super::record::trusted_keys;
use super::trace::{SETTLED, unsettled};
use crate::model::{Event, Failure, Plan, Record};
use crate::sigstore;

/// What was settled, and why not everything was.
#[derive(Default)]
pub(super) struct Settled {
    /// Chart → how many records.
    pub(super) charts: BTreeMap<String, usize>,
    pub(super) failure: Option<Failure>,
}

/// Settles every record of these charts that a trusted key signed and nobody else has seen.
pub(super) fn run(cx: &mut Context<'_>, ground: &Ground, charts: &[String], plan: &mut Plan) -> Settled {
    let mut settled = Settled::default();
    for chart in charts {
        let number = settled.charts.entry(chart.clone()).or_default();
        if let Err(failure) = of_chart(cx, ground, chart, plan, number) {
            settled.failure = Some(failure);
            break;
        }
    }
    settled
}

fn of_chart(
    cx: &mut Context<'_>,
    ground: &Ground,
    chart: &str,
    plan: &mut Plan,
    number: &mut usize,
) -> Result<(), Failure> {
    let keys = trusted_keys(&ground.policy)?;
    let waiting = unsettled(cx, &ground.policy, chart)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let services = cx.signing.services()?;
    for (attestation, fingerprint) in waiting {
        let name = &attestation.record.name;
        plan.needed(format!("have a log and a timestamp authority see {name} of {chart}"));
        let Some(key) = keys.iter().find(|key| key.fingerprint == fingerprint).filter(|_| !cx.dry_run) else {
            continue;
        };
        (cx.on)(Event::Started(format!("settling {name} of {chart}")));
        let done = sigstore::settle(attestation.record.bundle.get(), key, &services, &cx.roots);
        (cx.on)(Event::Finished(format!("settling {name} of {chart}")));
        let record = Record::new(format!("{name}{SETTLED}"), &done?)
            .map_err(|error| Failure::negative(format!("the bundle of {name} is unusable: {error}")))?;
        cx.repo.post(chart, &attestation.on, &record)?;
        *number += 1;
    }
    Ok(())
}
