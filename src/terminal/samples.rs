//! Reports made by hand, for the tests of this room.

use crate::model::{
    Anchor, ChainLink, Evidence, Exit, Judged, Oid, Plan, Sha256, Stage, Standing, StepState, Verdict, VerdictStep,
};

use super::{Look, Page};

/// The text of a report.
pub(super) fn text<R>(report: &R, render: impl Fn(&R, &mut Page)) -> String {
    with(Look::default(), report, render)
}

/// The text of a report for a reader who wants more.
pub(super) fn with<R>(look: Look, report: &R, render: impl Fn(&R, &mut Page)) -> String {
    let mut page = Page::new(look);
    render(report, &mut page);
    page.into_text()
}

/// An object id of one digit.
pub(super) fn oid(digit: char) -> Oid {
    Oid::parse(&digit.to_string().repeat(40)).unwrap()
}

/// A plan with a step taken and one to take.
pub(super) fn plan() -> Plan {
    let mut plan = Plan::default();
    plan.done("fetch origin");
    plan.needed("push chart/x at 1234abcd");
    plan
}

pub(super) fn step(number: u8, what: &str, link: &str, state: StepState) -> VerdictStep {
    VerdictStep { number, what: what.to_owned(), link: link.to_owned(), state }
}

/// A chain of three links with evidence on the first.
pub(super) fn chain() -> Vec<ChainLink> {
    let link = |stage: &str, what: &str, evidence| ChainLink {
        stage: stage.to_owned(),
        what: what.to_owned(),
        content: Some(Sha256::of(stage)),
        commit: Some(oid('a')),
        evidence,
    };
    let evidence = vec![Evidence {
        name: "w1-lint-test-v1.32.11".to_owned(),
        id: "123456".to_owned(),
        bundle: Sha256::of("bundle"),
        signer: "ci".to_owned(),
        note: None,
    }];
    vec![
        link("contribution", "feat(x): add probe, by A <a@example.org>", evidence),
        link("split", "integration to chart/x", Vec::new()),
        ChainLink { content: None, ..link("tag", "x-v0.2.0", Vec::new()) },
    ]
}

/// A release in this standing, judged in these steps.
pub(super) fn judged(standing: Standing, steps: Vec<VerdictStep>) -> Judged {
    Judged {
        subject: "x-v0.2.0".to_owned(),
        tag: Some("x-v0.2.0".to_owned()),
        chart: Some("x".to_owned()),
        chart_version: Some("0.2.0".to_owned()),
        standing,
        anchor: Some(Anchor::Pin),
        pinned: None,
        verdict: Some(Verdict { steps, upto: Stage::Publish, findings: crate::model::Findings::default() }),
        oddities: Vec::new(),
        chain: chain(),
        exit: Exit::Done,
    }
}
