//! The line on GitHub, cut off at every call, and forks that name their branches as the pipeline does (E14, E15).

use serde_json::json;

use super::Scene;
use crate::github::{Fault, REPOSITORY};

const TAG: &str = "test-workflow-v0.2.0";

impl Scene {
    /// Runs a verb, losing the answer to its first call, then (run again) to its second and so on, until it comes
    /// through without. Gives how many were lost.
    fn through_all(&self, words: &[&str]) -> usize {
        for lost in 0..60 {
            self.github.fail(Fault::cut("*").afterwards().after(lost));
            let said = self.lineage(words);
            let came_through = self.github.with(|state| state.is_awaiting_faults());
            self.github.heal();
            self.world.ci().fetch();
            if came_through {
                said.succeeds();
                return lost;
            }
            assert!(matches!(said.code, 0 | 3), "{words:?} without the answer to call {lost}: {}", said.text());
            said.done();
        }
        panic!("{words:?} does not come to an end");
    }
}

#[test]
fn e14_each_stage_converges_whichever_answer_is_lost() {
    let scene = Scene::split_with("release = true\n");
    scene.lineage(&["bump", "test-workflow"]).succeeds();
    scene.world.ci().fetch();
    let promote = format!("promote/{TAG}");
    // By its number: once it is merged, there is no open one of this branch.
    let repository = json!({ "id": 4711 });
    let tip = scene.world.origin().rev("refs/heads/chart/test-workflow");
    let event = json!({
        "action": "opened", "number": 2,
        "pull_request": {
            "number": 2,
            "head": { "ref": "chart/test-workflow", "sha": tip, "repo": repository },
            "base": { "ref": "main", "repo": repository },
        },
    });
    scene.world.ci().write("../event.json", event.to_string());
    let mut lost = 0;
    for words in [
        &["propose", "test-workflow"][..],
        &["guard", "--stage", "main", "--event", "../event.json", "--merge"],
        &["tag", "test-workflow"],
        &["build", TAG],
        &["guard", "--stage", "release", "--head-ref", &promote, "--merge"],
        &["publish", TAG],
    ] {
        lost += scene.through_all(words);
    }
    assert!(lost > 8, "only {lost} answers were lost");
    let pulls = scene.github.with(|state| state.repository(REPOSITORY).count());
    assert_eq!(pulls, 3, "the contribution's, main's and the release's, each once");
    assert!(scene.open().is_empty());
    scene.world.stranger().lineage(["verify", TAG]).succeeds();
}

#[test]
fn e15_a_fork_s_integration_and_main_are_nobody_s() {
    let scene = Scene::bumped();
    scene.lineage(&["propose", "--merge"]).succeeds();
    scene.github.fork(&scene.world, "evil");
    for (head, base, stage) in [("integration", "chart/test-workflow", "chart"), ("main", "release", "release")] {
        let number = scene.open_by_hand("evil/charts", head, base, "chore: sync");
        let tip = scene.world.origin().rev(&format!("refs/heads/{head}"));
        let event = json!({
            "action": "opened", "number": number,
            "pull_request": {
                "number": number,
                "head": { "ref": head, "sha": tip, "repo": { "id": 666 } },
                "base": { "ref": base, "repo": { "id": 4711 } },
            },
        });
        scene.world.ci().write("../event.json", event.to_string());
        let before = scene.world.origin().rev(&format!("refs/heads/{base}"));
        let guard = ["guard", "--stage", stage, "--event", "../event.json", "--merge", "--close"];
        scene.lineage(&guard).exits(1).says(&["a fork's branch names prove nothing"]).done();
        assert_eq!(scene.world.origin().rev(&format!("refs/heads/{base}")), before, "{base}");
        assert_eq!(
            (scene.github.asked("pulls/merge"), scene.open().len()),
            (1, 0),
            "{base}: only ours was merged"
        );
    }
}
