//! Signing recorded results: nothing of the repository runs here.

use super::{Asked, Matter};
use crate::model::statement::Check;
use crate::model::{CheckLine, CheckReport, Content, Failure, Predicate, Stage, Statement, Subject};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::dependencies::Shelf;
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::record::{self, Draft};
use crate::pipeline::trace;

/// Signs what was recorded for these contents, as far as the ledger does not have it yet. A chart whose
/// results are missing holds up no other.
pub(super) fn run(
    cx: &mut Context<'_>,
    ground: &Ground,
    matter: &Matter,
    asked: &[Asked],
    stage: Stage,
    report: &mut CheckReport,
) -> Result<(), Failure> {
    let pen = record::pen(cx, &ground.policy, stage)?;
    // Another clone may have signed these very results, and folded what waits here.
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut failures = Vec::new();
    for chart in &matter.charts {
        match chart_drafts(cx, ground, matter, chart, asked, stage, &pen, report) {
            Ok(signed) => drafts.extend(signed),
            Err(failure) => failures.push(failure),
        }
    }
    if !cx.dry_run {
        record::post_and_push(cx, ground, &drafts, Vec::new())?;
    }
    Failure::all(failures).map_or(Ok(()), Err)
}

#[expect(clippy::too_many_arguments, reason = "one chart's share of `run`, called once")]
fn chart_drafts(
    cx: &Context<'_>,
    ground: &Ground,
    matter: &Matter,
    chart: &ChartAt,
    asked: &[Asked],
    stage: Stage,
    pen: &record::Pen,
    report: &mut CheckReport,
) -> Result<Vec<Draft>, Failure> {
    let content = charts::content(&cx.repo, &chart.tree, &chart.directory)?;
    let results = cx.cache.results(content.digest())?;
    let signed = signed(cx, ground, matter, chart)?;
    let mut statements = Vec::new();
    for asked in asked {
        let name = format!("w{}-{}", stage.number(), asked.key);
        let result = results.iter().find(|check| check.stage == stage && check.check == asked.key);
        let Some(result) = result else {
            return Err(Failure::negative(format!(
                "no result of {} on {} is recorded here",
                asked.key, chart.chart
            ))
            .hint(format!("run `git lineage check {}` on this content first", asked.definition.name)));
        };
        believable(ground, matter, chart, asked, result, cx)?;
        // Only the newest counts: a pass that a later fail hides has to be signed again.
        let newest = signed
            .iter()
            .filter(|other| other.stage == stage && other.check == asked.key)
            .max_by_key(|other| other.about.time);
        let already = newest.is_some_and(|other| same(other, result));
        if already {
            report.plan.done(format!("sign {name} of {}", chart.chart));
        } else {
            report.plan.needed(format!("sign {name} of {}", chart.chart));
            statements.push((name.clone(), statement(cx, ground, chart, &content, result)?));
        }
        report.checks.push(CheckLine {
            chart: chart.chart.clone(),
            check: asked.key.clone(),
            result: result.result,
            reason: result.reason.clone(),
            output: String::new(),
            signed: already || !cx.dry_run,
        });
    }
    pen.drafts(&chart.chart, &chart.tree, &statements)
}

fn statement(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    content: &Content,
    result: &Check,
) -> Result<Statement, Failure> {
    let mut claim = result.clone();
    claim.about.time = cx.now;
    let subject = vec![Subject::new(&chart.directory, content.digest())];
    record::statement(ground.config(), Predicate::Check, subject, &claim)
}

/// A recorded result is only a file: what can be recomputed is, before it is signed.
fn believable(
    ground: &Ground,
    matter: &Matter,
    chart: &ChartAt,
    asked: &Asked,
    result: &Check,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &matter.head, recorded: None };
    let around = trace::surroundings(&shelf, ground.config(), &chart.directory)?;
    let around = around.iter().find(|around| around.key == asked.key);
    let config = ground.config();
    let holds = result.definition == asked.definition.digest(asked.variant.as_deref())
        && result.about.repository == config.repository.id
        && result.about.chart == chart.chart
        && result.about.directory == chart.directory
        && around
            .is_some_and(|around| around.inputs == result.inputs && around.dependencies == result.dependencies);
    if holds {
        return Ok(());
    }
    Err(Failure::negative(format!(
        "the recorded result of {} on {} is of another policy or surroundings",
        asked.key, chart.chart
    ))
    .hint(format!("run `git lineage check {}` again", asked.definition.name)))
}

/// The check claims on this content that a trusted key signed.
fn signed(cx: &Context<'_>, ground: &Ground, matter: &Matter, chart: &ChartAt) -> Result<Vec<Check>, Failure> {
    let (landing, policy) = trace::destination(cx, ground, &matter.head, &chart.directory)?;
    let traced = trace::content(cx, ground, policy, chart, &matter.head, landing)?;
    let uri = Predicate::Check.uri(&ground.config().predicate_prefix);
    let digest = traced.lineage.content.digest();
    let claims = traced.lineage.attestations.iter().filter_map(|attestation| {
        let statement = attestation.statement.as_ref().ok().filter(|s| s.predicate_type == uri)?;
        statement.subject.iter().find(|subject| subject.sha256() == Some(digest))?;
        let claim: Check = serde_json::from_value(statement.predicate.clone()).ok()?;
        traced.lineage.signed_by(&ground.policy, claim.stage, &attestation.proof).ok().map(|_| claim)
    });
    Ok(claims.collect())
}

/// Whether two claims say the same of the same, whenever they were made.
fn same(one: &Check, other: &Check) -> bool {
    let timeless = |check: &Check| {
        let mut check = check.clone();
        check.about.time = crate::model::Timestamp::from_seconds(0);
        check
    };
    timeless(one) == timeless(other)
}
