//! The repository: objects, refs, history, ledger. `transport` is the one place that runs `git`.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::model::{Oid, Record, Timestamp};

mod bases;
mod chart_files;
mod objects;
mod refs;
pub mod roots;
mod trees;
mod write;

mod graph;
mod handle;
pub mod history;
mod mainline;
mod past;

pub mod ledger;

mod checkout;
mod push;
mod sign;
pub mod transport;

#[cfg(test)]
mod testing;

pub use handle::Handle;

/// What can go wrong in a repository, by what the user can do about it.
#[derive(Debug, Error)]
pub enum Error {
    /// Not inside a repository, or `GIT_DIR` points nowhere.
    #[error("{0} is not in a git repository")]
    NoRepository(PathBuf),
    /// A revision names nothing.
    #[error("no commit is called {0}")]
    UnknownRevision(String),
    /// HEAD points to a branch without a commit.
    #[error("{0} has no commit yet")]
    Unborn(String),
    /// An object that should be there is not: shallow, partial or damaged clone.
    #[error("object {0} is missing")]
    MissingObject(String),
    /// The history ends early because the clone is shallow.
    #[error("the clone is shallow: its history ends at {0}")]
    Shallow(String),
    /// An object's bytes do not hash to its id.
    #[error("object {0} does not hash to its id")]
    Corrupt(String),
    /// The same, of a file whose path is known.
    #[error("{path}: object {oid} does not hash to its id")]
    CorruptFile { path: String, oid: String },
    /// A chart's tree holds something no package can carry.
    #[error("{path}: {why}")]
    Unlistable { path: String, why: String },
    /// A ref that would have to exist at once with one it is a directory of.
    #[error("{wanted} cannot exist beside {existing}: one is a directory of the other")]
    RefConflict { wanted: String, existing: String },
    /// A compare-and-swap lost, or the remote refused a lease.
    #[error("{0} changed in the meantime")]
    Raced(String),
    /// Writing failed: read-only repository, full disk.
    #[error("could not write {what}")]
    Write { what: String, source: Box<dyn std::error::Error + Send + Sync> },
    /// Anything else that reading met.
    #[error("could not read {what}")]
    Read { what: String, source: Box<dyn std::error::Error + Send + Sync> },
    /// `git` itself failed.
    #[error("`git {command}` failed: {stderr}")]
    Git { command: String, stderr: String },
}

/// A repository, opened once. Replace refs and grafts are off; what is read is hashed again.
pub struct Repo {
    inner: gix::Repository,
    /// Whether variables like `GIT_DIR` chose it, and so hold for the `git` it runs.
    ambient: bool,
    /// The same with its configuration read again, once `add_config` wrote.
    fresh: std::cell::RefCell<Option<gix::Repository>>,
    /// Set by [`Repo::trust_objects`].
    trusting: std::cell::Cell<bool>,
    /// What walks need of the commits read so far.
    past: past::Past,
    /// What objects are unpacked into, again and again: gix needs room for a delta's base, its result and its
    /// instructions at once.
    unpacking: std::cell::Cell<Vec<u8>>,
}

/// A commit, copied out.
#[derive(Clone, Debug)]
pub struct Commit {
    pub oid: Oid,
    pub tree: Oid,
    pub parents: Vec<Oid>,
    /// `Name <address>`.
    pub author: String,
    /// `Name <address>`.
    pub committer: String,
    pub committed: Timestamp,
    pub message: String,
}

/// A tag object, copied out.
#[derive(Clone, Debug)]
pub struct TagObject {
    pub oid: Oid,
    /// The raw bytes.
    pub bytes: Vec<u8>,
    /// The `tag` header.
    pub name: String,
    pub target: Oid,
    /// commit, tree, blob, tag.
    pub target_kind: String,
    pub tagged: Option<Timestamp>,
    /// The annotation with any signature behind it.
    pub message: String,
}

/// A change to one path of a tree.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Put these bytes (mode 100644, or 100755 if the path has it; a link becomes a file).
    Write(Vec<u8>),
    /// Put this tree or blob with its mode, as an existing entry is copied.
    Entry { oid: Oid, tree: bool },
    /// Take it out.
    Remove,
}

