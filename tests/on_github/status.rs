//! `status --remote`: how things stand outside, each with what puts it right; what is not seen is never taken for good.

use std::fs;

use expect_test::expect;
use serde_json::{Value, json};

use super::rulesets::Scene as Protected;
use crate::github::{Fault, REPOSITORY};
use crate::world::{Output, TAG};

const WITH_INDEX: &str = "release = true\n\n[publish.index]\npackages = \"packages\"\n";

impl Protected {
    fn status(&self, words: &[&str]) -> Output {
        self.world.dev().lineage(["status", "--remote"].iter().chain(words))
    }

    /// Everything GitHub can be set to is as it should be.
    fn in_order() -> Self {
        let scene = Self::protected();
        let main = scene.world.origin().rev("refs/heads/main");
        for name in ["lineage-guard", "lineage-validate"] {
            scene.github.ran(&main, name);
        }
        scene.github.with(|state| {
            let repository = state.repository(REPOSITORY);
            repository.actions =
                json!({ "enabled": true, "allowed_actions": "selected", "sha_pinning_required": true });
            repository.immutable_releases = true;
        });
        scene
    }
}

/// What was found, but for what is in order.
fn found(said: &Output) -> Vec<(String, String)> {
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let all = said.json()["remote"].as_array().cloned().unwrap_or_default();
    let all = all.iter().map(|finding| (word(finding, "about"), word(finding, "state")));
    all.filter(|(_, state)| state != "holds").collect()
}

