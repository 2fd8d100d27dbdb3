//! Bundles made elsewhere: verified, recorded where what they are about is found here, and refused with the
//! reason everywhere else.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect;
use git_lineage::model::{Sha256, Statement, Subject};
use git_lineage::sigstore::PrivateKey;
use serde_json::{Value, json};

use crate::world::{MALLORY_PUBLIC, Output, REPOSITORY, Site, Stop, TAG, World, policy_of};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// A bundle as a signer with a key makes one: `cosign attest-blob --key`, our own sign stages.
fn signed(world: &World, key: &str, statement: &Statement) -> String {
    let key = PrivateKey::load(&world.path("keys").join(key), None).expect("a key");
    key.sign(statement).expect("signed")
}

fn statement(name: &str, digest: &str, predicate_type: &str, predicate: Value) -> Statement {
    let digest = BTreeMap::from([("sha256".to_owned(), digest.to_owned())]);
    Statement {
        kind: "https://in-toto.io/Statement/v1".to_owned(),
        subject: vec![Subject { name: name.to_owned(), digest }],
        predicate_type: predicate_type.to_owned(),
        predicate,
    }
}

/// What `actions/attest-build-provenance` says of a package.
fn provenance(name: &str, digest: &str) -> Statement {
    let workflow = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main";
    let predicate = json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": { "workflow": { "path": ".github/workflows/release.yml" } },
            "internalParameters": { "github": { "event_name": "push", "repository_id": "1001" } },
            "resolvedDependencies": [{ "uri": "git+https://github.com/octo/charts@refs/heads/main" }],
        },
        "runDetails": { "builder": { "id": workflow }, "metadata": { "invocationId": "1" } },
    });
    statement(name, digest, PROVENANCE, predicate)
}

fn package(site: &Site<'_>) -> String {
    site.payload(TAG)["predicted"]["tgz"].as_str().expect("a digest").to_owned()
}

fn import(site: &Site<'_>, files: &[&str]) -> Output {
    site.lineage(["attest", "import"].iter().chain(files))
}

/// Everything of the ledger is gone from the remote: what is left are the files that were exported.
fn without_ledger(world: &World) {
    let origin = world.origin();
    for prefix in ["refs/notes/", "refs/lineage/"] {
        for name in origin.git(["for-each-ref", "--format=%(refname)", prefix]).lines() {
            origin.git(["update-ref", "-d", name]);
        }
    }
}

/// A published release whose evidence is exported to `evidence/` and lost everywhere else.
fn lost() -> World {
    let world = World::published();
    world.ci().lineage(["export", TAG, "-o", "../evidence"]).succeeds();
    without_ledger(&world);
    world
}

#[test]
fn what_export_writes_brings_a_lost_ledger_back() {
    for file in ["attestations.jsonl", "attestation-lineage.json"] {
        let world = lost();
        let site = world.clone("lost", &[]);
        site.lineage(["sync"]).succeeds();
        drop(site.lineage(["verify", TAG]).exits(3));
        let file = format!("../evidence/{file}");
        drop(import(&site, &["-n", &file]).exits(0).says(&["would be created"]));
        drop(site.lineage(["verify", TAG]).exits(3));
        let output = import(&site, &[&file, "--json"]).exits(0);
        let recorded = output.json()["recorded"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> = recorded.iter().filter_map(|line| line["name"].as_str()).collect();
        for name in ["w1-overall", "w2-filter-charts", "w5-semver-bump", "w6-tag", "w7-build-test-workflow"] {
            assert!(names.contains(&name), "{file}: {names:?}");
        }
        let ids = site.payload(TAG)["attestations"].clone();
        for line in &recorded {
            // The id a payload names is the id again.
            let named = &ids[line["name"].as_str().expect("a name")];
            assert!(named.is_null() || named["id"] == line["id"], "{line}");
        }
        drop(site.lineage(["verify", TAG]).exits(0).says(&["proven"]));
        // It is on the remote, and a second time there is nothing to do.
        drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));
        drop(import(&site, &[&file]).exits(0).says(&["unchanged"]).says_nothing_of(&["created"]));
    }
}

