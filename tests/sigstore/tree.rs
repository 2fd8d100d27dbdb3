//! A Merkle tree over log entries (RFC 6962, 2.1), kept whole.

use super::keys::sha256;

/// The leaves' hashes, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Tree {
    leaves: Vec<[u8; 32]>,
}

impl Tree {
    /// Adds an entry and gives its index.
    pub(super) fn append(&mut self, entry: &[u8]) -> usize {
        self.leaves.push(sha256(&[&[0], entry].concat()));
        self.leaves.len() - 1
    }

    /// How many entries there are.
    pub(super) fn size(&self) -> usize {
        self.leaves.len()
    }

    /// The hash over all entries.
    pub(super) fn root(&self) -> [u8; 32] {
        head(&self.leaves)
    }

    /// What has to be hashed with an entry, from the leaf up, to reach the root.
    pub(super) fn path(&self, index: usize) -> Vec<[u8; 32]> {
        let mut path = Vec::new();
        climb(&self.leaves, index, &mut path);
        path
    }
}

/// The largest power of two below the number of leaves: where a tree of two or more splits.
fn middle(leaves: &[[u8; 32]]) -> usize {
    leaves.len().next_power_of_two() / 2
}

fn head(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(middle(leaves));
            sha256(&[&[1], &head(left)[..], &head(right)[..]].concat())
        }
    }
}

fn climb(leaves: &[[u8; 32]], index: usize, path: &mut Vec<[u8; 32]>) {
    if leaves.len() < 2 {
        return;
    }
    let middle = middle(leaves);
    let (left, right) = leaves.split_at(middle);
    if index < middle {
        climb(left, index, path);
        path.push(head(right));
    } else {
        climb(right, index - middle, path);
        path.push(head(left));
    }
}
