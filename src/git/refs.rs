//! Refs: read by their full names, written by compare-and-swap.

use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};

use super::objects::oid;
use super::{Error, Repo};
use crate::model::Oid;

/// So often a listing starts again that a deletion ran into.
const RELISTED: usize = 20;

impl Repo {
    /// The oid HEAD has; `Unborn` where there is none.
    pub fn head(&self) -> Result<Oid, Error> {
        let read = |source: gix::Error| Error::Read { what: "HEAD".to_owned(), source: source.into() };
        let head = self.inner.head().map_err(read)?;
        if head.is_unborn() {
            let branch = head.referent_name().map_or_else(|| "HEAD".to_owned(), |name| name.shorten().to_string());
            return Err(Error::Unborn(branch));
        }
        let id = head.id().map(gix::Id::detach).ok_or_else(|| Error::UnknownRevision("HEAD".to_owned()))?;
        self.peel(id)?.map(oid).ok_or_else(|| Error::UnknownRevision("HEAD".to_owned()))
    }

    /// The short name of the branch HEAD is on; none when detached.
    pub fn branch(&self) -> Result<Option<String>, Error> {
        let name = self
            .inner
            .head_name()
            .map_err(|source| Error::Read { what: "HEAD".to_owned(), source: source.into() })?;
        Ok(name.map(|name| name.shorten().to_string()))
    }

    /// A full ref's target, not peeled; none if it does not exist. No other ref is ever taken for it.
    pub fn find_ref(&self, full_name: &str) -> Result<Option<Oid>, Error> {
        let read = |source: gix::Error| Error::Read { what: full_name.to_owned(), source: source.into() };
        // A name that git would not allow names no ref.
        let Ok(name) = FullName::try_from(full_name) else { return Ok(None) };
        // Nor does one with a part that no file system holds.
        if full_name.split('/').any(|part| part.len() > 255) {
            return Ok(None);
        }
        match self.inner.try_find_reference(name.as_ref()).map_err(read)? {
            Some(mut found) if found.name().as_bstr() == full_name => {
                found.follow_to_object().map(|id| Some(oid(id.detach()))).map_err(read)
            }
            _ => Ok(None),
        }
    }

    /// All refs below a prefix (`refs/tags/`), not peeled, sorted by name. Symbolic refs that lead nowhere
    /// are left out; names that are not UTF-8 are shown with replacement characters.
    pub fn refs(&self, prefix: &str) -> Result<Vec<(String, Oid)>, Error> {
        let read =
            |source: gix::Error| Error::Read { what: format!("refs below {prefix}"), source: source.into() };
        // A ref that goes away while it is listed may have been packed, so that leaving it out could miss it.
        for _ in 0..RELISTED {
            match self.list(prefix) {
                Err(source) if vanished(&source) => {}
                listed => return listed.map_err(read),
            }
        }
        self.list(prefix).map_err(read)
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, Oid)>, gix::Error> {
        let directory =
            prefix.rsplit_once('/').map_or_else(|| "refs/".to_owned(), |(above, _)| format!("{above}/"));
        let platform = self.inner.references()?;
        let mut refs = Vec::new();
        for found in platform.prefixed(directory.as_str())? {
            let mut found = found?;
            let name = found.name().as_bstr().to_string();
            if !name.starts_with(prefix) {
                continue;
            }
            let symbolic = found.try_id().is_none();
            match found.follow_to_object() {
                Ok(id) => refs.push((name, oid(id.detach()))),
                Err(source) if symbolic && source.is_not_found() => {}
                Err(source) => return Err(source),
            }
        }
        refs.sort();
        Ok(refs)
    }

