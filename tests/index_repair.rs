//! `publish --repair-index`: what is wrong with an index is told, and what is ours is put right.

use expect_test::expect;

use crate::index::{index, listed, with_packages, write};
use crate::world::{PROBE, Stop, TAG, World};

/// A published release in an index with a stranger's entries, two of them wrong.
fn released() -> World {
    let world = with_packages();
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let text = index(&world);
    let strangers = "  nginx:\n  - name: nginx\n    urls:\n    - n-1.tgz\n    version: 1.0.0\n  - name: nginx\n    \
                     urls:\n    - n-2.tgz\n    version: 1.0.0\n  test-workflow:\n";
    write(&world, "index.yaml", &format!("{}\n", text.replace("  test-workflow:\n", strangers)));
    world
}

/// The same with the index changed.
fn spoilt(change: impl Fn(&str) -> String) -> (World, String) {
    let world = with_packages();
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let right = format!("{}\n", index(&world));
    let wrong = change(&right);
    assert_ne!(wrong, right);
    write(&world, "index.yaml", &wrong);
    (world, right)
}

fn digest_of(text: &str) -> String {
    text.lines().find_map(|line| line.trim().strip_prefix("digest: ")).unwrap().to_owned()
}

#[test]
fn nothing_wrong_is_nothing_to_do() {
    let world = with_packages();
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let before = world.origin().rev("release");
    world.ci().lineage(["publish", "--repair-index"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        index.yaml on release  unchanged
    "#]]);
    assert_eq!(world.origin().rev("release"), before);
}

#[test]
fn x14_what_is_wrong_is_told_and_then_right() {
    let (world, right) = spoilt(|text| {
        let digest = digest_of(text);
        let entry = text.split_once("  test-workflow:\n").unwrap().1.to_owned();
        let wrong = text
            .replace(&digest, &digest.replace(&digest[..4], "0000"))
            .replace("- packages/test", "- https://example.org/releases/other-v1/test");
        format!("{wrong}{}", entry.replace("packages/", "https://example.org/packages/"))
    });
    let ci = world.ci();
    let before = world.origin().rev("release");
    let told = ci.lineage(["publish", "--repair-index", "--dry-run"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
          needed  replace test-workflow 0.2.0
          needed  take out test-workflow 0.2.0
        test-workflow 0.2.0  would be replaced  line 4
          its digest is [sha256], the package of test-workflow-v0.2.0 has [sha256]
          https://example.org/releases/other-v1/test-workflow-0.2.0.tgz is not where test-workflow-v0.2.0 was published
        test-workflow 0.2.0  would be removed  line 14
          https://example.org/packages/test-workflow-0.2.0.tgz is not where test-workflow-v0.2.0 was published
          the version occurs in line 4 too
        index.yaml on release  would be updated
    "#]]
    .assert_eq(&told.text());
    assert_eq!(world.origin().rev("release"), before, "a plan is no deed");
    drop(ci.lineage(["publish", "--repair-index"]).exits(0).says(&["replaced", "removed"]));
    assert_eq!(format!("{}\n", index(&world)), right);
    ci.lineage(["publish", "--repair-index"]).exits(0).says(&["unchanged"]).succeeds();
    ci.lineage(["publish", TAG]).succeeds();
}

#[test]
fn of_two_entries_the_right_one_stays() {
    let (world, right) = spoilt(|text| {
        let (head, entry) = text.split_once("  test-workflow:\n").unwrap();
        format!("{head}  test-workflow:\n{}{entry}", entry.replace("packages/", "https://example.org/"))
    });
    drop(world.ci().lineage(["publish", "--repair-index"]).exits(0).says(&["removed", "line 4"]));
    assert_eq!(format!("{}\n", index(&world)), right);
}

#[test]
fn a_missing_release_is_listed_again() {
    let (world, right) = spoilt(|_| "apiVersion: v1\nentries: {}\n".to_owned());
    drop(world.ci().lineage(["publish", "--repair-index"]).exits(0).says(&["added", "is not listed"]));
    assert_eq!(format!("{}\n", index(&world)), right);
}

#[test]
fn entries_of_others_are_left_unless_told() {
    let world = released();
    let before = index(&world);
    let ci = world.ci();
    ci.lineage(["publish", "--repair-index"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        nginx 1.0.0  left  line 8
          the version occurs in line 4 too
          it is no release of this repository
        index.yaml on release  unchanged
    "#]]);
    assert_eq!(index(&world), before);
    drop(ci.lineage(["publish", "--repair-index", "--foreign"]).exits(0).says(&["removed"]));
    assert!(index(&world).contains("n-1.tgz") && !index(&world).contains("n-2.tgz"), "{}", index(&world));
}

/// A release is listed when it is proven and was published, not because there is a tag.
#[test]
fn what_is_not_proven_is_never_listed() {
    let (world, _) = spoilt(|_| "apiVersion: v1\nentries: {}\n".to_owned());
    // Without the evidence nothing is known.
    world.origin().git(["update-ref", "-d", "refs/notes/lineage-test-workflow"]);
    let fresh = world.clone("fresh", &[]);
    let before = world.origin().rev("release");
    drop(fresh.lineage(["publish", "--repair-index"]).exits(3).says(&["is not proven"]));
    assert_eq!(world.origin().rev("release"), before, "nothing is listed without its evidence");
    let world = World::at(Stop::Tagged);
    drop(world.ci().lineage(["publish", "--repair-index"]).exits(2).says(&["lineage.toml names no index"]));
}

#[test]
fn a_release_under_way_is_no_fault() {
    let world = listed("url = \"https://example.org/{tag}/{file}\"");
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    world.promote(&["test-workflow"]);
    world.ci().lineage(["build", TAG]).succeeds();
    drop(world.ci().lineage(["publish", "--repair-index"]).exits(0).says(&["unchanged"]));
}

#[test]
fn json_says_the_same() {
    let world = released();
    let json = world.ci().lineage(["publish", "--repair-index", "--json"]).exits(1).json();
    assert_eq!(json["version"], 1, "{json}");
    assert_eq!(json["index"], "index.yaml on release");
    let entry = &json["entries"][0];
    assert_eq!((&entry["chart"], &entry["own"], &entry["fate"]), (&"nginx".into(), &false.into(), &"left".into()));
}
