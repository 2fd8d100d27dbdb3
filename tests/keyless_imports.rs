//! Bundles that workflows sign with a certificate, carried in by hand: `actions/attest`, sigstore-python, and our
//! own statements signed by somebody else's program.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use git_lineage::model::Sha256;
use serde_json::{Value, json};

use crate::sigstore::{Claim, Defect, How, Identity, Sigstore};
use crate::world::{Output, PROBE, Site, TAG, World, policy, seed};

const WORKFLOW: &str = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main";

/// The record of the build statement.
const BUILD: &str = "w7-build-test-workflow";

/// When bundles that tell no time of their own are signed.
const TIME: i64 = 1_763_900_000;

/// A published release of a repository that trusts a workflow besides its key.
fn published() -> World {
    let identity = format!(
        r#"
[[trust.identities]]
name = "release"
issuer = "https://token.actions.githubusercontent.com"
signer = "{WORKFLOW}"
repository-id = "1001"
owner-id = "2002"
refs = ["refs/heads/main"]
events = ["push"]
runner = "github-hosted"
root = "given"
stages = ["build", "publish"]
"#
    );
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", policy() + &identity));
    let world = World::seeded_with(&files);
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let sigstore = Sigstore::new();
    world.ci().write("../root.json", sigstore.trusted_root_json());
    world.ci().write("../root-without-logs.json", sigstore.trusted_root_without_logs().to_string());
    world
}

fn workflow() -> Identity {
    Identity::github("octo/charts", "release.yml", "refs/heads/main")
}

fn import(site: &Site<'_>, bundle: &Value, root: &str) -> Output {
    site.write("../bundle.json", bundle.to_string());
    site.lineage(["--trusted-root", root, "attest", "import", "../bundle.json"])
}

/// What `actions/attest-build-provenance` says of the package.
fn provenance(site: &Site<'_>) -> String {
    let tgz = site.payload(TAG)["predicted"]["tgz"].clone();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "test-workflow-0.2.0.tgz", "digest": { "sha256": tgz } }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": { "buildType": "https://actions.github.io/buildtypes/workflow/v1" },
            "runDetails": { "builder": { "id": WORKFLOW } },
        },
    })
    .to_string()
}

#[test]
fn a_workflows_provenance_is_recorded_if_the_policy_trusts_the_workflow() {
    let world = published();
    let ci = world.ci();
    let sigstore = Sigstore::new();
    let statement = provenance(&ci);
    let sign = |identity: &Identity, how: &How| sigstore.sign(statement.as_bytes(), identity, how);
    let (logged, unlogged) = ("../root.json", "../root-without-logs.json");

    // Not one that only looks like it. Nothing is known of it in the ledger afterwards.
    let before = world.origin().git(["for-each-ref"]);
    let v1 = How::v1(TIME);
    for (what, bundle, why) in [
        ("no root", sign(&workflow(), &v1.clone().but(Defect::ForeignAuthority)), "not signed by anybody"),
        ("no log", sign(&workflow(), &v1.clone().but(Defect::NoProof)), "not signed by anybody"),
        ("expired", sign(&workflow(), &v1.clone().but(Defect::Expired)), "not signed by anybody"),
        ("tampered", sign(&workflow(), &v1.clone().but(Defect::TamperedSignature)), "not signed by anybody"),
        (
            "another repository of that name",
            sign(&workflow().with(Claim::SourceRepositoryIdentifier, "1002"), &v1),
            "repository id",
        ),
        (
            "another workflow",
            sign(&Identity::github("octo/charts", "other.yml", "refs/heads/main"), &v1),
            "other.yml",
        ),
        ("a pull request", sign(&workflow().with(Claim::BuildTrigger, "pull_request"), &v1), "pull_request"),
        ("a person", sign(&Identity::email("ada@example.org", "https://accounts.example.org"), &v1), "ada@"),
    ] {
        let output = import(&ci, &bundle, logged).exits(1);
        assert!(output.stdout.contains(why), "{what}: {}", output.text());
    }
    // The embedded roots do not vouch for it.
    ci.write("../bundle.json", sign(&workflow(), &v1).to_string());
    drop(ci.lineage(["attest", "import", "../bundle.json"]).exits(1));
    assert_eq!(world.origin().git(["for-each-ref"]), before, "something was recorded");

    for (how, root) in [(v1, logged), (How::v2(TIME), logged), (How::github(TIME), unlogged)] {
        let output = import(&ci, &sign(&workflow(), &how), root).exits(0);
        drop(output.says(&["created", "foreign-provenance"]));
    }
    drop(world.stranger().lineage(["--trusted-root", logged, "verify", TAG]).exits(0).says(&["proven"]));
}

