//! Tidying a chart's repository in a registry: what nothing needs any more goes, and nothing else.
//!
//! Everything is read first, of all charts, and what cannot be read is never taken for nothing: then nothing is
//! deleted. What stays is decided in [`crate::model::retention`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::channel::{Desk, said};
use super::resolve::payloads;
use super::{Context, hub};
use crate::github::GitHub;
use crate::github::packages::{Package, Version};
use crate::model::config::Forge;
use crate::model::retention::{Fate, Inventory, Manifest, Needs, about, commit_of, decide, order};
use crate::model::{Failure, ManifestLine, Outcome, Plan, PruneLine, PruneReport, Sha256, Timestamp};
use crate::registry::Destination;
use crate::registry::inventory::{Found, Shelf};

/// How many builds stay where no channel says.
const KEPT: u64 = 15;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The charts; none: all that have a release.
    pub charts: Vec<String>,
    /// Go by tags where a registry lists nothing else.
    pub tagged: bool,
}

/// One chart's repository, read.
struct Room {
    chart: String,
    shelf: Shelf,
    inventory: Inventory,
    /// Where GitHub lists it.
    package: Option<(Arc<GitHub>, Package)>,
    fates: BTreeMap<Sha256, Fate>,
    unseen: Option<String>,
}

/// Looks at every chart's repository and, unless it is a dry run, deletes what nothing needs.
///
/// # Errors
/// No policy or registry (exit 2), an inventory that is not complete (exit 3), a repository that changed meanwhile
/// (exit 4), a registry that refuses.
pub async fn run(cx: &mut Context<'_>, options: &Options) -> Result<PruneReport, Failure> {
    let desk = Desk::of(cx)?;
    if matches!(desk.destination, Destination::Layout(_)) {
        return Err(Failure::usage(format!("{} is a directory, and no registry", desk.repository("")))
            .hint("what nobody needs there can be seen; delete it by hand, or make it anew with `publish`"));
    }
    let mut rooms = Vec::new();
    for chart in desk.charts(cx, &options.charts)? {
        let incomplete = |failure: Failure| {
            let what = format!("what is in {} is not known whole: nothing was deleted", desk.repository(&chart));
            let failure_of_all = Failure::undetermined(what).because(failure.what);
            let failure_of_all = failure.causes.into_iter().fold(failure_of_all, Failure::because);
            failure_of_all.hint(failure.hint.unwrap_or_else(|| "try again once it can be read".to_owned()))
        };
        rooms.push(room(cx, &desk, &chart).await.map_err(incomplete)?);
    }
    let mut report = PruneReport {
        charts: rooms.iter().map(|room| room.line(&desk)).collect(),
        applied: !cx.dry_run,
        tagged: options.tagged,
        outcome: Outcome::Unchanged,
        plan: Plan::default(),
    };
    for line in &report.charts {
        for going in &line.goes {
            let tags = if going.tags.is_empty() { String::new() } else { format!(" ({})", going.tags.join(", ")) };
            report.plan.needed(format!("delete {}@sha256:{}{tags}", line.chart, going.digest));
        }
    }
    if report.plan.is_done() {
        return Ok(report);
    }
    report.outcome = Outcome::Updated;
    let blind = !options.tagged && rooms.iter().any(|room| room.unseen.is_some());
    if blind {
        report.outcome = Outcome::Refused;
    } else if !cx.dry_run {
        apply(&rooms).await?;
    }
    Ok(report)
}

/// Deletes, once it is certain that no tag moved since everything was read.
async fn apply(rooms: &[Room]) -> Result<(), Failure> {
    for room in rooms {
        room.unmoved().await?;
    }
    let mut deleted = 0_usize;
    for room in rooms {
        for digest in order(&room.inventory, &room.going()) {
            room.delete(digest).await.map_err(|failure| {
                let told = format!("{deleted} manifests were deleted before, and nothing that is needed");
                let what = format!("{}@sha256:{digest} could not be deleted", room.chart);
                let exit = failure.exit;
                let failure_of_it = Failure::new(exit, what).because(failure.what);
                let failure_of_it = failure.causes.into_iter().fold(failure_of_it, Failure::because).because(told);
                failure_of_it.hint(failure.hint.unwrap_or_else(|| "run it again: it does what is left".to_owned()))
            })?;
            deleted += 1;
        }
    }
    Ok(())
}

