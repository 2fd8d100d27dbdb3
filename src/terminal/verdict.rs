//! `verify` and `rehearse`: verdicts, step by step, and one closing line that says it all.

use super::Page;
use super::lineage::chain;
use super::page::{Span, bad, count, doubt, faint, good, plain, strong};
use crate::model::{
    Anchor, Exit, Judged, RehearseReport, Standing, StepState, Verdict, VerdictStep, VerifyReport, Waived,
};

/// `verify`: one release with every step; of several only what fails, unless details are wanted.
pub fn verify(report: &VerifyReport, page: &mut Page) {
    if let [judged] = report.releases.as_slice() {
        release(judged, true, page);
        return;
    }
    for judged in &report.releases {
        let whole = page.verbose();
        release(judged, whole, page);
    }
    tally(&report.releases, page);
}

/// `rehearse`: what each verb did, then the stranger's verdict.
pub fn rehearse(report: &RehearseReport, page: &mut Page) {
    let rows: Vec<Vec<Span>> = report
        .steps
        .iter()
        .enumerate()
        .map(|(at, step)| vec![plain(format!("{:>2}", at + 1)), strong(&step.verb), plain(&step.what)])
        .collect();
    page.table(0, &rows);
    page.gap();
    page.line([plain(format!("published to {}", report.oci))]);
    if let Some(kept) = &report.kept {
        page.line([plain(format!("kept in {}", kept.display()))]);
    }
    page.gap();
    let whole = page.verbose() || report.judged.standing != Standing::Proven;
    release(&report.judged, whole, page);
}

/// One release: the steps, the chain, the oddities, the closing line.
fn release(judged: &Judged, whole: bool, page: &mut Page) {
    if let Some(verdict) = &judged.verdict {
        let troubled = verdict.steps.iter().any(fails);
        if whole || troubled {
            page.line([strong(name(judged))]);
            steps(verdict, whole, page);
        }
        if whole && !judged.chain.is_empty() {
            page.gap();
            page.line([plain("lineage:")]);
            chain(&judged.chain, 2, page);
        }
        if whole || troubled {
            page.gap();
        }
    }
    for oddity in &judged.oddities {
        page.line([doubt("ignored"), plain(": "), plain(oddity)]);
    }
    if let Some(pinned) = &judged.pinned {
        page.line([plain("pinned on first use: "), plain(pinned)]);
    }
    closing(judged, page);
}

