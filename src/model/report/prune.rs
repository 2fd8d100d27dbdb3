//! The report of `prune`.

use serde::Serialize;

use super::stages::Outcome;
use crate::model::{Exit, Plan, Sha256};

/// One manifest, and why it stays or goes.
#[derive(Clone, Debug, Serialize)]
pub struct ManifestLine {
    pub digest: Sha256,
    pub tags: Vec<String>,
    pub why: String,
}

/// The repository of one chart.
#[derive(Clone, Debug, Serialize)]
pub struct PruneLine {
    pub chart: String,
    /// `oci://host/path/chart`.
    pub repository: String,
    pub stays: Vec<ManifestLine>,
    pub goes: Vec<ManifestLine>,
    /// What of it could not be seen.
    pub unseen: Option<String>,
}

/// `prune`.
#[derive(Clone, Debug, Serialize)]
pub struct PruneReport {
    pub charts: Vec<PruneLine>,
    /// Whether it was told to delete.
    pub applied: bool,
    /// Whether it was told to go by tags where nothing else is listed.
    pub tagged: bool,
    pub outcome: Outcome,
    pub plan: Plan,
}

impl PruneReport {
    /// 3 where something was not seen, and nothing was deleted for that.
    pub fn exit(&self) -> Exit {
        let blind = !self.tagged && self.charts.iter().any(|line| line.unseen.is_some());
        if blind { Exit::Undetermined } else { Exit::Done }
    }
}
