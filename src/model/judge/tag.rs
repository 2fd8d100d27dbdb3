//! Steps 1 to 6 and 11: the tag, what it stands on, and what stood before it.

use super::evidence::{Bench, Wanted};
use super::{Docket, landed};
use crate::model::lineage::{Lineage, OnMain, StepState, TagFacts};
use crate::model::payload::PayloadError;
use crate::model::statement::TagClaim;
use crate::model::{Oid, PACKAGE_FORMAT, Payload, Policy, Predicate, Subject};

/// Steps 1 to 5.
pub(super) fn identity(docket: &mut Docket, lineage: &Lineage, policy: &Policy) {
    let Some(tag) = &lineage.tag else {
        docket.check(1, "the tag resolves", "tag", Some("there is no tag".to_owned()));
        return;
    };
    resolved(docket, tag, lineage.moved.as_ref());
    named(docket, tag);
    let on_main = match &lineage.landing {
        OnMain::Landed(_) => StepState::Holds,
        OnMain::Elsewhere => beside(tag, policy),
        OnMain::Unknown(why) => StepState::Undetermined(why.clone()),
    };
    docket.enter(3, ON_MAIN, "main", on_main);
    chart_identity(docket, lineage, policy);
    let state = match &tag.payload {
        Err(why @ PayloadError::Newer(_)) => StepState::Undetermined(why.to_string()),
        Ok((payload, _)) if payload.package_format > PACKAGE_FORMAT => StepState::Undetermined(format!(
            "its package format is {}, newer than this program builds",
            payload.package_format
        )),
        _ => payload(lineage, policy, tag).map_or(StepState::Holds, StepState::Gap),
    };
    docket.enter(5, "one payload, about this very content", "payload", state);
}

/// What step 3 asks.
pub(super) const ON_MAIN: &str = "target on main's first-parent history";

/// Step 1.
pub(super) fn resolved(docket: &mut Docket, tag: &TagFacts, moved: Option<&(Oid, Oid)>) {
    let unmoved = match (moved, tag.corrupt.is_empty()) {
        (Some((then, now)), _) => StepState::Conflict(format!(
            "the tag has moved: this clone first saw the object {}, now it is {}",
            then.short(),
            now.short()
        )),
        (None, false) => StepState::Gap(tag.corrupt.join("; ")),
        (None, true) => StepState::Holds,
    };
    docket.enter(1, "resolved below refs/tags, as first seen, bytes hash to their ids", "tag", unmoved);
}

/// Step 2.
pub(super) fn named(docket: &mut Docket, tag: &TagFacts) {
    docket.check(2, "annotated, and named in its header as its ref is", "tag", annotated(tag));
}

/// Step 3, of a tag that is not on main.
pub(super) fn beside(tag: &TagFacts, policy: &Policy) -> StepState {
    StepState::Gap(format!(
        "commit {} is not on the first-parent history of {}",
        tag.commit.short(),
        policy.config.branches.main
    ))
}

/// Step 5 again: the commits the payload names are those the evidence tells of.
pub(super) fn contribution(docket: &mut Docket, lineage: &Lineage) {
    let Some(Ok((payload, _))) = lineage.tag.as_ref().map(|tag| &tag.payload) else { return };
    let told: Vec<&Oid> = docket.findings.commits.iter().map(|commit| &commit.commit).collect();
    let same = payload.source_commits.iter().eq(told);
    let state = match (same, docket.blocked(&["w5-semver-bump", "w2-filter-charts", "w1-commit-validation"])) {
        (true, _) => StepState::Holds,
        (false, Some(state)) => state,
        (false, None) => StepState::Gap("its source commits are not those the evidence tells of".to_owned()),
    };
    docket.enter(5, "the payload names the contribution's commits", "payload", state);
}

/// Step 4: the chart is called what its directory, and its tag, say.
pub(super) fn chart_identity(docket: &mut Docket, lineage: &Lineage, policy: &Policy) {
    let Lineage { chart, directory, version, .. } = lineage;
    called(docket, (chart, directory, version), lineage.tag.as_ref(), policy);
}

/// The same for a chart, its directory and its version.
pub(super) fn called(
    docket: &mut Docket,
    (chart, directory, version): (&str, &str, &str),
    tag: Option<&TagFacts>,
    policy: &Policy,
) {
    let expected = policy.config.expected_name(directory);
    let gap = if chart != expected {
        Some(format!("{directory}/Chart.yaml names the chart {chart}, not {expected}"))
    } else if let Err(why) = crate::model::version::parse(version) {
        Some(format!("{directory}/Chart.yaml: {why}"))
    } else {
        tag.and_then(|tag| {
            let wanted = policy.config.tag_name(chart, version);
            (tag.name != wanted).then(|| format!("Chart.yaml makes this {wanted}, the tag is {}", tag.name))
        })
    };
    docket.check(4, "Chart.yaml's name and version are the tag's", "chart", gap);
}

