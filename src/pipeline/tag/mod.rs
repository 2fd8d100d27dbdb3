//! Stage 6: the annotated tag, and what follows from it.
//!
//! The tag goes onto the commit that brought the attested content to main, not onto main's tip. Tag and
//! tag statement are pushed in one atomic push; the promote branch, the back-port to integration and the
//! end of the per-chart branch come after it, each only if still needed.

use super::charts::{self, ChartAt};
use super::dependencies::{self, Packed, Shelf};
use super::ground::{self, Ground};
use super::record::{self, Draft};
use super::trace::{self, Traced};
use super::{Context, anchor, hub, releases};
use crate::git::TagObject;
use crate::git::transport::PushRef;
use crate::helm;
use crate::model::config::ChangelogMode;
use crate::model::payload::Named;
use crate::model::statement::TagClaim;
use crate::model::{
    Exit, Failure, Landing, Oid, OnMain, Outcome, PACKAGE_FORMAT, Payload, Plan, Predicate, Sha256, Stage,
    Subject, TagLine, TagReport, Verdict, change, changelog, pull, version,
};

mod after;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Charts by name; none: every chart on main that is not released.
    pub charts: Vec<String>,
}

/// Tags every chart on its own: one that is refused holds up no other.
///
/// # Errors
/// Nothing could be looked at; what a single chart met is in its line.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<TagReport, Failure> {
    let ground = ground::refreshed(cx)?;
    let mut tags = Vec::new();
    for candidate in candidates(cx, &ground, &options.charts)? {
        tags.push(match candidate {
            Ok(chart) => {
                let name = chart.chart.clone();
                let tag = ground.config().tag_name(&chart.chart, &chart.metadata.version);
                one(cx, &ground, chart).unwrap_or_else(|failure| refused(name, tag, failure))
            }
            Err((name, failure)) => refused(name.clone(), name, failure),
        });
    }
    Ok(TagReport { tags })
}

fn line(chart: String, tag: String) -> TagLine {
    TagLine {
        chart,
        tag,
        outcome: Outcome::Unchanged,
        commit: None,
        object: None,
        promote: None,
        pull: None,
        open: None,
        backport: None,
        why: None,
        exit: Exit::Done,
        plan: Plan::default(),
    }
}

fn refused(chart: String, tag: String, failure: Failure) -> TagLine {
    let mut line = line(chart, tag);
    let causes = failure.causes.iter().map(|cause| format!("; {cause}")).collect::<String>();
    let hint = failure.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
    line.why = Some(format!("{}{causes}{hint}", failure.what));
    line.outcome = Outcome::Refused;
    line.exit = failure.exit;
    line
}

/// A chart to tag, or the name of one that cannot be used and why.
type Candidate = Result<ChartAt, (String, Failure)>;

/// The charts asked for, or every chart on main whose content differs from that of its newest payload
/// tag, or whose tag a run was stopped after. A chart that was never released through lineage is left alone while it has no evidence and main
/// holds it as it was before there was a policy: it is waiting for its first contribution. One that came
/// later and cannot be used is named with its failure.
fn candidates(cx: &Context<'_>, ground: &Ground, asked: &[String]) -> Result<Vec<Candidate>, Failure> {
    let config = ground.config();
    if !asked.is_empty() {
        return asked.iter().map(|name| charts::named(&cx.repo, config, &ground.main, name).map(Ok)).collect();
    }
    let mut unreleased = Vec::new();
    for found in charts::find_all(&cx.repo, config, &ground.main)? {
        let chart = match found.chart {
            Ok(chart) => chart,
            Err(_) if from_before_lineage(cx, ground, &found.directory)? => continue,
            Err(failure) => {
                unreleased.push(Err((config.expected_name(&found.directory).to_owned(), failure)));
                continue;
            }
        };
        let left_alone = match newest(cx, ground, &chart)? {
            Some(released) => released == chart.tree && !after::unfinished(cx, ground, &chart)?,
            None => {
                trace::evidence_on(cx, &ground.policy, &chart.chart, chart.tree.clone())?.is_empty()
                    && from_before_lineage(cx, ground, &chart.directory)?
            }
        };
        if !left_alone {
            unreleased.push(Ok(chart));
        }
    }
    Ok(unreleased)
}

