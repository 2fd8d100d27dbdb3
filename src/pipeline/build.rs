//! Stage 7: the package of a tag, rebuilt, compared with what the tag predicts, attested.

use std::path::PathBuf;

use super::ground::{self, Ground};
use super::record::{self, Draft, Pen};
use super::trace::{self, Traced};
use super::{Context, files};
use crate::helm;
use crate::model::statement::BuildClaim;
use crate::model::{
    BuildReport, Failure, Oid, Outcome, Plan, Predicate, Sha256, Stage, Statement, Subject, TagFacts,
};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tag's name.
    pub tag: String,
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
    trace::demand(&traced.judge(Stage::Tag), &format!("{} is not proven: nothing was built", options.tag))?;
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
    let drafts = if attested { Vec::new() } else { attest(cx, &ground, &traced, package, facts)? };
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
    ground: &Ground,
    traced: &Traced,
    package: &helm::Package,
    facts: &TagFacts,
) -> Result<Vec<Draft>, Failure> {
    let lineage = &traced.lineage;
    let tag_object = facts.object.clone().ok_or_else(|| Failure::negative("a lightweight tag cannot be built"))?;
    let pen = record::pen(cx, &traced.policy, Stage::Build)?;
    let name = format!("w7-build-{}", lineage.chart);
    let statement = provenance(cx, ground, traced, package, facts, &tag_object)?;
    let build = pen.draft(&lineage.chart, &tag_object, &name, &statement)?;
    let overall = overall(cx, ground, traced, package, &tag_object, &build, &pen, &name)?;
    Ok(vec![build, overall])
}

/// SLSA provenance v1: no external parameters, because nothing outside the tag decides what is built.
fn provenance(
    cx: &Context<'_>,
    ground: &Ground,
    traced: &Traced,
    package: &helm::Package,
    facts: &TagFacts,
    tag_object: &Oid,
) -> Result<Statement, Failure> {
    let lineage = &traced.lineage;
    let prefix = &ground.config().predicate_prefix;
    let tree = lineage.content.tree.clone().ok_or_else(|| Failure::negative("the chart has no tree"))?;
    let objects =
        [("chart", "gitTree", &tree), ("commit", "gitCommit", &facts.commit), ("tag", "gitTag", tag_object)];
    let about = record::about(cx, ground, &lineage.chart, &lineage.directory, &objects);
    let dependencies = about.resolved_dependencies.clone();
    let claim = BuildClaim {
        about,
        tag: facts.name.clone(),
        tag_object: tag_object.clone(),
        package: package.digests(),
        compressor: helm::COMPRESSOR.to_owned(),
    };
    let stem = package.file.trim_end_matches(".tgz");
    let subject = vec![
        Subject::new(&package.file, package.tgz_digest),
        Subject::new(format!("{stem}.tar"), package.tar_digest),
    ];
    let predicate = serde_json::json!({
        "buildDefinition": {
            "buildType": format!("{prefix}package/v1"),
            "externalParameters": {},
            "internalParameters": claim,
            "resolvedDependencies": dependencies,
        },
        "runDetails": {
            "builder": { "id": format!("{prefix}builder/{}", env!("CARGO_PKG_VERSION")) },
            "metadata": { "startedOn": cx.now, "finishedOn": cx.now },
        },
    });
    record::statement(ground.config(), Predicate::Build, subject, &predicate)
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
