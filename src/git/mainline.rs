//! The first-parent history: what a protected branch looked like, one merge at a time.
//!
//! A verdict rests on these walks, so every object on the way is hashed again and no commit-graph is asked.

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::objects::oid;
use super::{Commit, Error, Repo};
use crate::model::Oid;

impl Repo {
    /// The first-parent history from `head`, newest first: each commit at which the tree at `path`
    /// differs from its first parent's, with the tree it has there (none: absent). Goes on while `keep`
    /// returns true.
    ///
    /// # Errors
    /// `Shallow` where the clone ends while `keep` still asks for more.
    pub fn first_parent_changes(
        &self,
        head: &Oid,
        path: &str,
        keep: &mut dyn FnMut(&Commit, Option<&Oid>) -> bool,
    ) -> Result<(), Error> {
        let cuts = self.cuts()?;
        let mut commit = self.id(head)?;
        let mut here = self.subtree(commit, path)?;
        loop {
            let Some(parent) = self.first_parent(commit, &cuts)? else {
                if here.is_some() {
                    keep(&self.commit_by(commit)?, here.map(oid).as_ref());
                }
                return Ok(());
            };
            let there = self.subtree(parent, path)?;
            if here != there && !keep(&self.commit_by(commit)?, here.map(oid).as_ref()) {
                return Ok(());
            }
            (commit, here) = (parent, there);
        }
    }

    /// The first-parent history from `head`, newest first: each commit with the blob of the file it has at
    /// `path` (links followed; none: absent). Goes on while `keep` returns true.
    ///
    /// # Errors
    /// `Shallow` where the clone ends while `keep` still asks for more.
    pub fn first_parent_files(
        &self,
        head: &Oid,
        path: &str,
        keep: &mut dyn FnMut(&Oid, Option<&Oid>) -> bool,
    ) -> Result<(), Error> {
        let cuts = self.cuts()?;
        let mut commit = self.id(head)?;
        loop {
            let here = oid(commit);
            let file = self.file_id(&here, path)?;
            if !keep(&here, file.as_ref()) {
                return Ok(());
            }
            match self.first_parent(commit, &cuts)? {
                Some(parent) => commit = parent,
                None => return Ok(()),
            }
        }
    }

    /// Whether `commit` is on the first-parent history of `head`.
    ///
    /// # Errors
    /// `Shallow` where the clone ends before it was met.
    pub fn on_first_parent(&self, commit: &Oid, head: &Oid) -> Result<bool, Error> {
        match self.id(commit) {
            Ok(commit) => self.is_on_line(commit, self.id(head)?),
            // An id of the other hash names nothing here.
            Err(_) => Ok(false),
        }
    }

    /// The commit that brought the tree which `head` has at `path` to `head`'s first-parent history:
    /// the oldest of the unbroken run that has it. None if `head` has no tree there.
    ///
    /// # Errors
    /// `Shallow` where the clone ends inside that run.
    pub fn landing(&self, head: &Oid, path: &str) -> Result<Option<Commit>, Error> {
        let cuts = self.cuts()?;
        let mut commit = self.id(head)?;
        let Some(wanted) = self.subtree(commit, path)? else { return Ok(None) };
        while let Some(parent) = self.first_parent(commit, &cuts)? {
            if self.subtree(parent, path)? != Some(wanted) {
                break;
            }
            commit = parent;
        }
        self.commit_by(commit).map(Some)
    }

    /// The tree a commit has at a path.
    fn subtree(&self, commit: ObjectId, path: &str) -> Result<Option<ObjectId>, Error> {
        let entry = self.entry_at(self.links_of(commit)?.tree, path)?;
        Ok(entry.filter(|entry| entry.kind() == EntryKind::Tree).map(|entry| entry.id))
    }
}

#[cfg(test)]
#[path = "mainline_tests.rs"]
mod tests;
