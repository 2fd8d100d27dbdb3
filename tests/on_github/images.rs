//! `bump --image` on GitHub: its pull request is opened once and kept up to date.

use serde_json::json;

use crate::bump_image::{files, mapped};
use crate::github::{Fault, GitHub, REPOSITORY};
use crate::world::{Output, World};

const BRANCH: &str = "image/test-workflow/o-web";

fn scene() -> (World, GitHub) {
    let policy = mapped().replacen("version = 1\n", "version = 1\nforge = \"github\"\n", 1);
    let world = World::seeded_with(&files(&policy));
    let github = GitHub::start(&world);
    world.set_variables(github.job());
    (world, github)
}

fn bump(world: &World, tag: &str, digit: char) -> Output {
    let image = format!("registry.example/o/web:{tag}@sha256:{}", digit.to_string().repeat(64));
    world.ci().lineage(["bump", "test-workflow", "--image", &image, "--json"])
}

fn open(github: &GitHub) -> Vec<(u64, String, String)> {
    github.with(|state| state.repository(REPOSITORY).open())
}

#[test]
fn ba_8_one_pull_request_is_opened_and_follows_the_image() {
    let (world, github) = scene();
    let planned = bump_planned(&world);
    assert!(planned.contains("open or update the pull request from image/test-workflow/o-web to integration"));
    assert!(open(&github).is_empty());
    let said = bump(&world, "v1.11", 'a').exits(0).json();
    assert_eq!((&said["pull"]["number"], &said["pull"]["outcome"]), (&json!(1), &json!("created")), "{said}");
    let one = [(1, BRANCH.to_owned(), "integration".to_owned())];
    assert_eq!(open(&github), one);
    let sent = &github.sent("pulls/create")[0];
    assert_eq!(sent["title"], "fix(test-workflow): image registry.example/o/web v1.11");
    assert!(sent["body"].as_str().unwrap().contains("| `appVersion` | `1.10` | `1.11` |"), "{sent}");

    let again = bump(&world, "v1.11", 'a').exits(0).json();
    assert_eq!(
        (&again["outcome"], &again["pull"]["outcome"]),
        (&json!("unchanged"), &json!("unchanged")),
        "{again}"
    );
    let other = bump(&world, "v1.12", 'b').exits(0).json();
    assert_eq!((&other["outcome"], &other["pull"]["outcome"]), (&json!("updated"), &json!("updated")), "{other}");
    assert_eq!((open(&github), github.asked("pulls/create")), (one.to_vec(), 1));
    assert_eq!(github.sent("pulls/update")[0]["title"], "fix(test-workflow): image registry.example/o/web v1.12");

    github.merge(1);
    let merged = bump(&world, "v1.12", 'b').exits(0).json();
    assert_eq!((&merged["outcome"], &merged["pull"]), (&json!("unchanged"), &json!(null)), "{merged}");
    assert!(open(&github).is_empty());
    // The next one is a pull request of its own.
    let next = bump(&world, "v1.13", 'c').exits(0).json();
    assert_eq!(next["pull"]["outcome"], "created", "{next}");
    assert_eq!(open(&github).len(), 1);
}

fn bump_planned(world: &World) -> String {
    let image = format!("registry.example/o/web:v1.11@sha256:{}", "a".repeat(64));
    world.ci().lineage(["bump", "test-workflow", "--image", &image, "--dry-run"]).exits(0).stdout
}

#[test]
fn ba_8_what_was_stopped_on_the_way_is_completed() {
    let (world, github) = scene();
    // GitHub opened it, and nobody heard.
    github.fail(Fault::cut("pulls/create").afterwards());
    bump(&world, "v1.11", 'a').succeeds();
    assert_eq!((open(&github).len(), github.asked("pulls/create")), (1, 1));
    // The branch is there, the pull request is not.
    let (world, github) = scene();
    github.fail(Fault::status("pulls/create", 500).times(9));
    drop(bump(&world, "v1.11", 'a').exits(3));
    assert!(world.origin().has_ref(&format!("refs/heads/{BRANCH}")) && open(&github).is_empty());
    github.heal();
    let said = bump(&world, "v1.11", 'a').exits(0).json();
    assert_eq!((&said["outcome"], &said["pull"]["outcome"]), (&json!("unchanged"), &json!("created")), "{said}");
    // Who may push and not open is told what is missing.
    let token = github.token("eve", "ghs_", &["contents=write"]);
    world.set_variables(github.job_with(token));
    let output = world.ci().lineage([
        "bump",
        "--image",
        &format!("registry.example/o/web:v1.14@sha256:{}", "d".repeat(64)),
    ]);
    drop(output.exits(1).says(&["pull_requests"]));
}
