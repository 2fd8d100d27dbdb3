//! What the remote has that this clone has not seen.

use std::collections::BTreeMap;

use crate::model::{Failure, Oid};
use crate::pipeline::Context;

/// Where notes of charts live at a remote.
const NOTES: &str = "refs/notes/lineage-";

/// What the remote has of branches, tags and ledgers, in one request.
///
/// # Errors
/// The remote cannot be reached (exit 3 by its cause).
pub(super) fn refs(cx: &Context<'_>, remote: &str) -> Result<Vec<(String, Oid)>, Failure> {
    Ok(cx.repo.remote_refs(remote, &["refs/heads/", "refs/tags/", NOTES, "refs/lineage/inbox/"])?)
}

/// Compares them with what is here.
///
/// # Errors
/// This clone cannot be read.
pub(super) fn compare(cx: &Context<'_>, remote: &str, there: &[(String, Oid)]) -> Result<Vec<String>, Failure> {
    let mut here: BTreeMap<String, Oid> = BTreeMap::new();
    let tracking = format!("refs/remotes/{remote}/");
    for (name, oid) in cx.repo.refs(&tracking)? {
        if let Some(branch) = name.strip_prefix(&tracking) {
            here.insert(format!("refs/heads/{branch}"), oid);
        }
    }
    for prefix in ["refs/tags/", NOTES, "refs/lineage/inbox/"] {
        here.extend(cx.repo.refs(prefix)?);
    }
    let mut warnings = differences(remote, &here, there);
    for (name, oid) in there {
        let Some(chart) = name.strip_prefix(NOTES) else { continue };
        // Notes only grow: theirs are known here where ours contain them.
        let known = here.get(name).is_some_and(|ours| cx.repo.is_ancestor(oid, ours).unwrap_or(false));
        if !known {
            warnings.push(format!("the ledger of {chart} at {remote} is not here: run `git lineage sync`"));
        }
    }
    Ok(warnings)
}

/// What differs, as sentences.
fn differences(remote: &str, here: &BTreeMap<String, Oid>, there: &[(String, Oid)]) -> Vec<String> {
    let mut warnings = Vec::new();
    let (mut new_tags, mut waiting) = (0_usize, 0_usize);
    for (name, oid) in there {
        let known = here.get(name);
        if let Some(branch) = name.strip_prefix("refs/heads/") {
            match known {
                Some(known) if known != oid => warnings.push(format!(
                    "{branch} at {remote} is {}, as fetched it is {}: run `git fetch {remote}`",
                    oid.short(),
                    known.short()
                )),
                Some(_) => {}
                None => warnings.push(format!("{branch} at {remote} is not fetched: run `git fetch {remote}`")),
            }
        } else if let Some(tag) = name.strip_prefix("refs/tags/") {
            match known {
                Some(known) if known != oid => warnings.push(format!(
                    "the tag {tag} is {} here and {} at {remote}: a release tag never moves, ask who moved it",
                    known.short(),
                    oid.short()
                )),
                Some(_) => {}
                None => new_tags = new_tags.saturating_add(1),
            }
        } else if name.starts_with("refs/lineage/inbox/") && known.is_none() {
            waiting = waiting.saturating_add(1);
        }
    }
    if new_tags > 0 {
        warnings.push(format!("tags at {remote} that are not here: {new_tags}; run `git lineage sync`"));
    }
    if waiting > 0 {
        warnings.push(format!("records waiting at {remote} that are not here: {waiting}; run `git lineage sync`"));
    }
    for name in here.keys().filter(|name| name.starts_with("refs/heads/")) {
        let branch = name.trim_start_matches("refs/heads/");
        if branch != "HEAD" && !there.iter().any(|(there, _)| there == name) {
            warnings.push(format!("{branch} is gone at {remote}: run `git fetch --prune {remote}`"));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(digit: &str) -> Oid {
        Oid::parse(&digit.repeat(40)).expect("an object id")
    }

    #[test]
    fn what_moved_is_named() {
        let pair = |name: &str, digit: &str| (name.to_owned(), oid(digit));
        let here = BTreeMap::from([
            pair("refs/heads/main", "1"),
            pair("refs/heads/gone", "1"),
            pair("refs/heads/HEAD", "1"),
            pair("refs/tags/a-v1.0.0", "1"),
        ]);
        let there = [
            pair("refs/heads/main", "2"),
            pair("refs/lineage/inbox/a/x", "2"),
            pair("refs/tags/a-v1.0.0", "2"),
            pair("refs/tags/a-v1.1.0", "3"),
        ];
        let warnings = differences("origin", &here, &there);
        assert_eq!(warnings.len(), 5, "{warnings:#?}");
        assert!(warnings[0].starts_with("main at origin is 2222"), "{warnings:#?}");
        assert!(warnings[1].starts_with("the tag a-v1.0.0 is 1111"), "{warnings:#?}");
        assert!(warnings[2].starts_with("tags at origin that are not here: 1"), "{warnings:#?}");
        assert!(warnings[3].starts_with("records waiting at origin that are not here: 1"), "{warnings:#?}");
        assert!(warnings[4].starts_with("gone is gone at origin"), "{warnings:#?}");
        assert_eq!(differences("origin", &BTreeMap::new(), &[]), Vec::<String>::new());
    }
}
