//! Packages from outside, by digest, and which digest an address and version was last seen to have. A file
//! whose bytes are not those of its name is as good as absent.

use std::fs;
use std::io::ErrorKind;
use std::mem;
use std::path::PathBuf;
use std::sync::PoisonError;

use super::{Cache, Error, VERSION, current, pretty, read, write};
use crate::model::{Dependency, Sha256, json};

/// A package that was looked for and is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The chart's name.
    pub name: String,
    /// The exact version.
    pub version: String,
    /// `https://…` or `oci://…`.
    pub repository: String,
    /// The digest it has to have; none where nothing records one yet.
    pub sha256: Option<Sha256>,
}

/// What an address and version was seen to have, as it lies in its file.
#[derive(serde::Serialize, serde::Deserialize)]
struct Seen {
    version: u64,
    dependency: Dependency,
}

impl Cache {
    /// The package with this digest; none where it is not here, or damaged.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn package(&self, sha256: Sha256) -> Result<Option<Vec<u8>>, Error> {
        let path = self.package_path(sha256);
        match fs::read(&path) {
            Ok(bytes) => Ok((Sha256::of(&bytes) == sha256).then_some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    /// What was fetched for an address and version; none where nothing was.
    ///
    /// # Errors
    /// Its note is there and cannot be read.
    pub fn seen(&self, name: &str, version: &str, repository: &str) -> Result<Option<Dependency>, Error> {
        let path = self.seen_path(name, version, repository);
        let Some(text) = read(&path)? else { return Ok(None) };
        current(&path, &text)?;
        let seen: Seen = json::parse(&text).map_err(|why| Error::Malformed { path, why })?;
        let found = seen.dependency;
        let same = found.name == name && found.version == version && found.repository == repository;
        Ok(same.then_some(found))
    }

    /// Keeps a package, and that it is what its address and version had.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep_package(&self, dependency: &Dependency, bytes: &[u8]) -> Result<(), Error> {
        // The bytes first: a note without them would only be looked up in vain.
        write(&self.package_path(dependency.sha256), bytes)?;
        let path = self.seen_path(&dependency.name, &dependency.version, &dependency.repository);
        write(&path, pretty(&Seen { version: VERSION, dependency: dependency.clone() }).as_bytes())
    }

    /// Notes that a package was looked for in vain, for whoever may fetch it.
    pub fn miss(&self, missed: Missed) {
        let mut all = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&missed) {
            all.push(missed);
        }
    }

    /// What was missed since this was last asked.
    pub fn take_missed(&self) -> Vec<Missed> {
        mem::take(&mut *self.missed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn package_path(&self, sha256: Sha256) -> PathBuf {
        self.path("packages").join(format!("{sha256}.tgz"))
    }

    fn seen_path(&self, name: &str, version: &str, repository: &str) -> PathBuf {
        let key = Sha256::of(format!("{name}\n{version}\n{repository}"));
        self.path("packages").join(format!("{key}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_by_its_digest_alone() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path());
        let dependency = Dependency {
            name: "redis".to_owned(),
            version: "1.2.3".to_owned(),
            repository: "https://charts.example".to_owned(),
            sha256: Sha256::of("bytes"),
        };
        let seen = |cache: &Cache| cache.seen("redis", "1.2.3", "https://charts.example").unwrap();
        assert_eq!((cache.package(dependency.sha256).unwrap(), seen(&cache)), (None, None));
        cache.keep_package(&dependency, b"bytes").unwrap();
        assert_eq!(cache.package(dependency.sha256).unwrap().as_deref(), Some(b"bytes".as_slice()));
        assert_eq!(seen(&cache), Some(dependency.clone()));
        assert_eq!(cache.seen("redis", "1.2.4", "https://charts.example").unwrap(), None);
        // Damaged is absent.
        fs::write(cache.package_path(dependency.sha256), b"other").unwrap();
        assert_eq!(cache.package(dependency.sha256).unwrap(), None);
    }

    #[test]
    fn what_was_missed_is_told_once() {
        let cache = Cache::new(std::path::Path::new("/nowhere"));
        let missed = Missed {
            name: "redis".to_owned(),
            version: "1.2.3".to_owned(),
            repository: "https://charts.example".to_owned(),
            sha256: None,
        };
        // A copy of the cache is the same cache.
        cache.clone().miss(missed.clone());
        cache.miss(missed.clone());
        assert_eq!(cache.take_missed(), [missed]);
        assert_eq!(cache.take_missed(), []);
    }
}
