//! SLSA: the build statement is provenance v1 to the letter, and `verify --vsa` says in its words what a verdict
//! found.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect;
use git_lineage::model::{Record, Statement};
use git_lineage::sigstore::PrivateKey;
use serde_json::{Value, json};

use crate::world::{Site, Stop, TAG, World};

const FILE: &str = "test-workflow-0.2.0.tgz";
const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn inside(bundle: &str) -> Value {
    let bundle: Value = serde_json::from_str(bundle).expect("a bundle is JSON");
    assert_eq!(bundle["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    let payload = bundle["dsseEnvelope"]["payload"].as_str().expect("base64");
    serde_json::from_slice(&STANDARD.decode(payload).expect("base64")).expect("a statement is JSON")
}

fn build_statement(site: &Site<'_>) -> Value {
    site.lineage(["export", TAG, "-o", "../evidence"]).succeeds();
    inside(&site.read("../evidence/test-workflow-0.2.0.sigstore.json"))
}

/// An object with exactly these fields.
fn fields(value: &Value, names: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let mut found: Vec<&str> = object.keys().map(String::as_str).collect();
    let mut wanted = names.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}: {value:#}"))
}

/// `2025-11-21T05:00:00Z`
fn is_time(text: &str) {
    assert!(text.len() == 20 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(), "{text}");
}

/// <https://slsa.dev/spec/v1.1/provenance#schema>, field by field.
#[test]
fn the_build_statement_is_slsa_provenance_v1() {
    let world = World::published();
    let ci = world.ci();
    let statement = build_statement(&ci);
    let payload = ci.payload(TAG);
    fields(&statement, &["_type", "subject", "predicateType", "predicate"]);
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    let sha256 = |what: &str| json!({ "sha256": payload["predicted"][what] });
    let subjects = json!([
        { "name": FILE, "digest": sha256("tgz") },
        { "name": "test-workflow-0.2.0.manifest.json", "digest": sha256("oci") },
    ]);
    assert_eq!(statement["subject"], subjects);

    let predicate = &statement["predicate"];
    fields(predicate, &["buildDefinition", "runDetails"]);
    let definition = &predicate["buildDefinition"];
    fields(definition, &["buildType", "externalParameters", "internalParameters", "resolvedDependencies"]);
    assert_eq!(definition["buildType"], "https://git-lineage.dev/package/v1");
    assert_eq!(definition["externalParameters"], json!({}));
    let parameters = &definition["internalParameters"];
    fields(parameters, &["repository", "chart", "directory", "time", "tag", "tagObject", "package", "compressor"]);
    assert_eq!(parameters["package"], payload["predicted"]);
    assert_eq!(parameters["tag"], TAG);
    let object = ci.rev(&format!("refs/tags/{TAG}"));
    let expected = json!([
        { "name": "tag", "digest": { "gitTag": object } },
        { "name": "commit", "digest": { "gitCommit": ci.rev(&format!("{TAG}^{{commit}}")) } },
        { "name": "chart", "digest": { "gitTree": ci.rev(&format!("{TAG}:charts/test-workflow")) } },
    ]);
    assert_eq!(definition["resolvedDependencies"], expected);

    let details = &predicate["runDetails"];
    fields(details, &["builder", "metadata", "byproducts"]);
    fields(&details["builder"], &["id", "version"]);
    assert_eq!(text(details, "/builder/id"), "https://git-lineage.dev/builder/local");
    assert_eq!(text(details, "/builder/version/git-lineage"), env!("CARGO_PKG_VERSION"));
    fields(&details["metadata"], &["startedOn", "finishedOn"]);
    is_time(text(details, "/metadata/startedOn"));
    is_time(text(details, "/metadata/finishedOn"));
    let byproducts = json!([
        { "name": "test-workflow-0.2.0.tar", "digest": sha256("tar"), "mediaType": "application/x-tar" },
        { "name": "test-workflow-0.2.0.manifest.json", "digest": sha256("oci"), "mediaType": IMAGE_MANIFEST },
    ]);
    assert_eq!(details["byproducts"], byproducts);
}

/// What is well signed and says that something else had a say in the build proves nothing.
#[test]
fn a_build_that_rests_on_anything_else_is_not_proven() {
    let world = World::published();
    let ci = world.ci();
    let statement = build_statement(&ci);
    let object = ci.rev(&format!("refs/tags/{TAG}"));
    let mut lines = ci.ledger("test-workflow", &object);
    lines.retain(|line| !line.contains("\"w7-build-test-workflow\""));
    let key = PrivateKey::load(&world.path("keys/ci.pem"), None).expect("a key");
    let name = "w7-build-test-workflow";
    for (at, value, why) in [
        ("externalParameters", json!({ "ref": "main" }), "external parameter ref"),
        ("buildType", json!("https://git-lineage.dev/package/v2"), "no such attestation"),
        ("resolvedDependencies", json!([]), "do not name the gitTag"),
        ("resolvedDependencies/1/digest", json!({ "gitCommit": "1".repeat(40) }), "do not name the gitCommit"),
        ("resolvedDependencies/2/digest", json!({ "gitTree": "1".repeat(40) }), "do not name the gitTree"),
    ] {
        let mut altered = statement.clone();
        let place = format!("/predicate/buildDefinition/{at}");
        *altered.pointer_mut(&place).expect("it is there") = value;
        let altered: Statement = serde_json::from_value(altered).expect("a statement");
        let record = Record::new(name, &key.sign(&altered).expect("signed")).expect("a record");
        let mut with = lines.clone();
        with.push(record.line());
        ci.set_ledger("test-workflow", &object, &with);
        let broken = ci.lineage(["verify", TAG, "--json"]).exits(1).breaks(&[name]);
        assert!(broken.iter().any(|(link, reason)| link == name && reason.contains(why)), "{at}: {broken:#?}");
    }
}

#[test]
fn in_a_workflow_the_builder_is_the_workflow_and_the_source_has_an_address() {
    let world = World::at(Stop::Tagged);
    let ci = world.ci();
    let job = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "octo/charts"),
        ("GITHUB_RUN_ID", "77"),
        ("GITHUB_RUN_ATTEMPT", "2"),
        ("GITHUB_WORKFLOW_REF", "octo/charts/.github/workflows/release.yml@refs/heads/main"),
    ];
    // The remote as a workflow has it, with its token; git goes to the one on disk.
    let address = "https://x-access-token:secret@github.com/octo/charts";
    let origin = ci.git(["config", "remote.origin.url"]);
    ci.git(["config", &format!("url.{origin}.insteadOf"), address]);
    ci.git(["config", "remote.origin.url", address]);
    ci.lineage_with(["build", TAG], &job).succeeds();
    let statement = build_statement(&ci);
    let details = &statement["predicate"]["runDetails"];
    let workflow = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main";
    assert_eq!(text(details, "/builder/id"), workflow);
    let page = "https://github.com/octo/charts/actions/runs/77/attempts/2";
    assert_eq!(text(details, "/metadata/invocationId"), page);
    let dependencies = &statement["predicate"]["buildDefinition"]["resolvedDependencies"];
    let uri = format!("git+https://github.com/octo/charts@refs/tags/{TAG}");
    assert_eq!((text(dependencies, "/0/uri"), text(dependencies, "/1/uri")), (&*uri, &*uri));
    assert!(!statement.to_string().contains("secret"), "{statement:#}");
    drop(ci.lineage(["verify", TAG]).exits(0).says(&["proven"]));
}