fn annotated(tag: &TagFacts) -> Option<String> {
    match (&tag.object, &tag.header_name) {
        (None, _) => Some("a lightweight tag: it holds no lineage".to_owned()),
        (Some(_), Some(name)) if *name == tag.name => None,
        (Some(_), name) => {
            let name = name.as_deref().unwrap_or("nothing");
            Some(format!("the tag object calls itself {name}: another tag's object under this name"))
        }
    }
}

fn payload(lineage: &Lineage, policy: &Policy, tag: &TagFacts) -> Option<String> {
    let payload = match &tag.payload {
        Ok((payload, _)) => payload,
        Err(why @ PayloadError::Missing) => return Some(format!("{why}: a release from before lineage")),
        Err(why) => return Some(why.to_string()),
    };
    let Payload { repository, chart, directory, chart_version, commit, tree, content, rehearsal, .. } = payload;
    let config = &policy.config;
    let pairs = [
        ("repository", repository.clone(), config.repository.id.clone()),
        ("chart", chart.clone(), lineage.chart.clone()),
        ("directory", directory.clone(), lineage.directory.clone()),
        ("version", chart_version.clone(), lineage.version.clone()),
        ("commit", commit.to_string(), tag.commit.to_string()),
        ("tree", tree.to_string(), lineage.content.tree.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("content", content.to_string(), lineage.content.digest().to_string()),
        ("rehearsal", rehearsal.to_string(), config.repository.rehearsal.to_string()),
    ];
    let wrong: Vec<String> = pairs
        .into_iter()
        .filter(|(_, said, found)| said != found)
        .map(|(what, said, found)| format!("{what} is {found}, the payload says {said}"))
        .collect();
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// Step 6: a statement signed for the tag stage names these very bytes.
pub(super) fn statement(docket: &mut Docket, bench: &Bench<'_>) {
    const WHAT: &str = "the tag statement names this tag object";
    let Some((tag, bytes)) = bench.lineage.tag.as_ref().and_then(|tag| tag.bytes.map(|bytes| (tag, bytes))) else {
        docket.check(6, WHAT, "w6-tag", Some("there is no tag object".to_owned()));
        return;
    };
    let payload = tag.payload.as_ref().ok().map(|(_, digest)| *digest);
    let wanted = Wanted::new(Predicate::Tag, "w6-tag", vec![Subject::new(&tag.name, bytes)]);
    let found = bench.find::<TagClaim>(&wanted, |claim| {
        if claim.tag != tag.name {
            return Err(format!("it is about the tag {}", claim.tag));
        }
        if Some(claim.payload) != payload {
            return Err("it names another payload".to_owned());
        }
        Ok(())
    });
    docket.attested(6, WHAT, "w6-tag", found.map(|found| found.counted));
}

/// Step 6 again: main has not taken the release back. Nothing to say where it has not.
pub(super) fn in_force(docket: &mut Docket, lineage: &Lineage) {
    let tag = lineage.tag.as_ref().map(|tag| tag.name.as_str()).unwrap_or_default();
    if let Some(why) = lineage.revoked.release(tag) {
        docket.check(6, "main has not revoked the release", "revoked", Some(why));
    }
}

/// Step 11: the release before is the one the payload names.
pub(super) fn previous(docket: &mut Docket, lineage: &Lineage) {
    let said =
        lineage.tag.as_ref().and_then(|tag| tag.payload.as_ref().ok()).map(|(payload, _)| &payload.previous);
    let gap = match (said, &lineage.previous) {
        (None, _) => Some("there is no payload to name it".to_owned()),
        (Some(said), found) if said == found => None,
        (Some(Some(said)), None) => Some(format!("the payload names {}, which is not here", said.tag)),
        (Some(None), Some(found)) => {
            Some(format!("the payload names none, but {} is reachable from this release", found.tag))
        }
        (Some(Some(said)), Some(found)) if said.tag == found.tag => {
            Some(format!("{} is not the tag object the payload names: it was replaced", said.tag))
        }
        (Some(Some(said)), Some(found)) => {
            Some(format!("the payload names {}, the nearest one here is {}", said.tag, found.tag))
        }
        (Some(None), None) => None,
    };
    let gap = gap.filter(|_| landed(lineage).is_some() || said.is_none());
    docket.check(11, "the release before is the one the payload names", "previous", gap);
}
