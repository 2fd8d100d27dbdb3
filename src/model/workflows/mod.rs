//! The thin workflows of the pipeline on GitHub: templates, filled in from the configuration.
//!
//! Nothing of the configuration becomes a command or an expression in them: what is put in is held to letters,
//! digits, `-`, `_`, `.` and `/`. What a run is about (a title, a branch) comes as an environment variable, never
//! into a command's text. Each job has the permissions it needs and no more; what runs commands of the repository
//! has no token to sign or push with.

use std::collections::BTreeMap;

use crate::model::config::{Config, Flow};
use crate::model::{Failure, Sha256};

mod fill;
mod state;

#[cfg(test)]
pub(in crate::model) mod tests;

pub use state::State;

/// Where they lie.
pub const DIRECTORY: &str = ".github/workflows";

/// Where the rulesets' files lie.
pub const RULESETS: &str = ".github/rulesets";

/// The job that stands for all checks of a contribution: a check run's name is its job's.
pub const VALIDATE: &str = "lineage-validate";

/// The job that says where a pull request may come from.
pub const GUARD: &str = "lineage-guard";

/// The secret of the environment that holds the App's private key.
pub const APP_KEY: &str = "LINEAGE_APP_KEY";

/// Actions of others, each at the commit its release tag led to, with the release.
const ACTIONS: [(&str, &str, &str); 4] = [
    ("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    ("actions/create-github-app-token", "1b10c78c7865c340bc4f6099eb2f838309f1e8c3", "v3.1.1"),
    ("actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    ("actions/download-artifact", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
];

/// One template.
struct Template {
    stem: &'static str,
    text: &'static str,
    /// Whether a repository without an integration branch has it.
    direct: bool,
}

const TEMPLATES: [Template; 8] = [
    Template { stem: "1-validate", text: include_str!("1-validate.yml"), direct: true },
    Template { stem: "2-split", text: include_str!("2-split.yml"), direct: false },
    Template { stem: "3-guard", text: include_str!("3-guard.yml"), direct: false },
    Template { stem: "4-propose", text: include_str!("4-propose.yml"), direct: false },
    Template { stem: "5-bump", text: include_str!("5-bump.yml"), direct: true },
    Template { stem: "6-tag", text: include_str!("6-tag.yml"), direct: true },
    Template { stem: "7-build", text: include_str!("7-build.yml"), direct: true },
    Template { stem: "8-publish", text: include_str!("8-publish.yml"), direct: true },
];

/// The path of a workflow, from the repository's root: `3-guard` → `.github/workflows/lineage-3-guard.yml`.
pub fn path(stem: &str) -> String {
    format!("{DIRECTORY}/lineage-{stem}.yml")
}

/// Every workflow of a configuration, by path.
///
/// # Errors
/// Exit 2: the App or the program is not named, or a name of the configuration has signs that a workflow would
/// read otherwise.
pub fn files(config: &Config) -> Result<BTreeMap<String, String>, Failure> {
    let inputs = fill::Inputs::of(config)?;
    let wanted = TEMPLATES.iter().filter(|template| template.direct || config.flow == Flow::Integration);
    Ok(wanted.map(|template| (path(template.stem), whole(template, &inputs))).collect())
}

/// The paths of every workflow there could be, in either flow.
pub fn every_path() -> impl Iterator<Item = String> {
    TEMPLATES.iter().map(|template| path(template.stem))
}

/// A file: its header, and what the template gives.
fn whole(template: &Template, inputs: &fill::Inputs) -> String {
    let body = fill::fill(template.text, inputs);
    let header = state::header(Sha256::of(inputs.text(template.text)), Sha256::of(&body));
    header + &body
}
