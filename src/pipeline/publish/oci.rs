//! The registry's part: push, pull back, sign by digest.

use std::collections::BTreeMap;

use super::Release;
use crate::model::statement::STATEMENT_TYPE;
use crate::model::{Failure, PublishReport, Stage, Statement, Subject, version};
use crate::pipeline::Context;
use crate::pipeline::record;
use crate::registry::{ChartArtifact, Destination};

/// cosign's predicate type for a plain signature.
const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

/// Pushes and signs.
pub(super) async fn run(
    cx: &mut Context<'_>,
    release: &Release<'_>,
    text: &str,
    destination: &Destination,
    report: &mut PublishReport,
) -> Result<(), Failure> {
    let package = release.package;
    let chart = report.chart.clone();
    let parsed = version::parse(&report.chart_version).map_err(Failure::negative)?;
    let tag = version::oci_tag(&parsed);
    // What is signed says where as lineage.toml does: the place of a layout on this machine is nobody's
    // business, and not the same on the next.
    let reference = match destination {
        Destination::Layout(_) => format!("{text}@sha256:{}", package.oci_digest),
        Destination::Registry { .. } => destination.reference(&chart, package.oci_digest),
    };
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
    if !cx.dry_run {
        smoke(destination, &chart, release, &reference).await?;
    }
    sign(cx, release, destination, report, &reference).await
}

/// What the registry serves is what was attested, before anybody is told.
async fn smoke(
    destination: &Destination,
    chart: &str,
    release: &Release<'_>,
    reference: &str,
) -> Result<(), Failure> {
    let served = destination.pull(chart, release.package.oci_digest).await?;
    if served == release.package.tgz {
        return Ok(());
    }
    Err(Failure::negative(format!("{reference} serves other bytes than were pushed"))
        .hint("do not announce this release; look at the registry first"))
}

/// A cosign signature by digest. The bundle is in the ledger before it is attached, so that a second run
/// attaches the same one instead of another, wherever the first was stopped.
async fn sign(
    cx: &Context<'_>,
    release: &Release<'_>,
    destination: &Destination,
    report: &mut PublishReport,
    reference: &str,
) -> Result<(), Failure> {
    let lineage = &release.traced.lineage;
    let digest = release.package.oci_digest;
    let mut subject = Subject::new("", digest);
    subject.name = reference.split('@').next().unwrap_or_default().to_owned();
    let kept = lineage.attestations.iter().find(|attestation| {
        let about_it = attestation.statement.as_ref().is_ok_and(|statement| {
            statement.predicate_type == COSIGN_SIGN && statement.subject.iter().any(|s| s.sha256() == Some(digest))
        });
        about_it && lineage.signed_by(&release.traced.policy, Stage::Publish, &attestation.proof).is_ok()
    });
    let what = format!("sign {reference}");
    let bundle = match kept {
        Some(attestation) => {
            let there = destination.attached(&report.chart, digest, attestation.bundle).await?;
            if there {
                report.plan.done(what);
                return Ok(());
            }
            report.plan.needed(what);
            attestation.record.bundle.get().to_owned()
        }
        None => {
            report.plan.needed(what);
            if cx.dry_run {
                return Ok(());
            }
            let statement = Statement {
                kind: STATEMENT_TYPE.to_owned(),
                subject: vec![Subject {
                    name: subject.name,
                    digest: BTreeMap::from([("sha256".to_owned(), digest.to_string())]),
                }],
                predicate_type: COSIGN_SIGN.to_owned(),
                predicate: serde_json::json!({}),
            };
            let pen = record::pen(cx, &release.traced.policy, Stage::Publish)?;
            let object = lineage.tag.as_ref().and_then(|tag| tag.object.clone());
            let object = object.ok_or_else(|| Failure::negative("a lightweight tag cannot be published"))?;
            let draft = pen.draft(&report.chart, &object, "w8-oci-signature", &statement)?;
            record::post_and_push(cx, release.ground, std::slice::from_ref(&draft), Vec::new())?;
            draft.record.bundle.get().to_owned()
        }
    };
    if cx.dry_run {
        return Ok(());
    }
    let size = release.package.oci_manifest.len() as u64;
    let created = cx.now.to_string();
    destination.attach(&report.chart, digest, size, &bundle, COSIGN_SIGN, &created).await?;
    Ok(())
}
