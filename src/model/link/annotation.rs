//! Annotations of `Chart.yaml` that a bump writes for Artifact Hub: by lines, so that what is around them can be
//! compared byte for byte.
//!
//! One way to write each is known, a literal block (`|`) or a text on its line, in a block of annotations: its end
//! is told by indentation alone, so that nothing around it can come to mean something else by what stands in it.

use std::ops::Range;

/// The annotation [Artifact Hub](https://artifacthub.io/docs/topics/annotations/helm/) reads a version's changes from.
pub const CHANGES: &str = "artifacthub.io/changes";
/// The one that says whether a version is a pre-release. Artifact Hub does not look at the version for that.
pub const PRERELEASE: &str = "artifacthub.io/prerelease";
/// The one that names the key of the provenance file.
pub const SIGN_KEY: &str = "artifacthub.io/signKey";

/// An annotation as a bump writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// Its name.
    pub key: &'static str,
    /// What it says.
    pub value: Value,
    /// It says what its absence says: it is only put right where there is one already.
    pub implied: bool,
}

/// What an annotation says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A literal block of lines.
    Block(String),
    /// `"true"` or `"false"`, on its line.
    Flag(bool),
}

impl Annotation {
    /// This version's changes, a YAML list.
    pub fn changes(list: String) -> Self {
        Self { key: CHANGES, value: Value::Block(list), implied: false }
    }
}

/// Where annotations stand.
struct Annotations {
    /// The line `annotations:`.
    key: Range<usize>,
    /// Spaces before each of them; none where there is none.
    indent: Option<usize>,
    /// Those that were asked for, each without blank lines behind it, in their order in the file.
    found: Vec<(&'static str, Range<usize>)>,
    /// Whether there is any other.
    others: bool,
}

/// `Chart.yaml` with this annotation; every other byte stays.
///
/// # Errors
/// A sentence: the annotation or its block is there in another style.
pub fn with(chart_yaml: &[u8], annotation: &Annotation) -> Result<Vec<u8>, String> {
    let Annotation { key, value, implied } = annotation;
    let newline = if chart_yaml.split_inclusive(|b| *b == b'\n').next().is_some_and(|line| line.ends_with(b"\r\n"))
    {
        "\r\n"
    } else {
        "\n"
    };
    let found = find(chart_yaml, &[*key])?;
    let there = found.as_ref().and_then(|found| found.found.first()).map(|(_, place)| place.clone());
    if *implied && there.is_none() {
        return Ok(chart_yaml.to_vec());
    }
    let indent = found.as_ref().and_then(|found| found.indent).unwrap_or(2);
    let mut lines = format!("{:indent$}{key}:", "");
    match value {
        Value::Flag(flag) => lines.push_str(&format!(" \"{flag}\"{newline}")),
        Value::Block(text) => {
            lines.push_str(&format!(" |{newline}"));
            for line in text.lines() {
                lines.push_str(&format!("{:indent$}  {line}{newline}", ""));
            }
        }
    }
    let (place, lines) = match (there, found) {
        (Some(place), _) => (place, lines),
        (None, Some(Annotations { key, .. })) => (key.end..key.end, lines),
        (None, None) => (chart_yaml.len()..chart_yaml.len(), format!("annotations:{newline}{lines}")),
    };
    let (before, behind) = (chart_yaml.get(..place.start), chart_yaml.get(place.end..));
    let mut bytes = before.unwrap_or_default().to_vec();
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.extend_from_slice(newline.as_bytes());
    }
    bytes.extend_from_slice(lines.as_bytes());
    bytes.extend_from_slice(behind.unwrap_or_default());
    Ok(bytes)
}

