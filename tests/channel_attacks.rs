//! Channels against those who may write to the registry, or move them at the same moment.

use serde_json::Value;

use crate::channel::{at, document, predicted, registry, twice_released, writes};
use crate::registry::Registry;
use crate::world::{Output, Site, TAG, World};

const NEXT: &str = "test-workflow-v0.3.0";

/// Runs `channel set` of these releases at the same moment, each in a clone of its own.
fn at_once(sites: &[(Site<'_>, &str)]) -> Vec<Output> {
    let running: Vec<_> = sites
        .iter()
        .map(|(site, tag)| {
            let mut command = site.command(crate::world::BINARY);
            command.args(["channel", "set", tag, "--channel", "prod"]);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
            command.spawn().expect("the binary starts")
        })
        .collect();
    let outputs = running.into_iter().map(|child| child.wait_with_output().expect("it ends"));
    outputs.map(|output| Output::new("git lineage channel set".to_owned(), &output)).collect()
}

fn second<'w>(world: &'w World, name: &str) -> Site<'w> {
    drop(world.clone(name, &[]));
    let site = world.site(name, Some("ci.pem"));
    site.lineage(["sync"]).succeeds();
    site
}

#[test]
fn rp_5_of_two_who_move_a_channel_one_does() {
    let registry = registry();
    let world = twice_released(&registry);
    for (round, conditions) in [true, false, true, false].into_iter().enumerate() {
        registry.state().conditions = conditions;
        registry
            .state()
            .manifests
            .retain(|tag, _| !["test-workflow:prod", "test-workflow:lineage-channels"].contains(&tag.as_str()));
        if round > 1 {
            world.ci().lineage(["channel", "set", TAG, "--channel", "prod"]).succeeds();
        }
        let names = [format!("a{round}"), format!("b{round}")];
        let sites = [(second(&world, &names[0]), TAG), (second(&world, &names[1]), NEXT)];
        let outputs = at_once(&sites);
        for output in &outputs {
            assert!([0, 4].contains(&output.code), "{conditions}: {}", output.text());
        }
        let said = document(&registry, "test-workflow");
        let stands = at(&registry, "test-workflow:prod").expect("it is set");
        assert_eq!(said["channels"]["prod"]["digest"], *stands, "{conditions}: {outputs:#?}");
        // Whoever is told that it is done, or somebody after him, has it.
        let pairs = outputs.iter().zip([TAG, NEXT]);
        let done: Vec<String> =
            pairs.filter(|(output, _)| output.code == 0).map(|(_, tag)| predicted(&world.ci(), tag)).collect();
        assert!(done.contains(&stands), "{conditions}: {outputs:#?}");
        world.ci().lineage(["channel", "set", NEXT, "--channel", "prod"]).succeeds();
        drop(world.ci().lineage(["channel", "list", "--channel", "prod"]).exits(0).says(&["agrees  0.3.0"]));
    }
}

#[test]
fn rp_5_two_who_move_it_to_the_same_place_do_not_undo_each_other() {
    let registry = registry();
    registry.state().conditions = false;
    let world = twice_released(&registry);
    world.ci().lineage(["channel", "set", TAG, "--channel", "prod"]).succeeds();
    let sites = [(second(&world, "a"), NEXT), (second(&world, "b"), NEXT), (second(&world, "c"), NEXT)];
    let outputs = at_once(&sites);
    assert!(outputs.iter().any(|output| output.code == 0), "{outputs:#?}");
    for output in &outputs {
        assert!([0, 4].contains(&output.code), "{}", output.text());
    }
    assert_eq!(at(&registry, "test-workflow:prod"), Some(predicted(&world.ci(), NEXT)), "{outputs:#?}");
    for (site, _) in &sites {
        site.lineage(["channel", "set", NEXT, "--channel", "prod"]).succeeds();
    }
    drop(world.stranger().lineage(["channel", "list", "--channel", "prod"]).exits(0).says(&["agrees  0.3.0"]));
}

/// A registry and a world with `prod` at the first release and `dev` at the second.
fn set() -> (Registry, World) {
    let registry = registry();
    let world = twice_released(&registry);
    world.ci().lineage(["channel", "set", TAG, "--channel", "prod"]).succeeds();
    world.ci().lineage(["channel", "set", NEXT, "--channel", "dev"]).succeeds();
    (registry, world)
}

