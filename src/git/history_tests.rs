//! Walks against git itself, on histories with merges and lying dates.

use std::fmt::Write as _;

use proptest::prelude::*;

use crate::git::Error;
use crate::git::history::Asked;
use crate::git::testing::{Site, World};
use crate::model::Oid;

const CHARTS: usize = 5;

/// One commit of a made-up history: what it does, whom it stands on, and what its clock says.
#[derive(Clone, Debug)]
struct Made {
    /// Chart and content, a number; the chart is removed by 0.
    changes: Vec<(usize, u8)>,
    /// How many commits back its parents are.
    parents: Vec<usize>,
    date: u32,
}

fn made() -> impl Strategy<Value = Made> {
    let changes = proptest::collection::vec((0..CHARTS, 0..4_u8), 0..3);
    let parents = prop_oneof![
        6 => Just(vec![1]),
        3 => (1..6_usize, 1..9_usize).prop_map(|(one, other)| vec![one, other]),
        1 => (1..4_usize, 2..6_usize, 3..9_usize).prop_map(|(a, b, c)| vec![a, b, c]),
        1 => Just(Vec::new()),
    ];
    (changes, parents, 1_000_000..2_000_000_u32).prop_map(|(changes, parents, date)| Made {
        changes,
        parents,
        date,
    })
}

/// Builds a history through fast-import; a merge may take any side's content as it likes.
fn build(site: &Site, history: &[Made]) -> Vec<Oid> {
    let mut stream = String::new();
    for (at, made) in history.iter().enumerate() {
        writeln!(stream, "commit refs/heads/c{at}\nmark :{}", at + 1).unwrap();
        writeln!(stream, "committer T <t@example.com> {} +0000\ndata 2\nm", made.date).unwrap();
        let mut parents: Vec<usize> = made.parents.iter().filter_map(|back| at.checked_sub(*back)).collect();
        parents.dedup();
        for (place, parent) in parents.iter().enumerate() {
            writeln!(stream, "{} :{}", if place == 0 { "from" } else { "merge" }, parent + 1).unwrap();
        }
        for (chart, content) in &made.changes {
            match content {
                0 => writeln!(stream, "D charts/c{chart}").unwrap(),
                n => writeln!(stream, "M 100644 inline charts/c{chart}/f\ndata 1\n{n}").unwrap(),
            }
        }
        stream.push('\n');
    }
    site.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    (0..history.len()).map(|at| site.oid(&format!("refs/heads/c{at}"))).collect()
}

