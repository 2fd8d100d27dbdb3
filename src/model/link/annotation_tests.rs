//! Annotations by lines.

use super::*;

const BARE: &str = "apiVersion: v2\nname: x\nversion: 0.1.0\n";
const LIST: &str = "- kind: added\n  description: \"a\"\n";

fn with(text: &str) -> Result<String, String> {
    super::with(text.as_bytes(), &Annotation::changes(LIST.to_owned()))
        .map(|bytes| String::from_utf8(bytes).expect("text"))
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
        let rest = without(before.as_bytes(), &[CHANGES]);
        assert_eq!(rest, without(after.as_bytes(), &[CHANGES]), "{before}");
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
        assert!(without(text.as_bytes(), &[CHANGES]).is_err(), "{text}");
    }
}

#[test]
fn nothing_else_is_left_out_of_the_comparison() {
    let rest = |text: &str| without(text.as_bytes(), &[CHANGES]).expect("a block");
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
