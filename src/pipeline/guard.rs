//! Stage 3: judges the source of a merge by branch, repository and content.
//!
//! A branch's name proves nothing: a fork can call its branch `integration` or `main`. So the name is
//! looked at first, then whose repository it is in, and then, always, what it holds.

use std::path::PathBuf;

use super::charts::{self, ChartAt};
use super::forge::{self, Squash};
use super::ground::{self, Ground};
use super::{Context, hub, propose, trace};
use crate::model::config::Flow;
use crate::model::{Content, Exit, Failure, GuardReport, Oid, Plan, Stage, Verdict};

mod asked;
pub mod contribution;
mod request;

use asked::Asked;
use request::{Request, head_tip, tip};

/// The merge that is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardStage {
    /// Into a per-chart branch: only from integration.
    Chart,
    /// Into main: only from a per-chart branch (or, in direct flow, a contribution).
    Main,
    /// Into release: only what a tag holds.
    Release,
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// chart, main or release.
    pub stage: GuardStage,
    /// Which merge.
    pub asked: Which,
    /// Close the pull request when refused.
    pub close: bool,
    /// Merge when allowed.
    pub merge: bool,
    /// Let GitHub merge by itself what its rules still ask something for.
    pub auto: bool,
}

/// Which merge is judged: what is not named here is taken from the event, then from the branch checked out.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// The head branch; none: from the event, or the branch checked out.
    pub head: Option<String>,
    /// The base branch; none: from the event, or the stage's.
    pub base: Option<String>,
    /// The head repository's id or name.
    pub head_repository: Option<String>,
    /// The base repository's id or name.
    pub base_repository: Option<String>,
    /// A pull-request event file (`GITHUB_EVENT_PATH`).
    pub event: Option<PathBuf>,
}

/// Judges, and merges where asked and allowed.
///
/// # Errors
/// A usage error or an unreadable repository; a refusal is in the report.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<GuardReport, Failure> {
    let ground = if options.merge { ground::refreshed(cx)? } else { ground::ground(cx)? };
    let branches = &ground.config().branches;
    let usual = match options.stage {
        GuardStage::Main => Some(branches.main.as_str()),
        GuardStage::Release => Some(branches.release.as_str()),
        GuardStage::Chart => None,
    };
    let mut request = request::gather(cx, &options.asked, usual)?;
    if request.queued && (options.close || options.merge) {
        return Err(Failure::usage("the merge queue merges by itself what passes its checks")
            .hint("run the guard without --merge and --close on merge_group"));
    }
    let mut asked = None;
    if options.close || options.merge {
        asked = hub::forge(cx, &ground)?.map(|github| Asked::find(github, &mut request)).transpose()?;
    }
    if options.close && asked.is_none() {
        return Err(Failure::usage("the local forge has no pull requests to close"));
    }
    if let Some(merged) = asked.as_ref().and_then(Asked::merged).filter(|_| options.merge) {
        return again(cx, &ground, options.stage, &request, &merged);
    }
    let mut reasons = asked.as_ref().map(|asked| asked.reasons(options.stage)).unwrap_or_default();
    if let (Some(head), Some(base)) = (&request.head_repository, &request.base_repository) {
        if head != base {
            reasons.push(format!(
                "the head is in the repository {head}, not in {base}: a fork's branch names prove nothing"
            ));
        }
    } else if request.head_repository.is_some() || request.base_repository.is_some() {
        reasons.push("one of the two repositories is not named: whose branch it is cannot be told".to_owned());
    }
    let mut found = None;
    match branch_fits(&ground, options.stage, &request) {
        Err(reason) => reasons.push(reason),
        Ok(()) => match content(cx, &ground, options, &request) {
            Ok(merge) => found = Some(merge),
            Err(failure) if failure.exit == Exit::Negative => {
                reasons.push(failure.what);
                reasons.extend(failure.causes);
            }
            Err(failure) => return Err(failure),
        },
    }
    let mut report = GuardReport {
        stage: format!("{:?}", options.stage).to_lowercase(),
        head: request.head.clone(),
        base: request.base.clone(),
        allowed: reasons.is_empty(),
        manual_review: false,
        reasons,
        merged: None,
        waiting: None,
        plan: Plan::default(),
    };
    match (&asked, found.filter(|_| options.merge && report.allowed)) {
        (Some(asked), Some(merge)) => asked.merge(cx, &ground, options, &merge, &mut report)?,
        (None, Some(merge)) => apply(cx, &ground, &merge, &mut report)?,
        (Some(asked), None) if options.close && !report.allowed => asked.close(cx, &mut report)?,
        _ => {}
    }
    Ok(report)
}

