//! Stage 7: the package of a tag, rebuilt, compared with what the tag predicts, attested.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ground::{self, Ground};
use super::record::{self, Draft, Pen};
use super::trace::{self, Traced};
use super::{Context, anchor, files};
use crate::helm;
use crate::model::config::Config;
use crate::model::statement::{
    BuildClaim, BuildDefinition, Builder, Byproduct, GitDependency, Metadata, Provenance, RunDetails,
};
use crate::model::{
    BuildReport, Failure, Oid, Outcome, Plan, Predicate, Sha256, Stage, Statement, Subject, TagFacts,
};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tag's name.
    pub tag: String,
    /// The CI job this is; none elsewhere.
    pub run: Option<Run>,
}

/// The CI job a build runs in, as the job's environment says. It is written into what is signed and never
/// believed because of it: the certificate of a keyless signature says the same, and with proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The workflow's URI: `https://github.com/o/r/.github/workflows/f.yml@refs/heads/main`.
    pub workflow: String,
    /// The run's page.
    pub page: String,
}

/// Where packages are left for inspection, as the brief names it.
const PACKAGES: &str = ".cr-release-packages";

/// Builds and attests.
///
/// # Errors
/// The tag is not proven so far (exit 1, 3 or 4), or nothing can be written.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<BuildReport, Failure> {
    let ground = ground::ground(cx)?;
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    let traced = trace::release(cx, &ground, &options.tag, None, None)?;
    let verdict = traced.judge(Stage::Tag);
    let what = format!("{} is not proven: nothing was built", options.tag);
    trace::demand(&verdict, &what)?;
    anchor::demand(cx, &ground, &traced, &what)?;
    trace::warn(cx, &verdict);
    let (Some(package), Some(facts)) = (&traced.package, &traced.lineage.tag) else {
        return Err(Failure::negative(format!("the package of {} cannot be built", options.tag)));
    };
    let path = directory(cx).join(&package.file);
    let mut report = BuildReport {
        tag: facts.name.clone(),
        chart: traced.lineage.chart.clone(),
        file: package.file.clone(),
        path: path.clone(),
        package: package.digests(),
        outcome: Outcome::Unchanged,
        plan: Plan::default(),
    };
    let what = format!("write {}", package.file);
    let written = files::holds(&path, &package.tgz)?;
    if written {
        report.plan.done(what);
    } else {
        report.plan.needed(what);
    }
    let attested = traced.judge(Stage::Build).exit() == crate::model::Exit::Done;
    let what = format!("sign w7-build-{} and w7-overall of {}", traced.lineage.chart, facts.name);
    if attested {
        report.plan.done(what);
    } else {
        report.plan.needed(what);
        report.outcome = Outcome::Created;
    }
    if cx.dry_run {
        return Ok(report);
    }
    if !written {
        if cx.repo.work_dir().is_some() {
            // The directory is in the work tree, and `git add -A` must not take packages along.
            files::write(&directory(cx).join(".gitignore"), b"*\n")?;
        }
        files::write(&path, &package.tgz)?;
        // For inspection, not for the repository.
        files::write(&path.with_file_name(".gitignore"), b"*\n")?;
    }
    let drafts = if attested { Vec::new() } else { attest(cx, options, &ground, &traced, package, facts)? };
    record::post_and_push(cx, &ground, &drafts, Vec::new())?;
    if !attested {
        cx.repo.fold(&traced.lineage.chart, ground::remote(&cx.repo, ground.config()))?;
    }
    Ok(report)
}

/// In the work tree, or under the git directory where there is none.
fn directory(cx: &Context<'_>) -> PathBuf {
    cx.repo.work_dir().map_or_else(|| cx.cache.path("packages"), |root| root.join(PACKAGES))
}

/// The build statement and the stage's overall statement.
fn attest(
    cx: &Context<'_>,
    options: &Options,
    ground: &Ground,
    traced: &Traced,
    package: &helm::Package,
    facts: &TagFacts,
) -> Result<Vec<Draft>, Failure> {
    let lineage = &traced.lineage;
    let tag_object = facts.object.clone().ok_or_else(|| Failure::negative("a lightweight tag cannot be built"))?;
    let pen = record::pen(cx, &traced.policy, Stage::Build)?;
    let name = format!("w7-build-{}", lineage.chart);
    let statement = provenance(cx, options, ground, traced, package, facts, &tag_object)?;
    let build = pen.draft(&lineage.chart, &tag_object, &name, &statement)?;
    let overall = overall(cx, ground, traced, package, &tag_object, &build, &pen, &name)?;
    Ok(vec![build, overall])
}

