//! From a parsed verb to its run, and what every verb is asked before it: does it only plan, what does it sign with.

use std::path::PathBuf;

use super::later::Later;
use super::{Mutating, Signing, Verb, session};
use super::{
    attest, build, bump, changed, channel, check, export, guard, init, log, package, propose, prune, publish,
    rehearse, rulesets, sign_bundle, split, status, subject, sync, tag, trust, verify, verify_bundle, waive,
};
use crate::model::{Exit, Failure};

impl Verb {
    /// Whether it only plans, and the key it was given.
    pub(super) fn manner(&self) -> (bool, Option<PathBuf>) {
        let signs = |mutating: &Mutating, signing: &Signing| (mutating.dry_run, signing.key.clone());
        match self {
            Self::Init(Later(args)) => (args.only_plans(), args.private.key.clone()),
            Self::Rulesets(Later(args)) => (args.dry_run(), None),
            Self::Check(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Split(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Guard(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Propose(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Bump(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Tag(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Build(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Publish(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Verify(Later(args)) => (false, args.private.key.clone()),
            Self::Sync(Later(args)) => (args.mutating.dry_run, None),
            Self::Export(Later(args)) => (args.mutating.dry_run, None),
            Self::Attest(Later(args)) => args.manner(),
            Self::Waive(Later(args)) => signs(&args.mutating, &args.signing),
            Self::Package(Later(args)) => (args.mutating.dry_run, None),
            Self::Channel(Later(args)) => (args.dry_run(), args.key()),
            Self::Prune(Later(args)) => (args.only_plans(), None),
            Self::Trust(Later(args)) => (args.dry_run(), args.key()),
            Self::Status(_)
            | Self::Changed(_)
            | Self::Log(_)
            | Self::Subject(_)
            | Self::VerifyBundle(_)
            | Self::SignBundle(_)
            | Self::Rehearse(_) => (false, None),
        }
    }

    /// The token file and the signing configuration it was given.
    pub(super) fn keyless(&self) -> (Option<PathBuf>, Option<PathBuf>) {
        match (self.signing(), self) {
            (Some(signing), _) => (signing.identity_token_file.clone(), signing.services.signing_config.clone()),
            (None, Self::Sync(Later(args))) => (None, args.services.signing_config.clone()),
            (None, _) => (None, None),
        }
    }

    /// What it was told about signing.
    fn signing(&self) -> Option<&Signing> {
        Some(match self {
            Self::Check(Later(args)) => &args.signing,
            Self::Split(Later(args)) => &args.signing,
            Self::Guard(Later(args)) => &args.signing,
            Self::Propose(Later(args)) => &args.signing,
            Self::Bump(Later(args)) => &args.signing,
            Self::Tag(Later(args)) => &args.signing,
            Self::Build(Later(args)) => &args.signing,
            Self::Publish(Later(args)) => &args.signing,
            Self::Waive(Later(args)) => &args.signing,
            Self::Attest(Later(args)) => return args.signing(),
            Self::Channel(Later(args)) => return args.signing(),
            Self::Trust(Later(args)) => return args.signing(),
            _ => return None,
        })
    }

    /// Whether the verb's own options ask for JSON.
    pub(super) fn says_json(&self) -> bool {
        matches!(self, Self::Log(Later(args)) if args.format == log::Format::Json)
    }

    pub(super) fn run(self, session: &mut session::Session) -> Result<Exit, Failure> {
        match self {
            Self::Init(Later(args)) => apart(init::run, args, session),
            Self::Rulesets(Later(args)) => apart(rulesets::run, args, session),
            Self::Status(Later(args)) => apart(status::run, &args, session),
            Self::Changed(Later(args)) => apart(changed::run, args, session),
            Self::Check(Later(args)) => apart(check::run, args, session),
            Self::Split(Later(args)) => apart(split::run, args, session),
            Self::Guard(Later(args)) => apart(guard::run, args, session),
            Self::Propose(Later(args)) => apart(propose::run, args, session),
            Self::Bump(Later(args)) => apart(bump::run, args, session),
            Self::Tag(Later(args)) => apart(tag::run, args, session),
            Self::Build(Later(args)) => apart(build::run, args, session),
            Self::Publish(Later(args)) => apart(publish::run, args, session),
            Self::Channel(Later(args)) => apart(channel::run, args, session),
            Self::Prune(Later(args)) => apart(prune::run, args, session),
            Self::Verify(Later(args)) => apart(verify::run, args, session),
            Self::Log(Later(args)) => apart(log::run, args, session),
            Self::Sync(Later(args)) => apart(sync::run, args, session),
            Self::Export(Later(args)) => apart(export::run, args, session),
            Self::Attest(Later(args)) => apart(attest::run, args, session),
            Self::Waive(Later(args)) => apart(waive::run, args, session),
            Self::Package(Later(args)) => apart(package::run, args, session),
            Self::Subject(Later(args)) => apart(subject::run, args, session),
            Self::Rehearse(Later(args)) => apart(rehearse::run, args, session),
            Self::Trust(Later(args)) => apart(trust::run, args, session),
            Self::VerifyBundle(Later(args)) => apart(verify_bundle::run, args, session),
            Self::SignBundle(Later(args)) => apart(sign_bundle::run, args, session),
        }
    }
}

/// Calls a verb in a stack frame of its own. Put together in one they are a hundred kilobytes, of which every call
/// touches each page.
#[inline(never)]
fn apart<A>(
    run: impl FnOnce(A, &mut session::Session) -> Result<Exit, Failure>,
    args: A,
    session: &mut session::Session,
) -> Result<Exit, Failure> {
    run(args, session)
}
