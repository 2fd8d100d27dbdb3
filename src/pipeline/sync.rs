//! Fetches the ledger, folds the inbox, pushes.

use super::ground::{self, Ground};
use super::releases::{all_tags, by_chart};
use super::resolve::chart_names;
use super::settle::{self, Settled};
use super::{Context, anchor, attest, charts};
use crate::git::{self, ledger::POLICY_LEDGER};
use crate::model::{Event, Failure, Oid, Outcome, Plan, SyncLine, SyncReport};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Charts by name; none: every chart with a ledger.
    pub charts: Vec<String>,
    /// Do not write to the remote.
    pub fetch_only: bool,
    /// Have a log and a timestamp authority see what a key signed.
    pub settle: bool,
    /// Bring back what GitHub's attestation store has.
    pub from_github: bool,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<SyncReport, Failure> {
    let mut ground = ground::ground(cx)?;
    let mut plan = Plan::default();
    let remote = ground::remote(&cx.repo, ground.config()).map(str::to_owned);
    if let Some(remote) = &remote {
        fetch(cx, &ground, remote, &mut plan)?;
        // The fetch may have brought a new main, and with it another policy.
        ground = ground::ground(cx)?;
    } else {
        (cx.on)(Event::Note(format!(
            "there is no remote {}: only this clone is looked at",
            ground.config().repository.remote
        )));
    }
    anchor::check(cx, &ground)?;
    if let Some(remote) = &remote {
        plan.needed(format!("fetch the ledger from {remote}"));
        if !cx.dry_run {
            (cx.on)(Event::Started("fetching the ledger".to_owned()));
            match options.charts.as_slice() {
                [] => cx.repo.fetch_ledger(remote, None)?,
                charts => {
                    // What changed the policy concerns every chart.
                    for chart in charts.iter().map(String::as_str).chain([POLICY_LEDGER]) {
                        cx.repo.fetch_ledger(remote, Some(chart))?;
                    }
                }
            }
            (cx.on)(Event::Finished("fetching the ledger".to_owned()));
        }
    }
    if options.from_github {
        from_github(cx, &mut plan)?;
    }
    let mut lines = Vec::new();
    let chosen = chosen(cx, &ground, &options.charts)?;
    // What was seen before a service failed is handed in all the same.
    let settled = if options.settle { settle::run(cx, &ground, &chosen, &mut plan) } else { Settled::default() };
    let target = remote.as_deref().filter(|_| !options.fetch_only);
    for chart in chosen {
        match target {
            Some(remote) => plan.needed(format!("fold the inbox of {chart} and push it to {remote}")),
            None => plan.needed(format!("fold the inbox of {chart} here")),
        }
        if !cx.dry_run {
            let number = settled.charts.get(&chart).copied();
            lines.push(SyncLine { settled: number, ..fold(cx, chart, target)? });
        }
    }
    if let Some(failure) = settled.failure {
        return Err(failure);
    }
    let pinned = anchor::pin_on_first_use(cx, &ground)?;
    match &pinned {
        Some(pinned) => plan.needed(pinned.clone()),
        None => {
            for moved in anchor::advance(cx, &ground)? {
                plan.needed(moved.clone());
                (cx.on)(Event::Note(moved));
            }
        }
    }
    if let Some(changed) = anchor::trust_changed(cx, &ground)? {
        (cx.on)(Event::Warning(changed));
    }
    Ok(SyncReport { charts: lines, pinned, plan })
}

/// Records what GitHub's store has and the ledger lacks.
fn from_github(cx: &mut Context<'_>, plan: &mut Plan) -> Result<(), Failure> {
    plan.needed("record what GitHub's attestation store has".to_owned());
    (cx.on)(Event::Started("asking GitHub's attestation store".to_owned()));
    let report = attest::fetch::from_github(cx)?;
    (cx.on)(Event::Finished("asking GitHub's attestation store".to_owned()));
    let new = report.recorded.iter().filter(|line| line.outcome == Outcome::Created).count();
    (cx.on)(Event::Note(format!("GitHub's attestation store: {new} new of {}", report.recorded.len())));
    for refused in &report.refused {
        (cx.on)(Event::Warning(format!("{} was not recorded: {}", refused.from, refused.why)));
    }
    Ok(())
}