/// SLSA provenance v1: no external parameters, because nothing outside the tag decides what is built.
fn provenance(
    cx: &Context<'_>,
    options: &Options,
    ground: &Ground,
    traced: &Traced,
    package: &helm::Package,
    facts: &TagFacts,
    tag_object: &Oid,
) -> Result<Statement, Failure> {
    let lineage = &traced.lineage;
    let prefix = &ground.config().predicate_prefix;
    let tree = lineage.content.tree.clone().ok_or_else(|| Failure::negative("the chart has no tree"))?;
    let at = origin(cx, ground.config()).map(|origin| format!("{origin}@refs/tags/{}", facts.name));
    let tag = GitDependency { uri: at.clone(), ..GitDependency::new("tag", "gitTag", tag_object.clone()) };
    let commit = GitDependency { uri: at, ..GitDependency::new("commit", "gitCommit", facts.commit.clone()) };
    let chart = GitDependency::new("chart", "gitTree", tree);
    let stem = package.file.trim_end_matches(".tgz");
    let (id, invocation_id) = match &options.run {
        Some(run) => (run.workflow.clone(), Some(run.page.clone())),
        None => (Provenance::local_builder(prefix), None),
    };
    let program = (env!("CARGO_PKG_NAME").to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    let predicate = Provenance {
        build_definition: BuildDefinition {
            build_type: Provenance::build_type(prefix),
            external_parameters: BTreeMap::new(),
            internal_parameters: BuildClaim {
                about: record::about(cx, ground, &lineage.chart, &lineage.directory, &[]),
                tag: facts.name.clone(),
                tag_object: tag_object.clone(),
                package: package.digests(),
                compressor: helm::COMPRESSOR.to_owned(),
            },
            resolved_dependencies: vec![tag, commit, chart],
        },
        run_details: RunDetails {
            builder: Builder { id, version: BTreeMap::from([program]) },
            metadata: Metadata { invocation_id, started_on: cx.now, finished_on: cx.now },
            byproducts: vec![
                Byproduct::new(format!("{stem}.tar"), package.tar_digest, "application/x-tar"),
                Byproduct::new(
                    format!("{stem}.manifest.json"),
                    package.oci_digest,
                    "application/vnd.oci.image.manifest.v1+json",
                ),
            ],
        },
    };
    // Of the file, and of the manifest that a registry knows it by: what asks a registry finds the same statement.
    let subject = vec![
        Subject::new(&package.file, package.tgz_digest),
        Subject::new(format!("{stem}.manifest.json"), package.oci_digest),
    ];
    record::statement(ground.config(), Predicate::Build, subject, &predicate)
}

/// Where the tag can be fetched, as far as a stranger could: an https address, without what stands in it to
/// log in with.
fn origin(cx: &Context<'_>, config: &Config) -> Option<String> {
    let remote = ground::remote(&cx.repo, config)?;
    public_address(&cx.repo.config(&format!("remote.{remote}.url"))?)
}

fn public_address(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit('@').next().filter(|host| !host.is_empty())?;
    let plain = path.chars().all(|c| c.is_ascii_graphic() && c != '@');
    plain.then(|| format!("git+https://{host}/{}", path.trim_end_matches('/')))
}

#[expect(clippy::too_many_arguments, reason = "the parts of one statement, used once")]
fn overall(
    cx: &Context<'_>,
    ground: &Ground,
    traced: &Traced,
    package: &helm::Package,
    tag_object: &Oid,
    build: &Draft,
    pen: &Pen,
    name: &str,
) -> Result<Draft, Failure> {
    let lineage = &traced.lineage;
    let payload = lineage.tag.as_ref().and_then(|tag| tag.payload.as_ref().ok()).map(|(payload, _)| payload);
    let named = payload.map(|payload| payload.attestations.clone()).unwrap_or_default();
    // The brief's release statement (F7): the two overall statements before, the bump, and the build.
    let mut parts: Vec<(String, String, Sha256)> = ["w1-overall", "w5-semver-bump", "w5-overall"]
        .iter()
        .filter_map(|name| named.get(*name).map(|n| ((*name).to_owned(), n.id.clone(), n.bundle)))
        .collect();
    parts.push((name.to_owned(), build.record.id.clone(), build.bundle()));
    let parent = named.get("w5-overall").map(|named| named.bundle);
    let about = record::about(cx, ground, &lineage.chart, &lineage.directory, &[("tag", "gitTag", tag_object)]);
    let subject = Subject::new(&package.file, package.tgz_digest);
    let statement = record::overall(ground.config(), Predicate::BuildOverall, about, subject, &parts, parent)?;
    pen.draft(&lineage.chart, tag_object, "w7-overall", &statement)
}

#[cfg(test)]
mod tests {
    use super::public_address;

    #[test]
    fn an_address_is_told_without_what_logs_in() {
        for (url, told) in [
            ("https://github.com/o/r.git", Some("git+https://github.com/o/r.git")),
            ("https://me:secret@github.com/o/r/", Some("git+https://github.com/o/r")),
            ("https://x-access-token:t@h/o/r?token=t", Some("git+https://h/o/r")),
            ("git@github.com:o/r.git", None),
            ("/srv/git/r.git", None),
            ("file:///srv/git/r.git", None),
            ("http://h/o/r", None),
            ("https://", None),
            ("https://@/o", None),
            ("https://h/a b", None),
            ("https://h/me:secret@x/r", None),
        ] {
            assert_eq!(public_address(url).as_deref(), told, "{url}");
        }
    }
}
