//! The bytes of a package: tar as Go's archive/tar writes it, gzip with Helm's header.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::model::Timestamp;

use super::chart::Chart;

/// The compressor by crate, version and level, as a payload records it: the tgz digest can be compared only
/// where it is the same (the tar digest always can). A test holds it to Cargo.lock.
pub const COMPRESSOR: &str = "flate2 1.1.10/miniz_oxide 0.9.1 level 3";

/// How hard the compressor tries, of 9. Twice as fast as its default, for packages a twentieth larger.
const LEVEL: u32 = 3;

const BLOCK: usize = 512;
/// What the name field holds, in bytes.
const NAME: usize = 100;
/// What the prefix field holds, in bytes.
const PREFIX: usize = 155;
/// The first number that eleven octal digits do not hold.
const OCTAL_END: u64 = 1 << 33;

/// gzip's fixed header (RFC 1952): deflate, an extra field and a comment follow, no time, system unknown.
const GZIP: [u8; 10] = [0x1F, 0x8B, 8, 0x14, 0, 0, 0, 0, 0, 0xFF];
/// The extra field Helm writes since 4.2.4, well-formed: subfield `rr`, 40 bytes.
const EXTRA: &[u8] = b"rr\x28\x00aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=";
const COMMENT: &[u8] = b"Helm\0";

/// The tar of a chart, in the order of Helm's `writeTarContents`, every entry dated `epoch`.
///
/// # Errors
/// None for metadata that was read; the serializer's signature has one.
pub(super) fn tar(chart: &Chart, epoch: Timestamp) -> serde_json::Result<Vec<u8>> {
    // In one piece, so that a large chart is not copied while the tar grows.
    let mut tar = Vec::with_capacity(room(chart));
    write_chart(&mut tar, chart, "", epoch)?;
    tar.resize(tar.len() + 2 * BLOCK, 0);
    Ok(tar)
}

/// The size of a chart's tar in bytes, nearly: names that need a record of their own are not counted.
fn room(chart: &Chart) -> usize {
    let entry = |bytes: &[u8]| bytes.len().next_multiple_of(BLOCK).saturating_add(BLOCK);
    let files = chart.templates.iter().chain(&chart.files).map(|file| entry(&file.bytes));
    let values = chart.values.iter().chain(&chart.schema).map(|bytes| entry(bytes));
    // Chart.yaml and Chart.lock are seldom larger, and the end takes two blocks.
    let metadata = 16 * BLOCK;
    let own = files.chain(values).fold(metadata, usize::saturating_add);
    chart.subcharts.iter().map(room).fold(own, usize::saturating_add)
}

fn write_chart(tar: &mut Vec<u8>, chart: &Chart, above: &str, epoch: Timestamp) -> serde_json::Result<()> {
    let base = format!("{above}{}", chart.chartfile.name);
    let mut write = |name: &str, bytes: &[u8]| write_file(tar, &format!("{base}/{name}"), bytes, epoch);

    let mut chartfile = chart.chartfile.clone();
    let is_v1 = chartfile.api_version == "v1";
    if is_v1 {
        // They stand in requirements.yaml, which is among the files.
        chartfile.dependencies.clear();
    }
    write("Chart.yaml", chartfile.to_yaml()?.as_bytes());
    if let (false, Some(lock)) = (is_v1, &chart.lock) {
        let mut lock = lock.clone();
        lock.generated = epoch.to_string();
        write("Chart.lock", lock.to_yaml()?.as_bytes());
    }
    if let Some(values) = &chart.values {
        write("values.yaml", values);
    }
    if let Some(schema) = &chart.schema {
        write("values.schema.json", schema);
    }
    for file in chart.templates.iter().chain(&chart.files) {
        write(&file.path, &file.bytes);
    }
    for subchart in &chart.subcharts {
        write_chart(tar, subchart, &format!("{base}/charts/"), epoch)?;
    }
    Ok(())
}