/// A run that was stopped after its merge: what came of it has to be proven where it is now. Who merged it, and
/// whether anybody judged it, GitHub's word alone does not tell.
fn again(
    cx: &Context<'_>,
    ground: &Ground,
    stage: GuardStage,
    request: &Request,
    merged: &Oid,
) -> Result<GuardReport, Failure> {
    let chart = ground.config().chart_of_branch(&request.head);
    let judged = match (stage, chart, tag_of(ground, &request.head)) {
        (GuardStage::Main, Some(name), _) => {
            let chart = charts::named(&cx.repo, ground.config(), merged, &name)?;
            proven(cx, ground, merged, &chart, Some(Stage::Bump)).map(drop)
        }
        (GuardStage::Release, _, Some(tag)) => released(cx, ground, request, merged, &tag),
        _ => Err(Failure::negative("the pull request is merged already")),
    };
    let mut reasons = Vec::new();
    match judged {
        Ok(()) => {}
        Err(failure) if failure.exit == Exit::Negative => {
            reasons.push(failure.what);
            reasons.extend(failure.causes);
        }
        Err(failure) => return Err(failure),
    }
    let mut plan = Plan::default();
    plan.done(format!("merge {} into {}", request.head, request.base));
    Ok(GuardReport {
        stage: format!("{stage:?}").to_lowercase(),
        head: request.head.clone(),
        base: request.base.clone(),
        allowed: reasons.is_empty(),
        manual_review: false,
        merged: Some(merged.clone()),
        reasons,
        waiting: None,
        plan,
    })
}

/// Whether a merge brought exactly what a proven tag holds to the release branch. Later releases may lie above it.
fn released(cx: &Context<'_>, ground: &Ground, request: &Request, merged: &Oid, tag: &str) -> Result<(), Failure> {
    let traced = trace::release(cx, ground, tag, None, None)?;
    trace::demand(&traced.judge(Stage::Build), &format!("{tag} is not proven"))?;
    let there = cx.repo.on_first_parent(merged, &tip(cx, ground, &request.base)?)?;
    if there && cx.repo.tree_at(merged, &traced.lineage.directory)? == traced.lineage.content.tree {
        return Ok(());
    }
    Err(Failure::negative(format!("what was merged into {} is not the content of {tag}", request.base)))
}

/// What is merged once it is allowed.
#[derive(Debug)]
struct Merge {
    base: String,
    base_tip: Oid,
    head_tip: Oid,
    directory: String,
    message: String,
}

fn apply(cx: &Context<'_>, ground: &Ground, merge: &Merge, report: &mut GuardReport) -> Result<(), Failure> {
    let Merge { base, base_tip, head_tip, directory, message } = merge;
    let what = format!("merge {} into {base}", report.head);
    if cx.repo.tree_at(base_tip, directory)? == cx.repo.tree_at(head_tip, directory)? {
        report.plan.done(what);
        return Ok(());
    }
    report.plan.needed(what);
    if !cx.dry_run {
        let squash = Squash { base, base_tip, head_tip, directory, message };
        report.merged = Some(forge::squash(cx, ground, &squash)?);
    }
    Ok(())
}

