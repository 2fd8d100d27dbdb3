//! `index.yaml` of an HTTP chart repository: read strictly, changed entry by entry, never written anew.
//!
//! An index belongs to everybody who has an entry in it. So it is taken apart by lines ([`outline`]), each
//! entry is read by itself as Helm reads it ([`entry`]), and a change replaces, inserts or takes out whole
//! entries ([`edit`]): every other byte stays. The time is linear in the size of the file, whatever the number
//! of entries.
//!
//! Helm's side of it is `pkg/repo/v1/index.go`.

mod edit;
mod entry;
mod outline;
mod plain;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Error;
use outline::{LineNumbers, Outline};

pub use edit::{Change, NewEntry};

/// What a repository begins with.
pub const EMPTY_INDEX: &[u8] = b"apiVersion: v1\nentries: {}\n";

/// The name Helm looks for below a repository's address.
pub const INDEX_FILE: &str = "index.yaml";

/// One entry, as it stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key it stands under, which is what Helm finds it by.
    pub chart: String,
    /// As written; empty where it cannot be read.
    pub version: String,
    /// As written: bare hex, if it is right.
    pub digest: Option<String>,
    /// As written; Helm takes the first.
    pub urls: Vec<String>,
    /// Where it begins, from 1.
    pub line: usize,
    /// What is wrong with it in itself, a sentence each.
    pub faults: Vec<String>,
    /// Its bytes.
    lines: Range<usize>,
}

impl Entry {
    /// `line 12: x 1.2.3`, for a message.
    pub fn place(&self) -> String {
        let space = if self.version.is_empty() { "" } else { " " };
        format!("line {}: {}{space}{}", self.line, self.chart, self.version)
    }
}

/// An index, read.
#[derive(Clone, Debug)]
pub struct Index<'a> {
    bytes: &'a [u8],
    outline: Outline,
    entries: Vec<Entry>,
    /// What is wrong outside the entries.
    faults: Vec<String>,
}

impl<'a> Index<'a> {
    /// Reads an index in block style, as Helm and its kin write it. What is wrong inside an entry, or beside
    /// them, does not keep the others from being read: see [`Self::faults`].
    ///
    /// # Errors
    /// The file's outline is something else: JSON or flow style, no mapping, indented in another way.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let outline = Outline::of(bytes).map_err(unreadable)?;
        let mut faults = Vec::new();
        let mut heads = BTreeSet::new();
        for head in &outline.heads {
            let at = LineNumbers::of(bytes).at(head.start);
            match entry::head(slice(bytes, head)) {
                Ok((key, value)) => {
                    if let Some(why) = entry::head_fault(&key, &value) {
                        faults.push(format!("line {at}: {why}"));
                    }
                    if !heads.insert(key.clone()) {
                        faults.push(format!("line {at}: the key `{key}` occurs twice"));
                    }
                }
                Err(why) => faults.push(format!("line {at}: {why}")),
            }
        }
        if !heads.contains("apiVersion") {
            faults.push("it has no `apiVersion: v1`, without which Helm refuses it".to_owned());
        }
        let mut entries = Vec::new();
        let mut lines = LineNumbers::of(bytes);
        let mut names = BTreeMap::new();
        for chart in &outline.charts {
            let at = lines.at(chart.whole.start);
            if names.insert(chart.name.as_str(), at).is_some() {
                faults.push(format!("line {at}: the chart `{}` occurs twice", chart.name));
            }
            for item in &chart.items {
                let mut entry = entry::read(&chart.name, slice(bytes, item));
                entry.line = lines.at(item.start);
                entry.lines = item.clone();
                entries.push(entry);
            }
        }
        Ok(Self { bytes, outline, entries, faults })
    }

    /// Every entry, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is wrong outside the entries: Helm does not read such a file, or not all of it.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The entries of one version: more than one are duplicates, of which Helm takes the first.
    pub fn find(&self, chart: &str, version: &str) -> Vec<usize> {
        let is = |entry: &Entry| entry.chart == chart && entry.version == version;
        self.entries.iter().enumerate().filter(|(_, entry)| is(entry)).map(|(at, _)| at).collect()
    }

    /// For each entry that says the same version as one before it, where that one is.
    pub fn duplicates(&self) -> BTreeMap<usize, usize> {
        let mut first = BTreeMap::new();
        let mut duplicates = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            if entry.version.is_empty() {
                continue;
            }
            let before = *first.entry((&entry.chart, &entry.version)).or_insert(at);
            if before != at {
                duplicates.insert(at, before);
            }
        }
        duplicates
    }

    /// Everything that is wrong with the file in itself, in words: what stands outside the entries, what
    /// stands in them, and versions that occur twice.
    pub fn all_faults(&self) -> Vec<String> {
        let duplicates = self.duplicates();
        let mut all = self.faults.clone();
        for (at, entry) in self.entries.iter().enumerate() {
            all.extend(entry.faults.iter().map(|fault| format!("{}: {fault}", entry.place())));
            if let Some(first) = duplicates.get(&at).and_then(|first| self.entries.get(*first)) {
                all.push(format!("{}: the version occurs in line {} too", entry.place(), first.line));
            }
        }
        all
    }
}

fn unreadable((line, why): (usize, String)) -> Error {
    Error::Yaml { file: INDEX_FILE.to_owned(), why: format!("line {line}: {why}") }
}

/// A piece of the file. The ranges come from the file itself; one that does not would be empty.
fn slice<'a>(bytes: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    bytes.get(range.clone()).unwrap_or_default()
}

#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod plain_tests;
#[cfg(test)]
mod tests;
