//! Contributions that are merged without a person, and those that are left to one (W1-14; AM-T, E2, E3, E5, X11).

use expect_test::expect;
use serde_json::{Value, json};

use super::refusals::{listed, refused_at_every_call};
use crate::github::{GitHub, REPOSITORY};
use crate::world::{Output, PROBE, World, policy, seed};

const VALIDATE: &str = "lineage-validate";
const GUARD: [&str; 6] = ["guard", "--stage", "contribution", "--head-ref", "feature/add-probe", "--merge"];

/// A contribution that waits to be merged, in a repository of which Ada is an owner.
struct Waiting {
    world: World,
    github: GitHub,
    number: u64,
    tip: String,
}

impl Waiting {
    fn of(login: &str, signature: &str) -> Self {
        Self::under("\n[github.auto-merge]\nbots = [\"dependabot\"]\n", login, signature)
    }

    fn under(more: &str, login: &str, signature: &str) -> Self {
        let mut files = seed();
        for (name, text) in &mut files {
            if *name == "lineage.toml" {
                *text = policy().replacen("version = 1\n", "version = 1\nforge = \"github\"\n", 1) + more;
            }
        }
        files.push((".github/CODEOWNERS", "# @mallory\n* @Ada @aRustyDev @octo/team\n".to_owned()));
        let world = World::seeded_with(&files);
        let github = GitHub::start(&world);
        world.set_variables(github.job());
        world.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
        let tip = world.origin().rev("refs/heads/feature/add-probe");
        let title = "feat(test-workflow): add probe";
        let number = github.open_as(login, REPOSITORY, "feature/add-probe", "integration", title);
        github.knows(&tip, login, signature);
        world.ci().fetch();
        Self { world, github, number, tip }
    }

    fn guard(&self) -> Output {
        self.world.ci().lineage(GUARD)
    }

    fn report(&self) -> Value {
        let words: Vec<&str> = GUARD.into_iter().chain(["--json"]).collect();
        self.world.ci().lineage(words).exits(0).json()
    }

    fn is_merged(&self) -> bool {
        let number = self.number;
        self.github.with(|state| state.repository(REPOSITORY).pull(number).merged.is_some())
    }
}

