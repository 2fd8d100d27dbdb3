//! The evidence for a chart's content: what there is, and what the policy misses.

use std::collections::BTreeSet;

use super::Line;
use crate::model::statement::SourceCommit;
use crate::model::{Failure, Oid, Predicate, Stage, StepState};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::Ground;
use crate::pipeline::trace::{self, Traced};

/// Record names, and what else there is to say.
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) found: Vec<String>,
    pub(super) missing: Vec<String>,
    /// The contribution's own commits, where evidence names them: a split squashes them away.
    pub(super) commits: Vec<SourceCommit>,
    pub(super) warnings: Vec<String>,
}

/// The evidence for a chart's content at `head`, and a warning where main holds a content that came there
/// past the line.
pub(super) fn of(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    head: &Oid,
    line: &Line,
) -> Result<Evidence, Failure> {
    let mut evidence = Evidence::default();
    let main = cx.repo.tree_at(&ground.main, &chart.directory)?;
    let on_main = main.as_ref() == Some(&chart.tree);
    let traced = if on_main {
        landed(cx, ground, chart)?
    } else {
        let landing = trace::as_if_merged(cx, ground, head, &chart.directory)?;
        Some(trace::content(cx, ground, ground.policy.clone(), chart, head, landing)?)
    };
    if let Some(traced) = &traced {
        let (found, upto) = found(ground, chart, traced, on_main);
        evidence.found = found;
        // The evidence of a release is its tag's to name: `verify` judges it.
        let newest = line.newest.as_ref().and_then(|newest| newest.tree.as_ref());
        if !line.released && newest != Some(&chart.tree) {
            (evidence.missing, evidence.commits) = missing(traced, upto);
            evidence.warnings = waived(traced, upto);
            // A split that leaves the contribution as it is has the same content. Once main has moved on, its
            // link no longer leads anywhere from here, and what can be asked is whether it was validated.
            if upto == Stage::Split && evidence.missing.iter().any(|name| name == "w2-filter-charts") {
                (evidence.missing, evidence.commits) = missing(traced, Stage::Validate);
                evidence.warnings = waived(traced, Stage::Validate);
            }
        }
    }
    let released = line.newest.as_ref().and_then(|newest| newest.tree.as_ref());
    if main.is_some() && main.as_ref() != released {
        let traced = match (on_main, traced) {
            (true, traced) => traced,
            (false, _) => match charts::at(&cx.repo, ground.config(), &ground.main, &chart.directory)? {
                Some(Ok(chart)) => landed(cx, ground, &chart)?,
                _ => None,
            },
        };
        evidence.warnings.extend(traced.as_ref().and_then(|traced| pushed_past_the_line(ground, traced)));
    }
    Ok(evidence)
}

/// The chart as main has it, judged by the policy before it landed; none for a content from before lineage.
fn landed(cx: &Context<'_>, ground: &Ground, chart: &ChartAt) -> Result<Option<Traced>, Failure> {
    let landing = trace::landing(&cx.repo, ground.config(), &ground.main, &ground.main, &chart.directory)?;
    let Ok(policy) = trace::policy_of(&cx.repo, &landing, &ground.policy) else { return Ok(None) };
    trace::content(cx, ground, policy, chart, &ground.main, landing).map(Some)
}

/// The records on this very content, and the stage it has come to by them.
fn found(ground: &Ground, chart: &ChartAt, traced: &Traced, on_main: bool) -> (Vec<String>, Stage) {
    let prefix = &ground.config().predicate_prefix;
    let mut names = BTreeSet::new();
    let mut upto = if on_main { Stage::Bump } else { Stage::Validate };
    for attestation in traced.lineage.attestations.iter().filter(|attestation| attestation.on == chart.tree) {
        names.insert(attestation.record.name.clone());
        let Ok(statement) = &attestation.statement else { continue };
        match Predicate::of(&statement.predicate_type, prefix) {
            Some(Predicate::Bump) => upto = upto.max(Stage::Bump),
            Some(Predicate::Split) => upto = upto.max(Stage::Split),
            _ => {}
        }
    }
    (names.into_iter().collect(), upto)
}

/// The records the policy asks for up to a stage that do not hold, and the commits that those which do name.
fn missing(traced: &Traced, upto: Stage) -> (Vec<String>, Vec<SourceCommit>) {
    let mut names: Vec<String> = Vec::new();
    let verdict = traced.judge(upto);
    for step in verdict.steps {
        let holds = matches!(step.state, StepState::Holds | StepState::Waived(_) | StepState::NotReached);
        let is_record = step.link.starts_with('w');
        if !holds && is_record && !names.contains(&step.link) {
            names.push(step.link);
        }
    }
    (names, verdict.findings.commits)
}

/// The required checks that somebody waived, each with who and until when.
fn waived(traced: &Traced, upto: Stage) -> Vec<String> {
    let verdict = traced.judge(upto);
    verdict.waived().map(|(link, waived)| format!("{link} is {}", waived.in_words())).collect()
}

/// E16: a content of main that no bump link leads to.
fn pushed_past_the_line(ground: &Ground, traced: &Traced) -> Option<String> {
    let steps = traced.judge(Stage::Bump).steps;
    let main = &ground.config().branches.main;
    let what = format!(
        "{main} has content {} of {} that no bump link",
        traced.lineage.content.digest().short(),
        traced.lineage.chart
    );
    match steps.into_iter().find(|step| step.number == 7)?.state {
        StepState::Gap(_) => Some(format!(
            "{what} leads to: it came there past the line, and `git lineage tag` refuses it; revert it on \
             {main}, and contribute it anew"
        )),
        StepState::Undetermined(_) => {
            Some(format!("{what} known here leads to: run `git lineage sync` to tell whether there is one"))
        }
        StepState::Holds | StepState::Waived(_) | StepState::NotReached | StepState::Conflict(_) => None,
    }
}
