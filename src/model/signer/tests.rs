//! Whose certificate is whose: every field wrong one at a time, every look-alike, and runs that nobody
//! protects.

use expect_test::{Expect, expect};

use super::*;
use crate::model::{Config, Timestamp};

mod runs;

/// Makes one field of a good certificate wrong.
type Alter = fn(&mut Certificate);

const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5psiNZfZchbqe4IyyOuUN7dRgV2r
urKqvsRzoqDKXWlvORrQwV+5iFGCTqlgkbhZaNmnOcydgJ8f6jpEdWf2iA==
-----END PUBLIC KEY-----";

/// Own checks, a reusable signer for pull requests, releases from tags, and a person.
fn policy() -> Policy {
    policy_with("")
}

fn policy_with(top: &str) -> Policy {
    let text = format!(
        r#"version = 1
{top}
[repository]
id = "r"
[required]
validate = ["chart-lint"]

[[trust.keys]]
name = "key"
stages = ["tag"]
public = """
{KEY}
"""

[[trust.identities]]
name = "ci"
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main"
repository-id = "123"
owner-id = "45"
refs = ["refs/heads/main"]
events = ["push", "workflow_dispatch"]
runner = "github-hosted"
stages = ["validate", "bump", "tag", "build"]

[[trust.identities]]
name = "signer"
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/octo/signer/.github/workflows/sign.yml@{COMMIT}"
repository-id = "123"
owner-id = "45"
refs = ["refs/heads/f-*", "refs/pull/*/merge"]
events = ["push", "pull_request", "workflow_dispatch"]
stages = ["validate"]

[[trust.identities]]
name = "release"
issuer = "https://token.actions.githubusercontent.com"
signer = "https://github.com/octo/charts/.github/workflows/release.yml@refs/tags/*-v*"
repository-id = "123"
owner-id = "45"
refs = ["refs/tags/*-v*"]
events = ["push"]
stages = ["build", "publish"]

[[trust.identities]]
name = "ada"
issuer = "https://accounts.example.org"
signer = "ada@example.org"
root = "given"
stages = ["waive"]
account = "1001"
"#
    );
    Policy { config: Config::parse("lineage.toml", &text).unwrap(), digest: Sha256::of(&text) }
}

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn ci() -> Certificate {
    let workflow = "https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main".to_owned();
    let text = |text: &str| Some(text.to_owned());
    Certificate {
        root: "public-good".to_owned(),
        subject: workflow.clone(),
        issuer: "https://token.actions.githubusercontent.com".to_owned(),
        build_signer_uri: Some(workflow.clone()),
        runner_environment: text("github-hosted"),
        source_repository_uri: text("https://github.com/octo/charts"),
        source_repository_digest: text(COMMIT),
        source_repository_ref: text("refs/heads/main"),
        source_repository_id: text("123"),
        source_repository_owner_id: text("45"),
        build_config_uri: Some(workflow),
        build_trigger: text("push"),
        run_invocation_uri: None,
        times: vec![Timestamp::from_seconds(1_000)],
        logged: true,
    }
}

/// A run of another workflow, ref and event; the workflow signs for itself.
fn run(signer: &str, reference: &str, event: &str) -> Certificate {
    let mut certificate = ci();
    certificate.subject = signer.to_owned();
    certificate.build_signer_uri = Some(signer.to_owned());
    certificate.source_repository_ref = Some(reference.to_owned());
    certificate.build_trigger = Some(event.to_owned());
    certificate
}

fn judged(role: Role, certificate: Certificate) -> Result<String, String> {
    signer(&policy(), role, &Proof::Certificate(Box::new(certificate))).map(|signer| signer.name.to_owned())
}

#[test]
fn oc7_one_identity_signs_what_its_stages_say() {
    for role in [Role::Validate, Role::Bump, Role::Tag, Role::Build] {
        assert_eq!(judged(role, ci()), Ok("ci".to_owned()), "{role}");
    }
    for role in [Role::Split, Role::Publish, Role::Review, Role::Waive, Role::Policy] {
        let why = judged(role, ci()).unwrap_err();
        assert_eq!(
            why,
            format!("signed by the identity `ci`, which the policy does not trust for the {role} stage")
        );
    }
    let ada = Certificate {
        root: "given".to_owned(),
        subject: "ada@example.org".to_owned(),
        issuer: "https://accounts.example.org".to_owned(),
        ..Certificate::default()
    };
    let policy = policy();
    let found = signer(&policy, Role::Waive, &Proof::Certificate(Box::new(ada))).unwrap();
    assert_eq!((found.name, found.account), ("ada", Some("1001")));
    let key = Proof::key(policy.config.trust.keys[0].fingerprint().unwrap());
    assert_eq!(signer(&policy, Role::Tag, &key).unwrap().name, "key");
    assert!(signer(&policy, Role::Build, &key).is_err());
    assert_eq!(signer(&policy, Role::Tag, &Proof::Rejected("broken".to_owned())), Err("broken".to_owned()));
}

