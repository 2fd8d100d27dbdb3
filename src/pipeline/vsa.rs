//! `verify --vsa`: the verdict as a SLSA verification summary, for those who would rather trust us than look.

use std::path::{Path, PathBuf};

use super::ground::{self, Ground};
use super::trace::Traced;
use super::{Context, files};
use crate::model::statement::{
    Descriptor, Provenance, SLSA_VERSION, STATEMENT_TYPE, Summary, SummaryOutcome, VERIFICATION_SUMMARY, Verifier,
    levels,
};
use crate::model::{
    Event, Exit, Failure, Policy, Predicate, Proof, Sha256, Stage, Statement, Subject, TagFacts, Verdict,
};
use crate::sigstore::{self, Keyring, PrivateKey, Roots};

/// A summary on its way to a file.
pub(super) struct Writer {
    path: PathBuf,
    key: Option<PrivateKey>,
    statement: Option<Statement>,
}

impl Writer {
    /// Makes ready: reads the key, and takes away an earlier summary, so that it cannot stand for this run should
    /// there be no verdict.
    ///
    /// # Errors
    /// The key is unusable (exit 2), or the earlier file cannot be taken away (exit 3).
    pub(super) fn new(cx: &Context<'_>, path: &Path) -> Result<Self, Failure> {
        let work_dir = cx.repo.work_dir();
        let key = cx.key.as_deref().map(|key| PrivateKey::load(key, work_dir.as_deref())).transpose()?;
        match std::fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::undetermined(format!("could not replace {}", path.display()))
                    .because(error.to_string())
                    .hint("name a file that may be written"));
            }
        }
        Ok(Self { path: path.to_owned(), key, statement: None })
    }

    /// Takes a verdict up to the build, about the release or the package file that was given. It has passed
    /// where `exit` says so: a waived check may be too little for the caller.
    ///
    /// # Errors
    /// The statement cannot be made.
    pub(super) fn take(
        &mut self,
        cx: &Context<'_>,
        ground: &Ground,
        traced: &Traced,
        verdict: &Verdict,
        given: Option<&[u8]>,
        exit: Exit,
    ) -> Result<(), Failure> {
        let (lineage, policy) = (&traced.lineage, &traced.policy);
        let passed = verdict.upto >= Stage::Build && exit == Exit::Done;
        let stem = format!("{}-{}", lineage.chart, lineage.version);
        let said = lineage.tag.as_ref().and_then(|tag| tag.payload.as_ref().ok()).map(|(payload, _)| payload);
        let package = match (said, &lineage.package) {
            (Some(payload), _) => Some(payload.predicted),
            (None, Some(Ok(package))) => Some(package.digests),
            (None, _) => None,
        };
        // What another compressor made cannot be made again here: of it only the tar, and a file at hand, were seen.
        let ours = match (said, &lineage.package) {
            (Some(payload), Some(Ok(package))) => payload.compressor == package.compressor,
            _ => true,
        };
        let subject = match (given, package) {
            // A file that is not the release's is what failed; the release it claims to be is not.
            (Some(bytes), _) if !passed => vec![Subject::new(format!("{stem}.tgz"), Sha256::of(bytes))],
            (Some(_), Some(package)) if !ours => vec![Subject::new(format!("{stem}.tgz"), package.tgz)],
            (None, Some(package)) if !ours => vec![Subject::new(format!("{stem}.tar"), package.tar)],
            (_, Some(package)) => vec![
                Subject::new(format!("{stem}.tgz"), package.tgz),
                Subject::new(format!("{stem}.manifest.json"), package.oci),
            ],
            (_, None) => return Ok(()),
        };
        let mut inputs: Vec<Descriptor> = Vec::new();
        for counted in &verdict.findings.counted {
            let input = Descriptor::new(&counted.name, counted.bundle);
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        let levels = if passed { achieved(traced, verdict) } else { vec!["FAILED".to_owned()] };
        let resource = match &lineage.tag {
            Some(tag) => resource(cx, ground, tag, &lineage.chart, &lineage.version),
            None => return Ok(()),
        };
        self.statement = Some(statement(cx, policy, subject, resource, inputs, passed, levels)?);
        Ok(())
    }

    /// Takes a release from before lineage, of which there is no verdict: all that can be said is said of the
    /// package file that was given.
    ///
    /// # Errors
    /// The statement cannot be made.
    pub(super) fn take_unattested(
        &mut self,
        cx: &Context<'_>,
        ground: &Ground,
        tag: &TagFacts,
        given: Option<&[u8]>,
    ) -> Result<(), Failure> {
        let Some(bytes) = given else { return Ok(()) };
        let subject = vec![Subject::new(format!("{}.tgz", tag.name), Sha256::of(bytes))];
        let resource = named(ground, tag);
        let levels = vec!["FAILED".to_owned()];
        self.statement = Some(statement(cx, &ground.policy, subject, resource, Vec::new(), false, levels)?);
        Ok(())
    }

    /// Writes what was taken: a bundle where there is a key, the bare statement otherwise.
    ///
    /// # Errors
    /// It cannot be signed or written.
    pub(super) fn finish(self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let path = self.path.display();
        let Some(statement) = self.statement else {
            (cx.on)(Event::Warning(format!("{path} was not written: there is no package to be about")));
            return Ok(());
        };
        let mut text = match &self.key {
            Some(key) => signed(key, &statement)?,
            None => {
                (cx.on)(Event::Warning(format!(
                    "{path} is not signed, and says nothing to anybody else; name a key with --key"
                )));
                crate::model::json::canonical(&statement)
            }
        };
        text.push('\n');
        files::write(&self.path, text.as_bytes())
    }
}

