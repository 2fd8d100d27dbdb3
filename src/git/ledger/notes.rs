//! Notes trees: read whole or by object, changed by lines and never losing one.

use gix::ObjectId;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::{Lines, lines_of};
use crate::git::objects::oid;
use crate::git::{Error, Repo};
use crate::model::Oid;

impl Repo {
    /// The lines of the notes that a ref's tip holds, on these objects or on all. What is no note goes to
    /// `oddities`: whoever can push can push anything there.
    pub(super) fn note_lines(
        &self,
        reference: &str,
        tip: &Oid,
        wanted: Option<&[ObjectId]>,
        oddities: &mut Vec<String>,
    ) -> Result<Lines, Error> {
        match self.read_notes(reference, tip, wanted, oddities) {
            Err(Error::Read { what, source }) => {
                oddities.push(format!("{reference}: {what} is not readable: {source}"));
                Ok(Lines::new())
            }
            other => other,
        }
    }

    /// Whether a notes ref's tip is a commit, as it has to be.
    pub(super) fn is_notes_tip(&self, tip: &Oid) -> Result<bool, Error> {
        Ok(self.read(self.id(tip)?)?.0 == Kind::Commit)
    }

    fn read_notes(
        &self,
        reference: &str,
        tip: &Oid,
        wanted: Option<&[ObjectId]>,
        oddities: &mut Vec<String>,
    ) -> Result<Lines, Error> {
        let mut lines = Lines::new();
        if !self.is_notes_tip(tip)? {
            oddities.push(format!("{reference}: no commit, where a commit of notes has to be"));
            return Ok(lines);
        }
        for (on, blob) in self.note_blobs(self.root(tip)?, wanted)? {
            match self.read(blob)? {
                (Kind::Blob, bytes) => lines.entry(on).or_default().extend(lines_of(&bytes)),
                (kind, _) => oddities.push(format!("{reference} on {on}: a {kind} where a note has to be")),
            }
        }
        Ok(lines)
    }

    /// Notes by object. A note's path is the object's id, with a slash after any number of its first bytes
    /// (git's fan-out); entries that do not look so are none of ours.
    fn note_blobs(&self, root: ObjectId, wanted: Option<&[ObjectId]>) -> Result<Vec<(ObjectId, ObjectId)>, Error> {
        let length = self.inner.object_hash().len_in_hex();
        if let Some(wanted) = wanted {
            return self.note_blobs_on(root, wanted);
        }
        let mut notes = Vec::new();
        let mut open = vec![(String::new(), root)];
        while let Some((prefix, tree)) = open.pop() {
            for (name, entry) in self.entries(tree)? {
                let Ok(name) = String::from_utf8(name) else { continue };
                let path = format!("{prefix}{name}");
                let hex = name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                match entry.kind() {
                    EntryKind::Tree if hex && name.len() == 2 && path.len() < length => {
                        open.push((path, entry.id));
                    }
                    EntryKind::Blob | EntryKind::BlobExecutable if hex && path.len() == length => {
                        notes.extend(ObjectId::from_hex(path.as_bytes()).ok().map(|on| (on, entry.id)));
                    }
                    _ => {}
                }
            }
        }
        Ok(notes)
    }

    /// The same of some objects, each looked for where it can be: a note may lie at any depth, and at more than
    /// one.
    fn note_blobs_on(&self, root: ObjectId, wanted: &[ObjectId]) -> Result<Vec<(ObjectId, ObjectId)>, Error> {
        let mut notes = Vec::new();
        for on in wanted {
            let hex = on.to_hex().to_string();
            let (mut tree, mut rest) = (Some(root), hex.as_bytes());
            while let Some(entries) = tree.map(|tree| self.note_entries(tree)).transpose()? {
                let blob = entries
                    .get(rest)
                    .filter(|entry| matches!(entry.kind(), EntryKind::Blob | EntryKind::BlobExecutable));
                notes.extend(blob.map(|entry| (*on, entry.id)));
                let Some((byte, below)) = rest.split_at_checked(2).filter(|(_, below)| !below.is_empty()) else {
                    break;
                };
                let above = entries.get(byte).filter(|entry| entry.kind() == EntryKind::Tree);
                (tree, rest) = (above.map(|entry| entry.id), below);
            }
        }
        Ok(notes)
    }

    /// The tree of a notes tip with more lines in it, and how many lines it did not have before. The tree of
    /// the tip itself where nothing is new; notes that gain nothing keep their bytes.
    pub(super) fn with_lines(
        &self,
        reference: &str,
        tip: Option<&Oid>,
        more: &[&Lines],
    ) -> Result<(Oid, usize), Error> {
        let mut ignored = Vec::new();
        let (root, mut present) = match tip {
            Some(tip) => (self.root(tip)?, self.note_lines(reference, tip, None, &mut ignored)?),
            None => (ObjectId::empty_tree(self.inner.object_hash()), Lines::new()),
        };
        let mut added = 0;
        let mut grown = std::collections::BTreeSet::new();
        for (on, lines) in more.iter().copied().flatten() {
            for line in lines {
                if present.entry(*on).or_default().insert(line.clone()) {
                    added += 1;
                    grown.insert(*on);
                }
            }
        }
        if added == 0 {
            return Ok((oid(root), 0));
        }
        let odb = &self.inner.objects;
        let mut notes = gix::note::plumbing::State::new(root, odb).map_err(|source| self.unwritten(source))?;
        for on in grown {
            let lines = present.remove(&on).unwrap_or_default();
            let text: Vec<u8> = lines.into_iter().flat_map(|line| [line, b"\n".to_vec()].concat()).collect();
            let blob = self.store(Kind::Blob, &text)?;
            notes.edit(on, Some(blob), odb).map_err(|source| self.unwritten(source))?;
        }
        let written = notes.write(odb).map_err(|source| self.unwritten(source))?;
        Ok((oid(written), added))
    }
}
