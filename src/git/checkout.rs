//! The work tree after a branch moved under it, and whether it holds work nobody committed.

use gix::ObjectId;

use super::{Error, Repo};
use crate::model::Oid;

/// So many moves of a branch are looked back on for the one the work tree was made from.
const LOOKED_BACK: usize = 50;

impl Repo {
    /// Makes the work tree (if there is one and it is on `branch`) and index match the branch's commit.
    /// Where that would overwrite work that is not committed, git refuses and nothing changes; other
    /// changed files are carried over, as `git checkout` does.
    pub fn checkout(&self, branch: &str) -> Result<(), Error> {
        if self.work_dir().is_none() || self.branch()?.as_deref() != Some(branch) {
            return Ok(());
        }
        let new = self.head()?;
        let index = self.git(&["write-tree"])?.ok("write-tree")?;
        let index = Oid::parse(index.trim());
        let made = self.commit(&new)?.tree;
        if index.as_ref() == Some(&made) && !self.is_dirty("")? {
            return Ok(());
        }
        // What the work tree was made from: the state of the branch that the index shows, else the one before
        // its last move.
        let past = self.past(branch)?;
        let mut shown = None;
        for commit in past.iter().chain([&new]) {
            if Some(&self.commit(commit)?.tree) == index.as_ref() {
                shown = Some(commit.clone());
                break;
            }
        }
        let old = match shown.or_else(|| past.first().cloned()) {
            Some(commit) => commit,
            None => match self.commit(&new)?.parents.into_iter().next() {
                Some(parent) => parent,
                None => super::objects::oid(ObjectId::empty_tree(self.inner.object_hash())),
            },
        };
        // git's two-way merge: refuses over what would be lost, and knows filters and line ends.
        self.git(&["read-tree", "-m", "-u", old.as_str(), new.as_str()])?.ok("read-tree").map(|_| ())
    }

    /// The commits a branch was at before, newest first, as far as its reflog says and they are there.
    fn past(&self, branch: &str) -> Result<Vec<Oid>, Error> {
        let read =
            |source: gix::Error| Error::Read { what: format!("the reflog of {branch}"), source: source.into() };
        let reference = self.inner.find_reference(&format!("refs/heads/{branch}")).map_err(read)?;
        let mut platform = reference.log_iter();
        let mut past = Vec::new();
        for line in
            platform.rev().map_err(|e| read(gix::Error::from_error(e)))?.into_iter().flatten().take(LOOKED_BACK)
        {
            let Ok(line) = line else { break };
            let old = line.previous_oid;
            if !old.is_null() && self.inner.has_object(old) {
                past.push(super::objects::oid(old));
            }
        }
        Ok(past)
    }

    /// Whether tracked files of the work tree differ from HEAD below `path` (everywhere if empty), staged or
    /// not. A bare repository is never dirty.
    pub fn is_dirty(&self, path: &str) -> Result<bool, Error> {
        if self.work_dir().is_none() {
            return Ok(false);
        }
        // `:(top,literal)`: no character of the path means anything but itself.
        let pathspec = format!(":(top,literal){path}");
        let options = ["--no-optional-locks", "status", "--porcelain=v1", "--untracked-files=no"];
        let arguments = [&options[..], &["--no-renames", "--", &pathspec]].concat();
        Ok(!self.git(&arguments)?.ok("status")?.is_empty())
    }
}

#[cfg(test)]
#[path = "checkout_tests.rs"]
mod tests;
