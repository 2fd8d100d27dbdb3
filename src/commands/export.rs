//! `export`.

use std::path::PathBuf;

use super::Mutating;
use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::export::{self, Options};
use crate::terminal::lineage;

/// Write a release's evidence as files other tools read
///
/// Sigstore bundles (`.sigstore.json`), their statements (`.intoto.jsonl`) and the whole lineage
/// (`attestation-lineage.json`), to be checked without this program.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Anything `verify` takes
    subject: String,
    /// The directory; none: one with the tag's name, here
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { subject: args.subject, output: args.output };
    let report = session.work(|cx| export::run(cx, &options))?;
    session.say(&report, lineage::export)?;
    Ok(Exit::Done)
}
