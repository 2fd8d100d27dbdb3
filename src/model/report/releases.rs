//! Reports about releases.

use std::path::PathBuf;

use serde::Serialize;

use super::stages::Outcome;
use crate::model::{Anchor, Exit, Oid, Plan, Predicted, Sha256, Verdict};

/// `build`.
#[derive(Clone, Debug, Serialize)]
pub struct BuildReport {
    pub tag: String,
    pub chart: String,
    pub file: String,
    pub path: PathBuf,
    pub package: Predicted,
    pub outcome: Outcome,
    pub plan: Plan,
}

/// `publish`.
#[derive(Clone, Debug, Serialize)]
pub struct PublishReport {
    pub tag: String,
    pub chart: String,
    pub chart_version: String,
    /// `oci://…@sha256:…`
    pub oci: Option<String>,
    /// The directory of release assets.
    pub assets: Option<PathBuf>,
    /// The page of the release on the forge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Where an HTTP repository lists it: `index.yaml on release`.
    pub index: Option<String>,
    pub outcome: Outcome,
    pub plan: Plan,
}

/// What became of a wrong or missing entry of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It says what the release says now.
    Replaced,
    /// It was missing.
    Added,
    Removed,
    /// It is as it was, and still wrong.
    Left,
}

/// One wrong or missing entry.
#[derive(Clone, Debug, Serialize)]
pub struct RepairLine {
    pub chart: String,
    /// Empty where it cannot be read.
    pub version: String,
    /// Where it begins; none where it was missing.
    pub line: Option<usize>,
    /// Whether it is a release of this repository.
    pub own: bool,
    /// What is wrong with it.
    pub reasons: Vec<String>,
    pub fate: Fate,
    /// Why it was left.
    pub left: Option<String>,
}

/// `publish --repair-index`.
#[derive(Clone, Debug, Serialize)]
pub struct RepairReport {
    /// `index.yaml on release`.
    pub index: String,
    /// What is wrong outside the entries, which is for people to put right.
    pub faults: Vec<String>,
    pub entries: Vec<RepairLine>,
    pub outcome: Outcome,
    pub commit: Option<Oid>,
    pub plan: Plan,
}

impl RepairReport {
    /// 1 if something is left that is wrong.
    pub fn exit(&self) -> Exit {
        let left = self.entries.iter().any(|line| line.fate == Fate::Left);
        if left || !self.faults.is_empty() { Exit::Negative } else { Exit::Done }
    }
}

/// What a release is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Proven,
    /// Proven but for checks that a second person answers for; whether that is enough is in the exit code.
    Waived,
    NotProven,
    Undetermined,
    Conflict,
    /// From before lineage.
    Unattested,
}

/// One subject of `verify`.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// As it was asked.
    pub subject: String,
    pub tag: Option<String>,
    pub chart: Option<String>,
    pub chart_version: Option<String>,
    pub standing: Standing,
    /// What the verdict is measured against.
    pub anchor: Option<Anchor>,
    /// The pin in words, where this run wrote it.
    pub pinned: Option<String>,
    pub verdict: Option<Verdict>,
    /// Junk in the ledger and the like: reported, never believed.
    pub oddities: Vec<String>,
    /// The chain, origin first.
    pub chain: Vec<ChainLink>,
    #[serde(skip)]
    pub exit: Exit,
}

/// `verify`.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    pub releases: Vec<Judged>,
}

impl VerifyReport {
    /// The worst of all; nothing to verify is not success.
    pub fn exit(&self) -> Exit {
        self.releases.iter().map(|judged| judged.exit).max().unwrap_or(Exit::Undetermined)
    }
}

/// One link of a lineage, from contribution to release.
#[derive(Clone, Debug, Serialize)]
pub struct ChainLink {
    /// contribution, split, bump, main, tag, build, publish.
    pub stage: String,
    /// In words: "feat(x): add probe, by A <a@example.org>".
    pub what: String,
    pub content: Option<Sha256>,
    pub commit: Option<Oid>,
    /// Record name, attestation id and signer (key name) of each attestation that counts here.
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    pub name: String,
    pub id: String,
    pub bundle: Sha256,
    /// The trusted key's name.
    pub signer: String,
    /// What a person said with it: the waiver, or who approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Where one file of a release came from.
#[derive(Clone, Debug, Serialize)]
pub struct FileOrigin {
    pub path: String,
    pub sha256: Sha256,
    /// "contribution", "bump" (version, changelog), or "main" (owned by main at the split).
    pub from: String,
    /// The contribution's commits, where it came from there.
    pub commits: Vec<String>,
}

/// `log`.
#[derive(Clone, Debug, Serialize)]
pub struct LogReport {
    pub subject: String,
    pub tag: Option<String>,
    pub chart: String,
    pub chart_version: String,
    pub chain: Vec<ChainLink>,
    pub files: Vec<FileOrigin>,
}

/// `export`.
#[derive(Clone, Debug, Serialize)]
pub struct ExportReport {
    pub tag: String,
    pub directory: PathBuf,
    pub files: Vec<String>,
}

/// One step of a rehearsal.
#[derive(Clone, Debug, Serialize)]
pub struct Rehearsed {
    /// The verb.
    pub verb: String,
    /// What came of it.
    pub what: String,
}

/// `rehearse`.
#[derive(Clone, Debug, Serialize)]
pub struct RehearseReport {
    pub chart: String,
    pub tag: String,
    pub steps: Vec<Rehearsed>,
    pub oci: String,
    /// Where everything was kept.
    pub kept: Option<PathBuf>,
    pub judged: Judged,
}
