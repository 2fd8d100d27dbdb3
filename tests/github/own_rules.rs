//! The stand-in's rules hold for its API and for `git push` alike.

use serde_json::{Value, json};

use super::http::ask;
use super::{GitHub, REPOSITORY};
use crate::world::{Output, Site, Stop, World};

/// Who pushes.
#[derive(Clone, Copy, Debug)]
enum Who {
    App,
    Admin,
    Writer,
}

struct Scene {
    world: World,
    github: GitHub,
}

impl Scene {
    fn new() -> Self {
        let world = World::at(Stop::Seeded);
        let github = GitHub::start(&world);
        Self { world, github }
    }

    fn token(&self, who: Who) -> String {
        match who {
            Who::App => self.github.token("lineage-app[bot]", "ghs_", &["contents=write", "pull_requests=write"]),
            Who::Admin => self.github.token("root", "ghp_", &["contents=write", "administration=write"]),
            Who::Writer => self.github.token("ada", "ghp_", &["contents=write", "pull_requests=write"]),
        }
    }

    fn push(&self, who: Who, refspec: &str) -> Output {
        let dev: Site<'_> = self.world.dev();
        let mut command = dev.command("git");
        command.args(["push", "-q", "origin", refspec]).env("GITHUB_TOKEN", self.token(who));
        dev.run(&mut command)
    }

