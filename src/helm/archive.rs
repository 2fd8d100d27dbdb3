//! Reading a package: a gzip'd tar with one directory at the top (Helm's pkg/chart/loader/archive).

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::model::{ChartFile, Sha256, Sha256Pieces};

use super::metadata::LARGEST_FILE;

/// Helm reads no chart whose files come to more than this together, in bytes.
pub(super) const LARGEST_CHART: u64 = 100 * 1024 * 1024;
/// The files with their headers: what a package may unpack to, in bytes.
const LARGEST_TAR: u64 = LARGEST_CHART + 28 * 1024 * 1024;

/// The tar in a package as it is unpacked, of which nothing is kept.
struct Unpacking<'a> {
    tar: MultiGzDecoder<&'a [u8]>,
    /// How many bytes may come yet.
    left: u64,
    digest: Sha256Pieces,
    /// Why there is no more of it. Whoever reads would put it down to the tar.
    failed: Option<String>,
}

impl Read for Unpacking<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.tar.read(buffer).inspect_err(|e| self.failed = Some(format!("not gzip: {e}")))?;
        let left = self.left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX));
        self.left = left.ok_or_else(|| {
            self.failed = Some("it unpacks to more than 100 MiB".to_owned());
            io::ErrorKind::FileTooLarge
        })?;
        self.digest.add(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// The files below the top directory of a package, in the archive's order, taken from `budget` (bytes), and the
/// digest of its tar.
///
/// # Errors
/// A sentence: not gzip, not a tar, larger than Helm would read or than `budget`, a path that leads out of the
/// directory.
pub(super) fn read(tgz: &[u8], budget: &mut u64) -> Result<(Vec<ChartFile>, Sha256), String> {
    let tar = MultiGzDecoder::new(tgz);
    let mut tar = Unpacking { tar, left: LARGEST_TAR, digest: Sha256Pieces::default(), failed: None };
    let files = files(&mut tar, budget);
    // What stands behind the tar's end counts as well, and a package that breaks off there is broken.
    let rest = io::copy(&mut tar, &mut io::sink());
    match (tar.failed, rest) {
        (Some(why), _) => Err(why),
        (None, Err(e)) => Err(format!("not gzip: {e}")),
        (None, Ok(_)) => Ok((files?, tar.digest.digest())),
    }
}

fn files(tar: &mut Unpacking<'_>, budget: &mut u64) -> Result<Vec<ChartFile>, String> {
    let broken = |e: io::Error| format!("not a tar: {e}");
    let mut files = Vec::new();
    for entry in tar::Archive::new(tar).entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        let name = String::from_utf8(entry.path_bytes().into_owned())
            .map_err(|e| format!("the path {:?} is not UTF-8", String::from_utf8_lossy(e.as_bytes())))?;
        let is_header = kind.is_pax_global_extensions() || kind.is_pax_local_extensions();
        if kind.is_dir() || name.ends_with('/') || is_header {
            continue;
        }
        let path = below_top(&name)?;
        *budget = budget.checked_sub(entry.size()).ok_or("its files come to more than 100 MiB")?;
        // The size is the archive's word; no more than a file of a chart is set aside for it.
        let size = usize::try_from(entry.size()).unwrap_or(LARGEST_FILE);
        let mut bytes = Vec::with_capacity(size.min(LARGEST_FILE));
        entry.read_to_end(&mut bytes).map_err(broken)?;
        files.push(ChartFile { path, bytes: without_bom(bytes) });
    }
    if files.is_empty() {
        return Err("no files in it".to_owned());
    }
    Ok(files)
}

/// The tar in a package.
#[cfg(test)]
pub(super) fn unpack(tgz: &[u8]) -> io::Result<Vec<u8>> {
    let mut tar = Vec::new();
    MultiGzDecoder::new(tgz).read_to_end(&mut tar)?;
    Ok(tar)
}

/// A UTF-8 byte order mark.
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Helm takes a byte order mark off every file it reads.
pub(super) fn without_bom(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(BOM) {
        bytes.drain(..BOM.len());
    }
    bytes
}

/// The path behind the top directory, cleaned; backslashes separate where there are any, as from Windows.
fn below_top(name: &str) -> Result<String, String> {
    let separator = if name.contains('\\') { '\\' } else { '/' };
    let (top, path) = name.split_once(separator).unwrap_or((name, ""));
    let path = path.replace(separator, "/");
    let refuse = || format!("the path {name:?} leads out of the chart's directory");
    if top == "Chart.yaml" || path.starts_with('/') {
        return Err(refuse());
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(refuse)?;
            }
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    if path.is_empty() || is_misread(&path) { Err(refuse()) } else { Ok(path) }
}

/// Whether Helm takes `path` in a package for one that leads elsewhere: what starts with two dots, even
/// a file named `..x`, and what could be a drive.
pub(super) fn is_misread(path: &str) -> bool {
    let is_drive = path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && path.get(1..3) == Some(":/");
    path.starts_with("..") || is_drive
}
