//! Channels: tags that point at releases, moved after verification, together or not at all.

use expect_test::expect;
use serde_json::Value;

use crate::registry::{Fault, Registry};
use crate::world::{Site, TAG, World, policy, seed};

/// What the channels of these tests are.
const CHANNELS: &str = "\n[channels.prod]\n\n[channels.dev]\npre-releases = true\n";

/// A registry that keeps repositories apart.
pub(crate) fn registry() -> Registry {
    let registry = Registry::start();
    registry.state().apart = true;
    registry
}

/// A repository that publishes there, with these channels and nothing released.
pub(crate) fn world_with(registry: &Registry, channels: &str) -> World {
    let to = format!("oci = \"oci://{}/charts\"", registry.host);
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    let text = policy().replace("oci = \"oci-layout:../registry\"", &to);
    files.push(("lineage.toml", format!("{text}{channels}")));
    World::seeded_with(&files)
}

/// The n-th release of the chart in `charts/<directory>`.
pub(crate) fn release(world: &World, chart: &str, directory: &str, number: usize) -> String {
    let tag = format!("{chart}-v0.{}.0", number + 1);
    let values = format!("charts/{directory}/values.yaml");
    let message = format!("feat({chart}): number {number}");
    world.release(chart, &message, &[(&values, &format!("number: {number}\n"))], &tag);
    tag
}

/// A repository with two releases of `test-workflow`.
pub(crate) fn twice_released(registry: &Registry) -> World {
    let world = world_with(registry, CHANNELS);
    release(&world, "test-workflow", "test-workflow", 1);
    release(&world, "test-workflow", "test-workflow", 2);
    world
}

/// The digest a tag's payload predicts for its manifest.
pub(crate) fn predicted(site: &Site<'_>, tag: &str) -> String {
    format!("sha256:{}", site.payload(tag)["predicted"]["oci"].as_str().expect("a digest"))
}

/// The digest that a tag of the registry names; none where there is no such tag.
pub(crate) fn at(registry: &Registry, tag: &str) -> Option<String> {
    let state = registry.state();
    state.manifests.get(tag).map(|(_, bytes)| format!("sha256:{}", git_lineage::model::Sha256::of(bytes)))
}

/// The document of a chart, as it lies in the registry.
pub(crate) fn document(registry: &Registry, chart: &str) -> Value {
    let state = registry.state();
    let (_, manifest) = &state.manifests[&format!("{chart}:lineage-channels")];
    let manifest: Value = serde_json::from_slice(manifest).expect("JSON");
    assert_eq!(manifest["artifactType"], "application/vnd.git-lineage.channels.v1+json");
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!(manifest["layers"][0]["mediaType"], "application/json");
    serde_json::from_slice(&state.blobs[manifest["layers"][0]["digest"].as_str().expect("a digest")])
        .expect("JSON")
}

pub(crate) fn writes(registry: &Registry) -> usize {
    ["PUT", "POST", "PATCH", "DELETE"].iter().map(|method| registry.count(method, "")).sum()
}

