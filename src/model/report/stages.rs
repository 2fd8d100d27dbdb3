//! Reports of the verbs that move a contribution along the line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::model::pull::PullText;
use crate::model::statement::CheckResult;
use crate::model::{Exit, Oid, Plan, Sha256, Stage, outside};

/// A chart as `status` sees it.
#[derive(Clone, Debug, Serialize)]
pub struct ChartStatus {
    pub chart: String,
    pub directory: String,
    /// As `Chart.yaml` has it at HEAD; none where it cannot be read.
    pub chart_version: Option<String>,
    /// The newest release tag by SemVer.
    pub tag: Option<String>,
    /// Commits since that tag that touch the chart.
    pub commits: usize,
    /// What the next release would be called; none where nothing changed.
    pub next: Option<String>,
    /// Where it stands in the flow, in a few words: "released", "on integration", "on chart/x, bumped" …
    pub place: String,
    /// Record names found for its content at HEAD.
    pub evidence: Vec<String>,
    /// Required record names not found.
    pub missing: Vec<String>,
    /// What is wrong with it, each with the next step.
    pub warnings: Vec<String>,
}

/// `status`.
#[derive(Clone, Debug, Serialize)]
pub struct StatusReport {
    pub branch: Option<String>,
    pub head: Oid,
    /// Where the policy was read: `origin/main`, or "none: no lineage.toml".
    pub policy: String,
    pub charts: Vec<ChartStatus>,
    pub warnings: Vec<String>,
    /// How things stand outside of this clone; none where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Vec<outside::Finding>>,
}

impl StatusReport {
    /// 0, or what was found outside: see [`outside::exit`].
    pub fn exit(&self) -> Exit {
        self.remote.as_deref().map_or(Exit::Done, outside::exit)
    }
}

/// How a chart differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    Added,
    Modified,
    Removed,
}

#[derive(Clone, Debug, Serialize)]
pub struct ChangedChart {
    pub chart: String,
    pub directory: String,
    pub change: ChangeKind,
    pub chart_version: Option<String>,
}

/// `changed`.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedReport {
    pub base: Oid,
    pub head: Oid,
    pub charts: Vec<ChangedChart>,
    /// Changed things under a root that are no chart.
    pub not_charts: Vec<String>,
}

/// One check on one chart.
#[derive(Clone, Debug, Serialize)]
pub struct CheckLine {
    pub chart: String,
    pub check: String,
    pub result: CheckResult,
    /// Why it failed, was excluded, or did not apply.
    pub reason: String,
    /// What the command printed (the end of it where it is long).
    pub output: String,
    /// Whether a trusted key signed this very result.
    pub signed: bool,
}

/// `check`.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    pub stage: Stage,
    pub head: Oid,
    pub checks: Vec<CheckLine>,
    /// Chart → id of the seal, where `--seal` made or found one.
    pub sealed: BTreeMap<String, String>,
    /// Why there is nothing to check, where there is nothing.
    pub not_applicable: Option<String>,
    pub plan: Plan,
}

impl CheckReport {
    /// 1 if any check failed.
    pub fn exit(&self) -> Exit {
        let failed = self.checks.iter().any(|line| line.result == CheckResult::Fail);
        if failed { Exit::Negative } else { Exit::Done }
    }
}

/// How one chart came out of a verb that treats each on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    Refused,
}

/// One chart of `split`.
#[derive(Clone, Debug, Serialize)]
pub struct SplitLine {
    pub chart: String,
    pub branch: String,
    pub outcome: Outcome,
    pub commit: Option<Oid>,
    /// Why it was refused, or why there is nothing to do.
    pub why: Option<String>,
    #[serde(skip)]
    pub exit: Exit,
    pub plan: Plan,
}

/// `split`.
#[derive(Clone, Debug, Serialize)]
pub struct SplitReport {
    pub charts: Vec<SplitLine>,
    /// Paths that differ between main and integration and belong to no chart.
    pub unmatched: Vec<String>,
}

impl SplitReport {
    /// The worst of the charts.
    pub fn exit(&self) -> Exit {
        self.charts.iter().map(|line| line.exit).max().unwrap_or(Exit::Done)
    }
}

/// `guard`.
#[derive(Clone, Debug, Serialize)]
pub struct GuardReport {
    pub stage: String,
    pub head: String,
    pub base: String,
    pub allowed: bool,
    /// Nothing is wrong with it, and a person has to decide.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub manual_review: bool,
    /// Why not, each a sentence with expected and found.
    pub reasons: Vec<String>,
    pub merged: Option<Oid>,
    /// What the merge still waits for, where it comes by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
    pub plan: Plan,
}

/// A pull request on the forge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenPull {
    pub number: u64,
    pub url: String,
    pub outcome: Outcome,
    /// It was opened in a way that starts none of its checks.
    #[serde(skip)]
    pub silent: bool,
}

