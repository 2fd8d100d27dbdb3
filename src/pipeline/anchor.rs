//! The pin of this clone: what it first saw, and measures every verdict against. A repository cannot vouch
//! for itself; in a fork every input is the attacker's.

use std::collections::BTreeMap;

use super::Context;
use super::ground::Ground;
use super::policy::{Change, Line, Standing, Vouched};
use super::resolve::release_tags;
use super::spread::spread_quietly;
use super::trace::{self, Traced};
use crate::cache::Pin;
use crate::git;
use crate::model::{Failure, Oid, OnMain, Policy, Sha256, StepState};

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

/// Moves the pin forward: main as it is now, release tags not seen before, and the trust over every change
/// that somebody trusted before it vouched for. Says each such change in words. A known tag's object never
/// changes silently, and the trust goes no further than the first change nobody vouched for. Call [`check`]
/// first.
///
/// # Errors
/// The repository or the cache cannot be read or written.
pub fn advance(cx: &Context<'_>, ground: &Ground) -> Result<Vec<String>, Failure> {
    let Some(pin) = cx.cache.pin()? else { return Ok(Vec::new()) };
    let tags = seen(cx, ground, pin.tags.clone())?;
    let mut next = advanced(&pin, ground.main.clone(), tags);
    let mut moves = Vec::new();
    if let Some(line) = Line::since(cx, &ground.main, &pin.trusted_at, pin.trust)?
        && let Some((at, trust)) = line.accepted()
    {
        (next.trusted_at, next.trust) = (at.clone(), trust);
        moves.extend(line.changes.iter().map_while(followed));
    }
    if next != pin && !cx.dry_run {
        cx.cache.write_pin(&next)?;
    }
    Ok(moves)
}

/// A change the pin follows, in words; none where it does not.
fn followed(change: &Change) -> Option<String> {
    let Vouched::By { signer, reason } = &change.vouched else { return None };
    let trust = (change.from != change.to)
        .then(|| format!("the pinned trust moves from {} to {}", short(change.from), short(change.to)));
    let dropped = change.dropped.iter().map(|dropped| format!("{dropped} ends"));
    let what: Vec<String> = trust.into_iter().chain(dropped).collect();
    Some(format!("{} with {}, which `{signer}` vouched for: {reason}", what.join(", and "), change.commit.short()))
}

/// How main's trust stands against the pin of this clone.
pub struct Trust {
    pin: Pin,
    /// main's own line since the trust was pinned; none where main does not descend from there.
    line: Option<Line>,
    now: Sha256,
}

impl Trust {
    /// Follows main from the pin; none where there is no pin.
    ///
    /// # Errors
    /// The pin, the history or the ledger cannot be read, or the history is cut short.
    pub fn of(cx: &Context<'_>, ground: &Ground) -> Result<Option<Self>, Failure> {
        let Some(pin) = cx.cache.pin()? else { return Ok(None) };
        let line = Line::since(cx, &ground.main, &pin.trusted_at, pin.trust)?;
        Ok(Some(Self { pin, line, now: ground.config().trust_digest() }))
    }

    /// How the trust of a policy stands. `landed` is the commit that landed under it: what main's own line
    /// had up to where the trust was pinned was accepted with it, so that a release stays proven when keys
    /// and checks move on. A commit that a later merge brought in beside that line was not; what landed on
    /// the line later counts where every change of trust before it was vouched for.
    ///
    /// # Errors
    /// The history cannot be read.
    pub fn judge(&self, cx: &Context<'_>, policy: &Policy, landed: Option<&Oid>) -> Result<StepState, Failure> {
        let now = policy.config.trust_digest();
        let line = self.line.as_ref();
        let standing = match landed {
            Some(landed) => line.and_then(|line| line.before(landed)),
            None => line.and_then(Line::last),
        };
        if let (Some(landed), None) = (landed, standing)
            && cx.repo.on_first_parent(landed, &self.pin.trusted_at)?
        {
            return Ok(StepState::Holds);
        }
        Ok(match (standing, line) {
            (Some(Standing::Accepted(trust)), _) if *trust == now => StepState::Holds,
            (Some(Standing::Left(number)), Some(line)) => match line.changes.get(*number) {
                Some(change) => refused(change),
                None => StepState::Gap(self.unlike(now)),
            },
            _ => StepState::Gap(self.unlike(now)),
        })
    }

    /// What is wrong with main's own trust, as a sentence; none where nothing is.
    pub fn of_main(&self) -> Option<String> {
        match self.line.as_ref().map(|line| (line, line.last())) {
            Some((line, Some(Standing::Left(number)))) => match line.changes.get(*number).map(refused) {
                Some(StepState::Gap(why) | StepState::Undetermined(why)) => Some(why),
                _ => Some(self.unlike(self.now)),
            },
            Some((_, Some(Standing::Accepted(trust)))) if *trust == self.now => None,
            Some(_) => Some(self.unlike(self.now)),
            None => (self.now != self.pin.trust).then(|| self.unlike(self.now)),
        }
    }

