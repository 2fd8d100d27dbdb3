//! The release as a stranger finds it, before anybody is told: pulled by digest without credentials, its signature
//! and lineage verified from what the remote has.

use serde_json::Value;

use super::oci::{self, COSIGN_SIGN, CYCLONEDX};
use super::{Place, Release};
use crate::model::published::Attached;
use crate::model::{Exit, Failure, PublishReport, Sha256, Stage};
use crate::pipeline::{Context, ground, record, trace};
use crate::registry::{Error, Served};
use crate::sigstore::{self, Keyring};

/// Looks.
///
/// # Errors
/// Strangers are not let in, something else is served, the signature or the lineage does not hold (exit 1); what
/// was attached is not there yet, or the registry cannot be asked (exit 3).
pub(super) async fn run(
    cx: &Context<'_>,
    release: &Release<'_>,
    place: &Place,
    report: &PublishReport,
) -> Result<(), Failure> {
    let digest = release.package.oci_digest;
    let reference = report.oci.clone().unwrap_or_default();
    let tag = oci::tag(report)?;
    let served = place.destination.serve(&report.chart, &tag, digest, place.private).await;
    let served = served.map_err(|error| unseen(error, &reference, place.private))?;
    match served.tag {
        Some(there) if there == digest => {}
        Some(there) => {
            return Err(Failure::conflict(format!("{}:{tag} was published by somebody else", report.chart))
                .because(format!("there is sha256:{there}, the tag gives sha256:{digest}"))
                .hint("find out who else publishes there; a published version never changes"));
        }
        None => {
            return Err(Failure::undetermined(format!("{reference} is there, and {}:{tag} is not", report.chart))
                .hint("run it again"));
        }
    }
    if served.package != release.package.tgz {
        return Err(Failure::negative(format!("{reference} serves other bytes than were pushed"))
            .because(format!("what came is sha256:{}", Sha256::of(&served.package)))
            .hint("do not announce this release; look at the registry first"));
    }
    signed(cx, release, &served, &reference)?;
    lineage(cx, release, &served, &reference)
}

/// What it means that a stranger is not let in.
fn unseen(error: Error, reference: &str, private: bool) -> Failure {
    let refused = matches!(error, Error::Unauthorized(_) | Error::Forbidden(..));
    let why = error.to_string();
    let failure = Failure::from(error);
    if private || !refused {
        return failure;
    }
    Failure::negative(format!("nobody can pull {reference} without logging in"))
        .because(why)
        .hint("make the package public, or set `private = true` under [publish] in lineage.toml, and run it again")
}

/// What has to be attached to the manifest: the signature, the bill of materials, and the build statement as it is in
/// the ledger. Whether each is among what is.
pub(super) fn attached(
    cx: &Context<'_>,
    release: &Release<'_>,
    served: &Served,
) -> Result<Vec<Attached>, Failure> {
    let (policy, lineage) = (&release.traced.policy, &release.traced.lineage);
    let keys = record::trusted_keys(policy)?;
    let found = |predicate_type: &str, predicate: &Value| {
        served.bundles.iter().any(|bundle| {
            let (statement, proof) = sigstore::examine(bundle, Keyring { keys: &keys, roots: &cx.roots });
            let about_it = statement.is_ok_and(|statement| {
                let named = statement.subject.iter().any(|s| s.sha256() == Some(release.package.oci_digest));
                named && statement.predicate_type == predicate_type && statement.predicate == *predicate
            });
            about_it && lineage.signed_by(policy, Stage::Publish, &proof).is_ok()
        })
    };
    let mut parts = vec![
        Attached { link: "oci-signature", what: "signature", found: found(COSIGN_SIGN, &serde_json::json!({})) },
        Attached {
            link: "oci-sbom",
            what: "bill of materials",
            found: found(CYCLONEDX, &release.bill_of_materials()?),
        },
    ];
    if let Some(build) = oci::build(release) {
        let found = served.bundles.iter().any(|bundle| Sha256::of(bundle) == build.bundle);
        parts.push(Attached { link: "oci-build", what: "build statement", found });
    }
    Ok(parts)
}

/// All of it is there.
fn signed(cx: &Context<'_>, release: &Release<'_>, served: &Served, reference: &str) -> Result<(), Failure> {
    match attached(cx, release, served)?.into_iter().find(|part| !part.found) {
        None => Ok(()),
        Some(part) => {
            Err(Failure::undetermined(format!("{reference} has no {} that a stranger can find", part.what))
                .because(format!("{} bundles are attached to it", served.bundles.len()))
                .hint("run it again: what is missing is attached once more"))
        }
    }
}

/// The verdict over what was served, with the ledger as the remote has it now.
fn lineage(cx: &Context<'_>, release: &Release<'_>, served: &Served, reference: &str) -> Result<(), Failure> {
    if let Some(remote) = ground::remote(&cx.repo, release.ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    let tag = release.traced.lineage.tag.as_ref().map(|tag| tag.name.as_str()).unwrap_or_default();
    let traced = trace::release(cx, release.ground, tag, Some(&served.package), None)?;
    let verdict = traced.judge(Stage::Build);
    if verdict.exit() == Exit::Done {
        return Ok(());
    }
    trace::demand(&verdict, &format!("what {reference} serves is not proven"))
}
