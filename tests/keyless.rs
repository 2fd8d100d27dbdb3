//! Signing without a key of one's own, stage by stage, against a Sigstore of ours on loopback: Rekor v1 and v2; what
//! is refused before anything is logged; and what happens while the services are out of reach.

use serde_json::{Value, json};

use crate::peers::sigstore::Job;
use crate::sigstore::services::{FULCIO, REKOR, RUNNER, Services, TSA};
use crate::sigstore::{Defect, GITHUB};
use crate::world::{CI_PUBLIC, Output, PROBE, REPOSITORY, Site, TAG, World, policy_of, seed};

const CHART: &str = "test-workflow";
const BRANCH: &str = "feature/add-probe";

/// The identity of [`claims`] in a policy.
pub(crate) fn identity(issuer: &str) -> String {
    format!(
        r#"
[[trust.identities]]
name = "release"
issuer = "{issuer}"
signer = "https://github.com/acme/charts/.github/workflows/release.yaml@refs/heads/main"
repository-id = "720001"
owner-id = "810001"
refs = ["refs/heads/main"]
events = ["push"]
runner = "github-hosted"
root = "given"
"#
    )
}

/// The seeded files with a policy that signs keyless, and trusts no key unless `sign` has a fallback.
pub(crate) fn files(issuer: &str, sign: &str) -> Vec<(&'static str, String)> {
    let policy = policy_of(REPOSITORY, CI_PUBLIC);
    let policy = if sign.contains("fallback") { policy } else { without_key(&policy) };
    let policy = format!("{policy}\n[sign]\nmode = \"keyless\"\n{sign}\n{}", identity(issuer));
    let other =
        |(name, text): (&'static str, String)| (name, if name == "lineage.toml" { policy.clone() } else { text });
    seed().into_iter().map(other).collect()
}

fn without_key(policy: &str) -> String {
    let (before, rest) = policy.split_once("[[trust.keys]]").expect("it trusts a key");
    let (_, after) = rest.split_once("[publish]").expect("it publishes");
    format!("{before}[publish]{after}")
}

/// A push to main, as GitHub's token tells it.
pub(crate) fn claims() -> Value {
    claims_of(&Job::push("acme/charts", "release.yaml"))
}

fn claims_of(job: &Job) -> Value {
    let mut claims = job.claims();
    claims["iss"] = json!(GITHUB);
    claims
}

/// A seeded world whose jobs sign keyless.
pub(crate) fn world(rekor: u8, sign: &str) -> (World, Services) {
    let world = World::seeded_with(&files(GITHUB, sign));
    let services = Services::start(&world, rekor, claims());
    enter(&world, &services);
    (world, services)
}

/// Everything after this happens in a job that may sign.
fn enter(world: &World, services: &Services) {
    world.in_real_time();
    configure(&world.ci(), services);
    world.set_variables(services.job());
}

/// A clone that knows these services.
fn configure(site: &Site<'_>, services: &Services) {
    site.git(["config", "lineage.trustedroot", &services.trusted_root.display().to_string()]);
    site.git(["config", "lineage.signingconfig", &services.signing_config.display().to_string()]);
}

/// A contribution whose checks have run, and are to be signed.
pub(crate) fn checked(world: &World) -> Site<'_> {
    world.contribute(BRANCH, "feat(test-workflow): add probe", &PROBE);
    let ci = world.ci();
    ci.git(["fetch", "-q", "origin"]);
    ci.git(["checkout", "-q", "--detach", &format!("origin/{BRANCH}")]);
    ci.lineage(["check"]).succeeds();
    ci
}

/// The whole line, from a contribution on.
fn released(world: &World) {
    world.contribute(BRANCH, "feat(test-workflow): add probe", &PROBE);
    world.validate(BRANCH).succeeds();
    world.squash(BRANCH, "feat(test-workflow): add probe (#1)");
    world.promote(&[CHART]);
    world.publish(TAG);
}

/// A stranger's verdict, with the root that vouches for the certificates.
fn verdict(stranger: &Site<'_>, services: &Services) -> Output {
    let root = services.trusted_root.display().to_string();
    stranger.lineage(["verify", TAG, "--trusted-root", &root])
}

