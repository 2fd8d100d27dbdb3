//! Attestations in GitHub's store: kept when they are signed, brought back when the ledger is lost.

use git_lineage::sigstore::as_signed;
use serde_json::{Value, json};

use super::Scene;
use crate::github::{Fault, REPOSITORY};
use crate::keyless;
use crate::peers::sigstore::Job;
use crate::sigstore::GITHUB;
use crate::sigstore::services::Services;
use crate::world::{PROBE, World};

/// The store keeps a copy of everything that is signed.
const STORE: &str = "\n[sign]\nstore = \"github\"\n";

#[test]
fn w1_8_what_is_signed_is_in_the_store_and_its_id_in_the_map() {
    let scene = Scene::split_with(STORE);
    // Six checks, the seal over them, the split link.
    assert_eq!(scene.github.with(|state| state.repository(REPOSITORY).attested()), 8);
    let ids = scene.github.with(|state| state.repository(REPOSITORY).ids());
    scene.lineage(&["sync"]).succeeds();
    let ci = scene.world.ci();
    let records: Vec<String> =
        ci.ledger_objects("test-workflow").iter().flat_map(|object| ci.ledger("test-workflow", object)).collect();
    for id in &ids {
        let label = format!("\"id\":\"{id}\"");
        assert_eq!(records.iter().filter(|line| line.contains(&label)).count(), 1, "{id}: {records:#?}");
    }
    scene.lineage(&["propose"]).succeeds();
    let body = scene.github.sent("pulls/create")[0]["body"].as_str().unwrap().to_owned();
    assert!(ids.iter().all(|id| body.contains(&format!("\"{id}\""))), "{ids:?} {body}");
}

#[test]
fn w1_8_without_the_store_nothing_is_signed() {
    let scene = Scene::split_with(STORE);
    let before = scene.github.asked("repos/create-attestation");
    for (fault, exit) in [
        (Fault::status("repos/create-attestation", 422), 1),
        (Fault::status("repos/create-attestation", 403), 1),
        (Fault::status("repos/create-attestation", 502), 3),
        (Fault::cut("repos/create-attestation"), 3),
    ] {
        scene.github.fail(fault);
        scene.lineage(&["bump", "test-workflow"]).exits(exit).done();
    }
    // Asked once each time: a write is not repeated.
    assert_eq!(scene.github.asked("repos/create-attestation"), before + 4);
    let token = scene.github.token("eve", "ghs_", &["contents=write", "pull_requests=write"]);
    scene.world.set_variables(scene.github.job_with(token));
    scene.lineage(&["bump", "test-workflow"]).exits(1).says(&["attestations=write"]).done();
    scene.world.set_variables(scene.github.job());
    scene.lineage(&["bump", "test-workflow", "--dry-run"]).succeeds();
    scene.lineage(&["bump", "test-workflow"]).succeeds();
}

#[test]
fn lost_records_come_back_from_the_store() {
    let scene = Scene::split_with(STORE);
    scene.lineage(&["bump", "test-workflow"]).succeeds();
    scene.lineage(&["sync"]).succeeds();
    let origin = scene.world.origin();
    for reference in origin.git(["for-each-ref", "--format=%(refname)", "refs/notes", "refs/lineage"]).lines() {
        origin.git(["update-ref", "-d", reference]);
    }
    // Somebody put junk there, about the very same content.
    scene.github.with(|state| {
        state.bundles_by_address = true;
        state.repository(REPOSITORY).plant_everywhere(&json!({ "dsseEnvelope": { "payload": "e30=" } }));
    });
    let fresh = scene.world.clone("fresh", &[]);
    fresh.lineage(["sync"]).succeeds();
    fresh.lineage(["propose", "--dry-run"]).exits(1).done();
    fresh.lineage(["sync", "--from-github"]).exits(0).says(&["was not recorded"]).done();
    fresh.lineage(["propose", "--dry-run"]).exits(0).done();
    let again = fresh.lineage(["sync", "--from-github"]).exits(0);
    again.says(&["0 new of"]).done();
    scene.github.fail(Fault::status("repos/list-attestations", 500).times(3));
    fresh.lineage(["sync", "--from-github"]).exits(3).done();
}

#[test]
fn a_keyless_bundle_gets_its_own_bytes_back_too() {
    for rekor in [1, 2] {
        let world = World::seeded_with(&keyless::files(GITHUB, ""));
        let mut claims = Job::push("acme/charts", "release.yaml").claims();
        claims["iss"] = json!(GITHUB);
        let services = Services::start(&world, rekor, claims);
        world.in_real_time();
        let ci = world.ci();
        for (name, path) in [("signingconfig", &services.signing_config), ("trustedroot", &services.trusted_root)]
        {
            ci.git(["config", &format!("lineage.{name}"), &path.display().to_string()]);
        }
        world.set_variables(services.job());
        world.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
        world.validate("feature/add-probe").succeeds();
        ci.lineage(["sync"]).succeeds();
        let mut seen = 0;
        for object in ci.ledger_objects("test-workflow") {
            for line in ci.ledger("test-workflow", &object) {
                let (_, bundle) = line.split_once("\"bundle\":").expect("a record");
                let bundle = bundle.strip_suffix('}').expect("a record ends");
                let kept: Value = serde_json::from_str(bundle).expect("it is JSON");
                assert_eq!(as_signed(&kept.to_string()).as_deref(), Some(bundle), "rekor {rekor}");
                seen += 1;
            }
        }
        assert!(seen > 6, "{seen}");
    }
}
