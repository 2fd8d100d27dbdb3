//! The trust roots of a run: named, refreshed and kept, or embedded. Only [`refresh`] asks the network.

use std::path::Path;

use crate::cache::RootCache;
use crate::model::{Event, Failure, Plan, RefreshReport, Timestamp};
use crate::sigstore::{self, Kept, Repository};

pub use crate::sigstore::Roots;

/// What a run's roots are taken from.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// The file a person named, which replaces all others.
    pub named: Option<&'a Path>,
    /// Where refreshed roots are kept; none where there is no such place.
    pub kept: Option<RootCache>,
    /// The moment this command began.
    pub now: Timestamp,
}

/// The trust roots certificates are held against: the named file alone, or those that came with this program,
/// each in its refreshed form where that is the newer one.
///
/// # Errors
/// A file cannot be read, or is no trusted root (exit 3).
pub fn gather(source: &Source<'_>) -> Result<Roots, Failure> {
    let Some(path) = source.named else { return Ok(Roots::newest(kept(source)?, source.now)) };
    let json = std::fs::read_to_string(path).map_err(|error| {
        Failure::undetermined(format!("the trusted root {} cannot be read", path.display()))
            .because(error.to_string())
            .hint("name the trusted_root.json of the Sigstore instance that issued the certificates")
    })?;
    Ok(Roots::given(&json)?)
}

/// The root of Sigstore's place to try things out, for the plumbing alone.
///
/// # Errors
/// This program was built with a damaged one.
pub fn staging() -> Result<Roots, Failure> {
    Ok(Roots::staging()?)
}

fn kept(source: &Source<'_>) -> Result<Vec<Kept>, Failure> {
    let Some(cache) = &source.kept else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for Repository { name, .. } in Repository::known() {
        if let Some((refreshed, json)) = cache.root(&name)? {
            all.push(Kept { name, refreshed, json });
        }
    }
    Ok(all)
}

/// Asks each instance's repository what is to be trusted, and keeps it. All are asked; the first that fails is
/// told after that.
///
/// # Errors
/// There is no place to keep them (exit 2); one cannot be refreshed or kept (exit 3).
pub async fn refresh(
    source: &Source<'_>,
    dry_run: bool,
    on: &mut dyn FnMut(Event),
) -> Result<RefreshReport, Failure> {
    let Some(cache) = &source.kept else {
        return Err(Failure::usage("there is no place to keep trust roots in")
            .because("neither XDG_CACHE_HOME nor HOME is set")
            .hint("set XDG_CACHE_HOME to a directory of your own"));
    };
    let mut plan = Plan::default();
    let mut failed: Option<Failure> = None;
    for repository in Repository::known() {
        let what = format!("refresh the trust root {} from {}", repository.name, repository.url);
        if dry_run {
            plan.needed(what);
            continue;
        }
        on(Event::Started(what.clone()));
        let refreshed = keep(cache, &repository, source.now).await;
        on(Event::Finished(what.clone()));
        match refreshed {
            Ok(()) => plan.done(what),
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    match failed {
        Some(failure) => Err(failure),
        None => Ok(RefreshReport { plan, roots: gather(&Source { named: None, ..source.clone() })?.show() }),
    }
}

async fn keep(cache: &RootCache, repository: &Repository, now: Timestamp) -> Result<(), Failure> {
    let kept = sigstore::refresh(repository, &cache.seen(), now).await?;
    Ok(cache.write_root(&kept.name, kept.refreshed, &kept.json)?)
}
