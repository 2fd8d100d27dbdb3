//! A waiver: somebody other than author and merger answers for a check that is missing or failed.
//!
//! It is judged before it is stored, by the judge itself: a waiver nobody would count is not worth writing.

use super::charts::{self, ChartAt};
use super::ground::{self, Ground};
use super::record::{self, Draft};
use super::trace::{self, Traced};
use super::{Context, subject};
use crate::model::config::Flow;
use crate::model::statement::{SourceCommit, Waiver};
use crate::model::{
    Config, Failure, Oid, Outcome, Plan, Predicate, Role, Sha256, Stage, StepState, Subject, Verdict, WaiveReport,
    Waived,
};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The check's key.
    pub check: String,
    /// `CHART[@REV]`.
    pub spec: String,
    /// Whose content: the contribution's or the bumped chart's; none: the one stage that requires the check.
    pub stage: Option<Stage>,
    pub reason: String,
    /// A date, a moment or a duration; none: 30 days.
    pub expires: Option<String>,
}

/// Signs and posts the waiver, unless the check holds or is waived already.
///
/// # Errors
/// Nothing to waive by that name, a signer without the role or an account, author or merger himself (exit
/// 1), a usage error (exit 2), evidence that is not here (exit 3).
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<WaiveReport, Failure> {
    let ground = ground::ground(cx)?;
    let stage = stage(ground.config(), options)?;
    let expires = Waiver::until(options.expires.as_deref(), cx.now).map_err(|why| {
        Failure::usage(format!("a waiver cannot last like this: {why}"))
            .hint("say a date (2026-12-31) or a duration of at most 90 days (`12h`, `30d`, `2w`)")
    })?;
    if options.reason.trim().is_empty() {
        return Err(Failure::usage("a waiver needs a reason").hint("say why with --reason; `verify` shows it"));
    }
    if options.reason.chars().any(char::is_control) {
        return Err(Failure::usage("a waiver's reason is one line of text"));
    }
    let (chart, head) = subject::find(&cx.repo, &options.spec)?;
    let pen = record::pen(cx, &ground.policy, Role::Waive)?;
    let account = pen.account().map(str::to_owned).ok_or_else(|| {
        Failure::negative("the policy does not say whose key this is")
            .hint("give it an `account` under [[trust.keys]] in lineage.toml on main")
    })?;
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    let (landing, policy) = trace::merged_or_as_if(cx, &ground, &chart, &head)?;
    let traced = trace::content(cx, &ground, policy, &chart, &head, landing)?;
    let mut report = WaiveReport {
        chart: chart.chart.clone(),
        check: options.check.clone(),
        stage,
        name: Waiver::record(stage, &options.check),
        id: None,
        on: chart.tree.clone(),
        account: account.clone(),
        expires,
        reason: options.reason.trim().to_owned(),
        instead: String::new(),
        outcome: Outcome::Unchanged,
        why: None,
        plan: Plan::default(),
    };
    let what = format!("sign {} of {}", report.name, chart.chart);
    match state(&traced.judge(stage), stage, &options.check) {
        Some(StepState::Holds) => {
            report.why = Some(format!("{} holds: there is nothing to waive", check_record(stage, &options.check)));
            return Ok(report);
        }
        Some(StepState::Waived(waived)) if same(&waived, &report, options) => {
            report.plan.done(what);
            report.expires = waived.expires;
            report.why = Some("it is waived already".to_owned());
            return Ok(report);
        }
        Some(StepState::Waived(waived)) => report.instead = waived.instead,
        Some(StepState::Gap(why)) => report.instead = why,
        Some(StepState::Undetermined(why)) => {
            return Err(Failure::undetermined(format!("whether {} holds cannot be told", options.check))
                .because(why)
                .hint(
                    "fetch what is missing with `git lineage sync`; only what is known to be missing is waived",
                ));
        }
        Some(StepState::Conflict(why)) => return Err(Failure::conflict(why)),
        Some(StepState::NotReached) | None => {
            return Err(Failure::negative(format!("{} is not looked at on this content", options.check)));
        }
    }
    report.plan.needed(what);
    report.outcome = Outcome::Created;
    let draft = draft(cx, &ground, &pen, &chart, &head, &traced, &report)?;
    counts(cx, traced, &draft, &chart, &report)?;
    if !cx.dry_run {
        report.id = Some(draft.record.id.clone());
        record::post_and_push(cx, &ground, &[draft], Vec::new())?;
    }
    Ok(report)
}

/// The stage that requires the check.
fn stage(config: &Config, options: &Options) -> Result<Stage, Failure> {
    let check = options.check.as_str();
    let required = &config.required;
    let by = [(Stage::Validate, &required.validate), (Stage::Bump, &required.bump)];
    let by: Vec<Stage> =
        by.into_iter().filter(|(_, keys)| keys.iter().any(|key| key == check)).map(|(stage, _)| stage).collect();
    match (by.as_slice(), options.stage) {
        ([], _) => Err(Failure::usage(format!("the policy requires no check {check}")).hint(format!(
            "only required checks are waived ({}); seals, links, reviews, tag and build never are",
            required.validate.iter().chain(&required.bump).cloned().collect::<Vec<_>>().join(", ")
        ))),
        (stages, Some(stage)) if stages.contains(&stage) => Ok(stage),
        (_, Some(stage)) => Err(Failure::usage(format!("the {stage} stage does not require {check}"))),
        ([stage], None) => Ok(*stage),
        (_, None) => {
            Err(Failure::usage(format!("{check} is required of the contribution and of the bumped chart"))
                .hint("say which with --stage validate or --stage bump"))
        }
    }
}

