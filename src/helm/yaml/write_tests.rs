//! Writing YAML: each expectation was compared with Helm 4.3.0's own output.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use std::cmp::Ordering;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::order::natural;
use super::{Node, document, write};

#[expect(clippy::needless_pass_by_value, reason = "reads like a table")]
fn check(value: Value, expected: Expect) {
    expected.assert_eq(&write(&value));
}

#[test]
fn texts_are_quoted_where_they_would_mean_something_else() {
    check(
        json!({
            "a": ["1.10", "1.2.3", "yes", "null", "", "08", "0x1F", "2024-01-02", "1:30", "1:60", "~x", "<<", "="],
            "b": ["a: b", "a #b", "#a", "- a", "-a", "?x", "[a", "a,b", "*a", "it's", "say \"hi\"", "a:", ":a", "---"],
            "c": [" lead", "trail ", "tab\there", "é 漢", "😀", "\u{a0}", "a\u{2028}b", "<b>", "\u{feff}x"],
        }),
        expect![[r#"
            a:
            - "1.10"
            - 1.2.3
            - "yes"
            - "null"
            - ""
            - "08"
            - "0x1F"
            - "2024-01-02"
            - "1:30"
            - 1:60
            - ~x
            - <<
            - =
            b:
            - 'a: b'
            - 'a #b'
            - '#a'
            - '- a'
            - -a
            - ?x
            - '[a'
            - a,b
            - '*a'
            - it's
            - say "hi"
            - 'a:'
            - :a
            - '---'
            c:
            - ' lead'
            - 'trail '
            - "tab\there"
            - é 漢
            - "\U0001F600"
            -  
            - 'a   b'
            - <b>
            - "\uFEFF\x78"
        "#]],
    );
}

#[test]
fn blocks_and_folds() {
    let long = "word ".repeat(24);
    check(
        json!({
            "block": "a\n  b\n",
            "chomped": "a\nb",
            "kept": "a\n\n",
            "led": " a\nb",
            "spaced": "a \nb",
            "plain": long.trim(),
            "single": format!("# {}", long.trim()),
            "double": format!("\t{}", long.trim()),
            "empty": [],
            "none": {},
            "map": [{"x": 1, "a": null}, [true, 1.5]],
        }),
        expect![[r##"
            block: |
              a
                b
            chomped: |-
              a
              b
            double: "\tword word word word word word word word word word word word word word word
              word word word word word word word word word"
            empty: []
            kept: |+
              a

            led: |2-
               a
              b
            map:
            - a: null
              x: 1
            - - true
              - 1.5
            none: {}
            plain: word word word word word word word word word word word word word word word
              word word word word word word word word word
            single: '# word word word word word word word word word word word word word word word
              word word word word word word word word word'
            spaced: "a \nb"
        "##]],
    );
}

#[test]
fn keys_are_in_natural_order_and_long_ones_are_marked() {
    let long = "k".repeat(129);
    let value =
        json!({"a10": 1, "a9": 2, "a-1": 3, "B": 4, "b": 5, "9": 6, "a09": 7, "x/1": 8, "x.1": 9, long: 10});
    check(
        value,
        expect![[r#"
            "9": 6
            B: 4
            a-1: 3
            a9: 2
            a09: 7
            a10: 1
            b: 5
            ? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
            : 10
            x.1: 9
            x/1: 8
        "#]],
    );
}

#[test]
fn natural_order_counts() {
    assert_eq!(natural("a2", "a10"), Ordering::Less);
    assert_eq!(natural("a", "a1"), Ordering::Less);
    assert_eq!(natural("a1", "a"), Ordering::Greater);
    assert_eq!(natural("x-", "xa"), Ordering::Less);
    assert_eq!(natural("a", "a"), Ordering::Equal);
}

proptest! {
    /// go-yaml's order has circles (`a2` < `a100` < `a1b2` < `a2`): sorting must stand that.
    #[test]
    fn every_set_of_keys_is_written_once(keys in proptest::collection::btree_set("[ab0-9-]{0,5}", 0..40)) {
        let value: Value = keys.iter().map(|key| (key.clone(), json!(1))).collect::<serde_json::Map<_, _>>().into();
        let written = write(&value);
        prop_assert_eq!(written.lines().count(), keys.len().max(1));
    }

    #[test]
    fn what_is_written_reads_back(text in "[ -~\n\té😀\u{2028}]{0,200}", key in "[ -~é]{0,140}") {
        let written = write(&json!({ key.as_str(): text.as_str() }));
        let read = document(written.as_bytes());
        prop_assert_eq!(read, Ok(Node::Map([(key, Node::Str(text))].into())), "{}", written);
    }
}
