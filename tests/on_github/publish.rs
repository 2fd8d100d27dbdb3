//! `publish` makes the release on GitHub: draft, files, public; and never touches what is there (W8-5, W8-7, W8-9).

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;

use super::Scene;
use crate::github::{Fault, REPOSITORY};
use crate::publish_races::{at_once, second};
use crate::world::{Output, TAG};

const PUBLISH: [&str; 2] = ["publish", TAG];
const WRITES: [&str; 5] =
    ["create-release", "update-release", "delete-release", "upload-release-asset", "delete-release-asset"];

/// What the release holds, by name.
type Files = BTreeMap<String, Vec<u8>>;

impl Scene {
    /// A release is tagged and built, and goes to GitHub, too.
    fn built() -> Self {
        Self::built_with("release = true\n")
    }

    /// The same with another end of the policy.
    pub(super) fn built_with(publish: &str) -> Self {
        let scene = Self::split_with(publish);
        let ci = scene.world.ci();
        ci.lineage(["bump", "test-workflow"]).succeeds();
        ci.fetch();
        ci.lineage(["propose", "--merge"]).succeeds();
        ci.fetch();
        ci.lineage(["tag"]).succeeds();
        ci.fetch();
        ci.lineage(["build", TAG]).succeeds();
        scene
    }

    pub(super) fn publish(&self) -> Output {
        self.lineage(&PUBLISH)
    }

    /// How often something was changed in a release.
    fn writes(&self) -> usize {
        WRITES.iter().map(|write| self.github.asked(&format!("repos/{write}"))).sum()
    }

    /// Whether each release is a draft, with its files.
    fn releases(&self) -> Vec<(bool, Files)> {
        self.github.with(|state| {
            let releases = state.repository(REPOSITORY).released();
            releases
                .into_iter()
                .map(|one| {
                    let files = one.assets.iter().map(|file| (file.name.clone(), file.bytes.clone())).collect();
                    (one.draft, files)
                })
                .collect()
        })
    }

    /// The one release is there for everybody, with the files of the directory.
    fn is_whole(&self, what: &str) {
        let releases = self.releases();
        assert_eq!(releases.len(), 1, "{what}");
        assert!(!releases[0].0, "{what}: it is a draft");
        assert!(releases[0].1 == self.directory(), "{what}: {:?}", releases[0].1.keys());
    }

    /// The directory of assets.
    fn directory(&self) -> Files {
        let entries = fs::read_dir(self.world.path("assets").join(TAG)).expect("publish made it");
        entries
            .map(|entry| entry.expect("an entry"))
            .map(|entry| {
                (entry.file_name().into_string().expect("a name"), fs::read(entry.path()).expect("bytes"))
            })
            .collect()
    }

    /// Nothing was published anywhere.
    fn is_nowhere(&self) {
        assert!(!self.world.path("registry").exists() && !self.world.path("assets").exists());
    }
}

