//! What main takes back: releases, keys, identities; and revocations that main drops again.

use crate::conformance::case::{Anchor, Case, case};
use crate::conformance::notary::{elsewhere, identities, keyless, ours};
use crate::conformance::scene::Scene;
use crate::sigstore::How;
use crate::world::{CI_PUBLIC, TAG, policy, with_second};

/// The release after the one that is judged.
const NEXT: &str = "test-workflow-v0.2.9";
/// What rests on a signer alone, and on nothing that rests on it.
const SIGNED: [&str; 3] = ["w5-semver-bump", "w6-tag", "w7-build-test-workflow"];
/// Before and after everything here was signed.
const BEFORE: &str = "2025-01-31";
const AFTER: &str = "2025-12-31";

fn revoked(what: &str, since: &str) -> String {
    format!("\n[[trust.revoked]]\n{what}\nsince = \"{since}T00:00:00Z\"\nreason = \"it leaked\"\n")
}

fn release() -> String {
    revoked(&format!("release = \"{TAG}\""), AFTER)
}

fn key(since: &str) -> String {
    revoked("key = \"ci\"", since)
}

/// Main's policy is another after the release.
fn main_says(scene: &Scene<'_>, text: &str) {
    scene.desk().main_moved_after(&[("lineage.toml", Some(text.as_bytes()))]);
}

/// After the release, main's policy says this, too.
fn added(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    more: impl Fn() -> String + Send + Sync + 'static,
) -> Case {
    case(id, title, done).by(move |scene| main_says(scene, &(policy() + &more())))
}

