//! `guard`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure};
use crate::pipeline::guard::{self, GuardStage, Which, contribution};
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
/// A contribution is for people to merge. With `[github.auto-merge]` in lineage.toml, `--stage contribution --merge`
/// merges those that an owner (CODEOWNERS on main) or a named bot opened, all of whose commits such an account made
/// and GitHub finds validly signed, and that lineage-validate has passed; with --auto also those it has still to
/// pass. What is left to a person is `manual-review`, with its reasons, and exit code 0. The merge has to be made
/// with the token of an App, or nothing that follows it starts.
///
/// Into release goes exactly what a proven tag holds; to be merged there, its package has to be built, too.
///
/// What is judged comes from the flags, then from a pull-request event, then from the branch checked out.
/// Exit code 0 allowed (or left to a person), 1 refused, with every reason.
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
    /// A contribution, merged without a person where `[github.auto-merge]` and CODEOWNERS allow it
    Contribution,
    /// Into a per-chart branch
    Chart,
    /// Into main
    Main,
    /// Into release
    Release,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { stage, head_ref, base_ref, head_repository, base_repository, event, close, merge, auto, .. } = args;
    // A job that was started by a tag has an event, too, which is about no merge: there the flags say what is judged.
    let name = session.environment.get("GITHUB_EVENT_NAME").and_then(|name| name.to_str());
    let told = head_ref.is_none() || matches!(name, None | Some("pull_request" | "merge_group"));
    let found = session.environment.get("GITHUB_EVENT_PATH").map(PathBuf::from);
    let event = event.or_else(|| found.filter(|_| told));
    let asked = Which { head: head_ref, base: base_ref, head_repository, base_repository, event };
    let stage = match stage {
        StageArg::Contribution if close => {
            return Err(Failure::usage("a contribution is merged or left to a person, never closed here"));
        }
        StageArg::Contribution => None,
        StageArg::Chart => Some(GuardStage::Chart),
        StageArg::Main => Some(GuardStage::Main),
        StageArg::Release => Some(GuardStage::Release),
    };
    let report = session.work_fetching(|cx| match stage {
        Some(stage) => guard::run(cx, &guard::Options { stage, asked: asked.clone(), close, merge, auto }),
        None => contribution::run(cx, &contribution::Options { asked: asked.clone(), merge, auto }),
    })?;
    session.say(&report, flow::guard)?;
    Ok(if report.allowed || report.manual_review { Exit::Done } else { Exit::Negative })
}
