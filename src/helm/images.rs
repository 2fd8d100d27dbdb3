//! The built-in `chart-images`: which container images `values.yaml` names, and whether a release can be held to them.

use super::archive;
use super::yaml::{self, Node};
use super::{Error, Metadata};
use crate::model::{ChartFile, image};

/// One sentence for each image of `values.yaml` that a release cannot be held to: a tag that moves with no digest
/// beside it, a tag or digest that is none, and, for the chart's own image (`image` at the top), a tag that is not
/// `appVersion`, with or without the `v` that images have and charts have not. None: fine.
pub fn lint_images(directory: &str, files: &[ChartFile]) -> Vec<String> {
    let Some(values) = files.iter().find(|file| file.path == "values.yaml") else { return Vec::new() };
    let file = format!("{directory}/values.yaml");
    let node = match yaml::document(&archive::without_bom(values.bytes.clone())) {
        Ok(node) => node,
        Err(why) => return vec![Error::Yaml { file, why }.to_string()],
    };
    let mut found = Vec::new();
    collect(&node, "", &mut found);
    let app_version = app_version(directory, files);
    let mut findings = Vec::new();
    for image in &found {
        findings.extend(image.faults());
        if image.place == "image" {
            findings.extend(image.apart_from(app_version.as_deref()));
        }
    }
    findings.into_iter().map(|why| format!("{file}: {why}")).collect()
}

fn app_version(directory: &str, files: &[ChartFile]) -> Option<String> {
    let chart_yaml = files.iter().find(|file| file.path == "Chart.yaml")?;
    // What is wrong with Chart.yaml itself is `chart-lint`'s to say.
    Metadata::parse(&format!("{directory}/Chart.yaml"), &chart_yaml.bytes).ok()?.app_version
}

/// An image as `values.yaml` names it.
#[derive(Debug, Default)]
struct Image {
    /// Where: `sidecar.image`.
    place: String,
    tag: Option<Node>,
    digest: Option<Node>,
}

impl Image {
    fn faults(&self) -> Vec<String> {
        let Self { place, tag, digest } = self;
        let mut faults = Vec::new();
        let pinned = match digest {
            Some(Node::Str(digest)) if is_digest(digest) => true,
            None | Some(Node::Null) => false,
            Some(Node::Str(digest)) if digest.is_empty() => false,
            Some(_) => {
                faults.push(format!("the digest of `{place}` is not `sha256:` and 64 hexadecimal digits"));
                false
            }
        };
        match tag {
            Some(Node::Str(tag)) if !pinned && image::moves(tag) => {
                faults.push(format!("`{place}` has the tag `{tag}`, which is another image tomorrow"));
            }
            None | Some(Node::Null | Node::Str(_)) => {}
            Some(other) => faults.push(format!("the tag of `{place}` is {} to YAML: quote it", other.kind())),
        }
        faults
    }

    fn apart_from(&self, app_version: Option<&str>) -> Option<String> {
        if matches!(&self.digest, Some(Node::Str(digest)) if is_digest(digest)) && self.is_untagged() {
            return None;
        }
        let bare = |text: &str| text.strip_prefix('v').unwrap_or(text).to_owned();
        match (&self.tag, app_version) {
            (Some(Node::Str(tag)), Some(app)) if !tag.is_empty() && bare(tag) != bare(app) => {
                Some(format!("`{}` has the tag `{tag}`, and `appVersion` is {app}", self.place))
            }
            (_, None) if self.is_untagged() => {
                Some(format!("`{}` has no tag, and Chart.yaml no `appVersion`", self.place))
            }
            _ => None,
        }
    }

    fn is_untagged(&self) -> bool {
        match &self.tag {
            None | Some(Node::Null) => true,
            Some(Node::Str(tag)) => tag.is_empty(),
            Some(_) => false,
        }
    }
}

/// Every image below a node: a mapping with a `repository` beside `tag` or `digest` or called `image`, or a text
/// called `image`.
fn collect(node: &Node, place: &str, found: &mut Vec<Image>) {
    let is_image = place.rsplit('.').next() == Some("image");
    match node {
        Node::Map(map) => {
            let named = matches!(map.get("repository"), Some(Node::Str(_)));
            if named && (is_image || map.contains_key("tag") || map.contains_key("digest")) {
                let (tag, digest) = (map.get("tag").cloned(), map.get("digest").cloned());
                found.push(Image { place: place.to_owned(), tag, digest });
            }
            for (key, below) in map {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                collect(below, &place, found);
            }
        }
        Node::Seq(all) => {
            for (at, below) in all.iter().enumerate() {
                collect(below, &format!("{place}[{at}]"), found);
            }
        }
        Node::Str(text) if is_image && !text.is_empty() => found.push(of_text(place, text)),
        _ => {}
    }
}

/// `registry:5000/name:tag@digest`.
fn of_text(place: &str, text: &str) -> Image {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(Node::Str(digest.to_owned()))),
        None => (text, None),
    };
    let tag = name.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
    Image { place: place.to_owned(), tag: tag.map(|tag| Node::Str(tag.to_owned())), digest }
}

fn is_digest(text: &str) -> bool {
    image::parse_digest(text).is_some()
}

#[cfg(test)]
#[path = "images_tests.rs"]
mod tests;
