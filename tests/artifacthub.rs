//! What Artifact Hub is told: the repository's metadata beside charts and index, the changes in `Chart.yaml`.

use expect_test::expect;

use crate::world::{PROBE, Stop, TAG, World, policy, seed};

const METADATA: &str =
    "repositoryID: 1f0c9a5e-2f6b-4f6e-9d0a-0a9d3f2b7c11\nowners:\n  - name: Ada\n    email: ada@example.org\n";

/// A repository that tells Artifact Hub everything.
fn told() -> World {
    with("repository = \"artifacthub-repo.yml\"\nchanges = true", METADATA)
}

fn with(section: &str, metadata: &str) -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    let text = format!("{}\n[publish.index]\npackages = \".\"\n\n[publish.artifact-hub]\n{section}\n", policy());
    files.push(("lineage.toml", text));
    files.push(("artifacthub-repo.yml", metadata.to_owned()));
    World::seeded_with(&files)
}

fn layout(world: &World) -> serde_json::Value {
    let text = std::fs::read_to_string(world.path("registry/index.json")).expect("publish wrote the layout");
    serde_json::from_str(&text).expect("it is JSON")
}

/// The manifests called `test-workflow:artifacthub.io`.
fn tagged(world: &World) -> Vec<serde_json::Value> {
    let index = layout(world);
    let named = index["manifests"].as_array().unwrap().iter().filter(|entry| {
        entry["annotations"]["org.opencontainers.image.ref.name"] == "test-workflow:artifacthub.io"
    });
    let blob = |digest: &str| {
        std::fs::read_to_string(world.path("registry/blobs/sha256").join(digest.trim_start_matches("sha256:")))
            .expect("the blob is there")
    };
    let manifests = named.map(|entry| blob(entry["digest"].as_str().unwrap()));
    manifests.map(|manifest| serde_json::from_str(&manifest).expect("it is JSON")).collect()
}

#[test]
fn the_repository_says_who_it_is_beside_charts_and_index() {
    let world = told();
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let manifests = tagged(&world);
    let [manifest] = manifests.as_slice() else { panic!("one manifest: {manifests:?}") };
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.cncf.artifacthub.config.v1+yaml");
    let layer = &manifest["layers"][0];
    assert_eq!(layer["mediaType"], "application/vnd.cncf.artifacthub.repository-metadata.layer.v1.yaml");
    assert_eq!(layer["annotations"]["org.opencontainers.image.title"], "artifacthub-repo.yml");
    assert_eq!(layer["size"], METADATA.len());
    let origin = world.origin();
    assert_eq!(origin.git(["show", "release:artifacthub-repo.yml"]), METADATA.trim_end());
    let ci = world.ci();
    drop(ci.lineage(["publish", TAG]).exits(0).says(&["unchanged"]));

    // Main's file is the one that counts, whichever release is published again.
    let dev = world.dev();
    dev.git(["fetch", "-q", "origin"]);
    dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
    let moved = METADATA.replace("ada@", "grace@");
    dev.write("artifacthub-repo.yml", &moved);
    dev.commit("chore: another owner");
    dev.git(["push", "-q", "origin", "main"]);
    ci.git(["fetch", "-q", "origin"]);
    drop(ci.lineage(["publish", TAG, "-n"]).exits(0).says(&[
        "needed   push artifacthub-repo.yml beside test-workflow",
        "needed   write artifacthub-repo.yml beside index.yaml",
    ]));
    ci.lineage(["publish", TAG]).succeeds();
    let manifests = tagged(&world);
    assert_eq!(manifests.len(), 1, "the name moved: {manifests:?}");
    assert_eq!(manifests[0]["layers"][0]["size"], moved.len());
    assert_eq!(origin.git(["show", "release:artifacthub-repo.yml"]), moved.trim_end());
}

#[test]
fn a_file_that_artifact_hub_would_not_read_is_refused_first() {
    let world = with("repository = \"artifacthub-repo.yml\"", "repositoryId: 1\n");
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    world.promote(&["test-workflow"]);
    let ci = world.ci();
    ci.lineage(["build", TAG]).succeeds();
    ci.lineage(["publish", TAG]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: artifacthub-repo.yml: `repositoryId` is none of repositoryID, owners, ignore

        hint: correct artifacthub-repo.yml and commit it
    "#]]);
    assert!(!world.path("registry").exists(), "nothing was pushed");
}

#[test]
fn the_changes_are_an_annotation_of_the_chart() {
    let world = told();
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let origin = world.origin();
    let chart = origin.git(["show", "main:charts/test-workflow/Chart.yaml"]);
    expect![[r#"
        # What it is.
        apiVersion: v2
        name: test-workflow
        description: A chart for tests.
        type: application
        version: 0.2.0 # by the release line
        appVersion: "1.10"
        annotations:
          artifacthub.io/changes: |
            - kind: added
              description: "add probe""#]]
    .assert_eq(&chart);
    assert!(origin.git(["show", "release:index.yaml"]).contains("artifacthub.io/changes: |"));
    let ci = world.ci();
    ci.git(["fetch", "-q", "origin"]);
    ci.lineage(["split"]).exits(0).says(&["nothing"]).succeeds();

    // The next release says its own changes, and only those.
    let fix = [("charts/test-workflow/values.yaml", "# How many.\nreplicas: 3\nprobe: true\n")];
    world.release("test-workflow", "fix(test-workflow): three \"replicas\"", &fix, "test-workflow-v0.2.1");
    let chart = origin.git(["show", "main:charts/test-workflow/Chart.yaml"]);
    let (_, annotations) = chart.split_once("annotations:\n").expect("there are annotations");
    let fixed = "  artifacthub.io/changes: |\n    - kind: fixed\n      description: \"three \\\"replicas\\\"\"";
    assert_eq!(annotations, fixed);
    let stranger = world.stranger();
    for tag in [TAG, "test-workflow-v0.2.1"] {
        drop(stranger.lineage(["verify", tag]).exits(0).says(&["proven"]));
    }
}

#[test]
fn nobody_is_told_who_was_not_asked() {
    let world = World::at(Stop::Published);
    let chart = world.origin().git(["show", "main:charts/test-workflow/Chart.yaml"]);
    assert!(!chart.contains("annotations"), "{chart}");
    assert!(tagged(&world).is_empty());
}