/// Reads one repository whole and decides.
async fn room(cx: &Context<'_>, desk: &Desk, chart: &str) -> Result<Room, Failure> {
    let shelf = desk.destination.shelf(chart).await?;
    let package = listed(cx, desk, chart)?;
    let mut reader = Reader { shelf: &shelf, inventory: Inventory::default() };
    let tags = shelf.tags().await?;
    for tag in &tags {
        reader.tag(tag).await?;
    }
    if let Some((_, package)) = &package {
        reader.package(package, &tags).await?;
    }
    reader.follow().await?;
    let mut inventory = reader.inventory;
    inventory.whole = package.is_some();
    for manifest in inventory.manifests.values_mut() {
        // The newest of what git, GitHub and the manifest itself say: what was pushed just now is not old.
        let commits = manifest.tags.iter().filter_map(|tag| commit_of(tag));
        let known =
            commits.filter_map(|commit| cx.repo.commit_id(commit).and_then(|oid| cx.repo.commit(&oid)).ok());
        manifest.made = known.map(|commit| commit.committed).max().max(manifest.made);
    }
    let needs = needs(cx, desk, chart).await?;
    let fates = decide(&inventory, &needs);
    let unseen = package.is_none().then(|| {
        "manifests without a tag: a registry does not list them, and GitHub lists none of this one".to_owned()
    });
    Ok(Room { chart: chart.to_owned(), shelf, inventory, package, fates, unseen })
}

/// The package behind a repository, where GitHub has one.
fn listed(cx: &Context<'_>, desk: &Desk, chart: &str) -> Result<Option<(Arc<GitHub>, Package)>, Failure> {
    let Destination::Registry { host, path } = &desk.destination else { return Ok(None) };
    // GitHub's own, that of a server, or what stands in for one on this machine.
    let name = host.split(':').next().unwrap_or_default();
    let own = name == "ghcr.io" || name.starts_with("containers.") || ["127.0.0.1", "localhost"].contains(&name);
    if desk.ground.config().forge != Forge::Github || !own {
        return Ok(None);
    }
    let Some((owner, below)) =
        path.split_once('/').or(Some((path.as_str(), ""))).filter(|(owner, _)| !owner.is_empty())
    else {
        return Ok(None);
    };
    let name = if below.is_empty() { chart.to_owned() } else { format!("{below}/{chart}") };
    let github = hub::connect(cx, desk.ground.config())?;
    let package = github.package(owner, &name)?;
    Ok(package.map(|package| (github, package)))
}

/// Who names a manifest of this chart, and how many builds stay.
async fn needs(cx: &Context<'_>, desk: &Desk, chart: &str) -> Result<Needs, Failure> {
    let mut named = BTreeMap::new();
    if let Some(held) = said(cx, desk, chart).await? {
        for (channel, pointer) in &held.channels {
            named.extend(pointer.previous.map(|before| (before, format!("{channel} was there before"))));
        }
        for (channel, pointer) in &held.channels {
            named.insert(pointer.digest, format!("{channel} is there"));
        }
        named.extend(held.before.map(|before| (before, "it is the channels' document before".to_owned())));
    }
    for release in payloads(cx, &desk.ground)?.into_iter().filter(|release| release.payload.chart == chart) {
        named.insert(release.payload.predicted.oci, format!("it is {}", release.tag));
    }
    let keep = desk.ground.config().channels.values().map(|channel| channel.keep).max().unwrap_or(KEPT);
    Ok(Needs { named, keep: usize::try_from(keep).unwrap_or(usize::MAX), now: cx.now })
}

/// Reads what there is.
struct Reader<'a> {
    shelf: &'a Shelf,
    inventory: Inventory,
}

