//! What may not be seen or written, what fails on the way, and somebody else at the same time.

use std::time::Duration;

use expect_test::expect;
use serde_json::json;

use super::super::refusals::{listed, refused_at_every_call};
use super::{MADE, READ, Scene, WRITTEN};
use crate::github::Fault;

#[test]
fn rs_6_a_ruleset_changed_meanwhile_is_not_written_over() {
    for deleted in [false, true] {
        let scene = Scene::protected();
        scene.github.edit_ruleset("lineage/main", |one| one["bypass_actors"] = json!([]));
        let (read, written) = (scene.github.asked(READ), scene.writes());
        // The eight were read; the next look at the one is late enough for somebody else.
        scene.github.fail(Fault::wait(READ, 2000).after(8));
        std::thread::scope(|scope| {
            let github = &scene.github;
            scope.spawn(move || {
                while github.asked(READ) < read + 9 {
                    std::thread::sleep(Duration::from_millis(20));
                }
                if deleted {
                    github.delete_ruleset("lineage/main");
                } else {
                    github.edit_ruleset("lineage/main", |one| one["rules"] = json!([{ "type": "deletion" }]));
                }
            });
            let said = scene.rulesets(&["apply"]).exits(4);
            said.says(&["the ruleset lineage/main was", "meanwhile", "git lineage rulesets plan"]).done();
        });
        assert_eq!(scene.writes(), written, "nothing was written over");
    }
}

#[test]
fn what_was_done_before_a_refusal_is_told_and_done_no_second_time() {
    let scene = Scene::new();
    scene.github.fail(Fault::status(MADE, 403).after(2));
    let said = scene.rulesets(&["apply"]).exits(1);
    said.says(&["before it, these were written: lineage/integration, lineage/chart-branches", "are kept in"])
        .done();
    scene.rulesets(&["apply"]).succeeds();
    assert_eq!((scene.github.asked(MADE), scene.names().len()), (9, 8));
    scene.rulesets(&["check"]).succeeds();
}

#[test]
fn a_lost_answer_makes_no_second_ruleset() {
    let scene = Scene::new();
    scene.github.fail(Fault::cut(MADE).afterwards());
    scene.rulesets(&["apply"]).succeeds();
    assert_eq!((scene.github.asked(MADE), scene.names().len()), (8, 8));
}

#[test]
fn a_lost_answer_writes_no_ruleset_twice() {
    let scene = Scene::protected();
    scene.github.edit_ruleset("lineage/release", |one| one["enforcement"] = json!("disabled"));
    scene.github.fail(Fault::cut(WRITTEN));
    scene.rulesets(&["apply"]).exits(3).done();
    assert_eq!(scene.github.asked(WRITTEN), 1, "not sent again");
    scene.github.fail(Fault::cut(WRITTEN).afterwards());
    scene.rulesets(&["apply"]).succeeds();
    assert_eq!(scene.github.asked(WRITTEN), 2);
    scene.rulesets(&["check"]).succeeds();
}

#[test]
fn a_token_that_may_not_write_is_told_what_it_lacks() {
    let scene = Scene::new();
    scene.becomes(&["contents=write"]);
    scene.rulesets(&["apply"]).exits(1).says(&["administration=write"]).done();
    assert_eq!(scene.names().len(), 0);
}

#[test]
fn rs_9_who_may_bypass_and_cannot_be_seen_is_never_in_order() {
    let scene = Scene::protected();
    let written = scene.writes();
    scene.becomes(&["contents=write"]);
    scene.rulesets(&["check"]).exits(3).is(expect![[r#"
        exit 3
        --- stdout
        rulesets of octo/charts
        undetermined: lineage/integration bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: lineage/chart-branches bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: lineage/tags-immutable bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: lineage/tags-create bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: lineage/release bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: lineage/core-permanent bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: lineage/main bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: lineage/main-checks bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        warning: no run on main or on what was last merged into it was called `lineage-guard`
        warning: no run on main or on what was last merged into it was called `lineage-validate`
        0 differences, and 8 things could not be told
    "#]]);
    let plan = scene.rulesets(&["plan", "--json"]).exits(3).json();
    assert_eq!((plan["undetermined"].as_array().map(Vec::len), &plan["drift"]), (Some(8), &json!([])), "{plan}");
    scene.rulesets(&["apply"]).exits(3).says(&["Administration: write"]).done();
    assert_eq!(scene.writes(), written);
    // Drift that shows all the same does not make it a verdict.
    scene.github.edit_ruleset("lineage/main", |one| one["enforcement"] = json!("disabled"));
    scene.rulesets(&["check"]).exits(3).says(&["enforcement"]).done();
}

#[test]
fn rs_9_what_cannot_be_read_is_undetermined() {
    let scene = Scene::protected();
    for operation in ["repos/get-repo-rulesets", READ] {
        for status in [403, 404, 500] {
            scene.github.fail(Fault::status(operation, status).times(9));
            for verb in ["check", "plan", "apply"] {
                scene.rulesets(&[verb]).exits(3).done();
            }
            scene.github.heal();
        }
    }
}

#[test]
fn rs_3_a_rule_of_an_unknown_kind_is_kept_and_never_green() {
    let scene = Scene::protected();
    // GitHub has it for organisations; what it lets pass is not known here.
    let run = json!([{ "path": ".github/workflows/theirs.yml", "repository_id": 4711 }]);
    let strange = json!({ "type": "workflows", "parameters": { "workflows": run } });
    scene.github.edit_ruleset("lineage/main", |one| {
        one["bypass_actors"] = json!([]);
        one["rules"].as_array_mut().expect("rules").push(strange.clone());
    });
    scene.rulesets(&["check"]).exits(3).says(&["what the rule `workflows` does is not known here"]).done();
    scene.rulesets(&["apply"]).exits(3).done();
    let main = scene.github.rulesets().into_iter().find(|one| one["name"] == "lineage/main").expect("main");
    assert!(main["rules"].as_array().expect("rules").contains(&strange), "{main:#}");
    assert_eq!(main["bypass_actors"][0]["actor_id"], 5);
    scene.rulesets(&["plan"]).exits(3).done();
}

#[test]
fn a_ruleset_made_meanwhile_is_not_made_twice() {
    let scene = Scene::new();
    scene.github.fail(Fault::wait("repos/get-repo-rulesets", 2000).after(1));
    std::thread::scope(|scope| {
        let github = &scene.github;
        scope.spawn(move || {
            while github.asked("repos/get-repo-rulesets") < 2 {
                std::thread::sleep(Duration::from_millis(20));
            }
            github.add_ruleset("Repository", super::somebody_elses("lineage/integration", "deletion"));
        });
        let said = scene.rulesets(&["apply"]).exits(4);
        said.says(&["the ruleset lineage/integration was made meanwhile"]).done();
    });
    assert_eq!((scene.writes(), scene.names().len()), (0, 1));
}

#[test]
fn e14_whatever_github_refuses_leaves_no_ruleset_half_made_and_none_twice() {
    let scene = Scene::new();
    let standing = || scene.github.rulesets().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let refused = refused_at_every_call(&scene.github, &|| scene.rulesets(&["apply"]), &standing);
    expect![[r#"
        checks/list-for-ref
        pulls/list
        repos/create-repo-ruleset
        repos/get
        repos/get-combined-status-for-ref
        repos/get-repo-rulesets
    "#]]
    .assert_eq(&listed(&refused));
    let names = scene.names();
    let once: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!(once.len(), names.len(), "{names:?}");
    scene.rulesets(&["check"]).succeeds();
}
