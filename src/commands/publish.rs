//! `publish`.

use super::session::Session;
use super::{Mutating, Signing, bump};
use crate::model::{Exit, Failure};
use crate::pipeline::index;
use crate::pipeline::publish::{self, Options};
use crate::terminal::{drawing, releases};

/// Publish a proven release: registry, signature, release assets (stage 8)
///
/// Verifies the whole chain, pushes the package to the OCI destination of `lineage.toml` with its signature and
/// its build statement, pulls it back without credentials to see that a stranger gets what was signed, writes the
/// directory of release assets, and makes the release on GitHub: on the tag that is there, as a draft until every
/// file is in it. What is already there with the same digest is left alone, so a run that was interrupted can be
/// repeated.
///
/// Credentials are those of `docker login` (`DOCKER_CONFIG`) or `helm registry login` (`HELM_REGISTRY_CONFIG`).
/// Where strangers are not let in, `private = true` under `[publish]` has it pulled back with them.
///
/// Where `lineage.toml` names an index, the release is listed in it last, as a commit on the release branch:
/// other entries keep every byte, and a publisher who was faster keeps his. An index that Helm would refuse,
/// or that has a version twice, is said to be wrong before anything is published (exit code 1), as is one that
/// lists the version with another digest (4).
///
/// `--repair-index` says of each wrong entry what is wrong with it, and puts those right that are proven and
/// published releases of this repository: a digest other than the package's, a URL that leads elsewhere, a
/// release that is missing, a version that occurs twice. Other entries are left. What stays wrong makes the
/// exit code 1.
///
/// In CI a `LINEAGE_*` variable other than `LINEAGE_KEY` is refused with exit code 2. Exit code 1 where the
/// release is not proven or strangers cannot pull it, 3 where the registry cannot be reached, 4 where the version exists there with
/// another digest.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The tag
    #[arg(required_unless_present = "repair_index", conflicts_with = "repair_index")]
    tag: Option<String>,
    /// Explain and correct wrong entries of the index on the release branch
    #[arg(long)]
    repair_index: bool,
    /// Take out wrong entries that are no release of this repository, too
    #[arg(long, requires = "repair_index")]
    foreign: bool,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    session.environment.refuse_overrides("publish")?;
    let Some(tag) = args.tag.filter(|_| !args.repair_index) else {
        let options = index::Repair { foreign: args.foreign };
        let report = session.work(|cx| index::repair(cx, &options))?;
        session.say(&report, releases::repair)?;
        return Ok(report.exit());
    };
    let options = Options { tag, page: drawing::document };
    let report = session.work_fetching(|cx| Session::wait(publish::run(cx, &options)))?;
    session.say(&report, releases::publish)?;
    Ok(bump::of(report.outcome))
}
