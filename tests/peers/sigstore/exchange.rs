//! What one reference client signs with the servers, the others accept, and refuse where they should.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use expect_test::expect;
use serde_json::Value;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::Bundle;
use sigstore_verify::VerificationPolicy;

use super::clients::{ARTIFACT, OTHER_ARTIFACT, SIGNERS, Table, VERIFIERS};
use super::{Job, RealSigstore, http};
use crate::world::World;

/// One line for each bundle: what each verifier makes of it.
fn verdicts(table: &Table<'_>, bundles: &[String]) -> String {
    let mut text = String::new();
    for bundle in bundles {
        text.push_str(&format!("{bundle}:"));
        for verifier in VERIFIERS {
            let accepted = table.refusal(verifier, bundle, ARTIFACT).is_none();
            text.push_str(&format!(" {}{verifier}", if accepted { '+' } else { '-' }));
        }
        text.push('\n');
    }
    text
}

#[track_caller]
fn nobody_accepts(table: &Table<'_>, bundle: &str, artifact: &str, why: &str) {
    for verifier in VERIFIERS {
        assert!(table.refusal(verifier, bundle, artifact).is_some(), "{verifier} accepts {why}");
    }
}

#[test]
fn g13_what_one_client_signs_the_others_accept() {
    let world = World::empty();
    let Some((mut table, sigstore)) = Table::set(&world) else { return };
    let token = sigstore.token(&table.job.claims());
    let bundles = SIGNERS.map(|signer| table.sign(signer, &sigstore, Some(&token), &[]));
    // gh takes attestations alone, and those it takes from everybody.
    expect![[r#"
        cosign-attest-blob.sigstore.json: +cosign +gh +sigstore-python +sigstore-verify
        cosign-sign-blob.sigstore.json: +cosign -gh +sigstore-python +sigstore-verify
        sigstore-python-attest.sigstore.json: +cosign +gh +sigstore-python +sigstore-verify
        sigstore-python-sign.sigstore.json: +cosign -gh +sigstore-python +sigstore-verify
    "#]]
    .assert_eq(&verdicts(&table, &bundles));

    let [attested, ..] = &bundles;
    nobody_accepts(&table, attested, OTHER_ARTIFACT, "another artifact");
    let identity = std::mem::replace(&mut table.identity, Job::push("acme/charts", "other.yaml").identity());
    nobody_accepts(&table, attested, ARTIFACT, "another workflow");
    table.identity = identity;
    // The next ones have other keys and the same names.
    drop(sigstore);
    let Some(other) = RealSigstore::start() else { return };
    table.trusted_root.clone_from(&other.trusted_root);
    table.client_trust_config.clone_from(&other.client_trust_config);
    nobody_accepts(&table, attested, ARTIFACT, "another instance");
}

#[test]
fn clients_find_the_token_of_their_job() {
    let world = World::empty();
    let Some((table, sigstore)) = Table::set(&world) else { return };
    let mut job = table.job.clone();
    job.signer = "acme/workflows/.github/workflows/sign.yaml".to_owned();
    job.signer_ref = "refs/tags/v1".to_owned();
    let environment = sigstore.ambient_env(&job.claims());
    for signer in ["cosign attest-blob", "sigstore-python sign"] {
        let bundle = table.sign(signer, &sigstore, None, &environment);
        let bundle = Bundle::from_json(&table.site.read(&bundle)).expect("a bundle");
        let root = TrustedRoot::from_file(&sigstore.trusted_root).expect("it is ours");
        let policy = VerificationPolicy::new(&*job.identity(), &*sigstore.ci_issuer);
        let artifact = std::fs::read(table.site.dir.join(ARTIFACT)).expect("it was written");
        let result = sigstore_verify::verify(&*artifact, &bundle, &policy, &root).expect("it is signed well");
        // A reusable workflow signs as itself, for the repository that called it.
        let claims = &result.certificate().expect("it is signed without a key").ci_claims;
        assert_eq!(claims.source_repository_uri.as_deref(), Some("https://github.com/acme/charts"));
        assert_eq!(claims.source_repository_identifier.as_deref(), Some(&*job.repository_id));
        assert_eq!(claims.source_repository_owner_identifier.as_deref(), Some(&*job.owner_id));
        assert_eq!(claims.build_signer_uri.as_deref(), Some(&*job.identity()));
        assert_eq!(claims.build_config_uri.as_deref().map(|uri| uri.contains(&job.workflow)), Some(true));
        assert_eq!(claims.build_trigger.as_deref(), Some("push"));
        assert_eq!(claims.runner_environment.as_deref(), Some("github-hosted"));
        assert_eq!(claims.source_repository_ref.as_deref(), Some("refs/heads/main"));
    }
}

#[test]
fn a_token_is_for_one_job_one_audience_and_one_person() {
    let Some(sigstore) = RealSigstore::start() else { return };
    let environment = sigstore.ambient_env(&Job::push("acme/charts", "release.yaml").claims());
    let [_, (_, url), (_, bearer)] = &environment[..] else { panic!("three variables") };
    let (port, path) = url.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/')).expect("a URL");
    let port = port.parse().expect("a port");
    let ask = |scheme: &str, bearer: &str| {
        let header = format!("Authorization: {scheme} {bearer}");
        http::ask(port, &format!("GET /{path}&audience=somebody"), &[&header], "")
    };
    assert!(ask("Bearer", "00").is_none(), "the token of no job");
    assert!(ask("Basic", bearer).is_none(), "not a bearer token");
    let answer: Value = serde_json::from_slice(&ask("Bearer", bearer).expect("its job may")).expect("JSON");
    let token = answer["value"].as_str().expect("a token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("three parts")).expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
    assert_eq!(claims["aud"], "somebody");
    assert_eq!(claims["iss"], *sigstore.ci_issuer);
    assert_eq!(claims["job_workflow_ref"], "acme/charts/.github/workflows/release.yaml@refs/heads/main");
}

#[test]
fn the_documents_name_the_servers() {
    let Some(sigstore) = RealSigstore::start() else { return };
    let read = |path| -> Value {
        serde_json::from_slice(&std::fs::read(path).expect("it was written")).expect("it is JSON")
    };
    let (config, root) = (read(&sigstore.signing_config), read(&sigstore.trusted_root));
    for (url, list, authority) in [
        (&sigstore.fulcio_url, "caUrls", "certificateAuthorities"),
        (&sigstore.rekor_url, "rekorTlogUrls", "tlogs"),
        (&sigstore.tsa_url, "tsaUrls", "timestampAuthorities"),
    ] {
        assert_eq!(config[list][0]["url"], **url);
        let known = &root[authority][0];
        assert_eq!(known.get("uri").unwrap_or(&known["baseUrl"]), &**url);
    }
    let both = read(&sigstore.client_trust_config);
    assert_eq!((&both["signingConfig"], &both["trustedRoot"]), (&config, &root));
}

#[test]
fn a_person_signs_as_an_email_address() {
    let world = World::empty();
    let Some((mut table, sigstore)) = Table::set(&world) else { return };
    let token = sigstore.token_of("ada@example.org");
    let bundle = table.sign("cosign sign-blob", &sigstore, Some(&token), &[]);
    "ada@example.org".clone_into(&mut table.identity);
    table.issuer.clone_from(&sigstore.people_issuer);
    assert_eq!(
        verdicts(&table, std::slice::from_ref(&bundle)),
        format!("{bundle}: +cosign -gh +sigstore-python +sigstore-verify\n")
    );
    "eve@example.org".clone_into(&mut table.identity);
    nobody_accepts(&table, &bundle, ARTIFACT, "another person");
}
