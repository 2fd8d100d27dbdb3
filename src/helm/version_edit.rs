//! A new version in `Chart.yaml`, and nothing else: comments, quotes and order stay.

use std::str::FromStr as _;

use yaml_edit::{ScalarStyle, ScalarValue, YamlFile};

use super::yaml::{self, Node};
use super::{Error, metadata};

/// What the editor takes apart; no Chart.yaml comes near (bytes).
const LARGEST: usize = 1024 * 1024;

/// `Chart.yaml` with its top-level `version` replaced and every other byte kept; `file` names it in errors.
/// The editor's work is not trusted: exactly one line may differ, and read again only the version may.
///
/// # Errors
/// No `version:` at the top level, not YAML, larger than 1 MiB, `version` not strict `SemVer`, or no way to change the version
/// alone (it is anchored and used elsewhere, or stands on several lines).
pub fn set_version(file: &str, chart_yaml: &[u8], version: &str) -> Result<Vec<u8>, Error> {
    let refuse = |why: &str| Error::Metadata { file: file.to_owned(), why: why.to_owned() };
    if chart_yaml.len() > LARGEST {
        return Err(refuse("it is larger than 1 MiB"));
    }
    metadata::check_version(version).map_err(|why| refuse(&why))?;
    let unreadable = |why: String| Error::Yaml { file: file.to_owned(), why };
    let bom = if chart_yaml.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let (bom, body) = chart_yaml.split_at(bom);
    let text = std::str::from_utf8(body).map_err(|e| unreadable(e.to_string()))?;
    let Node::Map(mut before) = yaml::document(body).map_err(unreadable)? else {
        return Err(refuse("it is not a mapping"));
    };
    match before.get("version") {
        None => return Err(refuse("it has no `version:` at the top level")),
        Some(Node::Str(current)) if current == version => return Ok(chart_yaml.to_vec()),
        Some(_) => {}
    }

    let edit = YamlFile::from_str(text).map_err(|e| unreadable(e.to_string()))?;
    let node = edit
        .document()
        .and_then(|document| document.get("version"))
        .ok_or_else(|| refuse("it has no `version:` at the top level"))?;
    let style = node.as_scalar().map(|scalar| ScalarValue::from_scalar(scalar).style());
    let style = match style {
        Some(style @ (ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)) => style,
        _ => ScalarStyle::Plain,
    };
    edit.set("version", ScalarValue::with_style(version, style));
    let edited = edit.to_string();

    let (old, new): (Vec<&str>, Vec<&str>) = (text.split('\n').collect(), edited.split('\n').collect());
    let mut differing = old.iter().zip(&new).filter(|(old, new)| old != new);
    let alone = differing.next().is_some_and(|(old, new)| differs_in(version, old, new));
    if old.len() != new.len() || !alone || differing.next().is_some() {
        return Err(refuse("its version cannot be changed alone; write it as `version: X.Y.Z` on one line"));
    }
    before.insert("version".to_owned(), Node::Str(version.to_owned()));
    if yaml::document(edited.as_bytes()).map_err(unreadable)? != Node::Map(before) {
        return Err(refuse("something else follows its version; write it as `version: X.Y.Z` without an anchor"));
    }
    Ok([bom, edited.as_bytes()].concat())
}

/// Whether `new` is `old` with something replaced by `version`: same before, same behind.
fn differs_in(version: &str, old: &str, new: &str) -> bool {
    let Some((before, behind)) = new.split_once(version) else { return false };
    old.strip_prefix(before).is_some_and(|rest| rest.ends_with(behind))
}

#[cfg(test)]
#[path = "version_edit_tests.rs"]
mod tests;