/// Fetches the long-lived branches and the tags. A tag that moved is a conflict before anything is written.
fn fetch(cx: &mut Context<'_>, ground: &Ground, remote: &str, plan: &mut Plan) -> Result<(), Failure> {
    let there = cx.repo.remote_refs(remote, &["refs/heads/", "refs/tags/"])?;
    let tags = tag_refspecs(cx, ground, &there)?;
    let branches = &ground.config().branches;
    let mut refspecs = Vec::new();
    for branch in [&branches.main, &branches.integration, &branches.release] {
        let full = format!("refs/heads/{branch}");
        if there.iter().any(|(name, _)| *name == full) {
            refspecs.push(format!("+{full}:refs/remotes/{remote}/{branch}"));
        }
    }
    if !there.iter().any(|(name, _)| *name == format!("refs/heads/{}", branches.main)) {
        return Err(Failure::undetermined(format!("{remote} has no branch {}", branches.main))
            .hint("name the right branch under [branches] in lineage.toml, or push it"));
    }
    refspecs.extend(tags);
    plan.needed(format!("fetch the long-lived branches and the tags from {remote}"));
    if cx.dry_run {
        return Ok(());
    }
    (cx.on)(Event::Started(format!("fetching from {remote}")));
    let refspecs: Vec<&str> = refspecs.iter().map(String::as_str).collect();
    cx.repo.fetch(remote, &refspecs)?;
    (cx.on)(Event::Finished(format!("fetching from {remote}")));
    Ok(())
}

/// What to fetch tags by: all of them at once, or only the missing ones where a tag that is no release
/// differs (git would refuse the whole fetch over it).
fn tag_refspecs(cx: &mut Context<'_>, ground: &Ground, there: &[(String, Oid)]) -> Result<Vec<String>, Failure> {
    let here = all_tags(&cx.repo)?;
    let pinned = cx.cache.pin()?.map(|pin| pin.tags).unwrap_or_default();
    let names = chart_names(&cx.repo, ground)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();

    let mut missing = Vec::new();
    let mut strays = Vec::new();
    for (full, oid) in there {
        let Some(name) = full.strip_prefix("refs/tags/") else { continue };
        if let Some(then) = pinned.get(name).filter(|then| *then != oid) {
            return Err(anchor::moved(name, then, oid, "at the remote"));
        }
        match here.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
            Err(_) => missing.push(format!("{full}:{full}")),
            Ok(at) => match here.get(at) {
                Some((_, known)) if known != oid => {
                    if !by_chart(ground.config(), &names, &[(name.to_owned(), oid.clone())]).is_empty() {
                        return Err(anchor::moved(name, known, oid, "at the remote"));
                    }
                    strays.push(name.to_owned());
                }
                _ => {}
            },
        }
    }
    if strays.is_empty() {
        return Ok(vec!["refs/tags/*:refs/tags/*".to_owned()]);
    }
    (cx.on)(Event::Warning(format!(
        "these tags, which are no releases, differ from the remote's and are left as they are: {}",
        strays.join(", ")
    )));
    Ok(missing)
}

/// The charts whose ledger is folded, and the policy's, which concerns them all.
fn chosen(cx: &Context<'_>, ground: &Ground, asked: &[String]) -> Result<Vec<String>, Failure> {
    let known = cx.repo.ledger_charts()?;
    for chart in asked.iter().filter(|chart| !known.contains(chart)) {
        // A chart without a ledger is fine, a misspelt one is not.
        charts::named(&cx.repo, ground.config(), &ground.main, chart)?;
    }
    let mut chosen = if asked.is_empty() { known } else { asked.to_vec() };
    if cx.repo.has_ledger(POLICY_LEDGER)? {
        chosen.push(POLICY_LEDGER.to_owned());
    }
    Ok(chosen)
}

/// Folds one inbox: at the remote, too, unless it may not be written.
fn fold(cx: &mut Context<'_>, chart: String, remote: Option<&str>) -> Result<SyncLine, Failure> {
    let folded = match cx.repo.fold(&chart, remote) {
        Err(git::Error::Git { command, stderr }) if remote.is_some() => {
            let why = stderr.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            (cx.on)(Event::Warning(format!(
                "the ledger of {chart} could not be pushed (`git {command}`: {why}); it is folded here only"
            )));
            cx.repo.fold(&chart, None)?
        }
        other => other?,
    };
    Ok(SyncLine { chart, folded: folded.records, pushed: folded.pushed, settled: None })
}
