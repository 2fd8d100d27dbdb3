//! Changes of what main trusts: followed where somebody trusted before vouched for them, refused otherwise
//! (design §6, P-24, G13), each with its attack.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use expect_test::expect;
use git_lineage::model::{Record, Statement};
use git_lineage::sigstore::PrivateKey;
use serde_json::{Value, json};

use crate::world::{MALLORY_PUBLIC, REPOSITORY, Site, Stop, TAG, World, policy, policy_of, widened, with_second};

/// From the bumped branch to a built release on main.
fn release(world: &World) {
    let ci = world.ci();
    for words in [&["propose", "test-workflow", "--merge"][..], &["tag", "test-workflow"], &["build", TAG]] {
        ci.fetch();
        ci.lineage(words).succeeds();
    }
}

/// What a clone that pinned main before says of a release that everything is right with but main's trust:
/// the exit code, and why. Sync fetches whatever there is.
fn verdict(pinned: &Site<'_>) -> (i32, String) {
    pinned.lineage(["sync"]).succeeds();
    let output = pinned.lineage(["verify", "--json", TAG]);
    let broken = output.broken();
    assert!(broken.iter().all(|(link, _)| link == "policy"), "something else is wrong: {broken:#?}");
    assert_eq!(broken.is_empty(), output.code == 0, "{}", output.text());
    (output.code, broken.into_iter().map(|(_, why)| why).collect())
}

/// Asserts that the change at `commit` is refused for a reason that holds `why`.
#[track_caller]
fn refused(pinned: &Site<'_>, commit: &str, why: &str) {
    let (code, reason) = verdict(pinned);
    assert_eq!(code, 1, "{reason}");
    for part in [&commit[..12], why, "git lineage trust pin"] {
        assert!(reason.contains(part), "{part:?} is not in: {reason}");
    }
}

/// The line of the policy ledger about a commit's lineage.toml.
fn line(site: &Site<'_>, commit: &str) -> String {
    site.lineage(["sync"]).succeeds();
    let lines = site.ledger("@policy", &site.rev(&format!("{commit}:lineage.toml")));
    lines.into_iter().next().expect("a statement")
}

/// Signs an honest statement again with changes, as an attacker with his own tools could.
fn forge(world: &World, line: &str, key: &str, edit: impl Fn(&mut Value)) -> String {
    let record: Value = serde_json::from_str(line).expect("a record");
    let payload = record.pointer("/bundle/dsseEnvelope/payload").and_then(Value::as_str).expect("a payload");
    let mut statement: Value = serde_json::from_slice(&STANDARD.decode(payload).expect("base64")).expect("JSON");
    edit(&mut statement);
    let statement: Statement = serde_json::from_value(statement).expect("a statement");
    let key = PrivateKey::load(&world.path("keys").join(key), None).expect("a key");
    Record::new("policy", &key.sign(&statement).expect("signed")).expect("a record").line()
}

/// Puts these lines, and no others, into everybody's ledger about a commit's lineage.toml.
fn plant(world: &World, commit: &str, lines: &[String]) {
    let ci = world.ci();
    ci.fetch();
    ci.set_ledger("@policy", &ci.rev(&format!("{commit}:lineage.toml")), lines);
    ci.git(["push", "-q", "-f", "origin", "refs/notes/lineage-@policy"]);
}

