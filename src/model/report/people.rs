//! Reports of what people sign: waivers and reviews.

use serde::Serialize;

use super::Outcome;
use crate::model::{Oid, Plan, Stage, Timestamp};

/// `waive`.
#[derive(Clone, Debug, Serialize)]
pub struct WaiveReport {
    pub chart: String,
    pub check: String,
    pub stage: Stage,
    /// The record's name and, once it is signed, its id.
    pub name: String,
    pub id: Option<String>,
    /// The chart tree it annotates.
    pub on: Oid,
    pub account: String,
    pub expires: Timestamp,
    pub reason: String,
    /// What it stands for: why the check does not hold.
    pub instead: String,
    pub outcome: Outcome,
    /// Why there is nothing to do, where there is nothing.
    pub why: Option<String>,
    pub plan: Plan,
}

/// `attest review`.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewReport {
    pub chart: String,
    /// The record's name and, once it is signed, its id.
    pub name: String,
    pub id: Option<String>,
    /// The chart tree it annotates.
    pub on: Oid,
    /// The commit that was approved.
    pub head: Oid,
    pub approvers: Vec<String>,
    pub outcome: Outcome,
    pub plan: Plan,
}