fn the_whole_line(rekor: u8) {
    let (world, services) = world(rekor, "");
    released(&world);
    world.set_variables([("CI", "false".to_owned())]);
    let stranger = world.stranger();
    let output = verdict(&stranger, &services).exits(0);
    assert!(output.stdout.contains("a log or a timestamp authority has seen all"), "{}", output.stdout);
    // Without the root nobody vouches for anybody.
    drop(stranger.lineage(["verify", TAG]).exits(1));

    // What stands beside the package is a bundle, since nobody could verify a signature alone.
    let assets = world.path("assets").join(TAG);
    let package = assets.join("test-workflow-0.2.0.tgz").display().to_string();
    let signature = format!("{package}.sig");
    let verify = |identity: &str| {
        stranger.lineage([
            "verify-bundle",
            "--bundle",
            &signature,
            "--certificate-identity",
            identity,
            "--certificate-oidc-issuer",
            GITHUB,
            "--trusted-root",
            &services.trusted_root.display().to_string(),
            &package,
        ])
    };
    verify(&Job::push("acme/charts", "release.yaml").identity()).succeeds();
    drop(verify(&Job::push("acme/charts", "other.yaml").identity()).exits(1));
}

#[test]
fn g6_every_stage_is_signed_keyless_with_rekor_v1() {
    the_whole_line(1);
}

#[test]
fn g6_every_stage_is_signed_keyless_with_rekor_v2() {
    the_whole_line(2);
}

/// Changes what runs.
type Alter = fn(&mut Job);

#[test]
fn g6_a_run_nobody_trusts_is_refused_before_it_asks_for_a_certificate() {
    let (world, services) = world(2, "");
    let ci = checked(&world);
    let cases: [(Alter, &str); 6] = [
        (|job| job.signer = "acme/charts/.github/workflows/other.yaml".to_owned(), "other.yaml"),
        (|job| job.signer_ref = "refs/heads/feature".to_owned(), "takes https://github.com/acme/charts"),
        (|job| job.repository_id = "720002".to_owned(), "repository id is 720002"),
        (|job| job.owner_id = "1".to_owned(), "owner id is 1"),
        (|job| job.git_ref = "refs/heads/feature".to_owned(), "ref is refs/heads/feature"),
        (|job| job.event = "pull_request_target".to_owned(), "event is pull_request_target"),
    ];
    for (change, why) in cases {
        let mut job = Job::push("acme/charts", "release.yaml");
        change(&mut job);
        services.claims(claims_of(&job));
        let output = ci.lineage(["check", "--sign"]).exits(1);
        assert!(output.stderr.contains("this run may not sign for the validate stage"), "{}", output.text());
        assert!(output.stderr.contains(why), "{why}: {}", output.text());
        assert_eq!([FULCIO, REKOR, TSA].map(|service| services.asked(service)), [0, 0, 0], "{why}");
    }
    assert!(ci.ledger_objects(CHART).is_empty());
    // A dry run asks for no certificate either, and says the same.
    services.claims(claims());
    ci.lineage(["check", "--sign", "--dry-run"]).succeeds();
    assert_eq!(services.asked(FULCIO), 0);
    ci.lineage(["check", "--sign"]).succeeds();
}

#[test]
fn g6_a_token_that_tells_nothing_is_judged_by_its_certificate() {
    let (world, services) = world(2, "");
    let ci = checked(&world);
    // Of another forge: nothing in it is known by name.
    let token =
        Services::token(&json!({ "iss": "https://ci.example", "sub": "job", "repository": "a/b", "ref": "x" }));
    ci.write("../token", &token);
    let output = ci.lineage(["check", "--sign", "--identity-token-file", "../token"]).exits(1);
    assert!(output.stderr.contains("issuer is https://ci.example"), "{}", output.text());
    assert!(!output.text().contains(&token));
    assert_eq!([FULCIO, REKOR, TSA].map(|service| services.asked(service)), [1, 0, 0]);

    // Given by value, and by a file, the token of a good job counts; the runner is not asked.
    let token = Services::token(&claims());
    ci.lineage_with(["check", "--sign", "lint-test"], &[("SIGSTORE_ID_TOKEN", &token)]).succeeds();
    ci.write("../token", token + "\n");
    ci.lineage(["check", "--sign", "--identity-token-file", "../token"]).succeeds();
    assert_eq!(services.asked(RUNNER), 0);
    ci.write("../token", "not a token");
    let output = ci.lineage(["check", "--seal", "--identity-token-file", "../token"]).exits(2);
    assert!(!output.text().contains("not a token"), "{}", output.text());
}

