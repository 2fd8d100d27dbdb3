//! The table of scenarios says the truth: every scenario is in it, and every test it names exists.

use std::collections::BTreeSet;

use super::{all_sources, none, root};

/// Ids with numbers from one to another, without those that nobody defined.
fn ids() -> Vec<String> {
    let mut ids = Vec::new();
    for (name, last, missing) in [
        ("E", 20, &[8, 11, 18][..]),
        ("AM-T", 10, &[]),
        ("W2-T", 7, &[]),
        ("W5-T", 13, &[]),
        ("R-T", 9, &[]),
        ("X", 26, &[]),
    ] {
        ids.extend((1..=last).filter(|number| !missing.contains(number)).map(|number| format!("{name}{number}")));
    }
    ids.extend(["TP-E5", "TP-E8", "P-02", "P-10", "W1-13"].map(str::to_owned));
    ids
}

/// The tests of all sources, by their names.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in all_sources() {
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line == "#[test]" {
                marked = true;
            } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| marked) {
                found.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
                marked = false;
            }
        }
    }
    found
}

#[test]
fn the_table_of_scenarios_says_the_truth() {
    let table = std::fs::read_to_string(root().join("tests/on_github/SCENARIOS.md")).expect("it is there");
    let tests = tests();
    let (mut told, mut wrong) = (Vec::new(), Vec::new());
    for line in table.lines().skip_while(|line| !line.starts_with("|---")).skip(1) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, named, _] = cells.as_slice() else {
            wrong.push(format!("this is no row of three cells: {line}"));
            continue;
        };
        told.push((*id).to_owned());
        let names: Vec<&str> = named.split_whitespace().map(|name| name.trim_matches('`')).collect();
        if names.is_empty() {
            wrong.push(format!("{id} has no test"));
        }
        let gone = names.iter().filter(|name| !tests.contains(**name));
        wrong.extend(gone.map(|name| format!("{id} names {name}, and there is no such test")));
    }
    wrong.extend(ids().into_iter().filter(|id| !told.contains(id)).map(|id| format!("{id} is missing")));
    let mut once = BTreeSet::new();
    wrong.extend(told.iter().filter(|id| !once.insert(*id)).map(|id| format!("{id} is there twice")));
    none(&wrong);
}
