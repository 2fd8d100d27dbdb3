//! A verdict for others: [SLSA's verification summary](https://slsa.dev/spec/v1.1/verification_summary).
//!
//! It says what this program found, to whoever trusts the one that signed it. It is never evidence here: a
//! verdict rests on the attestations themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Certificate, Proof, Sha256, Timestamp};

/// The predicate type.
pub const VERIFICATION_SUMMARY: &str = "https://slsa.dev/verification_summary/v1";

/// Who verified, whatever the policy calls its predicates: this program.
const VERIFIER: &str = "https://git-lineage.dev/verify";

/// The OIDC issuer of GitHub's hosted workflows.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// The predicate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Which program.
    pub verifier: Verifier,
    /// When the command began.
    pub time_verified: Timestamp,
    /// What was asked for: where the release is published, or the release by repository id and tag.
    pub resource_uri: String,
    /// The policy it was judged by.
    pub policy: Descriptor,
    /// Every bundle that counted, by the sha256 of its bytes.
    pub input_attestations: Vec<Descriptor>,
    /// The verdict.
    pub verification_result: Outcome,
    /// What SLSA calls it; see [`levels`].
    pub verified_levels: Vec<String>,
    /// The version of SLSA the levels are from.
    pub slsa_version: String,
}

/// Which program verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    /// A URI.
    pub id: String,
    /// `git-lineage` → its version.
    pub version: BTreeMap<String, String>,
}

impl Verifier {
    /// This program in a version.
    pub fn new(version: &str) -> Self {
        let version = BTreeMap::from([("git-lineage".to_owned(), version.to_owned())]);
        Self { id: VERIFIER.to_owned(), version }
    }
}

/// An in-toto resource descriptor that names bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    /// What it is called here.
    pub name: String,
    /// Its sha256.
    pub digest: BTreeMap<String, Sha256>,
}

impl Descriptor {
    /// A descriptor by its sha256.
    pub fn new(name: impl Into<String>, digest: Sha256) -> Self {
        Self { name: name.into(), digest: BTreeMap::from([("sha256".to_owned(), digest)]) }
    }
}

/// The verdict. What could not be told is no pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Outcome {
    /// Proven.
    Passed,
    /// Anything else.
    Failed,
}

/// The version of SLSA that [`levels`] speaks of.
pub const SLSA_VERSION: &str = "1.1";

/// What SLSA calls a release that passed, from the proof of its build statement and the builder that one names.
///
/// - `SLSA_BUILD_LEVEL_2`: the certificate of a GitHub-hosted workflow signed the provenance, and the provenance
///   names that workflow as its builder. Level 3 demands that the build's own steps could not reach the signing
///   identity, which no certificate shows, so it is never claimed.
/// - `SLSA_BUILD_LEVEL_UNEVALUATED`: everything else. A key says who signed and nothing of the platform; that the
///   package was built again from the tag, byte for byte, is more than any level asks and has no word there.
pub fn levels(proof: &Proof, builder: &str) -> Vec<String> {
    let hosted = match proof {
        Proof::Certificate(certificate) => hosted_builder(certificate, builder),
        Proof::Key { .. } | Proof::Rejected(_) => false,
    };
    let level = if hosted { "SLSA_BUILD_LEVEL_2" } else { "SLSA_BUILD_LEVEL_UNEVALUATED" };
    vec![level.to_owned()]
}

/// Whether a certificate is that of a hosted workflow, and `builder` is that workflow: the one that was started,
/// or the reusable one that it called to sign.
fn hosted_builder(certificate: &Certificate, builder: &str) -> bool {
    let workflows = [&certificate.build_config_uri, &certificate.build_signer_uri];
    certificate.issuer == GITHUB
        && certificate.runner_environment.as_deref() == Some("github-hosted")
        && workflows.into_iter().any(|uri| uri.as_deref() == Some(builder))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKFLOW: &str = "https://github.com/o/r/.github/workflows/release.yml@refs/heads/main";

    fn certificate() -> Certificate {
        Certificate {
            issuer: GITHUB.to_owned(),
            runner_environment: Some("github-hosted".to_owned()),
            build_config_uri: Some(WORKFLOW.to_owned()),
            build_signer_uri: Some("https://github.com/o/shared/.github/workflows/b.yml@refs/tags/v1".to_owned()),
            ..Certificate::default()
        }
    }

    fn level(alter: impl FnOnce(&mut Certificate), builder: &str) -> String {
        let mut certificate = certificate();
        alter(&mut certificate);
        levels(&Proof::Certificate(Box::new(certificate)), builder).concat()
    }

    #[test]
    fn a_level_is_claimed_for_a_hosted_workflow_that_is_the_builder() {
        assert_eq!(level(|_| {}, WORKFLOW), "SLSA_BUILD_LEVEL_2");
        let callee = certificate().build_signer_uri.unwrap_or_default();
        assert_eq!(level(|_| {}, &callee), "SLSA_BUILD_LEVEL_2");
    }

    #[test]
    fn what_is_not_known_is_not_claimed() {
        let unevaluated = "SLSA_BUILD_LEVEL_UNEVALUATED";
        assert_eq!(level(|_| {}, "https://git-lineage.dev/builder/local"), unevaluated);
        assert_eq!(level(|c| c.issuer.push('x'), WORKFLOW), unevaluated);
        assert_eq!(level(|c| c.runner_environment = Some("self-hosted".to_owned()), WORKFLOW), unevaluated);
        assert_eq!(level(|c| c.runner_environment = None, WORKFLOW), unevaluated);
        let nameless = |c: &mut Certificate| (c.build_config_uri, c.build_signer_uri) = (None, None);
        assert_eq!(level(nameless, WORKFLOW), unevaluated);
        assert_eq!(level(nameless, ""), unevaluated);
        for proof in [Proof::key(Sha256::of("k")), Proof::Rejected("no".to_owned())] {
            assert_eq!(levels(&proof, WORKFLOW), [unevaluated]);
        }
    }
}
