//! What [Artifact Hub](https://artifacthub.io/docs/topics/repositories/) is told of a repository and of a version,
//! and what it would not read.

use std::collections::BTreeMap;

use super::chartfile::Chartfile;
use super::sbom::is_image;
use super::yaml::{self, Node};
use super::{Error, archive};
use crate::model::ChartFile;
use crate::model::link::{self, Annotation, Value};

/// The fields of `artifacthub-repo.yml`.
const FIELDS: [&str; 3] = ["repositoryID", "owners", "ignore"];

/// Kinds of change (`artifacthub.io/changes`).
const KINDS: [&str; 6] = ["added", "changed", "deprecated", "removed", "fixed", "security"];
/// What Go takes for a truth value (`strconv.ParseBool`).
const FLAGS: [&str; 12] = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];

/// Looks whether a file is the metadata of a repository, as Artifact Hub reads it; `file` names it in errors.
///
/// # Errors
/// Not YAML, no mapping, an unknown field, or one of another kind.
pub fn check_repository(file: &str, bytes: &[u8]) -> Result<(), Error> {
    let node = yaml::strict(bytes).map_err(|why| Error::Yaml { file: file.to_owned(), why })?;
    let refuse = |why: String| Error::Metadata { file: file.to_owned(), why };
    let Node::Map(map) = node else {
        return Err(refuse(format!("it is {} instead of a mapping", node.kind())));
    };
    for (key, value) in &map {
        let good = match (key.as_str(), value) {
            ("repositoryID", Node::Str(id)) => !id.is_empty(),
            ("owners", Node::Seq(owners)) => owners.iter().all(|owner| has_text(owner, "email")),
            ("ignore", Node::Seq(ignored)) => ignored.iter().all(|entry| has_text(entry, "name")),
            (other, _) if FIELDS.contains(&other) => false,
            (other, _) => return Err(refuse(format!("`{other}` is none of {}", FIELDS.join(", ")))),
        };
        if !good {
            return Err(refuse(format!("`{key}` is not what Artifact Hub reads there")));
        }
    }
    Ok(())
}

/// `Chart.yaml` with one annotation for Artifact Hub, and every other byte kept; `file` names it in errors. Read
/// again, nothing but the annotation may differ.
///
/// # Errors
/// The annotation is there in a style that cannot be changed by itself, or the file is not YAML.
pub fn set_annotation(file: &str, chart_yaml: &[u8], annotation: &Annotation) -> Result<Vec<u8>, Error> {
    let refuse = |why: &str| Error::Metadata { file: file.to_owned(), why: why.to_owned() };
    let unreadable = |why: String| Error::Yaml { file: file.to_owned(), why };
    let edited = link::with_annotation(chart_yaml, annotation).map_err(|why| refuse(&why))?;
    if annotation.implied && edited == chart_yaml {
        return Ok(edited);
    }
    let before = yaml::document(chart_yaml).map_err(unreadable)?;
    let after = yaml::document(&edited).map_err(unreadable)?;
    let (Node::Map(mut before), Node::Map(mut after)) = (before, after) else {
        return Err(refuse("it is not a mapping"));
    };
    let taken = |map: &mut BTreeMap<String, Node>| match map.remove("annotations") {
        Some(Node::Map(mut annotations)) => (annotations.remove(annotation.key), annotations),
        _ => (None, BTreeMap::new()),
    };
    let ((_, theirs), (ours, kept)) = (taken(&mut before), taken(&mut after));
    let wanted = match &annotation.value {
        Value::Block(text) => text.clone(),
        Value::Flag(flag) => flag.to_string(),
    };
    let said = matches!(&ours, Some(Node::Str(text)) if text.trim_end() == wanted.trim_end());
    if before == after && theirs == kept && said {
        return Ok(edited);
    }
    Err(refuse("its annotations cannot be changed alone; write them as a block at the top level"))
}

/// The annotations of a chart that Artifact Hub would not read, one sentence each: where there is one, it does not
/// list the version at all (`EnrichPackageFromAnnotations` in its tracker). A chart that cannot be read is
/// [`super::lint`]'s to say.
pub fn lint_annotations(directory: &str, files: &[ChartFile]) -> Vec<String> {
    let Some(file) = files.iter().find(|file| file.path == "Chart.yaml") else { return Vec::new() };
    let Ok(node) = yaml::document(&archive::without_bom(file.bytes.clone())) else { return Vec::new() };
    let mut chartfile = Chartfile::default();
    if chartfile.overlay(&node).is_err() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (name, text) in &chartfile.annotations {
        let Some(key) = name.strip_prefix("artifacthub.io/") else { continue };
        let unread = match key {
            "prerelease" | "containsSecurityUpdates" | "operator" => {
                (!FLAGS.contains(&text.as_str())).then(|| format!("`{text}` is neither \"true\" nor \"false\""))
            }
            "changes" | "images" | "signKey" => match yaml::document(text.as_bytes()) {
                Err(why) => Some(format!("it is not valid YAML: {why}")),
                Ok(node) if key == "signKey" => sign_key(&node),
                Ok(Node::Seq(items)) => {
                    let of = |item: &Node| if key == "images" { image(item) } else { change(item) };
                    let mut found = items.iter().zip(1..).filter_map(|(item, at)| Some((at, of(item)?)));
                    found.next().map(|(at, why): (u32, String)| format!("entry {at} {why}"))
                }
                Ok(node) => Some(format!("it is {} instead of a list", node.kind())),
            },
            _ => None,
        };
        findings.extend(unread.map(|why| format!("{directory}/Chart.yaml: `{name}`: {why}")));
    }
    findings
}

/// Why an entry is no container image.
fn image(node: &Node) -> Option<String> {
    let Node::Map(map) = node else { return Some(format!("is {} instead of a mapping", node.kind())) };
    match map.get("image") {
        Some(Node::Str(text)) if is_image(text) => {}
        Some(Node::Str(text)) => return Some(format!("has the image `{text}`, which is no reference")),
        _ => return Some("has no `image`".to_owned()),
    }
    let texts =
        |node: &Node| matches!(node, Node::Seq(list) if list.iter().all(|one| matches!(one, Node::Str(_))));
    map.iter().find_map(|(key, value)| {
        let good = match (key.as_str(), value) {
            ("whitelisted", value) => matches!(value, Node::Bool(_)),
            ("platforms", value) => texts(value),
            ("name", value) => matches!(value, Node::Str(_)),
            _ => true,
        };
        (!good).then(|| format!("has {} as `{key}`", value.kind()))
    })
}

/// Why an entry is no change.
fn change(node: &Node) -> Option<String> {
    let Node::Map(map) = node else {
        return (!matches!(node, Node::Str(_)))
            .then(|| format!("is {} instead of a text or a mapping", node.kind()));
    };
    match map.get("kind") {
        None => {}
        Some(Node::Str(kind)) if KINDS.contains(&kind.to_ascii_lowercase().as_str()) => {}
        Some(_) => return Some(format!("is of a kind that is none of {}", KINDS.join(", "))),
    }
    (!has_text(node, "description")).then(|| "has no `description`".to_owned())
}

/// Why a text names no key.
fn sign_key(node: &Node) -> Option<String> {
    (!has_text(node, "url")).then(|| "it has no `url`".to_owned())
}

fn has_text(node: &Node, key: &str) -> bool {
    matches!(node, Node::Map(map) if matches!(map.get(key), Some(Node::Str(text)) if !text.is_empty()))
}

#[cfg(test)]
#[path = "artifact_hub_tests.rs"]
mod tests;
