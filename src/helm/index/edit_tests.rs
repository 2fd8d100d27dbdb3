//! Changing: what goes in, where, and that everything else stays.

use expect_test::expect;
use proptest::prelude::*;

use super::super::{Package, package};
use super::tests::helms;
use super::*;
use crate::model::{ChartFile, Timestamp};

fn made(name: &str, version: &str) -> Package {
    let yaml = format!(
        "apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: \"1.10\"\ndescription: A chart, described at \
         such a length that its line is folded by whoever writes it\nannotations:\n  artifacthub.io/changes: |\n    \
         - kind: added\n      description: \"a: b\"\n"
    );
    let files = vec![ChartFile { path: "Chart.yaml".to_owned(), bytes: yaml.into_bytes() }];
    package("charts/x", files, Timestamp::from_seconds(1_700_000_000)).expect("a chart")
}

fn entry(name: &str, version: &str) -> NewEntry {
    let url = format!("https://example.com/{name}-{version}.tgz");
    NewEntry::of(&made(name, version), &url, Timestamp::from_seconds(1_700_000_000)).expect("an entry")
}

#[track_caller]
fn with(text: &str, added: &[(&str, &str)]) -> String {
    let index = Index::parse(text.as_bytes()).expect("an index");
    let added = added.iter().map(|(name, version)| entry(name, version)).collect();
    let bytes = index.changed(&Change { added, ..Change::default() }).expect("it can be added to");
    String::from_utf8(bytes).expect("text")
}

/// The entries in words.
fn outline(text: &str) -> Vec<String> {
    let index = Index::parse(text.as_bytes()).expect("an index");
    assert_eq!(index.all_faults(), Vec::<String>::new());
    index.entries().iter().map(|entry| format!("{} {}", entry.chart, entry.version)).collect()
}

