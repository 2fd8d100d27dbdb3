//! The line from contribution to release, as people and CI walk it.

use expect_test::expect;

use crate::world::{PROBE, Stop, TAG, World};

#[test]
fn e1_happy_path() {
    let world = World::published();
    let dev = world.dev();
    dev.git(["fetch", "-q", "--prune", "origin"]);

    let chart = dev.git(["show", "origin/main:charts/test-workflow/Chart.yaml"]);
    assert!(
        chart.contains("version: 0.2.0 # by the release line\n"),
        "one value changes, its comment stays: {chart}"
    );
    let changelog = dev.git(["show", "origin/main:charts/test-workflow/CHANGELOG.md"]);
    assert!(changelog.contains("## [0.2.0] - 2025-11-21"), "{changelog}");
    assert!(changelog.contains("## [0.1.0] - 2025-01-02"), "{changelog}");

    assert_eq!(dev.git(["cat-file", "-t", &format!("refs/tags/{TAG}")]), "tag");
    let commit = dev.rev(&format!("refs/tags/{TAG}^{{commit}}"));
    assert!(dev.git(["rev-list", "--first-parent", "origin/main"]).contains(&commit));

    let mut assets: Vec<String> = std::fs::read_dir(world.path("assets").join(TAG))
        .expect("publish made it")
        .map(|entry| entry.expect("it is readable").file_name().to_string_lossy().into_owned())
        .collect();
    assets.sort();
    for name in [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "attestation-lineage.json",
        "test-workflow-0.2.0.tgz",
        "test-workflow-0.2.0.intoto.jsonl",
        "test-workflow-0.2.0.tgz.sig",
        "test-workflow-0.2.0.sigstore",
        "test-workflow-0.2.0.sigstore.json",
    ] {
        assert!(assets.iter().any(|asset| asset == name), "{name} is missing: {assets:?}");
    }
    let index = std::fs::read_to_string(world.path("registry/index.json")).expect("publish wrote the layout");
    assert!(index.contains("test-workflow:0.2.0"), "{index}");

    // No manual reset: integration has the bump, and the per-chart branch is gone.
    let back = dev.git(["show", "origin/integration:charts/test-workflow/Chart.yaml"]);
    assert!(back.contains("version: 0.2.0"), "{back}");
    assert!(!world.origin().has_ref("refs/heads/chart/test-workflow"));
    assert_eq!(dev.rev("origin/release:charts/test-workflow"), dev.rev("origin/main:charts/test-workflow"));

    world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven", TAG]).matches_file("e1-verify");
}

#[test]
fn e1_what_each_stage_says() {
    let world = World::at(Stop::Validated);
    world.squash("feature/add-probe", "feat(test-workflow): add probe");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["split"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  chart/test-workflow at [id]
    "#]]);
    ci.lineage(["guard", "--stage", "chart", "--head-ref", "integration", "--base-ref", "chart/test-workflow"])
        .exits(0)
        .is(expect![[r#"
            exit 0
            --- stdout
            allowed: integration into chart/test-workflow (chart)
        "#]]);
    ci.lineage(["propose"]).exits(0).matches_file("e1-propose");
    ci.lineage(["bump", "test-workflow"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  updated  0.1.0 to 0.2.0 (minor), chart/test-workflow at [id]
    "#]]);
    ci.lineage(["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge"]).exits(0).is(expect![
        [r#"
            exit 0
            --- stdout
            allowed: chart/test-workflow into main (main)
            merged as [id]
        "#]
    ]);
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).exits(0).matches_file("e1-tag");
    ci.lineage(["build", TAG]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow-v0.2.0  created  [TMP]/ci/.cr-release-packages/test-workflow-0.2.0.tgz
          tar  sha256:[sha256]
          tgz  sha256:[sha256]
          oci  sha256:[sha256]
    "#]]);
    ci.lineage(["guard", "--stage", "release", "--head-ref", &format!("promote/{TAG}"), "--merge"]).exits(0).is(
        expect![[r#"
            exit 0
            --- stdout
            allowed: promote/test-workflow-v0.2.0 into release (release)
            merged as [id]
        "#]],
    );
    ci.lineage(["publish", TAG]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow-v0.2.0  created  chart test-workflow 0.2.0
          oci-layout:../registry@sha256:[sha256]
          [TMP]/ci/../assets/test-workflow-v0.2.0
    "#]]);
    ci.git(["fetch", "-q", "origin"]);
    ci.git(["checkout", "-q", "--detach", "origin/main"]);
    ci.lineage(["status"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        on no branch (detached) at [id]; policy: origin/main

        CHART          VERSION  TAG                   SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -                     1      0.4.3  -         unreleased on main
        holmes         0.1.0    -                     1      0.1.0  -         unreleased on main
        test-workflow  0.2.0    test-workflow-v0.2.0  0      -      2 of 2    released
    "#]]);
}

#[test]
fn e1_what_the_checks_say() {
    let world = World::at(Stop::Seeded);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    let dev = world.dev();
    dev.lineage(["check"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  commit-validation     pass
        test-workflow  changelog-generation  pass
        test-workflow  chart-lint            pass
        test-workflow  lint-test-v1.32.11    pass
        test-workflow  lint-test-v1.33.7     pass
        test-workflow  k8s-install           pass
        6 checks at [id]: 6 pass
    "#]]);
    dev.lineage(["changed"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow
    "#]]);
    dev.lineage(["changed", "--github-matrix"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        {"include":[{"chart":"test-workflow","directory":"charts/test-workflow"}],"count":1}
    "#]]);
    dev.lineage(["status"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        on feature/x at [id]; policy: origin/main
        warning: no evidence was fetched here yet: run `git lineage sync`

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        holmes         0.1.0    -    1      0.1.0  -         unreleased on main
        test-workflow  0.1.0    -    2      0.2.0  0 of 7    unreleased on main; in work on feature/x

        test-workflow: missing w1-commit-validation, w1-changelog-generation, w1-chart-lint, w1-lint-test-v1.32.11, w1-lint-test-v1.33.7, w1-k8s-install, w1-overall
    "#]]);
    dev.lineage(["log", "test-workflow"]).is(expect![[r#"
        exit 2
        --- stderr
        error: test-workflow is no tag, commit, package file (.tgz) or oci://…@sha256:… here

        hint: see `git tag --list` for the releases; `git lineage sync` fetches them
    "#]]);
}

#[test]
fn e1_the_annotation_is_for_people_first() {
    let world = World::at(Stop::Tagged);
    let text = world.ci().git(["cat-file", "tag", &format!("refs/tags/{TAG}")]);
    let (people, block) = text.split_once("-----BEGIN LINEAGE-----\n").expect("there is a block");
    assert_eq!(block.lines().count(), 2, "one line of JSON and the end: {block}");
    assert!(block.trim_end().ends_with("-----END LINEAGE-----"));
    // The header names objects that hang on signatures; the rest is the same every time.
    let said = people.split_once("\n\n").expect("a header and a message").1;
    assert!(said.starts_with("Release: test-workflow v0.2.0\n\nAttestation Lineage:\n- Workflow 1: "), "{said}");
    for part in ["\n- Workflow 5: ", "\nChangelog:\n", "### Added", "add probe"] {
        assert!(said.contains(part), "{part:?} is missing: {said}");
    }
}
