//! Drift: what a repository's rulesets say against what they should.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{KINDS, PREFIX, Ruleset};
use crate::model::Exit;

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The ruleset, by name.
    pub ruleset: String,
    /// Where in its JSON, with dots; empty: the whole of it.
    pub path: String,
    /// What should be there; null: nothing.
    pub want: Value,
    /// What is; null: nothing.
    pub got: Value,
}

impl Drift {
    /// In a sentence, with what is wanted and what is there.
    pub fn in_words(&self) -> String {
        match (self.path.is_empty(), self.got.is_null()) {
            (true, true) => format!("{} is missing", self.ruleset),
            (true, false) => format!("{}: nothing asks for it", self.ruleset),
            (false, _) => {
                format!("{}: {}: want {}, got {}", self.ruleset, self.path, self.want, self.got)
            }
        }
    }
}

/// What could not be told, which is never taken for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undetermined {
    /// The ruleset, by name.
    pub ruleset: String,
    /// Where in its JSON.
    pub path: String,
    /// Why, as a sentence.
    pub why: String,
}

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// What is not as it should be.
    pub drift: Vec<Drift>,
    /// What could not be told.
    pub undetermined: Vec<Undetermined>,
}

impl Verdict {
    /// 1 with any drift, 3 where something could not be told; the higher counts.
    pub fn exit(&self) -> Exit {
        match (self.drift.is_empty(), self.undetermined.is_empty()) {
            (_, false) => Exit::Undetermined,
            (false, true) => Exit::Negative,
            (true, true) => Exit::Done,
        }
    }
}

/// Holds what was found (each as `GET /repos/{owner}/{repo}/rulesets/{id}` answers it) against what is wanted.
/// Rulesets without our prefix are somebody else's: see [`super::recognise`].
pub fn compare(wanted: &[Ruleset], found: &[Value]) -> Verdict {
    let mut verdict = Verdict::default();
    let ours = own(found);
    for want in wanted {
        match ours.iter().find(|(name, _)| *name == want.name) {
            None => verdict.drift.push(Drift {
                ruleset: want.name.clone(),
                path: String::new(),
                want: want.json(),
                got: Value::Null,
            }),
            Some((_, value)) => one(want, value, &mut verdict),
        }
    }
    let mut seen = BTreeSet::new();
    for (name, value) in ours {
        if !seen.insert(name) || !wanted.iter().any(|want| want.name == name) {
            let got = (*value).clone();
            verdict.drift.push(Drift { ruleset: name.to_owned(), path: String::new(), want: Value::Null, got });
        }
    }
    verdict
}

/// Those of our prefix that belong to the repository itself, with their names. An organisation's are not ours to
/// change, whatever they are called.
pub(super) fn own(found: &[Value]) -> Vec<(&str, &Value)> {
    let repository =
        |value: &Value| value.get("source_type").is_none_or(|source| source.as_str() == Some("Repository"));
    let named = found.iter().filter_map(|value| Some((value.get("name")?.as_str()?, value)));
    named.filter(|(name, value)| name.starts_with(PREFIX) && repository(value)).collect()
}

fn one(want: &Ruleset, value: &Value, verdict: &mut Verdict) {
    let doubt = |path: &str, why: String| Undetermined { ruleset: want.name.clone(), path: path.to_owned(), why };
    let got = match Ruleset::read(value) {
        Ok(got) => got,
        Err(why) => return verdict.undetermined.push(doubt("", format!("it cannot be read: {why}"))),
    };
    let mut differs = |path: &str, want_value: Value, got_value: Value| {
        if want_value != got_value {
            let (ruleset, path) = (want.name.clone(), path.to_owned());
            verdict.drift.push(Drift { ruleset, path, want: want_value, got: got_value });
        }
    };
    differs("target", json!(want.target.word()), json!(got.target.word()));
    let enforcement = value.get("enforcement").cloned().unwrap_or(Value::Null);
    differs("enforcement", json!("active"), enforcement);
    differs("conditions.ref_name.include", sorted(&want.include), sorted(&got.include));
    differs("conditions.ref_name.exclude", sorted(&want.exclude), sorted(&got.exclude));
    for rule in &want.rules {
        let path = format!("rules.{}", rule.kind);
        match got.rule(&rule.kind) {
            None => differs(&path, rule.json(), Value::Null),
            Some(there) => parameters(&path, &rule.parameters, &there.parameters, &mut differs),
        }
    }
    let mut kinds = BTreeSet::new();
    for rule in &got.rules {
        let repeated = !kinds.insert(&rule.kind);
        if KINDS.contains(&rule.kind.as_str()) && (repeated || want.rule(&rule.kind).is_none()) {
            differs(&format!("rules.{}", rule.kind), Value::Null, rule.json());
        }
    }
    if let (Some(want), Some(got)) = (actors(want), actors(&got)) {
        differs("bypass_actors", want, got);
    }
    for rule in got.rules.iter().filter(|rule| !KINDS.contains(&rule.kind.as_str())) {
        let why = format!("what the rule `{}` does is not known here", rule.kind.escape_debug());
        verdict.undetermined.push(doubt(&format!("rules.{}", rule.kind.escape_debug()), why));
    }
    if got.bypass.is_none() {
        let why = "who may bypass it is shown to tokens with Administration: write alone".to_owned();
        verdict.undetermined.push(doubt("bypass_actors", why));
    }
}

/// Parameters by name. One that is left out is what it would be by default.
fn parameters(
    path: &str,
    want: &Map<String, Value>,
    got: &Map<String, Value>,
    differs: &mut impl FnMut(&str, Value, Value),
) {
    let keys: BTreeSet<&String> = want.keys().chain(got.keys()).collect();
    for key in keys {
        let of = |map: &Map<String, Value>| canonical(map.get(key).unwrap_or(&Value::Null));
        let (want, got) = (of(want), of(got));
        if !(neutral(&want) && neutral(&got)) {
            differs(&format!("{path}.parameters.{key}"), want, got);
        }
    }
}

/// What GitHub fills in where nothing was said.
fn neutral(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.values().all(neutral),
    }
}

/// Lists in order of their text: none of GitHub's lists here means anything by its order.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(canonical).collect();
            list.sort_by_key(ToString::to_string);
            Value::Array(list)
        }
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        other => other.clone(),
    }
}

fn sorted(patterns: &[String]) -> Value {
    let set: BTreeSet<&String> = patterns.iter().collect();
    json!(set)
}

fn actors(ruleset: &Ruleset) -> Option<Value> {
    let mut actors = ruleset.bypass.clone()?;
    actors.sort();
    actors.dedup();
    Some(actors.iter().map(super::Actor::json).collect())
}

/// Required contexts that no check run was ever called (RS-7): they would wait for ever.
pub fn unseen(wanted: &[Ruleset], seen: &BTreeSet<String>) -> Vec<String> {
    let lists = wanted.iter().filter_map(|ruleset| {
        ruleset.rule("required_status_checks")?.parameters.get("required_status_checks")?.as_array()
    });
    let contexts = lists.flatten().filter_map(|check| check.get("context")?.as_str());
    contexts.filter(|context| !seen.contains(*context)).map(str::to_owned).collect()
}
