//! What a chart demands below `charts/` and does not have there, and which version its lock names: what
//! `helm dependency build` would put there (pkg/downloader, internal/resolver).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{ChartFile, Sha256};

use super::chart::Chart;
use super::chartfile::{Lock, Requirement};
use super::{Error, constraint, oci, package};

/// A dependency that `charts/` lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needed {
    /// The chart's name.
    pub name: String,
    /// What Chart.yaml admits: a version or a range.
    pub range: String,
    /// `file://…`, `https://…`, `oci://…`; an alias (`@name`) as the lock resolves it.
    pub repository: String,
    /// The one version the lock names; none where there is no lock.
    pub locked: Option<String>,
}

impl Needed {
    /// Whether a version is the locked one, or, without a lock, within what Chart.yaml admits.
    pub fn admits(&self, version: &str) -> bool {
        match &self.locked {
            Some(locked) => constraint::same(locked, version),
            None => constraint::admits(&self.range, version) == Some(true),
        }
    }
}

/// What `charts/` lacks, in the order of Chart.yaml (of requirements.yaml in apiVersion v1); a chart that
/// comes twice under two aliases is there once. `directory` names the chart in errors.
///
/// # Errors
/// What [`super::package`] refuses; a lock that is older than what it locks, by Helm's own digest; a locked
/// version that is a range.
pub fn needed(directory: &str, files: &[ChartFile]) -> Result<Vec<Needed>, Error> {
    // Most charts depend on none, and need not be loaded twice.
    if !files.iter().any(|file| is_metadata(&file.path) && may_depend(&file.bytes)) {
        return Ok(Vec::new());
    }
    let (_, chart) = package::read(directory, relevant(files))?;
    let mut requirements = chart.chartfile.dependencies.clone();
    if requirements.is_empty() {
        return Ok(Vec::new());
    }
    let lock = chart.lock.as_ref();
    if let Some(lock) = lock {
        resolve_aliases(&mut requirements, lock);
        check_lock(directory, &chart, &requirements, lock)?;
    }
    let mut needed: Vec<Needed> = Vec::new();
    for (at, requirement) in requirements.iter().enumerate() {
        if chart.subcharts.iter().any(|subchart| subchart.chartfile.name == requirement.name) {
            continue;
        }
        let locked = lock.map(|lock| locked(directory, lock, at, &requirement.name)).transpose()?;
        let one = Needed {
            name: requirement.name.clone(),
            range: requirement.version.clone(),
            repository: requirement.repository.clone(),
            locked,
        };
        if !needed.contains(&one) {
            needed.push(one);
        }
    }
    Ok(needed)
}

/// The `Chart.lock` that `helm dependency build` writes, and packs, where there is none; none where there is one,
/// in apiVersion v1, or where not every dependency with an address is in `found` (name → version).
///
/// # Errors
/// As [`needed`].
pub fn lock(
    directory: &str,
    files: &[ChartFile],
    found: &BTreeMap<String, String>,
) -> Result<Option<ChartFile>, Error> {
    let (_, chart) = package::read(directory, relevant(files))?;
    let requirements = &chart.chartfile.dependencies;
    if chart.lock.is_some() || chart.chartfile.api_version == "v1" || requirements.is_empty() {
        return Ok(None);
    }
    let locked = |requirement: &Requirement| {
        let Requirement { name, repository, version, .. } = requirement.clone();
        let version = if repository.is_empty() { version } else { found.get(&name)?.clone() };
        Some(Requirement { name, version, repository, ..Requirement::default() })
    };
    let Some(dependencies) = requirements.iter().map(locked).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let refuse = |why: String| Error::Lock { file: format!("{directory}/Chart.lock"), why };
    let dependencies = Some(dependencies);
    let digest = digest(&(requirements, &dependencies)).ok_or_else(|| refuse("it has no digest".to_owned()))?;
    // The packager dates it.
    let lock = Lock { generated: "1970-01-01T00:00:00Z".to_owned(), digest, dependencies };
    let text = lock.to_yaml().map_err(|e| refuse(e.to_string()))?;
    Ok(Some(ChartFile { path: "Chart.lock".to_owned(), bytes: text.into_bytes() }))
}

