//! The three mutations that REST does not have, each document read word by word: a misspelt field is refused as
//! GitHub's schema would.

use serde_json::{Value, json};

use super::access::Actor;
use super::http::Answer;
use super::{State, answers};

/// Mutation, the fields of its input with their types, the fields it may give back.
type Mutation = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

/// The mutation of a document, and which variable each field of its input is from.
type Read = (&'static str, Vec<(String, String)>);

/// From GitHub's public schema (npm `@octokit/graphql-schema`, MIT): the mutations used here, with what is used.
const SCHEMA: [Mutation; 3] = [
    (
        "enablePullRequestAutoMerge",
        &[
            ("pullRequestId", "ID!"),
            ("expectedHeadOid", "GitObjectID"),
            ("mergeMethod", "PullRequestMergeMethod"),
            ("commitHeadline", "String"),
            ("commitBody", "String"),
        ],
        &["clientMutationId", "actor", "pullRequest", "number"],
    ),
    (
        "disablePullRequestAutoMerge",
        &[("pullRequestId", "ID!")],
        &["clientMutationId", "actor", "pullRequest", "number"],
    ),
    (
        "enqueuePullRequest",
        &[("pullRequestId", "ID!"), ("expectedHeadOid", "GitObjectID"), ("jump", "Boolean")],
        &["clientMutationId", "mergeQueueEntry", "position", "state"],
    ),
];

impl State {
    pub(super) fn graphql(&mut self, actor: &Actor, body: &Value) -> Answer {
        let refuse = |kind: &str, message: &str| {
            let errors = json!([{ "type": kind, "message": message }]);
            answers::json(200, &json!({ "data": null, "errors": errors }))
        };
        let document = body["query"].as_str().unwrap_or_default();
        let (mutation, inputs) = match read(document) {
            Ok(read) => read,
            Err(why) => {
                self.violations.push(format!("graphql: {why}: {document}"));
                return refuse("undefinedField", &why);
            }
        };
        if !actor.may("pull_requests=write") || !actor.may("contents=write") {
            return refuse("FORBIDDEN", "Resource not accessible by integration");
        }
        let input = |name: &str| {
            let variable = inputs.iter().find(|(field, _)| field == name).map(|(_, variable)| variable.as_str());
            variable.and_then(|variable| body["variables"][variable].as_str())
        };
        let node = input("pullRequestId").unwrap_or_default();
        let found = self.repositories.values().find_map(|repository| {
            let number: u64 = node.strip_prefix(&format!("PR_{}_", repository.id))?.parse().ok()?;
            repository.pulls.contains_key(&number).then(|| (repository.name.clone(), number))
        });
        let Some((name, number)) = found else {
            return refuse("NOT_FOUND", &format!("Could not resolve to a node with the global id of '{node}'"));
        };
        let repository = &self.repositories[&name];
        let pull = repository.pulls[&number].clone();
        let head = repository.head_of(&pull, self).unwrap_or_default();
        if input("expectedHeadOid").is_some_and(|expected| expected != head) {
            return refuse("UNPROCESSABLE", "Head sha didn't match expected head sha");
        }
        let unmet = self.unmet(&name, &pull, &head, Some(actor));
        let allowed = repository.settings["allow_auto_merge"] == true;
        let data = match mutation {
            "enqueuePullRequest" => {
                self.repository(&name).pull(number).queued = true;
                json!({ "mergeQueueEntry": { "position": 1, "state": "QUEUED" } })
            }
            "disablePullRequestAutoMerge" => {
                self.repository(&name).pull(number).auto_merge = None;
                json!({ "pullRequest": { "number": number } })
            }
            _ if !allowed => {
                return refuse("UNPROCESSABLE", "Auto merge is not allowed for this repository");
            }
            _ if unmet.is_empty() => return refuse("UNPROCESSABLE", "Pull request is in clean status"),
            _ => {
                let method = input("mergeMethod").unwrap_or("MERGE").to_owned();
                self.repository(&name).pull(number).auto_merge = Some(method);
                json!({ "pullRequest": { "number": number } })
            }
        };
        answers::json(200, &json!({ "data": { mutation: data } }))
    }
}

/// `mutation($a: T) { name(input: { field: $a }) { fields } }`: the mutation, and which variable each field of the
/// input is from.
fn read(document: &str) -> Result<Read, String> {
    let spaced: String =
        document.chars().map(|c| if "(){}:,".contains(c) { format!(" {c} ") } else { c.to_string() }).collect();
    let words: Vec<&str> = spaced.split_whitespace().filter(|word| *word != ",").collect();
    let at = |index: usize| words.get(index).copied().unwrap_or_default();
    if at(0) != "mutation" || at(1) != "(" {
        return Err("no mutation with variables".to_owned());
    }
    let mut variables = Vec::new();
    let mut next = 2;
    while at(next).starts_with('$') && at(next + 1) == ":" {
        variables.push((at(next), at(next + 2)));
        next += 3;
    }
    if at(next) != ")" || at(next + 1) != "{" {
        return Err(format!("unexpected {:?}", at(next)));
    }
    let name = at(next + 2);
    let (mutation, inputs, outputs) =
        SCHEMA.iter().find(|(known, ..)| *known == name).ok_or_else(|| format!("no mutation {name}"))?;
    if [at(next + 3), at(next + 4), at(next + 5), at(next + 6)] != ["(", "input", ":", "{"] {
        return Err(format!("{name} takes an input"));
    }
    next += 7;
    let mut given = Vec::new();
    while at(next + 1) == ":" {
        let (field, variable) = (at(next), at(next + 2));
        let kind = inputs.iter().find(|(known, _)| *known == field).map(|(_, kind)| *kind);
        let kind = kind.ok_or_else(|| format!("{name} has no input {field}"))?;
        let declared = variables.iter().find(|(known, _)| *known == variable).map(|(_, kind)| *kind);
        if declared.map(|declared| declared.trim_end_matches('!')) != Some(kind.trim_end_matches('!')) {
            return Err(format!("{variable} is declared as {declared:?}, {field} is a {kind}"));
        }
        given.push((field.to_owned(), variable.trim_start_matches('$').to_owned()));
        next += 3;
    }
    let known = |word: &&&str| !["{", "}", ")"].contains(*word);
    if let Some(odd) = words[next..].iter().filter(known).find(|word| !outputs.contains(word)) {
        return Err(format!("{name} gives back no {odd}"));
    }
    Ok((mutation, given))
}
