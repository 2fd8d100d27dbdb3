//! Objects: what is read is hashed again, so that an id always stands for the bytes it names.

use gix::ObjectId;
use gix::objs::{Find as _, Kind};

use super::{Commit, Error, Repo, TagObject};
use crate::model::{Oid, Timestamp};

/// What is kept for unpacking the next object into, in bytes: a large one's room is given back.
const LARGEST_ROOM: usize = 4 * 1024 * 1024;
/// From this size on, in bytes, an object that fills its room is not copied out of it.
const LARGE: usize = 1024 * 1024;

impl Repo {
    /// The id as gix has it. One of the repository's other hash cannot name anything in it.
    pub(super) fn id(&self, oid: &Oid) -> Result<ObjectId, Error> {
        ObjectId::from_hex(oid.as_str().as_bytes())
            .ok()
            .filter(|id| id.kind() == self.inner.object_hash())
            .ok_or_else(|| Error::MissingObject(oid.to_string()))
    }

    /// From here on objects are taken as git takes them, without hashing them again: for a verb that judges
    /// nothing and only says what differs, where the hashing is a third of the time.
    pub fn trust_objects(&self) {
        self.trusting.set(true);
    }

    /// An object's kind and bytes, hashed again.
    pub(super) fn read(&self, id: ObjectId) -> Result<(Kind, Vec<u8>), Error> {
        if id.is_empty_tree() {
            return Ok((Kind::Tree, Vec::new()));
        }
        let mut room = self.unpacking.take();
        let (kind, length) = self.read_in(id, &mut room)?;
        if length >= LARGE && room.capacity() - length <= length / 4 {
            // It fills its room, and takes it along.
            room.truncate(length);
            return Ok((kind, room));
        }
        let bytes = room.get(..length).unwrap_or_default().to_vec();
        if room.capacity() <= LARGEST_ROOM {
            self.unpacking.set(room);
        }
        Ok((kind, bytes))
    }

    /// [`Repo::read`] into `room`, whatever is in it: the bytes are its first, of the length given back.
    fn read_in(&self, id: ObjectId, room: &mut Vec<u8>) -> Result<(Kind, usize), Error> {
        let (kind, length) = match self.inner.objects.try_find(&id, room) {
            Ok(Some(found)) => (found.kind, found.data.len()),
            Ok(None) => return Err(self.missing(id)),
            Err(source) => return Err(unreadable(id, source)),
        };
        if self.trusting.get() {
            return Ok((kind, length));
        }
        let bytes = room.get(..length).unwrap_or_default();
        match gix::objs::compute_hash(self.inner.object_hash(), kind, bytes) {
            Ok(actual) if actual == id => Ok((kind, length)),
            _ => Err(Error::Corrupt(id.to_string())),
        }
    }

    /// The bytes of an object that has to be of this kind.
    pub(super) fn read_kind(&self, id: ObjectId, wanted: Kind) -> Result<Vec<u8>, Error> {
        let (kind, data) = self.read(id)?;
        if kind == wanted {
            return Ok(data);
        }
        Err(Error::Read {
            what: format!("{wanted} {id}"),
            source: format!("the object of that id is a {kind}").into(),
        })
    }

    /// Why an object is not there: behind the boundary of a shallow clone, or lost (or never fetched).
    pub(super) fn missing(&self, id: ObjectId) -> Error {
        if let Ok(Some(boundary)) = self.inner.shallow_commits() {
            for cut in boundary.iter() {
                let mut buffer = Vec::new();
                let Ok(Some(found)) = self.inner.objects.try_find(cut, &mut buffer) else { continue };
                if links(found.data).is_some_and(|links| links.parents.contains(&id)) {
                    return Error::Shallow(cut.to_string());
                }
            }
        }
        Error::MissingObject(id.to_string())
    }

    pub fn commit(&self, oid: &Oid) -> Result<Commit, Error> {
        self.commit_by(self.id(oid)?)
    }

    pub(super) fn commit_by(&self, id: ObjectId) -> Result<Commit, Error> {
        let data = self.read_kind(id, Kind::Commit)?;
        self.past.keep(id, &data);
        let malformed = |why: String| Error::Read { what: format!("commit {id}"), source: why.into() };
        let parsed = gix::objs::CommitRef::from_bytes(&data, id.kind()).map_err(|e| malformed(e.to_string()))?;
        let author = parsed.author().map_err(|e| malformed(e.to_string()))?.trim();
        let committer = parsed.committer().map_err(|e| malformed(e.to_string()))?.trim();
        Ok(Commit {
            oid: oid(id),
            tree: oid(parsed.tree()),
            parents: parsed.parents().map(oid).collect(),
            author: format!("{} <{}>", author.name, author.email),
            committer: format!("{} <{}>", committer.name, committer.email),
            committed: Timestamp::from_seconds(committer.seconds()),
            message: parsed.message.to_string(),
        })
    }

    /// A tag object; none if the oid is no tag object.
    pub fn tag_object(&self, oid: &Oid) -> Result<Option<TagObject>, Error> {
        let id = self.id(oid)?;
        let (kind, bytes) = self.read(id)?;
        if kind != Kind::Tag {
            return Ok(None);
        }
        tag_of(id, bytes).map(Some)
    }

