//! Where a content comes to main, what the chart was there before, and by whose policy it is judged.

use crate::git::{self, Repo};
use crate::model::config::{Config, Flow};
use crate::model::link::{self, Stated};
use crate::model::{Content, Failure, Landing, Oid, OnMain, Policy};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::{Ground, policy_at};

/// Where a content that is not on main yet would land: on main as it is now.
///
/// # Errors
/// Main cannot be read.
pub fn as_if_merged(cx: &Context<'_>, ground: &Ground, commit: &Oid, directory: &str) -> Result<OnMain, Failure> {
    let base = charts::content_at(&cx.repo, &ground.main, directory)?;
    Ok(OnMain::Landed(Landing {
        commit: commit.clone(),
        parent: Some(ground.main.clone()),
        base,
        base_at: Some(ground.main.clone()),
    }))
}

/// Where a branch's content lands, and the policy it is judged by there: where it landed already, if main
/// has exactly it, so that running a stage again after the merge finds what it did; else on main as it is.
///
/// # Errors
/// As [`landing`] and [`policy_of`].
pub fn merged_or_as_if(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    commit: &Oid,
) -> Result<(OnMain, Policy), Failure> {
    if cx.repo.tree_at(&ground.main, &chart.directory)?.as_ref() != Some(&chart.tree) {
        return Ok((as_if_merged(cx, ground, commit, &chart.directory)?, ground.policy.clone()));
    }
    let landing = landing(&cx.repo, ground.config(), &ground.main, &ground.main, &chart.directory)?;
    let policy = policy_of(&cx.repo, &landing, &ground.policy)?;
    Ok((landing, policy))
}

/// Where a content is judged that is to be checked, sealed or bumped: in direct flow a commit of main is where it
/// landed, and is judged by the policy before it; anything else as if it were merged now.
///
/// # Errors
/// As [`landing`] and [`policy_of`].
pub fn destination(
    cx: &Context<'_>,
    ground: &Ground,
    commit: &Oid,
    directory: &str,
) -> Result<(OnMain, Policy), Failure> {
    if ground.config().flow == Flow::Direct && cx.repo.is_ancestor(commit, &ground.main)? {
        let landing = landing(&cx.repo, ground.config(), &ground.main, commit, directory)?;
        match landing {
            OnMain::Landed(_) => {
                let policy = policy_of(&cx.repo, &landing, &ground.policy)?;
                return Ok((landing, policy));
            }
            OnMain::Unknown(why) => {
                return Err(
                    Failure::undetermined(format!("where {directory} landed on main is not known")).because(why)
                );
            }
            // It came in by a side line, and stands on main as something else, or not yet.
            OnMain::Elsewhere => {}
        }
    }
    Ok((as_if_merged(cx, ground, commit, directory)?, ground.policy.clone()))
}

/// Where the content that `commit` has landed on main's first-parent history.
///
/// # Errors
/// The repository cannot be read, for other reasons than a history cut short.
pub fn landing(
    repo: &Repo,
    config: &Config,
    main: &Oid,
    commit: &Oid,
    directory: &str,
) -> Result<OnMain, Failure> {
    let found = repo
        .on_first_parent(commit, main)
        .and_then(|on_main| if on_main { repo.landing(commit, directory) } else { Ok(None) });
    let landed = match found {
        Ok(Some(landed)) => landed,
        Ok(None) => return Ok(OnMain::Elsewhere),
        Err(error @ (git::Error::Shallow(_) | git::Error::MissingObject(_))) => {
            return Ok(OnMain::Unknown(format!("{error}; fetch the whole history (`git fetch --unshallow`)")));
        }
        Err(error) => return Err(error.into()),
    };
    let landing = landing_at(repo, landed, directory)?;
    if config.flow == Flow::Direct {
        return before_the_version(repo, landing, directory).map(OnMain::Landed);
    }
    before_the_bump(repo, landing, directory).map(OnMain::Landed)
}

