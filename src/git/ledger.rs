//! The evidence ledger: git notes per chart, and the inbox that writers never contend for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gix::ObjectId;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::objects::oid;
use super::{Annotated, Error, Repo};
use crate::model::{Oid, Record, RecordError, Sha256};

mod exchange;
mod notes;

/// Who writes the ledger's commits. Nothing is believed because of it, and a fixed name and time make the
/// same record the same commit on every machine.
pub(super) const LEDGER_NAME: &str = "git-lineage";
pub(super) const LEDGER_EMAIL: &str = "noreply@git-lineage.invalid";

/// So often a lost race is run again; each round somebody wins, so this many writers may meet.
const ROUNDS: u32 = 24;

/// Lines by the object they annotate, each once, in bytewise order.
type Lines = BTreeMap<ObjectId, BTreeSet<Vec<u8>>>;

/// What a ledger holds for some objects.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub records: Vec<Annotated>,
    /// Lines that are no record, with where they stand and why.
    pub oddities: Vec<String>,
    /// Lines of a newer version: exit 3, not guessed.
    pub newer: Vec<String>,
}

/// Whose ledger holds the statements about changes of the policy. They are about no chart, and no chart can
/// be called so: its name is of letters, digits, `-`, `_` and `.`. What they annotate is the blob of the
/// changed file.
pub const POLICY_LEDGER: &str = "@policy";

/// The notes ref of a chart.
pub fn notes_ref(chart: &str) -> String {
    format!("refs/notes/lineage-{chart}")
}

/// Where a chart's unfolded records wait.
pub fn inbox_prefix(chart: &str) -> String {
    format!("refs/lineage/inbox/{chart}/")
}

/// Where a chart's ledger stands: what was read there is the same as long as these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tips {
    notes: Option<Oid>,
    inbox: Vec<(String, Oid)>,
}

/// A record written to the inbox.
#[derive(Clone, Debug)]
pub struct Posted {
    /// `refs/lineage/inbox/<chart>/<digest>`.
    pub reference: String,
    pub oid: Oid,
}

/// What a fold did.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// Records that moved into the notes.
    pub records: usize,
    /// Whether the remote was written.
    pub pushed: bool,
}

impl Repo {
    /// Reads what the notes ref and the inbox of `chart` hold on `objects`, local and fetched.
    pub fn read_ledger(&self, chart: &str, objects: &[Oid]) -> Result<Ledger, Error> {
        // An id of the other hash annotates nothing here.
        let wanted: Vec<ObjectId> = objects.iter().filter_map(|object| self.id(object).ok()).collect();
        self.gather(chart, Some(&wanted))
    }

    /// Everything the ledger of a chart holds, by annotated object.
    pub fn read_whole_ledger(&self, chart: &str) -> Result<Ledger, Error> {
        self.gather(chart, None)
    }

    fn gather(&self, chart: &str, wanted: Option<&[ObjectId]>) -> Result<Ledger, Error> {
        let (notes, inbox) = (notes_ref(chart), self.refs(&inbox_prefix(chart))?);
        let tips = Tips { notes: self.find_ref(&notes)?, inbox };
        if let Some(known) = wanted.and_then(|wanted| self.past.ledger(chart, wanted, &tips)) {
            return Ok(known);
        }
        let mut ledger = Ledger::default();
        let mut seen = BTreeSet::new();
        if let Some(tip) = &tips.notes {
            let lines = self.note_lines(&notes, tip, wanted, &mut ledger.oddities)?;
            ledger.take(&notes, lines, &mut seen);
        }
        for (reference, tip) in &tips.inbox {
            match self.inbox_lines(tip)? {
                Ok(mut lines) => {
                    lines.retain(|on, _| wanted.is_none_or(|wanted| wanted.contains(on)));
                    ledger.take(reference, lines, &mut seen);
                }
                Err(why) => ledger.oddities.push(format!("{reference}: {why}")),
            }
        }
        if let Some(wanted) = wanted {
            self.past.keep_ledger(chart, wanted, tips, &ledger);
        }
        Ok(ledger)
    }

    /// Writes a record to the local inbox: a ref of its own, create-only. The same record again is the
    /// same ref. Pushing is the caller's (`transport::push`), in one atomic push with what belongs to it.
    pub fn post(&self, chart: &str, on: &Oid, record: &Record) -> Result<Posted, Error> {
        let line = record.line();
        let blob = self.store(Kind::Blob, format!("{line}\n").as_bytes())?;
        let on_id = self.id(on)?;
        // One entry in the shape of a notes tree without fan-out.
        let entry = [format!("100644 {on_id}\0").as_bytes(), blob.as_slice()].concat();
        let tree = oid(self.store(Kind::Tree, &entry)?);
        let commit = self.ledger_commit(&tree, &[])?;
        // The record's digest names the ref. Should the same record be about two objects, the second is named
        // with its object.
        let names = [Sha256::of(&line), Sha256::of(format!("{on} {line}"))];
        for name in names {
            let reference = format!("{}{name}", inbox_prefix(chart));
            let present = retrying(|| match self.find_ref(&reference)? {
                Some(present) => Ok(present),
                // Lost to somebody who posted the same at this moment, it is looked at again.
                None => self.set_ref(&reference, None, &commit, "lineage: post").map(|()| commit.clone()),
            })?;
            if present == commit {
                return Ok(Posted { reference, oid: commit });
            }
        }
        Err(Error::Raced(inbox_prefix(chart)))
    }