fn write_file(tar: &mut Vec<u8>, name: &str, bytes: &[u8], epoch: Timestamp) {
    let (prefix, short) = split(name).unwrap_or(("", name));
    let time = u64::try_from(epoch.seconds()).ok().filter(|seconds| *seconds < OCTAL_END);
    let name_fits = name.is_ascii() && short.len() <= NAME;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if name_fits && time.is_some() {
        write_entry(tar, &Entry { prefix, name: short, size, time: time.unwrap_or(0), kind: b'0' }, bytes);
        return;
    }
    // What USTAR cannot hold goes to a PAX record before the entry (POSIX.1-2001), keys sorted.
    let mut records = String::new();
    if time.is_none() {
        records.push_str(&pax_record("mtime", &epoch.seconds().to_string()));
    }
    if !name.is_ascii() || name.len() > NAME {
        records.push_str(&pax_record("path", name));
    }
    let pax_name = match name.rsplit_once('/') {
        Some((directory, file)) => format!("{directory}/PaxHeaders.0/{file}"),
        None => format!("PaxHeaders.0/{name}"),
    };
    let size_of_records = u64::try_from(records.len()).unwrap_or(u64::MAX);
    let pax_name = first_ascii(&pax_name);
    let pax_name = pax_name.trim_end_matches('/');
    let pax = Entry { prefix: "", name: pax_name, size: size_of_records, time: 0, kind: b'x' };
    write_entry(tar, &pax, records.as_bytes());
    let mut short = first_ascii(name);
    if short.len() == NAME {
        // Cut off behind a slash, it would be taken for a directory.
        short.truncate(short.trim_end_matches('/').len());
    }
    let entry = Entry { prefix: "", name: &short, size, time: time.unwrap_or(0), kind: b'0' };
    write_entry(tar, &entry, bytes);
}

/// What an older reader sees of a name that did not fit: its ASCII, as much as there is room for.
fn first_ascii(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii() && *c != '\0').take(NAME).collect()
}

/// Go's `splitUSTARPath`: the longest prefix that ends before a slash.
fn split(name: &str) -> Option<(&str, &str)> {
    if name.len() <= NAME || !name.is_ascii() {
        return None;
    }
    let at = name.get(..name.len().min(PREFIX + 1))?.rfind('/')?;
    let (prefix, rest) = name.split_at_checked(at)?;
    let rest = rest.get(1..)?;
    let fits = !prefix.is_empty() && !rest.is_empty() && rest.len() <= NAME && prefix.len() <= PREFIX;
    fits.then_some((prefix, rest))
}

/// `<length> <key>=<value>\n`, where the length counts itself.
fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + rest.to_string().len();
    if length.to_string().len() > rest.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

/// The fields of a header that differ between entries.
#[derive(Debug)]
struct Entry<'a> {
    prefix: &'a str,
    name: &'a str,
    size: u64,
    /// Seconds since the epoch.
    time: u64,
    kind: u8,
}

fn write_entry(tar: &mut Vec<u8>, entry: &Entry<'_>, bytes: &[u8]) {
    let mut header = Vec::with_capacity(BLOCK);
    let field = |header: &mut Vec<u8>, text: &str, width: usize| {
        let start = header.len();
        header.extend(text.bytes().take(width));
        header.resize(start + width, 0);
    };
    // Go leaves mode and device numbers of a PAX header out, the one as zeros, the others empty.
    let (mode, device) = if entry.kind == b'x' { ("0000000", "") } else { ("0000644", "0000000") };
    field(&mut header, entry.name, NAME);
    field(&mut header, mode, 8);
    field(&mut header, "0000000", 8);
    field(&mut header, "0000000", 8);
    field(&mut header, &format!("{:011o}", entry.size), 12);
    field(&mut header, &format!("{:011o}", entry.time), 12);
    // The checksum counts its own field as spaces.
    field(&mut header, "        ", 8);
    header.push(entry.kind);
    field(&mut header, "", 100);
    field(&mut header, "ustar\0", 6);
    field(&mut header, "00", 2);
    field(&mut header, "", 64);
    field(&mut header, device, 8);
    field(&mut header, device, 8);
    field(&mut header, entry.prefix, PREFIX);
    header.resize(BLOCK, 0);
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let checksum = format!("{sum:06o}\0 ");
    header.splice(148..156, checksum.bytes());

    tar.extend(header);
    tar.extend(bytes);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}

/// A package: `tar` compressed, with the header Helm ≥ 4.2.4 writes.
///
/// # Errors
/// None in memory; the compressor's signature has one.
pub(super) fn gzip(tar: &[u8]) -> io::Result<Vec<u8>> {
    let mut tgz = Vec::from(GZIP);
    tgz.extend(u16::try_from(EXTRA.len()).unwrap_or(0).to_le_bytes());
    tgz.extend(EXTRA);
    tgz.extend(COMMENT);
    // Written in one call: how the input is cut may show in the output.
    let mut encoder = DeflateEncoder::new(tgz, Compression::new(LEVEL));
    encoder.write_all(tar)?;
    let mut tgz = encoder.finish()?;
    let mut crc = Crc::new();
    crc.update(tar);
    tgz.extend(crc.sum().to_le_bytes());
    tgz.extend(crc.amount().to_le_bytes());
    Ok(tgz)
}

#[cfg(test)]
#[path = "tarball_tests.rs"]
mod tests;
