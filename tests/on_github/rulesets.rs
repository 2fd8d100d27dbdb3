//! `rulesets`: from a repository without any to one that is protected, and what becomes of them later.

mod others;
mod refused;

use expect_test::expect;
use serde_json::{Value, json};

use crate::github::GitHub;
use crate::workflows::{SAID, before};
use crate::world::{Output, World};

const READ: &str = "repos/get-repo-ruleset";
const MADE: &str = "repos/create-repo-ruleset";
const WRITTEN: &str = "repos/update-repo-ruleset";
const DELETED: &str = "repos/delete-repo-ruleset";

/// A repository that `init --github` set up, and a person who may administer it.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) github: GitHub,
}

impl Scene {
    fn new() -> Self {
        Self::with(|_| ())
    }

    /// The same, with something changed on main once it is set up.
    fn with(change: impl FnOnce(&crate::world::Site<'_>)) -> Self {
        let world = before();
        let github = GitHub::start(&world);
        let dev = world.dev();
        dev.lineage(SAID.map(|word| if word == "42" { "4711" } else { word })).succeeds();
        change(&dev);
        if !dev.git(["status", "--porcelain"]).trim().is_empty() {
            dev.commit("chore: change it");
            dev.git(["push", "-q", "origin", "main"]);
        }
        let scene = Self { world, github };
        scene.becomes(&["contents=write", "administration=write"]);
        scene
    }

    /// From now on it is somebody who may do this.
    pub(super) fn becomes(&self, permissions: &[&str]) {
        let token = self.github.token("ada", "ghp_", permissions);
        self.world.set_variables(self.github.job_with(token));
    }

    pub(super) fn protected() -> Self {
        let scene = Self::new();
        scene.rulesets(&["apply"]).succeeds();
        scene
    }

    fn rulesets(&self, words: &[&str]) -> Output {
        self.world.dev().lineage(["rulesets"].iter().chain(words))
    }

    fn names(&self) -> Vec<String> {
        let all = self.github.rulesets();
        all.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// How often something was written.
    fn writes(&self) -> usize {
        [MADE, WRITTEN, DELETED].iter().map(|what| self.github.asked(what)).sum()
    }
}

/// A ruleset of somebody else, about main.
fn somebody_elses(name: &str, kind: &str) -> Value {
    json!({
        "name": name, "target": "branch", "enforcement": "active", "bypass_actors": [],
        "conditions": { "ref_name": { "include": ["refs/heads/main"], "exclude": [] } },
        "rules": [{ "type": kind }],
    })
}

#[test]
fn rs_8_a_plan_of_an_empty_repository_has_them_all_in_order() {
    let scene = Scene::new();
    let said = scene.rulesets(&["plan"]).exits(1);
    said.is(expect![[r#"
        exit 1
        --- stdout
        rulesets of octo/charts
          lineage/integration     to be created
          lineage/chart-branches  to be created
          lineage/tags-immutable  to be created
          lineage/tags-create     to be created
          lineage/release         to be created
          lineage/core-permanent  to be created
          lineage/main            to be created
          lineage/main-checks     to be created
        drift: lineage/integration is missing
        drift: lineage/chart-branches is missing
        drift: lineage/tags-immutable is missing
        drift: lineage/tags-create is missing
        drift: lineage/release is missing
        drift: lineage/core-permanent is missing
        drift: lineage/main is missing
        drift: lineage/main-checks is missing
        warning: no run on main or on what was last merged into it was called `lineage-guard`
        warning: no run on main or on what was last merged into it was called `lineage-validate`
        8 differences
    "#]]);
    let dry = scene.rulesets(&["apply", "--dry-run", "--json"]).exits(0).json();
    assert_eq!((dry["rulesets"].as_array().map(Vec::len), &dry["applied"]), (Some(8), &json!(false)), "{dry}");
    scene.rulesets(&["check"]).exits(1).says(&["drift: lineage/main is missing"]).done();
    assert_eq!((scene.writes(), scene.names().len()), (0, 0), "nothing was written");
}

#[test]
fn rs_1_applied_once_there_is_nothing_left_to_do() {
    let scene = Scene::new();
    scene.rulesets(&["apply"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        rulesets of octo/charts
          lineage/integration     created
          lineage/chart-branches  created
          lineage/tags-immutable  created
          lineage/tags-create     created
          lineage/release         created
          lineage/core-permanent  created
          lineage/main            created
          lineage/main-checks     created
        warning: no run on main or on what was last merged into it was called `lineage-guard`
        warning: no run on main or on what was last merged into it was called `lineage-validate`
        as they were: [TMP]/dev/.git/lineage/backup-rulesets-2025-11-21-37517e5f3dc6.json
        our rulesets are as they should be
        --- stderr
        note: lineage/integration is missing
        note: lineage/chart-branches is missing
        note: lineage/tags-immutable is missing
        note: lineage/tags-create is missing
        note: lineage/release is missing
        note: lineage/core-permanent is missing
        note: lineage/main is missing
        note: lineage/main-checks is missing
        note: the rulesets as they are now are kept in [TMP]/dev/.git/lineage/backup-rulesets-2025-11-21-37517e5f3dc6.json
    "#]]);
    assert_eq!(scene.names().len(), 8);
    scene.rulesets(&["plan"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        rulesets of octo/charts
          lineage/integration     as it should be
          lineage/chart-branches  as it should be
          lineage/tags-immutable  as it should be
          lineage/tags-create     as it should be
          lineage/release         as it should be
          lineage/core-permanent  as it should be
          lineage/main            as it should be
          lineage/main-checks     as it should be
        warning: no run on main or on what was last merged into it was called `lineage-guard`
        warning: no run on main or on what was last merged into it was called `lineage-validate`
        our rulesets are as they should be
    "#]]);
    scene.rulesets(&["check"]).succeeds();
    let made = scene.writes();
    let again = scene.rulesets(&["apply", "--json"]).exits(0).json();
    assert_eq!((scene.writes(), &again["backup"], &again["drift"]), (made, &Value::Null, &json!([])), "{again}");
}

#[test]
fn rs_2_tag_patterns_come_from_the_template() {
    let scene = Scene::with(|dev| {
        let policy = dev.read("lineage.toml");
        dev.write(
            "lineage.toml",
            policy.replace("template = \"{chart}-v{version}\"", "template = \"r/{chart}/{version}\""),
        );
    });
    scene.rulesets(&["apply"]).succeeds();
    let all = scene.github.rulesets();
    let tags: Vec<&Value> = all.iter().filter(|one| one["target"] == "tag").collect();
    assert_eq!(tags.len(), 2);
    assert!(
        tags.iter().all(|one| one["conditions"]["ref_name"]["include"] == json!(["refs/tags/r/*/*"])),
        "{tags:#?}"
    );
}

#[test]
fn rs_9_what_drifted_is_named_with_path_want_and_got_and_comes_back() {
    let scene = Scene::protected();
    scene.github.edit_ruleset("lineage/main", |one| {
        one["bypass_actors"][0]["actor_id"] = json!(1);
        one["rules"][0]["parameters"]["required_approving_review_count"] = json!(0);
    });
    scene.github.edit_ruleset("lineage/release", |one| one["enforcement"] = json!("disabled"));
    scene.github.delete_ruleset("lineage/tags-create");
    scene.github.add_ruleset("Repository", somebody_elses("lineage/old", "deletion"));
    let made = scene.writes();
    scene.rulesets(&["check"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        rulesets of octo/charts
          lineage/integration     as it should be
          lineage/chart-branches  as it should be
          lineage/tags-immutable  as it should be
          lineage/tags-create     to be created
          lineage/release         to be corrected
          lineage/core-permanent  as it should be
          lineage/main            to be corrected
          lineage/main-checks     as it should be
          lineage/old             to be removed
        drift: lineage/tags-create is missing
        drift: lineage/release enforcement
          want  "active"
          got   "disabled"
        drift: lineage/main rules.pull_request.parameters.required_approving_review_count
          want  1
          got   0
        drift: lineage/main bypass_actors
          want  [{"actor_id":5,"actor_type":"RepositoryRole","bypass_mode":"always"}]
          got   [{"actor_id":1,"actor_type":"RepositoryRole","bypass_mode":"always"}]
        drift: lineage/old: nothing asks for it
        warning: no run on main or on what was last merged into it was called `lineage-guard`
        warning: no run on main or on what was last merged into it was called `lineage-validate`
        5 differences
    "#]]);
    let before = scene.github.rulesets();
    let said = scene.rulesets(&["apply", "--backup", "../rulesets.json"]).exits(0);
    said.says(&["lineage/release: enforcement: want \"active\", got \"disabled\""]).done();
    // Two corrected, one made, one of ours that nothing asks for removed; the others are not touched.
    assert_eq!(scene.writes() - made, 4);
    let kept: Vec<Value> = serde_json::from_str(&scene.world.dev().read("../rulesets.json")).expect("JSON");
    assert_eq!(kept.len(), before.len());
    for (kept, before) in kept.iter().zip(&before) {
        assert_eq!(
            (&kept["id"], &kept["rules"], &kept["bypass_actors"]),
            (&before["id"], &before["rules"], &before["bypass_actors"])
        );
    }
    scene.rulesets(&["plan"]).succeeds();
    assert!(!scene.names().contains(&"lineage/old".to_owned()));
}

#[test]
fn a_backup_is_never_written_over_and_comes_before_the_first_write() {
    let scene = Scene::new();
    scene.world.dev().write("../mine.json", "mine");
    scene.rulesets(&["apply", "--backup", "../mine.json"]).exits(2).says(&["is there already"]).done();
    assert_eq!((scene.writes(), scene.world.dev().read("../mine.json").as_str()), (0, "mine"));
}

#[test]
fn rs_10_rulesets_of_others_are_recognised_and_stay() {
    let scene = Scene::new();
    scene.github.add_ruleset("Repository", somebody_elses("main-strict", "update"));
    scene.github.add_ruleset("Organization", somebody_elses("lineage/ours-they-say", "deletion"));
    scene.rulesets(&["apply"]).succeeds();
    assert_eq!((scene.github.asked(DELETED), scene.names().len()), (0, 10));
    scene.rulesets(&["check"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        rulesets of octo/charts
          lineage/integration     as it should be
          lineage/chart-branches  as it should be
          lineage/tags-immutable  as it should be
          lineage/tags-create     as it should be
          lineage/release         as it should be
          lineage/core-permanent  as it should be
          lineage/main            as it should be
          lineage/main-checks     as it should be
        not ours: main-strict (1001)
          in the way: nobody can merge a pull request into refs/heads/main: main-strict: update
        not ours: lineage/ours-they-say (1002)
          holds what ours hold, too: lineage/core-permanent: deletion
        warning: no run on main or on what was last merged into it was called `lineage-guard`
        warning: no run on main or on what was last merged into it was called `lineage-validate`
        somebody else's ruleset stands in the way of the flow
        our rulesets are as they should be
    "#]]);
    let said = scene.rulesets(&["plan", "--json"]).exits(1).json();
    assert_eq!(said["foreign"][0]["name"], "main-strict", "{said}");
    assert!(said["foreign"][0]["conflicts"][0].as_str().is_some_and(|one| one.contains("merge")), "{said}");
}

#[test]
fn rs_8_nothing_is_made_that_would_lock_the_repository() {
    let scene = Scene::new();
    scene.world.dev().git(["push", "-q", "origin", ":release"]);
    for verb in ["plan", "apply"] {
        let said = scene.rulesets(&[verb]).exits(2);
        said.says(&["lineage/release would lock the repository", "does not exist yet"]).done();
    }
    assert_eq!(scene.writes(), 0);
    let scene = Scene::with(|dev| {
        dev.git(["rm", "-q", ".github/workflows/lineage-3-guard.yml"]);
    });
    scene.rulesets(&["apply"]).exits(2).says(&["not on main yet"]).done();
    assert_eq!(scene.writes(), 0);
}

#[test]
fn rs_11_a_rule_that_no_workflow_holds_is_named() {
    let scene = Scene::with(|dev| {
        dev.git(["rm", "-q", ".github/workflows/lineage-6-tag.yml"]);
    });
    scene.rulesets(&["apply"]).exits(1).says(&["held by nobody: tags are made on main alone"]).done();
    scene.rulesets(&["check"]).exits(1).done();
    assert_eq!(scene.names().len(), 8);
}

#[test]
fn rs_5_without_an_app_there_is_nothing_to_plan() {
    let scene = Scene::with(|dev| {
        let policy = dev.read("lineage.toml");
        dev.write("lineage.toml", policy.replace("app-id = 123456\n", ""));
    });
    for verb in ["check", "plan", "apply"] {
        scene.rulesets(&[verb]).exits(2).says(&["app-id"]).done();
    }
    assert_eq!(scene.writes(), 0);
}
