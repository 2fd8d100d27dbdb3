//! What a verb stands on: the policy in force, and where the long-lived branches are.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::Context;
use super::releases::{self, Release};
use super::resolve::chart_names;
use crate::error::from_config;
use crate::git::Repo;
use crate::model::config::{Branches, Charts, Config, Repository, Tag};
use crate::model::{Failure, Oid, Policy, Revoked, Sha256};

/// The file that holds the policy.
pub const POLICY_FILE: &str = "lineage.toml";

/// The policy in force, and where it was read.
#[derive(Clone, Debug)]
pub struct Ground {
    pub policy: Policy,
    /// In words: `origin/main`.
    pub origin: String,
    /// main as fetched.
    pub main: Oid,
    /// What main revoked and dropped again with nobody's word for it; see [`super::policy::revoked`].
    pub(super) kept: OnceLock<Revoked>,
    /// What this clone had seen of release tags when it was first asked about one.
    pinned: OnceLock<BTreeMap<String, Oid>>,
    /// The release tags of each chart, likewise.
    releases: OnceLock<BTreeMap<String, Vec<Release>>>,
}

impl Ground {
    fn new(policy: Policy, origin: String, main: Oid) -> Self {
        let (kept, pinned, releases) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { policy, origin, main, kept, pinned, releases }
    }

    /// The object a tag was first seen at; none where nothing is pinned, or not that tag. The pin is read once.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn pinned_tag(&self, cx: &Context<'_>, tag: &str) -> Result<Option<&Oid>, Failure> {
        if self.pinned.get().is_none() {
            let tags = cx.cache.pin()?.map(|pin| pin.tags).unwrap_or_default();
            // Another thread may have been first, with the same.
            let _ = self.pinned.set(tags);
        }
        Ok(self.pinned.get().and_then(|tags| tags.get(tag)))
    }

    /// The releases of a chart, highest version first, as they were when the first chart was asked about: for
    /// whoever looks at many releases and makes none.
    ///
    /// # Errors
    /// The refs cannot be read.
    pub(super) fn releases_of(&self, repo: &Repo, chart: &str) -> Result<Cow<'_, [Release]>, Failure> {
        if self.releases.get().is_none() {
            let charts = chart_names(repo, self)?;
            let charts: Vec<&str> = charts.iter().map(String::as_str).collect();
            let all = releases::by_chart(self.config(), &charts, &releases::all_tags(repo)?);
            let _ = self.releases.set(all);
        }
        match self.releases.get().and_then(|all| all.get(chart)) {
            Some(releases) => Ok(Cow::Borrowed(releases)),
            // One that main and the ledger do not know may have tags all the same.
            None => releases::of_chart(repo, self.config(), chart).map(Cow::Owned),
        }
    }

    pub fn config(&self) -> &Config {
        &self.policy.config
    }

    /// The same ground with another policy to judge by; `origin` says in words where it was read.
    pub(super) fn judged_by(mut self, policy: Policy, origin: String) -> Self {
        (self.policy, self.origin) = (policy, origin);
        self
    }
}

/// The policy of the protected base ref: main as fetched, never the change under judgement.
///
/// # Errors
/// There is none (exit 2), or it cannot be read.
pub fn ground(cx: &Context<'_>) -> Result<Ground, Failure> {
    find_ground(&cx.repo)?.ok_or_else(|| {
        if let Some(remote) = main_remote(&cx.repo).filter(|_| cx.repo.work_dir().is_some()) {
            let fetched = cx.repo.refs(&format!("refs/remotes/{remote}/"));
            let usual = ["HEAD", "main", "master"].map(|name| format!("refs/remotes/{remote}/{name}"));
            if fetched.is_ok_and(|refs| !refs.iter().any(|(name, _)| usual.contains(name))) {
                return Failure::undetermined(format!(
                    "main of {remote} is not fetched: there is no policy to judge by"
                ))
                .hint(format!("run `git fetch {remote}` with the main branch among what it fetches"));
            }
        }
        Failure::usage(format!("no {POLICY_FILE} on main, as fetched or local"))
            .hint("run `git lineage init` to set this repository up, or fetch main")
    })
}

