//! What is read is what its id says, or an error.

use proptest::prelude::*;

use crate::git::testing::{NOW, World, loose};
use crate::git::{Error, Repo};
use crate::model::Oid;

#[test]
fn a_commit_is_copied_out() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    let second = site.file("a", "2");
    let commit = site.open().commit(&second).unwrap();
    assert_eq!(commit.oid, second);
    assert_eq!(commit.parents, [first]);
    assert_eq!(commit.tree, site.oid("HEAD^{tree}"));
    assert_eq!(commit.author, "Test <test@example.com>");
    assert_eq!(commit.committed.seconds(), NOW);
    assert_eq!(commit.message, "write a\n");
}

#[test]
fn sha256_repositories_are_read() {
    let world = World::new();
    let site = world.init("r", &["--object-format=sha256", "--initial-branch=main"]);
    let commit = site.file("a", "1");
    let repo = site.open();
    assert_eq!(repo.object_format(), "sha256");
    assert_eq!(repo.head().unwrap(), commit);
    assert_eq!(repo.file_at(&commit, "a").unwrap().unwrap(), b"1");
    let other = Oid::parse(&"1".repeat(40)).unwrap();
    assert!(matches!(repo.commit(&other), Err(Error::MissingObject(_))));
}

#[test]
fn vf2_replace_refs_and_grafts_are_not_seen() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    let second = site.file("a", "2");
    site.git(&["replace", second.as_str(), first.as_str()]);
    site.write(".git/info/grafts", format!("{second}\n"));
    let repo = site.open();
    assert_eq!(repo.commit(&second).unwrap().parents, [first]);
    assert_eq!(repo.file_at(&second, "a").unwrap().unwrap(), b"2");
}

#[test]
fn vf2_bytes_that_do_not_hash_to_the_id_are_refused() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "true");
    let (forged, real) = (site.git_with(&["hash-object", "-w", "--stdin"], b"lies"), site.oid("HEAD:a"));
    let (from, to) =
        (loose(&site.at.join(".git"), &Oid::parse(&forged).unwrap()), loose(&site.at.join(".git"), &real));
    std::fs::remove_file(&to).unwrap();
    std::fs::copy(from, to).unwrap();
    let repo = site.open();
    assert!(matches!(repo.file_at(&commit, "a"), Err(Error::CorruptFile { oid, .. }) if oid == real.as_str()));
    assert!(matches!(repo.chart_files(&site.oid("HEAD^{tree}")), Err(Error::CorruptFile { .. })));
}

/// Objects are unpacked into one place: none may show what was there before it, whatever their sizes and however
/// they are stored.
#[test]
fn large_and_small_files_are_read_as_they_are() {
    let text = |seed: u32, size: u32| -> String {
        let line = |n: u32| format!("{seed} {:x}\n", n.wrapping_mul(2_654_435_761).wrapping_add(seed));
        (0..size / 12).map(line).collect()
    };
    let sizes = [40, 1_200_000, 12, 300_000, 2_500_000, 0, 130_000, 100];
    let world = World::new();
    let site = world.repo("r");
    let mut old = Vec::new();
    let mut new = Vec::new();
    for (at, size) in (0_u32..).zip(sizes) {
        let path = format!("charts/web/{at}");
        old.push((path.clone(), text(at, size)));
        new.push((path, format!("{}one line more\n", text(at, size))));
    }
    let commit = |files: &[(String, String)]| {
        for (path, text) in files {
            site.write(path, text);
        }
        site.commit("files")
    };
    let (old, new) = ((commit(&old), old), (commit(&new), new));
    for storage in ["loose", "packed"] {
        let repo = site.open();
        for (commit, files) in [&old, &new, &old] {
            let tree = repo.tree_at(commit, "charts/web").unwrap().unwrap();
            let read = repo.chart_files(&tree).unwrap();
            assert_eq!(read.len(), files.len());
            for (read, (path, text)) in read.iter().zip(files) {
                assert_eq!(format!("charts/web/{}", read.path), *path);
                assert!(read.bytes == text.as_bytes(), "{path}, {storage}");
                assert!(read.bytes.capacity() <= text.len() + text.len() / 4, "{path}, {storage}: room to spare");
            }
        }
        site.git(&["repack", "-adfq", "--window=10"]);
    }
}

