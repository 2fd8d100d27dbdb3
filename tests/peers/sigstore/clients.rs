//! How each reference client is told to sign and to verify.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::Bundle;
use sigstore_verify::VerificationPolicy;

use super::{Job, RealSigstore, built, installed, program, script};
use crate::world::{Output, Site, World};

/// What is signed, and what is not.
pub(super) const ARTIFACT: &str = "chart-0.1.0.tgz";
pub(super) const OTHER_ARTIFACT: &str = "chart-0.1.1.tgz";

const BYTES: &str = "not quite a chart\n";
const REPOSITORY: &str = "acme/charts";
const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";

/// Who signs: a tool and what it is told.
pub(super) const SIGNERS: [&str; 4] =
    ["cosign attest-blob", "cosign sign-blob", "sigstore-python attest", "sigstore-python sign"];

/// Who verifies. The last is the library under our own binary, with everything it can check.
pub(super) const VERIFIERS: [&str; 4] = ["cosign", "gh", "sigstore-python", "sigstore-verify"];

/// A place with the clients and something to sign.
pub(super) struct Table<'w> {
    pub(super) site: Site<'w>,
    pub(super) job: Job,
    /// The root the verifiers trust, alone and with a signing config.
    pub(super) trusted_root: PathBuf,
    pub(super) client_trust_config: PathBuf,
    /// Who issued the token that was signed with, and who is named in it.
    pub(super) issuer: String,
    pub(super) identity: String,
}

impl<'w> Table<'w> {
    /// Sets it, with servers, or says what is missing.
    #[track_caller]
    pub(super) fn set(world: &'w World) -> Option<(Self, RealSigstore)> {
        if !(built("cosign") && installed("gh") && installed("sigstore")) {
            return None;
        }
        let sigstore = RealSigstore::start()?;
        let site = world.site(".", None);
        site.write(ARTIFACT, BYTES);
        site.write(OTHER_ARTIFACT, "something else\n");
        site.write("statement.json", statement().to_string());
        site.write("predicate.json", predicate().to_string());
        let job = Job::push(REPOSITORY, "release.yaml");
        let table = Self {
            site,
            trusted_root: sigstore.trusted_root.clone(),
            client_trust_config: sigstore.client_trust_config.clone(),
            issuer: sigstore.ci_issuer.clone(),
            identity: job.identity(),
            job,
        };
        Some((table, sigstore))
    }

    /// Runs a client with servers to sign with.
    #[track_caller]
    fn run(&self, mut command: Command, sigstore: &RealSigstore) {
        let output = self.site.run(&mut command);
        assert!(output.code == 0, "{}\n{}", output.text(), sigstore.said());
    }

    /// One of the signers writes its bundle to a file, with a token or, without one, with what it finds in
    /// its environment.
    #[track_caller]
    pub(super) fn sign(
        &self,
        signer: &str,
        sigstore: &RealSigstore,
        token: Option<&str>,
        environment: &[(String, String)],
    ) -> String {
        let (tool, verb) = signer.split_once(' ').expect("a tool and a verb");
        let bundle = format!("{tool}-{verb}.sigstore.json");
        let mut command;
        if tool == "cosign" {
            command = self.site.command(program("cosign"));
            command.args([verb, "--yes", "--bundle", &bundle]);
            command.arg("--signing-config").arg(&sigstore.signing_config);
            command.arg("--trusted-root").arg(&sigstore.trusted_root);
        } else {
            command = self.site.command(script("sigstore"));
            command.arg("--trust-config").arg(&sigstore.client_trust_config);
            command.args([verb, "--overwrite", "--bundle", &bundle]);
        }
        if let Some(token) = token {
            command.args(["--identity-token", token]);
        }
        command.args(match verb {
            "attest-blob" => vec!["--statement", "statement.json"],
            "attest" => vec!["--predicate", "predicate.json", "--predicate-type", PREDICATE_TYPE, ARTIFACT],
            _ => vec![ARTIFACT],
        });
        command.envs(environment.iter().cloned());
        self.run(command, sigstore);
        bundle
    }

    /// What a verifier says of a bundle; nothing if it accepts it.
    pub(super) fn refusal(&self, verifier: &str, bundle: &str, artifact: &str) -> Option<String> {
        let output = match verifier {
            "cosign" => self.cosign(bundle, artifact),
            "gh" => self.gh(bundle, artifact),
            "sigstore-python" => self.python(bundle, artifact),
            _ => return self.library(bundle, artifact),
        };
        (output.code != 0).then(|| output.text())
    }

    fn cosign(&self, bundle: &str, artifact: &str) -> Output {
        let mut command = self.site.command(program("cosign"));
        if self.site.read(bundle).contains("dsseEnvelope") {
            command.args(["verify-blob-attestation", "--type", PREDICATE_TYPE]);
        } else {
            command.arg("verify-blob");
        }
        command.args(["--bundle", bundle, "--certificate-identity", &self.identity]);
        command.args(["--certificate-oidc-issuer", &self.issuer]);
        command.arg("--trusted-root").arg(&self.trusted_root).arg(artifact);
        self.site.run(&mut command)
    }

    fn gh(&self, bundle: &str, artifact: &str) -> Output {
        let mut command = self.site.command(script("gh"));
        command.args(["attestation", "verify", artifact, "--bundle", bundle, "--repo", REPOSITORY]);
        command.args(["--cert-identity", &self.identity, "--cert-oidc-issuer", &self.issuer]);
        command.args(["--source-ref", &self.job.git_ref, "--source-digest", &self.job.commit]);
        command.arg("--deny-self-hosted-runners").arg("--custom-trusted-root").arg(&self.trusted_root);
        self.site.run(command.env("GH_NO_UPDATE_NOTIFIER", "1"))
    }

    fn python(&self, bundle: &str, artifact: &str) -> Output {
        let mut command = self.site.command(script("sigstore"));
        command.arg("--trust-config").arg(&self.client_trust_config);
        command.args(["verify", "identity", "--offline", "--bundle", bundle]);
        command.args(["--cert-identity", &self.identity, "--cert-oidc-issuer", &self.issuer, artifact]);
        self.site.run(&mut command)
    }

    fn library(&self, bundle: &str, artifact: &str) -> Option<String> {
        let root = TrustedRoot::from_file(&self.trusted_root).expect("it is one of ours");
        let bundle = Bundle::from_json(&self.site.read(bundle)).expect("a bundle");
        let policy = VerificationPolicy::new(&*self.identity, &*self.issuer);
        let artifact = fs::read(self.site.dir.join(artifact)).expect("it was written");
        match sigstore_verify::verify(&*artifact, &bundle, &policy, &root) {
            Ok(result) => {
                let whole = result.certificate_verified() && result.sct_verified() && result.tlog_verified();
                (!whole).then(|| "something was not checked".to_owned())
            }
            Err(e) => Some(e.to_string()),
        }
    }
}

/// A predicate that clients which look into it take for SLSA provenance.
fn predicate() -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://example.com/build/v1",
            "externalParameters": {},
            "resolvedDependencies": [
                { "uri": "git+https://example.com/charts", "digest": { "gitCommit": "5f".repeat(20) } },
            ],
        },
        "runDetails": { "builder": { "id": "https://example.com/builder" } },
    })
}

fn statement() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": ARTIFACT, "digest": { "sha256": hex::encode(Sha256::digest(BYTES)) } }],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate(),
    })
}