#[test]
fn g6_a_job_without_the_permission_is_told_so() {
    let (world, _services) = world(2, "");
    let ci = checked(&world);
    world.set_variables([("GITHUB_ACTIONS", "true".to_owned())]);
    let output = ci.lineage(["check", "--sign"]).exits(2);
    assert!(output.stderr.contains("this job may not ask for an identity token"), "{}", output.text());
    assert!(output.stderr.contains("permissions: id-token: write"), "{}", output.text());
    world.set_variables([("CI", "false".to_owned())]);
    let output = ci.lineage(["check", "--sign"]).exits(2);
    assert!(output.stderr.contains("SIGSTORE_ID_TOKEN"), "{}", output.text());
}

#[test]
fn g6_one_certificate_signs_what_a_run_signs() {
    let (world, services) = world(1, "");
    let ci = checked(&world);
    ci.lineage(["check", "--sign"]).succeeds();
    let [runner, fulcio, rekor, tsa] = [RUNNER, FULCIO, REKOR, TSA].map(|service| services.asked(service));
    assert_eq!((runner, fulcio, rekor, tsa), (1, 1, 6, 6));
    // What is signed is not signed again.
    ci.lineage(["check", "--sign"]).succeeds();
    assert_eq!(services.asked(REKOR), 0);
}

#[test]
fn g6_what_may_pass_is_asked_again_and_what_is_refused_is_not() {
    let (world, services) = world(1, "fallback = \"key\"");
    let ci = checked(&world);
    services.fail(FULCIO, &[503, 429, 200]);
    services.fail(TSA, &[500, 200]);
    ci.lineage(["check", "--sign", "lint-test"]).succeeds();
    assert_eq!(services.asked(FULCIO), 3);

    // No key gets round a refusal.
    services.asked(REKOR);
    for (service, status, what) in [
        (RUNNER, 401, "the runner's token service refuses"),
        (FULCIO, 403, "the certificate authority refuses"),
        (REKOR, 400, "the log refuses"),
        (TSA, 403, "the timestamp authority refuses"),
    ] {
        services.asked(service);
        services.fail(service, &[status]);
        let output = ci.lineage(["check", "--sign"]).exits(1);
        assert!(output.stderr.contains(what), "{}", output.text());
        assert_eq!(services.asked(service), 1, "{what}");
        services.fail(service, &[200]);
    }
}

#[test]
fn g6_what_the_services_give_is_verified_before_it_is_kept() {
    let (world, services) = world(1, "fallback = \"key\"");
    let ci = checked(&world);
    for defect in [Defect::WrongPath, Defect::WrongRoot, Defect::NoSct, Defect::BackdatedEntry] {
        services.how(|how| crate::sigstore::How { defects: vec![defect], ..how });
        let output = ci.lineage(["check", "--sign"]).exits(1);
        assert!(output.stderr.contains("what was signed does not verify"), "{defect:?}: {}", output.text());
        assert!(ci.ledger_objects(CHART).is_empty(), "{defect:?}");
    }
}

#[test]
fn rp8_without_a_fallback_an_outage_is_undetermined() {
    let (world, services) = world(2, "");
    let ci = checked(&world);
    for service in [RUNNER, FULCIO, REKOR, TSA] {
        services.fail(service, &[503]);
        let output = ci.lineage(["check", "--sign"]).exits(3);
        assert!(output.stderr.contains("signing is not possible now"), "{}", output.text());
        assert!(output.stderr.contains("fallback = \"key\""), "{}", output.text());
        services.fail(service, &[200]);
    }
    assert!(ci.ledger_objects(CHART).is_empty());
}

/// A release whose contribution was signed with the key while the log was down.
fn released_through_an_outage(rekor: u8) -> (World, Services) {
    let (world, services) = world(rekor, "fallback = \"key\"");
    world.contribute(BRANCH, "feat(test-workflow): add probe", &PROBE);
    services.fail(REKOR, &[503]);
    let ci = checked_already(&world);
    let output = ci.lineage(["check", "--sign"]).exits(0);
    assert!(output.stderr.contains("is signed with the key, because the log cannot be used"), "{}", output.text());
    // Found out once: not six times four tries.
    assert_eq!(services.asked(REKOR), 4);
    ci.lineage(["check", "--seal"]).succeeds();
    services.fail(REKOR, &[200]);
    world.squash(BRANCH, "feat(test-workflow): add probe (#1)");
    world.promote(&[CHART]);
    world.publish(TAG);
    (world, services)
}

