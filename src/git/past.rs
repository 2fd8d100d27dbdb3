//! Commits that were read, each hashed once: histories are walked several times for one verdict, and its ledger is read
//! as often.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use gix::ObjectId;
use gix::hashtable::HashMap;
use gix::objs::Kind;

use super::ledger::{Ledger, Tips};
use super::objects::{Links, links};
use super::trees::Entries;
use super::{Error, Repo};
use crate::model::Oid;

/// So many commits are handed over at once.
const HANDFUL: usize = 128;

/// So many handfuls may lie ready before the thread that reads ahead waits for whoever takes them.
const READY: usize = 1024;

/// So many trees of notes are kept: those of a chart's ledger are asked for once for each of its releases.
const TREES: usize = 512;

/// So many answers of a ledger are kept: what a verdict reads, it reads again soon or never.
const LEDGERS: usize = 4;

/// What is known of history. An id stands for its bytes, so that what was read and hashed in this process, or as a
/// line ([`Repo::walked`]) in an earlier one, never has to be read again; nothing comes in here in another way.
#[derive(Default)]
pub(super) struct Past {
    commits: RefCell<HashMap<ObjectId, Links>>,
    lines: RefCell<HashMap<ObjectId, Line>>,
    notes: RefCell<HashMap<ObjectId, Rc<Entries>>>,
    ledgers: RefCell<VecDeque<Known>>,
    ahead: RefCell<Option<Ahead>>,
}

/// What a chart's ledger held for some objects, where it stood then.
struct Known {
    chart: String,
    wanted: Vec<ObjectId>,
    tips: Tips,
    ledger: Ledger,
}

/// A thread that reads the first-parent history of a commit, before anybody asks. What it hands over is that line,
/// each commit read and hashed.
struct Ahead {
    head: ObjectId,
    handfuls: Receiver<Vec<ObjectId>>,
}

/// A first-parent history, as far as it was walked, newest first.
#[derive(Default)]
struct Line {
    commits: Vec<ObjectId>,
    places: HashMap<ObjectId, usize>,
    /// So many of them an earlier run had walked.
    recalled: usize,
}

impl Past {
    pub(super) fn knows(&self, id: ObjectId) -> bool {
        self.commits.borrow().contains_key(&id)
    }

    /// Keeps what walks need of a commit. `data` is what was just read, and hashed, under this id.
    pub(super) fn keep(&self, id: ObjectId, data: &[u8]) {
        if let Some(links) = links(data) {
            self.commits.borrow_mut().insert(id, links);
        }
    }

    /// What the ledger of a chart holds for these objects, if that was read where it stands now.
    pub(super) fn ledger(&self, chart: &str, wanted: &[ObjectId], tips: &Tips) -> Option<Ledger> {
        let ledgers = self.ledgers.borrow();
        let same = |known: &&Known| known.chart == chart && known.wanted == wanted && known.tips == *tips;
        ledgers.iter().find(same).map(|known| known.ledger.clone())
    }

    pub(super) fn keep_ledger(&self, chart: &str, wanted: &[ObjectId], tips: Tips, ledger: &Ledger) {
        let mut ledgers = self.ledgers.borrow_mut();
        if ledgers.len() == LEDGERS {
            ledgers.pop_front();
        }
        let (chart, wanted, ledger) = (chart.to_owned(), wanted.to_vec(), ledger.clone());
        ledgers.push_back(Known { chart, wanted, tips, ledger });
    }

    /// Takes what was read ahead of the line of `head`, until it has a commit. What is not there is left to be
    /// read by whoever goes on, who also finds out why it ended.
    fn take(&self, head: ObjectId, line: &mut Line, wanted: ObjectId) {
        let mut ahead = self.ahead.borrow_mut();
        while let Some(of_head) = ahead.as_ref().filter(|ahead| ahead.head == head)
            && !line.places.contains_key(&wanted)
        {
            match of_head.handfuls.recv() {
                Ok(handful) => handful.into_iter().for_each(|id| line.push(id)),
                Err(_) => *ahead = None,
            }
        }
    }

