//! Files as Helm reads them: links resolved where they stand, never beyond the tree that is read.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::objects::oid;
use super::trees::{Entries, Entry, components};
use super::{Error, Repo};
use crate::model::{ChartFile, Oid};

/// As many links as Linux follows for one path.
const HOPS: usize = 40;
/// Deeper directories than this are no chart, but an attempt on whoever reads it.
const DEPTH: usize = 128;
/// A few links to directories of links would otherwise expand without end.
const ENTRIES: usize = 50_000;
const BYTES: usize = 1 << 30;

impl Repo {
    /// Every file of a chart's tree as Helm reads it, in bytewise order of the path: links resolved inside
    /// the chart (a directory link expands), bytes as the blobs have them. `Unlistable` names a link that
    /// leaves the chart, is absolute, broken or runs in a circle, a submodule, and a name no package carries.
    pub fn chart_files(&self, tree: &Oid) -> Result<Vec<ChartFile>, Error> {
        let mut walk = Walk::new(self, self.id(tree)?, "the chart");
        walk.directory(Vec::new(), walk.root, "")?;
        Ok(walk.sorted().into_iter().map(|(file, _)| file).collect())
    }

    /// Every path below `path` at a commit (a file or a directory), with its bytes and whether it is executable:
    /// for scratch trees. Paths are from the repository's root; links may lead anywhere inside it.
    pub fn files_below(&self, commit: &Oid, path: &str) -> Result<Vec<(ChartFile, bool)>, Error> {
        let root = self.root(commit)?;
        let path = components(path).collect::<Vec<_>>().join("/");
        let Some(entry) = self.entry_at(root, &path)? else { return Ok(Vec::new()) };
        let mut walk = Walk::new(self, root, "the repository");
        let names: Vec<Vec<u8>> = components(&path).map(|name| name.as_bytes().to_vec()).collect();
        if entry.kind() == EntryKind::Tree {
            walk.directory(names, entry.id, &path)?;
        } else {
            let parent = names.split_last().map_or(&[][..], |(_, parent)| parent);
            if let Some(open) = walk.entry(parent, &path, entry)? {
                walk.directory(open.names, open.tree, &path)?;
            }
        }
        Ok(walk.sorted())
    }

    /// The bytes of the file at `path` below a commit's tree; none if there is none. A link gives what it
    /// leads to inside the repository.
    pub fn file_at(&self, commit: &Oid, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some((id, linked)) = self.file_entry(self.root(commit)?, path)? else { return Ok(None) };
        match self.read_kind(id, Kind::Blob) {
            Err(Error::Corrupt(oid)) if !linked => Err(Error::CorruptFile { path: path.to_owned(), oid }),
            read => read.map(Some),
        }
    }

    /// The blob of the file at `path` below a commit's tree, which [`Repo::file_at`] reads; none if there is
    /// none.
    pub fn file_id(&self, commit: &Oid, path: &str) -> Result<Option<Oid>, Error> {
        let found = self.file_entry(self.root(commit)?, path)?;
        Ok(found.map(|(id, _)| oid(id)))
    }

    /// A file's blob below a tree, and whether a link led to it.
    fn file_entry(&self, root: ObjectId, path: &str) -> Result<Option<(ObjectId, bool)>, Error> {
        let Some(entry) = self.entry_at(root, path)? else { return Ok(None) };
        match entry.kind() {
            EntryKind::Tree | EntryKind::Commit => Ok(None),
            EntryKind::Blob | EntryKind::BlobExecutable => Ok(Some((entry.id, false))),
            EntryKind::Link => {
                let names: Vec<Vec<u8>> = components(path).map(|name| name.as_bytes().to_vec()).collect();
                let parent = names.split_last().map_or(&[][..], |(_, parent)| parent);
                match Walk::new(self, root, "the repository").follow(parent, path, entry.id)? {
                    Place::File(file) => Ok(Some((file.id, true))),
                    Place::Directory(_) => Ok(None),
                }
            }
        }
    }
}

