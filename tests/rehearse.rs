//! The README's first command, and setting a repository up.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;

use crate::world::{Site, Stop, World, chart_yaml};

/// A stranger's look at what a rehearsal kept.
fn proven_by_a_stranger(world: &World, keep: &str, tag: &str) {
    let home = world.site(".", None);
    home.git(["clone", "-q", &format!("file://{}", world.path(keep).join("origin.git").display()), "visitor"]);
    let visitor = world.site("visitor", None);
    visitor.lineage(["sync"]).succeeds();
    drop(visitor.lineage(["verify", tag]).exits(0).says(&["proven"]));
}

#[test]
fn a_rehearsal_without_a_repository_takes_a_sample() {
    let world = World::empty();
    let nowhere = world.site("home", None);
    nowhere.lineage(["rehearse", "--keep", "../kept"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
         1  rehearse                       sample from the built-in sample
         2  init                           lineage.toml, key and branches
         3  contribute                     feat(sample): rehearse a release ([id])
         4  check                          commit-validation, changelog-generation, chart-lint passed
         5  check --sign                   3 results signed
         6  check --seal                   w1-overall [id]
         7  merge                          squashed into integration as [id]
         8  split                          chart/sample from integration, on main
         9  guard --stage chart            integration may merge into chart/sample
        10  propose                        feat(sample): rehearse a release
        11  bump                           0.1.0 -> 0.2.0 (minor)
        12  guard --stage main --merge     squashed into main as [id]
        13  tag                            sample-v0.2.0, back-ported to integration, promote/sample-v0.2.0 opened
        14  build                          sample-0.2.0.tgz sha256:[sha256]
        15  guard --stage release --merge  promote/sample-v0.2.0 merged into release
        16  publish                        oci-layout:[TMP]/kept/registry@sha256:[sha256]

        published to oci-layout:[TMP]/kept/registry@sha256:[sha256]
        kept in ../kept

        proven: sample-v0.2.0 (chart sample 0.2.0), anchored in the pin of this clone
    "#]]);
    for name in ["origin.git", "work", "registry", "assets"] {
        assert!(world.path("kept").join(name).is_dir(), "{name} is kept");
    }
    let tags = world.site("kept/origin.git", None).git(["tag", "--list"]);
    proven_by_a_stranger(&world, "kept", &tags);
    // Nothing else is left behind: no scratch tree, no key.
    assert_eq!(fs::read_dir(world.path("tmp")).expect("it is there").count(), 0);
    assert_eq!(fs::read_dir(world.path("home")).expect("it is there").count(), 0);
}

#[test]
fn a_rehearsal_leaves_the_repository_alone() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.write("charts/test-workflow/values.yaml", "replicas: 3\n");
    dev.write("notes.txt", "mine\n");
    let state = |site: &Site<'_>| {
        (
            site.git(["for-each-ref"]),
            site.git(["status", "--porcelain"]),
            site.git(["config", "--list", "--local"]),
            world.origin().git(["for-each-ref"]),
        )
    };
    let before = state(&dev);
    dev.lineage(["rehearse", "test-workflow"]).succeeds();
    assert_eq!(state(&dev), before);
    dev.lineage(["rehearse", "nothing-like-it"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: no chart nothing-like-it at [id] under charts

        hint: see `git lineage status` for the charts there are
    "#]]);
}

#[test]
fn a_rehearsal_s_key_counts_nowhere_else() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.lineage(["rehearse", "test-workflow", "--keep", "../kept"]).succeeds();
    let tag = world.site("kept/origin.git", None).git(["tag", "--list"]);
    proven_by_a_stranger(&world, "kept", &tag);
    // Its tag and ledger, brought into the real repository, prove nothing there.
    let stranger = world.stranger();
    let from = world.path("kept/origin.git").display().to_string();
    stranger.git(["fetch", "-q", &from, &format!("refs/tags/{tag}:refs/tags/{tag}"), "refs/notes/*:refs/notes/*"]);
    drop(stranger.lineage(["verify", &tag]).exits(1).says_nothing_of(&["\nproven: "]));
}

/// A repository as people have them: charts, a remote, and nothing of ours.
fn unprepared() -> World {
    let chart = "charts/x/Chart.yaml";
    World::seeded_with(&[(chart, chart_yaml("x", "1.0.0")), ("charts/x/values.yaml", "a: 1\n".to_owned())])
}

#[test]
fn init_plans_first_and_does_it_once() {
    let world = unprepared();
    let dev = world.dev();
    let key = world.path("home/keys/lineage.pem").display().to_string();
    let init = ["init", "--flow", "integration", "--key", &key, "--assets", "../assets"];
    let before = (dev.git(["for-each-ref"]), dev.git(["status", "--porcelain"]));
    dev.lineage(init.iter().chain(&["--dry-run"])).exits(0).is(expect![[r#"
        exit 0
        --- stdout
          needed   make a private key at [TMP]/home/keys/lineage.pem
          needed   commit lineage.toml to main and push it to origin
          already  the branch integration exists
          already  the branch release exists
          needed   set lineage.key to [TMP]/home/keys/lineage.pem
          needed   fetch evidence with `git fetch origin`: +refs/notes/lineage-*:refs/lineage/remote/origin/notes/lineage-*

        next:
          keep a copy of the private key [TMP]/home/keys/lineage.pem in a safe place: it is nowhere else
          protect main, integration and release at the remote against forced pushes and deletion
          add your own checks under [[checks]] and [required] in lineage.toml, by a change to main
          run `git lineage rehearse` to see a whole release on a scratch clone
    "#]]);
    assert_eq!((dev.git(["for-each-ref"]), dev.git(["status", "--porcelain"])), before, "a plan changes nothing");
    assert!(!world.path("home/keys").exists(), "a plan makes no key");

    let output = dev.lineage(init).exits(0);
    assert!(!output.text().contains("PRIVATE KEY"), "the private key is never printed");
    output.is(expect![[r#"
        exit 0
        --- stdout
          done     make a private key at [TMP]/home/keys/lineage.pem
          done     commit lineage.toml to main and push it to origin
          already  the branch integration exists
          already  the branch release exists
          done     set lineage.key to [TMP]/home/keys/lineage.pem
          done     fetch evidence with `git fetch origin`: +refs/notes/lineage-*:refs/lineage/remote/origin/notes/lineage-*

        next:
          keep a copy of the private key [TMP]/home/keys/lineage.pem in a safe place: it is nowhere else
          protect main, integration and release at the remote against forced pushes and deletion
          add your own checks under [[checks]] and [required] in lineage.toml, by a change to main
          run `git lineage rehearse` to see a whole release on a scratch clone
    "#]]);
    let mode = fs::metadata(&key).expect("the key is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!dev.read("lineage.toml").contains("PRIVATE"));

    let after = (dev.git(["for-each-ref"]), dev.read("lineage.toml"));
    dev.lineage(init).exits(0).is(expect![[r#"
        exit 0
        --- stdout
          already  lineage.toml is on main
          already  the branch integration exists
          already  the branch release exists
          already  lineage.key is [TMP]/home/keys/lineage.pem
          already  `git fetch origin` fetches evidence

        next:
          run `git lineage sync`: it fetches the evidence and pins what this clone trusts
    "#]]);
    assert_eq!((dev.git(["for-each-ref"]), dev.read("lineage.toml")), after, "again changes nothing");
}

#[test]
fn a_key_in_the_work_tree_or_for_all_to_read_is_refused() {
    let world = World::at(Stop::Contributed);
    let ci = world.ci();
    ci.fetch();
    let key = fs::read(world.path("keys/ci.pem")).expect("it is there");
    ci.write("key.pem", &key);
    fs::set_permissions(ci.dir.join("key.pem"), fs::Permissions::from_mode(0o600)).expect("it is ours");
    ci.lineage(["split", "--key", "key.pem"]).exits(2).says(&["work tree"]).is(expect![[r#"
        exit 2
        --- stdout
        test-workflow  refused  chart/test-workflow
          the private key key.pem lies in the work tree (move it out of the repository, and replace it if it was ever committed)
    "#]]);
    fs::remove_file(ci.dir.join("key.pem")).expect("it is ours");
    fs::set_permissions(world.path("keys/ci.pem"), fs::Permissions::from_mode(0o644)).expect("it is ours");
    ci.lineage(["split"]).exits(2).says(&["chmod 600"]).is(expect![[r#"
        exit 2
        --- stdout
        test-workflow  refused  chart/test-workflow
          [TMP]/keys/ci.pem may be read by others (mode 644) (run `chmod 600 [TMP]/keys/ci.pem`)
    "#]]);
}

#[test]
fn trust_shows_the_keys_and_the_pin() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.lineage(["trust", "show"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
        policy: origin/main, digest [sha256]
          ci  sha256:[sha256]  validate, split, guard, propose, bump, tag, build, publish, review, policy
        pin: repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01, trust [id], main [id], 1 release tag
        trust root public-good: came with this program, as of 2025-09-23
          in force: 1 authority, 2 logs, 1 certificate log, 1 timestamp authority
        trust root github: came with this program, as of 2026-06-12
          in force: 1 authority, 1 timestamp authority
    "#]]);
    drop(stranger.lineage(["trust", "pin"]).exits(0));
}

#[test]
fn a_main_that_does_not_descend_from_the_pin_is_a_conflict() {
    let world = World::published();
    let stranger = world.stranger();
    let dev = world.dev();
    dev.git(["fetch", "-q", "origin"]);
    dev.git(["checkout", "-q", "--orphan", "other", "origin/main"]);
    dev.commit("chore: another history");
    dev.git(["push", "-q", "-f", "origin", "other:main"]);
    let output = stranger.lineage(["sync"]);
    if output.code == 0 {
        stranger.lineage(["verify", crate::world::TAG]).exits(4).says(&["pin"]).is(expect![[""]]);
    } else {
        output.exits(4).says(&["pin"]).is(expect![[r#"
            exit 4
            --- stderr
            error: origin/main does not descend from [id], which this clone pinned: main was rewritten

            hint: ask whoever rewrote it; if it was meant, run `git lineage trust pin`
        "#]]);
    }
}