/// What dependencies depend on, which of the charts below `charts/` is their names; the rest is the packager's to
/// read.
fn relevant(files: &[ChartFile]) -> Vec<ChartFile> {
    let is_relevant = |path: &str| {
        let names = [".helmignore", "Chart.lock", "requirements.lock"];
        let below = path.strip_prefix("charts/").map(|path| path.split_once('/').map_or("", |(_, path)| path));
        is_metadata(path)
            || names.contains(&path)
            || below.is_some_and(|path| path.is_empty() || is_metadata(path))
    };
    files.iter().filter(|file| is_relevant(&file.path)).cloned().collect()
}

fn is_metadata(path: &str) -> bool {
    matches!(path, "Chart.yaml" | "requirements.yaml")
}

/// Whether a `Chart.yaml` or `requirements.yaml` could declare dependencies, at a glance: where it does not even
/// have the word, in any case, there are none. (An escape in a quoted key would hide it; the packager then finds
/// the chart lacking.)
pub fn may_depend(metadata: &[u8]) -> bool {
    const WORD: &[u8] = b"dependencies";
    metadata.windows(WORD.len()).any(|window| window.eq_ignore_ascii_case(WORD))
}

/// An alias stands for an address in somebody's own configuration; the lock has the address.
fn resolve_aliases(requirements: &mut [Requirement], lock: &Lock) {
    let locked = lock.dependencies.iter().flatten();
    for (requirement, locked) in requirements.iter_mut().zip(locked) {
        let is_alias = ["@", "alias:"].iter().any(|sign| requirement.repository.starts_with(sign));
        if is_alias && requirement.name == locked.name {
            requirement.repository.clone_from(&locked.repository);
        }
    }
}

/// Helm writes into the lock a digest of what it resolved, and of what came of it.
fn check_lock(directory: &str, chart: &Chart, requirements: &[Requirement], lock: &Lock) -> Result<(), Error> {
    let is_v1 = chart.chartfile.api_version == "v1";
    let digest = digest(&(requirements, &lock.dependencies));
    // Helm 2 took the digest of the requirements alone, aliases included.
    let before = is_v1.then(|| digest_v2(&chart.chartfile.dependencies)).flatten();
    if digest.as_ref() == Some(&lock.digest) || before.as_ref() == Some(&lock.digest) {
        return Ok(());
    }
    let (file, of) = if is_v1 { ("requirements.lock", "requirements.yaml") } else { ("Chart.lock", "Chart.yaml") };
    Err(Error::Lock {
        file: format!("{directory}/{file}"),
        why: format!("it is older than the dependencies in {of}"),
    })
}

fn digest(what: &impl Serialize) -> Option<String> {
    oci::go_json(what).ok().map(|json| format!("sha256:{}", Sha256::of(json)))
}

fn digest_v2(requirements: &[Requirement]) -> Option<String> {
    digest(&BTreeMap::from([("dependencies", requirements)]))
}

/// The version the lock has for a requirement.
fn locked(directory: &str, lock: &Lock, at: usize, name: &str) -> Result<String, Error> {
    let refuse = |why: String| Error::Lock { file: format!("{directory}/Chart.lock"), why };
    let entries = lock.dependencies.as_deref().unwrap_or_default();
    let entry = entries.get(at).filter(|entry| entry.name == name);
    let entry = entry.or_else(|| entries.iter().find(|entry| entry.name == name));
    let entry = entry.ok_or_else(|| refuse(format!("it does not name {name}")))?;
    // A dependency without an address has to be in charts/, whatever its lock says.
    if entry.repository.is_empty() || constraint::is_exact(&entry.version) {
        return Ok(entry.version.clone());
    }
    Err(refuse(format!("`{}` of {name} is no exact version", entry.version)))
}

#[cfg(test)]
#[path = "requirements_tests.rs"]
mod tests;