#[test]
fn all_in_order_is_told_in_one_line_and_in_full_where_it_is_asked() {
    let scene = Protected::in_order();
    scene.status(&[]).is(expect![[r#"
        exit 0
        --- stdout
        on main at [id]; policy: origin/main

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        holmes         0.1.0    -    1      0.1.0  -         unreleased on main
        test-workflow  0.1.0    -    1      0.1.0  -         unreleased on main

        9 things were looked at outside of this clone: nothing is wrong
    "#]]);
    scene.status(&["--json"]).is(expect![[r#"
        exit 0
        --- stdout
        {"version":1,"branch":"main","head":"[oid]","policy":"origin/main","charts":[{"chart":"cloudflared","directory":"charts/cloudflared","chart_version":"0.4.3","tag":null,"commits":1,"next":"0.4.3","place":"unreleased on main","evidence":[],"missing":[],"warnings":[]},{"chart":"holmes","directory":"charts/olm","chart_version":"0.1.0","tag":null,"commits":1,"next":"0.1.0","place":"unreleased on main","evidence":[],"missing":[],"warnings":[]},{"chart":"test-workflow","directory":"charts/test-workflow","chart_version":"0.1.0","tag":null,"commits":1,"next":"0.1.0","place":"unreleased on main","evidence":[],"missing":[],"warnings":[]}],"warnings":[],"remote":[{"about":"branches","state":"holds","what":"none of the flow's lies around","fix":null},{"about":"workflows","state":"holds","what":"they are what `init --github` writes","fix":null},{"about":"default branch","state":"holds","what":"it is main","fix":null},{"about":"rulesets","state":"holds","what":"they are as the policy asks","fix":null},{"about":"actions","state":"holds","what":"only selected ones run","fix":null},{"about":"pinned actions","state":"holds","what":"each has to be named by the SHA of a commit","fix":null},{"about":"default permissions of jobs","state":"holds","what":"they read","fix":null},{"about":"pull requests by jobs","state":"holds","what":"a job's own token neither opens nor approves any","fix":null},{"about":"immutable releases","state":"holds","what":"a published release and its tag cannot be changed","fix":null}]}
    "#]]);
}

#[test]
fn each_setting_that_is_wrong_is_told_with_its_page() {
    let scene = Protected::in_order();
    scene.github.delete_ruleset("lineage/main");
    scene.github.with(|state| {
        let repository = state.repository(REPOSITORY);
        repository.actions = json!({ "enabled": true, "allowed_actions": "all", "sha_pinning_required": false });
        repository.job_token =
            json!({ "default_workflow_permissions": "write", "can_approve_pull_request_reviews": true });
        repository.immutable_releases = false;
        repository.settings["default_branch"] = json!("trunk");
    });
    scene.status(&[]).is(expect![[r#"
        exit 1
        --- stdout
        on main at [id]; policy: origin/main

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        holmes         0.1.0    -    1      0.1.0  -         unreleased on main
        test-workflow  0.1.0    -    1      0.1.0  -         unreleased on main

        wrong: default branch: it is trunk, and the policy's main is main
          make main the default branch at https://github.com/octo/charts/settings
        wrong: ruleset lineage/main: lineage/main is missing
          run `git lineage rulesets plan`, then `git lineage rulesets apply`
        advice: actions: any action may run
          select those that are needed at https://github.com/octo/charts/settings/actions
        advice: pinned actions: an action may be named by a tag, which can be moved
          require actions to be pinned at https://github.com/octo/charts/settings/actions
        wrong: default permissions of jobs: the token of every job may write where its workflow does not say otherwise
          choose "Read repository contents and packages permissions" at https://github.com/octo/charts/settings/actions
        wrong: pull requests by jobs: a job's own token may approve them, and the App opens them: nobody needs that
          take "Allow GitHub Actions to create and approve pull requests" away at https://github.com/octo/charts/settings/actions
        advice: immutable releases: whoever may write can change the files of a published release
          enable release immutability at https://github.com/octo/charts/settings
        9 things were looked at outside of this clone: 4 wrong
    "#]]);
}

#[test]
fn what_may_not_be_seen_is_undetermined_with_the_permission_that_is_missing() {
    let scene = Protected::in_order();
    scene.becomes(&["contents=write"]);
    scene.status(&[]).is(expect![[r#"
        exit 3
        --- stdout
        on main at [id]; policy: origin/main

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        holmes         0.1.0    -    1      0.1.0  -         unreleased on main
        test-workflow  0.1.0    -    1      0.1.0  -         unreleased on main

        undetermined: rulesets lineage/integration, lineage/chart-branches, lineage/tags-immutable, lineage/tags-create, lineage/release, lineage/core-permanent, lineage/main, lineage/main-checks: bypass_actors: who may bypass it is shown to tokens with Administration: write alone
        undetermined: actions: could not read which actions may run: GitHub refuses (Resource not accessible by integration); give the token the permission administration=read
        undetermined: default permissions of jobs: could not read what jobs may do by default: GitHub refuses (Resource not accessible by integration); give the token the permission administration=read
        undetermined: immutable releases: could not read whether releases are immutable: GitHub refuses (Resource not accessible by integration); give the token the permission administration=read
        7 things were looked at outside of this clone: 4 could not be told
    "#]]);
    scene.becomes(&["contents=write", "administration=write"]);
    scene.github.fail(Fault::status("repos/get", 404).times(9));
    let said = scene.status(&["--json"]).exits(3);
    assert_eq!(
        found(&said),
        [("GitHub".to_owned(), "undetermined".to_owned())],
        "nothing else is asked or assumed"
    );
    scene.github.heal();
    for call in [
        "repos/get-repo-rulesets",
        "actions/get-github-actions-permissions-repository",
        "actions/get-github-actions-default-workflow-permissions-repository",
        "repos/check-immutable-releases",
    ] {
        for fault in [Fault::status(call, 500).times(9), Fault::cut(call).times(9)] {
            scene.github.fail(fault);
            scene.status(&[]).exits(3).says(&["undetermined: ", "1 could not be told"]).done();
            scene.github.heal();
        }
    }
    scene.status(&[]).exits(0).done();
}

#[test]
fn a_workflow_that_is_stale_and_a_branch_that_lies_around_are_told() {
    let scene = Protected::in_order();
    let dev = scene.world.dev();
    dev.git(["checkout", "-q", "main"]);
    dev.write(".github/workflows/lineage-5-bump.yml", "name: mine\n");
    dev.commit("ci: another bump");
    let origin = scene.world.origin();
    dev.git(["push", "-q", "origin", "HEAD:refs/heads/tmp/work"]);
    // GitHub's own people moved main past its rules.
    origin.git(["update-ref", "refs/heads/main", "refs/heads/tmp/work"]);
    let main = origin.rev("refs/heads/main");
    for name in ["lineage-guard", "lineage-validate"] {
        scene.github.ran(&main, name);
    }
    let tree = origin.rev("refs/heads/main^{tree}");
    let mut command = origin.command("git");
    command.args(["commit-tree", &tree, "-m", "old"]).env("GIT_COMMITTER_DATE", "1600000000 +0000");
    let old = origin.run(&mut command).exits(0).stdout;
    origin.git(["update-ref", "refs/heads/chart/test-workflow", old.trim()]);
    dev.git(["fetch", "-q", "origin"]);
    let said = scene.status(&["--json"]).exits(1);
    let wanted = [("workflows", "wrong"), ("branch chart/test-workflow", "advice")];
    let mut seen = found(&said);
    seen.sort_by_key(|(_, state)| std::cmp::Reverse(state.clone()));
    assert_eq!(seen, wanted.map(|(about, state)| (about.to_owned(), state.to_owned())), "{}", said.text());
    said.says(&["git push origin --delete chart/test-workflow", "init --github"]).done();
}

#[test]
fn the_newest_release_is_looked_for_at_each_place() {
    let scene = super::Scene::built_with(WITH_INDEX);
    let look = || scene.lineage(&["status", "--remote", "--json"]);
    let about = |said: &Output| {
        let of = found(said).into_iter().filter(|(about, _)| about.starts_with(TAG));
        of.map(|(about, state)| format!("{}: {state}", about.trim_start_matches(TAG).trim())).collect::<Vec<_>>()
    };
    let wrong = ["on GitHub", "in ../assets", "in oci-layout:../registry", "in index.yaml on release"];
    // Directory and layout are made by the first publish.
    fs::create_dir_all(scene.world.path("assets")).expect("writable");
    fs::create_dir_all(scene.world.path("registry")).expect("writable");
    assert_eq!(about(&look()), wrong.map(|place| format!("{place}: wrong")));
    scene.github.fail(Fault::status("repos/update-release", 403));
    scene.publish().exits(1).done();
    assert_eq!(about(&look()), ["on GitHub: wrong", "in index.yaml on release: wrong"], "a draft is none");
    scene.publish().succeeds();
    assert_eq!(about(&look()), Vec::<String>::new());
    let lists = scene.github.asked("repos/list-releases");
    assert_eq!(about(&scene.lineage(&["status", "--remote", "--all", "--json"])), Vec::<String>::new());
    assert_eq!(scene.github.asked("repos/list-releases"), lists + 1, "one list, however many releases");
    fs::write(scene.world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz"), "other").expect("writable");
    fs::remove_dir_all(scene.world.path("registry")).expect("it is there");
    scene.github.fail(Fault::status("repos/list-releases", 500).times(9));
    assert_eq!(
        about(&look()),
        ["on GitHub: undetermined", "in ../assets: wrong", "in oci-layout:../registry: undetermined"]
    );
}

#[test]
fn e19_a_release_on_github_without_its_tag_is_reported() {
    let scene = super::Scene::built_with(WITH_INDEX);
    scene.publish().succeeds();
    let ci = scene.world.ci();
    let tag = ci.rev(&format!("refs/tags/{TAG}"));
    ci.git(["update-ref", "-d", &format!("refs/tags/{TAG}")]);
    let said = scene.lineage(&["status", "--remote", "--json"]);
    assert_eq!(said.code, 3, "the job's token may not see the settings");
    assert!(found(&said).contains(&(format!("{TAG} on GitHub"), "wrong".to_owned())), "{}", said.text());
    drop(said.says(&["there is a release, and no such tag here", "git lineage sync"]));
    ci.git(["update-ref", &format!("refs/tags/{TAG}"), &tag]);
    let again = scene.lineage(&["status", "--remote", "--json"]);
    assert!(!again.text().contains("no such tag here"), "{}", again.text());
    again.done();
}

#[test]
fn a_release_whose_policy_cannot_be_had_is_not_passed_over() {
    let scene = super::Scene::built_with(WITH_INDEX);
    let ci = scene.world.ci();
    let (tagged, text) = (ci.rev(&format!("{TAG}^{{}}")), ci.git(["cat-file", "tag", TAG]));
    let nothing = ci.git(["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let empty = ci.git(["commit-tree", &nothing, "-m", "no policy"]);
    let newer = TAG.replace("0.2.0", "0.3.0");
    let body = text.split_once("\n\n").expect("a message").1;
    let body = body.replace(&tagged, &empty).replace("0.2.0", "0.3.0");
    ci.write("../message", &body);
    ci.git(["tag", "-a", "--cleanup=verbatim", "-F", "../message", &newer, &empty]);
    let said = scene.lineage(&["status", "--remote", "--json"]);
    assert!(found(&said).contains(&(newer, "undetermined".to_owned())), "{}", said.text());
    assert_eq!(said.code, 3);
    said.done();
}
