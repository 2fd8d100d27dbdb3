//! Trace: contents → evidence → verdict. What `verify`, `status`, `log`, `bump`, `tag`, `build` and
//! `publish` read; here everything a verdict needs is gathered, and `model::judge` decides.

use super::Context;
use super::charts::{self, ChartAt};
use super::dependencies::{self, Shelf};
use super::ground::Ground;
use super::policy::revoked as in_force;
use super::record::Draft;
use crate::git;
use crate::helm;
use crate::model::{
    ChartFile, Event, Exit, Failure, Landing, Lineage, Oid, OnMain, Package, Policy, Stage, StepState, TagFacts,
    Verdict, judge,
};

mod before;
mod evidence;
mod hands;
mod landing;
mod previous;
mod surroundings;
mod tag;

pub use before::before_lineage;
pub(super) use evidence::{SETTLED, unsettled};
pub use landing::{as_if_merged, destination, landing, merged_or_as_if, policy_of};
pub use previous::is_witnessed;
pub use surroundings::{input_files, surroundings};
pub use tag::seen_elsewhere;
pub use tag::{chart_of, resolve as resolve_tag};

/// A lineage with the policy it is judged by.
pub struct Traced {
    pub lineage: Lineage,
    pub policy: Policy,
    /// The package as rebuilt from the tag's tree; none before there is a tag, or where it cannot be built.
    pub package: Option<helm::Package>,
}

impl Traced {
    /// The verdict up to a stage.
    pub fn judge(&self, upto: Stage) -> Verdict {
        judge(&self.lineage, &self.policy, upto)
    }
}

/// Gathers what is known of a chart's content at a commit, before there is a tag.
///
/// # Errors
/// The repository cannot be read.
pub fn content(
    cx: &Context<'_>,
    ground: &Ground,
    policy: Policy,
    chart: &ChartAt,
    commit: &Oid,
    landing: OnMain,
) -> Result<Traced, Failure> {
    let content = charts::content(&cx.repo, &chart.tree, &chart.directory)?;
    let evidence = evidence::gather(cx, &policy, &chart.chart, vec![chart.tree.clone()])?;
    let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit, recorded: None };
    let surroundings = surroundings(&shelf, &policy.config, &chart.directory)?;
    let revoked = in_force(cx, ground, Some(&policy))?;
    let hands = hands::gather(&cx.repo, &policy, &evidence.attestations, &landing, &chart.directory)?;
    let lineage = Lineage {
        chart: chart.chart.clone(),
        directory: chart.directory.clone(),
        version: chart.metadata.version.clone(),
        content,
        tag: None,
        landing,
        attestations: evidence.attestations,
        oddities: evidence.oddities,
        unfetched: evidence.unfetched,
        surroundings,
        package: None,
        previous: None,
        moved: None,
        revoked,
        named_by: None,
        hands,
        now: cx.now,
    };
    Ok(Traced { lineage, policy, package: None })
}

/// Gathers everything about a release tag. `given` is a package file to hold it against; `policy` the
/// one to judge by, where the caller names it.
///
/// # Errors
/// There is no such tag or chart (exit 2), no policy (exit 1), or the repository cannot be read.
pub fn release(
    cx: &Context<'_>,
    ground: &Ground,
    name: &str,
    given: Option<&[u8]>,
    policy: Option<Policy>,
) -> Result<Traced, Failure> {
    let facts = resolve_tag(&cx.repo, name)?;
    let chart = tag::chart_of(&cx.repo, ground.config(), &facts)?;
    let landing = landing(&cx.repo, ground.config(), &ground.main, &facts.commit, &chart.directory)?;
    let policy = match policy {
        Some(policy) => policy,
        None => policy_of(&cx.repo, &landing, &ground.policy)?,
    };
    let mut on = vec![chart.tree.clone()];
    on.extend(facts.object.clone());
    let evidence = evidence::gather(cx, &policy, &chart.chart, on)?;
    // A release is rebuilt from the packages its payload names, whatever was fetched here since.
    let recorded = facts.payload.as_ref().map_or(&[][..], |(payload, _)| payload.dependencies.as_slice()).to_vec();
    let tagged = facts.commit.clone();
    let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &tagged, recorded: Some(&recorded) };
    let surroundings = match surroundings(&shelf, &policy.config, &chart.directory) {
        // A release from before lineage records nothing, and no statement about it counts.
        Err(_) if facts.payload.is_err() => Vec::new(),
        found => found?,
    };
    let previous = previous::nearest(cx, ground, &chart, Some(&facts), &facts.commit)?;
    let revoked = in_force(cx, ground, Some(&policy))?;
    let asks = evidence.attestations.iter().any(|attestation| revoked.asks_for_later(&attestation.proof));
    let named_by = match &facts.object {
        Some(object) if asks => previous::named_by(cx, ground, &chart, object)?,
        _ => None,
    };
    let moved = tag::moved(cx, ground, &facts)?;
    let files = charts::files(&cx.repo, &chart.tree, &chart.directory)?;
    let content = charts::content_of(&files, Some(chart.tree.clone()), &chart.directory)?;
    let built = rebuilt(&shelf, &chart, files);
    let package = match &built {
        Ok(package) => Ok(Package {
            digests: package.digests(),
            compressor: helm::COMPRESSOR.to_owned(),
            given: given.map(|bytes| {
                let tar = helm::read_package(bytes).map(|(_, _, tar)| tar).map_err(|e| e.to_string());
                (crate::model::Sha256::of(bytes), tar)
            }),
        }),
        Err(state) => Err(state.clone()),
    };
    let hands = hands::gather(&cx.repo, &policy, &evidence.attestations, &landing, &chart.directory)?;
    let lineage = Lineage {
        chart: chart.chart,
        directory: chart.directory,
        version: chart.metadata.version,
        content,
        tag: Some(facts),
        landing,
        attestations: evidence.attestations,
        oddities: evidence.oddities,
        unfetched: evidence.unfetched,
        surroundings,
        package: Some(package),
        previous,
        moved,
        revoked,
        named_by,
        hands,
        now: cx.now,
    };
    Ok(Traced { lineage, policy, package: built.ok() })
}

