//! The flow behind its rulesets: whoever is not the App is turned away at `git push`, and the line goes on.

use super::Scene;
use super::rulesets::Scene as Protected;
use crate::github::REPOSITORY;
use crate::world::TAG;

impl Scene {
    /// The rulesets that `rulesets apply` makes stand over everything.
    fn protect(&self) {
        for ruleset in Protected::protected().github.rulesets() {
            self.github.add_ruleset("Repository", ruleset);
        }
    }
}

#[test]
fn e16_a_direct_push_is_refused_wherever_only_the_flow_writes() {
    let scene = Scene::split();
    scene.protect();
    let dev = scene.world.dev();
    dev.fetch();
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    dev.write("charts/test-workflow/values.yaml", "replicas: 666\n");
    dev.commit("chore: past everything");
    dev.git(["tag", "-a", "-m", "mine", TAG]);
    let orphan = dev.git(["commit-tree", "HEAD^{tree}", "-m", "another history"]);
    let before = scene.world.origin().git(["for-each-ref"]);
    for (refspec, says) in [
        ("HEAD:refs/heads/main", "Changes must be made through a pull request"),
        ("+HEAD:refs/heads/integration", "Changes must be made through a pull request"),
        ("+HEAD:refs/heads/release", "Cannot update this protected ref"),
        ("+HEAD:refs/heads/chart/test-workflow", "Cannot update this protected ref"),
        ("HEAD:refs/heads/chart/cloudflared", "creations being restricted"),
        (TAG, "creations being restricted"),
        (&format!("+{orphan}:refs/heads/main"), "Cannot force-push"),
        (":refs/heads/release", "Cannot delete"),
    ] {
        let mut command = dev.command("git");
        command.args(["push", "-q", "origin", refspec]);
        let said = dev.run(&mut command);
        assert_ne!(said.code, 0, "{refspec}: {}", said.text());
        said.says(&["GH013: Repository rule violations found", says]).done();
    }
    assert_eq!(scene.world.origin().git(["for-each-ref"]), before, "nothing moved");
    // Work is anybody's.
    dev.git(["push", "-q", "origin", "HEAD:refs/heads/feature/mine"]);
    // Neither does it help to let the program do it: without the App's token it is turned away all the same.
    let token =
        scene.github.token("eve", "ghp_", &["contents=write", "pull_requests=write", "attestations=write"]);
    scene.world.set_variables(scene.github.job_with(token));
    let bump = scene.lineage(&["bump", "test-workflow"]);
    assert_eq!(bump.code, 1, "{}", bump.text());
    bump.says(&["rule violations", "ask who owns the remote's rules"]).done();
}

#[test]
fn e1_the_whole_line_behind_the_rulesets_with_the_app_s_token() {
    let scene = Scene::split();
    scene.protect();
    let ci = scene.world.ci();
    ci.lineage(["bump", "test-workflow"]).succeeds();
    ci.fetch();
    ci.lineage(["propose"]).succeeds();
    let tip = scene.world.origin().rev("refs/heads/chart/test-workflow");
    let merge = ["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge"];
    scene.lineage(&merge).exits(3).says(&["lineage-guard", "approving review"]).done();
    scene.github.ran(&tip, "lineage-guard");
    scene.lineage(&merge).exits(3).says(&["approving review"]).done();
    scene.github.with(|state| state.repository(REPOSITORY).approve(2, "ada", &tip));
    scene.lineage(&merge).succeeds();
    ci.fetch();
    ci.lineage(["tag"]).succeeds();
    ci.fetch();
    ci.lineage(["build", TAG]).succeeds();
    let promote = format!("promote/{TAG}");
    ci.lineage(["guard", "--stage", "release", "--head-ref", &promote, "--merge"]).succeeds();
    ci.lineage(["publish", TAG]).succeeds();
    scene.world.stranger().lineage(["verify", TAG]).succeeds();
}
