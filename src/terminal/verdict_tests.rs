//! Verdicts as they are read.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;

use super::Look;
use super::samples::{judged, step, text, with};
use super::verdict::{rehearse, verify};
use crate::model::{Anchor, Judged, RehearseReport, Rehearsed, Standing, StepState, VerifyReport};

fn proven() -> Judged {
    judged(
        Standing::Proven,
        vec![
            step(1, "refs/tags/x-v0.2.0 resolves and hashes to its id", "tag", StepState::Holds),
            step(9, "lint-test-v1.32.11 passed on the contribution", "w1-lint-test-v1.32.11", StepState::Holds),
            step(12, "what is published is the same", "remote", StepState::NotReached),
        ],
    )
}

fn broken() -> Judged {
    judged(
        Standing::NotProven,
        vec![
            step(1, "refs/tags/x-v0.2.0 resolves and hashes to its id", "tag", StepState::Holds),
            step(
                9,
                "lint-test-v1.32.11 passed on the contribution",
                "w1-lint-test-v1.32.11",
                StepState::Gap("expected pass, found fail\n::set-output::proven".to_owned()),
            ),
            step(10, "the package is the attested one", "package", StepState::Gap("the tar differs".to_owned())),
            step(
                11,
                "the release before is still there",
                "previous",
                StepState::Undetermined("x-v0.1.0 was not fetched".to_owned()),
            ),
        ],
    )
}

