//! The line without an integration branch: a pull request to main brings its own version, and what is on main is
//! checked, signed, bumped by nothing but a signature, tagged and published.

use expect_test::expect;
use serde_json::json;

use super::Scene;
use crate::github::{GitHub, REPOSITORY};
use crate::world::{Output, PROBE, TAG, World, chart_yaml, policy, seed};

const CHART: &str = "test-workflow";
const SUBJECT: &str = "feat(test-workflow): add probe";

impl Scene {
    /// A repository on GitHub that works without an integration branch.
    fn direct() -> Self {
        Self::direct_with("annotation")
    }

    /// The same with its changelog kept somewhere.
    fn direct_with(changelog: &str) -> Self {
        let head = format!("version = 1\nforge = \"github\"\nflow = \"direct\"\nchangelog = \"{changelog}\"\n");
        let mut files = seed();
        for (name, text) in &mut files {
            if *name == "lineage.toml" {
                *text = policy().replacen("version = 1\n", &head, 1) + "release = true\n";
            }
        }
        let world = World::seeded_with(&files);
        world.dev().git(["push", "-q", "origin", ":integration"]);
        let github = GitHub::start(&world);
        world.set_variables(github.job());
        Self { world, github }
    }

    /// A contribution, merged through a pull request. Gives main before and after it.
    fn contributed(&self, message: &str, files: &[(&str, &str)]) -> (String, String) {
        let branch = self.pushed(&[(message, files)]);
        let before = self.main();
        self.merge_by_hand(&branch, "main", message);
        self.world.ci().fetch();
        (before, self.main())
    }

    /// A branch from main with these commits.
    fn pushed(&self, commits: &[(&str, &[(&str, &str)])]) -> String {
        let dev = self.world.dev();
        dev.fetch();
        let branch = format!("feature/{}", dev.rev("origin/main"));
        dev.git(["checkout", "-q", "-B", &branch, "origin/main"]);
        for (message, files) in commits {
            for (path, text) in *files {
                dev.write(path, text);
            }
            dev.commit(message);
        }
        dev.git(["push", "-q", "-f", "origin", &branch]);
        branch
    }

    /// What workflow 1 does on a push to main, for one chart.
    fn checked(&self, chart: &str, (before, after): &(String, String)) {
        self.check_out(after);
        for flag in [None, Some("--sign"), Some("--seal")] {
            let words = ["check", "--chart", chart, "--base", before, "--head", after];
            self.world.ci().lineage(words.into_iter().chain(flag)).succeeds();
        }
    }

    fn check_out(&self, commit: &str) {
        self.world.ci().git(["checkout", "-q", "-B", "main", commit]);
    }

    /// What workflow 5 does after it.
    fn bump_landed(&self, chart: &str, (before, after): &(String, String)) -> Output {
        self.check_out(after);
        self.lineage(&["bump", chart, "--base", before])
    }

    /// No chart has a bump link, and nothing is tagged.
    fn is_not_released(&self) {
        let ci = self.world.ci();
        let mut links = String::new();
        for on in ci.ledger_objects(CHART) {
            links.extend(ci.ledger(CHART, &on));
        }
        assert!(!links.contains("w5-semver-bump"), "{links}");
        assert_eq!(self.world.origin().git(["tag", "--list"]), "");
    }
}

/// The contribution with its own version.
fn raised(chart: &str) -> Vec<(&'static str, &str)> {
    let mut files = PROBE.to_vec();
    files.push(("charts/test-workflow/Chart.yaml", chart));
    files
}

#[test]
fn e1_a_pull_request_to_main_becomes_a_proven_release() {
    let scene = Scene::direct();
    let chart = chart_yaml(CHART, "0.2.0");
    let push = scene.contributed(SUBJECT, &raised(&chart));
    scene.checked(CHART, &push);
    let ci = scene.world.ci();
    drop(scene.lineage(&["bump", CHART, "--base", &push.0, "--dry-run"]).exits(0).says(&["sign w5-semver-bump"]));
    let said = scene.lineage(&["bump", CHART, "--base", &push.0, "--json"]).exits(0).json();
    assert_eq!(
        (&said["from"], &said["to"], &said["bump"], &said["branch"], &said["commit"]),
        (&json!("0.1.0"), &json!("0.2.0"), &json!("manual"), &json!("main"), &json!(null)),
        "{said}"
    );
    // Again, and without a name: it is the one chart the push changed.
    for words in [&["bump", CHART, "--json"][..], &["bump", "--json"], &["bump", "--base", &push.0, "--json"]] {
        assert_eq!(scene.lineage(words).exits(0).json()["outcome"], "unchanged", "{words:?}");
    }
    assert_eq!(scene.main(), push.1, "main is not touched");
    scene.lineage(&["tag"]).succeeds();
    let promote = format!("promote/{TAG}");
    assert_eq!(scene.open(), [(2, promote.clone(), "release".to_owned())]);
    ci.fetch();
    ci.lineage(["build", TAG]).succeeds();
    // In a job that the tag's push started.
    let event = scene.world.path("event.json").display().to_string();
    let push = json!({ "ref": format!("refs/tags/{TAG}"), "before": "0".repeat(40), "after": push.1 });
    ci.write("../event.json", push.to_string());
    let job = [("GITHUB_EVENT_NAME", "push"), ("GITHUB_EVENT_PATH", event.as_str())];
    let guard = ["guard", "--stage", "release", "--head-ref", &promote, "--merge"];
    ci.lineage_with(["guard", "--stage", "release"], &job).exits(2).says(&["no pull-request event"]).done();
    ci.lineage_with(guard, &job).succeeds();
    ci.lineage(["publish", TAG]).succeeds();
    let published = scene.github.with(|state| {
        let releases = state.repository(REPOSITORY).released();
        releases.iter().map(|release| (release.tag.clone(), release.draft)).collect::<Vec<_>>()
    });
    assert_eq!(published, [(TAG.to_owned(), false)]);
    let stranger = scene.world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(0).says(&["proven"]));
    drop(stranger.lineage(["log", TAG]).exits(0).says(&["version 0.1.0 → 0.2.0", "add probe"]));
}

