//! Changes of trust on main, and who vouched for them.
//!
//! What `lineage.toml` trusts and requires is measured as one digest. Each commit of main's own line, its
//! first-parent history, that changes the digest needs a `policy` statement signed by somebody whom the
//! policy before that commit trusts for it. So does each that drops or weakens a revocation; to add one is
//! free, and no part of the digest. From where a clone pinned its trust, it follows main over such
//! changes by itself and over no others.

use std::collections::HashMap;
use std::rc::Rc;

use super::Context;
use super::ground::{Ground, POLICY_FILE, parse_policy};
use crate::git::{self, Repo};
use crate::model::{Failure, Oid, Policy, Revoked, Sha256};

pub mod change;
mod vouch;

pub use vouch::Vouched;

#[cfg(test)]
mod tests;

/// A commit that changed what main trusts or requires.
#[derive(Clone, Debug)]
pub struct Change {
    /// The commit.
    pub commit: Oid,
    /// Its first parent.
    pub parent: Oid,
    /// The trust digest before; none where there was no usable policy.
    pub from: Option<Sha256>,
    /// The trust digest after, likewise.
    pub to: Option<Sha256>,
    /// What it no longer revokes, or only since a later date, in words.
    pub dropped: Vec<String>,
    /// Who vouched for it.
    pub vouched: Vouched,
}

/// How the trust of one commit of main stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is what was pinned, or led to from there by changes somebody trusted vouched for.
    Accepted(Sha256),
    /// It is not: the number of the change in [`Line::changes`] that nobody vouched for.
    Left(usize),
    /// The trust that was pinned is not the one main had where it was pinned.
    Unlike,
}

/// main's own line after a commit.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its commits from that one on, oldest first, and how the trust stands at each.
    commits: Vec<(Oid, Standing)>,
    /// The changes of trust on it, oldest first.
    pub changes: Vec<Change>,
    /// What any commit revoked from the last accepted one on, where one of them is not accepted.
    kept: Revoked,
}

/// What counts as revoked for a verdict by `policy`: what that revokes, what main revokes today, and what main
/// revoked since the pin and dropped again with nobody's word for it. Such a change is not accepted, and what
/// it would make count again does not.
///
/// # Errors
/// The pin, the history or the ledger cannot be read, or the history is cut short.
pub fn revoked(cx: &Context<'_>, ground: &Ground, policy: Option<&Policy>) -> Result<Revoked, Failure> {
    let revoked = Revoked::by(policy.into_iter().chain([&ground.policy]));
    if let Some(kept) = ground.kept.get() {
        return Ok(revoked.and(kept));
    }
    let line = match cx.cache.pin()? {
        Some(pin) => Line::since(cx, &ground.main, &pin.trusted_at, pin.trust)?,
        None => None,
    };
    let kept = line.map(|line| line.kept).unwrap_or_default();
    Ok(revoked.and(ground.kept.get_or_init(|| kept)))
}

impl Line {
    /// main's line from `since` on, where the trust `pinned` is accepted. None where `since` is not on it.
    ///
    /// # Errors
    /// The history or the ledger cannot be read, or is cut short.
    pub fn since(cx: &Context<'_>, main: &Oid, since: &Oid, pinned: Sha256) -> Result<Option<Self>, Failure> {
        let found = walk(&cx.repo, main, Some(since))?;
        if found.first().is_none_or(|first| first.commit != *since) {
            return Ok(None);
        }
        Self::judged(cx, &found, Some(pinned)).map(Some)
    }

    /// main's whole line since it has a policy, each change of trust on its own: to be looked at, since nothing
    /// is accepted where nothing is pinned.
    ///
    /// # Errors
    /// As [`Line::since`].
    pub fn whole(cx: &Context<'_>, main: &Oid) -> Result<Self, Failure> {
        Self::judged(cx, &walk(&cx.repo, main, None)?, None)
    }

    /// How the trust stands right before a commit; none where that is not on this line.
    pub fn before(&self, commit: &Oid) -> Option<&Standing> {
        let at = self.commits.iter().position(|(oid, _)| oid == commit)?;
        self.commits.get(at.checked_sub(1)?).map(|(_, standing)| standing)
    }

    /// How the trust stands at the end.
    pub fn last(&self) -> Option<&Standing> {
        self.commits.last().map(|(_, standing)| standing)
    }

