//! Tidying a registry: what something needs stays, and what is not known whole is left alone.

use expect_test::expect;
use serde_json::{Value, json};

use git_lineage::model::Sha256;

use crate::channel::{at, registry, release};
use crate::github::{GitHub, Packages};
use crate::registry::{Fault, Registry};
use crate::world::{Site, TAG, World, policy, seed};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn text(registry: &Registry) -> String {
    let to = format!("oci = \"oci://{}/octo/charts\"", registry.host);
    let text = policy().replace("oci = \"oci-layout:../registry\"", &to);
    format!("{text}\n[channels.prod]\nkeep = 1\n\n[channels.dev]\nkeep = 2\n")
}

/// A repository with one release, on channel `prod`.
fn released(registry: &Registry) -> World {
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", text(registry)));
    let world = World::seeded_with(&files);
    release(&world, "test-workflow", "test-workflow", 1);
    world.ci().lineage(["channel", "set", TAG, "--channel", "prod"]).succeeds();
    world
}

/// Puts a manifest there; the names are tags.
fn put(registry: &Registry, kind: &str, manifest: &Value, tags: &[&str]) -> String {
    let bytes = manifest.to_string().into_bytes();
    let digest = format!("sha256:{}", Sha256::of(&bytes));
    let mut state = registry.state();
    for name in tags.iter().copied().chain([digest.as_str()]) {
        state.manifests.insert(format!("test-workflow:{name}"), (kind.to_owned(), bytes.clone()));
    }
    digest
}

/// A build of a commit with a signature that has no tag, one in an index, and one at a tag of its own.
fn build(registry: &Registry, number: usize) -> Vec<String> {
    let created = format!("2025-0{}-01T00:00:00Z", number + 1);
    let manifest = json!({
        "schemaVersion": 2, "layers": [], "number": number,
        "annotations": { "org.opencontainers.image.created": created },
    });
    let build = put(registry, MANIFEST, &manifest, &[&format!("sha-000000{number}")]);
    let about = json!({ "mediaType": MANIFEST, "digest": build, "size": 1 });
    let signature = put(registry, MANIFEST, &json!({ "schemaVersion": 2, "layers": [], "subject": about }), &[]);
    let name = build.replace(':', "-");
    let listed = json!({ "mediaType": MANIFEST, "digest": signature, "size": 1 });
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [listed] });
    let index = put(registry, INDEX, &index, &[&name]);
    let classic = put(registry, MANIFEST, &json!({ "layers": [], "of": build }), &[&format!("{name}.sig")]);
    vec![build, signature, index, classic]
}

/// A build without the list of what is attached to it: the registry's own API has that.
fn listed_by_api(registry: &Registry, parts: &[String]) {
    let name = format!("test-workflow:{}", parts[0].replace(':', "-"));
    let mut state = registry.state();
    state.manifests.remove(&name);
    state.manifests.remove(&format!("test-workflow:{}", parts[2]));
}

fn has(registry: &Registry, digest: &str) -> bool {
    registry.state().manifests.contains_key(&format!("test-workflow:{digest}"))
}

/// Every name of a manifest there is.
fn names(registry: &Registry) -> Vec<String> {
    registry.state().manifests.keys().cloned().collect()
}

/// What was there before anything was built beside it is there as it was, and proves what it proved.
fn unharmed(registry: &Registry, before: &[String], site: &Site<'_>) {
    let now = names(registry);
    // An index that was written anew is there by its digest still, and nothing refers to the old one.
    for name in before.iter().filter(|name| !name.contains(":sha256:")) {
        assert!(now.contains(name), "{name} is gone");
    }
    let index = at(registry, "test-workflow:0.2.0").expect("it is published").replace(':', "-");
    let bytes = registry.state().manifests.get(&format!("test-workflow:{index}")).map(|(_, bytes)| bytes.clone());
    // Where the registry has an API there is no such index.
    let index: Value =
        serde_json::from_slice(&bytes.unwrap_or_else(|| b"{\"manifests\":[]}".to_vec())).expect("JSON");
    for attached in index["manifests"].as_array().expect("a list") {
        assert!(
            has(registry, attached["digest"].as_str().expect("a digest")),
            "a signature of the release is gone"
        );
    }
    drop(site.world.stranger().lineage(["verify", "--remote", TAG]).exits(0).says(&["proven"]));
    drop(site.lineage(["publish", TAG]).exits(0).says(&["unchanged"]));
    drop(site.lineage(["channel", "list"]).exits(0).says(&["test-workflow:prod  agrees  0.2.0"]));
}