/// The chart's tree in its newest release with a payload. A tag without one releases nothing here, whatever
/// its version.
fn newest(cx: &Context<'_>, ground: &Ground, chart: &ChartAt) -> Result<Option<Oid>, Failure> {
    for release in releases::of_chart(&cx.repo, ground.config(), &chart.chart)? {
        if let Ok(facts) = trace::resolve_tag(&cx.repo, &release.tag)
            && facts.payload.is_ok()
            && let Some(tree) = cx.repo.tree_at(&facts.commit, &chart.directory)?
        {
            return Ok(Some(tree));
        }
    }
    Ok(None)
}

/// Whether main had no policy yet when the chart last changed there.
fn from_before_lineage(cx: &Context<'_>, ground: &Ground, directory: &str) -> Result<bool, Failure> {
    let Some(landed) = cx.repo.landing(&ground.main, directory)? else { return Ok(false) };
    match landed.parents.first() {
        Some(parent) => Ok(cx.repo.file_at(parent, ground::POLICY_FILE)?.is_none()),
        None => Ok(true),
    }
}

fn one(cx: &mut Context<'_>, ground: &Ground, chart: ChartAt) -> Result<TagLine, Failure> {
    let config = ground.config();
    let landing = match trace::landing(&cx.repo, config, &ground.main, &ground.main, &chart.directory)? {
        OnMain::Landed(landing) => landing,
        OnMain::Elsewhere => return Err(Failure::negative(format!("{} is not on main", chart.chart))),
        OnMain::Unknown(why) => {
            return Err(
                Failure::undetermined(format!("where {} landed on main is not known", chart.chart)).because(why)
            );
        }
    };
    let name = config.tag_name(&chart.chart, &chart.metadata.version);
    let mut line = line(chart.chart.clone(), name.clone());
    let object = match existing(cx, ground, &name, &landing, &chart)? {
        Some(object) => {
            line.plan.done(format!("tag {name} at {}", landing.commit.short()));
            Some(object)
        }
        None => create(cx, ground, &chart, &landing, &name, &mut line)?,
    };
    line.commit = Some(landing.commit.clone());
    if let Some(object) = &object {
        line.object = Some(object.oid.clone());
    }
    after::run(cx, ground, &chart, &landing, &name, object.as_ref(), &mut line)?;
    Ok(line)
}

