//! Through whose hands a content came to main, as far as git knows: asked only where somebody waived a check.

use std::collections::BTreeSet;

use crate::git::{self, Repo};
use crate::model::statement::addresses;
use crate::model::{Attestation, Failure, OnMain, Policy, Predicate};
use crate::pipeline::charts::source_commit;

/// The addresses of everybody named by the commits that brought a chart's content from main as it was to where it
/// landed; none where no waiver asks for them, or the history is cut short.
pub(super) fn gather(
    repo: &Repo,
    policy: &Policy,
    attestations: &[Attestation],
    landing: &OnMain,
    directory: &str,
) -> Result<Option<Vec<String>>, Failure> {
    let uri = Predicate::Waiver.uri(&policy.config.predicate_prefix);
    let asked = attestations
        .iter()
        .any(|attestation| attestation.statement.as_ref().is_ok_and(|statement| statement.predicate_type == uri));
    let OnMain::Landed(landing) = landing else { return Ok(None) };
    if !asked {
        return Ok(None);
    }
    let mut hands = BTreeSet::new();
    let mut commits = match repo.commits_between(landing.parent.as_ref(), &landing.commit, directory) {
        Ok(commits) => commits,
        Err(git::Error::Shallow(_) | git::Error::MissingObject(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // A merge that took one side whole touches nothing, and still somebody made it.
    let before = match &landing.parent {
        Some(parent) => repo.tree_at(parent, directory)?,
        None => None,
    };
    if repo.tree_at(&landing.commit, directory)? != before {
        commits.push(repo.commit(&landing.commit)?);
    }
    for commit in commits {
        hands.extend(addresses(&source_commit(commit)));
    }
    Ok(Some(hands.into_iter().collect()))
}