    /// The changes of trust on main since the pin.
    pub fn changes(&self) -> &[Change] {
        self.line.as_ref().map_or(&[], |line| &line.changes)
    }

    fn unlike(&self, now: Sha256) -> String {
        format!(
            "what lineage.toml trusts or requires is not what this clone pinned ({} then, {} now): \
             read the change, and run `git lineage trust pin` if it is right",
            self.pin.trust.short(),
            now.short()
        )
    }
}

/// A change of trust that is not followed: what it was, and the next step.
fn refused(change: &Change) -> StepState {
    let (commit, parent) = (change.commit.short(), change.parent.short());
    let trust = (change.from != change.to || change.dropped.is_empty()).then(|| {
        let (from, to) = (short(change.from), short(change.to));
        format!("changed what lineage.toml trusts or requires ({from} before, {to} after)")
    });
    let dropped = change.dropped.iter().map(|dropped| format!("dropped {dropped}, which still counts here"));
    let what: Vec<String> = trust.into_iter().chain(dropped).collect();
    let what = format!("{commit} {}", what.join(" and "));
    let next = "read the change; then somebody trusted before it may vouch for it";
    let next = format!(
        "{next} (`git lineage trust change --from {parent} --to {commit}`, best before the merge), or you \
         accept it for this clone (`git lineage trust pin`)"
    );
    match &change.vouched {
        Vouched::Unknown(why) => {
            StepState::Undetermined(format!("{what}, and whether anybody vouched for that is not known: {why}"))
        }
        Vouched::Nobody(why) => {
            StepState::Gap(format!("{what}, and nobody trusted before vouched for that: {why}; {next}"))
        }
        // One that somebody vouched for is never the first that nobody did.
        Vouched::By { .. } => StepState::Gap(format!("{what}; {next}")),
    }
}

fn short(trust: Option<Sha256>) -> String {
    trust.map_or_else(|| "no usable policy".to_owned(), |trust| trust.short())
}

/// What is wrong with main's own trust against the pin, as a sentence; none where nothing is, or nothing is
/// pinned.
///
/// # Errors
/// As [`Trust::of`].
pub fn trust_changed(cx: &Context<'_>, ground: &Ground) -> Result<Option<String>, Failure> {
    Ok(Trust::of(cx, ground)?.and_then(|trust| trust.of_main()))
}

/// How the trust of a traced release stands against the pin, if there is one.
///
/// # Errors
/// The history cannot be read.
pub fn trust_of(cx: &Context<'_>, trust: &Trust, traced: &Traced) -> Result<StepState, Failure> {
    let landed = match &traced.lineage.landing {
        OnMain::Landed(landing) => Some(&landing.commit),
        OnMain::Elsewhere | OnMain::Unknown(_) => None,
    };
    trust.judge(cx, &traced.policy, landed)
}

/// Refuses to go on with a release whose policy this clone does not accept: what is made of it could not be
/// proven here. Fine where nothing is pinned.
///
/// # Errors
/// The trust changed and nobody vouched for that (exit 1), or it cannot be told (exit 3).
pub fn demand(cx: &Context<'_>, ground: &Ground, traced: &Traced, what: &str) -> Result<(), Failure> {
    let Some(trust) = Trust::of(cx, ground)? else { return Ok(()) };
    match trust_of(cx, &trust, traced)? {
        StepState::Gap(why) => Err(Failure::negative(what).because(why)),
        StepState::Undetermined(why) => Err(Failure::undetermined(what).because(why)),
        StepState::Conflict(why) => Err(Failure::conflict(what).because(why)),
        _ => Ok(()),
    }
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

/// The release tags this clone has seen that are not here any more, in order of their names.
///
/// # Errors
/// The pin or the refs cannot be read.
pub(super) fn gone(cx: &Context<'_>) -> Result<Vec<String>, Failure> {
    let mut gone = Vec::new();
    for tag in cx.cache.pin()?.map(|pin| pin.tags).unwrap_or_default().into_keys() {
        if cx.repo.find_ref(&format!("refs/tags/{tag}"))?.is_none() {
            gone.push(tag);
        }
    }
    Ok(gone)
}

/// A release tag that was here and is not: whoever rolls a release back would have it forgotten.
pub(super) fn deleted(tag: &str) -> Failure {
    Failure::conflict(format!("the tag {tag}, which this clone has seen, is not here any more"))
        .hint("a release tag is never deleted: `git lineage sync` brings it back if the remote has it; if not, ask who deleted it there")
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
    let mut new = release_tags(&cx.repo, ground)?;
    new.retain(|release| !known.contains_key(&release.tag));
    let witnessed = spread_quietly(cx, new.len(), |cx, which| match new.get(which) {
        Some(release) => trace::is_witnessed(cx, ground, &release.oid),
        None => Ok(false),
    });
    // What cannot be read is not remembered; verifying it says why.
    let witnessed: Vec<bool> = witnessed.into_iter().map(|known| known.unwrap_or(false)).collect();
    for (release, _) in new.into_iter().zip(witnessed).filter(|(_, witnessed)| *witnessed) {
        known.insert(release.tag, release.oid);
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
