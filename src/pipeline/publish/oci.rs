//! The registry's part: push, sign by digest, attach the bill of materials and the provenance.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Place, Release};
use crate::model::config::SignMode;
pub(super) use crate::model::image::COSIGN_SIGN;
use crate::model::statement::{SLSA_PROVENANCE, STATEMENT_TYPE};
use crate::model::{
    Attestation, Failure, Oid, Predicate, PublishReport, Sha256, Stage, Statement, Subject, version,
};
use crate::pipeline::Context;
use crate::pipeline::record;
use crate::registry::{ChartArtifact, Classic, Destination, Envelope};
use crate::sigstore::PublicKey;

/// The predicate type of a bill of materials in the JSON of `CycloneDX`
/// ([in-toto](https://github.com/in-toto/attestation/blob/main/spec/predicates/cyclonedx.md)).
pub(super) const CYCLONEDX: &str = "https://cyclonedx.org/bom";

/// Pushes, signs and attaches.
pub(super) async fn run(
    cx: &mut Context<'_>,
    release: &Release<'_>,
    place: &Place,
    report: &mut PublishReport,
) -> Result<(), Failure> {
    let package = release.package;
    let destination = &place.destination;
    let chart = report.chart.clone();
    let tag = tag(report)?;
    let reference = place.reference(&chart, package.oci_digest);
    report.oci = Some(reference.clone());
    let what = format!("push {chart}:{tag} as {reference}");
    match destination.resolve(&chart, &tag).await? {
        Some(there) if there == package.oci_digest => report.plan.done(what),
        Some(there) => {
            return Err(Failure::conflict(format!("{chart}:{tag} is already published with other content"))
                .because(format!("there is sha256:{there}, the tag gives sha256:{}", package.oci_digest))
                .hint("a published version never changes: release a higher one"));
        }
        None => {
            report.plan.needed(what);
            if !cx.dry_run {
                let artifact = ChartArtifact {
                    chart: &chart,
                    tag: &tag,
                    config: &package.oci_config,
                    layer: &package.tgz,
                    manifest: &package.oci_manifest,
                };
                destination.push(&artifact, cx.on).await?;
            }
        }
    }
    let signature = Said {
        what: format!("sign {reference}"),
        name: "w8-oci-signature",
        predicate_type: COSIGN_SIGN,
        predicate: serde_json::json!({}),
    };
    say(cx, release, destination, report, &reference, signature).await?;
    sign_for_the_old(cx, release, destination, report, &reference).await?;
    let bom = Said {
        what: format!("attach the bill of materials to {reference}"),
        name: "w8-sbom",
        predicate_type: CYCLONEDX,
        predicate: release.bill_of_materials()?,
    };
    say(cx, release, destination, report, &reference, bom).await?;
    provenance(cx, release, destination, report, &reference).await
}

/// The tag a registry knows the version by.
pub(super) fn tag(report: &PublishReport) -> Result<String, Failure> {
    Ok(version::oci_tag(&version::parse(&report.chart_version).map_err(Failure::negative)?))
}

/// What is said of the manifest once it is there.
struct Said {
    /// The plan's words for it.
    what: String,
    /// The name of its record.
    name: &'static str,
    predicate_type: &'static str,
    predicate: Value,
}

impl Said {
    /// Whether a statement says just this of a manifest.
    fn is(&self, statement: &Statement, manifest: Sha256) -> bool {
        statement.predicate_type == self.predicate_type
            && statement.predicate == self.predicate
            && statement.subject.iter().any(|subject| subject.sha256() == Some(manifest))
    }
}

/// Signs and attaches. The bundle is in the ledger before it is attached, so that a second run attaches the same one
/// instead of another, wherever the first was stopped.
async fn say(
    cx: &Context<'_>,
    release: &Release<'_>,
    destination: &Destination,
    report: &mut PublishReport,
    reference: &str,
    said: Said,
) -> Result<(), Failure> {
    let lineage = &release.traced.lineage;
    let digest = release.package.oci_digest;
    let kept = lineage.attestations.iter().find(|attestation| {
        let says = attestation.statement.as_ref().is_ok_and(|statement| said.is(statement, digest));
        says && lineage.signed_by(&release.traced.policy, Stage::Publish, &attestation.proof).is_ok()
    });
    let bundle = match kept {
        Some(attestation) => {
            if attached(release, destination, report, attestation, said.predicate_type).await? {
                report.plan.done(said.what);
                return Ok(());
            }
            report.plan.needed(said.what);
            attestation.record.bundle.get().to_owned()
        }
        None => {
            report.plan.needed(said.what);
            if cx.dry_run {
                return Ok(());
            }
            let statement = Statement {
                kind: STATEMENT_TYPE.to_owned(),
                subject: vec![Subject {
                    name: reference.split('@').next().unwrap_or_default().to_owned(),
                    digest: BTreeMap::from([("sha256".to_owned(), digest.to_string())]),
                }],
                predicate_type: said.predicate_type.to_owned(),
                predicate: said.predicate,
            };
            let pen = record::pen(cx, &release.traced.policy, Stage::Publish)?;
            let draft = pen.draft(&report.chart, &object(release)?, said.name, &statement)?;
            record::post_and_push(cx, release.ground, std::slice::from_ref(&draft), Vec::new())?;
            draft.record.bundle.get().to_owned()
        }
    };
    attach(cx, release, destination, report, &bundle, said.predicate_type).await
}