#[test]
fn p24_a_change_nobody_vouched_for_is_a_gap_until_somebody_does() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    let commit = world.change_policy(&widened());
    release(&world);
    pinned.lineage(["sync"]).exits(0).matches_file("p24-sync");
    pinned.lineage(["verify", TAG]).exits(1).matches_file("p24-verify");
    drop(pinned.lineage(["status"]).exits(0).says(&["warning: ", "nobody trusted before vouched for that"]));
    pinned.lineage(["trust", "show"]).exits(0).matches_file("p24-show");
    // It stays one, however often it is asked.
    refused(&pinned, &commit, "no policy statement about it is known here");

    // A person accepts it for one clone alone …
    let other = world.clone("other", &[]);
    drop(other.lineage(["sync"]).exits(0).says(&["pinned on first use"]));
    drop(other.lineage(["verify", TAG]).exits(0));
    // … or the key that was trusted vouches for it afterwards, for everybody.
    let ci = world.ci();
    let late = ["trust", "change", "--from", &format!("{commit}~1"), "--to", &commit, "--reason", "it was meant"];
    ci.lineage(late).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        signed: `ci` vouches for the change of trust from [id] to [id]
          lineage.toml sha256:[sha256], upon [id]
    "#]]);
    pinned.lineage(["sync"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  up to date
        @policy        1 record folded  pushed
        --- stderr
        note: the pinned trust moves from [id] to [id] with [id], which `ci` vouched for: it was meant
    "#]]);
    assert_eq!(verdict(&pinned), (0, String::new()));
}

#[test]
fn p24_a_person_s_pin_accepts_it() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    let commit = world.change_policy(&widened());
    release(&world);
    refused(&pinned, &commit, "no policy statement");
    drop(pinned.lineage(["trust", "pin"]).exits(0));
    assert_eq!(verdict(&pinned).0, 0);
}

#[test]
fn p24_the_new_key_cannot_vouch_for_itself() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    world.propose_policy("policy", &widened());
    let mallory = world.ci().with_key(Some("mallory.pem"));
    mallory.vouch("origin/policy").exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: [TMP]/keys/mallory.pem is not a key for the policy stage
          caused by: signed by the key [id], which the policy does not trust

        hint: sign with a key listed under [[trust.keys]] on main
    "#]]);
    world.ci().vouch("origin/policy").succeeds();
    let honest = line(&world.ci(), "origin/policy");
    let commit = world.merge_policy("policy");
    release(&world);
    plant(&world, &commit, &[forge(&world, &honest, "mallory.pem", |_| {})]);
    refused(&pinned, &commit, "the signature is not that of");
    // The honest one beside it is enough.
    plant(&world, &commit, &["not json".to_owned(), forge(&world, &honest, "mallory.pem", |_| {}), honest]);
    assert_eq!(verdict(&pinned).0, 0);
}

#[test]
fn p24_a_statement_about_something_else_covers_nothing() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    let commit = world.vouched_policy(&widened());
    let honest = line(&world.ci(), &commit);
    release(&world);
    let digest = "0".repeat(64);
    let edits: [(&str, Value, &str); 7] = [
        ("/predicate/from", json!(digest), "it is about the change from"),
        ("/predicate/to", json!(digest), "it is about the change from"),
        ("/predicate/repository", json!("11111111-1111-4111-8111-111111111111"), "about the repository 1111"),
        ("/predicate/base", json!(commit), "which is not on main since"),
        ("/subject/0/digest/sha256", json!(digest), "its subject is not lineage.toml"),
        ("/subject/0/name", json!("charts/lineage.toml"), "its subject is not lineage.toml"),
        ("/predicateType", json!("https://git-lineage.dev/check/v1"), "its predicate type is"),
    ];
    for (place, value, why) in edits {
        let forged = forge(&world, &honest, "ci.pem", |statement| {
            *statement.pointer_mut(place).expect("it is there") = value.clone();
        });
        plant(&world, &commit, &[forged]);
        pinned.git(["update-ref", "-d", "refs/notes/lineage-@policy"]);
        refused(&pinned, &commit, why);
    }
    let more = forge(&world, &honest, "ci.pem", |statement| {
        let again = statement["subject"][0].clone();
        statement["subject"].as_array_mut().expect("subjects").push(again);
    });
    plant(&world, &commit, &[more]);
    pinned.git(["update-ref", "-d", "refs/notes/lineage-@policy"]);
    refused(&pinned, &commit, "its subject is not lineage.toml");
    // As it was signed, it holds.
    plant(&world, &commit, &[honest]);
    assert_eq!(verdict(&pinned).0, 0);
}

#[test]
fn p24_an_old_statement_is_not_good_for_the_same_change_again() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    world.vouched_policy(&widened());
    world.vouched_policy(&policy());
    // The file, the digests and the statement are those of the first time.
    let again = world.change_policy(&widened());
    release(&world);
    refused(&pinned, &again, "which is not on main since the trust is what the change left");
    // Vouched for anew, it is another statement on the same file.
    let ci = world.ci();
    let late = ["trust", "change", "--from", &format!("{again}~1"), "--to", &again, "--reason", "meant again"];
    drop(ci.lineage(late).exits(0).says(&["signed"]));
    assert_eq!(verdict(&pinned).0, 0);
}

