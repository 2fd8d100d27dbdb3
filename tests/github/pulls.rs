//! Pull requests, their comments and reviews.

use serde_json::{Value, json};

use super::http::Answer;
use super::{Repository, Scene, State, answers};

/// A pull request.
#[derive(Clone, Debug)]
pub(crate) struct Pull {
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) body: String,
    author: String,
    /// The head's repository; none once that was deleted.
    pub(crate) head_repository: Option<String>,
    pub(crate) head: String,
    pub(crate) base: String,
    pub(crate) open: bool,
    pub(crate) draft: bool,
    /// Where the head stood when it was closed.
    pub(super) closed_at: Option<String>,
    /// The commit it was merged as.
    pub(crate) merged: Option<String>,
    labels: Vec<String>,
    /// The method it merges with by itself.
    pub(crate) auto_merge: Option<String>,
    /// Whether it waits in the queue.
    pub(crate) queued: bool,
}

impl Repository {
    /// Where a pull request's head stands.
    pub(super) fn head_of(&self, pull: &Pull, state: &State) -> Option<String> {
        if let Some(commit) = &pull.closed_at {
            return Some(commit.clone());
        }
        let name = pull.head_repository.as_ref()?;
        let git = if *name == self.name { &self.git } else { &state.repositories.get(name)?.git };
        git.tip(&format!("refs/heads/{}", pull.head))
    }

    /// A pull request.
    pub(crate) fn pull(&mut self, number: u64) -> &mut Pull {
        self.pulls.get_mut(&number).expect("it was opened")
    }

    /// How many there are, open or not.
    pub(crate) fn count(&self) -> usize {
        self.pulls.len()
    }

    /// The open ones: number, head and base.
    pub(crate) fn open(&self) -> Vec<(u64, String, String)> {
        let open = self.pulls.values().filter(|pull| pull.open);
        open.map(|pull| (pull.number, pull.head.clone(), pull.base.clone())).collect()
    }

    /// Somebody approved a pull request at a commit.
    pub(crate) fn approve(&mut self, number: u64, login: &str, commit: &str) {
        self.review(number, login, "APPROVED", commit);
    }

    /// Somebody reviewed a pull request at a commit.
    pub(crate) fn review(&mut self, number: u64, login: &str, state: &str, commit: &str) {
        let review = json!({ "login": login, "state": state, "commit_id": commit });
        self.reviews.entry(number).or_default().push(review);
    }

    /// Somebody's reviews of a pull request are dismissed.
    pub(crate) fn dismiss(&mut self, number: u64, login: &str) {
        for review in self.reviews.entry(number).or_default().iter_mut().filter(|one| one["login"] == login) {
            review["state"] = json!("DISMISSED");
        }
    }
}