/// The steps as design §6 numbers them, with the reason below each that fails.
fn steps(verdict: &Verdict, whole: bool, page: &mut Page) {
    for step in verdict.steps.iter().filter(|step| whole || fails(step)) {
        let (mark, reason) = match &step.state {
            StepState::Holds => (good("ok "), None),
            StepState::Gap(why) => (bad("GAP"), Some(why)),
            StepState::Undetermined(why) => (doubt("?? "), Some(why)),
            StepState::Conflict(why) => (bad("!! "), Some(why)),
            StepState::Waived(waived) => (doubt("~~ "), Some(&told(waived))),
            StepState::NotReached => (faint("-- "), None),
        };
        let number = plain(format!("{:>4}  ", step.number));
        let link = faint(format!(" [{}]", step.link));
        page.line([number, mark, plain("  "), plain(&step.what), link]);
        if let Some(reason) = reason {
            let mut lines = reason.trim_end().lines();
            page.line([plain("           "), plain(lines.next().unwrap_or_default())]);
            page.quote(13, &lines.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The waiver, and below it what it stands for.
fn told(waived: &Waived) -> String {
    if waived.instead.is_empty() {
        return waived.in_words();
    }
    format!("{}\ninstead of: {}", waived.in_words(), waived.instead)
}

fn fails(step: &VerdictStep) -> bool {
    !matches!(step.state, StepState::Holds | StepState::NotReached)
}

fn name(judged: &Judged) -> &str {
    judged.tag.as_deref().unwrap_or(&judged.subject)
}

/// `proven: x-v0.2.0 (chart x 0.2.0), anchored in the pin of this clone`.
fn closing(judged: &Judged, page: &mut Page) {
    let tag = name(judged);
    let asked = if tag == judged.subject { String::new() } else { format!("{} is ", judged.subject) };
    let chart = match (&judged.chart, &judged.chart_version) {
        (Some(chart), Some(version)) => format!(" (chart {chart} {version})"),
        (Some(chart), None) => format!(" (chart {chart})"),
        (None, _) => String::new(),
    };
    let subject = format!("{asked}{tag}{chart}");
    let spans = match judged.standing {
        Standing::Proven => [good("proven"), plain(format!(": {subject}, {}", anchored(judged)))],
        Standing::Waived => [doubt("waived"), plain(format!(": {subject}: {}", excused(judged)))],
        Standing::NotProven => [bad("not proven"), plain(format!(": {subject}: {}", failures(judged)))],
        Standing::Undetermined => [doubt("undetermined"), plain(format!(": {subject}: {}", failures(judged)))],
        Standing::Conflict => [bad("conflict"), plain(format!(": {subject}: {}", failures(judged)))],
        Standing::Unattested => [
            doubt("unattested"),
            plain(format!(
                ": {subject}: the tag carries no lineage; nothing on main contradicts it, and nothing proves it"
            )),
        ],
    };
    page.line(spans);
}

/// `proven but for 1 waived check, anchored in …`, and whether that is enough.
fn excused(judged: &Judged) -> String {
    let number = judged.verdict.as_ref().map_or(0, |verdict| verdict.waived().count());
    let but = format!("proven but for {}, {}", count(number, "waived check", "waived checks"), anchored(judged));
    if judged.exit == Exit::Done {
        return but;
    }
    format!("{but}; that is not accepted without `--allow-waivers`, or `allow-waivers` in the policy")
}

/// What the verdict is measured against: without it, `proven` says nothing.
fn anchored(judged: &Judged) -> String {
    match &judged.anchor {
        Some(Anchor::File(file)) => format!("anchored in the policy file {file}"),
        Some(Anchor::Ref(name)) => format!("anchored in the policy at {name}"),
        Some(Anchor::Pin) => "anchored in the pin of this clone".to_owned(),
        Some(Anchor::FirstUse) => "pinned on first use".to_owned(),
        None => "anchored in nothing".to_owned(),
    }
}

/// `2 gaps, 1 step undetermined`.
fn failures(judged: &Judged) -> String {
    let steps = judged.verdict.as_ref().map_or(&[][..], |verdict| &verdict.steps);
    let number = |wanted: fn(&StepState) -> bool| steps.iter().filter(|step| wanted(&step.state)).count();
    let gaps = number(|state| matches!(state, StepState::Gap(_)));
    let undetermined = number(|state| matches!(state, StepState::Undetermined(_)));
    let conflicts = number(|state| matches!(state, StepState::Conflict(_)));
    let mut parts = Vec::new();
    if gaps > 0 {
        parts.push(count(gaps, "gap", "gaps"));
    }
    if undetermined > 0 {
        parts.push(count(undetermined, "step undetermined", "steps undetermined"));
    }
    if conflicts > 0 {
        parts.push(count(conflicts, "conflict", "conflicts"));
    }
    if parts.is_empty() { "no verdict was reached".to_owned() } else { parts.join(", ") }
}

/// `3 releases: 2 proven, 1 not proven`.
fn tally(releases: &[Judged], page: &mut Page) {
    let words = [
        (Standing::Proven, "proven"),
        (Standing::Waived, "waived"),
        (Standing::NotProven, "not proven"),
        (Standing::Undetermined, "undetermined"),
        (Standing::Conflict, "in conflict"),
        (Standing::Unattested, "unattested"),
    ];
    let parts: Vec<String> = words
        .iter()
        .map(|(standing, word)| (releases.iter().filter(|judged| judged.standing == *standing).count(), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if parts.is_empty() {
        page.line([doubt("nothing to verify"), plain(": no release tag was found")]);
    } else {
        page.gap();
        page.line([plain(format!("{}: {}", count(releases.len(), "release", "releases"), parts.join(", ")))]);
    }
}
