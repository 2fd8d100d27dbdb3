//! `sync`.

use super::Mutating;
use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::sync::{self, Options};
use crate::terminal::standing;

/// Fetch the evidence, fold what was handed in, push it
///
/// A clone brings no notes along: this fetches them. Records that jobs handed in on refs of their own are
/// folded into the chart's ledger in one atomic push that deletes what it folded; nothing is forced, and
/// writing again after a lost race loses nothing. The first run in a clone pins what every later verdict is
/// measured against, and prints it.
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
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { charts: args.charts, fetch_only: args.fetch_only };
    let report = session.work(|cx| sync::run(cx, &options))?;
    session.say(&report, standing::sync)?;
    Ok(Exit::Done)
}
