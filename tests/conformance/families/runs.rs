//! Runs that nobody protects, signers that are called, and people: who may speak for what.

use super::identities::{BUILT, INSTALL, TAGGED, by, under};
use crate::conformance::case::Case;
use crate::conformance::notary::{identities, identity};
use crate::sigstore::{Claim, GITHUB, Identity};

/// Both workflows, and a person for the tag stage.
fn with_ada() -> String {
    let ada = "\n[[trust.identities]]\nname = \"ada\"\nissuer = \"https://accounts.example.org\"\n\
               signer = \"ada@example.org\"\nroot = \"given\"\nstages = [\"tag\"]\n";
    identities() + ada
}

const SIGNER: &str =
    "https://github.com/octo/signer/.github/workflows/sign.yml@bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// Both workflows, and a signer at a commit that checks of pull requests may call.
fn with_signer() -> String {
    let pinned = identity("signer", "sign.yml", "\"validate\"")
        .replace("https://github.com/octo/charts/.github/workflows/sign.yml@refs/heads/main", SIGNER)
        .replace("refs = [\"refs/heads/main\"]", "refs = [\"refs/pull/*/merge\"]")
        .replace("events = [\"push\"]", "events = [\"pull_request\"]");
    identities() + &pinned
}

/// Both workflows, the builder at any branch that begins with an r, and on request.
fn wide() -> String {
    let builder = identity("wide", "wide.yml", "\"build\"")
        .replace("wide.yml@refs/heads/main", "wide.yml@refs/heads/r*")
        .replace("refs = [\"refs/heads/main\"]", "refs = [\"refs/heads/r*\", \"refs/tags/test-workflow-v*\"]")
        .replace("events = [\"push\"]", "events = [\"push\", \"workflow_dispatch\"]");
    identities() + &builder
}

/// Both workflows, the checks' one on integration and in its merge queue.
fn on_integration() -> String {
    let checks = identity("queued", "queued.yml", "\"validate\"")
        .replace("queued.yml@refs/heads/main", "queued.yml@refs/heads/integration")
        .replace(
            "refs = [\"refs/heads/main\"]",
            "refs = [\"refs/heads/integration\", \"refs/heads/feature-*\", \
             \"refs/heads/gh-readonly-queue/integration/pr-*\"]",
        )
        .replace("events = [\"push\"]", "events = [\"push\", \"merge_group\"]");
    identities() + &checks
}

fn at(file: &str, reference: &str) -> Identity {
    Identity::github("octo/charts", file, reference)
}

