//! `status --remote`: how things stand outside of this clone, thing by thing, each with what puts it right.
//!
//! Computed from what was seen. What could not be looked at is a finding of its own and never taken for good.

mod settings;
mod traces;

#[cfg(test)]
mod tests;

use serde::Serialize;

pub use crate::model::published::Seen;
pub use settings::{ActionsPolicy, JobToken, Repository, actions, checks, immutable, repository, rulesets, stale};
pub use traces::{Branch, Copy, Stranger, copy, leftovers, orphan, visibility};

use crate::model::Exit;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about: `ruleset lineage/main`, `actions`, `release x-v1.0.0 in the registry`.
    pub about: String,
    /// How it stands.
    pub state: State,
    /// What was seen, as a sentence.
    pub what: String,
    /// The command or the page that puts it right; none where nothing is to be done.
    pub fix: Option<String>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Holds,
    /// It could be better; nothing rests on it.
    Advice,
    /// Not as it should be: exit code 1.
    Wrong,
    /// It could not be looked at: exit code 3.
    Undetermined,
}

impl Finding {
    fn new(about: &str, state: State, what: impl Into<String>, fix: Option<String>) -> Self {
        Self { about: about.to_owned(), state, what: what.into(), fix }
    }

    fn holds(about: &str, what: impl Into<String>) -> Self {
        Self::new(about, State::Holds, what, None)
    }

    fn advice(about: &str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(about, State::Advice, what, Some(fix.into()))
    }

    fn wrong(about: &str, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(about, State::Wrong, what, Some(fix.into()))
    }

    /// Something that could not be looked at; `why` ends with the next step.
    pub fn undetermined(about: &str, why: impl Into<String>) -> Self {
        Self::new(about, State::Undetermined, why, None)
    }
}

/// The exit code of all findings: 3 where something could not be looked at, 1 where something is wrong.
pub fn exit(findings: &[Finding]) -> Exit {
    let worst = findings.iter().map(|finding| match finding.state {
        State::Holds | State::Advice => Exit::Done,
        State::Wrong => Exit::Negative,
        State::Undetermined => Exit::Undetermined,
    });
    worst.max().unwrap_or(Exit::Undetermined)
}
