//! `publish`.

use super::session::Session;
use super::{Mutating, Signing, bump};
use crate::model::{Exit, Failure};
use crate::pipeline::publish::{self, Options};
use crate::terminal::releases;

/// Publish a proven release: registry, signature, release assets (stage 8)
///
/// Verifies the whole chain, pushes the package to the OCI destination of `lineage.toml` with its signature,
/// pulls it back to see that it is what was signed, and writes the directory of release assets. What is
/// already there with the same digest is left alone, so a run that was interrupted can be repeated.
///
/// In CI a `LINEAGE_*` variable other than `LINEAGE_KEY` is refused with exit code 2. Exit code 1 where the
/// release is not proven, 3 where the registry cannot be reached, 4 where the version exists there with
/// another digest.
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
    session.environment.refuse_overrides("publish")?;
    let options = Options { tag: args.tag };
    let report = session.work(|cx| Session::wait(publish::run(cx, &options)))?;
    session.say(&report, releases::publish)?;
    Ok(bump::of(report.outcome))
}
