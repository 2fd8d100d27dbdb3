//! The pin of this clone: what it first saw, and measures every verdict against. A repository cannot vouch
//! for itself; in a fork every input is the attacker's.

use std::collections::BTreeMap;

use super::ground::Ground;
use super::resolve::release_tags;
use super::{Context, trace};
use crate::cache::Pin;
use crate::git;
use crate::model::{Failure, Oid, Policy};

/// What a pin would hold now. The tags seen before stay in it: no new trust lets one of them move.
///
/// # Errors
/// The repository cannot be read.
pub fn present(cx: &Context<'_>, ground: &Ground) -> Result<Pin, Failure> {
    Ok(Pin {
        version: 1,
        repository: ground.config().repository.id.clone(),
        trust: ground.config().trust_digest(),
        branch: ground.origin.clone(),
        main: ground.main.clone(),
        trusted_at: ground.main.clone(),
        tags: seen(cx, ground, cx.cache.pin()?.map(|pin| pin.tags).unwrap_or_default())?,
    })
}

/// Writes the pin where there is none, and says it in words; none where there was one. A dry run writes
/// nothing and says what it would.
///
/// # Errors
/// The repository or the cache cannot be read or written.
pub fn pin_on_first_use(cx: &Context<'_>, ground: &Ground) -> Result<Option<String>, Failure> {
    if cx.cache.pin()?.is_some() {
        return Ok(None);
    }
    let pin = present(cx, ground)?;
    if !cx.dry_run {
        cx.cache.write_pin(&pin)?;
    }
    Ok(Some(in_words(&pin)))
}

/// Holds what is here against the pin: the repository's id, the branch, main's history. Fine where there is
/// no pin. A tag's object is held against it when that tag is verified: a moved tag condemns itself alone.
///
/// # Errors
/// Something immutable changed (exit 4), or the history is cut short (exit 3).
pub fn check(cx: &Context<'_>, ground: &Ground) -> Result<(), Failure> {
    let Some(pin) = cx.cache.pin()? else { return Ok(()) };
    same_repository(&pin, &ground.config().repository.id)?;
    let name = &ground.origin;
    if pin.branch != *name {
        return Err(Failure::conflict(format!("the policy is read at {name}, this clone pinned {}", pin.branch))
            .hint("find out why another branch stands for main; if it was meant, run `git lineage trust pin`"));
    }
    if !descends(cx, &pin, &ground.main)? {
        return Err(Failure::conflict(format!(
            "{name} does not descend from {}, which this clone pinned: main was rewritten",
            pin.main.short()
        ))
        .hint("ask whoever rewrote it; if it was meant, run `git lineage trust pin`"));
    }
    Ok(())
}

/// Moves the pin forward: main as it is now, and release tags not seen before. A known tag's object and the
/// trust never change silently. Call [`check`] first.
///
/// # Errors
/// The repository or the cache cannot be read or written.
pub fn advance(cx: &Context<'_>, ground: &Ground) -> Result<(), Failure> {
    let Some(pin) = cx.cache.pin()? else { return Ok(()) };
    let tags = seen(cx, ground, pin.tags.clone())?;
    let next = advanced(&pin, ground.main.clone(), tags);
    if next != pin && !cx.dry_run {
        cx.cache.write_pin(&next)?;
    }
    Ok(())
}

/// Why the trust of a policy is not the pinned one, as a sentence; none where it is, or nothing is pinned.
/// `since` is the commit that landed under the policy: what main's own line had up to where the trust was
/// pinned was accepted with it, so that a release stays proven when keys and checks move on. A commit that
/// a later merge brought in beside that line was not.
///
/// # Errors
/// The pin or the history cannot be read.
pub fn trust_changed(cx: &Context<'_>, policy: &Policy, since: Option<&Oid>) -> Result<Option<String>, Failure> {
    let Some(pin) = cx.cache.pin()? else { return Ok(None) };
    if let Some(since) = since
        && cx.repo.on_first_parent(since, &pin.trusted_at)?
    {
        return Ok(None);
    }
    let now = policy.config.trust_digest();
    Ok((now != pin.trust).then(|| {
        format!(
            "what lineage.toml trusts or requires is not what this clone pinned ({} then, {} now): \
             read the change, and run `git lineage trust pin` if it is right",
            pin.trust.short(),
            now.short()
        )
    }))
}

