//! What the corpus was asked to hold, and the cases that hold it.

use super::corpus;

/// Each kind of tampering with a word of the ids of its cases.
const LISTED: [(&str, &[&str]); 50] = [
    ("swapped package", &["package-swapped", "predicted-other-tgz"]),
    ("moved tag", &["tag-moved"]),
    ("tag object under another name", &["tag-under-another-name"]),
    ("lightweight tag", &["tag-lightweight"]),
    ("replace ref", &["replace-ref-that-hides", "replace-ref-on-main"]),
    ("dropped note", &["ledger-dropped-note"]),
    ("replayed older map", &["ledger-replayed-older-map", "payload-of-the-release-before"]),
    ("note of another chart", &["ledger-note-of-another-chart"]),
    ("bundle of another repository", &["repository-of-a-check"]),
    (
        "right repository with a wrong workflow",
        &["identity-wrong-workflow", "identity-wrong-workflow-check", "identity-reusable-workflow-of-a-fork"],
    ),
    (
        "right repository with a wrong ref",
        &[
            "identity-wrong-ref",
            "identity-wrong-run-ref",
            "identity-look-alike-ref",
            "identity-unprotected-branch",
        ],
    ),
    (
        "right repository with a wrong event",
        &["identity-wrong-event", "identity-pull-request-build", "identity-outsider-s-event"],
    ),
    ("right repository with a wrong issuer", &["identity-wrong-issuer", "identity-look-alike-issuer"]),
    (
        "look-alike repository names",
        &[
            "repository-look-alike-case",
            "repository-look-alike-letter",
            "identity-look-alike-repository",
            "identity-look-alike-owner",
            "identity-reused-repository-name",
        ],
    ),
    ("unsigned bump", &["bump-unsigned", "signer-unknown-bump"]),
    ("bump that also edits a template", &["bump-edits-a-template"]),
    ("split that keeps a deleted file", &["split-keeps-a-deleted-file"]),
    ("check result fail signed well", &["check-fail-signed-well"]),
    ("check result excluded signed well", &["check-excluded-signed-well"]),
    ("subject with the right name and a wrong digest", &["check-wrong-digest"]),
    ("sha1 subject only", &["check-sha1-only"]),
    ("two payload blocks", &["payload-two-blocks"]),
    ("changelog that imitates a payload", &["tag-changelog-imitates-a-payload", "payload-block-in-changelog"]),
    ("statement with an extra subject", &["check-extra-subject"]),
    ("duplicate JSON keys", &["statement-duplicate-key", "payload-duplicate-key"]),
    ("predicate type of another stage", &["statement-predicate-of-another-stage"]),
    ("expired certificate", &["certificate-expired"]),
    ("SET outside validity", &["log-set-outside-validity"]),
    ("missing inclusion proof", &["log-no-inclusion-proof", "log-v2-no-inclusion-proof"]),
    ("key removed from policy later", &["signer-removed-later", "signer-removed-before"]),
    ("policy changed in the change under test", &["policy-in-the-change-under-test"]),
    (
        "a trust change nobody trusted signed",
        &["policy-key-added-by-nobody", "policy-weakened-by-nobody", "change-by-nobody", "change-by-the-new-key"],
    ),
    ("a main that does not descend from the pin", &["main-rewritten"]),
    ("a fork that vouches for itself", &["fork-against-a-policy", "fork-in-place-of-the-origin"]),
    ("evidence of the same content under another chart", &["chart-of-the-same-content"]),
    ("evidence of the same content in another repository", &["repository-of-everything"]),
    ("a dependency that changed under an unchanged chart", &["dependency-changed"]),
    ("an input that changed under an unchanged chart", &["input-changed"]),
    ("a pass revived by a revert", &["check-pass-revived-by-a-revert"]),
    ("a later fail hidden behind an earlier pass", &["check-later-fail-hidden"]),
    ("junk lines added to the ledger", &["ledger-junk", "ledger-junk-records"]),
    ("previous release dropped", &["previous-dropped"]),
    ("release rolled back", &["release-rolled-back", "pinned-tag-deleted"]),
    ("shallow clone", &["clone-shallow"]),
    ("truncated pack", &["pack-truncated"]),
    ("a replaced release before", &["previous-replaced"]),
    ("a revocation dropped from main", &["revocation-dropped", "revocation-weakened"]),
    ("a waiver nobody may write", &["waiver-by-the-author", "waiver-role-implied", "waiver-expired"]),
    ("a review that counts for nothing", &["review-by-the-author", "review-missing"]),
    ("later re-run of a check", &["ledger-fail-after-the-tag", "ledger-pass-again-after-the-tag"]),
];

#[test]
fn every_listed_kind_has_its_cases() {
    let cases = corpus();
    for (kind, ids) in LISTED {
        for id in ids {
            assert!(cases.iter().any(|case| case.id == *id), "{kind}: there is no case {id}");
        }
    }
}
