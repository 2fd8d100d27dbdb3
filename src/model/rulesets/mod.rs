//! The branches and tags of the flow as GitHub rulesets: what is wanted, what was found, and the way from one
//! to the other.
//!
//! Every active ruleset whose pattern fits a ref has to let a change pass, and who may bypass is said per
//! ruleset. So each ruleset here has one list of those who may bypass, and rules that nobody may bypass are in
//! another one than those the App may (`docs.github.com`, "About rulesets", "rule layering").
//!
//! What no ruleset can hold is in [`enforced`]; notes are among it, see [`NOTES`].

use serde_json::{Map, Value, json};

mod beyond;
mod compare;
mod glob;
mod matrix;
mod plan;
mod reach;
mod recognise;
mod refs;

#[cfg(test)]
mod tests;

pub use beyond::{Enforced, NOTES, enforced, unenforced};
pub use compare::{Drift, Undetermined, Verdict, compare, unseen};
pub use matrix::wanted;
pub use plan::{Change, Ground, Step, backup, plan};
pub use reach::{Act, Who, blocked, frozen};
pub use recognise::{Foreign, recognise};
pub use refs::Names;

/// GitHub's number for the repository role of administrators (acceptance RS-4).
pub const ADMIN_ROLE: u64 = 5;

/// GitHub's number for GitHub Actions, whose check runs are the only ones that count.
pub const ACTIONS_APP: u64 = 15368;

/// What our rulesets' names begin with.
pub const PREFIX: &str = "lineage/";

/// What a ruleset is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Branches.
    Branch,
    /// Tags.
    Tag,
}

impl Target {
    /// As GitHub spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Tag => "tag",
        }
    }
}

/// Somebody who may bypass a ruleset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Actor {
    /// `Integration`, `RepositoryRole`, …
    pub kind: String,
    /// GitHub's number; none for deploy keys.
    pub id: Option<u64>,
    /// `always`, `pull_request`, `exempt`.
    pub mode: String,
}

impl Actor {
    /// The App, whose pushes and merges pass.
    fn app(id: u64) -> Self {
        Self { kind: "Integration".to_owned(), id: Some(id), mode: "always".to_owned() }
    }

    fn json(&self) -> Value {
        json!({ "actor_id": self.id, "actor_type": self.kind, "bypass_mode": self.mode })
    }

    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            kind: value.get("actor_type")?.as_str()?.to_owned(),
            id: match value.get("actor_id") {
                None | Some(Value::Null) => None,
                Some(id) => Some(id.as_u64()?),
            },
            mode: value.get("bypass_mode").map_or(Some("always"), Value::as_str)?.to_owned(),
        })
    }

    /// For a sentence: `Integration 123456 (always)`.
    pub fn shown(&self) -> String {
        let id = self.id.map(|id| format!(" {id}")).unwrap_or_default();
        format!("{}{id} ({})", self.kind, self.mode)
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// GitHub's word: `deletion`, `pull_request`, …
    pub kind: String,
    /// Its parameters; empty where it has none.
    pub parameters: Map<String, Value>,
}

impl Rule {
    fn plain(kind: &str) -> Self {
        Self { kind: kind.to_owned(), parameters: Map::new() }
    }

    fn with(kind: &str, parameters: Value) -> Self {
        let parameters = match parameters {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Self { kind: kind.to_owned(), parameters }
    }

    fn json(&self) -> Value {
        if self.parameters.is_empty() {
            json!({ "type": self.kind })
        } else {
            json!({ "type": self.kind, "parameters": self.parameters })
        }
    }
}

/// A ruleset.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruleset {
    /// It is found again by this.
    pub name: String,
    /// Branches or tags.
    pub target: Target,
    /// Who may bypass; none: whoever asked may not see it.
    pub bypass: Option<Vec<Actor>>,
    /// The refs it is about, as patterns.
    pub include: Vec<String>,
    /// Those it is not about after all.
    pub exclude: Vec<String>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Whether it is enforced (`active`), and not switched off or only tried.
    pub active: bool,
}

