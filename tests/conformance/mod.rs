//! lineage-conformance: a corpus of whole lineages, honest and forged, with the verdict each has to get.
//!
//! A family is a file below `families/` with a function `cases`; a case is data and one function that does
//! to a published lineage what the case says. `README.md` beside this file says what a written corpus looks
//! like and how any tool is judged by it. `LINEAGE_CORPUS=DIR cargo test --test main conformance::writes`
//! writes one.

mod case;
mod desk;
mod families;
mod listed;
mod notary;
mod plumbing;
mod retell;
mod runner;
mod scene;
mod signer;
mod summaries;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::Case;
use runner::Outcome;

/// Every case, each with its family.
fn corpus() -> Vec<Case> {
    let mut all = Vec::new();
    for (family, cases) in families::ALL {
        all.extend(cases().into_iter().map(|case| case.of(family)));
    }
    all
}

/// Runs a job for each case, on every core.
fn for_each<T: Send>(cases: &[Case], job: impl Fn(&Case) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = job(case);
                    done.lock().expect("a case that panics ends the run").push((case.id, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("every thread has ended");
    done.sort_by_key(|(id, _)| *id);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A part of the corpus by a word of its ids, for work on one case: `LINEAGE_CASE=tag- cargo test …`.
fn chosen() -> Vec<Case> {
    let word = std::env::var("LINEAGE_CASE").unwrap_or_default();
    corpus()
        .into_iter()
        .filter(|case| word.is_empty() || word.split(',').any(|word| case.id.contains(word)))
        .collect()
}

#[test]
fn every_case_gets_its_verdict() {
    let cases = chosen();
    let outcomes = for_each(&cases, |case| {
        // A case that cannot be made is one row of the table, not the end of it.
        let judged = std::panic::catch_unwind(AssertUnwindSafe(|| runner::judge(&scene::make(case))));
        judged.unwrap_or_else(|_| Outcome {
            id: case.id.to_owned(),
            family: case.family.to_owned(),
            wrong: Some("it could not be made or judged: see the panic above".to_owned()),
        })
    });
    let wrong: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.wrong.is_some()).collect();
    let rows: Vec<String> = wrong
        .iter()
        .map(|outcome| {
            let why = outcome.wrong.as_deref().unwrap_or_default();
            format!("{:<16} {:<44} {why}", outcome.family, outcome.id)
        })
        .collect();
    assert!(rows.is_empty(), "{} of {} cases got another verdict:\n{}", rows.len(), cases.len(), rows.join("\n"));
}

#[test]
fn the_corpus_is_whole() {
    let cases = corpus();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id).collect();
    assert_eq!(ids.len(), cases.len(), "two cases have one id");
    let plain =
        |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    assert!(ids.iter().all(|id| plain(id)), "an id is a directory's name");
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let failing = cases.iter().filter(|case| case.exit != 0).count();
    assert!(failing >= 90, "{failing} cases must fail");
    let mut families = BTreeMap::<&str, usize>::new();
    for case in &cases {
        *families.entry(case.family).or_default() += 1;
    }
    for (family, _) in families::ALL {
        assert!(families.contains_key(family), "the family {family} is empty");
        assert!(include_str!("README.md").contains(&format!("`{family}`")), "README.md does not tell of {family}");
    }
}

#[test]
fn writes_a_corpus_for_any_tool() {
    let asked = std::env::var_os("LINEAGE_CORPUS");
    let aside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("target/tmp takes a directory");
    let to = asked.as_ref().map_or(aside.path(), Path::new);
    let mut cases = chosen();
    if asked.is_none() {
        cases.truncate(2);
    }
    for_each(&cases, |case| {
        let world = scene::make(case);
        for part in scene::PARTS {
            let (from, to) = (world.path(part), to.join(case.id).join(part));
            if from.is_dir() {
                scene::copy(&from, &to);
            } else if from.is_file() {
                std::fs::create_dir_all(to.parent().expect("it has one")).expect("the directory is writable");
                std::fs::copy(&from, &to).expect("the directory is writable");
            }
        }
    });
    std::fs::write(to.join("README.md"), include_str!("README.md")).expect("the directory is writable");
    for case in &cases {
        assert!(to.join(case.id).join("case.json").exists(), "{} was not written", case.id);
        assert!(to.join(case.id).join("origin.git/HEAD").exists(), "{} has no repository", case.id);
    }
}