/// The next contribution, too; and a chart whose change fails holds up no other.
#[test]
fn x16_several_charts_in_one_push_are_released_each_for_itself() {
    let scene = Scene::direct();
    let (one, other) = (chart_yaml(CHART, "0.2.0"), chart_yaml("cloudflared", "0.4.4"));
    let before = scene.main();
    drop(scene.contributed(SUBJECT, &raised(&one)));
    let files =
        [("charts/cloudflared/Chart.yaml", other.as_str()), ("charts/cloudflared/values.yaml", "token: \"x\"\n")];
    let (_, after) = scene.contributed("fix(cloudflared): a token", &files);
    // A queue pushes both at once.
    let push = (before, after);
    scene.check_out(&push.1);
    scene.lineage(&["bump", "--base", &push.0]).exits(2).says(&["cloudflared, test-workflow"]).done();
    scene.checked("cloudflared", &push);
    scene.bump_landed("cloudflared", &push).succeeds();
    scene.bump_landed(CHART, &push).exits(1).says(&["its evidence is not complete"]).done();
    let said = scene.lineage(&["tag", "--json"]);
    assert_eq!(said.code, 1, "{}", said.text());
    assert_eq!(scene.world.origin().git(["tag", "--list"]), "cloudflared-v0.4.4");
    scene.checked(CHART, &push);
    scene.bump_landed(CHART, &push).succeeds();
    scene.lineage(&["tag"]).succeeds();
    scene.world.ci().lineage(["build", TAG]).succeeds();
    scene.world.stranger().lineage(["verify", TAG]).succeeds();
}

/// X16: rebased, the version may be in any of the commits.
#[test]
fn x16_a_contribution_of_three_commits_rebased() {
    for at in 0..3 {
        let scene = Scene::direct();
        let chart = chart_yaml(CHART, "0.2.0");
        let version = ("charts/test-workflow/Chart.yaml", chart.as_str());
        let mut commits = [
            (SUBJECT, vec![PROBE[0]]),
            ("feat(test-workflow): a template for it", vec![PROBE[1]]),
            ("docs(test-workflow): say more", vec![("charts/test-workflow/README.md", "# More\n")]),
        ];
        commits[at].1.push(version);
        let commits: Vec<_> = commits.iter().map(|(message, files)| (*message, files.as_slice())).collect();
        let branch = scene.pushed(&commits);
        let before = scene.main();
        let dev = scene.world.dev();
        dev.git(["push", "-q", "origin", &format!("{branch}:main")]);
        scene.world.ci().fetch();
        let push = (before, scene.main());
        scene.checked(CHART, &push);
        scene.bump_landed(CHART, &push).succeeds();
        scene.lineage(&["tag"]).succeeds();
        scene.world.ci().lineage(["build", TAG]).succeeds();
        scene.world.stranger().lineage(["verify", TAG]).succeeds();
    }
}

#[test]
fn w5_2_what_nobody_checked_is_not_signed() {
    let scene = Scene::direct();
    let chart = chart_yaml(CHART, "0.2.0");
    let push = scene.contributed(SUBJECT, &raised(&chart));
    let said = scene.bump_landed(CHART, &push).exits(1);
    said.says(&["test-workflow 0.2.0 cannot be released: its evidence is not complete", "w1-overall"]).done();
    // Results that nobody signed are none.
    scene.lineage(&["check", "--chart", CHART, "--base", &push.0]).succeeds();
    scene.bump_landed(CHART, &push).exits(1).done();
    scene.lineage(&["check", "--sign", "--chart", CHART, "--base", &push.0]).succeeds();
    scene.bump_landed(CHART, &push).exits(1).says(&["w1-overall"]).done();
    scene.lineage(&["tag"]).exits(1).done();
    scene.is_not_released();
}

