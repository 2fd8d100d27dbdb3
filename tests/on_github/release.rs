//! From the tag to the published release.

use serde_json::json;

use super::Scene;
use crate::github::REPOSITORY;

#[test]
fn e1_the_whole_line_on_github() {
    let scene = Scene::bumped();
    let tag = "test-workflow-v0.2.0";
    scene.lineage(&["propose", "--merge"]).succeeds();
    let ci = scene.world.ci();
    ci.fetch();
    let said = ci.lineage(["tag", "--json"]).exits(0).json();
    assert_eq!(
        said["tags"][0]["open"],
        json!({ "number": 3, "outcome": "created",
        "url": "https://github.com/octo/charts/pull/3" }),
        "{said}"
    );
    let promote = format!("promote/{tag}");
    assert_eq!(scene.open(), [(3, promote.clone(), "release".to_owned())]);
    assert_eq!(scene.github.sent("pulls/create")[1]["title"], format!("release: {tag}"));
    let origin = scene.world.origin();
    assert!(!origin.has_ref("refs/heads/chart/test-workflow"), "it is released");
    assert!(origin.git(["show", "integration:charts/test-workflow/Chart.yaml"]).contains("version: 0.2.0"));
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).succeeds();
    assert_eq!(scene.github.asked("pulls/create"), 2, "a second run changes nothing");
    ci.lineage(["build", tag]).succeeds();
    ci.lineage(["guard", "--stage", "release", "--head-ref", &promote, "--merge"]).succeeds();
    assert!(scene.open().is_empty());
    ci.lineage(["publish", tag]).succeeds();
    scene.world.stranger().lineage(["verify", tag]).succeeds();
}

#[test]
fn e17_anything_else_into_release_is_closed() {
    let scene = Scene::bumped();
    scene.lineage(&["propose", "--merge"]).succeeds();
    scene.open_by_hand(REPOSITORY, "main", "release", "release: everything");
    let release = scene.world.origin().rev("refs/heads/release");
    let guard =
        ["guard", "--stage", "release", "--head-ref", "main", "--base-ref", "release", "--merge", "--close"];
    scene.lineage(&guard).exits(1).done();
    assert_eq!((scene.world.origin().rev("refs/heads/release"), scene.open().len()), (release, 0));
}

#[test]
fn a_merge_queue_s_commit_is_judged_by_its_content() {
    let scene = Scene::bumped();
    let dev = scene.world.dev();
    dev.fetch();
    let queued = |edit: Option<&str>| {
        dev.git(["checkout", "-q", "-B", "gh-readonly-queue/main/pr-2", "origin/main"]);
        dev.git(["merge", "-q", "--squash", "origin/chart/test-workflow"]);
        if let Some(text) = edit {
            dev.write("charts/test-workflow/values.yaml", text);
        }
        let commit = dev.commit("feat(test-workflow): add probe (#2)");
        dev.git(["push", "-q", "-f", "origin", "gh-readonly-queue/main/pr-2"]);
        scene.world.ci().fetch();
        let group = json!({ "head_sha": commit, "base_sha": scene.main(), "base_ref": "refs/heads/main" });
        scene.world.ci().write("../event.json", json!({ "merge_group": group }).to_string());
    };
    let guard = ["guard", "--stage", "main", "--event", "../event.json"];
    queued(None);
    scene.lineage(&guard).succeeds();
    let merging = ["guard", "--stage", "main", "--event", "../event.json", "--merge"];
    scene.lineage(&merging).exits(2).says(&["merges by itself"]).done();
    queued(Some("replicas: 666\n"));
    scene.lineage(&guard).exits(1).done();
    let release = ["guard", "--stage", "release", "--event", "../event.json"];
    scene.lineage(&release).exits(1).done();
}
