//! Tags that move: a manifest that is there gets one more name, by whoever knows what the name stood for before.
//!
//! The [distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push) has no
//! condition on a write. Registries that know `If-Match` refuse a write over somebody else's; with the others it is
//! looked at again once everybody who had read the tag before is done writing, and the last one has it.

use oci_client::RegistryOperation::{Pull, Push};
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::artifact::{self, EMPTY, EMPTY_CONFIG, INDEX, MANIFEST, descriptor};
use super::layout::Layout;
use super::remote::Remote;
use super::retry::jittered;
use super::{Destination, Error};
use crate::model::{Sha256, json as strict};

/// The media type of a document's one layer.
const JSON: &str = "application/json";

/// No document is longer, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// A JSON document as an OCI artifact: one layer, and an artifact type that says what it is.
#[derive(Clone, Debug)]
pub struct Document {
    bytes: Vec<u8>,
    manifest: Vec<u8>,
}

impl Document {
    /// The artifact of these bytes, the same for the same bytes.
    pub fn new(artifact_type: &str, bytes: Vec<u8>) -> Self {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": artifact_type,
            "config": descriptor(EMPTY, EMPTY_CONFIG),
            "layers": [descriptor(JSON, &bytes)],
        });
        Self { bytes, manifest: strict::canonical(&manifest).into_bytes() }
    }

    /// The manifest's digest.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&self.manifest)
    }

    /// The manifest's size, in bytes.
    pub fn size(&self) -> u64 {
        self.manifest.len() as u64
    }

    /// Everything it is made of, manifest last.
    pub(super) fn parts(&self) -> [&[u8]; 3] {
        [EMPTY_CONFIG, &self.bytes, &self.manifest]
    }
}

/// The layer of a document's manifest: its digest and size.
///
/// # Errors
/// A sentence: another artifact, several layers, a layer of another kind.
pub(super) fn layer(manifest: &[u8], artifact_type: &str) -> Result<(Sha256, u64), String> {
    let text = std::str::from_utf8(manifest).map_err(|_| "the manifest is not UTF-8".to_owned())?;
    let manifest: Value = strict::parse(text).map_err(|why| format!("the manifest is not JSON: {why}"))?;
    if manifest.get("artifactType").and_then(Value::as_str) != Some(artifact_type) {
        return Err(format!("what lies there is no {artifact_type}"));
    }
    let layers = manifest.get("layers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let [layer] = layers else { return Err(format!("it has {} layers, not one", layers.len())) };
    if layer.get("mediaType").and_then(Value::as_str) != Some(JSON) {
        return Err("its layer is no JSON".to_owned());
    }
    let digest = artifact::digest_of(layer).ok_or("its layer has no sha256 digest")?;
    let size = layer.get("size").and_then(Value::as_u64).ok_or("its layer has no size")?;
    Ok((digest, size))
}

impl Destination {
    /// Lets a tag name a manifest that is there. Idempotent; the manifest's bytes stay as they are.
    ///
    /// # Errors
    /// [`Error::Different`]: the tag names something else than `from` (none: it does not exist), before or after the
    /// write. The manifest is not there; the registry refuses or cannot be reached.
    pub async fn point(&self, chart: &str, tag: &str, from: Option<Sha256>, to: Sha256) -> Result<(), Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Push).await?.point(tag, from, to).await
            }
            Self::Layout(directory) => Layout::at(directory).point(chart, tag, from, to).await,
        }
    }

    /// Puts a document there under no name but its digest.
    ///
    /// # Errors
    /// The registry refuses or cannot be reached.
    pub async fn keep(&self, chart: &str, document: &Document) -> Result<(), Error> {
        match self {
            Self::Registry { host, path } => Remote::connect(host, path, chart, Push).await?.keep(document).await,
            Self::Layout(directory) => Layout::at(directory).keep(document).await,
        }
    }

    /// The bytes of the document behind a manifest, digests checked.
    ///
    /// # Errors
    /// It is not there, or something else; the registry cannot be asked.
    pub async fn document(&self, chart: &str, digest: Sha256, artifact_type: &str) -> Result<Vec<u8>, Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Pull).await?.document(digest, artifact_type).await
            }
            Self::Layout(directory) => Layout::at(directory).document(digest, artifact_type),
        }
    }

    /// Every bundle attached to a manifest, and why there may be more of them.
    ///
    /// # Errors
    /// None could be read.
    pub async fn bundles(&self, chart: &str, subject: Sha256) -> Result<(Vec<String>, Option<String>), Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Pull).await?.bundles(subject).await
            }
            Self::Layout(directory) => Ok((Layout::at(directory).bundles(subject)?, None)),
        }
    }
}

/// What a tag names, and the entity tag a write may be bound to.
struct Standing {
    digest: Option<Sha256>,
    etag: Option<String>,
}

