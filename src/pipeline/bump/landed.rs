//! The bump of what is on main already: in direct flow the contributor raised the version himself, and what is
//! signed is that nothing was changed after it was checked (an identity bump link).

use semver::Version;

use super::{Decision, Options, again, overall};
use crate::model::config::{ChangelogMode, Flow};
use crate::model::statement::{BumpLink, ContentRef};
use crate::model::{
    BumpReport, Failure, Landing, Oid, OnMain, Outcome, Plan, Predicate, Stage, Subject, Verdict, change,
    changelog, link, version,
};
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::record::{self, Draft};
use crate::pipeline::trace::{self, Traced};
use crate::pipeline::{Context, releases};

/// What is checked out, where that is a commit of main in direct flow; none: it is somebody's branch.
pub(super) fn on_main(cx: &Context<'_>, ground: &Ground) -> Result<Option<Oid>, Failure> {
    if ground.config().flow != Flow::Direct {
        return Ok(None);
    }
    let head = cx.repo.head()?;
    // The cheap question first: a branch is no ancestor of main.
    let there = cx.repo.is_ancestor(&head, &ground.main)? && cx.repo.on_first_parent(&head, &ground.main)?;
    Ok(there.then_some(head))
}

/// Signs the version a chart came to main with.
///
/// # Errors
/// Evidence is missing (exit 1 or 3), or the version is not above main's, below what the commits ask for, or taken
/// by a release (exit 1).
pub(super) fn run(
    cx: &mut Context<'_>,
    ground: &Ground,
    head: &Oid,
    options: &Options,
) -> Result<BumpReport, Failure> {
    let base = options.base.as_deref().map(|base| cx.repo.commit_id(base)).transpose()?;
    let chart = chart(cx, ground, head, base.as_ref(), options.chart.as_deref())?;
    let (landing, policy) = trace::destination(cx, ground, head, &chart.directory)?;
    let OnMain::Landed(landed) = landing.clone() else {
        return Err(Failure::negative(format!("{} is not on main", chart.chart)));
    };
    let traced = trace::content(cx, ground, policy, &chart, &landed.commit, landing)?;
    let branch = ground.config().branches.main.clone();
    let bumped = traced.judge(Stage::Bump);
    if bumped.findings.counted.iter().any(|counted| counted.name == "w5-semver-bump") {
        trace::warn(cx, &bumped);
        return again(cx, ground, branch, &landed.commit, &chart, &bumped);
    }
    // What the push brought is looked at before its evidence: without a higher version no evidence helps.
    let from = raised(cx, ground, &chart, &landed, base.as_ref())?;
    let verdict = traced.judge(Stage::Propose);
    let what = format!("{} {} cannot be released: its evidence is not complete", chart.chart, from.to);
    trace::demand(&verdict, &what).map_err(|failure| failure.hint("sign what is missing: `git lineage check`"))?;
    trace::warn(cx, &verdict);
    asked_for(&traced, &verdict, &chart, &from)?;
    told(&traced, &chart, &from.to)?;
    sign(cx, ground, &chart, &traced, &landed, from, branch)
}

/// The chart that is meant: the one named, or the one the push changed.
fn chart(
    cx: &Context<'_>,
    ground: &Ground,
    head: &Oid,
    base: Option<&Oid>,
    asked: Option<&str>,
) -> Result<ChartAt, Failure> {
    if let Some(asked) = asked {
        return charts::named(&cx.repo, ground.config(), head, asked);
    }
    let base = match base {
        Some(base) => Some(base.clone()),
        None => cx.repo.commit(head)?.parents.into_iter().next(),
    };
    let mut changed = match &base {
        Some(base) => charts::changed(&cx.repo, ground.config(), base, head)?,
        None => Vec::new(),
    };
    match (changed.pop(), changed.is_empty()) {
        (Some(chart), true) => Ok(chart),
        (None, _) => {
            Err(Failure::negative(format!("{} changed no chart: there is nothing to bump", head.short()))
                .hint("name a chart, or give the commit before the push with --base"))
        }
        (Some(last), false) => {
            let mut names: Vec<String> = changed.into_iter().map(|chart| chart.chart).collect();
            names.push(last.chart);
            Err(Failure::usage(format!("more than one chart changed: {}", names.join(", ")))
                .hint("name the chart: each is released on its own"))
        }
    }
}

