//! The tag annotation: a part for people, and one block for machines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Oid, Sha256, json};

/// What packaging will give, known and signed before anything is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predicted {
    /// sha256 of the uncompressed tar.
    pub tar: Sha256,
    /// sha256 of the `.tgz`.
    pub tgz: Sha256,
    /// sha256 of the OCI manifest.
    pub oci: Sha256,
}

/// The nearest payload tag of the chart behind this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Previous {
    /// Its name.
    pub tag: String,
    /// Its tag object.
    pub tag_object: Oid,
    /// sha256 of its payload's line.
    pub payload: Sha256,
}

/// A chart from outside the repository that is packed into a chart: which, from where, and its exact bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dependency {
    /// The chart's name.
    pub name: String,
    /// The version that `Chart.lock` names.
    pub version: String,
    /// The address that `Chart.lock` names: `https://…` or `oci://…`.
    pub repository: String,
    /// sha256 of the package file.
    pub sha256: Sha256,
}

impl Dependency {
    /// What a check statement's dependency closure calls it; no directory of a repository has such a name.
    pub fn key(&self) -> String {
        format!("{}/{}@{}", self.repository.trim_end_matches('/'), self.name, self.version)
    }
}

/// An attestation the payload names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The label.
    pub id: String,
    /// sha256 of the bundle: what counts.
    pub bundle: Sha256,
}

/// The machine-readable block of the annotation, one line of RFC 8785 JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// 1.
    pub version: u64,
    /// The repository's id.
    pub repository: String,
    /// `Chart.yaml:name`.
    pub chart: String,
    /// The chart's directory from the root.
    pub directory: String,
    /// `Chart.yaml:version`.
    pub chart_version: String,
    /// The tagged commit.
    pub commit: Oid,
    /// The chart tree there.
    pub tree: Oid,
    /// Its content digest.
    pub content: Sha256,
    /// Record name → attestation: checks, seal, links, overall.
    pub attestations: BTreeMap<String, Named>,
    /// The contribution's commits.
    pub source_commits: Vec<Oid>,
    /// The contribution's pull request, where a forge has one.
    pub pull_request: Option<u64>,
    /// The digests packaging will give.
    pub predicted: Predicted,
    /// The package format's version.
    pub package_format: u64,
    /// The compressor, by name and version.
    pub compressor: String,
    /// The release before; none for the first.
    pub previous: Option<Previous>,
    /// The charts from outside that are packed in, sorted; the package is rebuilt from these very bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// Set in a rehearsal, whose keys count nowhere else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
}

/// What is wrong with an annotation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// No block at all: a release from before lineage.
    #[error("the annotation has no lineage block")]
    Missing,
    /// More than one block, or delimiters out of order or inside the changelog.
    #[error("the annotation has {0}; exactly one lineage block at its end is allowed")]
    Delimiters(String),
    /// The block is not the JSON it should be.
    #[error("the lineage block is not readable: {0}")]
    Malformed(String),
    /// Written by a later git lineage: not guessed at.
    #[error("the lineage block is of version {0}, newer than this program reads")]
    Newer(u64),
}

/// The version of the package format this program builds, as a payload records it.
pub const PACKAGE_FORMAT: u64 = 1;

/// Opens the block.
pub const BEGIN: &str = "-----BEGIN LINEAGE-----";
/// Closes the block.
pub const END: &str = "-----END LINEAGE-----";

impl Payload {
    /// The line inside the block: RFC 8785 JSON.
    pub fn line(&self) -> String {
        json::canonical(self)
    }

