//! Revocations that main drops again: what was taken back comes back only with somebody's word.

use expect_test::expect;

use crate::world::{MALLORY_PUBLIC, Site, TAG, World, policy};

const OTHER: &str = "helper";

/// The policy with a second key that may vouch for changes of it, and more.
fn with_helper(more: &str) -> String {
    let key = format!("name = \"{OTHER}\"\nstages = [\"policy\"]\npublic = \"\"\"\n{MALLORY_PUBLIC}\"\"\"\n");
    policy().replace("\n[publish]", &format!("\n[[trust.keys]]\n{key}\n[publish]")) + more
}

fn revoked(what: &str, since: &str) -> String {
    format!("\n[[trust.revoked]]\n{what}\nsince = \"{since}T00:00:00Z\"\nreason = \"it deletes volumes\"\n")
}

fn release_revoked(since: &str) -> String {
    revoked(&format!("release = \"{TAG}\""), since)
}

/// A published release, main with a second key and this, and a clone that pinned it so.
fn pinned<'w>(world: &'w World, more: &str) -> Site<'w> {
    world.change_policy(&with_helper(more));
    let pinned = world.stranger();
    drop(pinned.lineage(["trust", "pin"]).exits(0));
    pinned
}

/// What the clone says of the release after it has fetched everything, and of which links.
fn verdict(pinned: &Site<'_>) -> (i32, Vec<String>) {
    drop(pinned.lineage(["sync"]));
    let output = pinned.lineage(["verify", "--json", TAG]);
    let broken = output.broken().into_iter().map(|(link, _)| link).collect();
    (output.code, broken)
}

fn holds() -> (i32, Vec<String>) {
    (0, Vec::new())
}

fn taken_back() -> (i32, Vec<String>) {
    (1, vec!["revoked".to_owned()])
}

#[test]
fn to_revoke_is_free_and_to_drop_it_is_not() {
    let world = World::published();
    let pinned = pinned(&world, "");
    assert_eq!(verdict(&pinned), holds());
    world.change_policy(&with_helper(&release_revoked("2026-01-31")));
    assert_eq!(verdict(&pinned), taken_back());
    drop(pinned.lineage(["status"]).exits(0).says_nothing_of(&["vouched"]));

    // Whoever can push to main drops it: everybody who knew of it goes on as if it stood there, and says so.
    world.change_policy(&with_helper(""));
    assert_eq!(verdict(&pinned), taken_back());
    let why = "dropped the revocation of the release test-workflow-v0.2.0 since 2026-01-31T00:00:00Z, which still counts here";
    drop(pinned.lineage(["status"]).exits(0).says(&[why, "nobody trusted before vouched for that"]));
    pinned.lineage(["sync"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  up to date
        --- stderr
        warning: [id] dropped the revocation of the release test-workflow-v0.2.0 since 2026-01-31T00:00:00Z, which still counts here, and nobody trusted before vouched for that: no policy statement about it is known here; read the change; then somebody trusted before it may vouch for it (`git lineage trust change --from [id] --to [id]`, best before the merge), or you accept it for this clone (`git lineage trust pin`)
    "#]]);
    // To revoke something else, or the same once more, does not hide it.
    world.change_policy(&with_helper(&release_revoked("2030-01-31")));
    assert_eq!(verdict(&pinned), taken_back());
    world.change_policy(&with_helper(""));
    assert_eq!(verdict(&pinned), taken_back());
    // A clone that is new knows nothing of it, but can see it.
    let new = world.clone("new", &[]);
    drop(
        new.lineage(["trust", "show"])
            .exits(0)
            .says(&["without the revocation of the release test-workflow-v0.2.0"]),
    );
    // A person's word is enough for one clone.
    drop(pinned.lineage(["trust", "pin"]).exits(0));
    assert_eq!(verdict(&pinned), holds());
}

#[test]
fn a_later_date_is_a_drop_and_an_earlier_one_is_not() {
    let world = World::published();
    let pinned = pinned(&world, &revoked("key = \"ci\"", "2030-01-01"));
    let (code, broken) = verdict(&pinned);
    assert!(code == 1 && broken.contains(&"w6-tag".to_owned()), "nobody saw it signed: {broken:?}");
    world.change_policy(&with_helper(&revoked("key = \"ci\"", "2029-01-01")));
    drop(pinned.lineage(["sync"]).exits(0).says_nothing_of(&["vouched"]));
    world.change_policy(&with_helper(&revoked("key = \"ci\"", "2030-01-01")));
    drop(pinned.lineage(["sync"]).exits(0).says(&["the revocation of the key `ci` since 2029-01-01T00:00:00Z"]));
    world.change_policy(&with_helper(""));
    assert_eq!(verdict(&pinned), (code, broken));
}

#[test]
fn who_is_trusted_and_not_revoked_vouches_for_its_end() {
    let world = World::published();
    let pinned = pinned(&world, &revoked("key = \"ci\"", "2030-01-01"));
    assert_eq!(verdict(&pinned).0, 1);
    world.propose_policy("policy", &with_helper(""));
    let ci = world.ci();
    // The key itself does not.
    ci.vouch("origin/policy").exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: the policy statement would not count: it was not posted
          caused by: signed by the key `ci`, which is revoked since 2030-01-01T00:00:00Z (it deletes volumes), and nobody saw this signed before: no log or timestamp, no later release names it
    "#]]);
    let helper = ci.with_key(Some("mallory.pem"));
    helper.vouch("origin/policy").exits(0).is(expect![[r#"
        exit 0
        --- stdout
        signed: `helper` vouches for the end of the revocation of the key `ci` since 2030-01-01T00:00:00Z
          lineage.toml sha256:[sha256], upon [id]
    "#]]);
    world.merge_policy("policy");
    pinned.lineage(["sync"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  up to date
        @policy        1 record folded  pushed
        --- stderr
        note: the revocation of the key `ci` since 2030-01-01T00:00:00Z ends with [id], which `helper` vouched for: a second key
    "#]]);
    assert_eq!(verdict(&pinned), holds());
    // That was once. Revoked again, it takes another word to end it.
    world.change_policy(&with_helper(&revoked("key = \"ci\"", "2030-01-01")));
    assert_eq!(verdict(&pinned).0, 1);
    world.change_policy(&with_helper(""));
    assert_eq!(verdict(&pinned).0, 1);
    drop(
        pinned
            .lineage(["status"])
            .exits(0)
            .says(&["which is not on main since the trust is what the change left"]),
    );
}
