//! Running things twice, and looking at one lineage from every side.

use expect_test::expect;
use serde_json::Value;

use crate::world::{Site, Stop, TAG, World};

/// Every ref of the remote, as text.
fn refs(world: &World) -> String {
    world.origin().git(["for-each-ref", "--format=%(refname) %(objectname)"])
}

/// Everything published, by name and content.
fn published(world: &World) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![world.path("assets"), world.path("registry")];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("publish made it").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.display().to_string(), std::fs::read(&path).expect("it is a file")));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn e19_every_verb_again_changes_nothing() {
    let world = World::published();
    let ci = world.ci();
    ci.fetch();
    drop(ci.lineage(["sync"]).exits(0));
    let (before, files) = (refs(&world), published(&world));
    for verb in [
        &["split"][..],
        &["tag", "test-workflow"],
        &["build", TAG],
        &["guard", "--stage", "release", "--head-ref", "promote/test-workflow-v0.2.0", "--merge"],
        &["publish", TAG],
        &["sync"],
    ] {
        ci.lineage(verb).succeeds();
        assert_eq!(refs(&world), before, "{verb:?} moved a ref");
        assert!(published(&world) == files, "{verb:?} changed what is published");
    }
    ci.lineage(["tag", "test-workflow"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow-v0.2.0  unchanged  at [id], tag object [id]
          promoted from promote/test-workflow-v0.2.0
          pull request: release: test-workflow-v0.2.0
            | ## test-workflow-v0.2.0
            |
            | | | |
            | |---|---|
            | | Tag | `test-workflow-v0.2.0` |
            | | Commit | `[oid]` |
            |
            | ### Lineage
            |
            | | Attestation | Id |
            | |---|---|
            | | `w1-changelog-generation` | `[id]` |
            | | `w1-chart-lint` | `[id]` |
            | | `w1-commit-validation` | `[id]` |
            | | `w1-k8s-install` | `[id]` |
            | | `w1-lint-test-v1.32.11` | `[id]` |
            | | `w1-lint-test-v1.33.7` | `[id]` |
            | | `w1-overall` | `[id]` |
            | | `w2-filter-charts` | `[id]` |
            | | `w5-overall` | `[id]` |
            | | `w5-semver-bump` | `[id]` |
            |
            | ### To merge
            |
            | 1. Check the tag: `git lineage verify test-workflow-v0.2.0`.
            | 2. Merge with a merge commit; the release branch then holds exactly the tag's chart.
            | 3. The package is built from the tag and published after the merge.
            |
            | ### Changelog
            |
            | ## [0.2.0] - 2025-11-21
            |
            | ### Added
            |
            | - add probe
            |
            | ---
            | Written by `git lineage tag`.
    "#]]);
    ci.lineage(["build", TAG]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow-v0.2.0  unchanged  [TMP]/ci/.cr-release-packages/test-workflow-0.2.0.tgz
          tar  sha256:[sha256]
          tgz  sha256:[sha256]
          oci  sha256:[sha256]
    "#]]);
    ci.lineage(["publish", TAG]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow-v0.2.0  unchanged  chart test-workflow 0.2.0
          oci-layout:../registry@sha256:[sha256]
          [TMP]/ci/../assets/test-workflow-v0.2.0
    "#]]);
}

#[test]
fn e19_the_early_verbs_again_change_nothing() {
    let world = World::at(Stop::Bumped);
    let ci = world.ci();
    drop(ci.lineage(["sync"]).exits(0));
    let before = refs(&world);
    for verb in [&["split"][..], &["propose"], &["bump", "test-workflow"]] {
        ci.lineage(verb).succeeds();
        assert_eq!(refs(&world), before, "{verb:?} moved a ref");
    }
    ci.lineage(["split"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  unchanged  chart/test-workflow
    "#]]);
    ci.lineage(["bump", "test-workflow"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  unchanged  0.1.0 to 0.2.0 (none)
    "#]]);
}

#[test]
fn e19_checks_again_record_nothing_twice() {
    let world = World::at(Stop::Validated);
    let before = refs(&world);
    world.validate("feature/add-probe").succeeds();
    assert_eq!(refs(&world), before);
}

#[test]
fn e19_an_orphan_release_is_reported() {
    let world = World::published();
    std::fs::create_dir(world.path("assets/test-workflow-v7.0.0")).expect("the world is writable");
    drop(world.ci().lineage(["status"]).exits(0).says(&["test-workflow-v7.0.0"]));
}

/// The chain of one answer, without what was asked.
fn chain(site: &Site<'_>, subject: &str) -> Value {
    let answer = site.lineage(["verify", "--json", subject]).exits(0).json();
    answer["releases"][0]["chain"].clone()
}

#[test]
fn e13_every_point_of_a_lineage_gives_the_same_chain() {
    let world = World::published();
    let stranger = world.stranger();
    let from_tag = chain(&stranger, TAG);
    let stages: Vec<&str> =
        from_tag.as_array().expect("a list").iter().filter_map(|link| link["stage"].as_str()).collect();
    assert_eq!(stages, ["contribution", "split", "bump", "main", "tag", "build", "publish"]);
    assert!(from_tag[0]["what"].as_str().is_some_and(|what| what.contains("add probe") && what.contains("Ada")));
    for link in from_tag.as_array().expect("a list") {
        let stage = link["stage"].as_str().expect("a word");
        let proved = link["evidence"].as_array().is_some_and(|evidence| !evidence.is_empty());
        assert!(proved || stage == "main", "{stage} has no evidence: {link}");
    }

    let tgz = world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz").display().to_string();
    assert_eq!(chain(&stranger, &tgz), from_tag, "from the package");
    let commit = stranger.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    assert_eq!(chain(&stranger, &commit), from_tag, "from the commit on main");
    let feature = stranger.rev("origin/feature/add-probe");
    assert_eq!(chain(&stranger, &feature), from_tag, "from the contributor's own commit");
    let manifest = stranger.payload(TAG)["predicted"]["oci"].as_str().expect("a digest").to_owned();
    let oci = format!("oci://registry.example/charts/test-workflow@sha256:{manifest}");
    assert_eq!(chain(&stranger, &oci), from_tag, "from the manifest digest");
}

#[test]
fn e13_the_log_tells_it_as_text_and_by_file() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.lineage(["log", TAG]).exits(0).says(&["add probe", "Ada"]).matches_file("log");
    let files = ["log", TAG, "--", "values.yaml", "Chart.yaml", "README.md"];
    stranger.lineage(files).exits(0).matches_file("log-of-files");
    let json = stranger.lineage(["log", "--json", TAG]).exits(0).json();
    assert_eq!(json["version"], 1);
}

#[test]
fn e13_an_export_says_it_in_files() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.lineage(["export", TAG, "--output", "out"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow-0.2.0.sigstore.json
        test-workflow-0.2.0.intoto.jsonl
        attestations.jsonl
        attestation-lineage.json
        exported test-workflow-v0.2.0 to out
    "#]]);
    let lineage: Value = serde_json::from_str(&stranger.read("out/attestation-lineage.json")).expect("JSON");
    for key in
        ["w1-overall", "w2-filter-charts", "w5-semver-bump", "w5-overall", "w6-tag", "w7-build-test-workflow"]
    {
        assert!(lineage.to_string().contains(key), "{key} is missing: {lineage}");
    }
}

#[test]
fn e19_two_releases_in_a_row() {
    let world = World::published();
    world.release(
        "test-workflow",
        "fix(test-workflow): probe less",
        &[("charts/test-workflow/values.yaml", "# How many.\nreplicas: 1\nprobe: false\n")],
        "test-workflow-v0.2.1",
    );
    let stranger = world.stranger();
    let payload = stranger.payload("test-workflow-v0.2.1");
    assert_eq!(payload["previous"]["tag"], TAG, "the second names the first");
    stranger.lineage(["verify", "--all"]).exits(0).says(&[TAG, "test-workflow-v0.2.1"]).is(expect![[r#"
        exit 0
        --- stdout
        proven: test-workflow-v0.2.0 (chart test-workflow 0.2.0), anchored in the pin of this clone
        proven: test-workflow-v0.2.1 (chart test-workflow 0.2.1), anchored in the pin of this clone

        2 releases: 2 proven
    "#]]);
}
