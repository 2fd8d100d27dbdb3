//! The tag: what it is, what it is called, and what stands in it.

use serde_json::json;

use crate::conformance::case::{Anchor, Begin, Case, case};
use crate::conformance::scene::Scene;
use crate::world::TAG;

/// The tag object's text as it was published.
fn text(scene: &Scene<'_>) -> String {
    scene.origin().git(["cat-file", "tag", &format!("refs/tags/{}", scene.tag())]) + "\n"
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("tag-moved", "A tag that moved", "the tag points to another tag object, signed again whole, after the judge saw the first")
            .against(Anchor::Seen)
            .exits(4, &["tag"], &["has moved"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.spell_tag(|text| text.replacen("Changelog:", "Changelog, improved:", 1));
                desk.publish();
            }),
        case("tag-moved-unsigned", "A tag moved by somebody without a key", "one word of the annotation is changed and nothing is signed again")
            .fails(&["w6-tag"], &["there is no such attestation"])
            .by(|scene| {
                let text = text(scene).replacen("Changelog:", "Changelog, improved:", 1);
                scene.origin().write_tag(TAG, &text);
            }),
        case("tag-under-another-name", "A tag object under another name", "a ref test-workflow-v0.2.9 points to the tag object of 0.2.0")
            .judging("test-workflow-v0.2.9")
            .fails(&["tag"], &["calls itself"])
            .by(|scene| {
                let object = scene.origin().rev(&format!("refs/tags/{TAG}"));
                scene.origin().git(["update-ref", "refs/tags/test-workflow-v0.2.9", &object]);
            }),
        case("tag-lightweight", "A lightweight tag", "the tag ref points to the commit itself")
            .fails(&[], &["lightweight"])
            .by(|scene| {
                let commit = scene.origin().rev(&format!("refs/tags/{TAG}^{{commit}}"));
                scene.origin().git(["update-ref", &format!("refs/tags/{TAG}"), &commit]);
            }),
        case("tag-is-a-branch", "A branch where a tag has to be", "the tag is deleted and a branch has its name")
            .exits(2, &[], &["leads to no release"])
            .judging("origin/test-workflow-v0.2.0")
            .by(|scene| {
                let commit = scene.origin().rev("refs/heads/main~1");
                scene.origin().git(["update-ref", "-d", &format!("refs/tags/{TAG}")]);
                scene.origin().git(["update-ref", &format!("refs/heads/{TAG}"), &commit]);
            }),
        case("tag-of-a-tag", "A tag of a tag", "the tag object points to the honest tag object instead of the commit")
            .fails(&[], &["points to a tag, not a commit"])
            .by(|scene| {
                let object = scene.origin().rev(&format!("refs/tags/{TAG}"));
                let mut desk = scene.desk();
                let commit = desk.commit();
                desk.spell_tag(move |text| {
                    text.replacen(&format!("object {commit}\ntype commit"), &format!("object {object}\ntype tag"), 1)
                });
                desk.publish();
            }),
        case("tag-of-a-tree", "A tag of a tree", "the tag object points to the tree of the honest commit")
            .fails(&[], &["not a commit"])
            .by(|scene| {
                let mut desk = scene.desk();
                let commit = desk.commit();
                let tree = desk.site.rev(&format!("{commit}^{{tree}}"));
                desk.spell_tag(move |text| {
                    text.replacen(&format!("object {commit}\ntype commit"), &format!("object {tree}\ntype tree"), 1)
                });
                desk.publish();
            }),
        case("tag-on-a-side-branch", "A tag beside main", "the same content is tagged on a commit that main does not have")
            .fails(&["main"], &["first-parent history"])
            .by(|scene| {
                let mut desk = scene.desk();
                let commit = desk.commit();
                let parent = desk.site.rev(&format!("{commit}^"));
                let side = desk.site.commit_of(&format!("{commit}^{{tree}}"), &[&parent], "side");
                desk.tag_commit(&side);
                desk.publish();
            }),
        case("tag-on-a-merged-branch", "A tag on what a merge brought along", "the tagged commit is main's second parent only")
            .fails(&["main"], &["first-parent history"])
            .by(|scene| {
                let mut desk = scene.desk();
                let commit = desk.commit();
                let parent = desk.site.rev(&format!("{commit}^"));
                let side = desk.site.commit_of(&format!("{commit}^{{tree}}"), &[&parent], "side");
                let merge = desk.site.commit_of(&format!("{commit}^{{tree}}"), &[&commit, &side], "Merge side");
                desk.site.git(["update-ref", "refs/heads/main", &merge]);
                desk.tag_commit(&side);
                desk.publish();
            }),
        case("tag-version-not-the-chart-s", "A tag with another version", "the release is tagged test-workflow-v0.3.0, signed whole; Chart.yaml says 0.2.0")
            .judging("test-workflow-v0.3.0")
            .fails(&["chart"], &["Chart.yaml makes this test-workflow-v0.2.0"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.rename("test-workflow-v0.2.0", "test-workflow-v0.3.0");
                "test-workflow-v0.3.0".clone_into(&mut desk.tag);
                desk.publish();
            }),
        case("tag-with-two-names", "A tag object with two names", "the header has a second `tag` line, behind the right one")
            .exits(3, &[], &["a header occurs twice"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.spell_tag(|text| text.replacen("\ntagger ", "\ntag test-workflow-v9.9.9\ntagger ", 1));
                desk.publish();
            }),
        case("tag-statement-of-another-tag", "A tag statement about another tag", "the tag statement names test-workflow-v9.9.9 in its predicate")
            .fails(&["w6-tag"], &["it is about the tag test-workflow-v9.9.9"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim("w6-tag", "tag", json!("test-workflow-v9.9.9"));
                desk.publish();
            }),
        case("tag-statement-of-another-payload", "A tag statement about another payload", "the tag statement names another payload than the tag has")
            .fails(&["w6-tag"], &["another payload"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.claim("w6-tag", "payload", json!(crate::conformance::signer::sha256("{}")));
                desk.publish();
            }),
        case("tag-statement-missing", "A tag nobody signed", "the tag statement is in no ledger")
            .fails(&["w6-tag"], &["there is no such attestation"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.withhold("w6-tag");
                desk.publish();
            }),
        case("tag-text-for-people-changed", "Other words for people", "the annotation's text says other ids than the block; signed whole: only the block is read")
            .by(|scene| {
                let mut desk = scene.desk();
                desk.spell_tag(|text| text.replacen("- Workflow 1: ", "- Workflow 1: 99", 1));
                desk.publish();
            }),
        case("tag-changelog-imitates-a-payload", "A changelog that imitates a payload", "a changelog line reads like an attestation map; the block is the honest one")
            .by(|scene| {
                let mut desk = scene.desk();
                desk.spell_tag(|text| {
                    text.replacen(
                        "\n-----BEGIN LINEAGE-----",
                        "\n{\"attestations\":{\"w1-k8s-install\":{\"bundle\":\"00\",\"id\":\"1\"}},\"version\":1}\n- w1-k8s-install: 999\n\n-----BEGIN LINEAGE-----",
                        1,
                    )
                });
                desk.publish();
            }),
        case("tag-of-the-release-before", "The release before under the next one's name", "the tag of 0.2.1 points to the tag object of 0.2.0")
            .from(Begin::Second)
            .fails(&["tag"], &["calls itself test-workflow-v0.2.0"])
            .by(|scene| {
                let object = scene.origin().rev(&format!("refs/tags/{TAG}"));
                scene.origin().git(["update-ref", &format!("refs/tags/{}", scene.tag()), &object]);
            }),
    ]
}
