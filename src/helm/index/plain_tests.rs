//! The quick reader against YAML's own: what it reads, it reads alike.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::yaml;
use super::plain;

#[track_caller]
fn alike(piece: &str) -> bool {
    let Some(quick) = plain::entry(piece.as_bytes()) else { return false };
    assert_eq!(Ok(quick), yaml::strict(piece.as_bytes()), "{piece:?}");
    true
}

#[test]
fn what_helm_writes_is_read_quickly() {
    let text = super::tests::helms();
    let index = super::Index::parse(text.as_bytes()).expect("an index");
    for entry in index.entries() {
        let piece = text.get(entry.lines.clone()).expect("it lies in the text");
        assert!(alike(piece), "{piece}");
    }
}

#[test]
fn what_is_not_simple_is_left_to_yaml() {
    for piece in [
        "- a: &x 1\n",
        "- a: *x\n",
        "- a: !!str 1\n",
        "- a: \"\\n\"\n",
        "- a: 'it''s'\n",
        "- a: [1]\n",
        "- a: {b: c}\n",
        "- a: >\n    b\n",
        "- a: |2\n    b\n",
        "- ? a\n  : b\n",
        "- a: b # c\n",
        "# c\n- a: b\n",
        "- a: b: c\n",
        "- a: \"b\n    c\"\n",
        "- a: b\n  a: c\n",
        "- a: b\n    c\n\n    d\n",
        "-\n  a: b\n",
        "-  a: b\n",
        "- a:  b\n",
        "- <<: b\n",
        "- on: b\n",
        "- a: b\r\n",
        "- a:\tb\n",
        "- a: ü\n",
        "- a: -\n",
        "- a: |\n\n    b\n",
        "- a: |\n    b\n   c\n",
        "a: b\n",
        "",
        "- a: b\n c: d\n",
        "- a: b\n   c: d\n",
        "- a:\n  - b\n - c\n",
        "- a: %b\n",
        "- a: @b\n",
        "- a: `b\n",
        "- a: ,b\n",
        "- 1: b\n",
        "- a: b\n...\n",
    ] {
        assert!(!alike(piece), "{piece:?}");
    }
}

#[test]
fn plain_words_mean_what_they_mean() {
    for word in [
        "1.10",
        "010",
        "0x1f",
        "1e3",
        "1_000",
        "yes",
        "No",
        "~",
        "null",
        ".5",
        "+1",
        "1.2.3",
        "v1",
        "2020-01-01",
        "2020-01-01T00:00:00Z",
        ".inf",
        "=",
        "a:b",
        "a#b",
        "<<",
        "1:20",
        "0o14",
        "0b1",
        "1.",
        "12e03",
        "9999999999999999999",
        "99999999999999999999999",
    ] {
        alike(&format!("- a: {word}\n"));
        alike(&format!("- a:\n  - {word}\n  - {word}\n"));
        alike(&format!("- a: {word}\n    {word}\n"));
    }
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z ]{0,9}",
        "[ -~]{0,12}",
        "[a-z ]{60,130}",
        "[a-z:# -]{0,9}\n[a-z ]{0,9}\n?",
        "[0-9a-f.]{1,8}"
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        any::<i32>().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z./-]{1,9}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_as_helm_writes_is_read_alike(fields in proptest::collection::btree_map("[a-z./-]{1,9}", value(), 1..5)) {
        let text = yaml::write(&json!({ "entries": { "x": [fields] } }));
        let piece: String = text.split_inclusive('\n').skip(2).collect();
        alike(&piece);
    }

    #[test]
    fn whatever_stands_there_is_read_alike_or_not_at_all(
        lines in proptest::collection::vec(("[ ]{0,6}", prop_oneof![
            Just("- "), Just("a: "), Just("b:"), Just("- c: "), Just("|"), Just("|-"), Just("a: |"), Just(""), Just("- a:"),
        ], prop_oneof!["[a-z0-9:# .'\"~-]{0,6}", Just(String::new())]), 1..9)
    ) {
        let mut text = "- a: b\n".to_owned();
        for (indent, start, rest) in lines {
            text.push_str(&format!("{indent}{start}{rest}\n"));
        }
        alike(&text);
    }
}
