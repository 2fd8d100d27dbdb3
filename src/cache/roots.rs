//! Trust roots as they were refreshed, in the user's own cache directory: they are the same for every clone.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, VERSION, current, pretty, read, write};
use crate::model::{Timestamp, json};

/// A root as it lies in its file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    version: u64,
    refreshed: Timestamp,
    trusted_root: Value,
}

/// The files under `<cache directory>/git-lineage/roots`.
#[derive(Clone, Debug)]
pub struct RootCache {
    directory: PathBuf,
}

impl RootCache {
    /// The roots below the user's cache directory (`XDG_CACHE_HOME`, or `~/.cache`). Nothing is made yet.
    pub fn new(cache: &Path) -> Self {
        Self { directory: cache.join("git-lineage/roots") }
    }

    /// Where the states of the roots' repositories are remembered.
    pub fn seen(&self) -> PathBuf {
        self.directory.join("tuf")
    }

    /// When a root was refreshed, and its JSON; none where it never was.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn root(&self, name: &str) -> Result<Option<(Timestamp, String)>, Error> {
        let path = self.path(name);
        let Some(text) = read(&path)? else { return Ok(None) };
        current(&path, &text)?;
        let stored: Stored = json::parse(&text).map_err(|why| Error::Malformed { path, why })?;
        Ok(Some((stored.refreshed, stored.trusted_root.to_string())))
    }

    /// Replaces a root.
    ///
    /// # Errors
    /// It is no JSON, or cannot be written.
    pub fn write_root(&self, name: &str, refreshed: Timestamp, root: &str) -> Result<(), Error> {
        let path = self.path(name);
        let trusted_root = json::parse(root).map_err(|why| Error::Malformed { path: path.clone(), why })?;
        write(&path, pretty(&Stored { version: VERSION, refreshed, trusted_root }).as_bytes())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.json"))
    }
}
