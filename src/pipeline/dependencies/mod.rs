//! Charts with what they depend on: charts of this repository from its own tree at the same revision, others
//! as packages whose bytes are pinned by digest. Nothing here reaches the network; [`fetch`] does.
//!
//! The result is what `helm dependency build` (in each local dependency first) and `helm package` give in a
//! checkout: what `charts/` has by name stays as it is, what it lacks is put there as a package, and a lock
//! that is missing is written as Helm writes it.

mod fetch;
mod own;

use std::collections::{BTreeMap, BTreeSet};

use super::charts::{self, ChartAt};
use crate::cache::{Cache, Missed};
use crate::git::Repo;
use crate::helm::{self, Needed};
use crate::model::link::{self, Stated};
use crate::model::{ChartFile, Dependency, Failure, Oid, Sha256};

pub use fetch::{fetch, refresh};
use own::Place;
pub use own::join;

/// Where charts are taken from, and who says which bytes those from outside have.
pub struct Shelf<'a> {
    pub repo: &'a Repo,
    pub cache: &'a Cache,
    /// Charts of this repository are taken at this commit.
    pub commit: &'a Oid,
    /// What a release's payload records: then nothing else counts. None: what was fetched here.
    pub recorded: Option<&'a [Dependency]>,
}

/// A chart with everything it needs, packaged.
pub struct Packed {
    pub package: helm::Package,
    /// The packages from outside in it, sorted.
    pub dependencies: Vec<Dependency>,
}

/// Packages a chart with its dependencies.
///
/// # Errors
/// What `helm::package` refuses; a cycle, a lock that is too old or missing, a dependency that is not there
/// (exit 1); a package from outside that is not in the cache (exit 3).
pub fn package(shelf: &Shelf<'_>, chart: &ChartAt, files: Vec<ChartFile>) -> Result<Packed, Failure> {
    let epoch = shelf.repo.commit(shelf.commit)?.committed;
    let (packages, dependencies) = lacking(shelf, &chart.directory, &files)?;
    let mut files = files;
    files.extend(packages);
    let package = helm::package(&chart.directory, files, epoch)?;
    Ok(Packed { package, dependencies })
}

/// The packages that a chart's `charts/` lacks, as files of the chart, and which of them are not of this
/// repository, sorted.
///
/// # Errors
/// As [`package`].
pub fn lacking(
    shelf: &Shelf<'_>,
    directory: &str,
    files: &[ChartFile],
) -> Result<(Vec<ChartFile>, Vec<Dependency>), Failure> {
    let mut resolver = Resolver { shelf, own: None, above: Vec::new(), outside: BTreeSet::new() };
    let packages = resolver.lacking(directory, files)?;
    Ok((packages, resolver.outside.into_iter().collect()))
}

/// The content closure of a chart for check statements: directory → digest for the charts of this repository
/// it depends on, followed to the end, [`Dependency::key`] → sha256 for packages from outside. A directory's
/// digest leaves out what main owns: a dependency's own release changes its version, its changelog and what it says
/// of itself (`stated`), and must not make this chart's evidence stale.
///
/// # Errors
/// A dependency that leaves the repository, an unusable lock, and where nothing records their digests,
/// packages from outside that were never fetched (exit 3).
pub fn closure(shelf: &Shelf<'_>, stated: &Stated, directory: &str) -> Result<BTreeMap<String, Sha256>, Failure> {
    let mut own = None;
    let mut closure = BTreeMap::new();
    let mut seen = BTreeSet::from([directory.to_owned()]);
    let mut open = vec![directory.to_owned()];
    let mut failures = Vec::new();
    while let Some(at) = open.pop() {
        let Some(tree) = shelf.repo.tree_at(shelf.commit, &at)? else { continue };
        let Some(chart_yaml) = shelf.repo.file_at(shelf.commit, &format!("{at}/Chart.yaml"))? else { continue };
        // Most charts depend on none, and are not read whole for that.
        if at == directory
            && !helm::may_depend(&chart_yaml)
            && shelf.repo.file_id(shelf.commit, &format!("{at}/requirements.yaml"))?.is_none()
        {
            continue;
        }
        let files = charts::files(shelf.repo, &tree, &at)?;
        let mut directories = own::declared(&at, &files)?;
        for needed in helm::needed(&at, &files)? {
            match own::Own::once(&mut own, shelf)?.place(shelf, &at, &needed)? {
                Place::Directory(directory) => directories.push(directory),
                Place::Outside => match shelf.known(&at, &needed) {
                    Ok(known) => drop(closure.insert(known.key(), known.sha256)),
                    // All that is missing is told at once.
                    Err(failure) => failures.push(failure),
                },
                Place::Nowhere => {}
            }
        }
        if at != directory {
            let content = charts::content_of(&files, Some(tree), &at)?;
            closure.insert(at, link::without_owned(&content, stated));
        }
        open.extend(directories.into_iter().filter(|directory| seen.insert(directory.clone())));
    }
    Failure::all(failures).map_or(Ok(closure), Err)
}