#[test]
fn w8_5_the_release_is_on_the_tag_with_the_directory_s_files_and_a_second_run_does_nothing() {
    let scene = Scene::built();
    let tag = scene.world.origin().rev(&format!("refs/tags/{TAG}"));
    let said = scene.lineage(&["publish", TAG, "--json"]).exits(0).json();
    assert_eq!(said["release"], format!("https://github.com/octo/charts/releases/tag/{TAG}"));
    scene.is_whole("published");
    assert_eq!(scene.directory().len(), 12);
    assert_eq!(scene.world.origin().rev(&format!("refs/tags/{TAG}")), tag, "the tag is as it was");
    let sent = &scene.github.sent("repos/update-release")[0];
    assert_eq!(sent["name"], "test-workflow: v0.2.0");
    assert_eq!((&sent["prerelease"], &sent["make_latest"]), (&json!(false), &json!("false")));
    let notes = sent["body"].as_str().expect("text");
    for part in
        ["### Added\n\n- ", "add probe", "helm install test-workflow", &format!("git lineage verify {TAG}")]
    {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(!notes.contains("## [0.2.0]"), "the title says it: {notes}");

    // W8-12: the statement names the release, and is made once.
    let writes = scene.writes();
    let again = scene.lineage(&["publish", TAG, "--json"]).exits(0).json();
    assert_eq!((&again["outcome"], scene.writes()), (&json!("unchanged"), writes), "{again}");
    scene.world.stranger().lineage(["verify", TAG]).succeeds();
}

#[test]
fn w8_9_it_goes_on_after_a_fault_at_any_call() {
    let scene = Scene::built();
    // How many of its calls are tried, and with how many kinds of fault: a lost answer is the same as none to a read.
    let calls = [
        ("git/get-ref", 2, 1),
        ("repos/get-release-by-tag", 2, 1),
        ("repos/list-releases", 2, 1),
        ("repos/list-release-assets", 2, 1),
        ("repos/get-release", 1, 1),
        ("repos/create-release", 1, 3),
        ("repos/upload-release-asset", 2, 3),
        ("repos/update-release", 1, 3),
    ];
    for (call, times, kinds) in calls {
        let lost = Fault::cut(call).afterwards().times(5);
        let faults = [Fault::status(call, 500).times(5), Fault::status(call, 403), lost];
        for spared in 0..times {
            for fault in faults.iter().take(kinds) {
                let what = format!("{call} after {spared}: {fault:?}");
                scene.github.with(|state| state.repository(REPOSITORY).unrelease());
                scene.github.fail(fault.clone().after(spared));
                let said = scene.publish();
                assert!(!said.text().contains("panicked"), "{what}: {}", said.text());
                let releases = scene.releases();
                let whole = releases.iter().all(|(draft, files)| *draft || files.len() == 12);
                assert!(whole, "{what}: something is public that is not whole");
                if said.code == 0 {
                    scene.is_whole(&what);
                }
                said.done();
                scene.github.heal();
                scene.publish().succeeds();
                scene.is_whole(&what);
            }
        }
    }
}

#[test]
fn w8_7_an_upload_that_broke_off_is_sent_again_and_a_signature_is_kept() {
    let scene = Scene::built();
    scene.github.fail(Fault::status("repos/update-release", 403));
    scene.publish().exits(1).done();
    let (draft, before) = scene.releases().remove(0);
    assert!(draft, "nothing is public");
    // The next runner has no directory of assets.
    fs::remove_dir_all(scene.world.path("assets")).expect("it is there");
    scene.github.with(|state| {
        let mut releases = state.repository(REPOSITORY).released();
        let asset = releases[0].assets.iter_mut().find(|asset| asset.name == "README.md").expect("a file");
        asset.state = "starter".to_owned();
        asset.bytes.truncate(3);
    });
    scene.publish().succeeds();
    scene.is_whole("again");
    let signature = "test-workflow-0.2.0.tgz.sig";
    assert!(scene.directory()[signature] == before[signature], "every place has the same signature");
    assert_eq!(scene.github.asked("repos/delete-release-asset"), 1);
    // GitHub's description knows `starter` from its text alone.
    assert!(scene.github.violations().iter().all(|fault| fault.contains("\"starter\" is none of")));
}

#[test]
fn w8_7_other_content_is_a_conflict_before_anything_is_out() {
    let scene = Scene::built();
    let change = |name: &str, bytes: &[u8]| {
        scene.github.with(|state| {
            let mut releases = state.repository(REPOSITORY).released();
            let asset = releases[0].assets.iter_mut().find(|asset| asset.name == name).expect("a file");
            asset.bytes = bytes.to_vec();
        });
    };
    scene.github.fail(Fault::status("repos/update-release", 403));
    scene.publish().exits(1).done();
    for place in ["assets", "registry"] {
        fs::remove_dir_all(scene.world.path(place)).expect("it is there");
    }
    let files = scene.releases().remove(0).1;
    let signature = "test-workflow-0.2.0.tgz.sig";
    for (name, says) in
        [("README.md", "README.md is sha256:"), (signature, "it is no signature over the package by a key")]
    {
        change(name, b"other");
        scene.publish().exits(4).says(&["other content", says]).done();
        change(name, &files[name]);
    }
    scene.github.with(|state| {
        let mut releases = state.repository(REPOSITORY).released();
        let mut stranger = releases[0].assets[0].clone();
        stranger.name = "run-me.sh".to_owned();
        releases[0].assets.push(stranger);
    });
    let said = scene.publish().exits(4);
    said.says(&["the draft test-workflow-v0.2.0 in octo/charts", "run-me.sh is no file of this release"]).done();
    scene.is_nowhere();
    scene.github.with(|state| {
        state.repository(REPOSITORY).released()[0].assets.retain(|asset| asset.name != "run-me.sh");
    });
    scene.publish().succeeds();
    scene.is_whole("put right");
}

#[test]
fn w8_7_a_locked_release_is_compared_and_never_changed() {
    let scene = Scene::built();
    scene.github.with(|state| state.repository(REPOSITORY).immutable_releases = true);
    scene.publish().succeeds();
    scene.is_whole("published");
    let writes = scene.writes();
    scene.publish().succeeds();
    scene.github.with(|state| {
        let mut releases = state.repository(REPOSITORY).released();
        assert!(releases[0].immutable);
        releases[0].assets.pop();
    });
    let said = scene.publish().exits(4);
    said.says(&["the published release test-workflow-v0.2.0", "is missing there", "release a higher version"])
        .done();
    assert_eq!(scene.writes(), writes);
}

#[test]
fn p_16_github_makes_no_tag_of_its_own() {
    let scene = Scene::built();
    let origin = scene.world.origin();
    let reference = format!("refs/tags/{TAG}");
    let tag = origin.rev(&reference);
    origin.git(["update-ref", "-d", &reference]);
    let said = scene.publish().exits(1);
    said.says(&["the tag test-workflow-v0.2.0 is not in octo/charts", "git push origin"]).done();
    assert!(!origin.has_ref(&reference));
    origin.git(["update-ref", &reference, "refs/heads/main"]);
    scene.publish().exits(4).says(&["is another one in octo/charts", "ask who moved it"]).done();
    assert_eq!(scene.writes(), 0);
    scene.is_nowhere();
    // It goes away while the files are uploaded.
    origin.git(["update-ref", &reference, &tag]);
    scene.github.fail(Fault::status("git/get-ref", 404).after(1));
    scene.publish().exits(1).says(&["is not in octo/charts"]).done();
    assert!(scene.releases()[0].0, "it is a draft still");
    scene.publish().succeeds();
}

#[test]
fn what_a_token_lacks_is_named_and_a_plan_writes_nothing() {
    let scene = Scene::built();
    let plan = scene.lineage(&["publish", TAG, "--dry-run"]).exits(0);
    plan.says(&["draft the release", "upload README.md", ".tgz.sig to the release", "publish the release"]).done();
    scene.is_nowhere();
    let mut nobody = scene.github.job();
    nobody.retain(|(name, _)| *name != "GITHUB_TOKEN");
    scene.world.set_variables(nobody);
    scene.publish().exits(2).says(&["no token for GitHub", "set GITHUB_TOKEN"]).done();
    scene.is_nowhere();
    let token = scene.github.token("eve", "ghs_", &["contents=read"]);
    scene.world.set_variables(scene.github.job_with(token.clone()));
    scene
        .publish()
        .exits(1)
        .says(&["give the token the permission contents=write"])
        .says_nothing_of(&[&token])
        .done();
    assert!(scene.releases().is_empty());
    scene.world.set_variables(scene.github.job());
    scene.publish().succeeds();
    scene.is_whole("with a token that may");
}

#[test]
fn w8_two_who_publish_at_once_make_one_release() {
    let scene = Scene::built();
    // A draft that the list does not show yet.
    scene.github.fail(Fault::status("repos/update-release", 403));
    scene.publish().exits(1).done();
    scene.github.fail(Fault::empty("repos/list-releases").times(2));
    scene.publish().succeeds();
    assert_eq!((scene.github.asked("repos/create-release"), scene.github.asked("repos/delete-release")), (2, 1));
    scene.is_whole("of two drafts");

    scene.github.with(|state| state.repository(REPOSITORY).unrelease());
    let sites = [scene.world.ci(), second(&scene.world, "ci2"), second(&scene.world, "ci3")];
    for output in at_once(&sites, &scene.github.job()) {
        assert!([0, 4].contains(&output.code), "{}", output.text());
        output.done();
    }
    for site in &sites {
        site.lineage(PUBLISH).succeeds();
    }
    scene.is_whole("of three publishers");
}
