//! Stage 5: verifies the evidence, computes the version, writes it with its changelog section, signs the
//! link, and, where everything the stage requires is there, the overall statement.
//!
//! On a branch the version is written and committed. In direct flow, on main itself ([`landed`]), the contributor's
//! own version is there already, and only signed.

use std::collections::BTreeMap;

use semver::Version;

use super::charts::{self, ChartAt};
use super::check::{SealedBump, seal_bump};
use super::forge::{branch_push, move_branch};
use super::ground::{self, Ground};
use super::record::{self, Draft};
use super::trace::{self, Traced};
use super::{Context, propose, releases};
use crate::git::Edit;
use crate::helm;
use crate::model::config::{ChangelogMode, Flow};
use crate::model::statement::{BumpLink, ContentRef};
use crate::model::{
    BumpReport, Failure, Oid, Outcome, Plan, Predicate, Stage, Subject, Verdict, change, changelog, link, version,
};

pub mod image;
mod landed;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The chart; none: the one whose per-chart branch is checked out, or the only one open.
    pub chart: Option<String>,
    /// In direct flow, on main: the commit before the contribution; none: the first parent of where it landed.
    pub base: Option<String>,
}

/// Bumps one chart.
///
/// # Errors
/// Evidence missing (exit 1 or 3), a version that cannot be, a branch that moved (exit 4).
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<BumpReport, Failure> {
    let ground = ground::refreshed(cx)?;
    if let Some(head) = landed::on_main(cx, &ground)? {
        return landed::run(cx, &ground, &head, options);
    }
    if options.base.is_some() {
        return Err(Failure::usage("--base is for what is on main already, in direct flow"));
    }
    let (branch, head) = branch(cx, &ground, options.chart.as_deref())?;
    let chart = chart_on(cx, &ground, &branch, &head)?;
    let directory = chart.directory.rsplit('/').next();
    if let Some(asked) = options.chart.as_deref().filter(|asked| {
        let asked = asked.trim_end_matches('/');
        asked != chart.chart && asked != chart.directory && Some(asked) != directory
    }) {
        return Err(Failure::usage(format!("{branch} is about {}, not {asked}", chart.chart))
            .hint("check out the branch with its contribution"));
    }
    let (landing, policy) = trace::merged_or_as_if(cx, &ground, &chart, &head)?;
    let traced = trace::content(cx, &ground, policy, &chart, &head, landing)?;

    let bumped = traced.judge(Stage::Bump);
    if bumped.findings.counted.iter().any(|counted| counted.name == "w5-semver-bump") {
        trace::warn(cx, &bumped);
        return again(cx, &ground, branch, &head, &chart, &bumped);
    }
    let verdict = traced.judge(Stage::Propose);
    trace::demand(&verdict, &format!("{} cannot be bumped: its evidence is not complete", chart.chart))
        .map_err(|failure| failure.hint("sign what is missing, or run `git lineage split` again if main moved"))?;
    trace::warn(cx, &verdict);
    first(cx, &ground, branch, &head, &chart, &traced, &verdict)
}

/// The branch to bump.
fn branch(cx: &Context<'_>, ground: &Ground, asked: Option<&str>) -> Result<(String, Oid), Failure> {
    let config = ground.config();
    if config.flow == Flow::Direct {
        let name = cx.repo.branch()?.ok_or_else(|| Failure::usage("HEAD is on no branch"))?;
        return Ok((name, cx.repo.head()?));
    }
    let checked_out = cx.repo.branch()?.and_then(|branch| config.chart_of_branch(&branch));
    let chart = asked.map(str::to_owned).or(checked_out);
    let charts: Vec<String> = chart.into_iter().collect();
    let mut open = propose::open_branches(cx, ground, &charts)?;
    match (open.pop(), open.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => {
            Err(Failure::negative("no per-chart branch is open").hint("make one with `git lineage split`"))
        }
        (Some(last), false) => {
            let mut names: Vec<String> = open.into_iter().map(|(branch, _)| branch).collect();
            names.push(last.0);
            Err(Failure::usage(format!("more than one chart is open: {}", names.join(", ")))
                .hint("name the chart"))
        }
    }
}

