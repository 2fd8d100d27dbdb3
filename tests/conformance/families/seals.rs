//! Statements over a whole map: the seal, the overall statement of the bump, and that of the build.

use serde_json::{Value, json};

use crate::conformance::case::{Case, case};
use crate::conformance::desk::Desk;
use crate::conformance::signer::sha256;

const SEAL: &str = "w1-overall";
const BUMPED: &str = "w5-overall";
const BUILT: &str = "w7-overall";

/// A statement over a map that says something else; everything behind it is signed again.
fn over(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    link: &'static str,
    word: &'static str,
    lie: fn(&mut Desk<'_>, &str),
) -> Case {
    case(id, title, done).fails(&[link], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        lie(&mut desk, link);
        desk.publish();
    })
}

/// Takes a part out of a map.
fn without(desk: &mut Desk<'_>, link: &str, part: &str) {
    for map in ["attestations", "bundles"] {
        desk.record(link).statement["predicate"][map].as_object_mut().expect("a map").remove(part);
    }
    desk.describe();
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        over(
            "seal-of-another-bundle",
            "A seal over another bundle",
            "the seal names a bundle for k8s-install that is not the one that counts",
            SEAL,
            "does not name a counting bundle for w1-k8s-install",
            |desk, link| {
                desk.record(link).statement["predicate"]["bundles"]["w1-k8s-install"] = json!(sha256("x"));
            },
        ),
        over(
            "seal-map-and-bundles-differ",
            "A seal whose two maps differ",
            "the map of ids has a name that the map of bundles has not",
            SEAL,
            "name different records",
            |desk, link| {
                desk.record(link).statement["predicate"]["attestations"]["w1-security"] = json!("1");
                desk.describe();
            },
        ),
        over(
            "seal-of-another-map",
            "A seal over another map",
            "the map's digest is that of another map",
            SEAL,
            "not the digest of its map",
            |desk, link| {
                desk.record(link).statement["predicate"]["attestations"]["w1-k8s-install"] = json!("999");
            },
        ),
        over(
            "seal-without-description",
            "A seal without its map's digest",
            "the subject pr-description is missing",
            SEAL,
            "not the digest of its map",
            |desk, link| {
                desk.record(link).statement["subject"].as_array_mut().expect("a list").truncate(1);
            },
        ),
        over(
            "seal-extra-subject",
            "A seal with a subject too many",
            "the seal is about another chart, too",
            SEAL,
            "pr-description",
            |desk, link| {
                let other = json!({ "name": "charts/cloudflared", "digest": { "sha256": sha256("x") } });
                desk.record(link).statement["subject"].as_array_mut().expect("a list").push(other);
            },
        ),
        over(
            "seal-with-a-parent",
            "A seal with something before it",
            "the first statement over a map names one before it",
            SEAL,
            "its parent",
            |desk, link| desk.claim(link, "parent", json!(sha256("x"))),
        ),
        over(
            "seal-of-another-content",
            "A seal of another content",
            "the seal is about another content of this chart",
            SEAL,
            "its subject charts/test-workflow",
            |desk, link| desk.record(link).statement["subject"][0]["digest"]["sha256"] = json!(sha256("x")),
        ),
        over(
            "overall-without-parent",
            "An overall statement that begins anew",
            "the bump's overall statement names no seal before it",
            BUMPED,
            "its parent",
            |desk, link| desk.claim(link, "parent", Value::Null),
        ),
        over(
            "overall-without-the-bump",
            "An overall statement without the bump",
            "its maps do not name the bump link",
            BUMPED,
            "does not name a counting bundle for w5-semver-bump",
            |desk, link| without(desk, link, "w5-semver-bump"),
        ),
        over(
            "overall-without-the-split",
            "An overall statement without the split",
            "its maps do not name the split link",
            BUMPED,
            "does not name a counting bundle for w2-filter-charts",
            |desk, link| without(desk, link, "w2-filter-charts"),
        ),
        over(
            "overall-is-a-seal",
            "A seal in place of the overall statement",
            "the bump's overall statement is signed as one of the validate stage",
            BUMPED,
            "its predicate type is",
            |desk, link| {
                desk.record(link).text =
                    Some(Box::new(|text: String| text.replacen("/overall/v1", "/seal/v1", 1)));
            },
        ),
        over(
            "release-without-the-build",
            "A release statement without the build",
            "its maps do not name the build statement",
            BUILT,
            "does not name the build statement",
            |desk, link| without(desk, link, "w7-build-test-workflow"),
        ),
        over(
            "release-on-another-overall",
            "A release statement on another overall statement",
            "its parent is not the overall statement the tag names",
            BUILT,
            "its parent",
            |desk, link| desk.claim(link, "parent", json!(sha256("x"))),
        ),
        over(
            "release-of-another-seal",
            "A release statement with another seal",
            "its map names a seal that is not the one the tag names",
            BUILT,
            "w1-overall",
            |desk, link| desk.record(link).statement["predicate"]["bundles"]["w1-overall"] = json!(sha256("x")),
        ),
        over(
            "release-without-the-seal",
            "A release statement without the seal",
            "its maps leave out the seal, which every release has to name",
            BUILT,
            "w1-overall",
            |desk, link| without(desk, link, "w1-overall"),
        ),
        over(
            "release-of-another-package",
            "A release statement about another package",
            "its subject is another tgz",
            BUILT,
            "its subject test-workflow-0.2.0.tgz",
            |desk, link| desk.record(link).statement["subject"][0]["digest"]["sha256"] = json!(sha256("x")),
        ),
    ]
}
