//! What `rulesets` has to say.

use serde::Serialize;

use crate::model::Exit;
use crate::model::rulesets::{Change, Drift, Enforced, Foreign, NOTES, Step, Undetermined, Verdict};

/// `rulesets plan`, `apply` and `check`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RulesetsReport {
    /// `owner/name`.
    pub repository: String,
    /// Each ruleset of ours, in the order they are made, then those that nothing asks for; empty where they could
    /// not be read whole.
    pub rulesets: Vec<RulesetLine>,
    /// Whether what was needed was done. What drifted is then what there was before.
    pub applied: bool,
    /// What is not as it should be.
    pub drift: Vec<Drift>,
    /// What could not be told.
    pub undetermined: Vec<Undetermined>,
    /// Rulesets that are not ours. They are left alone.
    pub foreign: Vec<Foreign>,
    /// What no ruleset can hold, and no workflow on main holds either.
    pub unenforced: Vec<Enforced>,
    /// Where the rulesets as they were before are kept.
    pub backup: Option<String>,
    /// What rulesets do not protect.
    pub notes: &'static str,
}

/// One ruleset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesetLine {
    /// Its name.
    pub name: String,
    /// What has to be done about it.
    pub action: RulesetAction,
    /// GitHub's number for it, where there is something to replace or remove.
    pub id: Option<u64>,
}

/// What has to be done about a ruleset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RulesetAction {
    /// Nothing.
    Keep,
    /// It is missing.
    Create,
    /// It is not as it should be.
    Replace,
    /// It is one of ours that nothing asks for.
    Remove,
}

impl RulesetsReport {
    /// About nothing yet.
    pub fn of(repository: String) -> Self {
        Self {
            repository,
            rulesets: Vec::new(),
            applied: false,
            drift: Vec::new(),
            undetermined: Vec::new(),
            foreign: Vec::new(),
            unenforced: Vec::new(),
            backup: None,
            notes: NOTES,
        }
    }

    /// 0 where all is as it should be, 1 with drift or a rule that nobody holds, 3 where something could not be
    /// told.
    pub fn exit(&self) -> Exit {
        let drift = if self.applied { Vec::new() } else { self.drift.clone() };
        let exit = Verdict { drift, undetermined: self.undetermined.clone() }.exit();
        if self.unenforced.is_empty() { exit } else { exit.max(Exit::Negative) }
    }
}

impl From<&Step> for RulesetLine {
    fn from(step: &Step) -> Self {
        let (action, id) = match &step.change {
            Change::Keep => (RulesetAction::Keep, None),
            Change::Create { .. } => (RulesetAction::Create, None),
            Change::Replace { id, .. } => (RulesetAction::Replace, Some(*id)),
            Change::Remove { id, .. } => (RulesetAction::Remove, Some(*id)),
        };
        Self { name: step.name.clone(), action, id }
    }
}
