//! Steps 7 and 8: from the released content back to the contributed one.

use super::evidence::{Bench, Wanted, content_subject};
use super::{Docket, landed};
use crate::model::config::Flow;
use crate::model::lineage::StepState;
use crate::model::statement::{BumpLink, SplitLink};
use crate::model::{Content, Predicate, Sha256, Stage, change, link, version};

const BUMP: &str = "the bump, undone, gives the content before it";

/// The contents a lineage went through, as far as the links lead.
pub(super) struct Contents {
    /// Before the bump; the content itself where it is not bumped yet.
    pub(super) split: Option<Content>,
    /// What was validated.
    pub(super) contributed: Option<Content>,
    /// The seal's bundle, as the split link names it.
    pub(super) seal: Option<Sha256>,
}

/// Follows the links backwards as far as `upto` has them.
pub(super) fn follow(docket: &mut Docket, bench: &Bench<'_>, upto: Stage) -> Contents {
    let released = &bench.lineage.content;
    let mut bump = None;
    let split = if upto < Stage::Bump {
        Some(released.clone())
    } else {
        let subject = content_subject(&bench.lineage.directory, released.digest());
        let wanted = Wanted::new(Predicate::Bump, "w5-semver-bump", vec![subject]);
        let mut before = None;
        let landing = landed(bench.lineage);
        if landing.is_none()
            && let Some(state @ StepState::Undetermined(_)) = docket.blocked(&["main"])
        {
            docket.enter(7, BUMP, "w5-semver-bump", state);
            return Contents { split: None, contributed: None, seal: None };
        }
        let base = landing.and_then(|landing| landing.base.as_ref());
        let stated = bench.policy.config.publish.stated();
        let found = bench.find::<BumpLink>(&wanted, |claim| {
            before = Some(link::undo_bump(released, claim, base, &stated)?);
            Ok(())
        });
        let state = found.map(|found| {
            docket.findings.from_version.clone_from(&found.claim.from_version);
            bump = Some(found.claim);
            found.counted
        });
        docket.attested(7, BUMP, "w5-semver-bump", state);
        before.filter(|_| bump.is_some())
    };
    let mut seal = None;
    let contributed = if bench.policy.config.flow == Flow::Direct {
        split.clone()
    } else if upto < Stage::Split {
        Some(released.clone())
    } else {
        undo_split(docket, bench, split.as_ref(), bump.as_ref(), &mut seal)
    };
    Contents { split, contributed, seal }
}

fn undo_split(
    docket: &mut Docket,
    bench: &Bench<'_>,
    split: Option<&Content>,
    bump: Option<&BumpLink>,
    seal: &mut Option<Sha256>,
) -> Option<Content> {
    const WHAT: &str = "the split, undone, gives the content that was validated";
    let Some(split) = split else {
        let state = docket.blocked(&["w5-semver-bump"]);
        let state = state.unwrap_or_else(|| StepState::Gap("not reached: there is no bump link".to_owned()));
        docket.enter(8, WHAT, "w2-filter-charts", state);
        return None;
    };
    let Some(landing) = landed(bench.lineage) else {
        let state = docket.blocked(&["main"]);
        let state = state.unwrap_or_else(|| StepState::Gap("not reached: it is not on main".to_owned()));
        docket.enter(8, WHAT, "w2-filter-charts", state);
        return None;
    };
    let subject = content_subject(&bench.lineage.directory, split.digest());
    let wanted = Wanted::new(Predicate::Split, "w2-filter-charts", vec![subject]);
    let mut before = None;
    let found = bench.find::<SplitLink>(&wanted, |claim| {
        before = Some(link::undo_split(split, claim, landing.base.as_ref())?);
        match bump {
            Some(bump) => heavy_enough(bump, claim, bench),
            None => Ok(()),
        }
    });
    let found = match (found, bump) {
        (Ok(found), Some(bump)) if bump.parent != Some(found.counted.bundle) => {
            Err(StepState::Gap("the bump link was not made on this split link".to_owned()))
        }
        (found, _) => found,
    };
    let state = found.map(|found| {
        docket.findings.source_commit = Some(found.claim.source.commit.clone());
        *seal = found.claim.parent;
        docket.findings.commits = found.claim.commits;
        docket.findings.merged_by = found.claim.merged_by;
        found.counted
    });
    let holds = state.is_ok();
    docket.attested(8, WHAT, "w2-filter-charts", state);
    before.filter(|_| holds)
}

/// The new version is at least what the contribution's commits ask for.
fn heavy_enough(bump: &BumpLink, split: &SplitLink, bench: &Bench<'_>) -> Result<(), String> {
    let Some(from) = &bump.from_version else { return Ok(()) };
    let from = version::parse(from)?;
    let to = version::parse(&bump.to_version)?;
    let weight = change::changes(&split.commits).iter().map(|change| change.weight).max();
    let asked =
        version::next(&from, weight.unwrap_or(change::Weight::Patch), bench.policy.config.semver.pre_major);
    if to < asked {
        return Err(format!("its commits ask for {asked} after {from}, the bump went to {to}"));
    }
    Ok(())
}
