//! The room `github` against the stand-in: credentials, limits, pages, lost answers (issue 5: "no blind resend of
//! writes", "the missing permission named").

use std::sync::{Arc, Mutex};
use std::time::Duration;

use git_lineage::github::pulls::{Became, How, Merge, Merged, Wanted};
use git_lineage::github::releases::{Draft, Standing};
use git_lineage::github::{Access, Address, Error, GitHub as Client, Pace, Slug, access::Hidden};
use git_lineage::model::Sha256;
use serde_json::{Value, json};

use crate::github::{APP_KEY, Fault, GitHub, REPOSITORY};
use crate::world::{Stop, World};

/// A GitHub with a pushed branch, somebody who asks it, and what he waited.
struct Scene {
    world: World,
    github: GitHub,
    waits: Arc<Mutex<Vec<u64>>>,
}

const WANTED: Wanted<'_> = Wanted { head: "feature/x", base: "main", title: "feat: two", body: "why\n" };

impl Scene {
    fn new() -> Self {
        let world = World::at(Stop::Seeded);
        let dev = world.dev();
        dev.git(["checkout", "-q", "-b", "feature/x"]);
        dev.write("charts/test-workflow/values.yaml", "replicas: 2\n");
        dev.commit("feat: two");
        dev.git(["push", "-q", "origin", "feature/x"]);
        let github = GitHub::start(&world);
        Self { world, github, waits: Arc::default() }
    }

    fn with(&self, access: Access) -> Client {
        let waits = Arc::clone(&self.waits);
        let pace = Pace {
            sleep: Box::new(move |wait| waits.lock().unwrap().push(wait.as_secs())),
            pauses: vec![Duration::from_secs(1), Duration::from_secs(2)],
            longest: Duration::from_secs(300),
        };
        let address = Address::of_api(&self.github.url()).unwrap();
        Client::new(address, Slug::parse(REPOSITORY).unwrap(), access, pace).unwrap()
    }

    fn client(&self) -> Client {
        let all = ["contents=write", "pull_requests=write", "attestations=write", "administration=read"];
        self.with(Access::Token(Hidden::new(&self.github.token("ada", "ghp_", &all))))
    }

    fn waited(&self) -> Vec<u64> {
        std::mem::take(&mut *self.waits.lock().unwrap())
    }

    fn tip(&self) -> String {
        self.world.dev().rev("refs/heads/feature/x")
    }
}

fn squash(sha: &str) -> Merge<'_> {
    Merge { sha, how: How::Squash, title: "feat: two", message: "", later: false }
}

#[test]
fn a_pull_request_is_opened_then_updated_then_left_alone() {
    let scene = Scene::new();
    let client = scene.client();
    let (pull, became) = client.propose(&WANTED).unwrap();
    assert_eq!((pull.number, became), (1, Became::Opened));
    assert_eq!(client.propose(&WANTED).unwrap().1, Became::Unchanged);
    let other = Wanted { body: "because", ..WANTED };
    let (pull, became) = client.propose(&other).unwrap();
    assert_eq!((pull.number, became, pull.body.as_deref()), (1, Became::Updated, Some("because")));
    assert_eq!(scene.github.asked("pulls/create"), 1);
}

#[test]
fn w4_4_who_loses_the_race_takes_the_others_pull_request() {
    let scene = Scene::new();
    scene.client().propose(&WANTED).unwrap();
    // It does not see the other's at first.
    scene.github.fail(Fault::empty("pulls/list"));
    let (pull, became) = scene.client().propose(&Wanted { title: "feat: other", ..WANTED }).unwrap();
    assert_eq!((pull.number, became, &*pull.title), (1, Became::Updated, "feat: other"));
    assert_eq!(scene.github.asked("pulls/create"), 2);
}

#[test]
fn a_lost_answer_is_looked_for_and_the_write_is_not_repeated() {
    for lost in [Fault::cut("pulls/create").afterwards(), Fault::status("pulls/create", 502).afterwards()] {
        let scene = Scene::new();
        scene.github.fail(lost);
        let (pull, _) = scene.client().propose(&WANTED).unwrap();
        assert_eq!((pull.number, scene.github.asked("pulls/create")), (1, 1));
    }
    for lost in [Fault::cut("pulls/create"), Fault::status("pulls/create", 500)] {
        let scene = Scene::new();
        scene.github.fail(lost);
        let error = scene.client().propose(&WANTED).unwrap_err();
        assert!(matches!(error, Error::Unsure { .. }), "{error}");
        assert_eq!(scene.github.asked("pulls/create"), 1);
    }
}

