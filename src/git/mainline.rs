//! The first-parent history: what a protected branch looked like, one merge at a time.
//!
//! A verdict rests on these walks, so every object on the way is hashed again and no commit-graph is asked.

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
        let mut commit = self.commit(head)?;
        let mut here = self.subtree(&commit, path)?;
        loop {
            let Some(parent) = self.first_parent(&commit)? else {
                if here.is_some() {
                    keep(&commit, here.as_ref());
                }
                return Ok(());
            };
            let there = self.subtree(&parent, path)?;
            if here != there && !keep(&commit, here.as_ref()) {
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
        keep: &mut dyn FnMut(&Commit, Option<&Oid>) -> bool,
    ) -> Result<(), Error> {
        let mut commit = self.commit(head)?;
        loop {
            let file = self.file_id(&commit.oid, path)?;
            if !keep(&commit, file.as_ref()) {
                return Ok(());
            }
            match self.first_parent(&commit)? {
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
        let mut here = self.commit(head)?;
        loop {
            if here.oid == *commit {
                return Ok(true);
            }
            match self.first_parent(&here)? {
                Some(parent) => here = parent,
                None => return Ok(false),
            }
        }
    }

    /// The commit that brought the tree which `head` has at `path` to `head`'s first-parent history:
    /// the oldest of the unbroken run that has it. None if `head` has no tree there.
    ///
    /// # Errors
    /// `Shallow` where the clone ends inside that run.
    pub fn landing(&self, head: &Oid, path: &str) -> Result<Option<Commit>, Error> {
        let mut commit = self.commit(head)?;
        let Some(wanted) = self.subtree(&commit, path)? else { return Ok(None) };
        while let Some(parent) = self.first_parent(&commit)? {
            if self.subtree(&parent, path)?.as_ref() != Some(&wanted) {
                break;
            }
            commit = parent;
        }
        Ok(Some(commit))
    }

    /// The tree a commit has at a path.
    fn subtree(&self, commit: &Commit, path: &str) -> Result<Option<Oid>, Error> {
        use gix::objs::tree::EntryKind;
        let entry = self.entry_at(self.id(&commit.tree)?, path)?;
        Ok(entry.filter(|entry| entry.kind() == EntryKind::Tree).map(|entry| super::objects::oid(entry.id)))
    }

    /// A commit's first parent; none for a root.
    fn first_parent(&self, commit: &Commit) -> Result<Option<Commit>, Error> {
        let Some(parent) = commit.parents.first() else { return Ok(None) };
        let id = self.id(&commit.oid)?;
        if let Ok(Some(cuts)) = self.inner.shallow_commits()
            && cuts.contains(&id)
        {
            return Err(Error::Shallow(commit.oid.to_string()));
        }
        self.commit(parent).map(Some)
    }
}

#[cfg(test)]
#[path = "mainline_tests.rs"]
mod tests;
