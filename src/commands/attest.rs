//! `attest import`.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::session::Session;
use super::{Mutating, bump};
use crate::model::{Exit, Failure};
use crate::pipeline::attest::{self, Options};
use crate::terminal::contents;

/// Record attestations made elsewhere
///
/// Only the bundle is believed, and only as far as the policy trusts its signer.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Import(Import),
}

/// Record a bundle in the ledger of its chart
///
/// Reads a Sigstore bundle (version 0.3) with an in-toto statement inside and writes it, byte for byte, to the
/// ledger of the chart its subject names. A bundle that is already there is left alone.
///
/// Exit code 1 where the statement is about no content of this repository.
#[derive(Debug, clap::Args)]
struct Import {
    /// The bundle's file
    bundle: PathBuf,
    /// The chart; none: from the statement
    #[arg(long)]
    chart: Option<String>,
    /// The record's name; none: from the statement
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    mutating: Mutating,
}

impl Args {
    /// Whether it only plans.
    pub(super) fn dry_run(&self) -> bool {
        let What::Import(import) = &self.what;
        import.mutating.dry_run
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let What::Import(Import { bundle, chart, name, .. }) = args.what;
    let options = Options { bundle: read(&bundle)?, chart, name };
    let report = session.work(|cx| attest::run(cx, &options)).map_err(|mut failure| {
        failure.what = format!("{}: {}", bundle.display(), failure.what);
        failure
    })?;
    session.say(&report, contents::import)?;
    Ok(bump::of(report.outcome))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("could not read the bundle {}", path.display())).because(error.to_string())
    })
}
