//! `status`, `changed`, `sync`, `trust` and `init`: how things stand.

use super::flow::{plan, steps};
use super::outside::outside;
use super::page::{Span, bad, count, doubt, faint, good, plain, strong};
use super::{Page, bundles};
use crate::model::{
    ChangeKind, ChangedReport, ChartStatus, InitReport, Outcome, Sha256, StatusReport, SyncReport,
    TrustChangeLine, TrustChangeReport, TrustReport, TrustedIdentityLine,
};

/// `status`: a table of all charts, then what is missing and what is wrong.
pub fn status(report: &StatusReport, page: &mut Page) {
    let on = report.branch.as_deref().unwrap_or("no branch (detached)");
    page.line([
        plain("on "),
        strong(on),
        plain(format!(" at {}; policy: {}", report.head.short(), report.policy)),
    ]);
    for warning in &report.warnings {
        page.line([doubt("warning"), plain(": "), plain(warning)]);
    }
    charts(report, page);
    if let Some(findings) = &report.remote {
        outside(findings, page);
    }
}

fn charts(report: &StatusReport, page: &mut Page) {
    if report.charts.is_empty() {
        page.line([plain("no chart was found")]);
        return;
    }
    page.gap();
    let header = ["CHART", "VERSION", "TAG", "SINCE", "NEXT", "EVIDENCE", "PLACE"];
    let mut rows: Vec<Vec<Span>> = vec![header.iter().map(faint).collect()];
    rows.extend(report.charts.iter().map(row));
    page.table(0, &rows);
    let troubled = || report.charts.iter().filter(|chart| !chart.missing.is_empty() || !chart.warnings.is_empty());
    if troubled().next().is_some() {
        page.gap();
    }
    for chart in troubled() {
        for warning in &chart.warnings {
            page.line([doubt("warning"), plain(format!(": {}: {warning}", chart.chart))]);
        }
        if !chart.missing.is_empty() {
            page.line([plain(format!("{}: missing {}", chart.chart, chart.missing.join(", ")))]);
        }
    }
}

fn row(chart: &ChartStatus) -> Vec<Span> {
    let or_dash = |text: &Option<String>| plain(text.as_deref().unwrap_or("-"));
    let all = chart.evidence.len() + chart.missing.len();
    let evidence = match (all, chart.missing.len()) {
        (0, _) => faint("-"),
        (_, 0) => good(format!("{all} of {all}")),
        _ => doubt(format!("{} of {all}", chart.evidence.len())),
    };
    vec![
        strong(&chart.chart),
        or_dash(&chart.chart_version),
        or_dash(&chart.tag),
        plain(chart.commits.to_string()),
        or_dash(&chart.next),
        evidence,
        plain(&chart.place),
    ]
}

/// `changed`: one chart a line, for a shell loop; with details, how and what else changed.
pub fn changed(report: &ChangedReport, page: &mut Page) {
    if !page.verbose() {
        for chart in &report.charts {
            page.line([plain(&chart.chart)]);
        }
        return;
    }
    let rows: Vec<Vec<Span>> = report
        .charts
        .iter()
        .map(|chart| {
            let change = match chart.change {
                ChangeKind::Added => good("added"),
                ChangeKind::Modified => doubt("modified"),
                ChangeKind::Removed => bad("removed"),
            };
            let version = chart.chart_version.as_deref().unwrap_or("-");
            vec![strong(&chart.chart), change, plain(version), faint(&chart.directory)]
        })
        .collect();
    page.table(0, &rows);
}

/// `sync`: what each ledger gained.
pub fn sync(report: &SyncReport, page: &mut Page) {
    plan(&report.plan, page);
    if report.charts.is_empty() {
        page.line([plain("no ledger was found")]);
    }
    let rows: Vec<Vec<Span>> = report
        .charts
        .iter()
        .map(|line| {
            let folded = if line.folded == 0 {
                faint("up to date")
            } else {
                good(format!("{} folded", count(line.folded, "record", "records")))
            };
            let mut row = vec![strong(&line.chart), folded, plain(if line.pushed { "pushed" } else { "" })];
            row.extend(line.settled.map(|number| match number {
                0 => faint("nothing to settle"),
                _ => good(format!("{} settled", count(number, "record", "records"))),
            }));
            row
        })
        .collect();
    page.table(0, &rows);
    if let Some(pinned) = &report.pinned {
        page.line([plain("pinned on first use: "), plain(pinned)]);
    }
}

