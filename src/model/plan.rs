//! What a mutating command is about to do, as a value.

use serde::Serialize;

/// Whether a step still has to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// The state already holds.
    Done,
    /// To be done by `apply`.
    Needed,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanStep {
    /// Done or needed.
    pub state: StepKind,
    /// What it does, as an imperative naming the thing: "push chart/x at 1234abcd".
    pub what: String,
}

/// The steps of one command, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Plan(pub Vec<PlanStep>);

impl Plan {
    /// Adds a step that must be taken.
    pub fn needed(&mut self, what: impl Into<String>) {
        self.0.push(PlanStep { state: StepKind::Needed, what: what.into() });
    }

    /// Adds a step whose state already holds.
    pub fn done(&mut self, what: impl Into<String>) {
        self.0.push(PlanStep { state: StepKind::Done, what: what.into() });
    }

    /// Whether nothing is left to do.
    pub fn is_done(&self) -> bool {
        self.0.iter().all(|step| step.state == StepKind::Done)
    }
}
