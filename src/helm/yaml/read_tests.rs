//! Reading YAML: what plain scalars mean, merges, and what must end.

use proptest::prelude::*;

use super::{Node, document, documents, float_text};

fn map(entries: &[(&str, Node)]) -> Node {
    Node::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn text(value: &str) -> Node {
    Node::Str(value.to_owned())
}

/// The value of `a: <scalar>`.
fn scalar(source: &str) -> Node {
    match document(format!("a: {source}\n").as_bytes()) {
        Ok(Node::Map(mut map)) => map.remove("a").unwrap_or(Node::Null),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn plain_scalars_mean_what_go_yaml_makes_of_them() {
    for (source, means) in [
        ("yes", Node::Bool(true)),
        ("y", Node::Bool(true)),
        ("Off", Node::Bool(false)),
        ("true", Node::Bool(true)),
        ("~", Node::Null),
        ("", Node::Null),
        ("010", Node::Int(8)),
        ("0o14", Node::Int(12)),
        ("0x1F", Node::Int(31)),
        ("-0x1f", Node::Int(-31)),
        ("0b11", Node::Int(3)),
        ("1_000", Node::Int(1000)),
        ("+1", Node::Int(1)),
        ("18446744073709551615", Node::Int(18_446_744_073_709_551_615)),
        ("18446744073709551616", Node::Float(18_446_744_073_709_551_616.0)),
        ("08", Node::Float(8.0)),
        ("1.10", Node::Float(1.1)),
        ("12e03", Node::Float(12_000.0)),
        ("2024-01-02", text("2024-01-02")),
        ("1:30", text("1:30")),
        ("1.2.3", text("1.2.3")),
        ("nan", text("nan")),
        ("v1", text("v1")),
    ] {
        assert_eq!(scalar(source), means, "{source}");
    }
}

#[test]
fn quoted_blocked_and_tagged_scalars_are_texts() {
    for source in ["'yes'", "\"yes\"", "\"y\\x65s\"", "!!str yes", "|-\n  yes", ">-\n  yes"] {
        assert_eq!(scalar(source), text("yes"), "{source}");
    }
    assert_eq!(scalar("''"), text(""));
}

#[test]
fn keys_become_texts_and_the_last_of_two_counts() {
    let read = document(b"1: a\n1.50: b\nyes: c\n'yes': d\nk: old\nk: new\n");
    assert_eq!(
        read,
        Ok(map(&[
            ("1", text("a")),
            ("1.5", text("b")),
            ("true", text("c")),
            ("yes", text("d")),
            ("k", text("new"))
        ]))
    );
    assert!(document(b"~: a\n").is_err());
}

#[test]
fn a_merge_overrides_what_stands_before_it() {
    let read = document(b"base: &b {x: 1, z: 2}\nuse:\n  x: 3\n  <<: *b\n  z: 4\n");
    let base = map(&[("x", Node::Int(1)), ("z", Node::Int(2))]);
    let merged = map(&[("x", Node::Int(1)), ("z", Node::Int(4))]);
    assert_eq!(read, Ok(map(&[("base", base), ("use", merged)])));
    assert!(document(b"<<: text\n").is_err());
}

#[test]
fn only_the_first_document_is_read_and_all_on_demand() {
    assert_eq!(document(b""), Ok(Node::Null));
    assert_eq!(document(b"a: 1\n---\nb: [\n"), Ok(map(&[("a", Node::Int(1))])));
    assert_eq!(documents(b"a: 1\n---\nb: 2\n").map(|all| all.len()), Ok(2));
    assert!(documents(b"a: 1\n---\nb: [\n").is_err());
}

#[test]
fn what_multiplies_or_nests_ends_with_an_error() {
    let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(",");
        laughs = format!("{laughs}a{level}: &a{level} [{aliases}]\n");
    }
    let long = format!("a: &a [{}]\nb: &b [{}]\n", "x,".repeat(2000), "*a,".repeat(1000));
    let lines = vec!["[".repeat(90); 3000].join("\n");
    for bomb in
        [laughs, long, format!("z: {lines}"), "[".repeat(100_000), "- ".repeat(10_000), "a: &a [*a]".to_owned()]
    {
        assert!(document(bomb.as_bytes()).is_err(), "{}", bomb.get(..40).unwrap_or(&bomb));
    }
    assert!(document(b"a: !custom x").is_err());
    assert!(document(b"a: \xFF").is_err());
}

#[test]
fn a_float_is_written_as_go_writes_it() {
    for (value, text) in [
        (1.1, "1.1"),
        (1.0, "1"),
        (-0.0, "-0"),
        (100_000.0, "100000"),
        (1e6, "1e+06"),
        (1_234_567.0, "1.234567e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e21, "1e+21"),
        (123_456_789_012.0, "1.2345679e+11"),
    ] {
        assert_eq!(float_text(value), text);
    }
}

proptest! {
    #[test]
    fn no_input_panics(source in "[-a-z0-9:{}\\[\\],&*!|>'\"%@`# \n\t~?<.]{0,200}") {
        let _ = document(source.as_bytes());
        let _ = documents(source.as_bytes());
    }

    #[test]
    fn no_bytes_panic(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = documents(&source);
    }
}
