//! What no ruleset can hold, and who holds it instead.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::config::{Config, Flow};
use crate::model::workflows;

/// Rulesets know branches and tags alone (RS-12).
pub const NOTES: &str = "Rulesets cannot protect refs/notes/*: whoever may push may delete or add notes. Notes are \
untrusted storage; what counts in them is signed, what is lost comes back with `git lineage sync`.";

/// A rule that a workflow enforces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Enforced {
    /// The rule, as a sentence.
    pub rule: String,
    /// The workflow's file.
    pub workflow: String,
    /// The call in it.
    pub caller: String,
}

/// The rules of a flow that no ruleset can express (RS-11).
pub fn enforced(config: &Config) -> Vec<Enforced> {
    let branches = &config.branches;
    let rule = |rule: String, workflow: &str, caller: &str| Enforced {
        rule,
        workflow: workflows::path(workflow),
        caller: caller.to_owned(),
    };
    let mut rules = Vec::new();
    if config.flow == Flow::Integration {
        rules.push(rule(
            format!("only {} is merged into {}", branches.integration, branches.chart),
            "3-guard",
            "git lineage guard --stage",
        ));
        rules.push(rule(
            format!("into {} a chart comes only from its branch, with its evidence", branches.main),
            "3-guard",
            "git lineage guard --stage",
        ));
    }
    rules.push(rule(
        format!("into {} comes only what a tag on {} holds, once it is built", branches.release, branches.main),
        "7-build",
        "git lineage guard --stage release",
    ));
    rules.push(rule(format!("tags are made on {} alone", branches.main), "6-tag", "git lineage tag"));
    rules
}

/// The rules whose caller is missing from the workflows that are there (path → text): they are held by nobody.
pub fn unenforced(config: &Config, present: &BTreeMap<String, String>) -> Vec<Enforced> {
    let called = |rule: &Enforced| {
        present.get(&rule.workflow).is_some_and(|text| {
            text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with('#') && line.contains(&rule.caller)
            })
        })
    };
    enforced(config).into_iter().filter(|rule| !called(rule)).collect()
}