fn branch_fits(ground: &Ground, stage: GuardStage, request: &Request) -> Result<(), String> {
    let config = ground.config();
    let branches = &config.branches;
    let wrong = |what: &str, expected: &str| {
        format!("only {expected} may merge into {what}: expected {expected}, found `{}`", request.head)
    };
    match stage {
        GuardStage::Chart if config.chart_of_branch(&request.base).is_none() => {
            Err(format!("`{}` is no per-chart branch ({})", request.base, branches.chart))
        }
        GuardStage::Chart if request.head != branches.integration => {
            Err(wrong(&request.base, &format!("`{}`", branches.integration)))
        }
        GuardStage::Main if request.base != branches.main => {
            Err(format!("the base is `{}`, not `{}`", request.base, branches.main))
        }
        // Its branch is GitHub's own; what it holds has to be one chart that is proven, like any other's.
        GuardStage::Main if request.queued => Ok(()),
        GuardStage::Main
            if config.flow == Flow::Integration && config.chart_of_branch(&request.head).is_none() =>
        {
            Err(wrong(&branches.main, &format!("a per-chart branch (`{}`)", branches.chart)))
        }
        GuardStage::Release if request.base != branches.release => {
            Err(format!("the base is `{}`, not `{}`", request.base, branches.release))
        }
        GuardStage::Release if tag_of(ground, &request.head).is_none() => Err(format!(
            "Only '{}' branch can merge to '{}': expected `{}` made by `git lineage tag`, found `{}`",
            branches.main, branches.release, branches.promote, request.head
        )),
        _ => Ok(()),
    }
}

/// The tag a promote branch is for.
fn tag_of(ground: &Ground, branch: &str) -> Option<String> {
    let (before, after) = ground.config().branches.promote.split_once("{tag}")?;
    let tag = branch.strip_prefix(before)?.strip_suffix(after)?;
    (!tag.is_empty()).then(|| tag.to_owned())
}

/// Judges what the head holds; returns what a merge would take over.
fn content(cx: &Context<'_>, ground: &Ground, options: &Options, request: &Request) -> Result<Merge, Failure> {
    match options.stage {
        GuardStage::Chart => {
            let chart = ground.config().chart_of_branch(&request.base).unwrap_or_default();
            let branch = tip(cx, ground, &request.base)?;
            let chart = only_chart(cx, ground, &branch, Some(&chart))?;
            let verdict = proven(cx, ground, &branch, &chart, None)?;
            let integration = head_tip(cx, ground, request)?;
            contributed_there(cx, &integration, &chart, &verdict)?;
            let message = format!("chore({}): sync from integration\n", request.base);
            // By content the merge is already there: split wrote it, and the link says from where.
            Ok(Merge {
                base: request.base.clone(),
                base_tip: branch.clone(),
                head_tip: branch,
                directory: chart.directory,
                message,
            })
        }
        GuardStage::Main => {
            let head = head_tip(cx, ground, request)?;
            let named = ground.config().chart_of_branch(&request.head);
            let chart = only_chart(cx, ground, &head, named.as_deref())?;
            proven(cx, ground, &head, &chart, Some(Stage::Bump))?;
            let message = propose::squash_message(cx, ground, &chart, &head)?;
            Ok(Merge {
                base: request.base.clone(),
                base_tip: ground.main.clone(),
                head_tip: head,
                directory: chart.directory,
                message,
            })
        }
        GuardStage::Release => {
            // Its pull request is opened before its package can be built: until it is merged, the tag is enough.
            let upto = if options.merge { Stage::Build } else { Stage::Tag };
            release(cx, ground, request, upto)
        }
    }
}

