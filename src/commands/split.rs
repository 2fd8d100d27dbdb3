//! `split`.

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure};
use crate::pipeline::split::{self, Options};
use crate::terminal::flow;

/// Make one branch per changed chart (stage 2)
///
/// Takes each chart integration is ahead with onto a branch of its own (`chart/<chart>`, unless configured
/// otherwise) that starts at main, and signs a link that says how the content came over. Version and changelog
/// stay main's. Charts are treated one by one: one that is refused stops no other.
///
/// Writes the branch and its records to the remote in one atomic push. Running it again is safe. Exit code 4
/// where a branch name cannot exist beside another, or the remote changed meanwhile.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The charts; none: every chart integration is ahead with
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { charts: args.charts };
    let report = session.work_fetching(|cx| split::run(cx, &options))?;
    session.say(&report, flow::split)?;
    Ok(report.exit())
}
