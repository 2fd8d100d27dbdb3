//! One text in a YAML file changed, and nothing else: comments, quotes and order stay.

use std::str::FromStr as _;

use yaml_edit::YamlFile;

use super::yaml::{self, Node};
use super::{Error, archive};

/// What the editor takes apart (bytes). Values of real charts stay far below.
const LARGEST: usize = 1024 * 1024;

/// A file with the text at a path of keys replaced and every other byte kept; `file` names it in errors. A value in
/// quotes stays in them, a plain one gets some where YAML would take it for something else. Nothing of this is
/// trusted: read again, only that text may differ.
///
/// # Errors
/// Not YAML, larger than 1 MiB, nothing or no text on one line at that path, or no way to change it alone (it is
/// anchored and used elsewhere, or stands there twice).
pub(super) fn set_text(file: &str, bytes: &[u8], path: &[&str], value: &str) -> Result<Vec<u8>, Error> {
    let place = path.join(".");
    let refuse = |why: &str| Error::Metadata { file: file.to_owned(), why: format!("`{place}` {why}") };
    if bytes.len() > LARGEST {
        return Err(Error::Metadata { file: file.to_owned(), why: "it is larger than 1 MiB".to_owned() });
    }
    let unreadable = |why: String| Error::Yaml { file: file.to_owned(), why };
    let body = bytes.strip_prefix(archive::BOM).unwrap_or(bytes);
    let bom = bytes.strip_suffix(body).unwrap_or_default();
    let text = std::str::from_utf8(body).map_err(|e| unreadable(e.to_string()))?;
    let mut wanted = yaml::document(body).map_err(unreadable)?;
    let target = at_mut(&mut wanted, path).ok_or_else(|| refuse("is not there"))?;
    let old = match &*target {
        Node::Str(old) if old == value => return Ok(bytes.to_vec()),
        Node::Map(_) | Node::Seq(_) => return Err(refuse("is no text")),
        // Nothing stands there that could be replaced.
        Node::Null => return Err(refuse("is empty; write it as `\"\"`")),
        old => old.clone(),
    };
    *target = Node::Str(value.to_owned());

    let edit = YamlFile::from_str(text).map_err(|e| unreadable(e.to_string()))?;
    let mut keys = path.iter();
    let first = keys.next().and_then(|key| edit.document()?.get(*key));
    let node = keys.fold(first, |node, key| node?.get(*key));
    let range = node.filter(yaml_edit::YamlNode::is_scalar).map(|node| node.byte_range());
    let (start, end) = range.map(|range| (range.start as usize, range.end as usize)).unwrap_or_default();
    let stands = text.get(start..end).map(str::trim_end).unwrap_or_default();
    let one_line = !stands.is_empty() && !stands.contains('\n');
    if !one_line || yaml::document(stands.as_bytes()) != Ok(old) {
        return Err(refuse("cannot be changed alone; write it on one line, without an anchor"));
    }
    let new = match stands.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("{quote}{value}{quote}"),
        _ if yaml::resolved(value) == Node::Str(value.to_owned()) => value.to_owned(),
        _ => format!("\"{value}\""),
    };
    let (before, behind) = (text.get(..start), text.get(start + stands.len()..));
    let edited = [before.unwrap_or_default(), &new, behind.unwrap_or_default()].concat();
    if yaml::document(edited.as_bytes()).map_err(unreadable)? != wanted {
        return Err(refuse("cannot be changed alone; write it once, on one line, without an anchor"));
    }
    Ok([bom, edited.as_bytes()].concat())
}

/// What is at a path of keys.
pub(super) fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| match node {
        Node::Map(map) => map.get(*key),
        _ => None,
    })
}

fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, key| match node {
        Node::Map(map) => map.get_mut(*key),
        _ => None,
    })
}

#[cfg(test)]
#[path = "text_edit_tests.rs"]
mod tests;
