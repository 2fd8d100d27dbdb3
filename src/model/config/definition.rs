//! A check, as the policy defines it.

use serde::Deserialize;

use super::{ImageRule, trust};
use crate::model::Sha256;

/// A check the policy defines. Without a command it is a built-in of that name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckDefinition {
    /// What its key and its records are called by.
    pub name: String,
    /// Program and arguments; `{chart}` (the chart's directory) and `{variant}` are filled in. No shell.
    #[serde(default)]
    pub command: Vec<String>,
    /// Runs once per variant; none: once.
    #[serde(default)]
    pub variants: Vec<String>,
    /// Files and directories of the repository it reads besides the chart.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// Charts it leaves out, with the reason.
    #[serde(default)]
    pub excluded: Vec<Exclusion>,
    /// Seconds until it counts as failed.
    #[serde(default = "ten_minutes")]
    pub timeout: u64,
    /// What `image-digest` is to look at: `[[images]]`. It decides the result as a command does.
    #[serde(skip)]
    pub images: Vec<ImageRule>,
}

fn ten_minutes() -> u64 {
    600
}

/// A chart that a check leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exclusion {
    /// `Chart.yaml:name`.
    pub chart: String,
    /// Shown wherever the result is.
    pub reason: String,
}

impl CheckDefinition {
    /// The built-in checks.
    pub const BUILT_IN: [&'static str; 6] = [
        "commit-validation",
        "changelog-generation",
        "chart-lint",
        "chart-images",
        "chart-readme",
        Self::IMAGE_DIGEST,
    ];
    /// The one of them that asks registries.
    pub const IMAGE_DIGEST: &'static str = "image-digest";
    /// Those of them that every repository is set up with.
    pub const USUAL: [&'static str; 3] = ["commit-validation", "changelog-generation", "chart-lint"];

    /// A built-in check, as if the file defined it.
    pub(super) fn built_in(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            command: Vec::new(),
            variants: Vec::new(),
            inputs: Vec::new(),
            excluded: Vec::new(),
            timeout: ten_minutes(),
            images: Vec::new(),
        }
    }

    /// Digest of the RFC 8785 form of what decides the result: name, command, variant, inputs, timeout,
    /// images (not the exclusions, which the policy judges by).
    pub fn digest(&self, variant: Option<&str>) -> Sha256 {
        trust::check_digest(self, variant)
    }

    /// `name` or `name-variant`.
    pub fn key(&self, variant: Option<&str>) -> String {
        variant.map_or_else(|| self.name.clone(), |variant| format!("{}-{variant}", self.name))
    }
}