/// As [`ground`], after fetching what the pipeline works on: its branches and the ledger. Whatever moves
/// branches starts from here: a run that was stopped between its push and what it notes down of it, or
/// another clone, left the remote further than this clone knows.
///
/// # Errors
/// As [`ground`], or the remote cannot be reached.
pub fn refreshed(cx: &Context<'_>) -> Result<Ground, Failure> {
    let before = ground(cx)?;
    let Some(remote) = remote(&cx.repo, before.config()) else { return Ok(before) };
    let branches = &before.config().branches;
    let chart = branches.chart.split_once("{chart}").map_or("", |(start, _)| start);
    let promote = branches.promote.split_once("{tag}").map_or("", |(start, _)| start);
    // With a star, since a branch need not be there; pruned, since a released chart's branch is gone.
    let starts = [branches.main.as_str(), &branches.integration, &branches.release, chart, promote];
    let refspecs = starts.map(|start| format!("+refs/heads/{start}*:refs/remotes/{remote}/{start}*"));
    let refspecs: BTreeSet<&str> = refspecs.iter().map(String::as_str).collect();
    let refspecs: Vec<&str> = refspecs.into_iter().collect();
    cx.repo.fetch_pruning(remote, &refspecs)?;
    cx.repo.fetch_ledger(remote, None)?;
    ground(cx)
}

/// As [`ground`], but none where the repository is not set up.
pub fn find_ground(repo: &Repo) -> Result<Option<Ground>, Failure> {
    let named = repo.config("lineage.policyref");
    let refs: Vec<String> = match (&named, main_remote(repo)) {
        (Some(named), _) => vec![named.clone()],
        // Where there is a remote, only what was fetched of its main line counts: a checkout of somebody's
        // contribution has local branches of its own. What the remote itself calls its main line comes
        // first, since a branch of the usual name may be anybody's.
        (None, Some(remote)) => {
            let mut refs: Vec<String> =
                ["HEAD", "main", "master"].iter().map(|name| format!("refs/remotes/{remote}/{name}")).collect();
            // A bare clone keeps what it fetched under refs/heads, and nobody works in it.
            if repo.work_dir().is_none() {
                refs.extend(["refs/heads/main", "refs/heads/master", "HEAD"].map(str::to_owned));
            }
            refs
        }
        (None, None) => ["refs/heads/main", "refs/heads/master", "HEAD"].map(str::to_owned).to_vec(),
    };
    for name in refs {
        let name = name.as_str();
        let Some(commit) = tip(repo, name)? else { continue };
        let name = usual_name(repo, name, &commit)?;
        let name = name.as_str();
        let Some(policy) = policy_at(repo, &commit, &short(name))? else {
            // A repository with a remote is judged by the remote's main alone: a local one may be ahead.
            if name.starts_with("refs/remotes/") {
                return Ok(None);
            }
            continue;
        };
        let config = &policy.config;
        let own = if name.starts_with("refs/remotes/") {
            format!("refs/remotes/{}/{}", config.repository.remote, config.branches.main)
        } else {
            format!("refs/heads/{}", config.branches.main)
        };
        if name != own
            && named.is_none()
            && let Some(main) = tip(repo, &own)?
        {
            let again = policy_at(repo, &main, &short(&own))?;
            return Ok(again.map(|policy| Ground::new(policy, short(&own), main)));
        }
        return Ok(Some(Ground::new(policy, short(name), commit)));
    }
    Ok(None)
}

/// What people call the branch behind a remote's HEAD.
fn usual_name(repo: &Repo, name: &str, commit: &Oid) -> Result<String, Failure> {
    let Some(prefix) = name.strip_suffix("HEAD").filter(|prefix| !prefix.is_empty()) else {
        return Ok(name.to_owned());
    };
    for branch in ["main", "master"] {
        let usual = format!("{prefix}{branch}");
        if tip(repo, &usual)?.as_ref() == Some(commit) {
            return Ok(usual);
        }
    }
    Ok(name.to_owned())
}

/// The remote whose main line holds the policy: `origin`, or the only one there is.
fn main_remote(repo: &Repo) -> Option<String> {
    let mut remotes = repo.remotes();
    if remotes.iter().any(|name| name == "origin") {
        return Some("origin".to_owned());
    }
    remotes.pop().filter(|_| remotes.is_empty())
}

