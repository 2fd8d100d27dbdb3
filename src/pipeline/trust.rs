//! The keys, identities and trust roots in force, what main took back, and the anchor of this clone.

use super::anchor::Trust;
use super::ground::Ground;
use super::policy::{self, Change};
use super::{Context, anchor, ground};
use crate::model::config::TrustedIdentity;
use crate::model::{
    Event, Failure, Revoked, Role, TrustChangeLine, TrustReport, TrustedIdentityLine, TrustedKeyLine,
};

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
        keys.push(TrustedKeyLine { name: key.name.clone(), fingerprint, stages: words(&key.stages) });
    }
    let identities = config.trust.identities.iter().map(identity).collect();
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
    }
    let changes = changes(cx, &ground, pin.is_some())?;
    let proposed = policy::change::at_head(cx, &ground)?;
    Ok(TrustReport {
        policy: ground.origin.clone(),
        policy_digest: Some(ground.policy.digest),
        repository: config.repository.id.clone(),
        keys,
        identities,
        revoked: Revoked::by([&ground.policy]).lines(),
        pin: pin.as_ref().map(anchor::in_words),
        pinned_now,
        changes,
        proposed,
        roots: cx.roots.show(),
    })
}

/// The roles a signer with these `stages` has, in words.
fn words(stages: &[Role]) -> Vec<String> {
    let roles = Role::ALL.into_iter().filter(|role| role.within(stages));
    roles.map(|role| role.word().to_owned()).collect()
}

fn identity(identity: &TrustedIdentity) -> TrustedIdentityLine {
    TrustedIdentityLine {
        name: identity.name.clone(),
        issuer: identity.issuer.clone(),
        signer: identity.signer.clone(),
        repository_id: identity.repository_id.clone(),
        owner_id: identity.owner_id.clone(),
        refs: identity.refs.clone(),
        events: identity.events.clone(),
        runner: identity.runner.clone(),
        root: identity.root.clone(),
        stages: words(&identity.stages),
    }
}

/// The changes of trust on main since the pin, with a warning where one of them is followed by nobody; all of
/// them where nothing is pinned, for whoever is about to.
fn changes(cx: &mut Context<'_>, ground: &Ground, pinned: bool) -> Result<Vec<TrustChangeLine>, Failure> {
    // What `trust pin --dry-run` would pin is not pinned.
    let trust = Trust::of(cx, ground)?;
    if let Some(warning) = trust.as_ref().and_then(Trust::of_main) {
        (cx.on)(Event::Warning(warning));
    }
    let changes = match &trust {
        Some(trust) => trust.changes().to_vec(),
        None if pinned => Vec::new(),
        None => match policy::Line::whole(cx, &ground.main) {
            Ok(line) => line.changes,
            Err(failure) => {
                (cx.on)(Event::Warning(format!("earlier changes of trust are not known: {}", failure.what)));
                Vec::new()
            }
        },
    };
    Ok(changes.into_iter().map(line).collect())
}

fn line(change: Change) -> TrustChangeLine {
    let Change { commit, from, to, dropped, vouched, .. } = change;
    vouched.line(commit, (from, to), dropped)
}