    /// The whole annotation (brief F8, then the block), ending in a newline. `changelog` is this
    /// version's section.
    ///
    /// # Errors
    /// The changelog holds a delimiter, or something git would take for the start of a signature.
    pub fn annotation(&self, changelog: &str) -> Result<String, PayloadError> {
        let id =
            |names: &[&str]| names.iter().find_map(|name| self.attestations.get(*name)).map(|named| &named.id);
        let ids = [
            ("Workflow 1", id(&["w1-overall"])),
            ("Workflow 5", id(&["w5-overall"])),
            ("workflow-1-overall", id(&["w1-overall"])),
            ("workflow-5-semver", id(&["w5-semver-bump", "w5-semver"])),
            ("workflow-5-overall", id(&["w5-overall"])),
        ];
        let mut lines = vec![
            format!("Release: {} v{}", self.chart, self.chart_version),
            String::new(),
            "Attestation Lineage:".to_owned(),
        ];
        lines.extend(ids.into_iter().filter_map(|(what, id)| Some(format!("- {what}: {}", id?))));
        lines.extend([String::new(), format!("Commit: {}", self.commit)]);
        lines.extend(self.pull_request.map(|number| format!("Source PR: #{number}")));
        lines.extend([String::new(), "Changelog:".to_owned(), changelog.trim_end().to_owned(), String::new()]);
        let human = lines.join("\n");
        for line in human.lines() {
            if line.contains(BEGIN) || line.contains(END) {
                return Err(PayloadError::Delimiters("a delimiter inside the changelog".to_owned()));
            }
            if SIGNATURES.iter().any(|(begin, _)| line.starts_with(begin)) {
                return Err(PayloadError::Delimiters("the start of a signature inside the changelog".to_owned()));
            }
        }
        Ok(format!("{human}\n{BEGIN}\n{}\n{END}\n", self.line()))
    }

    /// The payload of an annotation (a signature behind the block is allowed), with the sha256 of its line.
    ///
    /// # Errors
    /// See [`PayloadError`].
    pub fn parse(annotation: &str) -> Result<(Self, Sha256), PayloadError> {
        let line = block(annotation)?;
        let malformed = |why: &dyn std::fmt::Display| PayloadError::Malformed(why.to_string());
        let value: serde_json::Value = json::parse(line).map_err(|why| malformed(&why))?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(1) => {}
            Some(0) | None => return Err(malformed(&"it has no usable `version`")),
            Some(newer) => return Err(PayloadError::Newer(newer)),
        }
        // One value, one spelling: without this, two tags could carry one payload under two digests.
        if json::canonical(&value) != line {
            return Err(malformed(&"it is not in RFC 8785 form"));
        }
        let payload = serde_json::from_value(value).map_err(|why| malformed(&why))?;
        Ok((payload, Sha256::of(line)))
    }
}

/// How git writes a signature behind an annotation (PGP, SSH, X.509): its first and last line.
const SIGNATURES: [(&str, &str); 4] = [
    ("-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----"),
    ("-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"),
    ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"),
    ("-----BEGIN SIGNED MESSAGE-----", "-----END SIGNED MESSAGE-----"),
];

/// The line between the delimiters, where there is exactly one block and nothing but a signature
/// behind it. Nothing else of the annotation is read: the rest is text that contributors wrote.
fn block(annotation: &str) -> Result<&str, PayloadError> {
    let refuse = |what: &str| Err(PayloadError::Delimiters(what.to_owned()));
    let lines: Vec<&str> = annotation.split('\n').collect();
    let holding = |delimiter: &str| -> Vec<usize> {
        lines.iter().enumerate().filter(|(_, line)| line.contains(delimiter)).map(|(at, _)| at).collect()
    };
    let (begin, end) = match (holding(BEGIN).as_slice(), holding(END).as_slice()) {
        ([], []) => return Err(PayloadError::Missing),
        ([begin], [end]) => (*begin, *end),
        ([], _) => return refuse("an end without a beginning"),
        (_, []) => return refuse("a beginning without an end"),
        _ => return refuse("more than one block"),
    };
    let [before @ .., first, line, last] = lines.get(..=end).unwrap_or_default() else {
        return refuse("delimiters out of order");
    };
    if before.len() != begin {
        return refuse("not exactly one line between the delimiters");
    }
    if *first != BEGIN || *last != END {
        return refuse("a delimiter that does not stand on a line of its own");
    }
    let behind = lines.get(end.saturating_add(1)..).unwrap_or_default();
    let behind = match behind {
        [rest @ .., ""] => rest,
        all => all,
    };
    match behind {
        [] => Ok(line),
        [first, .., last] if SIGNATURES.contains(&(first, last)) => Ok(line),
        _ => refuse("text behind the block"),
    }
}

#[cfg(test)]
mod tests;
