//! The ledger between clones: fetched without force, folded in one atomic push.
//!
//! The remote's notes and inbox are mirrored below `refs/lineage/remote/<remote>/`; nothing else is ever
//! overwritten by a fetch. What was mirrored is what the fold's leases demand, so that whatever somebody
//! pushed since makes it start again.

use std::collections::BTreeSet;

use super::{Folded, Lines, inbox_prefix, notes_ref, retrying};
use crate::git::transport::PushRef;
use crate::git::{Error, Repo};
use crate::model::Oid;

/// So many inbox refs are deleted in one push, for the length of its command line.
const BATCH: usize = 400;

impl Repo {
    /// Fetches notes and inbox of a chart from the remote without force: the remote's notes are merged
    /// into the local ones line by line, so that nothing local or remote is lost. Every chart if none.
    pub fn fetch_ledger(&self, remote: &str, chart: Option<&str>) -> Result<(), Error> {
        retrying(|| self.mirror(remote, chart))?;
        let mirrored = mirror_of(remote);
        let mut charts = BTreeSet::new();
        for (name, _) in self.refs(&mirrored)? {
            let Some(name) = name.strip_prefix(&mirrored) else { continue };
            let inbox = name.strip_prefix("inbox/").and_then(|rest| rest.split_once('/')).map(|(chart, _)| chart);
            charts.extend(name.strip_prefix("notes/lineage-").or(inbox).map(str::to_owned));
        }
        charts.retain(|found| chart.is_none_or(|wanted| wanted == found));
        for chart in charts {
            retrying(|| self.merge_fetched(remote, &chart))?;
        }
        self.mark_fetched(chart.unwrap_or("*"))
    }

    /// Folds the inbox of a chart, local and remote, into its notes: sorted, unique lines, one atomic push
    /// with a lease on the notes ref and on every deleted inbox ref, no `+`; recomputed when the race is
    /// lost. `remote` none: local only.
    pub fn fold(&self, chart: &str, remote: Option<&str>) -> Result<Folded, Error> {
        retrying(|| match remote {
            Some(remote) => self.fold_on(remote, chart),
            None => self.fold_here(chart),
        })
    }

    fn fold_here(&self, chart: &str) -> Result<Folded, Error> {
        let notes = notes_ref(chart);
        let tip = self.find_ref(&notes)?;
        let (inbox, lines) = self.inbox(&inbox_prefix(chart))?;
        let (tree, records) = self.with_lines(&notes, tip.as_ref(), &[&lines])?;
        if records > 0 {
            let commit = self.ledger_commit(&tree, tip.as_slice())?;
            self.set_ref(&notes, tip.as_ref(), &commit, "lineage: fold")?;
        }
        self.clear(&inbox)?;
        Ok(Folded { records, pushed: false })
    }

    fn fold_on(&self, remote: &str, chart: &str) -> Result<Folded, Error> {
        self.mirror(remote, Some(chart))?;
        let notes = notes_ref(chart);
        let (theirs, their_inbox) = mirrors(remote, chart);
        let their_tip = self.find_ref(&theirs)?;
        let tip = self.find_ref(&notes)?;
        let (their_posts, mut waiting) = self.inbox(&their_inbox)?;
        let (posts, lines) = self.inbox(&inbox_prefix(chart))?;
        for (on, lines) in lines {
            waiting.entry(on).or_default().extend(lines);
        }
        let ours = self.lines_at(&notes, tip.as_ref())?;

        // What a fold moves is counted against both notes: what either had is no news.
        let mut either = ours.clone();
        for (on, lines) in self.lines_at(&theirs, their_tip.as_ref())? {
            either.entry(on).or_default().extend(lines);
        }
        let known = |on: &gix::ObjectId, line: &Vec<u8>| either.get(on).is_some_and(|lines| lines.contains(line));
        let records =
            waiting.iter().flat_map(|(on, lines)| lines.iter().filter(move |line| !known(on, line))).count();

        let (tree, added) = self.with_lines(&theirs, their_tip.as_ref(), &[&ours, &waiting])?;
        let new =
            if added > 0 { Some(self.ledger_commit(&tree, their_tip.as_slice())?) } else { their_tip.clone() };
        let mut push: Vec<PushRef> = Vec::new();
        if let Some(new) = new.clone().filter(|_| added > 0) {
            push.push(PushRef { reference: notes.clone(), expect: their_tip, new: Some(new) });
        }
        for (name, oid) in their_posts {
            let digest = name.strip_prefix(&their_inbox).unwrap_or_default();
            let reference = format!("{}{digest}", inbox_prefix(chart));
            push.push(PushRef { reference, expect: Some(oid), new: None });
        }
        // The first push carries the notes; whatever is deleted later is in them already.
        for batch in push.chunks(BATCH) {
            self.push(remote, batch)?;
        }
        if let Some(new) = new.filter(|new| tip.as_ref() != Some(new)) {
            self.set_ref(&notes, tip.as_ref(), &new, "lineage: fold")?;
        }
        self.clear(&posts)?;
        Ok(Folded { records, pushed: !push.is_empty() })
    }

    /// Mirrors the remote's notes and inbox. Only the mirror is forced, and pruned.
    fn mirror(&self, remote: &str, chart: Option<&str>) -> Result<(), Error> {
        let mirrored = mirror_of(remote);
        // A refspec without a star would fail where the remote has no such ref yet.
        let (notes, inbox) = match chart {
            Some(chart) => (format!("notes/lineage-{chart}*"), format!("inbox/{chart}/*")),
            None => ("notes/lineage-*".to_owned(), "inbox/*".to_owned()),
        };
        let notes = format!("+refs/{notes}:{mirrored}{notes}");
        let inbox = format!("+refs/lineage/{inbox}:{mirrored}{inbox}");
        self.fetch_pruning(remote, &[&notes, &inbox])
    }

