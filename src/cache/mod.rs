//! Files under `.git/lineage`: unsigned check results, the pin, fetched packages; and refreshed trust roots in the user's own cache
//! directory. Nothing here is evidence.

mod line;
mod packages;
mod proofs;
mod roots;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::model::statement::Check;
use crate::model::{Oid, Sha256, Timestamp, json};

pub use packages::Missed;
pub use proofs::Proofs;
pub use roots::RootCache;

/// What can go wrong with these files.
#[derive(Debug, Error)]
pub enum Error {
    /// There, but the system would not give it.
    #[error("could not read {path}")]
    Read { path: PathBuf, source: io::Error },
    /// Full disk, read-only repository.
    #[error("could not write {path}")]
    Write { path: PathBuf, source: io::Error },
    /// Not what this program wrote, or written by a later one.
    #[error("{path} is not readable: {why}")]
    Malformed { path: PathBuf, why: String },
}

/// The version of both kinds of files.
const VERSION: u64 = 1;

/// What this clone first saw, and measures every verdict against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// 1.
    pub version: u64,
    /// The repository's id.
    pub repository: String,
    /// `Config::trust_digest` of main's policy.
    pub trust: Sha256,
    /// Where the policy was read: `origin/main`.
    pub branch: String,
    /// main's commit.
    pub main: Oid,
    /// main's commit when the trust was pinned: what came before it was accepted with it.
    pub trusted_at: Oid,
    /// Release tag → tag object, as first seen.
    #[serde(default)]
    pub tags: std::collections::BTreeMap<String, Oid>,
}

/// A check result as it lies in its file: the predicate without its time, which the signer adds.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u64,
    check: Value,
}

/// The files under `<common git dir>/lineage`.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    /// Packages that were looked for and are not here.
    missed: Arc<Mutex<Vec<Missed>>>,
}

impl Cache {
    /// The cache of the repository whose common directory this is. Nothing is made yet.
    pub fn new(common_dir: &Path) -> Self {
        Self { root: common_dir.join("lineage"), missed: Arc::default() }
    }

    /// `<root>/<name>`, for build output in bare repositories.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The pin; none where nothing was pinned yet.
    pub fn pin(&self) -> Result<Option<Pin>, Error> {
        let path = self.path("pin.json");
        let Some(text) = read(&path)? else { return Ok(None) };
        current(&path, &text)?;
        json::parse(&text).map(Some).map_err(|why| Error::Malformed { path, why })
    }

    /// Replaces the pin.
    pub fn write_pin(&self, pin: &Pin) -> Result<(), Error> {
        write(&self.path("pin.json"), pretty(pin).as_bytes())
    }

    /// Keeps an unsigned check result (predicate without its time) with the output it digests. A result
    /// that was there for the same content, stage and check is replaced.
    pub fn write_result(&self, content: Sha256, check: &Check, output: &[u8]) -> Result<(), Error> {
        let stem = format!("{}-{}", check.stage, file_name(&check.check));
        let directory = self.results_of(content);
        let path = directory.join(format!("{stem}.json"));
        let mut predicate = serde_json::to_value(check)
            .map_err(|e| Error::Write { path: path.clone(), source: io::Error::other(e) })?;
        if let Some(fields) = predicate.as_object_mut() {
            fields.remove("time");
        }
        // The output first: a result that can be read always has it.
        write(&directory.join(format!("{stem}.out")), output)?;
        write(&path, pretty(&Stored { version: VERSION, check: predicate }).as_bytes())
    }

    /// Every unsigned result for a content, sorted by stage and check key; their time is the epoch.
    pub fn results(&self, content: Sha256) -> Result<Vec<Check>, Error> {
        let directory = self.results_of(content);
        let entries = match fs::read_dir(&directory) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|source| Error::Read { path: directory.clone(), source })?,
        };
        let mut checks = Vec::new();
        for entry in entries {
            let path = entry.map_err(|source| Error::Read { path: directory.clone(), source })?.path();
            if path.extension().is_some_and(|extension| extension == "json")
                && let Some(text) = read(&path)?
            {
                checks.push(result(&path, &text)?);
            }
        }
        checks.sort_by(|a, b| (a.stage, &a.check).cmp(&(b.stage, &b.check)));
        Ok(checks)
    }

    fn results_of(&self, content: Sha256) -> PathBuf {
        self.root.join("results").join(content.to_string())
    }
}

fn result(path: &Path, text: &str) -> Result<Check, Error> {
    let malformed = |why: String| Error::Malformed { path: path.to_owned(), why };
    current(path, text)?;
    let mut stored: Stored = json::parse(text).map_err(malformed)?;
    if let Some(fields) = stored.check.as_object_mut() {
        fields.insert("time".to_owned(), Value::String(Timestamp::from_seconds(0).to_string()));
    }
    serde_json::from_value(stored.check).map_err(|e| malformed(e.to_string()))
}

/// Refuses a file of another version before its fields are looked at.
fn current(path: &Path, text: &str) -> Result<(), Error> {
    let malformed = |why: String| Error::Malformed { path: path.to_owned(), why };
    let value: Value = json::parse(text).map_err(malformed)?;
    match value.get("version").and_then(Value::as_u64) {
        Some(VERSION) => Ok(()),
        Some(version) if version > VERSION => {
            Err(malformed(format!("it is of version {version}, newer than this program reads")))
        }
        _ => Err(malformed("it has no version".to_owned())),
    }
}

/// A check key as part of a file name: itself where that is safe on every file system, its digest otherwise.
fn file_name(key: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if key.len() <= 100 && !key.starts_with("sha256-") && key.chars().all(plain) {
        key.to_owned()
    } else {
        format!("sha256-{}", Sha256::of(key))
    }
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) if e.kind() == ErrorKind::InvalidData => {
            Err(Error::Malformed { path: path.to_owned(), why: "it is not UTF-8".to_owned() })
        }
        Err(source) => Err(Error::Read { path: path.to_owned(), source }),
    }
}

/// Writes a file whole or not at all: readers see the old one or the new one.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let whole = || {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|e| e.error)
    };
    whole().map_err(|source| Error::Write { path: path.to_owned(), source })
}

fn pretty<T: Serialize>(value: &T) -> String {
    // These types have string keys and no value that JSON lacks, so this cannot fail; an empty file
    // would be refused as malformed, not believed.
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}
