//! What messages are accepted, and what they say about the release.

use proptest::prelude::*;

use super::*;
use crate::model::Oid;

fn commit(message: &str) -> SourceCommit {
    SourceCommit {
        commit: Oid::parse(&"a".repeat(40)).unwrap(),
        author: "A U Thor <author@example.com>".to_owned(),
        committer: None,
        message: message.to_owned(),
    }
}

/// `kind(scope) weight summary` of each change.
fn read(message: &str) -> Vec<String> {
    changes(&[commit(message)])
        .into_iter()
        .map(|c| format!("{}({}) {:?} {}", c.kind, c.scope.unwrap_or_default(), c.weight, c.summary))
        .collect()
}

fn faults(message: &str) -> Vec<String> {
    validate(message, &["web"]).into_iter().filter(|f| f.fatal).map(|f| f.message).collect()
}

#[test]
fn e20_each_bad_message_is_refused_with_its_own_sentence() {
    let types = "build, chore, ci, docs, feat, fix, perf, refactor, revert, style, test";
    for (message, sentence) in [
        (
            "Updated the values file",
            "the header is not `type: subject`: there is no colon after the type".to_owned(),
        ),
        ("Fix stuff", "the header is not `type: subject`: there is no colon after the type".to_owned()),
        ("feat - add a port", "the header is not `type: subject`: there is no colon after the type".to_owned()),
        (
            "feat(x) missing colon",
            "the header is not `type: subject`: there is no colon after the type".to_owned(),
        ),
        ("FEAT(x): add a port", "the type `FEAT` must be in lower case: `feat`".to_owned()),
        ("feat(): add a port", "the scope is empty: name one or leave out the parentheses".to_owned()),
        ("wip: x", format!("`wip` is not one of the types {types}")),
        ("feat(Web): add a port", "the scope `Web` must be in lower case".to_owned()),
        ("feat(web: add a port", "the scope is not closed: write `type(scope): subject`".to_owned()),
        ("feat: ", "the subject is empty".to_owned()),
        ("feat:add a port", "there is no space after the colon".to_owned()),
        (": add a port", "the type is missing: write `type: subject`".to_owned()),
        ("feat: add a port.", "the subject ends in a full stop".to_owned()),
        ("feat: Add a port", "the subject is in sentence case: begin it in lower case".to_owned()),
        ("feat: HTTP Port", "the subject is in start case: begin it in lower case".to_owned()),
        ("feat: AddPort", "the subject is in pascal case: begin it in lower case".to_owned()),
        ("feat: ADD A PORT", "the subject is in upper case: begin it in lower case".to_owned()),
        ("feat: add a port\nat once", "there is no blank line between the header and the body".to_owned()),
        ("", "the message is empty".to_owned()),
        (" \n\nx", "the first line is empty".to_owned()),
    ] {
        assert_eq!(faults(message), [sentence], "{message:?}");
    }
}

#[test]
fn e20_what_git_and_a_forge_write_is_accepted() {
    for message in [
        "feat(web): add a port (#12)",
        "feat(web)!: add a port",
        "fix: x",
        "fix: TLS for the ingress",
        "fix: 2 ports\n\nWhy.\n\nRefs: #1\n",
        "Merge pull request #3 from someone/feature\n\nAdd a port",
        "Merge branch 'main' into integration",
        "Revert \"feat(web): add a port\"\n\nThis reverts commit 1234.",
        "chore(main): release 1.2.3",
        "chore(release): 1.2.3 [skip ci]",
        "feat(web): add a port (#12)\r\n\r\n* feat: one\r\n\r\n* fix: two\r\n",
    ] {
        assert_eq!(faults(message), [""; 0], "{message:?}");
    }
}

#[test]
fn lengths_are_measured_in_characters_and_without_the_pull_request() {
    let subject = |length: usize| "ä".repeat(length);
    assert_eq!(faults(&format!("feat(web): {} (#12345)", subject(72))), [""; 0]);
    assert_eq!(
        faults(&format!("feat(web): {}", subject(73))),
        ["the subject has 73 characters; at most 72 are allowed"]
    );
    let scope = "s".repeat(40);
    assert_eq!(
        faults(&format!("feat({scope}): {}", subject(60))),
        ["the header has 108 characters; at most 100 are allowed"]
    );
}

