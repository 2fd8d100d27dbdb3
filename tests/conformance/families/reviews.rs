//! Reviews that count for nothing, and one that counts: somebody else than the author read the contribution.

use serde_json::{Value, json};

use crate::conformance::case::{Anchor, Begin, Case, case};
use crate::conformance::desk::Desk;
use crate::conformance::signer::sha256;
use crate::people;

const REVIEW: &str = "w1-review-1002";
const LINK: &str = "w1-review";

fn reviewed(id: &'static str, title: &'static str, done: &'static str) -> Case {
    case(id, title, done).from(Begin::Reviewed)
}

fn forged(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    key: &'static str,
    forge: impl Fn(&mut Desk<'_>) + Send + Sync + 'static,
) -> Case {
    reviewed(id, title, done).fails(&[LINK], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        desk.sign_with(REVIEW, key);
        forge(&mut desk);
        desk.publish();
    })
}

fn told(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    (field, value): (&'static str, fn() -> Value),
) -> Case {
    forged(id, title, done, word, "bob.pem", move |desk| desk.claim(REVIEW, field, value()))
}

/// The lineage is honest, and the judge's policy another.
fn judged(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    policy: fn(String) -> String,
) -> Case {
    reviewed(id, title, done).against(Anchor::Policy).fails(&[LINK], &[word]).by(move |scene| {
        scene.write("policy.toml", policy(people::policy()));
    })
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        reviewed(
            "reviewed",
            "A contribution somebody read",
            "nothing; Bob approved Ada's contribution, and the policy asks for one review",
        ),
        judged(
            "review-two-required",
            "A review too few",
            "the judge's policy asks for two reviews",
            "1 person did",
            |text| text.replace("[required]\n", "[required]\nreviews = 2\n"),
        ),
        judged(
            "review-by-no-reviewer",
            "A review by no reviewer",
            "the judge's policy takes Carol's reviews alone",
            "is no reviewer of this policy",
            |text| text.replace("[required]\n", "[required]\nreviews = 1\nreviewers = [\"1003\"]\n"),
        ),
        judged(
            "review-author-unknown",
            "A review of nobody knows whose contribution",
            "the judge's policy knows nobody's address",
            "does not know whose address",
            |text| {
                let text = text.replace("[required]\n", "[required]\nreviews = 1\n");
                text.split_once("[[people]]").expect("it names people").0.to_owned()
            },
        ),
        forged(
            "review-missing",
            "A review that never was",
            "no review is in any map, seal or ledger",
            "names no such attestation",
            "bob.pem",
            |desk| desk.forget(REVIEW),
        ),
        forged(
            "review-not-in-the-seal",
            "A review the seal leaves out",
            "the seal does not name the review; payload and ledger do",
            "w1-overall",
            "bob.pem",
            |desk| {
                for map in ["attestations", "bundles"] {
                    let map = &mut desk.record("w1-overall").statement["predicate"][map];
                    map.as_object_mut().expect("a map").remove(REVIEW);
                }
                desk.describe();
            },
        )
        .fails(&["w1-overall"], &["w1-overall"]),
        forged(
            "review-by-the-author",
            "An author who approves of his own work",
            "Ada, who made the contribution, signed the review",
            "made or merged the contribution itself",
            "ada.pem",
            |desk| {
                desk.claim(REVIEW, "approvers", json!(["1001"]));
            },
        ),
        forged(
            "review-by-the-author-for-another",
            "An author who says that somebody else approved",
            "Ada signed a review in which Bob approves",
            "signed a review without approving",
            "ada.pem",
            |_| {},
        ),
        forged(
            "review-by-the-pipeline",
            "A pipeline that approves",
            "the key of the pipeline says that Bob approved",
            "nor the role `review` by name",
            "ci.pem",
            |_| {},
        ),
        told(
            "review-of-nobody",
            "A review in which nobody approves",
            "Bob's review names no approver",
            "signed a review without approving",
            ("approvers", || json!([])),
        ),
        told(
            "review-younger-than-the-tag",
            "A review younger than the tag",
            "Bob approved long after the tag",
            "younger than the tag",
            ("time", || json!("2031-01-01T00:00:00Z")),
        ),
        told(
            "review-of-another-repository",
            "A review of another repository",
            "the review is of another repository",
            "repository",
            ("repository", || json!("11111111-1111-4111-8111-111111111111")),
        ),
        forged(
            "review-of-another-content",
            "A review of another content",
            "the review is about another content of the chart",
            "its subject charts/test-workflow",
            "bob.pem",
            |desk| {
                desk.tell(REVIEW, |s| s["subject"][0]["digest"]["sha256"] = json!(sha256("other")));
            },
        ),
        forged(
            "review-with-a-subject-too-many",
            "A review with a subject too many",
            "the review is about another chart's content, too",
            "a subject too many",
            "bob.pem",
            |desk| {
                let other = json!({ "name": "charts/cloudflared", "digest": { "sha256": sha256("x") } });
                desk.tell(REVIEW, |s| s["subject"].as_array_mut().expect("a list").push(other));
            },
        ),
        reviewed(
            "review-dropped-note",
            "A review that was dropped",
            "the line of the review is gone; the tag names its bundle",
        )
        .exits(3, &[LINK], &["is not in the ledger here"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.withhold(REVIEW);
            desk.write_ledger();
        }),
    ]
}