    /// As far as the trust is accepted: the last such commit, and its trust.
    pub fn accepted(&self) -> Option<(&Oid, Sha256)> {
        self.commits.iter().rev().find_map(|(oid, standing)| match standing {
            Standing::Accepted(trust) => Some((oid, *trust)),
            Standing::Left(_) | Standing::Unlike => None,
        })
    }

    fn judged(cx: &Context<'_>, found: &[Found], pinned: Option<Sha256>) -> Result<Self, Failure> {
        let mut policies = Policies::default();
        let mut line = Self { commits: Vec::new(), changes: Vec::new(), kept: Revoked::default() };
        let mut before: Option<(&Found, Option<Rc<Policy>>)> = None;
        // The first change nobody vouched for. Nothing after it is accepted, not even the same trust again:
        // main was in hands that nobody vouched for, and a person has to look.
        let mut left = None;
        let mut unlike = false;
        for at in found {
            let policy = policies.of(&cx.repo, at.file.as_ref())?;
            let trust = trust_of(policy.as_deref());
            if let Some((parent, older)) = &before
                && let lost = lost(older.as_deref(), policy.as_deref())
                && (trust_of(older.as_deref()) != trust || !lost.is_empty())
            {
                let vouched = if left.is_none() {
                    let step = vouch::Step {
                        parent: &parent.commit,
                        before: older.as_deref(),
                        file: at.file.as_ref(),
                        after: policy.as_deref(),
                    };
                    vouch::vouched(cx, &mut policies, &step)?
                } else {
                    Vouched::Nobody("what main trusted before it is not accepted either".to_owned())
                };
                // Where nothing is accepted yet, nothing can be left.
                if pinned.is_some() && left.is_none() && !matches!(vouched, Vouched::By { .. }) {
                    left = Some(line.changes.len());
                    line.kept = Revoked::by(older.as_deref());
                }
                let (commit, parent) = (at.commit.clone(), parent.commit.clone());
                let from = trust_of(older.as_deref());
                line.changes.push(Change { commit, parent, from, to: trust, dropped: lost.in_words(), vouched });
            }
            unlike |= line.commits.is_empty() && pinned.is_some() && trust != pinned;
            if left.is_some() || unlike {
                line.kept = line.kept.and(&Revoked::by(policy.as_deref()));
            }
            let standing = match (trust, left) {
                (_, Some(number)) => Standing::Left(number),
                (Some(trust), None) if !unlike => Standing::Accepted(trust),
                (_, None) => Standing::Unlike,
            };
            line.commits.push((at.commit.clone(), standing));
            // main's history from before it had a policy is no change of it.
            if pinned.is_some() || policy.is_some() || before.is_some() {
                before = Some((at, policy));
            }
        }
        Ok(line)
    }
}

/// What the policy before a commit revokes and the one after it does not.
fn lost(before: Option<&Policy>, after: Option<&Policy>) -> Revoked {
    Revoked::by(before).lost_in(&Revoked::by(after))
}

fn trust_of(policy: Option<&Policy>) -> Option<Sha256> {
    policy.map(|policy| policy.config.trust_digest())
}

/// A commit of main's line with the policy file it has.
struct Found {
    commit: Oid,
    file: Option<Oid>,
}

/// main's line up to `since`, or to its root, oldest first.
fn walk(repo: &Repo, main: &Oid, since: Option<&Oid>) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    let walked = repo.first_parent_files(main, POLICY_FILE, &mut |commit, file| {
        found.push(Found { commit: commit.clone(), file: file.cloned() });
        since != Some(commit)
    });
    walked?;
    found.reverse();
    Ok(found)
}

/// Policies by the blob of their file, parsed once.
#[derive(Default)]
struct Policies(HashMap<Oid, Option<Rc<Policy>>>);

impl Policies {
    /// The policy in a file; none where there is no file, or none that could be used.
    fn of(&mut self, repo: &Repo, file: Option<&Oid>) -> Result<Option<Rc<Policy>>, git::Error> {
        let Some(file) = file else { return Ok(None) };
        if let Some(known) = self.0.get(file) {
            return Ok(known.clone());
        }
        // A file that is damaged, or of a later version, trusts nobody: whatever comes of it is refused.
        let policy = parse_policy(POLICY_FILE, &repo.blob(file)?).ok().map(Rc::new);
        self.0.insert(file.clone(), policy.clone());
        Ok(policy)
    }
}
