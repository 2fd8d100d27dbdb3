//! What a pull request is made of: its commits with their signatures, and how its checks ended.
//!
//! Routes: <https://docs.github.com/rest/pulls/pulls#list-commits-on-a-pull-request>,
//! <https://docs.github.com/rest/checks/runs#list-check-runs-for-a-git-reference>.

use serde::Deserialize;

use super::accounts::Account;
use super::address::part;
use super::{Error, GitHub};

/// The number of the App behind GitHub Actions: a check run of the same name by another is another's.
const ACTIONS: u64 = 15_368;

/// A commit of a pull request.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Made {
    pub sha: String,
    /// The account behind the author's address; none where GitHub knows none.
    #[serde(default)]
    pub author: Option<Account>,
    pub commit: Told,
}

/// What a commit says.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Told {
    pub message: String,
    /// What GitHub made of its signature.
    #[serde(default)]
    pub verification: Option<Verification>,
}

/// GitHub's word on a signature.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Verification {
    pub verified: bool,
    /// `valid`, or why not: `unsigned`, `unknown_key`, `bad_email` and others.
    pub reason: String,
}

/// How a check of GitHub Actions stands at a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// It has not begun, or not ended.
    Awaited,
    /// It ended, as GitHub words it: `success`, `failure`.
    Ended(String),
}

impl GitHub {
    /// The commits of a pull request, oldest first: 250 at the most, which is all GitHub shows.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn commits_of(&self, number: u64) -> Result<Vec<Made>, Error> {
        self.list(
            &format!("/pulls/{number}/commits?per_page=100"),
            &format!("read the commits of pull request #{number}"),
        )
    }

    /// How the newest run of a check stands at a commit.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn check_run(&self, commit: &str, name: &str) -> Result<Run, Error> {
        #[derive(Deserialize)]
        struct Found {
            check_runs: Vec<One>,
        }
        #[derive(Deserialize)]
        struct One {
            id: u64,
            name: String,
            head_sha: String,
            status: String,
            conclusion: Option<String>,
            app: Option<App>,
        }
        #[derive(Deserialize)]
        struct App {
            id: u64,
        }
        let below = format!(
            "/commits/{}/check-runs?check_name={}&app_id={ACTIONS}&filter=latest&per_page=100",
            part(commit),
            part(name)
        );
        let found: Found = self.get(&below, &format!("read the check runs of {commit}"))?;
        let own = |run: &&One| {
            run.name == name && run.head_sha == commit && run.app.as_ref().is_some_and(|app| app.id == ACTIONS)
        };
        // Of several suites each has a newest one; one that failed is not outdone by another's success.
        let runs: Vec<&One> = found.check_runs.iter().filter(own).collect();
        let ended = |run: &&&One| run.status == "completed" && run.conclusion.as_deref() == Some("success");
        let worst = runs.iter().find(|run| !ended(run)).or_else(|| runs.iter().max_by_key(|run| run.id));
        Ok(match worst {
            Some(run) if run.status == "completed" => {
                Run::Ended(run.conclusion.clone().unwrap_or_else(|| "no conclusion".to_owned()))
            }
            _ => Run::Awaited,
        })
    }
}
