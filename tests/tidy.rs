//! The house rules, as tests: who may know whom, how large a file may be, what may lie where.

mod floors;
mod paths;
mod scenarios;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines a file may have.
const CEILING: usize = 400;

/// The most packages `Cargo.lock` may list: what it lists today and five of a hundred more. A dependency
/// that does not fit is either worth raising this number for, in its own commit, or worth leaving out.
/// octocrab brought 33: it and its models, jsonwebtoken with `time` and a second `sha2`, and for its build
/// script `cargo_metadata`. It has neither a TLS stack nor an HTTP client of its own.
const LOCK_BUDGET: usize = 465;

/// The agreed top level; files that begin with a dot are tools' own business.
const TOP_LEVEL: [&str; 9] =
    ["CHANGELOG.md", "Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "completions", "man", "src", "tests"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every `.rs` file of ours below a directory, with its path from the root, sorted.
fn sources(below: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root().join(below)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("the source tree is readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).expect("it lies below").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("sources are text")));
            }
        }
    }
    found.sort();
    found
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = sources("src");
    found.extend(sources("tests"));
    found
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_the_ceiling() {
    let long = |(name, text): &(String, String)| {
        let lines = text.lines().count();
        (lines > CEILING).then(|| format!("{name} has {lines} lines; split it by topic"))
    };
    none(&all_sources().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent = |(name, text): &(String, String)| (!text.starts_with("//! ")).then(|| name.clone());
    none(&all_sources().iter().filter_map(silent).collect::<Vec<_>>());
}

#[test]
fn no_name_says_nothing() {
    let empty = ["util", "utils", "helper", "helpers", "common", "misc"];
    let mut wrong = Vec::new();
    for (name, text) in all_sources() {
        if Path::new(&name).with_extension("").iter().any(|part| empty.iter().any(|word| part == *word)) {
            wrong.push(format!("{name}: the name says nothing"));
        }
        for word in paths::words(&text).windows(2) {
            if word[0] == "mod" && empty.contains(&word[1].as_str()) {
                wrong.push(format!("{name}: `mod {}` says nothing", word[1]));
            }
        }
    }
    none(&wrong);
}

#[test]
fn nobody_leaves_work_behind() {
    // Spelt apart, so that this very file passes.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut wrong = Vec::new();
    for (name, text) in all_sources() {
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                wrong.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none(&wrong);
}

#[test]
fn no_test_is_switched_off() {
    let off = [concat!("#[ign", "ore"), concat!("#[should", "_panic")];
    let mut wrong = Vec::new();
    for (name, text) in all_sources() {
        if off.iter().any(|mark| text.contains(mark)) {
            wrong.push(format!("{name} switches a test off, or is content with any panic"));
        }
    }
    none(&wrong);
}

#[test]
fn no_test_file_is_forgotten() {
    let main = fs::read_to_string(root().join("tests/main.rs")).expect("this is it");
    let declared: BTreeSet<String> =
        main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned).collect();
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests")).expect("the source tree is readable").flatten() {
        let path = entry.path();
        let module = path.extension().is_some_and(|extension| extension == "rs") || path.join("mod.rs").exists();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str())
            && module
            && name != "main"
        {
            there.insert(name.to_owned());
        }
    }
    assert_eq!(declared, there, "tests/main.rs declares every file of tests/, and nothing else");
}

#[test]
fn no_snapshot_is_forgotten() {
    let tests: String = sources("tests").into_iter().map(|(_, text)| text).collect();
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests/snapshots")).expect("there are snapshots").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.trim_end_matches(".txt");
        if !tests.contains(&format!(".matches_file(\"{stem}\")")) {
            wrong.push(format!("tests/snapshots/{name} belongs to no test"));
        }
    }
    none(&wrong);
}

#[test]
fn the_top_level_is_the_agreed_one() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root()).expect("the root is readable").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // Built things are ignored by git; dotfiles are tools' own.
        if !name.starts_with('.') && name != "target" && !TOP_LEVEL.contains(&&*name) {
            wrong.push(format!("{name} does not belong at the top level"));
        }
    }
    for name in TOP_LEVEL {
        if !root().join(name).exists() {
            wrong.push(format!("{name} is missing"));
        }
    }
    none(&wrong);
}

#[test]
fn the_version_stands_in_the_changelog() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).expect("there is a CHANGELOG.md");
    let heading = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(changelog.lines().any(|line| line.starts_with(&heading)), "CHANGELOG.md has no section {heading}");
}

#[test]
fn the_lock_file_is_within_its_budget() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("it is committed");
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(packages <= LOCK_BUDGET, "Cargo.lock lists {packages} packages, the budget is {LOCK_BUDGET}");
}
