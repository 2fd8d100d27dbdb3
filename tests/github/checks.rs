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
    /// The runs of jobs at a commit: of a name that is asked for, the newest.
    pub(super) fn check_runs(&self, scene: &Scene<'_>) -> Answer {
        let commit = scene.place("ref");
        let asked = scene.request.query.get("check_name");
        let runs = self.repositories[scene.name].check_runs.iter().enumerate();
        let of = runs.filter(|(_, (at, name, _))| at == commit && asked.is_none_or(|asked| asked == name));
        let app = json!({
            "id": 15_368, "slug": "github-actions", "node_id": "", "owner": self.user("github"),
            "name": "GitHub Actions", "description": null, "external_url": "https://github.com",
            "html_url": "https://github.com/apps/github-actions", "created_at": "2018-07-30T09:30:17Z",
            "updated_at": "2018-07-30T09:30:17Z", "permissions": {}, "events": [],
        });
        let shown = of.map(|(number, (_, name, end))| {
            let (status, end) =
                if end == "pending" { ("in_progress", Value::Null) } else { ("completed", json!(end)) };
            let known = json!({
                "id": number, "name": name, "head_sha": commit, "status": status, "conclusion": end, "app": app,
            });
            self.filled("check-run", known)
        });
        let mut shown: Vec<Value> = shown.collect();
        if asked.is_some() {
            shown.drain(..shown.len().saturating_sub(1));
        }
        answers::json(200, &json!({ "total_count": shown.len(), "check_runs": shown }))
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
