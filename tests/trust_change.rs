//! `trust change`: what it plans, signs, hands in and refuses.

use expect_test::expect;

use crate::world::{Stop, World, policy, widened};

#[test]
fn a_change_is_planned_signed_once_and_shown() {
    let world = World::at(Stop::Seeded);
    let ci = world.ci();
    world.propose_policy("policy", &format!("# Moved on.\n{}", widened()));
    ci.git(["checkout", "-q", "--detach", "origin/policy"]);
    let words = ["trust", "change", "--reason", "a second key"];
    ci.lineage(words.iter().chain(&["--dry-run"])).exits(0).is(expect![[r#"
        exit 0
        --- stdout
          needed  sign the change of trust from [id] to [id]
          needed  push the statement to origin
        would be signed: the change of trust from [id] to [id]
          lineage.toml sha256:[sha256], upon [id]
    "#]]);
    assert_eq!(world.origin().git(["for-each-ref", "refs/lineage"]), "");
    ci.lineage(["trust", "show"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
        policy: origin/main, digest [sha256]
          ci  sha256:[sha256]  validate, split, guard, propose, bump, tag, build, publish, review, policy
        no pin: the first `git lineage sync` or `verify` writes one
        proposed by HEAD:
          [id]  [id] to [id]  not known who vouched for it  the statements about changes of the policy were never fetched here (`git lineage sync`)
          vouch for it before it is merged with `git lineage trust change --reason …`
        trust root public-good: came with this program, as of 2025-09-23
          in force: 1 authority, 2 logs, 1 certificate log, 1 timestamp authority
        trust root github: came with this program, as of 2026-06-12
          in force: 1 authority, 1 timestamp authority
    "#]]);
    ci.lineage(words).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        signed: `ci` vouches for the change of trust from [id] to [id]
          lineage.toml sha256:[sha256], upon [id]
    "#]]);
    ci.lineage(words).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        already: `ci` vouched for the change of trust from [id] to [id]
          lineage.toml sha256:[sha256], upon [id]
    "#]]);
    ci.lineage(["trust", "show"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
        policy: origin/main, digest [sha256]
          ci  sha256:[sha256]  validate, split, guard, propose, bump, tag, build, publish, review, policy
        no pin: the first `git lineage sync` or `verify` writes one
        proposed by HEAD:
          [id]  [id] to [id]  `ci` vouched for it  a second key
        trust root public-good: came with this program, as of 2025-09-23
          in force: 1 authority, 2 logs, 1 certificate log, 1 timestamp authority
        trust root github: came with this program, as of 2026-06-12
          in force: 1 authority, 1 timestamp authority
    "#]]);
    let again = ci.lineage(words.iter().chain(&["--json"])).exits(0).json();
    assert_eq!(again["outcome"], "unchanged");
    assert_eq!(again["signer"], "ci");
    // It travels as every other record does.
    let stranger = world.stranger();
    assert_eq!(stranger.ledger("@policy", &stranger.rev("origin/policy:lineage.toml")).len(), 1);
    ci.lineage(["sync"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        @policy  up to date
        pinned on first use: repository 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01, trust [id], main [id], no release tag yet
    "#]]);
    assert!(world.origin().has_ref("refs/notes/lineage-@policy"));
}

#[test]
fn a_change_that_cannot_be_vouched_for_is_refused_by_name() {
    let world = World::at(Stop::Seeded);
    let ci = world.ci();
    world.propose_policy("policy", &format!("# Only a comment.\n{}", policy()));
    ci.lineage(["trust", "change", "origin/policy", "--reason", "none"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        [id] trusts and requires what main does: there is nothing to vouch for
    "#]]);
    world.propose_policy("policy", &widened());
    let refused = |words: &[&str]| ci.lineage(["trust", "change"].iter().chain(words)).exits(2).text();
    expect![[r#"
        exit 2
        --- stderr
        error: the reason is empty, or more than one line

        hint: say in a sentence why main is to trust or require something else
    "#]]
    .assert_eq(&refused(&["origin/policy", "--reason", " "]));
    expect![[r#"
        exit 2
        --- stderr
        error: no commit is called origin/nothing

        hint: check the spelling, or run `git fetch --tags` if it is on the remote
    "#]]
    .assert_eq(&refused(&["origin/nothing", "--reason", "x"]));
    expect![[r#"
        exit 2
        --- stderr
        error: origin/policy is not a commit of origin/main's own line

        hint: name one that `git log --first-parent origin/main` shows
    "#]]
    .assert_eq(&refused(&["--from", "origin/policy", "--to", "HEAD", "--reason", "x"]));
    let keyless = ci.with_key(None);
    drop(keyless.vouch("origin/policy").exits(2).says(&["no signing key is configured"]));
    // main moved on meanwhile: what is signed may not be what a merge gives.
    world.propose_policy("late", &widened());
    world.change_policy(&policy().replace("    \"k8s-install\",\n", ""));
    drop(ci.vouch("origin/late").exits(0).says(&["warning", "rebase first"]));
}
