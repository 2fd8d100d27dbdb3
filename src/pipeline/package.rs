//! Plumbing: the package of a chart at a revision, unattested.

use std::path::PathBuf;

use super::{Context, charts, files as disk, subject};
use crate::helm;
use crate::model::{Failure, OciDigest, PackageReport, Sized};

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
    charts::content_of(files.clone(), Some(chart.tree.clone()), &chart.directory)?;
    let epoch = cx.repo.commit(&commit)?.committed;
    let package = helm::package(&chart.directory, &files, epoch)?;
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
        path: path.unwrap_or_default(),
    })
}
