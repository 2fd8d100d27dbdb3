//! Stage 8 against registries that are well, and against registries that are not.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::registry::{Door, Fault, Registry};
use crate::world::{PROBE, Site, TAG, World, policy, seed};

/// A repository that publishes to this address, with a release that is built.
pub(crate) fn built_for(oci: &str, more: &str) -> World {
    built_with(oci, more, &PROBE)
}

/// The same with another contribution.
pub(crate) fn built_with(oci: &str, more: &str, contribution: &[(&str, &str)]) -> World {
    let to = format!("{more}oci = \"{oci}\"");
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", policy().replace("oci = \"oci-layout:../registry\"", &to)));
    let world = World::seeded_with(&files);
    world.contribute("feature/x", "feat(test-workflow): add probe", contribution);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    world.promote(&["test-workflow"]);
    world.ci().lineage(["build", TAG]).succeeds();
    world
}

fn at(registry: &Registry) -> String {
    format!("oci://{}/charts", registry.host)
}

/// Where Docker keeps `ada:secret` for a host.
fn log_in(world: &World, host: &str) {
    let config = format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"YWRhOnNlY3JldA==\"}}}}}}");
    let home = world.site("home", None);
    home.write(".docker/config.json", config);
}

/// The digest the tag's payload predicts for the manifest.
fn predicted(site: &Site<'_>) -> String {
    format!("sha256:{}", site.payload(TAG)["predicted"]["oci"].as_str().expect("a digest"))
}

/// Every file below a directory of assets, by name.
fn assets(world: &World) -> Vec<(String, Vec<u8>)> {
    let directory = world.path("assets").join(TAG);
    let mut files: Vec<_> = fs::read_dir(directory)
        .expect("publish made it")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| (entry.file_name().into_string().expect("a name"), fs::read(entry.path()).expect("a file")))
        .collect();
    files.sort();
    files
}

