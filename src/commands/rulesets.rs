//! `rulesets plan`, `rulesets apply` and `rulesets check`.

use std::path::PathBuf;

use clap::Subcommand;

use super::Mutating;
use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::rulesets::{self, Options};
use crate::terminal::rulesets as shown;

/// Keep the branches and tags of the flow protected by rulesets of GitHub
///
/// Which rulesets there are comes from `lineage.toml` on main: its branches, its tag template, its flow, and the
/// App under [github], who alone moves what nobody else may. Their names begin with `lineage/`; all others are
/// left alone, and it is said where they overlap with ours or stand in the way of the flow.
///
/// Who may bypass a ruleset is shown to tokens with Administration: write alone. Without it nothing is ever found
/// in order: exit code 3.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what is missing or has drifted, and the steps in their order
    ///
    /// Exit code 0 where nothing is to be done, 1 with any drift or where somebody else's ruleset stands in the way, 2 where a step would lock the repository, 3 where
    /// something could not be told. It only reads.
    Plan,
    Apply(Apply),
    /// Hold the rulesets against the policy, for a CI job
    ///
    /// Exit code 0 where all is as it should be, 1 with any drift, where main lacks a workflow that holds what no
    /// ruleset can, or where somebody else's ruleset stands in the way of the flow, 3 where something could not be
    /// told. Warns of required checks that no run was ever called. It only reads, at GitHub and here.
    Check,
}

/// Make and correct the rulesets
///
/// Prints what differs first, and keeps the rulesets as they are in a file. Each is read again right before it is
/// written: where somebody changed it meanwhile, it stops with exit code 4. Nothing is made that would lock the
/// repository: the branches and the workflows come first. A second run does nothing.
///
/// The token has to have Administration: write, which the `GITHUB_TOKEN` of a job never has.
#[derive(Debug, clap::Args)]
struct Apply {
    /// Where the rulesets as they are go first; none: a new file in `.git/lineage`
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
    #[command(flatten)]
    mutating: Mutating,
}

impl Args {
    /// Whether it only plans.
    pub(super) fn dry_run(&self) -> bool {
        matches!(&self.what, What::Apply(apply) if apply.mutating.dry_run)
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let dry_run = args.dry_run();
    let report = match args.what {
        What::Plan => session.work(rulesets::plan)?,
        What::Check => session.work(rulesets::check)?,
        What::Apply(Apply { backup, .. }) => session.work(|cx| rulesets::apply(cx, &Options { backup }))?,
    };
    session.say(&report, shown::rulesets)?;
    Ok(match report.exit() {
        // What would be done is an answer, whatever there is to do.
        Exit::Negative if dry_run => Exit::Done,
        exit => exit,
    })
}