#[test]
fn oc8_each_field_alone_is_told() {
    let wrong: [(Alter, Expect); 16] = [
        (
            |c| c.root = "github".to_owned(),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: the trusted root `github` vouches for it, and the identity `ci` takes `public-good`"
            ],
        ),
        (
            |c| c.root = "given".to_owned(),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: the trusted root `given` vouches for it, and the identity `ci` takes `public-good`"
            ],
        ),
        (
            |c| c.issuer = "https://token.actions.githubusercontent.com/".to_owned(),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its issuer is https://token.actions.githubusercontent.com/, and the identity `ci` takes https://token.actions.githubusercontent.com"
            ],
        ),
        (
            |c| c.subject = c.subject.replace("octo/charts", "octo-org/charts"),
            expect![
                "signed by https://github.com/octo-org/charts/.github/workflows/ci.yml@refs/heads/main: the identity `ci` takes https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main"
            ],
        ),
        (
            |c| c.subject = c.subject.replace("octo/charts", "octo/charts-evil"),
            expect![
                "signed by https://github.com/octo/charts-evil/.github/workflows/ci.yml@refs/heads/main: the identity `ci` takes https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main"
            ],
        ),
        (
            |c| c.subject = c.subject.replace("octo/charts", "Octo/Charts"),
            expect![
                "signed by https://github.com/Octo/Charts/.github/workflows/ci.yml@refs/heads/main: the identity `ci` takes https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main"
            ],
        ),
        (
            |c| c.subject = c.subject.replace("https://github.com", "https://githubXcom"),
            expect![
                "signed by https://githubXcom/octo/charts/.github/workflows/ci.yml@refs/heads/main: the identity `ci` takes https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main"
            ],
        ),
        (
            |c| c.subject = c.subject.replace("ci.yml", "other.yml"),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/other.yml@refs/heads/main: the identity `ci` takes https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main"
            ],
        ),
        (
            |c| c.subject.push_str("-evil"),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main-evil: the identity `ci` takes https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main"
            ],
        ),
        (
            |c| c.source_repository_id = Some("1234".to_owned()),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its repository id is 1234, and the identity `ci` takes 123"
            ],
        ),
        (
            |c| c.source_repository_id = None,
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its repository id is not named, and the identity `ci` takes 123"
            ],
        ),
        (
            |c| c.source_repository_owner_id = Some("46".to_owned()),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its owner id is 46, and the identity `ci` takes 45"
            ],
        ),
        (
            |c| c.source_repository_ref = Some("refs/heads/main-evil".to_owned()),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its ref is refs/heads/main-evil, and the identity `ci` takes refs/heads/main"
            ],
        ),
        (
            |c| c.source_repository_ref = Some("refs/tags/main".to_owned()),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its ref is refs/tags/main, and the identity `ci` takes refs/heads/main"
            ],
        ),
        (
            |c| c.build_trigger = Some("pull_request".to_owned()),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its event is pull_request, and the identity `ci` takes push or workflow_dispatch"
            ],
        ),
        (
            |c| c.runner_environment = Some("self-hosted".to_owned()),
            expect![
                "signed by https://github.com/octo/charts/.github/workflows/ci.yml@refs/heads/main: its runner is self-hosted, and the identity `ci` takes github-hosted"
            ],
        ),
    ];
    for (alter, why) in wrong {
        let mut certificate = ci();
        alter(&mut certificate);
        why.assert_eq(&judged(Role::Validate, certificate).unwrap_err());
    }
}

#[test]
fn a_name_from_outside_is_shown_short_and_on_one_line() {
    let mut certificate = ci();
    certificate.subject = format!("\u{1b}[2Kada\n{}", "x".repeat(300));
    let why = judged(Role::Validate, certificate).unwrap_err();
    assert!(why.starts_with("signed by \\u{1b}[2Kada\\nxxx"), "{why}");
    assert!(why.contains("xxx…: the identity `ci` takes") && why.chars().count() < 350, "{why}");
}

#[test]
fn p39_a_reusable_workflow_signs_as_itself_for_the_repository_that_calls_it() {
    let signer = format!("https://github.com/octo/signer/.github/workflows/sign.yml@{COMMIT}");
    for (reference, event) in [("refs/pull/7/merge", "pull_request"), ("refs/heads/f-x", "workflow_dispatch")] {
        assert_eq!(judged(Role::Validate, run(&signer, reference, event)), Ok("signer".to_owned()));
        let mut elsewhere = run(&signer, reference, event);
        elsewhere.source_repository_id = Some("124".to_owned());
        assert!(judged(Role::Validate, elsewhere).unwrap_err().contains("its repository id is 124"));
    }
    // Another commit of the signer, and the same workflow at a branch, are others.
    for other in [signer.replace("0123", "1123"), signer.replace(COMMIT, "refs/heads/main")] {
        assert!(judged(Role::Validate, run(&other, "refs/pull/7/merge", "pull_request")).is_err());
    }
    let mut two = run(&signer, "refs/pull/7/merge", "pull_request");
    two.build_signer_uri = Some(signer.replace("sign.yml", "other.yml"));
    assert!(judged(Role::Validate, two).unwrap_err().ends_with("its certificate names two signing workflows"));
}

#[test]
fn p40_a_tag_s_run_signs_at_its_tag() {
    let at = |tag: &str| {
        let workflow = format!("https://github.com/octo/charts/.github/workflows/release.yml@refs/tags/{tag}");
        judged(Role::Publish, run(&workflow, &format!("refs/tags/{tag}"), "push"))
    };
    assert_eq!(at("x-v1.2.3"), Ok("release".to_owned()));
    expect!["signed by https://github.com/octo/charts/.github/workflows/release.yml@refs/tags/x-v1: a run of `push` at refs/tags/x-v1 is not protected: evidence for the publish stage comes from main, release or a release tag"].assert_eq(&at("x-v1").unwrap_err());
    assert!(at("main").unwrap_err().contains("the identity `release` takes"));
}

#[test]
fn a_certificate_that_says_nothing_of_its_run_proves_nothing() {
    for alter in [(|c| c.source_repository_ref = None) as Alter, |c| c.build_trigger = None] {
        let mut certificate = ci();
        alter(&mut certificate);
        assert!(judged(Role::Validate, certificate.clone()).is_err());
        assert!(protected::run(&policy().config, Role::Validate, &certificate).is_err());
    }
    assert!(judged(Role::Validate, Certificate::default()).is_err());
}