fn landing_at(repo: &Repo, landed: git::Commit, directory: &str) -> Result<Landing, Failure> {
    let parent = landed.parents.first().cloned();
    let base = match &parent {
        Some(parent) => charts::content_at(repo, parent, directory)?,
        None => None,
    };
    Ok(Landing { commit: landed.oid, base_at: parent.clone(), parent, base })
}

/// A per-chart branch merged by rebase or fast-forward lands as two commits, the split and the bump: then
/// main as it was before the first of them is what the split was made on, and what holds the policy. Where
/// main came to trust something else between the two, the policy is that before the second: a key long
/// replaced must not release what landed in its time under a new version.
fn before_the_bump(repo: &Repo, landing: Landing, directory: &str) -> Result<Landing, Failure> {
    let (Some(parent), Some(before)) = (&landing.parent, &landing.base) else { return Ok(landing) };
    let Some(after) = charts::content_at(repo, &landing.commit, directory)? else { return Ok(landing) };
    if !only_bumped(repo, parent, before, &after) {
        return Ok(landing);
    }
    match repo.landing(parent, directory)? {
        Some(split) => {
            let split = landing_at(repo, split, directory)?;
            let trust = |commit: &Option<Oid>| {
                let policy =
                    commit.as_ref().and_then(|commit| policy_at(repo, commit, commit.short()).ok().flatten());
                policy.map(|policy| policy.config.trust_digest())
            };
            let parent =
                if trust(&split.parent) == trust(&landing.parent) { split.parent } else { landing.parent };
            Ok(Landing { commit: landing.commit, parent, base: split.base, base_at: split.base_at })
        }
        None => Ok(landing),
    }
}

/// In direct flow a contribution may come to main as several commits, and raise the version in any of them: what it
/// is measured against is the chart before the first of those that have this version. The policy is still that
/// before the last one.
fn before_the_version(repo: &Repo, mut landing: Landing, directory: &str) -> Result<Landing, Failure> {
    let Some(after) = charts::content_at(repo, &landing.commit, directory)? else { return Ok(landing) };
    let released = link::version(&after.chart_yaml).ok();
    while released.is_some()
        && let (Some(base), Some(at)) = (&landing.base, &landing.base_at)
        && link::version(&base.chart_yaml).ok() == released
        && let Some(earlier) = repo.landing(at, directory)?
    {
        let earlier = landing_at(repo, earlier, directory)?;
        (landing.base, landing.base_at) = (earlier.base, earlier.base_at);
    }
    Ok(landing)
}

/// The policy a release is judged by: `lineage.toml` at the first parent of the commit that brought its
/// content to main, so that no change judges itself.
///
/// # Errors
/// There is none there, or where it landed is not known.
pub fn policy_of(repo: &Repo, landing: &OnMain, fallback: &Policy) -> Result<Policy, Failure> {
    let OnMain::Landed(landing) = landing else {
        // Step 3 will say so; today's policy is as good as any for naming the other gaps.
        return Ok(fallback.clone());
    };
    let before = match &landing.parent {
        Some(parent) => policy_at(repo, parent, parent.short())?,
        None => None,
    };
    before.ok_or_else(|| {
        Failure::negative(format!(
            "main had no lineage.toml before {}: no policy can prove what landed there",
            landing.commit.short()
        ))
        .hint("release from a commit made after lineage.toml reached main")
    })
}

/// Whether a step on main changed nothing of a chart but what a bump writes, by the policy before it.
fn only_bumped(repo: &Repo, parent: &Oid, before: &Content, after: &Content) -> bool {
    let same = |stated: &Stated| link::without_owned(before, stated) == link::without_owned(after, stated);
    if same(&Stated::default()) {
        return true;
    }
    // Few policies have a release say more of itself than its changes, and none is read for a step that is of
    // another kind.
    let policy = || policy_at(repo, parent, parent.short()).ok().flatten();
    same(&Stated::any()) && policy().is_some_and(|policy| same(&policy.config.publish.stated()))
}