/// Lets a tag of the registry name what another names.
fn retag(registry: &Registry, tag: &str, to: &str) {
    let mut state = registry.state();
    let there = state.manifests[&format!("test-workflow:{to}")].clone();
    state.manifests.insert(format!("test-workflow:{tag}"), there);
}

#[test]
fn rp_5_what_was_moved_by_hand_disagrees() {
    let (registry, world) = set();
    let site = world.stranger();
    let list = |code: i32, says: &[&str]| drop(site.lineage(["channel", "list"]).exits(code).says(says));
    list(0, &["test-workflow:prod  agrees  0.2.0", "test-workflow:dev  agrees  0.3.0"]);
    retag(&registry, "prod", "0.3.0");
    list(1, &["test-workflow:prod  DISAGREES", "the tag names sha256:"]);
    let prod = registry.state().manifests.remove("test-workflow:prod").expect("it is set");
    list(1, &["there is no such tag"]);
    registry.state().manifests.insert("test-workflow:prod".to_owned(), prod);
    // Put right by moving it to where it belongs; the plan warns of what was there.
    let output = world.ci().lineage(["channel", "set", TAG, "--channel", "prod"]).exits(0);
    drop(output.says(&["moved by hand"]));
    list(0, &["test-workflow:prod  agrees  0.2.0"]);
    // A version that is another manifest, or gone.
    let version = registry.state().manifests.remove("test-workflow:0.2.0").expect("it is published");
    list(1, &["test-workflow:0.2.0 is not there any more"]);
    retag(&registry, "0.2.0", "0.3.0");
    list(1, &["test-workflow:0.2.0 is sha256:"]);
    registry.state().manifests.insert("test-workflow:0.2.0".to_owned(), version);
    // A tag without a document.
    let document = registry.state().manifests.remove("test-workflow:lineage-channels").expect("it is there");
    list(1, &["no document says what it is"]);
    registry.state().manifests.insert("test-workflow:lineage-channels".to_owned(), document);
    list(0, &["agrees"]);
    let unreadable = crate::registry::Fault::Answer(503, String::new(), "");
    registry.fail("HEAD", "manifests/lineage-channels", 99, unreadable);
    list(3, &["test-workflow:prod  unknown", "it answered 503"]);
}

