//! What the index says of one version, looked at without changing anything.

use super::Place;
use crate::helm::index::Index;
use crate::model::config::Config;
use crate::model::published::{Listed, Seen};
use crate::model::{Failure, Sha256};
use crate::pipeline::Context;
use crate::pipeline::ground::Ground;

/// The index, and what it says of a version.
pub struct Looked {
    /// `index.yaml on release`.
    pub place: String,
    /// Its entries of the version.
    pub listed: Seen<Listed>,
    /// The package that lies beside it, and where, if one is to.
    pub beside: Option<(String, Seen<Option<Sha256>>)>,
}

/// Looks; none where the configuration names no index.
pub fn seen(
    cx: &Context<'_>,
    ground: &Ground,
    config: &Config,
    chart: &str,
    version: &str,
    file: &str,
) -> Option<Looked> {
    let place = Place::of(cx, ground, config)?;
    let path = place.config.package_path(file);
    let named = path.as_ref().map(|path| format!("{path} on {}", place.branch));
    let tip = match place.tip(cx) {
        Ok(tip) => tip,
        Err(failure) => {
            let why = failure.in_one_line();
            let beside = named.map(|named| (named, Err(why.clone())));
            return Some(Looked { place: place.in_words(), listed: Err(why), beside });
        }
    };
    let there = |path: &str| {
        let found = cx.repo.file_at(&tip.commit, path).map_err(|error| Failure::from(error).in_one_line())?;
        Ok(found.map(Sha256::of))
    };
    let beside = named.zip(path).map(|(named, path)| (named, there(&path)));
    Some(Looked { place: place.in_words(), listed: Ok(listed(tip.bytes(), chart, version)), beside })
}

/// Where the index of a configuration is, in words; none where it names none.
pub fn place(cx: &Context<'_>, ground: &Ground, config: &Config) -> Option<String> {
    Some(Place::of(cx, ground, config)?.in_words())
}

/// The index of a configuration as the remote has it now.
///
/// # Errors
/// A sentence: there is none, or it cannot be read.
pub fn bytes(cx: &Context<'_>, ground: &Ground, config: &Config) -> Seen<Vec<u8>> {
    let place = Place::of(cx, ground, config).ok_or_else(|| "lineage.toml names no index".to_owned())?;
    let tip = place.tip(cx).map_err(|failure| failure.in_one_line())?;
    Ok(tip.bytes().to_vec())
}

/// What a file says of a version.
pub fn listed(bytes: &[u8], chart: &str, version: &str) -> Listed {
    let index = match Index::parse(bytes) {
        Ok(index) => index,
        Err(why) => return Listed { entries: Vec::new(), faults: vec![why.to_string()] },
    };
    let found: Vec<_> = index.find(chart, version).into_iter().filter_map(|at| index.entries().get(at)).collect();
    let mut faults = index.faults().to_vec();
    faults
        .extend(found.iter().flat_map(|entry| entry.faults.iter().map(|why| format!("{}: {why}", entry.place()))));
    let entries = found.iter().map(|entry| (entry.digest.clone(), entry.urls.first().cloned())).collect();
    Listed { entries, faults }
}
