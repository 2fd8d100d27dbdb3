//! What differs right below a directory: enough to say which charts changed, without a full diff.

use std::collections::BTreeSet;

use gix::bstr::ByteSlice as _;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::objects::oid;
use super::trees::Entries;
use super::{Error, Repo};
use crate::model::Oid;

/// One side of a [`ChangedEntry`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub oid: Oid,
    /// A directory; otherwise a file, a link or a submodule.
    pub tree: bool,
}

/// A name right below a directory that is not the same in two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedEntry {
    pub name: String,
    pub before: Option<Entry>,
    pub after: Option<Entry>,
}

impl Repo {
    /// The names right below `root` that two commits do not share alike, in bytewise order. Equal trees
    /// are never opened, so that this costs a handful of objects. A name that is not UTF-8 is shown with
    /// replacement characters.
    ///
    /// # Errors
    /// An object on the way is missing or damaged.
    pub fn changed_entries(&self, base: &Oid, head: &Oid, root: &str) -> Result<Vec<ChangedEntry>, Error> {
        let (before, after) = (self.tree_at(base, root)?, self.tree_at(head, root)?);
        if before == after {
            return Ok(Vec::new());
        }
        let entries = |tree: Option<Oid>| match tree {
            Some(tree) => self.entries(self.id(&tree)?),
            None => Ok(Entries::new()),
        };
        let (before, after) = (entries(before)?, entries(after)?);
        let names: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
        let side = |entries: &Entries, name: &Vec<u8>| {
            entries.get(name).map(|entry| Entry { oid: oid(entry.id), tree: entry.kind() == EntryKind::Tree })
        };
        Ok(names
            .into_iter()
            .filter(|name| before.get(*name) != after.get(*name))
            .map(|name| ChangedEntry {
                name: name.to_str_lossy().into_owned(),
                before: side(&before, name),
                after: side(&after, name),
            })
            .collect())
    }

    /// The blob a tree has under a name right in it: a file's, or a link's own; none where there is none.
    ///
    /// # Errors
    /// The tree is missing or damaged.
    pub fn file_in(&self, tree: &Oid, name: &str) -> Result<Option<Oid>, Error> {
        let entry = self.entry_at(self.id(tree)?, name)?;
        Ok(entry.filter(|entry| !matches!(entry.kind(), EntryKind::Tree | EntryKind::Commit)).map(|e| oid(e.id)))
    }

    /// The bytes of a blob.
    ///
    /// # Errors
    /// It is missing, damaged, or no blob.
    pub fn blob(&self, blob: &Oid) -> Result<Vec<u8>, Error> {
        self.read_kind(self.id(blob)?, Kind::Blob)
    }
}

#[cfg(test)]
#[path = "roots_tests.rs"]
mod tests;