#[test]
fn rp_5_an_old_document_and_one_that_nobody_signed_are_told() {
    let (registry, world) = set();
    let ci = world.ci();
    let old = registry.state().manifests["test-workflow:lineage-channels"].clone();
    ci.lineage(["channel", "set", NEXT, "--channel", "prod"]).succeeds();
    let new = registry.state().manifests["test-workflow:lineage-channels"].clone();
    // Tag and document of yesterday, signed and in agreement: the ledger knows better.
    registry.state().manifests.insert("test-workflow:lineage-channels".to_owned(), old.clone());
    retag(&registry, "prod", "0.2.0");
    let output = ci.lineage(["channel", "list", "--channel", "prod"]).exits(1);
    drop(output.says(&["the ledger knows a later move, to 0.3.0"]));

    // A document of somebody else's making.
    let forged = |alter: &dyn Fn(&mut Value)| {
        let mut state = registry.state();
        let mut manifest: Value = serde_json::from_slice(&new.1).expect("JSON");
        let blob = manifest["layers"][0]["digest"].as_str().expect("a digest").to_owned();
        let mut text: Value = serde_json::from_slice(&state.blobs[&blob]).expect("JSON");
        alter(&mut text);
        let bytes = text.to_string().into_bytes();
        let digest = format!("sha256:{}", git_lineage::model::Sha256::of(&bytes));
        manifest["layers"][0]["digest"] = digest.clone().into();
        manifest["layers"][0]["size"] = bytes.len().into();
        state.blobs.insert(digest, bytes);
        let manifest = manifest.to_string().into_bytes();
        let name = format!("test-workflow:sha256:{}", git_lineage::model::Sha256::of(&manifest));
        state.manifests.insert(name, (new.0.clone(), manifest.clone()));
        state.manifests.insert("test-workflow:lineage-channels".to_owned(), (new.0.clone(), manifest));
    };
    retag(&registry, "prod", "0.3.0");
    let before = registry.count("PUT", "");
    let refused = |code: i32, says: &[&str]| {
        drop(ci.lineage(["channel", "list"]).exits(code).says(says));
        drop(ci.lineage(["channel", "set", TAG, "--channel", "dev"]).exits(code).says(says));
    };
    forged(&|text| text["channels"]["dev"]["digest"] = format!("sha256:{}", "0".repeat(64)).into());
    refused(1, &["nobody who may publish signed"]);
    forged(&|text| text["version"] = 2.into());
    refused(3, &["is of version 2", "newer git lineage"]);
    forged(&|text| text["chart"] = "another".into());
    refused(3, &["does not say what channels point at"]);
    assert_eq!(registry.count("PUT", ""), before, "nothing was written");

    // Its signature taken away: the ledger has it, and the next move attaches it again.
    registry.state().manifests.insert("test-workflow:lineage-channels".to_owned(), new.clone());
    drop(ci.lineage(["channel", "list"]).exits(0));
    let index = format!("test-workflow:sha256-{}", git_lineage::model::Sha256::of(&new.1));
    assert!(registry.state().manifests.remove(&index).is_some(), "there is no referrers API here");
    drop(ci.lineage(["channel", "list"]).exits(1).says(&["in the ledger, and not attached"]));
    ci.lineage(["channel", "set", NEXT, "--channel", "prod"]).succeeds();
    drop(ci.lineage(["channel", "list"]).exits(0));
    // Without the tag a channel is set anew, and what the others were is asked for again.
    registry.state().manifests.remove("test-workflow:lineage-channels");
    ci.lineage(["channel", "set", NEXT, "--channel", "prod"]).succeeds();
    drop(ci.lineage(["channel", "list"]).exits(1).says(&["test-workflow:dev  DISAGREES"]));
    ci.lineage(["channel", "set", NEXT, "--channel", "dev"]).succeeds();
    drop(ci.lineage(["channel", "list"]).exits(0));
}

#[test]
fn rp_5_only_whom_the_policy_trusts_to_publish_moves_a_channel() {
    let (registry, world) = set();
    let mallory = world.ci().with_key(Some("mallory.pem"));
    let before = registry.count("PUT", "");
    let output = mallory.lineage(["channel", "set", NEXT, "--channel", "prod"]).exits(1);
    drop(output.says(&["does not trust"]));
    assert_eq!(registry.count("PUT", ""), before);
    // A policy that does not trust the key any more takes its word for nothing.
    let revoked = "\n[[trust.revoked]]\nkey = \"ci\"\nsince = \"2025-01-01T00:00:00Z\"\nreason = \"lost\"\n";
    let policy = world.ci().git(["show", "origin/main:lineage.toml"]);
    world.change_policy(&format!("{policy}\n{revoked}"));
    drop(world.ci().lineage(["channel", "list", "--channel", "prod"]).exits(1).says(&["nobody who may publish"]));
}

#[test]
fn rp_5_without_the_ledger_nothing_is_said_moved_or_deleted() {
    let (registry, world) = set();
    let site = world.stranger();
    site.lineage(["channel", "list"]).succeeds();
    let (stands, before) = (at(&registry, "test-workflow:prod"), writes(&registry));
    let (origin, away) = (world.path("origin.git"), world.path("away.git"));
    std::fs::rename(&origin, &away).expect("it is there");
    for words in [
        &["channel", "list"][..],
        &["channel", "set", "test-workflow-v0.3.0", "--channel", "prod"],
        &["channel", "rollback", "--channel", "dev", "--to", "0.2.0"],
        &["prune", "--tagged", "--apply"],
    ] {
        drop(world.ci().lineage(words).exits(3).says(&["the ledger was not fetched"]));
    }
    assert_eq!((at(&registry, "test-workflow:prod"), writes(&registry)), (stands, before));
    std::fs::rename(&away, &origin).expect("it is there");
    site.lineage(["channel", "list"]).succeeds();
}
