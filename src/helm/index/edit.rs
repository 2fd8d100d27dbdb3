//! Changing an index: whole entries in and out, every other byte as it was.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use semver::Version;
use serde_json::{Value, json};

use super::super::yaml;
use super::super::{Error, Package};
use super::entry::{self, loose};
use super::outline::{Chart, Outline};
use super::{Entry, INDEX_FILE, Index, slice};
use crate::model::{Sha256, Timestamp};

/// An entry to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// `Chart.yaml:name`.
    pub chart: String,
    pub version: Version,
    /// sha256 of the package.
    pub digest: Sha256,
    /// Where the package is.
    pub url: String,
    fields: Value,
}

impl NewEntry {
    /// The entry that `helm repo index` writes for a package, found at `url`, made at `created`.
    ///
    /// # Errors
    /// The URL is none, or the package has no usable metadata.
    pub fn of(package: &Package, url: &str, created: Timestamp) -> Result<Self, Error> {
        let refuse = |why: String| Error::File { file: package.file.clone(), why };
        if let Some(why) = entry::url_fault(url) {
            return Err(refuse(format!("the URL `{}` {why}", url.escape_debug())));
        }
        let mut fields: Value =
            serde_json::from_slice(&package.oci_config).map_err(|why| refuse(format!("its metadata: {why}")))?;
        let text = |fields: &Value, key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(chart), Some(version)) = (text(&fields, "name"), text(&fields, "version")) else {
            return Err(refuse("its metadata has no name and version".to_owned()));
        };
        let version = Version::parse(&version).map_err(|why| refuse(format!("its version {version}: {why}")))?;
        if text(&fields, "apiVersion").is_none() {
            fields["apiVersion"] = json!("v1");
        }
        fields["created"] = json!(created.to_string());
        fields["digest"] = json!(package.tgz_digest.to_string());
        fields["urls"] = json!([url]);
        Ok(Self { chart, version, digest: package.tgz_digest, url: url.to_owned(), fields })
    }

    /// The lines of the entry, its dash indented by `dash`.
    fn lines(&self, dash: usize, crlf: bool) -> Result<Vec<u8>, Error> {
        // Written as a part of a whole index, so that long lines fold where Helm folds them.
        let text = yaml::write(&json!({ "entries": { self.chart.as_str(): [self.fields] } }));
        let mut lines = Vec::with_capacity(text.len());
        for line in text.split_inclusive('\n').skip(2) {
            let content = line.strip_prefix("  ").filter(|rest| !rest.trim().is_empty());
            if let Some(content) = content {
                lines.extend(std::iter::repeat_n(b' ', dash));
                lines.extend_from_slice(content.as_bytes());
            } else {
                lines.extend_from_slice(line.as_bytes());
            }
        }
        let lines = if crlf { with_carriage_returns(&lines) } else { lines };
        // Indented otherwise it must still be the same; nothing is written that does not read back.
        let read = entry::read(&self.chart, &lines);
        let same = read.faults.is_empty()
            && read.version == self.version.to_string()
            && read.digest == Some(self.digest.to_string())
            && read.urls == [self.url.as_str()]
            && yaml::strict(&lines) == yaml::strict(yaml::write(&json!([self.fields])).as_bytes());
        if same { Ok(lines) } else { Err(refuse(&format!("the entry of {} {}", self.chart, self.version))) }
    }

    fn key(&self, indent: usize, crlf: bool) -> Vec<u8> {
        let text = yaml::write(&json!({ self.chart.as_str(): Value::Null }));
        let key = text.trim_end().strip_suffix("null").unwrap_or_default().trim_end();
        format!("{:indent$}{key}{}", "", if crlf { "\r\n" } else { "\n" }).into_bytes()
    }
}

/// What is to become of an index. Entries are named by their place in [`Index::entries`].
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Entries put in the place of others.
    pub replaced: BTreeMap<usize, NewEntry>,
    /// Entries taken out.
    pub removed: BTreeSet<usize>,
    /// Entries put where they belong: charts in alphabetical order, versions from the newest down.
    pub added: Vec<NewEntry>,
}