impl Remote {
    async fn point(&self, tag: &str, from: Option<Sha256>, to: Sha256) -> Result<(), Error> {
        let there = self.standing(tag).await?;
        if there.digest == Some(to) {
            return Ok(());
        }
        if there.digest != from {
            return Err(self.moved(tag, there.digest, from));
        }
        let (media_type, manifest) = self.typed_manifest(to).await?;
        let path = self.path("manifests", tag);
        let condition: Vec<(HeaderName, &str)> = match (&there.digest, &there.etag) {
            (None, _) => vec![(IF_NONE_MATCH, "*")],
            (Some(_), Some(etag)) => vec![(IF_MATCH, etag.as_str())],
            (Some(_), None) => Vec::new(),
        };
        let answer = self.put(&path, media_type, &manifest, &condition).await?;
        if answer.status != StatusCode::PRECONDITION_FAILED && !answer.status.is_success() {
            return Err(self.refusal(&answer, &format!("PUT {path}")).named(&self.tagged(tag)).into_error());
        }
        let now = self.standing(tag).await?.digest;
        if now != Some(to) {
            return Err(self.moved(tag, now, Some(to)));
        }
        // Somebody who read it when we did may be writing now, and a registry without conditions takes both.
        tokio::time::sleep(self.line.pace.settled + jittered(self.line.pace.settled)).await;
        match self.standing(tag).await?.digest {
            now if now == Some(to) => Ok(()),
            now => Err(self.moved(tag, now, Some(to))),
        }
    }

    /// Digest and entity tag of one answer: of two, one could be of what somebody wrote in between.
    async fn standing(&self, tag: &str) -> Result<Standing, Error> {
        self.check_tag(tag)?;
        let path = self.path("manifests", tag);
        for method in [Method::HEAD, Method::GET] {
            let what = format!("{method} {path}");
            let answer = self.ask(method.clone(), &path, &[]).await?;
            match answer.status {
                StatusCode::NOT_FOUND => return Ok(Standing { digest: None, etag: None }),
                StatusCode::OK => {}
                _ => return Err(self.refusal(&answer, &what).into_error()),
            }
            let said = answer.header("docker-content-digest").and_then(artifact::parse_digest);
            let whole = (method == Method::GET).then(|| Sha256::of(&answer.body));
            if let Some(digest) = whole.or(said) {
                let etag = answer.header(ETAG.as_str()).map(str::to_owned);
                return Ok(Standing { digest: Some(digest), etag });
            }
        }
        Err(Error::Protocol(self.tagged(tag), "it does not say what stands there".to_owned()))
    }

    /// A manifest as it lies there, with the media type it was pushed as: under another it would be another thing.
    async fn typed_manifest(&self, digest: Sha256) -> Result<(&'static str, Vec<u8>), Error> {
        let name = format!("{}@sha256:{digest}", self.name);
        let path = self.path("manifests", &format!("sha256:{digest}"));
        let answer = self.ask(Method::GET, &path, &[]).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Error::Protocol(name, "it does not exist".to_owned())),
            _ => return Err(self.refusal(&answer, &format!("GET {path}")).into_error()),
        }
        let found = Sha256::of(&answer.body);
        if found != digest {
            return Err(Error::Protocol(name, format!("what came is sha256:{found}")));
        }
        let said = answer.header(CONTENT_TYPE.as_str()).unwrap_or(MANIFEST);
        match said.split(';').next().unwrap_or_default().trim() {
            MANIFEST => Ok((MANIFEST, answer.body)),
            INDEX => Ok((INDEX, answer.body)),
            other => Err(Error::Protocol(name, format!("it is a {other:?}, and no OCI manifest"))),
        }
    }

    async fn keep(&self, document: &Document) -> Result<(), Error> {
        let [config, layer, manifest] = document.parts();
        for bytes in [config, layer] {
            self.push_blob(bytes, &mut |_| {}).await?;
        }
        self.push_by_digest(manifest).await
    }

    async fn document(&self, digest: Sha256, artifact_type: &str) -> Result<Vec<u8>, Error> {
        let manifest = self.manifest(digest).await?;
        let (layer, size) = layer(&manifest, artifact_type)
            .map_err(|why| Error::Protocol(format!("{}@sha256:{digest}", self.name), why))?;
        self.blob(layer, size, LONGEST).await
    }

    fn moved(&self, tag: &str, found: Option<Sha256>, wanted: Option<Sha256>) -> Error {
        different(&self.tagged(tag), found, wanted)
    }
}

/// A tag names something else than it should.
pub(super) fn different(reference: &str, found: Option<Sha256>, wanted: Option<Sha256>) -> Error {
    let told = |digest: Option<Sha256>| digest.map_or_else(|| "nothing".to_owned(), |it| format!("sha256:{it}"));
    Error::Different { reference: reference.to_owned(), found: told(found), wanted: told(wanted) }
}
