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
///
/// With `--remote` it also looks at how things stand outside, and says of each that is not as it should be which
/// command or page puts it right: what the remote has that is not here, the newest release of every chart at each place
/// it is published to, who can pull it, branches that lie around, and on GitHub the rulesets, what Actions and their
/// tokens may do, immutable releases and the workflows. Exit code 1 where something is wrong, 3 where something could
/// not be looked at (the permission that is missing is named), 0 where all was seen and is in order.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ask the remote, too
    #[arg(long)]
    remote: bool,
    /// With --remote, look at every release, not at the newest of each chart alone
    #[arg(long, requires = "remote")]
    all: bool,
}

pub(super) fn run(args: &Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { all: args.all };
    let report = session
        .work(|cx| if args.remote { Session::wait(status::with_remote(cx, &options)) } else { status::run(cx) })?;
    session.say(&report, standing::status)?;
    Ok(report.exit())
}
