//! Stage 8: registry, signature, smoke verification, release assets; resumable.
//!
//! Nothing is published without a [`crate::model::Cleared`], which only a complete verdict makes. The order is: push,
//! sign and attach, look at it as a stranger, assets, release on the forge, publish statement, index. Every step asks first whether its state
//! already holds, so that a run after a crash does only what is left.

use std::collections::BTreeMap;

use super::ground::{self, Ground};
use super::record::{self, Draft};
use super::trace::{self, Traced};
use super::{Context, anchor, artifact_hub, index, log};
use crate::helm;
use crate::model::statement::PublishClaim;
use crate::model::{
    Failure, LogReport, Outcome, Plan, Predicate, PublishReport, Sha256, Stage, StepKind, Subject,
};

mod assets;
mod hub;
mod notes;
mod oci;
mod seen;
mod signatures;
mod smoke;

use assets::Assets;
pub use seen::step_12;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tag's name.
    pub tag: String,
    /// What makes a page for people of a lineage: `lineage.html` among the assets.
    pub page: fn(&LogReport) -> String,
}

/// Publishes one release.
///
/// # Errors
/// Not proven (exit 1 or 3), other bytes already published (exit 4), a registry that refuses.
pub async fn run(cx: &mut Context<'_>, options: &Options) -> Result<PublishReport, Failure> {
    let ground = ground::ground(cx)?;
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    let traced = trace::release(cx, &ground, &options.tag, None, None)?;
    let verdict = traced.judge(Stage::Build);
    let what = format!("{} is not proven: nothing was published", options.tag);
    trace::demand(&verdict, &what)?;
    anchor::demand(cx, &ground, &traced, &what)?;
    trace::warn(cx, &verdict);
    let (Some(cleared), Some(package)) = (verdict.clear(&traced.lineage), &traced.package) else {
        return Err(Failure::negative(format!("{} is not cleared for publishing", options.tag)));
    };
    if package.digests() != cleared.package() {
        return Err(Failure::negative(format!("the package of {} is not the one that was judged", options.tag)));
    }
    let release = Release::of(cx, &ground, &traced, &verdict, package, options.page)?;
    let mut report = PublishReport {
        tag: cleared.tag().to_owned(),
        chart: traced.lineage.chart.clone(),
        chart_version: traced.lineage.version.clone(),
        oci: None,
        assets: None,
        release: None,
        index: None,
        outcome: Outcome::Unchanged,
        plan: Plan::default(),
    };
    let destinations = release.destinations(cx)?;
    if destinations.are_none() {
        return Err(Failure::usage(format!("lineage.toml at {} names no destination", options.tag)).hint(
            "set `oci`, `assets`, `release` or `index` under [publish]; it counts for the releases after it",
        ));
    }
    let metadata = artifact_hub::metadata(cx, &ground)?;
    let mut assets = Assets::of(cx, &release, &destinations)?;
    let on_hub = hub::look(cx, &release, &destinations, &mut assets)?;
    let kept = on_hub.as_ref().map_or(&[][..], |place| &place.signatures);
    let provenance = signatures::provenance(cx, &release, &destinations, kept)?;
    let listed = index::Listed {
        tag: cleared.tag(),
        chart: &report.chart.clone(),
        version: &report.chart_version.clone(),
        package,
        provenance: provenance.as_ref().map(|signed| (signed.name.as_str(), signed.bytes.as_slice())),
        created: cx.repo.commit(&destinations.commit)?.committed,
    };
    // Looked at while nothing is out yet, written last.
    let listing = index::plan(cx, &ground, &destinations.config, listed, metadata.clone())?;
    if let Some(place) = &destinations.oci {
        oci::run(cx, &release, place, &mut report).await?;
        if let Some(metadata) = &metadata {
            artifact_hub::push(cx, &place.destination, &report.chart, metadata, &mut report.plan).await?;
        }
        if !cx.dry_run {
            smoke::run(cx, &release, place, &report).await?;
        }
    }
    provenance.iter().cloned().for_each(|signed| assets.know(signed));
    if let Some(root) = &destinations.assets {
        assets::run(cx, &release, root, &mut assets, &mut report)?;
    }
    let number = match &on_hub {
        Some(place) => hub::run(cx, &release, &destinations, place, &mut assets, &mut report)?,
        None => None,
    };
    record_it(cx, &release, assets.digests, number, &mut report)?;
    if let Some(listing) = listing {
        report.index = Some(listing.apply(cx, &mut report.plan)?);
    }
    if report.plan.0.iter().any(|step| step.state == StepKind::Needed) {
        report.outcome = Outcome::Created;
    }
    Ok(report)
}

/// A release on its way out.
struct Release<'a> {
    ground: &'a Ground,
    traced: &'a Traced,
    verdict: &'a crate::model::Verdict,
    package: &'a helm::Package,
    /// What is in the package, as `CycloneDX` JSON.
    sbom: Vec<u8>,
    /// Its lineage, for people.
    page: String,
}

/// The same for the same tag, whoever makes it.
fn bill_of_materials(cx: &Context<'_>, traced: &Traced, package: &helm::Package) -> Result<Vec<u8>, Failure> {
    let Some(tag) = &traced.lineage.tag else { return Err(Failure::negative("there is no tag to publish")) };
    let outside = tag.payload.as_ref().map_or(&[][..], |(payload, _)| payload.dependencies.as_slice());
    Ok(helm::sbom(&package.tgz, outside, cx.repo.commit(&tag.commit)?.committed)?)
}