fn checked_already(world: &World) -> Site<'_> {
    let ci = world.ci();
    ci.git(["fetch", "-q", "origin"]);
    ci.git(["checkout", "-q", "--detach", &format!("origin/{BRANCH}")]);
    ci.lineage(["check"]).succeeds();
    ci
}

fn a_fallback_is_settled_later(rekor: u8) {
    let (world, services) = released_through_an_outage(rekor);
    let stranger = world.stranger();
    let output = verdict(&stranger, &services).exits(0);
    assert!(output.stdout.contains("the key alone vouches for 7 of"), "{}", output.stdout);
    // The same release by a policy that asks for more.
    let strict = stranger.read("lineage.toml").replace("[sign]\n", "[sign]\nrequire-transparency = true\n");
    stranger.write("../strict.toml", strict);
    let root = services.trusted_root.display().to_string();
    let strictly = || stranger.lineage(["verify", TAG, "--trusted-root", &root, "--policy", "../strict.toml"]);
    let output = strictly().exits(1);
    assert!(output.stdout.contains("no log or timestamp authority has seen it"), "{}", output.stdout);

    let ci = world.ci();
    let planned = ci.lineage(["sync", "--settle", "--dry-run"]).exits(0);
    assert!(planned.text().contains("have a log and a timestamp authority see w1-overall"), "{}", planned.text());
    // The log takes the first one, and the timestamp authority fails: the next run finds it there.
    services.fail(TSA, &[503]);
    drop(ci.lineage(["sync", "--settle"]).exits(3));
    services.fail(TSA, &[200]);
    let output = ci.lineage(["sync", "--settle"]).exits(0);
    assert!(output.stdout.contains("7 records settled"), "{}", output.text());
    let output = ci.lineage(["sync", "--settle"]).exits(0);
    assert!(output.stdout.contains("nothing to settle"), "{}", output.text());

    stranger.lineage(["sync"]).succeeds();
    drop(strictly().exits(0));
    let output = verdict(&stranger, &services).exits(0);
    assert!(output.stdout.contains("has seen all"), "{}", output.stdout);
    // Without the root the times are nobody's, and the certificates too.
    drop(stranger.lineage(["verify", TAG]).exits(1));

    // Junk that is called settled takes nothing away.
    for on in stranger.ledger_objects(CHART) {
        let mut lines = stranger.ledger(CHART, &on);
        let junk: Vec<String> = lines.iter().map(|line| renamed(line)).collect();
        lines.extend(junk);
        stranger.set_ledger(CHART, &on, &lines);
    }
    drop(strictly().exits(0));
}

/// A record under the name of what settles another.
fn renamed(line: &str) -> String {
    let record: Value = serde_json::from_str(line).expect("a record");
    let name = record["name"].as_str().expect("a name");
    line.replacen(&format!("\"name\":\"{name}\""), &format!("\"name\":\"{name}.settled\""), 1)
}

#[test]
fn rp8_a_fallback_is_settled_later_with_rekor_v1() {
    a_fallback_is_settled_later(1);
}

#[test]
fn rp8_a_fallback_is_settled_later_with_rekor_v2() {
    a_fallback_is_settled_later(2);
}

#[test]
fn rp8_a_fallback_is_no_way_round_the_policy() {
    let (world, services) = world(2, "fallback = \"key\"");
    let ci = checked(&world);
    services.fail(FULCIO, &[503]);
    // A key the policy does not trust.
    let output = ci.with_key(Some("mallory.pem")).lineage(["check", "--sign"]).exits(1);
    assert!(output.stderr.contains("is not a key for the validate stage"), "{}", output.text());
    assert!(output.stderr.contains("the certificate authority cannot be used"), "{}", output.text());
    // None at all.
    let output = ci.with_key(None).lineage(["check", "--sign"]).exits(2);
    assert!(output.stderr.contains("no signing key is configured"), "{}", output.text());
    // And no token is no outage.
    world.set_variables([("CI", "false".to_owned())]);
    drop(ci.lineage(["check", "--sign"]).exits(2));
    assert!(ci.ledger_objects(CHART).is_empty());
}