/// <https://slsa.dev/spec/v1.1/verification_summary#schema>, field by field.
fn summary(statement: &Value) -> &Value {
    fields(statement, &["_type", "subject", "predicateType", "predicate"]);
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://slsa.dev/verification_summary/v1");
    let predicate = &statement["predicate"];
    fields(
        predicate,
        &[
            "verifier",
            "timeVerified",
            "resourceUri",
            "policy",
            "inputAttestations",
            "verificationResult",
            "verifiedLevels",
            "slsaVersion",
        ],
    );
    assert_eq!(text(predicate, "/verifier/id"), "https://git-lineage.dev/verify");
    assert_eq!(text(predicate, "/verifier/version/git-lineage"), env!("CARGO_PKG_VERSION"));
    is_time(text(predicate, "/timeVerified"));
    assert_eq!(text(predicate, "/policy/digest/sha256").len(), 64);
    assert_eq!(predicate["slsaVersion"], "1.1");
    predicate
}

#[test]
fn a_proven_release_has_passed() {
    let world = World::published();
    let ci = world.ci();
    let payload = ci.payload(TAG);
    drop(ci.lineage(["verify", TAG, "--vsa", "../vsa.json"]).exits(0).says(&["proven"]));
    let statement = inside(&ci.read("../vsa.json"));
    let predicate = summary(&statement);
    let sha256 = |what: &str| json!({ "sha256": payload["predicted"][what] });
    let subjects = json!([
        { "name": FILE, "digest": sha256("tgz") },
        { "name": "test-workflow-0.2.0.manifest.json", "digest": sha256("oci") },
    ]);
    assert_eq!(statement["subject"], subjects);
    assert_eq!(predicate["verificationResult"], "PASSED");
    assert_eq!(predicate["verifiedLevels"], json!(["SLSA_BUILD_LEVEL_UNEVALUATED"]));
    let release = format!("https://git-lineage.dev/release/{}/{TAG}", crate::world::REPOSITORY);
    assert_eq!(predicate["resourceUri"], json!(release));
    // Every bundle the payload names is among what it was made from, and the build.
    let inputs = predicate["inputAttestations"].as_array().cloned().unwrap_or_default();
    for named in payload["attestations"].as_object().expect("a map").values() {
        let digest = json!({ "sha256": named["bundle"] });
        assert!(inputs.iter().any(|input| input["digest"] == digest), "{named}");
    }
    assert!(inputs.iter().any(|input| input["name"] == "w7-build-test-workflow"), "{inputs:#?}");

    // With the package at hand it is the same; and it is no evidence.
    drop(ci.lineage(["verify", &format!("../assets/{TAG}/{FILE}"), "--vsa", "../again.json"]).exits(0));
    assert_eq!(inside(&ci.read("../again.json"))["subject"], subjects);
    drop(ci.lineage(["attest", "import", "../vsa.json"]).exits(1).says(&["a verification summary"]));
}