#[test]
fn every_flipped_byte_of_an_object_is_noticed() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "some text");
    let file = loose(&site.at.join(".git"), &commit);
    let good = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for place in 0..good.len() {
        let mut bad = good.clone();
        bad[place] ^= 0x10;
        std::fs::write(&file, bad).unwrap();
        match site.open().commit(&commit) {
            // The only bytes that may change without a trace are those zlib does not read.
            Ok(read) => assert_eq!(read.message, "write a\n", "byte {place}"),
            Err(Error::Corrupt(_)) => {}
            Err(other) => panic!("byte {place}: {other}"),
        }
    }
    std::fs::write(&file, &good[..good.len() / 2]).unwrap();
    assert!(matches!(site.open().commit(&commit), Err(Error::Corrupt(_))));
    std::fs::write(&file, b"").unwrap();
    assert!(matches!(site.open().commit(&commit), Err(Error::Corrupt(_))));
}

#[test]
fn x17_shallow_and_missing_are_told_apart() {
    let world = World::new();
    let site = world.repo("r");
    let first = site.file("a", "1");
    let second = site.file("a", "2");
    let clone = world.clone("r", "shallow", &["--depth=1"]);
    let repo = clone.open();
    assert!(repo.is_shallow());
    assert!(matches!(repo.commit(&first), Err(Error::Shallow(at)) if at == second.as_str()));
    let nowhere = Oid::parse(&"1".repeat(40)).unwrap();
    assert!(matches!(repo.commit(&nowhere), Err(Error::MissingObject(_))));
    assert!(!site.open().is_shallow());
}

#[test]
fn x17_a_partial_clone_misses_objects_and_fetches_none() {
    let world = World::new();
    let site = world.repo("r");
    site.git(&["config", "uploadpack.allowFilter", "true"]);
    let commit = site.file("charts/a/Chart.yaml", "name: a\n");
    let blob = site.oid("HEAD:charts/a/Chart.yaml");
    let clone = world.clone("r", "partial", &["--filter=blob:none", "--no-checkout"]);
    let repo = clone.open();
    let tree = repo.tree_at(&commit, "charts/a").unwrap().unwrap();
    assert!(matches!(repo.chart_files(&tree), Err(Error::MissingObject(id)) if id == blob.as_str()));
}

#[test]
fn a_revision_is_peeled_to_a_commit() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    site.git(&["tag", "-a", "-m", "one", "v1"]);
    site.git(&["tag", "-a", "-m", "of a tag", "v2", "v1"]);
    site.git(&["tag", "tree", "HEAD^{tree}"]);
    let repo = site.open();
    for revision in ["HEAD", "main", "v1", "v2", "refs/tags/v2", &commit.as_str()[..8]] {
        assert_eq!(repo.commit_id(revision).unwrap(), commit, "{revision}");
    }
    for revision in ["", "nothing", "tree", "HEAD~3", "--all", "HEAD:a", "^", "@{", "..", "a:b:c", "\u{0}"] {
        assert!(repo.commit_id(revision).is_err(), "{revision}");
    }
}

#[test]
fn an_unborn_head_says_its_branch() {
    let world = World::new();
    let repo = world.repo("r").open();
    assert!(matches!(repo.head(), Err(Error::Unborn(branch)) if branch == "main"));
    assert!(matches!(repo.commit_id("HEAD"), Err(Error::Unborn(branch)) if branch == "main"));
    assert_eq!(repo.branch().unwrap().as_deref(), Some("main"));
}

#[test]
fn a_detached_head_is_on_no_branch() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    site.git(&["checkout", "--quiet", "--detach"]);
    let repo = site.open();
    assert_eq!(repo.branch().unwrap(), None);
    assert_eq!(repo.head().unwrap(), commit);
}

#[test]
fn a_tag_object_is_read_as_it_is() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    let text =
        format!("object {commit}\ntype commit\ntag v1\ntagger T <t@example.com> 12 +0100\n\n# one\n\ntwo\n");
    let oid = site.git_with(&["hash-object", "-w", "-t", "tag", "--stdin"], text.as_bytes());
    let tag = site.open().tag_object(&Oid::parse(&oid).unwrap()).unwrap().unwrap();
    assert_eq!(tag.bytes, text.as_bytes());
    assert_eq!((tag.name.as_str(), tag.target_kind.as_str()), ("v1", "commit"));
    assert_eq!(tag.target, commit);
    assert_eq!(tag.tagged.unwrap().seconds(), 12);
    assert_eq!(tag.message, "# one\n\ntwo\n");
    assert!(site.open().tag_object(&commit).unwrap().is_none());
}

