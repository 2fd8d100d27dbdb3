//! The repository's metadata for Artifact Hub, as an artifact beside a chart
//! ([OCI support](https://artifacthub.io/docs/topics/repositories/helm-charts/#oci-support)).
//!
//! Its tag is the one that moves: it says who owns the repository today.

use oci_client::RegistryOperation::{Pull, Push};
use serde_json::json;

use super::artifact::{MANIFEST, descriptor};
use super::layout::Layout;
use super::remote::Remote;
use super::{ChartArtifact, Destination, Error};
use crate::model::{Sha256, json as strict};

/// The tag Artifact Hub asks for.
const TAG: &str = "artifacthub.io";
const CONFIG: &str = "application/vnd.cncf.artifacthub.config.v1+yaml";
const LAYER: &str = "application/vnd.cncf.artifacthub.repository-metadata.layer.v1.yaml";
/// What the layer is called when it is pulled as a file.
const FILE: &str = "artifacthub-repo.yml";
/// Nothing is configured. Some registries take no blob of no bytes.
const NOTHING: &[u8] = b"{}";

/// The manifest, the same for the same metadata.
fn manifest(metadata: &[u8]) -> Vec<u8> {
    let mut layer = descriptor(LAYER, metadata);
    layer["annotations"] = json!({ "org.opencontainers.image.title": FILE });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, NOTHING),
        "layers": [layer],
    });
    strict::canonical(&manifest).into_bytes()
}

impl Destination {
    /// Whether this metadata stands beside the chart.
    pub async fn describes(&self, chart: &str, metadata: &[u8]) -> Result<bool, Error> {
        let wanted = Sha256::of(manifest(metadata));
        let there = match self {
            Self::Registry { host, path } => Remote::connect(host, path, chart, Pull).await?.resolve(TAG).await?,
            Self::Layout(directory) => Layout::at(directory).resolve(chart, TAG)?,
        };
        Ok(there == Some(wanted))
    }

    /// Puts metadata beside the chart, in the place of any other.
    pub async fn describe(&self, chart: &str, metadata: &[u8]) -> Result<(), Error> {
        let manifest = manifest(metadata);
        let artifact = ChartArtifact { chart, tag: TAG, config: NOTHING, layer: metadata, manifest: &manifest };
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Push).await?.replace(&artifact).await
            }
            Self::Layout(directory) => Layout::at(directory).replace(&artifact).await,
        }
    }
}
