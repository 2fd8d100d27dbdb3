//! How things stand outside of this clone: what the remote has, what is published, what the forge is set to.
//!
//! A bounded number of requests: a few for the forge's settings, and for each release that is looked at one a place.

use super::remote;
use crate::model::config::Forge;
use crate::model::outside::{self, Branch, Finding};
use crate::model::{Failure, Oid};
use crate::pipeline::Context;
use crate::pipeline::ground::{self, Ground};

mod forge;
mod releases;

/// Looks. `all`: at every release, not at the newest of each chart alone. What the remote has and this clone has not is
/// among the warnings; those that are findings here are taken from them.
///
/// # Errors
/// This clone cannot be read.
pub(super) async fn look(
    cx: &mut Context<'_>,
    all: bool,
    warnings: &mut Vec<String>,
) -> Result<Vec<Finding>, Failure> {
    let mut found = Vec::new();
    let Some(ground) = ground::find_ground(&cx.repo)? else {
        let why =
            "there is no lineage.toml on main: nothing says what should be there; `git lineage init` writes it";
        found.push(Finding::undetermined("policy", why));
        return Ok(found);
    };
    let config = ground.config();
    match ground::remote(&cx.repo, config) {
        None => {
            let why = format!("there is no remote {}: nothing to compare with", config.repository.remote);
            found.push(Finding::undetermined("remote", why));
        }
        Some(name) => match remote::refs(cx, name) {
            Err(failure) => found.push(Finding::undetermined(&format!("remote {name}"), failure.in_one_line())),
            Ok(there) => {
                warnings.extend(remote::compare(cx, name, &there)?);
                found.extend(outside::leftovers(name, &branches(cx, &ground, &there), cx.now));
            }
        },
    }
    let forge = match config.forge {
        Forge::Local => None,
        Forge::Github => Some(forge::look(cx, &ground, &mut found, warnings)),
    };
    releases::look(cx, &ground, forge.as_ref(), all, &mut found).await?;
    Ok(found)
}

/// The branches of the flow that are made and go again: of charts, and of releases on their way.
fn branches(cx: &Context<'_>, ground: &Ground, there: &[(String, Oid)]) -> Vec<Branch> {
    let config = ground.config();
    let (before, after) = config.branches.promote.split_once("{tag}").unwrap_or((&config.branches.promote, ""));
    let promotes = |name: &str| {
        name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(|tag| !tag.is_empty())
    };
    let heads = there.iter().filter_map(|(name, oid)| Some((name.strip_prefix("refs/heads/")?, oid)));
    heads
        .filter(|(name, _)| config.chart_of_branch(name).is_some() || promotes(name))
        .map(|(name, oid)| Branch {
            name: name.to_owned(),
            last: cx.repo.commit(oid).ok().map(|commit| commit.committed),
        })
        .collect()
}
