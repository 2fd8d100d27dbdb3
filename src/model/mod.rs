//! The words of the trade as types. This floor computes and never reaches: no disk, no network, no
//! clock, no environment.

mod digest;
mod failure;
mod role;
mod stage;

mod listing;
pub mod statement;

mod record;

mod attestation;
mod judge;
mod lineage;
pub mod payload;

mod event;
pub mod outside;
mod plan;
mod report;

pub mod change;
pub mod changelog;
pub mod channels;
pub mod config;
pub mod contribution;
mod foreseen;
pub mod image;
pub mod json;
pub mod link;
pub mod owners;
mod protected;
pub mod published;
pub mod pull;
pub mod retention;
mod revoked;
#[cfg(test)]
mod revoked_tests;
pub mod rulesets;
mod signer;
pub mod version;
pub mod workflows;

pub use attestation::{Attestation, Certificate, Proof};
pub use config::{Config, Policy};
pub use digest::{Oid, Sha256, Sha256Pieces, Timestamp};
pub use event::Event;
pub use failure::{Exit, Failure};
pub use foreseen::foreseen;
pub use judge::{BeforeLineage, Since, contradicted, judge};
pub use lineage::*;
pub use listing::{ChartFile, Listing, ListingError};
pub use payload::{Dependency, PACKAGE_FORMAT, Payload, Predicted, Previous};
pub use plan::{Plan, PlanStep, StepKind};
pub use record::{Record, RecordError};
pub use report::*;
pub use revoked::Revoked;
pub use role::Role;
pub use signer::{Signer, signer as signed_by};
pub use stage::Stage;
pub use statement::{Predicate, Statement, Subject};