#[test]
fn a_read_is_repeated_and_then_given_up() {
    let scene = Scene::new();
    scene.github.fail(Fault::status("repos/get", 502));
    scene.github.fail(Fault::cut("repos/get").after(1));
    assert_eq!(scene.client().repository().unwrap().id, 4711);
    assert_eq!(scene.waited(), [1, 2]);
    scene.github.fail(Fault::wait("repos/get", 300));
    assert_eq!(scene.client().repository().unwrap().id, 4711);
    scene.github.fail(Fault::status("repos/get", 503).times(3));
    assert!(matches!(scene.client().repository(), Err(Error::Unreachable { .. })));
}

#[test]
fn limits_are_obeyed_for_a_bounded_time() {
    let scene = Scene::new();
    scene.github.fail(Fault::limited("pulls/create", 403, &[("retry-after", "7")]));
    scene.github.fail(Fault::limited("pulls/create", 429, &[]).after(1));
    assert_eq!(scene.client().propose(&WANTED).unwrap().1, Became::Opened);
    // A secondary limit that says no time is a minute at least, and longer each time.
    assert_eq!(scene.waited(), [7, 120]);
    let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9999999999")];
    scene.github.fail(Fault::limited("repos/get", 403, &spent));
    let error = scene.client().repository().unwrap_err();
    assert!(matches!(error, Error::Limited { seconds: 1_000_000.., .. }), "{error}");
    assert_eq!(scene.waited(), [0_u64; 0]);
}

#[test]
fn the_missing_permission_is_named_and_no_token_is_said_so() {
    let scene = Scene::new();
    let reader = scene.with(Access::Token(Hidden::new(&scene.github.token("eve", "ghs_", &["contents=read"]))));
    match reader.propose(&WANTED) {
        Err(Error::Forbidden { permission, .. }) => assert_eq!(permission.as_deref(), Some("pull_requests=write")),
        other => panic!("{other:?}"),
    }
    assert!(matches!(scene.with(Access::Nobody).propose(&WANTED), Err(Error::NoToken { .. })));
    let wrong = scene.with(Access::Token(Hidden::new("ghp_wrong")));
    let error = wrong.repository().unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert!(!format!("{error:?} {wrong:?}").contains("ghp_wrong"));
}

#[test]
fn an_app_makes_its_token_and_makes_another_when_that_ends() {
    let scene = Scene::new();
    let client = scene.with(Access::app("123456", APP_KEY, None).unwrap());
    assert_eq!(client.propose(&WANTED).unwrap().1, Became::Opened);
    assert_eq!(scene.github.asked("apps/create-installation-access-token"), 1);
    // In the middle of its work every token ends.
    scene.github.fail(Fault::expire("pulls/update"));
    assert_eq!(client.propose(&Wanted { body: "later", ..WANTED }).unwrap().1, Became::Updated);
    assert_eq!(scene.github.asked("apps/create-installation-access-token"), 2);
    assert_eq!(scene.github.asked("apps/get-repo-installation"), 2);
    let stranger = scene.with(Access::app("1", APP_KEY, None).unwrap());
    assert!(matches!(stranger.repository(), Err(Error::Unauthorized { .. })));
}

#[test]
fn a_persons_token_that_ends_is_told_and_nothing_is_tried_again() {
    let scene = Scene::new();
    scene.github.fail(Fault::expire("pulls/create"));
    assert!(matches!(scene.client().propose(&WANTED), Err(Error::Unauthorized { .. })));
    assert_eq!(scene.github.asked("pulls/create"), 1);
}

#[test]
fn no_redirect_is_followed() {
    let scene = Scene::new();
    scene.github.fail(Fault::moved("repos/get", "http://127.0.0.1:9/elsewhere"));
    assert!(matches!(scene.client().repository(), Err(Error::Moved { .. })));
}

#[test]
fn a_merge_is_pinned_to_what_was_judged() {
    let scene = Scene::new();
    let client = scene.client();
    let judged = scene.tip();
    let (pull, _) = client.propose(&WANTED).unwrap();
    let dev = scene.world.dev();
    dev.write("README.md", "# Other\n");
    dev.commit("docs: sneaked in");
    dev.git(["push", "-q", "origin", "feature/x"]);
    let error = client.merge(&pull, &squash(&judged)).unwrap_err();
    assert!(matches!(error, Error::Refused { status: 409, .. }), "{error}");
    let now = scene.tip();
    // The answer is lost, and what became of it is told by looking.
    scene.github.fail(Fault::cut("pulls/merge").afterwards());
    let Merged::Commit(commit) = client.merge(&pull, &squash(&now)).unwrap() else { panic!("it is merged") };
    assert_eq!(scene.world.origin().rev("refs/heads/main"), commit);
    assert_eq!(client.merge(&pull, &squash(&now)).unwrap(), Merged::Commit(commit));
    assert!(client.pull(pull.number).unwrap().merged());
}

