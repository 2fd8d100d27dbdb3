//! Reports of `verify-bundle`, `sign-bundle`, and of the trust roots they are held against.

use std::path::PathBuf;

use serde::Serialize;

use crate::model::{Plan, Timestamp};

/// `verify-bundle` and `sign-bundle`.
#[derive(Clone, Debug, Serialize)]
pub struct BundleReport {
    /// The bundle's file.
    pub bundle: PathBuf,
    /// What it is about, as it was named.
    pub artifact: String,
    /// The trust root that vouches for it.
    pub root: String,
    /// Whom the certificate names; none where a key signed.
    pub signer: Option<String>,
    /// Who vouches for the signer; none where a key signed.
    pub issuer: Option<String>,
    /// When it was signed, oldest first.
    pub times: Vec<Timestamp>,
    /// Whether a transparency log has it.
    pub logged: bool,
}

/// A trust root as `trust show` lists it.
#[derive(Clone, Debug, Serialize)]
pub struct RootLine {
    /// `public-good`, `github`, or `given`.
    pub name: String,
    /// Where this form of it comes from, and how old it is.
    pub source: String,
    /// Why it does not count; none while it does.
    pub stale: Option<String>,
    /// Who counts, and when.
    pub parts: Vec<RootPart>,
}

/// A certificate authority, log or timestamp authority of a root.
#[derive(Clone, Debug, Serialize)]
pub struct RootPart {
    /// `authority`, `log`, `certificate log` or `timestamp authority`.
    pub kind: String,
    /// Its address.
    pub name: String,
    /// The first day it counts; none: always did.
    pub from: Option<String>,
    /// The last day it counts; none: it still does.
    pub to: Option<String>,
}

/// `trust refresh`.
#[derive(Clone, Debug, Serialize)]
pub struct RefreshReport {
    /// What was or would be asked.
    pub plan: Plan,
    /// The roots as they are now.
    pub roots: Vec<RootLine>,
}
