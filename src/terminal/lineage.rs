//! `log` and `export`: where a release came from, contribution first.

use super::Page;
use super::page::{Span, faint, plain, strong};
use crate::model::{ChainLink, ExportReport, LogReport};

/// `log`: the chain as a tree, then the origin of each file asked about.
pub fn log(report: &LogReport, page: &mut Page) {
    let name = report.tag.as_deref().unwrap_or(&report.subject);
    let chart = plain(format!(": chart {} {}", report.chart, report.chart_version));
    page.line([strong(name), chart]);
    page.gap();
    chain(&report.chain, 0, page);
    if report.files.is_empty() {
        return;
    }
    page.gap();
    for file in &report.files {
        page.line([
            strong(&file.path),
            plain(format!("  from {}", file.from)),
            faint(format!("  {}", file.sha256)),
        ]);
        for commit in &file.commits {
            page.line([plain("  "), plain(commit)]);
        }
    }
}

/// `export`: the files, ready to be handed to other tools.
pub fn export(report: &ExportReport, page: &mut Page) {
    for file in &report.files {
        page.line([plain(file)]);
    }
    page.line([plain(format!("exported {} to {}", report.tag, report.directory.display()))]);
}

/// Each link one step further in than the one it came from.
pub(super) fn chain(links: &[ChainLink], indent: usize, page: &mut Page) {
    for (depth, link) in links.iter().enumerate() {
        let before = indent + depth.saturating_sub(1) * 3;
        let branch = if depth == 0 { "" } else { "`- " };
        let lead = format!("{}{branch}", " ".repeat(before));
        page.line([plain(&lead), strong(&link.stage), plain("  "), plain(&link.what)]);
        // Details of a link stand under its words; the stem leads to the next one.
        let below = " ".repeat(indent + depth * 3);
        let stem = if depth + 1 < links.len() { "|  " } else { "   " };
        let mut details: Vec<Span> = Vec::new();
        if let Some(commit) = &link.commit {
            details.push(faint(format!("commit {}", commit.short())));
        }
        if let Some(content) = &link.content {
            if !details.is_empty() {
                details.push(faint(", "));
            }
            details.push(faint(format!("content {}", content.short())));
        }
        if !details.is_empty() {
            page.line([plain(format!("{below}{stem}"))].into_iter().chain(details));
        }
        for evidence in &link.evidence {
            let mut said = format!("{} ({}), signed by {}", evidence.name, evidence.id, evidence.signer);
            if let Some(note) = &evidence.note {
                said = format!("{said}: {note}");
            }
            if page.verbose() {
                said = format!("{said}, bundle {}", evidence.bundle);
            }
            page.line([plain(format!("{below}{stem}")), plain(said)]);
        }
    }
}
