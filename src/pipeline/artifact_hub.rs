//! What Artifact Hub is told of the repository: its metadata file, beside each chart in the registry and
//! beside the index.

use super::Context;
use super::ground::Ground;
use crate::helm;
use crate::model::{Failure, Plan};
use crate::registry::Destination;

/// What the file is called where Artifact Hub looks for it.
pub const FILE: &str = "artifacthub-repo.yml";

/// The metadata as main has it; none where `lineage.toml` names no file. It is about the repository and not
/// about a release: publishing an old one again must not bring an old file back.
///
/// # Errors
/// The file is not there (exit 2), or Artifact Hub would not read it (exit 1).
pub fn metadata(cx: &Context<'_>, ground: &Ground) -> Result<Option<Vec<u8>>, Failure> {
    let hub = ground.config().publish.artifact_hub.as_ref();
    let Some(path) = hub.and_then(|hub| hub.repository.as_ref()) else { return Ok(None) };
    let bytes = cx.repo.file_at(&ground.main, path)?.ok_or_else(|| {
        Failure::usage(format!("{path} is not in {}", ground.origin))
            .hint("commit it there, or take publish.artifact-hub.repository out of lineage.toml")
    })?;
    helm::check_repository(path, &bytes)?;
    Ok(Some(bytes))
}

/// Puts the metadata beside a chart in the registry, under a tag of its own.
///
/// # Errors
/// The registry refuses or cannot be reached.
pub async fn push(
    cx: &Context<'_>,
    destination: &Destination,
    chart: &str,
    metadata: &[u8],
    plan: &mut Plan,
) -> Result<(), Failure> {
    let what = format!("push {FILE} beside {chart}");
    if destination.describes(chart, metadata).await? {
        plan.done(what);
        return Ok(());
    }
    plan.needed(what);
    if !cx.dry_run {
        destination.describe(chart, metadata).await?;
    }
    Ok(())
}
