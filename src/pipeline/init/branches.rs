//! The long-lived branches: created from main where they are missing, refused where they would not do.

use super::Site;
use super::github::Origin;
use crate::git::Repo;
use crate::git::transport::PushRef;
use crate::model::config::{Config, Flow};
use crate::model::{Failure, Oid, Plan};
use crate::pipeline::Context;

/// A long-lived branch.
pub(super) struct Branch {
    name: String,
    local: Option<Oid>,
    there: Option<Oid>,
    /// Whether there is a remote to have it.
    remote: bool,
    /// What it begins as, where that is not main.
    origin: Option<Oid>,
}

impl Branch {
    /// The ref to push; `main` is where a branch that exists nowhere begins.
    pub(super) fn push(&self, main: &Oid) -> Option<PushRef> {
        if !self.remote || self.there.is_some() {
            return None;
        }
        let new = self.local.as_ref().or(self.origin.as_ref()).unwrap_or(main).clone();
        Some(PushRef { reference: format!("refs/heads/{}", self.name), expect: None, new: Some(new) })
    }

    /// Creates the local branch, unless it exists.
    pub(super) fn create(&self, repo: &Repo, main: &Oid) -> Result<(), Failure> {
        if self.local.is_some() {
            return Ok(());
        }
        let at = self.there.as_ref().or(self.origin.as_ref()).unwrap_or(main);
        repo.set_ref(&format!("refs/heads/{}", self.name), None, at, "lineage: init").map_err(Into::into)
    }
}

/// Looks at every branch before any is made. Names come first: git cannot hold a branch and a directory
/// of that name at once (P-01).
pub(super) fn plan(
    cx: &Context<'_>,
    site: &Site,
    config: &Config,
    was_set_up: bool,
    origin: Option<&Origin>,
    plan: &mut Plan,
) -> Result<Vec<Branch>, Failure> {
    let mut names = Vec::new();
    if config.flow == Flow::Integration {
        names.push(config.branches.integration.clone());
    }
    names.push(config.branches.release.clone());
    let remote = site.remote.as_deref();
    for name in &names {
        cx.repo.check_branch_name(name, remote)?;
    }
    if config.flow == Flow::Integration {
        for chart in &site.layout.charts {
            cx.repo.check_branch_name(&config.chart_branch(chart), remote)?;
        }
    }
    let mut branches = Vec::new();
    for name in names {
        let local = cx.repo.find_ref(&format!("refs/heads/{name}"))?;
        let there = site.there.get(&name).cloned();
        if let (Some(remote), Some(there)) = (remote, &there) {
            let fetched = cx.repo.find_ref(&format!("refs/remotes/{remote}/{name}"))?;
            if fetched.as_ref() != Some(there) {
                return Err(Failure::conflict(format!("{name} at {remote} is not the one fetched here"))
                    .hint(format!("run `git fetch {remote}`, then `git lineage init` again")));
            }
        }
        // Once it is set up, branches go their ways; before, one that left main is somebody's own.
        if !was_set_up && name != config.branches.release {
            for tip in local.iter().chain(&there) {
                not_diverged(&cx.repo, site, &name, tip)?;
            }
        }
        let origin = origin.filter(|_| name == config.branches.release);
        let place = remote.map_or_else(String::new, |remote| format!(" here and at {remote}"));
        if local.is_some() && (there.is_some() || remote.is_none()) {
            plan.done(format!("the branch {name} exists"));
        } else if let (Some(remote), true) = (remote, there.is_some()) {
            plan.needed(format!("create the branch {name} here, as {remote} has it"));
        } else {
            let from = origin.as_ref().map_or(&site.main_name, |origin| &origin.name);
            plan.needed(format!("create the branch {name} from {from}{place}"));
        }
        let origin = origin.map(|origin| origin.at.clone());
        branches.push(Branch { name, local, there, remote: remote.is_some(), origin });
    }
    Ok(branches)
}

/// MG-1: a branch that neither holds main nor is held by it is not one to build on.
fn not_diverged(repo: &Repo, site: &Site, name: &str, tip: &Oid) -> Result<(), Failure> {
    if repo.is_ancestor(&site.main, tip)? || repo.is_ancestor(tip, &site.main)? {
        return Ok(());
    }
    Err(Failure::conflict(format!("the branch {name} exists and has diverged from {}", site.main_name)).hint(
        format!(
            "merge {} into {name}, rename it, or choose `--flow direct`, then run `git lineage init` again",
            site.main_name
        ),
    ))
}