impl Repo {
    /// Opens the repository around `dir`, honouring `GIT_DIR` and its kin as git does.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        // gix misreads a relative directory that ends in `.git`; an absolute one is never ambiguous.
        let dir = absolute(dir);
        let options = gix::discover::upwards::Options { match_ceiling_dir_or_error: false, ..Default::default() };
        gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            &dir,
            options,
            gix::sec::trust::Mapping::default(),
        )
        .map(|found| Self::around(found.to_thread_local(), true))
        .map_err(|source| {
            if source.is_not_found() {
                Error::NoRepository(std::env::var_os("GIT_DIR").map_or(dir, PathBuf::from))
            } else {
                Error::Read { what: format!("the repository at {}", dir.display()), source: source.into() }
            }
        })
    }

    /// Opens exactly this repository (a scratch clone, a bare remote), ignoring the environment.
    pub fn open_at(dir: &Path) -> Result<Self, Error> {
        let dir = absolute(dir);
        gix::open_opts(&dir, deaf_options()).map(|found| Self::around(found, false)).map_err(|source| {
            if source.is_not_found() {
                Error::NoRepository(dir)
            } else {
                Error::Read { what: format!("the repository at {}", dir.display()), source: source.into() }
            }
        })
    }

    fn around(mut inner: gix::Repository, ambient: bool) -> Self {
        // `refs/replace/*` would show other bytes under an id than those that hash to it.
        inner.objects.ignore_replacements = true;
        inner.objects.set_pack_cache(|| Box::new(bases::Bases::default()));
        if !ambient {
            inner.clear_namespace();
        }
        Self {
            inner,
            ambient,
            fresh: std::cell::RefCell::new(None),
            trusting: std::cell::Cell::new(false),
            past: past::Past::default(),
            unpacking: std::cell::Cell::default(),
        }
    }

    /// This repository with its configuration read again: what `add_config` wrote since it was opened counts.
    fn reread(&self) -> gix::Repository {
        self.fresh.borrow().as_ref().unwrap_or(&self.inner).clone()
    }

    fn open_again(&self) -> gix::Repository {
        let options = if self.ambient { self.inner.open_options().clone() } else { deaf_options() };
        gix::open_opts(self.inner.git_dir(), options.open_path_as_is(true)).unwrap_or_else(|_| self.inner.clone())
    }

    /// The work tree, unless bare.
    pub fn work_dir(&self) -> Option<PathBuf> {
        self.inner.workdir().map(absolute)
    }

    /// Where per-repository files may live: the common `.git` of all worktrees.
    pub fn common_dir(&self) -> PathBuf {
        let dir = absolute(self.inner.common_dir());
        dir.canonicalize().unwrap_or(dir)
    }

    /// Whether history was cut off when this clone was made. A shallow file that cannot be looked at counts
    /// as one: what depends on whole history then fails instead of guessing.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow().unwrap_or(true)
    }

    /// `sha1` or `sha256`.
    pub fn object_format(&self) -> &'static str {
        if self.inner.object_hash().len_in_hex() == 64 { "sha256" } else { "sha1" }
    }

    /// The merge, rebase, cherry-pick, bisect… the repository is in the middle of.
    pub fn in_progress(&self) -> Option<&'static str> {
        use gix::state::InProgress as P;
        Some(match self.inner.state()? {
            P::ApplyMailbox | P::ApplyMailboxRebase => "git am",
            P::Bisect => "bisect",
            P::CherryPick | P::CherryPickSequence => "cherry-pick",
            P::Merge => "merge",
            P::Rebase | P::RebaseInteractive => "rebase",
            P::Revert | P::RevertSequence => "revert",
        })
    }

    /// A configuration value (`lineage.key`); none too where the key is no key.
    pub fn config(&self, key: &str) -> Option<String> {
        gix::config::AsKey::try_as_key(&key)?;
        self.reread().config_snapshot().string(key).map(|value| value.to_string())
    }
}

/// Options that see the user's configuration and identity, but none of the variables that point git at
/// another repository (`GIT_WORK_TREE`, `GIT_INDEX_FILE`, `GIT_SHALLOW_FILE`, alternates).
fn deaf_options() -> gix::open::Options {
    let mut permissions = gix::open::Permissions::all();
    permissions.env.objects = gix::sec::Permission::Deny;
    gix::open::Options::default().permissions(permissions).filter_config_section(|section| {
        section.source != gix::config::Source::EnvOverride
            && (section.trust == gix::sec::Trust::Full
                || section.source.kind() != gix::config::source::Kind::Repository)
    })
}

/// `path` from the root, without asking the file system; as it is where even that fails.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repo").field("git_dir", &self.inner.git_dir()).finish_non_exhaustive()
    }
}

/// A record bound to the object it annotates.
#[derive(Clone, Debug)]
pub struct Annotated {
    pub on: Oid,
    pub record: Record,
}
