//! Signatures and statements as cosign laid them out before bundles: images at the tags `sha256-<hex>.sig` and
//! `sha256-<hex>.att`, one layer each.
//!
//! [SIGNATURE_SPEC.md](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md) and
//! [ATTESTATION_SPEC.md](https://github.com/sigstore/cosign/blob/main/specs/ATTESTATION_SPEC.md). What does not know
//! bundles yet looks here: cosign before 2.6, admission controllers built on it, and whoever has a mirror that was
//! copied tag by tag.

use reqwest::header::{ETAG, HeaderName, IF_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Error;
use super::artifact::{self, MANIFEST, descriptor};
use super::remote::Remote;
use super::retry::jittered;
use crate::model::{Sha256, json as strict};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const SIGNATURES: &str = "sig";
const STATEMENTS: &str = "att";

/// No payload is longer, in bytes, and no more than so many are read.
const LONGEST: u64 = 64 * 1024;
const MOST: usize = 64;

/// Where the parts of a certificate's signature stand: the certificate in PEM form, and what the log answered.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const LOG: &str = "dev.sigstore.cosign/bundle";

/// How often the image is read and written again because somebody else wrote it in between.
const ROUNDS: usize = 16;

/// A signature and what it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classic {
    /// The simple signing payload: which image, called what.
    pub payload: Vec<u8>,
    /// Its signature, in base64.
    pub signature: String,
}

impl Classic {
    /// What cosign signs: that this manifest is what goes by this name (`host/path/chart`, without scheme and tag).
    pub fn payload(name: &str, subject: Sha256) -> Vec<u8> {
        let payload = json!({
            "critical": {
                "identity": { "docker-reference": name },
                "image": { "docker-manifest-digest": format!("sha256:{subject}") },
                "type": "cosign container image signature",
            },
            "optional": Value::Null,
        });
        strict::canonical(&payload).into_bytes()
    }
}

/// Such a signature with all that may stand beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The signature itself.
    pub classic: Classic,
    /// The certificate whose key made it, in PEM form; none where a key of somebody's own did.
    pub certificate: Option<String>,
    /// What Rekor answered when it took the entry, as JSON.
    pub log: Option<String>,
}

impl Signature {
    /// The manifest it is about, as its payload says.
    pub fn subject(&self) -> Option<Sha256> {
        let payload: Value = strict::parse(std::str::from_utf8(&self.classic.payload).ok()?).ok()?;
        let digest = payload.pointer("/critical/image/docker-manifest-digest").and_then(Value::as_str)?;
        artifact::parse_digest(digest)
    }
}

/// A statement in its signed envelope ([DSSE](https://github.com/secure-systems-lab/dsse)), with nothing around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    bytes: Vec<u8>,
    predicate_type: String,
}

impl Envelope {
    /// The envelope in a bundle; none in one that holds something else.
    pub fn of(bundle: &str, predicate_type: &str) -> Option<Self> {
        let bundle: Value = strict::parse(bundle).ok()?;
        let bytes = strict::canonical(bundle.get("dsseEnvelope")?).into_bytes();
        Some(Self { bytes, predicate_type: predicate_type.to_owned() })
    }

    fn layer(&self) -> Value {
        let mut layer = descriptor(ENVELOPE, &self.bytes);
        // The signature is in the envelope; cosign wants the annotation all the same.
        layer["annotations"] = json!({ SIGNATURE: "", "predicateType": self.predicate_type });
        layer
    }
}

impl Remote {
    /// Whether a statement is at the tag.
    pub(super) async fn states(&self, subject: Sha256, envelope: &Envelope) -> Result<bool, Error> {
        let (manifest, _) = self.tagged_image(subject, STATEMENTS).await?;
        Ok(layers(&manifest).contains(&envelope.layer()))
    }

    /// Adds a statement to the tag; those of others are kept.
    pub(super) async fn state(&self, subject: Sha256, envelope: &Envelope) -> Result<(), Error> {
        self.add(subject, STATEMENTS, &envelope.layer(), &envelope.bytes).await
    }

    /// The signatures at the tag; none where there is no such tag.
    pub(super) async fn signatures(&self, subject: Sha256) -> Result<Vec<Classic>, Error> {
        let found = self.classic_signatures(subject).await?;
        Ok(found.into_iter().map(|signature| signature.classic).collect())
    }