#[test]
fn p24_an_unvouched_return_breaks_the_line() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    world.vouched_policy(&widened());
    let back = world.change_policy(&policy());
    world.change_policy(&widened());
    release(&world);
    refused(&pinned, &back, "no policy statement");
}

#[test]
fn p24_a_key_of_another_role_cannot_vouch() {
    let world = World::at(Stop::Bumped);
    world.change_policy(&with_second("\"tag\", \"build\""));
    let pinned = world.stranger();
    world.propose_policy("policy", &widened());
    let second = world.ci().with_key(Some("mallory.pem"));
    drop(
        second
            .vouch("origin/policy")
            .exits(1)
            .says(&["the key `second`, which the policy does not trust for the policy stage"]),
    );
    world.ci().vouch("origin/policy").succeeds();
    let honest = line(&world.ci(), "origin/policy");
    let commit = world.merge_policy("policy");
    release(&world);
    plant(&world, &commit, &[forge(&world, &honest, "mallory.pem", |_| {})]);
    refused(&pinned, &commit, "does not trust for the policy stage");
}

#[test]
fn p24_a_revoked_key_cannot_vouch() {
    let world = World::at(Stop::Bumped);
    let listed = with_second("\"policy\"");
    world.change_policy(&listed);
    let pinned = world.stranger();
    // Signed while it counted; then the key is known to have leaked, and stays listed with its revocation.
    let second = world.ci().with_key(Some("mallory.pem"));
    world.propose_policy("policy", &widened());
    second.vouch("origin/policy").succeeds();
    let leaked =
        "\n[[trust.revoked]]\nkey = \"second\"\nsince = \"2020-01-01T00:00:00Z\"\nreason = \"it leaked\"\n";
    world.change_policy(&format!("{listed}{leaked}"));
    world.propose_policy("policy", &format!("{}{leaked}", widened()));
    drop(second.vouch("origin/policy").exits(1).says(&["which is revoked since"]));
    world.ci().vouch("origin/policy").succeeds();
    let honest = line(&world.ci(), "origin/policy");
    let commit = world.merge_policy("policy");
    release(&world);
    plant(&world, &commit, &[forge(&world, &honest, "mallory.pem", |_| {})]);
    refused(&pinned, &commit, "which is revoked since");
    plant(&world, &commit, &[honest]);
    assert_eq!(verdict(&pinned).0, 0);
}

#[test]
fn p24_of_two_changes_the_first_counts_too() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    let first = world.change_policy(&widened());
    world.vouched_policy(&with_second("\"build\""));
    release(&world);
    refused(&pinned, &first, "no policy statement");
}

#[test]
fn p24_a_merge_is_judged_on_main_s_own_line() {
    for vouched in [true, false] {
        let world = World::at(Stop::Bumped);
        let pinned = world.stranger();
        world.propose_policy("policy", &widened());
        if vouched {
            world.ci().vouch("origin/policy").succeeds();
        }
        let dev = world.dev();
        dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
        dev.git(["merge", "-q", "--no-ff", "-m", "ci: another policy", "policy"]);
        dev.git(["push", "-q", "origin", "main"]);
        release(&world);
        if vouched {
            assert_eq!(verdict(&pinned).0, 0);
        } else {
            refused(&pinned, &dev.rev("main"), "no policy statement");
        }
    }
    // A merge that makes the side branch the main line has rewritten it.
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    let dev = world.dev();
    dev.fetch();
    dev.git(["checkout", "-q", "--orphan", "side", "origin/main"]);
    dev.write("lineage.toml", widened());
    dev.commit("chore: begin elsewhere");
    dev.git([
        "merge",
        "-q",
        "--allow-unrelated-histories",
        "-s",
        "ours",
        "-m",
        "chore: take main in",
        "origin/main",
    ]);
    dev.git(["push", "-q", "origin", "side:main"]);
    drop(pinned.lineage(["sync"]).exits(4).says(&["does not descend"]));
}