impl Ruleset {
    /// The body of `POST /repos/{owner}/{repo}/rulesets`.
    pub fn json(&self) -> Value {
        let bypass: Vec<Value> = self.bypass.iter().flatten().map(Actor::json).collect();
        let rules: Vec<Value> = self.rules.iter().map(Rule::json).collect();
        json!({
            "name": self.name,
            "target": self.target.word(),
            "enforcement": if self.active { "active" } else { "disabled" },
            "bypass_actors": bypass,
            "conditions": { "ref_name": { "include": self.include, "exclude": self.exclude } },
            "rules": rules,
        })
    }

    /// The file that holds it: its body, readable, with a newline at its end.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.json())
    }

    /// A ruleset as GitHub answers it. Rules of kinds unknown here are kept.
    ///
    /// # Errors
    /// What it lacks, as the rest of a sentence: a ruleset that cannot be read is never taken for a good one.
    pub fn read(value: &Value) -> Result<Self, String> {
        let text =
            |name: &str| value.get(name).and_then(Value::as_str).ok_or_else(|| format!("it has no `{name}`"));
        let name = text("name")?.to_owned();
        let target = match value.get("target").map_or(Some("branch"), Value::as_str) {
            Some("branch") => Target::Branch,
            Some("tag") => Target::Tag,
            other => return Err(format!("it is about `{}`", other.unwrap_or_default().escape_debug())),
        };
        let bypass = match value.get("bypass_actors") {
            // Left out: the token may not see it (facts: only with Administration: write).
            None | Some(Value::Null) => None,
            Some(Value::Array(actors)) => Some(
                actors
                    .iter()
                    .map(|actor| Actor::read(actor).ok_or("`bypass_actors` holds what is no actor"))
                    .collect::<Result<_, _>>()?,
            ),
            Some(_) => return Err("`bypass_actors` is no list".to_owned()),
        };
        let patterns = |which: &str| -> Result<Vec<String>, String> {
            let Some(list) = value.pointer(&format!("/conditions/ref_name/{which}")) else {
                return Ok(Vec::new());
            };
            let list = list.as_array().ok_or_else(|| format!("`conditions.ref_name.{which}` is no list"))?;
            let words = list.iter().map(|one| one.as_str().map(str::to_owned));
            words.collect::<Option<_>>().ok_or_else(|| format!("`conditions.ref_name.{which}` holds no pattern"))
        };
        let mut rules = Vec::new();
        let list = value.get("rules").and_then(Value::as_array);
        // The list of all rulesets leaves them out; a ruleset without rules says so with an empty list.
        for rule in list.ok_or("it has no `rules`: ask for the ruleset by its number")? {
            let kind = rule.get("type").and_then(Value::as_str).ok_or("one of its rules has no `type`")?;
            let parameters = rule.get("parameters").cloned().unwrap_or(Value::Null);
            rules.push(Rule::with(kind, parameters));
        }
        Ok(Self {
            name,
            target,
            bypass,
            include: patterns("include")?,
            exclude: patterns("exclude")?,
            rules,
            active: text("enforcement")? == "active",
        })
    }

    /// Whether it is about a ref. `main` is what `~DEFAULT_BRANCH` stands for.
    pub fn covers(&self, reference: &str, main: &str) -> bool {
        let branch = reference.starts_with("refs/heads/");
        if branch != (self.target == Target::Branch) {
            return false;
        }
        let fits = |pattern: &String| match pattern.as_str() {
            "~ALL" => true,
            "~DEFAULT_BRANCH" => reference.strip_prefix("refs/heads/") == Some(main),
            pattern => glob::fits(pattern, reference),
        };
        self.include.iter().any(fits) && !self.exclude.iter().any(fits)
    }

    fn rule(&self, kind: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.kind == kind)
    }
}

/// The kinds of rules GitHub has today. Another one is kept as it is, and said to be unknown.
const KINDS: [&str; 22] = [
    "branch_name_pattern",
    "code_scanning",
    "commit_author_email_pattern",
    "commit_message_pattern",
    "committer_email_pattern",
    "copilot_code_review",
    "creation",
    "deletion",
    "file_extension_restriction",
    "file_path_restriction",
    "license_compliance_scanning",
    "max_file_path_length",
    "max_file_size",
    "merge_queue",
    "non_fast_forward",
    "pull_request",
    "required_deployments",
    "required_linear_history",
    "required_signatures",
    "required_status_checks",
    "tag_name_pattern",
    "update",
];
