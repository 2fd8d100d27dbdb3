//! With what statements are signed, and whose signatures count.

use serde::Deserialize;

use super::Config;
use super::check::Faults;
use super::parse::Fault;
use crate::model::{Role, Timestamp};

/// With what statements are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignMode {
    /// With a P-256 key.
    #[default]
    Key,
    /// With a certificate that Fulcio issues for an OIDC identity.
    Keyless,
}

/// Who else keeps what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// GitHub's attestation store.
    Github,
}

/// How statements are signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sign {
    /// With what.
    pub mode: SignMode,
    /// With what instead, while the services of `mode` cannot be reached: only `key`, for `keyless`.
    pub fallback: Option<SignMode>,
    /// Evidence counts only once a log or a timestamp authority of a trusted root has seen it: a certificate's
    /// always, a key's after `sync --settle`.
    pub require_transparency: bool,
    /// Who keeps a copy besides the ledger. It decides nothing: what counts is in the ledger.
    pub store: Option<Store>,
}

/// Whether `[sign]` asks for something that can be done, with signers that count.
pub(super) fn check(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let Sign { mode, fallback, require_transparency, store: _ } = config.sign;
    let keyless = mode == SignMode::Keyless;
    faults.unless(
        !keyless || !config.trust.identities.is_empty(),
        &["sign", "mode"],
        "`keyless` needs an identity that is trusted: add one under [[trust.identities]]",
    )?;
    faults.unless(
        fallback.is_none() || keyless && fallback == Some(SignMode::Key),
        &["sign", "fallback"],
        "the only fallback there is is `key`, for `mode = \"keyless\"`",
    )?;
    faults.unless(
        fallback.is_none() || !config.trust.keys.is_empty(),
        &["sign", "fallback"],
        "`key` needs a key that is trusted: add one under [[trust.keys]]",
    )?;
    faults.unless(
        keyless || !require_transparency,
        &["sign", "require-transparency"],
        "no log sees what `mode = \"key\"` signs; write `mode = \"keyless\"`",
    )
}

/// Whose signatures count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Trust {
    /// The keys.
    pub keys: Vec<TrustedKey>,
    /// The keyless identities. Keys and identities together are at least one.
    pub identities: Vec<TrustedIdentity>,
    /// What no longer counts, since when, and why.
    pub revoked: Vec<Revocation>,
}

/// A public key the policy trusts, for the stages it names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedKey {
    /// What the key is shown as.
    pub name: String,
    /// PEM (`BEGIN PUBLIC KEY`).
    pub public: String,
    /// The stages (and roles) it may sign; left out: every one but `waive`.
    #[serde(default, deserialize_with = "some_stages")]
    pub stages: Vec<Role>,
    /// The account whose key it is: the forge's number of a person, needed for waivers and reviews.
    #[serde(default)]
    pub account: Option<String>,
}

/// A keyless identity the policy trusts: every field that is given has to equal what the certificate says.
///
/// A workflow's identity says all of repository, owner, refs and events; a person's (an address) none of
/// them. Only `refs` and the ref of a workflow's `signer` are patterns: `*` stands for any characters but
/// `/`, and a pattern is anchored at both ends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrustedIdentity {
    /// What the identity is shown as.
    pub name: String,
    /// The OIDC issuer, exactly: `https://token.actions.githubusercontent.com`.
    pub issuer: String,
    /// The certificate's subject: for a workflow `https://github.com/o/r/.github/workflows/f.yml@refs/heads/main`
    /// (a reusable workflow signs as itself), for a person an address.
    pub signer: String,
    /// The number of the repository the run belongs to.
    #[serde(default)]
    pub repository_id: Option<String>,
    /// The number of its owner.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// The refs a run may have been started at. Patterns.
    #[serde(default, deserialize_with = "some_words")]
    pub refs: Vec<String>,
    /// The events that may have started it.
    #[serde(default, deserialize_with = "some_words")]
    pub events: Vec<String>,
    /// The runner it must have been on: `github-hosted` or `self-hosted`; left out: either.
    #[serde(default)]
    pub runner: Option<String>,
    /// The trusted root that has to vouch for it: `public-good` unless said otherwise, `github`, or `given`:
    /// whichever the verifier names by `--trusted-root`.
    #[serde(default = "public_good")]
    pub root: String,
    /// The stages (and roles) it may sign; left out: every one but `waive`.
    #[serde(default, deserialize_with = "some_stages")]
    pub stages: Vec<Role>,
    /// The account of the person it stands for, needed for waivers and reviews.
    #[serde(default)]
    pub account: Option<String>,
}

pub(super) fn public_good() -> String {
    "public-good".to_owned()
}

impl TrustedIdentity {
    /// The trusted roots a policy can name.
    pub const ROOTS: [&'static str; 3] = ["public-good", "github", "given"];

    /// The events a workflow's identity can name. Those that an outsider's comment, fork or finished run
    /// sets off while they run with the repository's own rights (`pull_request_target`, `workflow_run`,
    /// `issue_comment` …) are not among them.
    pub const EVENTS: [&'static str; 7] =
        ["push", "merge_group", "pull_request", "workflow_dispatch", "repository_dispatch", "schedule", "release"];

    /// Whether it is a workflow's. A person's is an address, or a URI without a ref.
    pub fn is_workflow(&self) -> bool {
        self.signer_ref().is_some()
    }

    /// The ref of the workflow that signs: what follows the first `@` of its URI. Neither a host, nor an
    /// owner, nor a repository can hold one, so that no name of a branch can put another ref there.
    pub fn signer_ref(&self) -> Option<&str> {
        signer_ref(&self.signer)
    }
}

/// See [`TrustedIdentity::signer_ref`].
pub(in crate::model) fn signer_ref(subject: &str) -> Option<&str> {
    let (file, reference) = subject.split_once('@')?;
    file.contains("://").then_some(reference)
}

/// A signer or a release that no longer counts. Exactly one of `key`, `identity` and `release` is given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Revocation {
    /// The name of a key of this file, or the fingerprint of any.
    #[serde(default)]
    pub key: Option<String>,
    /// The name of an identity of this file.
    #[serde(default)]
    pub identity: Option<String>,
    /// A release tag.
    #[serde(default)]
    pub release: Option<String>,
    /// From when (RFC 3339): what a log or a timestamp authority saw before it still counts.
    #[serde(deserialize_with = "moment")]
    pub since: Timestamp,
    /// Why, as `verify` shows it.
    pub reason: String,
}

fn moment<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse::<jiff::Timestamp>().map(|moment| Timestamp::from_seconds(moment.as_second())).map_err(|_| {
        let text: String = text.chars().take(40).flat_map(char::escape_debug).collect();
        serde::de::Error::custom(format!("`{text}` is no moment; write one as in \"2026-01-31T00:00:00Z\""))
    })
}

/// An empty list reads like "none" and would mean "every one": it is refused.
fn some_stages<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    let stages = Vec::<Role>::deserialize(deserializer)?;
    if stages.is_empty() {
        return Err(serde::de::Error::custom(
            "`stages` names no stage; leave it out to trust the signer for every one",
        ));
    }
    Ok(stages)
}

/// As [`some_stages`], for refs and events.
fn some_words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    if words.is_empty() {
        return Err(serde::de::Error::custom("the list is empty; name at least one"));
    }
    Ok(words)
}
