//! What a check saw besides the chart: its declared inputs, and the charts of this repository it needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::Repo;
use crate::model::Surrounding;
use crate::model::config::{CheckDefinition, Config};
use crate::model::{ChartFile, Failure, Listing, Oid, Sha256, link};
use crate::pipeline::charts;

/// For every check key of the policy, its inputs and dependencies as they are at a commit.
///
/// # Errors
/// The repository cannot be read.
pub fn surroundings(
    repo: &Repo,
    config: &Config,
    commit: &Oid,
    directory: &str,
) -> Result<Vec<Surrounding>, Failure> {
    let dependencies = closure(repo, config, commit, directory)?;
    let mut all = Vec::new();
    for key in config.check_keys() {
        let Some((definition, _)) = config.check(&key) else { continue };
        let inputs = inputs_digest(&input_files(repo, commit, &definition)?)?;
        all.push(Surrounding { key, inputs, dependencies: dependencies.clone() });
    }
    Ok(all)
}

/// The files a check declares to read besides the chart, at a commit.
///
/// # Errors
/// The repository cannot be read.
pub fn input_files(
    repo: &Repo,
    commit: &Oid,
    definition: &CheckDefinition,
) -> Result<Vec<(ChartFile, bool)>, Failure> {
    let mut files = Vec::new();
    for input in &definition.inputs {
        files.extend(repo.files_below(commit, input)?);
    }
    Ok(files)
}

/// The digest of the listing of a check's inputs; an absent input is simply not in it.
///
/// # Errors
/// A path that cannot be listed.
fn inputs_digest(files: &[(ChartFile, bool)]) -> Result<Sha256, Failure> {
    let mut plain: Vec<ChartFile> = files.iter().map(|(file, _)| file.clone()).collect();
    plain.sort_by(|a, b| a.path.cmp(&b.path));
    plain.dedup();
    let listing = Listing::of(&plain)
        .map_err(|e| Failure::negative(format!("the inputs of a check cannot be listed: {e}")))?;
    Ok(listing.digest())
}

/// The charts of this repository that a chart depends on (`file://` repositories), followed to the end:
/// directory → digest. The digest leaves out what main owns: a dependency's own release changes its
/// version and changelog, and must not make this chart's evidence stale.
///
/// # Errors
/// A dependency that leaves the repository or is not there, or a cycle through the chart itself.
pub fn closure(
    repo: &Repo,
    config: &Config,
    commit: &Oid,
    directory: &str,
) -> Result<BTreeMap<String, Sha256>, Failure> {
    let mut closure = BTreeMap::new();
    let mut seen = BTreeSet::from([directory.to_owned()]);
    let mut open = vec![directory.to_owned()];
    while let Some(at) = open.pop() {
        let Some(Ok(chart)) = charts::at(repo, config, commit, &at)? else { continue };
        if at != directory {
            let content = charts::content(repo, &chart.tree, &at)?;
            closure.insert(at.clone(), link::without_owned(&content));
        }
        for dependency in &chart.metadata.dependencies {
            let Some(relative) = dependency.repository.strip_prefix("file://") else { continue };
            let Some(target) = join(&at, relative) else {
                return Err(Failure::negative(format!(
                    "{at} depends on {}, which is outside the repository",
                    dependency.repository
                )));
            };
            // A vendored subchart lies inside the chart: its content is the chart's own.
            if target.starts_with(&format!("{at}/")) {
                continue;
            }
            if seen.insert(target.clone()) {
                open.push(target);
            }
        }
    }
    Ok(closure)
}

/// `base/relative` with `.` and `..` resolved; none where that leaves the root.
fn join(base: &str, relative: &str) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn relative_repositories_stay_inside() {
        assert_eq!(join("charts/app", "../lib"), Some("charts/lib".to_owned()));
        assert_eq!(join("charts/app", "./charts/sub/"), Some("charts/app/charts/sub".to_owned()));
        assert_eq!(join("charts/app", "../../../etc"), None);
    }
}
