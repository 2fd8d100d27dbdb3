//! Plumbing: the listing of a chart at a revision.

use super::Context;
use super::charts::{self, ChartAt, split_spec};
use super::ground::{find_ground, unconfigured};
use crate::git::Repo;
use crate::model::{Failure, Oid, SubjectReport};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// `CHART[@REV]`.
    pub spec: String,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<SubjectReport, Failure> {
    let (chart, commit) = find(&cx.repo, &options.spec)?;
    let content = charts::content(&cx.repo, &chart.tree, &chart.directory)?;
    Ok(SubjectReport {
        chart: chart.chart,
        directory: chart.directory,
        commit,
        tree: chart.tree,
        content: content.digest(),
        listing: content.listing.text(),
    })
}

/// The chart a `CHART[@REV]` names, with the commit it was read at. The repository need not be set up.
///
/// # Errors
/// No such revision or chart (exit 2), or the repository cannot be read.
pub(super) fn find(repo: &Repo, spec: &str) -> Result<(ChartAt, Oid), Failure> {
    let (name, revision) = split_spec(spec);
    if name.is_empty() || revision.is_empty() {
        return Err(Failure::usage(format!("`{spec}` names no chart"))
            .hint("write CHART or CHART@REV, for example `app@main`"));
    }
    let commit = repo.commit_id(revision)?;
    let config = find_ground(repo)?.map_or_else(unconfigured, |ground| ground.policy.config);
    let chart = charts::named(repo, &config, &commit, name)?;
    Ok((chart, commit))
}
