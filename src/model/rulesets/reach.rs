//! What rulesets let whom do: the decision table behind a set of them.

use super::{ADMIN_ROLE, Actor, Names, Rule, Ruleset};
use crate::model::Failure;
use crate::model::config::Config;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person or token that may write, without any role beyond.
    Writer,
    /// An administrator of the repository.
    Admin,
    /// The App of this number.
    App(u64),
}

/// What is done to a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It is made.
    Create,
    /// It is moved forward by a push.
    Push,
    /// It is moved by merging a pull request that has its approvals and checks.
    Merge,
    /// It is moved elsewhere.
    Force,
    /// It is deleted.
    Delete,
}

/// The rules that keep somebody from something, each as `ruleset: rule`; none: it goes through.
pub fn blocked(rulesets: &[Ruleset], main: &str, who: Who, act: Act, reference: &str) -> Vec<String> {
    let concerned = rulesets.iter().filter(|ruleset| ruleset.active && ruleset.covers(reference, main));
    concerned
        .filter(|ruleset| !passes(ruleset, who, act))
        .flat_map(|ruleset| {
            let stops = ruleset.rules.iter().filter(move |rule| stops(rule, act));
            stops.map(|rule| format!("{}: {}", ruleset.name, rule.kind))
        })
        .collect()
}

/// Whether somebody may bypass a ruleset for this. A list that may not be seen lets nobody pass.
fn passes(ruleset: &Ruleset, who: Who, act: Act) -> bool {
    ruleset.bypass.iter().flatten().any(|actor| {
        let mode = match actor.mode.as_str() {
            "always" | "exempt" => true,
            "pull_request" => act == Act::Merge,
            _ => false,
        };
        mode && is(actor, who)
    })
}

fn is(actor: &Actor, who: Who) -> bool {
    // 2, 4 and 5 are the roles maintain, write and admin; a role includes those below it.
    match (who, actor.kind.as_str(), actor.id) {
        (Who::App(id), "Integration", Some(given)) => id == given,
        (Who::Admin, "RepositoryRole", Some(id)) => matches!(id, 2 | 4) || id == ADMIN_ROLE,
        (Who::Admin, "OrganizationAdmin", _) | (Who::Writer, "RepositoryRole", Some(4)) => true,
        _ => false,
    }
}

fn stops(rule: &Rule, act: Act) -> bool {
    match rule.kind.as_str() {
        "creation" => act == Act::Create,
        "deletion" => act == Act::Delete,
        "non_fast_forward" => act == Act::Force,
        "update" => matches!(act, Act::Push | Act::Merge | Act::Force),
        "pull_request" | "merge_queue" => matches!(act, Act::Push | Act::Force),
        "required_status_checks" => {
            let spared = rule.parameters.get("do_not_enforce_on_create").and_then(serde_json::Value::as_bool);
            matches!(act, Act::Push | Act::Force) || act == Act::Create && spared != Some(true)
        }
        _ => false,
    }
}

/// Branches nobody could ever update under these rulesets, and tags nobody could make (RS-5): each a sentence.
///
/// # Errors
/// The configuration's names cannot be protected side by side.
pub fn frozen(rulesets: &[Ruleset], config: &Config) -> Result<Vec<String>, Failure> {
    let names = Names::of(config)?;
    let main = &config.branches.main;
    let everybody = [Some(Who::Writer), Some(Who::Admin), config.github.app_id.map(Who::App)];
    let free = |reference: &str, acts: &[Act]| {
        everybody
            .into_iter()
            .flatten()
            .any(|who| acts.iter().any(|act| blocked(rulesets, main, who, *act, reference).is_empty()))
    };
    let why = |reference: &str, act| blocked(rulesets, main, Who::Writer, act, reference).join(", ");
    let mut frozen = Vec::new();
    let chart = names.samples.0.as_ref();
    for branch in
        [Some(&names.main), names.integration.as_ref(), chart, Some(&names.release)].into_iter().flatten()
    {
        if !free(branch, &[Act::Push, Act::Merge]) {
            frozen.push(format!("nobody could ever update {branch}: {}", why(branch, Act::Merge)));
        }
    }
    let made = [chart, Some(&names.samples.1)];
    for reference in made.into_iter().flatten() {
        if !free(reference, &[Act::Create]) {
            frozen.push(format!("nobody could ever make {reference}: {}", why(reference, Act::Create)));
        }
    }
    Ok(frozen)
}