/// The one chart a branch changes on main; any other path is one too many.
fn only_chart(cx: &Context<'_>, ground: &Ground, head: &Oid, named: Option<&str>) -> Result<ChartAt, Failure> {
    let base = cx.repo.merge_base(&ground.main, head)?.unwrap_or_else(|| ground.main.clone());
    let mut changed = charts::changed(&cx.repo, ground.config(), &base, head)?;
    let chart = match (changed.pop(), changed.is_empty()) {
        (Some(chart), true) => chart,
        (None, _) => return Err(Failure::negative("no chart differs from main: there is nothing to merge")),
        (Some(chart), false) => {
            let mut names: Vec<String> = changed.into_iter().map(|chart| chart.chart).collect();
            names.push(chart.chart);
            return Err(Failure::negative(format!("more than one chart differs from main: {}", names.join(", "))));
        }
    };
    // What main got since the branch was made would be taken back by it, unless it is the branch's own.
    let main = cx.repo.tree_at(&ground.main, &chart.directory)?;
    if main.as_ref() != Some(&chart.tree) && main != cx.repo.tree_at(&base, &chart.directory)? {
        return Err(Failure::negative(format!("{} moved on main since the branch was made", chart.chart))
            .because(format!("the branch starts from {}, main is at {}", base.short(), ground.main.short())));
    }
    if let Some(named) = named.filter(|named| *named != chart.chart) {
        return Err(Failure::negative(format!("the branch is for {named}, it changes {}", chart.chart)));
    }
    let inside = format!("{}/", chart.directory);
    let outside: Vec<String> =
        cx.repo.changed_paths(&base, head)?.into_iter().filter(|path| !path.starts_with(&inside)).collect();
    if !outside.is_empty() {
        return Err(Failure::negative(format!(
            "it changes more than {}: {}",
            chart.directory,
            outside.join(", ")
        )));
    }
    Ok(chart)
}

/// The verdict on a branch's content, as if it were merged into main now; without a stage, up to the
/// bump where there is one.
fn proven(
    cx: &Context<'_>,
    ground: &Ground,
    head: &Oid,
    chart: &ChartAt,
    upto: Option<Stage>,
) -> Result<Verdict, Failure> {
    let (traced, verdict) = propose::trace_branch(cx, ground, chart, head)?;
    let verdict = upto.map_or(verdict, |upto| traced.judge(upto));
    let stage = verdict.upto;
    trace::demand(&verdict, &format!("{} has no complete lineage up to the {stage} stage", chart.chart))?;
    Ok(verdict)
}

/// What the split came from stood on integration: its content is in the branch's own history.
fn contributed_there(
    cx: &Context<'_>,
    integration: &Oid,
    chart: &ChartAt,
    verdict: &Verdict,
) -> Result<(), Failure> {
    let Some(contributed) = verdict.findings.contributed.as_ref().map(Content::digest) else {
        return Err(Failure::negative(format!("what {} was split from is not established", chart.chart)));
    };
    let mut there = false;
    cx.repo.first_parent_changes(integration, &chart.directory, &mut |_, tree| {
        let content = tree.and_then(|tree| charts::content(&cx.repo, tree, &chart.directory).ok());
        there = content.is_some_and(|content| content.digest() == contributed);
        !there
    })?;
    if there {
        return Ok(());
    }
    Err(Failure::negative(format!("the content {} was split from was never on integration", chart.chart)))
}

/// The release branch takes exactly the chart content of a proven tag.
fn release(cx: &Context<'_>, ground: &Ground, request: &Request, upto: Stage) -> Result<Merge, Failure> {
    let name = tag_of(ground, &request.head).unwrap_or_default();
    let head = head_tip(cx, ground, request)?;
    let traced = trace::release(cx, ground, &name, None, None)?;
    trace::demand(&traced.judge(upto), &format!("{name} is not proven"))?;
    let directory = traced.lineage.directory.clone();
    let base_tip = tip(cx, ground, &request.base)?;
    if cx.repo.tree_at(&head, &directory)? != traced.lineage.content.tree {
        return Err(Failure::negative(format!("{} does not hold the content of {name}", request.head)));
    }
    let merge_base = cx.repo.merge_base(&base_tip, &head)?.ok_or_else(|| {
        Failure::negative(format!("{} and {} have no commit in common", request.head, request.base))
    })?;
    let inside = format!("{directory}/");
    let outside: Vec<String> =
        cx.repo.changed_paths(&merge_base, &head)?.into_iter().filter(|path| !path.starts_with(&inside)).collect();
    if !outside.is_empty() {
        return Err(Failure::negative(format!("it changes more than {directory}: {}", outside.join(", "))));
    }
    let message = format!("release: {name}\n");
    Ok(Merge { base: request.base.clone(), base_tip, head_tip: head, directory, message })
}
