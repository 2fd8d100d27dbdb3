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
    #[command(flatten)]
    pub(super) private: Key,
    #[command(flatten)]
    pub(super) mutating: Mutating,
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
        init::run(cx, &Options { remote, repository_id, key, flow, oci, assets, rehearsal: false })
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