impl Change {
    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.removed.is_empty() && self.added.is_empty()
    }
}

/// A part of the file with what takes its place.
type Splice = (Range<usize>, Vec<u8>);

impl Index<'_> {
    /// The file with these changes, and nothing else changed: which is looked at before it is given out.
    ///
    /// # Errors
    /// It has no `entries`, or what came out is not what was meant.
    pub fn changed(&self, change: &Change) -> Result<Vec<u8>, Error> {
        let mut splices: Vec<Splice> = Vec::new();
        let crlf = self.outline.crlf;
        for (at, chart, item) in self.items() {
            if let Some(new) = change.replaced.get(&at) {
                splices.push((item.clone(), new.lines(chart.dash, crlf)?));
            } else if change.removed.contains(&at) {
                splices.push((item.clone(), Vec::new()));
            }
        }
        self.take_out_empty(change, &mut splices);
        let mut fresh: BTreeMap<&str, Vec<&NewEntry>> = BTreeMap::new();
        for new in &change.added {
            fresh.entry(&new.chart).or_default().push(new);
        }
        let mut charts: Vec<(&str, Vec<&NewEntry>)> = fresh.into_iter().collect();
        charts.sort_by(|(a, _), (b, _)| yaml::natural(a, b));
        for (name, mut versions) in charts {
            versions.sort_by(|a, b| b.version.cmp(&a.version));
            match self.outline.charts.iter().find(|chart| chart.name == name) {
                Some(chart) => self.newer_versions(chart, &versions, &mut splices)?,
                None => self.new_chart(name, &versions, &mut splices)?,
            }
        }
        let bytes = self.spliced(splices);
        self.verified(&bytes, change)?;
        Ok(bytes)
    }

    /// Every entry's number, chart and lines.
    fn items(&self) -> impl Iterator<Item = (usize, &Chart, &Range<usize>)> {
        let charts = self.outline.charts.iter();
        let items = charts.flat_map(|chart| chart.items.iter().map(move |item| (chart, item)));
        items.enumerate().map(|(at, (chart, item))| (at, chart, item))
    }

    /// A chart that loses its last version goes with it.
    fn take_out_empty(&self, change: &Change, splices: &mut Vec<Splice>) {
        let mut at = 0_usize;
        for chart in &self.outline.charts {
            let own = at..at + chart.items.len();
            at = own.end;
            let grows = change.added.iter().any(|new| new.chart == chart.name);
            if !own.is_empty() && !grows && own.into_iter().all(|entry| change.removed.contains(&entry)) {
                splices.push((chart.key.lines.clone(), Vec::new()));
            }
        }
    }

    /// New versions of a chart that is there: each before the first lower one.
    fn newer_versions(
        &self,
        chart: &Chart,
        versions: &[&NewEntry],
        splices: &mut Vec<Splice>,
    ) -> Result<(), Error> {
        if let Some(nothing) = &chart.key.nothing {
            splices.push((nothing.clone(), Vec::new()));
        }
        let inside = |entry: &&Entry| chart.whole.contains(&entry.lines.start);
        let there: Vec<(Option<Version>, usize)> =
            self.entries.iter().filter(inside).map(|entry| (loose(&entry.version), entry.lines.start)).collect();
        for new in versions {
            let lower = |(version, _): &&(Option<Version>, usize)| {
                version.as_ref().is_some_and(|version| *version < new.version)
            };
            let place = there.iter().find(lower).map_or(chart.whole.end, |(_, start)| *start);
            splices.push((place..place, new.lines(chart.dash, self.outline.crlf)?));
        }
        Ok(())
    }

    /// A chart that is not there: before the first that comes after it.
    fn new_chart(&self, name: &str, versions: &[&NewEntry], splices: &mut Vec<Splice>) -> Result<(), Error> {
        let Outline { entries: Some(entries), charts, crlf, .. } = &self.outline else {
            return Err(Error::Yaml {
                file: INDEX_FILE.to_owned(),
                why: "it has no `entries` to add to".to_owned(),
            });
        };
        if let Some(nothing) = entries.nothing.as_ref().filter(|nothing| !nothing.is_empty()) {
            let once = (nothing.clone(), Vec::new());
            if !splices.contains(&once) {
                splices.push(once);
            }
        }
        let (indent, dash) = charts.first().map_or((2, 2), |chart| (chart.indent, chart.dash));
        let after = charts.iter().find(|chart| yaml::natural(name, &chart.name).is_lt());
        let end = charts.last().map_or(entries.lines.end, |chart| chart.whole.end);
        let place = after.map_or(end, |chart| chart.whole.start);
        let mut lines = Vec::new();
        for new in versions {
            if lines.is_empty() {
                lines = new.key(indent, *crlf);
            }
            lines.extend(new.lines(dash, *crlf)?);
        }
        splices.push((place..place, lines));
        Ok(())
    }

    fn spliced(&self, mut splices: Vec<Splice>) -> Vec<u8> {
        // Stable: what goes to one place stays in the order it was put.
        splices.sort_by_key(|(range, _)| (range.start, range.end));
        let more: usize = splices.iter().map(|(_, new)| new.len()).sum();
        let mut bytes = Vec::with_capacity(self.bytes.len().saturating_add(more));
        let mut done = 0_usize;
        for (range, new) in splices {
            bytes.extend_from_slice(slice(self.bytes, &(done..range.start)));
            if !new.is_empty() && !bytes.is_empty() && !bytes.ends_with(b"\n") && range.start == self.bytes.len() {
                bytes.extend_from_slice(if self.outline.crlf { b"\r\n" } else { b"\n" });
            }
            bytes.extend_from_slice(&new);
            done = range.end;
        }
        bytes.extend_from_slice(slice(self.bytes, &(done..self.bytes.len())));
        bytes
    }

    /// Looks at what came out: the same pieces in the same order, but for those that were to change.
    fn verified(&self, bytes: &[u8], change: &Change) -> Result<(), Error> {
        let after = Outline::of(bytes).map_err(|(line, why)| refuse(&format!("line {line}: {why}")))?;
        let crlf = self.outline.crlf;
        let mut added: Vec<(&str, Cow<'_, [u8]>)> = Vec::new();
        for new in &change.added {
            let dash = after.charts.iter().find(|chart| chart.name == new.chart).map_or(2, |chart| chart.dash);
            added.push((&new.chart, new.lines(dash, crlf)?.into()));
        }
        let mut before: Vec<(&str, Cow<'_, [u8]>)> = Vec::new();
        for (at, chart, item) in self.items() {
            match change.replaced.get(&at) {
                Some(new) => before.push((&chart.name, new.lines(chart.dash, crlf)?.into())),
                None if change.removed.contains(&at) => {}
                None => before.push((&chart.name, slice(self.bytes, item).into())),
            }
        }
        let mut rest = before.iter().peekable();
        for chart in &after.charts {
            for item in &chart.items {
                let piece = (chart.name.as_str(), slice(bytes, item).trim_ascii_end());
                let same = |(name, lines): &(&str, Cow<'_, [u8]>)| (*name, lines.trim_ascii_end()) == piece;
                if rest.peek().is_some_and(|next| same(next)) {
                    rest.next();
                } else if let Some(found) = added.iter().position(same) {
                    added.swap_remove(found);
                } else {
                    return Err(refuse(&format!("an entry of {}", chart.name)));
                }
            }
        }
        let heads = |outline: &Outline, bytes: &[u8]| -> Vec<Vec<u8>> {
            outline.heads.iter().map(|head| slice(bytes, head).trim_ascii_end().to_vec()).collect()
        };
        let kept = rest.next().is_none() && added.is_empty();
        if kept && heads(&after, bytes) == heads(&self.outline, self.bytes) {
            return Ok(());
        }
        Err(refuse("what stands around the entry"))
    }
}

fn refuse(what: &str) -> Error {
    let why = format!("{what} would not come out as it was meant; nothing was written");
    Error::Yaml { file: INDEX_FILE.to_owned(), why }
}

fn with_carriage_returns(lines: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(lines.len());
    for line in lines.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => bytes.extend_from_slice(&[text, b"\r\n"].concat()),
            None => bytes.extend_from_slice(line),
        }
    }
    bytes
}
