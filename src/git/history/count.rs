//! One walk that counts for all charts at once.
//!
//! Every chart has a bit. Its tag's commit is painted with it, `head` with one bit more, and commits are
//! visited in the order of their generations, each handing its bits to its parents. So when a commit's turn
//! comes, its bits say exactly which tags reach it: it counts for the charts whose bit it lacks. The walk
//! ends when everything still ahead of `head` bears every chart's bit. Order by date would not do: dates lie.

use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use gix::ObjectId;
use gix::objs::{Find as _, Kind};

use super::Asked;
use crate::git::graph::Graph;
use crate::git::objects::unreadable;
use crate::git::trees::components;
use crate::git::{Error, Repo};
use crate::model::Oid;

/// So much of recently read trees is kept: a commit's tree is its child's parent tree, met again soon.
const KEPT_BYTES: usize = 32 << 20;

pub(super) fn commits_since(repo: &Repo, head: &Oid, asked: &[Asked]) -> Result<Vec<usize>, Error> {
    let mut counts = vec![0; asked.len()];
    if asked.is_empty() {
        return Ok(counts);
    }
    let mut graph = Graph::quick(repo)?;
    let mut trees = Trees::new(repo, asked);
    let mut walk = Walk::new(asked.len());
    for (chart, asked) in asked.iter().enumerate() {
        if let Some(tagged) = &asked.tagged {
            walk.paint(&mut graph, repo.id(tagged)?, Some(chart))?;
        }
    }
    walk.paint(&mut graph, repo.id(head)?, None)?;

    let mut touched = vec![0_u32; asked.len()];
    while walk.wanted > 0 {
        let Some(number) = walk.next(&mut graph)? else { break };
        let node = graph.node(number);
        if !walk.is_wanted(number) {
            continue;
        }
        if node.cut {
            return Err(Error::Shallow(node.id.to_string()));
        }
        let (tree, parents) = (node.tree, graph.parents(number)?);
        let against = u32::try_from(parents.len().max(1)).unwrap_or(u32::MAX);
        if parents.is_empty() {
            trees.compare(tree, None, &mut touched)?;
        }
        for parent in parents {
            trees.compare(tree, Some(graph.node(parent).tree), &mut touched)?;
        }
        for (chart, times) in touched.iter_mut().enumerate() {
            if std::mem::take(times) == against && !walk.has(number, chart) {
                counts[chart] += 1;
            }
        }
    }
    Ok(counts)
}

/// The painted part of the graph: a row of bits per commit, the last one `head`'s.
struct Walk {
    charts: usize,
    words: usize,
    bits: Vec<u64>,
    queued: Vec<bool>,
    queue: BinaryHeap<(u32, usize)>,
    /// Queued commits that may still count for some chart.
    wanted: usize,
}

impl Walk {
    fn new(charts: usize) -> Self {
        let words = charts / 64 + 1;
        Self { charts, words, bits: Vec::new(), queued: Vec::new(), queue: BinaryHeap::new(), wanted: 0 }
    }

    fn row(&self, number: usize) -> &[u64] {
        &self.bits[number * self.words..(number + 1) * self.words]
    }

