//! `tag` and `publish`: what became a release, and where it went.

use super::Page;
use super::flow::{outcome, plan, pull};
use super::page::{doubt, plain, strong};
use crate::model::{Outcome, PublishReport, TagLine, TagReport};

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
    if report.oci.is_none() && report.assets.is_none() && report.outcome != Outcome::Refused {
        page.line([doubt("  nothing is configured under [publish] in lineage.toml")]);
    }
}