/// The one chart a branch is about.
fn chart_on(cx: &Context<'_>, ground: &Ground, branch: &str, head: &Oid) -> Result<ChartAt, Failure> {
    if let Some(name) = ground.config().chart_of_branch(branch) {
        return charts::named(&cx.repo, ground.config(), head, &name);
    }
    let base = cx.repo.merge_base(&ground.main, head)?.unwrap_or_else(|| ground.main.clone());
    let mut changed = charts::changed(&cx.repo, ground.config(), &base, head)?;
    match (changed.pop(), changed.is_empty()) {
        (Some(chart), true) => Ok(chart),
        (None, _) => Err(Failure::negative("no chart differs from main: there is nothing to bump")),
        (Some(_), false) => {
            Err(Failure::negative("more than one chart differs from main: one release is of one chart"))
        }
    }
}

/// The branch is bumped already: nothing is written but what is still missing of the stage's evidence.
fn again(
    cx: &Context<'_>,
    ground: &Ground,
    branch: String,
    head: &Oid,
    chart: &ChartAt,
    verdict: &Verdict,
) -> Result<BumpReport, Failure> {
    let what = format!("{} is bumped, and its evidence no longer holds", chart.chart);
    trace::demand(&up_to_the_link(verdict), &what)
        .map_err(|failure| failure.hint("where the chart moved on main, split it again: `git lineage split`"))?;
    let mut plan = Plan::default();
    plan.done(format!("bump {} to {}", chart.chart, chart.metadata.version));
    let sealed = overall(cx, ground, chart, head, &mut plan)?;
    if !cx.dry_run {
        record::post_and_push(cx, ground, &sealed, Vec::new())?;
        fold(cx, ground, chart)?;
    }
    Ok(BumpReport {
        chart: chart.chart.clone(),
        branch,
        from: verdict.findings.from_version.clone(),
        to: chart.metadata.version.clone(),
        bump: "none".to_owned(),
        outcome: Outcome::Unchanged,
        commit: None,
        plan,
    })
}

/// The verdict without what only comes after the bump link: the stage's checks and overall statement.
fn up_to_the_link(verdict: &Verdict) -> Verdict {
    let mut linked = verdict.clone();
    linked.steps.retain(|step| !step.link.starts_with("w5-") || step.link == "w5-semver-bump");
    linked
}

/// The stage's overall statement, if all its parts are there; else the plan says what is missing.
fn overall(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    head: &Oid,
    plan: &mut Plan,
) -> Result<Vec<Draft>, Failure> {
    let what = format!("sign w5-overall of {}", chart.chart);
    match seal_bump(cx, ground, chart, head)? {
        SealedBump::Already => {
            plan.done(what);
            Ok(Vec::new())
        }
        SealedBump::Now(draft) => {
            plan.needed(what);
            Ok(vec![*draft])
        }
        SealedBump::Waits(gaps) => {
            plan.needed(format!("{what}, once these are signed: {}", gaps.join("; ")));
            Ok(Vec::new())
        }
    }
}

/// What the version becomes, and why.
struct Decision {
    from: Option<Version>,
    to: Version,
    bump: &'static str,
}