#[test]
fn what_is_merely_unusual_is_a_warning() {
    let findings = validate("feat(web, other): x\n\nprose\nSigned-off-by: a\nRefs: b", &["web"]);
    let shown: Vec<_> = findings.iter().map(|f| (f.fatal, f.message.as_str())).collect();
    assert_eq!(
        shown,
        [
            (false, "the scope `other` is not a known chart"),
            (false, "there is no blank line before the footer `Signed-off-by`"),
        ]
    );
    assert_eq!(validate("feat(other): x", &[]), []);
}

#[test]
fn one_commit_is_one_change() {
    assert_eq!(read("feat(web): add a port (#12)\n\nWhy."), ["feat(web) Minor add a port (#12)"]);
    assert_eq!(read("fix: x"), ["fix() Patch x"]);
    assert_eq!(read("FIX(a)!: x"), ["fix(a) Major x"]);
    assert_eq!(read("chore: x\n\nBREAKING CHANGE: y"), ["chore() Major x"]);
    assert_eq!(read("chore: x\n\nBREAKING-CHANGE: y\n"), ["chore() Major x"]);
    assert_eq!(read("chore: x\n\nno BREAKING CHANGE: y\nbreaking change: z"), ["chore() Patch x"]);
    assert_eq!(read("deps: x"), ["deps() Patch x"]);
}

#[test]
fn what_is_not_conventional_is_left_out() {
    for message in ["Update", "", "\n\n", "Merge branch 'x'\n\n* feat: y", "https://example.com/x", "feat: "] {
        assert_eq!(read(message), [""; 0], "{message:?}");
    }
}

#[test]
fn x4_a_squash_is_one_change_for_each_commit_it_lists() {
    let message = "chore(web): work on the chart (#12)\r\n\r\n* feat(web): add a port\r\n\r\n* feat: add a probe\r\n\
                   \r\nLong prose.\r\n\r\n- fix: close the port\r\n- note: no change\r\n  - fix: nested\r\n";
    assert_eq!(
        read(message),
        ["feat(web) Minor add a port", "feat() Minor add a probe", "fix() Patch close the port"]
    );
}

#[test]
fn a_squash_keeps_the_weight_of_its_header_and_of_each_footer() {
    assert_eq!(
        read("feat(web)!: drop the port\n\n* fix: one\n* feat: two"),
        ["feat(web) Major drop the port", "fix() Patch one", "feat() Minor two"]
    );
    assert_eq!(
        read("fix: all\n\n* fix: one\n\nBREAKING CHANGE: gone\n\n* fix: two"),
        ["fix() Major one", "fix() Patch two"]
    );
}

#[test]
fn a_summary_is_one_line_without_control_characters() {
    assert_eq!(read("fix: a\u{1b}[2Jb\rc"), ["fix() Patch a [2Jb c"]);
}

#[test]
fn changes_keep_the_order_of_the_commits() {
    let commits = [commit("fix: newest"), commit("nothing"), commit("feat: oldest")];
    let summaries: Vec<_> = changes(&commits).into_iter().map(|c| c.summary).collect();
    assert_eq!(summaries, ["newest", "oldest"]);
}

proptest! {
    #[test]
    fn no_message_makes_either_panic(message in "[a-zA-Z():!#*\\-\\n\\r .äß\u{1b}]{0,80}") {
        validate(&message, &["web"]);
        for change in changes(&[commit(&message)]) {
            prop_assert!(!change.summary.is_empty());
            prop_assert!(!change.summary.chars().any(char::is_control));
        }
    }

    /// What passes the check has a change to show.
    #[test]
    fn a_valid_message_is_a_change(kind in 0..TYPES.len(), subject in "[a-z][a-z0-9 ]{0,40}[a-z]") {
        let message = format!("{}(web): {subject} (#1)", TYPES[kind]);
        prop_assert_eq!(faults(&message), [""; 0]);
        prop_assert_eq!(changes(&[commit(&message)]).len(), 1);
    }
}