#[test]
fn g13_a_change_in_the_release_s_own_commit_is_not_what_it_is_judged_by() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    // One commit brings the release's content and a policy that trusts another key alone.
    let dev = world.dev();
    dev.fetch();
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    dev.git(["merge", "-q", "--squash", "origin/chart/test-workflow"]);
    dev.write("lineage.toml", policy_of(REPOSITORY, MALLORY_PUBLIC));
    dev.commit("feat(test-workflow): add probe, and another key");
    dev.git(["push", "-q", "origin", "main"]);
    let ci = world.ci();
    ci.fetch();
    drop(ci.with_key(Some("mallory.pem")).lineage(["tag", "test-workflow"]).exits(1).says(&["does not trust"]));
    drop(ci.lineage(["tag", "test-workflow"]).exits(0));
    drop(ci.lineage(["build", TAG]).exits(0));
    assert_eq!(verdict(&pinned), (0, String::new()));
    // What comes after it is another matter.
    drop(pinned.lineage(["sync"]).exits(0).says(&["warning", "nobody trusted before vouched for that"]));
    drop(pinned.lineage(["trust", "show"]).exits(0).says(&["nobody vouched for it"]));
}

#[test]
fn p24_the_repository_id_is_no_matter_of_trust() {
    let world = World::at(Stop::Bumped);
    let pinned = world.stranger();
    let other = policy_of("11111111-1111-4111-8111-111111111111", MALLORY_PUBLIC);
    world.propose_policy("policy", &other);
    world.ci().vouch("origin/policy").exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: lineage.toml there gives the repository another id than 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01

        hint: the id never changes: every clone has pinned it, and every attestation holds it
    "#]]);
    world.merge_policy("policy");
    drop(pinned.lineage(["sync"]).exits(4).says(&["another repository, or a fork"]));
    drop(pinned.lineage(["verify", "--all"]).exits(4));
}

#[test]
fn x17_statements_that_were_not_fetched_are_undetermined_and_lost_ones_a_gap() {
    let world = World::at(Stop::Bumped);
    let (accepted, late) = (world.stranger(), world.clone("late", &[]));
    let notes = "+refs/notes/lineage-test-workflow:refs/notes/lineage-test-workflow";
    drop(late.lineage(["verify", "--all"]));
    let commit = world.vouched_policy(&widened());
    release(&world);
    assert_eq!(verdict(&accepted).0, 0);
    world.ci().lineage(["sync"]).succeeds();
    // This clone has the chart's evidence, and never asked for the policy's.
    late.git(["fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*", notes]);
    drop(late.lineage(["trust", "pin"]));
    late.git(["update-ref", "refs/remotes/origin/main", &format!("{commit}~1")]);
    drop(late.lineage(["trust", "pin"]));
    late.git(["fetch", "-q", "origin"]);
    let output = late.lineage(["verify", "--json", TAG]).exits(3);
    let broken = output.broken();
    assert!(matches!(&*broken, [(link, why)] if link == "policy" && why.contains("never fetched")), "{broken:#?}");

    // Somebody deletes the statements: a clone that never saw them cannot tell that from a change nobody
    // vouched for, and one that followed them goes on.
    world.origin().git(["update-ref", "-d", "refs/notes/lineage-@policy"]);
    late.lineage(["sync"]).succeeds();
    refused(&late, &commit, "no policy statement");
    accepted.git(["update-ref", "-d", "refs/notes/lineage-@policy"]);
    assert_eq!(verdict(&accepted).0, 0);
}

#[test]
fn p24_a_clone_that_refuses_the_trust_makes_no_release_by_it() {
    let world = World::at(Stop::Bumped);
    let ci = world.ci();
    ci.lineage(["sync"]).succeeds();
    world.change_policy(&widened());
    ci.lineage(["propose", "test-workflow", "--merge"]).succeeds();
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.2.0  refused
          test-workflow-v0.2.0 cannot be tagged: this clone could not prove it; [id] changed what lineage.toml trusts or requires ([id] before, [id] after), and nobody trusted before vouched for that: no policy statement about it is known here; read the change; then somebody trusted before it may vouch for it (`git lineage trust change --from [id] --to [id]`, best before the merge), or you accept it for this clone (`git lineage trust pin`)
    "#]]);
    assert_eq!(ci.git(["ls-remote", "--tags", "origin"]), "");
}
