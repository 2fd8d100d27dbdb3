//! Changing one byte of anything a verdict rests on ends it, by the name of the link that broke.
//!
//! The bytes are changed where they lie, under the ids they had: what a failing disk does, or somebody
//! with access to the object store. The first, the last and some bytes between are taken of each thing; with
//! `LINEAGE_SOAK` set, every byte (`tests/soak/run`).

use crate::world::{Output, Site, TAG, World};

/// A clone whose objects are all loose, and whose release is proven.
fn begin(world: &World) -> Site<'_> {
    let site = world.stranger();
    site.unpack();
    drop(site.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    site
}

/// Some positions of a thing of this length; all of them in the soak.
fn positions(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = if std::env::var_os("LINEAGE_SOAK").is_some() { length } else { count };
    (0..count).map(move |n| (length - 1) * n / (count - 1).max(1))
}

#[track_caller]
fn judged(site: &Site<'_>) -> Output {
    site.lineage(["verify", "--json", TAG])
}

#[test]
fn every_byte_of_the_chart() {
    let world = World::published();
    let site = begin(&world);
    let listing = site.git(["ls-tree", "-r", &format!("refs/tags/{TAG}^{{commit}}"), "charts/test-workflow"]);
    for line in listing.lines() {
        let (entry, path) = line.split_once('\t').expect("git prints it so");
        let blob = site.loose(entry.rsplit(' ').next().expect("git prints it so"));
        for position in positions(blob.content().len(), 3) {
            blob.flip(position);
            let output = judged(&site).exits(1);
            let text = output.text();
            assert!(text.contains(path), "byte {position} of {path} is not named:\n{text}");
            blob.restore();
        }
    }
    drop(judged(&site).exits(0));
}

#[test]
fn every_byte_of_the_tag_object() {
    let world = World::published();
    let site = begin(&world);
    let tag = site.loose(&site.rev(&format!("refs/tags/{TAG}")));
    for position in positions(tag.content().len(), 24) {
        tag.flip(position);
        let output = judged(&site);
        assert_eq!(output.code, 1, "byte {position} of the tag object:\n{}", output.text());
        assert!(output.text().contains("tag"), "byte {position}: {}", output.text());
        tag.restore();
    }
    drop(judged(&site).exits(0));
}

#[test]
fn every_byte_of_the_tree_and_the_commit() {
    let world = World::published();
    let site = begin(&world);
    for revision in ["^{commit}", "^{tree}", ":charts", ":charts/test-workflow"] {
        let object = site.loose(&site.rev(&format!("refs/tags/{TAG}{revision}")));
        for position in positions(object.content().len(), 3) {
            object.flip(position);
            let output = judged(&site);
            assert!(output.code != 0, "byte {position} of {revision} is not missed:\n{}", output.text());
            object.restore();
        }
    }
    drop(judged(&site).exits(0));
}

#[test]
fn every_byte_of_each_bundle_the_payload_names() {
    let world = World::published();
    let site = begin(&world);
    let mut named: Vec<String> = site.payload(TAG)["attestations"]
        .as_object()
        .expect("a map")
        .values()
        .map(|named| named["id"].as_str().expect("a label").to_owned())
        .collect();
    assert!(named.len() >= 9, "checks, seal, links, overall: {named:?}");
    for object in site.ledger_objects("test-workflow") {
        let lines = site.ledger("test-workflow", &object);
        for (number, line) in lines.iter().enumerate() {
            let Some(which) = named.iter().position(|id| line.contains(&format!("\"{id}\""))) else { continue };
            named.remove(which);
            let start = line.find("\"bundle\":").expect("a record has a bundle") + "\"bundle\":".len();
            for position in positions(line.len() - start - 1, 4).map(|position| start + position) {
                let mut bytes = line.clone().into_bytes();
                bytes[position] ^= 1;
                let mut flipped = lines.clone();
                flipped[number] = String::from_utf8(bytes).expect("a bit of ASCII is ASCII");
                site.set_ledger("test-workflow", &object, &flipped);
                let output = judged(&site);
                let name = record_name(line);
                assert_eq!(output.code, 1, "byte {position} of {name}:\n{}", output.text());
                output.breaks(&[&name]);
            }
        }
        site.set_ledger("test-workflow", &object, &lines);
    }
    assert!(named.is_empty(), "the ledger holds every bundle the payload names: {named:?}");
    drop(judged(&site).exits(0));
}

fn record_name(line: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(line).expect("a record is JSON");
    json["name"].as_str().expect("a record has a name").to_owned()
}

#[test]
fn every_byte_of_the_package() {
    let world = World::published();
    let site = world.stranger();
    let bytes = std::fs::read(world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz")).expect("published");
    for position in positions(bytes.len(), 24) {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1;
        site.write("given.tgz", &flipped);
        let output = site.lineage(["verify", "--json", TAG, "--package", "given.tgz"]);
        assert_eq!(output.code, 1, "byte {position} of the package:\n{}", output.text());
        output.breaks(&["package"]);
    }
}