/// A pin in words.
pub fn in_words(pin: &Pin) -> String {
    let tags = match pin.tags.len() {
        0 => "no release tag yet".to_owned(),
        1 => "1 release tag".to_owned(),
        more => format!("{more} release tags"),
    };
    format!("repository {}, trust {}, main {}, {tags}", pin.repository, pin.trust.short(), pin.main.short())
}

/// Whether the pinned main is on main's own line, its first-parent history: a merge that takes the old line
/// in from the side has rewritten it.
///
/// # Errors
/// The history is cut short before that can be told (exit 3).
pub(super) fn descends(cx: &Context<'_>, pin: &Pin, main: &Oid) -> Result<bool, Failure> {
    match cx.repo.on_first_parent(&pin.main, main) {
        Ok(descends) => Ok(descends),
        // The whole history was walked and the pinned commit is not even here.
        Err(git::Error::MissingObject(object)) if object == pin.main.as_str() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A tag at another object than it was first seen at.
pub(super) fn moved(tag: &str, then: &Oid, now: &Oid, place: &str) -> Failure {
    Failure::conflict(format!(
        "the tag {tag} has moved: this clone first saw the object {}, {place} it is {}",
        then.short(),
        now.short()
    ))
    .hint("a release tag never moves: ask whoever moved it, and release the change under a new version")
}

fn same_repository(pin: &Pin, id: &str) -> Result<(), Failure> {
    if pin.repository == id {
        return Ok(());
    }
    Err(Failure::conflict(format!(
        "lineage.toml on main has the repository id {id}, this clone pinned {}",
        pin.repository
    ))
    .hint("this is another repository, or a fork; if the id was meant to change, run `git lineage trust pin`"))
}

/// The release tags there are, as far as each has a tag statement that its own policy's key signed; known
/// ones as they were first seen. A tag that anybody may have pushed is not remembered.
fn seen(
    cx: &Context<'_>,
    ground: &Ground,
    mut known: BTreeMap<String, Oid>,
) -> Result<BTreeMap<String, Oid>, Failure> {
    for release in release_tags(&cx.repo, ground)? {
        // What cannot be read is not remembered; verifying it says why.
        if !known.contains_key(&release.tag) && trace::is_witnessed(cx, ground, &release.oid).unwrap_or(false) {
            known.insert(release.tag, release.oid);
        }
    }
    Ok(known)
}

fn advanced(pin: &Pin, main: Oid, tags: BTreeMap<String, Oid>) -> Pin {
    let mut next = pin.clone();
    next.main = main;
    for (tag, oid) in tags {
        next.tags.entry(tag).or_insert(oid);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Exit, Sha256};

    fn oid(digit: &str) -> Oid {
        Oid::parse(&digit.repeat(40)).expect("an object id")
    }

    fn pin() -> Pin {
        let tags = BTreeMap::from([("app-v1.0.0".to_owned(), oid("a"))]);
        Pin {
            version: 1,
            repository: "r".to_owned(),
            trust: Sha256::of("t"),
            branch: "origin/main".to_owned(),
            main: oid("1"),
            trusted_at: oid("1"),
            tags,
        }
    }

    #[test]
    fn a_pin_grows_and_never_forgets() {
        let seen = BTreeMap::from([("app-v1.0.0".to_owned(), oid("b")), ("app-v1.1.0".to_owned(), oid("c"))]);
        let next = advanced(&pin(), oid("2"), seen);
        assert_eq!(next.main, oid("2"));
        assert_eq!(next.trust, pin().trust);
        assert_eq!(next.tags.get("app-v1.0.0"), Some(&oid("a")));
        assert_eq!(next.tags.get("app-v1.1.0"), Some(&oid("c")));
    }

    #[test]
    fn another_repository_is_a_conflict() {
        assert_eq!(same_repository(&pin(), "r"), Ok(()));
        assert_eq!(same_repository(&pin(), "s").map_err(|failure| failure.exit), Err(Exit::Conflict));
        assert!(in_words(&pin()).ends_with("1 release tag"));
    }
}