/// Where it goes.
struct Destinations {
    /// The tagged commit, and `lineage.toml` there.
    commit: crate::model::Oid,
    config: crate::model::Config,
    oci: Option<Place>,
    assets: Option<std::path::PathBuf>,
}

impl Destinations {
    /// Whether there is no place at all.
    fn are_none(&self) -> bool {
        let publish = &self.config.publish;
        self.oci.is_none() && self.assets.is_none() && !publish.release && publish.index.is_none()
    }
}

/// A registry, or what stands in for one.
struct Place {
    /// As `lineage.toml` has it.
    text: String,
    destination: crate::registry::Destination,
    /// Whether strangers are not let in.
    private: bool,
}

impl Place {
    /// The manifest's name there. It says where as lineage.toml does: the place of a layout on this machine is
    /// nobody's business, and not the same on the next.
    fn reference(&self, chart: &str, manifest: Sha256) -> String {
        match &self.destination {
            crate::registry::Destination::Layout(_) => format!("{}@sha256:{manifest}", self.text),
            crate::registry::Destination::Registry { .. } => self.destination.reference(chart, manifest),
        }
    }
}

impl<'a> Release<'a> {
    /// What follows from a verdict.
    fn of(
        cx: &Context<'_>,
        ground: &'a Ground,
        traced: &'a Traced,
        verdict: &'a crate::model::Verdict,
        package: &'a helm::Package,
        page: fn(&LogReport) -> String,
    ) -> Result<Self, Failure> {
        let sbom = bill_of_materials(cx, traced, package)?;
        let tag = traced.lineage.tag.as_ref().map(|tag| tag.name.as_str()).unwrap_or_default();
        let page = page(&log::report(tag, traced, verdict));
        Ok(Self { ground, traced, verdict, package, sbom, page })
    }

    /// The bill of materials as a predicate.
    fn bill_of_materials(&self) -> Result<serde_json::Value, Failure> {
        serde_json::from_slice(&self.sbom)
            .map_err(|error| Failure::negative(format!("the bill of materials is not JSON: {error}")))
    }

    /// The destinations of `lineage.toml` as committed at the tag: nothing else can redirect a release.
    fn destinations(&self, cx: &Context<'_>) -> Result<Destinations, Failure> {
        let Some(tag) = &self.traced.lineage.tag else {
            return Err(Failure::negative("there is no tag to publish"));
        };
        let policy = ground::policy_at(&cx.repo, &tag.commit, &tag.name)?
            .ok_or_else(|| Failure::usage(format!("no lineage.toml at {}", tag.name)))?;
        let root = cx.repo.work_dir().unwrap_or_else(|| cx.cache.path("published"));
        let config = policy.config;
        let publish = config.publish.clone();
        let understood = |text: String| {
            crate::registry::Destination::parse(&text, &root).map(|destination| Place {
                text,
                destination,
                private: publish.private,
            })
        };
        let oci = publish.oci.map(understood).transpose()?;
        let assets = publish.assets.map(|directory| root.join(directory));
        Ok(Destinations { commit: tag.commit.clone(), config, oci, assets })
    }
}

/// The publish statement, last: it says where the release is.
fn record_it(
    cx: &Context<'_>,
    release: &Release<'_>,
    assets: BTreeMap<String, Sha256>,
    number: Option<u64>,
    report: &mut PublishReport,
) -> Result<(), Failure> {
    let lineage = &release.traced.lineage;
    let config = release.ground.config();
    let Some((tag, object)) = lineage.tag.as_ref().and_then(|tag| Some((tag, tag.object.clone()?))) else {
        return Err(Failure::negative("a lightweight tag cannot be published"));
    };
    let claim = PublishClaim {
        about: record::about(
            cx,
            release.ground,
            &lineage.chart,
            &lineage.directory,
            &[("tag", "gitTag", &object)],
        ),
        tag: tag.name.clone(),
        oci: report.oci.clone(),
        assets,
        release: number,
    };
    let uri = Predicate::Publish.uri(&config.predicate_prefix);
    let said = lineage.attestations.iter().any(|attestation| {
        let statement = attestation.statement.as_ref().ok().filter(|s| s.predicate_type == uri);
        let before: Option<PublishClaim> =
            statement.and_then(|s| serde_json::from_value(s.predicate.clone()).ok());
        let same = before.is_some_and(|b| {
            (b.tag, b.oci, b.assets, b.release)
                == (claim.tag.clone(), claim.oci.clone(), claim.assets.clone(), claim.release)
        });
        same && lineage.signed_by(&release.traced.policy, Stage::Publish, &attestation.proof).is_ok()
    });
    let what = format!("sign w8-publish of {}", tag.name);
    let mut drafts: Vec<Draft> = Vec::new();
    if said {
        report.plan.done(what);
    } else {
        report.plan.needed(what);
        if !cx.dry_run {
            let subject = vec![Subject::new(&release.package.file, release.package.tgz_digest)];
            let statement = record::statement(config, Predicate::Publish, subject, &claim)?;
            let pen = record::pen(cx, &release.traced.policy, Stage::Publish)?;
            drafts.push(pen.draft(&lineage.chart, &object, "w8-publish", &statement)?);
        }
    }
    if cx.dry_run {
        return Ok(());
    }
    record::post_and_push(cx, release.ground, &drafts, Vec::new())?;
    if drafts.is_empty() {
        return Ok(());
    }
    cx.repo.fold(&lineage.chart, ground::remote(&cx.repo, config))?;
    Ok(())
}
