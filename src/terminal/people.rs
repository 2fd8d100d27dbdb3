//! `waive` and `attest review`: what people signed.

use super::Page;
use super::flow::{outcome, plan};
use super::page::{plain, strong};
use crate::model::{ReviewReport, WaiveReport};

/// `waive`: what is waived, by whom and until when, and what it stands for.
pub fn waive(report: &WaiveReport, page: &mut Page) {
    plan(&report.plan, page);
    let id = report.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    page.line([
        strong(&report.chart),
        plain("  "),
        outcome(report.outcome, page),
        plain(format!("  {}{id} on {}", report.name, report.on.short())),
    ]);
    if let Some(why) = &report.why {
        page.line([plain("  "), plain(why)]);
        return;
    }
    page.line([plain(format!("  by account {} until {}: {}", report.account, report.expires, report.reason))]);
    let mut lines = report.instead.lines();
    page.line([plain("  instead of: "), plain(lines.next().unwrap_or_default())]);
    page.quote(4, &lines.collect::<Vec<_>>().join("\n"));
}

/// `attest review`: who approved what.
pub fn review(report: &ReviewReport, page: &mut Page) {
    plan(&report.plan, page);
    let id = report.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    page.line([
        strong(&report.chart),
        plain("  "),
        outcome(report.outcome, page),
        plain(format!("  {}{id} on {}", report.name, report.on.short())),
    ]);
    page.line([plain(format!("  {} approved by {}", report.head.short(), report.approvers.join(", ")))]);
}
