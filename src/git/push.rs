//! Pushing: all or nothing, every ref leased on what it was seen to be, and never a `+`.

use std::collections::HashMap;

use super::transport::PushRef;
use super::{Error, Repo};
use crate::model::Oid;

/// Why a remote refuses a ref that is not what the lease says: somebody was faster.
const LOST: [&str; 8] = [
    "stale info",
    "fetch first",
    "non-fast-forward",
    "already exists",
    "needs force",
    "incorrect old value",
    "but expected",
    "failed to update ref",
];

impl Repo {
    /// Pushes all or nothing (`--atomic`), each ref leased on what it is expected to be. What the remote
    /// already has is left out. `Raced` where a lease fails. Updates the remote-tracking refs.
    pub fn push(&self, remote: &str, refs: &[PushRef]) -> Result<(), Error> {
        let there: HashMap<String, Oid> = self.remote_refs(remote, &[])?.into_iter().collect();
        let needed: Vec<&PushRef> =
            refs.iter().filter(|wanted| there.get(&wanted.reference) != wanted.new.as_ref()).collect();
        if needed.is_empty() {
            return Ok(());
        }
        let moved = needed.iter().find(|wanted| there.get(&wanted.reference) != wanted.expect.as_ref());
        if let Some(moved) = moved {
            return Err(Error::Raced(moved.reference.clone()));
        }
        let mut arguments: Vec<String> =
            ["push", "--atomic", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"]
                .map(str::to_owned)
                .to_vec();
        for PushRef { reference, expect, .. } in &needed {
            let expect = expect.as_ref().map_or("", Oid::as_str);
            arguments.push(format!("--force-with-lease={reference}:{expect}"));
        }
        arguments.extend(["--".to_owned(), self.remote_argument(remote)?]);
        for PushRef { reference, new, .. } in &needed {
            arguments.push(format!("{}:{reference}", new.as_ref().map_or("", Oid::as_str)));
        }
        let said = self.git(&arguments)?;
        if said.done { Ok(()) } else { Err(refusal(&said.out, &said.err)) }
    }
}

/// What a failed push means. With `--atomic` every ref fails; only one of them says why.
fn refusal(out: &str, err: &str) -> Error {
    if let Some(conflict) = conflict(err).or_else(|| conflict(out)) {
        return conflict;
    }
    // `!<TAB><from>:<to><TAB>[remote rejected] (reason)`
    for line in out.lines().filter_map(|line| line.strip_prefix("!\t")) {
        let Some((refspec, summary)) = line.split_once('\t') else { continue };
        let reference = refspec.rsplit_once(':').map_or(refspec, |(_, to)| to);
        if LOST.iter().any(|reason| summary.contains(reason)) {
            return Error::Raced(reference.to_owned());
        }
    }
    if let Some(reference) = lost_lock(err).or_else(|| lost_lock(out)) {
        return Error::Raced(reference);
    }
    let reasons = out.lines().filter_map(|line| line.strip_prefix("!\t"));
    let told: Vec<String> =
        [err.to_owned()].into_iter().chain(reasons.map(|line| line.replace('\t', " "))).collect();
    Error::Git { command: "push".to_owned(), stderr: told.join("\n").trim().to_owned() }
}

/// The ref whose lock somebody else held, or that was not what it was expected to be:
/// `cannot lock ref 'refs/x': is at 1… but expected 2…`.
pub(super) fn lost_lock(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (_, after) = line.split_once("cannot lock ref '")?;
        let (reference, why) = after.split_once('\'')?;
        let lost = ["but expected", "already exists", "File exists", "unable to resolve reference"];
        lost.iter().any(|reason| why.contains(reason)).then(|| reference.to_owned())
    })
}

/// `cannot lock ref 'a/b': 'a' exists; cannot create 'a/b'`.
fn conflict(text: &str) -> Option<Error> {
    text.lines().find_map(|line| {
        let (_, after) = line.split_once("cannot lock ref '")?;
        let (wanted, why) = after.split_once("': '")?;
        let (existing, _) = why.split_once("' exists; cannot create")?;
        Some(Error::RefConflict { wanted: wanted.to_owned(), existing: existing.to_owned() })
    })
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
