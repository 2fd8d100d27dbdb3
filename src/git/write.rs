//! Writing objects: trees by edits, commits and tags as the configured identity. No ref moves here.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice as _};
use gix::objs::tree::EntryKind;
use gix::objs::{Kind, Write as _};

use super::objects::oid;
use super::trees::components;
use super::{Edit, Error, Repo, TagObject};
use crate::model::{Oid, Timestamp};

impl Repo {
    /// Writes the tree of `base` (a commit; none: the empty tree) with edits by path; empty directories vanish.
    pub fn edit_tree(&self, base: Option<&Oid>, edits: &BTreeMap<String, Edit>) -> Result<Oid, Error> {
        let base = match base {
            Some(commit) => self.root(commit)?,
            None => ObjectId::empty_tree(self.inner.object_hash()),
        };
        let mut editor = self.inner.edit_tree(base).map_err(|source| self.unwritten(source))?;
        for (path, edit) in edits {
            let path = components(path).collect::<Vec<_>>().join("/");
            if path.is_empty() {
                return Err(self.unwritten("a path that names nothing"));
            }
            // Reads every tree on the way again: what does not hash to its id must not be written on.
            let present = self.entry_at(base, &path)?.map(super::trees::Entry::kind);
            let mode = match present {
                Some(EntryKind::BlobExecutable) => EntryKind::BlobExecutable,
                _ => EntryKind::Blob,
            };
            let edited = match edit {
                Edit::Write(bytes) => editor.upsert(&path, mode, self.store(Kind::Blob, bytes)?),
                Edit::Entry { oid, tree: true } if self.id(oid)?.is_empty_tree() => editor.remove(&path),
                Edit::Entry { oid, tree } => {
                    let kind = if *tree { EntryKind::Tree } else { mode };
                    let id = self.id(oid)?;
                    self.read_kind(id, if *tree { Kind::Tree } else { Kind::Blob })?;
                    editor.upsert(&path, kind, id)
                }
                Edit::Remove => editor.remove(&path),
            };
            edited.map_err(|source| self.unwritten(source))?;
        }
        let written = editor.write().map_err(|source| self.unwritten(source))?.detach();
        Ok(oid(written))
    }

    /// Writes a commit as the configured identity (environment and config, as git) and returns its id; no
    /// ref moves. The message is stored as it is. `GIT_AUTHOR_DATE` and `GIT_COMMITTER_DATE` win over `now`.
    pub fn write_commit(&self, tree: &Oid, parents: &[Oid], message: &str, now: Timestamp) -> Result<Oid, Error> {
        let author = self.signature(Role::Author, now)?;
        let committer = self.signature(Role::Committer, now)?;
        self.store_commit(tree, parents, &author, &committer, message)
    }

    /// Writes a commit with these signature lines (`Name <address> SECONDS ZONE`).
    pub(super) fn store_commit(
        &self,
        tree: &Oid,
        parents: &[Oid],
        author: &str,
        committer: &str,
        message: &str,
    ) -> Result<Oid, Error> {
        // Nothing may stand on an object that is not there.
        self.read_kind(self.id(tree)?, Kind::Tree)?;
        for parent in parents {
            self.read_kind(self.id(parent)?, Kind::Commit)?;
        }
        if message.contains('\0') {
            return Err(self.unwritten("a commit message with a NUL byte"));
        }
        let mut lines = vec![format!("tree {tree}")];
        lines.extend(parents.iter().map(|parent| format!("parent {parent}")));
        let text = format!("{}\nauthor {author}\ncommitter {committer}\n\n{message}", lines.join("\n"));
        self.store(Kind::Commit, text.as_bytes()).map(oid)
    }

