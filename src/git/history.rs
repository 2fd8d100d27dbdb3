//! Walks: what changed which chart, and since when.
//!
//! A commit **touches** a path where what the tree has there (mode and id) differs from the tree of its
//! parent, or of every parent if it is a merge; a root touches what it brings. This is git's rule for
//! `rev-list BASE..HEAD -- PATH` without its pruning of side branches whose merge took the other side whole:
//! what was done and undone on a side branch counts, as with `--full-history`.

use std::collections::{BTreeMap, BinaryHeap};

use gix::ObjectId;
use gix::hashtable::HashMap;

use super::graph::{Graph, beyond};
use super::{Commit, Error, Repo};
use crate::model::Oid;

mod count;

/// A chart as `status` asks about it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Directory from the root.
    pub directory: String,
    /// The commit its newest tag peels to; none: never released.
    pub tagged: Option<Oid>,
}

impl Repo {
    /// For each asked chart, how many commits reachable from `head` and not from its tag touch its
    /// directory: one walk for all (facts/git.md), equal to `git rev-list --count TAG..HEAD -- DIR` with
    /// merges counted where they differ from every parent.
    ///
    /// # Errors
    /// `Shallow` where the clone ends before the answer is certain.
    pub fn commits_since(&self, head: &Oid, asked: &[Asked]) -> Result<Vec<usize>, Error> {
        count::commits_since(self, head, asked)
    }

    /// Commits reachable from `head` and not from `base`, newest first (all of them if `base` is none),
    /// that touch `path` (everything if empty), merges only where they differ from every parent. No commit
    /// comes before one that was made on top of it. Everything read is hashed again.
    pub fn commits_between(&self, base: Option<&Oid>, head: &Oid, path: &str) -> Result<Vec<Commit>, Error> {
        let mut graph = Graph::hashed(self)?;
        let base = base.map(|base| self.id(base)).transpose()?;
        let found = beyond(&mut graph, self.id(head)?, base)?;
        // Without a path even a commit that changes nothing is asked for.
        let everything = super::trees::components(path).next().is_none();
        let mut known = HashMap::default();
        let mut commits = Vec::new();
        for number in newest_first(&mut graph, &found)? {
            let here = self.at(graph.node(number).tree, path, &mut known)?;
            let parents = graph.parents(number)?;
            let mut touches = !parents.is_empty() || here.is_some();
            for parent in &parents {
                touches &= self.at(graph.node(*parent).tree, path, &mut known)? != here;
            }
            if touches || (everything && parents.len() < 2) {
                commits.push(self.commit_by(graph.node(number).id)?);
            }
        }
        Ok(commits)
    }

    /// What a tree has at a path, remembered.
    fn at(
        &self,
        tree: ObjectId,
        path: &str,
        known: &mut HashMap<ObjectId, Option<super::trees::Entry>>,
    ) -> Result<Option<super::trees::Entry>, Error> {
        if let Some(entry) = known.get(&tree) {
            return Ok(*entry);
        }
        let entry = self.entry_at(tree, path)?;
        known.insert(tree, entry);
        Ok(entry)
    }

    /// Whether `ancestor` is `descendant` or reachable from it.
    ///
    /// # Errors
    /// `Shallow` where it was not met before the clone ends.
    pub fn is_ancestor(&self, ancestor: &Oid, descendant: &Oid) -> Result<bool, Error> {
        let (ancestor, descendant) = (self.id(ancestor)?, self.id(descendant)?);
        if self.are_on_a_line(ancestor, descendant) {
            return Ok(true);
        }
        let mut graph = Graph::quick(self)?;
        let start = graph.number(descendant)?;
        // Newest first only to meet near ancestors soon; the answer does not depend on dates.
        let mut queue = BinaryHeap::from([(graph.node(start).time, start)]);
        let mut seen = vec![false; start + 1];
        seen[start] = true;
        let mut cut = None;
        while let Some((_, number)) = queue.pop() {
            let node = graph.node(number);
            if node.id == ancestor {
                return Ok(true);
            }
            if node.cut {
                cut = Some(node.id);
            }
            for parent in graph.parents(number)? {
                seen.resize(graph.len().max(seen.len()), false);
                if !std::mem::replace(&mut seen[parent], true) {
                    queue.push((graph.node(parent).time, parent));
                }
            }
        }
        match cut {
            Some(boundary) => Err(Error::Shallow(boundary.to_string())),
            // Said last, so that a commit nobody has is not taken for one that is no ancestor.
            None => graph.number(ancestor).map(|_| false),
        }
    }

    /// The best common ancestor of two commits; none if they share no history.
    ///
    /// # Errors
    /// `Shallow` where none was met and the clone is cut.
    pub fn merge_base(&self, one: &Oid, two: &Oid) -> Result<Option<Oid>, Error> {
        let (first, second) = (self.id(one)?, self.id(two)?);
        for id in [first, second] {
            self.read_kind(id, gix::objs::Kind::Commit)?;
        }
        let found = self.inner.merge_base(first, second).map_err(|source| Error::Read {
            what: format!("the history of {one} and {two}"),
            source: source.into(),
        })?;
        if found.is_none()
            && let Ok(Some(cuts)) = self.inner.shallow_commits()
        {
            return Err(Error::Shallow(cuts.first().to_string()));
        }
        Ok(found.map(|id| super::objects::oid(id.detach())))
    }
}

/// Puts commits in the order of their dates, newest first, but none before all that was made on top of it.
fn newest_first(graph: &mut Graph<'_>, commits: &[usize]) -> Result<Vec<usize>, Error> {
    let mut children: BTreeMap<usize, usize> = commits.iter().map(|number| (*number, 0)).collect();
    for number in commits {
        for parent in graph.parents(*number)? {
            if let Some(count) = children.get_mut(&parent) {
                *count += 1;
            }
        }
    }
    let free =
        |number: usize, graph: &Graph<'_>| (graph.node(number).time, std::cmp::Reverse(graph.node(number).id));
    let mut ready: BinaryHeap<_> = children
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(number, _)| (free(*number, graph), *number))
        .collect();
    let mut ordered = Vec::with_capacity(commits.len());
    while let Some((_, number)) = ready.pop() {
        ordered.push(number);
        for parent in graph.parents(number)? {
            if let Some(count) = children.get_mut(&parent) {
                *count -= 1;
                if *count == 0 {
                    ready.push((free(parent, graph), parent));
                }
            }
        }
    }
    Ok(ordered)
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