/// The signature where clients from before bundles look for it. There is no such form of a certificate's: its log
/// entry has no place there.
async fn sign_for_the_old(
    cx: &Context<'_>,
    release: &Release<'_>,
    destination: &Destination,
    report: &mut PublishReport,
    reference: &str,
) -> Result<(), Failure> {
    let policy = &release.traced.policy;
    let Destination::Registry { .. } = destination else { return Ok(()) };
    if policy.config.sign.mode != SignMode::Key {
        return Ok(());
    }
    let digest = release.package.oci_digest;
    let what = format!("sign {reference} for clients that know no bundles");
    let there = destination.signatures(&report.chart, digest).await?;
    let (payload, signed) = signed_for_the_old(release, reference, &there)?;
    if signed {
        report.plan.done(what);
        return Ok(());
    }
    report.plan.needed(what);
    if cx.dry_run {
        return Ok(());
    }
    let signature = record::pen(cx, policy, Stage::Publish)?.sign_blob(reference, &payload)?;
    destination.sign(&report.chart, digest, &Classic { payload, signature }).await?;
    Ok(())
}

/// What such a signature is over, and whether one of these is over it and by a key that may publish.
pub(super) fn signed_for_the_old(
    release: &Release<'_>,
    reference: &str,
    there: &[Classic],
) -> Result<(Vec<u8>, bool), Failure> {
    let name = reference.split('@').next().unwrap_or_default().trim_start_matches("oci://");
    let payload = Classic::payload(name, release.package.oci_digest);
    let keys = release.traced.policy.config.keys_for(Stage::Publish).map(|key| PublicKey::parse(&key.public));
    let keys: Vec<PublicKey> = keys.collect::<Result<_, _>>()?;
    let over_it = there.iter().filter(|classic| classic.payload == payload);
    let signed =
        over_it.into_iter().any(|classic| keys.iter().any(|key| key.signed(&payload, &classic.signature)));
    Ok((payload, signed))
}

/// The build statement, as it lies in the ledger: its subjects are the file and this manifest.
async fn provenance(
    cx: &Context<'_>,
    release: &Release<'_>,
    destination: &Destination,
    report: &mut PublishReport,
    reference: &str,
) -> Result<(), Failure> {
    let Some(build) = build(release) else { return Ok(()) };
    let what = format!("attach the build statement to {reference}");
    if attached(release, destination, report, build, SLSA_PROVENANCE).await? {
        report.plan.done(what);
        return Ok(());
    }
    report.plan.needed(what);
    if cx.dry_run {
        return Ok(());
    }
    attach(cx, release, destination, report, build.record.bundle.get(), SLSA_PROVENANCE).await
}

/// The build statement that counted, if it names the manifest: those of earlier versions name the file alone.
pub(super) fn build<'a>(release: &Release<'a>) -> Option<&'a Attestation> {
    let uri = Predicate::Build.uri(&release.ground.config().predicate_prefix);
    let counted = |bundle| release.verdict.findings.counted.iter().any(|counted| counted.bundle == bundle);
    release.traced.lineage.attestations.iter().find(|attestation| {
        let names = attestation.statement.as_ref().is_ok_and(|statement| {
            let subjects = statement.subject.iter();
            let manifest = subjects.filter(|s| s.sha256() == Some(release.package.oci_digest)).count();
            statement.predicate_type == uri && manifest == 1
        });
        names && counted(attestation.bundle)
    })
}

/// Whether a bundle is wherever clients look for it.
async fn attached(
    release: &Release<'_>,
    destination: &Destination,
    report: &PublishReport,
    attestation: &Attestation,
    predicate_type: &str,
) -> Result<bool, Failure> {
    let digest = release.package.oci_digest;
    if !destination.attached(&report.chart, digest, attestation.bundle).await? {
        return Ok(false);
    }
    match for_the_old(release, attestation.record.bundle.get(), predicate_type) {
        Some(envelope) => Ok(destination.states(&report.chart, digest, &envelope).await?),
        None => Ok(true),
    }
}

/// A statement as clients from before bundles read it, by the key that signed it. The signature has a place of its
/// own, and for a certificate there is none.
fn for_the_old(release: &Release<'_>, bundle: &str, predicate_type: &str) -> Option<Envelope> {
    let by_key = release.traced.policy.config.sign.mode == SignMode::Key;
    Envelope::of(bundle, predicate_type).filter(|_| by_key && predicate_type != COSIGN_SIGN)
}

async fn attach(
    cx: &Context<'_>,
    release: &Release<'_>,
    destination: &Destination,
    report: &PublishReport,
    bundle: &str,
    predicate_type: &str,
) -> Result<(), Failure> {
    if cx.dry_run {
        return Ok(());
    }
    let (digest, size) = (release.package.oci_digest, release.package.oci_manifest.len() as u64);
    let created = cx.now.to_string();
    destination.attach(&report.chart, digest, size, bundle, predicate_type, &created).await?;
    if let Some(envelope) = for_the_old(release, bundle, predicate_type) {
        destination.state(&report.chart, digest, &envelope).await?;
    }
    Ok(())
}

/// The tag object, which records about the release annotate.
fn object(release: &Release<'_>) -> Result<Oid, Failure> {
    let object = release.traced.lineage.tag.as_ref().and_then(|tag| tag.object.clone());
    object.ok_or_else(|| Failure::negative("a lightweight tag cannot be published"))
}
