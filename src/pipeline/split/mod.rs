//! Stage 2: one branch per changed chart.
//!
//! The chart's subtree is taken from integration by its tree id, onto main's tip; `version` and
//! `CHANGELOG.md` stay as main has them, because main owns them: integration's copies are stale from the
//! first release on.

use super::Context;
use super::charts::{self, ChartAt};
use super::forge::{branch_push, move_branch};
use super::ground::{self, Ground};
use super::record::{self, Draft};
use super::trace;
use crate::model::config::Flow;
use crate::model::statement::{ContentRef, SourceCommit, SplitLink};
use crate::model::{
    Content, Exit, Failure, Oid, Outcome, Plan, Predicate, SplitLine, SplitReport, Stage, Subject, link,
};

mod apart;
mod source;

use apart::{Apart, Standing};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Charts by name; none: every chart integration is ahead with.
    pub charts: Vec<String>,
}

/// Splits every chart on its own: one that is refused holds up no other.
///
/// # Errors
/// Nothing could be looked at; what a single chart met is in its line.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<SplitReport, Failure> {
    let ground = ground::refreshed(cx)?;
    let config = ground.config();
    if config.flow == Flow::Direct {
        return Err(Failure::usage("flow = \"direct\" has no split: contributions go to main themselves")
            .hint("see `git lineage tag`"));
    }
    let integration = ground::branch_tip(&cx.repo, config, &config.branches.integration)?.ok_or_else(|| {
        Failure::undetermined(format!("the branch {} is not known here", config.branches.integration))
            .hint("fetch it, or make it with `git lineage init`")
    })?;
    let mut report = SplitReport { charts: Vec::new(), unmatched: unmatched(cx, &ground, &integration)? };
    for directory in directories(cx, &ground, &integration, &options.charts)? {
        let line = match one(cx, &ground, &integration, &directory) {
            Ok(Some(line)) => line,
            Ok(None) if options.charts.is_empty() => continue,
            Ok(None) => unchanged(&ground, &directory, "integration is not ahead of main with it"),
            Err(failure) => refused(&ground, &directory, failure),
        };
        report.charts.push(line);
    }
    Ok(report)
}

/// The chart directories to look at: those asked for, or all that differ between main and integration.
fn directories(
    cx: &Context<'_>,
    ground: &Ground,
    integration: &Oid,
    asked: &[String],
) -> Result<Vec<String>, Failure> {
    let config = ground.config();
    if !asked.is_empty() {
        let find = |name: &String| charts::named(&cx.repo, config, integration, name).map(|chart| chart.directory);
        return asked.iter().map(find).collect();
    }
    let changed = cx.repo.changed_directories(&ground.main, integration, &config.charts.roots)?;
    let is_chart = |commit: &Oid, directory: &str| cx.repo.file_at(commit, &format!("{directory}/Chart.yaml"));
    let mut directories = Vec::new();
    for directory in changed.into_keys() {
        if is_chart(integration, &directory)?.is_some() || is_chart(&ground.main, &directory)?.is_some() {
            directories.push(directory);
        }
    }
    Ok(directories)
}

/// Paths that differ between main and integration and belong to no chart: reported, never dropped.
fn unmatched(cx: &Context<'_>, ground: &Ground, integration: &Oid) -> Result<Vec<String>, Failure> {
    let config = ground.config();
    let all: Vec<String> = directories(cx, ground, integration, &[])?;
    let base = cx.repo.merge_base(&ground.main, integration)?.unwrap_or_else(|| ground.main.clone());
    let paths = cx.repo.changed_paths(&base, integration)?;
    let in_chart = |path: &String| {
        all.iter().any(|directory| path.starts_with(&format!("{directory}/")))
            || config.charts.roots.iter().any(|root| {
                let inside = path.strip_prefix(&format!("{root}/")).and_then(|rest| rest.split_once('/'));
                inside.is_some_and(|(name, _)| {
                    // A chart that both branches deleted was one where they parted.
                    let file = format!("{root}/{name}/Chart.yaml");
                    [integration, &base].iter().any(|commit| matches!(cx.repo.file_at(commit, &file), Ok(Some(_))))
                })
            })
    };
    Ok(paths.into_iter().filter(|path| !in_chart(path)).collect())
}

fn unchanged(ground: &Ground, directory: &str, why: &str) -> SplitLine {
    let chart = ground.config().expected_name(directory).to_owned();
    let branch = ground.config().chart_branch(&chart);
    let plan = Plan::default();
    SplitLine {
        chart,
        branch,
        outcome: Outcome::Unchanged,
        commit: None,
        why: Some(why.to_owned()),
        exit: Exit::Done,
        plan,
    }
}

fn refused(ground: &Ground, directory: &str, failure: Failure) -> SplitLine {
    let mut line = unchanged(ground, directory, &failure.what);
    let causes = failure.causes.iter().map(|cause| format!("; {cause}")).collect::<String>();
    let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    line.why = Some(format!("{}{causes}{hint}", failure.what));
    line.outcome = Outcome::Refused;
    line.exit = failure.exit;
    line
}

