//! Two jobs at the same moment for the same chart, at every stage; a token that ends in the middle; and the whole line
//! once more, which changes nothing (W2-T4, E12, E19).

use std::process::Stdio;

use expect_test::expect;

use super::Scene;
use crate::github::{APP_KEY, Fault, REPOSITORY};
use crate::publish_races::second;
use crate::world::{BINARY, Output, PROBE, Site, TAG};

const CHART: &str = "test-workflow";
const PROMOTE: &str = "promote/test-workflow-v0.2.0";

impl Scene {
    /// The same verb in each of these places at the same moment.
    fn at_once(&self, sites: &[Site<'_>], words: &[&str]) -> Vec<Output> {
        let job = self.github.job();
        let commands = sites.iter().map(|site| {
            let mut command = site.command(BINARY);
            command.args(words).envs(job.iter().cloned()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        });
        let commands: Vec<_> = commands.collect();
        let running: Vec<_> =
            commands.into_iter().map(|mut command| command.spawn().expect("the binary starts")).collect();
        let ended = running.into_iter().map(|child| child.wait_with_output().expect("it ends"));
        ended.map(|output| Output::new(format!("{words:?} at once"), &output)).collect()
    }

    /// The same, and whoever lost (of several charts each may lose one) does it again: then it is done for all.
    fn both_come_through(&self, sites: &[Site<'_>], words: &[&str]) {
        let said = self.at_once(sites, words);
        for output in &said {
            assert!([0, 3, 4].contains(&output.code), "{}", output.text());
        }
        for site in sites {
            site.fetch();
            site.lineage(words).succeeds();
        }
    }

    /// The calls since then that change something.
    fn writes_since(&self, before: usize) -> Vec<String> {
        let calls = self.github.calls().split_off(before);
        let writes = ["create", "update", "merge", "upload", "delete", "graphql"];
        calls.into_iter().filter(|call| writes.iter().any(|write| call.contains(write))).collect()
    }
}

#[test]
fn w2_t4_of_two_splits_at_once_nothing_is_lost() {
    let scene = Scene::begun(&[], |policy| policy);
    scene.world.contribute("feature/both", "feat(test-workflow): add probe", &PROBE);
    let dev = scene.world.dev();
    dev.write("charts/cloudflared/values.yaml", "token: \"x\"\n");
    dev.commit("fix(cloudflared): set the token");
    dev.git(["push", "-q", "origin", "feature/both"]);
    scene.world.validate("feature/both").succeeds();
    scene.merge_by_hand("feature/both", "integration", "feat: probe and token");
    let sites = [scene.world.ci(), second(&scene.world, "ci2"), second(&scene.world, "ci3")];
    for site in &sites {
        site.fetch();
    }
    scene.both_come_through(&sites, &["split"]);
    let origin = scene.world.origin();
    let branches = origin.git(["for-each-ref", "--format=%(refname)", "refs/heads/chart"]);
    assert_eq!(branches, "refs/heads/chart/cloudflared\nrefs/heads/chart/test-workflow");
    for chart in ["cloudflared", CHART] {
        let branch = format!("chart/{chart}");
        assert_eq!(origin.git(["rev-list", "--count", &format!("main..{branch}")]), "1", "{chart}: split once");
        let (there, here) = (format!("integration:charts/{chart}"), format!("{branch}:charts/{chart}"));
        assert_eq!(origin.rev(&here), origin.rev(&there));
        sites[0].lineage(["bump", chart]).succeeds();
    }
}

#[test]
fn g11_two_jobs_for_the_same_chart_at_every_stage_make_one_release() {
    let scene = Scene::split_with("release = true\n\n[sign]\nstore = \"github\"\n");
    let sites = [scene.world.ci(), second(&scene.world, "ci2")];
    for words in [
        &["bump", CHART][..],
        &["propose", CHART],
        &["propose", CHART, "--merge"],
        &["tag", CHART],
        &["build", TAG],
        &["guard", "--stage", "release", "--head-ref", PROMOTE],
        &["publish", TAG],
    ] {
        scene.both_come_through(&sites, words);
    }
    sites[0].lineage(["guard", "--stage", "release", "--head-ref", PROMOTE, "--merge"]).succeeds();
    let origin = scene.world.origin();
    assert_eq!(origin.git(["tag", "--list"]), TAG);
    assert_eq!(origin.git(["rev-list", "--count", "main~1..main"]), "1");
    let pulls = scene.github.with(|state| state.repository(REPOSITORY).count());
    assert_eq!((pulls, scene.open().len()), (3, 0), "the contribution's, main's and the release's");
    let releases = scene.github.with(|state| state.repository(REPOSITORY).released().len());
    assert_eq!(releases, 1);
    drop(scene.world.stranger().lineage(["verify", TAG, "--remote"]).exits(0).says(&["proven"]));
}

#[test]
fn a_token_that_ends_midway_is_told_and_an_app_makes_another() {
    let scene = Scene::bumped();
    scene.github.fail(Fault::expire("pulls/create"));
    scene.lineage(&["propose", "--merge"]).is(expect![[r#"
        exit 3
        --- stderr
        error: could not open the pull request from chart/test-workflow to main: GitHub does not accept the token (Bad credentials)

        hint: make a new token, and see when this one ends
    "#]]);
    assert!(scene.open().is_empty());
    scene.lineage(&["propose", "--merge"]).exits(3).done();
    scene.world.set_variables(scene.github.job());
    let app = [("LINEAGE_APP_ID", "123456"), ("LINEAGE_APP_KEY", APP_KEY)];
    scene.github.fail(Fault::expire("pulls/merge"));
    let said = scene.world.ci().lineage_with(["propose", "--merge"], &app).exits(0);
    let masked = said.stderr.lines().filter(|line| line.starts_with("::add-mask::ghs_")).count();
    assert_eq!(masked, 2, "both are kept out of the log: {}", said.text());
    assert!(scene.open().is_empty(), "it is merged");
}

#[test]
fn e12_e19_a_release_on_github_is_made_once_and_verified_without_it() {
    let scene = Scene::split_with("release = true\n\n[sign]\nstore = \"github\"\n");
    let ci = scene.world.ci();
    for words in [&["bump", CHART][..], &["propose", "--merge"], &["tag"], &["build", TAG]] {
        scene.lineage(words).succeeds();
        ci.fetch();
    }
    scene.lineage(&["guard", "--stage", "release", "--head-ref", PROMOTE, "--merge"]).succeeds();
    scene.lineage(&["publish", TAG]).succeeds();
    scene.lineage(&["sync"]).succeeds();
    ci.fetch();
    let refs = || scene.world.origin().git(["for-each-ref", "--format=%(refname) %(objectname)"]);
    let (before, calls) = (refs(), scene.github.calls().len());
    for words in [
        &["split"][..],
        &["propose"],
        &["tag"],
        &["tag", CHART],
        &["build", TAG],
        &["publish", TAG],
        &["sync"],
        &["sync", "--from-github"],
        &["status", "--remote"],
    ] {
        scene.lineage(words).done();
        assert_eq!(refs(), before, "{words:?} moved a ref");
        assert_eq!(scene.writes_since(calls), Vec::<String>::new(), "{words:?}");
    }

    // Whoever takes the package from the release page needs no GitHub to verify it.
    let bytes = scene.github.with(|state| {
        let releases = state.repository(REPOSITORY).released();
        let file = releases[0].assets.iter().find(|file| file.name == "test-workflow-0.2.0.tgz");
        file.expect("it is there").bytes.clone()
    });
    let stranger = scene.world.stranger();
    scene.github.fail(Fault::status("*", 503).times(1_000));
    let calls = scene.github.calls().len();
    stranger.write("../taken.tgz", &bytes);
    drop(stranger.lineage(["verify", TAG, "--package", "../taken.tgz"]).exits(0).says(&["proven"]));
    stranger.write("../longer.tgz", [&bytes[..], b"x"].concat());
    drop(stranger.lineage(["verify", TAG, "--package", "../longer.tgz"]).exits(1).says(&["not proven"]));
    assert_eq!(scene.github.calls().len(), calls, "nobody asked");
    scene.github.heal();
}