    /// The same with what stands beside each.
    pub(super) async fn classic_signatures(&self, subject: Sha256) -> Result<Vec<Signature>, Error> {
        let (manifest, _) = self.tagged_image(subject, SIGNATURES).await?;
        let mut found = Vec::new();
        for layer in layers(&manifest).iter().take(MOST) {
            let said = |key: &str| {
                let text = layer.get("annotations").and_then(|all| all.get(key)).and_then(Value::as_str);
                text.map(str::to_owned)
            };
            let size = layer.get("size").and_then(Value::as_u64);
            let (Some(signature), Some(digest), Some(size)) = (said(SIGNATURE), artifact::digest_of(layer), size)
            else {
                continue;
            };
            match self.blob(digest, size, LONGEST).await {
                Ok(payload) => found.push(Signature {
                    classic: Classic { payload, signature },
                    certificate: said(CERTIFICATE),
                    log: said(LOG),
                }),
                Err(Error::Protocol(..)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(found)
    }

    /// Adds a signature to the tag; those of others are kept.
    pub(super) async fn sign(&self, subject: Sha256, classic: &Classic) -> Result<(), Error> {
        let mut layer = descriptor(PAYLOAD, &classic.payload);
        layer["annotations"] = json!({ SIGNATURE: classic.signature });
        self.add(subject, SIGNATURES, &layer, &classic.payload).await
    }

    /// Adds a layer to the image at a tag, until it stays there.
    async fn add(&self, subject: Sha256, suffix: &str, layer: &Value, bytes: &[u8]) -> Result<(), Error> {
        let path = self.tag_path(subject, suffix);
        self.push_blob(bytes, &mut |_| {}).await?;
        let mut written = false;
        for _ in 0..ROUNDS {
            let (manifest, etag) = self.tagged_image(subject, suffix).await?;
            let mut all = layers(&manifest).to_vec();
            if all.contains(layer) {
                if !written {
                    return Ok(());
                }
                // As with the index of referrers: what stands there may yet be written over.
                written = false;
                tokio::time::sleep(self.line.pace.settled + jittered(self.line.pace.settled)).await;
                continue;
            }
            all.push(layer.clone());
            let (config, manifest) = image(&all);
            self.push_blob(&config, &mut |_| {}).await?;
            let condition: Vec<(HeaderName, &str)> = etag.iter().map(|etag| (IF_MATCH, etag.as_str())).collect();
            let answer = self.put(&path, MANIFEST, &manifest, &condition).await?;
            if !answer.status.is_success() && answer.status != StatusCode::PRECONDITION_FAILED {
                return Err(self.refusal(&answer, &format!("PUT {path}")).into_error());
            }
            written = true;
        }
        Err(Error::Protocol(self.name.clone(), format!("{path} does not keep what is written there")))
    }

    async fn tagged_image(&self, subject: Sha256, suffix: &str) -> Result<(Value, Option<String>), Error> {
        let path = self.tag_path(subject, suffix);
        let answer = self.ask(Method::GET, &path, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok((Value::Null, None)),
            StatusCode::OK => {
                let text = std::str::from_utf8(&answer.body).map_err(|_| "it is not UTF-8".to_owned());
                let manifest = text.and_then(strict::parse);
                let name = self.tagged(&format!("sha256-{subject}.{suffix}"));
                let manifest: Value = manifest.map_err(|why| Error::Protocol(name, why))?;
                Ok((manifest, answer.header(ETAG.as_str()).map(str::to_owned)))
            }
            _ => Err(self.refusal(&answer, &format!("GET {path}")).into_error()),
        }
    }

    fn tag_path(&self, subject: Sha256, suffix: &str) -> String {
        self.path("manifests", &format!("sha256-{subject}.{suffix}"))
    }
}

fn layers(manifest: &Value) -> &[Value] {
    manifest.get("layers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Config and manifest of the image with these layers.
fn image(layers: &[Value]) -> (Vec<u8>, Vec<u8>) {
    let digests: Vec<&Value> = layers.iter().filter_map(|layer| layer.get("digest")).collect();
    let config = json!({
        "architecture": "",
        "config": {},
        "created": "0001-01-01T00:00:00Z",
        "os": "",
        "rootfs": { "type": "layers", "diff_ids": digests },
    });
    let config = strict::canonical(&config).into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, &config),
        "layers": layers,
    });
    (config, strict::canonical(&manifest).into_bytes())
}
