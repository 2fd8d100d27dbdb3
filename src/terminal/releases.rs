//! `tag` and `publish`: what became a release, and where it went.

use super::Page;
use super::flow::{outcome, plan, pull};
use super::page::{bad, doubt, faint, good, plain, strong};
use crate::model::{Fate, Outcome, PublishReport, RepairLine, RepairReport, TagLine, TagReport};

/// `tag`: one block per chart.
pub fn tag(report: &TagReport, page: &mut Page) {
    if report.tags.is_empty() {
        page.line([plain(
            "nothing to tag: every chart on main is released as it is, or waits for its first contribution",
        )]);
    }
    for line in &report.tags {
        tagged(line, page);
    }
}

fn tagged(line: &TagLine, page: &mut Page) {
    plan(&line.plan, page);
    let mut said = vec![strong(&line.tag), plain("  "), outcome(line.outcome, page)];
    if let Some(commit) = &line.commit {
        said.push(plain(format!("  at {}", commit.short())));
    }
    if let Some(object) = &line.object {
        said.push(plain(format!(", tag object {}", object.short())));
    }
    page.line(said);
    if let Some(why) = &line.why {
        page.line([plain("  "), plain(why)]);
    }
    if let Some(promote) = &line.promote {
        page.line([plain(format!("  promoted from {promote}"))]);
    }
    if let Some(text) = &line.pull {
        pull(text, page);
    }
    if let Some(backport) = &line.backport {
        page.line([plain(format!("  ported back to integration as {}", backport.short()))]);
    }
}

/// `publish`.
pub fn publish(report: &PublishReport, page: &mut Page) {
    plan(&report.plan, page);
    page.line([
        strong(&report.tag),
        plain("  "),
        outcome(report.outcome, page),
        plain(format!("  chart {} {}", report.chart, report.chart_version)),
    ]);
    if let Some(oci) = &report.oci {
        page.line([plain("  "), plain(oci)]);
    }
    if let Some(assets) = &report.assets {
        page.line([plain("  "), plain(assets.display().to_string())]);
    }
    if let Some(release) = &report.release {
        page.line([plain("  "), plain(release)]);
    }
    if let Some(index) = &report.index {
        page.line([plain("  "), plain(index)]);
    }
    // A plan names a release that has no page yet.
    let nowhere = report.oci.is_none() && report.assets.is_none() && report.index.is_none();
    let nowhere = nowhere && report.release.is_none() && report.plan.0.is_empty();
    if nowhere && report.outcome != Outcome::Refused {
        page.line([doubt("  nothing is configured under [publish] in lineage.toml")]);
    }
}

/// `publish --repair-index`: each wrong entry with what is wrong and what became of it.
pub fn repair(report: &RepairReport, page: &mut Page) {
    plan(&report.plan, page);
    for fault in &report.faults {
        page.line([bad("wrong"), plain("  "), plain(fault)]);
    }
    for line in &report.entries {
        repaired(line, page);
    }
    page.line([strong(&report.index), plain("  "), outcome(report.outcome, page)]);
    if let Some(commit) = &report.commit {
        page.line([plain(format!("  as {}", commit.short()))]);
    }
}

fn repaired(line: &RepairLine, page: &mut Page) {
    let fate = match line.fate {
        Fate::Left => bad("left"),
        Fate::Replaced if page.dry_run() => doubt("would be replaced"),
        Fate::Added if page.dry_run() => doubt("would be added"),
        Fate::Removed if page.dry_run() => doubt("would be removed"),
        Fate::Replaced => good("replaced"),
        Fate::Added => good("added"),
        Fate::Removed => good("removed"),
    };
    let mut said = vec![strong(&line.chart), plain(format!(" {}  ", line.version)), fate];
    if let Some(at) = line.line {
        said.push(faint(format!("  line {at}")));
    }
    page.line(said);
    for reason in line.reasons.iter().chain(&line.left) {
        page.line([plain("  "), plain(reason)]);
    }
}