/// The version: what the contribution's commits ask for after main's, or a higher one the contributor
/// chose; above every tag there is.
fn decide(cx: &Context<'_>, ground: &Ground, chart: &ChartAt, verdict: &Verdict) -> Result<Decision, Failure> {
    let config = ground.config();
    let file = format!("{}/Chart.yaml", chart.directory);
    let usable = |text: &str| version::parse(text).map_err(|why| Failure::negative(format!("{file}: {why}")));
    let own = usable(&chart.metadata.version)?;
    let main = charts::at(&cx.repo, config, &ground.main, &chart.directory)?.transpose()?;
    let from = main.map(|main| usable(&main.metadata.version)).transpose()?;
    let decision = match &from {
        None => Decision { from: None, to: own, bump: "initial" },
        Some(from) => {
            let weight = change::changes(&verdict.findings.commits).iter().map(|change| change.weight).max();
            let weight = weight.unwrap_or(change::Weight::Patch);
            let asked = version::next(from, weight, config.semver.pre_major);
            if own > *from && own >= asked {
                Decision { from: Some(from.clone()), to: own, bump: "manual" }
            } else {
                let bump = match weight {
                    change::Weight::Patch => "patch",
                    change::Weight::Minor => "minor",
                    change::Weight::Major => "major",
                };
                Decision { from: Some(from.clone()), to: asked, bump }
            }
        }
    };
    let newest = releases::of_chart(&cx.repo, config, &chart.chart)?.into_iter().next();
    if let Some(newest) = newest.filter(|newest| newest.version >= decision.to) {
        return Err(Failure::negative(format!(
            "{} {} would not be above {}",
            chart.chart, decision.to, newest.tag
        ))
        .because(format!("the newest release is {}", newest.version))
        .hint(match &decision.from {
            Some(_) => "main's version is behind its tags: port the released version to main first".to_owned(),
            None => format!("main does not have the chart: contribute it with a higher version in {file}"),
        }));
    }
    Ok(decision)
}

fn first(
    cx: &Context<'_>,
    ground: &Ground,
    branch: String,
    head: &Oid,
    chart: &ChartAt,
    traced: &Traced,
    verdict: &Verdict,
) -> Result<BumpReport, Failure> {
    let Decision { from, to, bump } = decide(cx, ground, chart, verdict)?;
    let before = &traced.lineage.content;
    let mut plan = Plan::default();
    plan.needed(format!("bump {} from {} to {to}", chart.chart, chart.metadata.version));
    plan.needed(format!("push {branch}"));
    plan.needed(format!("sign w5-semver-bump of {}", chart.chart));
    let mut report = BumpReport {
        chart: chart.chart.clone(),
        branch: branch.clone(),
        from: from.as_ref().map(ToString::to_string),
        to: to.to_string(),
        bump: bump.to_owned(),
        outcome: Outcome::Updated,
        commit: None,
        plan,
    };
    let edits = edits(cx, ground, chart, traced, verdict, &to)?;
    if cx.dry_run {
        return Ok(report);
    }
    let tree = cx.repo.edit_tree(Some(head), &edits)?;
    let message = format!("chore({}): bump version to {to}\n", chart.chart);
    let changed = !edits.is_empty();
    let commit = if changed {
        cx.repo.write_commit(&tree, std::slice::from_ref(head), &message, cx.now)?
    } else {
        head.clone()
    };
    let after = charts::named(&cx.repo, ground.config(), &commit, &chart.directory)?;
    let content = charts::content(&cx.repo, &after.tree, &after.directory)?;
    let objects = [("chart", "gitTree", &after.tree), ("commit", "gitCommit", &commit)];
    let parent = verdict.findings.counted.iter().find(|counted| counted.name == "w2-filter-charts");
    let base = charts::content_at(&cx.repo, &ground.main, &chart.directory)?;
    let claim = BumpLink {
        about: record::about(cx, ground, &chart.chart, &chart.directory, &objects),
        source: ContentRef { content: before.digest(), tree: chart.tree.clone(), commit: head.clone() },
        base: base.as_ref().map(|base| ContentRef {
            content: base.digest(),
            tree: base.tree.clone().unwrap_or_else(|| chart.tree.clone()),
            commit: ground.main.clone(),
        }),
        before: link::owned_files(before),
        from_version: report.from.clone(),
        to_version: to.to_string(),
        bump: bump.to_owned(),
        parent: parent.map(|counted| counted.bundle),
    };
    // The verifier will undo this; if it could not, better to know before anything is pushed.
    link::undo_bump(&content, &claim, base.as_ref(), &ground.config().publish.stated())
        .map_err(|why| Failure::negative(format!("the bump of {} cannot be undone: {why}", chart.chart)))?;
    let subject = vec![Subject::new(&chart.directory, content.digest())];
    let statement = record::statement(ground.config(), Predicate::Bump, subject, &claim)?;
    let pen = record::pen(cx, &ground.policy, Stage::Bump)?;
    let draft = pen.draft(&chart.chart, &after.tree, "w5-semver-bump", &statement)?;
    let mut refs = Vec::new();
    if changed {
        match ground::remote(&cx.repo, ground.config()) {
            Some(_) if ground.config().flow == Flow::Integration => {
                refs.push(branch_push(&branch, Some(head), Some(&commit)));
            }
            _ => move_local(cx, ground, &branch, head, &commit)?,
        }
        report.commit = Some(commit.clone());
    }
    record::post_and_push(cx, ground, &[draft], refs)?;
    let sealed = overall(cx, ground, &after, &commit, &mut report.plan)?;
    record::post_and_push(cx, ground, &sealed, Vec::new())?;
    fold(cx, ground, chart)?;
    Ok(report)
}

