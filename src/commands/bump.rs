//! `bump`.

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure, Outcome};
use crate::pipeline::bump::{self, Options};
use crate::terminal::flow;

/// Give a chart its next version (stage 5)
///
/// Verifies the evidence the policy requires of the content, computes the version from the conventional
/// commits (semver.org), changes one line of `Chart.yaml`, inserts one section into `CHANGELOG.md`, commits
/// both to the per-chart branch and signs the link from the earlier content. Nothing else may change.
///
/// In direct flow (`flow = "direct"`) with a commit of main checked out, nothing is changed: the version that the
/// contribution brought along is signed, if it is above main's before it and what its commits ask for.
///
/// Exit code 1 where evidence is missing or does not verify, the chart moved on main since the split, or a chart
/// on main changed without a higher version; 4 where the branch changed meanwhile.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The chart; none: that of the branch checked out, or the only one open
    #[arg(value_name = "CHART")]
    chart: Option<String>,
    /// In direct flow, on main: the commit before the push; none: the parent of the commit that changed the chart
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { chart: args.chart, base: args.base };
    let report = session.work_fetching(|cx| bump::run(cx, &options))?;
    session.say(&report, flow::bump)?;
    Ok(of(report.outcome))
}

/// What an outcome means for the exit code, where the report carries no other.
pub(super) fn of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Created | Outcome::Updated | Outcome::Unchanged => Exit::Done,
        Outcome::Refused => Exit::Negative,
    }
}
