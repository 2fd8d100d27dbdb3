//! Container images that a chart names: in the annotation Artifact Hub reads, and in its values, as charts
//! commonly write them.

use super::document::escaped;
use crate::helm::chart::Chart;
use crate::helm::yaml::{self, Node};

/// Artifact Hub's list of images, YAML in a text.
const ANNOTATION: &str = "artifacthub.io/images";
/// No longer name is an image's (the distribution specification and its tags, 128 bytes, with room).
const LONGEST: usize = 512;

/// An image, as it is written: no registry is added to it, nor a tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Image {
    /// `[registry/]path`.
    pub(super) name: String,
    pub(super) tag: Option<String>,
    /// `sha256:…`.
    pub(super) digest: Option<String>,
}

impl Image {
    /// `[registry/]path[:tag][@digest]`; none where a text is no such thing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before a slash is that of a port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        Self::of(name, tag, digest)
    }

    fn of(name: &str, tag: Option<&str>, digest: Option<&str>) -> Option<Self> {
        let is_word = |word: &str| {
            word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                && word.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let mut parts = name.split('/');
        // The first may be a registry with its port.
        let first = parts.next().unwrap_or_default();
        let (host, port) = first.split_once(':').unwrap_or((first, "0"));
        let is_name = name.len() <= LONGEST
            && is_word(host)
            && port.bytes().all(|b| b.is_ascii_digit())
            && (first == host || name.contains('/'))
            && parts.all(is_word);
        let is_tag = tag.is_none_or(|tag| tag.len() <= LONGEST && is_word(tag));
        let is_digest = digest.is_none_or(|digest| {
            let hex = digest.strip_prefix("sha256:").unwrap_or_default();
            hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())
        });
        let owned = |text: Option<&str>| text.map(str::to_owned);
        (is_name && is_tag && is_digest).then(|| Self {
            name: name.to_owned(),
            tag: owned(tag),
            digest: owned(digest),
        })
    }

    /// Its `bom-ref`.
    pub(super) fn reference(&self) -> String {
        format!("image:{}", self.written())
    }

    /// As it would stand in a manifest.
    fn written(&self) -> String {
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = self.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
        format!("{}{tag}{digest}", self.name)
    }

    /// What fixes it most: the digest before the tag; empty where it has neither.
    pub(super) fn version(&self) -> String {
        self.digest.as_ref().or(self.tag.as_ref()).cloned().unwrap_or_default()
    }

    /// `pkg:oci/<last part>[@digest]?repository_url=<name>[&tag=…]`.
    pub(super) fn purl(&self) -> String {
        let last = self.name.rsplit('/').next().unwrap_or(&self.name).to_ascii_lowercase();
        let digest = self.digest.as_ref().map(|digest| format!("@{}", digest.replace(':', "%3A")));
        let tag = self.tag.as_ref().map(|tag| format!("&tag={}", escaped(tag)));
        let url = escaped(&self.name);
        format!("pkg:oci/{last}{}?repository_url={url}{}", digest.unwrap_or_default(), tag.unwrap_or_default())
    }
}

/// The images a chart names itself, with the place of each; `place` is where the chart lies in the package.
pub(super) fn of(chart: &Chart, place: &str) -> Vec<(Image, String)> {
    let mut found = Vec::new();
    if let Some(listed) = chart.chartfile.annotations.get(ANNOTATION)
        && let Ok(Node::Seq(listed)) = yaml::document(listed.as_bytes())
    {
        for entry in &listed {
            let Node::Map(entry) = entry else { continue };
            let image = entry.get("image").and_then(text).and_then(|image| Image::parse(&image));
            found.extend(image.map(|image| (image, format!("{place}Chart.yaml#annotations.{ANNOTATION}"))));
        }
    }
    // Helm reads the values when it loads a chart, so that these are values.
    if let Some(Ok(values)) = chart.values.as_deref().map(yaml::document) {
        below(&values, &format!("{place}values.yaml#"), &mut found);
    }
    found
}

/// Looks for images in `node`, which stands at `place`.
fn below(node: &Node, place: &str, found: &mut Vec<(Image, String)>) {
    match node {
        Node::Map(map) => {
            let said = |key: &str| map.get(key).and_then(text).filter(|text| !text.is_empty());
            let about = ["tag", "digest", "registry", "pullPolicy", "sha"];
            if let Some(repository) = said("repository")
                && about.iter().any(|key| map.contains_key(*key))
            {
                let name = match said("registry") {
                    Some(registry) => format!("{}/{repository}", registry.trim_end_matches('/')),
                    None => repository,
                };
                let digest = said("digest").or_else(|| said("sha"));
                let digest = digest.map(|hex| if hex.contains(':') { hex } else { format!("sha256:{hex}") });
                let image = Image::of(&name, said("tag").as_deref(), digest.as_deref());
                found.extend(image.map(|image| (image, place.to_owned())));
            }
            for (key, value) in map {
                let dot = if place.ends_with('#') { "" } else { "." };
                let place = format!("{place}{dot}{key}");
                match value {
                    Node::Str(text) if key == "image" || key.ends_with("Image") => {
                        found.extend(Image::parse(text).map(|image| (image, place)));
                    }
                    other => below(other, &place, found),
                }
            }
        }
        Node::Seq(items) => {
            for (at, item) in items.iter().enumerate() {
                below(item, &format!("{place}[{at}]"), found);
            }
        }
        _ => {}
    }
}

/// The text of a scalar: a tag may be written as a number, and means what Helm would print.
fn text(node: &Node) -> Option<String> {
    match node {
        Node::Str(text) => Some(text.clone()),
        Node::Int(number) => Some(number.to_string()),
        Node::Float(number) => Some(yaml::float_text(*number)),
        _ => None,
    }
}
