//! Manifests and descriptors as JSON: what is attached, where it is listed, which layer is the chart.
//!
//! Formats: [OCI image manifest and index](https://github.com/opencontainers/image-spec), and the layout
//! of cosign v3 (facts in the tests: one layer of the bundle's type, `artifactType`, `subject`).

use serde_json::{Value, json};

use crate::model::{Sha256, json as strict};

/// The media type of an image manifest.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an image index.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The media type of a Sigstore bundle, which is also the artifact type of what carries one.
pub(super) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The config of an artifact that has none.
pub(super) const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The bytes of that config.
pub(super) const EMPTY_CONFIG: &[u8] = b"{}";
/// The media types of a chart layer: Helm's, and the one it read before.
const CHART_LAYERS: [&str; 2] = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];

/// A bundle with the manifest that attaches it to its subject.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    /// The manifest it is attached to.
    pub(super) subject: Sha256,
    /// The bundle, a layer of its own.
    pub(super) bundle: Vec<u8>,
    /// The manifest with the subject in it.
    pub(super) manifest: Vec<u8>,
    annotations: Value,
}

impl Attachment {
    /// The attachment as cosign v3 makes it, in its order of fields.
    pub(super) fn new(
        subject: Sha256,
        subject_size: u64,
        bundle: &str,
        predicate_type: &str,
        created: &str,
    ) -> Self {
        let bundle = bundle.as_bytes().to_vec();
        let annotations = json!({
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": predicate_type,
            "org.opencontainers.image.created": created,
        });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": BUNDLE,
            "config": descriptor(EMPTY, EMPTY_CONFIG),
            "layers": [descriptor(BUNDLE, &bundle)],
            "subject": {
                "mediaType": MANIFEST,
                "digest": format!("sha256:{subject}"),
                "size": subject_size,
            },
            "annotations": annotations,
        });
        // One spelling whatever the JSON library's order of keys, so that doing it again is the same manifest.
        Self { subject, bundle, manifest: strict::canonical(&manifest).into_bytes(), annotations }
    }

    /// How an index lists the manifest: artifact type and annotations copied, as the specification demands.
    pub(super) fn descriptor(&self) -> Value {
        let mut descriptor = descriptor(MANIFEST, &self.manifest);
        descriptor["artifactType"] = json!(BUNDLE);
        descriptor["annotations"] = self.annotations.clone();
        descriptor
    }
}

/// A descriptor of these bytes.
pub(super) fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": format!("sha256:{}", Sha256::of(bytes)), "size": bytes.len() })
}

/// An index with nothing in it.
pub(super) fn empty_index() -> Value {
    json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] })
}

/// Reads an index.
///
/// # Errors
/// Not JSON, not an index, no list of manifests.
pub(super) fn parse_index(bytes: &[u8]) -> Result<Value, String> {
    let index = parse(bytes)?;
    let typed = index.get("mediaType").is_none_or(|media_type| media_type == INDEX);
    if !typed || !index.get("manifests").is_some_and(Value::is_array) {
        return Err("what lies there is not an image index".to_owned());
    }
    Ok(index)
}

/// The descriptors of an index.
pub(super) fn descriptors(index: &Value) -> &[Value] {
    index.get("manifests").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// An index with one descriptor more: sorted by digest, none twice, everything else kept as it is. None
/// if it is listed already.
pub(super) fn listed(index: &Value, descriptor: &Value) -> Option<Value> {
    let digest = |entry: &Value| entry.get("digest").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut entries = descriptors(index).to_vec();
    if entries.contains(descriptor) {
        return None;
    }
    // The same manifest with an older client's descriptor, which lacks the artifact type, is replaced.
    entries.retain(|entry| digest(entry) != digest(descriptor));
    entries.push(descriptor.clone());
    entries.sort_by_key(digest);
    let mut index = index.clone();
    index["manifests"] = Value::Array(entries);
    Some(index)
}

/// An index in which a name stands for this manifest, and for no other.
pub(super) fn renamed(index: &Value, key: &str, name: &str, manifest: &[u8]) -> Value {
    let mut entries = descriptors(index).to_vec();
    entries.retain(|entry| entry.get("annotations").and_then(|all| all.get(key)).is_none_or(|it| it != name));
    let mut new = descriptor(MANIFEST, manifest);
    new["annotations"] = json!({ key: name });
    entries.push(new);
    let mut index = index.clone();
    index["manifests"] = Value::Array(entries);
    index
}

/// Whether a manifest attaches this bundle to this subject.
pub(super) fn attaches(manifest: &[u8], subject: Sha256, bundle: Sha256) -> bool {
    let Ok(manifest) = parse(manifest) else { return false };
    let layers = manifest.get("layers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let [layer] = layers else { return false };
    manifest.get("subject").and_then(digest_of) == Some(subject) && digest_of(layer) == Some(bundle)
}

/// The digest and size of the bundle that a manifest attaches to this subject: one layer, of the bundle's type.
pub(super) fn bundle_layer(manifest: &[u8], subject: Sha256) -> Option<(Sha256, u64)> {
    let manifest = parse(manifest).ok()?;
    let [layer] = manifest.get("layers")?.as_array()?.as_slice() else { return None };
    let typed = layer.get("mediaType").is_some_and(|media_type| media_type == BUNDLE);
    let about_it = manifest.get("subject").and_then(digest_of) == Some(subject);
    let size = layer.get("size").and_then(Value::as_u64)?;
    (typed && about_it).then(|| digest_of(layer)).flatten().map(|digest| (digest, size))
}

/// The digest and size of a chart manifest's one chart layer.
///
/// # Errors
/// Not a manifest, no chart layer, several.
pub(super) fn chart_layer(manifest: &[u8]) -> Result<(Sha256, u64), String> {
    let manifest = parse(manifest)?;
    let layers = manifest.get("layers").and_then(Value::as_array).ok_or("the manifest has no layers")?;
    let is_chart = |layer: &&Value| {
        layer.get("mediaType").and_then(Value::as_str).is_some_and(|media_type| CHART_LAYERS.contains(&media_type))
    };
    let mut charts = layers.iter().filter(is_chart);
    let chart = charts.next().ok_or("the manifest has no chart layer")?;
    if charts.next().is_some() {
        return Err("the manifest has several chart layers".to_owned());
    }
    let digest = digest_of(chart).ok_or("the chart layer has no sha256 digest")?;
    let size = chart.get("size").and_then(Value::as_u64).ok_or("the chart layer has no size")?;
    Ok((digest, size))
}

/// The sha256 a descriptor names.
pub(super) fn digest_of(descriptor: &Value) -> Option<Sha256> {
    descriptor.get("digest").and_then(Value::as_str).and_then(parse_digest)
}

/// `sha256:<hex>`.
pub(super) fn parse_digest(text: &str) -> Option<Sha256> {
    Sha256::parse(text.strip_prefix("sha256:")?)
}

fn parse(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "what lies there is not UTF-8".to_owned())?;
    strict::parse(text).map_err(|why| format!("what lies there is not JSON: {why}"))
}
