//! Keys that change between two stages: what is pushed can be proven, or is not pushed.

use expect_test::expect;

use crate::world::{MALLORY_PUBLIC, REPOSITORY, Stop, TAG, World, policy, policy_of};

#[test]
fn a_key_changed_between_merge_and_tag_signs_nothing_that_could_not_be_proven() {
    let world = World::at(Stop::Landed);
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    dev.write("lineage.toml", policy_of(REPOSITORY, MALLORY_PUBLIC));
    dev.commit("ci: another key");
    dev.git(["push", "-q", "origin", "main"]);

    // What landed under the old policy is judged by it: the new key cannot tag it, and no tag is pushed.
    let ci = world.ci();
    ci.fetch();
    drop(ci.with_key(Some("mallory.pem")).lineage(["tag", "test-workflow"]).exits(1).says(&["does not trust"]));
    assert_eq!(ci.git(["ls-remote", "--tags", "origin"]), "", "a tag was pushed");
    // The old one can, and everybody who pinned main as it is now sees it proven.
    let ci = world.ci();
    drop(ci.lineage(["tag", "test-workflow"]).exits(0).says(&[TAG]));
    drop(ci.lineage(["build", TAG]).exits(0));
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

/// CI works with the other key from now on.
fn hand_over(world: &World) {
    let key = |name: &str| world.path("keys").join(name);
    std::fs::rename(key("ci.pem"), key("old.pem")).expect("a key");
    std::fs::copy(key("mallory.pem"), key("ci.pem")).expect("a key");
}

const NEXT: &str = "test-workflow-v0.2.1";

fn release_next(world: &World) {
    let values = [("charts/test-workflow/values.yaml", "# How many.\nreplicas: 3\nprobe: true\n")];
    world.release("test-workflow", "fix(test-workflow): three of them", &values, NEXT);
}

#[test]
fn p24_a_rotation_the_old_key_vouched_for_needs_no_person() {
    let world = World::published();
    let pinned = world.stranger();
    world.vouched_policy(&policy_of(REPOSITORY, MALLORY_PUBLIC));
    hand_over(&world);
    release_next(&world);

    pinned.lineage(["sync"]).exits(0).says(&["which `ci` vouched for: a second key"]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  up to date
        @policy        1 record folded  pushed
        --- stderr
        note: the pinned trust moves from [id] to [id] with [id], which `ci` vouched for: a second key
    "#]]);
    drop(pinned.lineage(["verify", TAG, NEXT]).exits(0).says_nothing_of(&["GAP"]));
    drop(pinned.lineage(["status"]).exits(0).says_nothing_of(&["vouched"]));
    pinned.lineage(["trust", "show"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
        policy: origin/main, digest [sha256]
          ci  sha256:[sha256]  validate, split, guard, propose, bump, tag, build, publish, review, policy
        pin: repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01, trust [id], main [id], 2 release tags
        trust root public-good: came with this program, as of 2025-09-23
          in force: 1 authority, 2 logs, 1 certificate log, 1 timestamp authority
        trust root github: came with this program, as of 2026-06-12
          in force: 1 authority, 1 timestamp authority
    "#]]);
    // Somebody who comes today believes main as it is, and sees how it came to be.
    let first = world.clone("first", &[]);
    drop(first.lineage(["trust", "show"]).exits(0).says(&["not known who vouched for it", "never fetched"]));
    drop(first.lineage(["sync"]).exits(0).says(&["pinned on first use"]));
    drop(first.lineage(["verify", "--all"]).exits(0));
    let looking = world.clone("looking", &[]);
    looking.git(["fetch", "-q", "origin", "refs/notes/*:refs/notes/*"]);
    looking.lineage(["trust", "show"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
        policy: origin/main, digest [sha256]
          ci  sha256:[sha256]  validate, split, guard, propose, bump, tag, build, publish, review, policy
        no pin: the first `git lineage sync` or `verify` writes one
        changes of trust since main has a policy:
          [id]  [id] to [id]  `ci` vouched for it  a second key
        trust root public-good: came with this program, as of 2025-09-23
          in force: 1 authority, 2 logs, 1 certificate log, 1 timestamp authority
        trust root github: came with this program, as of 2026-06-12
          in force: 1 authority, 1 timestamp authority
    "#]]);
    // The old key is out: it vouches for nothing any more.
    world.propose_policy("policy", &policy());
    drop(world.ci().with_key(Some("old.pem")).vouch("origin/policy").exits(1).says(&["does not trust"]));
}

#[test]
fn p24_a_verify_alone_follows_a_vouched_rotation_and_says_so() {
    let world = World::published();
    let pinned = world.stranger();
    world.vouched_policy(&policy_of(REPOSITORY, MALLORY_PUBLIC));
    hand_over(&world);
    release_next(&world);
    world.ci().lineage(["sync"]).succeeds();
    pinned.fetch();
    pinned.git(["fetch", "-q", "origin", "refs/notes/*:refs/notes/*"]);
    drop(pinned.lineage(["verify", NEXT]).exits(0).says(&["note: the pinned trust moves", "proven"]));
    drop(pinned.lineage(["verify", NEXT]).exits(0).says_nothing_of(&["the pinned trust moves"]));
}

#[test]
fn a_vouched_change_of_the_required_checks_is_followed() {
    let world = World::published();
    let pinned = world.stranger();
    let matrix = policy()
        .replace("variants = [\"v1.32.11\", \"v1.33.7\"]", "variants = [\"v1.33.7\", \"v1.34.3\"]")
        .replace("\"lint-test-v1.32.11\"", "\"lint-test-v1.34.3\"");
    world.vouched_policy(&matrix);
    release_next(&world);
    pinned.lineage(["sync"]).succeeds();
    drop(pinned.lineage(["verify", TAG]).exits(0).says(&["lint-test-v1.32.11"]));
    drop(pinned.lineage(["verify", NEXT]).exits(0).says(&["lint-test-v1.34.3"]));
}
