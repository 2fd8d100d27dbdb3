//! Whether the stand-in itself is what it says: shapes refused, states kept, faults in order.

use serde_json::{Value, json};

use super::access::{APP, INSTALLATION};
use super::http::ask;
use super::{Fault, GitHub, REPOSITORY};
use crate::world::{Stop, World};

/// Asks as somebody, and gives status and body.
fn say(github: &GitHub, token: &str, what: &str, body: &Value) -> (u16, Value) {
    let (status, _, body) = ask(
        github.port(),
        what,
        &[("Authorization", &format!("Bearer {token}")), ("User-Agent", "test")],
        &if body.is_null() { String::new() } else { body.to_string() },
    );
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn scene() -> (World, GitHub, String) {
    let world = World::at(Stop::Seeded);
    let github = GitHub::start(&world);
    let token = github.token("ada", "ghp_", &super::access::PIPELINE);
    (world, github, token)
}

#[test]
fn what_git_pushes_the_api_shows_and_the_other_way_round() {
    let (world, github, token) = scene();
    let dev = world.dev();
    dev.git(["checkout", "-q", "-b", "feature/x"]);
    dev.write("charts/test-workflow/values.yaml", "replicas: 2\n");
    let commit = dev.commit("feat: two");
    dev.git(["push", "-q", "origin", "feature/x"]);
    let (status, found) = say(&github, &token, "GET /repos/octo/charts/git/ref/heads/feature/x", &Value::Null);
    assert_eq!((status, found["object"]["sha"].as_str()), (200, Some(&*commit)));
    let pull = json!({ "title": "feat: two", "head": "feature/x", "base": "main", "body": "b" });
    let (status, opened) = say(&github, &token, "POST /repos/octo/charts/pulls", &pull);
    assert_eq!((status, opened["head"]["sha"].as_str()), (201, Some(&*commit)), "{opened}");
    let (status, again) = say(&github, &token, "POST /repos/octo/charts/pulls", &pull);
    assert_eq!(status, 422, "{again}");
    let stale = json!({ "sha": "0".repeat(40), "merge_method": "squash" });
    assert_eq!(say(&github, &token, "PUT /repos/octo/charts/pulls/1/merge", &stale).0, 409);
    let merge = json!({ "sha": commit, "merge_method": "squash" });
    let (status, merged) = say(&github, &token, "PUT /repos/octo/charts/pulls/1/merge", &merge);
    assert_eq!(status, 200, "{merged}");
    dev.git(["fetch", "-q", "origin"]);
    assert_eq!(dev.rev("origin/main"), merged["sha"].as_str().unwrap());
    assert_eq!(dev.git(["log", "-1", "--format=%s", "origin/main"]), "feat: two (#1)");
    let merge = say(&github, &token, "PUT /repos/octo/charts/pulls/1/merge", &merge);
    assert_eq!(merge.0, 405);
}

#[test]
fn what_the_description_does_not_have_is_refused() {
    let (_world, github, token) = scene();
    let pull = json!({ "title": "t", "head": "integration", "base": "main", "bdoy": "b" });
    assert_eq!(say(&github, &token, "POST /repos/octo/charts/pulls", &pull).0, 422);
    assert_eq!(say(&github, &token, "GET /repos/octo/charts/pulls?heads=x", &Value::Null).0, 422);
    assert_eq!(say(&github, &token, "GET /repos/octo/charts/pullz", &Value::Null).0, 404);
    let wrong = github.violations();
    assert_eq!(wrong.len(), 3, "{wrong:#?}");
    assert!(wrong[0].contains(".bdoy: GitHub knows no such field"), "{wrong:#?}");
    assert!(wrong[1].contains("?heads"), "{wrong:#?}");
}

#[test]
fn who_may_not_is_told_what_is_missing() {
    let (_world, github, _) = scene();
    let token = github.token("eve", "ghs_", &["contents=read"]);
    let (status, headers, _) = ask(
        github.port(),
        "POST /repos/octo/charts/git/refs",
        &[("Authorization", &format!("Bearer {token}")), ("User-Agent", "test")],
        &json!({ "ref": "refs/heads/x", "sha": "0".repeat(40) }).to_string(),
    );
    assert_eq!(status, 403);
    assert_eq!(headers.get("x-accepted-github-permissions").map(String::as_str), Some("contents=write"));
    assert_eq!(say(&github, "nobody", "GET /repos/octo/charts", &Value::Null).0, 401);
    let app = format!("POST /app/installations/{INSTALLATION}/access_tokens");
    assert_eq!(say(&github, &token, &app, &json!({})).0, 401);
    assert_eq!(APP, 123_456);
}

#[test]
fn lists_come_in_pages_and_answers_have_tags() {
    let (_world, github, token) = scene();
    github.with(|state| {
        let repository = state.repository(REPOSITORY);
        for number in 0..3 {
            repository.plant(&format!("sha256:{}", "a".repeat(64)), json!({ "n": number }));
        }
    });
    let asked = |path: &str, tag: &str| {
        let given = format!("Bearer {token}");
        ask(
            github.port(),
            &format!("GET {path}"),
            &[("Authorization", &given), ("User-Agent", "test"), ("If-None-Match", tag)],
            "",
        )
    };
    let path = format!("/repos/octo/charts/attestations/sha256:{}?per_page=2", "a".repeat(64));
    let (_, headers, body) = asked(&path, "");
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["attestations"].as_array().unwrap().len(), 2);
    assert!(headers["link"].contains("rel=\"next\""), "{headers:?}");
    assert_eq!(asked(&path, &headers["etag"]).0, 304);
}

