//! The whole line, refused at every call: whatever GitHub says instead of an answer, nothing goes on in spite of it,
//! nothing is said to be done that is not, and the next run ends where it should (issue 5; E14).

use std::collections::BTreeSet;

use expect_test::expect;

use super::Scene;
use crate::github::{Fault, GitHub, REPOSITORY};
use crate::world::{Output, PROBE, TAG};

const BRANCH: &str = "feature/add-probe";
const SUBJECT: &str = "feat(test-workflow): add probe";

/// The calls that change something.
const WRITES: [&str; 8] = [
    "pulls/create",
    "pulls/merge",
    "repos/create-attestation",
    "repos/create-release",
    "repos/upload-release-asset",
    "repos/update-release",
    "repos/create-repo-ruleset",
    "repos/update-repo-ruleset",
];

/// What GitHub says instead of an answer: to every call from some one on, and, of those that change something, to one
/// alone: what is looked up after it is answered.
fn refusals() -> Vec<(String, Fault)> {
    let alone = [403, 404, 409, 422].map(|status| (format!("{status} to it alone"), Fault::status("*", status)));
    let on = [401, 403, 404, 409, 422, 500]
        .map(|status| (format!("{status} from it on"), Fault::status("*", status).times(1_000)));
    // It is obeyed, and nobody waits so long.
    let later = [429, 503].map(|status| {
        let fault = Fault::limited("*", status, &[("Retry-After", "1000")]).times(1_000);
        (format!("{status} from it on"), fault)
    });
    on.into_iter().chain(later).chain(alone).collect()
}

impl Scene {
    /// A contribution whose checks have run, in a repository that keeps attestations and releases on GitHub.
    fn validated() -> Self {
        let scene = Self::begun(&[], |policy| policy + "release = true\n\n[sign]\nstore = \"github\"\n");
        scene.world.contribute(BRANCH, SUBJECT, &PROBE);
        let ci = scene.world.ci();
        ci.fetch();
        ci.git(["checkout", "-q", "--detach", &format!("origin/{BRANCH}")]);
        ci.lineage(["check"]).succeeds();
        scene
    }

    /// All that others can see: refs, pull requests, releases; but for the number of the contribution's pull request,
    /// which a description does without (with a warning) where it cannot be looked up.
    fn standing(&self) -> String {
        let refs = self.world.origin().git(["for-each-ref", "--format=%(refname) %(objectname)"]);
        self.github.with(|state| {
            let repository = state.repository(REPOSITORY);
            let pulls: Vec<String> = (1..=repository.count() as u64)
                .map(|number| {
                    let pull = repository.pull(number);
                    let body =
                        pull.body.replace("in #1, reviewed and merged to", "through").replace("| #1 |", "| – |");
                    format!("{number} {} {:?} {} {body}", pull.open, pull.merged, pull.title)
                })
                .collect();
            let attested = repository.attested();
            let releases: Vec<String> = repository
                .released()
                .into_iter()
                .map(|one| {
                    let files: Vec<&String> = one.assets.iter().map(|file| &file.name).collect();
                    format!("{} {} {files:?}", one.tag, one.draft)
                })
                .collect();
            format!("{refs}\n{}\n{attested}\n{}", pulls.join("\n"), releases.join("\n"))
        })
    }

    /// A verb that is refused at every call.
    fn refused_at_every_call(&self, words: &[&str]) -> BTreeSet<String> {
        let run = || {
            self.world.ci().fetch();
            self.lineage(words)
        };
        refused_at_every_call(&self.github, &run, &|| self.standing())
    }
}

/// Runs something; gives the calls it made besides.
fn counted(github: &GitHub, run: &dyn Fn() -> Output) -> (Output, Vec<String>) {
    let before = github.calls().len();
    let said = run();
    (said, github.calls().split_off(before))
}

