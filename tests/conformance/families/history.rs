//! Main and the releases before: rewritten, rolled back, dropped, or another repository's altogether.

use serde_json::{Value, json};

use crate::conformance::case::{Anchor, Begin, Case, Place, case};
use crate::conformance::scene::Scene;
use crate::conformance::signer::sha256;
use crate::world::{CI_PUBLIC, MALLORY_PUBLIC, REPOSITORY, TAG, policy_of};

const ELSEWHERE: &str = "11111111-1111-4111-8111-111111111111";

/// What the payload of 0.2.1 says of the release before, changed and signed whole.
fn previous(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    lie: fn(&mut Value),
) -> Case {
    case(id, title, done).from(Begin::Second).fails(&["previous"], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        lie(&mut desk.payload["previous"]);
        desk.publish();
    })
}

/// What is judged by a clone that saw the lineage as it was before.
fn seen(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    make: fn(&Scene<'_>),
) -> Case {
    case(id, title, done).against(Anchor::Seen).exits(4, &[], &[word]).by(make)
}

/// Main's whole history under this policy, with another root: what a fork looks like that began anew.
fn another_history(scene: &Scene<'_>, policy: Option<&str>) -> String {
    let site = scene.origin();
    let mut parent: Option<String> = None;
    for commit in site.git(["rev-list", "--reverse", "--first-parent", "refs/heads/main"]).lines() {
        let tree = match policy {
            Some(text) => {
                site.tree_with(&format!("{commit}^{{tree}}"), &[("lineage.toml", Some(text.as_bytes()))])
            }
            None => site.rev(&format!("{commit}^{{tree}}")),
        };
        parent = Some(site.commit_of(&tree, parent.as_deref().as_slice(), "anew"));
    }
    parent.expect("main has commits")
}

/// A fork: its own root, id and key, and a release in which everything fits.
fn fork(scene: &Scene<'_>) {
    let text = policy_of(ELSEWHERE, MALLORY_PUBLIC);
    let main = another_history(scene, Some(&text));
    let mut desk = scene.desk();
    desk.rename(REPOSITORY, ELSEWHERE);
    desk.sign_all("mallory.pem");
    desk.land_at(&main);
    desk.publish();
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("previous-dropped", "A release before that was dropped", "the tag of 0.2.0, which 0.2.1 names, is deleted from the remote")
            .from(Begin::Second)
            .fails(&["previous"], &["which is not here"])
            .by(|scene| drop(scene.origin().git(["update-ref", "-d", &format!("refs/tags/{TAG}")]))),
        case("previous-replaced", "A release before that was replaced", "the tag of 0.2.0 is another object, signed whole")
            .from(Begin::Second)
            .fails(&["previous"], &["was replaced"])
            .by(|scene| {
                let mut desk = scene.desk_of("test-workflow", TAG);
                desk.spell_tag(|text| text.replacen("Changelog:", "Changelog, improved:", 1));
                desk.publish();
            }),
        previous("previous-denied", "A release that denies the one before", "0.2.1 says that it is the first", "is reachable from this release", |said| {
            *said = Value::Null;
        }),
        previous("previous-of-another-payload", "A release before with another payload", "0.2.1 names another payload of 0.2.0", "was replaced", |said| {
            said["payload"] = json!(sha256("x"));
        }),
        previous("previous-never-was", "A release before that never was", "0.2.1 names 0.1.9 as the release before", "the nearest one here is", |said| {
            said["tag"] = json!("test-workflow-v0.1.9");
        }),
        seen("main-rewritten", "A main that was rewritten", "main has the same trees and another root", "does not descend", |scene| {
            let main = another_history(scene, None);
            scene.origin().git(["update-ref", "refs/heads/main", &main]);
        }),
        seen("main-rolled-back", "A main that was rolled back", "main is reset to before the release", "does not descend", |scene| {
            let before = scene.origin().rev("refs/heads/main~1");
            scene.origin().git(["update-ref", "refs/heads/main", &before]);
        }),
        seen("release-rolled-back", "A release that was rolled back", "the newest tag is deleted, main and ledger are as they were before it", "does not descend", |scene| {
            let site = scene.origin();
            let before = site.rev("refs/heads/main~1");
            site.git(["update-ref", "refs/heads/main", &before]);
            site.git(["update-ref", "-d", &format!("refs/tags/{}", scene.tag())]);
        })
        .from(Begin::Second)
        .judging(TAG),
        seen("main-taken-in-from-the-side", "A main taken in from the side", "main is a new line, and a merge takes the old one in as its second parent", "does not descend", |scene| {
            let site = scene.origin();
            let (honest, old) = (site.rev("refs/heads/main"), site.rev("refs/heads/main~1"));
            let merge = site.commit_of("refs/heads/main^{tree}", &[&old, &honest], "merge");
            site.git(["update-ref", "refs/heads/main", &merge]);
        }),
        seen("main-of-another-repository", "A main that says it is another repository's", "main's newest commit changes the repository's id", "repository id", |scene| {
            let text = policy_of(ELSEWHERE, CI_PUBLIC);
            scene.desk().main_moved_after(&[("lineage.toml", Some(text.as_bytes()))]);
        }),
        seen("fork-in-place-of-the-origin", "A fork in place of the origin", "the remote is a fork with its own id, key and history, in which everything fits", "repository id", fork),
        case("fork-against-a-policy", "A fork that vouches for itself", "a fork with its own id, key and history, in which everything fits, judged by the true repository's policy")
            .against(Anchor::Policy)
            .fails(&["payload", "w5-semver-bump", "w6-tag", "w7-build-test-workflow"], &["any trusted key"])
            .by(fork),
        case("fork-on-first-use", "A fork, seen for the first time", "the same fork, judged by somebody who knows nothing else: it is proven against itself alone, and the verdict says so")
            .exits(0, &[], &["first-use", "pinned"])
            .by(fork),
        case("fork-with-the-same-id", "A fork that keeps the id", "a fork goes on from main with its own key and the true repository's id, and releases a version that is not there")
            .against(Anchor::Seen)
            .fails(&["policy"], &["nobody trusted before vouched for that"])
            .judging("test-workflow-v0.2.9")
            .by(forked_release),
        case("main-has-gone-on", "A main that has gone on", "there are commits on main after the release")
            .against(Anchor::Seen)
            .by(|scene| {
                scene.desk().main_moved_after(&[("README.md", Some(b"# Our charts\n"))]);
                scene.desk().main_moved_after(&[("charts/test-workflow/values.yaml", Some(b"replicas: 9\n"))]);
            }),
        case("previous-intact", "The release before, after the next", "nothing; the release before the newest is judged").from(Begin::Second).judging(TAG),
        case("previous-of-another-chart", "Another chart's release between", "nothing; the other chart's release is judged")
            .from(Begin::Second)
            .judging(crate::conformance::scene::OTHER),
        case("every-release", "Every release there is", "nothing; all releases are judged at once").from(Begin::Second).judging("--all"),
        case("every-release-one-moved", "Every release, one of them forged", "the release before is replaced by one that nobody signed; all are judged at once")
            .from(Begin::Second)
            .judging("--all")
            .fails(&["w6-tag", "previous"], &["there is no such attestation"])
            .by(|scene| {
                let site = scene.origin();
                let text = site.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]) + "\n";
                site.write_tag(TAG, &text.replacen("Changelog:", "Changelog, improved:", 1));
            }),
        seen("pinned-tag-deleted", "A pinned release tag that was deleted", "the tag is deleted from the remote; main stays as it is", "test-workflow-v0.2.0", |scene| {
            scene.origin().git(["update-ref", "-d", &format!("refs/tags/{TAG}")]);
        }),
        seen("pinned-tag-deleted-among-others", "A pinned release tag that was deleted, among others", "the newest tag is deleted from the remote; every release there is gets judged", "test-workflow-v0.2.1", |scene| {
            scene.origin().git(["update-ref", "-d", &format!("refs/tags/{}", scene.tag())]);
        })
        .from(Begin::Second)
        .judging("--all"),
        case("junk-tags", "Tags that anybody could push", "copies of the tag object stand under other versions and on other commits, signed by nobody")
            .by(|scene| {
                let site = scene.origin();
                let text = site.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]) + "\n";
                let (commit, old) = (site.rev(&format!("refs/tags/{TAG}^{{commit}}")), site.rev("refs/heads/main~1"));
                site.write_tag("test-workflow-v0.1.5", &text.replace(TAG, "test-workflow-v0.1.5").replacen(&commit, &old, 1));
                site.write_tag("test-workflow-v0.1.6", &text);
                site.git(["update-ref", "refs/tags/test-workflow-v0.1.7", &old]);
                site.git(["update-ref", "refs/tags/junk", &old]);
            }),
        case("junk-tag-itself", "A tag that anybody could push, asked for", "a copy of the tag object under a lower version, on an older commit, is what is judged")
            .judging("test-workflow-v0.1.5")
            .fails(&[], &["main had no lineage.toml before"])
            .by(|scene| {
                let site = scene.origin();
                let text = site.git(["cat-file", "tag", &format!("refs/tags/{TAG}")]) + "\n";
                let (commit, old) = (site.rev(&format!("refs/tags/{TAG}^{{commit}}")), site.rev("refs/heads/main~1"));
                site.write_tag("test-workflow-v0.1.5", &text.replace(TAG, "test-workflow-v0.1.5").replacen(&commit, &old, 1));
            }),
        case("history-mirrored", "A bare mirror", "nothing; the clone is a bare mirror").at(Place::Mirror),
    ]
}

/// A later release of the fork: the honest one's statements, told anew for 0.2.9 and signed by the fork's key.
fn forked_release(scene: &Scene<'_>) {
    let mut desk = scene.desk();
    desk.sign_all("mallory.pem");
    let text = policy_of(REPOSITORY, MALLORY_PUBLIC);
    // The fork has a word for the change, too: its own.
    let file = desk.site.blob(text.as_bytes());
    desk.site.write_ledger("@policy", &[(file, desk.line_of("policy", &json!({}), "mallory.pem"))]);
    desk.release_again("test-workflow-v0.2.9", "0.2.9", &[("lineage.toml", Some(text.as_bytes()))]);
    desk.publish();
}
