//! Trees: entries by path, and how two trees differ.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind;
use gix::objs::tree::{EntryKind, EntryMode};

use super::objects::oid;
use super::{Error, Repo};
use crate::model::Oid;

/// An entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub mode: EntryMode,
    pub id: ObjectId,
}

impl Entry {
    pub(super) fn kind(self) -> EntryKind {
        self.mode.kind()
    }
}

/// A tree's entries by name, as bytes.
pub(super) type Entries = BTreeMap<Vec<u8>, Entry>;

impl Repo {
    /// The entries of a tree, hashed again.
    pub(super) fn entries(&self, tree: ObjectId) -> Result<Entries, Error> {
        let data = self.read_kind(tree, Kind::Tree)?;
        let malformed = |why: &str| Error::Read { what: format!("tree {tree}"), source: why.to_owned().into() };
        let mut entries = Entries::new();
        for entry in gix::objs::TreeRefIter::from_bytes(&data, tree.kind()) {
            let entry = entry.map_err(|e| malformed(&e.to_string()))?;
            let named = Entry { mode: entry.mode, id: entry.oid.to_owned() };
            if entries.insert(entry.filename.to_vec(), named).is_some() {
                return Err(malformed("a name occurs twice"));
            }
        }
        Ok(entries)
    }

