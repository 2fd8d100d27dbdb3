//! Proofs found before: what a bundle's signature came to, so that the next run need not compute it again.
//!
//! A proof is kept under what it was found with: the program's version, the policy, the trusted keys, the trust
//! roots; and in there by the bundle's digest. Another bundle, policy, key or root asks for another line. The
//! files can be taken away at any time. Refusals are not kept.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use super::Cache;
use crate::model::{Proof, Sha256};

/// How many files are kept: a policy changes seldom, and what is old is computed again.
const FILES: usize = 8;

/// The proofs of one policy and trust, shared by the threads of a run.
#[derive(Debug)]
pub struct Proofs {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<Sha256, Proof>,
    /// Lines to be written.
    news: String,
}

impl Cache {
    /// The proofs found with this trust, by the digest of what it consists of. A line that is damaged counts as
    /// not there.
    pub fn proofs(&self, trust: Sha256) -> Proofs {
        let path = self.path("cache").join(format!("proofs-{trust}"));
        let text = fs::read_to_string(&path).unwrap_or_default();
        let known = text.lines().filter_map(parse).collect();
        Proofs { path, state: Mutex::new(State { known, news: String::new() }) }
    }
}

impl Proofs {
    /// What a bundle's signature came to; none where it was not looked at.
    pub fn find(&self, bundle: Sha256) -> Option<Proof> {
        self.state.lock().ok()?.known.get(&bundle).cloned()
    }

    /// Keeps what was proven. What was refused is looked at again every time.
    pub fn keep(&self, bundle: Sha256, proof: &Proof) {
        if matches!(proof, Proof::Rejected(_)) {
            return;
        }
        let Ok(mut state) = self.state.lock() else { return };
        if state.known.get(&bundle) == Some(proof) {
            return;
        }
        let Some(line) = line(bundle, proof) else { return };
        if state.known.insert(bundle, proof.clone()).is_none() {
            state.news.push_str(&line);
        }
    }

    /// Writes what is new. Whatever keeps it from that (a read-only repository, a full disk) costs the next run
    /// some time and nothing else.
    pub fn write(&self) {
        let Ok(mut state) = self.state.lock() else { return };
        let news = std::mem::take(&mut state.news);
        if news.is_empty() {
            return;
        }
        let Some(directory) = self.path.parent() else { return };
        if fs::create_dir_all(directory).is_err() {
            return;
        }
        // One write: lines of two processes do not mix, and if they did, their checksums would show it.
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(&self.path) {
            let _ = file.write_all(news.as_bytes());
        }
        forget_the_oldest(directory);
    }
}

/// A line: the bundle, the proof, and a checksum, since a changed proof would speak against its release.
fn line(bundle: Sha256, proof: &Proof) -> Option<String> {
    let told = format!("{bundle} {}", serde_json::to_string(proof).ok()?);
    Some(format!("{told} {}\n", Sha256::of(&told)))
}

fn parse(line: &str) -> Option<(Sha256, Proof)> {
    let (told, checksum) = line.rsplit_once(' ')?;
    if Sha256::parse(checksum)? != Sha256::of(told) {
        return None;
    }
    let (bundle, proof) = told.split_once(' ')?;
    match serde_json::from_str(proof).ok()? {
        Proof::Rejected(_) => None,
        proof => Some((Sha256::parse(bundle)?, proof)),
    }
}

fn forget_the_oldest(directory: &std::path::Path) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let mut files: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("proofs-"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    for (_, path) in files.iter().rev().skip(FILES) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn cache() -> (tempfile::TempDir, Cache) {
        let directory = tempfile::tempdir().expect("a directory");
        let cache = Cache::new(directory.path());
        (directory, cache)
    }

    fn proof() -> Proof {
        Proof::Key { fingerprint: Sha256::of("key"), times: vec![Timestamp::from_seconds(7)] }
    }

    #[test]
    fn what_was_proven_is_known_again_and_what_was_refused_is_not() {
        let (_directory, cache) = cache();
        let proofs = cache.proofs(Sha256::of("trust"));
        proofs.keep(Sha256::of("a"), &proof());
        proofs.keep(Sha256::of("b"), &Proof::Rejected("no".to_owned()));
        proofs.write();
        let again = cache.proofs(Sha256::of("trust"));
        assert_eq!(again.find(Sha256::of("a")), Some(proof()));
        assert_eq!(again.find(Sha256::of("b")), None);
        assert_eq!(cache.proofs(Sha256::of("other trust")).find(Sha256::of("a")), None);
    }

    #[test]
    fn no_changed_byte_is_believed() {
        let (_directory, cache) = cache();
        let proofs = cache.proofs(Sha256::of("trust"));
        proofs.keep(Sha256::of("a"), &proof());
        proofs.write();
        let bytes = fs::read(&proofs.path).expect("it was written");
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1;
            fs::write(&proofs.path, &flipped).expect("it can be written");
            let found = cache.proofs(Sha256::of("trust")).find(Sha256::of("a"));
            assert!(found.is_none_or(|found| found == proof()), "byte {position}");
        }
    }

    #[test]
    fn the_oldest_files_go() {
        let (_directory, cache) = cache();
        for number in 0..FILES + 3 {
            let proofs = cache.proofs(Sha256::of(number.to_string()));
            proofs.keep(Sha256::of("a"), &proof());
            proofs.write();
        }
        assert_eq!(fs::read_dir(cache.path("cache")).expect("a directory").count(), FILES);
    }
}