#[test]
fn x20_what_is_signed_keeps_its_signatures_and_builds_go_by_age() {
    let registry = registry();
    let world = released(&registry);
    let ci = world.ci();
    let before = names(&registry);
    let builds: Vec<Vec<String>> = (0..5).map(|number| build(&registry, number)).collect();
    let loose = put(&registry, MANIFEST, &json!({ "layers": [], "junk": true }), &[]);
    let all = names(&registry);

    // What has no tag is not seen: nothing is deleted, whatever is asked.
    drop(ci.lineage(["prune"]).exits(3).says(&["not seen", "nothing is deleted"]));
    drop(ci.lineage(["prune", "--apply"]).exits(3).says(&["nothing is deleted"]));
    ci.lineage(["prune", "--tagged"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  12 would go, 18 stay
          sha256:[id]  sha-0000002                                                                  a build that is not one of the newest 2
          sha256:[id]  sha-0000001                                                                  a build that is not one of the newest 2
          sha256:[id]  sha-0000000                                                                  a build that is not one of the newest 2
          sha256:[id]  sha256-[sha256]      it is about [id], which goes
          sha256:[id]  sha256-[sha256]      it is about [id], which goes
          sha256:[id]  sha256-[sha256]      it is about [id], which goes
          sha256:[id]  sha256-[sha256].sig  it is about [id], which goes
          sha256:[id]  no tag                                                                       it is about [id], which goes
          sha256:[id]  sha256-[sha256].sig  it is about [id], which goes
          sha256:[id]  no tag                                                                       it is about [id], which goes
          sha256:[id]  sha256-[sha256].sig  it is about [id], which goes
          sha256:[id]  no tag                                                                       it is about [id], which goes
          not seen: manifests without a tag: a registry does not list them, and GitHub lists none of this one
        --apply deletes it
    "#]]);
    assert_eq!((names(&registry), registry.count("DELETE", "")), (all.clone(), 0), "a plan deletes nothing");

    // A registry that takes nothing away: said, and everything that is needed is there.
    registry.fail("DELETE", "manifests/", 1, Fault::Answer(405, String::new(), ""));
    drop(ci.lineage(["prune", "--tagged", "--apply"]).exits(3).says(&["could not be deleted", "it answered 405"]));
    assert_eq!(names(&registry), all);

    // Stopped in the middle: no build is left without its signatures.
    registry.fail("DELETE", "manifests/", 2, Fault::CutAfter(0));
    let _ = ci.lineage(["prune", "--tagged", "--apply"]).code;
    for parts in &builds {
        assert!(!has(&registry, &parts[0]) || parts.iter().all(|part| has(&registry, part)), "{parts:?}");
    }
    drop(ci.lineage(["prune", "--tagged", "--apply", "--json"]).exits(0));
    for (number, parts) in builds.iter().enumerate() {
        for part in parts {
            // The newest two stay with all that is about them.
            assert_eq!(has(&registry, part), number >= 3, "{number}: {part}");
        }
    }
    assert!(has(&registry, &loose), "nobody knows what it is for");
    unharmed(&registry, &before, &ci);
    let again = ci.lineage(["prune", "--tagged", "--apply"]).exits(0);
    drop(again.says(&["nothing goes"]));
}

#[test]
fn x20_a_referrer_that_only_the_api_lists_goes_with_its_build_and_stays_with_it() {
    let registry = registry();
    registry.state().referrers = true;
    let world = released(&registry);
    let ci = world.ci();
    let before = names(&registry);
    let builds: Vec<Vec<String>> = (0..4).map(|number| build(&registry, number)).collect();
    for parts in &builds {
        listed_by_api(&registry, parts);
    }
    // A build that became something else as well is that.
    let (_, bytes) = registry.state().manifests["test-workflow:sha-0000000"].clone();
    registry.state().manifests.insert("test-workflow:approved".to_owned(), (MANIFEST.to_owned(), bytes));
    drop(ci.lineage(["prune", "--tagged", "--apply"]).exits(0));
    let there: Vec<bool> = builds.iter().map(|parts| has(&registry, &parts[0])).collect();
    assert_eq!(there, [true, false, true, true]);
    let signed: Vec<bool> =
        builds.iter().map(|parts| has(&registry, &parts[1]) && has(&registry, &parts[3])).collect();
    assert_eq!(signed, [true, false, true, true]);
    unharmed(&registry, &before, &ci);
}

#[test]
fn rp_6_what_is_not_known_whole_is_left_alone() {
    let registry = registry();
    let world = released(&registry);
    let ci = world.ci();
    for number in 0..5 {
        build(&registry, number);
    }
    registry.state().page = 3;
    registry.state().referrers = true;
    let all = names(&registry);
    let answer = |status: u16| Fault::Answer(status, String::new(), "");
    let second: &'static str = "tags/list?n=3";
    let build: &'static str = "manifests/sha-0000004";
    let cases: [(&'static str, &'static str, Fault); 9] = [
        ("GET", "tags/list", answer(503)),
        ("GET", "tags/list", answer(403)),
        ("GET", second, answer(500)),
        ("GET", second, answer(404)),
        ("GET", second, Fault::Body("{")),
        ("GET", build, answer(404)),
        ("GET", build, answer(403)),
        ("GET", "referrers/", answer(500)),
        ("GET", "manifests/lineage-channels", Fault::Body("{\"subject\":7}")),
    ];
    for (method, path, fault) in cases {
        let what = format!("{path}: {fault:?}");
        registry.fail(method, path, 99, fault);
        let output = ci.lineage(["prune", "--tagged", "--apply"]);
        assert_eq!(output.code, 3, "{what}: {}", output.text());
        assert!(output.text().contains("nothing was deleted"), "{what}: {}", output.text());
        registry.heal();
        assert_eq!((names(&registry), registry.count("DELETE", "")), (all.clone(), 0), "{what}");
    }
    // What the channels point at has to be known, too.
    let document = registry.state().manifests.remove("test-workflow:lineage-channels").expect("it is there");
    let other = (document.0.clone(), b"{\"layers\":[]}".to_vec());
    registry.state().manifests.insert("test-workflow:lineage-channels".to_owned(), other);
    drop(ci.lineage(["prune", "--tagged", "--apply"]).exits(3).says(&["nothing was deleted"]));
    registry.state().manifests.insert("test-workflow:lineage-channels".to_owned(), document);
    drop(ci.lineage(["prune", "nothing"]).exits(2).says(&["no chart nothing"]));
    drop(ci.lineage(["prune", "--apply", "-n"]).exits(2));
    drop(ci.lineage(["prune", "--tagged"]).exits(0).says(&["12 would go"]).says_nothing_of(&["deleted"]));
}

/// A world whose policy names GitHub, which lists what is in the registry.
fn on_github(registry: &Registry, personal: bool) -> (World, GitHub) {
    let world = released(registry);
    world.change_policy(&text(registry).replacen("version = 1\n", "version = 1\nforge = \"github\"\n", 1));
    let github = GitHub::start(&world);
    world.set_variables(github.job());
    let created = "2025-01-01T00:00:00Z";
    let packages = Packages { registry: registry.clone(), personal, created, besides: Vec::new() };
    github.with(|state| state.packages = Some(packages));
    (world, github)
}

#[test]
fn x20_on_github_what_has_no_tag_is_seen() {
    for personal in [false, true] {
        let registry = registry();
        let (world, github) = on_github(&registry, personal);
        let ci = world.ci();
        let before = names(&registry);
        let builds: Vec<Vec<String>> = (0..3).map(|number| build(&registry, number)).collect();
        // Neither a list nor an API leads to this one: its subject does.
        listed_by_api(&registry, &builds[2]);
        let junk = put(&registry, MANIFEST, &json!({ "layers": [], "junk": true }), &[]);
        let output = ci.lineage(["prune"]).exits(0);
        drop(output.says(&["nothing refers to it", "--apply deletes it"]).says_nothing_of(&["not seen"]));
        assert!(has(&registry, &junk));
        let done = ci.lineage(["prune", "--apply", "--json"]).exits(0).json();
        let goes = done["charts"][0]["goes"].as_array().expect("a list").clone();
        for line in &goes {
            // Beside the oldest build with what is about it, only what no tag leads to.
            let digest = format!("sha256:{}", line["digest"].as_str().expect("a digest"));
            assert!(builds[0].contains(&digest) || line["tags"] == json!([]), "{line}");
        }
        assert!(!has(&registry, &junk));
        assert!(builds[0].iter().all(|part| !has(&registry, part)));
        assert!(builds[1].iter().all(|part| has(&registry, part)));
        assert!(has(&registry, &builds[2][1]), "a signature without a tag, of a build that stays");
        assert_eq!(registry.count("DELETE", ""), 0, "GitHub's registry deletes by GitHub's API");
        let kind = if personal { "user" } else { "org" };
        assert_eq!(github.asked(&format!("packages/delete-package-version-for-{kind}")), goes.len());
        unharmed(&registry, &before, &ci);
        // What was pushed just now may be on its way to somewhere.
        put(&registry, MANIFEST, &json!({ "layers": [], "junk": 2 }), &[]);
        github.with(|state| {
            if let Some(packages) = &mut state.packages {
                packages.created = "2099-01-01T00:00:00Z";
            }
        });
        drop(ci.lineage(["prune", "--apply"]).exits(0).says(&["nothing goes"]));
    }
}

#[test]
fn rp_6_on_github_what_does_not_agree_is_left_alone() {
    let registry = registry();
    let (world, github) = on_github(&registry, false);
    let ci = world.ci();
    for number in 0..3 {
        build(&registry, number);
    }
    let all = names(&registry);
    let refused = |code: i32, says: &[&str]| {
        drop(ci.lineage(["prune", "--apply"]).exits(code).says(says));
        assert_eq!(names(&registry), all);
    };
    for operation in ["packages/get-all-package-versions-for-package-owned-by-org"] {
        for status in [403, 500] {
            github.fail(crate::github::Fault::status(operation, status).times(9));
            refused(3, &["nothing was deleted"]);
            github.heal();
        }
    }
    // GitHub lists what the registry does not have, and the other way round.
    let besides = |digests: Vec<String>| {
        github.with(|state| {
            if let Some(packages) = &mut state.packages {
                packages.besides = digests;
            }
        });
    };
    besides(vec![format!("sha256:{}", "7".repeat(64))]);
    refused(3, &["do not list the same", "nothing was deleted"]);
    besides(Vec::new());
    // No such package, or none this token may see.
    github.with(|state| state.packages = None);
    refused(3, &["GitHub lists none of this one", "nothing is deleted"]);
    assert_eq!(at(&registry, "test-workflow:prod"), at(&registry, "test-workflow:0.2.0"));
}
