//! The listing of a chart: what `sha256sum` prints for its files, and the content digest over it.

use std::collections::BTreeMap;

use thiserror::Error;

use super::Sha256;

/// A file of a chart as Helm reads it: links resolved, bytes as the blob has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartFile {
    /// Relative to the chart, `/`-separated.
    pub path: String,
    /// The blob's bytes: no smudge filter, no line-end conversion.
    pub bytes: Vec<u8>,
}

/// Why a file cannot stand in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListingError {
    /// `sha256sum -c` reads `-` as its standard input.
    #[error("a file named `-` cannot be listed: sha256sum reads it as standard input")]
    Dash,
    /// `sha256sum` escapes these, so that the line would not be what it prints.
    #[error("the path {0:?} has a control character or a backslash")]
    Unprintable(String),
    /// A Git LFS pointer stands for bytes the repository does not hold.
    #[error("{0} is a Git LFS pointer: its content is not in the repository")]
    LfsPointer(String),
    /// The same path twice, through a link and a file.
    #[error("{0} occurs twice")]
    Twice(String),
}

/// Every file of a chart with the digest of its bytes, in bytewise order of the path.
///
/// Git modes are left out: a Helm package carries none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing(BTreeMap<String, Sha256>);

impl Listing {
    /// The listing of `files`.
    ///
    /// # Errors
    /// A path that `sha256sum -c` could not read back, an LFS pointer, a path that occurs twice.
    pub fn of(files: &[ChartFile]) -> Result<Self, ListingError> {
        let mut listing = BTreeMap::new();
        for ChartFile { path, bytes } in files {
            if path == "-" {
                return Err(ListingError::Dash);
            }
            if path.chars().any(|c| c.is_control() || c == '\\') {
                return Err(ListingError::Unprintable(path.clone()));
            }
            if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
                return Err(ListingError::LfsPointer(path.clone()));
            }
            if listing.insert(path.clone(), Sha256::of(bytes)).is_some() {
                return Err(ListingError::Twice(path.clone()));
            }
        }
        Ok(Self(listing))
    }

    /// The text: `<sha256>␠␠<path>\n` a line.
    pub fn text(&self) -> String {
        self.0.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect()
    }

    /// The content digest: sha256 of the text.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.text())
    }

    /// The digest of one file.
    pub fn get(&self, path: &str) -> Option<Sha256> {
        self.0.get(path).copied()
    }

    /// This listing with `path` holding `bytes` instead, or without it.
    #[must_use]
    pub fn with(&self, path: &str, bytes: Option<&[u8]>) -> Self {
        let mut changed = self.0.clone();
        match bytes {
            Some(bytes) => changed.insert(path.to_owned(), Sha256::of(bytes)),
            None => changed.remove(path),
        };
        Self(changed)
    }

    /// The paths whose digests differ, in order.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let mut paths: Vec<String> = self
            .0
            .iter()
            .filter(|(path, digest)| other.0.get(*path) != Some(digest))
            .map(|(path, _)| path.clone())
            .chain(other.0.keys().filter(|path| !self.0.contains_key(*path)).cloned())
            .collect();
        paths.sort();
        paths
    }
}
