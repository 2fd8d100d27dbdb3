//! `prune`.

use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::prune::{self, Options};
use crate::terminal::channels;

/// Take away what nothing needs from the charts' repositories in the registry
///
/// Says what would go and why; deletes only with --apply. Reachability comes before age: what has a tag of its own
/// (versions and channels), what a release here or the channels' document names, and what an index that stays lists
/// stays, and with each of them everything that is about it: signatures, attestations and bills of materials have no
/// tag, or one made from a digest. What goes are builds, by their tags `sha-COMMIT`, beyond the newest (`keep` under
/// [channels.NAME] in lineage.toml), what is about them, and manifests without a tag that nothing refers to. Nothing
/// that is less than a day old goes.
///
/// A registry lists its tags, and not what has none. GitHub's does, through GitHub's own API; where nothing does,
/// nothing is deleted, unless --tagged says to go by what the tags lead to: then everything without a tag stays, save
/// what is about a build that goes.
///
/// Exit code 3 where anything could not be read or seen: then nothing is deleted. 4 where a tag moved meanwhile.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The charts; none: all that have a release
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    /// Delete what is said to go
    #[arg(long)]
    apply: bool,
    /// Go by tags where the registry lists nothing else
    #[arg(long)]
    tagged: bool,
    /// Print the plan and change nothing, which it does without --apply
    #[arg(short = 'n', long, conflicts_with = "apply")]
    dry_run: bool,
}

impl Args {
    /// Whether it only plans.
    pub(super) fn only_plans(&self) -> bool {
        !self.apply
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    session.environment.refuse_overrides("prune")?;
    let options = Options { charts: args.charts, tagged: args.tagged };
    let report = session.work(|cx| Session::wait(prune::run(cx, &options)))?;
    session.say(&report, channels::prune)?;
    Ok(report.exit())
}
