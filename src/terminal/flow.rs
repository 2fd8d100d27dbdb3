//! `check`, `split`, `guard`, `propose` and `bump`: a contribution on its way to main. Also what every
//! mutating verb's report shares: outcome and plan.

use super::Page;
use super::page::{Span, bad, count, doubt, faint, good, plain, strong};
use crate::model::pull::PullText;
use crate::model::statement::CheckResult;
use crate::model::{
    BumpReport, CheckLine, CheckReport, GuardReport, ImageReport, Outcome, Plan, ProposeReport, SplitReport,
    StepKind,
};

/// The outcome in one word; of a plan, what it would be.
pub(super) fn outcome(outcome: Outcome, page: &Page) -> Span {
    match outcome {
        Outcome::Created if page.dry_run() => doubt("would be created"),
        Outcome::Updated if page.dry_run() => doubt("would be updated"),
        Outcome::Created => good("created"),
        Outcome::Updated => good("updated"),
        Outcome::Unchanged => faint("unchanged"),
        Outcome::Refused => bad("refused"),
    }
}

/// The plan, where it is what was asked for or details are wanted. What was needed is done afterwards.
pub(super) fn plan(plan: &Plan, page: &mut Page) {
    if page.dry_run() || page.verbose() {
        steps(plan, page);
    }
}

/// Every step with its state.
pub(super) fn steps(plan: &Plan, page: &mut Page) {
    if plan.0.is_empty() && page.dry_run() {
        page.line([faint("  nothing to do")]);
    }
    let dry_run = page.dry_run();
    let rows: Vec<Vec<Span>> = plan
        .0
        .iter()
        .map(|step| {
            let mark = match step.state {
                StepKind::Done => faint("already"),
                StepKind::Needed if dry_run => doubt("needed"),
                StepKind::Needed => good("done"),
            };
            vec![mark, plain(&step.what)]
        })
        .collect();
    page.table(2, &rows);
}

/// A pull request's text. It holds what contributors wrote, so it stands behind a bar.
pub(super) fn pull(text: &PullText, page: &mut Page) {
    page.line([plain("  pull request: "), strong(&text.title)]);
    page.quote(4, &text.body);
}

/// `check`: a line per chart and check, the output of those that failed, the seals, the sum.
pub fn check(report: &CheckReport, page: &mut Page) {
    plan(&report.plan, page);
    if let Some(why) = &report.not_applicable {
        page.line([doubt("nothing to check"), plain(": "), plain(why)]);
        return;
    }
    let chart = width(report.checks.iter().map(|line| line.chart.as_str()));
    let check = width(report.checks.iter().map(|line| line.check.as_str()));
    for line in &report.checks {
        page.line(checked(line, chart, check));
        if line.result == CheckResult::Fail || page.verbose() {
            page.quote(4, &line.output);
        }
    }
    for (chart, id) in &report.sealed {
        page.line([plain(format!("sealed {chart} as {id}"))]);
    }
    if report.checks.is_empty() && report.sealed.is_empty() {
        page.line([plain("no check ran")]);
    } else if !report.checks.is_empty() {
        page.line([plain(sum(report))]);
    }
}

fn checked(line: &CheckLine, chart: usize, check: usize) -> Vec<Span> {
    let result = match line.result {
        CheckResult::Pass => good("pass"),
        CheckResult::Fail => bad("FAIL"),
        CheckResult::Excluded => doubt("excluded"),
        CheckResult::NotApplicable => doubt("not-applicable"),
    };
    let mut spans =
        vec![strong(format!("{:chart$}", line.chart)), plain(format!("  {:check$}  ", line.check)), result];
    if line.signed {
        spans.push(plain(", signed"));
    }
    if !line.reason.is_empty() {
        spans.push(plain(format!(": {}", line.reason)));
    }
    spans
}