    fn has(&self, number: usize, bit: usize) -> bool {
        self.row(number)[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Reached from `head`, and not from every chart's tag.
    fn is_wanted(&self, number: usize) -> bool {
        let full =
            self.row(number).iter().map(|word| word.count_ones() as usize).sum::<usize>() == self.charts + 1;
        self.has(number, self.charts) && !full
    }

    /// Gives a chart's bit (none: `head`'s) to a commit and queues it.
    fn paint(&mut self, graph: &mut Graph<'_>, id: ObjectId, chart: Option<usize>) -> Result<(), Error> {
        let bit = chart.unwrap_or(self.charts);
        let mut row = vec![0; self.words];
        row[bit / 64] = 1 << (bit % 64);
        let number = graph.number(id)?;
        self.hand(graph, number, &row)
    }

    fn hand(&mut self, graph: &mut Graph<'_>, number: usize, row: &[u64]) -> Result<(), Error> {
        let generation = graph.generation(number)?;
        self.bits.resize((graph.len() * self.words).max(self.bits.len()), 0);
        self.queued.resize(graph.len().max(self.queued.len()), false);
        let before = self.queued[number] && self.is_wanted(number);
        for (own, handed) in self.bits[number * self.words..].iter_mut().zip(row) {
            *own |= handed;
        }
        if !std::mem::replace(&mut self.queued[number], true) {
            self.queue.push((generation, number));
        }
        self.wanted += usize::from(self.is_wanted(number));
        self.wanted -= usize::from(before);
        Ok(())
    }

    /// Takes the commit of the highest generation, whose bits nothing can change any more, and hands them on.
    fn next(&mut self, graph: &mut Graph<'_>) -> Result<Option<usize>, Error> {
        let Some((_, number)) = self.queue.pop() else { return Ok(None) };
        self.wanted -= usize::from(self.is_wanted(number));
        let row = self.row(number).to_vec();
        for parent in graph.parents(number)? {
            self.hand(graph, parent, &row)?;
        }
        Ok(Some(number))
    }
}

/// A directory that charts stand in.
struct Root {
    path: Vec<String>,
    /// The charts by name. The empty name is the repository itself.
    charts: HashMap<Vec<u8>, Vec<usize>>,
    /// The tree at the path, by the commit's tree.
    trees: HashMap<ObjectId, Option<ObjectId>>,
}

/// The asked directories, by the directory they stand in.
struct Trees<'r> {
    repo: &'r Repo,
    roots: Vec<Root>,
    kept: HashMap<ObjectId, Rc<Vec<u8>>>,
    kept_bytes: usize,
}

impl<'r> Trees<'r> {
    fn new(repo: &'r Repo, asked: &[Asked]) -> Self {
        let mut roots: Vec<Root> = Vec::new();
        for (chart, asked) in asked.iter().enumerate() {
            let mut path: Vec<String> = components(&asked.directory).map(str::to_owned).collect();
            let name = path.pop().unwrap_or_default().into_bytes();
            let place = roots.iter().position(|root| root.path == path).unwrap_or_else(|| {
                roots.push(Root { path, charts: HashMap::new(), trees: HashMap::new() });
                roots.len() - 1
            });
            roots[place].charts.entry(name).or_default().push(chart);
        }
        Self { repo, roots, kept: HashMap::new(), kept_bytes: 0 }
    }

    /// Adds one for every chart that two commits' trees do not have alike.
    fn compare(&mut self, one: ObjectId, other: Option<ObjectId>, touched: &mut [u32]) -> Result<(), Error> {
        if Some(one) == other {
            return Ok(());
        }
        for place in 0..self.roots.len() {
            let ours = self.root_at(place, one)?;
            let theirs = other.map(|other| self.root_at(place, other)).transpose()?.flatten();
            if ours == theirs {
                continue;
            }
            let ours = ours.map(|tree| self.tree(tree)).transpose()?;
            let theirs = theirs.map(|tree| self.tree(tree)).transpose()?;
            let hash = self.repo.inner.object_hash().len_in_bytes();
            let names = &self.roots[place].charts;
            let mut touch = |name: &[u8]| {
                for chart in names.get(name).into_iter().flatten() {
                    touched[*chart] += 1;
                }
            };
            // A chart that is the whole repository is touched by whatever changes.
            touch(b"");
            differing_names(
                ours.as_deref().map_or(&[][..], Vec::as_slice),
                theirs.as_deref().map_or(&[][..], Vec::as_slice),
                hash,
                &mut touch,
            );
        }
        Ok(())
    }

