//! Waivers nobody may write, and one that somebody may: a failed check that a second person answers for.

use serde_json::{Value, json};

use crate::conformance::case::{Anchor, Begin, Case, case};
use crate::conformance::desk::Desk;
use crate::conformance::signer::sha256;
use crate::people;

const WAIVER: &str = "w1-waive-k8s-install";
const INSTALL: &str = "w1-k8s-install";

fn waived(id: &'static str, title: &'static str, done: &'static str) -> Case {
    case(id, title, done).from(Begin::Waived)
}

/// The waiver is another, and the judge would take one.
fn forged(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    key: &'static str,
    forge: impl Fn(&mut Desk<'_>) + Send + Sync + 'static,
) -> Case {
    waived(id, title, done).allowing_waivers().fails(&[INSTALL], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        desk.sign_with(WAIVER, key);
        forge(&mut desk);
        desk.publish();
    })
}

/// The waiver says something else, in Bob's own hand.
fn told(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    (field, value): (&'static str, fn() -> Value),
) -> Case {
    forged(id, title, done, word, "bob.pem", move |desk| desk.claim(WAIVER, field, value()))
}

/// The lineage is honest, and the judge's policy another.
fn judged(id: &'static str, title: &'static str, done: &'static str, policy: fn(String) -> String) -> Case {
    waived(id, title, done).against(Anchor::Policy).by(move |scene| {
        let text = policy(people::policy());
        assert_ne!(text, people::policy(), "the policy is another");
        scene.write("policy.toml", text);
    })
}

fn without_people(text: &str) -> String {
    text.split_once("[[people]]").expect("it names people").0.to_owned()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = whole();
    cases.extend(attacks());
    cases
}

fn whole() -> Vec<Case> {
    vec![
        waived(
            "waived-not-asked-for",
            "A waived check, where nobody said that this will do",
            "nothing; Bob waived the failed check, and neither policy nor judge takes that for proven",
        )
        .exits(1, &[], &["\"standing\":\"waived\""]),
        waived("waived-allowed", "A waived check that the judge allows", "nothing; Bob waived the failed check")
            .allowing_waivers()
            .exits(0, &[], &["\"standing\":\"waived\""]),
        judged(
            "waived-allowed-by-policy",
            "A waived check that the policy allows",
            "nothing; the judge's policy says that waivers will do",
            |text| text.replace("[required]\n", "[required]\nallow-waivers = true\n"),
        )
        .exits(0, &[], &["\"standing\":\"waived\""]),
        judged(
            "waived-without-the-role",
            "A waiver by somebody who may review alone",
            "the judge's policy does not let Bob waive",
            |text| {
                text.replacen(
                    "name = \"bob\"\nstages = [\"waive\", \"review\"]",
                    "name = \"bob\"\nstages = [\"review\"]",
                    1,
                )
            },
        )
        .allowing_waivers()
        .fails(&[INSTALL], &["does not trust for the waive stage"]),
        judged(
            "waived-author-unknown",
            "A contribution of nobody knows whom",
            "the judge's policy knows nobody's address",
            |text| without_people(&text),
        )
        .allowing_waivers()
        .fails(&[INSTALL], &["does not know whose address"]),
    ]
}

fn attacks() -> Vec<Case> {
    vec![
        forged(
            "waiver-by-the-author",
            "An author who waives his own check",
            "Ada, who made the contribution, signed the waiver",
            "made or merged the contribution itself",
            "ada.pem",
            |desk| {
                desk.claim(WAIVER, "account", json!("1001"));
            },
        ),
        forged(
            "waiver-by-the-author-retold",
            "An author who waives, and says somebody else made it",
            "Ada signed the waiver, whose commits are Bob's",
            "made or merged the contribution itself",
            "ada.pem",
            |desk| {
                desk.claim(WAIVER, "account", json!("1001"));
                let commits = &mut desk.record(WAIVER).statement["predicate"]["commits"];
                for commit in commits.as_array_mut().into_iter().flatten() {
                    commit["author"] = json!("Bob <bob@example.org>");
                }
            },
        ),
        forged(
            "waiver-in-another-s-name",
            "A waiver in another's name",
            "Ada signed a waiver that says it is Bob's",
            "its signer `ada` is 1001",
            "ada.pem",
            |_| {},
        ),
        forged(
            "waiver-role-implied",
            "A role that was implied",
            "the key of the pipeline, trusted for every stage, signed the waiver",
            "does not trust for the waive stage",
            "ci.pem",
            |desk| {
                desk.claim(WAIVER, "account", json!("1004"));
            },
        ),
        forged(
            "waiver-by-a-reviewer",
            "A waiver by a reviewer",
            "Carol, who may review alone, signed the waiver",
            "does not trust for the waive stage",
            "carol.pem",
            |desk| {
                desk.claim(WAIVER, "account", json!("1003"));
            },
        ),
        told(
            "waiver-expired",
            "An expired waiver",
            "the waiver had expired a minute before the release",
            "it expired at",
            ("expires", || json!("2025-11-21T04:50:00Z")),
        ),
        told(
            "waiver-for-too-long",
            "A waiver for ever",
            "the waiver is to last for a century",
            "longer than the 90 days",
            ("expires", || json!("2125-01-01T00:00:00Z")),
        ),
        told(
            "waiver-younger-than-the-tag",
            "A waiver younger than the tag",
            "the waiver was made long after the tag",
            "younger than the tag",
            ("time", || json!("2031-01-01T00:00:00Z")),
        ),
        told(
            "waiver-of-another-check",
            "A waiver of another check",
            "the waiver is of chart-lint",
            "another check",
            ("check", || json!("chart-lint")),
        ),
        told(
            "waiver-of-another-stage",
            "A waiver of another stage",
            "the waiver is of a check of the bump stage",
            "stage",
            ("stage", || json!("bump")),
        ),
        told(
            "waiver-of-another-definition",
            "A waiver of another definition",
            "the waiver is of a check that runs `true`",
            "definition",
            ("definition", || json!(sha256("true"))),
        ),
        told(
            "waiver-of-other-inputs",
            "A waiver of other inputs",
            "the waiver is of a check that read another script",
            "inputs",
            ("inputs", || json!(sha256("x"))),
        ),
        told(
            "waiver-without-reason",
            "A waiver without a reason",
            "the reason is empty",
            "it gives no reason",
            ("reason", || json!(" ")),
        ),
        told(
            "waiver-of-another-repository",
            "A waiver of another repository",
            "the waiver is of another repository",
            "repository",
            ("repository", || json!("11111111-1111-4111-8111-111111111111")),
        ),
        told(
            "waiver-of-another-chart",
            "A waiver of another chart",
            "the waiver names another chart",
            "chart",
            ("chart", || json!("cloudflared")),
        ),
        forged(
            "waiver-of-another-content",
            "A waiver of another content",
            "the waiver is about another content of the chart",
            "its subject charts/test-workflow",
            "bob.pem",
            |desk| {
                desk.tell(WAIVER, |s| s["subject"][0]["digest"]["sha256"] = json!(sha256("other")));
            },
        ),
        forged(
            "waiver-with-a-subject-too-many",
            "A waiver with a subject too many",
            "the waiver is about another chart's content, too",
            "a subject too many",
            "bob.pem",
            |desk| {
                let other = json!({ "name": "charts/cloudflared", "digest": { "sha256": sha256("x") } });
                desk.tell(WAIVER, |s| s["subject"].as_array_mut().expect("a list").push(other));
            },
        ),
        forged(
            "waiver-as-a-check",
            "A waiver that is called a check",
            "the waiver's statement has the predicate type of a check",
            "its predicate type is",
            "bob.pem",
            |desk| {
                desk.spell(WAIVER, |text| text.replacen("/waiver/v1", "/check/v1", 1));
            },
        ),
        forged(
            "waiver-not-named",
            "A waiver the tag does not name",
            "no map and no payload names the waiver; it is in the ledger",
            "names no such attestation",
            "bob.pem",
            |desk| {
                let (on, statement) = (desk.tree_of(WAIVER), desk.record(WAIVER).statement.clone());
                let line = desk.line_of(WAIVER, &statement, "bob.pem");
                desk.forget(WAIVER);
                desk.add_line(&on, line);
            },
        ),
        waived(
            "waiver-dropped-note",
            "A waiver that was dropped",
            "the line of the waiver is gone; the tag names its bundle",
        )
        .allowing_waivers()
        .exits(3, &[INSTALL], &["is not in the ledger here"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.withhold(WAIVER);
            desk.write_ledger();
        }),
    ]
}
