//! The keys in force and the anchor of this clone.

use super::{Context, anchor, ground};
use crate::model::{Event, Failure, Stage, TrustReport, TrustedKeyLine};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Write the pin anew from main as it is now.
    pub pin: bool,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<TrustReport, Failure> {
    let ground = ground::ground(cx)?;
    let config = ground.config();
    let mut keys = Vec::new();
    for key in &config.trust.keys {
        let fingerprint = key.fingerprint().ok_or_else(|| {
            Failure::usage(format!("the key `{}` of lineage.toml at {} is no public key", key.name, ground.origin))
                .hint("write it as a P-256 public key in PEM form")
        })?;
        let stages = if key.stages.is_empty() { Stage::ALL.to_vec() } else { key.stages.clone() };
        let stages = stages.into_iter().map(|stage| stage.word().to_owned()).collect();
        keys.push(TrustedKeyLine { name: key.name.clone(), fingerprint, stages });
    }
    let mut pin = cx.cache.pin()?;
    let mut pinned_now = false;
    if options.pin {
        let present = anchor::present(cx, &ground)?;
        if pin.as_ref() != Some(&present) {
            if !cx.dry_run {
                cx.cache.write_pin(&present)?;
                pinned_now = true;
            }
            pin = Some(present);
        }
    } else if let Some(changed) = anchor::trust_changed(cx, &ground.policy, Some(&ground.main))? {
        (cx.on)(Event::Warning(changed));
    }
    Ok(TrustReport {
        policy: ground.origin.clone(),
        policy_digest: Some(ground.policy.digest),
        repository: config.repository.id.clone(),
        keys,
        pin: pin.as_ref().map(anchor::in_words),
        pinned_now,
    })
}