/// Where a path leads, with its links followed.
enum Place {
    File(Entry),
    Directory(Directory),
}

/// A directory by where it really stands.
struct Directory {
    names: Vec<Vec<u8>>,
    tree: ObjectId,
}

/// The directories above one that is being read, for telling a circle.
struct Chain {
    names: Vec<Vec<u8>>,
    depth: usize,
    above: Option<Rc<Chain>>,
}

impl Chain {
    fn holds(&self, names: &[Vec<u8>]) -> bool {
        self.names == names || self.above.as_ref().is_some_and(|above| above.holds(names))
    }
}

struct Walk<'r> {
    repo: &'r Repo,
    root: ObjectId,
    /// What a link must not leave, for the message.
    within: &'static str,
    trees: HashMap<ObjectId, Rc<Entries>>,
    files: Vec<(ChartFile, bool)>,
    bytes: usize,
    entries: usize,
}

impl<'r> Walk<'r> {
    fn new(repo: &'r Repo, root: ObjectId, within: &'static str) -> Self {
        Self { repo, root, within, trees: HashMap::new(), files: Vec::new(), bytes: 0, entries: 0 }
    }

    fn sorted(mut self) -> Vec<(ChartFile, bool)> {
        self.files.sort_by(|(one, _), (other, _)| one.path.as_bytes().cmp(other.path.as_bytes()));
        self.files
    }

    fn tree(&mut self, id: ObjectId) -> Result<Rc<Entries>, Error> {
        if let Some(known) = self.trees.get(&id) {
            return Ok(Rc::clone(known));
        }
        let entries = Rc::new(self.repo.entries(id)?);
        self.trees.insert(id, Rc::clone(&entries));
        Ok(entries)
    }

    /// Reads a directory that really stands at `names` and is shown at `shown`.
    fn directory(&mut self, names: Vec<Vec<u8>>, tree: ObjectId, shown: &str) -> Result<(), Error> {
        let chain = Rc::new(Chain { names: names.clone(), depth: 0, above: None });
        let mut open = vec![(Directory { names, tree }, shown.to_owned(), chain)];
        while let Some((directory, shown, chain)) = open.pop() {
            let entries = self.tree(directory.tree)?;
            for (name, entry) in entries.iter() {
                let path = shown_path(&shown, name)?;
                self.entries += 1;
                if self.entries > ENTRIES {
                    return Err(unlistable(&path, "too many files before it"));
                }
                let inner = if entry.kind() == EntryKind::Tree {
                    let names = [directory.names.as_slice(), std::slice::from_ref(name)].concat();
                    Some(Directory { names, tree: entry.id })
                } else {
                    self.entry(&directory.names, &path, *entry)?
                };
                let Some(inner) = inner else { continue };
                if chain.holds(&inner.names) {
                    return Err(unlistable(&path, "a link that runs in a circle"));
                }
                if chain.depth >= DEPTH {
                    return Err(unlistable(&path, "nested too deep"));
                }
                let above = Some(Rc::clone(&chain));
                let below = Chain { names: inner.names.clone(), depth: chain.depth + 1, above };
                open.push((inner, path, Rc::new(below)));
            }
        }
        Ok(())
    }

    /// Takes a file, or what a link in `parent` leads to; gives back a directory that is yet to be read.
    fn entry(&mut self, parent: &[Vec<u8>], path: &str, entry: Entry) -> Result<Option<Directory>, Error> {
        let file = match entry.kind() {
            EntryKind::Link => match self.follow(parent, path, entry.id)? {
                Place::Directory(directory) => return Ok(Some(directory)),
                Place::File(file) => file,
            },
            EntryKind::Commit => {
                return Err(unlistable(path, "a submodule: its files are not in this repository"));
            }
            _ => entry,
        };
        let bytes = self.repo.read_kind(file.id, Kind::Blob).map_err(|error| match error {
            Error::Corrupt(oid) => Error::CorruptFile { path: path.to_owned(), oid },
            other => other,
        })?;
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.bytes > BYTES {
            return Err(unlistable(path, "too many bytes with it"));
        }
        let executable = file.kind() == EntryKind::BlobExecutable;
        self.files.push((ChartFile { path: path.to_owned(), bytes }, executable));
        Ok(None)
    }

