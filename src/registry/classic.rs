//! Signatures as cosign laid them out before bundles: an image at the tag `sha256-<hex>.sig`, one layer each.
//!
//! [SIGNATURE_SPEC.md](https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md). What does not know
//! bundles yet looks here: cosign before 2.6, and admission controllers built on it.

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

/// No payload is longer, in bytes, and no more than so many are read.
const LONGEST: u64 = 64 * 1024;
const MOST: usize = 64;

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

impl Remote {
    /// The signatures at the tag; none where there is no such tag.
    pub(super) async fn signatures(&self, subject: Sha256) -> Result<Vec<Classic>, Error> {
        let (manifest, _) = self.signed(subject).await?;
        let mut found = Vec::new();
        for layer in layers(&manifest).iter().take(MOST) {
            let signature = layer.get("annotations").and_then(|all| all.get(SIGNATURE)).and_then(Value::as_str);
            let size = layer.get("size").and_then(Value::as_u64);
            let (Some(signature), Some(digest), Some(size)) = (signature, artifact::digest_of(layer), size) else {
                continue;
            };
            match self.blob(digest, size, LONGEST).await {
                Ok(payload) => found.push(Classic { payload, signature: signature.to_owned() }),
                Err(Error::Protocol(..)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(found)
    }

    /// Adds a signature to the tag, until it stays there; those of others are kept.
    pub(super) async fn sign(&self, subject: Sha256, classic: &Classic) -> Result<(), Error> {
        let path = self.signature_path(subject);
        let mut layer = descriptor(PAYLOAD, &classic.payload);
        layer["annotations"] = json!({ SIGNATURE: classic.signature });
        self.push_blob(&classic.payload, &mut |_| {}).await?;
        let mut written = false;
        for _ in 0..ROUNDS {
            let (manifest, etag) = self.signed(subject).await?;
            let mut all = layers(&manifest).to_vec();
            if all.contains(&layer) {
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

    async fn signed(&self, subject: Sha256) -> Result<(Value, Option<String>), Error> {
        let path = self.signature_path(subject);
        let answer = self.ask(Method::GET, &path, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok((Value::Null, None)),
            StatusCode::OK => {
                let text = std::str::from_utf8(&answer.body).map_err(|_| "it is not UTF-8".to_owned());
                let manifest = text.and_then(strict::parse);
                let name = self.tagged(&format!("sha256-{subject}.sig"));
                let manifest: Value = manifest.map_err(|why| Error::Protocol(name, why))?;
                Ok((manifest, answer.header(ETAG.as_str()).map(str::to_owned)))
            }
            _ => Err(self.refusal(&answer, &format!("GET {path}")).into_error()),
        }
    }

    fn signature_path(&self, subject: Sha256) -> String {
        self.path("manifests", &format!("sha256-{subject}.sig"))
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
