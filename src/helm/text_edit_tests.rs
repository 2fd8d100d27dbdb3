//! One text changes, or nothing does.

use proptest::prelude::*;

use super::*;

fn edited(text: &str, path: &str, value: &str) -> Result<String, String> {
    let path: Vec<&str> = path.split('.').collect();
    let bytes = set_text("charts/x/values.yaml", text.as_bytes(), &path, value).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

#[test]
fn quotes_comments_and_everything_else_stay() {
    for (before, after) in [
        ("a:\n  b: old\n", "a:\n  b: v1.2.3\n"),
        ("a:\n  b: old", "a:\n  b: v1.2.3"),
        (
            "# top\na: # here\n  c: old # kept\n  b:   \"old\"   # kept\nb: old\n",
            "# top\na: # here\n  c: old # kept\n  b:   \"v1.2.3\"   # kept\nb: old\n",
        ),
        ("a:\n  b: 'old' # x\n", "a:\n  b: 'v1.2.3' # x\n"),
        ("a:\n  b: \"\"\n", "a:\n  b: \"v1.2.3\"\n"),
        ("a:\n  b: ''\n", "a:\n  b: 'v1.2.3'\n"),
        (
            "a:\n    # above\n    b: old\n\n\n    # below\n    c: 1\n",
            "a:\n    # above\n    b: v1.2.3\n\n\n    # below\n    c: 1\n",
        ),
        ("a: {c: 1, b: old}\n", "a: {c: 1, b: v1.2.3}\n"),
        ("a: { b: \"old\" } # x\n", "a: { b: \"v1.2.3\" } # x\n"),
        ("\"a\":\n  'b': old\n", "\"a\":\n  'b': v1.2.3\n"),
        ("x: |\n  a:\n    b: old\na:\n  b: old\n", "x: |\n  a:\n    b: old\na:\n  b: v1.2.3\n"),
        ("a:\r\n  b: old\r\nc: 1\r\n", "a:\r\n  b: v1.2.3\r\nc: 1\r\n"),
        ("\u{feff}a:\n  b: old\n", "\u{feff}a:\n  b: v1.2.3\n"),
        ("# é\na:\n  b: old # ü\n", "# é\na:\n  b: v1.2.3 # ü\n"),
        ("---\na:\n  b: old\n", "---\na:\n  b: v1.2.3\n"),
        ("a:\n  b: 1.10\n", "a:\n  b: v1.2.3\n"),
        (
            "l:\n- a:\n    b: old\na:\n  b: old\nz:\n- b: old\n",
            "l:\n- a:\n    b: old\na:\n  b: v1.2.3\nz:\n- b: old\n",
        ),
    ] {
        assert_eq!(edited(before, "a.b", "v1.2.3").as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn what_yaml_would_take_for_something_else_is_quoted() {
    assert_eq!(edited("b: old\n", "b", "1.10").as_deref(), Ok("b: \"1.10\"\n"));
    assert_eq!(edited("b: 1.9\n", "b", "2.0").as_deref(), Ok("b: \"2.0\"\n"));
    assert_eq!(edited("b: old\n", "b", "1e5").as_deref(), Ok("b: \"1e5\"\n"));
    assert_eq!(edited("b: 'old'\n", "b", "1.10").as_deref(), Ok("b: '1.10'\n"));
}

#[test]
fn the_same_text_changes_nothing() {
    let text = "a:\n  b: 'v1' # kept\n";
    assert_eq!(edited(text, "a.b", "v1").as_deref(), Ok(text));
}

#[test]
fn what_cannot_be_changed_alone_is_refused() {
    for (text, says) in [
        ("a:\n  c: 1\n", "is not there"),
        ("a: text\n", "is not there"),
        ("- a\n", "is not there"),
        ("a:\n  b:\n", "is empty"),
        ("a:\n  b: [x]\n", "is no text"),
        ("a:\n  b:\n    c: 1\n", "is no text"),
        ("a:\n  b: &v old\nc: *v\n", "cannot be changed alone"),
        ("a:\n  b: |\n    old\n", "cannot be changed alone"),
        ("a:\n  b: >-\n    old\n", "cannot be changed alone"),
        ("a:\n  b: old\n  b: older\n", "cannot be changed alone"),
        ("a: &x\n  b: old\nc: *x\n", "cannot be changed alone"),
        ("d: &d\n  b: old\na:\n  <<: *d\n", "cannot be changed alone"),
        ("a: [\n", "not valid YAML"),
    ] {
        let refused = edited(text, "a.b", "new").expect_err(text);
        assert!(refused.contains("charts/x/values.yaml") && refused.contains(says), "{text}: {refused}");
    }
    assert!(set_text("f", b"a: \xFF", &["a"], "x").is_err());
    assert!(set_text("f", &vec![b' '; LARGEST + 1], &["a"], "x").is_err());
}

proptest! {
    #[test]
    fn only_the_one_line_changes(
        above in proptest::collection::vec("(# [a-z]{0,5}|[c-u]{1,5}: +('[a-z: ]{0,5}'|[a-z]{1,5})( # [a-z]{0,4})?|)", 0..5),
        value in "(v?[0-9]{1,2}\\.[0-9]{1,2}(\\.[0-9])?|sha256:[0-9a-f]{8}|[a-z][a-z0-9._-]{0,9})",
        old in "('[a-z]{0,4}'|\"[a-z0-9.]{0,4}\"|[a-z][a-z0-9.]{0,4}|[0-9]\\.[0-9]{1,2})",
    ) {
        let mut keys: Vec<&str> = above.iter().filter_map(|line| line.split_once(':')).map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assume!(keys.len() == above.iter().filter(|line| line.contains(':') && !line.starts_with('#')).count());
        let head: String = above.iter().map(|line| format!("{line}\n")).collect();
        let text = format!("{head}a:\n  x: 1\n  b: {old} # kept\n  y: 2\n");
        let after = edited(&text, "a.b", &value).unwrap();
        let differing: Vec<(&str, &str)> =
            text.lines().zip(after.lines()).filter(|(old, new)| old != new).collect();
        prop_assert_eq!(text.lines().count(), after.lines().count());
        prop_assert!(differing.len() <= 1, "{:?}", differing);
        let read = yaml::document(after.as_bytes()).unwrap();
        prop_assert_eq!(at(&read, &["a", "b"]), Some(&Node::Str(value)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}", value in "[a-z0-9.:@\"'\\\\]{0,20}") {
        let _ = set_text("f", text.as_bytes(), &["a", "b"], &value);
    }
}
