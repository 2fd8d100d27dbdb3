//! An attestation: a statement with its proof, as found in the ledger.

use super::{Oid, Record, Sha256, Statement};

/// What was found out about a bundle's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The DSSE signature verifies with this public key (sha256 of its SPKI DER).
    Key(Sha256),
    /// Nothing was proven, and why.
    Rejected(String),
}

/// A record whose bundle was looked at.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// The record as the ledger has it.
    pub record: Record,
    /// The object it annotates: a chart tree or a tag object.
    pub on: Oid,
    /// sha256 of the bundle's bytes.
    pub bundle: Sha256,
    /// The statement inside, if it can be read.
    pub statement: Result<Statement, String>,
    /// Whether and by whom it is signed.
    pub proof: Proof,
}
