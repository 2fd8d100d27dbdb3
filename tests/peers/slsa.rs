//! cosign reads what we say in SLSA's words, and we read what cosign signs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::peer;
use crate::world::{CI_PUBLIC, MALLORY_PUBLIC, Output, Site, TAG, World};

const FILE: &str = "test-workflow-0.2.0.tgz";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";

/// cosign in PATH, or where `tests/peers/README.md` has it installed; none, and said so, where it is not.
fn cosign() -> Option<PathBuf> {
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers/bin/cosign");
    let program = if own.exists() { own } else { PathBuf::from("cosign") };
    let install = "go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3";
    peer("cosign", Command::new(&program).arg("version"), install).then_some(program)
}

/// `cosign verify-blob-attestation` with a key and nothing else: no log, no trusted root, no network.
fn verify(site: &Site<'_>, public: &str, bundle: &str, kind: &str, file: &str) -> Output {
    site.write("key.pub", public);
    let mut command = site.command(cosign().expect("it was there a moment ago"));
    command.args(["verify-blob-attestation", "--key", "key.pub", "--insecure-ignore-tlog", "--bundle", bundle]);
    command.args(["--type", kind, file]);
    site.run(&mut command)
}

/// A published release, its evidence exported to `evidence/`, with the package beside it.
fn exported(world: &World) -> Site<'_> {
    let ci = world.ci();
    ci.lineage(["export", TAG, "-o", "../evidence"]).succeeds();
    drop(ci.lineage(["verify", TAG, "--vsa", "../evidence/vsa.json"]).exits(0));
    let package = world.path("assets").join(TAG).join(FILE);
    fs::copy(package, world.path("evidence").join(FILE)).expect("it was published");
    world.site("evidence", None)
}

#[test]
fn cosign_accepts_the_provenance_and_the_summary_of_a_package() {
    if cosign().is_none() {
        return;
    }
    let world = World::published();
    let site = exported(&world);
    let bundle = "test-workflow-0.2.0.sigstore.json";
    for (bundle, kind) in [(bundle, "slsaprovenance1"), ("vsa.json", SUMMARY)] {
        verify(&site, CI_PUBLIC, bundle, kind, FILE).succeeds();
        assert_ne!(verify(&site, MALLORY_PUBLIC, bundle, kind, FILE).code, 0, "another key signed {bundle}");
        assert_ne!(verify(&site, CI_PUBLIC, bundle, "spdxjson", FILE).code, 0, "{bundle} is of another type");
    }
    let mut bytes = fs::read(world.path("evidence").join(FILE)).expect("it was copied");
    bytes.push(0);
    site.write("other.tgz", &bytes);
    for (bundle, kind) in [(bundle, "slsaprovenance1"), ("vsa.json", SUMMARY)] {
        assert_ne!(verify(&site, CI_PUBLIC, bundle, kind, "other.tgz").code, 0, "{bundle} is about another file");
    }
}

#[test]
fn what_cosign_signs_is_imported() {
    let Some(cosign) = cosign() else { return };
    let world = World::published();
    let site = exported(&world);
    site.write("predicate.json", r#"{"reviewed":true}"#);
    let run = |arguments: &[&str]| {
        let mut command = site.command(&cosign);
        command.env("COSIGN_PASSWORD", "").args(arguments);
        site.run(&mut command).succeeds();
    };
    for (name, code) in [("ci", 0), ("mallory", 1)] {
        let pem = world.path("keys").join(format!("{name}.pem"));
        run(&["import-key-pair", "--yes", "--key", &pem.display().to_string(), "--output-key-prefix", name]);
        let (key, bundle) = (format!("{name}.key"), format!("{name}.json"));
        let with = ["--key", &key, "--bundle", &bundle, "--predicate", "predicate.json"];
        let quietly = ["--yes", "--tlog-upload=false", "--use-signing-config=false"];
        let kind = ["--type", "https://example.org/review/v1", FILE];
        run(&[&["attest-blob"], &with[..], &quietly, &kind].concat());
        let imported = world.ci().lineage(["attest", "import", &format!("../evidence/{bundle}")]).exits(code);
        drop(imported.says(&[if code == 0 { "foreign-review" } else { "not that of any trusted key" }]));
    }
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
}
