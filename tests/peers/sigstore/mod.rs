//! Sigstore on loopback, of the real servers: `fulcio`, `rekor-tiles` and `timestamp-authority`, with an
//! OIDC issuer and a certificate transparency log of ours beside them (peers/README.md).

mod claims;
mod clients;
mod ct_log;
pub(crate) mod der;
mod documents;
mod exchange;
pub(crate) mod http;
mod issuer;
mod ours;
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

pub(crate) use claims::Job;

use ct_log::CtLog;
use documents::Parts;
use http::free_port;
use issuer::Issuer;
use process::Process;

use super::peer;

/// Who runs these servers, where a document names that.
const OPERATOR: &str = "loopback.example";

/// The log's name in its checkpoints: the host of its address without the port, as gh wants it.
const ORIGIN: &str = "127.0.0.1";

/// `timestamp-server` listens here for metrics, whatever it is told, and ends if it cannot.
const TSA_METRICS: u16 = 2112;

/// A Sigstore instance of its own. Everything ends when it is dropped. Tests that have one take turns, and
/// none may have two at once: its timestamping authority is the only one on the machine (`TSA_METRICS`).
#[derive(Debug)]
pub(crate) struct RealSigstore {
    pub(crate) fulcio_url: String,
    /// A log that speaks Rekor v2.
    pub(crate) rekor_url: String,
    /// Where timestamps are asked for (RFC 3161).
    pub(crate) tsa_url: String,
    /// The issuer of workflows' tokens; Fulcio copies their claims into certificates.
    pub(crate) ci_issuer: String,
    /// The issuer of people's tokens.
    pub(crate) people_issuer: String,
    pub(crate) trusted_root: PathBuf,
    pub(crate) signing_config: PathBuf,
    /// Both in one, for sigstore-python.
    pub(crate) client_trust_config: PathBuf,
    issuer: Issuer,
    // Held until the end; the directory goes last.
    _ct_log: CtLog,
    processes: Vec<Process>,
    _directory: TempDir,
}

/// Where `tests/peers/install` puts what it builds.
pub(crate) fn program(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers/bin").join(name)
}

/// Whether a program that `tests/peers/install` builds is there.
#[track_caller]
pub(crate) fn built(name: &str) -> bool {
    peer(name, Command::new(program(name)).arg("--help"), "tests/peers/install")
}

/// The same for one that would begin its work instead of telling what it is for.
#[track_caller]
pub(crate) fn present(name: &str) -> bool {
    peer(name, Command::new("test").arg("-x").arg(program(name)), "tests/peers/install")
}

/// Where it puts what comes as a Python package.
pub(super) fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers/venv/bin").join(name)
}

/// Whether a program that `tests/peers/install` fetches is there.
#[track_caller]
pub(super) fn installed(name: &str) -> bool {
    peer(name, Command::new(script(name)).arg("--version"), "tests/peers/install")
}

impl RealSigstore {
    /// Starts the servers, or says which one is missing.
    #[track_caller]
    pub(crate) fn start() -> Option<Self> {
        let there = built("fulcio") && built("rekor-server") && built("timestamp-server");
        there.then(Self::begin)
    }

    fn begin() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("sigstore-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("target/tmp takes a directory");
        let below = |name: &str| directory.path().join(name);

        let (issuer, ct_log) = (Issuer::start(), CtLog::start());
        // The one there is a turn for first, so that nobody waits with servers at hand.
        let tsa = tsa(directory.path());
        let fulcio = fulcio(directory.path(), &issuer, &ct_log);
        let (rekor, rekor_key) = rekor(directory.path());
        let [fulcio_url, rekor_url, tsa_url] =
            [&fulcio, &rekor, &tsa].map(|server| format!("http://127.0.0.1:{}", server.port));
        let tsa_url = format!("{tsa_url}/api/v1/timestamp");
        let (ci_issuer, people_issuer) = (issuer.ci(), issuer.people());

        let bundle = http::get(fulcio.port, "/api/v2/trustBundle").expect("fulcio shows its root");
        let bundle: Value = serde_json::from_slice(&bundle).expect("fulcio answers JSON");
        let chain = bundle["chains"][0]["certificates"].as_array().expect("one chain");
        let fulcio_chain: String = chain.iter().filter_map(Value::as_str).collect();
        let parts = Parts {
            fulcio_url: &fulcio_url,
            fulcio_chain: fulcio_chain.as_bytes(),
            rekor_url: &rekor_url,
            rekor_key: &rekor_key,
            rekor_origin: ORIGIN,
            ct_log_url: &ct_log.url(),
            ct_log_key: &ct_log.public,
            tsa_url: &tsa_url,
            tsa_chain: &http::get(tsa.port, "/api/v1/timestamp/certchain").expect("it shows its chain"),
            issuer: &people_issuer,
        };
        let (root, config) = (documents::trusted_root(&parts), documents::signing_config(&parts));
        let write = |name: &str, document: &Value| {
            // One line with its end, so that gh takes it as JSON lines.
            fs::write(below(name), format!("{document}\n")).expect("the directory is writable");
            below(name)
        };
        let trusted_root = write("trusted_root.json", &root);
        let signing_config = write("signing_config.json", &config);
        let both = documents::client_trust_config(&root, &config);
        let client_trust_config = write("client_trust_config.json", &both);
        Self {
            fulcio_url,
            rekor_url,
            tsa_url,
            ci_issuer,
            people_issuer,
            trusted_root,
            signing_config,
            client_trust_config,
            issuer,
            _ct_log: ct_log,
            processes: vec![fulcio, rekor, tsa],
            _directory: directory,
        }
    }

