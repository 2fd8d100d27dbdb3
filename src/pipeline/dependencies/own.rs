//! Which dependencies are charts of this repository: those by path, and those by the address the repository
//! itself publishes to.

use super::Shelf;
use crate::helm::{Metadata, Needed};
use crate::model::config::Config;
use crate::model::{ChartFile, Failure};
use crate::pipeline::charts;
use crate::pipeline::ground::{policy_at, unconfigured};

/// Where a dependency is.
pub(super) enum Place {
    /// In this repository.
    Directory(String),
    /// At an address of somebody else's, or an earlier version of ours.
    Outside,
    /// It has no address.
    Nowhere,
}

/// The repository's settings as committed with the chart, so that the same commit always means the same.
pub(super) struct Own {
    config: Config,
}

impl Own {
    /// As committed at the shelf's commit, read when it is first needed: most charts depend on none.
    ///
    /// # Errors
    /// The repository or its `lineage.toml` cannot be read.
    pub(super) fn once<'o>(own: &'o mut Option<Self>, shelf: &Shelf<'_>) -> Result<&'o Self, Failure> {
        let known = match own.take() {
            Some(known) => known,
            None => {
                let policy = policy_at(shelf.repo, shelf.commit, shelf.commit.short())?;
                Self { config: policy.map_or_else(unconfigured, |policy| policy.config) }
            }
        };
        Ok(own.insert(known))
    }

    /// Where a dependency of the chart in `directory` is.
    ///
    /// # Errors
    /// It is outside the repository, or at an address of no known kind.
    pub(super) fn place(&self, shelf: &Shelf<'_>, directory: &str, needed: &Needed) -> Result<Place, Failure> {
        let repository = needed.repository.as_str();
        if repository.is_empty() {
            return Ok(Place::Nowhere);
        }
        if let Some(path) = repository.strip_prefix("file://") {
            return inside(directory, path, repository).map(Place::Directory);
        }
        if self.publishes_to(repository)
            && let Ok(chart) = charts::named(shelf.repo, &self.config, shelf.commit, &needed.name)
            && needed.admits(&chart.metadata.version)
        {
            return Ok(Place::Directory(chart.directory));
        }
        // Whether the address can be asked is seen when it is.
        if ["https://", "http://", "oci://"].iter().any(|scheme| repository.starts_with(scheme)) {
            return Ok(Place::Outside);
        }
        Err(Failure::negative(format!("{directory} depends on {} from `{repository}`", needed.name))
            .because("that is neither an https, oci nor file address, and no lock resolves it")
            .hint("run `helm dependency update` on the chart and commit the Chart.lock it writes"))
    }

    /// Whether an address is the one this repository publishes to. Registries have no upper case.
    fn publishes_to(&self, repository: &str) -> bool {
        let same = |own: &String| own.trim_end_matches('/').eq_ignore_ascii_case(repository.trim_end_matches('/'));
        self.config.publish.oci.as_ref().is_some_and(same)
    }
}

/// The directories that a chart's `Chart.yaml` names as `file://…`, whether or not `charts/` has them; a
/// subchart inside the chart is the chart's own content.
///
/// # Errors
/// One is outside the repository.
pub(super) fn declared(directory: &str, files: &[ChartFile]) -> Result<Vec<String>, Failure> {
    let chart_yaml = files.iter().find(|file| file.path == "Chart.yaml");
    let metadata = chart_yaml.and_then(|file| Metadata::parse("Chart.yaml", &file.bytes).ok());
    let mut directories = Vec::new();
    for dependency in metadata.iter().flat_map(|metadata| &metadata.dependencies) {
        if let Some(path) = dependency.repository.strip_prefix("file://") {
            directories.push(inside(directory, path, &dependency.repository)?);
        }
    }
    directories.retain(|at| !at.starts_with(&format!("{directory}/")));
    Ok(directories)
}

fn inside(directory: &str, path: &str, repository: &str) -> Result<String, Failure> {
    let outside = || {
        Failure::negative(format!("{directory} depends on {repository}, which is outside the repository"))
            .hint("name a chart of this repository by a relative path, as `file://../lib`")
    };
    // To Helm a path that begins with a slash is one of the machine.
    if path.starts_with('/') {
        return Err(outside());
    }
    join(directory, path).ok_or_else(outside)
}

/// `base/relative` with `.` and `..` resolved; none where that leaves the root.
pub fn join(base: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}
