//! What people do at GitHub, by its own API: open and merge pull requests, fork, set rules.

use serde_json::{Value, json};

use super::git::Git;
use super::{GitHub, REPOSITORY, access, http};
use crate::world::World;

impl GitHub {
    /// A person opens a pull request from a branch of a repository, and gives its number.
    pub(crate) fn open(&self, from: &str, head: &str, base: &str, title: &str) -> u64 {
        self.open_as("ada", from, head, base, title)
    }

    /// The same by somebody else.
    pub(crate) fn open_as(&self, login: &str, from: &str, head: &str, base: &str, title: &str) -> u64 {
        let owner = from.split('/').next().unwrap_or_default();
        let sent = json!({ "title": title, "head": format!("{owner}:{head}"), "base": base });
        self.act_as(login, "POST", "/pulls", &sent)["number"].as_u64().expect("it has a number")
    }

    /// A person squash-merges a pull request.
    pub(crate) fn merge(&self, number: u64) {
        self.merge_as(number, "squash");
    }

    /// A person merges a pull request in one of the three ways.
    pub(crate) fn merge_as(&self, number: u64, method: &str) {
        self.act("PUT", &format!("/pulls/{number}/merge"), &json!({ "merge_method": method }));
    }

    /// A required check on a branch.
    pub(crate) fn require(&self, reference: &str, context: &str) {
        let checks = json!([{ "context": context, "integration_id": 15_368 }]);
        let parameters =
            json!({ "required_status_checks": checks, "strict_required_status_checks_policy": false });
        let rules = json!([{ "type": "required_status_checks", "parameters": parameters }]);
        let sent = json!({
            "name": context, "target": "branch", "enforcement": "active", "rules": rules,
            "conditions": { "ref_name": { "include": [reference], "exclude": [] } },
        });
        self.act("POST", "/rulesets", &sent);
    }

    /// A check ends well.
    pub(crate) fn succeed(&self, commit: &str, context: &str) {
        self.act("POST", &format!("/statuses/{commit}"), &json!({ "state": "success", "context": context }));
    }

    /// A job ran on a commit, and went well.
    pub(crate) fn ran(&self, commit: &str, name: &str) {
        self.ran_as(commit, name, "success");
    }

    /// A job ran on a commit, or runs: `success`, `failure`, `pending`.
    pub(crate) fn ran_as(&self, commit: &str, name: &str, end: &str) {
        self.with(|state| {
            let run = (commit.to_owned(), name.to_owned(), end.to_owned());
            state.repository(REPOSITORY).check_runs.push(run);
            state.merge_by_itself(REPOSITORY);
        });
    }

    /// What a person does; it does not count as asked.
    fn act(&self, method: &str, below: &str, body: &Value) -> Value {
        self.act_as("ada", method, below, body)
    }

    fn act_as(&self, login: &str, method: &str, below: &str, body: &Value) -> Value {
        let token = self.token(login, "ghp_", &access::EVERYTHING);
        let before = self.state().log.len();
        let (status, _, answer) = http::ask(
            self.port(),
            &format!("{method} /repos/{REPOSITORY}{below}"),
            &[("Authorization", &format!("Bearer {token}")), ("User-Agent", "a person")],
            &body.to_string(),
        );
        let text = String::from_utf8_lossy(&answer);
        assert!((200..300).contains(&status), "{method} {below}: {status} {text}");
        self.state().log.truncate(before);
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A fork of the repository, with what the original has now.
    pub(crate) fn fork(&self, world: &World, owner: &str) {
        let name = format!("{owner}.git");
        world.site(".", None).git(["clone", "-q", "--bare", "origin.git", &name]);
        let git = Git::at(&world.path(&name));
        let mut state = self.state();
        let id = state.number();
        state.add(&format!("{owner}/charts"), id, id, git);
    }
}