    /// [`Past::take`] without waiting for more.
    fn take_what_is_there(&self, head: ObjectId, line: &mut Line) {
        let ahead = self.ahead.borrow();
        if let Some(of_head) = ahead.as_ref().filter(|ahead| ahead.head == head) {
            of_head.handfuls.try_iter().flatten().for_each(|id| line.push(id));
        }
    }
}

impl Line {
    fn push(&mut self, id: ObjectId) {
        self.places.insert(id, self.commits.len());
        self.commits.push(id);
    }

    fn recalled(commits: Vec<ObjectId>) -> Self {
        let places = commits.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        Self { recalled: commits.len(), commits, places }
    }
}

impl Repo {
    /// Begins to read the first-parent history of a commit in a thread of its own, for whoever asks about it
    /// later: in a long history that takes as long as all the rest of a verdict. Nothing is decided by it, and
    /// nothing fails; what it reads is hashed as everything is. From where `known` begins, a line that an earlier
    /// run walked ([`Repo::walked`]), nothing is read again.
    pub fn read_ahead(&self, head: &Oid, known: &[u8]) {
        let Ok(head) = self.id(head) else { return };
        if self.past.lines.borrow().contains_key(&head) {
            return;
        }
        let known = self.ids(known);
        if known.first() == Some(&head) {
            self.past.lines.borrow_mut().insert(head, Line::recalled(known));
            return;
        }
        let (hand, handfuls) = sync_channel(READY);
        let (shared, ambient) = (self.inner.clone().into_sync(), self.ambient);
        let reading = move || read_line(&Self::around(shared.to_thread_local(), ambient), head, known, &hand);
        // Without a thread it is read when it is asked for.
        if thread::Builder::new().spawn(reading).is_ok() {
            *self.past.ahead.borrow_mut() = Some(Ahead { head, handfuls });
        }
    }

    /// The first-parent history of a commit as far as it was walked, each commit read and hashed: their ids, newest
    /// first, one after the other. None where that is no more than an earlier run knew.
    ///
    /// An id stands for everything behind it, so that a line once walked is one for ever, whatever the refs say.
    pub fn walked(&self, head: &Oid) -> Option<Vec<u8>> {
        let head = self.id(head).ok().filter(|_| !self.trusting.get())?;
        let mut lines = self.past.lines.borrow_mut();
        let line = lines.entry(head).or_default();
        self.past.take_what_is_there(head, line);
        (line.commits.len() > line.recalled)
            .then(|| line.commits.iter().flat_map(ObjectId::as_slice).copied().collect())
    }

    /// The ids that stand one after the other; none where they are not of this repository's hash.
    fn ids(&self, raw: &[u8]) -> Vec<ObjectId> {
        let ids = raw.chunks_exact(self.inner.object_hash().len_in_bytes());
        if !ids.remainder().is_empty() {
            return Vec::new();
        }
        ids.filter_map(|id| ObjectId::try_from(id).ok()).collect()
    }

    /// What a walk needs of a commit.
    pub(super) fn links_of(&self, id: ObjectId) -> Result<Links, Error> {
        self.with_links(id, Links::clone)
    }

    fn with_links<T>(&self, id: ObjectId, take: impl FnOnce(&Links) -> T) -> Result<T, Error> {
        if let Some(known) = self.past.commits.borrow().get(&id) {
            return Ok(take(known));
        }
        let links = links(&self.read_kind(id, Kind::Commit)?).ok_or_else(|| no_commit(id))?;
        let taken = take(&links);
        self.past.commits.borrow_mut().insert(id, links);
        Ok(taken)
    }

