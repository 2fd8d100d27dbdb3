//! GitHub as this run reaches it: where it is, which repository is meant, and with whose credentials.

use std::sync::{Arc, OnceLock};

use super::Context;
use super::ground::Ground;
use crate::github::access::Hidden;
use crate::github::pulls::{Became, Wanted};
use crate::github::{Access, Address, GitHub, Pace, Slug, of_remote};
use crate::model::config::{Config, Forge};
use crate::model::{Event, Failure, Oid, OpenPull, Outcome};

/// The account behind `GITHUB_TOKEN`: what it does starts no other workflow.
const ACTIONS: &str = "github-actions[bot]";

/// What the environment says of GitHub. Nothing is asked before a verb acts there.
#[derive(Debug)]
pub struct Hub {
    /// `GITHUB_API_URL`; none: from the remote's address.
    pub api: Option<String>,
    /// `GITHUB_REPOSITORY`; none: from the remote's address.
    pub slug: Option<String>,
    /// `GITHUB_EVENT_NAME`, which says what the event file is.
    pub event: Option<String>,
    /// The credentials, or what is wrong with them.
    pub access: Result<Access, Failure>,
    /// Told of every token that is made here, right when it is made.
    made: fn(&Hidden),
    /// The connection, once there is one: an App's token serves the whole run.
    connection: OnceLock<Arc<GitHub>>,
}

impl Hub {
    /// From what came in at the door.
    pub fn new(
        api: Option<String>,
        slug: Option<String>,
        event: Option<String>,
        access: Result<Access, Failure>,
    ) -> Self {
        Self { api, slug, event, access, made: |_| {}, connection: OnceLock::new() }
    }

    /// The same, and this is told of every token that is made.
    #[must_use]
    pub fn telling(self, made: fn(&Hidden)) -> Self {
        Self { made, ..self }
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(None, None, None, Ok(Access::Nobody))
    }
}

/// The credentials of a GitHub App.
///
/// # Errors
/// A number is none.
pub fn access(id: &str, key: &str, installation: Option<&str>) -> Result<Access, Failure> {
    Ok(Access::app(id, key, installation)?)
}

/// A token as credentials; nobody's without one.
pub fn access_of(token: Option<&str>) -> Access {
    token.map_or(Access::Nobody, |token| Access::Token(Hidden::new(token)))
}

/// GitHub, where the policy names it as the forge; none where merges happen in the remote itself.
///
/// # Errors
/// As [`connect`].
pub fn forge(cx: &Context<'_>, ground: &Ground) -> Result<Option<Arc<GitHub>>, Failure> {
    match ground.config().forge {
        Forge::Local => Ok(None),
        Forge::Github => connect(cx, ground.config()).map(Some),
    }
}

/// The repository on GitHub.
///
/// # Errors
/// It is not known which (exit 2), the credentials are unusable, or it is another than the policy is for (exit 4).
pub fn connect(cx: &Context<'_>, config: &Config) -> Result<Arc<GitHub>, Failure> {
    if let Some(connection) = cx.hub.connection.get() {
        return Ok(Arc::clone(connection));
    }
    let remote = cx.repo.config(&format!("remote.{}.url", config.repository.remote));
    let remote = remote.as_deref().and_then(of_remote);
    let named = cx.hub.slug.as_deref().map(Slug::parse).transpose()?;
    let slug = match (&named, &remote) {
        (Some(named), Some((_, pushed))) if !same(named, pushed) => {
            return Err(Failure::usage(format!(
                "the job is of {named}, and {} is {pushed}: which of them is meant cannot be told",
                config.repository.remote
            ))
            .hint("run this in a clone of the job's own repository, or unset GITHUB_REPOSITORY"));
        }
        (Some(named), _) => named.clone(),
        (None, Some((_, pushed))) => pushed.clone(),
        (None, None) => {
            return Err(Failure::usage("which repository on GitHub this is cannot be told").hint(format!(
                "set GITHUB_REPOSITORY to owner/name, or give the remote {} its address on GitHub",
                config.repository.remote
            )));
        }
    };
    let address = match (&cx.hub.api, &remote) {
        (Some(api), _) => Address::of_api(api)?,
        (None, Some((host, _))) => Address::of_host(host)?,
        (None, None) => Address::of_host("github.com")?,
    };
    let pace = Pace::towards(&address);
    let github = GitHub::new(address, slug, cx.hub.access.clone()?, pace)?.telling(cx.hub.made);
    // A name is given away when a repository is renamed; its number never is.
    let id = &config.repository.id;
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        let found = github.repository()?;
        if found.id.to_string() != *id {
            return Err(Failure::conflict(format!(
                "{} is the repository {} on GitHub, and the policy is for {id}",
                found.full_name, found.id
            ))
            .hint("see whether the repository was replaced or renamed; nothing was done"));
        }
    }
    // Where two threads were at it, the first one's stays.
    Ok(Arc::clone(cx.hub.connection.get_or_init(|| Arc::new(github))))
}

/// Names on GitHub differ in more than their case.
fn same(left: &Slug, right: &Slug) -> bool {
    left.owner.eq_ignore_ascii_case(&right.owner) && left.name.eq_ignore_ascii_case(&right.name)
}

/// Opens a pull request, or brings it up to date.
///
/// # Errors
/// GitHub refuses it, or cannot be reached.
pub fn propose(github: &GitHub, wanted: &Wanted<'_>) -> Result<OpenPull, Failure> {
    let (pull, became) = github.propose(wanted)?;
    let outcome = match became {
        Became::Opened => Outcome::Created,
        Became::Updated => Outcome::Updated,
        Became::Unchanged => Outcome::Unchanged,
    };
    // A pull request that was there had its checks when it was opened.
    let silent = outcome == Outcome::Created && pull.user.is_some_and(|user| user.login == ACTIONS);
    Ok(OpenPull { number: pull.number, url: pull.html_url, outcome, silent })
}

/// The newest pull request from one branch to another, where that is merged with this very head: there is nothing left
/// to open.
///
/// # Errors
/// GitHub refuses to tell, or cannot be reached.
pub fn merged_already(github: &GitHub, (from, to): (&str, &str), head: &Oid) -> Result<Option<OpenPull>, Failure> {
    let newest = github.pulls(from, to, "all")?.into_iter().max_by_key(|pull| pull.number);
    let merged = newest.filter(|pull| pull.merged() && pull.head.sha == head.as_str());
    Ok(merged.map(|pull| OpenPull {
        number: pull.number,
        url: pull.html_url,
        outcome: Outcome::Unchanged,
        silent: false,
    }))
}

/// The pull request a contribution came through: by the commit it was merged as, never by what a message says. None
/// where it was not exactly one.
///
/// # Errors
/// GitHub refuses to tell, or cannot be reached.
pub fn source_pull(github: &GitHub, config: &Config, merged: &Oid) -> Result<Option<u64>, Failure> {
    let found = github.pulls_of(merged.as_str(), config.contributed())?;
    Ok(match found.as_slice() {
        [one] => Some(one.number),
        _ => None,
    })
}

/// Says so where a pull request was opened with a token whose doings start nothing.
pub fn warn_of_silence(cx: &mut Context<'_>, pull: &OpenPull) {
    if pull.silent {
        let number = pull.number;
        (cx.on)(Event::Warning(format!(
            "pull request #{number} was opened with GITHUB_TOKEN: its checks wait until a person starts them; \
             open it with the token of a GitHub App"
        )));
    }
}
