//! Fetching packages from outside into the cache. A verdict never does; whatever makes or publishes a
//! release does, and `package` and `sync` are for doing it ahead.

use super::{Shelf, closure};
use crate::cache::Missed;
use crate::helm;
use crate::model::link::Stated;
use crate::model::{Dependency, Event, Failure, Payload, Sha256};
use crate::pipeline::Context;
use crate::pipeline::charts;
use crate::pipeline::ground;
use crate::pipeline::releases::all_tags;
use crate::registry::repository;

/// Fetches packages and keeps them.
///
/// # Errors
/// One cannot be had (exit 3), is not what its index says it is (exit 1), or not what a tag records (exit 4).
pub async fn fetch(cx: &mut Context<'_>, missed: &[Missed]) -> Result<(), Failure> {
    let mut failures = Vec::new();
    for missed in missed {
        let what = format!("fetching {} {} from {}", missed.name, missed.version, missed.repository);
        (cx.on)(Event::Started(what.clone()));
        match one(missed).await {
            Ok((dependency, bytes)) => cx.cache.keep_package(&dependency, &bytes)?,
            Err(failure) => failures.push(failure),
        }
        (cx.on)(Event::Finished(what));
    }
    Failure::all(failures).map_or(Ok(()), Err)
}

async fn one(missed: &Missed) -> Result<(Dependency, Vec<u8>), Failure> {
    let Missed { name, version, repository, sha256 } = missed;
    let what = format!("{name} {version} from {repository}");
    let absent = || {
        Failure::undetermined(format!("{repository} has no {name} {version}"))
            .hint("run `helm dependency update` on the chart, or ask who keeps that repository")
    };
    let (bytes, listed) = if repository.starts_with("oci://") {
        (repository::pull(repository, name, version).await?.ok_or_else(absent)?, None)
    } else {
        let (address, index) = repository::index(repository).await?;
        // What others serve is no answer about the chart.
        let entry = helm::index_entry(&address, &index, name, version).map_err(|error| Failure {
            exit: crate::model::Exit::Undetermined,
            hint: Some("ask who keeps that repository".to_owned()),
            ..Failure::from(error)
        })?;
        let entry = entry.ok_or_else(absent)?;
        (repository::package(repository, &entry.url).await?, entry.digest)
    };
    let found = Sha256::of(&bytes);
    if let Some(listed) = listed.filter(|listed| *listed != found) {
        return Err(Failure::negative(format!("{what} is sha256:{found}, and its index says sha256:{listed}"))
            .hint("ask who keeps that repository: it serves something else than it lists"));
    }
    if let Some(recorded) = sha256.filter(|recorded| *recorded != found) {
        return Err(Failure::conflict(format!("{what} is sha256:{found}, and the tag records sha256:{recorded}"))
            .hint("the package was replaced where it was published; put the recorded one back from a backup"));
    }
    let (own_name, own_version) = helm::identify(&bytes)
        .map_err(|error| Failure::negative(format!("{what} is no chart package")).because(error.to_string()))?;
    if own_name != *name || !helm::same_version(&own_version, version) {
        return Err(Failure::negative(format!("{what} is in truth {own_name} {own_version}"))
            .hint("ask who keeps that repository: it serves something else than it lists"));
    }
    let dependency =
        Dependency { name: name.clone(), version: version.clone(), repository: repository.clone(), sha256: found };
    Ok((dependency, bytes))
}

/// Fetches what the releases record and what the charts on main need, as far as it can be had: the rest is a
/// warning each.
///
/// # Errors
/// The repository cannot be read.
pub async fn refresh(cx: &mut Context<'_>) -> Result<(), Failure> {
    if cx.dry_run {
        return Ok(());
    }
    let mut wanted = Vec::new();
    for (_, oid) in all_tags(&cx.repo)? {
        let Ok(Some(object)) = cx.repo.tag_object(&oid) else { continue };
        let Ok((payload, _)) = Payload::parse(&object.message) else { continue };
        for dependency in payload.dependencies {
            if cx.cache.package(dependency.sha256)?.is_none() {
                let Dependency { name, version, repository, sha256 } = dependency;
                wanted.push(Missed { name, version, repository, sha256: Some(sha256) });
            }
        }
    }
    wanted.dedup();
    if let Some(ground) = ground::find_ground(&cx.repo)? {
        for found in charts::find_all(&cx.repo, ground.config(), &ground.main)? {
            let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &ground.main, recorded: None };
            // What is wrong with a chart is for the verbs about it to say.
            drop(closure(&shelf, &Stated::default(), &found.directory));
        }
    }
    for missed in cx.cache.take_missed() {
        let recorded = wanted.iter().any(|other| {
            (&other.name, &other.version, &other.repository) == (&missed.name, &missed.version, &missed.repository)
        });
        if !recorded {
            wanted.push(missed);
        }
    }
    for missed in wanted {
        if let Err(failure) = fetch(cx, &[missed]).await {
            let why: String = failure.causes.iter().map(|cause| format!(": {cause}")).collect();
            (cx.on)(Event::Warning(format!("{}{why}", failure.what)));
        }
    }
    Ok(())
}
