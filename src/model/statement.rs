//! in-toto statements: what is signed, before it is signed.
//!
//! An [in-toto Statement v1](https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md).
//! Subjects carry sha256 only, because sigstore-python and others refuse subjects with git digests;
//! trees, commits and tags stand in the predicate as resolved dependencies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Oid, Role, Sha256, Stage, Timestamp};

mod channel;
mod people;
mod provenance;
mod summary;

pub use channel::ChannelClaim;
pub use people::{PolicyChange, Review, SourceCommit, Waiver, address, addresses};
pub use provenance::{BuildClaim, BuildDefinition, Builder, Byproduct, Metadata, Provenance, RunDetails};
pub use summary::{
    Descriptor, Outcome as SummaryOutcome, SLSA_VERSION, Summary, VERIFICATION_SUMMARY, Verifier, levels,
};

/// The `_type` of every statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The predicate type of SLSA provenance v1, which the build statement is.
pub const SLSA_PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `charts/<dir>` for content, a file name for a package, a tag name for a tag object; empty in statements of
    /// others that name none, such as cosign's of an image.
    #[serde(default)]
    pub name: String,
    /// Algorithm → hex; we write `sha256` alone.
    pub digest: BTreeMap<String, String>,
}

impl Subject {
    /// A subject with its sha256.
    pub fn new(name: impl Into<String>, digest: Sha256) -> Self {
        Self { name: name.into(), digest: BTreeMap::from([("sha256".to_owned(), digest.to_string())]) }
    }

    /// The sha256, if it is there and well-formed.
    pub fn sha256(&self) -> Option<Sha256> {
        self.digest.get("sha256").and_then(|hex| Sha256::parse(hex))
    }
}

/// An in-toto Statement v1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Always [`STATEMENT_TYPE`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// What it is about; several where one run covered several.
    pub subject: Vec<Subject>,
    /// Says how to read the predicate.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// The claim, as the predicate type has it.
    pub predicate: serde_json::Value,
}

/// The kinds of predicate of our own, one row each under one configurable prefix; the build statement
/// is [`SLSA_PROVENANCE`] instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Predicate {
    /// [`Check`].
    Check,
    /// [`Overall`], of the validate stage: the seal.
    Seal,
    /// [`SplitLink`].
    Split,
    /// [`BumpLink`].
    Bump,
    /// [`Overall`], of the bump stage.
    Overall,
    /// [`TagClaim`].
    Tag,
    /// [`Provenance`] with [`BuildClaim`] inside.
    Build,
    /// [`Overall`], of the build stage.
    BuildOverall,
    /// [`PublishClaim`].
    Publish,
    /// [`Review`].
    Review,
    /// [`Waiver`].
    Waiver,
    /// [`PolicyChange`].
    Policy,
    /// [`ChannelClaim`].
    Channel,
}

impl Predicate {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Check,
        Self::Seal,
        Self::Split,
        Self::Bump,
        Self::Overall,
        Self::Tag,
        Self::Build,
        Self::BuildOverall,
        Self::Publish,
        Self::Review,
        Self::Waiver,
        Self::Policy,
        Self::Channel,
    ];

    /// The predicate type under `prefix` (which ends in `/`).
    pub fn uri(self, prefix: &str) -> String {
        let word = match self {
            Self::Check => "check",
            Self::Seal => "seal",
            Self::Split => "split",
            Self::Bump => "bump",
            Self::Overall => "overall",
            Self::Tag => "tag",
            Self::Build => return SLSA_PROVENANCE.to_owned(),
            Self::BuildOverall => "build-overall",
            Self::Publish => "publish",
            Self::Review => "review",
            Self::Waiver => "waiver",
            Self::Policy => "policy",
            Self::Channel => "channel",
        };
        format!("{prefix}{word}/v1")
    }

    /// The stage it belongs to. A check states its own stage; this is the earliest, as for what people
    /// say of a contribution.
    pub fn stage(self) -> Stage {
        match self {
            Self::Check | Self::Seal | Self::Review | Self::Waiver | Self::Policy => Stage::Validate,
            Self::Split => Stage::Split,
            Self::Bump | Self::Overall => Stage::Bump,
            Self::Tag => Stage::Tag,
            Self::Build | Self::BuildOverall => Stage::Build,
            Self::Publish | Self::Channel => Stage::Publish,
        }
    }

    /// What its signer has to be trusted for.
    pub fn role(self) -> Role {
        match self {
            Self::Review => Role::Review,
            Self::Waiver => Role::Waive,
            Self::Policy => Role::Policy,
            other => Role::from(other.stage()),
        }
    }

    /// Which kind a predicate type is, if it is one of ours.
    pub fn of(uri: &str, prefix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri(prefix) == uri)
    }
}

/// What every predicate of ours opens with: whose repository and which chart it speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// The repository's id: the UUID of `lineage.toml`, or the forge's number.
    pub repository: String,
    /// `Chart.yaml:name`.
    pub chart: String,
    /// The chart's directory from the repository's root.
    pub directory: String,
    /// When the signer says it was made. Key bundles have no other time.
    pub time: Timestamp,
    /// Git objects this rests on, as in-toto resource descriptors (`gitTree`, `gitCommit`, `gitTag`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved_dependencies: Vec<GitDependency>,
}

