//! Who approved a contribution, read from its pull request: by number of account, bound to what was approved.

use expect_test::expect;
use serde_json::json;

use super::Scene;
use crate::github::{Fault, GitHub, REPOSITORY, account};
use crate::world::{Output, PROBE, TAG, World, policy, seed};

const CHART: &str = "test-workflow";
const BRANCH: &str = "feature/add-probe";
const SUBJECT: &str = "feat(test-workflow): add probe";
const REVIEW: [&str; 4] = ["attest", "review", CHART, "--from-github"];

/// The policy: one review, by Bob or by a program; CI's key may tell of it; the addresses of two are known.
fn reviewed() -> String {
    let [ada, bob, bot] = ["ada", "bob", "helper[bot]"].map(account);
    let stages = r#"["validate", "split", "bump", "tag", "build", "publish", "review"]"#;
    let text = policy()
        .replacen("version = 1\n", "version = 1\nforge = \"github\"\n", 1)
        .replace(
            "[required]\n",
            &format!("[required]\nreviews = 1\nreviewers = [\"{bob}\", \"{bot}\", \"{ada}\"]\n"),
        )
        .replace("name = \"ci\"\n", &format!("name = \"ci\"\nstages = {stages}\n"));
    let person = |account: u64, address: &str| {
        format!("\n[[people]]\naccount = \"{account}\"\naddresses = [\"{address}\"]\n")
    };
    text + &person(ada, "ada@example.org") + &person(bob, "bob@example.org")
}

impl Scene {
    /// Ada's pull request #1 is open; gives its head.
    fn asked() -> (Self, String) {
        let mut files = seed();
        for (name, text) in &mut files {
            if *name == "lineage.toml" {
                *text = reviewed();
            }
        }
        let world = World::seeded_with(&files);
        let github = GitHub::start(&world);
        world.set_variables(github.job());
        world.contribute(BRANCH, SUBJECT, &PROBE);
        let scene = Self { world, github };
        let head = scene.world.dev().rev("HEAD");
        assert_eq!(scene.open_by_hand(REPOSITORY, BRANCH, "integration", SUBJECT), 1);
        (scene, head)
    }

    fn says(&self, login: &str, state: &str, commit: &str) {
        self.github.with(|all| all.repository(REPOSITORY).review(1, login, state, commit));
    }

    /// It is merged, and what is on integration is checked and signed.
    fn merged(&self) {
        let before = self.world.origin().rev("refs/heads/integration");
        self.github.merge(1);
        let ci = self.world.ci();
        ci.fetch();
        ci.git(["checkout", "-q", "--detach", "origin/integration"]);
        for flag in [None, Some("--sign")] {
            ci.lineage(["check", "--base", &before].into_iter().chain(flag)).succeeds();
        }
    }

    fn review(&self) -> Output {
        self.lineage(&REVIEW)
    }

    /// Neither is a review recorded, nor is the contribution sealed.
    fn is_not_reviewed(&self, what: &str) {
        let ci = self.world.ci();
        for on in ci.ledger_objects(CHART) {
            let lines = ci.ledger(CHART, &on);
            assert!(!lines.iter().any(|line| line.contains("w1-review")), "{what}");
        }
        let seal = self.lineage(&["check", "--seal", "--chart", CHART]);
        assert_eq!(seal.code, 1, "{what}: {}", seal.text());
    }
}

#[test]
fn an_approval_on_github_is_part_of_the_release() {
    let (scene, head) = Scene::asked();
    scene.says("carol", "APPROVED", &head);
    scene.says("bob", "CHANGES_REQUESTED", &"0".repeat(40));
    scene.says("bob", "APPROVED", &head);
    scene.says("bob", "COMMENTED", &head);
    scene.merged();
    scene.lineage(&["check", "--seal", "--chart", CHART]).exits(1).done();
    drop(scene.lineage(&[&REVIEW[..], &["--dry-run"]].concat()).exits(0).says(&["sign w1-review"]));
    let said = scene.lineage(&[&REVIEW[..], &["--json"]].concat()).exits(0);
    assert!(
        said.stderr.contains("carol") && said.stderr.contains("no reviewer of this policy"),
        "{}",
        said.text()
    );
    let said = said.json();
    assert_eq!(
        (&said["approvers"], &said["head"]),
        (&json!([account("bob").to_string()]), &json!(head)),
        "{said}"
    );
    drop(scene.review().exits(0).says(&["unchanged"]));
    scene.lineage(&["check", "--seal", "--chart", CHART]).succeeds();
    scene.world.promote(&[CHART]);
    scene.world.publish(TAG);
    // What was ported back is the same contribution.
    let ci = scene.world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/integration"]);
    assert!(ci.read("charts/test-workflow/Chart.yaml").contains("version: 0.2.0"));
    scene.review().exits(0).says(&["created"]).done();
    let stranger = scene.world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["1 person besides the author approved this content"]));
}

