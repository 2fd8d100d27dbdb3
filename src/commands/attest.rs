//! `attest import` and `attest review`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::session::Session;
use super::{Mutating, Signing, bump};
use crate::model::{Exit, Failure};
use crate::pipeline::attest::{self, Options};
use crate::pipeline::review;
use crate::terminal::{contents, people};

/// Record attestations made elsewhere, and what people say of a contribution
///
/// Only the bundle is believed, and only as far as the policy trusts its signer.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Import(Import),
    Review(Review),
}

/// Record bundles in the ledgers of their charts
///
/// A FILE is a Sigstore bundle (versions 0.1 to 0.3) with an in-toto statement inside, several of them one a line
/// (what `gh attestation download` writes, and our own `attestations.jsonl`), GitHub's answer about the
/// attestations of a digest, what its `bundle_url` serves (compressed with snappy), or `attestation-lineage.json`.
///
/// Each bundle is verified first and then recorded, byte for byte, where what its statement is about is found
/// here: a chart's content, a tag object, a release's package. A statement of git lineage's own kinds counts
/// from then on like one that was signed here; any other is kept for people and counts for nothing. A bundle
/// that is already there is left alone.
///
/// Exit code 1 where a bundle was refused, whatever became of the others, or none was recorded; 3 where what it
/// is about could not be read here.
#[derive(Debug, clap::Args)]
struct Import {
    /// Files with bundles
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The chart the bundles must be about; none: from the statement
    #[arg(long)]
    chart: Option<String>,
    /// The record's name, for a single bundle; none: from the statement
    #[arg(long)]
    name: Option<String>,
    /// The attestation's id, for a single bundle: `attestation-id` of actions/attest
    #[arg(long)]
    id: Option<String>,
    /// Where the attestation is shown, for a single bundle: `attestation-url` of actions/attest
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    mutating: Mutating,
}

/// Sign that a contribution was reviewed
///
/// With a key of one's own, one that has an `account` under `[[trust.keys]]`, the signer approves this very
/// content of the chart. With a key that has none, but names the role `review`, such as CI's, the statement says
/// who approved according to the forge. `reviews` under `[required]` says how many people besides the author have
/// to; the seal names them, so review before `git lineage check --seal`.
///
/// With --from-github both are read from the pull request that brought the content in, by number of account: what
/// each reviewer said last, where that is an approval, and what he approved is this very content of the chart.
/// Whom the policy takes for no reviewer, the author, and bots do not count. Run it again where an approval was
/// taken back: only the newest statement counts.
///
/// Exit code 1 where the review would not count: by the author, or by nobody the policy takes for a reviewer.
#[derive(Debug, clap::Args)]
struct Review {
    /// The chart, and the revision that was reviewed; none: HEAD
    #[arg(value_name = "CHART[@REV]")]
    spec: String,
    /// An account that approved, as the forge tells; several times for several
    #[arg(long = "approver", value_name = "ACCOUNT")]
    approvers: Vec<String>,
    /// The account that made the contribution, as the forge tells
    #[arg(long, value_name = "ACCOUNT")]
    author: Option<String>,
    /// Read who approved, and who is the author, from GitHub
    #[arg(long)]
    from_github: bool,
    #[command(flatten)]
    signing: Signing,
    #[command(flatten)]
    mutating: Mutating,
}

impl Args {
    /// What it was told about signing.
    pub(super) fn signing(&self) -> Option<&Signing> {
        match &self.what {
            What::Import(_) => None,
            What::Review(review) => Some(&review.signing),
        }
    }

    /// Whether it only plans, and the key it was given.
    pub(super) fn manner(&self) -> (bool, Option<PathBuf>) {
        match &self.what {
            What::Import(import) => (import.mutating.dry_run, None),
            What::Review(review) => (review.mutating.dry_run, review.signing.key.clone()),
        }
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    match args.what {
        What::Import(import) => record(import, session),
        What::Review(Review { spec, approvers, author, from_github, .. }) => {
            let options = review::Options { spec, approvers, author, from_github };
            let report = session.work_fetching(|cx| review::run(cx, &options))?;
            session.say(&report, people::review)?;
            Ok(bump::of(report.outcome))
        }
    }
}

fn record(import: Import, session: &mut Session) -> Result<Exit, Failure> {
    let Import { files, chart, name, id, url, .. } = import;
    let files: Result<Vec<_>, Failure> =
        files.iter().map(|path| Ok((path.display().to_string(), read(path)?))).collect();
    let options = Options { files: files?, chart, name, id, url };
    let report = session.work(|cx| attest::run(cx, &options))?;
    session.say(&report, contents::import)?;
    Ok(report.exit())
}

/// More than thousands of bundles: whatever it is, it does not belong into a ledger.
const LARGEST: u64 = 256 << 20;

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!("could not read the bundle {}", path.display())).because(error.to_string())
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(LARGEST.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage(format!("{} has more than {LARGEST} bytes", path.display()))
            .hint("import bundles, not what they are about"));
    }
    Ok(bytes)
}
