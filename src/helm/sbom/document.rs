//! The part of `CycloneDX` 1.6 (ECMA-424) that a chart's document needs, in the order of its fields.

use serde::Serialize;

use crate::model::{Sha256, Timestamp};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata,
    pub(super) components: Vec<Component>,
    pub(super) dependencies: Vec<Edge>,
}

impl Document {
    pub(super) fn new(metadata: Metadata) -> Self {
        Self {
            bom_format: "CycloneDX",
            spec_version: "1.6",
            serial_number: None,
            version: 1,
            metadata,
            components: Vec::new(),
            dependencies: Vec::new(),
        }
    }

    /// As JSON with a serial number, which is made of the digest of the same JSON without one.
    ///
    /// # Errors
    /// None for what has only text keys; the serializer's signature has one.
    pub(super) fn numbered(mut self) -> serde_json::Result<Vec<u8>> {
        let digest = Sha256::of(serde_json::to_vec(&self)?);
        self.serial_number = Some(format!("urn:uuid:{}", uuid(digest)));
        serde_json::to_vec(&self)
    }
}

/// A UUID of version 8, whose bits are the maker's own (RFC 9562, 5.8): the first of the digest.
fn uuid(digest: Sha256) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.bytes()[..16]);
    bytes[6] = bytes[6] & 0x0F | 0x80;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let hex = hex::encode(bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[derive(Debug, Serialize)]
pub(super) struct Metadata {
    timestamp: String,
    tools: Tools,
    component: Component,
}

impl Metadata {
    /// About `component`, as of `epoch`.
    pub(super) fn new(epoch: Timestamp, component: Component) -> Self {
        // Without a version: the same package has the same document, whichever version wrote it.
        let tool = Component::new(Kind::Application, "git-lineage".to_owned(), "git-lineage".to_owned());
        Self { timestamp: epoch.to_string(), tools: Tools { components: vec![tool] }, component }
    }
}

#[derive(Debug, Serialize)]
struct Tools {
    components: Vec<Component>,
}

/// What a component is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Application,
    Container,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Component {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) licenses: Option<[License; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) purl: Option<String>,
    #[serde(rename = "externalReferences", skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) properties: Vec<Property>,
}

impl Component {
    pub(super) fn new(kind: Kind, reference: String, name: String) -> Self {
        Self {
            kind,
            reference,
            name,
            version: String::new(),
            description: String::new(),
            hashes: Vec::new(),
            licenses: None,
            purl: None,
            references: Vec::new(),
            properties: Vec::new(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Hash {
    alg: &'static str,
    content: Sha256,
}

impl Hash {
    pub(super) fn sha256(content: Sha256) -> Self {
        Self { alg: "SHA-256", content }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct License {
    license: LicenseName,
}

#[derive(Debug, Serialize)]
struct LicenseName {
    name: String,
}

impl License {
    /// By name: an id would have to be one of SPDX, and the chart's author may have written anything.
    pub(super) fn named(name: &str) -> [Self; 1] {
        [Self { license: LicenseName { name: name.to_owned() } }]
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Reference {
    url: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Reference {
    /// An address, where it is one in signs that every reader takes for one.
    pub(super) fn to(kind: &'static str, url: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&b);
        let is_url =
            ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme)) && url.bytes().all(allowed);
        is_url.then(|| Self { url: url.to_owned(), kind })
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Property {
    name: &'static str,
    value: String,
}

impl Property {
    pub(super) fn new(name: &'static str, value: &str) -> Self {
        Self { name, value: value.to_owned() }
    }
}

/// What a component refers to.
#[derive(Debug, Serialize)]
pub(super) struct Edge {
    #[serde(rename = "ref")]
    pub(super) of: String,
    #[serde(rename = "dependsOn", skip_serializing_if = "Vec::is_empty")]
    pub(super) on: Vec<String>,
}

/// A part of a package URL (ECMA-427): what could end it is percent-encoded.
pub(super) fn escaped(part: &str) -> String {
    let mut escaped = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