/// `Chart.yaml` without these annotations, and without a block of annotations that holds no other: what two
/// files have in common that differ in them alone.
///
/// # Errors
/// As [`with`].
pub(super) fn without(chart_yaml: &[u8], keys: &[&'static str]) -> Result<Vec<u8>, String> {
    let mut bytes = chart_yaml.to_vec();
    if let Some(found) = find(chart_yaml, keys)? {
        // From the last to the first, so that the places before stay where they are.
        for (_, place) in found.found.into_iter().rev() {
            bytes.drain(place);
        }
        if !found.others {
            bytes.drain(found.key);
        }
    }
    // A file need not end its last line before something is put behind it.
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn find(chart_yaml: &[u8], keys: &[&'static str]) -> Result<Option<Annotations>, String> {
    let mut found: Option<Annotations> = None;
    let (mut inside, mut open) = (false, Open::Other);
    let mut start = 0_usize;
    for line in chart_yaml.split_inclusive(|b| *b == b'\n') {
        let here = start..start.saturating_add(line.len());
        start = here.end;
        let text = line.trim_ascii_end();
        let indent = text.iter().take_while(|b| **b == b' ').count();
        let content = text.get(indent..).unwrap_or_default();
        if content.is_empty() {
            continue;
        }
        if indent == 0 {
            if content.starts_with(b"#") {
                continue;
            }
            (inside, open) = (false, Open::Other);
            let named = [&b"annotations"[..], b"\"annotations\"", b"'annotations'"];
            if let Some(rest) =
                named.iter().find_map(|name| content.strip_prefix(*name)?.trim_ascii_start().strip_prefix(b":"))
            {
                let rest = rest.trim_ascii();
                if found.is_some()
                    || !content.starts_with(b"annotations:")
                    || !(rest.is_empty() || rest.starts_with(b"#"))
                {
                    return Err("write its annotations as a block below one line `annotations:`".to_owned());
                }
                found = Some(Annotations { key: here, indent: None, found: Vec::new(), others: false });
                inside = true;
            }
            continue;
        }
        let Some(annotations) = found.as_mut().filter(|_| inside) else { continue };
        if annotations.indent.is_some_and(|own| indent > own) {
            match (open, annotations.found.last_mut()) {
                (Open::Block, Some((_, place))) => place.end = here.end,
                (Open::Flag, Some((key, _))) => return Err(style(key)),
                _ => {}
            }
            continue;
        }
        if content.starts_with(b"#") {
            continue;
        }
        annotations.indent.get_or_insert(indent);
        open = Open::Other;
        let Some(key) = keys.iter().find(|key| names(content, key)) else {
            annotations.others = true;
            continue;
        };
        let again = annotations.found.iter().any(|(known, _)| known == key);
        let rest = content.strip_prefix(key.as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
        open = match rest.map(<[u8]>::trim_ascii) {
            _ if again => return Err(style(key)),
            Some(b"|" | b"|-") if *key != PRERELEASE => Open::Block,
            Some(rest) if *key == PRERELEASE && is_flag(rest) => Open::Flag,
            _ => return Err(style(key)),
        };
        annotations.found.push((*key, here));
    }
    Ok(found)
}

/// What the lines below belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A literal block that was asked for.
    Block,
    /// A text on its line, which ends with it.
    Flag,
    /// Anything else.
    Other,
}

/// How an annotation has to be written.
fn style(key: &str) -> String {
    let how = if key == PRERELEASE { "on its line" } else { "as a block" };
    let value = if key == PRERELEASE { "\"true\"" } else { "|" };
    format!("write its annotation once, {how}: `{key}: {value}`")
}

/// `true` or `false`, in quotes or without, with a comment at most.
fn is_flag(text: &[u8]) -> bool {
    let words = [&b"true"[..], b"\"true\"", b"'true'", b"false", b"\"false\"", b"'false'"];
    words.iter().any(|word| {
        let rest = text.strip_prefix(*word);
        rest.is_some_and(|rest| {
            rest.is_empty() || (rest.starts_with(b" ") && rest.trim_ascii_start().starts_with(b"#"))
        })
    })
}

/// Whether a line begins the annotation, however it is written.
fn names(content: &[u8], key: &str) -> bool {
    let content = content.strip_prefix(b"\"").or_else(|| content.strip_prefix(b"'")).unwrap_or(content);
    content.strip_prefix(key.as_bytes()).is_some_and(|rest| {
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
        rest.trim_ascii_start().starts_with(b":")
    })
}

#[cfg(test)]
#[path = "annotation_tests.rs"]
mod tests;