    /// Moves or creates a local ref by compare-and-swap (`old`: none = must not exist). Refuses directory/file
    /// conflicts. `why` becomes the reflog's line. `Raced` where the ref is not what `old` says.
    pub fn set_ref(&self, full_name: &str, old: Option<&Oid>, new: &Oid, why: &str) -> Result<(), Error> {
        let name = full_name_of(full_name)?;
        let new = self.id(new)?;
        let expected = if let Some(old) = old {
            PreviousValue::MustExistAndMatch(Target::Object(self.id(old)?))
        } else {
            self.refuse_conflict(full_name)?;
            // gix would let the same value pass.
            if self.find_ref(full_name)?.is_some() {
                return Err(Error::Raced(full_name.to_owned()));
            }
            PreviousValue::MustNotExist
        };
        let message: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let log = LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: message.into() };
        let change = Change::Update { log, expected, new: Target::Object(new) };
        self.edit(full_name, RefEdit::new(name, change))
    }

    /// Deletes a local ref that still is what `old` says; `Raced` where it is not, or is gone.
    pub fn delete_ref(&self, full_name: &str, old: &Oid) -> Result<(), Error> {
        let expected = PreviousValue::MustExistAndMatch(Target::Object(self.id(old)?));
        let change = Change::Delete { expected, log: RefLog::AndReference };
        self.edit(full_name, RefEdit::new(full_name_of(full_name)?, change))
    }

    fn edit(&self, full_name: &str, edit: RefEdit) -> Result<(), Error> {
        // As git does, the reflog makes do with a name nobody configured; commits and tags do not.
        let time = gix::date::Time::now_utc().to_string();
        let nobody = gix::actor::SignatureRef {
            name: super::ledger::LEDGER_NAME.into(),
            email: super::ledger::LEDGER_EMAIL.into(),
            time: &time,
        };
        let who = self.inner.committer().and_then(Result::ok).unwrap_or(nobody);
        match self.inner.edit_references_as(Some(edit), Some(who)) {
            Ok(_) => Ok(()),
            Err(source) if source.is_conflict() || source.is_not_found() => {
                Err(Error::Raced(full_name.to_owned()))
            }
            Err(source) => Err(Error::Write { what: full_name.to_owned(), source: source.into() }),
        }
    }

    /// Refuses a new ref that would be a directory of an existing one, or a file in its place.
    fn refuse_conflict(&self, full_name: &str) -> Result<(), Error> {
        let conflict = |existing: String| Error::RefConflict { wanted: full_name.to_owned(), existing };
        for (end, _) in full_name.match_indices('/') {
            let above = &full_name[..end];
            if self.find_ref(above)?.is_some() {
                return Err(conflict(above.to_owned()));
            }
        }
        match self.refs(&format!("{full_name}/"))?.into_iter().next() {
            Some((below, _)) => Err(conflict(below)),
            None => Ok(()),
        }
    }

    /// Refuses a branch whose name is a directory of an existing ref or the other way round: local,
    /// remote-tracking (packed and stale ones too) and, when `remote` is given, the remote's own.
    pub fn check_branch_name(&self, branch: &str, remote: Option<&str>) -> Result<(), Error> {
        full_name_of(&format!("refs/heads/{branch}"))?;
        let clash = |existing: &str| is_above(existing, branch) || is_above(branch, existing);
        let conflict = |existing: String| Error::RefConflict { wanted: branch.to_owned(), existing };
        for (name, _) in self.refs("refs/heads/")? {
            if name.strip_prefix("refs/heads/").is_some_and(clash) {
                return Err(conflict(name));
            }
        }
        let remotes = self.remotes();
        for (name, _) in self.refs("refs/remotes/")? {
            let Some(tracked) = name.strip_prefix("refs/remotes/") else { continue };
            // A remote may have a slash in its name, and one that is no longer configured leaves refs behind.
            let configured =
                remotes.iter().filter_map(|remote| tracked.strip_prefix(remote.as_str())?.strip_prefix('/'));
            let first = tracked.split_once('/').map(|(_, short)| short);
            if configured.chain(first).any(clash) {
                return Err(conflict(name));
            }
        }
        let Some(remote) = remote else { return Ok(()) };
        for (name, _) in self.remote_refs(remote, &["refs/heads/"])? {
            if name.strip_prefix("refs/heads/").is_some_and(clash) {
                return Err(conflict(format!("{name} of {remote}")));
            }
        }
        Ok(())
    }
}

/// Whether `above` would have to be a directory for `below` to exist.
fn is_above(above: &str, below: &str) -> bool {
    below.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a file or directory was gone when it was to be read.
fn vanished(source: &gix::Error) -> bool {
    let gone = |e: &std::io::Error| e.kind() == std::io::ErrorKind::NotFound;
    source.is_not_found() || source.iter_errors().any(|e| e.downcast_ref().is_some_and(gone))
}

fn full_name_of(name: &str) -> Result<FullName, Error> {
    FullName::try_from(name)
        .map_err(|source| Error::Write { what: format!("the ref {name:?}"), source: source.to_string().into() })
}

#[cfg(test)]
#[path = "refs_tests.rs"]
mod tests;
