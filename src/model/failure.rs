//! Why a command stops: what happened, what caused it, and what to do next.

use serde::Serialize;

/// What the exit code says. The numbers are documented in the man page and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// 0: done, or proven.
    Done = 0,
    /// 1: a negative verdict: a check failed, not proven, refused by policy.
    Negative = 1,
    /// 2: usage or configuration.
    Usage = 2,
    /// 3: undetermined: evidence unreachable, shallow clone, notes not fetched, trust root missing.
    Undetermined = 3,
    /// 4: conflict with immutable or concurrently changed state.
    Conflict = 4,
}

impl Exit {
    /// The process exit code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A command's end short of success. The sentence names the thing, the causes say why, the hint says
/// the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which exit code it means.
    pub exit: Exit,
    /// One sentence without a final stop: "could not read charts/x/Chart.yaml at 1234abcd".
    pub what: String,
    /// Causes, outermost first.
    pub causes: Vec<String>,
    /// The next step, as an imperative without a final stop.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with its sentence alone.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), causes: Vec::new(), hint: None }
    }

    /// In one line: what, why, and the next step.
    pub fn in_one_line(&self) -> String {
        let causes: String = self.causes.iter().map(|cause| format!(": {cause}")).collect();
        let hint = self.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("{}{causes}{hint}", self.what)
    }

    /// Exit 1.
    pub fn negative(what: impl Into<String>) -> Self {
        Self::new(Exit::Negative, what)
    }

    /// Exit 2.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// Exit 3.
    pub fn undetermined(what: impl Into<String>) -> Self {
        Self::new(Exit::Undetermined, what)
    }

    /// Exit 4.
    pub fn conflict(what: impl Into<String>) -> Self {
        Self::new(Exit::Conflict, what)
    }

    /// Adds a cause below those it has.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Says the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Several failures as one: the worst exit code, the first sentence, the others below it. None of none.
    pub fn all(failures: Vec<Self>) -> Option<Self> {
        let exit = failures.iter().map(|failure| failure.exit).max()?;
        let mut failures = failures.into_iter();
        let mut first = failures.next()?;
        first.exit = exit;
        for other in failures {
            first.causes.push(other.what);
            first.causes.extend(other.causes);
        }
        Some(first)
    }
}