/// The settings of a repository that is not set up: enough to look, not to judge.
pub fn unconfigured() -> Config {
    Config {
        version: 1,
        flow: crate::model::config::Flow::Direct,
        forge: crate::model::config::Forge::Local,
        changelog: crate::model::config::ChangelogMode::File,
        predicate_prefix: String::new(),
        repository: Repository { id: String::new(), remote: "origin".to_owned(), rehearsal: false },
        charts: Charts::default(),
        tag: Tag::default(),
        branches: Branches::default(),
        semver: crate::model::config::Semver::default(),
        checks: Vec::new(),
        images: Vec::new(),
        required: crate::model::config::Required::default(),
        sign: crate::model::config::Sign::default(),
        trust: crate::model::config::Trust::default(),
        people: Vec::new(),
        publish: crate::model::config::Publish::default(),
        channels: BTreeMap::new(),
        github: crate::model::config::GitHub::default(),
    }
}

/// The policy at a commit; none where it has no `lineage.toml`.
///
/// # Errors
/// It is malformed (exit 2), or of a newer version (exit 3).
pub fn policy_at(repo: &Repo, commit: &Oid, origin: &str) -> Result<Option<Policy>, Failure> {
    match repo.file_at(commit, POLICY_FILE)? {
        Some(bytes) => parse_policy(&format!("{POLICY_FILE} at {origin}"), &bytes).map(Some),
        None => Ok(None),
    }
}

/// A policy from its bytes; `file` names it in errors.
///
/// # Errors
/// As [`policy_at`].
pub fn parse_policy(file: &str, bytes: &[u8]) -> Result<Policy, Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{file} is not UTF-8 text")).hint("save it as UTF-8"))?;
    let config = Config::parse(file, text).map_err(from_config)?;
    Ok(Policy { config, digest: Sha256::of(bytes) })
}

/// A branch as the remote has it (as fetched), or the local one where there is no such remote.
pub fn branch_tip(repo: &Repo, config: &Config, branch: &str) -> Result<Option<Oid>, Failure> {
    tip(repo, &branch_ref(repo, config, branch))
}

/// The ref [`branch_tip`] reads.
pub fn branch_ref(repo: &Repo, config: &Config, branch: &str) -> String {
    if repo.has_remote(&config.repository.remote) {
        format!("refs/remotes/{}/{branch}", config.repository.remote)
    } else {
        format!("refs/heads/{branch}")
    }
}

/// The remote, if the repository has it.
pub fn remote<'c>(repo: &Repo, config: &'c Config) -> Option<&'c str> {
    let remote = config.repository.remote.as_str();
    repo.has_remote(remote).then_some(remote)
}

/// What a person calls a protected ref: a branch, a remote-tracking branch, or a commit's whole id. A tag
/// has to be spelled in full: in git's own order of names it would come before a branch, and anybody who
/// may push a tag could then choose the policy.
///
/// # Errors
/// Nothing is called so.
pub fn branch_or_commit(repo: &Repo, name: &str) -> Result<Oid, Failure> {
    let full = [name.to_owned(), format!("refs/remotes/{name}"), format!("refs/heads/{name}")];
    for candidate in full.iter().filter(|candidate| candidate.starts_with("refs/")) {
        if let Some(commit) = tip(repo, candidate)? {
            return Ok(commit);
        }
    }
    match Oid::parse(name) {
        Some(oid) => Ok(repo.commit(&oid)?.oid),
        None => Err(Failure::usage(format!("no branch or commit is called {name}"))
            .hint("name a branch (`origin/main`), a whole ref (`refs/tags/…`) or a whole commit id")),
    }
}

fn tip(repo: &Repo, name: &str) -> Result<Option<Oid>, Failure> {
    if name == "HEAD" {
        return match repo.head() {
            Ok(oid) => Ok(Some(oid)),
            Err(crate::git::Error::Unborn(_)) => Ok(None),
            Err(error) => Err(error.into()),
        };
    }
    match repo.find_ref(name)? {
        Some(oid) => Ok(Some(repo.commit_id(oid.as_str())?)),
        None => Ok(None),
    }
}

fn short(name: &str) -> String {
    name.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/").to_owned()
}
