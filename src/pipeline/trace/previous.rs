//! The release before: the witnessed tag with the highest version below, reachable from a commit.

use super::{evidence, landing, policy_of};
use crate::git::TagObject;
use crate::model::payload::Payload;
use crate::model::{Attestation, Failure, Oid, Policy, Predicate, Previous, Sha256, Stage, TagFacts, signed_by};
use crate::pipeline::Context;
use crate::pipeline::charts::ChartAt;
use crate::pipeline::ground::Ground;
use crate::pipeline::policy::revoked as in_force;
use crate::pipeline::releases::{self, Release};

/// Whether the tag statement of somebody whom main revoked makes a witness.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// It does not: whoever has a stolen key could put releases in between, and un-prove what follows.
    InForce,
    /// It does, for the release that is being made: to name the one before is how that keeps counting.
    Revoked,
}

/// Among the release tags of a chart reachable from `commit`, other than `this`, the one with the highest
/// version. Versions only grow along main, so that it is the nearest one; and dropping it, or putting
/// another object in its place, shows. A tag counts if the payload of `this` names it, or if its own tag
/// statement is in the ledger, signed by somebody its own policy trusts: anybody can push a tag, and nobody
/// can un-prove a release by adding junk.
pub(super) fn nearest(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    this: Option<&TagFacts>,
    commit: &Oid,
) -> Result<Option<Previous>, Failure> {
    // Before a tag is made, refs are read anew: one may have been made in this run.
    let tags = match this {
        Some(_) => ground.releases_of(&cx.repo, &chart.chart)?,
        None => releases::of_chart(&cx.repo, ground.config(), &chart.chart)?.into(),
    };
    let own = this.and_then(|this| tags.iter().find(|release| release.tag == this.name));
    let own = own.map(|release| release.version.clone());
    let named = this.and_then(|this| this.payload.as_ref().ok()).and_then(|(payload, _)| payload.previous.clone());
    for Release { tag, version, oid } in tags.iter() {
        if this.is_some_and(|this| this.name == *tag) || own.as_ref().is_some_and(|own| version > own) {
            continue;
        }
        let Some(object) = cx.repo.tag_object(oid)? else { continue };
        let Ok((payload, digest)) = Payload::parse(&object.message) else { continue };
        if payload.chart != chart.chart || object.target_kind != "commit" || object.name != *tag {
            continue;
        }
        if !cx.repo.is_ancestor(&object.target, commit)? {
            continue;
        }
        let found = Previous { tag: tag.clone(), tag_object: object.oid.clone(), payload: digest };
        let revoked = if this.is_some() { Counts::InForce } else { Counts::Revoked };
        if named.as_ref() == Some(&found) || witnessed(cx, ground, chart, &object, revoked)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether a release tag is witnessed: a tag statement over its bytes is signed by somebody its own policy
/// trusts and main has not revoked since, or a later release that is leads to it.
///
/// # Errors
/// The repository cannot be read.
pub fn is_witnessed(cx: &Context<'_>, ground: &Ground, oid: &Oid) -> Result<bool, Failure> {
    let Some(object) = cx.repo.tag_object(oid)? else { return Ok(false) };
    let facts = super::resolve_tag(&cx.repo, &object.name)?;
    if facts.payload.is_err() || facts.object.as_ref() != Some(oid) {
        return Ok(false);
    }
    let chart = super::chart_of(&cx.repo, ground.config(), &facts)?;
    if witnessed(cx, ground, &chart, &object, Counts::InForce)? {
        return Ok(true);
    }
    let revoked = in_force(cx, ground, None)?;
    Ok(revoked.any_key() && named_by(cx, ground, &chart, oid)?.is_some())
}

/// The later release that leads back to a tag object: its payload names the object, or one that does, and
/// so on, each with the digest of its payload; and its own tag statement is signed by somebody who still
/// counts. What such a release rests on was there when it was signed, whatever became of older keys since.
///
/// # Errors
/// The repository cannot be read.
pub(super) fn named_by(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    object: &Oid,
) -> Result<Option<String>, Failure> {
    // The lowest version above comes first: it is the one that names this release itself.
    for release in ground.releases_of(&cx.repo, &chart.chart)?.iter().rev() {
        let Ok(Some(later)) = cx.repo.tag_object(&release.oid) else { continue };
        let fits = later.name == release.tag && later.target_kind == "commit" && later.oid != *object;
        if fits && leads_to(cx, &later, object) && witnessed(cx, ground, chart, &later, Counts::InForce)? {
            return Ok(Some(release.tag.clone()));
        }
    }
    Ok(None)
}

/// Whether the releases before `later`, each named by the next, come to `object`. What cannot be read leads
/// nowhere.
fn leads_to(cx: &Context<'_>, later: &TagObject, object: &Oid) -> bool {
    let Ok((payload, _)) = Payload::parse(&later.message) else { return false };
    let mut next = payload.previous;
    // An object names another by its hash, so that a chain cannot come round to itself.
    while let Some(named) = next {
        let Ok(Some(found)) = cx.repo.tag_object(&named.tag_object) else { return false };
        let Ok((payload, digest)) = Payload::parse(&found.message) else { return false };
        if digest != named.payload || found.name != named.tag {
            return false;
        }
        if found.oid == *object {
            return true;
        }
        next = payload.previous;
    }
    false
}

/// Whether a tag statement over these very bytes is signed by somebody the tag's own policy trusts, and
/// whom main has not revoked, unless that counts too.
fn witnessed(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    object: &TagObject,
    counts: Counts,
) -> Result<bool, Failure> {
    let landed = landing(&cx.repo, ground.config(), &ground.main, &object.target, &chart.directory)?;
    let Ok(policy) = policy_of(&cx.repo, &landed, &ground.policy) else { return Ok(false) };
    let found = evidence::gather(cx, &policy, &chart.chart, vec![object.oid.clone()])?;
    let bytes = Sha256::of(&object.bytes);
    let revoked = in_force(cx, ground, Some(&policy))?;
    let in_force = |attestation: &Attestation| revoked.signature(&attestation.proof, false).is_ok();
    Ok(found.attestations.iter().any(|attestation| {
        names(&policy, attestation, bytes) && (counts == Counts::Revoked || in_force(attestation))
    }))
}

fn names(policy: &Policy, attestation: &Attestation, bytes: Sha256) -> bool {
    let uri = Predicate::Tag.uri(&policy.config.predicate_prefix);
    let about_it = attestation.statement.as_ref().is_ok_and(|statement| {
        statement.predicate_type == uri && statement.subject.iter().any(|s| s.sha256() == Some(bytes))
    });
    about_it && signed_by(policy, Stage::Tag, &attestation.proof).is_ok()
}
