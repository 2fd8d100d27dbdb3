//! `verify --remote`: what is published, held against what this clone gives (design, step 12).

use std::fs;

use super::Scene;
use crate::github::{Asset, Fault, REPOSITORY};
use crate::index::write;
use crate::world::{Output, Stop, TAG, World};

const WITH_INDEX: &str = "release = true\n\n[publish.index]\npackages = \"packages\"\n";
const SIGNATURE: &str = "test-workflow-0.2.0.tgz.sig";

impl Scene {
    /// Published to GitHub, to a directory, to an OCI layout, and listed.
    fn published() -> Self {
        let scene = Self::built_with(WITH_INDEX);
        scene.publish().succeeds();
        scene
    }

    fn remote(&self) -> Output {
        self.lineage(&["verify", TAG, "--remote", "--json"])
    }

    /// Changes the files of the release.
    fn assets(&self, change: impl FnOnce(&mut Vec<Asset>)) {
        self.github.with(|state| {
            let mut releases = state.repository(REPOSITORY).released();
            change(&mut releases[0].assets);
        });
    }

    /// What does not hold, with nothing else wrong.
    fn broken(&self, code: i32) -> Vec<String> {
        let said = self.remote().exits(code);
        said.broken().into_iter().map(|(link, _)| link).collect()
    }
}

#[test]
fn step_12_sees_everything_that_is_published() {
    let scene = Scene::published();
    let stranger = scene.world.stranger();
    let said = stranger.lineage(["verify", TAG, "--remote"]).exits(0);
    let text = said.text();
    let (_, steps) = text.split_once("  12  ").expect("step 12");
    let (steps, _) = steps.split_once("\n\n").expect("more behind it");
    expect_test::expect![[r#"
        ok   the tag in octo/charts is the one that was verified [release-tag]
          12  ok   the release in octo/charts is public, on that tag [release]
          12  ok   its 12 files are those of the release, byte for byte [release-files]
          12  ok   the files of the release are in ../assets/test-workflow-v0.2.0 [assets]
          12  ok   its 12 files are those of the release, byte for byte [assets-files]
          12  ok   test-workflow:0.2.0 is oci-layout:../registry@sha256:[sha256] [oci]
          12  ok   the registry serves the package of the release [oci-package]
          12  ok   the signature is attached to the manifest [oci-signature]
          12  ok   the bill of materials is attached to the manifest [oci-sbom]
          12  ok   the build statement is attached to the manifest [oci-build]
          12  ok   index.yaml on release lists test-workflow 0.2.0 [index]
          12  ok   the package is at packages/test-workflow-0.2.0.tgz on release [index-package]"#]]
    .assert_eq(steps);
    // Whoever has no token sees what is public, too.
    let mut nobody = scene.github.job();
    nobody.retain(|(name, _)| *name != "GITHUB_TOKEN");
    scene.world.set_variables(nobody);
    scene.remote().succeeds();
    scene.lineage(&["verify", "--all", "--remote"]).succeeds();
}

/// What somebody does to the files of a release.
type Change = fn(&mut Vec<Asset>);

#[test]
fn step_12_each_difference_is_a_link_of_its_own() {
    let scene = Scene::published();
    let before = scene.github.with(|state| state.repository(REPOSITORY).released()[0].clone());
    let cases: [(&str, Change); 5] = [
        ("release:README.md", |all| named(all, "README.md").bytes.push(b'!')),
        ("release:README.md", |all| all.retain(|asset| asset.name != "README.md")),
        ("release:lineage.html", |all| named(all, "lineage.html").bytes = b"<p>trust me".to_vec()),
        ("release:test-workflow-0.2.0.tgz.sig", |all| named(all, SIGNATURE).bytes = b"bm8=".to_vec()),
        ("release:run-me.sh", |all| {
            let mut stranger = all[0].clone();
            "run-me.sh".clone_into(&mut stranger.name);
            all.push(stranger);
        }),
    ];
    for (link, change) in cases {
        scene.assets(change);
        assert_eq!(scene.broken(1), [link]);
        scene.assets(|all| *all = before.assets.clone());
    }
    let draft = |on: bool| scene.github.with(|state| state.repository(REPOSITORY).released()[0].draft = on);
    draft(true);
    assert_eq!(scene.broken(1), ["release"]);
    draft(false);
    scene.github.with(|state| state.repository(REPOSITORY).unrelease());
    assert_eq!(scene.broken(1), ["release"]);
}

/// A file of a release.
fn named<'a>(all: &'a mut [Asset], name: &str) -> &'a mut Asset {
    all.iter_mut().find(|asset| asset.name == name).expect("it is there")
}

#[test]
fn step_12_a_tag_that_moved_at_github_is_seen() {
    let scene = Scene::published();
    let origin = scene.world.origin();
    origin.git(["update-ref", &format!("refs/tags/{TAG}"), "refs/heads/main"]);
    assert_eq!(scene.broken(1), ["release-tag"]);
    origin.git(["update-ref", "-d", &format!("refs/tags/{TAG}")]);
    assert_eq!(scene.broken(1), ["release-tag"]);
}

