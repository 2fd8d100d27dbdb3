//! Keys: who signed, and whether the policy trusts that one for this.

use crate::conformance::case::{Anchor, Begin, Case, case};
use crate::world::{MALLORY_PUBLIC, REPOSITORY, Stop, TAG, World, policy, policy_of};

/// One record is signed by a key nobody trusts; everything behind it is signed again by the trusted one.
fn stranger(id: &'static str, title: &'static str, name: &'static str) -> Case {
    case(id, title, "one statement, true as it is, is signed by a key the policy does not name")
        .fails(&[name], &["not that of any trusted key"])
        .by(move |scene| {
            let mut desk = scene.desk();
            desk.sign_with(name, "mallory.pem");
            desk.publish();
        })
}

/// A policy given to the judge in which the key may sign for these stages alone.
fn only(stages: &'static str) -> String {
    policy().replace("name = \"ci\"\n", &format!("name = \"ci\"\nstages = [{stages}]\n"))
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        stranger("signer-unknown-check", "A check signed by a stranger", "w1-k8s-install"),
        stranger("signer-unknown-seal", "A seal signed by a stranger", "w1-overall"),
        stranger("signer-unknown-split", "A split signed by a stranger", "w2-filter-charts"),
        stranger("signer-unknown-bump", "A bump signed by a stranger", "w5-semver-bump"),
        stranger("signer-unknown-tag", "A tag signed by a stranger", "w6-tag"),
        stranger("signer-unknown-build", "A build signed by a stranger", "w7-build-test-workflow"),
        case(
            "signer-hint-of-another",
            "A stranger who names the trusted key",
            "a stranger's bundle carries the trusted key's hint",
        )
        .fails(&["w1-k8s-install"], &["the signature is not that of the key it names"])
        .by(|scene| {
            let mut desk = scene.desk();
            let hint = desk.signer("ci.pem").hint();
            desk.sign_with("w1-k8s-install", "mallory.pem");
            desk.rewrap("w1-k8s-install", move |bundle| {
                bundle["verificationMaterial"]["publicKey"]["hint"] = serde_json::json!(hint);
            });
            desk.publish();
        }),
        case(
            "signer-hint-of-nobody",
            "A trusted key under no hint",
            "the hint of a good bundle names a key nobody has; hints are not believed either way",
        )
        .by(|scene| {
            let mut desk = scene.desk();
            desk.rewrap("w1-k8s-install", |bundle| {
                bundle["verificationMaterial"]["publicKey"]["hint"] = serde_json::json!("nobody");
            });
            desk.publish();
        }),
        case(
            "signer-of-other-stages",
            "A key trusted for other stages",
            "the judge's policy lets the key sign tags and builds alone",
        )
        .against(Anchor::Policy)
        .fails(&["w5-semver-bump"], &["does not trust for the bump stage"])
        .by(|scene| scene.write("policy.toml", only("\"tag\", \"build\", \"publish\""))),
        case(
            "signer-not-for-tags",
            "A key not trusted for tags",
            "the judge's policy lets the key sign everything but tags",
        )
        .against(Anchor::Policy)
        .fails(&["w6-tag"], &["does not trust for the tag stage"])
        .by(|scene| scene.write("policy.toml", only("\"validate\", \"split\", \"bump\", \"build\", \"publish\""))),
        case(
            "signer-another-policy",
            "A policy that trusts somebody else",
            "the judge's policy names another key alone",
        )
        .against(Anchor::Policy)
        .fails(&["w5-semver-bump", "w6-tag", "w7-build-test-workflow"], &["trust"])
        .by(|scene| scene.write("policy.toml", policy_of(REPOSITORY, MALLORY_PUBLIC))),
        case(
            "signer-removed-before",
            "A key removed before the release landed",
            "main stopped trusting the key before the content landed; the old key signed on",
        )
        .fails(&["w5-semver-bump", "w6-tag", "w7-build-test-workflow"], &["trust"])
        .by(|scene| {
            let mut desk = scene.desk();
            let text = policy_of(REPOSITORY, MALLORY_PUBLIC);
            desk.main_moved_before(&[("lineage.toml", Some(text.as_bytes()))]);
            desk.publish();
        }),
        case(
            "signer-removed-later",
            "A key removed from the policy later",
            "main stops trusting the key after the release; what was released before stays proven",
        )
        .by(|scene| {
            let text = policy_of(REPOSITORY, MALLORY_PUBLIC);
            scene.desk().main_moved_after(&[("lineage.toml", Some(text.as_bytes()))]);
        }),
        case(
            "signer-removed-later-seen",
            "A key removed later, seen by who judged before",
            "the same, judged by a clone that knew the old policy",
        )
        .against(Anchor::Seen)
        .by(|scene| {
            let text = policy_of(REPOSITORY, MALLORY_PUBLIC);
            scene.desk().main_moved_after(&[("lineage.toml", Some(text.as_bytes()))]);
        }),
        case(
            "signer-replaced-between-landing-and-tag",
            "A key replaced between landing and tag",
            "the old key tags what landed under it; main names another by then",
        )
        .from(Begin::Made(|| {
            let world = World::at(Stop::Landed);
            let dev = world.dev();
            dev.git(["fetch", "-q", "--prune", "origin"]);
            dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
            dev.write("lineage.toml", policy_of(REPOSITORY, MALLORY_PUBLIC));
            dev.commit("ci: another key");
            dev.git(["push", "-q", "origin", "main"]);
            let ci = world.ci();
            ci.fetch();
            ci.lineage(["tag", "test-workflow"]).succeeds();
            ci.lineage(["build", TAG]).succeeds();
            world
        })),
    ]
}
