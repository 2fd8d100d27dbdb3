//! What we do, in order: gather (the rooms below), decide (in `model`), act (the rooms below).
//! One file a stage, and `trace`, which every verdict reads.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cache::Cache;
use crate::git::Repo;
use crate::model::{Event, Timestamp};
use crate::sigstore::Roots;

pub mod anchor;
pub mod artifact_hub;
pub mod chain;
pub mod charts;
pub mod dependencies;
pub mod files;
pub mod ground;
pub mod hub;
pub mod policy;
pub mod proofs;
pub mod record;
pub mod releases;
pub mod resolve;
pub mod roots;
mod settle;
pub mod signing;
pub mod spread;
pub mod trace;

#[cfg(test)]
mod testing;

pub mod attest;
pub mod build;
pub mod bump;
pub mod changed;
pub mod channel;
pub mod check;
pub mod export;
pub mod forge;
pub mod guard;
pub mod index;
pub mod init;
pub mod log;
pub mod package;
pub mod propose;
pub mod prune;
pub mod publish;
pub mod rehearse;
pub mod review;
pub mod rulesets;
pub mod sign_bundle;
pub mod split;
pub mod status;
pub mod subject;
pub mod sync;
pub mod tag;
pub mod trust;
pub mod verify;
pub mod verify_bundle;
mod vsa;
pub mod waive;

/// What every verb works with. Time and choices enter here, from the door.
pub struct Context<'a> {
    pub repo: Repo,
    pub cache: Cache,
    /// The moment this command began.
    pub now: Timestamp,
    /// The private key to sign with, where one was named (`--key`, `LINEAGE_KEY`, `git config lineage.key`).
    pub key: Option<PathBuf>,
    /// The trust roots that certificates are held against (`--trusted-root`, or the embedded ones).
    pub roots: Arc<Roots>,
    /// What keyless signing is done with.
    pub signing: Arc<signing::Signing>,
    /// How GitHub is reached, where the policy names it.
    pub hub: Arc<hub::Hub>,
    /// The signatures looked at so far.
    pub proofs: Arc<proofs::Proven>,
    /// How many threads its work may take.
    pub threads: proofs::Threads,
    /// `CI=true`: nothing but committed files decides what is built and where it goes.
    pub ci: bool,
    /// Print the plan and change nothing.
    pub dry_run: bool,
    /// Progress.
    pub on: &'a mut dyn FnMut(Event),
}
