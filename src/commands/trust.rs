//! `trust show` and `trust pin`.

use clap::Subcommand;

use super::Mutating;
use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::trust::{self, Options};
use crate::terminal::standing;

/// Show the keys in force and what this clone measures verdicts against
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the policy, its keys with the stages each may sign, and the pin
    Show,
    /// Pin main's policy as it is now
    ///
    /// Replaces what every later verdict in this clone is measured against. Do it when main was rewritten or
    /// moved on purpose, after looking at what `git lineage trust show` says: it cannot tell a purpose from an
    /// attack.
    Pin(Mutating),
}

impl Args {
    /// Whether it only plans.
    pub(super) fn dry_run(&self) -> bool {
        matches!(self.what, What::Pin(Mutating { dry_run: true }))
    }
}

pub(super) fn run(args: &Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { pin: matches!(args.what, What::Pin(_)) };
    let report = session.work(|cx| trust::run(cx, &options))?;
    session.say(&report, standing::trust)?;
    Ok(Exit::Done)
}
