//! `lineage.toml`: text to [`Config`], or where it is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Role, Sha256, Stage};

mod channels;
mod check;
mod definition;
mod github;
mod identities;
mod images;
mod names;
mod parse;
mod pattern;
mod people;
mod publish;
mod signing;
mod trust;

pub use channels::Channel;
pub use definition::{CheckDefinition, Exclusion};
pub use github::{AdminBypass, AutoMerge, GitHub, Program};
pub use images::{ImageIdentity, ImageRule};
pub(in crate::model) use pattern::matches;
pub use people::Person;
pub use publish::{ArtifactHub, HttpIndex, Publish};
pub(in crate::model) use signing::signer_ref;
pub use signing::{Revocation, Sign, SignMode, Store, Trust, TrustedIdentity, TrustedKey};

/// How contributions reach main.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// feature → integration → per-chart branch → main.
    #[default]
    Integration,
    /// feature → main.
    Direct,
}

/// Where merges happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Forge {
    /// By git in the remote itself; no pull requests.
    #[default]
    Local,
    /// On GitHub.
    Github,
}

/// Where a release's changes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangelogMode {
    /// `CHANGELOG.md` of the chart.
    #[default]
    File,
    /// The tag annotation only.
    Annotation,
    /// Nowhere.
    None,
}

/// What a breaking change does to 0.x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreMajor {
    /// 0.4.2 → 1.0.0.
    #[default]
    Major,
    /// 0.4.2 → 0.5.0.
    Minor,
}

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The file's version: 1.
    pub version: u64,
    /// How contributions reach main.
    #[serde(default)]
    pub flow: Flow,
    /// Where merges happen.
    #[serde(default)]
    pub forge: Forge,
    /// Where a release's changes are written.
    #[serde(default)]
    pub changelog: ChangelogMode,
    /// Prefix of our predicate types; ends in `/`.
    #[serde(default = "predicate_prefix")]
    pub predicate_prefix: String,
    /// The repository and its remote.
    pub repository: Repository,
    /// Where charts are.
    #[serde(default)]
    pub charts: Charts,
    /// How tags are called.
    #[serde(default)]
    pub tag: Tag,
    /// How branches are called.
    #[serde(default)]
    pub branches: Branches,
    /// How versions move.
    #[serde(default)]
    pub semver: Semver,
    /// The checks there are, besides the built-in ones.
    #[serde(default)]
    pub checks: Vec<CheckDefinition>,
    /// The images charts deploy, and who signs them.
    #[serde(default)]
    pub images: Vec<ImageRule>,
    /// What must have passed.
    #[serde(default)]
    pub required: Required,
    /// How statements are signed.
    #[serde(default)]
    pub sign: Sign,
    /// Whose signatures count.
    #[serde(default)]
    pub trust: Trust,
    /// Whose commits carry which addresses, for waivers and reviews.
    #[serde(default)]
    pub people: Vec<Person>,
    /// Where packages go.
    #[serde(default)]
    pub publish: Publish,
    /// The pointers that move, by name.
    #[serde(default)]
    pub channels: BTreeMap<String, Channel>,
    /// What GitHub is told, where the forge is GitHub.
    #[serde(default)]
    pub github: GitHub,
}

fn predicate_prefix() -> String {
    "https://git-lineage.dev/".to_owned()
}

/// The repository: what statements call it, and where it is pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Repository {
    /// The UUID `init` wrote, or the forge's number.
    pub id: String,
    /// The remote the pipeline works with.
    #[serde(default = "origin")]
    pub remote: String,
    /// Set in a rehearsal's scratch repository; its keys count nowhere else.
    #[serde(default)]
    pub rehearsal: bool,
}

fn origin() -> String {
    "origin".to_owned()
}

/// Where charts are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Charts {
    /// Directories whose children are charts.
    pub roots: Vec<String>,
    /// Directory name → chart name, where `Chart.yaml:name` differs from its directory.
    pub aliases: BTreeMap<String, String>,
}

impl Default for Charts {
    fn default() -> Self {
        Self { roots: vec!["charts".to_owned()], aliases: BTreeMap::new() }
    }
}

/// How tags are called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tag {
    /// With `{chart}` and `{version}`.
    pub template: String,
}

impl Default for Tag {
    fn default() -> Self {
        Self { template: "{chart}-v{version}".to_owned() }
    }
}

/// How branches are called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Branches {
    /// What is released from.
    pub main: String,
    /// What contributions are merged to.
    pub integration: String,
    /// With `{chart}`.
    pub chart: String,
    /// What holds the releases.
    pub release: String,
    /// With `{tag}`.
    pub promote: String,
}

impl Default for Branches {
    fn default() -> Self {
        Self {
            main: "main".to_owned(),
            integration: "integration".to_owned(),
            chart: "chart/{chart}".to_owned(),
            release: "release".to_owned(),
            promote: "promote/{tag}".to_owned(),
        }
    }
}

/// How versions move.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Semver {
    /// What a breaking change does below 1.0.0.
    pub pre_major: PreMajor,
}

