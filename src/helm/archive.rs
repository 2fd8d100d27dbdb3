//! Reading a package: a gzip'd tar with one directory at the top (Helm's pkg/chart/loader/archive).

use std::io::Read;

use flate2::read::MultiGzDecoder;

use crate::model::ChartFile;

/// Helm reads no chart whose files come to more than this together, in bytes.
pub(super) const LARGEST_CHART: u64 = 100 * 1024 * 1024;
/// The files with their headers: what a package may unpack to, in bytes.
const LARGEST_TAR: u64 = LARGEST_CHART + 28 * 1024 * 1024;

/// The uncompressed bytes of a package.
///
/// # Errors
/// A sentence: not gzip, or larger than Helm would read.
pub(super) fn unpack(tgz: &[u8]) -> Result<Vec<u8>, String> {
    let mut tar = Vec::new();
    let limit = LARGEST_TAR.saturating_add(1);
    MultiGzDecoder::new(tgz).take(limit).read_to_end(&mut tar).map_err(|e| format!("not gzip: {e}"))?;
    if u64::try_from(tar.len()).unwrap_or(u64::MAX) > LARGEST_TAR {
        return Err("it unpacks to more than 100 MiB".to_owned());
    }
    Ok(tar)
}

/// The files below the top directory, in the archive's order, taken from `budget` (bytes).
///
/// # Errors
/// A sentence: not a tar, a path that leads out of the directory, more than `budget`.
pub(super) fn files(tar: &[u8], budget: &mut u64) -> Result<Vec<ChartFile>, String> {
    let broken = |e: std::io::Error| format!("not a tar: {e}");
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
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(broken)?;
        files.push(ChartFile { path, bytes: without_bom(bytes) });
    }
    if files.is_empty() {
        return Err("no files in it".to_owned());
    }
    Ok(files)
}

/// Helm takes a UTF-8 byte order mark off every file it reads.
pub(super) fn without_bom(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
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
