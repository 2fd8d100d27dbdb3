//! Rulesets: who sees what of them, and which rules meet a ref.

use serde_json::{Value, json};

use super::http::Answer;
use super::{GitHub, REPOSITORY, Repository, Scene, State, answers};

/// What people do to rulesets, past this program.
impl GitHub {
    /// Every ruleset as it is kept.
    pub(crate) fn rulesets(&self) -> Vec<Value> {
        self.with(|state| state.repository(REPOSITORY).rulesets.values().cloned().collect())
    }

    /// Somebody makes a ruleset, of the repository (`Repository`) or of its owner (`Organization`).
    pub(crate) fn add_ruleset(&self, from: &str, mut ruleset: Value) -> u64 {
        self.with(|state| {
            let id = state.number();
            ruleset["id"] = json!(id);
            ruleset["source_type"] = json!(from);
            ruleset["source"] = json!(if from == "Repository" { REPOSITORY } else { "octo" });
            state.repository(REPOSITORY).rulesets.insert(id, ruleset);
            id
        })
    }

    /// Somebody changes one.
    pub(crate) fn edit_ruleset(&self, name: &str, change: impl FnOnce(&mut Value)) {
        self.with(|state| {
            let mut all = state.repository(REPOSITORY).rulesets.values_mut();
            change(all.find(|one| one["name"] == name).expect("it is there"));
        });
    }

    /// Somebody deletes one.
    pub(crate) fn delete_ruleset(&self, name: &str) {
        self.with(|state| state.repository(REPOSITORY).rulesets.retain(|_, one| one["name"] != name));
    }
}

impl State {
    pub(super) fn rules(&mut self, scene: &Scene<'_>, verb: &str) -> Result<Answer, Answer> {
        let missing = || answers::error(404, "Not Found");
        let id = scene.number("ruleset_id");
        match verb {
            "get-repo-rulesets" => {
                let parents = scene.request.query.get("includes_parents").is_none_or(|value| value == "true");
                let kept = self.repositories[scene.name].rulesets.values();
                let kept = kept.filter(|one| parents || one["source_type"] == "Repository");
                // A list has neither rules nor conditions nor actors.
                let shown: Vec<Value> = kept
                    .map(|one| {
                        let mut short = self.full(one, false);
                        for name in ["rules", "conditions", "bypass_actors", "current_user_can_bypass"] {
                            short.as_object_mut().map(|short| short.remove(name));
                        }
                        short
                    })
                    .collect();
                Ok(answers::page(scene, &self.url, &shown))
            }
            "get-repo-ruleset" => {
                let one = self.repositories[scene.name].rulesets.get(&id).ok_or_else(missing)?;
                Ok(answers::json(200, &self.full(one, scene.actor.may("administration=write"))))
            }
            "create-repo-ruleset" => {
                let name = &scene.body["name"];
                if self.repositories[scene.name].rulesets.values().any(|one| one["name"] == *name) {
                    return Err(answers::invalid("Name must be unique"));
                }
                actors(&scene.body["bypass_actors"])?;
                let id = self.number();
                let mut one = scene.body.clone();
                one["id"] = json!(id);
                one["source"] = json!(scene.name);
                one["source_type"] = json!("Repository");
                self.repository(scene.name).rulesets.insert(id, one.clone());
                Ok(answers::json(201, &self.full(&one, true)))
            }
            "update-repo-ruleset" => {
                actors(&scene.body["bypass_actors"])?;
                let one = self.repository(scene.name).rulesets.get_mut(&id).ok_or_else(missing)?;
                // What is sent replaces what was there, field by field; actors and rules whole.
                for (name, value) in scene.body.as_object().into_iter().flatten() {
                    one[name] = value.clone();
                }
                let one = one.clone();
                Ok(answers::json(200, &self.full(&one, true)))
            }
            "delete-repo-ruleset" => {
                self.repository(scene.name).rulesets.remove(&id).ok_or_else(missing)?;
                Ok(answers::done())
            }
            "get-branch-rules" => {
                let reference = format!("refs/heads/{}", scene.place("branch"));
                let repository = &self.repositories[scene.name];
                let shown: Vec<Value> = rules_for(repository, &reference)
                    .into_iter()
                    .map(|mut rule| {
                        rule["ruleset_source_type"] = json!("Repository");
                        rule["ruleset_source"] = json!(scene.name);
                        rule["ruleset_id"] = json!(1);
                        rule
                    })
                    .collect();
                Ok(answers::page(scene, &self.url, &shown))
            }
            _ => Err(missing()),
        }
    }

    fn full(&self, one: &Value, with_actors: bool) -> Value {
        let mut known = one.clone();
        if !with_actors {
            known.as_object_mut().map(|known| known.remove("bypass_actors"));
        }
        known["current_user_can_bypass"] = json!("never");
        known["created_at"] = json!("2025-11-21T00:00:00Z");
        known["updated_at"] = json!("2025-11-21T00:00:00Z");
        self.filled("repository-ruleset", known)
    }
}

/// GitHub Actions is no actor that may pass rules by.
fn actors(actors: &Value) -> Result<(), Answer> {
    let actions = |actor: &&Value| actor["actor_type"] == "Integration" && actor["actor_id"] == 15_368;
    if actors.as_array().into_iter().flatten().any(|actor| actions(&actor)) {
        let message = "Actor GitHub Actions integration must be part of the ruleset source or owner organization";
        return Err(answers::invalid(message));
    }
    Ok(())
}

/// The rules in force for a ref.
pub(super) fn rules_for(repository: &Repository, reference: &str) -> Vec<Value> {
    rulesets_for(repository, reference)
        .flat_map(|one| one["rules"].as_array().cloned().unwrap_or_default())
        .collect()
}

/// The rulesets in force for a ref.
pub(super) fn rulesets_for<'r>(repository: &'r Repository, reference: &'r str) -> impl Iterator<Item = &'r Value> {
    let target = if reference.starts_with("refs/tags/") { "tag" } else { "branch" };
    let fits = move |one: &&Value| {
        let list = |name: &str| {
            let patterns = one.pointer(&format!("/conditions/ref_name/{name}")).and_then(Value::as_array);
            let mut patterns = patterns.into_iter().flatten().filter_map(Value::as_str);
            patterns.any(|pattern| {
                let main = pattern == "~DEFAULT_BRANCH" && reference == "refs/heads/main";
                main || pattern == "~ALL" || matches(pattern, reference)
            })
        };
        one["enforcement"] == "active" && one["target"] == target && list("include") && !list("exclude")
    };
    repository.rulesets.values().filter(fits)
}

/// `fnmatch` with `FNM_PATHNAME`, and `**/` for any number of parts.
fn matches(pattern: &str, text: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**/") {
        let mut tails = std::iter::once(text).chain(text.match_indices('/').map(|(at, _)| &text[at + 1..]));
        return tails.any(|tail| matches(rest, tail));
    }
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            let reach = text.find('/').unwrap_or(text.len());
            (0..=reach).any(|at| text.is_char_boundary(at) && matches(rest, &text[at..]))
        }
        Some(c) => text.strip_prefix(c).is_some_and(|rest| matches(&pattern[c.len_utf8()..], rest)),
    }
}