/// What must have passed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Required {
    /// Check keys (`lint-test-v1.32.11`) required of a contribution's content.
    pub validate: Vec<String>,
    /// Check keys required of the bumped content.
    pub bump: Vec<String>,
    /// Chart → check keys whose exclusion is accepted for it.
    pub accept_excluded: BTreeMap<String, Vec<String>>,
    /// How many people besides the author must have approved a contribution's content.
    pub reviews: u64,
    /// The accounts whose approval counts; none: those that have a key or identity of their own here.
    pub reviewers: Vec<String>,
    /// Whether a release with a waived check counts as proven without being asked for.
    pub allow_waivers: bool,
}

/// What `lineage.toml` on a protected ref demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What it says.
    pub config: Config,
    /// sha256 of the file's bytes.
    pub digest: Sha256,
}

/// Where `lineage.toml` is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ConfigError {
    /// The file, and where it was read from: `lineage.toml at origin/main`.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, with the nearest known key where one was misspelt.
    pub message: String,
    /// The file is of a later version, which is not guessed at: exit 3, where every other fault is exit 2.
    pub newer: bool,
}

impl Config {
    /// Reads the file. `file` names it in errors.
    ///
    /// # Errors
    /// Not TOML, an unknown key, a value of the wrong kind, a template without its placeholder, a
    /// required check nobody defines, a key that is no P-256 public key in PEM form, a newer version.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        parse::parse(file, text)
    }

    /// The tag of a chart's version.
    pub fn tag_name(&self, chart: &str, version: &str) -> String {
        self.tag.template.replace("{chart}", chart).replace("{version}", version)
    }

    /// Splits a tag's name: every (chart, version) the template allows with a strict version and a chart of
    /// `charts` (more than one where names nest).
    pub fn split_tag(&self, tag: &str, charts: &[&str]) -> Vec<(String, semver::Version)> {
        names::split_tag(&self.tag.template, tag, charts)
    }

    /// Whether a tag could be a release's: some chart's name and a strict version, put into the template.
    pub fn is_release_tag(&self, tag: &str) -> bool {
        names::is_release_tag(&self.tag.template, tag)
    }

    /// The per-chart branch.
    pub fn chart_branch(&self, chart: &str) -> String {
        self.branches.chart.replace("{chart}", chart)
    }

    /// The chart a branch is the per-chart branch of, by the template.
    pub fn chart_of_branch(&self, branch: &str) -> Option<String> {
        names::chart_of_branch(&self.branches.chart, branch)
    }

    /// The branch contributions go to: integration, or main in direct flow.
    pub fn contributed(&self) -> &str {
        match self.flow {
            Flow::Integration => &self.branches.integration,
            Flow::Direct => &self.branches.main,
        }
    }

    /// The branch a release is promoted from.
    pub fn promote_branch(&self, tag: &str) -> String {
        self.branches.promote.replace("{tag}", tag)
    }

    /// The name expected of the chart in `directory` (its last component, or its alias).
    pub fn expected_name<'a>(&'a self, directory: &'a str) -> &'a str {
        let last = directory.rsplit('/').next().unwrap_or(directory);
        self.charts.aliases.get(last).map_or(last, String::as_str)
    }

    /// The definition behind a check key (`lint-test-v1.32.11` → `lint-test`, `Some("v1.32.11")`);
    /// built-ins exist without being defined.
    pub fn check(&self, key: &str) -> Option<(CheckDefinition, Option<String>)> {
        let (mut definition, variant) = self.defined(key)?;
        if definition.name == CheckDefinition::IMAGE_DIGEST {
            definition.images.clone_from(&self.images);
        }
        Some((definition, variant))
    }

    fn defined(&self, key: &str) -> Option<(CheckDefinition, Option<String>)> {
        for check in &self.checks {
            if check.variants.is_empty() && check.name == key {
                return Some((check.clone(), None));
            }
            if let Some(variant) = check.variants.iter().find(|variant| check.key(Some(variant)) == key) {
                return Some((check.clone(), Some(variant.clone())));
            }
        }
        let defined = self.checks.iter().any(|check| check.name == key);
        (CheckDefinition::BUILT_IN.contains(&key) && !defined).then(|| (CheckDefinition::built_in(key), None))
    }

    /// Every check key: the defined ones with their variants, and the required built-ins.
    pub fn check_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.checks.iter().flat_map(check::keys_of).collect();
        for key in self.required.validate.iter().chain(&self.required.bump) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }

    /// The trusted keys a stage accepts.
    pub fn keys_for(&self, stage: Stage) -> impl Iterator<Item = &TrustedKey> {
        self.trust.keys.iter().filter(move |key| Role::from(stage).within(&key.stages))
    }

    /// Digest of what the trust of a policy rests on: repository id, flow, main branch, tag template,
    /// predicate prefix, version rule, required checks, check definitions with their exclusions, images, trusted
    /// keys and identities with their stages and accounts. Two files with the same trust digest judge alike;
    /// the pin holds it. Comments, order, and how a key's PEM is wrapped do not change it. Neither do
    /// revocations: what is revoked proves less, so that nobody has to agree to it before it works. That one is
    /// dropped is told from [`crate::model::Revoked::lost_in`].
    pub fn trust_digest(&self) -> Sha256 {
        trust::digest(self)
    }
}

#[cfg(test)]
mod tests;