/// An in-toto resource descriptor that names a git object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitDependency {
    /// `chart`, `commit`, `tag`.
    pub name: String,
    /// `gitTree`, `gitCommit` or `gitTag` → object id.
    pub digest: BTreeMap<String, Oid>,
    /// Where it was fetched from (`git+https://…`): a label, never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
}

impl GitDependency {
    /// A descriptor of one object; `algorithm` is `gitTree`, `gitCommit` or `gitTag`.
    pub fn new(name: &str, algorithm: &str, oid: Oid) -> Self {
        Self { name: name.to_owned(), digest: BTreeMap::from([(algorithm.to_owned(), oid)]), uri: None }
    }
}

/// A check's result. Excluded and not-applicable are not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    /// It ran on this content and was satisfied.
    Pass,
    /// It ran and was not satisfied.
    Fail,
    /// The policy leaves this chart out of it.
    Excluded,
    /// There was nothing for it to look at.
    NotApplicable,
}

impl CheckResult {
    /// The word, as stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Excluded => "excluded",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// A check statement's predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// Which check, with its variant: `lint-test-v1.32.11`.
    pub check: String,
    /// The stage whose content it saw: validate (before the bump) or bump (after it).
    pub stage: Stage,
    /// Its result.
    pub result: CheckResult,
    /// Why it was excluded or not applicable; empty otherwise.
    #[serde(default)]
    pub reason: String,
    /// Digest of the check's definition in the policy (`config::CheckDefinition::digest`).
    pub definition: Sha256,
    /// Digest of the listing of its declared inputs.
    pub inputs: Sha256,
    /// Content digests of the charts of this repository it depends on, by directory.
    #[serde(default)]
    pub dependencies: BTreeMap<String, Sha256>,
    /// Digest of what the command printed.
    pub output: Sha256,
    /// The commits a check about commits looked at, newest first; empty for the others.
    #[serde(default)]
    pub commits: Vec<SourceCommit>,
}

/// The statement over a complete attestation map (brief F6): the seal of the validate stage, the overall
/// statement of the bump stage, and that of the build stage. Its subjects are the content and
/// `pr-description`, the sha256 of the map's RFC 8785 form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overall {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// Record name → attestation id.
    pub attestations: BTreeMap<String, String>,
    /// Record name → sha256 of the bundle: what counts.
    pub bundles: BTreeMap<String, Sha256>,
    /// The bundle of the previous overall statement; none only for the first.
    pub parent: Option<Sha256>,
}

/// How the split content came from the contribution's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SplitLink {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The content that was validated.
    pub source: ContentRef,
    /// The chart on main when it was split; none for a chart new to main.
    pub base: Option<ContentRef>,
    /// What the source had in the files main owns, so that the split can be undone.
    pub before: OwnedFiles,
    /// The contribution's own commits, newest first.
    pub commits: Vec<SourceCommit>,
    /// Who made and who committed the commits that brought it to integration, as git prints them.
    #[serde(default)]
    pub merged_by: Vec<String>,
    /// The bundle of the seal the source content had; none where the flow has no separate validation.
    pub parent: Option<Sha256>,
}

/// How the bumped content came from the split one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BumpLink {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The content before.
    pub source: ContentRef,
    /// The chart on main when it was bumped; none for a chart new to main.
    pub base: Option<ContentRef>,
    /// What it had in the files the bump edits.
    pub before: OwnedFiles,
    /// The version before; none for a chart new to main.
    pub from_version: Option<String>,
    /// The version now.
    pub to_version: String,
    /// major, minor, patch, initial or manual.
    pub bump: String,
    /// The bundle of the split link; none in direct flow.
    pub parent: Option<Sha256>,
}

/// A content by its digest, with the git tree as a label to look it up by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentRef {
    /// The content digest.
    pub content: Sha256,
    /// The chart tree.
    pub tree: Oid,
    /// The commit it was read at.
    pub commit: Oid,
}

/// The bytes of the two files that main owns, in base64; none where the file was absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedFiles {
    /// `Chart.yaml`.
    #[serde(rename = "Chart.yaml", with = "base64_bytes")]
    pub chart_yaml: Option<Vec<u8>>,
    /// `CHANGELOG.md`.
    #[serde(rename = "CHANGELOG.md", with = "base64_bytes")]
    pub changelog: Option<Vec<u8>>,
}

/// The tag statement's predicate; its subject is the sha256 of the tag object's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagClaim {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The tag's name.
    pub tag: String,
    /// sha256 of the payload's line.
    pub payload: Sha256,
}

/// The publish statement's predicate; its subject is the package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishClaim {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The tag it was published from.
    pub tag: String,
    /// Where: `oci://host/path/chart@sha256:…`.
    pub oci: Option<String>,
    /// Release asset → sha256.
    pub assets: BTreeMap<String, Sha256>,
    /// The number of the release on the forge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<u64>,
}

mod base64_bytes {
    //! Optional bytes as base64, with null for none.

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde's `with` calls it with a reference to the field")]
    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(|bytes| STANDARD.encode(bytes)).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|text| STANDARD.decode(text).map_err(serde::de::Error::custom)).transpose()
    }
}
