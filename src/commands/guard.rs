//! `guard`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure};
use crate::pipeline::guard::{self, GuardStage, Options};
use crate::terminal::flow;

/// Judge the source of a merge by branch, repository and content (stage 3)
///
/// A branch name proves nothing: a fork may own any. So the head repository must be this one, the head
/// branch the one the flow allows, and every changed path and content what the stage takes: into a per-chart
/// branch only that chart as integration has it, into main only what was split, into release only what a tag
/// holds.
///
/// On GitHub, --merge merges the pull request at exactly the commit that was judged, and --close says why it is
/// refused and closes it; both ask GitHub how it stands, whatever the event said. On `merge_group` the commit that
/// the queue tests is judged, by its content.
///
/// What is judged comes from the flags, then from a pull-request event, then from the branch checked out.
/// Exit code 0 allowed, 1 refused, with every reason.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the merge goes
    #[arg(long, value_enum)]
    stage: StageArg,
    /// The head branch
    #[arg(long, value_name = "BRANCH")]
    head_ref: Option<String>,
    /// The base branch
    #[arg(long, value_name = "BRANCH")]
    base_ref: Option<String>,
    /// The head repository, by id or owner/name
    #[arg(long, value_name = "REPOSITORY")]
    head_repository: Option<String>,
    /// The base repository, by id or owner/name
    #[arg(long, value_name = "REPOSITORY")]
    base_repository: Option<String>,
    /// A pull-request event, as the forge writes it; else from `GITHUB_EVENT_PATH`
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// Close the pull request when refused
    #[arg(long)]
    close: bool,
    /// Merge when allowed
    #[arg(long)]
    merge: bool,
    /// With --merge, let GitHub merge by itself once its rules are met
    ///
    /// Whoever can push to the head could put something else there until then: only for a base whose required
    /// checks have this very guard among them.
    #[arg(long, requires = "merge")]
    auto: bool,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

/// Where a merge can go.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum StageArg {
    /// Into a per-chart branch
    Chart,
    /// Into main
    Main,
    /// Into release
    Release,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { stage, head_ref, base_ref, head_repository, base_repository, event, close, merge, auto, .. } = args;
    let stage = match stage {
        StageArg::Chart => GuardStage::Chart,
        StageArg::Main => GuardStage::Main,
        StageArg::Release => GuardStage::Release,
    };
    let event = event.or_else(|| session.environment.get("GITHUB_EVENT_PATH").map(PathBuf::from));
    let options = Options {
        stage,
        head: head_ref,
        base: base_ref,
        head_repository,
        base_repository,
        event,
        close,
        merge,
        auto,
    };
    let report = session.work_fetching(|cx| guard::run(cx, &options))?;
    session.say(&report, flow::guard)?;
    Ok(if report.allowed { Exit::Done } else { Exit::Negative })
}
