//! What lies outside the repository's content: the key's place, and git's configuration.

use std::path::Path;

use super::{Options, Site};
use crate::model::{Event, Failure, Plan};
use crate::pipeline::Context;

/// A private key never lies in the work tree, where the next `git add` would publish it.
pub(super) fn outside_of(work: Option<&Path>, key: &Path) -> Result<(), Failure> {
    let Some(work) = work.and_then(|work| work.canonicalize().ok()) else { return Ok(()) };
    let absolute = std::path::absolute(key).unwrap_or_else(|_| key.to_owned());
    // The nearest directory that exists decides: the others are made.
    let parent = absolute.ancestors().skip(1).find_map(|parent| parent.canonicalize().ok());
    let git = work.join(".git");
    if parent.is_some_and(|parent| parent.starts_with(&work) && !parent.starts_with(&git)) {
        return Err(Failure::usage(format!("the private key {} would lie in the work tree", key.display()))
            .hint("choose a place outside, with --key"));
    }
    Ok(())
}

/// The git configuration that is missing: the key, and where fetched evidence goes.
pub(super) fn settings(
    cx: &mut Context<'_>,
    options: &Options,
    site: &Site,
    has_key: bool,
    plan: &mut Plan,
) -> Result<Vec<(String, String)>, Failure> {
    let mut settings = Vec::new();
    let key = std::path::absolute(&options.key).unwrap_or_else(|_| options.key.clone());
    match cx.repo.config("lineage.key") {
        Some(present) if Path::new(&present) == key => plan.done(format!("lineage.key is {present}")),
        Some(present) => {
            plan.done(format!("lineage.key is {present}"));
            (cx.on)(Event::Warning(format!("lineage.key stays {present}; it is not {}", key.display())));
        }
        None if has_key => {
            let Some(path) = key.to_str() else {
                return Err(Failure::usage(format!("{} is not UTF-8", key.display()))
                    .hint("choose another place for the key"));
            };
            plan.needed(format!("set lineage.key to {path}"));
            settings.push(("lineage.key".to_owned(), path.to_owned()));
        }
        None => {}
    }
    if let Some(remote) = &site.remote {
        // The mirror that the ledger reads: notes are merged from there, never fetched over our own.
        let plain = remote.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let refspec = format!("+refs/notes/lineage-*:refs/lineage/remote/{remote}/notes/lineage-*");
        let name = format!("remote.{remote}.fetch");
        if plain && cx.repo.config(&name).as_deref() == Some(refspec.as_str()) {
            plan.done(format!("`git fetch {remote}` fetches evidence"));
        } else if plain {
            plan.needed(format!("fetch evidence with `git fetch {remote}`: {refspec}"));
            settings.push((name, refspec));
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_out_of_the_work_tree() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let work = root.path().join("work");
        std::fs::create_dir_all(work.join(".git")).expect("directories");
        assert!(outside_of(Some(&work), &work.join("key.pem")).is_err());
        assert!(outside_of(Some(&work), &work.join("new/sub/key.pem")).is_err());
        assert!(outside_of(Some(&work), &root.path().join("keys/key.pem")).is_ok());
        assert!(outside_of(None, Path::new("key.pem")).is_ok());
    }
}
