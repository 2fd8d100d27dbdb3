//! `package`.

use std::path::PathBuf;

use super::Mutating;
use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::package::{self, Options};
use crate::terminal::contents;

/// Package a chart at a revision, unattested
///
/// Writes `<name>-<version>.tgz` as stock Helm reads it, from git objects alone, and prints the digests of the
/// tar, the tgz and the OCI manifest. The same commit gives the same bytes on every machine.
///
/// What `charts/` lacks of the dependencies is put there as `helm dependency build` does: charts of this
/// repository (by a `file:` address, or the one it publishes to itself) from the same commit, others in the version
/// that Chart.lock names from their repository, where they are fetched once and kept by their digest. At a
/// release tag they have to be the very packages its payload records.
///
/// Exit code 1 where the chart cannot be packaged, 3 where a package it depends on cannot be fetched, 4 where
/// another one than the recorded was served.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The chart, and the revision it is taken from; none: HEAD
    #[arg(value_name = "CHART[@REV]")]
    spec: String,
    /// The directory it is written to
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let output = (!args.mutating.dry_run).then_some(args.output);
    let options = Options { spec: args.spec, output };
    let report = session.work_fetching(|cx| package::run(cx, &options))?;
    session.say(&report, contents::package)?;
    Ok(Exit::Done)
}
