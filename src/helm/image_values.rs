//! The image that `values.yaml` names at a path, and another put in its place.

use super::text_edit::{at, set_text};
use super::yaml::{self, Node};
use super::{Error, archive};
use crate::model::Sha256;

/// An image as `values.yaml` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageValue {
    /// Where it is, with its registry if the values name one.
    pub repository: String,
    /// Its tag; none where the values leave it to `appVersion`.
    pub tag: Option<String>,
    /// Its digest, as it stands there.
    pub digest: Option<String>,
}

/// The image at a path of keys: a mapping with `repository`, and `registry`, `tag` and `digest` where it has them,
/// or a text `repository:tag@digest`. `file` names the file in errors.
///
/// # Errors
/// Not YAML, nothing or no image at that path, a tag that is no text.
pub fn image_value(file: &str, values: &[u8], path: &str) -> Result<ImageValue, Error> {
    let refuse = |why: String| Error::Metadata { file: file.to_owned(), why };
    let node = yaml::document(&archive::without_bom(values.to_vec()))
        .map_err(|why| Error::Yaml { file: file.to_owned(), why })?;
    let keys: Vec<&str> = path.split('.').collect();
    match at(&node, &keys) {
        None | Some(Node::Null) => Err(refuse(format!("there is no `{path}`"))),
        Some(Node::Str(text)) => of_text(text).ok_or_else(|| refuse(format!("`{path}` names no image"))),
        Some(node @ Node::Map(_)) => {
            let text = |key: &str| match at(node, &[key]) {
                None | Some(Node::Null) => Ok(None),
                Some(Node::Str(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
                Some(other) => Err(refuse(format!("`{path}.{key}` is {} to YAML: quote it", other.kind()))),
            };
            let repository = text("repository")?.ok_or_else(|| refuse(format!("`{path}` has no `repository`")))?;
            let repository = match text("registry")? {
                Some(registry) => format!("{}/{repository}", registry.trim_end_matches('/')),
                None => repository,
            };
            let (tag, digest) = (text("tag")?, text("digest")?);
            match tag.as_deref().and_then(|tag| tag.split_once('@')) {
                Some(_) if digest.is_some() => {
                    Err(refuse(format!("`{path}` has a digest in its `tag`, and another beside it")))
                }
                Some((tag, digest)) => Ok(ImageValue {
                    repository,
                    tag: Some(tag.to_owned()).filter(|tag| !tag.is_empty()),
                    digest: Some(digest.to_owned()),
                }),
                None => Ok(ImageValue { repository, tag, digest }),
            }
        }
        Some(other) => Err(refuse(format!("`{path}` is {} instead of an image", other.kind()))),
    }
}

/// `registry:5000/name:tag@digest`.
fn of_text(text: &str) -> Option<ImageValue> {
    let (named, digest) = match text.split_once('@') {
        Some((named, digest)) => (named, Some(digest.to_owned())),
        None => (text, None),
    };
    let tagged = named.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'));
    let (repository, tag) = tagged.map_or((named, None), |(repository, tag)| (repository, Some(tag.to_owned())));
    let tag = tag.filter(|tag| !tag.is_empty());
    (!repository.is_empty()).then(|| ImageValue { repository: repository.to_owned(), tag, digest })
}

/// `values.yaml` with another digest for the image at a path, and another tag where it names one; every other byte is
/// kept.
///
/// # Errors
/// As [`image_value`], there is no place for a digest, or it cannot be changed alone.
pub fn set_image(file: &str, values: &[u8], path: &str, tag: &str, digest: Sha256) -> Result<Vec<u8>, Error> {
    let now = image_value(file, values, path)?;
    let keys: Vec<&str> = path.split('.').collect();
    let node = yaml::document(&archive::without_bom(values.to_vec()))
        .map_err(|why| Error::Yaml { file: file.to_owned(), why })?;
    let below = |key: &'static str| [keys.as_slice(), &[key]].concat();
    let whole = format!("{tag}@sha256:{digest}");
    match at(&node, &keys) {
        Some(Node::Str(_)) => {
            let named = if now.tag.is_some() { format!(":{whole}") } else { format!("@sha256:{digest}") };
            set_text(file, values, &keys, &format!("{}{named}", now.repository))
        }
        _ => match (at(&node, &below("tag")), at(&node, &below("digest"))) {
            (Some(Node::Str(own)), _) if own.contains('@') => set_text(file, values, &below("tag"), &whole),
            (_, None | Some(Node::Null)) => Err(Error::Metadata {
                file: file.to_owned(),
                why: format!("`{path}` has no place for a digest: write `digest: \"\"` below it"),
            }),
            (..) => {
                let values = set_text(file, values, &below("digest"), &format!("sha256:{digest}"))?;
                if now.tag.is_none() {
                    return Ok(values);
                }
                set_text(file, &values, &below("tag"), tag)
            }
        },
    }
}

/// `Chart.yaml` with another `appVersion`; every other byte is kept.
///
/// # Errors
/// It has none, is not YAML, or it cannot be changed alone.
pub fn set_app_version(file: &str, chart_yaml: &[u8], version: &str) -> Result<Vec<u8>, Error> {
    set_text(file, chart_yaml, &["appVersion"], version)
}

#[cfg(test)]
#[path = "image_values_tests.rs"]
mod tests;