    /// A revision, peeled to a commit.
    pub fn commit_id(&self, revision: &str) -> Result<Oid, Error> {
        let unknown = || Error::UnknownRevision(revision.to_owned());
        if revision.is_empty() {
            return Err(unknown());
        }
        // A whole id means that object, whatever a ref is called; and nothing has to be looked for.
        if let Some(id) = Oid::parse(revision).and_then(|oid| self.id(&oid).ok())
            && self.inner.has_object(id)
        {
            return self.peel(id)?.ok_or_else(unknown).map(oid);
        }
        let Ok(found) = self.inner.rev_parse_single(revision) else {
            // `HEAD` of a repository without commits deserves its own sentence.
            return Err(if matches!(revision, "HEAD" | "@") {
                self.head().err().unwrap_or_else(unknown)
            } else {
                unknown()
            });
        };
        self.peel(found.detach())?.ok_or_else(unknown).map(oid)
    }

    /// The commit behind an object, through any number of tags; none where they end in a tree or blob.
    pub(super) fn peel(&self, mut id: ObjectId) -> Result<Option<ObjectId>, Error> {
        loop {
            if self.past.knows(id) {
                return Ok(Some(id));
            }
            let (kind, bytes) = self.read(id)?;
            match kind {
                Kind::Commit => {
                    self.past.keep(id, &bytes);
                    return Ok(Some(id));
                }
                Kind::Tag => id = self.id(&tag_of(id, bytes)?.target)?,
                Kind::Tree | Kind::Blob => return Ok(None),
            }
        }
    }
}

/// What a walk needs of a commit.
#[derive(Clone, Debug)]
pub(super) struct Links {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    /// Committer time in seconds; 0 where it cannot be read, as git has it.
    pub time: i64,
}

/// Reads the head of a commit object; none where it is no commit.
pub(super) fn links(data: &[u8]) -> Option<Links> {
    let mut lines = data.split(|byte| *byte == b'\n').peekable();
    let tree = ObjectId::from_hex(lines.next()?.strip_prefix(b"tree ")?).ok()?;
    let mut parents = Vec::new();
    while let Some(hex) = lines.peek().and_then(|line| line.strip_prefix(b"parent ")) {
        parents.push(ObjectId::from_hex(hex).ok()?);
        lines.next();
    }
    // Exactly where git looks for them: further down, a parent is none to it, and none may be one here.
    lines.next()?.strip_prefix(b"author ")?;
    let committer = lines.next()?.strip_prefix(b"committer ")?;
    Some(Links { tree, parents, time: seconds(committer).unwrap_or(0) })
}

/// The seconds of `Name <address> SECONDS ZONE`.
fn seconds(signature: &[u8]) -> Option<i64> {
    let end = signature.iter().rposition(|byte| *byte == b'>')?;
    let rest = std::str::from_utf8(signature.get(end + 1..)?).ok()?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

/// Takes a tag object apart. Strict where git is: object, type and tag lead, each once.
fn tag_of(id: ObjectId, bytes: Vec<u8>) -> Result<TagObject, Error> {
    let malformed = |why: &str| Error::Read { what: format!("tag {id}"), source: why.to_owned().into() };
    let head_end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let head = bytes.get(..head_end.unwrap_or(bytes.len())).unwrap_or_default();
    let message = head_end.and_then(|end| bytes.get(end + 2..)).unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(|_| malformed("its header is not UTF-8"))?;
    let mut lines = head.lines();
    let mut header = |key: &str| {
        lines
            .next()
            .and_then(|line| line.strip_prefix(key)?.strip_prefix(' '))
            .map(str::to_owned)
            .ok_or_else(|| malformed(&format!("there is no `{key}` header where one has to be")))
    };
    let target = header("object")?;
    let target_kind = header("type")?;
    let name = header("tag")?;
    let rest: Vec<&str> = lines.collect();
    let (tagger, rest) = match rest.split_first() {
        Some((line, rest)) if line.starts_with("tagger ") => (line.strip_prefix("tagger "), rest),
        _ => (None, rest.as_slice()),
    };
    if rest.iter().any(|line| ["object ", "type ", "tag ", "tagger "].iter().any(|key| line.starts_with(key))) {
        return Err(malformed("a header occurs twice"));
    }
    if !matches!(target_kind.as_str(), "commit" | "tree" | "blob" | "tag") {
        return Err(malformed("its target is of no kind that git knows"));
    }
    Ok(TagObject {
        oid: oid(id),
        name,
        target: Oid::parse(&target).ok_or_else(|| malformed("its target is no object id"))?,
        target_kind,
        tagged: tagger.and_then(|line| seconds(line.as_bytes())).map(Timestamp::from_seconds),
        message: String::from_utf8_lossy(message).into_owned(),
        bytes,
    })
}

/// An object that is there and cannot be read: damaged, or the disk failed.
pub(super) fn unreadable(id: ObjectId, source: gix::Error) -> Error {
    // What the system itself reports carries its number; what inflating the bytes met does not.
    let disk = source
        .iter_errors()
        .any(|e| e.downcast_ref::<std::io::Error>().is_some_and(|e| e.raw_os_error().is_some()));
    if disk {
        Error::Read { what: format!("object {id}"), source: source.into() }
    } else {
        Error::Corrupt(id.to_string())
    }
}

/// gix's id as ours.
#[expect(clippy::expect_used, reason = "gix prints 40 or 64 lower-case hex digits, which is what Oid parses")]
pub(super) fn oid(id: ObjectId) -> Oid {
    Oid::parse(&id.to_hex().to_string()).expect("an object id")
}

#[cfg(test)]
#[path = "objects_tests.rs"]
mod tests;