    /// Where the link with this content leads, that stands in the directory `parent` and is shown at `path`.
    fn follow(&mut self, parent: &[Vec<u8>], path: &str, link: ObjectId) -> Result<Place, Error> {
        let refused = |why: String| Err(Error::Unlistable { path: path.to_owned(), why });
        let mut here = vec![self.root];
        let mut names: Vec<Vec<u8>> = Vec::new();
        let mut ahead: VecDeque<Vec<u8>> = parent.iter().cloned().collect();
        let target = self.repo.read_kind(link, Kind::Blob)?;
        let shown = target.to_str_lossy().into_owned();
        if target.starts_with(b"/") {
            return refused(format!("a link to the absolute path {shown}"));
        }
        if target.is_empty() {
            return refused("a link to nothing".to_owned());
        }
        ahead.extend(target.split(|byte| *byte == b'/').map(<[u8]>::to_vec));
        let mut hops = 1;
        while let Some(name) = ahead.pop_front() {
            match name.as_slice() {
                b"" | b"." => continue,
                b".." => {
                    here.pop();
                    if names.pop().is_none() {
                        return refused(format!("a link to {shown}, which leaves {}", self.within));
                    }
                    continue;
                }
                _ => {}
            }
            let tree = here.last().copied().unwrap_or(self.root);
            let Some(entry) = self.tree(tree)?.get(&name).copied() else {
                return refused(format!("a broken link: there is no {shown}"));
            };
            match entry.kind() {
                EntryKind::Tree => {
                    here.push(entry.id);
                    names.push(name);
                }
                EntryKind::Commit => return refused(format!("a link into the submodule {shown}")),
                EntryKind::Blob | EntryKind::BlobExecutable if ahead.is_empty() => return Ok(Place::File(entry)),
                EntryKind::Blob | EntryKind::BlobExecutable => {
                    return refused(format!("a broken link: there is no {shown}"));
                }
                EntryKind::Link => {
                    hops += 1;
                    if hops > HOPS {
                        return refused(format!("a link to {shown}, which runs in a circle"));
                    }
                    let next = self.repo.read_kind(entry.id, Kind::Blob)?;
                    if next.starts_with(b"/") {
                        return refused(format!("a link to {shown}, which leads to an absolute path"));
                    }
                    for name in next.split(|byte| *byte == b'/').rev() {
                        ahead.push_front(name.to_vec());
                    }
                }
            }
        }
        let tree = here.last().copied().unwrap_or(self.root);
        Ok(Place::Directory(Directory { names, tree }))
    }
}

/// The path an entry is shown at, where a file may have its name at all. git would not check out the rest,
/// but a tree can be made by hand.
fn shown_path(directory: &str, name: &[u8]) -> Result<String, Error> {
    let join = |name: &str| if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") };
    let Ok(text) = std::str::from_utf8(name) else {
        return Err(unlistable(&join(&name.to_str_lossy()), "its name is not UTF-8"));
    };
    if matches!(text, "" | "." | "..") || text.contains('/') || text.eq_ignore_ascii_case(".git") {
        return Err(unlistable(&join(text), "no file can have this name"));
    }
    Ok(join(text))
}

fn unlistable(path: &str, why: &str) -> Error {
    Error::Unlistable { path: path.to_owned(), why: why.to_owned() }
}

#[cfg(test)]
#[path = "chart_files_tests.rs"]
mod tests;
