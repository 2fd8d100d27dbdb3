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

const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

/// A repository whose releases say whether they are pre-releases, and name the key of their provenance files.
fn telling() -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    let hub = "prerelease = true\nchanges = true\nsign-key = \"https://charts.example.org/key.asc\"";
    let text = format!("{}pgp-key = \"{KEY}\"\n\n[publish.artifact-hub]\n{hub}\n", policy());
    files.push(("lineage.toml", text));
    World::seeded_with(&files)
}

/// From a contribution to the built release; publishing would need the PGP key.
fn built(world: &World, branch: &str, files: &[(&str, &str)], tag: &str) -> String {
    let message = "fix(test-workflow): probe";
    world.contribute(branch, message, files);
    world.validate(branch).succeeds();
    world.squash(branch, message);
    world.promote(&["test-workflow"]);
    let ci = world.ci();
    ci.lineage(["build", tag]).succeeds();
    drop(ci.lineage(["verify", tag]).exits(0).says(&["proven"]));
    // Nothing of it is left to be contributed again.
    drop(ci.lineage(["split"]).exits(0).says(&["nothing"]));
    let chart = world.origin().git(["show", &format!("{tag}:charts/test-workflow/Chart.yaml")]);
    chart.split_once("annotations:\n").map(|(_, annotations)| annotations.to_owned()).unwrap_or_default()
}

#[test]
fn a_pre_release_says_so_and_names_its_key() {
    let world = telling();
    let chart = crate::world::chart_yaml("test-workflow", "0.2.0-rc.1");
    let mut files = PROBE.to_vec();
    files.push(("charts/test-workflow/Chart.yaml", &chart));
    let annotations = built(&world, "feature/rc", &files, "test-workflow-v0.2.0-rc.1");
    expect![[r#"
        artifacthub.io/changes: |
          - kind: fixed
            description: "probe"
        artifacthub.io/prerelease: "true"
        artifacthub.io/signKey: |
          fingerprint: "0123456789ABCDEF0123456789ABCDEF01234567"
          url: "https://charts.example.org/key.asc""#]]
    .assert_eq(&annotations.lines().map(|line| &line[2..]).collect::<Vec<_>>().join("\n"));

    // The version after it is none, whatever the chart itself goes on to say.
    let flagged = format!("{chart}annotations:\n  artifacthub.io/prerelease: true\n");
    let values = ("charts/test-workflow/values.yaml", "# How many.\nreplicas: 3\nprobe: true\n");
    let files = [("charts/test-workflow/Chart.yaml", flagged.as_str()), values];
    let annotations = built(&world, "feature/final", &files, "test-workflow-v0.2.0");
    assert!(annotations.contains("  artifacthub.io/prerelease: \"false\""), "{annotations}");
    assert!(annotations.contains("  artifacthub.io/signKey: |\n"), "{annotations}");
}

#[test]
fn a_style_that_a_bump_cannot_write_is_said_before_anything_is_pushed() {
    let world = telling();
    let chart = format!(
        "{}annotations:\n  artifacthub.io/prerelease: &x \"true\"\n",
        crate::world::chart_yaml("test-workflow", "0.1.0")
    );
    let mut files = PROBE.to_vec();
    files.push(("charts/test-workflow/Chart.yaml", &chart));
    world.contribute("feature/x", "feat(test-workflow): add probe", &files);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    let ci = world.ci();
    ci.fetch();
    ci.lineage(["split"]).succeeds();
    ci.lineage(["bump", "test-workflow"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: charts/test-workflow/Chart.yaml: write its annotation once, on its line: `artifacthub.io/prerelease: "true"`

        hint: correct charts/test-workflow/Chart.yaml and commit it
    "#]]);
}

#[test]
fn annotations_that_artifact_hub_would_not_read_fail_the_lint() {
    let world = told();
    let chart = format!(
        "{}annotations:\n  artifacthub.io/images: |\n    - name: probe\n",
        crate::world::chart_yaml("test-workflow", "0.1.0")
    );
    let files = [("charts/test-workflow/Chart.yaml", chart.as_str())];
    world.contribute("feature/x", "feat(test-workflow): list the images", &files);
    drop(world.validate("feature/x").exits(1).says(&["artifacthub.io/images", "entry 1 has no `image`"]));
}
