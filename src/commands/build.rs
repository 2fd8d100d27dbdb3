//! `build`.

use super::session::Session;
use super::{Mutating, Signing, bump};
use crate::model::{Exit, Failure};
use crate::pipeline::build::{self, Options};
use crate::terminal::contents;

/// Build and attest the package of a tag (stage 7)
///
/// Verifies the release first, packages the chart from the tag's own tree, compares the digests with those
/// the tag predicts, and signs the build statement. Nothing but the tag decides the result: there are no
/// other parameters, and in CI a `LINEAGE_*` variable other than `LINEAGE_KEY` is refused with exit code 2.
///
/// Exit code 1 where the release is not proven up to here, 4 where the package differs from what was signed.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tag
    tag: String,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    session.environment.refuse_overrides("build")?;
    let options = Options { tag: args.tag };
    let report = session.work(|cx| build::run(cx, &options))?;
    session.say(&report, contents::build)?;
    Ok(bump::of(report.outcome))
}
