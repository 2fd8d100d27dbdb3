//! Check statements that lie, signed by a key the policy trusts, with everything behind them signed again.

use serde_json::json;

use crate::conformance::case::{Begin, Case, case};
use crate::conformance::signer::sha256;

const INSTALL: &str = "w1-k8s-install";

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("check-fail-signed-well", "A check that failed", "the result of k8s-install is fail; everything behind it is signed again")
            .fails(&[INSTALL], &["its result is fail"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim(INSTALL, "result", json!("fail"));
                desk.publish();
            }),
        case("check-excluded-signed-well", "An exclusion the policy does not accept", "the result of k8s-install is excluded")
            .fails(&[INSTALL], &["its result is excluded"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim(INSTALL, "result", json!("excluded"));
                desk.claim(INSTALL, "reason", json!("needs a tunnel token"));
                desk.publish();
            }),
        case("check-not-applicable", "A check that says it had nothing to do", "the result of chart-lint is not-applicable")
            .fails(&["w1-chart-lint"], &["not-applicable"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim("w1-chart-lint", "result", json!("not-applicable"));
                desk.publish();
            }),
        case("check-result-unknown-word", "A result that is no result", "the result of k8s-install is `passed`")
            .fails(&[INSTALL], &["not readable"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim(INSTALL, "result", json!("passed"));
                desk.publish();
            }),
        case("check-without-result", "A check without a result", "the result of k8s-install is missing")
            .fails(&[INSTALL], &["not readable"])
            .by(|scene| {
                let mut desk = scene.desk();
                let predicate = &mut desk.record(INSTALL).statement["predicate"];
                predicate.as_object_mut().expect("an object").remove("result");
                desk.publish();
            }),
        case("check-wrong-digest", "The right name and a wrong digest", "k8s-install saw another content under the name of this chart")
            .fails(&[INSTALL], &["its subject charts/test-workflow"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.tell(INSTALL, |s| s["subject"][0]["digest"]["sha256"] = json!(sha256("other")));
                desk.publish();
            }),
        case("check-sha1-only", "A subject with a sha1 alone", "the subject of k8s-install is given by the git tree's sha1")
            .fails(&[INSTALL], &["no sha256"])
            .by(|scene| {
                let mut desk = scene.desk();
                let tree = desk.tree_of(INSTALL);
                desk.tell(INSTALL, |s| s["subject"][0]["digest"] = json!({ "sha1": tree }));
                desk.publish();
            }),
        case("check-uppercase-digest", "A digest in another spelling", "the digest of k8s-install's subject is in upper case")
            .fails(&[INSTALL], &["its subject"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.tell(INSTALL, |s| {
                    let digest = s["subject"][0]["digest"]["sha256"].as_str().expect("a digest").to_uppercase();
                    s["subject"][0]["digest"]["sha256"] = json!(digest);
                });
                desk.publish();
            }),
        case("check-extra-subject", "A statement with a subject too many", "k8s-install's statement is about another chart's content, too")
            .fails(&[INSTALL], &["a subject too many"])
            .by(|scene| {
                let mut desk = scene.desk();
                let other = json!({ "name": "charts/cloudflared", "digest": { "sha256": sha256("x") } });
                desk.tell(INSTALL, |s| s["subject"].as_array_mut().expect("a list").push(other));
                desk.publish();
            }),
        case("check-no-subject", "A statement about nothing", "k8s-install's statement has no subject")
            .fails(&[INSTALL], &["no subject"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.tell(INSTALL, |s| s["subject"] = json!([]));
                desk.publish();
            }),
        case("check-other-definition", "Another definition of the check", "k8s-install ran `true` instead of the policy's command")
            .fails(&[INSTALL], &["another definition"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim(INSTALL, "definition", json!(sha256("true")));
                desk.publish();
            }),
        case("check-other-variant", "One variant's result for another", "the result for v1.32.11 stands in the map for v1.33.7, too")
            .fails(&["w1-lint-test-v1.33.7"], &["it is of another check or stage"])
            .by(|scene| {
                let mut desk = scene.desk();
                let statement = desk.record("w1-lint-test-v1.32.11").statement.clone();
                desk.record("w1-lint-test-v1.33.7").statement = statement;
                desk.publish();
            }),
        case("check-later-stage", "A result of another stage", "k8s-install is signed as a check of the bump stage")
            .fails(&[INSTALL], &["it is of another check or stage"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim(INSTALL, "stage", json!("bump"));
                desk.publish();
            }),
        case("check-after-the-tag", "A check made after the tag", "k8s-install is dated a year after the tag statement")
            .fails(&[INSTALL], &["younger than the tag"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim(INSTALL, "time", json!("2031-01-01T00:00:00Z"));
                desk.publish();
            }),
        case("check-untold-commit", "A check that saw another contribution", "commit-validation looked at a commit the split does not tell of")
            .fails(&["w1-commit-validation"], &["of which the split does not tell"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.tell("w1-commit-validation", |s| {
                    s["predicate"]["commits"][0]["commit"] = json!("1234567890123456789012345678901234567890");
                });
                desk.publish();
            }),
        case("check-missing-everywhere", "A required check that never ran", "k8s-install is in no map, no seal and no ledger")
            .fails(&[INSTALL], &["names no such attestation"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.forget(INSTALL);
                desk.publish();
            }),
        case("check-missing-from-seal", "A required check the seal leaves out", "the seal and its map do not name k8s-install; payload and ledger do")
            .fails(&["w1-overall"], &["does not name a counting bundle for w1-k8s-install"])
            .by(|scene| {
                let mut desk = scene.desk();
                for map in ["attestations", "bundles"] {
                    let map = &mut desk.record("w1-overall").statement["predicate"][map];
                    map.as_object_mut().expect("a map").remove(INSTALL);
                }
                desk.describe();
                desk.publish();
            }),
        case("check-later-fail-hidden", "A later fail hidden behind an earlier pass", "k8s-install ran again before the tag and failed; seal and tag name the earlier pass")
            .fails(&[INSTALL], &["fail"])
            .by(|scene| {
                let mut desk = scene.desk();
                let (on, mut later) = (desk.tree_of(INSTALL), desk.record(INSTALL).statement.clone());
                let tagged = desk.record("w6-tag").statement["predicate"]["time"].clone();
                later["predicate"]["time"] = tagged;
                later["predicate"]["result"] = json!("fail");
                let line = desk.line_of(INSTALL, &later, "ci.pem");
                desk.add_line(&on, line);
                desk.publish();
            }),
        case("check-pass-revived-by-a-revert", "A pass revived by a revert", "k8s-install failed on this content after its release; main went back, and the same content is released again on the old pass")
            .judging("test-workflow-v0.2.9")
            .fails(&[INSTALL], &["a later result stands against it: its result is fail"])
            .by(|scene| {
                let mut desk = scene.desk();
                let (on, mut later) = (desk.tree_of(INSTALL), desk.record(INSTALL).statement.clone());
                later["predicate"]["time"] = json!("2031-01-01T00:00:00Z");
                later["predicate"]["result"] = json!("fail");
                let line = desk.line_of(INSTALL, &later, "ci.pem");
                desk.add_line(&on, line);
                desk.claim("w6-tag", "time", json!("2031-01-02T00:00:00Z"));
                desk.release_again("test-workflow-v0.2.9", "0.2.9", &[]);
                desk.publish();
            }),
        case("check-borrowed-from-older-content", "A pass of the content before", "k8s-install of the release before stands for this one's")
            .from(Begin::Second)
            .fails(&[INSTALL], &["its subject charts/test-workflow"])
            .by(|scene| {
                let mut older = scene.desk_of("test-workflow", crate::world::TAG);
                let statement = older.record(INSTALL).statement.clone();
                let mut desk = scene.desk();
                desk.record(INSTALL).statement = statement;
                desk.publish();
            }),
    ]
}
