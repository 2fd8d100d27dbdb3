//! The annotation `artifacthub.io/changes` in `Chart.yaml`: by lines, so that what is around it can be
//! compared byte for byte.
//!
//! Only one way to write it is known, a literal block (`|`) in a block of annotations: its end is told by
//! indentation alone, so that nothing around it can come to mean something else by what stands in it.

use std::ops::Range;

/// The annotation [Artifact Hub](https://artifacthub.io/docs/topics/annotations/helm/) reads a version's changes from.
pub const CHANGES: &str = "artifacthub.io/changes";

/// Where annotations stand.
struct Annotations {
    /// The line `annotations:`.
    key: Range<usize>,
    /// Spaces before each of them; none where there is none.
    indent: Option<usize>,
    /// The changes, without blank lines behind them.
    changes: Option<Range<usize>>,
    /// Whether there is any other.
    others: bool,
}

/// `Chart.yaml` with these changes, a YAML list, as its annotation; every other byte stays.
///
/// # Errors
/// A sentence: the annotation or its block is there in another style.
pub fn with_changes(chart_yaml: &[u8], changes: &str) -> Result<Vec<u8>, String> {
    let newline = if chart_yaml.split_inclusive(|b| *b == b'\n').next().is_some_and(|line| line.ends_with(b"\r\n"))
    {
        "\r\n"
    } else {
        "\n"
    };
    let found = find(chart_yaml)?;
    let indent = found.as_ref().and_then(|found| found.indent).unwrap_or(2);
    let mut lines = format!("{:indent$}{CHANGES}: |{newline}", "");
    for line in changes.lines() {
        lines.push_str(&format!("{:indent$}  {line}{newline}", ""));
    }
    let (place, lines) = match found {
        Some(Annotations { changes: Some(place), .. }) => (place, lines),
        Some(Annotations { key, .. }) => (key.end..key.end, lines),
        None => (chart_yaml.len()..chart_yaml.len(), format!("annotations:{newline}{lines}")),
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

/// `Chart.yaml` without the annotation, and without a block of annotations that holds no other: what two
/// files have in common that differ in it alone.
///
/// # Errors
/// As [`with_changes`].
pub(super) fn without_changes(chart_yaml: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = chart_yaml.to_vec();
    if let Some(found) = find(chart_yaml)? {
        if let Some(changes) = found.changes {
            bytes.drain(changes);
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

fn find(chart_yaml: &[u8]) -> Result<Option<Annotations>, String> {
    let mut found: Option<Annotations> = None;
    let (mut inside, mut in_changes) = (false, false);
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
            (inside, in_changes) = (false, false);
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
                found = Some(Annotations { key: here, indent: None, changes: None, others: false });
                inside = true;
            }
            continue;
        }
        let Some(annotations) = found.as_mut().filter(|_| inside) else { continue };
        if annotations.indent.is_some_and(|own| indent > own) {
            if let Some(changes) = annotations.changes.as_mut().filter(|_| in_changes) {
                changes.end = here.end;
            }
            continue;
        }
        if content.starts_with(b"#") {
            continue;
        }
        annotations.indent.get_or_insert(indent);
        in_changes = false;
        if !names_changes(content) {
            annotations.others = true;
            continue;
        }
        let literal = content.strip_prefix(CHANGES.as_bytes()).and_then(|rest| rest.strip_prefix(b":"));
        let literal = literal.is_some_and(|rest| matches!(rest.trim_ascii(), b"|" | b"|-"));
        if annotations.changes.is_some() || !literal {
            return Err(format!("write its annotation once, as a block: `{CHANGES}: |`"));
        }
        annotations.changes = Some(here);
        in_changes = true;
    }
    Ok(found)
}

/// Whether a line begins the annotation, however it is written.
fn names_changes(content: &[u8]) -> bool {
    let content = content.strip_prefix(b"\"").or_else(|| content.strip_prefix(b"'")).unwrap_or(content);
    content.strip_prefix(CHANGES.as_bytes()).is_some_and(|rest| {
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
        rest.trim_ascii_start().starts_with(b":")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "apiVersion: v2\nname: x\nversion: 0.1.0\n";
    const LIST: &str = "- kind: added\n  description: \"a\"\n";

    fn with(text: &str) -> Result<String, String> {
        with_changes(text.as_bytes(), LIST).map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn the_annotation_goes_where_annotations_are() {
        let ours = "  artifacthub.io/changes: |\n    - kind: added\n      description: \"a\"\n";
        for (before, after) in [
            (BARE.to_owned(), format!("{BARE}annotations:\n{ours}")),
            (BARE.trim_end().to_owned(), format!("{BARE}annotations:\n{ours}")),
            (format!("annotations: # here\n  a: b\n{BARE}"), format!("annotations: # here\n{ours}  a: b\n{BARE}")),
            (
                format!("annotations:\n  artifacthub.io/changes: |-\n    - old\n\n      older\n\n  a: b\n{BARE}"),
                format!("annotations:\n{ours}\n  a: b\n{BARE}"),
            ),
            (format!("annotations:\n{BARE}"), format!("annotations:\n{ours}{BARE}")),
        ] {
            assert_eq!(with(&before).as_deref(), Ok(after.as_str()), "{before}");
            let rest = without_changes(before.as_bytes());
            assert_eq!(rest, without_changes(after.as_bytes()), "{before}");
            assert_eq!(with(&after).as_deref(), Ok(after.as_str()), "again is the same");
        }
        let crlf = with(&BARE.replace('\n', "\r\n")).expect("it takes it");
        assert_eq!(crlf.matches("\r\n").count(), crlf.matches('\n').count());
    }

    #[test]
    fn another_style_is_not_touched() {
        for text in [
            "annotations: {}\n",
            "annotations: {a: b}\n",
            "\"annotations\":\n  a: b\n",
            "annotations: &a\n  a: b\n",
            "annotations:\n  artifacthub.io/changes: \"- a\"\n",
            "annotations:\n  'artifacthub.io/changes': |\n    - a\n",
            "annotations:\n  artifacthub.io/changes: >\n    - a\n",
            "annotations:\n  artifacthub.io/changes: |2\n    - a\n",
            "annotations:\n  a: b\nannotations:\n  c: d\n",
            "annotations:\n  artifacthub.io/changes: |\n    - a\n  artifacthub.io/changes: |\n    - b\n",
        ] {
            assert!(with(text).is_err(), "{text}");
            assert!(without_changes(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_else_is_left_out_of_the_comparison() {
        let rest = |text: &str| without_changes(text.as_bytes()).expect("a block");
        let base = "annotations:\n  artifacthub.io/changes: |\n    - a\n  a: b\nname: x\n";
        for other in [
            "annotations:\n  artifacthub.io/changes: |\n    - a\n  a: c\nname: x\n",
            "annotations:\n  artifacthub.io/changes: |\n    - a\n  a: b\n  artifacthub.io/license: MIT\nname: x\n",
            "annotations:\n  artifacthub.io/changes: |\n    - a\n  a: b\nname: y\n",
            "annotations:\n  artifacthub.io/changesX: |\n    - a\n  a: b\nname: x\n",
        ] {
            assert_ne!(rest(base), rest(other), "{other}");
        }
        let nested = "maintainers:\n  artifacthub.io/changes: |\n    - a\n";
        assert_eq!(rest(nested), nested.as_bytes(), "only among the annotations");
    }
}
