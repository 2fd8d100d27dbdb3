//! Plumbing: one bundle and one artifact, verified as other Sigstore clients do it.

use std::path::PathBuf;

use super::files;
use crate::model::{BundleReport, Failure, Sha256};
use crate::sigstore::{AnyKey, Artifact, Roots, Verified, Wanted, verify_artifact};

/// Who is said to have signed.
#[derive(Clone, Debug)]
pub enum Signer {
    /// Exactly this name in the certificate, vouched for by exactly this issuer.
    Identity { identity: String, issuer: String },
    /// The key in this file.
    Key(PathBuf),
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    pub bundle: PathBuf,
    pub signer: Signer,
    /// A file, or `sha256:` and 64 hexadecimal digits where no file has that name.
    pub artifact: String,
}

/// Runs the verb.
///
/// # Errors
/// The bundle does not prove it (exit 1), a file cannot be read (exit 2), a root was refreshed too long ago
/// (exit 3).
pub fn run(options: &Options, roots: &Roots) -> Result<BundleReport, Failure> {
    let bundle = files::read(&options.bundle)?;
    let (bytes, digest);
    let artifact = match named(&options.artifact) {
        Some(named) => {
            digest = named;
            Artifact::Digest(digest)
        }
        None => {
            bytes = files::read(options.artifact.as_ref())?;
            Artifact::Bytes(&bytes)
        }
    };
    let key;
    let wanted = match &options.signer {
        Signer::Identity { identity, issuer } => Wanted::Identity { identity, issuer },
        Signer::Key(path) => {
            key = AnyKey::parse(&files::read_text(path)?)?;
            Wanted::Key(&key)
        }
    };
    let judged = match std::str::from_utf8(&bundle) {
        Ok(text) => verify_artifact(text, artifact, wanted, roots),
        Err(_) => Err("the bundle is not readable: it is not UTF-8".to_owned()),
    };
    // Nothing is known where a root was missing.
    roots.complete()?;
    let verified = judged.map_err(|why| {
        Failure::negative(format!("{} is not proven: {why}", options.artifact)).hint(format!(
            "see that {} belongs to it and that the signer is the expected one",
            options.bundle.display()
        ))
    })?;
    Ok(report(options.bundle.clone(), options.artifact.clone(), verified))
}

/// What was verified, as a report.
pub(super) fn report(bundle: PathBuf, artifact: String, verified: Verified) -> BundleReport {
    let Verified { root, signer, issuer, times, logged } = verified;
    BundleReport { bundle, artifact, root, signer, issuer, times, logged }
}

/// The digest an artifact is named by.
fn named(artifact: &str) -> Option<Sha256> {
    let digest = artifact.strip_prefix("sha256:").and_then(|hex| Sha256::parse(&hex.to_ascii_lowercase()))?;
    (!std::path::Path::new(artifact).exists()).then_some(digest)
}