    /// The entries of a tree of notes.
    pub(super) fn note_entries(&self, tree: ObjectId) -> Result<Rc<Entries>, Error> {
        let mut kept = self.past.notes.borrow_mut();
        if let Some(entries) = kept.get(&tree) {
            return Ok(Rc::clone(entries));
        }
        let entries = Rc::new(self.entries(tree)?);
        if kept.len() >= TREES {
            kept.clear();
        }
        kept.insert(tree, Rc::clone(&entries));
        Ok(entries)
    }

    /// A commit's first parent; none for a root. `cuts` is where the clone ends.
    pub(super) fn first_parent(&self, id: ObjectId, cuts: &[ObjectId]) -> Result<Option<ObjectId>, Error> {
        match self.with_links(id, |links| links.parents.first().copied())? {
            Some(_) if cuts.contains(&id) => Err(Error::Shallow(id.to_string())),
            parent => Ok(parent),
        }
    }

    /// Whether `wanted` is on the first-parent history of `head`.
    ///
    /// # Errors
    /// `Shallow` where the clone ends before it was met.
    pub(super) fn is_on_line(&self, wanted: ObjectId, head: ObjectId) -> Result<bool, Error> {
        let mut lines = self.past.lines.borrow_mut();
        let line = lines.entry(head).or_default();
        // Nobody else adds to a line that is read ahead, so that what comes goes on where it ends.
        self.past.take(head, line, wanted);
        if line.places.contains_key(&wanted) {
            return Ok(true);
        }
        let cuts = self.cuts()?;
        loop {
            let next = match line.commits.last() {
                None => Some(head),
                Some(last) => self.first_parent(*last, &cuts)?,
            };
            let Some(next) = next else { return Ok(false) };
            // Read now: a commit that is not here is not on any line.
            self.with_links(next, |_| ())?;
            line.push(next);
            if next == wanted {
                return Ok(true);
            }
        }
    }

    /// Whether one first-parent history that was walked has both, the older one behind the newer.
    pub(super) fn are_on_a_line(&self, older: ObjectId, newer: ObjectId) -> bool {
        let lines = self.past.lines.borrow();
        let behind =
            |line: &Line| line.places.get(&newer).zip(line.places.get(&older)).is_some_and(|(n, o)| n <= o);
        lines.values().any(behind)
    }

    /// The commits at which a shallow clone was cut off; none in a whole one.
    ///
    /// # Errors
    /// The file that names them cannot be read: what depends on whole history then fails instead of guessing.
    pub(super) fn cuts(&self) -> Result<Vec<ObjectId>, Error> {
        match self.inner.shallow_commits() {
            Ok(cuts) => Ok(cuts.map(|cuts| cuts.iter().copied().collect()).unwrap_or_default()),
            Err(source) => Err(Error::Read { what: "the shallow file".to_owned(), source: source.into() }),
        }
    }
}

/// Hands over a first-parent history, until it ends, is cut off, cannot be read, nobody takes it, or it comes to
/// what is known.
fn read_line(repo: &Repo, head: ObjectId, known: Vec<ObjectId>, hand: &SyncSender<Vec<ObjectId>>) {
    let Ok(cuts) = repo.cuts() else { return };
    let mut handful = Vec::with_capacity(HANDFUL);
    let mut next = Some(head);
    while let Some(id) = next {
        if known.first() == Some(&id) {
            handful.extend(known);
            break;
        }
        let Some(links) = repo.read_kind(id, Kind::Commit).ok().and_then(|data| links(&data)) else { break };
        next = links.parents.first().copied().filter(|_| !cuts.contains(&id));
        handful.push(id);
        if handful.len() == HANDFUL && hand.send(std::mem::take(&mut handful)).is_err() {
            return;
        }
    }
    // Nobody there to take it is no matter either.
    let _ = hand.send(handful);
}

/// An object that is a commit by its kind alone.
pub(super) fn no_commit(id: ObjectId) -> Error {
    Error::Read {
        what: format!("commit {id}"),
        source: "the object of that id is no commit that git would write".into(),
    }
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
