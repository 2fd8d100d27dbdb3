//! `bump`.

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure, Outcome};
use crate::pipeline::bump::{self, Options, image};
use crate::terminal::flow;

/// Give a chart its next version (stage 5)
///
/// Verifies the evidence the policy requires of the content, computes the version from the conventional
/// commits (semver.org), changes one line of `Chart.yaml`, inserts one section into `CHANGELOG.md`, commits
/// both to the per-chart branch and signs the link from the earlier content. Nothing else may change.
///
/// In direct flow (`flow = "direct"`) with a commit of main checked out, nothing is changed: the version that the
/// contribution brought along is signed, if it is above main's before it and what its commits ask for.
///
/// With `--image` no release is bumped: a contribution is made in which the chart deploys another image, pinned by
/// digest, and it goes the way of every other. On a branch of its own (`image/CHART/REPOSITORY`), one commit upon what was
/// contributed changes the digest and the tag in `values.yaml` and `appVersion` in `Chart.yaml`, and no other byte;
/// where and by which rule, `[[images]]` says in lineage.toml(5). On GitHub its pull request is opened or brought up
/// to date. Another image takes the place of one that is not merged yet; what is there already is left alone.
///
/// Exit code 1 where evidence is missing or does not verify, the chart moved on main since the split, or a chart
/// on main changed without a higher version; 4 where the branch changed meanwhile.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The chart; none: that of the branch checked out, or the only one open
    #[arg(value_name = "CHART")]
    chart: Option<String>,
    /// In direct flow, on main: the commit before the push; none: the parent of the commit that changed the chart
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Contribute this image, by name, tag and digest, instead of bumping; CHART may be left out if only one has it
    #[arg(long, value_name = "REPOSITORY:TAG@DIGEST", conflicts_with = "base")]
    image: Option<String>,
    #[command(flatten)]
    pub(super) signing: Signing,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    if let Some(image) = args.image {
        let options = image::Options { chart: args.chart, image };
        let report = session.work(|cx| image::run(cx, &options))?;
        session.say(&report, flow::image)?;
        return Ok(of(report.outcome));
    }
    let options = Options { chart: args.chart, base: args.base };
    let report = session.work_fetching(|cx| bump::run(cx, &options))?;
    session.say(&report, flow::bump)?;
    Ok(of(report.outcome))
}

/// What an outcome means for the exit code, where the report carries no other.
pub(super) fn of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Created | Outcome::Updated | Outcome::Unchanged => Exit::Done,
        Outcome::Refused => Exit::Negative,
    }
}
