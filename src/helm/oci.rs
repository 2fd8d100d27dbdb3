//! The OCI form of a chart, bytes as Helm pushes them (pkg/registry): a config with the metadata, a
//! manifest with one layer. Nothing here talks to a registry.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Sha256, Timestamp};

use super::chartfile::Chartfile;

/// The config blob's media type.
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// The package's media type as a layer.
const LAYER: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// Annotations that a chart's own may not override.
const FIXED: [&str; 2] = ["org.opencontainers.image.title", "org.opencontainers.image.version"];

/// Helm writes neither a mediaType nor an artifactType.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u8,
    config: Descriptor,
    layers: Vec<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: String,
    size: usize,
}

impl Descriptor {
    fn new(media_type: &'static str, digest: Sha256, size: usize) -> Self {
        Self { media_type, digest: format!("sha256:{digest}"), size }
    }
}

/// The config blob: the metadata in the order of Helm's struct.
///
/// # Errors
/// None for what has only text keys; the serializer's signature has one.
pub(super) fn config(chartfile: &Chartfile) -> serde_json::Result<Vec<u8>> {
    go_json(chartfile)
}

/// The manifest for `config` and the package of which the digest and the size in bytes are given, created at
/// `epoch`.
///
/// # Errors
/// As [`config`].
pub(super) fn manifest(
    chartfile: &Chartfile,
    config: &[u8],
    (digest, size): (Sha256, usize),
    epoch: Timestamp,
) -> serde_json::Result<Vec<u8>> {
    // One layer, so that Helm's sorting by digest has nothing to do; a provenance file would be a second.
    let mut layers = vec![Descriptor::new(LAYER, digest, size)];
    layers.sort_by(|a, b| a.digest.cmp(&b.digest));
    go_json(&Manifest {
        schema_version: 2,
        config: Descriptor::new(CONFIG, Sha256::of(config), config.len()),
        layers,
        annotations: annotations(chartfile, epoch),
    })
}

/// What Helm says about a chart in its manifest: its own words first, then the chart's.
fn annotations(chartfile: &Chartfile, epoch: Timestamp) -> BTreeMap<String, String> {
    let mut authors = Vec::new();
    for maintainer in &chartfile.maintainers {
        let email = match maintainer.email.as_str() {
            "" => String::new(),
            email => format!(" ({email})"),
        };
        authors.push(format!("{}{email}", maintainer.name));
    }
    let said = [
        ("description", chartfile.description.clone()),
        ("title", chartfile.name.clone()),
        ("version", chartfile.version.clone()),
        ("url", chartfile.home.clone()),
        ("created", epoch.to_string()),
        ("source", chartfile.sources.first().cloned().unwrap_or_default()),
        ("authors", authors.join(", ")),
    ];
    let said = said.into_iter().filter(|(_, value)| !value.trim().is_empty());
    let mut annotations: BTreeMap<String, String> =
        said.map(|(key, value)| (format!("org.opencontainers.image.{key}"), value)).collect();
    let own = chartfile.annotations.iter().filter(|(key, _)| !FIXED.contains(&key.as_str()));
    annotations.extend(own.map(|(key, value)| (key.clone(), value.clone())));
    annotations
}

/// JSON as Go's encoder writes it: safe inside HTML. The signs it escapes stand only inside texts.
pub(super) fn go_json(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut json = serde_json::to_string(value)?;
    for c in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
        if json.contains(c) {
            json = json.replace(c, &format!("\\u{:04x}", u32::from(c)));
        }
    }
    Ok(json.into_bytes())
}

#[cfg(test)]
#[path = "oci_tests.rs"]
mod tests;
