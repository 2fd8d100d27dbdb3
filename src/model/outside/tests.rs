//! Each thing that can be seen outside, right, wrong and unseen.

use super::*;
use crate::model::{Sha256, Timestamp};

const PAGE: &str = "https://github.com/o/r";

fn states(findings: &[Finding]) -> Vec<(&str, State)> {
    findings.iter().map(|finding| (finding.about.as_str(), finding.state)).collect()
}

fn unseen<T>() -> Seen<T> {
    Err("GitHub refuses; give the token the permission administration=read".to_owned())
}

fn policy(enabled: bool, allowed: &str, pinned: Option<bool>) -> ActionsPolicy {
    ActionsPolicy { enabled, allowed: Some(allowed.to_owned()), pinned }
}

fn token(default: &str, approves: bool) -> JobToken {
    JobToken { default: default.to_owned(), approves }
}

#[test]
fn the_exit_code_is_the_worst_and_nothing_seen_is_none() {
    let one = |state| Finding::new("x", state, "y", None);
    let of = |states: &[State]| exit(&states.iter().copied().map(one).collect::<Vec<_>>());
    assert_eq!(of(&[]), Exit::Undetermined);
    assert_eq!(of(&[State::Holds, State::Advice]), Exit::Done);
    assert_eq!(of(&[State::Holds, State::Wrong]), Exit::Negative);
    assert_eq!(of(&[State::Undetermined, State::Wrong, State::Holds]), Exit::Undetermined);
}

#[test]
fn what_actions_may_do() {
    let good = actions(PAGE, true, &Ok(policy(true, "selected", Some(true))), &Ok(token("read", false)));
    assert!(good.iter().all(|finding| finding.state == State::Holds), "{good:#?}");
    let lax = actions(PAGE, true, &Ok(policy(true, "all", None)), &Ok(token("write", true)));
    assert_eq!(
        states(&lax),
        [
            ("actions", State::Advice),
            ("pinned actions", State::Advice),
            ("default permissions of jobs", State::Wrong),
            ("pull requests by jobs", State::Wrong)
        ]
    );
    assert!(lax.iter().all(|finding| finding.fix.as_ref().is_some_and(|fix| fix.contains("/settings/actions"))));
    let off = actions(PAGE, true, &Ok(policy(false, "all", None)), &Ok(token("read", false)));
    assert_eq!(states(&off)[0], ("actions", State::Wrong));
    let local = actions(PAGE, true, &Ok(policy(true, "local_only", None)), &Ok(token("read", false)));
    assert_eq!(states(&local)[0], ("actions", State::Wrong));
    // Without an App the job's own token has to open the pull requests.
    let alone =
        |approves| actions(PAGE, false, &Ok(policy(true, "selected", Some(true))), &Ok(token("read", approves)));
    assert_eq!(states(&alone(true))[3].1, State::Holds);
    assert_eq!(states(&alone(false))[3].1, State::Wrong);
    let blind = actions(PAGE, true, &unseen(), &unseen());
    assert!(
        blind
            .iter()
            .all(|finding| finding.state == State::Undetermined && finding.what.contains("administration=read"))
    );
    assert_eq!(blind.len(), 2);
}

#[test]
fn releases_may_be_locked_and_the_default_branch_is_main() {
    let of = |releases, seen: Seen<bool>| immutable(PAGE, releases, &seen).map(|finding| finding.state);
    assert_eq!(of(true, Ok(true)), Some(State::Holds));
    assert_eq!(of(true, Ok(false)), Some(State::Advice));
    assert_eq!(of(false, Ok(false)), None);
    assert_eq!(of(false, unseen()), Some(State::Undetermined));
    let branch = |name: &str| {
        let seen = Repository { name: "o/r".to_owned(), page: PAGE.to_owned(), default_branch: name.to_owned() };
        repository(&seen, "main").state
    };
    assert_eq!((branch("main"), branch("trunk")), (State::Holds, State::Wrong));
}

#[test]
fn a_copy_is_what_the_tag_predicts() {
    let of = |there: Seen<Option<Sha256>>, draft| {
        let wanted = Sha256::of("package");
        copy(&Copy { tag: "x-v1.0.0".to_owned(), place: "on GitHub".to_owned(), wanted, there, draft })
    };
    assert_eq!(of(Ok(Some(Sha256::of("package"))), false).state, State::Holds);
    for (there, draft, fix) in [
        (Ok(Some(Sha256::of("other"))), false, "git lineage verify x-v1.0.0 --remote"),
        (Ok(Some(Sha256::of("package"))), true, "git lineage publish x-v1.0.0"),
        (Ok(None), false, "git lineage publish x-v1.0.0"),
    ] {
        let found = of(there, draft);
        assert_eq!(found.state, State::Wrong);
        assert!(found.fix.as_ref().is_some_and(|said| said.contains(fix)), "{found:?}");
    }
    assert_eq!(of(unseen(), false).state, State::Undetermined);
}

#[test]
fn those_who_should_can_pull() {
    let of = |private, stranger: &Stranger| visibility("oci://h/x", private, stranger, Some(PAGE)).state;
    let refused = Stranger::Refused("401".to_owned());
    assert_eq!((of(false, &Stranger::Welcome), of(true, &refused)), (State::Holds, State::Holds));
    assert_eq!((of(true, &Stranger::Welcome), of(false, &refused)), (State::Wrong, State::Wrong));
    for private in [true, false] {
        assert_eq!(of(private, &Stranger::Unknown("no route".to_owned())), State::Undetermined);
    }
}

#[test]
fn branches_grow_old() {
    let now = Timestamp::from_seconds(100 * 86_400);
    let of = |days: Option<i64>| {
        let last = days.map(|days| Timestamp::from_seconds((100 - days) * 86_400));
        let branches = [Branch { name: "chart/x".to_owned(), last }];
        leftovers("origin", &branches, now).remove(0)
    };
    assert_eq!(of(Some(30)).state, State::Holds);
    let old = of(Some(31));
    assert_eq!((old.state, old.about.as_str()), (State::Advice, "branch chart/x"));
    assert!(old.fix.is_some_and(|fix| fix.contains("git push origin --delete chart/x")));
    assert_eq!(of(None).state, State::Undetermined);
    // A clock that is behind is no reason to call anything old.
    assert_eq!(of(Some(-5)).state, State::Holds);
    assert_eq!(leftovers("origin", &[], now).remove(0).state, State::Holds);
}