impl Shelf<'_> {
    /// Which bytes a package from outside has.
    fn known(&self, directory: &str, needed: &Needed) -> Result<Dependency, Failure> {
        let Needed { name, repository, .. } = needed;
        let version = needed.locked.as_deref().ok_or_else(|| {
            Failure::negative(format!(
                "{directory} depends on {name} from {repository}, and no lock says which version"
            ))
            .hint(format!("run `helm dependency update {directory}` and commit the Chart.lock it writes"))
        })?;
        if let Some(recorded) = self.recorded {
            let same = |one: &&Dependency| {
                (&one.name, one.version.as_str(), &one.repository) == (name, version, repository)
            };
            let found = recorded.iter().find(same).cloned();
            return found.ok_or_else(|| {
                Failure::negative(format!("the tag records no digest of {name} {version} from {repository}"))
            });
        }
        match self.cache.seen(name, version, repository)? {
            Some(seen) if self.cache.package(seen.sha256)?.is_some() => Ok(seen),
            _ => Err(self.missed(name, version, repository, None)),
        }
    }

    /// The bytes of a package from outside.
    fn bytes(&self, dependency: &Dependency) -> Result<Vec<u8>, Failure> {
        let Dependency { name, version, repository, sha256 } = dependency;
        let bytes = self.cache.package(*sha256)?;
        bytes.ok_or_else(|| self.missed(name, version, repository, Some(*sha256)))
    }

    fn missed(&self, name: &str, version: &str, repository: &str, sha256: Option<Sha256>) -> Failure {
        self.cache.miss(Missed {
            name: name.to_owned(),
            version: version.to_owned(),
            repository: repository.to_owned(),
            sha256,
        });
        let digest = sha256.map(|sha256| format!(" (sha256:{sha256})")).unwrap_or_default();
        Failure::undetermined(format!("the package {name} {version} from {repository}{digest} is not here"))
            .hint("fetch it with `git lineage sync`, or with `git lineage package CHART@REV`")
    }
}

/// One walk down the dependencies of a chart.
struct Resolver<'a> {
    shelf: &'a Shelf<'a>,
    /// Read when it is first needed: most charts depend on none.
    own: Option<own::Own>,
    /// The directories between the chart and where the walk is.
    above: Vec<String>,
    outside: BTreeSet<Dependency>,
}

impl Resolver<'_> {
    fn lacking(&mut self, directory: &str, files: &[ChartFile]) -> Result<Vec<ChartFile>, Failure> {
        let all = helm::needed(directory, files)?;
        let mut packages = Vec::new();
        self.above.push(directory.to_owned());
        let mut failures = Vec::new();
        let mut found = BTreeMap::new();
        for needed in &all {
            match self.one(directory, needed) {
                Ok(Some((package, version))) => {
                    packages.push(package);
                    found.insert(needed.name.clone(), version);
                }
                // What has no address has to be in charts/: the packager says so.
                Ok(None) => {}
                Err(failure) => failures.push(failure),
            }
        }
        self.above.pop();
        // Helm writes the lock that is missing, and packs it.
        if failures.is_empty() && !found.is_empty() {
            packages.extend(helm::lock(directory, files, &found)?);
        }
        Failure::all(failures).map_or(Ok(packages), Err)
    }

    /// The package that goes below `charts/` for one dependency, and its version.
    fn one(&mut self, directory: &str, needed: &Needed) -> Result<Option<(ChartFile, String)>, Failure> {
        let place = own::Own::once(&mut self.own, self.shelf)?.place(self.shelf, directory, needed)?;
        let (file, bytes, version) = match place {
            Place::Nowhere => return Ok(None),
            Place::Directory(at) => {
                let (package, version) = self.local(directory, needed, &at)?;
                (package.file, package.tgz, version)
            }
            Place::Outside => {
                let known = self.shelf.known(directory, needed)?;
                let bytes = self.shelf.bytes(&known)?;
                let (file, version) = (format!("{}-{}.tgz", known.name, known.version), known.version.clone());
                self.outside.insert(known);
                (file, bytes, version)
            }
        };
        Ok(Some((ChartFile { path: format!("charts/{file}"), bytes }, version)))
    }

    /// The package of a chart of this repository, at the same commit, and its version.
    fn local(&mut self, directory: &str, needed: &Needed, at: &str) -> Result<(helm::Package, String), Failure> {
        if self.above.iter().any(|above| above == at) {
            let chain = self.above.iter().map(String::as_str).chain([at]);
            return Err(Failure::negative(format!("{directory} depends on itself"))
                .because(chain.collect::<Vec<_>>().join(" → "))
                .hint("take one of these dependencies out of its Chart.yaml"));
        }
        let Shelf { repo, commit, .. } = *self.shelf;
        let absent = || {
            Failure::negative(format!("{directory} depends on {}, and {at} has no chart", needed.name))
                .hint(format!("correct the repository `{}` in {directory}/Chart.yaml", needed.repository))
        };
        let tree = repo.tree_at(commit, at)?.ok_or_else(absent)?;
        let chart_yaml = repo.file_at(commit, &format!("{at}/Chart.yaml"))?.ok_or_else(absent)?;
        let metadata = helm::Metadata::parse(&format!("{at}/Chart.yaml"), &chart_yaml)?;
        if metadata.name != needed.name {
            return Err(Failure::negative(format!(
                "{directory} depends on {}, and the chart in {at} is {}",
                needed.name, metadata.name
            )));
        }
        if !needed.admits(&metadata.version) {
            let (said, by) = match &needed.locked {
                Some(locked) => (locked, "locks"),
                None => (&needed.range, "asks for"),
            };
            return Err(Failure::negative(format!(
                "{directory} {by} {} {said}, and {at} has {}",
                needed.name, metadata.version
            ))
            .hint(format!("run `helm dependency update {directory}` and commit the Chart.lock it writes")));
        }
        let mut files = charts::files(repo, &tree, at)?;
        files.extend(self.lacking(at, &files)?);
        Ok((helm::package(at, files, repo.commit(commit)?.committed)?, metadata.version))
    }
}
