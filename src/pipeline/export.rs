//! Writes a release's evidence as files other tools read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::value::RawValue;

use super::chain::chain;
use super::resolve::resolve;
use super::trace::{self, Traced};
use super::{Context, files, ground};
use crate::model::{
    Attestation, ChainLink, Counted, Exit, ExportReport, Failure, Oid, Predicted, Sha256, Stage, Verdict,
};
use crate::sigstore;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tag, or anything `verify` takes.
    pub subject: String,
    /// The directory; none: `<tag>` in the current one.
    pub output: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ExportReport, Failure> {
    let ground = ground::ground(cx)?;
    let resolved = resolve(cx, &ground, &options.subject)?;
    let traced = trace::release(cx, &ground, &resolved.tag, resolved.package.as_deref(), None)?;
    let verdict = traced.judge(Stage::Build);
    let files = evidence_files(&traced, &verdict)?;
    let directory = options.output.clone().unwrap_or_else(|| PathBuf::from(&resolved.tag));
    let mut names = Vec::new();
    for (name, bytes) in files {
        if !cx.dry_run {
            files::write(&directory.join(&name), &bytes)?;
        }
        names.push(name);
    }
    Ok(ExportReport { tag: resolved.tag, directory, files: names })
}

/// The evidence of a proven release, as files: name and bytes. `<chart>-<version>.sigstore.json` is the
/// build bundle, verbatim; `.intoto.jsonl` has one DSSE envelope a line; `attestations.jsonl` one bundle a
/// line; `attestation-lineage.json` everything, so that a lost ledger can be restored from it. The same
/// release gives the same bytes.
///
/// # Errors
/// The verdict is not proven up to the build (its own exit code), or a bundle is not where it was judged.
pub fn evidence_files(traced: &Traced, verdict: &Verdict) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let lineage = &traced.lineage;
    let (Some(tag), Some(Ok(package))) = (&lineage.tag, &lineage.package) else {
        return Err(refused(lineage.chart.as_str(), verdict));
    };
    if verdict.exit() != Exit::Done || verdict.upto < Stage::Build {
        return Err(refused(&tag.name, verdict));
    }
    let counted = bundles(traced, verdict)?;
    let mut envelopes = String::new();
    let mut lines = String::new();
    for (_, attestation) in &counted {
        let bundle = attestation.record.bundle.get();
        let envelope = sigstore::envelope_line(bundle).map_err(|why| {
            Failure::negative(format!("the bundle of {} has no envelope to export", attestation.record.name))
                .because(why)
        })?;
        envelopes.push_str(envelope.trim_end());
        envelopes.push('\n');
        lines.push_str(bundle);
        lines.push('\n');
    }
    let name = format!("w7-build-{}", lineage.chart);
    let build = counted.iter().find(|(counted, _)| counted.name == name).ok_or_else(|| {
        Failure::negative(format!("{} has no build statement to export", tag.name))
            .hint(format!("run `git lineage build {}`", tag.name))
    })?;
    let whole = Whole {
        version: 1,
        repository: &traced.policy.config.repository.id,
        chart: &lineage.chart,
        chart_version: &lineage.version,
        directory: &lineage.directory,
        tag: &tag.name,
        tag_object: tag.object.as_ref(),
        commit: &tag.commit,
        content: lineage.content.digest(),
        package: package.digests,
        chain: chain(traced, verdict).into_iter().filter(|link| link.stage != "publish").collect(),
        workflows: workflows(&counted),
        attestations: counted
            .iter()
            .map(|(counted, attestation)| (counted.name.as_str(), Stored::new(counted, attestation)))
            .collect(),
    };
    let mut document = serde_json::to_vec_pretty(&whole)
        .map_err(|e| Failure::negative(format!("the lineage of {} could not be written: {e}", tag.name)))?;
    document.push(b'\n');
    let file = format!("{}-{}", lineage.chart, lineage.version);
    Ok(vec![
        (format!("{file}.sigstore.json"), build.1.record.bundle.get().as_bytes().to_vec()),
        (format!("{file}.intoto.jsonl"), envelopes.into_bytes()),
        ("attestations.jsonl".to_owned(), lines.into_bytes()),
        ("attestation-lineage.json".to_owned(), document),
    ])
}

/// `attestation-lineage.json` (F11).
#[derive(Serialize)]
struct Whole<'a> {
    version: u64,
    repository: &'a str,
    chart: &'a str,
    chart_version: &'a str,
    directory: &'a str,
    tag: &'a str,
    tag_object: Option<&'a Oid>,
    commit: &'a Oid,
    content: Sha256,
    package: Predicted,
    /// Up to the build: what comes later cannot stand in a file that is published.
    chain: Vec<ChainLink>,
    /// The brief's names for what stands over each workflow → attestation id (F7).
    workflows: BTreeMap<&'static str, &'a str>,
    /// Record name → the record.
    attestations: BTreeMap<&'a str, Stored<'a>>,
}

/// A record with what it annotates: a line of the ledger, whole.
#[derive(Serialize)]
struct Stored<'a> {
    /// The object it annotates.
    on: &'a Oid,
    id: &'a str,
    url: &'a str,
    stage: Stage,
    signer: &'a str,
    /// sha256 of the bundle's bytes.
    digest: Sha256,
    bundle: &'a RawValue,
}

impl<'a> Stored<'a> {
    fn new(counted: &'a Counted, attestation: &'a Attestation) -> Self {
        Self {
            on: &attestation.on,
            id: &attestation.record.id,
            url: &attestation.record.url,
            stage: counted.stage,
            signer: &counted.signer,
            digest: attestation.bundle,
            bundle: &attestation.record.bundle,
        }
    }
}

/// The statements that stand for whole workflows, by the names of F7.
fn workflows<'a>(counted: &[(&'a Counted, &'a Attestation)]) -> BTreeMap<&'static str, &'a str> {
    let names = [
        ("w1-overall", "workflow-1-overall"),
        ("w5-semver-bump", "workflow-5-semver"),
        ("w5-overall", "workflow-5-overall"),
        ("w7-overall", "workflow-7-build"),
    ];
    let found = |name| counted.iter().find(|(counted, _)| counted.name == name);
    names.into_iter().filter_map(|(name, key)| Some((key, found(name)?.0.id.as_str()))).collect()
}

/// Every attestation that counts, in the order of the line, each once.
fn bundles<'a>(traced: &'a Traced, verdict: &'a Verdict) -> Result<Vec<(&'a Counted, &'a Attestation)>, Failure> {
    let mut all: Vec<(&Counted, &Attestation)> = Vec::new();
    for counted in &verdict.findings.counted {
        if all.iter().any(|(known, _)| known.bundle == counted.bundle) {
            continue;
        }
        let found = traced.lineage.attestations.iter().find(|attestation| attestation.bundle == counted.bundle);
        let found = found.ok_or_else(|| {
            Failure::undetermined(format!("the bundle of {} is no longer in the ledger", counted.name))
                .hint("run `git lineage sync`")
        })?;
        all.push((counted, found));
    }
    Ok(all)
}

fn refused(what: &str, verdict: &Verdict) -> Failure {
    let exit = if verdict.exit() == Exit::Done { Exit::Negative } else { verdict.exit() };
    let mut failure = Failure::new(exit, format!("{what} is not proven up to its build; nothing is exported"));
    for gap in verdict.gaps() {
        failure = failure.because(gap);
    }
    failure.hint(format!("see `git lineage verify {what}`"))
}
