//! Plumbing: the package of a chart at a revision, unattested.

use std::path::PathBuf;

use super::charts::split_spec;
use super::dependencies::{self, Shelf};
use super::{Context, charts, files as disk, subject};
use crate::git::Repo;
use crate::model::{Dependency, Failure, OciDigest, PackageReport, Payload, Sized};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// `CHART[@REV]`.
    pub spec: String,
    /// The directory it is written to; none: not written.
    pub output: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<PackageReport, Failure> {
    let (chart, commit) = subject::find(&cx.repo, &options.spec)?;
    let files = charts::files(&cx.repo, &chart.tree, &chart.directory)?;
    // What cannot be listed cannot be released: said here already.
    charts::content_of(&files, Some(chart.tree.clone()), &chart.directory)?;
    let recorded = recorded(&cx.repo, &options.spec, &chart.chart)?;
    let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &commit, recorded: recorded.as_deref() };
    let dependencies::Packed { package, dependencies } = dependencies::package(&shelf, &chart, files)?;
    let path = options.output.as_ref().map(|directory| directory.join(&package.file));
    if let Some(path) = path.as_ref().filter(|_| !cx.dry_run) {
        disk::write(path, &package.tgz)?;
    }
    Ok(PackageReport {
        chart: chart.chart,
        chart_version: chart.metadata.version,
        file: package.file,
        tar: Sized { sha256: package.tar_digest, size: package.tar_size },
        tgz: Sized { sha256: package.tgz_digest, size: u64::try_from(package.tgz.len()).unwrap_or(u64::MAX) },
        oci: OciDigest { manifest: format!("sha256:{}", package.oci_digest) },
        dependencies,
        path: path.unwrap_or_default(),
    })
}

/// What a release tag of the chart records of its packages from outside, where the revision is one.
fn recorded(repo: &Repo, spec: &str, chart: &str) -> Result<Option<Vec<Dependency>>, Failure> {
    let (_, revision) = split_spec(spec);
    let name = revision.strip_prefix("refs/tags/").unwrap_or(revision);
    let Some(oid) = repo.find_ref(&format!("refs/tags/{name}"))? else { return Ok(None) };
    let Some(object) = repo.tag_object(&oid)? else { return Ok(None) };
    let payload = Payload::parse(&object.message).ok().map(|(payload, _)| payload);
    Ok(payload.filter(|payload| payload.chart == chart).map(|payload| payload.dependencies))
}