#[test]
fn without_a_key_the_statement_is_bare_and_that_is_said() {
    let world = World::published();
    let site = world.stranger();
    let output = site.lineage(["verify", TAG, "--vsa", "vsa.json"]).exits(0);
    drop(output.says(&["vsa.json is not signed"]));
    let statement: Value = serde_json::from_str(&site.read("vsa.json")).expect("JSON");
    assert_eq!(summary(&statement)["verificationResult"], "PASSED");
}

#[test]
fn what_is_not_proven_has_failed() {
    let world = World::published();
    let ci = world.ci();
    // The tag's own statement is gone.
    let object = ci.rev(&format!("refs/tags/{TAG}"));
    let lines = ci.ledger("test-workflow", &object);
    let without: Vec<String> = lines.iter().filter(|line| !line.contains("\"w6-tag\"")).cloned().collect();
    ci.set_ledger("test-workflow", &object, &without);
    drop(ci.lineage(["verify", TAG, "--vsa", "../vsa.json"]).exits(1).says(&["not proven"]));
    let statement = inside(&ci.read("../vsa.json"));
    let predicate = summary(&statement);
    assert_eq!(predicate["verificationResult"], "FAILED");
    assert_eq!(predicate["verifiedLevels"], json!(["FAILED"]));
    ci.set_ledger("test-workflow", &object, &lines);

    // Another file than the release's: it has failed, not the release it claims to be.
    let mut bytes = std::fs::read(world.path("assets").join(TAG).join(FILE)).expect("published");
    bytes.push(0);
    ci.write(&format!("../{FILE}"), &bytes);
    drop(ci.lineage(["verify", TAG, "--package", &format!("../{FILE}"), "--vsa", "../vsa.json"]).exits(1));
    let statement = inside(&ci.read("../vsa.json"));
    assert_eq!(summary(&statement)["verificationResult"], "FAILED");
    let digest = git_lineage::model::Sha256::of(&bytes).to_string();
    assert_eq!(statement["subject"], json!([{ "name": FILE, "digest": { "sha256": digest } }]));
}

#[test]
fn what_cannot_be_told_has_not_passed() {
    let world = World::published();
    let site = world.clone("without-ledger", &[]);
    drop(site.lineage(["verify", TAG, "--vsa", "vsa.json"]).exits(3));
    let statement: Value = serde_json::from_str(&site.read("vsa.json")).expect("JSON");
    assert_eq!(summary(&statement)["verificationResult"], "FAILED");
}

#[test]
fn an_earlier_summary_never_stands_for_a_run_without_a_verdict() {
    let world = World::published();
    let ci = world.ci();
    drop(ci.lineage(["verify", TAG, "--vsa", "../vsa.json"]).exits(0));
    drop(ci.lineage(["verify", "no-such-v1.0.0", "--vsa", "../vsa.json"]).exits(2));
    assert!(!world.path("vsa.json").exists(), "a summary of another run is still there");
    // A release from before lineage has no package to speak of.
    ci.git(["tag", "cloudflared-v0.4.3", "origin/main"]);
    let output = ci.lineage(["verify", "cloudflared-v0.4.3", "--vsa", "../vsa.json"]).exits(1);
    drop(output.says(&["was not written"]));
    assert!(!world.path("vsa.json").exists());

    ci.lineage(["verify", TAG, TAG, "--vsa", "../vsa.json"]).is(expect![[r#"
        exit 2
        --- stderr
        error: `--vsa` is about one release, and several are asked for

        hint: verify them one by one
    "#]]);
    drop(ci.lineage(["verify", "--all", "--vsa", "../vsa.json"]).exits(2));
    drop(ci.lineage(["verify", TAG, "--key", "../nokey.pem", "--vsa", "../vsa.json"]).exits(2));
    drop(ci.lineage(["verify", TAG, "--vsa", "charts"]).exits(3).says(&["charts"]));
}