#[test]
fn an_entry_is_written_as_helm_writes_it() {
    let text = with(&String::from_utf8_lossy(EMPTY_INDEX), &[("x", "1.2.3")]);
    let digest = made("x", "1.2.3").tgz_digest.to_string();
    expect![[r#"
        apiVersion: v1
        entries:
          x:
          - annotations:
              artifacthub.io/changes: |
                - kind: added
                  description: "a: b"
            apiVersion: v2
            appVersion: "1.10"
            created: "2023-11-14T22:13:20Z"
            description: A chart, described at such a length that its line is folded by whoever
              writes it
            digest: [digest]
            name: x
            urls:
            - https://example.com/x-1.2.3.tgz
            version: 1.2.3
    "#]]
    .assert_eq(&text.replace(&digest, "[digest]"));
}

#[test]
fn charts_stand_in_order_and_versions_from_the_newest_down() {
    let text = with(&helms(), &[("alpine", "0.1.5"), ("mid", "1.0.0"), ("mid", "1.0.0-rc.1"), ("mid", "2.0.0")]);
    assert_eq!(
        outline(&text),
        [
            "alpine 0.2.0",
            "alpine 0.1.5",
            "alpine 0.1.0",
            "mid 2.0.0",
            "mid 1.0.0",
            "mid 1.0.0-rc.1",
            "nginx 1.1.0"
        ]
    );
    let text = with(&helms(), &[("zz", "1.0.0"), ("aa", "1.0.0"), ("alpine", "0.0.1"), ("alpine", "9.0.0")]);
    assert_eq!(
        outline(&text),
        ["aa 1.0.0", "alpine 9.0.0", "alpine 0.2.0", "alpine 0.1.0", "alpine 0.0.1", "nginx 1.1.0", "zz 1.0.0"]
    );
}

#[test]
fn every_other_byte_stays() {
    let indented = helms()
        .replace("\n  - ", "\n    - ")
        .replace("\n    ", "\n      ")
        .replace("\n      - api", "\n    - api");
    for text in [
        helms(),
        helms().replace('\n', "\r\n"),
        helms().trim_end().to_owned(),
        format!("\u{feff}# ours\n\n{}", helms()),
        helms().replace("  nginx:\n", "\n  # the web server\n  nginx: # yes\n"),
        helms().replace("generated", "\n# when\ngenerated"),
        indented,
    ] {
        for new in ["alpine", "nginx", "mid", "zz"] {
            let after = with(&text, &[(new, "5.0.0")]);
            // What is new is one run of bytes.
            let (text, after) = (text.as_bytes(), after.as_bytes());
            let same = text.iter().zip(after).take_while(|(a, b)| a == b).count();
            let tail = text.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
            assert!(same + tail >= text.len(), "{}", String::from_utf8_lossy(after));
            let index = Index::parse(after).expect("an index");
            assert_eq!(index.all_faults(), Vec::<String>::new());
            assert_eq!(index.find(new, "5.0.0").len(), 1);
            assert_eq!(index.entries().len(), 4);
        }
    }
}

#[test]
fn an_empty_index_takes_its_first_entry() {
    for text in [
        "apiVersion: v1\nentries: {}\n",
        "apiVersion: v1\nentries: {} # none yet\ngenerated: \"2020-01-01T00:00:00Z\"\n",
        "apiVersion: v1\nentries:\n",
        "apiVersion: v1\nentries: null",
        "apiVersion: v1\nentries:\n  x: []\n",
        "apiVersion: v1\nentries:\n    x:\n",
    ] {
        assert_eq!(outline(&with(text, &[("x", "1.0.0"), ("x", "0.9.0")])), ["x 1.0.0", "x 0.9.0"], "{text}");
    }
    let index = Index::parse(b"apiVersion: v1\n").expect("an outline");
    let change = Change { added: vec![entry("x", "1.0.0")], ..Change::default() };
    let why = index.changed(&change).expect_err("there is nowhere to put it").to_string();
    assert!(why.contains("no `entries`"), "{why}");
}

#[test]
fn entries_are_replaced_and_taken_out() {
    let text = helms();
    let index = Index::parse(text.as_bytes()).expect("an index");
    let change = Change {
        replaced: BTreeMap::from([(0, entry("alpine", "0.2.0"))]),
        removed: [1, 2].into(),
        added: Vec::new(),
    };
    let after = index.changed(&change).expect("it can be changed");
    let after = String::from_utf8(after).expect("text");
    assert_eq!(outline(&after), ["alpine 0.2.0"]);
    assert!(after.contains("https://example.com/alpine-0.2.0.tgz"), "{after}");
    assert!(!after.contains("nginx"), "a chart without versions goes: {after}");
    assert!(after.starts_with("apiVersion: v1\nentries:\n  alpine:\n"));
    assert!(after.ends_with("generated: \"2016-10-06T16:23:20.499029981-06:00\"\n"));
    let all = Change { removed: [0, 1, 2].into(), ..Change::default() };
    let after = index.changed(&all).expect("it can be emptied");
    let after = String::from_utf8(after).expect("text");
    assert_eq!(outline(&after), Vec::<String>::new());
    assert_eq!(outline(&with(&after, &[("x", "1.0.0")])), ["x 1.0.0"]);
}

#[test]
fn a_url_that_is_none_makes_no_entry() {
    for url in ["", "https://", "a b", "oci://host/x"] {
        assert!(NewEntry::of(&made("x", "1.0.0"), url, Timestamp::from_seconds(0)).is_err(), "{url}");
    }
}

/// Versions as Helm takes them.
#[test]
fn versions_of_others_may_be_loose() {
    let say = |text: &str| entry::loose(text).map(|version| version.to_string());
    for (text, said) in [
        ("1.2.3", "1.2.3"),
        ("v1.2", "1.2.0"),
        ("1", "1.0.0"),
        ("01.02.3-a.b+c", "1.2.3-a.b+c"),
        ("v1-rc", "1.0.0-rc"),
    ] {
        assert_eq!(say(text).as_deref(), Some(said), "{text}");
    }
    for text in ["", "v", "one", "1.2.3.4", "1..2", "-1", "1.2.3-"] {
        assert_eq!(say(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is put in, in whatever order: the same index.
    #[test]
    fn the_order_of_releases_does_not_matter(
        releases in proptest::collection::btree_set(("[a-c]{1,2}[0-9]{0,2}", 0_u64..3, 0_u64..3), 1..7),
        shuffle in any::<proptest::sample::Index>(),
    ) {
        let named: Vec<(String, String)> =
            releases.iter().map(|(name, minor, patch)| (name.clone(), format!("1.{minor}.{patch}"))).collect();
        let mut other = named.clone();
        other.rotate_left(shuffle.index(named.len()));
        let one_by_one = |order: &[(String, String)]| {
            let mut text = String::from_utf8_lossy(EMPTY_INDEX).into_owned();
            for (name, version) in order {
                text = with(&text, &[(name.as_str(), version.as_str())]);
            }
            text
        };
        let text = one_by_one(&named);
        prop_assert_eq!(&text, &one_by_one(&other));
        let all: Vec<(&str, &str)> = named.iter().map(|(name, version)| (name.as_str(), version.as_str())).collect();
        prop_assert_eq!(&text, &with(&String::from_utf8_lossy(EMPTY_INDEX), &all));
    }
}