    /// The entry at `path` below a tree; the tree itself for the empty path. Links are not followed.
    pub(super) fn entry_at(&self, tree: ObjectId, path: &str) -> Result<Option<Entry>, Error> {
        let mut here = Entry { mode: EntryKind::Tree.into(), id: tree };
        for name in components(path) {
            if here.kind() != EntryKind::Tree {
                return Ok(None);
            }
            match self.entry_in(here.id, name.as_bytes())? {
                Some(entry) => here = entry,
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    /// The entry of one name, without keeping the others.
    fn entry_in(&self, tree: ObjectId, name: &[u8]) -> Result<Option<Entry>, Error> {
        let data = self.read_kind(tree, Kind::Tree)?;
        let malformed = |why: &str| Error::Read { what: format!("tree {tree}"), source: why.to_owned().into() };
        let mut found = None;
        for entry in gix::objs::TreeRefIter::from_bytes(&data, tree.kind()) {
            let entry = entry.map_err(|e| malformed(&e.to_string()))?;
            if entry.filename == name
                && found.replace(Entry { mode: entry.mode, id: entry.oid.to_owned() }).is_some()
            {
                return Err(malformed("a name occurs twice"));
            }
        }
        Ok(found)
    }

    /// The tree of a commit.
    pub(super) fn root(&self, commit: &Oid) -> Result<ObjectId, Error> {
        Ok(self.links_of(self.id(commit)?)?.tree)
    }

    /// The entry at `path` below a commit's tree: its oid, if it is a tree.
    pub fn tree_at(&self, commit: &Oid, path: &str) -> Result<Option<Oid>, Error> {
        let entry = self.entry_at(self.root(commit)?, path)?;
        Ok(entry.filter(|entry| entry.kind() == EntryKind::Tree).map(|entry| oid(entry.id)))
    }

    /// The names of the directories right below `path` of a commit, in bytewise order; none where there is
    /// no such path.
    pub fn directories_at(&self, commit: &Oid, path: &str) -> Result<Vec<String>, Error> {
        let root = self.root(commit)?;
        let directories = self.trees_below(root, path)?;
        Ok(directories.into_keys().collect())
    }

    /// The trees right below `path` of a tree.
    fn trees_below(&self, root: ObjectId, path: &str) -> Result<BTreeMap<String, ObjectId>, Error> {
        let Some(entry) = self.entry_at(root, path)?.filter(|entry| entry.kind() == EntryKind::Tree) else {
            return Ok(BTreeMap::new());
        };
        self.entries(entry.id)?
            .into_iter()
            .filter(|(_, entry)| entry.kind() == EntryKind::Tree)
            .map(|(name, entry)| {
                let name = String::from_utf8(name).map_err(|e| Error::Unlistable {
                    path: format!("{path}/{}", e.as_bytes().to_str_lossy()),
                    why: "its name is not UTF-8".to_owned(),
                })?;
                Ok((name, entry.id))
            })
            .collect()
    }

    /// Paths (from the root) that differ between two commits' trees, in bytewise order: files, links and
    /// submodules, by content and mode. A name that is not UTF-8 is shown with replacement characters.
    pub fn changed_paths(&self, base: &Oid, head: &Oid) -> Result<Vec<String>, Error> {
        let mut changed = Vec::new();
        // Pairs of trees still to compare, with their path; a stack, since a tree may nest as deep as it likes.
        let mut open = vec![(Vec::new(), Some(self.root(base)?), Some(self.root(head)?))];
        while let Some((path, before, after)) = open.pop() {
            if before == after {
                continue;
            }
            let before = before.map(|tree| self.entries(tree)).transpose()?.unwrap_or_default();
            let after = after.map(|tree| self.entries(tree)).transpose()?.unwrap_or_default();
            for (name, old, new) in differing(&before, &after) {
                let path: Vec<u8> =
                    if path.is_empty() { name.clone() } else { [&path, name].map(Vec::as_slice).join(&b'/') };
                let as_tree = |entry: Option<Entry>| entry.filter(|e| e.kind() == EntryKind::Tree).map(|e| e.id);
                if as_tree(old).is_some() || as_tree(new).is_some() {
                    open.push((path.clone(), as_tree(old), as_tree(new)));
                }
                let file = |entry: Option<Entry>| entry.filter(|e| e.kind() != EntryKind::Tree);
                if file(old) != file(new) {
                    changed.push(path);
                }
            }
        }
        changed.sort();
        Ok(changed.into_iter().map(|path| path.to_str_lossy().into_owned()).collect())
    }

    /// Trees right below each root that differ between two commits: directory → (before, after).
    #[expect(clippy::type_complexity, reason = "a pair of optional ids says it best")]
    pub fn changed_directories(
        &self,
        base: &Oid,
        head: &Oid,
        roots: &[String],
    ) -> Result<BTreeMap<String, (Option<Oid>, Option<Oid>)>, Error> {
        let (base, head) = (self.root(base)?, self.root(head)?);
        let mut changed = BTreeMap::new();
        for root in roots {
            let root = components(root).collect::<Vec<_>>().join("/");
            if self.entry_at(base, &root)? == self.entry_at(head, &root)? {
                continue;
            }
            let (before, after) = (self.trees_below(base, &root)?, self.trees_below(head, &root)?);
            for name in before.keys().chain(after.keys()) {
                let (old, new) = (before.get(name).copied(), after.get(name).copied());
                if old != new {
                    let directory = if root.is_empty() { name.clone() } else { format!("{root}/{name}") };
                    changed.insert(directory, (old.map(oid), new.map(oid)));
                }
            }
        }
        Ok(changed)
    }
}

/// The names two trees do not share alike, with what each has there.
fn differing<'a>(
    before: &'a Entries,
    after: &'a Entries,
) -> impl Iterator<Item = (&'a Vec<u8>, Option<Entry>, Option<Entry>)> {
    let gone_or_changed = before.iter().map(|(name, old)| (name, Some(*old), after.get(name).copied()));
    let new = after.iter().filter(|(name, _)| !before.contains_key(*name));
    let new = new.map(|(name, entry)| (name, None, Some(*entry)));
    gone_or_changed.chain(new).filter(|(_, old, new)| old != new)
}

/// The names in a path; `.` and repeated slashes mean nothing.
pub(super) fn components(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|name| !name.is_empty() && *name != ".")
}

#[cfg(test)]
#[path = "trees_tests.rs"]
mod tests;