    /// The tree at a root's path below a commit's tree.
    fn root_at(&mut self, place: usize, tree: ObjectId) -> Result<Option<ObjectId>, Error> {
        if let Some(known) = self.roots[place].trees.get(&tree) {
            return Ok(*known);
        }
        let mut here = Some(tree);
        for depth in 0..self.roots[place].path.len() {
            let Some(above) = here else { break };
            let data = self.tree(above)?;
            let hash = self.repo.inner.object_hash().len_in_bytes();
            let name = self.roots[place].path[depth].as_bytes();
            here = entries(&data, hash)
                .find(|entry| entry.name == name && entry.is_tree)
                .and_then(|entry| ObjectId::try_from(entry.id).ok());
        }
        self.roots[place].trees.insert(tree, here);
        Ok(here)
    }

    fn tree(&mut self, id: ObjectId) -> Result<Rc<Vec<u8>>, Error> {
        if let Some(kept) = self.kept.get(&id) {
            return Ok(Rc::clone(kept));
        }
        if id.is_empty_tree() {
            return Ok(Rc::default());
        }
        let mut buffer = Vec::new();
        match self.repo.inner.objects.try_find(&id, &mut buffer) {
            Ok(Some(found)) if found.kind == Kind::Tree => {
                let length = found.data.len();
                // The bytes are the buffer's beginning; where they are not, they are copied.
                if found.data.as_ptr() == buffer.as_ptr() {
                    buffer.truncate(length);
                } else {
                    buffer = self.repo.read_kind(id, Kind::Tree)?;
                }
            }
            Ok(Some(_)) => buffer = self.repo.read_kind(id, Kind::Tree)?,
            Ok(None) => return Err(self.repo.missing(id)),
            Err(source) => return Err(unreadable(id, source)),
        }
        if self.kept_bytes > KEPT_BYTES {
            self.kept.clear();
            self.kept_bytes = 0;
        }
        let data = Rc::new(buffer);
        self.kept_bytes += data.len();
        self.kept.insert(id, Rc::clone(&data));
        Ok(data)
    }
}

/// An entry as it stands in a tree's bytes.
#[derive(Clone, Copy)]
struct Raw<'a> {
    whole: &'a [u8],
    name: &'a [u8],
    id: &'a [u8],
    is_tree: bool,
}

/// The entries of a tree; ends where the bytes make no sense.
fn entries(data: &[u8], hash: usize) -> impl Iterator<Item = Raw<'_>> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let space = rest.iter().take(7).position(|byte| *byte == b' ')?;
        let nul = rest.iter().position(|byte| *byte == 0)?;
        let (whole, after) = rest.split_at_checked(nul + 1 + hash)?;
        rest = after;
        Some(Raw {
            whole,
            name: whole.get(space + 1..nul)?,
            id: whole.get(nul + 1..)?,
            is_tree: matches!(whole.get(..space)?, b"40000" | b"040000"),
        })
    })
}

/// Calls `touch` once with each name that two trees do not have alike.
fn differing_names(one: &[u8], other: &[u8], hash: usize, touch: &mut dyn FnMut(&[u8])) {
    let (mut ours, mut theirs) = (entries(one, hash).peekable(), entries(other, hash).peekable());
    // Names met on one side alone. A file that became a directory sorts elsewhere and is met on both.
    let mut alone: Vec<&[u8]> = Vec::new();
    loop {
        match (ours.peek().copied(), theirs.peek().copied()) {
            (Some(a), Some(b)) if a.whole == b.whole => {
                ours.next();
                theirs.next();
            }
            (Some(a), Some(b)) if a.name == b.name => {
                touch(a.name);
                ours.next();
                theirs.next();
            }
            (Some(a), b) if b.is_none_or(|b| sorts_before(a, b)) => {
                alone.push(a.name);
                ours.next();
            }
            (_, Some(b)) => {
                alone.push(b.name);
                theirs.next();
            }
            (_, None) => break,
        }
    }
    alone.sort_unstable();
    alone.dedup();
    alone.into_iter().for_each(touch);
}

/// git's order of names in a tree: a directory sorts as if its name ended in a slash.
fn sorts_before(a: Raw<'_>, b: Raw<'_>) -> bool {
    gix::objs::tree::name_order(a.name, a.is_tree, b.name, b.is_tree).is_lt()
}
