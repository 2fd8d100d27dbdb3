//! `init`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::session::Session;
use super::{Key, Mutating};
use crate::model::{Exit, Failure};
use crate::pipeline::init::{self, Options};
use crate::terminal::standing;

/// Set a repository up
///
/// Writes `lineage.toml` with a new repository id and the public key, makes a private key (mode 0600, outside
/// the work tree) unless there is one, creates the branches of the flow, and configures the remote so that a
/// fetch brings the evidence along. What is already there stays as it is: running it again is safe.
///
/// The private key is written to `--key`, `LINEAGE_KEY` or `git config lineage.key`, else to
/// `git-lineage/<repository id>.pem` in the user's configuration directory (`XDG_CONFIG_HOME`, or `.config` in
/// HOME). Keep a copy: without it nothing more can be signed.
///
/// With `--github` there is no key: the workflows sign keyless. It writes them, one thin file a stage, and the
/// rulesets as files, in the same commit; in a repository that is set up, those that are missing or stale into
/// the work tree, for a change to main. Then it lists, in order, what only a person can do. Where a branch
/// `charts` serves the index, `release` begins as its copy, and the old one is left for a person to delete.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The remote to work with; none: origin
    #[arg(long, value_name = "REMOTE")]
    remote: Option<String>,
    /// How contributions reach main; none: what the repository looks like
    #[arg(long, value_enum)]
    flow: Option<FlowArg>,
    /// The OCI destination: `oci://host[:port]/path` or `oci-layout:DIR`
    #[arg(long, value_name = "DESTINATION")]
    oci: Option<String>,
    /// The directory of release assets
    #[arg(long, value_name = "DIR")]
    assets: Option<String>,
    /// Write the workflows and rulesets of GitHub, too
    #[arg(long)]
    github: bool,
    /// Only say whether the workflows and rulesets on main are up to date; exit code 1 if not
    #[arg(long, requires = "github", conflicts_with_all = ["flow", "oci", "assets", "remote"])]
    check: bool,
    /// The repository on GitHub
    #[arg(long, value_name = "OWNER/NAME", requires = "github")]
    repository: Option<String>,
    /// GitHub's number for it: `gh api repos/OWNER/NAME --jq .id`
    #[arg(long, value_name = "NUMBER", requires = "github")]
    repository_id: Option<u64>,
    /// GitHub's number for its owner: `gh api repos/OWNER/NAME --jq .owner.id`
    #[arg(long, value_name = "NUMBER", requires = "github")]
    owner_id: Option<u64>,
    /// The number of the App that moves the protected branches and makes the tags
    #[arg(long, value_name = "NUMBER", requires = "github")]
    app_id: Option<u64>,
    /// The git-lineage program that the jobs download
    #[arg(long, value_name = "URL", requires = "github")]
    program: Option<String>,
    /// Its sha256
    #[arg(long, value_name = "HEX", requires = "github")]
    program_sha256: Option<String>,
    #[command(flatten)]
    pub(super) private: Key,
    #[command(flatten)]
    pub(super) mutating: Mutating,
}

impl Args {
    /// Whether nothing is to be changed.
    pub(super) fn only_plans(&self) -> bool {
        self.mutating.dry_run || self.check
    }
}

/// The flows there are.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FlowArg {
    /// feature, integration, per-chart branch, main
    Integration,
    /// feature, main
    Direct,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { remote, flow, oci, assets, .. } = args;
    if args.check {
        let report = session.work(init::check)?;
        session.say(&report, standing::init)?;
        return Ok(if report.plan.is_done() { Exit::Done } else { Exit::Negative });
    }
    let github = args.github.then_some(init::GitHub {
        repository: args.repository,
        repository_id: args.repository_id,
        owner_id: args.owner_id,
        app_id: args.app_id,
        program: args.program,
        program_sha256: args.program_sha256,
    });
    let flow = flow.map(|flow| match flow {
        FlowArg::Integration => "integration".to_owned(),
        FlowArg::Direct => "direct".to_owned(),
    });
    let repository_id = session.repository_id()?;
    let default = default_key(session, &repository_id);
    let report = session.work(|cx| {
        let key = cx.key.clone().or(default).ok_or_else(|| {
            Failure::usage("there is no place for a private key: HOME is not set").hint("name one with --key")
        })?;
        init::run(cx, &Options { remote, repository_id, key, flow, oci, assets, rehearsal: false, github })
    })?;
    session.say(&report, standing::init)?;
    Ok(Exit::Done)
}

/// Where the private key goes when nobody says: with the user's configuration, never near the work tree.
fn default_key(session: &Session, repository_id: &str) -> Option<PathBuf> {
    let from = |name: &str| session.environment.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let configuration = from("XDG_CONFIG_HOME").or_else(|| from("HOME").map(|home| home.join(".config")))?;
    Some(configuration.join("git-lineage").join(format!("{repository_id}.pem")))
}