    /// Writes a tag object as the configured identity; signs it as git is configured to (`tag.gpgSign`,
    /// `gpg.format`). The annotation is stored as it is, lines with `#` too; its last line is ended, as
    /// git ends it. No ref is made.
    pub fn write_tag(
        &self,
        name: &str,
        target: &Oid,
        annotation: &str,
        now: Timestamp,
    ) -> Result<TagObject, Error> {
        let refused = |why: &str| Error::Write { what: format!("tag {name:?}"), source: why.to_owned().into() };
        if gix::validate::tag::name(name.as_bytes().as_bstr()).is_err() || name.starts_with('-') {
            return Err(refused("git allows no tag of this name"));
        }
        if annotation.contains('\0') {
            return Err(refused("a NUL byte in the annotation"));
        }
        let (kind, _) = self.read(self.id(target)?)?;
        let tagger = self.signature(Role::Committer, now)?;
        let end = if annotation.ends_with('\n') { "" } else { "\n" };
        let mut text =
            format!("object {target}\ntype {kind}\ntag {name}\ntagger {tagger}\n\n{annotation}{end}").into_bytes();
        if let Some(signature) = self.tag_signature(name, &text)? {
            text.extend_from_slice(&signature);
        }
        let id = oid(self.store(Kind::Tag, &text)?);
        self.tag_object(&id)?.ok_or_else(|| Error::MissingObject(id.to_string()))
    }

    /// Whoever works here, as git knows them: `Name <address>`.
    ///
    /// # Errors
    /// Nobody is configured.
    pub fn committer(&self, now: Timestamp) -> Result<String, Error> {
        let line = self.signature(Role::Committer, now)?;
        Ok(line.rfind('>').and_then(|end| line.get(..=end)).unwrap_or(&line).to_owned())
    }

    /// Writes an object, unless it is there already.
    pub(super) fn store(&self, kind: Kind, bytes: &[u8]) -> Result<ObjectId, Error> {
        let id = gix::objs::compute_hash(self.inner.object_hash(), kind, bytes)
            .map_err(|source| self.unwritten(source))?;
        if self.inner.objects.exists_without_refresh(&id) {
            return Ok(id);
        }
        self.inner.objects.write_buf(kind, bytes).map_err(|source| self.unwritten(source))
    }

    /// The object store took nothing more: read-only, full, or refused what it was given.
    pub(super) fn unwritten(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let store = self.common_dir().join("objects");
        Error::Write { what: format!("to the object store {}", store.display()), source: source.into() }
    }

    /// `Name <address> SECONDS ZONE` of the configured identity, as git puts it together.
    fn signature(&self, role: Role, now: Timestamp) -> Result<String, Error> {
        let repo = self.open_again();
        let (who, date_key, variable) = match role {
            Role::Author => (repo.author(), "gitoxide.commit.authorDate", "GIT_AUTHOR_DATE"),
            Role::Committer => (repo.committer(), "gitoxide.commit.committerDate", "GIT_COMMITTER_DATE"),
        };
        let refused = |why: String| Error::Write { what: format!("the {role} line"), source: why.into() };
        let nobody = || {
            refused(
                "nobody is configured: set `git config user.name` and `git config user.email`, or \
                 GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL"
                    .to_owned(),
            )
        };
        let who = who.and_then(Result::ok).ok_or_else(nobody)?;
        let (name, email) = (clean(who.name), clean(who.email));
        if name.is_empty() {
            return Err(nobody());
        }
        let time = match repo.config_snapshot().string(date_key) {
            // gix would take a date that it cannot read for now; git refuses it.
            Some(date) => gix::date::parse(&date.to_str_lossy(), None)
                .map_err(|_| refused(format!("{variable} is no date: {date}")))?
                .to_string(),
            None => format!("{} +0000", now.seconds()),
        };
        Ok(format!("{name} <{email}> {time}"))
    }
}

#[derive(Clone, Copy)]
enum Role {
    Author,
    Committer,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Author => "author",
            Self::Committer => "committer",
        })
    }
}

/// A name or address without what would end it, and without the edges git strips (its `ident.c`).
fn clean(text: &BStr) -> String {
    let text: String = text.to_str_lossy().chars().filter(|c| !matches!(c, '<' | '>' | '\n' | '\0')).collect();
    let crud = |c: char| c <= ' ' || matches!(c, '.' | ',' | ':' | ';' | '"' | '\\' | '\'');
    text.trim_matches(crud).to_owned()
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
