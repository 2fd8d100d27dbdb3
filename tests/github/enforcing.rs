//! What rulesets let through, for whom: one answer for the API and, by the repository's hook, for `git push`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::access::{APP, Actor};
use super::http::{Answer, Request};
use super::pulls::Pull;
use super::{Repository, State, answers, rulesets};

/// What is done to a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Create,
    Update,
    Delete,
}

/// A ref on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move<'m> {
    pub(super) reference: &'m str,
    pub(super) act: Act,
    /// What was there is not among what comes.
    pub(super) forced: bool,
    /// Merge commits are among what comes.
    pub(super) merges: bool,
    /// The new object.
    pub(super) new: &'m str,
}

/// Whether somebody passes a ruleset by; `pull`: by merging a pull request.
fn passes_by(ruleset: &Value, actor: Option<&Actor>, pull: bool) -> bool {
    let Some(actor) = actor else { return false };
    let app = match actor.login.as_str() {
        "lineage-app[bot]" => Some(APP),
        "github-actions[bot]" => Some(15_368),
        _ => None,
    };
    let role = if actor.may("administration=write") { 5 } else { 4 };
    let is = |bypass: &Value| match bypass["actor_type"].as_str() {
        Some("Integration") => app.is_some() && bypass["actor_id"].as_u64() == app,
        Some("RepositoryRole") => app.is_none() && bypass["actor_id"] == role,
        _ => false,
    };
    let mut actors = ruleset["bypass_actors"].as_array().into_iter().flatten();
    actors.any(|bypass| is(bypass) && (pull || bypass["bypass_mode"] != "pull_request"))
}

/// The rules that hold for somebody at a ref.
fn rules(repository: &Repository, reference: &str, actor: Option<&Actor>, pull: bool) -> Vec<Value> {
    let hold = rulesets::rulesets_for(repository, reference).filter(|one| !passes_by(one, actor, pull));
    hold.flat_map(|one| one["rules"].as_array().cloned().unwrap_or_default()).collect()
}

/// The contexts of a rule that nothing on a commit satisfies.
fn missing(repository: &Repository, rule: &Value, commit: &str) -> Vec<String> {
    let checks = rule["parameters"]["required_status_checks"].as_array().into_iter().flatten();
    let waits = |check: &&Value| {
        let context = &check["context"];
        let of = |at: &str| at == commit;
        let runs = repository.check_runs.iter().rev();
        let newest = runs.filter(|(at, name, _)| of(at) && context == name.as_str()).map(|(_, _, end)| end).next();
        let ran = newest.is_some_and(|end| end == "success");
        let status = repository.statuses.iter().rev().find(|(at, status)| of(at) && status["context"] == *context);
        !ran && status.is_none_or(|(_, status)| status["state"] != "success")
    };
    checks.filter(waits).map(|check| format!("Required status check {} is expected.", check["context"])).collect()
}

impl State {
    /// What the rules have against moving a ref.
    pub(super) fn against(&self, name: &str, actor: Option<&Actor>, moved: &Move<'_>) -> Vec<String> {
        let repository = &self.repositories[name];
        let branch = moved.reference.starts_with("refs/heads/");
        let mut against = Vec::new();
        for rule in rules(repository, moved.reference, actor, false) {
            let said = match (rule["type"].as_str().unwrap_or_default(), moved.act) {
                ("creation", Act::Create) => "Cannot create ref due to creations being restricted.",
                ("update", Act::Update) => "Cannot update this protected ref.",
                ("deletion", Act::Delete) => "Cannot delete this protected ref.",
                ("non_fast_forward", Act::Update) if moved.forced => "Cannot force-push to this branch",
                ("required_linear_history", Act::Update) if moved.merges => {
                    "This branch must not contain merge commits."
                }
                ("pull_request", Act::Update) if branch => "Changes must be made through a pull request.",
                ("merge_queue", Act::Update) => "Changes must be made through the merge queue",
                ("required_status_checks", Act::Update) => {
                    against.extend(missing(repository, &rule, moved.new));
                    continue;
                }
                ("required_status_checks", Act::Create)
                    if rule["parameters"]["do_not_enforce_on_create"] != true =>
                {
                    against.extend(missing(repository, &rule, moved.new));
                    continue;
                }
                _ => continue,
            };
            against.push(said.to_owned());
        }
        against
    }

