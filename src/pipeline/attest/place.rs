//! Where a bundle belongs: the chart tree or tag object whose content its statement names, found and recomputed
//! here. What a statement merely calls itself leads nowhere.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Kind};
use super::{Context, Failure, Ground};
use crate::git;
use crate::model::{Oid, Payload, Predicate, Sha256, Stage, Subject};
use crate::pipeline::resolve::{Payloaded, payloads};
use crate::pipeline::{charts, ground};

/// A place in a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) chart: String,
    /// A chart tree or a tag object.
    pub(super) on: Oid,
    /// The release it belongs to, where it belongs to one: its policy may trust whom today's does not.
    pub(super) release: Option<Release>,
}

/// Where a release stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) commit: Oid,
    pub(super) directory: String,
}

impl Release {
    fn of(payload: &Payload) -> Self {
        Self { commit: payload.commit.clone(), directory: payload.directory.clone() }
    }
}

/// Looks for places.
pub(super) struct Seeker<'a, 'c> {
    cx: &'a Context<'c>,
    ground: &'a Ground,
    releases: Vec<Payloaded>,
}

impl<'a, 'c> Seeker<'a, 'c> {
    /// # Errors
    /// The tags cannot be read.
    pub(super) fn new(cx: &'a Context<'c>, ground: &'a Ground) -> Result<Self, Failure> {
        Ok(Self { cx, ground, releases: payloads(cx, ground)? })
    }

    /// What statements about the charts and releases here can be about: the subjects that are known without any.
    ///
    /// # Errors
    /// The repository cannot be read.
    pub(super) fn subjects(&self) -> Result<BTreeSet<Sha256>, Failure> {
        let mut subjects: BTreeSet<Sha256> = self.contents()?.into_keys().collect();
        for release in &self.releases {
            subjects.extend([release.payload.content, release.payload.predicted.tgz]);
            if let Some(object) = self.cx.repo.tag_object(&release.object)? {
                subjects.insert(Sha256::of(&object.bytes));
            }
        }
        Ok(subjects)
    }

    /// Where a claim belongs, never nowhere. `bundle` is the digest of its record's bundle.
    ///
    /// # Errors
    /// What it is about is not here, or is something else here.
    pub(super) fn places(&self, claim: &Claim, bundle: Sha256) -> Result<Vec<Place>, Failure> {
        match claim.kind {
            Kind::Ours(kind, _) if kind.stage() >= Stage::Tag => {
                self.tag_object(claim, kind).map(|place| vec![place])
            }
            Kind::Ours(..) => self.chart_tree(claim, bundle).map(|place| vec![place]),
            Kind::Foreign => self.anywhere(claim),
        }
    }

    /// The chart tree a statement of ours names.
    fn chart_tree(&self, claim: &Claim, bundle: Sha256) -> Result<Place, Failure> {
        let Claim { chart, directory, .. } = claim;
        let config = self.ground.config();
        let inside = config.charts.roots.iter().any(|root| below(root, directory));
        if !inside || config.expected_name(directory) != chart {
            return Err(Failure::negative(format!("the chart {chart} in {directory} is none of this repository")));
        }
        let subject = claim.statement.subject.iter().find(|subject| subject.name == *directory);
        let Some(digest) = subject.and_then(Subject::sha256) else {
            return Err(Failure::negative(format!("the bundle names no content of {directory} by its sha256")));
        };
        let tree = claim.object.as_ref().ok_or_else(|| Failure::negative("the bundle names no chart tree"))?;
        let named = |payload: &Payload| payload.attestations.values().any(|named| named.bundle == bundle);
        let release = self.releases.iter().find(|found| found.payload.chart == *chart && named(&found.payload));
        let place = Place {
            chart: chart.clone(),
            on: tree.clone(),
            release: release.map(|found| Release::of(&found.payload)),
        };
        match charts::content(&self.cx.repo, tree, directory) {
            Ok(content) if content.digest() == digest => Ok(place),
            Ok(content) => Err(Failure::negative(format!(
                "the tree {} has the content {}, the bundle is about {}",
                tree.short(),
                content.digest().short(),
                digest.short()
            ))),
            // A squash leaves the trees before it behind. A release that names this very bundle has it needed.
            Err(_) if release.is_some() => Ok(place),
            Err(failure) => Err(failure),
        }
    }

