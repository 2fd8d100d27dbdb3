//! From the rulesets that were found to those that are wanted, step by step.

use serde_json::{Value, json};

use super::compare::{Drift, compare, own};
use super::{KINDS, PREFIX, Ruleset};
use crate::model::{Failure, workflows};

/// What has to be there before some rulesets may be (RS-8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// The release branch exists.
    pub release: bool,
    /// The integration branch exists, or the flow has none.
    pub integration: bool,
    /// The workflows that report what main asks for are on main.
    pub workflows: bool,
}

/// What is done to a ruleset.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is as it should be.
    Keep,
    /// `POST /repos/{owner}/{repo}/rulesets`.
    Create {
        /// The request.
        body: Value,
    },
    /// `PUT /repos/{owner}/{repo}/rulesets/{id}`, which replaces all that it names, `bypass_actors` too (RS-6).
    Replace {
        /// GitHub's number for it.
        id: u64,
        /// The request.
        body: Value,
        /// What it was made from: see [`Step::still`].
        before: Value,
    },
    /// `DELETE /repos/{owner}/{repo}/rulesets/{id}`: one of our prefix that nothing asks for.
    Remove {
        /// GitHub's number for it.
        id: u64,
        /// What it was.
        before: Value,
    },
}

/// One ruleset's part of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The ruleset.
    pub name: String,
    /// What is done.
    pub change: Change,
    /// What that changes.
    pub drift: Vec<Drift>,
}

impl Step {
    /// Whether the ruleset is still what the step was made from: to be asked right before it is replaced, since
    /// GitHub takes no condition along.
    ///
    /// # Errors
    /// Exit 4: somebody changed it meanwhile.
    pub fn still(&self, now: &Value) -> Result<(), Failure> {
        let (Change::Replace { before, .. } | Change::Remove { before, .. }) = &self.change else { return Ok(()) };
        let same = match (Ruleset::read(before), Ruleset::read(now)) {
            (Ok(before), Ok(now)) => before == now,
            _ => before == now,
        };
        if same {
            return Ok(());
        }
        Err(Failure::conflict(format!("the ruleset {} was changed meanwhile", self.name))
            .hint("look at it with `git lineage rulesets plan`, then apply again"))
    }
}

/// The steps, in the order of RS-8.
///
/// # Errors
/// Exit 2: out of order, so that the repository would be locked. Exit 3: a ruleset of ours cannot be read whole,
/// and to replace it would take away what nobody has seen.
pub fn plan(wanted: &[Ruleset], found: &[Value], ground: &Ground) -> Result<Vec<Step>, Failure> {
    let verdict = compare(wanted, found);
    let ours = own(found);
    let mut steps = Vec::new();
    for want in wanted {
        let drift: Vec<Drift> = verdict.drift.iter().filter(|drift| drift.ruleset == want.name).cloned().collect();
        let there = ours.iter().find(|(name, _)| *name == want.name).map(|(_, value)| *value);
        let mut drift: Vec<Drift> =
            drift.into_iter().filter(|drift| !drift.want.is_null() || !drift.path.is_empty()).collect();
        let change = match there {
            None => Change::Create { body: want.json() },
            Some(value) => {
                // Whoever may not see the list of those who bypass would empty it by writing the rest.
                let unseen = verdict.undetermined.iter().find(|one| one.ruleset == want.name && is_blind(one));
                if let Some(one) = unseen {
                    return Err(Failure::undetermined(format!("the ruleset {} cannot be read whole", want.name))
                        .because(one.why.clone())
                        .hint("use a token with Administration: write on this repository"));
                }
                if drift.is_empty() {
                    Change::Keep
                } else {
                    Change::Replace { id: id(value)?, body: merged(want, value), before: value.clone() }
                }
            }
        };
        if !matches!(change, Change::Keep) {
            in_order(&want.name, ground)?;
        }
        drift.sort_by(|a, b| a.path.cmp(&b.path));
        steps.push(Step { name: want.name.clone(), change, drift });
    }
    let mut kept: Vec<&str> = Vec::new();
    for (name, value) in ours {
        if wanted.iter().any(|want| want.name == name) && !kept.contains(&name) {
            kept.push(name);
            continue;
        }
        let (path, want) = (String::new(), Value::Null);
        let drift = Drift { ruleset: name.to_owned(), path, want, got: value.clone() };
        let change = Change::Remove { id: id(value)?, before: value.clone() };
        steps.push(Step { name: name.to_owned(), change, drift: vec![drift] });
    }
    Ok(steps)
}

/// What was found, as a file to go back to (acceptance MG-8): each as it was answered, to its last field.
pub fn backup(found: &[Value]) -> String {
    format!("{:#}\n", Value::Array(found.to_vec()))
}

/// A rule of an unknown kind is kept as it is; anything else that cannot be told stops a replacement.
fn is_blind(one: &super::Undetermined) -> bool {
    !one.path.starts_with("rules.")
}

fn id(value: &Value) -> Result<u64, Failure> {
    value
        .get("id")
        .and_then(Value::as_u64)
        .ok_or_else(|| Failure::undetermined("a ruleset was found without its number"))
}

/// What is wanted, with what was found and is not known here: read, merged, written (RS-6).
fn merged(want: &Ruleset, found: &Value) -> Value {
    let mut body = want.json();
    let kind = |rule: &Value| rule.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let strange = found.get("rules").and_then(Value::as_array).into_iter().flatten();
    let strange: Vec<Value> = strange.filter(|rule| !KINDS.contains(&kind(rule).as_str())).cloned().collect();
    if let Some(rules) = body.get_mut("rules").and_then(Value::as_array_mut) {
        rules.extend(strange);
    }
    if !want.active {
        body["enforcement"] = json!("disabled");
    }
    body
}

fn in_order(name: &str, ground: &Ground) -> Result<(), Failure> {
    let part = name.strip_prefix(PREFIX).unwrap_or(name);
    let lacks = match part {
        "integration" if !ground.integration => "the integration branch does not exist yet",
        "release" | "core-permanent" if !ground.release => {
            "the release branch does not exist yet, and then only the App could make it"
        }
        "main" | "main-checks" if !ground.workflows => {
            "the workflows that report what main asks for are not on main yet, and then nothing could bring them there"
        }
        _ => return Ok(()),
    };
    Err(Failure::usage(format!("the ruleset {name} would lock the repository")).because(lacks).hint(format!(
        "run `git lineage init --github` first, and have {} and the branches on the remote",
        workflows::DIRECTORY
    )))
}
