//! The index of the HTTP chart repository: `index.yaml` on the release branch, written last.
//!
//! Everybody who publishes writes to one file on one branch. So each writes on top of the tip the remote has,
//! pushes with a lease on it, and starts again from the new tip where somebody was faster: what the others
//! wrote is then there, and stays. Nothing is read from the work tree or from what was fetched before.

use std::collections::BTreeMap;

use super::forge::branch_push;
use super::ground::{self, Ground};
use super::{Context, artifact_hub};
use crate::git::{self, Edit};
use crate::helm;
use crate::helm::index::{Change, EMPTY_INDEX, Index, NewEntry};
use crate::model::config::{Config, HttpIndex};
use crate::model::{Failure, Oid, Plan, Timestamp};

mod repair;
mod seen;

pub use repair::{Options as Repair, run as repair};
pub use seen::{bytes, listed, place, seen};

/// How often a lost race is run again. Each loss means that somebody else is done.
const ROUNDS: usize = 64;

/// A release as the index is to list it.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    pub tag: &'a str,
    pub chart: &'a str,
    pub version: &'a str,
    pub package: &'a helm::Package,
    /// Helm's provenance file to lie beside the package: name and bytes.
    pub provenance: Option<(&'a str, &'a [u8])>,
    /// Committer time of the tagged commit.
    pub created: Timestamp,
}

/// The index where it is, with what it says there now.
pub(super) struct Place<'a> {
    config: &'a HttpIndex,
    branch: &'a str,
    /// The remote; none: the branch of this repository.
    remote: Option<&'a str>,
}

/// The branch at one moment.
pub(super) struct Tip {
    commit: Oid,
    /// The file's bytes; none where it has none yet.
    bytes: Option<Vec<u8>>,
}

impl Tip {
    /// The file, or what it begins with.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(EMPTY_INDEX)
    }
}

impl<'a> Place<'a> {
    /// Where the index of a configuration is; none where it has none.
    pub(super) fn of(cx: &Context<'_>, ground: &'a Ground, config: &'a Config) -> Option<Self> {
        let index = config.publish.index.as_ref()?;
        let remote = ground::remote(&cx.repo, ground.config());
        Some(Self { config: index, branch: &config.branches.release, remote })
    }

    /// Where the repository's metadata for Artifact Hub lies: beside the index.
    fn metadata_path(&self) -> String {
        format!("{}{}", self.config.directory(), artifact_hub::FILE)
    }

    /// `index.yaml on release`.
    pub(super) fn in_words(&self) -> String {
        format!("{} on {}", self.config.path, self.branch)
    }

