//! `log`.

use clap::ValueEnum;

use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::log::{self, Options};
use crate::terminal::{drawing, lineage};

/// Show where a release came from, as a tree
///
/// From the contribution through split, bump and tag to the package: what happened, on which content, and who
/// signed for it. With files, also which link of that chain brought each one's content into the release.
///
/// Shows what the records say; whether they hold is for `git lineage verify`. Reads the clone alone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Anything `verify` takes
    subject: String,
    /// How it is shown; `json` is the same as --json
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Files of the chart, relative to it
    #[arg(last = true, value_name = "FILE")]
    files: Vec<String>,
}

/// The forms there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// A page that needs nothing beside it
    Html,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { subject: args.subject, files: args.files };
    let report = session.work(|cx| log::run(cx, &options))?;
    match args.format {
        Format::Text | Format::Json => session.say(&report, lineage::log)?,
        Format::Dot => session.say(&report, drawing::dot)?,
        Format::Mermaid => session.say(&report, drawing::mermaid)?,
        Format::Html => session.say(&report, drawing::html)?,
    }
    Ok(Exit::Done)
}