#[test]
fn a_tag_that_says_a_thing_twice_is_refused() {
    let world = World::new();
    let site = world.repo("r");
    let commit = site.file("a", "1");
    for text in [
        format!("object {commit}\ntype commit\ntag v1\ntag v2\n\nx\n"),
        format!("object {commit}\ntype commit\ntag v1\ntagger T <t@e> 1 +0000\nobject {commit}\n\nx\n"),
        format!("type commit\nobject {commit}\ntag v1\n\nx\n"),
        format!("object {commit}\ntype chart\ntag v1\n\nx\n"),
        String::new(),
    ] {
        let arguments = ["hash-object", "--literally", "-w", "-t", "tag", "--stdin"];
        let oid = Oid::parse(&site.git_with(&arguments, text.as_bytes())).unwrap();
        assert!(matches!(site.open().tag_object(&oid), Err(Error::Read { .. })), "{text}");
    }
}

#[test]
fn nowhere_is_no_repository() {
    let world = World::new();
    assert!(matches!(Repo::open_at(&world.path("nowhere")), Err(Error::NoRepository(_))));
    assert!(matches!(Repo::open_at(&world.path(".")), Err(Error::NoRepository(_))));
}

#[test]
fn a_repository_is_found_from_below() {
    let world = World::new();
    let site = world.repo("r.git");
    site.file("charts/x/f", "1");
    let repo = Repo::open(&site.at.join("charts/x")).unwrap();
    assert_eq!(repo.work_dir().unwrap(), site.at);
    assert_eq!(repo.common_dir(), site.at.join(".git").canonicalize().unwrap());
    assert!(matches!(Repo::open(&world.path("nowhere")), Err(Error::NoRepository(_))));
}

#[test]
fn a_work_tree_shares_its_repository() {
    let world = World::new();
    let site = world.repo("r");
    site.file("a", "1");
    site.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    let second = Repo::open_at(&world.path("side")).unwrap();
    assert_eq!(second.common_dir(), site.open().common_dir());
    assert_eq!(second.branch().unwrap().as_deref(), Some("side"));
    assert_eq!(second.work_dir().unwrap(), world.path("side"));
    assert_eq!(world.bare("b").open().work_dir(), None);
}

#[test]
fn a_merge_that_is_not_done_is_noticed() {
    let world = World::new();
    let site = world.repo("r");
    site.file("a", "1");
    assert_eq!(site.open().in_progress(), None);
    let head = site.oid("HEAD");
    site.write(".git/MERGE_HEAD", format!("{head}\n"));
    assert_eq!(site.open().in_progress(), Some("merge"));
}

#[test]
fn configuration_is_read_as_it_is_now() {
    let world = World::new();
    let repo = world.repo("r").open();
    assert_eq!(repo.config("lineage.key"), None);
    assert!(repo.add_config("lineage.key", "k").unwrap());
    assert!(!repo.add_config("lineage.key", "k").unwrap());
    assert_eq!(repo.config("lineage.key").as_deref(), Some("k"));
    for key in ["", "nonsense", ".", "a.", "\u{0}"] {
        assert_eq!(repo.config(key), None, "{key}");
    }
}

#[test]
fn parents_are_read_where_git_reads_them() {
    let (tree, parent) = ("1".repeat(40), "2".repeat(40));
    let who = "A <a@example.org> 7 +0000";
    let read = |text: &str| super::links(text.as_bytes()).map(|links| (links.parents.len(), links.time));
    let head = format!("tree {tree}\nparent {parent}\nparent {parent}\n");
    assert_eq!(read(&format!("{head}author {who}\ncommitter {who}\n\nx")), Some((2, 7)));
    // To git, a parent behind the author is none: it may be none here, nor pass unseen.
    assert_eq!(read(&format!("{head}author {who}\nparent {parent}\ncommitter {who}\n\nx")), None);
    assert_eq!(read(&format!("{head}committer {who}\nauthor {who}\n\nx")), None);
    assert_eq!(read(&format!("{head}\nauthor {who}\ncommitter {who}\n")), None);
}

proptest! {
    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = super::links(&bytes);
        let _ = super::tag_of(gix::ObjectId::null(gix::hash::Kind::Sha1), bytes);
    }

    #[test]
    fn no_text_makes_the_tag_parser_panic(text in "(object |type |tag |tagger |commit|v1|\n|x){0,12}") {
        let _ = super::links(text.as_bytes());
        let _ = super::tag_of(gix::ObjectId::null(gix::hash::Kind::Sha1), text.into_bytes());
    }
}
