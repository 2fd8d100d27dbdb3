//! `verify-bundle` and `sign-bundle` from outside, and the trust roots of `trust`: G10, VF-13.

use std::net::TcpListener;

use expect_test::expect;
use serde_json::{Value, json};

use crate::own_sigstore::{ARTIFACT, flawed, statement, workflow};
use crate::sigstore::{GITHUB, How, Identity, Log, Sigstore};
use crate::world::{Output, Site, World};

const TIME: i64 = 1_763_700_000;
const SIGNER: &str = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main";

/// A directory that is no repository, with the artifact and the roots of our own Sigstore.
fn desk(world: &World) -> Site<'_> {
    let site = world.site(".", None);
    site.write("artifact", ARTIFACT);
    let sigstore = Sigstore::new();
    site.write("root.json", sigstore.trusted_root_json());
    site.write("bare.json", sigstore.trusted_root_without_logs().to_string());
    site
}

/// As the conformance suite asks.
fn verify(site: &Site<'_>, bundle: &Value, root: &str, signer: [&str; 2], artifact: &str) -> Output {
    site.write("bundle.json", bundle.to_string());
    let [identity, issuer] = signer;
    site.lineage([
        "verify-bundle",
        "--bundle",
        "bundle.json",
        "--certificate-identity",
        identity,
        "--certificate-oidc-issuer",
        issuer,
        "--trusted-root",
        root,
        artifact,
    ])
}

fn digest() -> String {
    use sha2::Digest as _;
    format!("sha256:{}", hex::encode(sha2::Sha256::digest(ARTIFACT)))
}

/// Only how it ended.
fn ends(output: Output, code: i32) {
    drop(output.exits(code));
}

