//! What a job's log must never show: the identity token that its runner hands out, whatever goes wrong with it.

use serde_json::json;

use crate::keyless::{checked, claims, world};
use crate::sigstore::services::{FULCIO, REKOR, RUNNER, Services, TSA};
use crate::world::Output;

/// The part of a token that makes it one.
fn signature(token: &str) -> &str {
    token.rsplit('.').next().expect("a JWT has three parts")
}

/// The lines of a log that are commands to keep a value out of it, and everything else.
fn masked(said: &Output) -> (Vec<&str>, String) {
    let (masks, others): (Vec<&str>, Vec<&str>) =
        said.stderr.lines().partition(|line| line.starts_with("::add-mask::"));
    let masks = masks.into_iter().map(|line| line.trim_start_matches("::add-mask::")).collect();
    (masks, format!("{}{}", others.join("\n"), said.stdout))
}

#[test]
fn g6_a_job_s_identity_token_is_masked_before_anything_else_is_said() {
    let (world, services) = world(2, "");
    let ci = checked(&world);
    let said = ci.lineage(["check", "--sign"]).exits(0);
    let given = services.given();
    let (masks, others) = masked(&said);
    assert_eq!((masks, given.len()), (vec![&*given[0]], 1), "{}", said.text());
    assert!(said.stderr.starts_with("::add-mask::"), "{}", said.text());
    assert!(!others.contains(&given[0]), "{}", said.text());

    // Nobody reads commands elsewhere: then the token is nowhere at all.
    let outside = [("GITHUB_ACTIONS", "false")];
    let said = ci.lineage_with(["check", "--seal"], &outside).exits(0);
    assert_eq!(services.given().len(), 2);
    said.says_nothing_of(&["::add-mask::", signature(&services.given()[1])]).done();

    // What a job was given by its own workflow it is the workflow's to mask.
    let token = Services::token(&claims());
    let said = ci.lineage_with(["check", "--sign", "--dry-run"], &[("SIGSTORE_ID_TOKEN", &token)]).exits(0);
    said.says_nothing_of(&["::add-mask::", &token]).done();
}

#[test]
fn g6_no_failure_quotes_a_token() {
    let (world, services) = world(1, "");
    let ci = checked(&world);
    // Whoever is shown the token quotes it in its refusal.
    for (service, status) in [(RUNNER, 403), (FULCIO, 400), (FULCIO, 401), (FULCIO, 503), (REKOR, 400), (TSA, 403)]
    {
        for words in [&["check", "--sign"][..], &["check", "--sign", "--json"]] {
            services.fail(service, &[status]);
            let said = ci.lineage(words);
            services.fail(service, &[200]);
            assert_ne!(said.code, 0, "{service} {status}: {}", said.text());
            let (_, others) = masked(&said);
            for token in services.given() {
                assert!(!others.contains(&token), "{service} {status}: {others}");
                assert!(!others.contains(signature(&token)), "{service} {status}: {others}");
            }
            said.done();
        }
    }
    // One that was given by value.
    let token = Services::token(&claims());
    services.fail(FULCIO, &[400]);
    let said = ci.lineage_with(["check", "--sign"], &[("SIGSTORE_ID_TOKEN", &token)]).exits(1);
    said.says(&["the certificate authority refuses", "not now: [hidden]"]).says_nothing_of(&[&token]).done();
    // And one that is none.
    let broken = format!("{}.broken", json!({ "iss": "x" }));
    let said = ci.lineage_with(["check", "--sign"], &[("SIGSTORE_ID_TOKEN", &broken)]).exits(2);
    said.says_nothing_of(&[&broken]).done();
}