fn in_a_pull(signer: &str) -> Identity {
    at("pull.yml", "refs/pull/7/merge")
        .with(Claim::BuildTrigger, "pull_request")
        .calling(signer, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = runs();
    cases.extend(people());
    cases
}

fn runs() -> Vec<Case> {
    vec![
        by(
            ("identity-pull-request-tag", TAGGED),
            "A tag statement of a pull request",
            "a run of a pull request signed the tag statement",
            "refs/pull/7/merge",
            |who| {
                who.with(Claim::SourceRepositoryRef, "refs/pull/7/merge").with(Claim::BuildTrigger, "pull_request")
            },
        ),
        by(
            ("identity-pull-request-build", BUILT),
            "A package of a pull request",
            "a run of a pull request built the package",
            "refs/pull/7/merge",
            |who| {
                who.with(Claim::SourceRepositoryRef, "refs/pull/7/merge").with(Claim::BuildTrigger, "pull_request")
            },
        ),
        by(
            ("identity-pull-request-check", INSTALL),
            "A check of a pull request's own workflow",
            "a pull request's own workflow signed the check",
            "pull.yml",
            |_| in_a_pull("https://github.com/octo/charts/.github/workflows/pull.yml@refs/pull/7/merge"),
        ),
        under(
            ("identity-pull-request-pinned", INSTALL),
            "A check of a pull request by a pinned signer",
            "nothing; a pull request's run called a signer at a commit, which the policy trusts for checks",
            None,
            (with_signer, |_| in_a_pull(SIGNER)),
        ),
        under(
            ("identity-pull-request-pinned-build", BUILT),
            "A package by a signer for checks",
            "a pull request's run called the checks' signer, which signed the build",
            Some("does not trust for the build stage"),
            (with_signer, |_| in_a_pull(SIGNER)),
        ),
        under(
            ("identity-pull-request-moved-signer", INSTALL),
            "A pinned signer at another commit",
            "a pull request's run called the signer at a commit the policy does not name",
            Some("the identity `signer` takes"),
            (with_signer, |_| {
                in_a_pull(
                    "https://github.com/octo/signer/.github/workflows/sign.yml@cccccccccccccccccccccccccccccccccccccccc",
                )
            }),
        ),
        under(
            ("identity-unprotected-branch", BUILT),
            "A package of an unprotected branch",
            "the policy's pattern takes any branch with an r; a push to rogue built the package",
            Some("a run of `push` at refs/heads/rogue is not protected"),
            (wide, |_| at("wide.yml", "refs/heads/rogue")),
        ),
        under(
            ("identity-unprotected-dispatch", BUILT),
            "A package of an unprotected branch, on request",
            "the same, started by hand",
            Some("a run of `workflow_dispatch` at refs/heads/rogue is not protected"),
            (wide, |_| at("wide.yml", "refs/heads/rogue").with(Claim::BuildTrigger, "workflow_dispatch")),
        ),
        under(
            ("identity-release-branch", BUILT),
            "A package of the release branch",
            "nothing; a push to the release branch built the package",
            None,
            (wide, |_| at("wide.yml", "refs/heads/release")),
        ),
        under(
            ("identity-tag-run", BUILT),
            "A package of the release tag's run",
            "nothing; the release branch's workflow built the package in a run of the tag",
            None,
            (wide, |_| {
                at("wide.yml", "refs/heads/release")
                    .with(Claim::SourceRepositoryRef, "refs/tags/test-workflow-v0.2.0")
            }),
        ),
        under(
            ("identity-integration-push", INSTALL),
            "A check of a push to integration",
            "nothing; the check ran on the push to the integration branch",
            None,
            (on_integration, |_| at("queued.yml", "refs/heads/integration")),
        ),
        under(
            ("identity-merge-queue", INSTALL),
            "A check of a merge queue",
            "nothing; the check ran in the merge queue of the integration branch",
            None,
            (on_integration, |_| {
                at("queued.yml", "refs/heads/integration")
                    .with(
                        Claim::SourceRepositoryRef,
                        "refs/heads/gh-readonly-queue/integration/pr-7-0123456789012345678901234567890123456789",
                    )
                    .with(Claim::BuildTrigger, "merge_group")
            }),
        ),
        under(
            ("identity-merge-queue-pushed", INSTALL),
            "A push to a merge queue's branch",
            "somebody pushed to a branch called as the queue's are",
            Some("is not protected"),
            (on_integration, |_| {
                at("queued.yml", "refs/heads/integration")
                    .with(Claim::SourceRepositoryRef, "refs/heads/gh-readonly-queue/integration/pr-7-evil")
            }),
        ),
        under(
            ("identity-feature-push", INSTALL),
            "A check of a push to a feature branch",
            "the policy's patterns take feature branches; the check ran on a push to one",
            Some("is not protected"),
            (on_integration, |_| {
                at("queued.yml", "refs/heads/integration").with(Claim::SourceRepositoryRef, "refs/heads/feature-x")
            }),
        ),
    ]
}

fn people() -> Vec<Case> {
    let person = |id, title, done, word, alter: fn(Identity) -> Identity| {
        under((id, TAGGED), title, done, word, (with_ada, alter))
    };
    vec![
        person(
            "person-trusted",
            "A tag statement by a person",
            "nothing; a person the policy trusts signed the tag statement",
            None,
            |_| Identity::email("ada@example.org", "https://accounts.example.org"),
        ),
        person(
            "person-look-alike",
            "A look-alike address",
            "the address only begins as the trusted one does",
            Some("ada@example.org.evil.test"),
            |_| Identity::email("ada@example.org.evil.test", "https://accounts.example.org"),
        ),
        person(
            "person-look-alike-front",
            "An address that ends as the trusted one",
            "the address only ends as the trusted one does",
            Some("not-ada@example.org"),
            |_| Identity::email("not-ada@example.org", "https://accounts.example.org"),
        ),
        person(
            "person-look-alike-case",
            "An address in capitals",
            "the address is the trusted one in capitals",
            Some("Ada@Example.org"),
            |_| Identity::email("Ada@Example.org", "https://accounts.example.org"),
        ),
        person(
            "person-other-issuer",
            "The right address by another issuer",
            "another issuer vouched for the address",
            Some("its issuer is"),
            |_| Identity::email("ada@example.org", GITHUB),
        ),
        person(
            "person-as-uri",
            "An address that is a URI",
            "the certificate's subject is the address as a URI",
            Some("signed by mailto:ada@example.org"),
            |_| Identity::email("x@example.org", "https://accounts.example.org").uri("mailto:ada@example.org"),
        ),
        by(
            ("person-nobody-named", TAGGED),
            "A person nobody named",
            "a person signed the tag statement, for which the policy takes a workflow",
            "ada@example.org",
            |_| Identity::email("ada@example.org", GITHUB),
        ),
        under(
            ("person-workflow-for-a-person", TAGGED),
            "A workflow that calls itself as a person does",
            "a workflow's certificate has the person's address as its subject",
            Some("signed by ada@example.org"),
            (with_ada, |who| who.uri("ada@example.org")),
        ),
    ]
}
