//! The line in its GitHub form: pull requests opened, judged, merged and closed at the stand-in, with `git push` to
//! the same repository (issue 5, point 2).

mod at_once;
mod contributions;
mod direct;
mod enforced;
mod images;
mod in_a_job;
mod live;
mod merges;
mod publish;
mod recovery;
mod refusals;
mod release;
mod remote;
mod reviews;
mod rulesets;
mod stages;
mod status;
mod store;
mod together;
mod versions;

use expect_test::expect;
use serde_json::json;

use crate::github::{APP_KEY, Fault, GitHub, REPOSITORY};
use crate::world::{Output, PROBE, World, policy, seed};

/// A world whose policy names GitHub, and its GitHub.
struct Scene {
    world: World,
    github: GitHub,
}

impl Scene {
    /// A repository on GitHub with more or other files than usual, and its policy changed.
    fn begun(more: &[(&'static str, &str)], change: impl Fn(String) -> String) -> Self {
        let mut files = seed();
        files.retain(|(name, _)| *name != "lineage.toml" && more.iter().all(|(other, _)| other != name));
        files.extend(more.iter().map(|(name, text)| (*name, (*text).to_owned())));
        let named = policy().replacen("version = 1\n", "version = 1\nforge = \"github\"\n", 1);
        files.push(("lineage.toml", change(named)));
        let world = World::seeded_with(&files);
        let github = GitHub::start(&world);
        world.set_variables(github.job());
        Self { world, github }
    }

    /// A contribution is validated and merged through pull request #1, then split.
    fn split() -> Self {
        Self::split_with("")
    }

    /// The same with more of a policy.
    fn split_with(more: &str) -> Self {
        let scene = Self::begun(&[], |policy| policy + more);
        scene.world.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
        scene.world.validate("feature/add-probe").succeeds();
        scene.merge_by_hand("feature/add-probe", "integration", "feat(test-workflow): add probe");
        let ci = scene.world.ci();
        ci.fetch();
        ci.lineage(["split"]).succeeds();
        ci.fetch();
        scene
    }

    /// As far as the bump.
    fn bumped() -> Self {
        let scene = Self::split();
        scene.lineage(&["bump", "test-workflow"]).succeeds();
        scene.world.ci().fetch();
        scene
    }

    fn lineage(&self, words: &[&str]) -> Output {
        self.world.ci().lineage(words.iter().copied())
    }

    /// A person opens a pull request and merges it.
    fn merge_by_hand(&self, head: &str, base: &str, title: &str) {
        let number = self.open_by_hand(REPOSITORY, head, base, title);
        self.github.merge(number);
    }

    fn open_by_hand(&self, from: &str, head: &str, base: &str, title: &str) -> u64 {
        self.github.open(from, head, base, title)
    }

    fn open(&self) -> Vec<(u64, String, String)> {
        self.github.with(|state| state.repository(REPOSITORY).open())
    }

    fn main(&self) -> String {
        self.world.origin().rev("refs/heads/main")
    }
}

#[test]
fn w4_1_propose_opens_one_pull_request_and_keeps_it_up_to_date() {
    let scene = Scene::split();
    let said = scene.lineage(&["propose", "--json"]).exits(0).json();
    let pull = &said["pulls"][0];
    assert_eq!((&pull["pull"]["number"], &pull["pull"]["outcome"]), (&json!(2), &json!("created")), "{said}");
    assert_eq!(scene.open(), [(2, "chart/test-workflow".to_owned(), "main".to_owned())]);
    let sent = &scene.github.sent("pulls/create")[0];
    assert_eq!(sent["title"], "feat(test-workflow): add probe");
    let body = sent["body"].as_str().unwrap();
    // By the commit it was merged as, not by what a message says.
    assert!(body.contains("Contributed in #1") && body.contains("<!-- ATTESTATION_MAP"), "{body}");
    let again = scene.lineage(&["propose", "--json"]).exits(0).json();
    assert_eq!(again["pulls"][0]["pull"]["outcome"], "unchanged");
    scene
        .github
        .with(|state| state.repository(REPOSITORY).pull(2).body = "<!-- ATTESTATION_MAP {} -->".to_owned());
    let again = scene.lineage(&["propose", "--json"]).exits(0).json();
    assert_eq!(again["pulls"][0]["pull"]["outcome"], "updated");
    assert_eq!((scene.github.asked("pulls/create"), scene.github.asked("pulls/update")), (1, 1));
}

#[test]
fn propose_dry_run_changes_nothing() {
    let scene = Scene::split();
    scene.lineage(&["propose", "--dry-run"]).exits(0).says(&["open or update the pull request"]).succeeds();
    assert_eq!((scene.open().len(), scene.github.asked("pulls/create")), (0, 0));
}

#[test]
fn w3_4_propose_merges_what_it_judged_with_its_commit_pinned() {
    let scene = Scene::bumped();
    let tip = scene.world.origin().rev("refs/heads/chart/test-workflow");
    scene.lineage(&["propose", "--merge"]).succeeds();
    let sent = &scene.github.sent("pulls/merge")[0];
    assert_eq!((&sent["sha"], &sent["merge_method"]), (&json!(tip), &json!("squash")));
    assert_eq!(sent["commit_title"], "feat(test-workflow): add probe");
    assert!(sent["commit_message"].as_str().unwrap().starts_with("Source-Commit: "), "{sent}");
    assert!(scene.open().is_empty());
    let ci = scene.world.ci();
    ci.fetch();
    assert_eq!(ci.rev("origin/main:charts/test-workflow"), ci.rev(&format!("{tip}:charts/test-workflow")));
    // What is on main can be tagged: the line goes on.
    ci.lineage(["tag", "test-workflow"]).succeeds();
    ci.lineage(["build", "test-workflow-v0.2.0"]).succeeds();
    ci.lineage(["verify", "test-workflow-v0.2.0"]).succeeds();
}

#[test]
fn an_app_does_the_same_and_its_key_is_never_shown() {
    let scene = Scene::bumped();
    let app = [("LINEAGE_APP_ID", "123456"), ("LINEAGE_APP_KEY", APP_KEY)];
    scene.world.ci().lineage_with(["propose", "--merge"], &app).succeeds();
    assert!(scene.github.asked("apps/create-installation-access-token") > 0);
    let half = scene.world.ci().lineage_with(["propose"], &[("LINEAGE_APP_ID", "123456")]);
    half.exits(2).says(&["only one of LINEAGE_APP_ID and LINEAGE_APP_KEY"]).says_nothing_of(&["PRIVATE"]).done();
}

#[test]
fn w1_13_what_is_not_proven_is_neither_proposed_nor_merged() {
    let scene = Scene::split();
    let dev = scene.world.dev();
    dev.git(["fetch", "-q", "origin"]);
    dev.git(["checkout", "-q", "-B", "chart/test-workflow", "origin/chart/test-workflow"]);
    dev.write("charts/test-workflow/values.yaml", "replicas: 666\n");
    dev.commit("chore: sneak in");
    dev.git(["push", "-q", "origin", "chart/test-workflow"]);
    let main = scene.main();
    scene.lineage(&["propose", "--merge"]).exits(1).done();
    let number = scene.open_by_hand(REPOSITORY, "chart/test-workflow", "main", "feat: trust me");
    let guard = ["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge", "--close"];
    scene.lineage(&guard).exits(1).done();
    assert_eq!((scene.main(), scene.github.asked("pulls/merge")), (main, 0));
    assert!(scene.open().iter().all(|(open, ..)| *open != number), "it is closed");
    let comment = &scene.github.sent("issues/create-comment")[0];
    assert!(comment["body"].as_str().unwrap().contains("is refused"), "{comment}");
}

#[test]
fn p_02_a_forks_pull_request_is_closed_and_never_merged() {
    let scene = Scene::bumped();
    scene.github.fork(&scene.world, "evil");
    let number = scene.open_by_hand("evil/charts", "chart/test-workflow", "main", "feat: mine");
    let tip = scene.world.origin().rev("refs/heads/chart/test-workflow");
    let main = scene.main();
    // The event lies about whose branch it is; GitHub is asked.
    let event = json!({
        "action": "opened", "number": number,
        "pull_request": {
            "number": number,
            "head": { "ref": "chart/test-workflow", "sha": tip, "repo": { "id": 4711 } },
            "base": { "ref": "main", "repo": { "id": 4711 } },
        },
    });
    scene.world.ci().write("../event.json", event.to_string());
    let guard = ["guard", "--stage", "main", "--event", "../event.json", "--merge", "--close"];
    scene.lineage(&guard).exits(1).says(&["a fork's branch names prove nothing"]).done();
    assert_eq!((scene.main(), scene.github.asked("pulls/merge"), scene.open().len()), (main, 0, 0));
    // A fork that is gone is nobody's.
    scene.github.with(|state| {
        let pull = state.repository(REPOSITORY).pull(number);
        (pull.open, pull.head_repository) = (true, None);
    });
    scene.lineage(&guard).exits(1).done();
    assert_eq!(scene.github.asked("pulls/merge"), 0);
    assert!(!scene.github.violations().is_empty(), "the description has no deleted forks");
}

#[test]
fn what_moved_after_the_event_is_not_judged_by_it() {
    let scene = Scene::bumped();
    scene.lineage(&["propose"]).succeeds();
    let event = json!({
        "action": "opened", "number": 2,
        "pull_request": {
            "number": 2,
            "head": { "ref": "chart/test-workflow", "sha": "0".repeat(40), "repo": { "id": 4711 } },
            "base": { "ref": "main", "repo": { "id": 4711 } },
        },
    });
    scene.world.ci().write("../event.json", event.to_string());
    let guard = ["guard", "--stage", "main", "--event", "../event.json", "--merge"];
    scene.lineage(&guard).exits(3).says(&["pull request #2 is at"]).done();
    assert_eq!(scene.github.asked("pulls/merge"), 0);
}

#[test]
fn w3_1_a_pull_request_into_a_chart_branch_is_closed_as_done_and_main_s_other_charts_stay_out() {
    let scene = Scene::split();
    let tip = scene.world.origin().rev("refs/heads/chart/test-workflow");
    scene.open_by_hand(REPOSITORY, "integration", "chart/test-workflow", "chore: sync");
    let guard =
        ["guard", "--stage", "chart", "--head-ref", "integration", "--base-ref", "chart/test-workflow", "--merge"];
    scene.lineage(&guard).exits(0).done();
    assert!(scene.open().is_empty());
    assert_eq!(scene.github.asked("pulls/merge"), 0);
    assert_eq!(scene.world.origin().rev("refs/heads/chart/test-workflow"), tip);
}

#[test]
fn a_lost_merge_is_found_and_a_second_run_changes_nothing() {
    let scene = Scene::bumped();
    scene.github.fail(Fault::cut("pulls/merge").afterwards());
    scene.lineage(&["propose", "--merge"]).succeeds();
    let main = scene.main();
    let event = json!({
        "action": "opened", "number": 2,
        "pull_request": {
            "number": 2,
            "head": {
                "ref": "chart/test-workflow", "repo": { "id": 4711 },
                "sha": scene.world.origin().rev("refs/heads/chart/test-workflow"),
            },
            "base": { "ref": "main", "repo": { "id": 4711 } },
        },
    });
    scene.world.ci().write("../event.json", event.to_string());
    let again = ["guard", "--stage", "main", "--event", "../event.json", "--merge"];
    scene.lineage(&again).succeeds();
    assert_eq!((scene.main(), scene.github.asked("pulls/merge")), (main, 1));
}

#[test]
fn rules_that_are_not_met_leave_it_open_or_wait() {
    let scene = Scene::bumped();
    scene.github.require("refs/heads/main", "lineage-verify");
    scene.lineage(&["propose", "--merge"]).exits(3).says(&["lineage-verify", "--auto"]).done();
    assert_eq!(scene.open().len(), 1);
    scene.github.with(|state| state.repository(REPOSITORY).settings["allow_auto_merge"] = json!(true));
    let guard = ["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge", "--auto"];
    scene.lineage(&guard).exits(0).says(&["not merged yet"]).done();
    let tip = scene.world.origin().rev("refs/heads/chart/test-workflow");
    scene.github.succeed(&tip, "lineage-verify");
    assert!(scene.open().is_empty(), "it merged by itself");
    scene.world.ci().fetch();
    scene.lineage(&["tag", "test-workflow"]).succeeds();
}

#[test]
fn p_10_a_token_whose_doings_start_nothing_is_told() {
    let scene = Scene::split();
    let token = scene.github.token("github-actions[bot]", "ghs_", &["contents=write", "pull_requests=write"]);
    scene.world.set_variables(scene.github.job_with(token));
    scene.lineage(&["propose"]).exits(0).says(&["opened with GITHUB_TOKEN", "GitHub App"]).done();
}

#[test]
fn what_github_refuses_is_told_with_what_to_do() {
    let scene = Scene::split();
    let token = scene.github.token("eve", "ghs_", &["contents=read"]);
    scene.world.set_variables(scene.github.job_with(token.clone()));
    scene.lineage(&["propose"]).exits(1).says_nothing_of(&[&token]).is(expect![[r#"
        exit 1
        --- stderr
        error: could not open the pull request from chart/test-workflow to main: GitHub refuses (Resource not accessible by integration)

        hint: give the token the permission pull_requests=write
    "#]]);
    let mut nobody = scene.github.job();
    nobody.retain(|(name, _)| *name != "GITHUB_TOKEN");
    scene.world.set_variables(nobody);
    scene.lineage(&["propose"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: could not open the pull request from chart/test-workflow to main: no token for GitHub

        hint: set GITHUB_TOKEN, or LINEAGE_APP_ID and LINEAGE_APP_KEY of a GitHub App
    "#]]);
    let mut elsewhere = scene.github.job();
    elsewhere.retain(|(name, _)| *name != "GITHUB_REPOSITORY");
    scene.world.set_variables(elsewhere);
    scene.lineage(&["propose"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: which repository on GitHub this is cannot be told

        hint: set GITHUB_REPOSITORY to owner/name, or give the remote origin its address on GitHub
    "#]]);
}

#[test]
fn a_job_is_shown_its_failure_on_the_run_s_page() {
    let scene = Scene::split();
    let output = scene.world.path("output").display().to_string();
    let ci = scene.world.ci();
    let said = ci.lineage_with(["propose", "nothing"], &[("GITHUB_OUTPUT", &output)]).exits(1);
    let command = said.stderr.lines().find(|line| line.starts_with("::")).expect("a command");
    assert_eq!(
        command,
        "::error title=git lineage::there is no branch chart/nothing%0Ahint: make it with `git lineage split nothing`"
    );
    assert!(ci.read("../output").contains("exit=1"));
}

#[test]
fn nothing_is_done_on_doubt_at_any_call() {
    let calls = [("pulls/list", 3), ("pulls/create", 3), ("pulls/merge", 3), ("pulls/get", 0)];
    let scene = Scene::bumped();
    for (call, exit) in calls {
        for status in [500, 422, 404, 403] {
            let before = scene.main();
            scene.github.fail(Fault::status(call, status).times(3));
            let said = scene.lineage(&["propose", "--merge"]);
            if exit != 0 {
                assert_ne!(said.code, 0, "{call} {status}: {}", said.text());
            }
            if said.code != 0 {
                assert_eq!(scene.main(), before, "{call} {status}: merged in spite of exit {}", said.code);
            }
            said.done();
            scene.github.heal();
        }
    }
}
