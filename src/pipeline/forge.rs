//! Merges and branches by git alone, in the remote itself: what the local forge has in the place of pull requests,
//! and what moves branches on any.

use std::collections::BTreeMap;

use super::Context;
use super::ground::{self, Ground};
use crate::git::Edit;
use crate::git::transport::PushRef;
use crate::model::{Failure, Oid};

/// A squash merge of one directory's content: `base` gets one commit whose tree is its own with
/// `directory` as `head` has it.
pub struct Squash<'a> {
    /// The branch merged into.
    pub base: &'a str,
    /// What it must be at.
    pub base_tip: &'a Oid,
    pub head_tip: &'a Oid,
    /// What is taken over; everything else stays as the base has it.
    pub directory: &'a str,
    pub message: &'a str,
}

/// Merges, and pushes the base with a lease on what was read.
///
/// # Errors
/// The base moved (exit 4), or the repository or remote cannot be written.
pub fn squash(cx: &Context<'_>, ground: &Ground, merge: &Squash<'_>) -> Result<Oid, Failure> {
    let edits = take(cx, merge.head_tip, merge.directory)?;
    let tree = cx.repo.edit_tree(Some(merge.base_tip), &edits)?;
    let commit = cx.repo.write_commit(&tree, std::slice::from_ref(merge.base_tip), merge.message, cx.now)?;
    move_branch(cx, ground, merge.base, Some(merge.base_tip), &commit)?;
    Ok(commit)
}

/// The edit that gives a directory the content a commit has there: the subtree by its id, so that
/// deletions come along.
///
/// # Errors
/// The repository cannot be read.
pub fn take(cx: &Context<'_>, from: &Oid, directory: &str) -> Result<BTreeMap<String, Edit>, Failure> {
    let edit = match cx.repo.tree_at(from, directory)? {
        Some(oid) => Edit::Entry { oid, tree: true },
        None => Edit::Remove,
    };
    Ok(BTreeMap::from([(directory.to_owned(), edit)]))
}

/// Moves a branch where the pipeline works: on the remote with a lease, or locally where there is none.
///
/// # Errors
/// The branch is not where it was (exit 4), a name conflict, or nothing can be written.
pub fn move_branch(
    cx: &Context<'_>,
    ground: &Ground,
    branch: &str,
    old: Option<&Oid>,
    new: &Oid,
) -> Result<(), Failure> {
    match ground::remote(&cx.repo, ground.config()) {
        Some(remote) => Ok(cx.repo.push(remote, &[branch_push(branch, old, Some(new))])?),
        None => {
            cx.repo.set_ref(&format!("refs/heads/{branch}"), old, new, "git lineage")?;
            // Checked out, it takes its work tree along; left behind, the next commit would undo the move.
            Ok(cx.repo.checkout(branch)?)
        }
    }
}

/// A branch's part of an atomic push.
pub fn branch_push(branch: &str, old: Option<&Oid>, new: Option<&Oid>) -> PushRef {
    PushRef { reference: format!("refs/heads/{branch}"), expect: old.cloned(), new: new.cloned() }
}
