//! First-parent walks over a small history with merges.

use crate::git::Error;
use crate::git::testing::{Site, World};
use crate::model::Oid;

/// main: one — two (x changes) — merge of a side branch that changes x — four (something else).
fn history(world: &World) -> (Site, Vec<Oid>, Oid) {
    let site = world.repo("r");
    let one = site.file("other", "1");
    let two = site.file("charts/x/f", "2");
    site.git(&["checkout", "--quiet", "-b", "side"]);
    let aside = site.file("charts/x/f", "3");
    site.git(&["checkout", "--quiet", "main"]);
    site.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let merge = site.oid("HEAD");
    let four = site.file("other", "4");
    (site, vec![one, two, merge, four], aside)
}

#[test]
fn changes_are_told_newest_first_until_enough() {
    let world = World::new();
    let (site, main, _) = history(&world);
    let repo = site.open();
    let mut seen = Vec::new();
    repo.first_parent_changes(&main[3], "charts/x", &mut |commit, tree| {
        seen.push((commit.oid.clone(), tree.cloned()));
        true
    })
    .unwrap();
    let tree = |at: &Oid| Some(site.oid(&format!("{at}:charts/x")));
    assert_eq!(seen, [(main[2].clone(), tree(&main[2])), (main[1].clone(), tree(&main[1]))]);
    let mut calls = 0;
    repo.first_parent_changes(&main[3], "charts/x", &mut |_, _| {
        calls += 1;
        false
    })
    .unwrap();
    assert_eq!(calls, 1);
}

#[test]
fn a_deleted_chart_is_a_change_to_nothing() {
    let world = World::new();
    let (site, _, _) = history(&world);
    std::fs::remove_dir_all(site.at.join("charts")).unwrap();
    let gone = site.commit("gone");
    let repo = site.open();
    let mut first = None;
    repo.first_parent_changes(&gone, "charts/x", &mut |commit, tree| {
        first = Some((commit.oid.clone(), tree.cloned()));
        false
    })
    .unwrap();
    assert_eq!(first, Some((gone.clone(), None)));
    assert!(repo.landing(&gone, "charts/x").unwrap().is_none());
}

#[test]
fn vf4_only_first_parents_are_on_the_mainline() {
    let world = World::new();
    let (site, main, aside) = history(&world);
    let repo = site.open();
    for commit in &main {
        assert!(repo.on_first_parent(commit, &main[3]).unwrap());
    }
    assert!(!repo.on_first_parent(&aside, &main[3]).unwrap());
    assert!(repo.is_ancestor(&aside, &main[3]).unwrap());
    assert!(!repo.on_first_parent(&main[3], &main[2]).unwrap());
}

#[test]
fn content_landed_with_the_merge_that_brought_it() {
    let world = World::new();
    let (site, main, _) = history(&world);
    let repo = site.open();
    assert_eq!(repo.landing(&main[3], "charts/x").unwrap().unwrap().oid, main[2]);
    assert_eq!(repo.landing(&main[1], "charts/x").unwrap().unwrap().oid, main[1]);
    assert!(repo.landing(&main[3], "charts/y").unwrap().is_none());
    // The same content came, went and came back: its last landing counts.
    site.file("charts/x/f", "5");
    let back = site.file("charts/x/f", "3");
    assert_eq!(site.open().landing(&back, "charts/x").unwrap().unwrap().oid, back);
}

#[test]
fn x17_a_shallow_clone_says_where_it_ends() {
    let world = World::new();
    let (_, main, aside) = history(&world);
    let repo = world.clone("r", "shallow", &["--depth=2"]).open();
    assert!(repo.on_first_parent(&main[2], &main[3]).unwrap());
    for cut in [
        repo.on_first_parent(&main[0], &main[3]).map(|_| ()),
        repo.landing(&main[3], "charts/x").map(|_| ()),
        repo.first_parent_changes(&main[3], "charts/x", &mut |_, _| true),
        repo.is_ancestor(&main[0], &main[3]).map(|_| ()),
        repo.commits_between(None, &main[3], "").map(|_| ()),
    ] {
        assert!(matches!(cut, Err(Error::Shallow(_))), "{cut:?}");
    }
    assert!(matches!(repo.commit(&aside), Err(Error::Shallow(_))));
}

#[test]
fn a_file_is_told_at_every_commit_of_the_line() {
    let world = World::new();
    let (site, main, _) = history(&world);
    std::os::unix::fs::symlink("charts/x/f", site.at.join("link")).unwrap();
    let linked = site.commit("linked");
    let repo = site.open();
    let told = |path: &str| {
        let mut seen = Vec::new();
        repo.first_parent_files(&linked, path, &mut |commit, file| {
            seen.push((commit.clone(), file.cloned()));
            true
        })
        .unwrap();
        seen
    };
    let blob = |at: &Oid| site.oid(&format!("{at}:charts/x/f"));
    let (two, three) = (Some(blob(&main[1])), Some(blob(&main[2])));
    let commits = [&linked, &main[3], &main[2], &main[1], &main[0]].map(Clone::clone);
    let files = [three.clone(), three.clone(), three.clone(), two, None];
    assert_eq!(told("charts/x/f"), commits.clone().into_iter().zip(files).collect::<Vec<_>>());
    // A link is what it leads to, and a directory is no file.
    let link: Vec<_> = told("link").into_iter().map(|(_, file)| file).collect();
    assert_eq!(link, [three, None, None, None, None]);
    assert!(told("charts").iter().all(|(_, file)| file.is_none()));
    let mut calls = 0;
    repo.first_parent_files(&linked, "link", &mut |_, _| {
        calls += 1;
        false
    })
    .unwrap();
    assert_eq!(calls, 1);
}
