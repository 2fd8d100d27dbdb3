//! What a statement says it is about, read and not yet held against the repository.

use serde_json::Value;

use super::{Failure, Statement, label};
use crate::model::config::Config;
use crate::model::statement::{
    About, BuildClaim, ChannelClaim, Check, Provenance, PublishClaim, STATEMENT_TYPE, TagClaim, Waiver,
};
use crate::model::{Oid, Predicate, Role};

/// The predicate type of SLSA's verification summary.
const SUMMARY: &str = "https://slsa.dev/verification_summary/";

/// Whose kind of statement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of ours: the predicate, and what its signer has to be trusted for.
    Ours(Predicate, Role),
    /// Anybody's.
    Foreign,
}

/// What a statement says.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) kind: Kind,
    pub(super) statement: Statement,
    /// Ours: the chart, and where it lies.
    pub(super) chart: String,
    pub(super) directory: String,
    /// Ours: the chart tree or tag object it names.
    pub(super) object: Option<Oid>,
    /// Ours, about a tag: the tag's name.
    pub(super) tag: Option<String>,
    /// The record name its kind has.
    name: String,
}

impl Claim {
    /// Reads a statement.
    ///
    /// # Errors
    /// It is of one of our kinds and not what that kind says, about another repository, or no evidence at all.
    pub(super) fn read(config: &Config, statement: Statement) -> Result<Self, Failure> {
        if statement.predicate_type.starts_with(SUMMARY) {
            return Err(Failure::negative("a verification summary is what somebody else made of the evidence")
                .because("a verdict here rests on the evidence itself")
                .hint("import the attestations the summary was made from"));
        }
        let Some(kind) = Predicate::of(&statement.predicate_type, &config.predicate_prefix) else {
            return Ok(Self::foreign(statement));
        };
        let body = match kind {
            Predicate::Build => {
                let build_type = statement.predicate.pointer("/buildDefinition/buildType").and_then(Value::as_str);
                if build_type != Some(&Provenance::build_type(&config.predicate_prefix)) {
                    return Ok(Self::foreign(statement));
                }
                statement.predicate.pointer("/buildDefinition/internalParameters").cloned().unwrap_or_default()
            }
            _ => statement.predicate.clone(),
        };
        if statement.kind != STATEMENT_TYPE {
            return Err(Failure::negative(format!(
                "the statement is a {}, not a {STATEMENT_TYPE}",
                statement.kind
            ))
            .hint("sign the statement as `git lineage` writes it"));
        }
        if kind == Predicate::Policy {
            return Err(Failure::negative(format!("a {} statement is not imported", statement.predicate_type)));
        }
        Self::ours(config, statement, kind, &body)
    }

    fn ours(config: &Config, statement: Statement, kind: Predicate, body: &Value) -> Result<Self, Failure> {
        let about: About = read(body)?;
        if about.repository != config.repository.id {
            return Err(Failure::negative(format!(
                "the bundle is about the repository {}, not {}",
                about.repository, config.repository.id
            )));
        }
        let algorithm = if kind.stage() >= crate::model::Stage::Tag { "gitTag" } else { "gitTree" };
        let named = about.resolved_dependencies.iter().find_map(|on| on.digest.get(algorithm).cloned());
        let (role, object, tag, name) = match kind {
            Predicate::Check => {
                let check: Check = read(body)?;
                (check.stage.into(), named, None, format!("w{}-{}", check.stage.number(), check.check))
            }
            Predicate::Waiver => {
                let waiver: Waiver = read(body)?;
                (kind.role(), named, None, Waiver::record(waiver.stage, &waiver.check))
            }
            Predicate::Tag => (kind.role(), named, Some(read::<TagClaim>(body)?.tag), "w6-tag".to_owned()),
            Predicate::Build => {
                let claim: BuildClaim = read(body)?;
                let name = format!("w7-build-{}", about.chart);
                (kind.role(), Some(claim.tag_object), Some(claim.tag), name)
            }
            Predicate::Publish => {
                (kind.role(), named, Some(read::<PublishClaim>(body)?.tag), "w8-publish".to_owned())
            }
            Predicate::Channel => {
                let claim: ChannelClaim = read(body)?;
                (kind.role(), named, Some(claim.pointer.tag), ChannelClaim::record(&claim.channel))
            }
            Predicate::Seal => (kind.role(), named, None, "w1-overall".to_owned()),
            Predicate::Split => (kind.role(), named, None, "w2-filter-charts".to_owned()),
            Predicate::Bump => (kind.role(), named, None, "w5-semver-bump".to_owned()),
            Predicate::Overall => (kind.role(), named, None, "w5-overall".to_owned()),
            Predicate::BuildOverall => (kind.role(), named, None, "w7-overall".to_owned()),
            Predicate::Review | Predicate::Policy => (kind.role(), named, None, "w1-review".to_owned()),
        };
        Ok(Self {
            kind: Kind::Ours(kind, role),
            statement,
            chart: about.chart,
            directory: about.directory,
            object,
            tag,
            name,
        })
    }

    fn foreign(statement: Statement) -> Self {
        let name = format!("foreign-{}", word(&statement.predicate_type));
        Self {
            kind: Kind::Foreign,
            statement,
            chart: String::new(),
            directory: String::new(),
            object: None,
            tag: None,
            name,
        }
    }

    /// The record's name.
    ///
    /// # Errors
    /// It is not one word.
    pub(super) fn name(&self, given: Option<&str>) -> Result<String, Failure> {
        label("name", given.unwrap_or(&self.name))
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &Value) -> Result<T, Failure> {
    serde_json::from_value(body.clone())
        .map_err(|e| Failure::negative("the bundle's predicate is not what its type says").because(e.to_string()))
}

/// What people call a predicate type: `https://slsa.dev/provenance/v1` is `provenance`.
fn word(uri: &str) -> String {
    let version = |part: &str| {
        let number = part.strip_prefix(['v', 'V']).unwrap_or(part);
        number.starts_with(|c: char| c.is_ascii_digit())
    };
    let last = uri.split('/').rev().find(|part| !part.is_empty() && !version(part)).unwrap_or_default();
    let plain: String =
        last.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(60).collect();
    if plain.is_empty() { "statement".to_owned() } else { plain.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn a_predicate_type_in_a_word() {
        for (uri, expected) in [
            ("https://slsa.dev/provenance/v1", "provenance"),
            ("https://slsa.dev/provenance/v0.2", "provenance"),
            ("https://in-toto.io/attestation/test-result/v0.1", "test-result"),
            ("https://spdx.dev/Document/v2.3", "document"),
            ("https://cyclonedx.org/bom", "bom"),
            ("https://sigstore.dev/cosign/sign/v1", "sign"),
            ("https://example.org/two words/v1", "twowords"),
            ("", "statement"),
            ("v1", "statement"),
            ("///", "statement"),
        ] {
            assert_eq!(word(uri), expected, "{uri}");
        }
    }
}
