//! `check`.

use clap::ValueEnum;

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure, Stage};
use crate::pipeline::check::{self, Options};
use crate::terminal::flow;

/// Run the checks of a contribution, sign their results, seal the complete map (stage 1)
///
/// Runs what the policy on the protected branch requires of each changed chart: commands it defines, and
/// the built-ins `commit-validation`, `changelog-generation`, `chart-lint`, `chart-images`, `chart-readme`
/// and `image-digest`, which alone asks the network: registries about images and their signatures. A command sees a scratch tree written from git objects, never the work tree. Results are
/// recorded unsigned below `.git/lineage`, and count for nothing yet.
///
/// `--sign`, best run in a job of its own that has the key and runs no check, signs the recorded results
/// and writes them to the ledger. `--seal` signs the complete map once every required check is signed.
///
/// Exit code 1 if a check fails, or if a seal is asked for and something is missing. A chart the policy
/// leaves out is `excluded`, a check with nothing to look at is `not-applicable`; neither is a pass.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The check to run; none: every check required of the stage
    name: Option<String>,
    /// Only this variant of it
    #[arg(long, requires = "name")]
    variant: Option<String>,
    /// A chart to check, repeatable; none: those that differ from the base
    #[arg(long = "chart", value_name = "CHART")]
    charts: Vec<String>,
    /// The stage whose checks are meant
    #[arg(long, value_enum, default_value_t = StageArg::Validate)]
    stage: StageArg,
    /// The commit whose content is checked; none: HEAD
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// What it is compared with; none: integration (validate) or main (bump), as fetched
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Sign recorded results instead of running checks
    #[arg(long, conflicts_with_all = ["seal", "command"])]
    sign: bool,
    /// Sign the complete map instead of running checks
    #[arg(long, conflicts_with_all = ["name", "command"])]
    seal: bool,
    /// The future squash subject, checked like the commits' own
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
    /// A command for a name no policy requires
    #[arg(last = true, value_name = "CMD", requires = "name")]
    command: Vec<String>,
}

/// The stages that have checks.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum StageArg {
    /// The contribution's content
    Validate,
    /// The content with its new version
    Bump,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { name, variant, charts, stage, head, base, sign, seal, title, command, .. } = args;
    let stage = match stage {
        StageArg::Validate => Stage::Validate,
        StageArg::Bump => Stage::Bump,
    };
    let options = Options { name, variant, charts, stage, head, base, sign, seal, title, command };
    let report = session.work_fetching(|cx| check::run(cx, &options))?;
    session.say(&report, flow::check)?;
    Ok(report.exit())
}