#[test]
fn w7_the_predicted_manifest_is_the_one_in_the_registry() {
    let registry = Registry::start();
    let world = built_for(&at(&registry), "");
    let ci = world.ci();
    ci.lineage(["publish", TAG]).succeeds();
    let digest = predicted(&ci);
    let manifest: Value = {
        let state = registry.state();
        assert_eq!(state.manifests["0.2.0"], state.manifests[&digest]);
        serde_json::from_slice(&state.manifests[&digest].1).expect("JSON")
    };
    let time = ci.git(["log", "-1", "--format=%ct", &format!("{TAG}^{{commit}}")]);
    let created = manifest["annotations"]["org.opencontainers.image.created"].as_str().expect("a time");
    let created: jiff::Timestamp = created.parse().expect("RFC 3339");
    assert_eq!(created.as_second().to_string(), time, "the commit's time");

    // Signature and build statement are attached, and listed where there is no API for it.
    let index: Value = {
        let state = registry.state();
        serde_json::from_slice(&state.manifests[&digest.replace(':', "-")].1).expect("JSON")
    };
    let types: Vec<&str> = index["manifests"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            assert_eq!(entry["artifactType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
            entry["annotations"]["dev.sigstore.bundle.predicateType"].as_str().expect("a type")
        })
        .collect();
    assert_eq!(types.len(), 3);
    assert!(types.contains(&"https://sigstore.dev/cosign/sign/v1"), "{types:?}");
    assert!(types.contains(&"https://slsa.dev/provenance/v1"), "{types:?}");
    assert!(types.contains(&"https://cyclonedx.org/bom"), "{types:?}");

    // Again is nothing new.
    let (writes, files) = (registry.count("PUT", "") + registry.count("POST", ""), assets(&world));
    ci.lineage(["publish", TAG]).succeeds();
    assert_eq!(registry.count("PUT", "") + registry.count("POST", ""), writes);
    assert!(assets(&world) == files);
}

#[test]
fn w8_hostile_registries_are_told_apart_and_a_second_run_completes() {
    let (registry, other) = (Registry::start(), Registry::start());
    let world = built_for(&at(&registry), "");
    let ci = world.ci();
    let answer = |status: u16, headers: &str| Fault::Answer(status, headers.to_owned(), "");
    let elsewhere = format!("Location: http://{}/v2/charts/test-workflow/manifests/9\r\n", other.host);
    let ones = format!("Docker-Content-Digest: sha256:{}\r\n", "1".repeat(64));
    let cases: Vec<(&str, &'static str, &'static str, usize, Fault, i32, &str)> = vec![
        ("401", "POST", "uploads", 99, answer(401, ""), 1, "needs credentials"),
        ("403", "POST", "uploads", 99, answer(403, ""), 1, "refuses"),
        ("403 at the tag", "PUT", "manifests/0.2.0", 99, answer(403, ""), 1, "refuses"),
        ("404", "POST", "uploads", 99, answer(404, ""), 3, "it answered 404"),
        ("429 for ever", "HEAD", "manifests/0.2.0", 99, answer(429, "Retry-After: 0\r\n"), 3, "it answered 429"),
        ("429 and then well", "HEAD", "manifests/0.2.0", 2, answer(429, "Retry-After: 1\r\n"), 0, ""),
        ("500", "PUT", "manifests/0.2.0", 99, answer(500, ""), 3, "it answered 500"),
        ("503 and then well", "PUT", "uploads", 2, answer(503, ""), 0, ""),
        ("no TLS", "POST", "uploads", 99, answer(202, "Location: http://192.0.2.1/\r\n"), 3, "only https"),
        ("nowhere", "POST", "uploads", 99, answer(202, "Location: /nowhere\r\n"), 3, "it answered 404"),
        ("no place", "POST", "uploads", 99, answer(202, ""), 3, "it does not say where"),
        ("wrong digest", "PUT", "manifests/0.2.0", 99, answer(201, &ones), 3, "it says that it took"),
        ("not kept", "PUT", "manifests/0.2.0", 99, answer(201, ""), 3, "does not have it"),
        ("writing elsewhere", "PUT", "manifests/0.2.0", 99, answer(307, &elsewhere), 3, "it answered 307"),
        ("other bytes", "GET", "/blobs/", 99, Fault::Body("other"), 3, "what came is sha256:"),
        ("cut before the answer", "PUT", "manifests/0.2.0", 99, Fault::CutAfter(0), 3, "cannot be reached"),
        ("cut in its head", "POST", "uploads", 99, Fault::CutAfter(20), 3, "cannot be reached"),
        ("cut in its body", "GET", "/blobs/", 99, Fault::CutAfter(90), 3, "cannot be reached"),
        ("cut at the signature", "PUT", "manifests/sha256:", 99, Fault::CutAfter(0), 3, "cannot be reached"),
        ("cut at the index", "PUT", "manifests/sha256-", 99, Fault::CutAfter(0), 3, "cannot be reached"),
        ("500 at the old signature", "PUT", ".sig", 99, answer(500, ""), 3, "it answered 500"),
    ];
    for (what, method, path, times, fault, code, says) in cases {
        registry.empty();
        let _ = fs::remove_dir_all(world.path("assets"));
        registry.fail(method, path, times, fault);
        let output = ci.lineage(["publish", TAG]);
        assert_eq!(output.code, code, "{what}: {}", output.text());
        assert!(output.text().contains(says), "{what}: {}", output.text());
        assert!(!output.text().contains("panicked"), "{what}: {}", output.text());
        assert_eq!(world.path("assets").join(TAG).exists(), code == 0, "{what}: assets are for what is published");
        registry.heal();
        ci.lineage(["publish", TAG]).succeeds();
        assert_eq!(assets(&world).len(), 12, "{what}");
    }
    assert!(other.state().seen.is_empty(), "nothing was written elsewhere");
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

#[test]
fn w8_credentials_open_doors_and_go_nowhere_else() {
    let (registry, other) = (Registry::start(), Registry::start());
    let world = built_for(&at(&registry), "");
    let ci = world.ci();
    for door in [Door::Basic, Door::Bearer] {
        registry.state().door = door;
        let output = ci.lineage(["publish", TAG]).exits(1);
        drop(output.says(&["needs credentials", "helm registry login 127.0.0.1"]));
        assert_eq!(registry.state().blobs.len(), 0, "{door:?}");
        log_in(&world, &registry.host);
        ci.lineage(["publish", TAG]).succeeds();
        // Helm keeps what it was told elsewhere.
        registry.empty();
        fs::rename(world.path("home/.docker/config.json"), world.path("helm.json")).expect("it was written");
        let helm = world.path("helm.json").display().to_string();
        drop(ci.lineage_with(["publish", TAG], &[("HELM_REGISTRY_CONFIG", &helm)]).exits(0));
        registry.empty();
    }
    // A blob that lies elsewhere is fetched there, as nobody.
    registry.state().door = Door::Basic;
    log_in(&world, &registry.host);
    ci.lineage(["publish", TAG]).succeeds();
    let blobs = registry.state().blobs.clone();
    other.state().blobs = blobs;
    let ours = registry.state().seen.iter().filter(|(_, said)| said.starts_with("Basic")).count();
    assert!(ours > 0);
    let package = format!("sha256:{}", ci.payload(TAG)["predicted"]["tgz"].as_str().expect("a digest"));
    let there = format!("Location: http://{}/v2/charts/test-workflow/blobs/{package}\r\n", other.host);
    let blob: &'static str = format!("blobs/{package}").leak();
    registry.fail("GET", blob, 99, Fault::Answer(307, there, ""));
    ci.lineage(["publish", TAG]).succeeds();
    assert!(other.count("GET", "/blobs/") > 0);
    assert!(other.state().seen.iter().all(|(_, said)| said.is_empty()), "credentials went to another host");
}

#[test]
fn oc9_a_stranger_can_pull_what_is_published() {
    let registry = Registry::start();
    registry.state().door = Door::Private;
    let world = built_for(&at(&registry), "");
    let ci = world.ci();
    log_in(&world, &registry.host);
    let output = ci.lineage(["publish", TAG]).exits(1);
    drop(output.says(&["nobody can pull oci://127.0.0.1", "without logging in", "private = true"]));
    assert!(!world.path("assets").join(TAG).exists(), "not released before a stranger can have it");
    registry.state().door = Door::Basic;
    ci.lineage(["publish", TAG]).succeeds();

    let registry = Registry::start();
    registry.state().door = Door::Private;
    let world = built_for(&at(&registry), "private = true\n");
    log_in(&world, &registry.host);
    world.ci().lineage(["publish", TAG]).succeeds();
}

#[test]
fn w8_a_signature_that_went_missing_is_attached_again() {
    let registry = Registry::start();
    let world = built_for(&at(&registry), "");
    let ci = world.ci();
    ci.lineage(["publish", TAG]).succeeds();
    let digest = predicted(&ci);
    let name = digest.replace(':', "-");
    let tags = [name.clone(), format!("{name}.sig"), format!("{name}.att")];
    for tag in &tags {
        assert!(registry.state().manifests.remove(tag).is_some(), "{tag}");
    }
    ci.lineage(["publish", TAG]).succeeds();
    for tag in &tags {
        assert!(registry.state().manifests.contains_key(tag), "{tag}");
    }
    // The statements alone, which the plan tells of with what they say.
    assert!(registry.state().manifests.remove(&tags[2]).is_some());
    ci.lineage(["publish", TAG]).succeeds();
    assert!(registry.state().manifests.contains_key(&tags[2]));
    assert!(registry.state().manifests.contains_key(&digest.replace(':', "-")));
    // What everybody may attach keeps nobody busy, and is no signature.
    let junk = b"{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"layers\":[]}".to_vec();
    let junk_digest = format!("sha256:{}", git_lineage::model::Sha256::of(&junk));
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let index = serde_json::json!({ "schemaVersion": 2, "manifests": [
        { "mediaType": media_type, "digest": junk_digest, "size": junk.len() },
        { "mediaType": media_type, "digest": format!("sha256:{}", "2".repeat(64)), "size": 7 },
        { "mediaType": "x", "digest": "y" }, 7,
    ]});
    {
        let mut state = registry.state();
        state.manifests.insert(junk_digest, (media_type.to_owned(), junk));
        let kind = "application/vnd.oci.image.index.v1+json".to_owned();
        state.manifests.insert(digest.replace(':', "-"), (kind, index.to_string().into_bytes()));
    }
    ci.lineage(["publish", TAG]).succeeds();
    let bytes = registry.state().manifests[&digest.replace(':', "-")].1.clone();
    let index: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(index["manifests"].as_array().map(Vec::len), Some(7), "what others attached is kept");
}

#[test]
fn w8_leftovers_of_a_stopped_run_go() {
    let world = World::at(crate::world::Stop::Tagged);
    let ci = world.ci();
    ci.lineage(["build", TAG]).succeeds();
    let partial = world.path("assets").join(format!(".{TAG}.partial"));
    fs::create_dir_all(&partial).expect("the world is writable");
    fs::write(partial.join("test-workflow-0.2.0.tgz"), "half").expect("the world is writable");
    fs::create_dir_all(world.path("registry")).expect("the world is writable");
    fs::write(world.path("registry/index.json.lock"), "").expect("the world is writable");
    ci.lineage(["publish", TAG]).succeeds();
    assert!(!partial.exists());
    let names: Vec<String> = assets(&world).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "CHANGELOG.md",
            "LICENSE",
            "README.md",
            "attestation-lineage.json",
            "attestations.jsonl",
            "lineage.html",
            "test-workflow-0.2.0.cdx.json",
            "test-workflow-0.2.0.intoto.jsonl",
            "test-workflow-0.2.0.sigstore",
            "test-workflow-0.2.0.sigstore.json",
            "test-workflow-0.2.0.tgz",
            "test-workflow-0.2.0.tgz.sig",
        ]
    );
    // One that was changed is neither replaced nor completed.
    let package = world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz");
    fs::write(&package, "other").expect("the world is writable");
    fs::remove_file(world.path("assets").join(TAG).join("README.md")).expect("it was there");
    drop(ci.lineage(["publish", TAG]).exits(4).says(&["exists with other content"]));
    assert!(!world.path("assets").join(TAG).join("README.md").exists());
    assert!(Path::new(&package).exists());
}