impl Reader<'_> {
    /// What a tag of the list names.
    async fn tag(&mut self, tag: &str) -> Result<(), Failure> {
        let found = self.shelf.look(tag).await?;
        let found = found.ok_or_else(|| {
            Failure::undetermined(format!("the tag {tag} is listed, and what it names is not there"))
                .hint("it may just have been deleted, or be of a kind that this program does not read")
        })?;
        self.take(found).tags.insert(tag.to_owned());
        Ok(())
    }

    /// What GitHub lists, which has to be the same as the registry does.
    async fn package(&mut self, package: &Package, tags: &[String]) -> Result<(), Failure> {
        let listed: BTreeSet<&String> = package.versions.iter().flat_map(Version::tags).collect();
        let others = |why: String| {
            Failure::undetermined("GitHub and the registry do not list the same")
                .because(why)
                .hint("somebody may be publishing: try again")
        };
        if let Some(tag) = tags.iter().find(|tag| !listed.contains(tag)) {
            return Err(others(format!("GitHub knows no tag {tag}")));
        }
        for version in &package.versions {
            let digest = version.name.strip_prefix("sha256:").and_then(Sha256::parse);
            let digest = digest.ok_or_else(|| others(format!("{} is no sha256 digest", version.name)))?;
            if !self.inventory.manifests.contains_key(&digest) {
                let found = self.shelf.look(&version.name).await?;
                self.take(found.ok_or_else(|| others(format!("the registry does not have {}", version.name)))?);
            }
            let manifest = self.inventory.manifests.entry(digest).or_default();
            if let Some(tag) = version.tags().iter().find(|tag| !manifest.tags.contains(*tag)) {
                return Err(others(format!("the registry has something else at {tag}")));
            }
            manifest.made = manifest.made.max(Timestamp::parse(&version.created_at));
        }
        Ok(())
    }

    /// What these refer to, and what refers to them, as far as it goes.
    async fn follow(&mut self) -> Result<(), Failure> {
        let mut asked: BTreeSet<Sha256> = BTreeSet::new();
        loop {
            let manifests = &self.inventory.manifests;
            let Some(next) = manifests.keys().copied().find(|digest| !asked.contains(digest)) else {
                return Ok(());
            };
            asked.insert(next);
            let manifest = manifests.get(&next).cloned().unwrap_or_default();
            let mut digests: Vec<Sha256> = manifest.children;
            digests.extend(manifest.subject);
            digests.extend(manifest.tags.iter().filter_map(|tag| about(tag)));
            digests.extend(self.shelf.referrers(next).await?);
            for digest in digests {
                if self.inventory.manifests.contains_key(&digest) {
                    continue;
                }
                // What is listed and gone is nobody's need.
                if let Some(found) = self.shelf.look(&format!("sha256:{digest}")).await? {
                    self.take(found);
                }
            }
        }
    }

    fn take(&mut self, found: Found) -> &mut Manifest {
        let Found { digest, subject, children, made } = found;
        let made = made.as_deref().and_then(Timestamp::parse);
        let new = || Manifest { tags: BTreeSet::new(), subject, children, made };
        self.inventory.manifests.entry(digest).or_insert_with(new)
    }
}

impl Room {
    fn going(&self) -> Vec<Sha256> {
        let goes = self.fates.iter().filter(|(_, fate)| matches!(fate, Fate::Goes(_)));
        goes.map(|(digest, _)| *digest).collect()
    }

    fn line(&self, desk: &Desk) -> PruneLine {
        let (mut stays, mut goes) = (Vec::new(), Vec::new());
        let all: Vec<Sha256> = self.inventory.manifests.keys().copied().collect();
        for digest in order(&self.inventory, &all) {
            let manifest = self.inventory.manifests.get(&digest);
            let (list, why) = match self.fates.get(&digest) {
                Some(Fate::Goes(why)) => (&mut goes, why.clone()),
                Some(Fate::Stays(why)) => (&mut stays, why.clone()),
                None => (&mut stays, String::new()),
            };
            let tags = manifest.map(|manifest| manifest.tags.iter().cloned().collect()).unwrap_or_default();
            list.push(ManifestLine { digest, tags, why });
        }
        PruneLine {
            chart: self.chart.clone(),
            repository: desk.repository(&self.chart),
            stays,
            goes,
            unseen: self.unseen.clone(),
        }
    }

    /// Reads every tag once more.
    async fn unmoved(&self) -> Result<(), Failure> {
        let changed = |why: String| {
            Failure::conflict(format!("the repository of {} changed meanwhile: nothing was deleted", self.chart))
                .because(why)
                .hint("run it again: it looks at how things are now")
        };
        let mut there: BTreeMap<&String, Sha256> = BTreeMap::new();
        for (digest, manifest) in &self.inventory.manifests {
            there.extend(manifest.tags.iter().map(|tag| (tag, *digest)));
        }
        let tags = self.shelf.tags().await?;
        for tag in &tags {
            let now = self.shelf.look(tag).await?.map(|found| found.digest);
            if now.is_none() || there.get(tag).copied() != now {
                return Err(changed(format!("the tag {tag} is not what it was")));
            }
        }
        match there.keys().find(|tag| !tags.contains(tag)) {
            Some(gone) => Err(changed(format!("the tag {gone} is gone"))),
            None => Ok(()),
        }
    }

    async fn delete(&self, digest: Sha256) -> Result<(), Failure> {
        let Some((github, package)) = &self.package else { return Ok(self.shelf.delete(digest).await?) };
        let name = format!("sha256:{digest}");
        match package.versions.iter().find(|version| version.name == name) {
            Some(version) => Ok(github.delete_version(package, version)?),
            None => Err(Failure::undetermined(format!("GitHub does not list {name}"))),
        }
    }
}
