//! `propose`.

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure};
use crate::pipeline::propose::{self, Options};
use crate::terminal::flow;

/// Write the pull request to main (stage 4)
///
/// Prints title and body for each per-chart branch: a releasable title, where the contribution came from,
/// its lineage and its attestation map. The text is for people; nothing ever reads it back as evidence.
///
/// With `forge = "github"` the pull request is opened, or brought up to date, and `--merge` merges it at the commit
/// that was judged, if the evidence is complete. In the local forge there is no pull request to open; `--merge`
/// merges the branch into main in the remote itself.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The charts; none: every open per-chart branch
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    /// Merge it
    #[arg(long)]
    merge: bool,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { charts: args.charts, merge: args.merge };
    let report = session.work_fetching(|cx| propose::run(cx, &options))?;
    session.say(&report, flow::propose)?;
    Ok(Exit::Done)
}