/// The record of a name on the tag object: the line, and the statement inside.
fn record(site: &Site<'_>, name: &str) -> Value {
    let object = site.rev(&format!("refs/tags/{TAG}"));
    let lines = site.ledger("test-workflow", &object);
    let found = lines.iter().find_map(|line| {
        let line: Value = serde_json::from_str(line).expect("a record is JSON");
        (line["name"] == name).then_some(line)
    });
    let payload = found.expect("recorded")["bundle"]["dsseEnvelope"]["payload"].clone();
    let payload = STANDARD.decode(payload.as_str().expect("base64")).expect("base64");
    serde_json::from_slice(&payload).expect("a statement is JSON")
}

fn seconds(text: &Value) -> i64 {
    text.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()).expect("a time").as_second()
}

/// The build's two statements signed again by the workflow, with another builder named, and recorded where those
/// of the key are not.
fn built_by_workflow(site: &Site<'_>, statements: &(Value, Value), builder: &str) {
    for waiting in site.git(["for-each-ref", "--format=%(refname)", "refs/lineage/inbox/"]).lines() {
        site.git(["update-ref", "-d", waiting]);
    }
    let sigstore = Sigstore::new();
    let (mut build, mut overall) = statements.clone();
    build["predicate"]["runDetails"]["builder"]["id"] = json!(builder);
    let at = seconds(&build["predicate"]["buildDefinition"]["internalParameters"]["time"]);
    let build = sigstore.sign(build.to_string().as_bytes(), &workflow(), &How::v1(at));
    overall["predicate"]["bundles"][BUILD] = json!(Sha256::of(build.to_string()));
    let at = seconds(&overall["predicate"]["time"]);
    let overall = sigstore.sign(overall.to_string().as_bytes(), &workflow(), &How::v2(at));
    for bundle in [build, overall] {
        drop(import(site, &bundle, "../root.json").exits(0).says(&["created"]));
    }
}

#[test]
fn a_statement_of_ours_that_a_workflow_signed_counts_and_is_a_slsa_level() {
    let world = published();
    let site = world.site("ci", None);
    let vsa = |expected: &str| {
        let words = ["--trusted-root", "../root.json", "verify", TAG, "--vsa", "../vsa.json"];
        drop(site.lineage(words).exits(0).says(&["proven"]));
        let statement: Value = serde_json::from_str(&site.read("../vsa.json")).expect("JSON");
        let found = &statement["predicate"];
        assert_eq!(found["verificationResult"], "PASSED");
        assert_eq!(found["verifiedLevels"], json!([expected]));
    };
    vsa("SLSA_BUILD_LEVEL_UNEVALUATED");
    let statements = (record(&site, BUILD), record(&site, "w7-overall"));
    let object = site.rev(&format!("refs/tags/{TAG}"));
    let lines = site.ledger("test-workflow", &object);
    let kept: Vec<String> = lines.iter().filter(|line| !line.contains("\"w7-")).cloned().collect();
    assert_eq!(kept.len() + 2, lines.len());
    site.set_ledger("test-workflow", &object, &kept);
    // A builder that the certificate does not vouch for is no level.
    built_by_workflow(
        &site,
        &statements,
        "https://github.com/octo/charts/.github/workflows/hardened.yml@refs/heads/main",
    );
    vsa("SLSA_BUILD_LEVEL_UNEVALUATED");
    built_by_workflow(&site, &statements, WORKFLOW);
    vsa("SLSA_BUILD_LEVEL_2");
    let chain = site.lineage(["--trusted-root", "../root.json", "verify", TAG, "--json"]).exits(0).json();
    let links = chain["releases"][0]["chain"].as_array().cloned().unwrap_or_default();
    let signers: BTreeMap<&str, &Value> = links
        .iter()
        .filter_map(|link| Some((link["stage"].as_str()?, &link["evidence"].get(0)?["signer"])))
        .collect();
    assert_eq!((signers["tag"], signers["build"]), (&json!("ci"), &json!("release")));
}
