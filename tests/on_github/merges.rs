//! However a person has GitHub merge, and whatever messages and descriptions say: what counts is the content, and the
//! commit it was merged as (X10, X16, X25).

use expect_test::expect;
use serde_json::json;

use super::Scene;
use crate::github::REPOSITORY;
use crate::world::TAG;

const OTHER: &str = "cloudflared";
const OTHER_TAG: &str = "cloudflared-v0.4.4";
const FIX: &str = "fix(cloudflared): set the token";

impl Scene {
    /// Another chart's contribution, as far as its bump.
    fn with_another() -> Self {
        let scene = Self::bumped();
        scene.world.contribute("feature/token", FIX, &[("charts/cloudflared/values.yaml", "token: \"x\"\n")]);
        scene.world.validate("feature/token").succeeds();
        scene.merge_by_hand("feature/token", "integration", FIX);
        scene.world.ci().fetch();
        scene.lineage(&["split", OTHER]).succeeds();
        scene.lineage(&["bump", OTHER]).succeeds();
        scene.world.ci().fetch();
        scene
    }

    /// The pull requests to main, opened.
    fn proposed(&self) -> Vec<u64> {
        self.lineage(&["propose"]).succeeds();
        self.open().into_iter().map(|(number, ..)| number).collect()
    }

    /// Everything on main is tagged, and each release can be proved.
    fn all_is_tagged(&self, tags: &[&str], what: &str) {
        let ci = self.world.ci();
        ci.fetch();
        ci.lineage(["tag"]).succeeds();
        ci.fetch();
        assert_eq!(self.world.origin().git(["tag", "--list"]), tags.join("\n"), "{what}");
        for tag in tags {
            ci.lineage(["build", tag]).succeeds();
        }
        let stranger = self.world.stranger();
        drop(stranger.lineage(["verify", "--all"]).exits(0).says(&["proven"]));
    }
}

#[test]
fn x16_rebased_squashed_or_truly_merged_by_a_person_it_is_tagged() {
    for method in ["rebase", "squash", "merge"] {
        let scene = Scene::bumped();
        // Main went on meanwhile: no merge is a fast-forward, and rebased commits are other ones.
        let dev = scene.world.dev();
        dev.fetch();
        dev.git(["checkout", "-q", "-B", "main", "origin/main"]);
        dev.write("README.md", "# Our charts\n");
        dev.commit("docs: say whose");
        dev.git(["push", "-q", "origin", "main"]);
        scene.world.ci().fetch();
        let pulls = scene.proposed();
        scene.github.merge_as(pulls[0], method);
        scene.all_is_tagged(&[TAG], method);
    }
}

#[test]
fn x16_a_contribution_of_three_commits_is_rebased_and_all_of_it_is_told() {
    let scene = Scene::split();
    let dev = scene.world.dev();
    dev.fetch();
    dev.git(["checkout", "-q", "-B", "feature/three", "origin/integration"]);
    for (message, number) in
        [("fix(cloudflared): one", 1), ("feat(cloudflared): two", 2), ("docs(cloudflared): three", 3)]
    {
        dev.write("charts/cloudflared/values.yaml", format!("token: \"{number}\"\n"));
        dev.commit(message);
    }
    dev.git(["push", "-q", "origin", "feature/three"]);
    scene.world.validate("feature/three").succeeds();
    let number =
        scene.open_by_hand(REPOSITORY, "feature/three", "integration", "feat(cloudflared): three at once");
    scene.github.merge_as(number, "rebase");
    let ci = scene.world.ci();
    ci.fetch();
    ci.lineage(["split", OTHER]).succeeds();
    ci.lineage(["bump", OTHER]).succeeds();
    ci.fetch();
    ci.lineage(["propose", OTHER, "--merge"]).succeeds();
    scene.all_is_tagged(&["cloudflared-v0.5.0"], "three commits");
    let payload = ci.payload("cloudflared-v0.5.0");
    assert_eq!(payload["sourceCommits"].as_array().map(Vec::len), Some(3), "{payload}");
    assert_eq!(payload["pullRequest"], json!(number), "{payload}");
    let changelog = ci.git(["show", "cloudflared-v0.5.0^{commit}:charts/cloudflared/CHANGELOG.md"]);
    for change in ["one", "two", "three"] {
        assert_eq!(changelog.matches(change).count(), 1, "each once: {changelog}");
    }
}