#[test]
fn rp_3_a_channel_points_at_what_is_published_and_says_so() {
    let registry = registry();
    let world = twice_released(&registry);
    let ci = world.ci();
    let (first, second) = (predicted(&ci, TAG), predicted(&ci, "test-workflow-v0.3.0"));
    let versions = || (at(&registry, "test-workflow:0.2.0"), at(&registry, "test-workflow:0.3.0"));
    let (published, tags) = (versions(), ci.git(["for-each-ref", "refs/tags"]));

    // A plan writes nothing.
    let before = writes(&registry);
    ci.lineage(["channel", "set", TAG, "--channel", "prod", "--dry-run"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
          needed  move test-workflow:prod to 0.2.0, sha256:[sha256]
          needed  sign what the channels of test-workflow point at
          needed  write it to test-workflow:lineage-channels
          needed  record channel-prod of test-workflow-v0.2.0
        prod  would be created
          test-workflow  0.2.0  sha256:[sha256]  new
    "#]]);
    assert_eq!(writes(&registry), before);
    assert_eq!(at(&registry, "test-workflow:prod"), None);

    ci.lineage(["channel", "set", TAG, "--channel", "prod"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        prod  created
          test-workflow  0.2.0  sha256:[sha256]  new
    "#]]);
    assert_eq!(at(&registry, "test-workflow:prod").as_ref(), Some(&first));
    let said = document(&registry, "test-workflow");
    assert_eq!(said["channels"]["prod"]["digest"], first);
    assert_eq!(said["channels"]["prod"]["version"], "0.2.0");
    assert_eq!(said["channels"]["prod"]["tag"], TAG);
    assert_eq!(said["channels"]["prod"]["by"], "Ada <ada@example.org>");
    assert_eq!(said["before"], Value::Null);

    // Again is nothing, for the registry and for the remote.
    let (before, refs) = (writes(&registry), ci.git(["ls-remote", "origin"]));
    let again = ci.lineage(["channel", "set", TAG, "--channel", "prod", "--json"]).exits(0);
    assert_eq!(again.json()["outcome"], "unchanged");
    assert_eq!(writes(&registry), before);
    assert_eq!(ci.git(["ls-remote", "origin"]), refs);

    // On to the next, and another channel beside it.
    ci.lineage(["channel", "set", "test-workflow-v0.3.0", "--channel", "prod"]).succeeds();
    ci.lineage(["channel", "set", TAG, "--channel", "dev"]).succeeds();
    let said = document(&registry, "test-workflow");
    assert_eq!(said["channels"]["prod"]["digest"], second);
    assert_eq!(said["channels"]["prod"]["previous"], first);
    assert_eq!(said["channels"]["dev"]["digest"], first);
    assert!(said["before"].as_str().is_some_and(|before| before.starts_with("sha256:")), "{said}");

    // A stranger sees the same, and the ledger has each move.
    let stranger = world.stranger();
    stranger.lineage(["channel", "list"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow:dev  agrees  0.2.0  sha256:[sha256]
          since 2025-11-21T05:52:00Z, by Ada <ada@example.org>, signed by `ci`
        test-workflow:prod  agrees  0.3.0  sha256:[sha256]
          since 2025-11-21T05:51:00Z, by Ada <ada@example.org>, signed by `ci`, before that [id]
    "#]]);
    let tag = ci.rev("refs/tags/test-workflow-v0.2.0");
    let notes = stranger.git(["notes", "--ref=lineage-test-workflow", "show", &tag]);
    let named = |name: &str| notes.lines().filter(|line| line.contains(&format!("\"name\":\"{name}\""))).count();
    assert_eq!((named("channel-prod"), named("channel-dev")), (1, 1), "{notes}");
    drop(stranger.lineage(["verify", "--all"]).exits(0).says(&["proven"]).says_nothing_of(&["channel"]));

    // Versions and tags are where they were.
    assert_eq!(versions(), published);
    assert_eq!(ci.git(["for-each-ref", "refs/tags"]), tags);
}

#[test]
fn x21_what_is_not_proven_or_not_attested_never_gets_a_channel() {
    let registry = registry();
    let world = twice_released(&registry);
    let ci = world.ci();
    ci.lineage(["channel", "set", "test-workflow-v0.3.0", "--channel", "prod"]).succeeds();
    let (stands, before) = (at(&registry, "test-workflow:prod"), writes(&registry));
    let refused = |arguments: &[&str], code: i32, says: &[&str]| {
        let words = ["channel"].iter().chain(arguments).chain(&["--channel", "prod"]);
        drop(ci.lineage(words).exits(code).says(says));
    };
    let first = ci.git(["rev-list", "--max-parents=0", "origin/main"]);
    // A tag that somebody made by hand, and what a registry has from elsewhere.
    ci.git(["tag", "-a", "-m", "by hand", "test-workflow-v0.9.0", "origin/main"]);
    refused(&["set", "test-workflow-v0.9.0"], 1, &["`prod` was not moved", "from before lineage"]);
    refused(&["rollback", "--to", "0.9.0"], 1, &["`prod` was not moved"]);
    let junk = format!("sha256:{}", "3".repeat(64));
    refused(&["rollback", "--to", &junk], 1, &["is unattested", "the manifest of no release"]);
    refused(&["rollback", "--to", "0.1.0"], 1, &["there is no release test-workflow-v0.1.0"]);
    // One from before lineage that nothing contradicts is still proven by nothing.
    ci.git(["tag", "-a", "-m", "by hand", "test-workflow-v0.1.0", &first]);
    refused(&["set", "test-workflow-v0.1.0"], 1, &["`prod` was not moved", "unattested"]);
    refused(&["rollback", "--to", "0.1.0"], 1, &["`prod` was not moved", "unattested"]);
    // A usage error is none of that.
    refused(&["set", "test-workflow-v9.9.9"], 2, &["test-workflow-v9.9.9"]);
    refused(&["set", "origin/main"], 2, &["is no tag"]);
    refused(&["set", TAG, "test-workflow-v0.3.0"], 2, &["two releases of test-workflow"]);
    refused(&["rollback", "--to", "latest"], 2, &["is not a chart version"]);
    refused(&["rollback", "nothing", "--to", "0.2.0"], 2, &["no chart nothing"]);
    // Evidence that went missing is not known to be good.
    ci.git(["update-ref", "-d", "refs/notes/lineage-test-workflow"]);
    let origin = world.site("origin.git", None);
    origin.git(["update-ref", "-d", "refs/notes/lineage-test-workflow"]);
    let output = ci.lineage(["channel", "rollback", "--channel", "prod", "--to", "0.2.0"]);
    assert!([1, 3].contains(&output.code), "{}", output.text());
    drop(output.says(&["test-workflow-v0.2.0 is not proven: `prod` was not moved"]));
    assert_eq!(writes(&registry), before, "nothing was written");
    assert_eq!(at(&registry, "test-workflow:prod"), stands);
}

#[test]
fn rp_2_names_that_never_move_are_no_channels() {
    let registry = registry();
    let world = world_with(&registry, CHANNELS);
    release(&world, "test-workflow", "test-workflow", 1);
    let ci = world.ci();
    let before = writes(&registry);
    for name in
        ["0.2.0", "9.9.9", "v1.2.3", "sha-0123abc", "sha256-0123", "lineage-channels", "artifacthub.io", TAG]
    {
        let output = ci.lineage(["channel", "set", TAG, "--channel", name]).exits(4);
        drop(output.says(&["is no channel"]));
    }
    drop(ci.lineage(["channel", "set", TAG, "--channel", "pord"]).exits(2).says(&["there are: dev, prod"]));
    drop(ci.lineage(["channel", "list", "--channel", "pord"]).exits(2).says(&["there are: dev, prod"]));
    drop(ci.lineage_with(["channel", "list"], &[("CI", "true"), ("LINEAGE_OCI", "x")]).exits(2));
    assert_eq!(writes(&registry), before);

    // What is not published is not pointed at, and what is another manifest least of all.
    let version = registry.state().manifests.remove("test-workflow:0.2.0").expect("it is published");
    let output = ci.lineage(["channel", "set", TAG, "--channel", "prod"]).exits(3);
    drop(output.says(&["test-workflow:0.2.0 is not in oci://127.0.0.1", "git lineage publish"]));
    let other = (version.0.clone(), b"{\"schemaVersion\":2}".to_vec());
    registry.state().manifests.insert("test-workflow:0.2.0".to_owned(), other);
    let output = ci.lineage(["channel", "set", TAG, "--channel", "prod"]).exits(4);
    drop(output.says(&["is another manifest than test-workflow-v0.2.0 has"]));
    assert_eq!(writes(&registry), before);
    registry.state().manifests.insert("test-workflow:0.2.0".to_owned(), version);
    ci.lineage(["channel", "set", TAG, "--channel", "prod"]).succeeds();
}

#[test]
fn rp_3_a_pre_release_goes_where_they_are_taken() {
    let registry = registry();
    let world = world_with(&registry, CHANNELS);
    let chart = crate::world::chart_yaml("test-workflow", "0.2.0-rc.1");
    let mut files = crate::world::PROBE.to_vec();
    files.push(("charts/test-workflow/Chart.yaml", chart.as_str()));
    let tag = "test-workflow-v0.2.0-rc.1";
    world.release("test-workflow", "fix(test-workflow): a candidate", &files, tag);
    let ci = world.ci();
    let output = ci.lineage(["channel", "set", tag, "--channel", "prod"]).exits(1);
    drop(output.says(&["is a pre-release, and `prod` takes none"]));
    assert_eq!(at(&registry, "test-workflow:prod"), None);
    ci.lineage(["channel", "set", tag, "--channel", "dev"]).succeeds();
    let output = ci.lineage(["channel", "list"]).exits(0);
    drop(output.says(&["test-workflow:dev  agrees  0.2.0-rc.1", "test-workflow:prod  not set"]));
}

#[test]
fn x21_rollback_goes_back_for_all_charts_or_for_none() {
    let registry = registry();
    let channels = "\n[channels.prod]\ncharts = [\"test-workflow\", \"holmes\"]\n";
    let world = world_with(&registry, channels);
    let ci = world.ci();
    let mut all = Vec::new();
    for number in [1, 2] {
        let tags = [("test-workflow", "test-workflow"), ("holmes", "olm")]
            .map(|(chart, directory)| release(&world, chart, directory, number));
        let words = ["channel", "set", &tags[0], &tags[1], "--channel", "prod"];
        ci.lineage(words).succeeds();
        all.push(tags.map(|tag| predicted(&ci, &tag)));
    }
    let stand = || ["test-workflow:prod", "holmes:prod"].map(|tag| at(&registry, tag).expect("it is set"));
    let documents = || ["test-workflow", "holmes"].map(|chart| document(&registry, chart));
    let back = ["channel", "rollback", "--channel", "prod", "--to", "0.2.0"];
    let refused = || Fault::Answer(403, String::new(), "");
    assert_eq!(stand(), all[1]);
    let before = documents();

    // One cannot be moved: the other is moved back.
    registry.fail("PUT", "holmes/manifests/prod", 9, refused());
    let mut output = ci.lineage(back).exits(4);
    output.stderr = output.stderr.replace(&registry.host, "[host]");
    output.is(expect![[r#"
        exit 4
        --- stderr
        error: `prod` was not moved: one part failed, and the others were moved back
          caused by: oci://[host]/charts/holmes:prod refuses: PUT /v2/charts/holmes/manifests/prod
          caused by: holmes:prod points at sha256:[sha256], as before
          caused by: test-workflow:prod points at sha256:[sha256] again

        hint: run it again: it looks at how things are now
    "#]]);
    assert_eq!((stand(), documents()), (all[1].clone(), before.clone()));
    registry.heal();
    drop(ci.lineage(["channel", "list"]).exits(0).says(&["holmes:prod  agrees  0.3.0"]));

    // One document cannot be written: both charts and the other document are put back.
    registry.fail("PUT", "holmes/manifests/lineage-channels", 9, refused());
    drop(ci.lineage(back).exits(4).says(&["one part failed", "test-workflow:prod points at", "again"]));
    assert_eq!((stand(), documents()), (all[1].clone(), before.clone()));
    registry.heal();

    // The move is done and every answer to it lost: that is seen, and taken back as well.
    registry.fail("PUT", "holmes/manifests/prod", 3, Fault::CutAfter(0));
    drop(ci.lineage(back).exits(4).says(&["holmes:prod points at sha256:", "again"]));
    assert_eq!((stand(), documents()), (all[1].clone(), before.clone()));
    registry.heal();

    // What cannot be taken back either is said.
    registry.fail("PUT", "holmes/manifests/prod", 9, refused());
    let old: &'static str = format!("test-workflow/manifests/{}", all[1][0]).leak();
    registry.fail("GET", old, 99, Fault::Answer(503, String::new(), ""));
    let output = ci.lineage(back).exits(4);
    drop(output.says(&[
        "`prod` is moved in part",
        "test-workflow:prod points at sha256:",
        "could not be moved back",
    ]));
    assert_eq!(stand(), [all[0][0].clone(), all[1][1].clone()]);
    registry.heal();
    drop(ci.lineage(["channel", "list"]).exits(1).says(&["test-workflow:prod  DISAGREES", "holmes:prod  agrees"]));

    // The next run does what is left, by the digest of one of them.
    let digest = all[0][1].clone();
    ci.lineage(["channel", "rollback", "--channel", "prod", "--to", &digest]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        prod  updated
          test-workflow  0.2.0  sha256:[sha256]  as it was
          holmes         0.2.0  sha256:[sha256]  from [id]
    "#]]);
    assert_eq!(stand(), all[0]);
    for said in documents() {
        assert_eq!(said["channels"]["prod"]["version"], "0.2.0");
    }
    drop(ci.lineage(["channel", "list"]).exits(0).says(&["holmes:prod  agrees  0.2.0"]));
    drop(ci.lineage(back).exits(0).says(&["unchanged"]));
    // One of them alone, by name.
    ci.lineage(["channel", "rollback", "holmes", "--channel", "prod", "--to", "0.3.0"]).succeeds();
    assert_eq!(stand(), [all[0][0].clone(), all[1][1].clone()]);
}

#[test]
fn rp_3_a_layout_has_channels_too() {
    let world = World::published();
    world.change_policy(&format!("{}{CHANNELS}", policy()));
    let ci = world.ci();
    drop(ci.lineage(["channel", "list"]).exits(0).says(&["test-workflow:prod  not set"]));
    ci.lineage(["channel", "set", TAG, "--channel", "prod"]).succeeds();
    drop(ci.lineage(["channel", "set", TAG, "--channel", "prod"]).exits(0).says(&["unchanged"]));
    let index = std::fs::read_to_string(world.path("registry/index.json")).expect("publish made it");
    let index: Value = serde_json::from_str(&index).expect("JSON");
    let named = |name: &str| {
        let entries = index["manifests"].as_array().expect("a list").iter();
        let key = "org.opencontainers.image.ref.name";
        let found: Vec<&Value> = entries.filter(|entry| entry["annotations"][key] == *name).collect();
        assert_eq!(found.len(), 1, "{name}");
        found[0]["digest"].clone()
    };
    assert_eq!(named("test-workflow:prod"), named("test-workflow:0.2.0"));
    drop(world.stranger().lineage(["channel", "list"]).exits(0).says(&["agrees  0.2.0", "signed by `ci`"]));
    drop(ci.lineage(["prune"]).exits(2).says(&["is a directory, and no registry"]));
}
