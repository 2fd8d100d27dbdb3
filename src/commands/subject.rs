//! `subject`.

use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::subject::{self, Options};
use crate::terminal::contents;

/// Print the listing every attestation of a chart is about
///
/// One line per file, as `sha256sum` prints it, in bytewise order of the paths: in a checkout without filters,
/// `git lineage subject x | (cd charts/x && sha256sum -c)` checks it, and `git lineage subject x | sha256sum`
/// is the content digest. Reads git objects alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The chart, and the revision it is taken from; none: HEAD
    #[arg(value_name = "CHART[@REV]")]
    spec: String,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { spec: args.spec };
    let report = session.work(|cx| subject::run(cx, &options))?;
    session.say(&report, contents::subject)?;
    Ok(Exit::Done)
}
