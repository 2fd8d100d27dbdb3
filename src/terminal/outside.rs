//! `status --remote`: how things stand outside, each that is not in order with what puts it right.

use super::Page;
use super::page::{Span, bad, count, doubt, faint, good, plain, strong};
use crate::model::outside::{Finding, State};

/// What is not in order, then how much is; all of it where details are wanted.
pub(super) fn outside(findings: &[Finding], page: &mut Page) {
    page.gap();
    let verbose = page.verbose();
    for finding in findings.iter().filter(|finding| verbose || finding.state != State::Holds) {
        page.line([
            mark(finding.state),
            plain(": "),
            strong(&finding.about),
            plain(format!(": {}", finding.what)),
        ]);
        if let Some(fix) = &finding.fix {
            page.line([plain("  "), plain(fix)]);
        }
    }
    let number = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let (wrong, unknown) = (number(State::Wrong), number(State::Undetermined));
    let seen =
        format!("{} outside of this clone", count(findings.len(), "thing was looked at", "things were looked at"));
    page.line([
        plain(format!("{seen}: ")),
        match (wrong, unknown) {
            (0, 0) => good("nothing is wrong"),
            (_, 0) => bad(format!("{wrong} wrong")),
            (0, _) => doubt(format!("{unknown} could not be told")),
            (_, _) => doubt(format!("{wrong} wrong, and {unknown} could not be told")),
        },
    ]);
}

fn mark(state: State) -> Span {
    match state {
        State::Holds => good("ok"),
        State::Advice => faint("advice"),
        State::Wrong => bad("wrong"),
        State::Undetermined => doubt("undetermined"),
    }
}
