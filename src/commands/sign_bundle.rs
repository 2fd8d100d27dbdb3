//! `sign-bundle`.

use std::path::PathBuf;

use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::sign_bundle::{self, Options};
use crate::pipeline::signing::{Secret, TokenFrom};
use crate::terminal::bundles;

/// Sign a file or an in-toto statement keyless into a Sigstore bundle
///
/// Plumbing, with the command line of the Sigstore conformance suite: a certificate for an identity token, an
/// entry in a log, a timestamp. What the services give is verified before it is written. It is public and
/// stays so: the name in the certificate and the digest of what was signed can be read in the log for ever.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whom the certificate is to name, as an OIDC token; without it, that of the CI job
    #[arg(long, value_name = "TOKEN", hide_env_values = true)]
    identity_token: Option<String>,
    /// Where the bundle is written to
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// FILE is an in-toto statement; it goes into the bundle as it is
    #[arg(long)]
    in_toto: bool,
    /// The services to sign with; without it, those of the public-good instance
    #[arg(long, value_name = "FILE")]
    signing_config: Option<PathBuf>,
    /// Sign with Sigstore's place to try things out
    #[arg(long, hide = true)]
    staging: bool,
    /// What is signed
    #[arg(value_name = "FILE")]
    artifact: PathBuf,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { identity_token, bundle, in_toto, signing_config, staging, artifact } = args;
    let roots = session.roots_alone(staging)?;
    let token = match identity_token {
        Some(token) => TokenFrom::Value(Secret::new(token)),
        None => session.environment.token(session.actions.masking()),
    };
    let options = Options { artifact, in_toto, token, signing_config, staging, bundle };
    let report = sign_bundle::run(&options, &roots)?;
    session.say(&report, bundles::signed)?;
    Ok(Exit::Done)
}
