//! `channel`: what moved, and what points where.

use super::Page;
use super::flow::{outcome, plan};
use super::page::{Span, bad, doubt, faint, good, plain, strong};
use crate::model::{Agreement, ChannelLine, ChannelReport, ChannelsReport, Exit, ManifestLine, PruneReport};

/// `channel set` and `channel rollback`.
pub fn moved(report: &ChannelReport, page: &mut Page) {
    plan(&report.plan, page);
    page.line([strong(&report.channel), plain("  "), outcome(report.outcome, page)]);
    let rows: Vec<Vec<Span>> = report
        .charts
        .iter()
        .map(|line| {
            let from = match line.from {
                Some(from) if from == line.to => "as it was".to_owned(),
                Some(from) => format!("from {}", from.short()),
                None => "new".to_owned(),
            };
            let to = format!("sha256:{}", line.to);
            vec![strong(&line.chart), plain(&line.chart_version), plain(to), faint(from)]
        })
        .collect();
    page.table(2, &rows);
}

/// `channel list`: a row per channel, and below it what is wrong.
pub fn list(report: &ChannelsReport, page: &mut Page) {
    if report.channels.is_empty() {
        page.line([plain("no chart has a release, or no channel is configured")]);
    }
    for line in &report.channels {
        page.line(row(line));
        if let Some(since) = since(line) {
            page.line([plain("  "), faint(since)]);
        }
        for why in &line.why {
            page.line([plain("  "), plain(why)]);
        }
    }
}

fn row(line: &ChannelLine) -> Vec<Span> {
    let state = match line.agreement {
        Agreement::Agrees => good("agrees"),
        Agreement::Unset => faint("not set"),
        Agreement::Disagrees => bad("DISAGREES"),
        Agreement::Unknown => doubt("unknown"),
    };
    let mut said = vec![strong(format!("{}:{}", line.chart, line.channel)), plain("  "), state];
    if let Some(version) = &line.chart_version {
        said.push(plain(format!("  {version}")));
    }
    if let Some(digest) = &line.digest {
        said.push(plain(format!("  sha256:{digest}")));
    }
    said
}

/// Since when, by whom, signed by whom, and what it was before.
fn since(line: &ChannelLine) -> Option<String> {
    let (time, by) = line.time.zip(line.by.as_ref())?;
    let signer = line.signer.as_ref().map(|signer| format!(", signed by `{signer}`")).unwrap_or_default();
    let before = line.previous.map(|before| format!(", before that {}", before.short())).unwrap_or_default();
    Some(format!("since {time}, by {by}{signer}{before}"))
}

/// `prune`: what goes and why, what stays in a number, or with `-v` each.
pub fn prune(report: &PruneReport, page: &mut Page) {
    let blind = report.exit() == Exit::Undetermined;
    for line in &report.charts {
        let goes = match line.goes.len() {
            0 => faint("nothing goes"),
            some if report.applied && !blind => good(format!("{some} deleted")),
            some => doubt(format!("{some} would go")),
        };
        page.line([strong(&line.chart), plain("  "), goes, plain(format!(", {} stay", line.stays.len()))]);
        manifests(&line.goes, page);
        if page.verbose() {
            page.line([faint("  what stays:")]);
            manifests(&line.stays, page);
        }
        if let Some(unseen) = &line.unseen {
            page.line([plain("  "), doubt("not seen"), plain(format!(": {unseen}"))]);
        }
    }
    if report.charts.is_empty() {
        page.line([plain("no chart has a release")]);
    }
    if blind {
        page.line([doubt("nothing is deleted"), plain(": --tagged goes by what the tags lead to")]);
    } else if !report.applied && !report.plan.0.is_empty() {
        page.line([plain("--apply deletes it")]);
    }
}

fn manifests(lines: &[ManifestLine], page: &mut Page) {
    let row = |line: &ManifestLine| {
        let tags = if line.tags.is_empty() { "no tag".to_owned() } else { line.tags.join(", ") };
        vec![plain(format!("sha256:{}", line.digest.short())), plain(tags), faint(&line.why)]
    };
    let rows: Vec<Vec<Span>> = lines.iter().map(row).collect();
    page.table(2, &rows);
}
