//! Plumbing: a file or a statement, signed keyless into a bundle.

use std::path::PathBuf;

use super::signing::TokenFrom;
use super::{files, verify_bundle};
use crate::model::{BundleReport, Failure};
use crate::sigstore::{Content, Keyless, Roots, Services};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file to sign.
    pub artifact: PathBuf,
    /// Whether it is an in-toto statement.
    pub in_toto: bool,
    /// The identity token.
    pub token: TokenFrom,
    /// The signing configuration; none: the instance's own.
    pub signing_config: Option<PathBuf>,
    /// The instance's place to try things out.
    pub staging: bool,
    /// Where the bundle is written to.
    pub bundle: PathBuf,
}

/// Runs the verb: signs, verifies what came of it, and only then writes it.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(options: &Options, roots: &Roots) -> Result<BundleReport, Failure> {
    let bytes = files::read(&options.artifact)?;
    let services = match (&options.signing_config, options.staging) {
        (Some(path), _) => Services::parse(&files::read_text(path)?)?,
        (None, true) => Services::staging()?,
        (None, false) => Services::public_good()?,
    };
    let content = if options.in_toto { Content::Statement(&bytes) } else { Content::File(&bytes) };
    let signed = Keyless::new(services, options.token.source()?).sign(content, roots, |_| Ok(()));
    roots.complete()?;
    let (bundle, verified) = signed?;
    files::write(&options.bundle, bundle.as_bytes())?;
    Ok(verify_bundle::report(options.bundle.clone(), options.artifact.display().to_string(), verified))
}