    fn merge_fetched(&self, remote: &str, chart: &str) -> Result<(), Error> {
        let notes = notes_ref(chart);
        let (theirs, their_inbox) = mirrors(remote, chart);
        let tip = self.find_ref(&notes)?;
        if let Some(their_tip) = self.find_ref(&theirs)?
            && !self.is_notes_tip(&their_tip)?
        {
            // Whoever can push can push anything there; what is here is not touched by it.
            return Ok(());
        }
        if let Some(their_tip) = self.find_ref(&theirs)?.filter(|theirs| tip.as_ref() != Some(theirs)) {
            let ours = self.lines_at(&notes, tip.as_ref())?;
            let (tree, added) = self.with_lines(&theirs, Some(&their_tip), &[&ours])?;
            // Theirs has all of ours: it can stand for both, unless ours has all of theirs too.
            let merged = if added == 0 {
                their_tip
            } else {
                let parents: Vec<Oid> = [Some(their_tip), tip.clone()].into_iter().flatten().collect();
                self.ledger_commit(&tree, &parents)?
            };
            let same = match &tip {
                Some(tip) => self.root(tip)? == self.root(&merged)?,
                None => false,
            };
            if !same {
                self.set_ref(&notes, tip.as_ref(), &merged, "lineage: fetch")?;
            }
        }
        let merged = self.lines_at(&notes, self.find_ref(&notes)?.as_ref())?;
        let folded = |lines: &Lines| {
            lines.iter().all(|(on, lines)| merged.get(on).is_some_and(|merged| lines.is_subset(merged)))
        };
        // What waits at the remote waits here too, under its own name; what the notes hold waits no longer.
        for (name, oid) in self.refs(&their_inbox)? {
            let here = format!("{}{}", inbox_prefix(chart), name.strip_prefix(&their_inbox).unwrap_or_default());
            let done = self.inbox_lines(&oid)?.is_ok_and(|lines| folded(&lines));
            if !done && self.find_ref(&here)?.is_none() {
                self.set_ref(&here, None, &oid, "lineage: fetch")?;
            }
        }
        for (name, oid) in self.refs(&inbox_prefix(chart))? {
            if self.inbox_lines(&oid)?.is_ok_and(|lines| folded(&lines)) {
                self.clear(&[(name, oid)])?;
            }
        }
        Ok(())
    }

    /// The lines of a notes tip; none where it does not exist.
    fn lines_at(&self, reference: &str, tip: Option<&Oid>) -> Result<Lines, Error> {
        match tip {
            Some(tip) => self.note_lines(reference, tip, None, &mut Vec::new()),
            None => Ok(Lines::new()),
        }
    }

    /// The inbox refs below a prefix that hold records, with all their lines. What is no record stays where
    /// it is and is reported when it is read.
    fn inbox(&self, prefix: &str) -> Result<(Vec<(String, Oid)>, Lines), Error> {
        let (mut posts, mut all) = (Vec::new(), Lines::new());
        for (name, tip) in self.refs(prefix)? {
            if let Ok(lines) = self.inbox_lines(&tip)? {
                for (on, lines) in lines {
                    all.entry(on).or_default().extend(lines);
                }
                posts.push((name, tip));
            }
        }
        Ok((posts, all))
    }

    /// Deletes inbox refs whose lines are in the notes. One that somebody else deleted is done too.
    fn clear(&self, posts: &[(String, Oid)]) -> Result<(), Error> {
        for (name, oid) in posts {
            match self.delete_ref(name, oid) {
                Ok(()) | Err(Error::Raced(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Whether this clone ever fetched a ledger: a notes ref exists, or the last `fetch_ledger` said the
    /// remote has none.
    pub fn ledger_known(&self, chart: &str) -> Result<bool, Error> {
        Ok(self.find_ref(&notes_ref(chart))?.is_some()
            || self.fetched()?.iter().any(|fetched| fetched == "*" || fetched == chart))
    }

    /// The charts whose ledger was asked for; `*` for all.
    fn fetched(&self) -> Result<Vec<String>, Error> {
        let path = self.common_dir().join("lineage").join("ledgers-fetched");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(Error::Read { what: path.display().to_string(), source: e.into() }),
        }
    }

    fn mark_fetched(&self, chart: &str) -> Result<(), Error> {
        let mut fetched = self.fetched()?;
        if fetched.iter().any(|known| known == chart) {
            return Ok(());
        }
        fetched.push(chart.to_owned());
        let directory = self.common_dir().join("lineage");
        let path = directory.join("ledgers-fetched");
        let written =
            std::fs::create_dir_all(&directory).and_then(|()| std::fs::write(&path, fetched.join("\n") + "\n"));
        written.map_err(|e| Error::Write { what: path.display().to_string(), source: e.into() })
    }
}

/// Where a remote is mirrored. Its name may be a URL: what a ref cannot hold is escaped as in one.
fn mirror_of(remote: &str) -> String {
    let mut escaped = String::new();
    for byte in remote.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            escaped.push(char::from(byte));
        } else {
            escaped.extend(['%'.to_string(), hex::encode([byte])]);
        }
    }
    format!("refs/lineage/remote/{escaped}/")
}

/// The mirrored notes ref and inbox of a chart.
fn mirrors(remote: &str, chart: &str) -> (String, String) {
    let mirrored = mirror_of(remote);
    (format!("{mirrored}notes/lineage-{chart}"), format!("{mirrored}inbox/{chart}/"))
}