fn check_record(stage: Stage, check: &str) -> String {
    format!("w{}-{check}", stage.number())
}

/// How the check came out.
fn state(verdict: &Verdict, stage: Stage, check: &str) -> Option<StepState> {
    let link = check_record(stage, check);
    verdict.steps.iter().find(|step| step.number == 9 && step.link == link).map(|step| step.state.clone())
}

/// Whether a waiver is what is asked for, or lasts longer.
fn same(waived: &Waived, report: &WaiveReport, options: &Options) -> bool {
    let lasts = options.expires.is_none() || waived.expires >= report.expires;
    waived.account == report.account && waived.reason == report.reason && lasts
}

fn draft(
    cx: &Context<'_>,
    ground: &Ground,
    pen: &record::Pen,
    chart: &ChartAt,
    head: &Oid,
    traced: &Traced,
    report: &WaiveReport,
) -> Result<Draft, Failure> {
    let check = report.check.as_str();
    let defined = traced.policy.config.check(check);
    let (definition, variant) =
        defined.ok_or_else(|| Failure::usage(format!("the policy does not define {check}")))?;
    let around = traced.lineage.surroundings.iter().find(|around| around.key == check);
    let objects = [("chart", "gitTree", &chart.tree), ("commit", "gitCommit", head)];
    let claim = Waiver {
        about: record::about(cx, ground, &chart.chart, &chart.directory, &objects),
        check: check.to_owned(),
        stage: report.stage,
        definition: definition.digest(variant.as_deref()),
        inputs: around.map_or_else(|| Sha256::of(""), |around| around.inputs),
        dependencies: around.map(|around| around.dependencies.clone()).unwrap_or_default(),
        commits: commits(cx, ground, chart, head, report.stage)?,
        instead: report.instead.clone(),
        reason: report.reason.clone(),
        expires: report.expires,
        account: report.account.clone(),
    };
    let subject = vec![Subject::new(&chart.directory, traced.lineage.content.digest())];
    let statement = record::statement(ground.config(), Predicate::Waiver, subject, &claim)?;
    pen.draft(&chart.chart, &chart.tree, &report.name, &statement)
}

/// The commits of the contribution: those it is ahead with of where it goes; where it is there already, those
/// it was merged with.
fn commits(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    head: &Oid,
    stage: Stage,
) -> Result<Vec<SourceCommit>, Failure> {
    let config = ground.config();
    let into = match (stage, config.flow) {
        (Stage::Validate, Flow::Integration) => {
            ground::branch_tip(&cx.repo, config, &config.branches.integration)?
        }
        _ => Some(ground.main.clone()),
    };
    let into = into.unwrap_or_else(|| ground.main.clone());
    let base = cx.repo.merge_base(&into, head)?;
    let found = if base.as_ref() == Some(head) {
        match cx.repo.landing(head, &chart.directory)? {
            Some(landed) => cx.repo.commits_between(landed.parents.first(), &landed.oid, &chart.directory)?,
            None => Vec::new(),
        }
    } else {
        cx.repo.commits_between(base.as_ref(), head, &chart.directory)?
    };
    Ok(found.into_iter().map(charts::source_commit).collect())
}

/// Asks the judge whether this waiver, alone, would count.
fn counts(
    cx: &Context<'_>,
    mut traced: Traced,
    draft: &Draft,
    chart: &ChartAt,
    report: &WaiveReport,
) -> Result<(), Failure> {
    let prefix = &traced.policy.config.predicate_prefix;
    let others = [Predicate::Waiver, Predicate::Seal, Predicate::Overall].map(|kind| kind.uri(prefix));
    traced.lineage.attestations.retain(|attestation| {
        attestation.statement.as_ref().map_or(true, |statement| !others.contains(&statement.predicate_type))
    });
    let traced = trace::with(cx, traced, draft, &chart.directory)?;
    let why = match state(&traced.judge(report.stage), report.stage, &report.check) {
        Some(StepState::Waived(_)) => return Ok(()),
        Some(StepState::Gap(why) | StepState::Undetermined(why) | StepState::Conflict(why)) => why,
        Some(StepState::Holds | StepState::NotReached) | None => "the check is not looked at".to_owned(),
    };
    let no = why.split_once("its waiver does not count: ").map_or(why.as_str(), |(_, no)| no);
    Err(Failure::negative(format!("account {} cannot waive {} of {}", report.account, report.check, chart.chart))
        .because(no)
        .hint("a waiver is signed by somebody who is known to have neither made nor merged the contribution"))
}