/// One pull request of `propose`.
#[derive(Clone, Debug, Serialize)]
pub struct ProposedPull {
    pub chart: String,
    pub branch: String,
    #[serde(flatten)]
    pub text: PullText,
    /// The pull request that has this text, where the forge has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<OpenPull>,
    pub merged: Option<Oid>,
    pub plan: Plan,
}

/// `propose`.
#[derive(Clone, Debug, Serialize)]
pub struct ProposeReport {
    pub pulls: Vec<ProposedPull>,
}

/// `bump`.
#[derive(Clone, Debug, Serialize)]
pub struct BumpReport {
    pub chart: String,
    pub branch: String,
    pub from: Option<String>,
    pub to: String,
    /// major, minor, patch, initial, manual.
    pub bump: String,
    pub outcome: Outcome,
    pub commit: Option<Oid>,
    pub plan: Plan,
}

/// One tag of `tag`.
#[derive(Clone, Debug, Serialize)]
pub struct TagLine {
    pub chart: String,
    pub tag: String,
    pub outcome: Outcome,
    pub commit: Option<Oid>,
    pub object: Option<Oid>,
    /// The branch a release is promoted from.
    pub promote: Option<String>,
    /// The release pull request's text.
    pub pull: Option<PullText>,
    /// The pull request that has it, where the forge has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenPull>,
    /// The commit that ported version and changelog back to integration.
    pub backport: Option<Oid>,
    pub why: Option<String>,
    #[serde(skip)]
    pub exit: Exit,
    pub plan: Plan,
}

/// `tag`.
#[derive(Clone, Debug, Serialize)]
pub struct TagReport {
    pub tags: Vec<TagLine>,
}

impl TagReport {
    /// The worst of the charts.
    pub fn exit(&self) -> Exit {
        self.tags.iter().map(|line| line.exit).max().unwrap_or(Exit::Done)
    }
}

/// A digest with a size in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Sized {
    pub sha256: Sha256,
    pub size: u64,
}

/// The OCI side of a package.
#[derive(Clone, Debug, Serialize)]
pub struct OciDigest {
    /// `sha256:…`
    pub manifest: String,
}

/// `package`; its JSON is a shape others build on (design §3).
#[derive(Clone, Debug, Serialize)]
pub struct PackageReport {
    pub chart: String,
    pub chart_version: String,
    pub file: String,
    pub tar: Sized,
    pub tgz: Sized,
    pub oci: OciDigest,
    /// The packages from outside that are in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<crate::model::Dependency>,
    /// Where it was written.
    #[serde(skip)]
    pub path: PathBuf,
}

/// `subject`.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectReport {
    pub chart: String,
    pub directory: String,
    pub commit: Oid,
    pub tree: Oid,
    pub content: Sha256,
    /// What `sha256sum` prints.
    pub listing: String,
}

/// `init`.
#[derive(Clone, Debug, Serialize)]
pub struct InitReport {
    pub plan: Plan,
    /// What only a person can do next.
    pub next: Vec<String>,
}

/// One chart of `sync`.
#[derive(Clone, Debug, Serialize)]
pub struct SyncLine {
    pub chart: String,
    pub folded: usize,
    pub pushed: bool,
    /// How many records a log saw for the first time, where `--settle` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<usize>,
}

/// `sync`.
#[derive(Clone, Debug, Serialize)]
pub struct SyncReport {
    pub charts: Vec<SyncLine>,
    /// The anchor this run wrote, in words; none where there was one.
    pub pinned: Option<String>,
    pub plan: Plan,
}

/// One record of `attest import`.
#[derive(Clone, Debug, Serialize)]
pub struct ImportLine {
    pub chart: String,
    pub name: String,
    pub id: String,
    /// The chart tree or tag object it is about.
    pub on: Oid,
    pub outcome: Outcome,
}

/// A bundle that `attest import` did not record.
#[derive(Clone, Debug, Serialize)]
pub struct RefusedBundle {
    /// The file, and which bundle of it where there are several.
    pub from: String,
    pub why: String,
    pub causes: Vec<String>,
    pub hint: Option<String>,
    #[serde(skip)]
    pub exit: Exit,
}

/// `attest import`.
#[derive(Clone, Debug, Serialize)]
pub struct ImportReport {
    pub recorded: Vec<ImportLine>,
    pub refused: Vec<RefusedBundle>,
}

impl ImportReport {
    /// The worst of what was refused; nothing recorded is no success.
    pub fn exit(&self) -> Exit {
        let none = if self.recorded.is_empty() { Exit::Negative } else { Exit::Done };
        self.refused.iter().map(|refused| refused.exit).max().unwrap_or(none)
    }
}
