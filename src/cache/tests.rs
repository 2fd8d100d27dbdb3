//! Results and pin, written and read back.

use std::collections::BTreeMap;

use super::*;
use crate::model::Stage;
use crate::model::statement::{About, CheckResult};

fn cache() -> (tempfile::TempDir, Cache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::new(&directory.path().join(".git"));
    (directory, cache)
}

fn oid(digit: &str) -> Oid {
    Oid::parse(&digit.repeat(40)).unwrap()
}

fn pin() -> Pin {
    Pin {
        version: 1,
        repository: "3f0d".to_owned(),
        trust: Sha256::of("trust"),
        branch: "origin/main".to_owned(),
        main: oid("a"),
        trusted_at: oid("a"),
        tags: BTreeMap::from([("app-v1.0.0".to_owned(), oid("b"))]),
    }
}

fn check(key: &str, stage: Stage, result: CheckResult) -> Check {
    let about = About {
        repository: "3f0d".to_owned(),
        chart: "app".to_owned(),
        directory: "charts/app".to_owned(),
        time: Timestamp::from_seconds(1_700_000_000),
        resolved_dependencies: Vec::new(),
    };
    Check {
        about,
        check: key.to_owned(),
        stage,
        result,
        reason: String::new(),
        definition: Sha256::of("definition"),
        inputs: Sha256::of("inputs"),
        dependencies: BTreeMap::new(),
        output: Sha256::of("output"),
        commits: Vec::new(),
    }
}

#[test]
fn a_pin_is_kept() {
    let (_directory, cache) = cache();
    assert_eq!(cache.pin().unwrap(), None);
    cache.write_pin(&pin()).unwrap();
    assert_eq!(cache.pin().unwrap(), Some(pin()));
    let moved = Pin { main: oid("c"), ..pin() };
    cache.write_pin(&moved).unwrap();
    assert_eq!(cache.pin().unwrap(), Some(moved));
    let left: Vec<_> = fs::read_dir(cache.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["pin.json"]);
}

#[test]
fn results_are_kept_without_their_time() {
    let (_directory, cache) = cache();
    let content = Sha256::of("content");
    assert_eq!(cache.results(content).unwrap(), []);
    let checks = [
        check("lint-v1.32.11", Stage::Bump, CheckResult::Pass),
        check("lint-v1.32.11", Stage::Validate, CheckResult::Pass),
        check("chart-lint", Stage::Validate, CheckResult::Fail),
    ];
    for one in &checks {
        cache.write_result(content, one, b"output").unwrap();
    }
    let read = cache.results(content).unwrap();
    let order: Vec<_> = read.iter().map(|check| (check.stage, check.check.as_str())).collect();
    assert_eq!(
        order,
        [(Stage::Validate, "chart-lint"), (Stage::Validate, "lint-v1.32.11"), (Stage::Bump, "lint-v1.32.11")]
    );
    assert_eq!(read[0].about.time, Timestamp::from_seconds(0));
    assert_eq!(Check { about: checks[2].about.clone(), ..read[0].clone() }, checks[2]);
    assert_eq!(cache.results(Sha256::of("other")).unwrap(), []);

    let directory = cache.path("results").join(content.to_string());
    assert_eq!(fs::read(directory.join("validate-chart-lint.out")).unwrap(), b"output");
    let text = fs::read_to_string(directory.join("validate-chart-lint.json")).unwrap();
    assert!(!text.contains("time"), "{text}");
    // Run again, it is the same file; with another result, it is replaced.
    let later = Check {
        about: About { time: Timestamp::from_seconds(9), ..checks[2].about.clone() },
        ..checks[2].clone()
    };
    cache.write_result(content, &later, b"output").unwrap();
    assert_eq!(fs::read_to_string(directory.join("validate-chart-lint.json")).unwrap(), text);
    cache.write_result(content, &check("chart-lint", Stage::Validate, CheckResult::Pass), b"").unwrap();
    assert_eq!(cache.results(content).unwrap()[0].result, CheckResult::Pass);
}

#[test]
fn a_key_that_is_no_file_name_is_kept_all_the_same() {
    let (directory, cache) = cache();
    let content = Sha256::of("content");
    let long = "x".repeat(300);
    let keys = ["../../../out", "a/b", "", "UPPER", "upper", "sha256-x", "é", "a\nb", long.as_str()];
    for key in keys {
        cache.write_result(content, &check(key, Stage::Validate, CheckResult::Pass), b"").unwrap();
    }
    let mut read: Vec<_> = cache.results(content).unwrap().into_iter().map(|check| check.check).collect();
    let mut wanted = keys.map(str::to_owned).to_vec();
    read.sort();
    wanted.sort();
    assert_eq!(read, wanted);
    let outside: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, [".git"]);
}

#[test]
fn what_is_not_ours_is_refused_by_name() {
    let (_directory, cache) = cache();
    let content = Sha256::of("content");
    cache.write_pin(&pin()).unwrap();
    cache.write_result(content, &check("lint", Stage::Validate, CheckResult::Pass), b"").unwrap();
    let pin_path = cache.path("pin.json");
    let result_path = cache.path("results").join(content.to_string()).join("validate-lint.json");
    let newer = |path: &Path| fs::read_to_string(path).unwrap().replace(r#""version": 1"#, r#""version": 2"#);
    let cases = [
        (String::new(), "EOF"),
        ("{".to_owned(), "EOF"),
        ("[]".to_owned(), "no version"),
        (r#"{"version":1}"#.to_owned(), "missing field"),
        (r#"{"version":1,"version":1}"#.to_owned(), "occurs twice"),
        (newer(&pin_path), "version 2, newer"),
    ];
    for (text, expected) in cases {
        for path in [&pin_path, &result_path] {
            fs::write(path, &text).unwrap();
            let error = if path == &pin_path {
                cache.pin().map(drop).unwrap_err()
            } else {
                cache.results(content).map(drop).unwrap_err()
            };
            assert!(
                matches!(&error, Error::Malformed { path: named, why } if named == path && why.contains(expected)),
                "{error} / {expected}"
            );
        }
    }
    fs::write(&pin_path, [0xff]).unwrap();
    assert!(matches!(cache.pin(), Err(Error::Malformed { .. })));
}

#[test]
fn a_root_is_kept_with_its_day() {
    let directory = tempfile::tempdir().unwrap();
    let cache = RootCache::new(directory.path());
    assert!(cache.root("github").unwrap().is_none());
    let now = Timestamp::from_seconds(1_763_700_000);
    cache.write_root("github", now, r#"{"mediaType":"x"}"#).unwrap();
    assert_eq!(cache.root("github").unwrap(), Some((now, r#"{"mediaType":"x"}"#.to_owned())));
    assert!(cache.root("public-good").unwrap().is_none());
    assert!(matches!(cache.write_root("github", now, "{"), Err(Error::Malformed { .. })));
    let path = directory.path().join("git-lineage/roots/github.json");
    for text in ["", "{}", r#"{"version":2}"#, r#"{"version":1,"refreshed":"yesterday","trustedRoot":{}}"#] {
        std::fs::write(&path, text).unwrap();
        assert!(matches!(cache.root("github"), Err(Error::Malformed { .. })), "{text}");
    }
}