#[test]
fn e16_what_was_pushed_after_it_was_checked_is_not_signed() {
    let scene = Scene::direct();
    let chart = chart_yaml(CHART, "0.2.0");
    let push = scene.contributed(SUBJECT, &raised(&chart));
    scene.checked(CHART, &push);
    let dev = scene.world.dev();
    dev.fetch();
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    dev.write("charts/test-workflow/values.yaml", "replicas: 666\n");
    dev.write("charts/test-workflow/Chart.yaml", chart_yaml(CHART, "0.3.0"));
    dev.commit("feat(test-workflow): trust me");
    dev.git(["push", "-q", "origin", "main"]);
    scene.world.ci().fetch();
    let sneaked = (push.1.clone(), scene.main());
    scene.bump_landed(CHART, &sneaked).exits(1).says(&["its evidence is not complete"]).done();
    // Another name for the same: not main's at all.
    scene.world.ci().git(["checkout", "-q", "--detach", &format!("{}^{{commit}}", push.1)]);
    scene.world.ci().write("charts/test-workflow/values.yaml", "replicas: 666\n");
    let loose = scene.world.ci().commit("feat(test-workflow): trust me");
    scene.world.ci().git(["checkout", "-q", &loose]);
    scene.lineage(&["bump", CHART, "--base", &push.0]).exits(2).says(&["--base is for what is on main"]).done();
    scene.lineage(&["tag"]).exits(1).done();
    scene.is_not_released();
}

#[test]
fn w5_5_a_change_without_a_higher_version_is_no_release() {
    let scene = Scene::direct();
    let push = scene.contributed(SUBJECT, &PROBE);
    scene.checked(CHART, &push);
    scene.bump_landed(CHART, &push).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow changed on main, and its version is still 0.1.0: nothing is released

        hint: raise `version` in charts/test-workflow/Chart.yaml by a change to main
    "#]]);
    let lower = chart_yaml(CHART, "0.0.9");
    let push = scene.contributed("feat(test-workflow): go back", &[("charts/test-workflow/Chart.yaml", &lower)]);
    scene.checked(CHART, &push);
    scene.bump_landed(CHART, &push).exits(1).says(&["went from 0.1.0 back to 0.0.9"]).done();
    scene.lineage(&["tag"]).exits(1).done();
    scene.is_not_released();
}

/// W5-6, A-13: at least what its commits ask for.
#[test]
fn w5_6_a_version_too_low_for_its_commits_is_refused() {
    let scene = Scene::direct();
    let chart = chart_yaml(CHART, "0.1.1");
    let push = scene.contributed(SUBJECT, &raised(&chart));
    scene.checked(CHART, &push);
    let said = scene.bump_landed(CHART, &push).exits(1);
    said.says(&["test-workflow came to main as 0.1.1, which is too low", "ask for 0.2.0 after 0.1.0"]).done();
    scene.lineage(&["tag"]).exits(1).done();
    scene.is_not_released();
}

#[test]
fn w6_3_a_version_without_its_section_is_refused_where_the_file_keeps_them() {
    let scene = Scene::direct_with("file");
    let chart = chart_yaml(CHART, "0.2.0");
    let push = scene.contributed(SUBJECT, &raised(&chart));
    scene.checked(CHART, &push);
    let said = scene.bump_landed(CHART, &push).exits(1);
    said.says(&["charts/test-workflow/CHANGELOG.md has no section for it"]).done();
    scene.is_not_released();
    let chart = chart_yaml(CHART, "0.2.1");
    let changelog = scene.world.dev().read("charts/test-workflow/CHANGELOG.md");
    let section = "## [0.2.1] - 2025-11-21\n\n### Added\n\n- Probe\n\n## [";
    let changelog = changelog.replacen("## [", section, 1);
    let files = [
        ("charts/test-workflow/Chart.yaml", chart.as_str()),
        ("charts/test-workflow/CHANGELOG.md", changelog.as_str()),
    ];
    let push = scene.contributed("docs(test-workflow): what is new", &files);
    scene.checked(CHART, &push);
    scene.bump_landed(CHART, &push).succeeds();
    scene.lineage(&["tag"]).succeeds();
    assert_eq!(scene.world.origin().git(["tag", "--list"]), "test-workflow-v0.2.1");
}

/// A-15: a change that weakens the policy and a chart in one pull request: the policy before it judges both.
#[test]
fn a_15_no_pull_request_judges_itself() {
    let scene = Scene::direct();
    let chart = chart_yaml(CHART, "0.2.0");
    let mut files = raised(&chart);
    let weaker = scene.world.dev().read("lineage.toml").replace("    \"k8s-install\",\n", "");
    files.push(("lineage.toml", &weaker));
    files.push(("checks/install.sh", "exit 1\n"));
    let push = scene.contributed(SUBJECT, &files);
    scene.check_out(&push.1);
    let check = ["check", "--chart", CHART, "--base", &push.0];
    let said = scene.lineage(&check).exits(1);
    assert!(said.stdout.contains("k8s-install"), "{}", said.text());
    drop(said);
    scene.lineage(&[&check[..], &["--sign"]].concat()).done();
    scene.lineage(&[&check[..], &["--seal"]].concat()).exits(1).done();
    scene.bump_landed(CHART, &push).exits(1).done();
    scene.is_not_released();
}