/// `trust`: which keys and identities count for what, what was taken back, and what this clone measures against.
pub fn trust(report: &TrustReport, page: &mut Page) {
    page.line([plain(format!("repository {}", report.repository))]);
    let digest = report.policy_digest.map_or_else(String::new, |digest| format!(", digest {digest}"));
    page.line([plain(format!("policy: {}{digest}", report.policy))]);
    let rows: Vec<Vec<Span>> = report
        .keys
        .iter()
        .map(|key| {
            let stages = if key.stages.is_empty() { "every stage".to_owned() } else { key.stages.join(", ") };
            vec![strong(&key.name), plain(format!("sha256:{}", key.fingerprint)), plain(stages)]
        })
        .collect();
    if rows.is_empty() && report.identities.is_empty() {
        page.line([doubt("nobody is trusted"), plain(": nothing can be proven by this policy")]);
    }
    page.table(2, &rows);
    for identity in &report.identities {
        page.line([plain("  "), strong(&identity.name), plain(format!("  {}", identity.signer))]);
        page.line([plain(format!("      {}", identity.stages.join(", ")))]);
        page.line([faint(format!("      {}", held_against(identity)))]);
    }
    for revoked in &report.revoked {
        let why = format!(": {}, since {}: {}", revoked.what, revoked.since, revoked.reason);
        page.line([bad("revoked"), plain(why)]);
    }
    match &report.pin {
        Some(pin) if report.pinned_now => page.line([good("pinned now"), plain(": "), plain(pin)]),
        Some(pin) => page.line([plain("pin: "), plain(pin)]),
        None => page.line([doubt("no pin"), plain(": the first `git lineage sync` or `verify` writes one")]),
    }
    if !report.changes.is_empty() {
        let since = if report.pin.is_some() { "since the pin" } else { "since main has a policy" };
        page.line([plain(format!("changes of trust {since}:"))]);
        let rows: Vec<Vec<Span>> = report.changes.iter().map(changed_trust).collect();
        page.table(2, &rows);
    }
    if let Some(proposed) = &report.proposed {
        page.line([plain("proposed by HEAD:")]);
        page.table(2, &[changed_trust(proposed)]);
        if proposed.signer.is_none() {
            page.line([plain("  vouch for it before it is merged with `git lineage trust change --reason …`")]);
        }
    }
    bundles::roots(&report.roots, page);
}

/// What else a certificate has to say to be this identity's.
fn held_against(identity: &TrustedIdentityLine) -> String {
    let mut fields = vec![format!("issuer {}, root {}", identity.issuer, identity.root)];
    let ids =
        [("repository", &identity.repository_id), ("owner", &identity.owner_id), ("runner", &identity.runner)];
    fields.extend(ids.into_iter().filter_map(|(what, id)| Some(format!("{what} {}", id.as_ref()?))));
    let lists = [("at", &identity.refs), ("on", &identity.events)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
    fields.extend(lists.map(|(what, list)| format!("{what} {}", list.join(" or "))));
    fields.join(", ")
}

/// A change of trust: where, from what to what, and who vouched for it.
fn changed_trust(change: &TrustChangeLine) -> Vec<Span> {
    let short = |trust: Option<Sha256>| trust.map_or_else(|| "none".to_owned(), |trust| trust.short());
    let vouched = match &change.signer {
        Some(signer) => good(format!("`{signer}` vouched for it")),
        None if change.known => doubt("nobody vouched for it"),
        None => doubt("not known who vouched for it"),
    };
    let mut trust = format!("{} to {}", short(change.from), short(change.to));
    for dropped in &change.dropped {
        trust += &format!(", without {dropped}");
    }
    vec![plain(change.commit.short()), plain(trust), vouched, plain(&change.why)]
}

/// `trust change`: what was vouched for, and by whom.
pub fn trust_change(report: &TrustChangeReport, page: &mut Page) {
    plan(&report.plan, page);
    let change = report.in_words();
    let signer = report.signer.as_deref().unwrap_or("nobody");
    page.line(match (report.outcome, !report.is_change()) {
        (_, true) => vec![plain(format!(
            "{} trusts and requires what main does: there is nothing to vouch for",
            report.commit.short()
        ))],
        (Outcome::Unchanged, false) => {
            vec![faint("already"), plain(format!(": `{signer}` vouched for {change}"))]
        }
        (_, false) if page.dry_run() => vec![doubt("would be signed"), plain(format!(": {change}"))],
        (_, false) => vec![good("signed"), plain(format!(": `{signer}` vouches for {change}"))],
    });
    if report.is_change() {
        page.line([plain(format!("  lineage.toml sha256:{}, upon {}", report.file, report.base.short()))]);
    }
}

/// `init`: every step, and what is left to a person.
pub fn init(report: &InitReport, page: &mut Page) {
    steps(&report.plan, page);
    if !report.next.is_empty() {
        page.gap();
        page.line([plain("next:")]);
        for next in &report.next {
            page.line([plain("  "), plain(next)]);
        }
    }
}
