//! `verify-bundle`.

use std::path::PathBuf;

use super::session::Session;
use crate::model::{Exit, Failure};
use crate::pipeline::verify_bundle::{self, Options, Signer};
use crate::terminal::bundles;

/// Verify a Sigstore bundle, as other Sigstore clients do
///
/// Plumbing: one bundle, one artifact, one signer; no repository is needed and the network is not asked. The
/// command line is that of the Sigstore conformance suite. The bundle has to prove that the artifact (or the
/// statement that names it as a subject) was signed by exactly this identity or this key, and that a log or a
/// timestamp authority of a trust root has seen it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bundle
    #[arg(long, value_name = "FILE")]
    bundle: PathBuf,
    /// The name in the certificate: a workflow's URI with its ref, or an address
    #[arg(long, value_name = "IDENTITY", requires = "certificate_oidc_issuer", required_unless_present = "key")]
    certificate_identity: Option<String>,
    /// Who vouches for that name: the OIDC issuer's URL
    #[arg(long, value_name = "URL", requires = "certificate_identity")]
    certificate_oidc_issuer: Option<String>,
    /// The public key it has to be signed with, in PEM form, instead of a certificate
    #[arg(long, value_name = "FILE", conflicts_with = "certificate_identity")]
    key: Option<PathBuf>,
    /// Trust Sigstore's place to try things out instead of the instances for use
    #[arg(long, hide = true)]
    staging: bool,
    /// The artifact, or its digest as sha256:HEX
    #[arg(value_name = "FILE_OR_DIGEST")]
    artifact: String,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let Args { bundle, certificate_identity, certificate_oidc_issuer, key, staging, artifact } = args;
    let signer = match (key, certificate_identity, certificate_oidc_issuer) {
        (Some(key), None, None) => Signer::Key(key),
        (None, Some(identity), Some(issuer)) => Signer::Identity { identity, issuer },
        _ => {
            return Err(Failure::usage("it is not said who has to have signed")
                .hint("give --certificate-identity and --certificate-oidc-issuer, or --key"));
        }
    };
    let roots = session.roots_alone(staging)?;
    let report = verify_bundle::run(&Options { bundle, signer, artifact }, &roots)?;
    session.say(&report, bundles::verified)?;
    Ok(Exit::Done)
}
