//! `sync`.

use super::session::Session;
use super::{Mutating, Services};
use crate::model::{Exit, Failure};
use crate::pipeline::dependencies;
use crate::pipeline::sync::{self, Options};
use crate::terminal::standing;

/// Fetch the evidence, fold what was handed in, push it
///
/// A clone brings no notes along: this fetches them. Records that jobs handed in on refs of their own are
/// folded into the chart's ledger in one atomic push that deletes what it folded; nothing is forced, and
/// writing again after a lost race loses nothing. The first run in a clone pins what every later verdict is
/// measured against, and prints it. The packages from outside that releases were made with, and those the
/// charts on main depend on, are fetched and kept, so that every release can be rebuilt offline; what cannot
/// be had is a warning.
///
/// Evidence that a fallback key signed (`[sign]` in lineage.toml(5)) has nobody but its signer to say when. With
/// `--settle`, each record of a trusted key goes to the log and the timestamp authority, and what they say is kept
/// in a record beside it, which adds its times to the first. It is public and stays so.
///
/// Exit code 3 where the remote cannot be reached, 4 where the ledger changed too often meanwhile.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The charts; none: every chart with a ledger
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    /// Write nothing to the remote
    #[arg(long)]
    fetch_only: bool,
    /// Have a transparency log and a timestamp authority see what a key signed while they were out of reach
    #[arg(long, conflicts_with = "fetch_only")]
    settle: bool,
    /// Bring back records that GitHub's attestation store has
    ///
    /// It is asked for what the charts and releases here hold, and each bundle it has is verified and recorded like
    /// one that somebody hands over with `git lineage attest import`.
    #[arg(long)]
    from_github: bool,
    #[command(flatten)]
    pub(super) services: Services,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { charts, fetch_only, settle, from_github, .. } = args;
    let options = Options { charts, fetch_only, settle, from_github };
    let report = session.work(|cx| {
        let report = sync::run(cx, &options)?;
        Session::wait(dependencies::refresh(cx))?;
        Ok(report)
    })?;
    session.say(&report, standing::sync)?;
    Ok(Exit::Done)
}