impl State {
    pub(super) fn pull_requests(&mut self, scene: &Scene<'_>, verb: &str) -> Result<Answer, Answer> {
        let url = self.url.clone();
        let number = scene.number("pull_number");
        if !verb.contains("list-pull") && scene.asked.path.contains_key("pull_number") {
            self.known(scene, number)?;
        }
        match (scene.asked.id.as_str(), verb) {
            ("pulls/list", _) => Ok(self.list_pulls(scene)),
            ("pulls/create", _) => self.open_pull(scene),
            ("pulls/get", _) => Ok(answers::json(200, &self.shown(scene.name, number, true))),
            ("pulls/update", _) => self.update_pull(scene, number),
            ("pulls/merge", _) => self.merge_pull(scene, number),
            ("pulls/list-files", _) => {
                let files = self.files(scene.name, number);
                Ok(answers::page(scene, &url, &files))
            }
            ("pulls/list-commits", _) => {
                let commits = self.commits(scene.name, number);
                Ok(answers::page(scene, &url, &commits))
            }
            ("pulls/list-reviews", _) => {
                let reviews = self.repositories[scene.name].reviews.get(&number).cloned().unwrap_or_default();
                let reviews: Vec<Value> = reviews.into_iter().map(|review| self.review(review)).collect();
                Ok(answers::page(scene, &url, &reviews))
            }
            (_, "list-pull-requests-associated-with-commit") => {
                let repository = &self.repositories[scene.name];
                let commit = scene.place("commit_sha");
                let of = |pull: &&Pull| {
                    pull.merged.as_deref() == Some(commit)
                        || repository.head_of(pull, self).as_deref() == Some(commit)
                };
                let numbers: Vec<u64> = repository.pulls.values().filter(of).map(|pull| pull.number).collect();
                let shown: Vec<Value> =
                    numbers.iter().map(|number| self.shown(scene.name, *number, false)).collect();
                Ok(answers::page(scene, &url, &shown))
            }
            ("issues/create-comment", _) => self.comment(scene),
            ("issues/list-comments", _) => {
                let on = scene.number("issue_number");
                let comments = self.repositories[scene.name].comments.values().filter(|(issue, _)| *issue == on);
                let comments: Vec<Value> = comments.map(|(_, comment)| comment.clone()).collect();
                Ok(answers::page(scene, &url, &comments))
            }
            ("issues/update-comment", _) => {
                let body = scene.body["body"].clone();
                let comment = self.repository(scene.name).comments.get_mut(&scene.number("comment_id"));
                let (_, comment) = comment.ok_or_else(|| answers::error(404, "Not Found"))?;
                comment["body"] = body;
                Ok(answers::json(200, comment))
            }
            ("issues/add-labels", _) => {
                let labels = scene.body["labels"].as_array().cloned().unwrap_or_default();
                let labels: Vec<String> = labels.iter().filter_map(|l| l.as_str().map(str::to_owned)).collect();
                let pull = self.repository(scene.name).pulls.get_mut(&scene.number("issue_number"));
                let pull = pull.ok_or_else(|| answers::error(404, "Not Found"))?;
                pull.labels.extend(labels);
                let named = pull.labels.clone();
                let shown: Vec<Value> =
                    named.iter().map(|name| self.filled("label", json!({ "name": name }))).collect();
                Ok(answers::json(200, &json!(shown)))
            }
            _ => Err(answers::error(404, "Not Found")),
        }
    }

    fn known(&self, scene: &Scene<'_>, number: u64) -> Result<(), Answer> {
        let known = self.repositories[scene.name].pulls.contains_key(&number);
        if known { Ok(()) } else { Err(answers::error(404, "Not Found")) }
    }

    fn list_pulls(&self, scene: &Scene<'_>) -> Answer {
        let query = &scene.request.query;
        let state = query.get("state").map_or("open", String::as_str);
        let owner = scene.place("owner");
        let fits = |pull: &&Pull| {
            let label = |pull: &Pull| {
                let repository = pull.head_repository.as_deref().unwrap_or("unknown/unknown");
                format!("{}:{}", repository.split('/').next().unwrap_or(owner), pull.head)
            };
            (state == "all" || (state == "open") == pull.open)
                && query.get("base").is_none_or(|base| *base == pull.base)
                // Without its owner the filter is none.
                && query.get("head").filter(|head| head.contains(':')).is_none_or(|head| *head == label(pull))
        };
        let mut numbers: Vec<u64> =
            self.repositories[scene.name].pulls.values().filter(fits).map(|pull| pull.number).collect();
        numbers.reverse();
        let shown: Vec<Value> = numbers.iter().map(|number| self.shown(scene.name, *number, false)).collect();
        answers::page(scene, &self.url, &shown)
    }

