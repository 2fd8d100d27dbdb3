//! Keys that change between two stages: what is pushed can be proven, or is not pushed.

use crate::world::{MALLORY_PUBLIC, REPOSITORY, Stop, TAG, World, policy_of};

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
