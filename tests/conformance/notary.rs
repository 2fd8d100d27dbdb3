//! Evidence signed by certificates, of a Sigstore of the corpus's own: who signs, and how.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::desk::Desk;
use crate::sigstore::{GITHUB, How, Identity, Sigstore};
use crate::world::policy;

/// The workflow that runs checks, splits and bumps.
pub(super) const CHECKS: &str = "checks.yml";
/// The workflow that tags and builds.
pub(super) const RELEASE: &str = "release.yml";
/// Whose the repository is.
pub(super) const REPOSITORY: &str = "octo/charts";

/// The Sigstore whose root is `root.json`.
pub(super) fn ours() -> &'static Sigstore {
    static OURS: OnceLock<Sigstore> = OnceLock::new();
    OURS.get_or_init(Sigstore::new)
}

/// `root.json`.
pub(super) fn root() -> String {
    ours().trusted_root_json()
}

/// `root.json` without logs, as GitHub's own instance has it.
pub(super) fn root_without_logs() -> String {
    ours().trusted_root_without_logs().to_string()
}

/// A workflow of the repository, on a push to main.
pub(super) fn workflow(file: &str) -> Identity {
    Identity::github(REPOSITORY, file, "refs/heads/main")
}

/// That workflow in a policy, for these stages.
pub(super) fn identity(name: &str, file: &str, stages: &str) -> String {
    format!(
        r#"
[[trust.identities]]
name = "{name}"
issuer = "{GITHUB}"
signer = "https://github.com/{REPOSITORY}/.github/workflows/{file}@refs/heads/main"
repository-id = "1001"
owner-id = "2002"
refs = ["refs/heads/main"]
events = ["push"]
runner = "github-hosted"
root = "given"
stages = [{stages}]
"#
    )
}

/// Both workflows, each for its stages.
pub(super) fn identities() -> String {
    identity("checks", CHECKS, "\"validate\", \"split\", \"bump\"")
        + &identity("release", RELEASE, "\"tag\", \"build\", \"publish\"")
}

/// The policy of the seeded world that trusts these, and no key.
pub(super) fn keyless(identities: &str) -> String {
    let whole = policy();
    let (before, rest) = whole.split_once("[[trust.keys]]").expect("it trusts a key");
    let (_, after) = rest.split_once("[publish]").expect("it publishes");
    format!("{before}{identities}\n[publish]{after}")
}

/// When a statement says it was made.
fn time(statement: &Value) -> Option<i64> {
    let predicate = &statement["predicate"];
    let inner = &predicate["buildDefinition"]["internalParameters"]["time"];
    let said = predicate["time"].as_str().or(inner.as_str())?;
    Some(said.parse::<jiff::Timestamp>().expect("it is a moment").as_second())
}

impl Desk<'_> {
    /// Signs a record with a certificate, at the time its statement says.
    pub(super) fn certify(&mut self, name: &str, who: Identity, how: impl Fn(i64) -> How + 'static) {
        self.certify_by(name, ours(), who, how);
    }

    /// The same by any instance.
    pub(super) fn certify_by(
        &mut self,
        name: &str,
        sigstore: &'static Sigstore,
        who: Identity,
        how: impl Fn(i64) -> How + 'static,
    ) {
        self.sign_by(name, move |text| {
            let statement = serde_json::from_str(&text).expect("a statement is JSON");
            let time = time(&statement).expect("it says when");
            sigstore.sign(text.as_bytes(), &who, &how(time)).to_string()
        });
    }

    /// Signs every record with the certificate of the workflow it comes from, under a policy that trusts
    /// those alone, and was on main before.
    pub(super) fn certify_all(&mut self, policy: &str, how: fn(i64) -> How) {
        for at in 0..self.records.len() {
            let name = self.records[at].name.clone();
            // The signature for registries is no evidence of ours, and tells no time.
            if time(&self.records[at].statement).is_none() {
                continue;
            }
            let early = name.as_bytes().get(1).is_some_and(|stage| *stage <= b'5');
            self.certify(&name, workflow(if early { CHECKS } else { RELEASE }), how);
        }
        self.main_moved_before(&[("lineage.toml", Some(policy.as_bytes()))]);
    }

    /// Has a timestamp authority note each signature, so many seconds after its statement says it was made.
    pub(super) fn stamp_all(&mut self, sigstore: &'static Sigstore, later: i64) {
        for at in 0..self.records.len() {
            let Some(time) = time(&self.records[at].statement) else { continue };
            let name = self.records[at].name.clone();
            self.rewrap(&name, move |bundle| {
                let signature = bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().expect("it is signed");
                let signature = STANDARD.decode(signature).expect("it is base64");
                let stamp = json!({ "signedTimestamp": sigstore.stamp(&signature, time + later) });
                bundle["verificationMaterial"]["timestampVerificationData"] =
                    json!({ "rfc3161Timestamps": [stamp] });
            });
        }
    }
}

/// The instance of another name, which nobody trusts.
pub(super) fn elsewhere() -> &'static Sigstore {
    static THEIRS: OnceLock<Sigstore> = OnceLock::new();
    THEIRS.get_or_init(|| Sigstore::named("evil.test"))
}
