//! Where a split's content came from: the validated contribution, its commits, its seal.

use std::collections::BTreeSet;

use super::apart::Apart;
use crate::model::statement::{Check, Overall, SourceCommit};
use crate::model::{Attestation, Failure, Oid, Predicate, Revoked, Sha256, Stage, link, signed_by};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::Ground;
use crate::pipeline::{policy, trace};

/// The contribution behind a split.
pub(super) struct Source {
    /// The commit on integration that has the content.
    pub(super) commit: Oid,
    pub(super) commits: Vec<SourceCommit>,
    /// Who made and committed what integration has of it.
    pub(super) merged_by: Vec<String>,
    /// The bundle of its seal.
    pub(super) seal: Option<Sha256>,
}

/// Finds it, and refuses content whose validation is not complete: an empty lineage is not carried on.
pub(super) fn of(
    cx: &Context<'_>,
    ground: &Ground,
    integration: &Oid,
    chart: &ChartAt,
    apart: &Apart,
) -> Result<Source, Failure> {
    let landing = trace::as_if_merged(cx, ground, integration, &chart.directory)?;
    let traced = trace::content(cx, ground, ground.policy.clone(), chart, integration, landing)?;
    let verdict = traced.judge(Stage::Validate);
    let what = format!("{} on {} is not validated", chart.chart, ground.config().branches.integration);
    trace::demand(&verdict, &what).map_err(|failure| {
        // On integration itself nothing differs from integration: what it is compared with has to be said.
        failure.hint(format!(
            "run `git lineage check`, `check --sign` and `check --seal` on this content, on {} itself with \
             `--base {}`",
            ground.config().branches.integration,
            ground.origin
        ))
    })?;
    let seal = verdict.findings.counted.iter().find(|counted| counted.name == "w1-overall").map(|c| c.bundle);
    let (commits, merged_by) = commits(cx, ground, integration, chart, apart)?;
    let landed = cx.repo.landing(integration, &chart.directory)?;
    let commit = landed.map_or_else(|| integration.clone(), |commit| commit.oid);
    Ok(Source { commit, commits, merged_by, seal })
}

/// The contribution's own commits since main's content, newest first. Squashing loses their messages on
/// integration, so the ones that commit validation signed for each content on the way are taken; where a
/// content has none, its commit's own message. And who brought them there: authors and committers of
/// integration's own commits.
fn commits(
    cx: &Context<'_>,
    ground: &Ground,
    integration: &Oid,
    chart: &ChartAt,
    apart: &Apart,
) -> Result<(Vec<SourceCommit>, Vec<String>), Failure> {
    let stated = ground.config().publish.stated();
    let stop = apart.main.as_ref().map(|main| link::without_owned(main, &stated));
    let mut steps: Vec<(crate::git::Commit, Option<Oid>)> = Vec::new();
    let mut merged_by = BTreeSet::new();
    cx.repo.first_parent_changes(integration, &chart.directory, &mut |commit, tree| {
        let reached = tree
            .and_then(|tree| charts::content(&cx.repo, tree, &chart.directory).ok())
            .is_some_and(|content| Some(link::without_owned(&content, &stated)) == stop);
        // A back-port is the pipeline's own commit: no contribution.
        let own = commit.message.lines().any(|line| line.starts_with("Lineage-Backport:"));
        if !reached {
            // What a message claims does not hide who made the commit.
            merged_by.extend([commit.author.clone(), commit.committer.clone()]);
        }
        if !reached && !own {
            steps.push((commit.clone(), tree.cloned()));
        }
        !reached
    })?;
    let mut commits: Vec<SourceCommit> = Vec::new();
    let mut seen = BTreeSet::new();
    for (commit, tree) in steps {
        let mut signed = match tree {
            Some(tree) => signed_commits(cx, ground, chart, tree)?,
            None => Vec::new(),
        };
        if signed.is_empty() {
            let own = charts::source_commit(commit);
            // Rebased, a contribution's commits come under other names; its newest content has them signed already.
            let copy = |known: &SourceCommit| {
                known.message.trim_end() == own.message.trim_end() && known.author == own.author
            };
            if !commits.iter().any(copy) {
                signed.push(own);
            }
        }
        commits.extend(signed.into_iter().filter(|commit| seen.insert(commit.commit.clone())));
    }
    Ok((commits, merged_by.into_iter().collect()))
}

/// The commits a trusted validation signed for a chart tree.
fn signed_commits(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    tree: Oid,
) -> Result<Vec<SourceCommit>, Failure> {
    let mut as_then = chart.clone();
    as_then.tree = tree;
    let attestations = trace::evidence_on(cx, &ground.policy, &as_then.chart, as_then.tree)?;
    let uri = Predicate::Check.uri(&ground.config().predicate_prefix);
    // What was sealed is what the lineage will rest on; a check run again after it tells nothing new.
    let revoked = policy::revoked(cx, ground, None)?;
    let sealed = sealed(ground, &revoked, &attestations);
    let newest = attestations
        .iter()
        .filter_map(|attestation| {
            let statement = attestation.statement.as_ref().ok().filter(|s| s.predicate_type == uri)?;
            let claim: Check = serde_json::from_value(statement.predicate.clone()).ok()?;
            signed_by(&ground.policy, claim.stage, &attestation.proof).ok()?;
            revoked.signature(&attestation.proof, false).ok()?;
            let usable = claim.stage == Stage::Validate && !claim.commits.is_empty();
            usable.then(|| (sealed.contains(&attestation.bundle), claim))
        })
        .max_by_key(|(sealed, claim)| (*sealed, claim.about.time));
    Ok(newest.map(|(_, claim)| claim.commits).unwrap_or_default())
}

/// The bundles that a trusted seal among these names.
fn sealed(ground: &Ground, revoked: &Revoked, attestations: &[Attestation]) -> BTreeSet<Sha256> {
    let uri = Predicate::Seal.uri(&ground.config().predicate_prefix);
    let mut bundles = BTreeSet::new();
    for attestation in attestations {
        let Some(statement) = attestation.statement.as_ref().ok().filter(|s| s.predicate_type == uri) else {
            continue;
        };
        if signed_by(&ground.policy, Stage::Validate, &attestation.proof).is_err()
            || revoked.signature(&attestation.proof, false).is_err()
        {
            continue;
        }
        let claim: Option<Overall> = serde_json::from_value(statement.predicate.clone()).ok();
        bundles.extend(claim.into_iter().flat_map(|claim| claim.bundles.into_values()));
    }
    bundles
}
