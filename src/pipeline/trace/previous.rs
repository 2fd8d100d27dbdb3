//! The release before: the witnessed tag with the highest version below, reachable from a commit.

use super::{evidence, landing, policy_of};
use crate::git::TagObject;
use crate::model::payload::Payload;
use crate::model::{Failure, Oid, Policy, Predicate, Previous, Sha256, Stage, TagFacts, signed_by};
use crate::pipeline::Context;
use crate::pipeline::charts::ChartAt;
use crate::pipeline::ground::Ground;
use crate::pipeline::releases::{self, Release};

/// Among the release tags of a chart reachable from `commit`, other than `this`, the one with the highest
/// version. Versions only grow along main, so that it is the nearest one; and dropping it, or putting
/// another object in its place, shows. A tag counts if the payload of `this` names it, or if its own tag
/// statement is in the ledger, signed by a key its own policy trusts: anybody can push a tag, and nobody
/// can un-prove a release by adding junk.
pub(super) fn nearest(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    this: Option<&TagFacts>,
    commit: &Oid,
) -> Result<Option<Previous>, Failure> {
    let tags = releases::of_chart(&cx.repo, ground.config(), &chart.chart)?;
    let own = this.and_then(|this| tags.iter().find(|release| release.tag == this.name));
    let own = own.map(|release| release.version.clone());
    let named = this.and_then(|this| this.payload.as_ref().ok()).and_then(|(payload, _)| payload.previous.clone());
    for Release { tag, version, oid } in tags {
        if this.is_some_and(|this| this.name == tag) || own.as_ref().is_some_and(|own| version > *own) {
            continue;
        }
        let Some(object) = cx.repo.tag_object(&oid)? else { continue };
        let Ok((payload, digest)) = Payload::parse(&object.message) else { continue };
        if payload.chart != chart.chart || object.target_kind != "commit" || object.name != tag {
            continue;
        }
        if !cx.repo.is_ancestor(&object.target, commit)? {
            continue;
        }
        let found = Previous { tag, tag_object: object.oid.clone(), payload: digest };
        if named.as_ref() == Some(&found) || witnessed(cx, ground, chart, &object)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether a release tag is witnessed: a tag statement over its bytes is signed by a key its own policy
/// trusts.
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
    witnessed(cx, ground, &chart, &object)
}

/// Whether a tag statement over these very bytes is signed by a key that the tag's own policy trusts.
fn witnessed(cx: &Context<'_>, ground: &Ground, chart: &ChartAt, object: &TagObject) -> Result<bool, Failure> {
    let landed = landing(&cx.repo, ground.config(), &ground.main, &object.target, &chart.directory)?;
    let Ok(policy) = policy_of(&cx.repo, &landed, &ground.policy) else { return Ok(false) };
    let found = evidence::gather(cx, &policy, &chart.chart, vec![object.oid.clone()])?;
    let bytes = Sha256::of(&object.bytes);
    Ok(found.attestations.iter().any(|attestation| names(&policy, attestation, bytes)))
}

fn names(policy: &Policy, attestation: &crate::model::Attestation, bytes: Sha256) -> bool {
    let uri = Predicate::Tag.uri(&policy.config.predicate_prefix);
    let about_it = attestation.statement.as_ref().is_ok_and(|statement| {
        statement.predicate_type == uri && statement.subject.iter().any(|s| s.sha256() == Some(bytes))
    });
    about_it && signed_by(policy, Stage::Tag, &attestation.proof).is_ok()
}