    /// The charts that have a notes ref or an inbox here, sorted; [`POLICY_LEDGER`] is none.
    pub fn ledger_charts(&self) -> Result<Vec<String>, Error> {
        let mut charts = BTreeSet::new();
        for (name, _) in self.refs("refs/notes/lineage-")? {
            charts.extend(name.strip_prefix("refs/notes/lineage-").map(str::to_owned));
        }
        for (name, _) in self.refs("refs/lineage/inbox/")? {
            let chart = name.strip_prefix("refs/lineage/inbox/").and_then(|rest| rest.split_once('/'));
            charts.extend(chart.map(|(chart, _)| chart.to_owned()));
        }
        charts.remove(POLICY_LEDGER);
        Ok(charts.into_iter().collect())
    }

    /// Whether the ledger of a chart has a notes ref or an inbox here.
    pub fn has_ledger(&self, chart: &str) -> Result<bool, Error> {
        Ok(self.find_ref(&notes_ref(chart))?.is_some() || !self.refs(&inbox_prefix(chart))?.is_empty())
    }

    /// A commit of the ledger, the same for the same content.
    fn ledger_commit(&self, tree: &Oid, parents: &[Oid]) -> Result<Oid, Error> {
        let who = format!("{LEDGER_NAME} <{LEDGER_EMAIL}> 0 +0000");
        self.store_commit(tree, parents, &who, &who, "lineage ledger\n")
    }

    /// The lines of one inbox ref, or why it is none: whoever can push can push anything here.
    fn inbox_lines(&self, tip: &Oid) -> Result<Result<Lines, String>, Error> {
        match self.record_lines(tip) {
            Err(Error::Read { what, source }) => Ok(Err(format!("{what} is not readable: {source}"))),
            other => other,
        }
    }

    fn record_lines(&self, tip: &Oid) -> Result<Result<Lines, String>, Error> {
        let (kind, _) = self.read(self.id(tip)?)?;
        if kind != Kind::Commit {
            return Ok(Err(format!("a {kind} where a commit with one record has to be")));
        }
        let mut lines = Lines::new();
        for (name, entry) in self.entries(self.root(tip)?)? {
            let on = ObjectId::from_hex(&name).ok().filter(|on| on.kind() == self.inner.object_hash());
            let (Some(on), EntryKind::Blob) = (on, entry.kind()) else {
                return Ok(Err("a tree that is not one of records".to_owned()));
            };
            match self.read(entry.id)? {
                (Kind::Blob, bytes) => lines.entry(on).or_default().extend(lines_of(&bytes)),
                (kind, _) => return Ok(Err(format!("a {kind} where a record has to be"))),
            }
        }
        Ok(Ok(lines))
    }
}

impl Ledger {
    /// Takes what a ref holds; what another ref held already is not taken twice.
    fn take(&mut self, reference: &str, lines: Lines, seen: &mut BTreeSet<(ObjectId, Vec<u8>)>) {
        for (on, lines) in lines {
            for line in lines {
                if !seen.insert((on, line.clone())) {
                    continue;
                }
                let place = format!("{reference} on {on}");
                let Ok(text) = String::from_utf8(line) else {
                    self.oddities.push(format!("{place}: a line that is not UTF-8"));
                    continue;
                };
                match Record::parse(&text) {
                    Ok(record) => self.records.push(Annotated { on: oid(on), record }),
                    Err(why @ RecordError::Newer(_)) => self.newer.push(format!("{place}: {why}")),
                    Err(why) => self.oddities.push(format!("{place}: {why}")),
                }
            }
        }
    }
}

/// Runs again what lost a race: a ref that moved, or one that is locked at this moment.
fn retrying<T>(mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    for round in 1..ROUNDS {
        match attempt() {
            Err(Error::Raced(_)) => {}
            Err(Error::Write { source, .. })
                if source.downcast_ref::<gix::Error>().is_some_and(gix::Error::can_retry) => {}
            other => return other,
        }
        std::thread::sleep(Duration::from_millis(u64::from(round * 10)));
    }
    attempt()
}

/// The lines of a note. `git notes append` puts blank lines between; they are none.
fn lines_of(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.filter(|line| !line.trim_ascii().is_empty()).map(<[u8]>::to_vec)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
