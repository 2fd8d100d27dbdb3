//! The first-parent history of main as an earlier run walked it, so that the next one need not read and hash
//! thousands of commits to find the same.
//!
//! What stands in the file is for whoever walked it to read: here it is bytes with a checksum. It depends on no
//! policy, key or ref, and can be taken away at any time.

use std::fs;
use std::path::PathBuf;

use super::Cache;
use crate::model::Sha256;

/// A line shorter than this, in bytes, is walked in less time than the file takes: 128 commits.
const WORTH_KEEPING: usize = 128 * 20;

impl Cache {
    /// What [`Cache::keep_line`] kept last; empty where there is nothing, or it is damaged.
    pub fn line(&self) -> Vec<u8> {
        let mut bytes = fs::read(self.line_path()).unwrap_or_default();
        let line = bytes.split_off(bytes.len().min(Sha256::of("").bytes().len()));
        if bytes == Sha256::of(&line).bytes() { line } else { Vec::new() }
    }

    /// Keeps a line in place of the one before. Whatever keeps it from that (a read-only repository, a full disk)
    /// costs the next run some time and nothing else.
    pub fn keep_line(&self, line: &[u8]) {
        if line.len() < WORTH_KEEPING {
            return;
        }
        let path = self.line_path();
        // Should two processes write at once, the checksum shows it.
        if path.parent().is_some_and(|directory| fs::create_dir_all(directory).is_ok()) {
            let _ = fs::write(path, [Sha256::of(line).bytes().as_slice(), line].concat());
        }
    }

    fn line_path(&self) -> PathBuf {
        self.path("cache").join("line")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_again_whole_or_not_at_all() {
        let directory = tempfile::tempdir().expect("a directory");
        let cache = Cache::new(directory.path());
        assert!(cache.line().is_empty());
        cache.keep_line(&[7; WORTH_KEEPING - 1]);
        assert!(!cache.line_path().exists());
        let line: Vec<u8> = (0..=u8::MAX).cycle().take(WORTH_KEEPING).collect();
        cache.keep_line(&line);
        assert_eq!(cache.line(), line);
        let whole = fs::read(cache.line_path()).expect("it was written");
        for position in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[position] ^= 1;
            fs::write(cache.line_path(), &flipped).expect("it can be written");
            assert!(cache.line().is_empty(), "byte {position}");
        }
        for length in [0, 1, 31, 32, 33, whole.len() - 1] {
            fs::write(cache.line_path(), &whole[..length]).expect("it can be written");
            assert!(cache.line().is_empty(), "{length} bytes");
        }
    }
}