#[test]
fn step_12_what_cannot_be_read_is_undetermined() {
    let scene = Scene::published();
    for (call, links) in [
        ("repos/get", vec!["release-tag", "release"]),
        ("repos/get-release-by-tag", vec!["release"]),
        ("git/get-ref", vec!["release-tag"]),
    ] {
        for fault in [
            Fault::status(call, 500).times(9),
            Fault::status(call, 403).times(9),
            Fault::cut(call).times(9),
            Fault::limited(call, 403, &[("retry-after", "9999")]).times(9),
        ] {
            let what = format!("{fault:?}");
            scene.github.fail(fault);
            assert_eq!(scene.broken(3), links, "{what}");
            scene.github.heal();
        }
    }
    scene.github.fail(Fault::status("repos/get-release-asset", 404).times(9));
    assert_eq!(scene.broken(3), [format!("release:{SIGNATURE}")]);
    scene.github.heal();
    // GitHub says that a repository one may not see is not there: that says nothing of the release.
    scene.github.fail(Fault::status("repos/get", 404).times(9));
    assert_eq!(scene.broken(3), ["release-tag", "release"]);
    scene.github.heal();
    // A difference does not hide what could not be seen, nor the other way round.
    fs::rename(scene.world.path("registry"), scene.world.path("gone")).expect("it is there");
    scene.assets(|all| drop(all.remove(0)));
    let said = scene.remote().exits(3);
    assert_eq!(said.broken().len(), 2, "{}", said.text());
    said.done();
}

#[test]
fn step_12_without_a_forge_the_directory_the_layout_and_the_index_are_looked_at() {
    let world = World::at(Stop::Published);
    let ci = world.ci();
    let links = |code: i32| {
        let said = ci.lineage(["verify", TAG, "--remote", "--json"]).exits(code);
        said.broken().into_iter().map(|(link, _)| link).collect::<Vec<_>>()
    };
    assert_eq!(links(0), Vec::<String>::new());
    let assets = world.path("assets").join(TAG);
    let readme = fs::read(assets.join("README.md")).expect("publish wrote it");
    fs::write(assets.join("README.md"), "other").expect("writable");
    fs::write(assets.join("more"), "other").expect("writable");
    assert_eq!(links(1), ["assets:README.md", "assets:more"]);
    fs::remove_file(assets.join("more")).expect("it was just written");
    fs::write(assets.join("README.md"), readme).expect("writable");
    // Somewhere else the directory is not there at all: nobody knows what is in it.
    fs::rename(world.path("assets"), world.path("elsewhere")).expect("it is there");
    assert_eq!(links(3), ["assets"]);
    fs::create_dir(world.path("assets")).expect("writable");
    assert_eq!(links(1), ["assets"]);
    fs::remove_dir(world.path("assets")).expect("it is empty");
    fs::rename(world.path("elsewhere"), world.path("assets")).expect("it is there");
    fs::rename(world.path("registry"), world.path("elsewhere")).expect("it is there");
    assert_eq!(links(3), ["oci"]);
    fs::create_dir(world.path("registry")).expect("writable");
    assert_eq!(links(1), ["oci"]);
}

#[test]
fn step_12_the_index_lists_the_release_or_it_does_not() {
    let scene = Scene::published();
    let whole = crate::index::index(&scene.world);
    let digest = whole.lines().find_map(|line| line.trim().strip_prefix("digest: ")).expect("a digest").to_owned();
    for (text, links) in [
        (whole.replace(&digest, &"0".repeat(64)), vec!["index"]),
        (whole.replace("packages/test-workflow", "https://elsewhere.invalid/test-workflow"), vec!["index"]),
        ("apiVersion: v1\nentries: {}\n".to_owned(), vec!["index"]),
        (whole, vec![]),
    ] {
        write(&scene.world, "index.yaml", &text);
        assert_eq!(scene.broken(i32::from(!links.is_empty())), links);
    }
    write(&scene.world, "packages/test-workflow-0.2.0.tgz", "other");
    assert_eq!(scene.broken(1), ["index-package"]);
}

#[test]
fn step_12_what_is_not_proven_is_not_compared() {
    let scene = Scene::published();
    let ci = scene.world.ci();
    ci.git(["update-ref", "-d", "refs/notes/lineage-test-workflow"]);
    let said = ci.lineage(["verify", TAG, "--remote", "--json"]);
    assert_ne!(said.code, 0);
    assert!(said.broken().iter().any(|(link, _)| link == "published"), "{}", said.text());
    assert_eq!(scene.github.asked("repos/get-release-by-tag"), 3, "publish asked, and nobody else");
    said.done();
    ci.lineage(["verify", TAG, "--remote", "--vsa", "x"]).exits(2).done();
}