#[test]
fn g10_every_kind_of_bundle_is_proven_by_file_and_by_digest() {
    let world = World::empty();
    let site = desk(&world);
    let sigstore = Sigstore::new();
    for how in [How::v1(TIME), How::v2(TIME), How::github(TIME)] {
        let root = if how.log == Log::None { "bare.json" } else { "root.json" };
        let bundles = [
            sigstore.sign(statement().as_bytes(), &workflow(), &how),
            sigstore.sign_file(ARTIFACT, &workflow(), &how),
        ];
        for bundle in bundles {
            for artifact in ["artifact".to_owned(), digest(), digest().to_uppercase().replace("SHA", "sha")] {
                ends(verify(&site, &bundle, root, [SIGNER, GITHUB], &artifact), 0);
            }
        }
    }
    let bundle = sigstore.sign_file(ARTIFACT, &workflow(), &How::v2(TIME));
    let proven = verify(&site, &bundle, "root.json", [SIGNER, GITHUB], "artifact");
    proven.is(expect![[r#"
        exit 0
        --- stdout
        proven: artifact
          by https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main
          vouched for by https://token.actions.githubusercontent.com
          signed at 2025-11-21T04:40:00Z
          logged; trust root given
    "#]]);
    let person = Identity::email("ada@example.org", "https://accounts.example.org");
    let bundle = sigstore.sign_file(ARTIFACT, &person, &How::v1(TIME));
    ends(verify(&site, &bundle, "root.json", ["ada@example.org", "https://accounts.example.org"], "artifact"), 0);
}

#[test]
fn g10_each_defect_is_exit_1_in_one_sentence() {
    let world = World::empty();
    let site = desk(&world);
    let sigstore = Sigstore::new();
    let mut sentences = Vec::new();
    for (defect, how) in flawed() {
        let root = if how.log == Log::None { "bare.json" } else { "root.json" };
        let bundle = sigstore.sign_file(ARTIFACT, &workflow(), &how);
        let output = verify(&site, &bundle, root, [SIGNER, GITHUB], "artifact").exits(1);
        let first = output.stderr.lines().next().unwrap_or_default().to_owned();
        assert!(first.starts_with("error: artifact is not proven: "), "{defect:?}: {}", output.text());
        sentences.push(first);
    }
    sentences.sort();
    sentences.dedup();
    assert!(sentences.len() > 15, "{sentences:#?}");
}

#[test]
fn g10_another_signer_artifact_or_root_is_refused() {
    let world = World::empty();
    let site = desk(&world);
    let bundle = Sigstore::new().sign_file(ARTIFACT, &workflow(), &How::v2(TIME));
    let fork = SIGNER.replace("octo", "mallory");
    verify(&site, &bundle, "root.json", [&fork, GITHUB], "artifact").is(expect![[r#"
        exit 1
        --- stderr
        error: artifact is not proven: signed by https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main, not by https://github.com/mallory/charts/.github/workflows/release.yml@refs/heads/main

        hint: see that bundle.json belongs to it and that the signer is the expected one
    "#]]);
    ends(verify(&site, &bundle, "root.json", [&SIGNER[..SIGNER.len() - 1], GITHUB], "artifact"), 1);
    ends(verify(&site, &bundle, "root.json", [SIGNER, "https://accounts.example.org"], "artifact"), 1);
    site.write("another", b"another file");
    ends(verify(&site, &bundle, "root.json", [SIGNER, GITHUB], "another"), 1);
    ends(verify(&site, &bundle, "root.json", [SIGNER, GITHUB], &format!("sha256:{}", "0".repeat(64))), 1);
    // Not a digest, so a file, and there is none of that name.
    ends(verify(&site, &bundle, "root.json", [SIGNER, GITHUB], "sha256:abc"), 2);
    site.write("other.json", Sigstore::named("elsewhere.test").trusted_root_json());
    ends(verify(&site, &bundle, "other.json", [SIGNER, GITHUB], "artifact"), 1);
    // A root that has no log says nothing of one.
    let unlogged = verify(&site, &bundle, "bare.json", [SIGNER, GITHUB], "artifact").exits(0);
    assert!(unlogged.stdout.contains("  not logged; "), "{}", unlogged.text());
    verify(&site, &bundle, "nowhere.json", [SIGNER, GITHUB], "artifact").is(expect![[r#"
        exit 3
        --- stderr
        error: the trusted root nowhere.json cannot be read
          caused by: No such file or directory (os error 2)

        hint: name the trusted_root.json of the Sigstore instance that issued the certificates
    "#]]);
    ends(verify(&site, &bundle, "artifact", [SIGNER, GITHUB], "artifact"), 3);
    // The embedded roots are others, too.
    site.write("bundle.json", bundle.to_string());
    let embedded = ["verify-bundle", "--bundle", "bundle.json", "--certificate-identity", SIGNER];
    let embedded = [&embedded[..], &["--certificate-oidc-issuer", GITHUB]].concat();
    ends(site.lineage([&embedded[..], &["artifact"]].concat()), 1);
    ends(site.lineage([&embedded[..], &["--staging", "artifact"]].concat()), 1);
}

#[test]
fn g10_a_line_that_names_no_signer_is_no_question() {
    let world = World::empty();
    let site = desk(&world);
    let bundle = Sigstore::new().sign_file(ARTIFACT, &workflow(), &How::v2(TIME));
    site.write("bundle.json", bundle.to_string());
    let base = ["verify-bundle", "--bundle", "bundle.json", "--trusted-root", "root.json"];
    for rest in [
        &["artifact"][..],
        &["--certificate-identity", SIGNER, "artifact"],
        &["--certificate-oidc-issuer", GITHUB, "artifact"],
        &["--key", "artifact", "--certificate-identity", SIGNER, "--certificate-oidc-issuer", GITHUB, "artifact"],
        &["--key", "artifact", "artifact"],
        &["--key", "nowhere.pem", "artifact"],
    ] {
        ends(site.lineage([&base[..], rest].concat()), 2);
    }
    site.write("key.pem", crate::world::CI_PUBLIC);
    let output = site.lineage([&base[..], &["--key", "key.pem", "artifact"]].concat()).exits(1);
    assert!(output.stderr.contains("signed by a certificate, and a key is asked for"), "{}", output.text());
    for (text, reason) in
        [("", "EOF"), ("{}", "missing field"), (r#"{"mediaType":1,"mediaType":2}"#, "occurs twice")]
    {
        site.write("bundle.json", text);
        let output = site.lineage([&base[..], &["--key", "key.pem", "artifact"]].concat()).exits(1);
        assert!(output.stderr.contains(reason), "{}", output.text());
    }
}

#[test]
fn vf13_a_root_refreshed_too_long_ago_is_exit_3_with_the_next_step() {
    let world = World::empty();
    let site = desk(&world);
    let bundle = Sigstore::new().sign_file(ARTIFACT, &workflow(), &How::v2(TIME));
    site.write("bundle.json", bundle.to_string());
    let arguments = ["verify-bundle", "--bundle", "bundle.json", "--certificate-identity", SIGNER];
    let arguments = [&arguments[..], &["--certificate-oidc-issuer", GITHUB, "artifact"]].concat();
    let mut root = Sigstore::new().trusted_root();
    // Newer than what came with the program, so that it is the one that counts.
    root["tlogs"][0]["publicKey"]["validFor"] = json!({ "start": "2026-11-01T00:00:00Z" });
    let keep = |refreshed: &str| {
        let kept = json!({ "version": 1, "refreshed": refreshed, "trustedRoot": root });
        site.write("home/.cache/git-lineage/roots/public-good.json", kept.to_string());
    };
    keep("2025-11-01T00:00:00Z");
    let proven = site.lineage(arguments.clone()).exits(0);
    assert!(proven.stdout.contains("trust root public-good"), "{}", proven.text());
    keep("2025-08-01T00:00:00Z");
    site.lineage(arguments.clone()).is(expect![[r#"
        exit 3
        --- stderr
        error: the trust root public-good was refreshed 112 days ago and counts for 90

        hint: run `git lineage trust refresh`, or name a trusted root with --trusted-root FILE
    "#]]);
    site.write("home/.cache/git-lineage/roots/public-good.json", "{}");
    site.lineage(arguments.clone()).is(expect![[r#"
        exit 3
        --- stderr
        error: [TMP]/home/.cache/git-lineage/roots/public-good.json is not readable: it has no version

        hint: remove [TMP]/home/.cache/git-lineage/roots/public-good.json and run the command again
    "#]]);
}

#[test]
fn vf13_a_root_that_cannot_be_refreshed_is_exit_3() {
    let world = World::empty();
    let site = desk(&world);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut command = site.command(crate::world::BINARY);
    command.args(["trust", "refresh"]).env("HTTPS_PROXY", &closed).env("https_proxy", &closed);
    let output = site.run(&mut command).exits(3);
    assert!(
        output.stderr.starts_with("error: the trust root public-good could not be refreshed\n"),
        "{}",
        output.text()
    );
    assert!(output.stderr.contains("--trusted-root FILE"), "{}", output.text());
    assert!(!world.path("home/.cache/git-lineage/roots/public-good.json").exists());
    site.lineage(["trust", "refresh", "--dry-run"]).is(expect![[r#"
        exit 0
        --- stdout
          needed  refresh the trust root public-good from https://tuf-repo-cdn.sigstore.dev
          needed  refresh the trust root github from https://tuf-repo.github.com
        trust root public-good: came with this program, as of 2025-09-23
          in force: 1 authority, 2 logs, 1 certificate log, 1 timestamp authority
        trust root github: came with this program, as of 2026-06-12
          in force: 1 authority, 1 timestamp authority
    "#]]);
}

#[test]
fn g10_sign_bundle_says_what_it_lacks_before_anybody_is_asked() {
    let world = World::empty();
    let site = desk(&world);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let service = |version: u32| {
        json!([{ "url": closed, "majorApiVersion": version, "validFor": { "start": "2020-01-01T00:00:00Z" },
                 "operator": "test" }])
    };
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(1), "oidcUrls": service(1), "rekorTlogUrls": service(1), "tsaUrls": service(1),
        "rekorTlogConfig": { "selector": "ANY" }, "tsaConfig": { "selector": "ANY" },
    });
    site.write("config.json", config.to_string());
    // {"alg":"none"} . {"iss","sub","aud","exp"} . nothing that anybody signed
    let claims = json!({ "iss": "https://i.example", "sub": "s", "aud": "sigstore", "exp": 4_000_000_000_u64 });
    let encoded = |value: &Value| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(value.to_string())
    };
    let token = format!("{}.{}.c2ln", encoded(&json!({ "alg": "none" })), encoded(&claims));
    let sign = |token: &str, more: &[&str], file: &str| {
        let base =
            ["sign-bundle", "--identity-token", token, "--bundle", "out.json", "--trusted-root", "root.json"];
        let output = site.lineage([&base[..], more, &[file]].concat());
        assert!(!world.path("out.json").exists());
        assert!(!output.stderr.contains(token), "{}", output.text());
        output
    };
    let config = ["--signing-config", "config.json"];
    let unreachable = sign(&token, &config, "artifact").exits(3);
    assert!(
        unreachable.stderr.starts_with("error: the certificate authority cannot be used: "),
        "{}",
        unreachable.text()
    );
    let no_token = sign("not-a-token", &config, "artifact").exits(2);
    assert!(no_token.stderr.contains("no JWT"), "{}", no_token.text());
    ends(sign(&token, &["--signing-config", "root.json"], "artifact"), 2);
    ends(sign(&token, &config, "nowhere"), 2);
    let in_toto = ["--in-toto", "--signing-config", "config.json"];
    let no_statement = sign(&token, &in_toto, "artifact").exits(2);
    assert!(no_statement.stderr.contains("the statement is not readable"), "{}", no_statement.text());
    site.write("weak.json", statement().replace("sha256", "sha1"));
    let weak = sign(&token, &in_toto, "weak.json").exits(2);
    assert!(weak.stderr.contains("no subject of the statement has a sha256"), "{}", weak.text());
    // A job that may not ask is told so.
    let mut command = site.command(crate::world::BINARY);
    command.args(["sign-bundle", "--bundle", "out.json", "artifact"]).env("GITHUB_ACTIONS", "true");
    let forbidden = site.run(&mut command).exits(2);
    assert!(forbidden.stderr.contains("id-token: write"), "{}", forbidden.text());
    ends(site.lineage(["sign-bundle", "--bundle", "out.json", "artifact"]), 2);
}
