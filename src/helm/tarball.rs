//! The bytes of a tar, as Go's archive/tar writes it.

use std::io::{self, Write};

use crate::model::{ChartFile, Timestamp};

use super::chart::Chart;

const BLOCK: usize = 512;
/// What the name field holds, in bytes.
const NAME: usize = 100;
/// What the prefix field holds, in bytes.
const PREFIX: usize = 155;
/// The first number that eleven octal digits do not hold.
const OCTAL_END: u64 = 1 << 33;

/// Writes the tar of a chart, in the order of Helm's `writeTarContents`, every entry dated `epoch`. Of the chart
/// nothing is kept longer than it is needed.
///
/// # Errors
/// `tar`'s own.
pub(super) fn write(tar: &mut impl Write, chart: Chart, epoch: Timestamp) -> io::Result<()> {
    write_chart(tar, chart, "", epoch)?;
    tar.write_all(&[0; 2 * BLOCK])
}

fn write_chart(tar: &mut impl Write, chart: Chart, above: &str, epoch: Timestamp) -> io::Result<()> {
    let Chart { mut chartfile, lock, values, schema, templates, files, subcharts } = chart;
    let base = format!("{above}{}", chartfile.name);
    let mut write = |name: &str, bytes: &[u8]| write_file(tar, &format!("{base}/{name}"), bytes, epoch);

    let is_v1 = chartfile.api_version == "v1";
    if is_v1 {
        // They stand in requirements.yaml, which is among the files.
        chartfile.dependencies.clear();
    }
    write("Chart.yaml", chartfile.to_yaml()?.as_bytes())?;
    if let (false, Some(mut lock)) = (is_v1, lock) {
        lock.generated = epoch.to_string();
        write("Chart.lock", lock.to_yaml()?.as_bytes())?;
    }
    if let Some(values) = values {
        write("values.yaml", &values)?;
    }
    if let Some(schema) = schema {
        write("values.schema.json", &schema)?;
    }
    for ChartFile { path, bytes } in templates.into_iter().chain(files) {
        write(&path, &bytes)?;
    }
    for subchart in subcharts {
        write_chart(tar, subchart, &format!("{base}/charts/"), epoch)?;
    }
    Ok(())
}

fn write_file(tar: &mut impl Write, name: &str, bytes: &[u8], epoch: Timestamp) -> io::Result<()> {
    let (prefix, short) = split(name).unwrap_or(("", name));
    let time = u64::try_from(epoch.seconds()).ok().filter(|seconds| *seconds < OCTAL_END);
    let name_fits = name.is_ascii() && short.len() <= NAME;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if name_fits && time.is_some() {
        let entry = Entry { prefix, name: short, size, time: time.unwrap_or(0), kind: b'0' };
        return write_entry(tar, &entry, bytes);
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
    write_entry(tar, &pax, records.as_bytes())?;
    let mut short = first_ascii(name);
    if short.len() == NAME {
        // Cut off behind a slash, it would be taken for a directory.
        short.truncate(short.trim_end_matches('/').len());
    }
    let entry = Entry { prefix: "", name: &short, size, time: time.unwrap_or(0), kind: b'0' };
    write_entry(tar, &entry, bytes)
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

fn write_entry(tar: &mut impl Write, entry: &Entry<'_>, bytes: &[u8]) -> io::Result<()> {
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

    tar.write_all(&header)?;
    tar.write_all(bytes)?;
    let over = bytes.len() % BLOCK;
    if over > 0 {
        tar.write_all(&[0; BLOCK][over..])?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "tarball_tests.rs"]
mod tests;
