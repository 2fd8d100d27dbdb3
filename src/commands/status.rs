//! `status`.

use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::status::{self, Options};
use crate::terminal::standing;

/// Show where every chart stands
///
/// For each chart: its version, newest release tag, the commits since it, what the next release would be
/// called, its place in the flow, and the evidence that is there and missing for its content. Warns of
/// notes that were not fetched, branch names that cannot exist side by side, and rewritten branches.
///
/// Reads the repository alone and writes nothing. Without `lineage.toml` it shows what can be known
/// without a policy.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ask the remote, too
    #[arg(long)]
    remote: bool,
}

pub(super) fn run(args: &Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { remote: args.remote };
    let report = session.work(|cx| status::run(cx, &options))?;
    session.say(&report, standing::status)?;
    Ok(Exit::Done)
}
