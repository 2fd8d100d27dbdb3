//! The repository itself, its statuses, and what else is asked once.

use serde_json::{Value, json};

use super::http::Answer;
use super::schema::overlay;
use super::{Scene, State, answers};

/// When everything was made.
const ALWAYS: &str = "2025-11-21T00:00:00Z";

impl State {
    /// A repository in one of its shapes.
    pub(super) fn shape(&self, name: &str, definition: &str) -> Value {
        let repository = &self.repositories[name];
        let (owner, short) = name.split_once('/').unwrap_or((name, ""));
        let mut known = json!({
            "id": repository.id, "name": short, "full_name": name, "private": false, "default_branch": "main",
            "owner": { "id": repository.owner_id, "login": owner }, "visibility": "public",
            "html_url": format!("https://github.com/{name}"), "url": format!("{}/repos/{name}", self.url),
        });
        overlay(&mut known, repository.settings.clone());
        let owner = self.filled("simple-user", known["owner"].clone());
        let mut shape = self.filled(definition, known);
        shape["owner"] = owner;
        shape
    }

    pub(super) fn setting(&mut self, scene: &Scene<'_>, verb: &str) -> Result<Answer, Answer> {
        match verb {
            "get" => Ok(answers::json(200, &self.shape(scene.name, "full-repository"))),
            "update" => {
                let changes = scene.body.clone();
                overlay(&mut self.repository(scene.name).settings, changes);
                Ok(answers::json(200, &self.shape(scene.name, "full-repository")))
            }
            "create-commit-status" => {
                let commit = scene.place("sha").to_owned();
                if self.repositories[scene.name].git.ask(&["cat-file", "-e", &commit]).is_none() {
                    return Err(answers::invalid("No commit found for SHA"));
                }
                let context = scene.text("context").unwrap_or("default");
                let known = json!({
                    "id": self.number(), "state": scene.body["state"], "context": context,
                    "description": scene.body["description"], "target_url": scene.body["target_url"],
                });
                let status = self.filled("status", known);
                let name = scene.name.to_owned();
                self.repository(&name).statuses.push((commit, status.clone()));
                self.merge_by_itself(&name);
                Ok(answers::json(201, &status))
            }
            "get-combined-status-for-ref" => {
                let repository = &self.repositories[scene.name];
                let of = repository.statuses.iter().filter(|(commit, _)| commit == scene.place("ref"));
                let statuses: Vec<Value> = of.map(|(_, status)| status.clone()).collect();
                let state = match () {
                    () if statuses.is_empty() => "pending",
                    () if statuses.iter().all(|status| status["state"] == "success") => "success",
                    () => "failure",
                };
                let known = json!({
                    "state": state, "sha": scene.place("ref"), "total_count": statuses.len(),
                    "repository": self.shape(scene.name, "minimal-repository"),
                });
                let mut known = self.filled("combined-commit-status", known);
                let times = json!({ "created_at": ALWAYS, "updated_at": ALWAYS, "url": "https://github.invalid" });
                let short = |status: &Value| {
                    let mut status = status.clone();
                    overlay(&mut status, times.clone());
                    self.filled("simple-commit-status", status)
                };
                known["statuses"] = statuses.iter().map(short).collect();
                Ok(answers::json(200, &known))
            }
            "get-actions-permissions" | "get-github-actions-permissions-repository" => {
                Ok(answers::json(200, &self.repositories[scene.name].actions))
            }
            "get-github-actions-default-workflow-permissions-repository" => {
                Ok(answers::json(200, &self.repositories[scene.name].job_token))
            }
            _ => Err(answers::error(404, "Not Found")),
        }
    }
}
