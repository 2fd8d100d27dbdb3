//! Proof: keys, DSSE, Sigstore bundles, trust roots. Verifying is pure; what asks the network is `refresh`,
//! [`Keyless`] and [`settle`], and nothing here calls them by itself.

mod artifact;
mod bundle;
mod certificate;
mod classic;
mod delivery;
mod key;
mod log;
mod patience;
mod reason;
mod refresh;
mod roots;
mod show;
mod sign;
mod token;

#[cfg(test)]
mod bundle_tests;
#[cfg(test)]
mod key_tests;
#[cfg(test)]
mod refresh_tests;
#[cfg(test)]
mod roots_tests;

use thiserror::Error;

pub use artifact::{AnyKey, Artifact, Verified, Wanted, prove_file, verify_artifact};
pub use bundle::{as_signed, envelope_line, examine, same_envelope, statement};
pub use classic::prove_classic;
pub use delivery::{Delivered, delivered};
pub use key::{PrivateKey, PublicKey};
pub use refresh::{Repository, refresh};
pub use roots::{Kept, Keyring, MAX_AGE_DAYS, Roots};
pub use sign::{Content, Keyless, Made, Services, settle};
pub use token::{Secret, TokenSource};

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
    /// A trust root that cannot be read or used.
    #[error("not a usable Sigstore trusted root: {0}")]
    BadRoot(String),
    /// A trust root that was refreshed too long ago to count.
    #[error("{0}")]
    StaleRoot(String),
    /// A trust root's repository that could not be asked, or whose answer does not hold.
    #[error("the trust root {name} could not be refreshed")]
    Refresh { name: String, why: String },
    /// A public key of whatever kind that cannot be read.
    #[error("not a public key in PEM form: {0}")]
    AnyKey(String),
    /// A signing configuration that cannot be used.
    #[error("not a usable Sigstore signing configuration: {0}")]
    BadServices(String),
    /// An identity token that cannot be read, or none where one was looked for.
    #[error("no usable identity token: {0}")]
    NoToken(String),
    /// What was to be signed is not what it should be.
    #[error("{0}")]
    NotSignable(String),
    /// A service that answered, and refused.
    #[error("{service} refuses: {why}")]
    Refused { service: &'static str, why: String },
    /// A service that could not be reached, is too busy or broken inside, several times in a row.
    #[error("{service} cannot be used: {why}")]
    Service { service: &'static str, why: String },
    /// A service whose answer makes no sense.
    #[error("{service} answers what cannot be used: {why}")]
    Nonsense { service: &'static str, why: String },
    /// Nobody would count what this certificate signs; nothing was logged.
    #[error("nothing was signed: {0}")]
    Unwanted(String),
    /// What the services gave does not verify; it is not kept.
    #[error("what was signed does not verify: {0}")]
    Unproven(String),
    /// A trusted key that cannot be read.
    #[error("not a P-256 public key in PEM form: {0}")]
    BadPublicKey(String),
}