fn sum(report: &CheckReport) -> String {
    let words = [CheckResult::Pass, CheckResult::Fail, CheckResult::Excluded, CheckResult::NotApplicable];
    let parts: Vec<String> = words
        .iter()
        .map(|result| (report.checks.iter().filter(|line| line.result == *result).count(), result.word()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    format!("{} at {}: {}", count(report.checks.len(), "check", "checks"), report.head.short(), parts.join(", "))
}

fn width<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

/// `split`: a line per chart, and what belongs to none.
pub fn split(report: &SplitReport, page: &mut Page) {
    for line in &report.charts {
        plan(&line.plan, page);
        let mut said = vec![strong(&line.chart), plain("  "), outcome(line.outcome, page)];
        said.push(plain(format!("  {}", line.branch)));
        if let Some(commit) = &line.commit {
            said.push(plain(format!(" at {}", commit.short())));
        }
        page.line(said);
        if let Some(why) = &line.why {
            page.line([plain("  "), plain(why)]);
        }
    }
    if report.charts.is_empty() {
        page.line([plain("nothing to split: integration is ahead with no chart")]);
    }
    if !report.unmatched.is_empty() {
        let number = count(report.unmatched.len(), "changed path belongs", "changed paths belong");
        page.line([doubt("left behind"), plain(format!(": {number} to no chart"))]);
        for path in &report.unmatched {
            page.line([plain("  "), plain(path)]);
        }
    }
}

/// `guard`: allowed or refused, with every reason.
pub fn guard(report: &GuardReport, page: &mut Page) {
    plan(&report.plan, page);
    let way = format!(": {} into {} ({})", report.head, report.base, report.stage);
    if report.allowed {
        page.line([good("allowed"), plain(way)]);
    } else if report.manual_review {
        page.line([doubt("manual-review"), plain(way)]);
    } else {
        page.line([bad("refused"), plain(way)]);
    }
    for reason in &report.reasons {
        page.line([plain("  "), plain(reason)]);
    }
    if let Some(merged) = &report.merged {
        page.line([plain(format!("merged as {}", merged.short()))]);
    }
    if let Some(waiting) = &report.waiting {
        page.line([doubt("not merged yet"), plain(format!(": {waiting}"))]);
    }
}

/// `propose`: the pull request of each chart.
pub fn propose(report: &ProposeReport, page: &mut Page) {
    if report.pulls.is_empty() {
        page.line([plain("nothing to propose: no per-chart branch is open")]);
    }
    for proposed in &report.pulls {
        plan(&proposed.plan, page);
        page.line([strong(&proposed.chart), plain(format!("  {}", proposed.branch))]);
        pull(&proposed.text, page);
        if let Some(open) = &proposed.pull {
            let mut said = vec![plain(format!("  #{}  ", open.number)), outcome(open.outcome, page)];
            said.push(plain(format!("  {}", open.url)));
            page.line(said);
        }
        if let Some(merged) = &proposed.merged {
            page.line([plain(format!("  merged as {}", merged.short()))]);
        }
    }
}

/// `bump`: from which version to which, and why.
pub fn bump(report: &BumpReport, page: &mut Page) {
    plan(&report.plan, page);
    let step = match &report.from {
        Some(from) => format!("  {from} to {} ({})", report.to, report.bump),
        None => format!("  {} ({})", report.to, report.bump),
    };
    let mut said = vec![strong(&report.chart), plain("  "), outcome(report.outcome, page), plain(step)];
    if let Some(commit) = &report.commit {
        said.push(plain(format!(", {} at {}", report.branch, commit.short())));
    }
    page.line(said);
}

/// `bump --image`: the contribution, and its pull request.
pub fn image(report: &ImageReport, page: &mut Page) {
    plan(&report.plan, page);
    let mut said = vec![strong(&report.chart), plain("  "), outcome(report.outcome, page)];
    said.push(plain(format!("  {}", report.image)));
    if let Some(commit) = &report.commit {
        said.push(plain(format!(", {} at {}", report.branch, commit.short())));
    } else if report.outcome == Outcome::Unchanged {
        said.push(plain(format!(" is on {} already", report.base)));
    }
    page.line(said);
    if report.outcome != Outcome::Unchanged {
        pull(&report.text, page);
    }
    if let Some(open) = &report.pull {
        let mut said = vec![plain(format!("  #{}  ", open.number)), outcome(open.outcome, page)];
        said.push(plain(format!("  {}", open.url)));
        page.line(said);
    }
}
