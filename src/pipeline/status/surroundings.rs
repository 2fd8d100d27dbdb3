//! Warnings about the repository as a whole.

use crate::model::config::{Flow, Forge};
use crate::model::{Failure, Oid, Sha256};
use crate::pipeline::ground::{Ground, POLICY_FILE, branch_ref, branch_tip, remote};
use crate::pipeline::resolve::chart_names;
use crate::pipeline::{Context, anchor, init};

/// What is not as it should be around the charts, each with the next step. Nothing here asks the network.
pub(super) fn warnings(cx: &Context<'_>, ground: Option<&Ground>, head: &Oid) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    if let Some(what) = cx.repo.in_progress() {
        warnings.push(format!("a {what} is in progress: finish or abort it before anything is released"));
    }
    if cx.repo.is_shallow() {
        warnings.push("the clone is shallow: `git fetch --unshallow` brings the history verdicts need".to_owned());
    }
    warnings.extend(policy(cx, ground, head)?);
    let Some(ground) = ground else { return Ok(warnings) };
    warnings.extend(ledger(cx, ground)?);
    warnings.extend(rewritten(cx, ground)?);
    warnings.extend(orphans(cx, ground)?);
    if ground.config().forge == Forge::Github {
        warnings.extend(init::stale(&cx.repo, &ground.main, ground.config())?);
    }
    match anchor::trust_changed(cx, ground) {
        Ok(changed) => warnings.extend(changed),
        // A history cut short is warned about already; nothing else is hidden by it.
        Err(failure) => warnings.push(failure.in_one_line()),
    }
    Ok(warnings)
}

/// X13: what HEAD says about the policy does not count before main says it.
fn policy(cx: &Context<'_>, ground: Option<&Ground>, head: &Oid) -> Result<Option<String>, Failure> {
    let here = cx.repo.file_at(head, POLICY_FILE)?.map(Sha256::of);
    Ok(match ground {
        Some(ground) if here != Some(ground.policy.digest) => Some(format!(
            "{POLICY_FILE} at HEAD is not the one at {}: changes to {POLICY_FILE} are ignored for this run",
            ground.origin
        )),
        None if here.is_some() => {
            Some(format!("{POLICY_FILE} at HEAD is not on main yet: it is ignored for this run"))
        }
        _ => None,
    })
}

fn ledger(cx: &Context<'_>, ground: &Ground) -> Result<Option<String>, Failure> {
    if remote(&cx.repo, ground.config()).is_none() {
        return Ok(None);
    }
    // The empty name asks whether every ledger was fetched; charts with a ledger of their own are fine.
    let fetched = cx.repo.ledger_known("")? || !cx.repo.ledger_charts()?.is_empty();
    Ok((!fetched).then(|| "no evidence was fetched here yet: run `git lineage sync`".to_owned()))
}

/// E19: directories of release assets without their tag.
fn orphans(cx: &Context<'_>, ground: &Ground) -> Result<Vec<String>, Failure> {
    let (Some(assets), Some(work)) = (&ground.config().publish.assets, cx.repo.work_dir()) else {
        return Ok(Vec::new());
    };
    // No such directory yet: nothing was published from here.
    let Ok(entries) = std::fs::read_dir(work.join(assets)) else { return Ok(Vec::new()) };
    let charts = chart_names(&cx.repo, ground)?;
    let charts: Vec<&str> = charts.iter().map(String::as_str).collect();
    let mut orphans = Vec::new();
    for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let release = !ground.config().split_tag(&name, &charts).is_empty();
        if release && cx.repo.find_ref(&format!("refs/tags/{name}"))?.is_none() {
            orphans.push(format!(
                "{assets}/{name} holds release assets, and there is no tag {name} here: run `git lineage sync`; \
                 if there is none at the remote either, remove them"
            ));
        }
    }
    orphans.sort();
    Ok(orphans)
}

/// Long-lived branches that do not descend from what was seen: main by the pin, both by the reflog.
fn rewritten(cx: &Context<'_>, ground: &Ground) -> Result<Vec<String>, Failure> {
    let config = ground.config();
    let mut warnings = Vec::new();
    let mut known = false;
    if let Some(pin) = cx.cache.pin()? {
        // A history cut short is warned about already.
        if anchor::descends(cx, &pin, &ground.main).is_ok_and(|descends| !descends) {
            known = true;
            warnings.push(format!(
                "{} does not descend from {}, which this clone pinned: main was rewritten; ask whoever did it",
                ground.origin,
                pin.main.short()
            ));
        }
        if pin.repository != config.repository.id {
            warnings.push(format!(
                "the repository id is {}, this clone pinned {}: this is another repository, or a fork",
                config.repository.id, pin.repository
            ));
        }
    }
    if !known {
        warnings.extend(moved_back(cx, &branch_ref(&cx.repo, config, &config.branches.main))?);
    }
    if config.flow == Flow::Integration
        && let Some(integration) = branch_tip(&cx.repo, config, &config.branches.integration)?
    {
        let name = branch_ref(&cx.repo, config, &config.branches.integration);
        warnings.extend(moved_back(cx, &name)?);
        if matches!(cx.repo.merge_base(&ground.main, &integration), Ok(None)) {
            warnings.push(format!(
                "{} and {} have no common history: recreate {} from {}",
                config.branches.integration,
                config.branches.main,
                config.branches.integration,
                config.branches.main
            ));
        }
    }
    Ok(warnings)
}

/// Whether a branch is not a descendant of what it was before, as far as its reflog tells.
fn moved_back(cx: &Context<'_>, full_name: &str) -> Result<Option<String>, Failure> {
    let Some(now) = cx.repo.find_ref(full_name)? else { return Ok(None) };
    // Without a reflog, or with one entry alone, nothing was seen before.
    let Ok(before) = cx.repo.commit_id(&format!("{full_name}@{{1}}")) else { return Ok(None) };
    let short = full_name.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/");
    Ok(cx.repo.is_ancestor(&before, &now).is_ok_and(|ancestor| !ancestor).then(|| {
        format!(
            "{short} was rewritten: it was {}, and {} does not descend from it; ask whoever did it",
            before.short(),
            now.short()
        )
    }))
}
