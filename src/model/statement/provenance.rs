//! The build statement: [SLSA provenance v1](https://slsa.dev/spec/v1.1/provenance).
//!
//! What git lineage says in it is its **build type**, `<prefix>package/v1`: the package of one chart at one
//! tag, made by reading the chart's tree from git and writing the archive stock Helm writes, with the
//! committer time of the tagged commit in it. Nothing outside the tag decides what comes out, so
//! `externalParameters` are always empty, and a verifier that has the repository builds the same bytes
//! again. The `resolvedDependencies` are the tag object, the commit and the chart tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{About, GitDependency};
use crate::model::{Oid, Predicted, Sha256, Timestamp};

/// The predicate of SLSA provenance v1, as far as this build type has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// What was built, and from what.
    pub build_definition: BuildDefinition,
    /// By whom and when.
    pub run_details: RunDetails,
}

/// What was built, and from what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildDefinition {
    /// `<prefix>package/v1`.
    pub build_type: String,
    /// What somebody outside could choose: nothing.
    pub external_parameters: BTreeMap<String, serde_json::Value>,
    /// What the builder knew: repository, chart, tag, digests.
    pub internal_parameters: BuildClaim,
    /// Tag, commit and chart tree.
    pub resolved_dependencies: Vec<GitDependency>,
}

/// What the build statement's SLSA provenance holds as internal parameters. The git objects it rests on are
/// the provenance's own [`BuildDefinition::resolved_dependencies`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildClaim {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The tag it was built from.
    pub tag: String,
    /// The tag object.
    pub tag_object: Oid,
    /// Digests of tar, tgz and OCI manifest.
    pub package: Predicted,
    /// The compressor that made the tgz, by name and version.
    pub compressor: String,
}

/// By whom and when it was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDetails {
    /// Who is said to have built it: as good as the signature, and no better.
    pub builder: Builder,
    /// When, and in which run.
    pub metadata: Metadata,
    /// What came out besides the package.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub byproducts: Vec<Byproduct>,
}

/// Who built it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Builder {
    /// The workflow's URI with its ref in a GitHub Actions job; elsewhere `<prefix>builder/local`: some
    /// machine, of which the signature alone says whose.
    pub id: String,
    /// `git-lineage` → its version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// When it was built, and in which run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The run's page; none outside a CI job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocation_id: Option<String>,
    /// When the command began.
    pub started_on: Timestamp,
    /// The same moment: packaging takes less than the second this is told in.
    pub finished_on: Timestamp,
}

/// Something that came out of the build besides its subject: the tar inside the package, the OCI manifest
/// around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Byproduct {
    /// A file name.
    pub name: String,
    /// Its sha256.
    pub digest: BTreeMap<String, Sha256>,
    /// Its media type.
    pub media_type: String,
}

impl Byproduct {
    /// A byproduct by its sha256.
    pub fn new(name: impl Into<String>, digest: Sha256, media_type: &str) -> Self {
        Self {
            name: name.into(),
            digest: BTreeMap::from([("sha256".to_owned(), digest)]),
            media_type: media_type.to_owned(),
        }
    }
}

impl Provenance {
    /// The build type under `prefix` (which ends in `/`).
    pub fn build_type(prefix: &str) -> String {
        format!("{prefix}package/v1")
    }

    /// The builder's id where no CI job has one.
    pub fn local_builder(prefix: &str) -> String {
        format!("{prefix}builder/local")
    }

    /// What contradicts this build type, or the objects the package is built from.
    ///
    /// # Errors
    /// A sentence.
    pub fn rests_on(&self, prefix: &str, tag: &Oid, commit: &Oid, tree: &Oid) -> Result<(), String> {
        let definition = &self.build_definition;
        if definition.build_type != Self::build_type(prefix) {
            return Err(format!("its build type is {}", definition.build_type));
        }
        if let Some(name) = definition.external_parameters.keys().next() {
            return Err(format!("the external parameter {name} decided what was built"));
        }
        let mut said: Vec<_> = definition.resolved_dependencies.iter().map(|on| &on.digest).collect();
        let wanted = [("gitTag", tag), ("gitCommit", commit), ("gitTree", tree)];
        for (algorithm, oid) in wanted {
            let digest = BTreeMap::from([(algorithm.to_owned(), oid.clone())]);
            let Some(at) = said.iter().position(|said| **said == digest) else {
                return Err(format!("its dependencies do not name the {algorithm} {}", oid.short()));
            };
            said.swap_remove(at);
        }
        if said.is_empty() { Ok(()) } else { Err("it names dependencies that are not the release's".to_owned()) }
    }
}

#[cfg(test)]
#[path = "provenance_tests.rs"]
mod tests;