/// In direct flow the bump is a commit on the contributor's own branch, here; else the branch is moved
/// where the pipeline works.
fn move_local(cx: &Context<'_>, ground: &Ground, branch: &str, old: &Oid, new: &Oid) -> Result<(), Failure> {
    if ground.config().flow == Flow::Direct {
        cx.repo.set_ref(&format!("refs/heads/{branch}"), Some(old), new, "git lineage bump")?;
        return Ok(cx.repo.checkout(branch)?);
    }
    move_branch(cx, ground, branch, Some(old), new)
}

fn fold(cx: &Context<'_>, ground: &Ground, chart: &ChartAt) -> Result<(), Failure> {
    cx.repo.fold(&chart.chart, ground::remote(&cx.repo, ground.config()))?;
    Ok(())
}

/// The edits: the version line with what the release says of itself, and one changelog section.
fn edits(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    traced: &Traced,
    verdict: &Verdict,
    to: &Version,
) -> Result<BTreeMap<String, Edit>, Failure> {
    let content = &traced.lineage.content;
    let file = format!("{}/{}", chart.directory, link::CHART_YAML);
    let mut edits = BTreeMap::new();
    let changes = change::changes(&verdict.findings.commits);
    let mut bytes = content.chart_yaml.clone();
    if chart.metadata.version != to.to_string() {
        bytes = helm::set_version(&file, &bytes, &to.to_string())?;
    }
    let publish = &ground.config().publish;
    let mut said = Vec::new();
    if publish.artifact_hub.as_ref().is_some_and(|hub| hub.changes) {
        said.push(link::Annotation::changes(changelog::artifact_hub(&changes)));
    }
    said.extend(publish.stated().of(to));
    // What is new is put above what is there.
    for annotation in said.iter().rev() {
        bytes = helm::set_annotation(&file, &bytes, annotation)?;
    }
    if bytes != content.chart_yaml {
        edits.insert(file, Edit::Write(bytes));
    }
    if ground.config().changelog == ChangelogMode::File {
        let file = format!("{}/{}", chart.directory, link::CHANGELOG);
        let section = changelog::section(to, cx.now, &changes);
        match changelog::insert(content.changelog.as_deref(), to, &section) {
            Ok(bytes) => {
                edits.insert(file, Edit::Write(bytes));
            }
            // A contributor's own bump may bring its own section: it stands.
            Err(changelog::ChangelogError::Exists(_)) => {}
            Err(error) => {
                return Err(Failure::negative(format!("{file} cannot take a section for {to}"))
                    .because(error.to_string())
                    .hint("give it a `# Changelog` title, or remove it to have one made"));
            }
        }
    }
    Ok(edits)
}
