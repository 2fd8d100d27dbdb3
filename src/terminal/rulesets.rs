//! `rulesets`: what there is to do, what differs, and what stands beside.

use super::Page;
use super::page::{Span, bad, count, doubt, faint, good, plain, strong};
use crate::model::rulesets::{Drift, Foreign};
use crate::model::{Exit, RulesetAction, RulesetsReport};

/// `rulesets plan`, `apply` and `check`: a line per ruleset, every difference, then who else has rulesets here.
pub fn rulesets(report: &RulesetsReport, page: &mut Page) {
    page.line([plain("rulesets of "), strong(&report.repository)]);
    let rows: Vec<Vec<Span>> =
        report.rulesets.iter().map(|line| vec![strong(&line.name), action(line.action, report.applied)]).collect();
    page.table(2, &rows);
    if !report.applied {
        report.drift.iter().for_each(|drift| differs(drift, page));
    }
    for one in &report.undetermined {
        let place = if one.path.is_empty() { String::new() } else { format!(" {}", one.path) };
        page.line([
            doubt("undetermined"),
            plain(": "),
            strong(&one.ruleset),
            plain(format!("{place}: {}", one.why)),
        ]);
    }
    report.foreign.iter().for_each(|one| foreign(one, page));
    for rule in &report.unenforced {
        let call = format!(": {} on main does not call `{}`", rule.workflow, rule.caller);
        page.line([bad("held by nobody"), plain(": "), plain(&rule.rule), plain(call)]);
    }
    for warning in &report.warnings {
        page.line([doubt("warning"), plain(": "), plain(warning)]);
    }
    if let Some(backup) = &report.backup {
        page.line([plain("as they were: "), plain(backup)]);
    }
    if page.verbose() {
        page.line([faint(report.notes)]);
    }
    let open = if report.applied { 0 } else { report.drift.len() };
    let differences = count(open, "difference", "differences");
    let others = report.foreign.iter().map(Foreign::exit).filter(|_| !report.applied).max();
    match others {
        Some(Exit::Negative) => page.line([bad("somebody else's ruleset stands in the way of the flow")]),
        Some(Exit::Undetermined) => {
            page.line([doubt("whether somebody else's ruleset stands in the way of the flow could not be told")]);
        }
        _ => {}
    }
    page.line([match (open, report.undetermined.len(), report.unenforced.len()) {
        (0, 0, 0) => good("our rulesets are as they should be"),
        (0, 0, rules) => bad(format!("{} held by nobody", count(rules, "rule is", "rules are"))),
        (_, 0, _) => bad(differences),
        (_, unknown, _) => {
            doubt(format!("{differences}, and {} could not be told", count(unknown, "thing", "things")))
        }
    }]);
}

fn action(action: RulesetAction, applied: bool) -> Span {
    match (action, applied) {
        (RulesetAction::Keep, _) => faint("as it should be"),
        (RulesetAction::Create, true) => good("created"),
        (RulesetAction::Replace, true) => good("corrected"),
        (RulesetAction::Remove, true) => good("removed"),
        (RulesetAction::Create, false) => doubt("to be created"),
        (RulesetAction::Replace, false) => doubt("to be corrected"),
        (RulesetAction::Remove, false) => doubt("to be removed"),
    }
}

fn differs(drift: &Drift, page: &mut Page) {
    if drift.path.is_empty() {
        return page.line([bad("drift"), plain(": "), plain(drift.in_words())]);
    }
    page.line([bad("drift"), plain(": "), strong(&drift.ruleset), plain(format!(" {}", drift.path))]);
    page.table(
        2,
        &[vec![faint("want"), plain(drift.want.to_string())], vec![faint("got"), plain(drift.got.to_string())]],
    );
}

/// A ruleset of somebody else: it stays, whatever it does.
fn foreign(one: &Foreign, page: &mut Page) {
    let id = one.id.map_or_else(String::new, |id| format!(" ({id})"));
    page.line([plain("not ours: "), strong(&one.name), plain(id)]);
    if let Some(why) = &one.unknown {
        page.line([plain("  "), doubt("could not be read"), plain(format!(": {why}"))]);
    }
    if !one.overlaps.is_empty() {
        page.line([plain(format!("  holds what ours hold, too: {}", one.overlaps.join(", ")))]);
    }
    for conflict in &one.conflicts {
        page.line([plain("  "), doubt("in the way"), plain(format!(": {conflict}"))]);
    }
}