    fn open_pull(&mut self, scene: &Scene<'_>) -> Result<Answer, Answer> {
        let (head, base) = (scene.text("head").unwrap_or_default(), scene.text("base").unwrap_or_default());
        let owner = scene.place("owner");
        let (of, head) = head.split_once(':').unwrap_or((owner, head));
        let from = format!("{of}/{}", scene.place("repo"));
        let tip = |name: &str, branch: &str| {
            self.repositories.get(name).and_then(|one| one.git.tip(&format!("refs/heads/{branch}")))
        };
        let Some(head_tip) = tip(&from, head) else { return Err(field("head")) };
        let Some(base_tip) = tip(scene.name, base) else { return Err(field("base")) };
        if self.repositories[scene.name].pulls.values().any(|pull| {
            pull.open && pull.head == head && pull.base == base && pull.head_repository.as_ref() == Some(&from)
        }) {
            return Err(answers::invalid(&format!("A pull request already exists for {of}:{head}.")));
        }
        let repository = &self.repositories[scene.name];
        if from != scene.name {
            repository.git.bring(&self.repositories[&from].git, &head_tip);
        }
        let range = format!("{base_tip}..{head_tip}");
        if repository.git.lines(&["rev-list", &range]).is_empty() {
            return Err(answers::invalid(&format!("No commits between {base} and {head}")));
        }
        if scene.text("body").unwrap_or_default().chars().count() > 65_536 {
            return Err(answers::invalid("body is too long (maximum is 65536 characters)"));
        }
        if scene.text("title").is_none_or(str::is_empty) {
            return Err(field("title"));
        }
        let number = repository.pulls.keys().next_back().map_or(1, |last| last + 1);
        let pull = Pull {
            number,
            title: scene.text("title").unwrap_or_default().to_owned(),
            body: scene.text("body").unwrap_or_default().to_owned(),
            author: scene.actor.login.clone(),
            head_repository: Some(from),
            head: head.to_owned(),
            base: base.to_owned(),
            open: true,
            draft: scene.body["draft"] == true,
            closed_at: None,
            merged: None,
            labels: Vec::new(),
            auto_merge: None,
            queued: false,
        };
        self.repository(scene.name).pulls.insert(number, pull);
        Ok(answers::json(201, &self.shown(scene.name, number, true)))
    }

    fn update_pull(&mut self, scene: &Scene<'_>, number: u64) -> Result<Answer, Answer> {
        let tip = {
            let repository = &self.repositories[scene.name];
            repository.head_of(&repository.pulls[&number], self)
        };
        let pull = self.repository(scene.name).pull(number);
        if scene.text("body").unwrap_or_default().chars().count() > 65_536 {
            return Err(answers::invalid("body is too long (maximum is 65536 characters)"));
        }
        if let Some(title) = scene.text("title") {
            title.clone_into(&mut pull.title);
        }
        if let Some(body) = scene.text("body") {
            body.clone_into(&mut pull.body);
        }
        if let Some(base) = scene.text("base") {
            base.clone_into(&mut pull.base);
        }
        match scene.text("state") {
            Some("open") if pull.merged.is_some() => return Err(field("state")),
            Some("open") => (pull.open, pull.closed_at) = (true, None),
            Some("closed") if pull.open => (pull.open, pull.closed_at) = (false, tip),
            _ => {}
        }
        Ok(answers::json(200, &self.shown(scene.name, number, true)))
    }

    fn comment(&mut self, scene: &Scene<'_>) -> Result<Answer, Answer> {
        let on = scene.number("issue_number");
        if !self.repositories[scene.name].pulls.contains_key(&on) {
            return Err(answers::error(404, "Not Found"));
        }
        let id = self.number();
        let user = self.user(&scene.actor.login);
        let comment = self.filled("issue-comment", json!({ "id": id, "body": scene.body["body"], "user": user }));
        self.repository(scene.name).comments.insert(id, (on, comment.clone()));
        Ok(answers::json(201, &comment))
    }

    fn review(&self, review: Value) -> Value {
        let login = review["login"].as_str().unwrap_or_default();
        let known = json!({
            "id": 1, "user": self.user(login), "state": review["state"], "commit_id": review["commit_id"],
            "author_association": "MEMBER",
        });
        self.filled("pull-request-review", known)
    }

    /// Somebody, as answers name them.
    pub(super) fn user(&self, login: &str) -> Value {
        let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
        let id = account(login);
        self.filled("simple-user", json!({ "login": login, "id": id, "type": kind }))
    }