#[test]
fn one_release_is_shown_step_by_step() {
    expect![[r#"
        x-v0.2.0
           1  ok   refs/tags/x-v0.2.0 resolves and hashes to its id [tag]
           9  ok   lint-test-v1.32.11 passed on the contribution [w1-lint-test-v1.32.11]
          12  --   what is published is the same [remote]

        lineage:
          contribution  feat(x): add probe, by A <a@example.org>
          |  commit aaaaaaaaaaaa, content a7b4dc56dac9
          |  w1-lint-test-v1.32.11 (123456), signed by ci
          `- split  integration to chart/x
             |  commit aaaaaaaaaaaa, content ad1a64057f9a
             `- tag  x-v0.2.0
                   commit aaaaaaaaaaaa

        proven: x-v0.2.0 (chart x 0.2.0), anchored in the pin of this clone
    "#]]
    .assert_eq(&text(&VerifyReport { releases: vec![proven()] }, verify));
}

#[test]
fn every_gap_is_listed_with_its_reason() {
    let mut broken = broken();
    broken.chain.clear();
    broken.oddities.push("line 3 of the ledger of x is not JSON".to_owned());
    expect![[r#"
        x-v0.2.0
           1  ok   refs/tags/x-v0.2.0 resolves and hashes to its id [tag]
           9  GAP  lint-test-v1.32.11 passed on the contribution [w1-lint-test-v1.32.11]
                   expected pass, found fail
                     | ::set-output::proven
          10  GAP  the package is the attested one [package]
                   the tar differs
          11  ??   the release before is still there [previous]
                   x-v0.1.0 was not fetched

        ignored: line 3 of the ledger of x is not JSON
        not proven: x-v0.2.0 (chart x 0.2.0): 2 gaps, 1 step undetermined
    "#]]
    .assert_eq(&text(&VerifyReport { releases: vec![broken] }, verify));
}

#[test]
fn of_several_only_what_fails_is_shown() {
    let unattested = Judged {
        subject: "x-v0.1.0".to_owned(),
        tag: Some("x-v0.1.0".to_owned()),
        chart_version: None,
        verdict: None,
        ..judged(Standing::Unattested, Vec::new())
    };
    let report = VerifyReport { releases: vec![proven(), broken(), unattested] };
    expect![[r#"
        proven: x-v0.2.0 (chart x 0.2.0), anchored in the pin of this clone
        x-v0.2.0
           9  GAP  lint-test-v1.32.11 passed on the contribution [w1-lint-test-v1.32.11]
                   expected pass, found fail
                     | ::set-output::proven
          10  GAP  the package is the attested one [package]
                   the tar differs
          11  ??   the release before is still there [previous]
                   x-v0.1.0 was not fetched

        not proven: x-v0.2.0 (chart x 0.2.0): 2 gaps, 1 step undetermined
        unattested: x-v0.1.0 (chart x): the tag carries no lineage; nothing on main contradicts it, and nothing proves it

        3 releases: 1 proven, 1 not proven, 1 unattested
    "#]]
    .assert_eq(&text(&report, verify));
    let whole = with(Look { verbose: true, ..Look::default() }, &report, verify);
    assert!(whole.contains("  12  --   what is published is the same [remote]"), "{whole}");
}

#[test]
fn the_first_use_is_said_plainly() {
    let first = Judged {
        subject: "x-0.2.0.tgz".to_owned(),
        anchor: Some(Anchor::FirstUse),
        pinned: Some("repository 6e0c…, policy 12ab…, main at 34cd…".to_owned()),
        chain: Vec::new(),
        ..proven()
    };
    let said = text(&VerifyReport { releases: vec![first] }, verify);
    let end: Vec<&str> = said.lines().rev().take(2).collect();
    assert_eq!(
        end,
        [
            "proven: x-0.2.0.tgz is x-v0.2.0 (chart x 0.2.0), pinned on first use",
            "pinned on first use: repository 6e0c…, policy 12ab…, main at 34cd…",
        ]
    );
}

#[test]
fn the_anchor_is_always_named() {
    let closing = |anchor| {
        let judged = Judged { anchor, ..proven() };
        text(&VerifyReport { releases: vec![judged] }, verify).lines().last().unwrap_or_default().to_owned()
    };
    let file = closing(Some(Anchor::File("policy.toml".to_owned())));
    assert_eq!(file, "proven: x-v0.2.0 (chart x 0.2.0), anchored in the policy file policy.toml");
    let at = closing(Some(Anchor::Ref("origin/main".to_owned())));
    assert_eq!(at, "proven: x-v0.2.0 (chart x 0.2.0), anchored in the policy at origin/main");
    assert_eq!(closing(None), "proven: x-v0.2.0 (chart x 0.2.0), anchored in nothing");
}

#[test]
fn other_standings_have_words_of_their_own() {
    let closing = |standing, steps| {
        let report = VerifyReport { releases: vec![judged(standing, steps)] };
        text(&report, verify).lines().last().unwrap_or_default().to_owned()
    };
    let unknown = step(3, "it stands on main", "main", StepState::Undetermined("main was not fetched".to_owned()));
    assert_eq!(
        closing(Standing::Undetermined, vec![unknown]),
        "undetermined: x-v0.2.0 (chart x 0.2.0): 1 step undetermined"
    );
    let moved = step(1, "it is the tag first seen", "tag", StepState::Conflict("it moved".to_owned()));
    assert_eq!(closing(Standing::Conflict, vec![moved]), "conflict: x-v0.2.0 (chart x 0.2.0): 1 conflict");
    assert_eq!(
        closing(Standing::NotProven, Vec::new()),
        "not proven: x-v0.2.0 (chart x 0.2.0): no verdict was reached"
    );
}

#[test]
fn nothing_to_verify_does_not_look_like_success() {
    assert_eq!(
        text(&VerifyReport { releases: Vec::new() }, verify),
        "nothing to verify: no release tag was found\n"
    );
}

#[test]
fn a_rehearsal_ends_with_the_strangers_verdict() {
    let done = |verb: &str, what: &str| Rehearsed { verb: verb.to_owned(), what: what.to_owned() };
    let report = RehearseReport {
        chart: "x".to_owned(),
        tag: "x-v0.2.0".to_owned(),
        steps: vec![done("init", "branches and policy"), done("check", "5 checks pass")],
        oci: "oci-layout:/tmp/keep/registry".to_owned(),
        kept: Some("/tmp/keep".into()),
        judged: proven(),
    };
    expect![[r#"
         1  init   branches and policy
         2  check  5 checks pass

        published to oci-layout:/tmp/keep/registry
        kept in /tmp/keep

        proven: x-v0.2.0 (chart x 0.2.0), anchored in the pin of this clone
    "#]]
    .assert_eq(&text(&report, rehearse));
    let failed = RehearseReport { judged: broken(), ..report };
    assert!(text(&failed, rehearse).contains("  10  GAP  the package is the attested one [package]"));
}
