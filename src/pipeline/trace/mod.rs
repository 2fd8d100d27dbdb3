//! Trace: contents → evidence → verdict. What `verify`, `status`, `log`, `bump`, `tag`, `build` and
//! `publish` read; here everything a verdict needs is gathered, and `model::judge` decides.

use super::Context;
use super::charts::{self, ChartAt};
use super::dependencies::{self, Shelf};
use super::ground::{Ground, policy_at};
use super::policy::revoked as in_force;
use super::record::Draft;
use crate::git::{self, Repo};
use crate::helm;

use crate::model::config::{Config, Flow};
use crate::model::{
    ChartFile, Event, Exit, Failure, Landing, Lineage, Oid, OnMain, Package, Policy, Stage, StepState, TagFacts,
    Verdict, judge, link,
};

mod evidence;
mod hands;
mod previous;
mod surroundings;
mod tag;

pub(super) use evidence::{SETTLED, unsettled};
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

/// Where a content that is not on main yet would land: on main as it is now.
///
/// # Errors
/// Main cannot be read.
pub fn as_if_merged(cx: &Context<'_>, ground: &Ground, commit: &Oid, directory: &str) -> Result<OnMain, Failure> {
    let base = charts::content_at(&cx.repo, &ground.main, directory)?;
    Ok(OnMain::Landed(Landing { commit: commit.clone(), parent: Some(ground.main.clone()), base }))
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
        return Ok(OnMain::Landed(landing));
    }
    before_the_bump(repo, landing, directory).map(OnMain::Landed)
}

fn landing_at(repo: &Repo, landed: git::Commit, directory: &str) -> Result<Landing, Failure> {
    let parent = landed.parents.first().cloned();
    let base = match &parent {
        Some(parent) => charts::content_at(repo, parent, directory)?,
        None => None,
    };
    Ok(Landing { commit: landed.oid, parent, base })
}

/// A per-chart branch merged by rebase or fast-forward lands as two commits, the split and the bump: then
/// main as it was before the first of them is what the split was made on, and what holds the policy. Where
/// main came to trust something else between the two, the policy is that before the second: a key long
/// replaced must not release what landed in its time under a new version.
fn before_the_bump(repo: &Repo, landing: Landing, directory: &str) -> Result<Landing, Failure> {
    let (Some(parent), Some(before)) = (&landing.parent, &landing.base) else { return Ok(landing) };
    let Some(after) = charts::content_at(repo, &landing.commit, directory)? else { return Ok(landing) };
    if link::without_owned(before) != link::without_owned(&after) {
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
            Ok(Landing { commit: landing.commit, parent, base: split.base })
        }
        None => Ok(landing),
    }
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

/// Begins with what a verdict on a release takes longest for: main's history is read in a thread of its own, and
/// meanwhile its bundles are held against today's policy. Nothing is decided by that. Commits that were hashed
/// and signatures that verified are known when the verdict asks for them; whatever fails, fails again there.
pub fn look_ahead(cx: &Context<'_>, ground: &Ground, name: &str) {
    cx.repo.read_ahead(&ground.main);
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