    /// A token for these claims (`Job::claims`). `iss` (that of workflows), `aud` and the times are filled in
    /// where they are not given.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.issuer.token(claims)
    }

    /// A token for a person.
    pub(crate) fn token_of(&self, email: &str) -> String {
        self.token(&json!({ "iss": self.people_issuer, "sub": email, "email": email, "email_verified": true }))
    }

    /// The environment of a job in GitHub Actions that may ask for tokens with these claims.
    pub(crate) fn ambient_env(&self, claims: &Value) -> Vec<(String, String)> {
        let (url, bearer) = self.issuer.job(claims);
        let variable = |name: &str, value: String| (name.to_owned(), value);
        vec![
            variable("GITHUB_ACTIONS", "true".to_owned()),
            variable("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", bearer),
        ]
    }

    /// What the servers printed, for messages.
    pub(crate) fn said(&self) -> String {
        self.processes.iter().map(Process::said).collect()
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A certificate authority with a key of its own that it forgets.
fn fulcio(directory: &Path, issuer: &Issuer, ct_log: &CtLog) -> Process {
    let config = json!({
        "oidc-issuers": {
            issuer.ci(): {
                "issuer-url": issuer.ci(),
                "client-id": "sigstore",
                "type": "ci-provider",
                "ci-provider": "github-workflow",
            },
            issuer.people(): { "issuer-url": issuer.people(), "client-id": "sigstore", "type": "email" },
        },
        "ci-issuer-metadata": { "github-workflow": claims::extensions() },
    });
    // JSON is YAML; what is JSON altogether, fulcio reads with other names.
    fs::write(directory.join("fulcio.yaml"), format!("# YAML\n{config}\n")).expect("the directory is writable");
    let key = pem::encode(&pem::Pem::new("PUBLIC KEY", ct_log.public.clone()));
    fs::write(directory.join("ct-log.pem"), key).expect("the directory is writable");
    let port = free_port();
    let mut arguments = words(&["serve", "--ca=ephemeralca", "--host=127.0.0.1", "--grpc-host=127.0.0.1"]);
    arguments.extend([
        "--config-path=fulcio.yaml".to_owned(),
        // It checks what the log signs.
        "--ct-log-public-key-path=ct-log.pem".to_owned(),
        format!("--ct-log-url={}", ct_log.url()),
        // Beside the two ports it wants a socket; the usual one is the machine's.
        "--legacy-unix-domain-socket=legacy.sock".to_owned(),
        format!("--port={port}"),
        format!("--grpc-port={}", free_port()),
        format!("--metrics-port={}", free_port()),
    ]);
    Process::start("fulcio", port, "/healthz", directory, &arguments)
}

/// A transparency log in a directory, and its public key.
fn rekor(directory: &Path) -> (Process, Vec<u8>) {
    let private = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).expect("a key can be made");
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).expect("it was just made");
    let public = pair.public_key().as_der().expect("a public key has a DER form").as_ref().to_vec();
    let text = pem::encode(&pem::Pem::new("PRIVATE KEY", private.as_ref()));
    fs::write(directory.join("rekor.pem"), text).expect("the directory is writable");
    let port = free_port();
    let arguments = [
        "serve".to_owned(),
        format!("--hostname={ORIGIN}"),
        "--signer-filepath=rekor.pem".to_owned(),
        format!("--storage-dir={}", directory.join("log").display()),
        format!("--http-port={port}"),
        format!("--grpc-port={}", free_port()),
        format!("--http-metrics-port={}", free_port()),
        // Nobody waits for company here.
        "--batch-max-size=1".to_owned(),
        "--batch-max-age=10ms".to_owned(),
        "--checkpoint-interval=100ms".to_owned(),
    ];
    let server = Process::start("rekor-server", port, "/healthz", directory, &arguments);
    first_entry(&server);
    (server, public)
}

/// Logs something, so that no test gets entry 0 of a tree of one: Go's clients leave numbers that are zero and
/// lists that are empty out of their bundles, and sigstore-python refuses bundles without them.
fn first_entry(rekor: &Process) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key can be made");
    let key = pair.public_key().as_der().expect("a public key has a DER form");
    let signature = pair.sign(&SystemRandom::new(), b"first").expect("a key signs");
    let entry = json!({ "hashedRekordRequestV002": {
        "digest": STANDARD.encode(Sha256::digest(b"first")),
        "signature": {
            "content": STANDARD.encode(signature),
            "verifier": {
                "publicKey": { "rawBytes": STANDARD.encode(key.as_ref()) },
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            },
        },
    } });
    let logged = http::post(rekor.port, "/api/v2/log/entries", &entry.to_string());
    assert!(logged.is_some(), "the log takes no entry:\n{}", rekor.said());
}

/// A timestamping authority with keys that it forgets. Where several tests want one, they take turns.
fn tsa(directory: &Path) -> Process {
    Process::start_in_turn("timestamp-server", TSA_METRICS, "/ping", directory, &|port| {
        let mut arguments = words(&["serve", "--host=127.0.0.1", "--timestamp-signer=memory"]);
        arguments.extend(["--disable-ntp-monitoring".to_owned(), format!("--port={port}")]);
        arguments
    })
}
