//! A section goes in, everything else stays.

use expect_test::expect;
use proptest::prelude::*;

use super::*;

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn change(kind: &str, scope: Option<&str>, summary: &str, weight: Weight) -> Change {
    Change { kind: kind.to_owned(), scope: scope.map(str::to_owned), summary: summary.to_owned(), weight }
}

fn date() -> Timestamp {
    Timestamp::from_seconds(1_795_236_960)
}

fn new_section() -> String {
    section(&version("1.2.3"), date(), &[change("feat", None, "add a port", Weight::Minor)])
}

fn inserted(old: &str) -> String {
    let new = insert(Some(old.as_bytes()), &version("1.2.3"), &new_section()).unwrap();
    String::from_utf8(new).unwrap()
}

#[test]
fn a_section_sorts_its_changes() {
    let changes = [
        change("feat", Some("web"), "add a port (#12)", Weight::Minor),
        change("fix", None, "close it", Weight::Patch),
        change("fix", None, "close it", Weight::Patch),
        change("feat", None, "drop the old port", Weight::Major),
        change("revert", None, "a probe", Weight::Patch),
        change("deprecate", None, "the probe", Weight::Patch),
        change("fix", Some("security"), "a leak", Weight::Patch),
        change("perf", None, "start faster", Weight::Patch),
        change("docs", None, "# not a heading <!-- nor a comment -->", Weight::Patch),
    ];
    expect![[r"
        ## [1.2.3] - 2026-11-21

        ### Added

        - add a port (#12)

        ### Changed

        - **BREAKING** drop the old port
        - start faster
        - # not a heading &lt;!-- nor a comment --&gt;

        ### Deprecated

        - the probe

        ### Removed

        - a probe

        ### Fixed

        - close it

        ### Security

        - a leak"]]
    .assert_eq(&section(&version("1.2.3"), date(), &changes));
}

#[test]
fn without_changes_it_says_so() {
    assert_eq!(section(&version("1.2.3"), date(), &[]), "## [1.2.3] - 2026-11-21\n\nNo notable changes.");
    assert_eq!(preview(&[]), "_No conventional commits found for this chart._");
    assert_eq!(preview(&[change("fix", None, "x", Weight::Patch)]), "### Fixed\n\n- x");
    let out_of_range = section(&version("1.0.0"), Timestamp::from_seconds(i64::MIN), &[]);
    assert!(out_of_range.starts_with("## [1.0.0] - 1970-01-01"), "{out_of_range}");
}

#[test]
fn a_new_changelog_has_the_preamble() {
    let new = insert(None, &version("1.2.3"), &new_section()).unwrap();
    let text = String::from_utf8(new.clone()).unwrap();
    assert_eq!(text, format!("{PREAMBLE}{}\n", new_section()));
    assert_eq!(is_one_insertion(None, Some(&new), &version("1.2.3")), Ok(()));
    assert_eq!(extract(&text, &version("1.2.3")), Some(new_section()));
}

#[test]
fn p20_a_section_goes_below_preamble_and_unreleased() {
    let section = new_section();
    for (before, after) in [
        ("# Changelog\n\nProse.\n\n", "## [1.0.0] - 2020-01-01\n\n- x\n"),
        ("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- y\n\n", "## [1.0.0](https://x) (2020-01-01)\n- x"),
        ("# Changelog\n\n## About\n\nx\n\n", "## v1.0.0\n"),
        ("Changelog\n=========\n\n", "1.0.0\n-----\n\n- x\n"),
        ("# Changelog\n\n```\n## [9.9.9]\n```\n\n<!--\n## [8.8.8]\n-->\n\n", "## 1.0.0\n"),
        ("", "# 1.0.0\n\n## Features\n\n- x\n"),
        ("\u{feff}# Changelog\n\n", "## 1.0.0\n"),
        ("# Changelog of web 2.0\n\n", "## `web` 1.0 (2020)\n"),
    ] {
        assert_eq!(inserted(&format!("{before}{after}")), format!("{before}{section}\n\n{after}"));
    }
    for (before, gap, after) in [
        ("# Changelog", "\n\n", ""),
        ("# Changelog\n", "\n", ""),
        ("# Changelog\n\n", "", ""),
        ("# Changelog\n\n## [Unreleased]\n", "\n", ""),
        ("# Changelog\n\n## [Unreleased]\n\n- y\n\n", "", "[Unreleased]: https://example.com/x\n"),
    ] {
        let tail = if after.is_empty() { "\n" } else { "\n\n" };
        assert_eq!(inserted(&format!("{before}{after}")), format!("{before}{gap}{section}{tail}{after}"));
    }
}

#[test]
fn line_ends_are_kept() {
    let old = "# Changelog\r\n\r\n## [1.0.0]\r\n\r\n- x\r\n";
    let new = inserted(old);
    assert!(!new.replace("\r\n", "").contains('\n'), "{new:?}");
    assert!(new.ends_with("\r\n\r\n## [1.0.0]\r\n\r\n- x\r\n"));
    assert_eq!(extract(&new, &version("1.2.3")), Some(new_section()));
}

#[test]
fn what_cannot_take_a_section_says_why() {
    let try_insert = |old: &[u8]| insert(Some(old), &version("1.2.3"), &new_section()).unwrap_err();
    assert_eq!(try_insert(b"# Changelog\xff"), ChangelogError::NotText);
    assert_eq!(try_insert(b""), ChangelogError::NoPlace);
    assert_eq!(try_insert(b"prose\n"), ChangelogError::NoPlace);
    assert_eq!(try_insert(b"# Changelog\n\n```\nnever closed\n"), ChangelogError::NoPlace);
    assert_eq!(try_insert(b"# C\n## v1.2.3 - x\n"), ChangelogError::Exists(version("1.2.3")));
    assert_eq!(try_insert(b"# C\n## 1.2.3\n## [1.2.3](u)\n"), ChangelogError::Twice(version("1.2.3")));
}

#[test]
fn a_section_is_found_in_every_common_spelling() {
    for heading in [
        "## [1.2.3] - 2026-11-21",
        "## 1.2.3",
        "## v1.2.3",
        "## [v1.2.3]",
        "## [1.2.3](https://example.com/compare/a...b) (2026-11-21)",
        "## 1.2.3 (2026-11-21) ##",
        "### [1.2.3](https://example.com)",
        "# 1.2.3",
        "# Version 1.2.3",
        "## [web-v1.2.3](https://example.com) - 2026-11-21",
        "## web-1.2.3",
        "1.2.3\n-----",
    ] {
        let text =
            format!("# Changelog\n\n## [Unreleased]\n\n{heading}\n\n- x\n\n\n## [1.2.2]\n- y\n[1.2.3]: u\n");
        assert_eq!(extract(&text, &version("1.2.3")), Some(format!("{heading}\n\n- x")), "{heading}");
    }
    let text = "# C\n\n## 1.2.30\n\n## 1.2.3-rc.1\n\n## 1.2.3\n- x\n\n[1.2.3]: u\n\n[b]: v\n";
    assert_eq!(extract(text, &version("1.2.3")), Some("## 1.2.3\n- x".to_owned()));
    assert_eq!(extract(text, &version("1.2.4")), None);
    assert_eq!(extract("## 1.2.3\n- a\n## 1.2.3\n- b", &version("1.2.3")), None);
    assert_eq!(extract("```\n## 1.2.3\n```\n", &version("1.2.3")), None);
}

#[test]
fn anything_but_one_section_is_named() {
    const OLD: &str = "# Changelog\n\n## [1.0.0]\n\n- x\n";
    let judged = |new: &str| is_one_insertion(Some(OLD.as_bytes()), Some(new.as_bytes()), &version("1.2.3"));
    for (new, sentence) in [
        (OLD.to_owned(), "the new changelog has no section for 1.2.3"),
        (
            "# Changelog\n\n## 1.2.3\n\n- y\n".to_owned(),
            "the changelog's other sections differ: `[1.0.0]` is gone",
        ),
        (
            OLD.replace("## [1", "## 1.2.3\n\n## 1.1.0\n\n## [1"),
            "the changelog's other sections differ: `[1.0.0]` became `1.1.0`",
        ),
        (OLD.replace("## [1", "## 1.2.3\n```\n## [1"), "the changelog's other sections differ: `[1.0.0]` is gone"),
        (
            OLD.replace("## [1", "## 1.2.3\n<!--\n## [1"),
            "the changelog's other sections differ: `[1.0.0]` is gone",
        ),
        (OLD.replace("## [1", "## 1.2.3\n## 1.2.3\n## [1"), "the new changelog has two sections for 1.2.3"),
        (
            OLD.replace("## [1", "## 1.2.3\n\n## [1") + "more\n",
            "the changelog differs outside its new section for 1.2.3",
        ),
        (
            OLD.replace("- x", "- z").replace("## [1", "## 1.2.3\n\n## [1"),
            "the changelog differs outside its new section for 1.2.3",
        ),
        (
            OLD.replace("## [1", "prose\n\n## 1.2.3\n\n## [1"),
            "the changelog differs outside its new section for 1.2.3",
        ),
    ] {
        assert_eq!(judged(&new), Err(sentence.to_owned()), "{new}");
    }
    // By hand, in another place, is one insertion all the same.
    assert_eq!(judged(&format!("{OLD}\n## 1.2.3\n\n- y\n")), Ok(()));
    let one = |old: Option<&[u8]>, new: Option<&[u8]>| is_one_insertion(old, new, &version("1.2.3")).unwrap_err();
    assert_eq!(one(Some(b"# C"), None), "the changelog was removed");
    assert_eq!(one(None, None), "there is no changelog");
    assert_eq!(
        one(None, Some(b"# C\n## 1.2.3\n## 1.0.0\n")),
        "the changelog's other sections differ: `1.0.0` is new"
    );
    assert_eq!(one(Some(b"# C\n## 1.2.3\n"), Some(b"")), "the old changelog already has a section for 1.2.3");
}

/// Changelogs of every common and some uncommon shapes.
fn changelog() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("# Changelog"),
        Just("## [Unreleased]"),
        Just("## [1.0.0] - 2020-01-01"),
        Just("## v0.9.0"),
        Just("## [0.8.0](https://x) (2020)"),
        Just("## 0.7"),
        Just("### Added"),
        Just("- change"),
        Just(""),
        Just("prose"),
        Just("```"),
        Just("<!-- x -->"),
        Just("<!--"),
        Just("---"),
        Just("==="),
        Just("[1.0.0]: u"),
        Just("    ## code"),
        Just(" "),
        Just("ä"),
    ];
    (proptest::collection::vec(line, 0..14), any::<bool>(), any::<bool>()).prop_map(|(lines, crlf, end)| {
        let newline = if crlf { "\r\n" } else { "\n" };
        lines.join(newline) + if end { newline } else { "" }
    })
}

proptest! {
    #[test]
    fn what_is_inserted_is_one_insertion_and_comes_out_again(
        old in changelog(),
        summaries in proptest::collection::vec("[a-z#<!`\\[\\]:>\\- ]{1,30}", 0..4),
    ) {
        let changes: Vec<Change> =
            summaries.iter().map(|s| change("feat", None, s.trim(), Weight::Minor)).collect();
        let wanted = version("1.2.3");
        let section = section(&wanted, date(), &changes);
        let Ok(new) = insert(Some(old.as_bytes()), &wanted, &section) else { return Ok(()) };
        prop_assert_eq!(is_one_insertion(Some(old.as_bytes()), Some(&new), &wanted), Ok(()));
        let new = String::from_utf8(new).unwrap();
        prop_assert_eq!(extract(&new, &wanted), Some(section.clone()));
        // Every old byte is there, in order, around one chunk.
        let chunk = if new.contains("\r\n") { section.replace('\n', "\r\n") } else { section };
        let (front, back) = new.split_once(&chunk).unwrap();
        let kept = format!("{front}{back}");
        prop_assert!(kept.len() >= old.len());
        prop_assert!(old.starts_with(front.trim_end()) && old.ends_with(back.trim_start()), "{}", new);
        // A second time it is already there.
        prop_assert_eq!(insert(Some(new.as_bytes()), &wanted, &chunk), Err(ChangelogError::Exists(wanted)));
    }

    #[test]
    fn changing_any_old_line_is_seen(old in changelog(), at in 0..14usize) {
        let wanted = version("1.2.3");
        let Ok(new) = insert(Some(old.as_bytes()), &wanted, &new_section()) else { return Ok(()) };
        let new = String::from_utf8(new).unwrap();
        let mut lines: Vec<&str> = old.split('\n').collect();
        prop_assume!(at < lines.len());
        lines[at] = "another";
        let other = lines.join("\n");
        prop_assert!(is_one_insertion(Some(other.as_bytes()), Some(new.as_bytes()), &wanted).is_err());
    }
}
