//! The floors of the house: an arrow never runs up, and each crate from outside has one door.

use super::{none, paths, sources};

/// Each room with the rooms it may name. A room may always name itself.
const ROOMS: [(&str, &[&str]); 13] = [
    ("model", &[]),
    ("git", &["model"]),
    ("helm", &["model"]),
    ("sigstore", &["model"]),
    ("registry", &["model"]),
    ("github", &["model"]),
    ("run", &["model"]),
    ("cache", &["model"]),
    ("error", &["model", "git", "helm", "sigstore", "registry", "github", "run", "cache"]),
    ("pipeline", &["model", "git", "helm", "sigstore", "registry", "github", "run", "cache", "error"]),
    ("terminal", &["model"]),
    ("commands", &["model", "error", "pipeline", "terminal", "git", "github", "cache"]),
    ("lib", &["commands", "model", "terminal", "error"]),
];

/// Each crate (or part of the standard library) with where it may be named: a room, or one file.
const DOORS: [(&str, &[&str]); 24] = [
    ("gix", &["git"]),
    ("std::process::Command", &["src/git/transport.rs", "run"]),
    ("std::process::Stdio", &["src/git/transport.rs", "run"]),
    ("std::process::exit", &[]),
    ("oci_client", &["registry"]),
    // What signing is asked with is sigstore-sign's own.
    ("reqwest", &["registry", "sigstore", "github"]),
    ("octocrab", &["github"]),
    ("http", &["github"]),
    ("http_body_util", &["github"]),
    ("docker_credential", &["registry"]),
    ("sigstore_types", &["sigstore"]),
    ("sigstore_crypto", &["sigstore"]),
    ("sigstore_verify", &["sigstore"]),
    ("sigstore_sign", &["sigstore"]),
    ("sigstore_trust_root", &["sigstore"]),
    ("snap", &["sigstore"]),
    ("tar", &["helm"]),
    ("flate2", &["helm"]),
    ("clap", &["commands", "lib", "main"]),
    ("indicatif", &["terminal"]),
    ("anstyle", &["terminal"]),
    ("tokio", &["registry", "sigstore", "github", "commands", "main"]),
    ("toml", &["model"]),
    ("keep_a_changelog", &["model"]),
];

/// The parts of the standard library that reach out of the process.
const REACHING: [&str; 5] = ["std::fs", "std::env", "std::net", "std::process", "std::thread"];

/// The room a source file is in.
fn room(file: &str) -> &str {
    let below = file.strip_prefix("src/").unwrap_or(file);
    below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
}

/// Whether a file holds unit tests alone; those may do what tests do.
fn is_test(file: &str) -> bool {
    file.ends_with("_tests.rs")
        || file.ends_with("/testing.rs")
        || file.ends_with("/tests.rs")
        || file.contains("/tests/")
}

fn names(path: &str, prefix: &str) -> bool {
    path == prefix || path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn an_arrow_never_runs_up() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        let room = room(&file);
        if room == "main" || (room == "lib" && is_test(&file)) {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{file} is in no known room"));
            continue;
        };
        for path in paths::paths(&text) {
            let Some(named) = path.strip_prefix("crate::").and_then(|rest| rest.split("::").next()) else {
                continue;
            };
            let known = ROOMS.iter().any(|(name, _)| *name == named);
            if known && named != room && !allowed.contains(&named) {
                wrong.push(format!("{file} names {path}; {room} may know {allowed:?}"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_door_knows_the_library_alone() {
    let main = sources("src").into_iter().find(|(file, _)| file == "src/main.rs").expect("there is a door");
    let wrong: Vec<String> = paths::paths(&main.1)
        .into_iter()
        .filter(|path| path.starts_with("crate::"))
        .map(|path| format!("src/main.rs names {path}"))
        .collect();
    none(&wrong);
    let lines = main.1.lines().count();
    assert!(lines <= 60, "src/main.rs has {lines} lines: arguments, clock and exit code are all it is for");
}

#[test]
fn each_crate_has_one_door() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        if is_test(&file) {
            continue;
        }
        for path in paths::paths(&text) {
            for (name, doors) in DOORS {
                if names(&path, name) && !doors.iter().any(|door| *door == file || *door == room(&file)) {
                    wrong.push(format!("{file} names {path}; {name} belongs to {doors:?}"));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_model_reaches_nothing() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        if room(&file) != "model" || is_test(&file) {
            continue;
        }
        for path in paths::paths(&text) {
            if REACHING.iter().any(|part| names(&path, part)) {
                wrong.push(format!("{file} names {path}; the model computes and never reaches"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_clock_is_read_at_the_door() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        if file == "src/main.rs" || is_test(&file) {
            continue;
        }
        for path in paths::paths(&text) {
            if path.ends_with("SystemTime::now") || path.ends_with("Timestamp::now") {
                wrong.push(format!("{file} names {path}; time enters at the door"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn there_are_no_macros_and_no_globals_of_our_own() {
    let mut wrong = Vec::new();
    for (file, text) in sources("src") {
        let words = paths::words(&text);
        for pair in words.windows(2) {
            if pair[0] == "macro_rules" {
                wrong.push(format!("{file} defines a macro"));
            }
            if pair[0] == "static"
                && (pair[1] == "mut" || pair[1].chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            {
                wrong.push(format!("{file} has the global {}", pair[1]));
            }
        }
    }
    none(&wrong);
}
