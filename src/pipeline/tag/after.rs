//! What follows from a tag: the promote branch, the back-port to integration, the end of the per-chart
//! branch. Each is looked up first and done only if still needed.

use std::collections::BTreeMap;

use crate::git::{Edit, TagObject};
use crate::github::pulls::Wanted;
use crate::helm;
use crate::model::config::Flow;
use crate::model::{Failure, Landing, Oid, Outcome, TagLine, link, version};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::{forge, hub};

pub(super) fn run(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    landing: &Landing,
    name: &str,
    object: Option<&TagObject>,
    line: &mut TagLine,
) -> Result<(), Failure> {
    let config = ground.config();
    line.pull = super::release_pull(name, object, landing);
    if !promote(cx, ground, chart, landing, name, line)? {
        open_pull(cx, ground, line)?;
    }
    if config.flow == Flow::Integration {
        backport(cx, ground, chart, name, line)?;
        close_chart_branch(cx, ground, chart, line)?;
    }
    Ok(())
}

/// Whether a run was stopped after the tag: the end of the per-chart branch comes last, and it still holds
/// what was released.
pub(super) fn unfinished(cx: &Context<'_>, ground: &Ground, chart: &ChartAt) -> Result<bool, Failure> {
    let config = ground.config();
    if config.flow != Flow::Integration {
        return Ok(false);
    }
    let Some(tip) = ground::branch_tip(&cx.repo, config, &config.chart_branch(&chart.chart))? else {
        return Ok(false);
    };
    Ok(cx.repo.tree_at(&tip, &chart.directory)?.as_ref() == Some(&chart.tree))
}

/// On GitHub, the pull request from the promote branch to the release one.
fn open_pull(cx: &Context<'_>, ground: &Ground, line: &mut TagLine) -> Result<(), Failure> {
    let Some(branch) = &line.promote else { return Ok(()) };
    let Some(github) = hub::forge(cx, ground)? else { return Ok(()) };
    let base = &ground.config().branches.release;
    let what = format!("open or update the pull request from {branch} to {base}");
    // Before there is a tag there is nothing to write into it.
    let Some(text) = line.pull.as_ref().filter(|_| !cx.dry_run) else {
        line.plan.needed(what);
        return Ok(());
    };
    let opened = hub::propose(&github, &Wanted { head: branch, base, title: &text.title, body: &text.body })?;
    if opened.outcome == Outcome::Unchanged {
        line.plan.done(what);
    } else {
        line.plan.needed(what);
    }
    line.open = Some(opened);
    Ok(())
}

/// `promote/<tag>`: the release branch's tip with exactly the tag's chart content. True where the release branch has
/// that content already, so that nothing is left to merge.
fn promote(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    landing: &Landing,
    name: &str,
    line: &mut TagLine,
) -> Result<bool, Failure> {
    let config = ground.config();
    let Some(release) = ground::branch_tip(&cx.repo, config, &config.branches.release)? else {
        // A repository without a release branch publishes from the tag alone.
        return Ok(true);
    };
    let branch = config.promote_branch(name);
    line.promote = Some(branch.clone());
    let what = format!("push {branch} with the content of {name} on {}", config.branches.release);
    let promoted = cx.repo.tree_at(&release, &chart.directory)?.as_ref() == Some(&chart.tree);
    let existing = ground::branch_tip(&cx.repo, config, &branch)?;
    let current = match &existing {
        Some(tip) => {
            cx.repo.tree_at(tip, &chart.directory)?.as_ref() == Some(&chart.tree)
                && (promoted || cx.repo.is_ancestor(&release, tip)?)
        }
        None => promoted,
    };
    if current {
        line.plan.done(what);
        return Ok(promoted);
    }
    line.plan.needed(what);
    if cx.dry_run {
        return Ok(promoted);
    }
    cx.repo.check_branch_name(&branch, ground::remote(&cx.repo, config))?;
    let edits = forge::take(cx, &landing.commit, &chart.directory)?;
    let tree = cx.repo.edit_tree(Some(&release), &edits)?;
    let commit = cx.repo.write_commit(&tree, &[release], &format!("release: {name}\n"), cx.now)?;
    forge::move_branch(cx, ground, &branch, existing.as_ref(), &commit)?;
    Ok(promoted)
}

/// Version and changelog, which main owns, go back to integration as one linear commit, so that the next
/// contribution starts from the released version.
fn backport(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    name: &str,
    line: &mut TagLine,
) -> Result<(), Failure> {
    let config = ground.config();
    let branch = &config.branches.integration;
    let Some(tip) = ground::branch_tip(&cx.repo, config, branch)? else { return Ok(()) };
    let what = format!("port version and changelog of {name} back to {branch}");
    let edits = owned_edits(cx, &tip, chart)?;
    if edits.is_empty() {
        line.plan.done(what);
        return Ok(());
    }
    line.plan.needed(what);
    if cx.dry_run {
        return Ok(());
    }
    let tree = cx.repo.edit_tree(Some(&tip), &edits)?;
    let message = format!(
        "chore({}): port {} back to {branch}\n\nLineage-Backport: {name}\n",
        chart.chart, chart.metadata.version
    );
    let commit = cx.repo.write_commit(&tree, std::slice::from_ref(&tip), &message, cx.now)?;
    forge::move_branch(cx, ground, branch, Some(&tip), &commit)?;
    line.backport = Some(commit);
    Ok(())
}

/// What integration lacks of the files main owns. Its version is only ever raised.
fn owned_edits(cx: &Context<'_>, tip: &Oid, chart: &ChartAt) -> Result<BTreeMap<String, Edit>, Failure> {
    let mut edits = BTreeMap::new();
    let Some(theirs) = charts::content_at(&cx.repo, tip, &chart.directory)? else { return Ok(edits) };
    let main = charts::content(&cx.repo, &chart.tree, &chart.directory)?;
    let file = format!("{}/{}", chart.directory, link::CHART_YAML);
    let their_version = helm::Metadata::parse(&file, &theirs.chart_yaml)?.version;
    let behind = match (version::parse(&their_version), version::parse(&chart.metadata.version)) {
        (Ok(theirs), Ok(ours)) => theirs < ours,
        _ => their_version != chart.metadata.version,
    };
    if behind {
        let bytes = helm::set_version(&file, &theirs.chart_yaml, &chart.metadata.version)?;
        edits.insert(file, Edit::Write(bytes));
    }
    if let Some(changelog) = main.changelog.filter(|ours| theirs.changelog.as_ref() != Some(ours)) {
        edits.insert(format!("{}/{}", chart.directory, link::CHANGELOG), Edit::Write(changelog));
    }
    Ok(edits)
}

/// The per-chart branch goes once the tag is on the remote and main holds all it held.
fn close_chart_branch(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    line: &mut TagLine,
) -> Result<(), Failure> {
    let config = ground.config();
    let branch = config.chart_branch(&chart.chart);
    let Some(tip) = ground::branch_tip(&cx.repo, config, &branch)? else { return Ok(()) };
    if cx.repo.tree_at(&tip, &chart.directory)?.as_ref() != Some(&chart.tree) {
        // The next contribution is on it already.
        return Ok(());
    }
    line.plan.needed(format!("delete {branch}"));
    if cx.dry_run {
        return Ok(());
    }
    match ground::remote(&cx.repo, config) {
        Some(remote) => Ok(cx.repo.push(remote, &[forge::branch_push(&branch, Some(&tip), None)])?),
        None => Ok(cx.repo.delete_ref(&format!("refs/heads/{branch}"), &tip)?),
    }
}
