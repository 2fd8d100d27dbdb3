//! The rules of `.helmignore`, as real Helm was seen to apply them.

use proptest::prelude::*;

use super::*;

/// What of a fixed tree stays out under `rules`, without the file the default rule leaves out.
fn ignored(rules: &str) -> String {
    let tree = [
        "!bang",
        "#hash",
        "Chart.yaml",
        "README.md",
        "[b].txt",
        "a.bak",
        "ci/x.yaml",
        "dir/foo",
        "dir/foo2/bar",
        "foo",
        "nested/ci/x.yaml",
        "sp ace.txt",
        "sub/a.bak",
        "templates/a.yaml",
        "templates/sub/.h",
        "charts/s/x.bak",
    ];
    let rules = Rules::parse(rules.as_bytes()).expect("the rules are fine");
    assert!(rules.ignore("templates/.hidden") || rules.ignore("Chart.yaml"));
    tree.into_iter().filter(|path| rules.ignore(path)).collect::<Vec<_>>().join(" ")
}

#[test]
fn rules_match_as_in_helm() {
    for (rules, out) in [
        ("", ""),
        ("# comment\n\n  \n", ""),
        ("*.bak", "a.bak sub/a.bak charts/s/x.bak"),
        ("  *.bak  \r", "a.bak sub/a.bak charts/s/x.bak"),
        ("\u{feff}a.bak", "a.bak sub/a.bak"),
        ("foo", "dir/foo foo"),
        ("/foo", "foo"),
        ("foo/", ""),
        ("dir/", "dir/foo dir/foo2/bar"),
        ("dir/foo", "dir/foo"),
        ("dir/*", "dir/foo dir/foo2/bar"),
        ("*/foo", "dir/foo"),
        ("ci/", "ci/x.yaml nested/ci/x.yaml"),
        ("/ci", "ci/x.yaml"),
        ("[!a].bak", "a.bak sub/a.bak"),
        ("[^b].bak", "a.bak sub/a.bak charts/s/x.bak"),
        ("\\[b\\].txt", "[b].txt"),
        ("[[]b].txt", "[b].txt"),
        ("\\!bang", "!bang"),
        ("\\#hash", "#hash"),
        ("sp ace.txt", "sp ace.txt"),
        ("templates/*", "templates/a.yaml templates/sub/.h"),
        ("{a,b}.bak", ""),
        ("?.bak", "a.bak sub/a.bak charts/s/x.bak"),
        // A negation ignores what it does not match, and no later rule takes that back.
        ("!*", ""),
        ("!foo\n!*.md", &everything_but("")),
        ("*.md\n!*", "README.md"),
    ] {
        assert_eq!(ignored(rules), out, "{rules:?}");
    }
}

fn everything_but(kept: &str) -> String {
    let all = ignored("*");
    all.split_inclusive(' ').filter(|path| path.trim() != kept || kept.is_empty()).collect()
}

#[test]
fn the_default_rule_reaches_one_level() {
    let rules = Rules::parse(b"").expect("no rules");
    assert!(rules.ignore("templates/.x") && rules.ignore("templates/.d/file"));
    assert!(!rules.ignore("templates/sub/.x") && !rules.ignore("charts/s/templates/.x") && !rules.ignore(".x"));
}

#[test]
fn what_helm_refuses_names_its_line() {
    for (rules, line, says) in
        [("a\n**", 2, "**"), ("[a", 1, "[a"), ("x\n\ny[]\n", 3, "y[]"), ("foo\\", 1, "foo\\")]
    {
        match Rules::parse(rules.as_bytes()) {
            Err(Error::Ignore { line: at, why }) => {
                assert_eq!(at, line, "{rules:?}");
                assert!(why.contains(says), "{why}");
            }
            other => panic!("{rules:?}: {other:?}"),
        }
    }
    assert!(Rules::parse(&vec![b'x'; LONGEST_LINE]).is_err());
}

/// A model that knows only texts, `*` and `?`, by recursion.
fn naive(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if naive(rest, name) => true,
        (Some((b'*', _)), Some((c, left))) => *c != b'/' && naive(pattern, left),
        (Some((b'?', rest)), Some((c, left))) => *c != b'/' && naive(rest, left),
        (Some((p, rest)), Some((c, left))) => p == c && naive(rest, left),
        _ => false,
    }
}

proptest! {
    #[test]
    fn globs_agree_with_the_model(pattern in "[ab*?/]{0,8}", name in "[ab/]{0,8}") {
        prop_assert_eq!(glob::matches(&pattern, &name), Ok(naive(pattern.as_bytes(), name.as_bytes())));
    }

    #[test]
    fn rules_agree_with_the_model(
        lines in proptest::collection::vec("!?/?[ab?]{1,2}(/[ab]\\*?)?/?", 0..4),
        path in "[ab]{1,2}(/[ab]{1,2}){0,2}",
    ) {
        let model = |path: &str, directory: bool| {
            for line in &lines {
                let (negated, pattern) = line.strip_prefix('!').map_or((false, line.as_str()), |rest| (true, rest));
                let (only, pattern) = pattern.strip_suffix('/').map_or((false, pattern), |rest| (true, rest));
                let subject = if pattern.contains('/') { path } else { path.rsplit('/').next().unwrap_or(path) };
                let pattern = pattern.strip_prefix('/').unwrap_or(pattern);
                let hit = (!only || directory) && naive(pattern.as_bytes(), subject.as_bytes());
                if hit != negated {
                    return true;
                }
            }
            false
        };
        let parents: Vec<&str> = path.match_indices('/').map(|(at, _)| &path[..at]).collect();
        let expected = parents.iter().any(|parent| model(parent, true)) || model(&path, false);
        let rules = Rules::parse(lines.join("\n").as_bytes()).expect("the rules are fine");
        prop_assert_eq!(rules.ignore(&path), expected, "{:?}", lines);
    }

    #[test]
    fn nothing_panics(rules in "[-a\\[\\]\\\\^!*?/é\n# ]{0,20}", path in "[-aé/\\[\\]\\\\.]{0,10}") {
        if let Ok(rules) = Rules::parse(rules.as_bytes()) {
            rules.ignore(&path);
        }
        let _ = glob::matches(&rules, &path);
    }
}