fn signed(key: &PrivateKey, statement: &Statement) -> Result<String, Failure> {
    let bundle = key.sign(statement)?;
    let ring = Keyring { keys: &[key.public()], roots: &Roots::none() };
    let (read, proof) = sigstore::examine(&bundle, ring);
    if proof != Proof::key(key.public().fingerprint) || read.as_ref() != Ok(statement) {
        return Err(Failure::negative("the signature over the summary does not verify; nothing was written"));
    }
    Ok(bundle)
}

fn statement(
    cx: &Context<'_>,
    policy: &Policy,
    subject: Vec<Subject>,
    resource_uri: String,
    input_attestations: Vec<Descriptor>,
    passed: bool,
    verified_levels: Vec<String>,
) -> Result<Statement, Failure> {
    let summary = Summary {
        verifier: Verifier::new(env!("CARGO_PKG_VERSION")),
        time_verified: cx.now,
        resource_uri,
        policy: Descriptor::new(ground::POLICY_FILE, policy.digest),
        input_attestations,
        verification_result: if passed { SummaryOutcome::Passed } else { SummaryOutcome::Failed },
        verified_levels,
        slsa_version: SLSA_VERSION.to_owned(),
    };
    let predicate = serde_json::to_value(summary)
        .map_err(|e| Failure::negative(format!("the summary could not be written: {e}")))?;
    Ok(Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject,
        predicate_type: VERIFICATION_SUMMARY.to_owned(),
        predicate,
    })
}

/// The level of the build statement that counted.
fn achieved(traced: &Traced, verdict: &Verdict) -> Vec<String> {
    let uri = Predicate::Build.uri(&traced.policy.config.predicate_prefix);
    let counted = |bundle| verdict.findings.counted.iter().any(|counted| counted.bundle == bundle);
    let build = traced.lineage.attestations.iter().find_map(|attestation| {
        let statement = attestation.statement.as_ref().ok().filter(|statement| statement.predicate_type == uri)?;
        let provenance: Provenance = serde_json::from_value(statement.predicate.clone()).ok()?;
        counted(attestation.bundle).then(|| levels(&attestation.proof, &provenance.run_details.builder.id))
    });
    build.unwrap_or_else(|| levels(&Proof::Rejected(String::new()), ""))
}

/// What the release is called by whoever fetches it: its place in the registry that `lineage.toml` at the tag
/// names, or else repository and tag.
fn resource(cx: &Context<'_>, ground: &Ground, tag: &TagFacts, chart: &str, version: &str) -> String {
    let policy = ground::policy_at(&cx.repo, &tag.commit, &tag.name).ok().flatten();
    let oci = policy.and_then(|policy| policy.config.publish.oci).filter(|oci| oci.starts_with("oci://"));
    match oci {
        // Registries know no `+`; Helm writes `_` for it.
        Some(oci) => format!("{}/{chart}:{}", oci.trim_end_matches('/'), version.replace('+', "_")),
        None => named(ground, tag),
    }
}

fn named(ground: &Ground, tag: &TagFacts) -> String {
    let config = ground.config();
    format!("{}release/{}/{}", config.predicate_prefix, config.repository.id, tag.name)
}
