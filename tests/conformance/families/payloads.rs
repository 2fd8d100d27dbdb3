//! The payload: one block, one spelling, and nothing in it that is not so.

use serde_json::{Value, json};

use crate::conformance::case::{Case, case};
use crate::conformance::signer::sha256;

const END: &str = "\n-----END LINEAGE-----\n";

/// A payload with one field that is not so, signed whole.
fn field(id: &'static str, title: &'static str, name: &'static str, value: Value, word: &'static str) -> Case {
    case(id, title, "one field of the payload is not so; tag statement and build statement are signed over it")
        .fails(&["payload"], &[word])
        .by(move |scene| {
            let mut desk = scene.desk();
            desk.payload[name] = value.clone();
            desk.publish();
        })
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        field(
            "payload-other-content",
            "A payload about another content",
            "content",
            json!(sha256("x")),
            "content is",
        ),
        field(
            "payload-other-commit",
            "A payload about another commit",
            "commit",
            json!("1234567890123456789012345678901234567890"),
            "commit is",
        ),
        field(
            "payload-other-tree",
            "A payload about another tree",
            "tree",
            json!("1234567890123456789012345678901234567890"),
            "tree is",
        ),
        field(
            "payload-other-repository",
            "A payload of another repository",
            "repository",
            json!("6F1F7A53-3A39-4F0C-9A57-0C2F4DFB1A01"),
            "repository is",
        ),
        field("payload-other-chart", "A payload of another chart", "chart", json!("cloudflared"), "chart is"),
        field(
            "payload-other-version",
            "A payload of another version",
            "chartVersion",
            json!("0.2.1"),
            "version is",
        ),
        field("payload-rehearsal", "A rehearsal shown as a release", "rehearsal", json!(true), "rehearsal is"),
        field(
            "payload-other-commits",
            "A payload with other people's commits",
            "sourceCommits",
            json!(["1234567890123456789012345678901234567890"]),
            "its source commits are not those",
        ),
        field(
            "payload-no-commits",
            "A payload without the contribution's commits",
            "sourceCommits",
            json!([]),
            "source commits",
        ),
        case("payload-newer", "A payload of a later version", "the payload's version is 2")
            .exits(3, &["payload"], &["newer than this program reads"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.payload["version"] = json!(2);
                desk.publish();
            }),
        case("payload-newer-package-format", "A later package format", "the payload's package format is 99")
            .exits(3, &["payload"], &["package format is 99"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.payload["packageFormat"] = json!(99);
                desk.publish();
            }),
        case(
            "payload-two-blocks",
            "Two payload blocks",
            "the block stands there twice, the first with another content",
        )
        .fails(&["payload"], &["more than one block"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.spell_tag(|text| {
                let block = text[text.find("-----BEGIN LINEAGE-----").expect("a block")..].to_owned();
                text + &block
            });
            desk.publish();
        }),
        case(
            "payload-block-in-changelog",
            "A block inside the changelog",
            "the changelog brings a block of its own above the real one",
        )
        .fails(&["payload"], &["more than one block"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.spell_tag(|text| {
                let fake = "Changelog:\n-----BEGIN LINEAGE-----\n{\"version\":1}\n-----END LINEAGE-----";
                text.replacen("Changelog:", fake, 1)
            });
            desk.publish();
        }),
        case("payload-text-behind", "Text behind the block", "somebody's words follow the block")
            .fails(&["payload"], &["text behind the block"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.spell_tag(|text| text + "Approved by everybody.\n");
                desk.publish();
            }),
        case(
            "payload-indented-delimiter",
            "A delimiter that is not a line of its own",
            "the block's first line is quoted with `> `",
        )
        .fails(&["payload"], &["does not stand on a line of its own"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.spell_tag(|text| text.replacen("-----BEGIN LINEAGE-----", "> -----BEGIN LINEAGE-----", 1));
            desk.publish();
        }),
        case("payload-missing", "A tag without a payload", "the annotation is the text for people alone")
            .fails(&[], &["no lineage block"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.spell_tag(|text| {
                    text.split("-----BEGIN LINEAGE-----").next().expect("a first part").to_owned()
                });
                desk.publish();
            }),
        case(
            "payload-duplicate-key",
            "A payload with a key twice",
            "`content` stands there twice, first wrong, then right",
        )
        .fails(&["payload"], &["occurs twice"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.spell_payload(|line| line.replacen("\"content\":", "\"content\":\"00\",\"content\":", 1));
            desk.publish();
        }),
        case(
            "payload-other-spelling",
            "A payload in another spelling",
            "the line is JSON with spaces, not RFC 8785",
        )
        .fails(&["payload"], &["RFC 8785"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.spell_payload(|line| line.replacen("\"chart\":", "\"chart\": ", 1));
            desk.publish();
        }),
        case("payload-not-json", "A payload that is no JSON", "the line is cut off in the middle")
            .fails(&["payload"], &["not readable"])
            .by(|scene| {
                let mut desk = scene.desk();
                desk.spell_payload(|line| line[..line.len() / 2].to_owned());
                desk.publish();
            }),
        case(
            "payload-empty-map",
            "A payload whose map is empty",
            "the payload names no attestation; the ledger has them all",
        )
        .fails(&["w5-semver-bump"], &["names no such attestation"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.payload["attestations"] = json!({});
            desk.publish();
        }),
        case(
            "payload-of-the-release-before",
            "The map of the release before",
            "0.2.1 names the attestations of 0.2.0",
        )
        .from(crate::conformance::case::Begin::Second)
        .fails(&["w5-semver-bump"], &["not the bundle"])
        .by(|scene| {
            let older = scene.desk_of("test-workflow", crate::world::TAG).payload["attestations"].clone();
            let mut desk = scene.desk();
            desk.payload["attestations"] = older;
            desk.publish();
        }),
        case(
            "payload-signed-by-git",
            "A signature of git's behind the block",
            "the tag is signed as git signs, and its statement made over that",
        )
        .by(|scene| {
            let mut desk = scene.desk();
            desk.spell_tag(|text| {
                assert!(text.ends_with(END), "the block ends the tag");
                text + "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"
            });
            desk.publish();
        }),
    ]
}
