//! `channel set`, `channel rollback` and `channel list`.

use std::path::PathBuf;

use clap::Subcommand;

use super::session::Session;
use super::{Mutating, Signing, bump};
use crate::model::{Exit, Failure};
use crate::pipeline::channel::{self, Look, Rollback, Set};
use crate::terminal::channels;

/// Move the names that point at releases: prod, dev, nightly
///
/// A channel is a tag of the registry that points at the manifest of a release, and moves. Which there are stands in
/// `lineage.toml` on main, as tables [channels.NAME]. Versions, and the tags in git, never move.
///
/// Beside it the tag `lineage-channels` in each chart's repository holds a signed document: for each channel the
/// version, its digest, the release's tag, what it was before, since when and by whom.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Point a channel at a release
    ///
    /// The release is verified whole first, as `git lineage verify` does it; nothing is built or pushed again. The
    /// registry has to have the very manifest that the release's tag gives. The tag moves first, the signed document
    /// last, and both only from where they were seen to stand: of two who move a channel at once, one does.
    ///
    /// Exit code 1 where the release is not proven, or is a pre-release and the channel takes none; 3 where it is not
    /// published; 4 where the registry has another manifest, where the name is that of something that never changes,
    /// or where somebody else was faster.
    Set(SetArgs),
    /// Point a channel at an earlier release again
    ///
    /// The earlier release has to be proven as for `set`. It is done for every chart of the channel or for none: if
    /// one cannot be moved, those that were are moved back, and what stands where is said (exit code 4). No version
    /// and no tag in git is deleted or moved.
    Rollback(RollbackArgs),
    /// Show what each channel points at, and whether that is what was signed
    ///
    /// Holds the registry's tag against the document beside it, the document against its signature, and both against
    /// the release's own tag here. Whether the release itself is proven, `git lineage verify` says.
    ///
    /// Exit code 1 where something does not agree, 3 where something could not be read.
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
struct SetArgs {
    /// The release's tag; several, of several charts, move together
    #[arg(value_name = "TAG", required = true)]
    tags: Vec<String>,
    /// The channel
    #[arg(long, value_name = "NAME")]
    channel: String,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    mutating: Mutating,
}

#[derive(Debug, clap::Args)]
struct RollbackArgs {
    /// The charts; none: those that `lineage.toml` names for the channel, or else all whose channel points somewhere
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    /// The channel
    #[arg(long, value_name = "NAME")]
    channel: String,
    /// Where to: a version of the charts, or the `sha256:` digest of a manifest
    #[arg(long, value_name = "VERSION|DIGEST")]
    to: String,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    mutating: Mutating,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// The charts; none: all that have a release
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
    /// Only this channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
}

impl Args {
    /// Whether it only plans.
    pub(super) fn dry_run(&self) -> bool {
        match &self.what {
            What::Set(args) => args.mutating.dry_run,
            What::Rollback(args) => args.mutating.dry_run,
            What::List(_) => false,
        }
    }

    /// What it was told about signing.
    pub(super) fn signing(&self) -> Option<&Signing> {
        match &self.what {
            What::Set(args) => Some(&args.signing),
            What::Rollback(args) => Some(&args.signing),
            What::List(_) => None,
        }
    }

    /// The key it was given.
    pub(super) fn key(&self) -> Option<PathBuf> {
        self.signing().and_then(|signing| signing.key.clone())
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    session.environment.refuse_overrides("channel")?;
    let report = match args.what {
        What::Set(SetArgs { tags, channel, .. }) => {
            let options = Set { tags, channel };
            session.work_fetching(|cx| Session::wait(channel::set(cx, &options)))?
        }
        What::Rollback(RollbackArgs { charts, channel, to, .. }) => {
            let options = Rollback { charts, channel, to };
            session.work_fetching(|cx| Session::wait(channel::rollback(cx, &options)))?
        }
        What::List(ListArgs { charts, channel }) => {
            let look = Look { charts, channel };
            let report = session.work(|cx| Session::wait(channel::list(cx, &look)))?;
            session.say(&report, channels::list)?;
            return Ok(report.exit());
        }
    };
    session.say(&report, channels::moved)?;
    Ok(bump::of(report.outcome))
}
