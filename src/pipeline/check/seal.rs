//! The seal: one statement over everything a stage requires, made when everything is there.

use super::Matter;
use crate::model::statement::Review;
use crate::model::{CheckReport, Event, Failure, Oid, Predicate, Sha256, Stage, StepState, Subject, Verdict};
use crate::pipeline::Context;
use crate::pipeline::charts::ChartAt;
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::record::{self, Draft};
use crate::pipeline::trace::{self, Traced};

/// Seals every chart, then folds the inbox: the sealing job holds the pen.
pub(super) fn run(
    cx: &mut Context<'_>,
    ground: &Ground,
    matter: &Matter,
    stage: Stage,
    report: &mut CheckReport,
) -> Result<(), Failure> {
    fetch(cx, ground)?;
    let mut drafts = Vec::new();
    let mut failures = Vec::new();
    for chart in &matter.charts {
        // One chart that cannot be sealed holds up no other.
        let sealed = match seal_content(cx, ground, chart, &matter.head, stage) {
            Ok((sealed, verdict)) => {
                trace::warn(cx, &verdict);
                sealed
            }
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        let what = format!("seal {} of {}", kind(stage).1, chart.chart);
        match sealed {
            Sealed::Already(id) => {
                report.plan.done(what);
                report.sealed.insert(chart.chart.clone(), id);
            }
            Sealed::Now(draft) => {
                report.plan.needed(what);
                report.sealed.insert(chart.chart.clone(), draft.record.id.clone());
                drafts.push(*draft);
            }
        }
    }
    if !cx.dry_run {
        record::post_and_push(cx, ground, &drafts, Vec::new())?;
        for chart in &matter.charts {
            cx.repo.fold(&chart.chart, ground::remote(&cx.repo, ground.config()))?;
        }
    }
    let Some(failure) = Failure::all(failures) else { return Ok(()) };
    if !cx.dry_run {
        // The failure is the answer; what was done all the same is said beside it.
        for (chart, id) in &report.sealed {
            (cx.on)(Event::Note(format!("sealed {chart} as {id}")));
        }
    }
    Err(failure)
}

/// What other jobs signed is on the remote.
fn fetch(cx: &Context<'_>, ground: &Ground) -> Result<(), Failure> {
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    Ok(())
}

/// A seal, found or made.
enum Sealed {
    /// It is in the ledger and counts; its id.
    Already(String),
    /// It was signed just now and has to be posted.
    Now(Box<Draft>),
}

fn kind(stage: Stage) -> (Predicate, &'static str) {
    match stage {
        Stage::Bump => (Predicate::Overall, "w5-overall"),
        _ => (Predicate::Seal, "w1-overall"),
    }
}

/// Makes the overall statement of a stage for one content, unless it is there; with the verdict it rests on.
///
/// # Errors
/// Something the stage requires is missing or fails (exit 1 or 3, each part named).
fn seal_content(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    commit: &Oid,
    stage: Stage,
) -> Result<(Sealed, Verdict), Failure> {
    let (kind, name) = kind(stage);
    let (landing, policy) = trace::destination(cx, ground, commit, &chart.directory)?;
    let traced = trace::content(cx, ground, policy, chart, commit, landing)?;
    let verdict = traced.judge(stage);
    let others = without(&verdict, name);
    let what = format!("{} cannot be sealed for the {stage} stage", chart.chart);
    trace::demand(&others, &what).map_err(|failure| match failure.causes.as_slice() {
        [review] if review.starts_with(Review::RECORD) => {
            failure.hint("have it reviewed: `git lineage attest review`")
        }
        _ => failure.hint("run what it misses with `git lineage check`, then `check --sign`"),
    })?;
    if let Some(counted) = verdict.findings.counted.iter().find(|counted| counted.name == name) {
        return Ok((Sealed::Already(counted.id.clone()), verdict));
    }
    let statement = statement(cx, ground, chart, commit, &traced, &verdict, kind)?;
    let pen = record::pen(cx, &traced.policy, stage)?;
    Ok((Sealed::Now(Box::new(pen.draft(&chart.chart, &chart.tree, name, &statement)?)), verdict))
}

fn without(verdict: &Verdict, link: &str) -> Verdict {
    let mut others = verdict.clone();
    for step in &mut others.steps {
        if step.link == link {
            step.state = StepState::NotReached;
        }
    }
    others
}

fn statement(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    commit: &Oid,
    traced: &Traced,
    verdict: &Verdict,
    kind: Predicate,
) -> Result<crate::model::Statement, Failure> {
    // The seal covers the checks; the bump's statement covers its own stage's checks and the links, and
    // has the seal as its parent.
    let own = |name: &str| match kind {
        Predicate::Overall => !name.starts_with("w1-"),
        _ => true,
    };
    let counted = &verdict.findings.counted;
    let parts: Vec<(String, String, Sha256)> = counted
        .iter()
        .filter(|counted| own(&counted.name))
        .map(|counted| (counted.name.clone(), counted.id.clone(), counted.bundle))
        .collect();
    let parent = match kind {
        Predicate::Overall => counted.iter().find(|counted| counted.name == "w1-overall").map(|c| c.bundle),
        _ => None,
    };
    let objects = [("chart", "gitTree", &chart.tree), ("commit", "gitCommit", commit)];
    let about = record::about(cx, ground, &chart.chart, &chart.directory, &objects);
    let subject = Subject::new(&chart.directory, traced.lineage.content.digest());
    record::overall(ground.config(), kind, about, subject, &parts, parent)
}

/// What became of the bump stage's overall statement.
pub enum SealedBump {
    /// It is there.
    Already,
    /// It was signed just now and has to be posted.
    Now(Box<Draft>),
    /// These required checks have to be signed first.
    Waits(Vec<String>),
}

/// Makes the bump stage's overall statement where everything it covers is there.
///
/// # Errors
/// The repository cannot be read, or signing failed.
pub fn seal_bump(cx: &Context<'_>, ground: &Ground, chart: &ChartAt, commit: &Oid) -> Result<SealedBump, Failure> {
    match seal_content(cx, ground, chart, commit, Stage::Bump) {
        Ok((Sealed::Already(_), _)) => Ok(SealedBump::Already),
        Ok((Sealed::Now(draft), _)) => Ok(SealedBump::Now(draft)),
        Err(failure) if failure.exit == crate::model::Exit::Negative && !failure.causes.is_empty() => {
            Ok(SealedBump::Waits(failure.causes))
        }
        Err(failure) => Err(failure),
    }
}
