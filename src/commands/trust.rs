//! `trust show`, `trust change`, `trust pin` and `trust refresh`.

use std::path::PathBuf;

use clap::Subcommand;

use super::session::Session;
use super::{Mutating, Signing};
use crate::model::{Exit, Failure};
use crate::pipeline::policy::change;
use crate::pipeline::roots;
use crate::pipeline::trust::{self, Options};
use crate::terminal::{bundles, standing};

/// Show the keys and trust roots in force and what this clone measures verdicts against
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the policy, who may sign what, the pin, changes of trust, and the trust roots
    Show,
    /// Vouch for a change of what lineage.toml trusts or requires
    ///
    /// Changes of keys, identities, checks and what is required are meant, and revocations that are dropped or
    /// put to a later date; to revoke takes no vouching. Signs a statement that the change from main's `lineage.toml` to the one of a proposed commit is meant,
    /// and hands it in. The signer has to be trusted for the `policy` stage by main as it is before the
    /// change, and not revoked there. Do it before the change is merged: a clone that pinned main follows it over such a change by
    /// itself, and over no other. The statement holds the sha256 of the new file, so that it is good for
    /// exactly this file, and main's commit, so that it is good once.
    Change(Change),
    /// Pin main's policy as it is now
    ///
    /// Replaces what every later verdict in this clone is measured against. Do it when main was rewritten or
    /// moved on purpose, after looking at what `git lineage trust show` says: it cannot tell a purpose from an
    /// attack.
    Pin(Mutating),
    /// Fetch the trust roots anew from Sigstore's and GitHub's own repositories
    ///
    /// They came with this program; what was added or withdrawn since is fetched by TUF, proven by the keys in
    /// this program, and kept in the user's cache directory, where it counts for 90 days. This is the one
    /// command that asks the network for trust: verification never does.
    Refresh(Mutating),
}

#[derive(Debug, clap::Args)]
struct Change {
    /// The commit or branch with the new lineage.toml; without it, HEAD
    #[arg(value_name = "REF", conflicts_with = "to")]
    reference: Option<String>,
    /// main's commit the change is made upon, for one that is merged already; without it, main as fetched
    #[arg(long, value_name = "BASE", requires = "to")]
    from: Option<String>,
    /// The commit with the new lineage.toml
    #[arg(long, value_name = "HEAD")]
    to: Option<String>,
    /// Why, in a sentence: it stands in the statement
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    mutating: Mutating,
    #[command(flatten)]
    signing: Signing,
}

impl Args {
    /// Whether it only plans.
    pub(super) fn dry_run(&self) -> bool {
        match &self.what {
            What::Show => false,
            What::Change(change) => change.mutating.dry_run,
            What::Pin(mutating) | What::Refresh(mutating) => mutating.dry_run,
        }
    }

    /// What it was told about signing.
    pub(super) fn signing(&self) -> Option<&Signing> {
        match &self.what {
            What::Change(change) => Some(&change.signing),
            What::Show | What::Pin(_) | What::Refresh(_) => None,
        }
    }

    /// The key it was given.
    pub(super) fn key(&self) -> Option<PathBuf> {
        match &self.what {
            What::Change(change) => change.signing.key.clone(),
            What::Show | What::Pin(_) | What::Refresh(_) => None,
        }
    }
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let pin = match args.what {
        What::Show => false,
        What::Pin(_) => true,
        What::Change(change) => return vouch(change, session),
        What::Refresh(mutating) => return refresh(mutating, session),
    };
    let report = session.work(|cx| trust::run(cx, &Options { pin }))?;
    session.say(&report, standing::trust)?;
    Ok(Exit::Done)
}

fn vouch(change: Change, session: &mut Session) -> Result<Exit, Failure> {
    let Change { reference, from, to, reason, mutating: _, signing: _ } = change;
    let options = change::Options { from, to: to.or(reference), reason };
    let report = session.work(|cx| change::run(cx, &options))?;
    session.say(&report, standing::trust_change)?;
    Ok(Exit::Done)
}

fn refresh(mutating: Mutating, session: &mut Session) -> Result<Exit, Failure> {
    let source = session.roots(None);
    let report = {
        let mut progress = session.terminal.progress();
        let mut on = |event| progress.on(&event);
        Session::wait(roots::refresh(&source, mutating.dry_run, &mut on))?
    };
    session.say(&report, bundles::refresh)?;
    Ok(Exit::Done)
}
