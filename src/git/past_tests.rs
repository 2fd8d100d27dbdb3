//! History that is read ahead, or was read before, says what reading it now says.

use crate::git::testing::{Site, World, loose};
use crate::git::{Error, Repo};
use crate::model::Oid;

/// A line of `count` commits, oldest first, and a commit beside it.
fn line(world: &World, count: usize) -> (Site, Vec<Oid>, Oid) {
    let site = world.repo("r");
    let commits: Vec<Oid> = (0..count).map(|number| site.file("a", &number.to_string())).collect();
    site.git(&["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    let aside = site.file("b", "beside");
    (site, commits, aside)
}

/// As it answers without and with a thread that reads ahead, each in a process of its own, so to speak.
fn both(site: &Site, head: &Oid, ask: impl Fn(&Repo) -> String) -> [String; 2] {
    let ahead = site.open();
    ahead.read_ahead(head, &[]);
    // Asked again, nothing starts anew.
    ahead.read_ahead(head, &[]);
    [ask(&site.open()), ask(&ahead)]
}

#[test]
fn what_is_read_ahead_changes_no_answer() {
    let world = World::new();
    let (site, commits, aside) = line(&world, 300);
    let head = &commits[299];
    for asked in [&commits[0], &commits[150], head, &aside, &Oid::parse(&"1".repeat(40)).unwrap()] {
        let ask = |repo: &Repo| {
            let once = repo.on_first_parent(asked, head).unwrap();
            assert_eq!(once, repo.on_first_parent(asked, head).unwrap());
            once.to_string()
        };
        let told = (asked != &aside && commits.contains(asked)).to_string();
        assert_eq!(both(&site, head, ask), [told.clone(), told]);
    }
    // The line of another commit is not taken for that of the one it was read for.
    let repo = site.open();
    repo.read_ahead(head, &[]);
    assert!(repo.on_first_parent(&aside, &aside).unwrap());
    assert!(!repo.on_first_parent(head, &aside).unwrap());
    assert!(repo.on_first_parent(&commits[3], head).unwrap());
}

#[test]
fn a_line_that_was_walked_tells_ancestors() {
    let world = World::new();
    let (site, commits, aside) = line(&world, 6);
    let repo = site.open();
    assert!(repo.on_first_parent(&commits[0], &commits[5]).unwrap());
    assert!(repo.is_ancestor(&commits[1], &commits[4]).unwrap());
    assert!(repo.is_ancestor(&commits[4], &commits[4]).unwrap());
    assert!(!repo.is_ancestor(&commits[4], &commits[1]).unwrap());
    assert!(!repo.is_ancestor(&aside, &commits[5]).unwrap());
}

#[test]
fn x17_a_line_that_ends_early_says_so_however_it_is_read() {
    let world = World::new();
    let (site, commits, _) = line(&world, 9);
    site.git(&["checkout", "--quiet", "main"]);
    let shallow = world.clone("r", "shallow", &["--depth=4"]);
    let ask = |repo: &Repo| match repo.on_first_parent(&commits[0], &commits[8]) {
        Err(Error::Shallow(at)) => at,
        other => panic!("{other:?}"),
    };
    assert_eq!(both(&shallow, &commits[8], ask), [commits[5].to_string(), commits[5].to_string()]);
    // What is on this side of the cut is known for certain.
    let near = |repo: &Repo| repo.on_first_parent(&commits[5], &commits[8]).unwrap().to_string();
    assert_eq!(both(&shallow, &commits[8], near), ["true", "true"]);
}

#[test]
fn vf2_a_commit_that_is_not_its_id_is_met_however_it_is_read() {
    let world = World::new();
    let (site, commits, _) = line(&world, 9);
    // A commit of the same tree with another parent, put where the real one was: a line that skips some.
    let tree = site.git(&["rev-parse", &format!("{}^{{tree}}", commits[4])]);
    let other = site.git(&["commit-tree", &tree, "-p", commits[1].as_str(), "-m", "skips"]);
    let git_dir = site.at.join(".git");
    let (from, to) = (loose(&git_dir, &Oid::parse(&other).unwrap()), loose(&git_dir, &commits[4]));
    std::fs::remove_file(&to).unwrap();
    std::fs::copy(from, to).unwrap();
    let ask = |repo: &Repo| match repo.on_first_parent(&commits[0], &commits[8]) {
        Err(Error::Corrupt(id)) => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(both(&site, &commits[8], ask), [commits[4].to_string(), commits[4].to_string()]);
}

#[test]
fn what_an_earlier_run_walked_is_not_read_again() {
    let world = World::new();
    let (site, commits, aside) = line(&world, 300);
    let before = site.open();
    assert!(before.on_first_parent(&commits[0], &commits[280]).unwrap());
    let known = before.walked(&commits[280]).unwrap();
    assert_eq!(known.len(), 281 * 20);
    // The same head, and one further on: in both, a commit that is gone since is not missed.
    std::fs::remove_file(loose(&site.at.join(".git"), &commits[100])).unwrap();
    for head in [280, 299] {
        let repo = site.open();
        repo.read_ahead(&commits[head], &known);
        assert!(repo.on_first_parent(&commits[0], &commits[head]).unwrap());
        assert!(repo.on_first_parent(&commits[279], &commits[head]).unwrap());
        assert!(!repo.on_first_parent(&aside, &commits[279]).unwrap_or(false));
        // What was walked beyond it is worth keeping, and nothing else.
        let walked = repo.walked(&commits[head]);
        assert_eq!(walked.map(|line| line.len()), (head == 299).then_some(300 * 20));
    }
    let unaware = site.open();
    assert!(unaware.on_first_parent(&commits[0], &commits[299]).is_err());
}

#[test]
fn a_line_that_is_no_part_of_this_one_changes_nothing() {
    let world = World::new();
    let (site, commits, aside) = line(&world, 9);
    let other = site.open();
    assert!(other.on_first_parent(&commits[0], &aside).unwrap());
    let known = other.walked(&aside).unwrap();
    for known in [known.as_slice(), &known[..30], b"junk"] {
        let repo = site.open();
        repo.read_ahead(&commits[8], known);
        assert!(!repo.on_first_parent(&aside, &commits[8]).unwrap());
        assert!(repo.on_first_parent(&commits[0], &commits[8]).unwrap());
    }
    // What was taken as it is, and not hashed, is no line to be kept.
    let trusting = site.open();
    trusting.trust_objects();
    assert!(trusting.on_first_parent(&commits[0], &commits[8]).unwrap());
    assert_eq!(trusting.walked(&commits[8]), None);
}
