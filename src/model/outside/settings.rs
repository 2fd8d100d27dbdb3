//! The forge's settings: what a job may do, which rules hold, which workflows run.

use super::{Finding, Seen};
use crate::model::RulesetsReport;

/// What the repository says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// `owner/name`.
    pub name: String,
    /// Its page.
    pub page: String,
    /// The branch that schedules and dispatches run on.
    pub default_branch: String,
}

/// Which actions may run at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionsPolicy {
    /// Whether any workflow runs.
    pub enabled: bool,
    /// `all`, `local_only` or `selected`; none where Actions are off.
    pub allowed: Option<String>,
    /// Whether actions have to be named by the SHA of a commit.
    pub pinned: Option<bool>,
}

/// What the token of a job may do where its workflow says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobToken {
    /// `read` or `write`.
    pub default: String,
    /// Whether it may open and approve pull requests.
    pub approves: bool,
}

/// The default branch is main: what is scheduled or dispatched runs what stands there.
pub fn repository(seen: &Repository, main: &str) -> Finding {
    let about = "default branch";
    if seen.default_branch == main {
        return Finding::holds(about, format!("it is {main}"));
    }
    let what = format!("it is {}, and the policy's main is {main}", seen.default_branch.escape_debug());
    Finding::wrong(about, what, format!("make {main} the default branch at {}/settings", seen.page))
}

/// What Actions may do. `app`: whether a GitHub App opens the pull requests.
pub fn actions(page: &str, app: bool, policy: &Seen<ActionsPolicy>, token: &Seen<JobToken>) -> Vec<Finding> {
    let place = format!("{page}/settings/actions");
    let mut found = Vec::new();
    match policy {
        Err(why) => found.push(Finding::undetermined("actions", why)),
        Ok(ActionsPolicy { enabled: false, .. }) => {
            found.push(Finding::wrong(
                "actions",
                "they are switched off: no workflow runs",
                format!("allow them at {place}"),
            ));
        }
        Ok(policy) => {
            found.push(match policy.allowed.as_deref() {
                Some("selected") => Finding::holds("actions", "only selected ones run"),
                Some("local_only") => Finding::wrong(
                    "actions",
                    "only the repository's own run, and the workflows use actions/checkout",
                    format!("allow the actions that GitHub made at {place}"),
                ),
                _ => Finding::advice(
                    "actions",
                    "any action may run",
                    format!("select those that are needed at {place}"),
                ),
            });
            found.push(if policy.pinned == Some(true) {
                Finding::holds("pinned actions", "each has to be named by the SHA of a commit")
            } else {
                let what = "an action may be named by a tag, which can be moved";
                Finding::advice("pinned actions", what, format!("require actions to be pinned at {place}"))
            });
        }
    }
    match token {
        Err(why) => found.push(Finding::undetermined("default permissions of jobs", why)),
        Ok(token) => {
            found.push(if token.default == "read" {
                Finding::holds("default permissions of jobs", "they read")
            } else {
                let what = "the token of every job may write where its workflow does not say otherwise";
                let fix = format!("choose \"Read repository contents and packages permissions\" at {place}");
                Finding::wrong("default permissions of jobs", what, fix)
            });
            let about = "pull requests by jobs";
            found.push(match (app, token.approves) {
                (true, false) => Finding::holds(about, "a job's own token neither opens nor approves any"),
                (false, true) => Finding::holds(about, "a job's own token may open them"),
                (true, true) => Finding::wrong(
                    about,
                    "a job's own token may approve them, and the App opens them: nobody needs that",
                    format!("take \"Allow GitHub Actions to create and approve pull requests\" away at {place}"),
                ),
                (false, false) => Finding::wrong(
                    about,
                    "a job's own token may not open them, and there is no App",
                    format!(
                        "set `app-id` under [github], or allow GitHub Actions to create pull requests at {place}"
                    ),
                ),
            });
        }
    }
    found
}

/// Whether releases are locked once they are published. `releases`: whether there are any to be locked.
pub fn immutable(page: &str, releases: bool, seen: &Seen<bool>) -> Option<Finding> {
    let about = "immutable releases";
    Some(match seen {
        Err(why) => Finding::undetermined(about, why),
        Ok(true) => Finding::holds(about, "a published release and its tag cannot be changed"),
        Ok(false) if releases => {
            let what = "whoever may write can change the files of a published release";
            Finding::advice(about, what, format!("enable release immutability at {page}/settings"))
        }
        Ok(false) => return None,
    })
}

/// What `rulesets check` says, each with its command.
pub fn rulesets(report: &RulesetsReport) -> Vec<Finding> {
    let mut found = Vec::new();
    let apply = "run `git lineage rulesets plan`, then `git lineage rulesets apply`";
    for drift in &report.drift {
        let about = format!("ruleset {}", drift.ruleset);
        found.push(Finding::wrong(&about, drift.in_words(), apply));
    }
    // What keeps one from being seen mostly keeps all of them from it.
    let mut unseen: Vec<(String, Vec<&str>)> = Vec::new();
    for one in &report.undetermined {
        let place = if one.path.is_empty() { String::new() } else { format!("{}: ", one.path) };
        let why = format!("{place}{}", one.why);
        match unseen.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(&one.ruleset),
            None => unseen.push((why, vec![&one.ruleset])),
        }
    }
    for (why, names) in unseen {
        let several = if names.len() > 1 { "rulesets" } else { "ruleset" };
        found.push(Finding::undetermined(&format!("{several} {}", names.join(", ")), why));
    }
    for one in &report.foreign {
        let about = format!("ruleset {}", one.name);
        if let Some(why) = &one.unknown {
            found.push(Finding::undetermined(&about, format!("it is not ours, and could not be read: {why}")));
        }
        for conflict in &one.conflicts {
            let what = format!("it is not ours, and in the way: {conflict}");
            if one.hidden {
                found.push(Finding::undetermined(&about, what));
            } else {
                found.push(Finding::wrong(
                    &about,
                    what,
                    "ask whoever made it to except the flow's refs or its App",
                ));
            }
        }
    }
    for rule in &report.unenforced {
        let what = format!("nobody holds that {}: {} does not call `{}`", rule.rule, rule.workflow, rule.caller);
        found.push(Finding::wrong(
            "workflows",
            what,
            "run `git lineage init --github` and bring what it writes to main",
        ));
    }
    found.extend(report.warnings.iter().map(|warning| {
        Finding::advice("required checks", warning, "see that a workflow reports them by these very names")
    }));
    if found.is_empty() {
        found.push(Finding::holds("rulesets", "they are as the policy asks"));
    }
    found
}

/// The files that `init --github` would write otherwise.
pub fn stale(wrong: &Seen<Vec<String>>) -> Vec<Finding> {
    match wrong {
        Err(why) => vec![Finding::undetermined("workflows", why)],
        Ok(wrong) if wrong.is_empty() => vec![Finding::holds("workflows", "they are what `init --github` writes")],
        Ok(wrong) => wrong.iter().map(|one| Finding::new("workflows", super::State::Wrong, one, None)).collect(),
    }
}

/// Required contexts that were never seen, as sentences; none where nothing was seen at all, which says that too.
pub fn checks(unseen: &Seen<Vec<String>>) -> Vec<String> {
    match unseen {
        Ok(unseen) => unseen
            .iter()
            .map(|context| format!("no run on main or on what was last merged into it was called `{context}`"))
            .collect(),
        Err(why) => vec![format!("whether runs have the names that are asked for could not be looked at: {why}")],
    }
}
