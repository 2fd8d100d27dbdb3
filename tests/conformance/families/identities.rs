//! Certificates that are in order, and somebody else's: every field of an identity, one at a time.

use crate::conformance::case::{Case, case};
use crate::conformance::notary::{CHECKS, RELEASE, REPOSITORY, identities, keyless, workflow};
use crate::sigstore::{Claim, How, Identity};

pub(super) const TAGGED: &str = "w6-tag";
pub(super) const BUILT: &str = "w7-build-test-workflow";
pub(super) const INSTALL: &str = "w1-k8s-install";

/// Who signs in the place of whom the policy takes.
type Alter = fn(Identity) -> Identity;

/// The workflow that signs a record.
fn of(record: &str) -> Identity {
    workflow(if record.starts_with("w1") || record.starts_with("w5") { CHECKS } else { RELEASE })
}

/// Somebody else signed a record; the rest is signed by whom the policy trusts.
pub(super) fn by(
    (id, record): (&'static str, &'static str),
    title: &'static str,
    done: &'static str,
    word: &'static str,
    alter: fn(Identity) -> Identity,
) -> Case {
    under((id, record), title, done, Some(word), (identities, alter))
}

/// The same under a policy of one's own; proven where there is no word against it.
pub(super) fn under(
    (id, record): (&'static str, &'static str),
    title: &'static str,
    done: &'static str,
    word: Option<&'static str>,
    (identities, alter): (fn() -> String, Alter),
) -> Case {
    let case = case(id, title, done).with_root().by(move |scene| {
        let mut desk = scene.desk();
        desk.certify_all(&keyless(&identities()), How::v1);
        desk.certify(record, alter(of(record)), How::v1);
        desk.publish();
    });
    match word {
        Some(word) => case.fails(&[record], &[word]),
        None => case,
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = fields();
    cases.extend(names());
    cases
}

fn fields() -> Vec<Case> {
    vec![
        by(
            ("identity-wrong-workflow", TAGGED),
            "The right repository with a wrong workflow",
            "another workflow of the repository signed the tag statement",
            "takes https://github.com/octo/charts/.github/workflows/release.yml",
            |_| workflow("other.yml"),
        ),
        by(
            ("identity-wrong-workflow-check", INSTALL),
            "A check signed by the workflow of releases",
            "release.yml signed a check, for which the policy takes checks.yml",
            "does not trust for the validate stage",
            |_| workflow(RELEASE),
        ),
        by(
            ("identity-other-stages", TAGGED),
            "A workflow trusted for other stages",
            "checks.yml signed the tag statement",
            "does not trust for the tag stage",
            |_| workflow(CHECKS),
        ),
        by(
            ("identity-wrong-ref", TAGGED),
            "The right workflow at a wrong ref",
            "release.yml of a branch signed the tag statement, in a run of that branch",
            "refs/heads/dev",
            |_| Identity::github(REPOSITORY, RELEASE, "refs/heads/dev"),
        ),
        by(
            ("identity-wrong-run-ref", BUILT),
            "The right workflow, run at a wrong ref",
            "main's release.yml built the package in a run of a branch",
            "its ref is refs/heads/dev",
            |who| who.with(Claim::SourceRepositoryRef, "refs/heads/dev"),
        ),
        by(
            ("identity-tag-called-main", TAGGED),
            "A tag called main",
            "the run was at the tag main",
            "its ref is refs/tags/main",
            |who| who.with(Claim::SourceRepositoryRef, "refs/tags/main"),
        ),
        by(
            ("identity-without-ref", TAGGED),
            "A run at no ref",
            "the certificate names no ref",
            "its ref is not named",
            |who| who.without(Claim::SourceRepositoryRef),
        ),
        by(
            ("identity-wrong-event", TAGGED),
            "A wrong event",
            "the run was started by hand",
            "its event is workflow_dispatch",
            |who| who.with(Claim::BuildTrigger, "workflow_dispatch"),
        ),
        by(
            ("identity-outsider-s-event", INSTALL),
            "An event that outsiders set off",
            "the run was started by a comment on an issue",
            "its event is issue_comment",
            |who| who.with(Claim::BuildTrigger, "issue_comment"),
        ),
        by(
            ("identity-wrong-issuer", TAGGED),
            "A wrong issuer",
            "another issuer vouched for the workflow",
            "its issuer is https://token.example.org",
            |who| who.with(Claim::Issuer, "https://token.example.org"),
        ),
        by(
            ("identity-look-alike-issuer", TAGGED),
            "A look-alike issuer",
            "the issuer's name only begins as GitHub's does",
            "its issuer is https://token.actions.githubusercontent.com.evil.example",
            |who| who.with(Claim::Issuer, "https://token.actions.githubusercontent.com.evil.example"),
        ),
        by(
            ("identity-wrong-runner", BUILT),
            "A wrong runner",
            "a self-hosted runner built the package",
            "its runner is self-hosted",
            |who| who.with(Claim::RunnerEnvironment, "self-hosted"),
        ),
        by(
            ("identity-without-runner", BUILT),
            "A run on no runner",
            "the certificate names no runner",
            "its runner is not named",
            |who| who.without(Claim::RunnerEnvironment),
        ),
        by(
            ("identity-wrong-owner-id", TAGGED),
            "A wrong owner id",
            "the repository is somebody else's by its owner's number",
            "its owner id is 2003",
            |who| who.with(Claim::SourceRepositoryOwnerIdentifier, "2003"),
        ),
        by(
            ("identity-without-owner-id", TAGGED),
            "No owner id",
            "the certificate names no owner's number",
            "its owner id is not named",
            |who| who.without(Claim::SourceRepositoryOwnerIdentifier),
        ),
        by(
            ("identity-reused-repository-name", TAGGED),
            "A reused repository name",
            "a repository of the same name with another number signed",
            "its repository id is 1002",
            |who| who.with(Claim::SourceRepositoryIdentifier, "1002"),
        ),
        by(
            ("identity-without-repository-id", TAGGED),
            "No repository id",
            "the certificate names no repository's number",
            "its repository id is not named",
            |who| who.without(Claim::SourceRepositoryIdentifier),
        ),
        by(
            ("identity-without-issuer", TAGGED),
            "A certificate that names no issuer",
            "nobody is said to vouch for the workflow",
            "who vouches for its holder",
            |who| who.without(Claim::Issuer).without(Claim::OldIssuer),
        ),
    ]
}

fn names() -> Vec<Case> {
    vec![
        by(
            ("identity-look-alike-repository", TAGGED),
            "A look-alike repository",
            "the repository's name only begins as the true one's does, and so does its number",
            "octo/charts-evil",
            |_| {
                Identity::github("octo/charts-evil", RELEASE, "refs/heads/main")
                    .with(Claim::SourceRepositoryIdentifier, "10011")
            },
        ),
        by(
            ("identity-look-alike-owner", TAGGED),
            "A look-alike owner",
            "the owner's name only begins as the true one's does",
            "octo-org/charts",
            |_| Identity::github("octo-org/charts", RELEASE, "refs/heads/main"),
        ),
        by(
            ("identity-look-alike-case", TAGGED),
            "A repository in capitals",
            "the workflow's name is in capitals",
            "Octo/Charts",
            |_| Identity::github("Octo/Charts", RELEASE, "refs/heads/main"),
        ),
        by(
            ("identity-look-alike-letter", TAGGED),
            "An owner with a zero for an o",
            "the owner's name is spelt with a zero",
            "takes https://github.com/octo/charts/",
            |_| Identity::github("0cto/charts", RELEASE, "refs/heads/main"),
        ),
        by(
            ("identity-look-alike-host", TAGGED),
            "A look-alike host",
            "the workflow is of another host whose name begins as GitHub's does",
            "github.com.evil.example",
            |who| {
                let signer =
                    "https://github.com.evil.example/octo/charts/.github/workflows/release.yml@refs/heads/main";
                who.uri(signer).with(Claim::BuildSignerUri, signer)
            },
        ),
        by(
            ("identity-look-alike-ref", TAGGED),
            "A look-alike branch",
            "the branch's name only begins as main's does",
            "refs/heads/main-evil",
            |_| Identity::github(REPOSITORY, RELEASE, "refs/heads/main-evil"),
        ),
        by(
            ("identity-look-alike-path", TAGGED),
            "A workflow below another directory",
            "the workflow lies in a directory called as the workflow is",
            "takes https://github.com/octo/charts/",
            |who| {
                let signer =
                    "https://github.com/octo/charts/.github/workflows/release.yml/evil.yml@refs/heads/main";
                who.uri(signer).with(Claim::BuildSignerUri, signer)
            },
        ),
        by(
            ("identity-reusable-workflow-of-a-fork", BUILT),
            "A reusable workflow from a fork",
            "the repository's run called the same workflow of a fork, which signed",
            "https://github.com/evil/charts/",
            |who| {
                who.calling(
                    "https://github.com/evil/charts/.github/workflows/release.yml@refs/heads/main",
                    &"b".repeat(40),
                )
            },
        ),
        by(
            ("identity-called-from-a-fork", BUILT),
            "The right workflow, called from a fork",
            "a fork's run called the repository's own workflow, which signed",
            "its repository id is 6666",
            |_| {
                Identity::github("evil/charts", "evil.yml", "refs/heads/main")
                    .with(Claim::SourceRepositoryIdentifier, "6666")
                    .with(Claim::SourceRepositoryOwnerIdentifier, "7777")
                    .calling(
                        "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main",
                        &"a".repeat(40),
                    )
            },
        ),
        by(
            ("identity-two-signers", BUILT),
            "A certificate with two signing workflows",
            "the certificate's subject is the trusted workflow, the signer it names another",
            "two signing workflows",
            |who| {
                who.with(
                    Claim::BuildSignerUri,
                    "https://github.com/evil/charts/.github/workflows/release.yml@refs/heads/main",
                )
            },
        ),
    ]
}