    fn api(&self, who: Who, what: &str, body: &Value) -> (u16, Value) {
        let authorization = format!("Bearer {}", self.token(who));
        let headers = [("Authorization", authorization.as_str()), ("User-Agent", "test")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (method, path) = what.split_once(' ').expect("a method");
        let (status, _, answer) =
            ask(self.github.port(), &format!("{method} /repos/{REPOSITORY}{path}"), &headers, &body);
        (status, serde_json::from_slice(&answer).unwrap_or_default())
    }

    /// A ruleset over a ref; `bypass`: as GitHub has actors.
    fn rule(&self, reference: &str, bypass: Value, rules: Value) {
        self.github.with(|state| state.repository(REPOSITORY).rulesets.clear());
        let target = if reference.starts_with("refs/tags/") { "tag" } else { "branch" };
        self.github.add_ruleset(
            "Repository",
            json!({
                "name": "one", "target": target, "enforcement": "active", "bypass_actors": bypass, "rules": rules,
                "conditions": { "ref_name": { "include": [reference], "exclude": [] } },
            }),
        );
    }

    /// A new commit on the developer's main.
    fn commit(&self) -> String {
        self.world.dev().commit("chore: more")
    }
}

fn app() -> Value {
    json!([{ "actor_id": 123_456, "actor_type": "Integration", "bypass_mode": "always" }])
}

#[test]
fn a_push_is_held_to_the_rules_as_the_api_is() {
    let scene = Scene::new();
    let main = scene.world.origin().rev("refs/heads/main");
    let new = scene.commit();
    // The API moves refs to what is there.
    scene.push(Who::Writer, "HEAD:refs/heads/feature/x").succeeds();
    let rules = [
        (json!({ "type": "update" }), "HEAD:refs/heads/main", "Cannot update"),
        (json!({ "type": "pull_request", "parameters": {} }), "HEAD:refs/heads/main", "through a pull request"),
        (json!({ "type": "deletion" }), ":refs/heads/main", "Cannot delete"),
        (
            json!({ "type": "required_status_checks", "parameters": {
                "required_status_checks": [{ "context": "lint" }] } }),
            "HEAD:refs/heads/main",
            "Required status check \"lint\" is expected",
        ),
    ];
    // Deleting the branch that HEAD names is git's own to refuse.
    scene.world.origin().git(["symbolic-ref", "HEAD", "refs/heads/other"]);
    for (rule, refspec, says) in rules {
        for (who, bypass, passes) in [
            (Who::Writer, app(), false),
            (Who::Admin, app(), false),
            (Who::App, json!([]), false),
            (Who::App, app(), true),
            (
                Who::Admin,
                json!([{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" }]),
                true,
            ),
            (
                Who::Admin,
                json!([{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "pull_request" }]),
                false,
            ),
        ] {
            let what = format!("{rule} {who:?} {bypass}");
            scene.rule("refs/heads/main", bypass, json!([rule]));
            let said = scene.push(who, refspec);
            assert_eq!(said.code == 0, passes, "{what}: {}", said.text());
            assert_eq!(said.text().contains(says), !passes, "{what}: {}", said.text());
            said.done();
            scene.world.origin().git(["update-ref", "refs/heads/main", &main]);
            let (status, answer) = if refspec.starts_with(':') {
                scene.api(who, "DELETE /git/refs/heads/main", &Value::Null)
            } else {
                scene.api(who, "PATCH /git/refs/heads/main", &json!({ "sha": new, "force": false }))
            };
            assert_eq!(status < 300, passes, "{what}: {answer}");
            assert_eq!(answer.to_string().replace('\\', "").contains(says), !passes, "{what}: {answer}");
            scene.world.origin().git(["update-ref", "refs/heads/main", &main]);
        }
    }
    // A check that ran lets it through.
    let checks = json!([{ "type": "required_status_checks", "parameters": {
        "required_status_checks": [{ "context": "lint" }] } }]);
    scene.rule("refs/heads/main", json!([]), checks);
    scene.github.ran(&new, "lint");
    scene.push(Who::Writer, "HEAD:refs/heads/main").succeeds();
}

#[test]
fn tags_are_made_by_the_app_and_moved_by_nobody() {
    let scene = Scene::new();
    let dev = scene.world.dev();
    dev.git(["tag", "-a", "-m", "one", "x-v1.0.0"]);
    let rules = json!([{ "type": "creation" }]);
    scene.rule("refs/tags/*-v*", app(), rules);
    scene.push(Who::Writer, "refs/tags/x-v1.0.0").exits(1).says(&["GH013", "creations being restricted"]).done();
    let sha = dev.rev("HEAD");
    let made = json!({ "ref": "refs/tags/y-v1.0.0", "sha": sha });
    assert_eq!(scene.api(Who::Writer, "POST /git/refs", &made).0, 422);
    // A release that would make the tag is one who makes it.
    let release = json!({ "tag_name": "z-v1.0.0", "target_commitish": "main" });
    assert_eq!(scene.api(Who::Writer, "POST /releases", &release).0, 422);
    scene.push(Who::App, "refs/tags/x-v1.0.0").succeeds();
    assert_eq!(scene.api(Who::App, "POST /git/refs", &made).0, 201);
    scene.rule("refs/tags/*-v*", json!([]), json!([{ "type": "update" }, { "type": "deletion" }]));
    dev.git(["tag", "-f", "-a", "-m", "two", "x-v1.0.0"]);
    scene.push(Who::App, "+refs/tags/x-v1.0.0").exits(1).says(&["Cannot update"]).done();
    scene.push(Who::App, ":refs/tags/x-v1.0.0").exits(1).says(&["Cannot delete"]).done();
    assert_eq!(scene.api(Who::Admin, "DELETE /git/refs/tags/y-v1.0.0", &Value::Null).0, 422);
    // A tag of another name is nobody's business.
    dev.git(["tag", "plain"]);
    scene.push(Who::Writer, "refs/tags/plain").succeeds();
}

#[test]
fn history_is_neither_rewritten_nor_merged_where_that_is_asked() {
    let scene = Scene::new();
    let dev = scene.world.dev();
    let base = dev.rev("HEAD");
    scene.commit();
    scene.push(Who::Writer, "HEAD:refs/heads/main").succeeds();
    scene.rule(
        "~DEFAULT_BRANCH",
        json!([]),
        json!([{ "type": "non_fast_forward" }, { "type": "required_linear_history" }]),
    );
    scene.push(Who::Admin, &format!("+{base}:refs/heads/main")).exits(1).says(&["Cannot force-push"]).done();
    let forced = json!({ "sha": base, "force": true });
    assert_eq!(scene.api(Who::Admin, "PATCH /git/refs/heads/main", &forced).0, 422);
    dev.git(["checkout", "-q", "-b", "side", &base]);
    scene.commit();
    dev.git(["checkout", "-q", "main"]);
    dev.git(["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    scene.push(Who::Admin, "HEAD:refs/heads/main").exits(1).says(&["must not contain merge commits"]).done();
    // Others than main may have them.
    scene.push(Who::Writer, "HEAD:refs/heads/side").succeeds();
}

#[test]
fn a_token_that_may_not_write_pushes_nothing() {
    let scene = Scene::new();
    scene.commit();
    let dev = scene.world.dev();
    let push = |token: &str| {
        let mut command = dev.command("git");
        command.args(["push", "-q", "origin", "HEAD:refs/heads/main"]).env("GITHUB_TOKEN", token);
        dev.run(&mut command)
    };
    let reader = scene.github.token("eve", "ghs_", &["contents=read"]);
    push(&reader).exits(1).says(&["Write access to repository not granted"]).done();
    push("ghs_nobody").exits(1).says(&["Invalid username or token"]).done();
}