#[test]
fn am_t8_an_owner_s_signed_and_validated_contribution_is_merged_once() {
    let waiting = Waiting::of("ada", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    waiting.guard().exits(0).says(&["allowed"]).succeeds();
    let sent = &waiting.github.sent("pulls/merge")[0];
    assert_eq!((&sent["sha"], &sent["merge_method"]), (&json!(waiting.tip), &json!("squash")));
    assert_eq!(sent["commit_title"], format!("feat(test-workflow): add probe (#{})", waiting.number));
    assert!(waiting.is_merged());
    waiting.guard().succeeds();
    assert_eq!(waiting.github.asked("pulls/merge"), 1, "a second run changes nothing");
}

#[test]
fn e5_a_bot_that_is_named_is_an_owner_however_it_is_spelled() {
    let waiting = Waiting::of("dependabot[bot]", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    waiting.guard().succeeds();
    assert!(waiting.is_merged());
    let waiting = Waiting::of("renovate[bot]", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    waiting.guard().exits(0).says(&["manual-review", "untrusted: renovate[bot] opened it"]).done();
    assert!(!waiting.is_merged());
}

#[test]
fn e2_e3_x11_who_is_not_known_or_did_not_sign_is_left_to_a_person() {
    for (login, signature, codes) in [
        ("mallory", "valid", vec!["untrusted", "untrusted"]),
        ("aRusty", "valid", vec!["untrusted", "untrusted"]),
        ("ada", "unsigned", vec!["unsigned"]),
        ("ada", "unknown_key", vec!["unsigned"]),
        ("mallory", "unsigned", vec!["untrusted", "untrusted", "unsigned"]),
    ] {
        let waiting = Waiting::of(login, signature);
        waiting.github.ran(&waiting.tip, VALIDATE);
        let said = waiting.report();
        let reasons = said["reasons"].as_array().unwrap().iter();
        let found: Vec<&str> = reasons.map(|said| said.as_str().unwrap().split(':').next().unwrap()).collect();
        assert_eq!((&said["allowed"], &said["manual_review"]), (&json!(false), &json!(true)), "{said}");
        assert_eq!(found, codes, "{login} {signature}");
        assert_eq!(waiting.github.asked("pulls/merge"), 0, "{login} {signature}");
    }
}

#[test]
fn am_t1_what_was_not_validated_is_refused_or_waits() {
    let waiting = Waiting::of("ada", "valid");
    waiting.guard().exits(1).is(expect![[r#"
        exit 1
        --- stdout
        refused: feature/add-probe into integration (contribution)
          w1_failed: lineage-validate has not passed yet at its head
    "#]]);
    waiting.github.ran_as(&waiting.tip, VALIDATE, "failure");
    waiting.guard().exits(1).says(&["w1_failed: lineage-validate ended at its head: failure"]).done();
    waiting.github.ran_as(&waiting.tip, VALIDATE, "pending");
    waiting.github.require("refs/heads/integration", VALIDATE);
    waiting.github.with(|state| state.repository(REPOSITORY).settings["allow_auto_merge"] = json!(true));
    let auto: Vec<&str> = GUARD.into_iter().chain(["--auto"]).collect();
    waiting.world.ci().lineage(auto).exits(0).says(&["not merged yet"]).done();
    assert!(!waiting.is_merged());
    waiting.github.ran(&waiting.tip, VALIDATE);
    assert!(waiting.is_merged(), "GitHub merged it when its rules were met");
}

#[test]
fn am_t2_t3_t4_elsewhere_closed_or_nothing_at_all() {
    let waiting = Waiting::under("\n[github.auto-merge]\nbases = [\"next\"]\n", "ada", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    waiting.guard().exits(0).says(&["manual-review", "branch_not_allowed: its base is `integration`"]).done();
    let waiting = Waiting::of("ada", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    let event = |number: u64| {
        json!({
            "action": "closed", "number": number,
            "pull_request": {
                "number": number,
                "head": { "ref": "feature/add-probe", "sha": waiting.tip, "repo": { "id": 4711 } },
                "base": { "ref": "integration", "repo": { "id": 4711 } },
            },
        })
    };
    waiting.world.ci().write("../event.json", event(waiting.number).to_string());
    waiting.github.with(|state| state.repository(REPOSITORY).pull(waiting.number).open = false);
    let by_event = ["guard", "--stage", "contribution", "--event", "../event.json", "--merge"];
    waiting.world.ci().lineage(by_event).exits(1).says(&["pr_closed"]).done();
    waiting.guard().exits(1).says(&["pr_closed"]).done();
    let elsewhere = ["guard", "--stage", "contribution", "--head-ref", "main", "--merge"];
    waiting.world.ci().lineage(elsewhere).exits(1).says(&["not_pr"]).done();
    // An event of another kind is none of a pull request.
    let push = json!({ "ref": "refs/heads/integration", "before": waiting.tip, "after": waiting.tip });
    waiting.world.ci().write("../event.json", push.to_string());
    waiting.world.ci().lineage(by_event).exits(2).done();
    assert_eq!(waiting.github.asked("pulls/merge"), 0);
}

#[test]
fn without_a_word_of_the_policy_people_merge() {
    let waiting = Waiting::under("", "ada", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    waiting.guard().exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: contributions are merged by people: nothing says which may be merged without

        hint: write `[github.auto-merge]` into lineage.toml on main to have them merged
    "#]]);
    assert_eq!(waiting.github.asked("pulls/merge"), 0);
}

#[test]
fn what_a_contribution_says_of_its_own_author_counts_for_nothing() {
    let waiting = Waiting::of("mallory", "valid");
    let dev = waiting.world.dev();
    dev.git(["checkout", "-q", "feature/add-probe"]);
    dev.write(".github/CODEOWNERS", "* @mallory\n");
    let tip = dev.commit("chore: own everything");
    dev.git(["push", "-q", "origin", "feature/add-probe"]);
    waiting.github.knows(&tip, "mallory", "valid");
    waiting.github.ran(&tip, VALIDATE);
    waiting.world.ci().fetch();
    waiting.guard().exits(0).says(&["manual-review", "mallory made"]).done();
    assert_eq!(waiting.github.asked("pulls/merge"), 0);
}

#[test]
fn who_owned_it_before_is_no_owner_now() {
    let waiting = Waiting::of("ada", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    let dev = waiting.world.dev();
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    dev.write(".github/CODEOWNERS", "* @bob\n");
    dev.commit("chore: Ada left");
    dev.git(["push", "-q", "origin", "main"]);
    // This clone has not looked since.
    waiting.guard().exits(0).says(&["manual-review", "untrusted: ada opened it"]).done();
    assert_eq!(waiting.github.asked("pulls/merge"), 0);
}

#[test]
fn what_a_person_merged_is_told_as_that() {
    let waiting = Waiting::of("mallory", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    waiting.github.merge(waiting.number);
    let said = waiting.report();
    assert_eq!((&said["allowed"], &said["manual_review"]), (&json!(false), &json!(true)), "{said}");
    assert!(said["merged"].is_string(), "{said}");
}

#[test]
fn what_github_does_not_tell_is_not_assumed() {
    for operation in ["pulls/list-commits", "checks/list-for-ref", "pulls/list"] {
        let waiting = Waiting::of("ada", "valid");
        waiting.github.ran(&waiting.tip, VALIDATE);
        waiting.github.fail(crate::github::Fault::status(operation, 502).times(9));
        waiting.guard().exits(3).done();
        assert_eq!(waiting.github.asked("pulls/merge"), 0, "{operation}");
        waiting.github.heal();
        waiting.guard().succeeds();
    }
}

#[test]
fn e14_whatever_github_refuses_is_no_word_for_a_merge() {
    let waiting = Waiting::of("ada", "valid");
    waiting.github.ran(&waiting.tip, VALIDATE);
    let refused = refused_at_every_call(&waiting.github, &|| waiting.guard(), &|| waiting.is_merged().to_string());
    expect![[r#"
        checks/list-for-ref
        pulls/list
        pulls/list-commits
        pulls/merge
    "#]]
    .assert_eq(&listed(&refused));
    assert!(waiting.is_merged());
}
