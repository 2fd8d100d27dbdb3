//! Proof: keys, DSSE, Sigstore bundles.

mod bundle;
mod key;

#[cfg(test)]
mod bundle_tests;
#[cfg(test)]
mod key_tests;

use thiserror::Error;

pub use bundle::{envelope_line, examine};
pub use key::{PrivateKey, PublicKey};

/// What can go wrong with keys and signing, by what the user can do about it.
#[derive(Debug, Error)]
pub enum Error {
    /// The key file does not exist.
    #[error("no private key at {0}")]
    NoKey(String),
    /// The key file's mode lets others read or write it.
    #[error("{path} may be read by others (mode {mode:o})")]
    Exposed { path: String, mode: u32 },
    /// The key file is inside the work tree or its repository, where it would be committed or copied.
    #[error("the private key {0} lies in the work tree")]
    InWorkTree(String),
    /// The file is no key this program reads. The reason never quotes the file.
    #[error("{path} is not a P-256 private key in PKCS#8 PEM form: {why}")]
    BadKey { path: String, why: String },
    /// The signature could not be made.
    #[error("signing failed: {0}")]
    Sign(String),
    /// The key file could not be written.
    #[error("could not write {path}")]
    Write { path: String, source: std::io::Error },
    /// A trusted key that cannot be read.
    #[error("not a P-256 public key in PEM form: {0}")]
    BadPublicKey(String),
}