/// One chart: none where integration has nothing main lacks.
fn one(
    cx: &mut Context<'_>,
    ground: &Ground,
    integration: &Oid,
    directory: &str,
) -> Result<Option<SplitLine>, Failure> {
    let config = ground.config();
    let apart = Apart::look(cx, ground, integration, directory)?;
    match &apart.standing {
        Standing::Same | Standing::Stale => return Ok(None),
        Standing::Deleted => {
            return Err(Failure::negative(format!("{directory} was deleted on {}", config.branches.integration))
                .hint("a chart leaves the repository through a final deprecated release; restore it, or delete it on main by hand"));
        }
        Standing::Diverged(paths) => {
            return Err(Failure::negative(format!(
                "main and {} both changed {directory}",
                config.branches.integration
            ))
            .because(format!("main has what integration never had: {}", paths.join(", ")))
            .hint("port main's change to integration first, as a linear commit"));
        }
        Standing::Ahead => {}
    }
    let chart = apart.chart.clone().ok_or_else(|| Failure::negative(format!("{directory} is no chart")))?;
    let branch = config.chart_branch(&chart.chart);
    cx.repo.check_branch_name(&branch, ground::remote(&cx.repo, config))?;
    let source = source::of(cx, ground, integration, &chart, &apart)?;
    let split = apart.split_tree(cx, ground)?;
    let content = charts::content(&cx.repo, &split.chart_tree, directory)?;
    let existing = ground::branch_tip(&cx.repo, config, &branch)?;

    let mut plan = Plan::default();
    let mut line = unchanged(ground, directory, "");
    line.why = None;
    let draft = link_draft(cx, ground, &chart, &apart, &source, &split, &content)?;
    match &draft {
        Some(_) => plan.needed(format!("sign the split link of {}", chart.chart)),
        None => plan.done(format!("sign the split link of {}", chart.chart)),
    }
    let keeps = match &existing {
        Some(tip) => holds(cx, ground, tip, directory, &content)?,
        None => false,
    };
    let what = format!("push {branch} with integration's {directory} on main");
    if keeps && draft.is_none() {
        plan.done(what);
        line.plan = plan;
        return Ok(Some(line));
    }
    if keeps {
        plan.done(what);
    } else {
        plan.needed(what);
    }
    line.plan = plan;
    line.outcome = if existing.is_some() { Outcome::Updated } else { Outcome::Created };
    if cx.dry_run {
        return Ok(Some(line));
    }
    let drafts: Vec<Draft> = draft.into_iter().collect();
    let mut refs = Vec::new();
    if !keeps {
        let message = message(&chart, &source.commits);
        let commit =
            cx.repo.write_commit(&split.root_tree, std::slice::from_ref(&ground.main), &message, cx.now)?;
        match ground::remote(&cx.repo, config) {
            Some(_) => refs.push(branch_push(&branch, existing.as_ref(), Some(&commit))),
            None => move_branch(cx, ground, &branch, existing.as_ref(), &commit)?,
        }
        line.commit = Some(commit);
    }
    record::post_and_push(cx, ground, &drafts, refs)?;
    Ok(Some(line))
}

/// Whether a per-chart branch already holds this split, bumped or not, on what main has of the chart today:
/// a later stage's commit is never destroyed without need, and main moving on with other charts is none.
fn holds(
    cx: &Context<'_>,
    ground: &Ground,
    tip: &Oid,
    directory: &str,
    content: &Content,
) -> Result<bool, Failure> {
    let Some(existing) = charts::content_at(&cx.repo, tip, directory)? else { return Ok(false) };
    let stated = ground.config().publish.stated();
    let same = existing.digest() == content.digest()
        || link::without_owned(&existing, &stated) == link::without_owned(content, &stated);
    let Some(base) = cx.repo.merge_base(&ground.main, tip)?.filter(|_| same) else { return Ok(false) };
    Ok(cx.repo.tree_at(&base, directory)? == cx.repo.tree_at(&ground.main, directory)?)
}

fn message(chart: &ChartAt, commits: &[SourceCommit]) -> String {
    let mut message = format!("chore({}): sync from integration\n\n", chart.chart);
    for commit in commits {
        message.push_str(&format!("Source-Commit: {}\n", commit.commit));
    }
    message
}

/// The split link, unless the ledger has one for this very split.
fn link_draft(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    apart: &Apart,
    source: &source::Source,
    split: &apart::SplitTree,
    content: &Content,
) -> Result<Option<Draft>, Failure> {
    let mut as_split = chart.clone();
    as_split.tree = split.chart_tree.clone();
    let landing = trace::as_if_merged(cx, ground, &ground.main, &chart.directory)?;
    let traced = trace::content(cx, ground, ground.policy.clone(), &as_split, &ground.main, landing)?;
    let verdict = traced.judge(Stage::Split);
    if verdict.findings.counted.iter().any(|counted| counted.name == "w2-filter-charts") {
        return Ok(None);
    }
    let reference = |content: &Content, tree: &Oid, commit: &Oid| ContentRef {
        content: content.digest(),
        tree: tree.clone(),
        commit: commit.clone(),
    };
    let objects = [("chart", "gitTree", &split.chart_tree), ("source", "gitCommit", &source.commit)];
    let claim = SplitLink {
        about: record::about(cx, ground, &chart.chart, &chart.directory, &objects),
        source: reference(&apart.integration, &chart.tree, &source.commit),
        base: apart.main.as_ref().map(|main| {
            let tree = main.tree.clone().unwrap_or_else(|| chart.tree.clone());
            reference(main, &tree, &ground.main)
        }),
        before: link::owned_files(&apart.integration),
        commits: source.commits.clone(),
        merged_by: source.merged_by.clone(),
        parent: source.seal,
    };
    let subject = vec![Subject::new(&chart.directory, content.digest())];
    let statement = record::statement(ground.config(), Predicate::Split, subject, &claim)?;
    let pen = record::pen(cx, &ground.policy, Stage::Split)?;
    pen.draft(&chart.chart, &split.chart_tree, "w2-filter-charts", &statement).map(Some)
}