/// The tag, where it exists at this very commit.
///
/// # Errors
/// It exists with another commit or content: tags never move (exit 4).
fn existing(
    cx: &Context<'_>,
    ground: &Ground,
    name: &str,
    landing: &Landing,
    chart: &ChartAt,
) -> Result<Option<TagObject>, Failure> {
    let full = format!("refs/tags/{name}");
    let remote = ground::remote(&cx.repo, ground.config());
    let there = match remote {
        Some(remote) => trace::seen_elsewhere(&cx.repo, remote, name)?,
        None => None,
    };
    let here = cx.repo.find_ref(&full)?;
    if let (Some(remote), Some(_), None) = (remote, &there, &here) {
        cx.repo.fetch(remote, &[&format!("{full}:{full}")])?;
    }
    if let (Some(there), Some(here)) = (&there, &here)
        && there != here
    {
        return Err(Failure::conflict(format!("the tag {name} is another object here than on the remote"))
            .because(format!("here it is {}, there {}", here.short(), there.short()))
            .hint("tags never move: find out who moved it before anything else"));
    }
    if there.is_none() && remote.is_some() && here.is_some() {
        // Made here by a run that did not get to push it, or by hand: only the remote's counts.
        let facts = trace::resolve_tag(&cx.repo, name)?;
        let ours = facts.payload.is_ok() && facts.commit == landing.commit;
        if !ours {
            return Err(Failure::conflict(format!("a local tag {name} stands in the way"))
                .hint(format!("look at it with `git show {name}`, then delete it with `git tag -d {name}`")));
        }
        if let Some(oid) = here {
            cx.repo.delete_ref(&full, &oid)?;
        }
        return Ok(None);
    }
    let Some(oid) = there.or(here) else { return Ok(None) };
    let facts = trace::resolve_tag(&cx.repo, name)?;
    let tree = cx.repo.tree_at(&facts.commit, &chart.directory)?;
    if facts.commit != landing.commit && tree.as_ref() != Some(&chart.tree) {
        return Err(Failure::conflict(format!("the tag {name} exists with other content"))
            .because(format!(
                "it is at {}, main's content landed at {}",
                facts.commit.short(),
                landing.commit.short()
            ))
            .hint(
                "a version was reused, main was rewritten, or the tag was made by hand: release a higher version",
            ));
    }
    if trace::unattested(&facts) {
        return Err(Failure::conflict(format!("the tag {name} exists without lineage"))
            .hint("a tag never changes: release a higher version"));
    }
    Ok(cx.repo.tag_object(&oid)?)
}

fn create(
    cx: &mut Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    landing: &Landing,
    name: &str,
    line: &mut TagLine,
) -> Result<Option<TagObject>, Failure> {
    let on_main = OnMain::Landed(landing.clone());
    let policy = trace::policy_of(&cx.repo, &on_main, &ground.policy)?;
    let traced = trace::content(cx, ground, policy, chart, &landing.commit, on_main)?;
    let verdict = traced.judge(Stage::Bump);
    trace::demand(&verdict, &format!("{name} cannot be tagged: the content on main is not attested"))?;
    anchor::demand(cx, ground, &traced, &format!("{name} cannot be tagged: this clone could not prove it"))?;
    trace::warn(cx, &verdict);
    line.outcome = Outcome::Created;
    line.plan.needed(format!("tag {name} at {}", landing.commit.short()));
    line.plan.needed(format!("push {name} with its statement"));
    if cx.dry_run {
        return Ok(None);
    }
    let section = section(ground, chart, &traced, &verdict, cx)?;
    let files = charts::files(&cx.repo, &chart.tree, &chart.directory)?;
    let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &landing.commit, recorded: None };
    let packed = dependencies::package(&shelf, chart, files)?;
    let payload = payload(cx, ground, chart, landing, &traced, &verdict, &packed)?;
    let annotation = payload
        .annotation(&section)
        .map_err(|e| Failure::negative(format!("{name} cannot be annotated")).because(e.to_string()))?;
    let object = cx.repo.write_tag(name, &landing.commit, &annotation, cx.now)?;
    let draft = statement(cx, ground, &traced, landing, name, &payload, &object)?;
    let made = trace::as_tagged(cx, traced, &object, &draft, &packed.package, landing);
    trace::demand(&made.judge(Stage::Tag), &format!("{name} would not be proven: it was not pushed"))?;
    push(cx, ground, name, &object, &[draft])?;
    Ok(Some(object))
}

/// This version's changelog section, from the file or, where the policy keeps none, from the commits.
fn section(
    ground: &Ground,
    chart: &ChartAt,
    traced: &Traced,
    verdict: &Verdict,
    cx: &Context<'_>,
) -> Result<String, Failure> {
    let version = version::parse(&chart.metadata.version).map_err(Failure::negative)?;
    match ground.config().changelog {
        ChangelogMode::File => {
            let text =
                traced.lineage.content.changelog.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
            text.and_then(|text| changelog::extract(text, &version)).ok_or_else(|| {
                Failure::negative(format!("{}/CHANGELOG.md has no section for {version}", chart.directory))
                    .hint("bump the chart with `git lineage bump`, which writes it")
            })
        }
        ChangelogMode::Annotation => {
            Ok(changelog::section(&version, cx.now, &change::changes(&verdict.findings.commits)))
        }
        ChangelogMode::None => Ok(String::new()),
    }
}

