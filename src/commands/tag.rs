//! `tag`.

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure};
use crate::pipeline::tag::{self, Options};
use crate::terminal::releases;

/// Tag the release of a chart on main (stage 6)
///
/// Writes an annotated tag on the commit of main that holds the attested content. Its annotation carries the
/// changelog section, the attestation map, and the digests packaging will give; the tag and its records are
/// pushed in one atomic push. Then it writes the release pull request, ports version and changelog back to
/// integration as one linear commit, and deletes the per-chart branch once the tag is on the remote.
///
/// Exit code 1 where the content on main is not the attested one (a direct push, say), 4 where the tag exists
/// elsewhere with another content.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The charts; none: every chart on main that is not released
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { charts: args.charts };
    let report = session.work_fetching(|cx| tag::run(cx, &options))?;
    session.say(&report, releases::tag)?;
    Ok(report.exit())
}