#[test]
fn faults_come_where_they_were_put() {
    let (_world, github, token) = scene();
    github.fail(Fault::status("repos/get", 502).after(1));
    github.fail(Fault::cut("pulls/list"));
    let get = || say(&github, &token, "GET /repos/octo/charts", &Value::Null).0;
    assert_eq!([get(), get(), get()], [200, 502, 200]);
    let list = || say(&github, &token, "GET /repos/octo/charts/pulls", &Value::Null).0;
    assert_eq!([list(), list()], [0, 200]);
    assert_eq!(github.asked("repos/get"), 3);
    github.fail(Fault::expire("pulls/list"));
    assert_eq!(list(), 401);
}

#[test]
fn an_immutable_release_stays_as_it_is() {
    let (world, github, token) = scene();
    github.with(|state| state.repository(REPOSITORY).immutable_releases = true);
    world.dev().git(["tag", "-a", "-m", "v", "x-v1.0.0"]);
    world.dev().git(["push", "-q", "origin", "x-v1.0.0"]);
    let body = json!({ "tag_name": "x-v1.0.0", "name": "x: v1.0.0", "draft": true });
    let (status, release) = say(&github, &token, "POST /repos/octo/charts/releases", &body);
    assert_eq!(status, 201, "{release}");
    let at = format!("/repos/octo/charts/releases/{}", release["id"]);
    let upload = |name: &str| say(&github, &token, &format!("POST {at}/assets?name={name}"), &json!("bytes"));
    let (status, asset) = upload("x-1.0.0+b1.tgz");
    assert_eq!((status, asset["name"].as_str()), (201, Some("x-1.0.0+b1.tgz")));
    assert_eq!(upload("x-1.0.0+b1.tgz").0, 422);
    assert_eq!(say(&github, &token, "GET /repos/octo/charts/releases/tags/x-v1.0.0", &Value::Null).0, 404);
    assert_eq!(say(&github, &token, &format!("PATCH {at}"), &json!({ "draft": false })).0, 200);
    assert_eq!(say(&github, &token, "GET /repos/octo/charts/releases/tags/x-v1.0.0", &Value::Null).0, 200);
    assert_eq!(upload("late.txt").0, 422);
}

#[test]
fn rulesets_hide_who_may_pass_them_by() {
    let (_world, github, token) = scene();
    let admin = github.token("root", "ghp_", &["administration=write"]);
    let one = json!({
        "name": "lineage/main", "target": "branch", "enforcement": "active",
        "bypass_actors": [{ "actor_id": 123_456, "actor_type": "Integration", "bypass_mode": "always" }],
        "conditions": { "ref_name": { "include": ["refs/heads/main"], "exclude": [] } },
        "rules": [{ "type": "deletion" }],
    });
    assert_eq!(say(&github, &token, "POST /repos/octo/charts/rulesets", &one).0, 403);
    let (status, made) = say(&github, &admin, "POST /repos/octo/charts/rulesets", &one);
    assert_eq!(status, 201, "{made}");
    let at = format!("GET /repos/octo/charts/rulesets/{}", made["id"]);
    assert_eq!(say(&github, &token, &at, &Value::Null).1.get("bypass_actors"), None);
    assert!(say(&github, &admin, &at, &Value::Null).1["bypass_actors"].is_array());
    let (_, rules) = say(&github, &token, "GET /repos/octo/charts/rules/branches/main", &Value::Null);
    assert_eq!(rules[0]["type"], "deletion");
}