/// What `touches` promises, asked of git: with `--full-history`, which prunes no side branch, commits that
/// are no merges; and merges whose tree is none of their parents'.
fn touching(site: &Site, base: Option<&Oid>, head: &Oid, path: &str) -> Vec<String> {
    let range: Vec<String> =
        [Some(head.to_string()), base.map(|base| format!("^{base}"))].into_iter().flatten().collect();
    let range: Vec<&str> = range.iter().map(String::as_str).collect();
    let simple = [&["rev-list", "--full-history", "--max-parents=1"][..], &range, &["--", path]].concat();
    let mut found: Vec<String> = site.git(&simple).lines().map(str::to_owned).collect();
    for merge in site.git(&[&["rev-list", "--min-parents=2", "--parents"][..], &range].concat()).lines() {
        let trees: Vec<String> = merge.split(' ').map(|id| site.git(&["ls-tree", "-d", id, path])).collect();
        if trees[1..].iter().all(|parent| *parent != trees[0]) {
            found.push(merge.split(' ').next().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

fn agree(history: &[Made], tags: &[Option<usize>], graph: bool) {
    let world = World::new();
    let site = world.repo("r");
    let commits = build(&site, history);
    if graph {
        // Half of the history in the commit-graph, the rest beside it.
        let half = format!("{}\n", commits[commits.len() / 2]);
        site.git_with(&["commit-graph", "write", "--stdin-commits"], half.as_bytes());
    }
    let head = commits.last().unwrap();
    let asked: Vec<Asked> = tags
        .iter()
        .enumerate()
        .map(|(chart, tag)| Asked {
            directory: format!("charts/c{}", chart % CHARTS),
            tagged: tag.map(|tag| commits[tag % commits.len()].clone()),
        })
        .collect();
    let repo = site.open();
    let counts = repo.commits_since(head, &asked).unwrap();
    for (asked, count) in asked.iter().zip(counts) {
        let expected = touching(&site, asked.tagged.as_ref(), head, &asked.directory);
        assert_eq!(count, expected.len(), "{asked:?}");
        let mut listed: Vec<String> = repo
            .commits_between(asked.tagged.as_ref(), head, &asked.directory)
            .unwrap()
            .into_iter()
            .map(|commit| commit.oid.to_string())
            .collect();
        listed.sort();
        assert_eq!(listed, expected);
    }
    let reachable = site.git(&["rev-list", head.as_str()]);
    for commit in &commits {
        assert_eq!(repo.is_ancestor(commit, head).unwrap(), reachable.contains(commit.as_str()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 30, ..ProptestConfig::default() })]
    #[test]
    fn every_chart_is_counted_as_git_counts(
        history in proptest::collection::vec(made(), 1..28),
        tags in proptest::collection::vec(proptest::option::weighted(0.8, 0..28_usize), 1..8),
        graph in any::<bool>(),
    ) {
        agree(&history, &tags, graph);
    }
}

#[test]
fn lying_dates_change_nothing() {
    // A tag off to the side whose path back to the mainline runs through commits dated long before.
    let commit = |changes: &[(usize, u8)], parents: &[usize], date| Made {
        changes: changes.to_vec(),
        parents: parents.to_vec(),
        date,
    };
    let history = [
        commit(&[(0, 1), (1, 1)], &[], 1_900_000),
        commit(&[(0, 2)], &[1], 1_900_001),
        commit(&[(0, 3)], &[1], 1_900_002),
        commit(&[(1, 2)], &[1], 1_000_000),
        commit(&[(1, 3)], &[1], 1_000_001),
        commit(&[(0, 1)], &[3], 1_900_005),
    ];
    for graph in [false, true] {
        agree(&history, &[Some(4), Some(4), None, Some(0)], graph);
    }
}

#[test]
fn more_charts_than_a_word_has_bits() {
    let world = World::new();
    let site = world.repo("r");
    let mut asked = Vec::new();
    for chart in 0..70 {
        let directory = format!("charts/c{chart}");
        let tagged = (chart % 3 != 0).then(|| site.file(&format!("{directory}/f"), "1"));
        if chart % 3 == 0 {
            site.file(&format!("{directory}/f"), "1");
        }
        asked.push(Asked { directory, tagged });
    }
    site.file("charts/c65/f", "2");
    site.file("charts/c69/f", "2");
    let head = site.oid("HEAD");
    let counts = site.open().commits_since(&head, &asked).unwrap();
    for (chart, count) in counts.into_iter().enumerate() {
        let expected = usize::from(chart % 3 == 0) + usize::from(chart == 65 || chart == 69);
        assert_eq!(count, expected, "{chart}");
    }
}

#[test]
fn a_change_that_was_taken_back_counts() {
    let world = World::new();
    let site = world.repo("r");
    let tagged = site.file("charts/x/f", "1");
    site.file("charts/x/f", "2");
    site.file("charts/x/f", "1");
    site.file("elsewhere", "1");
    let head = site.oid("HEAD");
    let asked = [
        Asked { directory: "charts/x/".to_owned(), tagged: Some(tagged.clone()) },
        Asked { directory: "charts".to_owned(), tagged: Some(tagged.clone()) },
        Asked { directory: ".".to_owned(), tagged: Some(tagged.clone()) },
        Asked { directory: "charts/x".to_owned(), tagged: Some(head.clone()) },
        Asked { directory: "charts/y".to_owned(), tagged: None },
        Asked { directory: "charts/x".to_owned(), tagged: None },
    ];
    let repo = site.open();
    assert_eq!(repo.commits_since(&head, &asked).unwrap(), [2, 2, 3, 0, 0, 3]);
    assert!(repo.commits_since(&head, &[]).unwrap().is_empty());
    let messages: Vec<String> = repo
        .commits_between(Some(&tagged), &head, "charts/x/f")
        .unwrap()
        .into_iter()
        .map(|commit| commit.message)
        .collect();
    assert_eq!(messages.len(), 2);
    assert_eq!(repo.commits_between(None, &head, "").unwrap().len(), 4);
    assert_eq!(repo.commits_between(Some(&head), &head, "").unwrap().len(), 0);
}

#[test]
fn commits_come_newest_first_and_none_before_its_children() {
    let world = World::new();
    let site = world.repo("r");
    let commit = |date: u32, parents: &[usize]| Made { changes: vec![(0, 1)], parents: parents.to_vec(), date };
    let commits = build(&site, &[commit(1_000_003, &[]), commit(1_000_001, &[1]), commit(1_000_002, &[1])]);
    let order: Vec<Oid> =
        site.open().commits_between(None, &commits[2], "").unwrap().into_iter().map(|commit| commit.oid).collect();
    // All three have the same tree: without a path, a commit that changes nothing is one too.
    assert_eq!(order, [commits[2].clone(), commits[1].clone(), commits[0].clone()]);
}

#[test]
fn x17_a_count_that_a_shallow_clone_cannot_know_is_refused() {
    let world = World::new();
    let site = world.repo("r");
    site.file("charts/x/f", "1");
    site.file("charts/x/f", "2");
    let tagged = site.file("charts/x/f", "3");
    site.file("charts/x/f", "4");
    let head = site.oid("HEAD");
    let repo = world.clone("r", "shallow", &["--depth=3"]).open();
    let asked = |tagged: Option<Oid>| [Asked { directory: "charts/x".to_owned(), tagged }];
    assert_eq!(repo.commits_since(&head, &asked(Some(tagged.clone()))).unwrap(), [1]);
    assert_eq!(repo.commits_between(Some(&tagged), &head, "").unwrap().len(), 1);
    assert!(matches!(repo.commits_since(&head, &asked(None)), Err(Error::Shallow(_))));
}

#[test]
fn merge_bases_are_gits() {
    let world = World::new();
    let site = world.repo("r");
    let base = site.file("a", "1");
    site.git(&["checkout", "--quiet", "-b", "side"]);
    let aside = site.file("a", "2");
    site.git(&["checkout", "--quiet", "main"]);
    let main = site.file("b", "3");
    site.git(&["checkout", "--quiet", "--orphan", "alone"]);
    let alone = site.file("c", "4");
    let repo = site.open();
    assert_eq!(repo.merge_base(&aside, &main).unwrap(), Some(base.clone()));
    assert_eq!(repo.merge_base(&base, &main).unwrap(), Some(base.clone()));
    assert_eq!(repo.merge_base(&alone, &main).unwrap(), None);
    let nowhere = Oid::parse(&"1".repeat(40)).unwrap();
    assert!(repo.merge_base(&nowhere, &main).is_err());
    assert!(matches!(repo.is_ancestor(&nowhere, &main), Err(Error::MissingObject(_))));
    let shallow = world.clone("r", "shallow", &["--depth=1", "--no-single-branch"]).open();
    assert!(matches!(shallow.merge_base(&aside, &main), Err(Error::Shallow(_))));
}
