//! Rulesets that are there under other names: what they do already, and where they stand in the way (RS-10).

use serde::Serialize;
use serde_json::Value;

use super::{Act, Names, PREFIX, Ruleset, Who, blocked};
use crate::model::config::Config;
use crate::model::{Exit, Failure};

/// A ruleset that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// Its name.
    pub name: String,
    /// GitHub's number for it, if it was told.
    pub id: Option<u64>,
    /// What it holds that ours hold, too: `lineage/main: pull_request`.
    pub overlaps: Vec<String>,
    /// What it keeps the flow from, each a sentence.
    pub conflicts: Vec<String>,
    /// Why it could not be read, where it could not.
    pub unknown: Option<String>,
    /// Who may bypass it could not be seen: what it seems to keep the flow from, it may not.
    #[serde(skip)]
    pub hidden: bool,
}

impl Foreign {
    /// What it means for the flow: 1 where it stands in its way, 3 where that cannot be told.
    pub fn exit(&self) -> Exit {
        match (self.unknown.is_some(), self.conflicts.is_empty()) {
            (true, _) => Exit::Undetermined,
            (false, true) => Exit::Done,
            (false, false) if self.hidden => Exit::Undetermined,
            (false, false) => Exit::Negative,
        }
    }
}

/// Looks through every ruleset without our prefix.
///
/// # Errors
/// The configuration's names cannot be protected side by side.
pub fn recognise(wanted: &[Ruleset], found: &[Value], config: &Config) -> Result<Vec<Foreign>, Failure> {
    let names = Names::of(config)?;
    let needs = needs(&names, config);
    let mut foreign = Vec::new();
    for value in found {
        let name = value.get("name").and_then(Value::as_str).unwrap_or("(without a name)").to_owned();
        let organisation =
            value.get("source_type").and_then(Value::as_str).is_some_and(|from| from != "Repository");
        if name.starts_with(PREFIX) && !organisation {
            continue;
        }
        let mut one = Foreign {
            name,
            id: value.get("id").and_then(Value::as_u64),
            overlaps: Vec::new(),
            conflicts: Vec::new(),
            unknown: None,
            hidden: false,
        };
        match Ruleset::read(value) {
            Err(why) => one.unknown = Some(why),
            Ok(ruleset) if ruleset.active => {
                one.overlaps = overlaps(wanted, &ruleset, &names, &config.branches.main);
                one.hidden = ruleset.bypass.is_none();
                one.conflicts = conflicts(&ruleset, &needs, &config.branches.main);
            }
            // Switched off, it neither helps nor hinders.
            Ok(_) => {}
        }
        foreign.push(one);
    }
    Ok(foreign)
}

/// Every ref of the flow, one of each kind.
fn refs(names: &Names) -> Vec<&String> {
    let branches = [Some(&names.main), names.integration.as_ref(), names.samples.0.as_ref(), Some(&names.release)];
    branches.into_iter().flatten().chain([&names.samples.1]).collect()
}

fn overlaps(wanted: &[Ruleset], ruleset: &Ruleset, names: &Names, main: &str) -> Vec<String> {
    let mut overlaps = Vec::new();
    for want in wanted {
        let both = |reference: &&&String| want.covers(reference, main) && ruleset.covers(reference, main);
        if refs(names).iter().any(|reference| both(&reference)) {
            let same = want.rules.iter().filter(|rule| ruleset.rule(&rule.kind).is_some());
            overlaps.extend(same.map(|rule| format!("{}: {}", want.name, rule.kind)));
        }
    }
    overlaps
}

/// What the flow cannot do without.
type Need<'a> = (Who, Act, &'a String, &'static str);

fn needs<'a>(names: &'a Names, config: &Config) -> Vec<Need<'a>> {
    let mut needs = vec![(Who::Writer, Act::Merge, &names.main, "merge a pull request into")];
    if let Some(integration) = &names.integration {
        needs.push((Who::Writer, Act::Merge, integration, "merge a pull request into"));
    }
    let Some(app) = config.github.app_id.map(Who::App) else { return needs };
    if let Some(chart) = &names.samples.0 {
        needs.push((app, Act::Create, chart, "make"));
        needs.push((app, Act::Push, chart, "push to"));
        needs.push((app, Act::Delete, chart, "delete"));
    }
    if let Some(integration) = &names.integration {
        needs.push((app, Act::Push, integration, "port versions back to"));
    }
    needs.push((app, Act::Merge, &names.release, "merge into"));
    if config.publish.index.is_some() {
        needs.push((app, Act::Push, &names.release, "write the index on"));
    }
    needs.push((app, Act::Create, &names.samples.1, "make"));
    needs
}

fn conflicts(ruleset: &Ruleset, needs: &[Need<'_>], main: &str) -> Vec<String> {
    let alone = std::slice::from_ref(ruleset);
    let mut conflicts = Vec::new();
    for (who, act, reference, verb) in needs {
        let rules = blocked(alone, main, *who, *act, reference);
        if rules.is_empty() {
            continue;
        }
        let who = match who {
            Who::App(id) => format!("the App {id}"),
            Who::Writer | Who::Admin => "nobody".to_owned(),
        };
        let could = if who == "nobody" { "can" } else { "cannot" };
        let hidden = if ruleset.bypass.is_none() { " (who may bypass it could not be seen)" } else { "" };
        conflicts.push(format!("{who} {could} {verb} {reference}: {}{hidden}", rules.join(", ")));
    }
    conflicts
}
