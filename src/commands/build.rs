//! `build`.

use super::door::Environment;
use super::session::Session;
use super::{Mutating, Signing, bump};
use crate::model::{Exit, Failure};
use crate::pipeline::build::{self, Options, Run};
use crate::terminal::contents;

/// Build and attest the package of a tag (stage 7)
///
/// Verifies the release first, packages the chart from the tag's own tree, compares the digests with those
/// the tag predicts, and signs the build statement. Nothing but the tag decides the result: there are no
/// other parameters, and in CI a `LINEAGE_*` variable other than `LINEAGE_KEY` is refused with exit code 2.
///
/// The build statement is SLSA provenance v1 of the package: external parameters empty; tag, commit and chart
/// tree as resolved dependencies; the workflow's URI as builder in a GitHub Actions job.
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
    let options = Options { tag: args.tag, run: job(&session.environment) };
    let report = session.work_fetching(|cx| build::run(cx, &options))?;
    session.say(&report, contents::build)?;
    Ok(bump::of(report.outcome))
}

/// The GitHub Actions job this is, as its environment says; none elsewhere, or where it does not say it whole.
fn job(environment: &Environment) -> Option<Run> {
    let get = |name| environment.get(name).and_then(std::ffi::OsStr::to_str);
    get("GITHUB_ACTIONS").filter(|value| *value == "true")?;
    let server = get("GITHUB_SERVER_URL")?;
    let page = format!("{server}/{}/actions/runs/{}", get("GITHUB_REPOSITORY")?, get("GITHUB_RUN_ID")?);
    Some(Run {
        workflow: format!("{server}/{}", get("GITHUB_WORKFLOW_REF")?),
        page: format!("{page}/attempts/{}", get("GITHUB_RUN_ATTEMPT").unwrap_or("1")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_named_by_what_the_runner_says() {
        let whole = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_WORKFLOW_REF", "o/r/.github/workflows/release.yml@refs/heads/main"),
        ];
        let read = |variables: &[(&str, &str)]| {
            let pairs = variables.iter().map(|(name, value)| (name.into(), value.into()));
            job(&Environment::new(pairs.collect()))
        };
        let found = read(&whole).expect("a job");
        assert_eq!(found.workflow, "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main");
        assert_eq!(found.page, "https://github.com/o/r/actions/runs/7/attempts/2");
        assert_eq!(read(&[]), None);
        // Half of it names no builder.
        assert_eq!(read(&whole[..5]), None);
        assert_eq!(read(&whole[1..]), None);
    }
}
