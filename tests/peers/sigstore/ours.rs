//! `sign-bundle` with the real servers, and what others make of it; `verify-bundle` of what others signed.

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::clients::{ARTIFACT, OTHER_ARTIFACT, SIGNERS, Table, VERIFIERS};
use super::{Job, RealSigstore};
use crate::world::{Output, World};

fn signed(world: &World, sigstore: &RealSigstore, token: Option<&str>, more: &[&str], file: &str) -> Output {
    let site = world.site(".", None);
    let [root, config] = [&sigstore.trusted_root, &sigstore.signing_config].map(|path| path.display().to_string());
    let mut command = site.command(crate::world::BINARY);
    command.args(["sign-bundle", "--bundle", "ours.json", "--trusted-root", &root, "--signing-config", &config]);
    command.args(token.map(|token| ["--identity-token", token]).into_iter().flatten());
    command.args(more).arg(file);
    if token.is_none() {
        command.envs(sigstore.ambient_env(&Job::push("acme/charts", "release.yaml").claims()));
    }
    site.run(&mut command)
}

fn verified(world: &World, sigstore: &RealSigstore, bundle: &str, file: &str) -> Output {
    let root = sigstore.trusted_root.display().to_string();
    world.site(".", None).lineage([
        "verify-bundle",
        "--bundle",
        bundle,
        "--certificate-identity",
        &Job::push("acme/charts", "release.yaml").identity(),
        "--certificate-oidc-issuer",
        &sigstore.ci_issuer,
        "--trusted-root",
        &root,
        file,
    ])
}

#[test]
fn g6_what_we_sign_is_proven_and_what_does_not_verify_is_not_written() {
    let Some(sigstore) = RealSigstore::start() else { return };
    let world = World::empty();
    let site = world.site(".", None);
    site.write("artifact", crate::own_sigstore::ARTIFACT);
    site.write("other", "another file");
    let statement = crate::own_sigstore::statement();
    site.write("statement.json", &statement);
    let token = sigstore.token(&Job::push("acme/charts", "release.yaml").claims());
    for token in [Some(&*token), None] {
        for (more, file) in [(&[][..], "artifact"), (&["--in-toto"], "statement.json")] {
            let made = signed(&world, &sigstore, token, more, file).exits(0);
            assert!(made.stdout.contains("  logged; trust root given"), "{}", made.text());
            let bundle: Value = serde_json::from_str(&site.read("ours.json")).unwrap();
            assert_eq!(bundle["dsseEnvelope"].is_object(), file == "statement.json");
            verified(&world, &sigstore, "ours.json", "artifact").succeeds();
            drop(verified(&world, &sigstore, "ours.json", "other").exits(1));
            fs::remove_file(world.path("ours.json")).unwrap();
        }
    }
    // Held against another's root, what was made is nothing.
    let bare = crate::sigstore::Sigstore::new().trusted_root_json();
    site.write("bare.json", bare);
    let config = sigstore.signing_config.display().to_string();
    let words =
        ["sign-bundle", "--bundle", "ours.json", "--trusted-root", "bare.json", "--signing-config", &config];
    let refused = site.lineage([&words[..], &["--identity-token", &token, "artifact"]].concat()).exits(1);
    assert!(refused.stderr.starts_with("error: what was signed does not verify: "), "{}", refused.text());
    assert!(!world.path("ours.json").exists());
    // A token the authority does not know is refused, and that is an answer.
    let stranger = token.rsplit_once('.').unwrap().0.to_owned() + ".c2ln";
    let refused = signed(&world, &sigstore, Some(&stranger), &[], "artifact").exits(1);
    assert!(refused.stderr.starts_with("error: the certificate authority refuses: "), "{}", refused.text());
    assert!(!refused.stderr.contains(&stranger), "{}", refused.text());
}

#[test]
fn g13_what_other_clients_sign_is_proven() {
    let world = World::empty();
    let Some((table, sigstore)) = Table::set(&world) else { return };
    let token = sigstore.token(&table.job.claims());
    let root = sigstore.trusted_root.display().to_string();
    for signer in SIGNERS {
        let bundle = table.sign(signer, &sigstore, Some(&token), &[]);
        let verify = |identity: &str, file: &str| {
            table.site.lineage([
                "verify-bundle",
                "--bundle",
                &bundle,
                "--certificate-identity",
                identity,
                "--certificate-oidc-issuer",
                &table.issuer,
                "--trusted-root",
                &root,
                file,
            ])
        };
        verify(&table.identity, ARTIFACT).succeeds();
        drop(verify(&table.identity, OTHER_ARTIFACT).exits(1));
        drop(verify("https://github.com/acme/charts", ARTIFACT).exits(1));
    }
    // And the other way round; gh takes attestations alone.
    let config = sigstore.signing_config.display().to_string();
    let words = ["sign-bundle", "--identity-token", &token, "--bundle", "ours.json", "--trusted-root", &root];
    let sign = |more: &[&str]| {
        table.site.lineage([&words[..], &["--signing-config", &config], more].concat()).succeeds();
    };
    let digest = hex::encode(Sha256::digest(fs::read(table.site.dir.join(ARTIFACT)).unwrap()));
    let subject = json!([{ "name": ARTIFACT, "digest": { "sha256": digest } }]);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": subject,
        "predicateType": "https://slsa.dev/provenance/v1", "predicate": {},
    });
    table.site.write("statement.json", statement.to_string());
    for (more, skipped) in [(&[ARTIFACT][..], Some("gh")), (&["--in-toto", "statement.json"], None)] {
        sign(more);
        for verifier in VERIFIERS.into_iter().filter(|verifier| Some(*verifier) != skipped) {
            assert_eq!(table.refusal(verifier, "ours.json", ARTIFACT), None, "{verifier} refuses {more:?}");
            assert!(table.refusal(verifier, "ours.json", OTHER_ARTIFACT).is_some(), "{verifier}");
        }
    }
}