fn rules(scene: &Scene, rules: Value) {
    let body = json!({
        "name": "main", "target": "branch", "enforcement": "active", "bypass_actors": [],
        "conditions": { "ref_name": { "include": ["refs/heads/main"], "exclude": [] } }, "rules": rules,
    });
    let admin = scene.github.token("root", "ghp_", &["administration=write"]);
    let admin = scene.with(Access::Token(Hidden::new(&admin)));
    let made = admin.create_ruleset(&body).unwrap();
    assert_eq!(made.bypass, Some(Vec::new()));
    let seen = scene.client().rulesets(false).unwrap();
    // Who may not administer is not told who may pass it by: that is not the same as nobody.
    assert_eq!(seen[0].bypass, None);
    assert_eq!(scene.client().branch_rules("main").unwrap().len(), 1);
}

#[test]
fn what_the_rules_still_ask_for_is_refused_waited_for_or_queued() {
    let scene = Scene::new();
    let client = scene.client();
    let check = json!([{ "context": "lineage-verify", "integration_id": 15_368 }]);
    let parameters = json!({ "required_status_checks": check, "strict_required_status_checks_policy": true });
    rules(&scene, json!([{ "type": "required_status_checks", "parameters": parameters }]));
    let (pull, _) = client.propose(&WANTED).unwrap();
    let tip = scene.tip();
    assert!(matches!(client.merge(&pull, &squash(&tip)), Err(Error::Refused { status: 405, .. })));
    let later = Merge { later: true, ..squash(&tip) };
    let error = client.merge(&pull, &later).unwrap_err();
    assert!(error.to_string().contains("Auto merge is not allowed"), "{error}");
    scene.github.with(|state| state.repository(REPOSITORY).settings["allow_auto_merge"] = json!(true));
    assert!(matches!(client.merge(&pull, &later).unwrap(), Merged::Waiting(_)));
    assert!(client.pull(1).unwrap().auto_merge.is_some());

    let scene = Scene::new();
    let parameters = json!({
        "check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5,
        "max_entries_to_merge": 1, "merge_method": "SQUASH", "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 0,
    });
    rules(&scene, json!([{ "type": "merge_queue", "parameters": parameters }]));
    let (pull, _) = scene.client().propose(&WANTED).unwrap();
    assert_eq!(scene.client().merge(&pull, &squash(&scene.tip())).unwrap(), Merged::Queued);
    scene.github.with(|state| state.run_queue(REPOSITORY));
    assert!(scene.client().pull(1).unwrap().merged());
}

#[test]
fn a_review_that_is_asked_for_is_one_of_this_very_commit() {
    let scene = Scene::new();
    let parameters = json!({
        "dismiss_stale_reviews_on_push": true, "require_code_owner_review": false,
        "require_last_push_approval": false, "required_approving_review_count": 1,
        "required_review_thread_resolution": false,
    });
    rules(&scene, json!([{ "type": "pull_request", "parameters": parameters }]));
    let (pull, _) = scene.client().propose(&WANTED).unwrap();
    let approve = |commit: &str| {
        scene.github.with(|state| state.repository(REPOSITORY).approve(1, "grace", commit));
    };
    approve(&"0".repeat(40));
    let refused = scene.client().merge(&pull, &squash(&scene.tip())).unwrap_err();
    assert!(refused.to_string().contains("approving review is required"), "{refused}");
    approve(&scene.tip());
    assert!(matches!(scene.client().merge(&pull, &squash(&scene.tip())), Ok(Merged::Commit(_))));
}

#[test]
fn p_02_a_forks_branch_of_the_same_name_is_not_ours() {
    let scene = Scene::new();
    scene.github.fork(&scene.world, "evil");
    let evil = scene.github.token("evil", "ghp_", &["contents=write", "pull_requests=write"]);
    let evil = scene.with(Access::Token(Hidden::new(&evil)));
    let (theirs, _) = evil.propose(&Wanted { head: "evil:feature/x", ..WANTED }).unwrap_or_else(|_| {
        // The room refuses to take it for one of ours.
        let found = evil.pull(1).unwrap();
        (found, Became::Opened)
    });
    assert!(!theirs.is_own());
    assert_eq!(scene.client().open_pull("feature/x", "main").unwrap(), None);
    scene.github.with(|state| state.repository(REPOSITORY).pull(1).head_repository = None);
    assert!(!scene.client().pull(1).unwrap().is_own());
    // GitHub's description says that a head's repository is never null; it is, once the fork is deleted.
    assert!(!scene.github.violations().is_empty());
}

