//! Check runs, and what GitHub knows of commits: whose they are and how they are signed.

use serde_json::{Value, json};

use super::http::Answer;
use super::{GitHub, REPOSITORY, Scene, State, answers};

/// What GitHub knows of a commit.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    login: String,
    /// `valid`, or why not.
    reason: String,
}

impl GitHub {
    /// A commit is of an account, and its signature as GitHub words it: `valid`, `unsigned`.
    pub(crate) fn knows(&self, commit: &str, login: &str, reason: &str) {
        let known = Known { login: login.to_owned(), reason: reason.to_owned() };
        self.state().repository(REPOSITORY).makers.insert(commit.to_owned(), known);
    }
}

impl State {
    /// The results at a commit, as check runs of GitHub Actions.
    pub(super) fn check_runs(&self, scene: &Scene<'_>) -> Answer {
        let commit = scene.place("ref");
        let asked = scene.request.query.get("check_name");
        let of = |(at, status): &&(String, Value)| {
            at == commit && asked.is_none_or(|name| status["context"] == name.as_str())
        };
        let shown = self.repositories[scene.name].statuses.iter().filter(of).map(|(_, status)| {
            let state = status["state"].as_str().unwrap_or_default();
            let (stage, end) =
                if state == "pending" { ("in_progress", Value::Null) } else { ("completed", json!(state)) };
            let app = json!({
                "id": 15_368, "slug": "github-actions", "node_id": "", "owner": self.user("github"),
                "name": "GitHub Actions", "description": null, "external_url": "https://github.com",
                "html_url": "https://github.com/apps/github-actions", "created_at": "2018-07-30T09:30:17Z",
                "updated_at": "2018-07-30T09:30:17Z", "permissions": {}, "events": [],
            });
            let known = json!({
                "id": status["id"], "name": status["context"], "head_sha": commit, "status": stage,
                "conclusion": end, "app": app,
            });
            self.filled("check-run", known)
        });
        let shown: Vec<Value> = shown.collect();
        // The newest of a name counts.
        let newest: Vec<&Value> = shown.last().into_iter().collect();
        let shown = if asked.is_some() { json!(newest) } else { json!(shown) };
        let count = shown.as_array().map_or(0, Vec::len);
        answers::json(200, &json!({ "total_count": count, "check_runs": shown }))
    }

    /// A commit of a pull request, as GitHub shows it.
    pub(super) fn commit_shown(&self, name: &str, commit: &str, message: &str) -> Value {
        let known = self.repositories[name].makers.get(commit);
        let reason = known.map_or("unsigned", |known| &known.reason);
        let verification = json!({
            "verified": reason == "valid", "reason": reason, "signature": null, "payload": null, "verified_at": null,
        });
        let mut shown = self.filled(
            "commit",
            json!({ "sha": commit, "commit": { "message": message, "verification": verification } }),
        );
        shown["author"] = known.map_or(Value::Null, |known| self.user(&known.login));
        shown
    }
}
