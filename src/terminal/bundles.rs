//! `verify-bundle`, `sign-bundle`, `trust refresh`, and the roots of `trust show`.

use super::Page;
use super::flow::plan;
use super::page::{Span, count, doubt, faint, good, plain, strong};
use crate::model::{BundleReport, RefreshReport, RootLine, RootPart};

/// `verify-bundle`: who signed what, and when.
pub fn verified(report: &BundleReport, page: &mut Page) {
    page.line([good("proven"), plain(format!(": {}", report.artifact))]);
    evidence(report, page);
}

/// `sign-bundle`: where the bundle is, and what it says.
pub fn signed(report: &BundleReport, page: &mut Page) {
    page.line([good("signed"), plain(format!(": {} in {}", report.artifact, report.bundle.display()))]);
    evidence(report, page);
}

fn evidence(report: &BundleReport, page: &mut Page) {
    match (&report.signer, &report.issuer) {
        (Some(signer), Some(issuer)) => {
            page.line([plain("  by "), strong(signer)]);
            page.line([plain(format!("  vouched for by {issuer}"))]);
        }
        (Some(signer), None) => page.line([plain("  by "), strong(signer)]),
        (None, _) => page.line([plain("  by the key")]),
    }
    for time in &report.times {
        page.line([plain(format!("  signed at {time}"))]);
    }
    let logged = if report.logged { "logged" } else { "not logged" };
    page.line([plain(format!("  {logged}; trust root {}", report.root))]);
}

/// `trust refresh`: what was asked, and the roots as they are now.
pub fn refresh(report: &RefreshReport, page: &mut Page) {
    plan(&report.plan, page);
    roots(&report.roots, page);
}

/// The roots of `trust show`; who counts is a detail.
pub fn roots(lines: &[RootLine], page: &mut Page) {
    for root in lines {
        page.line([plain("trust root "), strong(&root.name), plain(format!(": {}", root.source))]);
        if let Some(why) = &root.stale {
            page.line([plain("  "), doubt("does not count"), plain(format!(": {why}"))]);
        }
        let rows: Vec<Vec<Span>> = root.parts.iter().map(part).collect();
        if page.verbose() {
            page.table(2, &rows);
        } else {
            let now = root.parts.iter().filter(|part| part.to.is_none());
            let kinds = [
                ("authority", "authorities"),
                ("log", "logs"),
                ("certificate log", "certificate logs"),
                ("timestamp authority", "timestamp authorities"),
            ];
            let counts: Vec<String> = kinds
                .iter()
                .map(|(one, many)| (now.clone().filter(|part| part.kind == *one).count(), one, many))
                .filter(|(number, ..)| *number > 0)
                .map(|(number, one, many)| count(number, one, many))
                .collect();
            page.line([plain(format!("  in force: {}", counts.join(", ")))]);
        }
    }
}

fn part(part: &RootPart) -> Vec<Span> {
    let counts = match (&part.from, &part.to) {
        (None, None) => plain("always"),
        (Some(from), None) => plain(format!("since {from}")),
        (from, Some(to)) => faint(format!("{} to {to}", from.as_deref().unwrap_or_default()).trim_start()),
    };
    vec![plain(&part.kind), plain(&part.name), counts]
}
