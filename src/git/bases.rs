//! What gix keeps of unpacked objects, because others in the pack are written as changes to them.

use gix::objs::Kind;
use gix::odb::pack::cache::DecodeEntry;
use gix::odb::pack::cache::lru::StaticLinkedList;

/// The largest file that is kept, in bytes. A larger one is read once, and keeping it would cost as much memory
/// again.
const LARGEST_FILE: usize = 128 * 1024;
/// How many objects are kept, whatever they are.
const COUNT: usize = 64;

/// The objects unpacked last, without large files.
#[derive(Default)]
pub(super) struct Bases(StaticLinkedList<COUNT>);

impl DecodeEntry for Bases {
    fn put(&mut self, pack_id: u32, offset: u64, data: &[u8], kind: Kind, compressed_size: usize) {
        if kind != Kind::Blob || data.len() <= LARGEST_FILE {
            self.0.put(pack_id, offset, data, kind, compressed_size);
        }
    }

    fn get(&mut self, pack_id: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        self.0.get(pack_id, offset, out)
    }
}

#[cfg(test)]
#[path = "bases_tests.rs"]
mod tests;
