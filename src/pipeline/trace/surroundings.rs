//! What a check saw besides the chart: its declared inputs, and the charts it needs.

use crate::git::Repo;
use crate::model::Surrounding;
use crate::model::config::{CheckDefinition, Config};
use crate::model::{ChartFile, Failure, Listing, Oid, Sha256};
use crate::pipeline::dependencies::{self, Shelf};

/// For every check key of the policy, its inputs and dependencies as they are at the shelf's commit.
///
/// # Errors
/// The repository cannot be read, or as [`dependencies::closure`].
pub fn surroundings(shelf: &Shelf<'_>, config: &Config, directory: &str) -> Result<Vec<Surrounding>, Failure> {
    let dependencies = dependencies::closure(shelf, &config.publish.stated(), directory)?;
    let mut all = Vec::new();
    for key in config.check_keys() {
        let Some((definition, _)) = config.check(&key) else { continue };
        let inputs = inputs_digest(&input_files(shelf.repo, shelf.commit, &definition)?)?;
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