#[test]
fn attestations_come_back_byte_for_byte_from_every_page_and_place() {
    let scene = Scene::new();
    let client = scene.client();
    let digest = Sha256::of("content");
    assert!(client.kept(digest).unwrap().is_empty());
    let statement =
        json!({ "subject": [{ "name": "x", "digest": { "sha256": digest.to_string() } }] }).to_string();
    let payload = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, statement);
    let bundle = json!({
        "mediaType": "m", "verificationMaterial": {}, "dsseEnvelope": { "payload": payload, "signatures": [] },
    });
    let first = client.keep(&bundle.to_string()).unwrap();
    for _ in 0..120 {
        scene.github.with(|state| {
            state.repository(REPOSITORY).plant(&format!("sha256:{digest}"), bundle.clone());
        });
    }
    assert!(first > 0);
    assert_eq!(client.kept(digest).unwrap().len(), 121);
    scene.github.with(|state| state.bundles_by_address = true);
    // Snappy, from another host, which is shown no credential.
    let kept = client.kept(digest).unwrap();
    assert_eq!(kept.len(), 121);
    let unpacked = git_lineage::sigstore::delivered(&kept[0]);
    assert_eq!(unpacked[0].as_ref().unwrap().bundle, bundle.to_string());
    assert_eq!(client.keep("not json").map_err(|e| matches!(e, Error::Protocol { .. })), Err(true));
}

#[test]
fn a_release_is_drafted_filled_and_published_and_nothing_is_replaced() {
    let scene = Scene::new();
    let client = scene.client();
    scene.github.with(|state| state.repository(REPOSITORY).immutable_releases = true);
    assert!(client.immutable_releases().unwrap());
    let dev = scene.world.dev();
    dev.git(["tag", "-a", "-m", "v", "x-v1.0.0"]);
    dev.git(["push", "-q", "origin", "x-v1.0.0"]);
    let draft = Draft { tag: "x-v1.0.0", title: "x: v1.0.0", notes: "n", prerelease: false };
    scene.github.fail(Fault::cut("repos/create-release").afterwards());
    let made = client.draft(&draft).unwrap();
    assert_eq!(scene.github.asked("repos/create-release"), 1);
    // The first upload breaks off in the middle, the second's answer is lost.
    scene.github.fail(Fault::cut("repos/upload-release-asset").afterwards());
    client.upload(&made, "x-1.0.0+b1.tgz", b"package").unwrap();
    client.upload(&made, "x-1.0.0+b1.tgz", b"package").unwrap();
    assert_eq!(scene.github.asked("repos/upload-release-asset"), 1);
    let other = client.upload(&made, "x-1.0.0+b1.tgz", b"other").unwrap_err();
    assert!(matches!(other, Error::Refused { status: 409, .. }), "{other}");
    scene.github.with(|state| {
        let mut releases = state.repository(REPOSITORY).released();
        releases[0].assets[0].state = "starter".to_owned();
    });
    client.upload(&made, "x-1.0.0+b1.tgz", b"package").unwrap();
    assert_eq!(scene.github.asked("repos/delete-release-asset"), 1);
    // GitHub's description knows `starter` from its text alone.
    assert!(scene.github.violations().iter().all(|fault| fault.contains("\"starter\" is none of")));
    let renamed = client.upload(&made, "x y.tgz", b"package").unwrap_err();
    assert!(renamed.to_string().contains("GitHub calls it x.y.tgz"), "{renamed}");
    client.publish_release(&made, &draft, false).unwrap();
    let published = client.release("x-v1.0.0").unwrap().unwrap();
    assert!(published.immutable && !published.draft);
    assert_eq!(published.standing("x-1.0.0+b1.tgz", b"package"), Standing::Same);
    assert_eq!(client.download(&published.assets[0]).unwrap(), b"package");
    assert!(client.upload(&published, "late", b"x").is_err());
}

#[test]
fn what_is_still_worked_out_is_waited_for_at_no_cost_and_merged_then() {
    let scene = Scene::new();
    let client = scene.client();
    let (pull, _) = client.propose(&WANTED).unwrap();
    // As right after a push: nobody knows yet whether it can be merged, so that it cannot.
    scene.github.fail(Fault::status("pulls/merge", 405));
    scene.github.fail(Fault::undecided("pulls/get").times(3));
    assert!(matches!(client.merge(&pull, &squash(&scene.tip())), Ok(Merged::Commit(_))));
    assert_eq!((scene.github.asked("pulls/get"), scene.github.asked("pulls/merge")), (4, 2));
    assert!(client.pull(1).unwrap().merged());
}

#[test]
fn what_was_refused_and_is_known_is_not_asked_for_again() {
    let scene = Scene::new();
    let client = scene.client();
    let (pull, _) = client.propose(&WANTED).unwrap();
    scene.github.fail(Fault::status("pulls/merge", 405));
    let refused = client.merge(&pull, &squash(&scene.tip())).unwrap_err();
    assert!(matches!(refused, Error::Refused { status: 405, .. }), "{refused}");
    assert_eq!((scene.github.asked("pulls/get"), scene.github.asked("pulls/merge")), (1, 1));
}
