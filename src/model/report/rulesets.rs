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
    /// What should be looked at, though nothing rests on it: required checks that were never seen (RS-7).
    pub warnings: Vec<String>,
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
            warnings: Vec::new(),
            notes: NOTES,
        }
    }

    /// 0 where all is as it should be; 1 with drift, with a rule that nobody holds, or with somebody else's ruleset in
    /// the way of the flow; 3 where something could not be told.
    pub fn exit(&self) -> Exit {
        let drift = if self.applied { Vec::new() } else { self.drift.clone() };
        let exit = Verdict { drift, undetermined: self.undetermined.clone() }.exit();
        // Ours can be applied whatever others did.
        let others = self.foreign.iter().map(Foreign::exit).filter(|_| !self.applied).max();
        let rules = if self.unenforced.is_empty() { Exit::Done } else { Exit::Negative };
        exit.max(others.unwrap_or(Exit::Done)).max(rules)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_put_in_the_way_counts_and_what_cannot_be_told_counts_more() {
        let one = |unknown: bool, conflict: bool, hidden: bool| Foreign {
            name: "theirs".to_owned(),
            id: None,
            overlaps: Vec::new(),
            conflicts: if conflict { vec!["nobody can merge".to_owned()] } else { Vec::new() },
            unknown: unknown.then(|| "it is odd".to_owned()),
            hidden,
        };
        let exit =
            |foreign: Vec<Foreign>| RulesetsReport { foreign, ..RulesetsReport::of("o/r".to_owned()) }.exit();
        assert_eq!(exit(vec![one(false, false, true)]), Exit::Done);
        assert_eq!(exit(vec![one(false, true, false)]), Exit::Negative);
        assert_eq!(exit(vec![one(false, true, true)]), Exit::Undetermined);
        assert_eq!(exit(vec![one(true, false, false), one(false, true, false)]), Exit::Undetermined);
        let applied = RulesetsReport {
            foreign: vec![one(false, true, false)],
            applied: true,
            ..RulesetsReport::of("o/r".to_owned())
        };
        assert_eq!(applied.exit(), Exit::Done);
    }
}
