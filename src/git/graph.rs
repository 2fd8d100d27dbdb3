//! The commit graph as walks need it: parents, trees, and generations that no lying date can bend.

use gix::ObjectId;
use gix::hashtable::HashMap;
use gix::objs::{Find as _, Kind};

use super::objects::{links, unreadable};
use super::past::no_commit;
use super::{Error, Repo};

/// What a commit-graph file says of a generation it does not know (git's `GENERATION_NUMBER_V1_MAX`).
const GENERATION_LIMIT: u32 = 0x3fff_ffff;

/// A commit in a walk.
pub(super) struct Node {
    pub id: ObjectId,
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
    pub time: i64,
    /// 1 for a root, else one more than the highest parent's; 0 until it is needed.
    generation: u32,
    /// Whether the clone is shallow and ends here, with parents that were never fetched.
    pub cut: bool,
}

/// Commits by number, read once each.
pub(super) struct Graph<'r> {
    repo: &'r Repo,
    file: Option<gix::commitgraph::Graph>,
    /// Whether every object is hashed again.
    hashed: bool,
    cuts: Vec<ObjectId>,
    numbers: HashMap<ObjectId, usize>,
    nodes: Vec<Node>,
    buffer: Vec<u8>,
}

impl<'r> Graph<'r> {
    /// For answers that convenience rests on: reads the commit-graph file where git wrote one, and does not
    /// hash again what it reads.
    pub(super) fn quick(repo: &'r Repo) -> Result<Self, Error> {
        let mut graph = Self::hashed(repo)?;
        graph.hashed = false;
        // git writes no commit-graph for a shallow clone, and does not read one there; damaged is absent.
        graph.file = repo.inner.commit_graph_if_enabled().ok().flatten().filter(|_| graph.cuts.is_empty());
        Ok(graph)
    }

    /// For answers that a verdict rests on: only objects count, and each is hashed again.
    pub(super) fn hashed(repo: &'r Repo) -> Result<Self, Error> {
        let cuts = repo.cuts()?;
        Ok(Self {
            repo,
            file: None,
            hashed: true,
            cuts,
            numbers: HashMap::default(),
            nodes: Vec::new(),
            buffer: Vec::new(),
        })
    }

    /// A commit's number; its object has to be there.
    pub(super) fn number(&mut self, id: ObjectId) -> Result<usize, Error> {
        if let Some(number) = self.numbers.get(&id) {
            return Ok(*number);
        }
        let node = self.load(id)?;
        let number = self.nodes.len();
        self.nodes.push(node);
        self.numbers.insert(id, number);
        Ok(number)
    }

    pub(super) fn node(&self, number: usize) -> &Node {
        &self.nodes[number]
    }

    /// How many commits have a number.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The numbers of a commit's parents; none where the clone is cut.
    pub(super) fn parents(&mut self, number: usize) -> Result<Vec<usize>, Error> {
        if self.nodes[number].cut {
            return Ok(Vec::new());
        }
        let parents = self.nodes[number].parents.clone();
        parents.into_iter().map(|parent| self.number(parent)).collect()
    }

    /// A commit's generation: higher than that of all it can reach. The commit-graph file's where there is
    /// one; computed for the rest, down to what the file knows or to the roots.
    pub(super) fn generation(&mut self, number: usize) -> Result<u32, Error> {
        let mut open = vec![number];
        while let Some(&top) = open.last() {
            if self.nodes[top].generation != 0 {
                open.pop();
                continue;
            }
            let mut highest = 0;
            let before = open.len();
            for parent in self.parents(top)? {
                match self.nodes[parent].generation {
                    0 => open.push(parent),
                    known => highest = highest.max(known),
                }
            }
            if open.len() == before {
                self.nodes[top].generation = highest.saturating_add(1);
                open.pop();
            }
        }
        Ok(self.nodes[number].generation)
    }

    fn load(&mut self, id: ObjectId) -> Result<Node, Error> {
        if let Some(commit) = self.file.as_ref().and_then(|file| file.commit_by_id(id)) {
            let file = self.file.as_ref();
            let parents: Option<Vec<ObjectId>> =
                commit.iter_parents().map(|position| Some(file?.id_at(position.ok()?).to_owned())).collect();
            let known = commit.generation() < GENERATION_LIMIT;
            if let Some(parents) = parents {
                return Ok(Node {
                    id,
                    tree: commit.root_tree_id().to_owned(),
                    parents,
                    time: i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX),
                    generation: if known { commit.generation() } else { 0 },
                    cut: false,
                });
            }
        }
        let found = if self.hashed {
            Some(self.repo.links_of(id)?)
        } else {
            match self.repo.inner.objects.try_find(&id, &mut self.buffer) {
                Ok(Some(found)) if found.kind == Kind::Commit => links(found.data),
                Ok(Some(_)) => None,
                Ok(None) => return Err(self.repo.missing(id)),
                Err(source) => return Err(unreadable(id, source)),
            }
        };
        let found = found.ok_or_else(|| no_commit(id))?;
        let cut = self.cuts.contains(&id);
        let (tree, parents, time) = (found.tree, found.parents, found.time);
        Ok(Node { id, tree, parents, time, generation: 0, cut })
    }
}

/// Everything `head` reaches and `bases` do not, as numbers in no order. Exact whatever the dates say:
/// commits are visited in the order of their generations, so that each is known to be behind a base or not
/// before its parents are looked at.
pub(super) fn beyond(graph: &mut Graph<'_>, head: ObjectId, base: Option<ObjectId>) -> Result<Vec<usize>, Error> {
    let start = graph.number(head)?;
    let mut painted: Vec<(bool, bool)> = Vec::new();
    let mut queue = std::collections::BinaryHeap::new();
    let mut wanted = 0_usize;
    let mut found = Vec::new();
    let base = base.map(|base| graph.number(base)).transpose()?;
    let starts = base.map(|base| (base, (false, true))).into_iter().chain([(start, (true, false))]);
    let mut ahead: Vec<(usize, (bool, bool))> = starts.collect();
    loop {
        for (number, (of_head, of_base)) in ahead.drain(..) {
            let generation = graph.generation(number)?;
            painted.resize(graph.len().max(painted.len()), (false, false));
            let old = painted[number];
            let new = (old.0 || of_head, old.1 || of_base);
            painted[number] = new;
            if old == (false, false) {
                queue.push((generation, number));
            }
            wanted += usize::from(new == (true, false));
            wanted -= usize::from(old == (true, false));
        }
        if wanted == 0 {
            return Ok(found);
        }
        let Some((_, number)) = queue.pop() else { return Ok(found) };
        if painted[number] == (true, false) {
            wanted -= 1;
            if graph.node(number).cut {
                return Err(Error::Shallow(graph.node(number).id.to_string()));
            }
            found.push(number);
        }
        let paint = painted[number];
        ahead.extend(graph.parents(number)?.into_iter().map(|parent| (parent, paint)));
    }
}
