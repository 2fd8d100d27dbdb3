//! Refs, tags and commits of the bare repository.

use serde_json::{Value, json};

use super::enforcing::{Act, Move};
use super::http::Answer;
use super::{Scene, State, answers};

impl State {
    pub(super) fn git_data(&mut self, scene: &Scene<'_>, verb: &str) -> Result<Answer, Answer> {
        let git = self.repositories[scene.name].git.clone();
        let missing = || answers::error(404, "Not Found");
        let reference = format!("refs/{}", scene.place("ref"));
        let shown = |state: &Self, name: &str| -> Option<Value> {
            let sha = git.tip(name)?;
            let kind = git.ask(&["cat-file", "-t", &sha])?;
            let object = json!({ "type": kind, "sha": sha, "url": format!("{}/object", state.url) });
            let node = "R_kwDO";
            Some(state.filled("git-ref", json!({ "ref": name, "node_id": node, "object": object })))
        };
        match verb {
            "get-ref" => Ok(answers::json(200, &shown(self, &reference).ok_or_else(missing)?)),
            "list-matching-refs" => {
                let names = git.lines(&["for-each-ref", "--format=%(refname)"]);
                let names = names.iter().filter(|name| name.starts_with(&reference));
                let found: Vec<Value> = names.filter_map(|name| shown(self, name)).collect();
                Ok(answers::json(200, &json!(found)))
            }
            "create-ref" => {
                let (name, sha) = (scene.text("ref").unwrap_or_default(), scene.text("sha").unwrap_or_default());
                if !name.starts_with("refs/") || name.split('/').count() < 3 {
                    return Err(answers::json(
                        422,
                        &json!({
                            "message": "Reference name must start with 'refs/' and contain at least two slashes.",
                            "documentation_url": "https://docs.github.com/rest",
                        }),
                    ));
                }
                if git.ask(&["cat-file", "-e", sha]).is_none() {
                    return Err(plain(422, "Object does not exist"));
                }
                if git.tip(name).is_some() {
                    return Err(plain(422, "Reference already exists"));
                }
                let moved = Move { reference: name, act: Act::Create, forced: false, merges: false, new: sha };
                self.enforce(scene.name, scene.actor, &moved)?;
                if !git.set(name, None, sha) {
                    return Err(plain(422, "Reference update failed"));
                }
                Ok(answers::json(201, &shown(self, name).ok_or_else(missing)?))
            }
            "update-ref" => {
                let Some(old) = git.tip(&reference) else { return Err(plain(422, "Reference does not exist")) };
                let new = scene.text("sha").unwrap_or_default();
                let forward = git.ask(&["merge-base", "--is-ancestor", &old, new]).is_some();
                if !forward && scene.body["force"] != true {
                    return Err(plain(422, "Update is not a fast forward"));
                }
                let merges = !git.lines(&["rev-list", "--merges", &format!("{old}..{new}")]).is_empty();
                let moved = Move { reference: &reference, act: Act::Update, forced: !forward, merges, new };
                self.enforce(scene.name, scene.actor, &moved)?;
                if !git.set(&reference, Some(&old), new) {
                    return Err(plain(422, "Object does not exist"));
                }
                Ok(answers::json(200, &shown(self, &reference).ok_or_else(missing)?))
            }
            "delete-ref" => {
                let Some(_) = git.tip(&reference) else { return Err(plain(422, "Reference does not exist")) };
                let moved =
                    Move { reference: &reference, act: Act::Delete, forced: false, merges: false, new: "" };
                self.enforce(scene.name, scene.actor, &moved)?;
                git.ask(&["update-ref", "-d", &reference]);
                // Without its head a pull request is closed.
                let branch = scene.place("ref").strip_prefix("heads/").unwrap_or_default().to_owned();
                for pull in self.repository(scene.name).pulls.values_mut() {
                    if pull.open && pull.head == branch {
                        pull.open = false;
                    }
                }
                Ok(answers::done())
            }
            "get-commit" => {
                let sha = scene.place("commit_sha");
                let tree =
                    git.ask(&["rev-parse", "-q", "--verify", &format!("{sha}^{{tree}}")]).ok_or_else(missing)?;
                let message = git.ask(&["log", "-1", "--format=%B", sha]).unwrap_or_default();
                let known = json!({ "sha": sha, "message": message.trim_end(), "tree": { "sha": tree } });
                Ok(answers::json(200, &self.filled("git-commit", known)))
            }
            "get-tag" => {
                let sha = scene.place("tag_sha");
                let text = git.ask(&["cat-file", "tag", sha]).ok_or_else(missing)?;
                let line = |name: &str| {
                    text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
                };
                let message = text.split_once("\n\n").map(|(_, message)| message).unwrap_or_default();
                let known = json!({
                    "sha": sha, "tag": line("tag "), "message": message,
                    "object": { "sha": line("object "), "type": line("type "), "url": "https://github.invalid" },
                });
                Ok(answers::json(200, &self.filled("git-tag", known)))
            }
            _ => Err(missing()),
        }
    }
}

/// An error of the git database: a sentence of its own.
fn plain(status: u16, message: &str) -> Answer {
    answers::json(status, &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}
