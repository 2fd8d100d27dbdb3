//! Stage 4: the pull request to main.

use std::collections::BTreeMap;

use super::charts::{self, ChartAt};
use super::ground::{self, Ground};
use super::guard::{self, GuardStage};
use super::trace::{self, Traced};
use super::{Context, hub};
use crate::github::GitHub;
use crate::github::pulls::Wanted;
use crate::model::change::{self, Change};
use crate::model::pull::{self, Proposal};
use crate::model::{Event, Failure, Oid, Outcome, Plan, Predicate, ProposeReport, ProposedPull, Stage, Verdict};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Charts by name; none: every open per-chart branch.
    pub charts: Vec<String>,
    /// Merge it (local forge).
    pub merge: bool,
}

/// Renders the pull request of each per-chart branch, and merges it where asked.
///
/// # Errors
/// A chart without a complete lineage (exit 1), or an unreadable repository.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ProposeReport, Failure> {
    let ground = ground::refreshed(cx)?;
    let github = hub::forge(cx, &ground)?;
    let mut pulls = Vec::new();
    let mut failures = Vec::new();
    for (branch, head) in open_branches(cx, &ground, &options.charts)? {
        // One chart that may not go on holds up no other.
        match one(cx, &ground, github.as_deref(), &branch, &head, options.merge) {
            Ok(pull) => pulls.push(pull),
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(failure) = Failure::all(failures) {
        for pull in pulls {
            let state = if pull.merged.is_some() { "merged" } else { "proposed" };
            (cx.on)(Event::Note(format!("{}: {state}", pull.branch)));
        }
        return Err(failure);
    }
    Ok(ProposeReport { pulls })
}

/// The per-chart branches with content that main does not have.
///
/// # Errors
/// A branch asked for that is not there.
pub fn open_branches(cx: &Context<'_>, ground: &Ground, asked: &[String]) -> Result<Vec<(String, Oid)>, Failure> {
    let config = ground.config();
    let mut open = Vec::new();
    if !asked.is_empty() {
        for chart in asked {
            let branch = config.chart_branch(chart);
            let head = ground::branch_tip(&cx.repo, config, &branch)?.ok_or_else(|| {
                Failure::negative(format!("there is no branch {branch}"))
                    .hint(format!("make it with `git lineage split {chart}`"))
            })?;
            open.push((branch, head));
        }
        return Ok(open);
    }
    let prefix = ground::branch_ref(&cx.repo, config, "");
    for (name, _) in cx.repo.refs(&prefix)? {
        let Some(branch) = name.strip_prefix(&prefix) else { continue };
        if config.chart_of_branch(branch).is_none() {
            continue;
        }
        if let Some(head) = ground::branch_tip(&cx.repo, config, branch)?
            && !charts::changed(&cx.repo, config, &ground.main, &head)?.is_empty()
        {
            open.push((branch.to_owned(), head));
        }
    }
    Ok(open)
}

fn one(
    cx: &mut Context<'_>,
    ground: &Ground,
    github: Option<&GitHub>,
    branch: &str,
    head: &Oid,
    merge: bool,
) -> Result<ProposedPull, Failure> {
    let config = ground.config();
    let name = config.chart_of_branch(branch).unwrap_or_default();
    let chart = charts::named(&cx.repo, config, head, &name)?;
    let (traced, verdict) = trace_branch(cx, ground, &chart, head)?;
    trace::demand(&verdict, &format!("{branch} has no complete lineage to propose"))
        .map_err(|failure| failure.hint("sign what is missing, or run `git lineage split` again if main moved"))?;
    trace::warn(cx, &verdict);
    let attestations: BTreeMap<String, String> =
        verdict.findings.counted.iter().map(|counted| (counted.name.clone(), counted.id.clone())).collect();
    let changes = change::changes(&verdict.findings.commits);
    let source_commits: Vec<String> = verdict.findings.commits.iter().map(|c| c.commit.to_string()).collect();
    let proposal = Proposal {
        chart: &traced.lineage.chart,
        chart_branch: branch,
        main: &config.branches.main,
        integration: &config.branches.integration,
        changes: &changes,
        source_commits: &source_commits,
        source_pull: github.and_then(|github| source_pull(cx, ground, github, &verdict)),
        attestations: &attestations,
    };
    let text = pull::proposal(&proposal).map_err(Failure::negative)?;
    let mut pull = ProposedPull {
        pull: None,
        chart: chart.chart.clone(),
        branch: branch.to_owned(),
        text,
        merged: None,
        plan: Plan::default(),
    };
    if let Some(github) = github {
        open(cx, github, &config.branches.main, head, &mut pull)?;
    }
    if merge && !(cx.dry_run && github.is_some()) {
        let options = guard::Options {
            stage: GuardStage::Main,
            asked: guard::Which { head: Some(branch.to_owned()), ..guard::Which::default() },
            close: false,
            merge: true,
            auto: false,
        };
        let guarded = guard::run(cx, &options)?;
        if !guarded.allowed {
            let refused = Failure::negative(format!("{branch} may not merge into {}", config.branches.main));
            return Err(guarded.reasons.into_iter().fold(refused, Failure::because));
        }
        pull.merged = guarded.merged;
        pull.plan.0.extend(guarded.plan.0);
        if let Some(why) = guarded.waiting {
            (cx.on)(Event::Note(format!("{branch} merges later: {why}")));
        }
    }
    Ok(pull)
}

/// Opens the pull request on GitHub, or brings it up to date.
fn open(
    cx: &mut Context<'_>,
    github: &GitHub,
    main: &str,
    head: &Oid,
    pull: &mut ProposedPull,
) -> Result<(), Failure> {
    // Merged by a squash the branch still differs from main by its commits: GitHub would take it once more.
    if let Some(merged) = hub::merged_already(github, (&pull.branch, main), head)? {
        pull.plan.done(format!("merge {} into {main}", pull.branch));
        pull.pull = Some(merged);
        return Ok(());
    }
    let wanted = Wanted { head: &pull.branch, base: main, title: &pull.text.title, body: &pull.text.body };
    let what = format!("open or update the pull request from {} to {main}", pull.branch);
    if cx.dry_run {
        pull.plan.needed(what);
        return Ok(());
    }
    let opened = hub::propose(github, &wanted)?;
    if opened.outcome == Outcome::Unchanged {
        pull.plan.done(what);
    } else {
        pull.plan.needed(what);
    }
    hub::warn_of_silence(cx, &opened);
    pull.pull = Some(opened);
    Ok(())
}

/// The pull request the contribution came through. It is shown to people, so that not knowing it holds nothing up.
fn source_pull(cx: &mut Context<'_>, ground: &Ground, github: &GitHub, verdict: &Verdict) -> Option<u64> {
    let commit = verdict.findings.source_commit.as_ref()?;
    hub::source_pull(github, ground.config(), commit).unwrap_or_else(|failure| {
        let why = failure.in_one_line();
        (cx.on)(Event::Warning(format!("the contribution's pull request is not shown: {why}")));
        None
    })
}

/// Traces a per-chart branch: bumped already or not, merged already or not, whichever its content proves.
///
/// # Errors
/// The repository cannot be read.
pub fn trace_branch(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    head: &Oid,
) -> Result<(Traced, Verdict), Failure> {
    let (landing, policy) = trace::merged_or_as_if(cx, ground, chart, head)?;
    let traced = trace::content(cx, ground, policy, chart, head, landing)?;
    let bumped = traced.judge(Stage::Bump);
    let uri = Predicate::Bump.uri(&ground.config().predicate_prefix);
    // A link that no longer holds is a bump all the same, and its gap is the one to tell.
    let has_link = traced.lineage.attestations.iter().any(|attestation| {
        attestation.on == chart.tree
            && attestation.statement.as_ref().is_ok_and(|statement| statement.predicate_type == uri)
            && traced.lineage.signed_by(&ground.policy, Stage::Bump, &attestation.proof).is_ok()
    });
    let verdict = if has_link { bumped } else { traced.judge(Stage::Propose) };
    Ok((traced, verdict))
}

/// The squash subject and body main gets: a releasable conventional commit, since it is the only message
/// that stays.
///
/// # Errors
/// The repository cannot be read.
pub fn squash_message(cx: &Context<'_>, ground: &Ground, chart: &ChartAt, head: &Oid) -> Result<String, Failure> {
    let (_, verdict) = trace_branch(cx, ground, chart, head)?;
    let changes: Vec<Change> = change::changes(&verdict.findings.commits);
    let proposal = Proposal {
        chart: &chart.chart,
        chart_branch: "",
        main: "",
        integration: "",
        changes: &changes,
        source_commits: &[],
        source_pull: None,
        attestations: &BTreeMap::new(),
    };
    let text = pull::proposal(&proposal).map_err(Failure::negative)?;
    let mut message = format!("{}\n\n", text.title);
    for commit in &verdict.findings.commits {
        message.push_str(&format!("Source-Commit: {}\n", commit.commit));
    }
    Ok(message)
}