    /// A pull request as GitHub shows it, whole or as lists have it.
    pub(super) fn shown(&self, name: &str, number: u64, whole: bool) -> Value {
        let repository = &self.repositories[name];
        let pull = &repository.pulls[&number];
        let head = repository.head_of(pull, self).unwrap_or_default();
        let owner = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
        let from = pull.head_repository.clone();
        let head_owner = from.as_deref().map_or_else(|| "unknown".to_owned(), owner);
        let base = repository.git.tip(&format!("refs/heads/{}", pull.base)).unwrap_or_default();
        let side = |label: String, reference: &str, sha: &str, of: Option<&str>| {
            json!({
                "label": label, "ref": reference, "sha": sha,
                "user": of.map(|of| self.user(&owner(of))), "repo": of.map(|of| self.shape(of, "repository")),
            })
        };
        let link = |what: &str| json!({ "href": format!("{}/repos/{name}/{what}/{number}", self.url) });
        let links = json!({
            "comments": link("c"), "commits": link("k"), "statuses": link("s"), "html": link("h"),
            "issue": link("i"), "review_comments": link("r"), "review_comment": link("rc"), "self": link("pulls"),
        });
        let auto_merge = pull.auto_merge.as_ref().map(|method| {
            json!({
                "enabled_by": self.user("lineage-app[bot]"), "merge_method": method.to_lowercase(),
                "commit_title": "", "commit_message": "",
            })
        });
        let closed = (!pull.open).then_some("2025-11-21T00:00:00Z");
        let mut known = json!({
            "number": number, "id": 9000 + number, "node_id": format!("PR_{}_{number}", repository.id),
            "state": if pull.open { "open" } else { "closed" }, "title": pull.title, "body": pull.body,
            "draft": pull.draft, "user": self.user(&pull.author),
            "url": format!("{}/repos/{name}/pulls/{number}", self.url),
            "html_url": format!("https://github.com/{name}/pull/{number}"),
            "head": side(format!("{head_owner}:{}", pull.head), &pull.head, &head, from.as_deref()),
            "base": side(format!("{}:{}", owner(name), pull.base), &pull.base, &base, Some(name)),
            "merge_commit_sha": pull.merged, "merged_at": pull.merged.as_ref().and(closed), "closed_at": closed,
            "labels": pull.labels.iter().map(|name| self.filled("label", json!({ "name": name }))).collect::<Vec<_>>(),
            "auto_merge": auto_merge, "_links": links, "author_association": "NONE",
        });
        if whole {
            let conflict = repository.git.merged_tree(&base, &head).is_none();
            let blocked = !self.unmet(name, pull, &head, None).is_empty();
            known["merged"] = json!(pull.merged.is_some());
            known["mergeable"] = json!(pull.open.then_some(!conflict));
            known["mergeable_state"] = json!(match (conflict, blocked, pull.draft) {
                (true, ..) => "dirty",
                (_, _, true) => "draft",
                (_, true, _) => "blocked",
                _ => "clean",
            });
        }
        self.filled(if whole { "pull-request" } else { "pull-request-simple" }, known)
    }

    fn files(&self, name: &str, number: u64) -> Vec<Value> {
        let repository = &self.repositories[name];
        let pull = &repository.pulls[&number];
        let head = repository.head_of(pull, self).unwrap_or_default();
        let range = format!("refs/heads/{}...{head}", pull.base);
        let lines = repository.git.lines(&["diff", "--name-status", "--no-renames", &range]);
        let files = lines.iter().filter_map(|line| line.split_once('\t')).map(|(letter, path)| {
            let status = match letter {
                "A" => "added",
                "D" => "removed",
                _ => "modified",
            };
            self.filled("diff-entry", json!({ "filename": path, "status": status, "sha": head }))
        });
        files.collect()
    }

    fn commits(&self, name: &str, number: u64) -> Vec<Value> {
        let repository = &self.repositories[name];
        let pull = &repository.pulls[&number];
        let head = repository.head_of(pull, self).unwrap_or_default();
        let range = format!("refs/heads/{}..{head}", pull.base);
        let commits = repository.git.lines(&["rev-list", "--reverse", &range]);
        let shown = commits.iter().map(|commit| {
            let message = repository.git.ask(&["log", "-1", "--format=%B", commit]).unwrap_or_default();
            self.commit_shown(name, commit, message.trim_end())
        });
        shown.collect()
    }
}

/// Somebody's number.
pub(crate) fn account(login: &str) -> u64 {
    login.bytes().fold(7_u64, |sum, byte| sum * 31 % 1_000_003 + u64::from(byte))
}

/// 422 that names a field.
pub(super) fn field(name: &str) -> Answer {
    let errors = json!([{ "resource": "PullRequest", "field": name, "code": "invalid" }]);
    answers::json(
        422,
        &json!({ "message": "Validation Failed", "errors": errors, "documentation_url": "https://docs.github.com/rest" }),
    )
}