fn payload(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    landing: &Landing,
    traced: &Traced,
    verdict: &Verdict,
    packed: &Packed,
) -> Result<Payload, Failure> {
    let named = |counted: &crate::model::Counted| {
        (counted.name.clone(), Named { id: counted.id.clone(), bundle: counted.bundle })
    };
    let previous = trace::previous_release(cx, ground, chart, &landing.commit)?;
    // A tag never changes: what cannot be looked up now would be missing for good.
    let merged = verdict.findings.source_commit.as_ref().unwrap_or(&landing.commit);
    let pull_request = match hub::forge(cx, ground)? {
        Some(github) => hub::source_pull(&github, ground.config(), merged)?,
        None => None,
    };
    Ok(Payload {
        version: 1,
        repository: ground.config().repository.id.clone(),
        chart: chart.chart.clone(),
        directory: chart.directory.clone(),
        chart_version: chart.metadata.version.clone(),
        commit: landing.commit.clone(),
        tree: chart.tree.clone(),
        content: traced.lineage.content.digest(),
        attestations: verdict.findings.counted.iter().map(named).collect(),
        source_commits: verdict.findings.commits.iter().map(|commit| commit.commit.clone()).collect(),
        pull_request,
        predicted: packed.package.digests(),
        package_format: PACKAGE_FORMAT,
        compressor: helm::COMPRESSOR.to_owned(),
        previous,
        dependencies: packed.dependencies.clone(),
        rehearsal: ground.config().repository.rehearsal,
    })
}

fn statement(
    cx: &Context<'_>,
    ground: &Ground,
    traced: &Traced,
    landing: &Landing,
    name: &str,
    payload: &Payload,
    object: &TagObject,
) -> Result<Draft, Failure> {
    let objects = [
        ("chart", "gitTree", &payload.tree),
        ("commit", "gitCommit", &landing.commit),
        ("tag", "gitTag", &object.oid),
    ];
    let claim = TagClaim {
        about: record::about(cx, ground, &payload.chart, &payload.directory, &objects),
        tag: name.to_owned(),
        payload: Sha256::of(payload.line()),
    };
    let subject = vec![Subject::new(name, Sha256::of(&object.bytes))];
    let statement = record::statement(ground.config(), Predicate::Tag, subject, &claim)?;
    // The policy the release will be judged by, which need not be today's.
    let pen = record::pen(cx, &traced.policy, Stage::Tag)?;
    pen.draft(&payload.chart, &object.oid, "w6-tag", &statement)
}

/// The tag and its statement reach the remote together or not at all.
fn push(
    cx: &Context<'_>,
    ground: &Ground,
    name: &str,
    object: &TagObject,
    drafts: &[Draft],
) -> Result<(), Failure> {
    let full = format!("refs/tags/{name}");
    let tag = PushRef { reference: full.clone(), expect: None, new: Some(object.oid.clone()) };
    record::post_and_push(cx, ground, drafts, vec![tag])?;
    if cx.repo.find_ref(&full)?.is_none() {
        cx.repo.set_ref(&full, None, &object.oid, "git lineage tag")?;
    }
    Ok(())
}

/// The release pull request's text.
fn release_pull(name: &str, object: Option<&TagObject>, landing: &Landing) -> Option<pull::PullText> {
    let payload = Payload::parse(&object?.message).ok()?.0;
    let attestations = payload.attestations.iter().map(|(name, named)| (name.clone(), named.id.clone())).collect();
    let section = object?
        .message
        .split_once("Changelog:\n")
        .and_then(|(_, rest)| rest.split(crate::model::payload::BEGIN).next())
        .unwrap_or_default();
    Some(pull::release(name, landing.commit.as_str(), section.trim(), &attestations))
}
