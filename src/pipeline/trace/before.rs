//! A release from before lineage, as a clone shows it.

use super::tag::{chart_of, moved};
use crate::git;
use crate::model::config::Flow;
use crate::model::{BeforeLineage, Failure, Oid, Since, TagFacts};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::Ground;

/// Gathers what a clone shows of a release whose tag carries no lineage.
///
/// # Errors
/// The tag is of no chart (exit 2), or the repository cannot be read.
pub fn before_lineage(cx: &Context<'_>, ground: &Ground, tag: &TagFacts) -> Result<BeforeLineage, Failure> {
    let chart = chart_of(&cx.repo, ground.config(), tag)?;
    let main = since(cx, ground, &tag.commit, &chart)?;
    Ok(BeforeLineage {
        moved: moved(cx, ground, tag)?,
        tag: tag.clone(),
        chart: chart.chart,
        directory: chart.directory,
        version: chart.metadata.version,
        tree: chart.tree,
        main,
    })
}

/// Since when main has the version of a chart, and with which content it came. A contribution that raises its own
/// version may come as several commits, so that without an integration branch any content of it will do.
fn since(cx: &Context<'_>, ground: &Ground, commit: &Oid, chart: &ChartAt) -> Result<Since, Failure> {
    let ChartAt { directory, metadata, .. } = chart;
    let landing = |at: &Oid| match cx.repo.landing(at, directory) {
        Ok(landed) => Ok(landed.ok_or(Since::Elsewhere)),
        Err(error) => cut_short(error).map(Err),
    };
    match cx.repo.on_first_parent(commit, &ground.main) {
        Ok(true) => {}
        Ok(false) => return Ok(Since::Elsewhere),
        Err(error) => return cut_short(error),
    }
    let (mut landed, mut tree) = match landing(commit)? {
        Ok(landed) => (landed, chart.tree.clone()),
        Err(since) => return Ok(since),
    };
    while ground.config().flow == Flow::Integration
        && let Some(parent) = landed.parents.first().cloned()
        && let Some(Ok(before)) = charts::at(&cx.repo, ground.config(), &parent, directory)?
        && before.metadata.version == metadata.version
    {
        (landed, tree) = match landing(&parent)? {
            Ok(earlier) => (earlier, before.tree),
            Err(since) => return Ok(since),
        };
    }
    Ok(Since::Commit { commit: landed.oid, tree })
}

/// What cannot be told where the clone's history is cut short.
fn cut_short(error: git::Error) -> Result<Since, Failure> {
    match error {
        git::Error::Shallow(_) | git::Error::MissingObject(_) => {
            Ok(Since::Unknown(format!("{error}; fetch the whole history (`git fetch --unshallow`)")))
        }
        error => Err(error.into()),
    }
}
