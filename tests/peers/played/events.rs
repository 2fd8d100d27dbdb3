//! What GitHub would start: the events that come of what changed, and the workflows that are for them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::github::{GitHub, OWNER_ID, REPOSITORY, REPOSITORY_ID};
use crate::world::World;

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// `push` or `pull_request`.
    pub(super) name: &'static str,
    /// In words.
    pub(super) what: String,
    /// Whole: `refs/heads/main`, or `refs/pull/2/merge`.
    pub(super) reference: String,
    /// Where the workflow is read, and what it runs for.
    pub(super) commit: String,
    pub(super) payload: Value,
}

/// What there is at a moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Moment {
    /// Branches and tags.
    refs: BTreeMap<String, String>,
    /// The open pull requests: head, base, title and body.
    pulls: BTreeMap<u64, [String; 4]>,
}

impl Moment {
    pub(super) fn now(world: &World, github: &GitHub) -> Self {
        let refs =
            world.origin().git(["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"]);
        let refs = refs.lines().filter_map(|line| line.split_once(' '));
        let refs = refs.map(|(name, oid)| (name.to_owned(), oid.to_owned())).collect();
        let pulls = github.with(|state| {
            let repository = state.repository(REPOSITORY);
            let open = repository.open();
            let shown = open.into_iter().map(|(number, head, base)| {
                let pull = repository.pull(number);
                (number, [head, base, pull.title.clone(), pull.body.clone()])
            });
            shown.collect()
        });
        Self { refs, pulls }
    }

    fn tip(&self, branch: &str) -> &str {
        self.refs.get(&format!("refs/heads/{branch}")).map_or("", String::as_str)
    }

    /// Where the head of an open pull request stands.
    pub(super) fn head(&self, number: u64) -> String {
        self.tip(&self.pulls[&number][0]).to_owned()
    }

    /// The events between a moment and this one. What is deleted starts nothing. All of them start at once; here
    /// pull requests come first, which is the harder order: they are judged before what was pushed is worked on.
    pub(super) fn since(&self, before: &Self) -> Vec<Event> {
        let mut events = Vec::new();
        for (number, pull @ [head, base, ..]) in &self.pulls {
            let action = match before.pulls.get(number) {
                None => "opened",
                Some(_) if before.tip(head) != self.tip(head) => "synchronize",
                Some(was) if was != pull => "edited",
                Some(_) => continue,
            };
            events.push(request(*number, action, pull, self.tip(head), self.tip(base)));
        }
        for (reference, now) in &self.refs {
            let was = before.refs.get(reference);
            if was != Some(now) {
                events.push(push(reference, was.map(String::as_str), now));
            }
        }
        events
    }
}

fn push(reference: &str, was: Option<&str>, now: &str) -> Event {
    let nothing = "0".repeat(now.len());
    let payload = json!({
        "ref": reference, "before": was.unwrap_or(&nothing), "after": now,
        "created": was.is_none(), "deleted": false, "forced": false, "repository": repository(),
    });
    let short = reference.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
    Event {
        name: "push",
        what: format!("push {short}"),
        reference: reference.to_owned(),
        commit: now.to_owned(),
        payload,
    }
}

fn request(number: u64, action: &str, [head, base, title, body]: &[String; 4], tip: &str, onto: &str) -> Event {
    let side = |branch: &str, sha: &str| json!({ "ref": branch, "sha": sha, "repo": { "id": REPOSITORY_ID, "full_name": REPOSITORY } });
    let payload = json!({
        "action": action, "number": number, "repository": repository(),
        "pull_request": {
            "number": number, "title": title, "body": body, "head": side(head, tip), "base": side(base, onto),
        },
    });
    Event {
        name: "pull_request",
        what: format!("#{number} {action}, {head} into {base}"),
        reference: format!("refs/pull/{number}/merge"),
        commit: tip.to_owned(),
        payload,
    }
}

fn repository() -> Value {
    let (owner, name) = REPOSITORY.split_once('/').expect("owner/name");
    json!({
        "id": REPOSITORY_ID, "full_name": REPOSITORY, "name": name, "default_branch": "main",
        "owner": { "login": owner, "id": OWNER_ID },
    })
}

impl Event {
    /// The push that brought main where it is.
    pub(super) fn to_main(now: &Moment) -> Self {
        push("refs/heads/main", None, now.tip("main"))
    }

    /// Whether a workflow with these triggers is for it. `paths` are what the push changed.
    pub(super) fn starts(&self, on: &Value, paths: &[String]) -> bool {
        let Some(on) = on.get(self.name) else { return false };
        let fits =
            |key: &str, name: &str| patterns(on, key).is_some_and(|all| all.iter().any(|one| matches(one, name)));
        if self.name == "pull_request" {
            let action = self.payload["action"].as_str().unwrap_or_default();
            let types = patterns(on, "types")
                .unwrap_or_else(|| ["opened", "synchronize", "reopened"].map(str::to_owned).to_vec());
            return types.iter().any(|one| one == action)
                && fits("branches", self.payload["pull_request"]["base"]["ref"].as_str().unwrap_or_default());
        }
        if let Some(tag) = self.reference.strip_prefix("refs/tags/") {
            return fits("tags", tag);
        }
        let branch = self.reference.trim_start_matches("refs/heads/");
        let touched = patterns(on, "paths")
            .is_none_or(|all| all.iter().any(|one| paths.iter().any(|path| matches(one, path))));
        fits("branches", branch) && touched
    }
}

fn patterns(on: &Value, key: &str) -> Option<Vec<String>> {
    let all = on.get(key)?.as_array()?;
    Some(all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
}

/// GitHub's filter patterns, as far as they are used here: `*` stays within a part, `**` does not.
fn matches(pattern: &str, name: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**") {
        return (0..=name.len()).any(|at| name.is_char_boundary(at) && matches(rest, &name[at..]));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        let end = name.find('/').unwrap_or(name.len());
        return (0..=end).any(|at| name.is_char_boundary(at) && matches(rest, &name[at..]));
    }
    match (pattern.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some(one), Some(other)) if one == other => matches(&pattern[one.len_utf8()..], &name[other.len_utf8()..]),
        _ => false,
    }
}

#[test]
fn patterns_are_read_as_github_does() {
    for (pattern, name, fits) in [
        ("chart/*", "chart/a", true),
        ("chart/*", "chart/a/b", false),
        ("charts/**", "charts/a/b", true),
        ("*-v*", "a-v1.0.0", true),
        ("*-v*", "a/b-v1", false),
        ("main", "main2", false),
        ("**", "a/b", true),
    ] {
        assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
    }
}