/// The version a chart came with: above what main had before the push, and above every release.
fn raised(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    landed: &Landing,
    base: Option<&Oid>,
) -> Result<Decision, Failure> {
    let file = format!("{}/Chart.yaml", chart.directory);
    let usable = |text: &str| version::parse(text).map_err(|why| Failure::negative(format!("{file}: {why}")));
    let to = usable(&chart.metadata.version)?;
    let before = match base.or(landed.parent.as_ref()) {
        Some(before) => charts::at(&cx.repo, ground.config(), before, &chart.directory)?.transpose()?,
        None => None,
    };
    let raise = format!("raise `version` in {file} by a change to {}", ground.config().branches.main);
    if let Some(before) = before {
        let was = usable(&before.metadata.version)?;
        if to <= was {
            let what = if to == was {
                format!("{} changed on main, and its version is still {was}: nothing is released", chart.chart)
            } else {
                format!("{} went from {was} back to {to} on main: nothing is released", chart.chart)
            };
            return Err(Failure::negative(what).hint(raise));
        }
    }
    let newest = releases::of_chart(&cx.repo, ground.config(), &chart.chart)?.into_iter().next();
    if let Some(newest) = newest.filter(|newest| newest.version >= to) {
        return Err(Failure::negative(format!("{} {to} would not be above {}", chart.chart, newest.tag))
            .because(format!("the newest release is {}", newest.version))
            .hint(raise));
    }
    let from = landed.base.as_ref().map(|base| link::version(&base.chart_yaml)).transpose();
    let from = from.map_err(Failure::negative)?;
    let bump = if from.is_none() { "initial" } else { "manual" };
    Ok(Decision { from, to, bump })
}

/// The version is at least what the contribution's commits ask for.
fn asked_for(traced: &Traced, verdict: &Verdict, chart: &ChartAt, decision: &Decision) -> Result<(), Failure> {
    let Some(from) = &decision.from else { return Ok(()) };
    let weight = change::changes(&verdict.findings.commits).iter().map(|change| change.weight).max();
    let weight = weight.unwrap_or(change::Weight::Patch);
    let asked = version::next(from, weight, traced.policy.config.semver.pre_major);
    if decision.to >= asked {
        return Ok(());
    }
    Err(Failure::negative(format!("{} came to main as {}, which is too low", chart.chart, decision.to))
        .because(format!("its commits ask for {asked} after {from}"))
        .hint(format!("raise `version` in {}/Chart.yaml to {asked} by a change to main", chart.directory)))
}

/// Where the policy keeps a changelog in a file, the contribution brought its section along.
fn told(traced: &Traced, chart: &ChartAt, to: &Version) -> Result<(), Failure> {
    if traced.policy.config.changelog != ChangelogMode::File {
        return Ok(());
    }
    let bytes = traced.lineage.content.changelog.as_deref();
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    if text.and_then(|text| changelog::extract(text, to)).is_some() {
        return Ok(());
    }
    let file = format!("{}/{}", chart.directory, link::CHANGELOG);
    Err(Failure::negative(format!("{} came to main as {to}, and {file} has no section for it", chart.chart)).hint(
        "contribute a version with its section, or have it in the tag alone: `changelog = \"annotation\"` in lineage.toml",
    ))
}

fn sign(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    traced: &Traced,
    landed: &Landing,
    Decision { from, to, bump }: Decision,
    branch: String,
) -> Result<BumpReport, Failure> {
    let from = from.as_ref().map(Version::to_string);
    let mut plan = Plan::default();
    plan.needed(format!("sign w5-semver-bump of {}", chart.chart));
    let mut report = BumpReport {
        chart: chart.chart.clone(),
        branch,
        from,
        to: to.to_string(),
        bump: bump.to_owned(),
        outcome: Outcome::Updated,
        commit: None,
        plan,
    };
    let draft = identity(cx, ground, chart, traced, landed, &report)?;
    if cx.dry_run {
        return Ok(report);
    }
    record::post_and_push(cx, ground, &[draft], Vec::new())?;
    let sealed = overall(cx, ground, chart, &landed.commit, &mut report.plan)?;
    record::post_and_push(cx, ground, &sealed, Vec::new())?;
    cx.repo.fold(&chart.chart, ground::remote(&cx.repo, ground.config()))?;
    Ok(report)
}

/// The link from a content to itself.
fn identity(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    traced: &Traced,
    landed: &Landing,
    report: &BumpReport,
) -> Result<Draft, Failure> {
    let content = &traced.lineage.content;
    let refer = |content: &crate::model::Content, tree: Oid, commit: &Oid| ContentRef {
        content: content.digest(),
        tree,
        commit: commit.clone(),
    };
    let base = match (&landed.base, &landed.base_at) {
        (Some(base), Some(at)) => Some(refer(base, base.tree.clone().unwrap_or_else(|| chart.tree.clone()), at)),
        _ => None,
    };
    let objects = [("chart", "gitTree", &chart.tree), ("commit", "gitCommit", &landed.commit)];
    let claim = BumpLink {
        about: record::about(cx, ground, &chart.chart, &chart.directory, &objects),
        source: refer(content, chart.tree.clone(), &landed.commit),
        base,
        before: link::owned_files(content),
        from_version: report.from.clone(),
        to_version: report.to.clone(),
        bump: report.bump.clone(),
        parent: None,
    };
    link::undo_bump(content, &claim, landed.base.as_ref(), &traced.policy.config.publish.stated())
        .map_err(|why| Failure::negative(format!("{} would not be proven: {why}", chart.chart)))?;
    let subject = vec![Subject::new(&chart.directory, content.digest())];
    let statement = record::statement(ground.config(), Predicate::Bump, subject, &claim)?;
    record::pen(cx, &traced.policy, Stage::Bump)?.draft(&chart.chart, &chart.tree, "w5-semver-bump", &statement)
}
