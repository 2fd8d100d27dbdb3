//! `rehearse`.

use std::path::{Path, PathBuf};

use super::session::Session;
use crate::git::{self, Repo};
use crate::model::{Exit, Failure};
use crate::pipeline::rehearse::{self, Options, Scene};
use crate::terminal::{drawing, verdict};

/// Run the whole line on a scratch clone
///
/// From a contribution through every stage to a published release that a stranger's clone proves: with a
/// throw-away key, a bare remote and a registry in a directory, and without touching this repository, its
/// remote or the network. Outside a repository a built-in sample chart is used.
///
/// Exit code 0 if the stranger's verdict is proven, otherwise that verdict's.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The chart; none: the first one
    #[arg(value_name = "CHART")]
    chart: Option<String>,
    /// Keep everything here: origin.git, work, registry, assets
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let repository_id = session.repository_id()?;
    let options = Options { chart: args.chart, keep: args.keep, repository_id, page: drawing::document };
    let repo = match Repo::open(Path::new(".")) {
        Err(git::Error::NoRepository(_)) => None,
        opened => Some(opened?),
    };
    let now = session.now;
    let report = {
        let mut progress = session.terminal.progress();
        let mut on = |event| progress.on(&event);
        let mut scene = Scene { repo, now, on: &mut on };
        Session::wait(rehearse::run(&mut scene, &options))?
    };
    session.say(&report, verdict::rehearse)?;
    Ok(report.judged.exit)
}