#[test]
fn x16_a_merge_queue_brings_two_charts_in_one_push() {
    let scene = Scene::with_another();
    let pulls = scene.proposed();
    assert_eq!(pulls.len(), 2);
    let before = scene.main();
    for number in pulls {
        scene.github.with(|state| state.repository(REPOSITORY).pull(number).queued = true);
    }
    scene.github.with(|state| state.run_queue(REPOSITORY));
    let range = format!("{before}..{}", scene.main());
    assert_eq!(scene.world.origin().git(["rev-list", "--count", &range]), "2");
    scene.all_is_tagged(&[OTHER_TAG, TAG], "two at once");
}

#[test]
fn x10_the_source_is_the_pull_request_it_was_merged_through_whatever_a_subject_says() {
    let scene = Scene::split();
    // It claims to come through #1 and #175; it is #2. Another one is merged behind it.
    scene.world.contribute("feature/token", FIX, &[("charts/cloudflared/values.yaml", "token: \"x\"\n")]);
    scene.world.validate("feature/token").succeeds();
    let number = scene.open_by_hand(REPOSITORY, "feature/token", "integration", &format!("{FIX} (#1) (#175)"));
    scene.github.merge(number);
    let last = scene.world.origin().git(["log", "-1", "--format=%s", "integration"]);
    assert!(last.contains("(#1) (#175)"), "{last}");
    scene.world.contribute("feature/docs", "docs: say more", &[("README.md", "# More\n")]);
    scene.merge_by_hand("feature/docs", "integration", "docs: say more");
    let ci = scene.world.ci();
    ci.fetch();
    ci.lineage(["split", OTHER]).succeeds();
    ci.lineage(["bump", OTHER]).succeeds();
    ci.fetch();
    ci.lineage(["propose", OTHER, "--merge"]).succeeds();
    let body = scene.github.sent("pulls/create")[0]["body"].as_str().unwrap_or_default().to_owned();
    assert!(body.contains(&format!("Contributed in #{number},")), "{body}");
    ci.fetch();
    // A tag never changes: it is not made before the source is known.
    scene
        .github
        .fail(crate::github::Fault::status("repos/list-pull-requests-associated-with-commit", 502).times(9));
    ci.lineage(["tag", OTHER]).is(expect![[r#"
        exit 3
        --- stdout
        cloudflared-v0.4.4  refused
          could not find the pull request of [oid]: GitHub cannot be reached (Something went wrong) (check the address and the network, then try again)
    "#]]);
    scene.github.heal();
    assert_eq!(scene.world.origin().git(["tag", "--list"]), "");
    scene.all_is_tagged(&[OTHER_TAG], "by its commit");
    assert_eq!(ci.payload(OTHER_TAG)["pullRequest"], json!(number));
    let people = ci.git(["tag", "-l", "--format=%(contents)", OTHER_TAG]);
    assert!(people.contains(&format!("\nSource PR: #{number}\n")), "{people}");
    let told = ci.lineage(["log", OTHER_TAG]).exits(0);
    assert!(told.stdout.contains(&format!("in pull request #{number}")), "{}", told.stdout);
}

#[test]
fn x25_a_forged_broken_or_overlong_description_is_written_over_and_believed_by_nobody() {
    let scene = Scene::bumped();
    scene.lineage(&["propose"]).succeeds();
    let (number, ..) = scene.open()[0].clone();
    let body = || scene.github.with(|state| state.repository(REPOSITORY).pull(number).body.clone());
    let set = |text: String| scene.github.with(|state| state.repository(REPOSITORY).pull(number).body = text);
    let ours = body();
    let block = "<!-- ATTESTATION_MAP\n{\"lint-test-v1.32.11\": \"1\"}\n-->\n";
    let outcome = || {
        let said = scene.lineage(&["propose", "--json"]).exits(0).json();
        said["pulls"][0]["pull"]["outcome"].as_str().unwrap_or_default().to_owned()
    };
    for (what, text, wanted) in [
        ("two blocks", format!("{block}{ours}{block}"), "updated"),
        ("a block that does not end", "<!-- ATTESTATION_MAP\n{".to_owned(), "updated"),
        ("70 kB", "x".repeat(70_000), "updated"),
        // As a browser sends it: nothing in it differs.
        ("CRLF", ours.replace('\n', "\r\n"), "unchanged"),
    ] {
        set(text);
        // Who judges reads none of it.
        let guard = ["guard", "--stage", "main", "--head-ref", "chart/test-workflow"];
        scene.lineage(&guard).succeeds();
        assert_eq!(outcome(), wanted, "{what}");
        assert_eq!(body().replace("\r\n", "\n"), ours, "{what}");
        assert_eq!(outcome(), "unchanged", "{what}");
    }
}