    /// The tag object a statement of ours names.
    fn tag_object(&self, claim: &Claim, kind: Predicate) -> Result<Place, Failure> {
        let named = claim.object.as_ref().ok_or_else(|| Failure::negative("the bundle names no tag object"))?;
        let object = self.cx.repo.tag_object(named)?.ok_or_else(|| {
            Failure::negative(format!("{} is no tag object, though the bundle says so", named.short()))
        })?;
        let not_here = || {
            Failure::negative(format!("the tag object {} is that of no release here", named.short()))
                .hint("fetch the tags with `git lineage sync`")
        };
        let release = self.releases.iter().find(|found| found.object == object.oid).ok_or_else(not_here)?;
        let payload = &release.payload;
        if let Some(tag) = claim.tag.as_ref().filter(|tag| **tag != release.tag) {
            return Err(Failure::negative(format!(
                "the bundle is about {tag}, its tag object is of {}",
                release.tag
            )));
        }
        if payload.chart != claim.chart || payload.directory != claim.directory {
            return Err(Failure::negative(format!(
                "the bundle is about {} in {}, {} releases {} in {}",
                claim.chart, claim.directory, release.tag, payload.chart, payload.directory
            )));
        }
        let (what, digest) = match kind {
            Predicate::Tag => ("tag object", Sha256::of(&object.bytes)),
            Predicate::Channel => ("manifest", payload.predicted.oci),
            _ => ("package", payload.predicted.tgz),
        };
        if !claim.statement.subject.iter().any(|subject| subject.sha256() == Some(digest)) {
            return Err(Failure::negative(format!("the bundle's subject is not the {what} of {}", release.tag)));
        }
        Ok(Place { chart: payload.chart.clone(), on: object.oid, release: Some(Release::of(payload)) })
    }

    /// Where somebody else's statement belongs: each release whose package it names, each chart whose content.
    fn anywhere(&self, claim: &Claim) -> Result<Vec<Place>, Failure> {
        let mut contents: Option<BTreeMap<Sha256, Vec<Place>>> = None;
        let mut places: Vec<Place> = Vec::new();
        for digest in claim.statement.subject.iter().filter_map(Subject::sha256) {
            let mut found = self.released(digest);
            if found.is_empty() {
                let contents = match &mut contents {
                    Some(known) => known,
                    unknown => unknown.insert(self.contents()?),
                };
                found = contents.get(&digest).cloned().unwrap_or_default();
            }
            places.extend(found);
        }
        places.dedup();
        if places.is_empty() {
            return Err(Failure::negative(format!(
                "the bundle ({}) is about no chart's content and no release's package of this repository",
                claim.statement.predicate_type
            ))
            .hint(
                "its subject has to be a released package, or a chart's content: the sha256 of what `git lineage \
                 subject CHART` prints; check out the commit it was made at, and import again",
            ));
        }
        Ok(places)
    }

    /// The releases with this package (as a file, as the tar inside it, as an OCI manifest) or content.
    fn released(&self, digest: Sha256) -> Vec<Place> {
        let mut places = Vec::new();
        for Payloaded { object, payload, .. } in &self.releases {
            let package = [payload.predicted.tgz, payload.predicted.tar, payload.predicted.oci].contains(&digest);
            if package || payload.content == digest {
                let on = if package { object.clone() } else { payload.tree.clone() };
                places.push(Place { chart: payload.chart.clone(), on, release: Some(Release::of(payload)) });
            }
        }
        places
    }

    /// The contents of every chart as it stands where people work: checked out, on main, on the branches that
    /// lead there.
    fn contents(&self) -> Result<BTreeMap<Sha256, Vec<Place>>, Failure> {
        let (repo, config) = (&self.cx.repo, self.ground.config());
        let mut commits = vec![self.ground.main.clone()];
        commits.extend(repo.head().ok());
        commits.extend(ground::branch_tip(repo, config, &config.branches.integration)?);
        let mut trees: BTreeMap<Oid, String> = BTreeMap::new();
        let mut take = |commit: &Oid, directory: String| -> Result<(), git::Error> {
            if let Some(tree) = repo.tree_at(commit, &directory)?
                && let Entry::Vacant(new) = trees.entry(tree)
            {
                new.insert(directory);
            }
            Ok(())
        };
        for commit in &commits {
            for root in &config.charts.roots {
                for name in repo.directories_at(commit, root)? {
                    let directory = format!("{root}/{name}");
                    if let Some(tip) =
                        ground::branch_tip(repo, config, &config.chart_branch(config.expected_name(&directory)))?
                    {
                        take(&tip, directory.clone())?;
                    }
                    take(commit, directory)?;
                }
            }
        }
        let mut contents: BTreeMap<Sha256, Vec<Place>> = BTreeMap::new();
        for (on, directory) in trees {
            // What cannot be listed was never anybody's subject.
            let Ok(content) = charts::content(repo, &on, &directory) else { continue };
            let chart = config.expected_name(&directory).to_owned();
            contents.entry(content.digest()).or_default().push(Place { chart, on, release: None });
        }
        Ok(contents)
    }
}

/// Whether a directory lies directly below a root.
fn below(root: &str, directory: &str) -> bool {
    let rest = directory.strip_prefix(root).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn a_chart_lies_directly_below_its_root() {
        assert!(below("charts", "charts/x"));
        for other in ["charts", "charts/", "charts/x/y", "chartsx/y", "x"] {
            assert!(!below("charts", other), "{other}");
        }
    }
}
