//! The stages before the tag as they are read.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use std::collections::BTreeMap;

use expect_test::expect;

use super::Look;
use super::flow::{bump, check, guard, propose, split};
use super::samples::{oid, plan, text, with};
use crate::model::pull::PullText;
use crate::model::statement::CheckResult;
use crate::model::{
    BumpReport, CheckLine, CheckReport, Exit, GuardReport, Outcome, Plan, ProposeReport, ProposedPull, SplitLine,
    SplitReport, Stage,
};

fn line(chart: &str, check: &str, result: CheckResult, reason: &str, output: &str) -> CheckLine {
    CheckLine {
        chart: chart.to_owned(),
        check: check.to_owned(),
        result,
        reason: reason.to_owned(),
        output: output.to_owned(),
        signed: result == CheckResult::Pass,
    }
}

fn checks(lines: Vec<CheckLine>) -> CheckReport {
    CheckReport {
        stage: Stage::Validate,
        head: oid('a'),
        checks: lines,
        sealed: BTreeMap::new(),
        not_applicable: None,
        plan: plan(),
    }
}

#[test]
fn a_failed_check_shows_why_and_what_it_printed() {
    let report = checks(vec![
        line("x", "lint-test-v1.32.11", CheckResult::Pass, "", "fine\n"),
        line("x", "chart-lint", CheckResult::Fail, "ended with 1", "::error::no description\n\u{1b}[32mok\n"),
        line("long-name", "k8s", CheckResult::Excluded, "needs a cloud", ""),
    ]);
    expect![[r#"
        x          lint-test-v1.32.11  pass, signed
        x          chart-lint          FAIL: ended with 1
            | ::error::no description
            | \u{1b}[32mok
        long-name  k8s                 excluded: needs a cloud
        3 checks at aaaaaaaaaaaa: 1 pass, 1 fail, 1 excluded
    "#]]
    .assert_eq(&text(&report, check));
    let verbose = with(Look { verbose: true, ..Look::default() }, &report, check);
    assert!(verbose.contains("    | fine\n") && verbose.contains("done     push chart/x"), "{verbose}");
}

#[test]
fn a_seal_is_named() {
    let sealed = BTreeMap::from([("x".to_owned(), "123456".to_owned())]);
    assert_eq!(text(&CheckReport { sealed, ..checks(Vec::new()) }, check), "sealed x as 123456\n");
}

#[test]
fn nothing_to_check_is_said_with_its_reason() {
    let why = Some("no chart differs from origin/integration".to_owned());
    let report = CheckReport { not_applicable: why, ..checks(Vec::new()) };
    assert_eq!(text(&report, check), "nothing to check: no chart differs from origin/integration\n");
    assert_eq!(text(&checks(Vec::new()), check), "no check ran\n");
}

#[test]
fn a_split_reports_each_chart_and_leaves_nothing_unsaid() {
    let one = |chart: &str, outcome, why: Option<&str>| SplitLine {
        chart: chart.to_owned(),
        branch: format!("chart/{chart}"),
        outcome,
        commit: (outcome == Outcome::Created).then(|| oid('a')),
        why: why.map(str::to_owned),
        exit: Exit::Done,
        plan: plan(),
    };
    let report = SplitReport {
        charts: vec![
            one("x", Outcome::Created, None),
            one("y", Outcome::Refused, Some("chart/y exists beside chart: one is a directory of the other")),
        ],
        unmatched: vec!["docs/a.md".to_owned(), "b\u{7}".to_owned()],
    };
    expect![[r#"
        x  created  chart/x at aaaaaaaaaaaa
        y  refused  chart/y
          chart/y exists beside chart: one is a directory of the other
        left behind: 2 changed paths belong to no chart
          docs/a.md
          b\u{7}
    "#]]
    .assert_eq(&text(&report, split));
    let none = SplitReport { charts: Vec::new(), unmatched: Vec::new() };
    assert_eq!(text(&none, split), "nothing to split: integration is ahead with no chart\n");
}

#[test]
fn a_guard_gives_every_reason() {
    let report = GuardReport {
        stage: "main".to_owned(),
        head: "feature".to_owned(),
        base: "main".to_owned(),
        allowed: false,
        manual_review: false,
        reasons: vec!["expected a branch like chart/x, found feature".to_owned()],
        merged: None,
        waiting: None,
        plan: Plan::default(),
    };
    expect![[r#"
        refused: feature into main (main)
          expected a branch like chart/x, found feature
    "#]]
    .assert_eq(&text(&report, guard));
    let allowed = GuardReport { allowed: true, reasons: Vec::new(), merged: Some(oid('a')), ..report };
    assert_eq!(text(&allowed, guard), "allowed: feature into main (main)\nmerged as aaaaaaaaaaaa\n");
}

#[test]
fn a_proposal_shows_the_pull_request() {
    let text_of_pull =
        PullText { title: "feat(x): add probe".to_owned(), body: "Source\n\n::warning::\n".to_owned() };
    let pull = ProposedPull {
        pull: None,
        chart: "x".to_owned(),
        branch: "chart/x".to_owned(),
        text: text_of_pull,
        merged: None,
        plan: plan(),
    };
    expect![[r#"
        x  chart/x
          pull request: feat(x): add probe
            | Source
            |
            | ::warning::
    "#]]
    .assert_eq(&text(&ProposeReport { pulls: vec![pull] }, propose));
}

#[test]
fn a_bump_says_from_where_to_where() {
    let report = BumpReport {
        chart: "x".to_owned(),
        branch: "chart/x".to_owned(),
        from: Some("0.1.0".to_owned()),
        to: "0.2.0".to_owned(),
        bump: "minor".to_owned(),
        outcome: Outcome::Updated,
        commit: Some(oid('a')),
        plan: plan(),
    };
    assert_eq!(text(&report, bump), "x  updated  0.1.0 to 0.2.0 (minor), chart/x at aaaaaaaaaaaa\n");
    let planned =
        with(Look { dry_run: true, ..Look::default() }, &BumpReport { commit: None, from: None, ..report }, bump);
    expect![[r#"
          already  fetch origin
          needed   push chart/x at 1234abcd
        x  would be updated  0.2.0 (minor)
    "#]]
    .assert_eq(&planned);
}