/// Runs something that GitHub refuses from its first call on, with everything it may say, then from its second, and so
/// on, until it comes through; `standing` is all that others can see of it. Gives which calls were refused.
pub(super) fn refused_at_every_call(
    github: &GitHub,
    run: &dyn Fn() -> Output,
    standing: &dyn Fn() -> String,
) -> BTreeSet<String> {
    let mut refused = BTreeSet::new();
    let mut seen: Vec<String> = Vec::new();
    for spared in 0..60 {
        let mut came_through = true;
        let (mut reads, mut last) = (false, None);
        for (word, fault) in refusals() {
            if reads && word.ends_with("alone") {
                continue;
            }
            github.fail(fault.after(spared));
            let (said, calls) = counted(github, run);
            github.heal();
            let Some(call) = calls.into_iter().nth(spared) else {
                said.succeeds();
                break;
            };
            came_through = false;
            reads = !WRITES.contains(&call.as_str());
            refused.insert(call.clone());
            let what = format!("{call} behind {spared}, {word}: {}", said.text());
            assert!(!said.stderr.contains("panicked"), "{what}");
            assert!(matches!(said.code, 0 | 1 | 3 | 4), "{what}");
            if said.code == 0 {
                // Then it was done without: nothing is left to do.
                let done = standing();
                run().succeeds();
                assert_eq!(standing(), done, "{what}");
            } else {
                assert!(!said.stderr.is_empty() || !said.stdout.is_empty(), "{what}: not a word");
            }
            said.done();
            // Twelve files are uploaded alike.
            let alike = seen.iter().filter(|name| **name == call).count();
            last = Some(call);
            if alike >= 2 {
                break;
            }
        }
        seen.extend(last);
        if came_through {
            return refused;
        }
    }
    panic!("it does not come to an end");
}

#[test]
fn e14_whatever_github_refuses_up_to_main_is_not_gone_on_with() {
    let scene = Scene::validated();
    let mut refused = BTreeSet::new();
    for words in [&["check", "--sign"][..], &["check", "--seal"]] {
        refused.extend(scene.refused_at_every_call(words));
    }
    scene.merge_by_hand(BRANCH, "integration", SUBJECT);
    scene.world.ci().fetch();
    for words in [&["split"][..], &["propose", "test-workflow"], &["bump", "test-workflow"]] {
        refused.extend(scene.refused_at_every_call(words));
    }
    let guard = ["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge"];
    refused.extend(scene.refused_at_every_call(&guard));
    assert!(scene.open().is_empty(), "it is merged");
    expect![[r#"
        pulls/create
        pulls/list
        pulls/merge
        repos/create-attestation
        repos/list-pull-requests-associated-with-commit
    "#]]
    .assert_eq(&listed(&refused));
}

#[test]
fn e14_whatever_github_refuses_after_main_is_not_gone_on_with() {
    let scene = Scene::split_with("release = true\n\n[sign]\nstore = \"github\"\n");
    for words in [&["bump", "test-workflow"][..], &["propose", "--merge"]] {
        scene.lineage(words).succeeds();
        scene.world.ci().fetch();
    }
    let promote = format!("promote/{TAG}");
    let mut refused = BTreeSet::new();
    for words in [
        &["tag", "test-workflow"][..],
        &["build", TAG],
        &["guard", "--stage", "release", "--head-ref", &promote, "--merge"],
        &["publish", TAG],
    ] {
        refused.extend(scene.refused_at_every_call(words));
    }
    assert!(scene.open().is_empty(), "it is merged");
    expect![[r#"
        git/get-ref
        pulls/list
        pulls/merge
        repos/create-attestation
        repos/create-release
        repos/get-release
        repos/get-release-by-tag
        repos/list-pull-requests-associated-with-commit
        repos/list-release-assets
        repos/list-releases
        repos/update-release
        repos/upload-release-asset
    "#]]
    .assert_eq(&listed(&refused));
    scene.world.stranger().lineage(["verify", TAG]).succeeds();
    // Who looks at what is published says nothing good of what it could not see.
    for spared in 0..60 {
        for (word, fault) in refusals() {
            scene.github.fail(fault.after(spared).times(1_000));
            let (said, calls) = counted(&scene.github, &|| scene.lineage(&["verify", TAG, "--remote"]));
            scene.github.heal();
            match calls.get(spared) {
                Some(call) => assert!(matches!(said.code, 1 | 3 | 4), "{call} {word}: {}", said.text()),
                None => return said.succeeds(),
            }
            said.done();
        }
    }
    panic!("it has no end");
}

/// One a line.
pub(super) fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}