/// `gh attestation verify --bundle` takes no last line without its newline.
#[test]
fn every_line_of_an_export_ends() {
    let world = lost();
    for (file, kind) in [("attestations.jsonl", "mediaType"), ("test-workflow-0.2.0.intoto.jsonl", "payloadType")]
    {
        let text = std::fs::read_to_string(world.path("evidence").join(file)).expect("exported");
        assert!(text.ends_with("}\n") && text.lines().count() > 10, "{file}");
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).expect("each line is JSON");
            assert!(line[kind].is_string(), "{file}: {line}");
        }
    }
}

#[test]
fn evidence_of_a_release_counts_by_the_policy_it_was_made_under() {
    let world = lost();
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    dev.write("lineage.toml", policy_of(REPOSITORY, MALLORY_PUBLIC));
    dev.commit("ci: another key");
    dev.git(["push", "-q", "origin", "main"]);
    let site = world.clone("lost", &[]);
    drop(import(&site, &["../evidence/attestations.jsonl"]).exits(0).says(&["created"]));
    drop(site.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    // What belongs to no release is judged by the policy of today.
    let holmes = Sha256::of(site.lineage(["subject", "holmes"]).exits(0).stdout).to_string();
    let about = statement("charts/olm", &holmes, TEST_RESULT, json!({ "result": "PASSED" }));
    for (key, code) in [("ci.pem", 1), ("mallory.pem", 0)] {
        site.write("test.json", signed(&world, key, &about));
        drop(import(&site, &["test.json"]).exits(code));
    }
}

/// The content digest of the released chart.
fn content(site: &Site<'_>) -> String {
    site.payload(TAG)["content"].as_str().expect("a digest").to_owned()
}

#[test]
fn every_wrapping_is_read() {
    let world = lost();
    let site = world.clone("lost", &[]);
    let bundle = std::fs::read_to_string(world.path("evidence/test-workflow-0.2.0.sigstore.json")).expect("there");
    let parsed: Value = serde_json::from_str(&bundle).expect("JSON");
    site.write("pretty.json", serde_json::to_string_pretty(&parsed).expect("JSON"));
    site.write("sha256:0123.jsonl", format!("{bundle}\n{bundle}\n"));
    site.write("blob.json.sn", snap::raw::Encoder::new().compress_vec(bundle.as_bytes()).expect("packed"));
    site.write("answer.json", format!("{{\"attestations\":[{{\"bundle\":{bundle},\"repository_id\":1}}]}}"));
    for version in ["0.1", "0.2", "0.3"] {
        let media_type = format!("application/vnd.dev.sigstore.bundle+json;version={version}");
        let mut other = parsed.clone();
        other["mediaType"] = json!(media_type);
        site.write(&format!("v{version}.json"), other.to_string());
    }
    let files =
        ["pretty.json", "sha256:0123.jsonl", "blob.json.sn", "answer.json", "v0.1.json", "v0.2.json", "v0.3.json"];
    for file in files {
        drop(import(&site, &["-n", file]).exits(0).says(&["w7-build-test-workflow"]));
    }
    // All at once; what is the same byte for byte is recorded once.
    let output = import(&site, &["sha256:0123.jsonl", "blob.json.sn", "answer.json", "--json"]).exits(0);
    let outcomes: Vec<Value> = output.json()["recorded"].as_array().into_iter().flatten().cloned().collect();
    let created = outcomes.iter().filter(|line| line["outcome"] == "created").count();
    assert_eq!((outcomes.len(), created), (4, 1), "{outcomes:#?}");
}

#[test]
fn somebody_elses_provenance_of_the_package_is_kept_and_counts_for_nothing() {
    let world = World::published();
    let ci = world.ci();
    let own = provenance("test-workflow-0.2.0.tgz", &package(&ci));
    ci.write("../attested.json", signed(&world, "ci.pem", &own));
    let url = "https://github.com/octo/charts/attestations/42424242424242";
    import(&ci, &["../attested.json", "--id", "42424242424242", "--url", url]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  foreign-provenance ([id]) on [id]
    "#]]);
    let site = world.stranger();
    let object = site.rev(&format!("refs/tags/{TAG}"));
    let line = site.ledger("test-workflow", &object).into_iter().find(|line| line.contains("42424242424242"));
    let line: Value = serde_json::from_str(&line.expect("recorded")).expect("JSON");
    assert_eq!((&line["name"], &line["url"]), (&json!("foreign-provenance"), &json!(url)));
    let verdict = site.lineage(["verify", TAG, "--json"]).exits(0);
    assert!(!verdict.stdout.contains("42424242424242"), "it counts: {}", verdict.text());

    // Beside a build statement that is missing it is no build statement.
    let lines = site.ledger("test-workflow", &object);
    let kept: Vec<String> =
        lines.iter().filter(|line| !line.contains("\"w7-build-test-workflow\"")).cloned().collect();
    assert_eq!(kept.len() + 1, lines.len());
    site.set_ledger("test-workflow", &object, &kept);
    let broken = site.lineage(["verify", TAG, "--json"]).exits(1).breaks(&["w7-build-test-workflow"]);
    assert!(broken.iter().any(|(_, why)| why == "there is no such attestation"), "{broken:#?}");
}

#[test]
fn somebody_elses_statement_about_content_is_found_by_its_digest() {
    let world = World::at(Stop::Contributed);
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/integration"]);
    let listing = ci.lineage(["subject", "test-workflow"]).exits(0).stdout;
    let digest = Sha256::of(&listing).to_string();
    // `actions/attest` with subject-name and subject-digest; `cosign attest-blob listing`, which still writes
    // statements of version 0.1.
    let named = statement("charts/test-workflow", &digest, TEST_RESULT, json!({ "result": "PASSED" }));
    let blob = Statement {
        kind: "https://in-toto.io/Statement/v0.1".to_owned(),
        ..statement("listing", &digest, "https://cosign.sigstore.dev/attestation/v1", json!({}))
    };
    ci.write("../named.json", signed(&world, "ci.pem", &named));
    ci.write("../blob.json", signed(&world, "ci.pem", &blob));
    import(&ci, &["../named.json", "../blob.json"]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  foreign-test-result ([id]) on [id]
        test-workflow  created  foreign-attestation ([id]) on [id]
    "#]]);
    drop(import(&ci, &["../named.json", "--chart", "holmes"]).exits(1).says(&["about test-workflow, not holmes"]));
    drop(import(&ci, &["../named.json", "--name", "w1-smoke"]).exits(0).says(&["unchanged"]));
}

#[test]
fn what_does_not_fit_is_refused_each_with_its_reason() {
    let world = World::published();
    let ci = world.ci();
    let (tgz, content) = (package(&ci), content(&ci));
    let other = Sha256::of("other").to_string();
    let build = ledger_statement(&ci, "w7-build-test-workflow");
    let check = ledger_statement(&ci, "w5-overall");
    let altered = |statement: &Statement, alter: &dyn Fn(&mut Statement)| {
        let mut statement = statement.clone();
        alter(&mut statement);
        statement
    };
    let inner = "/buildDefinition/internalParameters";
    let cases: Vec<(&str, &str, Statement, &str)> = vec![
        ("stranger", "mallory.pem", provenance("x.tgz", &tgz), "not signed by anybody the policy trusts"),
        ("other-file", "ci.pem", provenance("test-workflow-0.2.0.tgz", &other), "about no chart's content"),
        (
            "other-content",
            "ci.pem",
            statement("charts/test-workflow", &other, TEST_RESULT, json!({})),
            "about no chart's content",
        ),
        (
            "summary",
            "ci.pem",
            statement("x.tgz", &tgz, "https://slsa.dev/verification_summary/v1", json!({})),
            "a verification summary is what somebody else made",
        ),
        (
            "summary-0.2",
            "ci.pem",
            statement("x.tgz", &tgz, "https://slsa.dev/verification_summary/v0.2", json!({})),
            "a verification summary is what somebody else made",
        ),
        (
            "check-of-nothing",
            "ci.pem",
            statement("charts/test-workflow", &content, "https://git-lineage.dev/check/v1", json!({})),
            "predicate is not what its type says",
        ),
        (
            "other-repository",
            "ci.pem",
            altered(&check, &|s| s.predicate["repository"] = json!("another")),
            "about the repository another",
        ),
        (
            "other-chart",
            "ci.pem",
            altered(&check, &|s| s.predicate["chart"] = json!("holmes")),
            "is none of this repository",
        ),
        (
            "outside",
            "ci.pem",
            altered(&check, &|s| {
                s.predicate["directory"] = json!("elsewhere/test-workflow");
                s.subject[0].name = "elsewhere/test-workflow".to_owned();
            }),
            "is none of this repository",
        ),
        (
            "content-of-another-tree",
            "ci.pem",
            altered(&check, &|s| s.subject[0] = Subject::new("charts/test-workflow", Sha256::of("other"))),
            "the bundle is about",
        ),
        (
            "tree-that-is-not-here",
            "ci.pem",
            altered(&check, &|s| {
                s.predicate["resolvedDependencies"] =
                    json!([{ "name": "chart", "digest": { "gitTree": "1".repeat(40) } }]);
            }),
            "1111111111",
        ),
        (
            "earlier-statement",
            "ci.pem",
            altered(&build, &|s| s.kind = "https://in-toto.io/Statement/v0.1".to_owned()),
            "not a https://in-toto.io/Statement/v1",
        ),
        (
            "build-of-another-package",
            "ci.pem",
            altered(&build, &|s| s.subject = vec![Subject::new("test-workflow-0.2.0.tgz", Sha256::of("other"))]),
            "not the package of test-workflow-v0.2.0",
        ),
        (
            "build-of-another-tag",
            "ci.pem",
            altered(&build, &|s| {
                *s.predicate.pointer_mut(&format!("{inner}/tag")).expect("there") = json!("test-workflow-v9.0.0");
            }),
            "the bundle is about test-workflow-v9.0.0",
        ),
        (
            "build-of-no-tag",
            "ci.pem",
            altered(&build, &|s| {
                *s.predicate.pointer_mut(&format!("{inner}/tagObject")).expect("there") = json!(ci.rev("HEAD"));
            }),
            "is no tag object",
        ),
    ];
    let before = world.origin().git(["for-each-ref"]);
    for (name, key, statement, why) in cases {
        ci.write("../case.json", signed(&world, key, &statement));
        let code = if name == "tree-that-is-not-here" { 3 } else { 1 };
        let output = import(&ci, &["../case.json"]);
        assert!(output.code == code && output.stdout.contains(why), "{name}: {}", output.text());
    }
    assert_eq!(world.origin().git(["for-each-ref"]), before, "something was recorded");
}

/// The statement of a record on the release, to be signed again.
fn ledger_statement(site: &Site<'_>, name: &str) -> Statement {
    for on in site.ledger_objects("test-workflow") {
        for line in site.ledger("test-workflow", &on) {
            let line: Value = serde_json::from_str(&line).expect("a record is JSON");
            if line["name"] == name {
                let payload = line["bundle"]["dsseEnvelope"]["payload"].as_str().expect("base64");
                return serde_json::from_slice(&STANDARD.decode(payload).expect("base64")).expect("a statement");
            }
        }
    }
    panic!("no {name} in the ledger")
}

#[test]
fn a_refused_bundle_holds_up_no_other() {
    let world = lost();
    let site = world.clone("lost", &[]);
    let bundle = std::fs::read_to_string(world.path("evidence/test-workflow-0.2.0.sigstore.json")).expect("there");
    let foreign = signed(&world, "mallory.pem", &provenance("x.tgz", &package(&site)));
    site.write("mixed.jsonl", format!("{foreign}\n{bundle}\n{{\"half\": "));
    site.write("url.json", r#"{"attestations":[{"bundle":null,"bundle_url":"https://example.org/1"}]}"#);
    import(&site, &["mixed.jsonl", "url.json"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  created  w7-build-test-workflow ([id]) on [id]
        mixed.jsonl, bundle 1  refused
          the bundle is not signed by anybody the policy trusts for it
          the signature is not that of any trusted key
          hint: see `git lineage trust show` for whom origin/main trusts
        mixed.jsonl, bundle 3  refused
          the bundle cannot be read
          the bundle is not readable: EOF while parsing a value at line 3 column 9
          hint: import a whole Sigstore bundle (versions 0.1 to 0.3), as its signer wrote it
        url.json  refused
          the bundle cannot be read
          the answer has only the address of the bundle (`bundle_url`): fetch that, and import what it serves
          hint: import a whole Sigstore bundle (versions 0.1 to 0.3), as its signer wrote it
    "#]]);
    drop(import(&site, &["mixed.jsonl", "--id", "7"]).exits(2).says(&["belong to one bundle, and there are 3"]));
    site.write("good.json", &bundle);
    drop(import(&site, &["good.json", "--name", "two words"]).exits(2).says(&["\"two words\" is no name"]));
    drop(import(&site, &["good.json", "nowhere.json"]).exits(2).says(&["could not read the bundle nowhere.json"]));
}
