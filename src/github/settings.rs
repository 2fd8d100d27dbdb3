//! A repository's settings, read.
//!
//! Routes: <https://docs.github.com/rest/repos/repos>, <https://docs.github.com/rest/actions/permissions>. Most ask for
//! Administration: read, which the `GITHUB_TOKEN` of a job never has.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::address::part;
use super::{Error, GitHub};

/// What the repository says of itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct About {
    pub full_name: String,
    pub html_url: String,
    pub default_branch: String,
}

/// Which actions may run.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct ActionsPolicy {
    pub enabled: bool,
    /// `all`, `local_only`, `selected`.
    #[serde(default)]
    pub allowed_actions: Option<String>,
    #[serde(default)]
    pub sha_pinning_required: Option<bool>,
}

/// What a job's token may do where nothing is said.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct JobToken {
    /// `read` or `write`.
    pub default_workflow_permissions: String,
    pub can_approve_pull_request_reviews: bool,
}

impl GitHub {
    /// What the repository says of itself.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn about(&self) -> Result<About, Error> {
        self.get("", &format!("read the repository {}", self.slug()))
    }

    /// Which actions may run.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn actions_policy(&self) -> Result<ActionsPolicy, Error> {
        self.get("/actions/permissions", "read which actions may run")
    }

    /// What a job's token may do where nothing is said.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn job_token(&self) -> Result<JobToken, Error> {
        self.get("/actions/permissions/workflow", "read what jobs may do by default")
    }

    /// Whether releases are locked once they are published. The route answers 404 where they are not.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn immutable_releases(&self) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Setting {
            enabled: bool,
        }
        let found: Option<Setting> = self.find("/immutable-releases", "read whether releases are immutable")?;
        Ok(found.is_some_and(|setting| setting.enabled))
    }

    /// The names of the checks and statuses that a commit got: of each the first hundred.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn contexts(&self, commit: &str) -> Result<BTreeSet<String>, Error> {
        #[derive(Deserialize)]
        struct Runs {
            check_runs: Vec<Run>,
        }
        #[derive(Deserialize)]
        struct Run {
            name: String,
        }
        #[derive(Deserialize)]
        struct Statuses {
            statuses: Vec<Status>,
        }
        #[derive(Deserialize)]
        struct Status {
            context: String,
        }
        let below = |what: &str| format!("/commits/{}/{what}?per_page=100", part(commit));
        let runs: Runs = self.get(&below("check-runs"), &format!("list the checks of {commit}"))?;
        let statuses: Statuses = self.get(&below("status"), &format!("list the statuses of {commit}"))?;
        let names = runs.check_runs.into_iter().map(|run| run.name);
        Ok(names.chain(statuses.statuses.into_iter().map(|status| status.context)).collect())
    }

    /// The heads of the pull requests that were last merged into a branch, newest first, and no more than so many.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn merged_heads(&self, base: &str, most: usize) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Closed {
            head: Head,
            merged_at: Option<String>,
        }
        #[derive(Deserialize)]
        struct Head {
            sha: String,
        }
        let below = format!("/pulls?state=closed&base={}&sort=updated&direction=desc&per_page=20", part(base));
        let closed: Vec<Closed> = self.get(&below, &format!("list what was merged into {base}"))?;
        let merged = closed.into_iter().filter(|pull| pull.merged_at.is_some());
        Ok(merged.take(most).map(|pull| pull.head.sha).collect())
    }
}