    /// Refuses as the API does.
    pub(super) fn enforce(&self, name: &str, actor: &Actor, moved: &Move<'_>) -> Result<(), Answer> {
        let against = self.against(name, Some(actor), moved);
        if against.is_empty() {
            return Ok(());
        }
        let message = format!("Repository rule violations found\n\n{}", against.join("\n"));
        Err(answers::json(
            422,
            &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }),
        ))
    }

    /// What the rules of the base still ask of a pull request; `actor`: who merges it, none: GitHub itself.
    pub(super) fn unmet(&self, name: &str, pull: &Pull, head: &str, actor: Option<&Actor>) -> Vec<String> {
        let repository = &self.repositories[name];
        let mut unmet = Vec::new();
        for rule in rules(repository, &format!("refs/heads/{}", pull.base), actor, true) {
            let parameters = &rule["parameters"];
            match rule["type"].as_str().unwrap_or_default() {
                "required_status_checks" => unmet.extend(missing(repository, &rule, head)),
                "pull_request" => {
                    let asked = parameters["required_approving_review_count"].as_u64().unwrap_or(0);
                    let reviews = repository.reviews.get(&pull.number).map(Vec::as_slice).unwrap_or_default();
                    let fresh = |review: &&Value| {
                        parameters["dismiss_stale_reviews_on_push"] != true || review["commit_id"] == head
                    };
                    if (reviews.iter().filter(fresh).count() as u64) < asked {
                        unmet.push(format!("At least {asked} approving review is required."));
                    }
                }
                "update" => unmet.push("Cannot update this protected ref.".to_owned()),
                "merge_queue" => unmet.push("Changes must be made through the merge queue".to_owned()),
                _ => {}
            }
        }
        unmet
    }

    /// Why a way to merge is not one here.
    pub(super) fn no_method(&self, name: &str, base: &str, method: &str, actor: &Actor) -> Option<String> {
        let rules = rules(&self.repositories[name], &format!("refs/heads/{base}"), Some(actor), true);
        let linear = rules.iter().any(|rule| rule["type"] == "required_linear_history");
        if method == "merge" && linear {
            return Some("This branch must not contain merge commits.".to_owned());
        }
        let methods = rules.iter().filter_map(|rule| rule["parameters"]["allowed_merge_methods"].as_array());
        let mut forbidden = methods.filter(|allowed| !allowed.iter().any(|one| one == method));
        forbidden.next().map(|_| format!("Merge method {method} merging is not allowed on this repository"))
    }

    /// A push, as the hook tells it: a token, then a line for each ref.
    pub(super) fn pushed(&self, name: &str, request: &Request) -> Answer {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let (token, refs) = text.split_once('\n').unwrap_or((&text, ""));
        let actor = match self.access.pusher(token) {
            Ok(actor) => actor,
            Err(why) => return Answer::bytes(403, format!("error: {why}\n")),
        };
        let mut said = String::new();
        for line in refs.lines() {
            let [act, forced, merges, new, reference] = *line.split(' ').collect::<Vec<_>>() else { continue };
            let act = match act {
                "create" => Act::Create,
                "delete" => Act::Delete,
                _ => Act::Update,
            };
            let moved = Move { reference, act, forced: forced == "1", merges: merges != "0", new };
            let against = self.against(name, Some(&actor), &moved);
            if !against.is_empty() {
                said.push_str(&format!("error: GH013: Repository rule violations found for {reference}.\n\n"));
                for one in against {
                    said.push_str(&format!("- {one}\n"));
                }
            }
        }
        let status = if said.is_empty() { 200 } else { 403 };
        Answer::bytes(status, said)
    }
}

/// Has the repository ask the stand-in before it takes a push. Who pushes is told by `GITHUB_TOKEN`, which a hook of
/// a repository on this machine inherits; without it, it is somebody who may write.
pub(super) fn install(repository: &Path, name: &str, port: u16) {
    let hook = repository.join("hooks/pre-receive");
    fs::create_dir_all(hook.parent().expect("it has one")).expect("the world is writable");
    let script = HOOK.replace("@NAME@", name).replace("@PORT@", &port.to_string());
    fs::write(&hook, script).expect("the world is writable");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it was just written");
}

const HOOK: &str = r#"#!/usr/bin/env bash
# Asks the stand-in whether these refs may be moved so.
set -u
LC_ALL=C
body="${GITHUB_TOKEN:-}"$'\n'
while read -r old new ref; do
    act=update forced=0 merges=0
    case $old in *[!0]*) ;; *) act=create ;; esac
    case $new in *[!0]*) ;; *) act=delete ;; esac
    if [ "$act" = update ]; then
        git merge-base --is-ancestor "$old" "$new" 2>/dev/null || forced=1
        merges=$(git rev-list --merges --count "$old..$new" 2>/dev/null || echo 0)
    fi
    body+="$act $forced $merges $new $ref"$'\n'
done
exec 3<>/dev/tcp/127.0.0.1/@PORT@ || exit 1
printf 'POST /stand-in/push/@NAME@ HTTP/1.1\r\nHost: stand-in\r\nContent-Length: %d\r\n\r\n%s' "${#body}" "$body" >&3
read -r _ status _ <&3
while IFS= read -r line <&3 && [ "$line" != $'\r' ]; do :; done
cat <&3 >&2
[ "$status" = 200 ]
"#;