/// The package of a tag from the very packages its payload names; why not, where it cannot be built: a package
/// that is not here says nothing about the release, everything else does.
fn rebuilt(shelf: &Shelf<'_>, chart: &ChartAt, files: Vec<ChartFile>) -> Result<helm::Package, StepState> {
    let packed = dependencies::package(shelf, chart, files).map_err(|failure| {
        let causes: String = failure.causes.iter().map(|cause| format!(": {cause}")).collect();
        let why = format!("{}{causes}", failure.what);
        match (failure.exit, failure.hint) {
            (Exit::Undetermined, Some(hint)) => StepState::Undetermined(format!("{why}; {hint}")),
            (Exit::Undetermined, None) => StepState::Undetermined(why),
            _ => StepState::Gap(why),
        }
    })?;
    if shelf.recorded.is_some_and(|recorded| recorded != packed.dependencies) {
        return Err(StepState::Gap(
            "the tag records packages from outside that the chart does not have".to_owned(),
        ));
    }
    Ok(packed.package)
}

/// A lineage as it will be once a tag and its statement are pushed: so that nothing is pushed that could
/// never be proven.
pub fn as_tagged(
    cx: &Context<'_>,
    traced: Traced,
    object: &git::TagObject,
    statement: &Draft,
    package: &helm::Package,
    landing: &Landing,
) -> Traced {
    let Traced { mut lineage, policy, .. } = traced;
    lineage.attestations.push(evidence::examined(cx, &policy, statement));
    let payload = crate::model::Payload::parse(&object.message);
    lineage.previous = payload.as_ref().ok().and_then(|(payload, _)| payload.previous.clone());
    lineage.tag = Some(TagFacts {
        name: object.name.clone(),
        object: Some(object.oid.clone()),
        bytes: Some(crate::model::Sha256::of(&object.bytes)),
        header_name: Some(object.name.clone()),
        commit: landing.commit.clone(),
        payload,
        corrupt: Vec::new(),
    });
    let digests = package.digests();
    lineage.package = Some(Ok(Package { digests, compressor: helm::COMPRESSOR.to_owned(), given: None }));
    Traced { lineage, policy, package: None }
}

/// The release before a commit's, for the payload of a new tag.
///
/// # Errors
/// The repository cannot be read.
pub fn previous_release(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    commit: &Oid,
) -> Result<Option<crate::model::Previous>, Failure> {
    previous::nearest(cx, ground, chart, None, commit)
}

/// Whether a tag is of a release from before lineage: lightweight, or annotated without a block.
pub fn unattested(facts: &TagFacts) -> bool {
    facts.object.is_none() || matches!(facts.payload, Err(crate::model::payload::PayloadError::Missing))
}

/// Keeps for later runs as much of main's history as was walked, where that is worth it.
pub fn keep_walked(cx: &Context<'_>, ground: &Ground) {
    if let Some(line) = cx.repo.walked(&ground.main) {
        cx.cache.keep_line(&line);
    }
}

/// Begins with what a verdict on a release takes longest for: main's history is read in a thread of its own, and
/// meanwhile its bundles are held against today's policy. Nothing is decided by that. Commits that were hashed
/// and signatures that verified are known when the verdict asks for them; whatever fails, fails again there.
pub fn look_ahead(cx: &Context<'_>, ground: &Ground, name: &str) {
    cx.repo.read_ahead(&ground.main, &cx.cache.line());
    let gather = || {
        let facts = resolve_tag(&cx.repo, name)?;
        let chart = tag::chart_of(&cx.repo, ground.config(), &facts)?;
        let on = [Some(chart.tree), facts.object].into_iter().flatten().collect();
        evidence::gather(cx, &ground.policy, &chart.chart, on)
    };
    drop(gather());
}

/// The attestations on one chart tree, examined.
///
/// # Errors
/// The ledger cannot be read.
pub fn evidence_on(
    cx: &Context<'_>,
    policy: &Policy,
    chart: &str,
    tree: Oid,
) -> Result<Vec<crate::model::Attestation>, Failure> {
    Ok(evidence::gather(cx, policy, chart, vec![tree])?.attestations)
}

/// The lineage as it will be once this is in the ledger.
pub fn with(cx: &Context<'_>, mut traced: Traced, draft: &Draft, directory: &str) -> Result<Traced, Failure> {
    let Traced { lineage, policy, .. } = &mut traced;
    lineage.attestations.push(evidence::examined(cx, policy, draft));
    lineage.hands = hands::gather(&cx.repo, policy, &lineage.attestations, &lineage.landing, directory)?;
    Ok(traced)
}

/// Says which required checks are waived: whoever goes on with such a verdict is told each time.
pub fn warn(cx: &mut Context<'_>, verdict: &Verdict) {
    for (link, waived) in verdict.waived() {
        (cx.on)(Event::Warning(format!("{link} is {}", waived.in_words())));
    }
}

/// Refuses to go on with a verdict that does not hold, naming every gap.
///
/// # Errors
/// The verdict's exit code, with `what` as the sentence and each gap as a cause.
pub fn demand(verdict: &Verdict, what: &str) -> Result<(), Failure> {
    if verdict.exit() == crate::model::Exit::Done {
        return Ok(());
    }
    let failure = Failure::new(verdict.exit(), what);
    Err(verdict.gaps().into_iter().fold(failure, Failure::because))
}