    /// The branch as the remote has it at this moment.
    pub(super) fn tip(&self, cx: &Context<'_>) -> Result<Tip, Failure> {
        let full = format!("refs/heads/{}", self.branch);
        let found = match self.remote {
            Some(remote) => {
                let refs = cx.repo.remote_refs(remote, &[&full])?;
                let tip = refs.into_iter().find(|(name, _)| *name == full).map(|(_, tip)| tip);
                if let Some(tip) = &tip
                    && cx.repo.commit(tip).is_err()
                {
                    let refspec = format!("+{full}:refs/remotes/{remote}/{}", self.branch);
                    match cx.repo.fetch(remote, &[&refspec]) {
                        // Another run here fetched it at this very moment.
                        Ok(()) | Err(git::Error::Raced(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                tip
            }
            None => cx.repo.find_ref(&full)?,
        };
        let commit = found.ok_or_else(|| {
            Failure::usage(format!("there is no branch {} for {}", self.branch, self.config.path))
                .hint("make and push it (`git lineage init` does), or name another as branches.release")
        })?;
        let bytes = cx.repo.file_at(&commit, &self.config.path)?;
        Ok(Tip { commit, bytes })
    }

    /// Commits edits on a tip and moves the branch there.
    fn push(&self, cx: &Context<'_>, tip: &Tip, edits: &Edits, message: &str) -> Result<Oid, git::Error> {
        let tree = cx.repo.edit_tree(Some(&tip.commit), edits)?;
        let commit = cx.repo.write_commit(&tree, std::slice::from_ref(&tip.commit), message, cx.now)?;
        match self.remote {
            Some(remote) => {
                cx.repo.push(remote, &[branch_push(self.branch, Some(&tip.commit), Some(&commit))])?;
            }
            None => {
                let full = format!("refs/heads/{}", self.branch);
                cx.repo.set_ref(&full, Some(&tip.commit), &commit, "git lineage publish")?;
                cx.repo.checkout(self.branch)?;
            }
        }
        Ok(commit)
    }

    /// Writes what `edit` makes of the branch, however often it moves meanwhile. None from `edit`: there is
    /// nothing to write; nor is there where only the plan was asked for.
    ///
    /// # Errors
    /// What `edit` refuses; the remote's refusal; somebody else was faster each time (exit 4).
    pub(super) fn write(
        &self,
        cx: &Context<'_>,
        mut edit: impl FnMut(&Tip) -> Result<Option<(Edits, String)>, Failure>,
    ) -> Result<Option<Oid>, Failure> {
        for _ in 0..ROUNDS {
            let tip = self.tip(cx)?;
            let Some((edits, message)) = edit(&tip)?.filter(|_| !cx.dry_run) else { return Ok(None) };
            match self.push(cx, &tip, &edits, &message) {
                Ok(commit) => return Ok(Some(commit)),
                Err(git::Error::Raced(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::conflict(format!("{} changed each time it was to be written", self.in_words()))
            .hint("run `git lineage publish` again; what is done already is not done twice"))
    }

    /// The index read, if it is one that Helm reads.
    ///
    /// # Errors
    /// Everything that is wrong with it (exit 1).
    fn sound<'b>(&self, bytes: &'b [u8]) -> Result<Index<'b>, Failure> {
        let unsound = || Failure::negative(format!("{} is not a sound index", self.in_words()));
        let index = Index::parse(bytes).map_err(|why| unsound().because(why.to_string()))?;
        let faults = index.all_faults();
        if faults.is_empty() {
            return Ok(index);
        }
        let failure = faults.into_iter().fold(unsound(), Failure::because);
        Err(failure.hint(
            "see `git lineage publish --repair-index --dry-run`; nothing is added to a file that Helm may refuse",
        ))
    }

    /// What a release changes; none where it is listed already.
    ///
    /// # Errors
    /// The index is unsound (exit 1), or lists the version with another digest (exit 4).
    fn listing(&self, cx: &Context<'_>, tip: &Tip, listed: &Listed<'_>) -> Result<Option<Edits>, Failure> {
        let index = self.sound(tip.bytes())?;
        let Listed { tag, chart, version, package, provenance, created } = *listed;
        let digest = package.tgz_digest.to_string();
        if let Some(there) = index.find(chart, version).first().and_then(|at| index.entries().get(*at)) {
            return match &there.digest {
                Some(found) if *found == digest => Ok(None),
                found => Err(self.other(listed, found.as_deref())),
            };
        }
        let url = self.config.url_of(chart, version, tag, &package.file);
        let entry = NewEntry::of(package, &url, created)?;
        let mut edits = BTreeMap::new();
        self.package(cx, tip, package, &mut edits)?;
        if let Some((name, bytes)) = provenance
            && let Some(path) = self.config.package_path(name)
            && cx.repo.file_at(&tip.commit, &path)?.is_none()
        {
            edits.insert(path, Edit::Write(bytes.to_vec()));
        }
        let bytes = index.changed(&Change { added: vec![entry], ..Change::default() })?;
        edits.insert(self.config.path.clone(), Edit::Write(bytes));
        Ok(Some(edits))
    }

    /// The package itself, where it is to lie beside the index.
    fn package(
        &self,
        cx: &Context<'_>,
        tip: &Tip,
        package: &helm::Package,
        edits: &mut Edits,
    ) -> Result<(), Failure> {
        let Some(path) = self.config.package_path(&package.file) else { return Ok(()) };
        match cx.repo.file_at(&tip.commit, &path)? {
            Some(there) if there == package.tgz => {}
            Some(there) => {
                return Err(Failure::conflict(format!("{path} on {} has other content", self.branch))
                    .because(format!(
                        "there is sha256:{}, the tag gives sha256:{}",
                        crate::model::Sha256::of(&there),
                        package.tgz_digest
                    ))
                    .hint(
                        "a published package never changes: look at who wrote it, and release a higher version",
                    ));
            }
            None => {
                edits.insert(path, Edit::Write(package.tgz.clone()));
            }
        }
        Ok(())
    }

    fn other(&self, listed: &Listed<'_>, found: Option<&str>) -> Failure {
        let found = found.map_or_else(|| "no digest".to_owned(), |digest| format!("sha256:{digest}"));
        let what = format!("{} lists {} {} with another digest", self.in_words(), listed.chart, listed.version);
        Failure::conflict(what)
            .because(format!("there is {found}, the tag gives sha256:{}", listed.package.tgz_digest))
            .hint("a listed version never changes by publishing; `git lineage publish --repair-index` explains it")
    }
}

/// A file beside the packages on the release branch, with where it is in words; none where none is, and where
/// packages do not lie there.
///
/// # Errors
/// No such branch (exit 2), or the remote cannot be read (exit 3).
pub fn beside(
    cx: &Context<'_>,
    ground: &Ground,
    config: &Config,
    name: &str,
) -> Result<Option<(String, Vec<u8>)>, Failure> {
    let Some(place) = Place::of(cx, ground, config) else { return Ok(None) };
    let Some(path) = place.config.package_path(name) else { return Ok(None) };
    let there = cx.repo.file_at(&place.tip(cx)?.commit, &path)?;
    Ok(there.map(|bytes| (format!("{path} on {}", place.branch), bytes)))
}

/// Edits of the release branch, by path.
type Edits = BTreeMap<String, Edit>;

/// What is to be listed, looked at before anything is published: an index that cannot take the release
/// refuses it while nothing is out yet.
#[must_use = "the entry is written by `apply`, last"]
pub struct Planned<'a> {
    place: Place<'a>,
    listed: Listed<'a>,
    /// The repository's metadata for Artifact Hub, to lie beside the index.
    metadata: Option<Vec<u8>>,
    /// The tip that was looked at, and what is to be written on it.
    seen: (Oid, Option<Edits>),
}

/// Looks at the index for a release. `config` is `lineage.toml` as committed at the tag. None where it names
/// no index.
///
/// # Errors
/// No such branch (exit 2), an index that Helm would refuse (exit 1), the version is listed with another
/// digest (exit 4), or the remote cannot be read (exit 3).
pub fn plan<'a>(
    cx: &Context<'_>,
    ground: &'a Ground,
    config: &'a Config,
    listed: Listed<'a>,
    metadata: Option<Vec<u8>>,
) -> Result<Option<Planned<'a>>, Failure> {
    let Some(place) = Place::of(cx, ground, config) else { return Ok(None) };
    let tip = place.tip(cx)?;
    let edits = edits(cx, &place, &tip, &listed, metadata.as_deref())?;
    Ok(Some(Planned { place, listed, metadata, seen: (tip.commit, edits) }))
}

impl Planned<'_> {
    /// Writes the entry, and says in `plan` whether it had to. Gives where the index is.
    ///
    /// # Errors
    /// As [`plan`]; or the remote refuses the push.
    pub fn apply(&self, cx: &Context<'_>, plan: &mut Plan) -> Result<String, Failure> {
        let Listed { chart, version, .. } = self.listed;
        let place = self.place.in_words();
        let message = format!("index: {chart} {version}\n");
        let metadata = self.place.metadata_path();
        let (mut entry, mut described) = (false, false);
        self.place.write(cx, |tip| {
            let edits = if tip.commit == self.seen.0 {
                self.seen.1.clone()
            } else {
                edits(cx, &self.place, tip, &self.listed, self.metadata.as_deref())?
            };
            let holds = |path: &str| edits.as_ref().is_some_and(|edits| edits.contains_key(path));
            entry |= holds(&self.place.config.path);
            described |= holds(&metadata);
            Ok(edits.map(|edits| (edits, message.clone())))
        })?;
        let mut step = |needed: bool, what: String| if needed { plan.needed(what) } else { plan.done(what) };
        step(entry, format!("list {chart} {version} in {place}"));
        if self.metadata.is_some() {
            step(described, format!("write {} beside {place}", artifact_hub::FILE));
        }
        Ok(place)
    }
}

/// What is to be written on a tip.
fn edits(
    cx: &Context<'_>,
    place: &Place<'_>,
    tip: &Tip,
    listed: &Listed<'_>,
    metadata: Option<&[u8]>,
) -> Result<Option<Edits>, Failure> {
    let mut edits = place.listing(cx, tip, listed)?.unwrap_or_default();
    if let Some(metadata) = metadata {
        let path = place.metadata_path();
        if cx.repo.file_at(&tip.commit, &path)?.as_deref() != Some(metadata) {
            edits.insert(path, Edit::Write(metadata.to_vec()));
        }
    }
    Ok(Some(edits).filter(|edits| !edits.is_empty()))
}