#[test]
fn what_is_no_approval_of_this_content_counts_for_nothing() {
    type Say = fn(&Scene, &str);
    let cases: [(Say, &str); 9] = [
        (|_, _| {}, "#1 has no approval"),
        (|scene, head| scene.says("ada", "APPROVED", head), "made the contribution itself"),
        (|scene, head| scene.says("helper[bot]", "APPROVED", head), "is a program"),
        (|scene, head| scene.says("carol", "APPROVED", head), "is no reviewer of this policy"),
        (|scene, head| scene.says("bob", "COMMENTED", head), "#1 has no approval"),
        (
            |scene, head| {
                scene.says("bob", "APPROVED", head);
                scene.says("bob", "CHANGES_REQUESTED", head);
            },
            "#1 has no approval",
        ),
        (
            |scene, head| {
                scene.says("bob", "APPROVED", head);
                scene.github.with(|all| all.repository(REPOSITORY).dismiss(1, "bob"));
            },
            "#1 has no approval",
        ),
        // The head before the contribution: another content.
        (
            |scene, head| scene.says("bob", "APPROVED", &scene.world.dev().rev(&format!("{head}^"))),
            "another content",
        ),
        (|scene, _| scene.says("bob", "APPROVED", &"1".repeat(40)), "cannot be had any more"),
    ];
    for (say, why) in cases {
        let (scene, head) = Scene::asked();
        say(&scene, &head);
        scene.merged();
        let said = scene.review();
        assert_eq!(said.code, 1, "{why}: {}", said.text());
        assert!(said.stderr.contains(why), "{why}: {}", said.text());
        said.done();
        scene.is_not_reviewed(why);
    }
}

#[test]
fn an_approval_of_an_older_head_counts_where_the_chart_is_the_same() {
    let (scene, head) = Scene::asked();
    scene.says("bob", "APPROVED", &head);
    let dev = scene.world.dev();
    // What was approved is on no branch any more.
    dev.write("README.md", "# Charts, and more\n");
    dev.git(["commit", "-q", "-a", "--amend", "-m", SUBJECT]);
    dev.git(["push", "-q", "-f", "origin", BRANCH]);
    scene.merged();
    assert_ne!(dev.rev("HEAD"), head);
    scene.review().exits(0).done();
    scene.lineage(&["check", "--seal", "--chart", CHART]).succeeds();
}

#[test]
fn who_wrote_a_part_of_it_does_not_approve_it() {
    let (scene, _) = Scene::asked();
    let dev = scene.world.dev();
    dev.write("charts/test-workflow/values.yaml", "replicas: 3\nprobe: true\n");
    dev.git(["commit", "-q", "-a", "--author", "Bob <bob@example.org>", "-m", "fix(test-workflow): one more"]);
    dev.git(["push", "-q", "origin", BRANCH]);
    scene.says("bob", "APPROVED", &dev.rev("HEAD"));
    // Merged as it is, his commit is a part of it.
    let before = scene.world.origin().rev("refs/heads/integration");
    scene.github.merge_as(1, "merge");
    let ci = scene.world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/integration"]);
    for flag in [None, Some("--sign")] {
        ci.lineage(["check", "--base", &before].into_iter().chain(flag)).succeeds();
    }
    scene.review().exits(1).says(&["made the contribution itself"]).done();
    scene.is_not_reviewed("his own");
}

#[test]
fn an_approval_that_was_taken_back_is_taken_back_here() {
    let (scene, head) = Scene::asked();
    scene.says("bob", "APPROVED", &head);
    scene.merged();
    scene.review().exits(0).done();
    scene.github.with(|all| all.repository(REPOSITORY).dismiss(1, "bob"));
    scene.review().exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: nobody whose word counts approves this content of test-workflow
          caused by: #1 has no approval

        hint: have it approved on GitHub by a reviewer of the policy, then run this again; `git lineage attest review` signs with a key of one's own
    "#]]);
    let seal = scene.lineage(&["check", "--seal", "--chart", CHART]);
    assert_eq!(seal.code, 1, "{}", seal.text());
    // And given again.
    scene.says("bob", "APPROVED", &head);
    scene.review().exits(0).done();
    scene.lineage(&["check", "--seal", "--chart", CHART]).succeeds();
}

#[test]
fn what_came_through_no_pull_request_was_reviewed_by_nobody() {
    let (scene, head) = Scene::asked();
    scene.says("bob", "APPROVED", &head);
    let ci = scene.world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", &head]);
    scene.review().exits(1).says(&["is not on integration"]).done();
    scene.world.squash(BRANCH, SUBJECT);
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/integration"]);
    scene.review().exits(1).says(&["through no pull request"]).done();
    let both = [&REVIEW[..], &["--approver", "1"]].concat();
    scene.lineage(&both).exits(2).says(&["either said or read"]).done();
}

#[test]
fn what_github_does_not_answer_is_no_approval() {
    let (scene, head) = Scene::asked();
    scene.says("bob", "APPROVED", &head);
    scene.merged();
    for call in ["pulls/list-reviews", "repos/list-pull-requests-associated-with-commit"] {
        for (status, exit) in [(500, 3), (403, 1), (404, 1)] {
            scene.github.fail(Fault::status(call, status).times(9));
            let said = scene.review();
            assert!(said.code == exit || said.code == 3, "{call} {status}: {}", said.text());
            said.done();
            scene.github.heal();
            scene.is_not_reviewed(call);
        }
    }
    scene.review().exits(0).done();
}
