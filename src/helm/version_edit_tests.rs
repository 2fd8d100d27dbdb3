//! One line changes, or nothing does.

use proptest::prelude::*;

use super::*;

fn edited(chart_yaml: &str, version: &str) -> Result<String, String> {
    let bytes = set_version("charts/x/Chart.yaml", chart_yaml.as_bytes(), version).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| e.to_string())
}

#[test]
fn quotes_comments_and_everything_else_stay() {
    for (before, after) in [
        ("version: 1.0.0\n", "version: 2.0.0-rc.1\n"),
        ("version: 1.0.0", "version: 2.0.0-rc.1"),
        ("version: \"1.0.0\" # bump me\nname: x\n", "version: \"2.0.0-rc.1\" # bump me\nname: x\n"),
        ("version: '1.0.0'   # x\n", "version: '2.0.0-rc.1'   # x\n"),
        ("\u{feff}name: x\nversion: 1.0.0\n", "\u{feff}name: x\nversion: 2.0.0-rc.1\n"),
        (
            "# top\n---\nname:   x\n\nversion:    1.0.0\n\n\n# end",
            "# top\n---\nname:   x\n\nversion:    2.0.0-rc.1\n\n\n# end",
        ),
        (
            "dependencies:\n- name: a\n  version: 1.0.0\nversion: 1.0.0\nappVersion: 1.0.0\n",
            "dependencies:\n- name: a\n  version: 1.0.0\nversion: 2.0.0-rc.1\nappVersion: 1.0.0\n",
        ),
        (
            "description: |\n  version: 1.0.0\nversion: 1.0.0\n",
            "description: |\n  version: 1.0.0\nversion: 2.0.0-rc.1\n",
        ),
        ("name: x\r\nversion: 1.0.0\r\ntype: library\r\n", "name: x\r\nversion: 2.0.0-rc.1\r\ntype: library\r\n"),
        ("\"version\": 1.0.0\n", "\"version\": 2.0.0-rc.1\n"),
        ("version: 1.10\n", "version: 2.0.0-rc.1\n"),
        ("{name: x, version: 1.0.0}\n", "{name: x, version: 2.0.0-rc.1}\n"),
    ] {
        assert_eq!(edited(before, "2.0.0-rc.1").as_deref(), Ok(after), "{before:?}");
    }
}

#[test]
fn the_same_version_changes_nothing() {
    let chart = "name: x\nversion: '1.0.0' # kept\n";
    assert_eq!(edited(chart, "1.0.0").as_deref(), Ok(chart));
}

#[test]
fn what_cannot_be_changed_alone_is_refused() {
    for (chart_yaml, version, says) in [
        ("name: x\n", "1.0.0", "no `version:`"),
        ("dependencies:\n- version: 1.0.0\n", "1.0.1", "no `version:`"),
        ("- version: 1.0.0\n", "1.0.1", "not a mapping"),
        ("version: 1.0.0\nname: [\n", "1.0.1", "not valid YAML"),
        ("version: &v 1.0.0\nappVersion: *v\n", "1.0.1", "version"),
        ("version: 1.0.0\n", "v2", "not SemVer"),
        ("version: 1.0.0\n", "1.0.0\nname: evil", "not SemVer"),
        ("a: \"", "1.0.1", "not valid YAML"),
    ] {
        let refused = edited(chart_yaml, version).expect_err(chart_yaml);
        assert!(refused.contains("charts/x/Chart.yaml") && refused.contains(says), "{chart_yaml}: {refused}");
    }
    assert!(set_version("f", b"version: \xFF", "1.0.0").is_err());
    assert!(set_version("f", &vec![b' '; LARGEST + 1], "1.0.0").is_err());
}

#[test]
fn a_block_version_is_refused_or_read_right() {
    for chart_yaml in ["version: >-\n  1.0.0\nname: x\n", "version:\n  1.0.0\nname: x\n", "version: !!str 1.0.0\n"]
    {
        if let Ok(after) = edited(chart_yaml, "1.0.1") {
            let differing = chart_yaml.lines().zip(after.lines()).filter(|(old, new)| old != new).count();
            assert_eq!((differing, after.lines().count()), (1, chart_yaml.lines().count()), "{after}");
        }
    }
}

proptest! {
    #[test]
    fn exactly_one_line_changes(
        above in proptest::collection::vec("(# [a-z]{0,5}|[a-u]{1,5}: +('[a-z: ]{0,5}'|[a-z]{1,5})( # [a-z]{0,4})?|)", 0..5),
        below in proptest::collection::vec("(# [a-z]{0,5}|[A-U]{1,5}: +(\"[a-z: ]{0,5}\"|\\[a, b\\]|[a-z]{1,5})|)", 0..5),
        space in " {1,3}", quote in "['\"]?", comment in "( # [a-z ]{0,6})?",
    ) {
        let line = |version: &str| format!("version:{space}{quote}{version}{quote}{comment}");
        let file = |version: &str| [above.join("\n"), line(version), below.join("\n"), String::new()].join("\n");
        prop_assert_eq!(edited(&file("1.2.3"), "10.0.0"), Ok(file("10.0.0")));
    }

    #[test]
    fn no_input_panics(chart_yaml in "(version: )?[-a-z0-9.{}\\[\\]'\"\n:&*|># !]{0,60}") {
        let _ = edited(&chart_yaml, "1.0.0");
    }
}