/// A timestamp authority noted every signature of the release, so many seconds later; then the key is revoked.
fn stamped(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    (later, since): (i64, &'static str),
    foreign: bool,
) -> Case {
    case(id, title, done).with_root().by(move |scene| {
        let mut desk = scene.desk();
        desk.stamp_all(if foreign { elsewhere() } else { ours() }, later);
        desk.publish();
        main_says(scene, &(policy() + &key(since)));
    })
}

/// A release without keys, whose workflow for releases is revoked later.
fn workflow(id: &'static str, title: &'static str, done: &'static str, since: &'static str) -> Case {
    case(id, title, done).with_root().by(move |scene| {
        let (mut desk, text) = (scene.desk(), keyless(&identities()));
        desk.certify_all(&text, How::v1);
        desk.publish();
        main_says(scene, &(text + &revoked("identity = \"release\"", since)));
    })
}

/// The judge saw main revoke this; then main says something else. What was revoked stays so.
fn dropped(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    revoked: impl Fn() -> String + Send + Sync + 'static,
    make: impl Fn(&Scene<'_>) + Send + Sync + 'static,
) -> Case {
    case(id, title, done).against(Anchor::Seen).seen_as(1).by(move |scene| {
        main_says(scene, &(helped() + &revoked()));
        scene.seen_now();
        make(scene);
    })
}

/// The policy with a second key that may vouch for changes of it, and nothing else.
fn helped() -> String {
    with_second("\"policy\"")
}

/// A second key signs the next release, which names the first; then the first key is revoked.
fn named_later(scene: &Scene<'_>, signer: &'static str) {
    let text = with_second("\"validate\", \"split\", \"bump\", \"tag\", \"build\"");
    let mut desk = scene.desk();
    desk.main_moved_before(&[("lineage.toml", Some(text.as_bytes()))]);
    desk.publish();
    let mut lines = desk.site.ledger_lines("test-workflow");
    let mut desk = scene.desk();
    desk.sign_all(signer);
    desk.release_again(NEXT, "0.2.9", &[]);
    desk.publish();
    lines.extend(desk.site.ledger_lines("test-workflow"));
    desk.site.write_ledger("test-workflow", &lines);
    main_says(scene, &(text + &key(AFTER)));
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = releases();
    cases.extend(signers());
    cases.extend(drops());
    cases
}

fn releases() -> Vec<Case> {
    vec![
        added(
            "revoked-release",
            "A release that main revokes",
            "main revokes the release after it was published",
            release,
        )
        .fails(&["revoked"], &["is revoked since 2025-12-31T00:00:00Z: it leaked"]),
        added(
            "revoked-release-against-a-policy",
            "A release that main revokes, judged by another policy",
            "main revokes the release; the judge's policy does not",
            release,
        )
        .against(Anchor::Policy)
        .fails(&["revoked"], &["is revoked since"]),
        added(
            "revoked-other-release",
            "Another release that main revokes",
            "main revokes a release of another version",
            || revoked("release = \"test-workflow-v0.2.00\"", BEFORE),
        ),
        case(
            "revoked-by-the-judge",
            "A release that the judge revokes",
            "the judge's policy revokes the release; main does not",
        )
        .against(Anchor::Policy)
        .fails(&["revoked"], &["is revoked since"])
        .by(|scene| scene.write("policy.toml", policy() + &release())),
        case(
            "revoked-by-a-branch",
            "A release that a branch revokes",
            "a branch that is not main has a policy that revokes the release",
        )
        .by(|scene| {
            let site = scene.origin();
            let text = policy() + &release();
            let tree = site.tree_with("refs/heads/main^{tree}", &[("lineage.toml", Some(text.as_bytes()))]);
            let commit = site.commit_of(&tree, &["refs/heads/main"], "revoke");
            site.git(["update-ref", "refs/heads/evil", &commit]);
        }),
    ]
}

fn signers() -> Vec<Case> {
    vec![
        added("revoked-key", "A key that main revokes", "main revokes the key; nobody saw its signatures before", || key(BEFORE))
            .fails(&SIGNED, &["the key `ci`, which is revoked since", "nobody saw this signed before"]),
        added("revoked-key-from-later", "A key that main revokes from a later day on", "main revokes the key from after the release on; nobody saw its signatures before, and what they say of their time is the key's own word", || key(AFTER))
            .fails(&SIGNED, &["nobody saw this signed before"]),
        added("revoked-key-by-fingerprint", "A key revoked by its fingerprint", "main revokes the key by its fingerprint", || {
            let der = pem::parse(CI_PUBLIC).expect("it is PEM");
            let fingerprint = crate::conformance::signer::sha256(der.contents());
            revoked(&format!("key = \"{fingerprint}\""), AFTER)
        })
        .fails(&SIGNED, &["nobody saw this signed before"]),
        added("revoked-other-key", "Another key that main revokes", "main revokes a key that signed nothing here", || revoked(&format!("key = \"{}\"", "0".repeat(64)), BEFORE)),
        stamped("revoked-key-seen-before", "A revoked key whose signatures were seen before", "an authority stamped every signature when it was made; main revokes the key from later on", (0, AFTER), false),
        stamped("revoked-key-seen-after", "A revoked key whose signatures were seen after", "an authority stamped every signature when it was made; main revokes the key from before that", (0, BEFORE), false)
            .fails(&SIGNED, &["which is revoked since", "and this was signed"]),
        stamped("revoked-key-stamped-late", "A revoked key whose signatures are stamped late", "somebody had the signatures stamped after the day the key was revoked", (60 * 86_400, AFTER), false)
            .fails(&SIGNED, &["which is revoked since", "and this was signed"]),
        stamped("revoked-key-stamped-by-a-stranger", "A revoked key whose signatures a stranger stamped", "an authority nobody trusts stamped every signature; main revokes the key from later on", (0, AFTER), true)
            .fails(&SIGNED, &["w6-tag"]),
        workflow("revoked-identity-seen-before", "A revoked workflow whose signatures were logged before", "the log saw every signature; main revokes the workflow from later on", AFTER),
        workflow("revoked-identity", "A revoked workflow", "the log saw every signature after the day from which main revokes the workflow", BEFORE)
            .fails(&["w6-tag", "w7-build-test-workflow"], &["the identity `release`, which is revoked since"]),
        case("revoked-key-named-by-a-later-release", "A revoked key's release that a later one names", "a second key signed the next release, which names the first; then the first key is revoked")
            .judging(TAG)
            .by(|scene| named_later(scene, "mallory.pem")),
        case("revoked-key-named-by-its-own-release", "A revoked key's release that its own next one names", "the revoked key signed the next release, too: whoever has the key can do that")
            .judging(TAG)
            .fails(&SIGNED, &["nobody saw this signed before"])
            .by(|scene| named_later(scene, "ci.pem")),
    ]
}

fn drops() -> Vec<Case> {
    let word = "is revoked since";
    vec![
        dropped(
            "revocation-dropped",
            "A revocation that main drops",
            "main revoked the release, and does not any more; nobody vouched for that",
            release,
            |scene| {
                main_says(scene, &helped());
            },
        )
        .fails(&["revoked"], &[word]),
        dropped(
            "revocation-dropped-and-back-later",
            "A revocation that comes back later",
            "main drops the revocation, and revokes the same from a later day on",
            || key(BEFORE),
            |scene| {
                main_says(scene, &helped());
                main_says(scene, &(helped() + &key(AFTER)));
            },
        )
        .fails(&SIGNED, &[word]),
        dropped(
            "revocation-weakened",
            "A revocation from a later day on",
            "an authority stamped every signature; main revoked the key from before that, and then from later on",
            String::new,
            |scene| {
                let mut desk = scene.desk();
                desk.stamp_all(ours(), 0);
                desk.publish();
                main_says(scene, &(helped() + &key(BEFORE)));
                scene.seen_now();
                main_says(scene, &(helped() + &key(AFTER)));
            },
        )
        .with_root()
        .fails(&SIGNED, &[word]),
        dropped(
            "revocation-dropped-by-the-revoked",
            "A revoked key that ends its own revocation",
            "main revoked the key, and drops that; the key itself vouched for it",
            || key(BEFORE),
            |scene| {
                scene.clones();
                scene.world.propose_policy("policy", &helped());
                scene.world.ci().with_key(Some("mallory.pem")).vouch("origin/policy").succeeds();
                drop(scene.world.ci().lineage(["sync"]));
                scene.world.merge_policy("policy");
                scene.forge_vouchers("ci.pem", |_| {});
            },
        )
        .fails(&SIGNED, &[word]),
        dropped(
            "revocation-dropped-twice",
            "A revocation that ends twice",
            "somebody trusted vouched for the end of the revocation; main revoked again, and dropped it again",
            release,
            |scene| {
                vouched_for(scene);
                main_says(scene, &(helped() + &release()));
                main_says(scene, &helped());
            },
        )
        .fails(&["revoked"], &[word]),
        dropped(
            "revocation-ended",
            "A revocation that ends with somebody's word",
            "main revoked the release, and does not any more; a second key, trusted for that, vouched for it",
            release,
            vouched_for,
        ),
        dropped(
            "revocation-reworded",
            "A revocation in other words",
            "main gives another reason, and an earlier day: it stands",
            release,
            |scene| {
                main_says(
                    scene,
                    &(helped() + &release().replace("it leaked", "it deletes volumes").replace(AFTER, BEFORE)),
                );
            },
        )
        .fails(&["revoked"], &["it deletes volumes"]),
    ]
}

/// The second key vouches for the end of whatever is revoked, and main takes it.
fn vouched_for(scene: &Scene<'_>) {
    scene.clones();
    scene.world.propose_policy("policy", &helped());
    scene.world.ci().with_key(Some("mallory.pem")).vouch("origin/policy").succeeds();
    scene.world.merge_policy("policy");
    drop(scene.world.ci().lineage(["sync"]));
}
