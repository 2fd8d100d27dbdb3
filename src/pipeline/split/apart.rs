//! How main's and integration's copies of a chart stand to each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Edit;
use crate::helm;
use crate::model::link::{self, Stated};
use crate::model::{Content, Failure, Oid, Sha256, version};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::Ground;

/// What integration is to main, for one chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// They differ in nothing but what main owns.
    Same,
    /// Integration has what main had before.
    Stale,
    /// Integration has main's content behind it and more on top.
    Ahead,
    /// Integration deleted it.
    Deleted,
    /// Main has something integration never had: these paths.
    Diverged(Vec<String>),
}

/// A chart's two contents.
pub(super) struct Apart {
    pub(super) standing: Standing,
    pub(super) chart: Option<ChartAt>,
    pub(super) integration: Content,
    pub(super) main: Option<Content>,
}

/// The split, as trees.
pub(super) struct SplitTree {
    /// The whole tree: main's, with the chart as split.
    pub(super) root_tree: Oid,
    pub(super) chart_tree: Oid,
}

impl Apart {
    /// Compares, by contents without what main owns, along both first-parent histories.
    pub(super) fn look(
        cx: &Context<'_>,
        ground: &Ground,
        integration: &Oid,
        directory: &str,
    ) -> Result<Self, Failure> {
        let repo = &cx.repo;
        let main = charts::content_at(repo, &ground.main, directory)?;
        let chart = charts::at(repo, ground.config(), integration, directory)?.transpose()?;
        let Some(chart) = chart else {
            let empty = Content {
                tree: None,
                listing: crate::model::Listing::default(),
                chart_yaml: Vec::new(),
                changelog: None,
            };
            return Ok(Self { standing: Standing::Deleted, chart: None, integration: empty, main });
        };
        let theirs = charts::content(repo, &chart.tree, directory)?;
        let standing = match &main {
            None => Standing::Ahead,
            Some(main) => stand(cx, ground, integration, directory, main, &theirs)?,
        };
        Ok(Self { standing, chart: Some(chart), integration: theirs, main })
    }

    /// Writes the split: integration's chart with main's version and changelog, on main's tip. A higher
    /// version the contributor chose is kept.
    pub(super) fn split_tree(&self, cx: &Context<'_>, ground: &Ground) -> Result<SplitTree, Failure> {
        let Some(chart) = &self.chart else {
            return Err(Failure::negative("a deleted chart cannot be split"));
        };
        let directory = &chart.directory;
        let mut edits = BTreeMap::from([(directory.clone(), Edit::Entry { oid: chart.tree.clone(), tree: true })]);
        let whole = cx.repo.edit_tree(Some(&ground.main), &edits)?;
        let Some(main) = &self.main else {
            return Ok(SplitTree { root_tree: whole, chart_tree: chart.tree.clone() });
        };
        // The same again with the files main owns put back; a tree and an entry below it cannot be edited
        // in one step, so the second step starts from a commit of the first.
        let interim = cx.repo.write_commit(&whole, std::slice::from_ref(&ground.main), "interim", cx.now)?;
        edits.clear();
        edits.insert(format!("{directory}/{}", link::CHART_YAML), Edit::Write(self.chart_yaml(main, directory)?));
        let changelog = match &main.changelog {
            Some(bytes) => Some(Edit::Write(bytes.clone())),
            None => self.integration.changelog.as_ref().map(|_| Edit::Remove),
        };
        if let Some(edit) = changelog {
            edits.insert(format!("{directory}/{}", link::CHANGELOG), edit);
        }
        let root_tree = cx.repo.edit_tree(Some(&interim), &edits)?;
        let split = cx.repo.write_commit(&root_tree, std::slice::from_ref(&ground.main), "interim", cx.now)?;
        let chart_tree = cx.repo.tree_at(&split, directory)?;
        let chart_tree =
            chart_tree.ok_or_else(|| Failure::negative(format!("{directory} vanished in the split")))?;
        Ok(SplitTree { root_tree, chart_tree })
    }

    fn chart_yaml(&self, main: &Content, directory: &str) -> Result<Vec<u8>, Failure> {
        let file = format!("{directory}/{}", link::CHART_YAML);
        let owned = helm::Metadata::parse(&file, &main.chart_yaml)?.version;
        let theirs = helm::Metadata::parse(&file, &self.integration.chart_yaml)?.version;
        let higher = match (version::parse(&owned), version::parse(&theirs)) {
            (Ok(owned), Ok(theirs)) => theirs > owned,
            _ => false,
        };
        if higher || owned == theirs {
            return Ok(self.integration.chart_yaml.clone());
        }
        Ok(helm::set_version(&file, &self.integration.chart_yaml, &owned)?)
    }
}

fn stand(
    cx: &Context<'_>,
    ground: &Ground,
    integration: &Oid,
    directory: &str,
    main: &Content,
    theirs: &Content,
) -> Result<Standing, Failure> {
    let stated = ground.config().publish.stated();
    let (ours, theirs_key) = (link::without_owned(main, &stated), link::without_owned(theirs, &stated));
    if ours == theirs_key {
        return Ok(Standing::Same);
    }
    if behind(cx, &stated, integration, directory, ours)? {
        return Ok(Standing::Ahead);
    }
    if behind(cx, &stated, &ground.main, directory, theirs_key)? {
        return Ok(Standing::Stale);
    }
    let paths: BTreeSet<String> = main
        .listing
        .differing(&theirs.listing)
        .into_iter()
        .filter(|path| path != link::CHANGELOG)
        .map(|path| format!("{directory}/{path}"))
        .collect();
    Ok(Standing::Diverged(paths.into_iter().collect()))
}

/// Whether a branch's first-parent history had this content (without what main owns) before.
fn behind(cx: &Context<'_>, stated: &Stated, tip: &Oid, directory: &str, wanted: Sha256) -> Result<bool, Failure> {
    let mut trees: Vec<Oid> = Vec::new();
    cx.repo.first_parent_changes(tip, directory, &mut |_, tree| {
        trees.extend(tree.cloned());
        true
    })?;
    let mut looked = BTreeSet::new();
    for tree in trees {
        if !looked.insert(tree.clone()) {
            continue;
        }
        // Old contents may be unlistable (an LFS pointer, say): then they are not this one.
        if let Ok(content) = charts::content(&cx.repo, &tree, directory)
            && link::without_owned(&content, stated) == wanted
        {
            return Ok(true);
        }
    }
    Ok(false)
}
