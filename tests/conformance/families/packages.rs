//! The package: what the tag predicts, what the build attests, what somebody has in hand.

use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::conformance::case::{Begin, Case, case};
use crate::conformance::desk::Desk;
use crate::conformance::scene::{OTHER, Scene};
use crate::conformance::signer::sha256;

const BUILD: &str = "w7-build-test-workflow";

/// A package file beside the lineage, judged with the tag.
fn given(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    bytes: fn(&Scene<'_>) -> Vec<u8>,
) -> Case {
    case(id, title, done)
        .with_package()
        .fails(&["package"], &[word])
        .by(move |scene| scene.write("package.tgz", bytes(scene)))
}

/// One digest that the tag predicts, and the build attests, is another.
fn predicted(id: &'static str, title: &'static str, which: &'static str) -> Case {
    case(id, title, "payload and build statement name a digest that the tagged source does not give")
        .fails(&["package"], &["rebuilt from the tag is"])
        .by(move |scene| {
            let mut desk = scene.desk();
            let said = desk.payload["predicted"][which].as_str().expect("a digest").to_owned();
            desk.rename(&said, &sha256("swapped"));
            if which == "tar" {
                // The build's tar is recomputed, too: what it attests stays the honest one.
                desk.payload["predicted"]["tar"] = json!(sha256("swapped"));
            }
            desk.publish();
        })
}

/// A build statement that lies.
fn build(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    lie: fn(&mut Desk<'_>),
) -> Case {
    case(id, title, done).fails(&[BUILD], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        lie(&mut desk);
        desk.publish();
    })
}

/// The honest package's tar.
fn tar(bytes: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut tar).expect("it was published");
    tar
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(tar).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The honest package with other values, still a package.
fn swapped(scene: &Scene<'_>) -> Vec<u8> {
    let mut tar = tar(&scene.package());
    let at = tar.windows(11).position(|bytes| bytes == b"probe: true").expect("the values are in it");
    tar[at..at + 11].copy_from_slice(b"probe: evil");
    gzip(&tar)
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("package-given", "The published package", "nothing; the package is at hand").with_package().by(|scene| {
            scene.write("package.tgz", scene.package());
        }),
        case("package-alone", "The published package, asked for by itself", "nothing; the package is what is judged")
            .judging("package.tgz")
            .by(|scene| scene.write("package.tgz", scene.package())),
        given("package-swapped", "A package that was swapped", "the package at hand has other values", "the given file's tar", swapped),
        given("package-longer", "A package with something behind it", "the package at hand has one byte more", "the given file", |scene| {
            let mut bytes = scene.package();
            bytes.push(0);
            bytes
        }),
        given("package-cut-off", "A package that was cut off", "the package at hand lacks its last bytes", "the given file", |scene| {
            let bytes = scene.package();
            bytes[..bytes.len() - 9].to_vec()
        }),
        given("package-compressed-anew", "A package compressed anew", "the package at hand holds the very tar, in another compression", "the given file is", |scene| {
            gzip(&tar(&scene.package()))
        }),
        given("package-is-text", "A file that is no package", "the file at hand is text", "the given file", |_| b"no package\n".to_vec()),
        case("package-of-another-chart", "Another chart's package", "the package at hand is the other chart's, published and proven")
            .from(Begin::Second)
            .with_package()
            .fails(&["package"], &["the given file's tar"])
            .by(|scene| {
                let path = scene.world.path("assets").join(OTHER).join("cloudflared-0.4.4.tgz");
                scene.write("package.tgz", std::fs::read(path).expect("it was published"));
            }),
        case("package-swapped-alone", "A swapped package, asked for by itself", "the package that is judged has other values than the tag gives")
            .judging("package.tgz")
            .fails(&["package"], &["the given file's tar"])
            .by(|scene| scene.write("package.tgz", swapped(scene))),
        predicted("predicted-other-tgz", "A tag that predicts another tgz", "tgz"),
        predicted("predicted-other-manifest", "A tag that predicts another manifest", "oci"),
        case("predicted-other-tar", "A tag that predicts another tar", "payload and build statement name a tar that the tagged source does not give")
            .fails(&["package"], &["the tar rebuilt from the tag is"])
            .by(|scene| {
                let mut desk = scene.desk();
                let said = desk.payload["predicted"]["tar"].as_str().expect("a digest").to_owned();
                desk.rename(&said, &sha256("swapped"));
                desk.publish();
            }),
        case("predicted-unknown-compressor", "A compressor nobody has here", "the payload names another compressor; the digests are what it would have made of the same tar")
            .by(|scene| {
                let mut desk = scene.desk();
                desk.payload["compressor"] = json!("zopfli 1.0");
                let tgz = desk.payload["predicted"]["tgz"].as_str().expect("a digest").to_owned();
                desk.rename(&tgz, &sha256(gzip(&tar(&scene.package()))));
                desk.publish();
            }),
        case("predicted-unknown-compressor-swapped", "A swapped package behind an unknown compressor", "the payload names another compressor and the digest of a package with other values, which is at hand")
            .with_package()
            .fails(&["package"], &["the given file's tar"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.payload["compressor"] = json!("zopfli 1.0");
                let tgz = desk.payload["predicted"]["tgz"].as_str().expect("a digest").to_owned();
                desk.rename(&tgz, &sha256(swapped(scene)));
                desk.publish();
                scene.write("package.tgz", swapped(scene));
            }),
        case("predicted-unknown-compressor-manifest", "A manifest behind an unknown compressor", "the payload names another compressor and any manifest's digest; that manifest is asked about, and nothing here can tell what it holds")
            .judging("oci://registry.example/charts/test-workflow@sha256:fd9a4b8a1d1f6b3b5b8b0f6ad3e2a1c05c1e6a2f7f8e9d0c1b2a394857667788")
            .exits(3, &["package"], &["compressor"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.payload["compressor"] = json!("zopfli 1.0");
                let oci = desk.payload["predicted"]["oci"].as_str().expect("a digest").to_owned();
                desk.rename(&oci, "fd9a4b8a1d1f6b3b5b8b0f6ad3e2a1c05c1e6a2f7f8e9d0c1b2a394857667788");
                desk.publish();
            }),
        case("manifest-of-no-release", "A manifest nobody released", "a manifest is asked about that no tag predicts")
            .judging("oci://registry.example/charts/test-workflow@sha256:fd9a4b8a1d1f6b3b5b8b0f6ad3e2a1c05c1e6a2f7f8e9d0c1b2a394857667788")
            .exits(2, &[], &["no release tag here predicts"]),
        build("build-of-another-tag", "A build from another tag", "the build statement says it was built from another tag", "it was built from", |desk| {
            let parameters = &mut desk.record(BUILD).statement["predicate"]["buildDefinition"]["internalParameters"];
            parameters["tag"] = json!("test-workflow-v9.9.9");
        }),
        build("build-of-another-tag-object", "A build from another tag object", "the build statement names another tag object", "it was built from", |desk| {
            let parameters = &mut desk.record(BUILD).statement["predicate"]["buildDefinition"]["internalParameters"];
            parameters["tagObject"] = json!("1234567890123456789012345678901234567890");
        }),
        build("build-of-another-package", "A build of another package", "the build statement's subject is another tgz", "its subject test-workflow-0.2.0.tgz", |desk| {
            let subjects = desk.record(BUILD).statement["subject"].as_array_mut().expect("a list");
            let tgz = subjects.iter_mut().find(|subject| subject["name"] == "test-workflow-0.2.0.tgz");
            tgz.expect("it is there")["digest"]["sha256"] = json!(sha256("swapped"));
        }),
        build("build-with-other-digests", "A build with other digests inside", "the build statement's parameters name another manifest than the tag predicts", "its digests", |desk| {
            let parameters = &mut desk.record(BUILD).statement["predicate"]["buildDefinition"]["internalParameters"];
            parameters["package"]["oci"] = json!(sha256("swapped"));
        }),
        build("build-from-another-commit", "Provenance that names another commit", "the build statement's resolved dependencies name a commit that was not tagged", "do not name the gitCommit", |desk| {
            let other = "1234567890123456789012345678901234567890";
            let commit = desk.commit();
            let text = desk.record(BUILD).statement.to_string().replace(&commit, other);
            desk.record(BUILD).statement = serde_json::from_str(&text).expect("it was JSON");
        }),
        build("build-two-stories", "Provenance that tells two stories", "the resolved dependencies that SLSA's readers look at name another commit than ours", "do not name the gitCommit", |desk| {
            let definition = &mut desk.record(BUILD).statement["predicate"]["buildDefinition"];
            definition["resolvedDependencies"][1]["digest"]["gitCommit"] = json!("1234567890123456789012345678901234567890");
        }),
        build("build-with-parameters", "A build that took parameters", "the build statement has external parameters", "the external parameter values", |desk| {
            let definition = &mut desk.record(BUILD).statement["predicate"]["buildDefinition"];
            definition["externalParameters"] = json!({ "values": "https://evil.example/values.yaml" });
        }),
        case("tag-from-another-commit", "A tag statement that names another commit", "the tag statement's resolved dependencies name a commit that was not tagged")
            .fails(&["w6-tag"], &["do not name the gitCommit"])
            .by(|scene| {
                let mut desk = scene.desk();
                let commit = desk.commit();
                let other = "1234567890123456789012345678901234567890";
                let text = desk.record("w6-tag").statement.to_string().replace(&commit, other);
                desk.record("w6-tag").statement = serde_json::from_str(&text).expect("it was JSON");
                desk.publish();
            }),
    ]
}
