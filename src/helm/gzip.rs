//! A package as it grows: the bytes of the tar go through the compressor and the digests, and are gone.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::model::{Sha256, Sha256Pieces};

/// The compressor by crate, version and level, as a payload records it: the tgz digest can be compared only
/// where it is the same (the tar digest always can). A test holds it to Cargo.lock.
pub const COMPRESSOR: &str = "flate2 1.1.10/zlib-rs 0.6.8 level 4";

/// How hard the compressor tries, of 9: nearly as small as Go's default of 6, in a quarter of the time.
const LEVEL: u32 = 4;

/// The compressor is given pieces of this size, whatever the sizes of the files: how the input is cut may show
/// in the output.
const PIECE: usize = 64 * 1024;

/// gzip's fixed header (RFC 1952): deflate, an extra field and a comment follow, no time, system unknown.
const GZIP: [u8; 10] = [0x1F, 0x8B, 8, 0x14, 0, 0, 0, 0, 0, 0xFF];
/// The extra field Helm writes since 4.2.4, well-formed: subfield `rr`, 40 bytes.
const EXTRA: &[u8] = b"rr\x28\x00aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=";
const COMMENT: &[u8] = b"Helm\0";

/// A package: the compressed bytes, and what is to be known of the others.
#[derive(Clone, Debug)]
pub(super) struct Compressed {
    pub(super) tgz: Vec<u8>,
    pub(super) tar_digest: Sha256,
    /// In bytes.
    pub(super) tar_size: u64,
}

/// Takes a tar, and gives back a package with the header Helm ≥ 4.2.4 writes.
#[derive(Debug)]
pub(super) struct Gzip {
    encoder: DeflateEncoder<Vec<u8>>,
    piece: Vec<u8>,
    digest: Sha256Pieces,
    crc: Crc,
    size: u64,
}

impl Gzip {
    pub(super) fn new() -> Self {
        let mut tgz = Vec::from(GZIP);
        tgz.extend(u16::try_from(EXTRA.len()).unwrap_or(0).to_le_bytes());
        tgz.extend(EXTRA);
        tgz.extend(COMMENT);
        Self {
            encoder: DeflateEncoder::new(tgz, Compression::new(LEVEL)),
            piece: Vec::with_capacity(PIECE),
            digest: Sha256Pieces::default(),
            crc: Crc::new(),
            size: 0,
        }
    }

    /// The package of all that was written.
    ///
    /// # Errors
    /// None in memory; the compressor's signature has one.
    pub(super) fn finish(mut self) -> io::Result<Compressed> {
        self.pass_on()?;
        let mut tgz = self.encoder.finish()?;
        tgz.extend(self.crc.sum().to_le_bytes());
        tgz.extend(self.crc.amount().to_le_bytes());
        Ok(Compressed { tgz, tar_digest: self.digest.digest(), tar_size: self.size })
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.digest.add(&self.piece);
        self.crc.update(&self.piece);
        self.size = self.size.saturating_add(u64::try_from(self.piece.len()).unwrap_or(u64::MAX));
        self.encoder.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }
}

impl Write for Gzip {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE.saturating_sub(self.piece.len());
        let (fitting, _) = bytes.split_at(room.min(bytes.len()));
        self.piece.extend_from_slice(fitting);
        if self.piece.len() == PIECE {
            self.pass_on()?;
        }
        Ok(fitting.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // The last piece waits for the end: a shorter one in between could show.
        Ok(())
    }
}

#[cfg(test)]
#[path = "gzip_tests.rs"]
mod tests;
