//! Bundles: what is wrapped around a statement, and how the statement is written.

use serde_json::{Value, json};

use crate::conformance::case::{Case, case};
use crate::conformance::desk::Desk;

const INSTALL: &str = "w1-k8s-install";

/// The bundle of one check is changed after it was signed; all that names it names it as it is now.
fn wrapped(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    change: fn(&mut Value),
) -> Case {
    case(id, title, done).fails(&[INSTALL], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        desk.rewrap(INSTALL, change);
        desk.publish();
    })
}

/// The statement of one check is written in another way, and then signed well.
fn spelt(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    spell: fn(String) -> String,
) -> Case {
    case(id, title, done).fails(&[INSTALL], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        desk.spell(INSTALL, spell);
        desk.publish();
    })
}

/// A copy of another check's bundle, whole.
fn other(desk: &mut Desk<'_>) -> Value {
    let statement = desk.record("w1-chart-lint").statement.clone();
    let line = desk.line_of("w1-chart-lint", &statement, "ci.pem");
    serde_json::from_str::<Value>(&line).expect("a record is JSON")["bundle"].clone()
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = vec![
        wrapped(
            "bundle-signature-of-nothing",
            "A signature that is none",
            "the signature is 70 zero bytes",
            "signature",
            |bundle| bundle["dsseEnvelope"]["signatures"][0]["sig"] = json!(format!("{}==", "A".repeat(94))),
        ),
        wrapped(
            "bundle-without-signature",
            "An envelope without a signature",
            "the list of signatures is empty",
            "has no signature",
            |bundle| bundle["dsseEnvelope"]["signatures"] = json!([]),
        ),
        wrapped(
            "bundle-two-signatures",
            "An envelope with two signatures",
            "the good signature stands there twice",
            "2 signatures",
            |bundle| {
                let one = bundle["dsseEnvelope"]["signatures"][0].clone();
                bundle["dsseEnvelope"]["signatures"] = json!([one, one]);
            },
        ),
        wrapped(
            "bundle-without-envelope",
            "A bundle without an envelope",
            "the envelope is taken away",
            "no DSSE envelope",
            |bundle| {
                bundle.as_object_mut().expect("an object").remove("dsseEnvelope");
            },
        ),
        wrapped(
            "bundle-message-signature-beside",
            "Two kinds of content in one bundle",
            "a message signature stands beside the envelope",
            "message signature",
            |bundle| bundle["messageSignature"] = json!({ "signature": "AAAA" }),
        ),
        wrapped(
            "bundle-other-payload-type",
            "Another payload type",
            "the envelope calls its payload text/plain; the signature covers in-toto",
            "payload type",
            |bundle| bundle["dsseEnvelope"]["payloadType"] = json!("text/plain"),
        ),
        wrapped(
            "bundle-newer-media-type",
            "A bundle of a later version",
            "the media type is of version 0.9",
            "newer than this program reads",
            |bundle| bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.9+json"),
        ),
        wrapped(
            "bundle-no-media-type",
            "A bundle that does not say it is one",
            "the media type is taken away",
            "no media type",
            |bundle| {
                bundle.as_object_mut().expect("an object").remove("mediaType");
            },
        ),
        wrapped(
            "bundle-without-material",
            "A bundle that names no key",
            "the verification material is empty",
            "names neither a key nor a certificate",
            |bundle| bundle["verificationMaterial"] = json!({}),
        ),
        wrapped(
            "bundle-payload-exchanged",
            "A statement exchanged under its signature",
            "the payload says more than what was signed",
            "the signature is not that of the key it names",
            |bundle| {
                use base64::{Engine as _, engine::general_purpose::STANDARD};
                let text = crate::conformance::signer::signed_text(bundle).replacen(
                    "\"reason\":\"\"",
                    "\"reason\":\"!\"",
                    1,
                );
                bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(text));
            },
        ),
        spelt(
            "statement-duplicate-key",
            "A statement with a key twice",
            "`result` stands there twice, fail and pass, and the statement is signed so",
            "occurs twice",
            |text| text.replacen("\"result\":\"pass\"", "\"result\":\"fail\",\"result\":\"pass\"", 1),
        ),
        spelt(
            "statement-duplicate-subject-key",
            "A subject with a key twice",
            "the subject has two sha256, the first another content's",
            "occurs twice",
            |text| text.replacen("{\"sha256\":\"", "{\"sha256\":\"00\",\"sha256\":\"", 1),
        ),
        spelt(
            "statement-two-in-one",
            "Two statements in one envelope",
            "a second statement follows the first",
            "not readable",
            |text| format!("{text}{text}"),
        ),
        spelt(
            "statement-is-a-list",
            "A statement that is a list",
            "the fields stand in a list, in their order",
            "not a JSON object",
            |text| {
                let value: Value = serde_json::from_str(&text).expect("a statement is JSON");
                json!([value["_type"], value["subject"], value["predicateType"], value["predicate"]]).to_string()
            },
        ),
        spelt(
            "statement-other-type",
            "A statement of another version",
            "`_type` is in-toto's v0.1",
            "its statement is a https://in-toto.io/Statement/v0.1",
            |text| text.replacen("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1", 1),
        ),
        spelt(
            "statement-predicate-of-another-stage",
            "A predicate type of another stage",
            "the check's statement is called a seal",
            "its predicate type is",
            |text| text.replacen("/check/v1", "/seal/v1", 1),
        ),
        spelt(
            "statement-foreign-predicate",
            "A predicate type of somebody else's",
            "the check's statement is called a test result of another tool",
            "its predicate type is",
            |text| {
                text.replacen(
                    "https://git-lineage.dev/check/v1",
                    "https://in-toto.io/attestation/test-result/v0.1",
                    1,
                )
            },
        ),
    ];
    all.extend([
        case("bundle-of-another-check", "Another check's bundle under this one's name", "the ledger's line of k8s-install holds the bundle of chart-lint; nothing else is changed")
            .fails(&[INSTALL], &["not the bundle"])
            .by(|scene| {
                let mut desk = scene.desk();
                let bundle = other(&mut desk);
                let on = desk.tree_of(INSTALL);
                desk.withhold(INSTALL);
                desk.add_line(&on, crate::conformance::desk::record_line(INSTALL, "1", &bundle.to_string()));
                desk.write_ledger();
            }),
        case("bundle-spelt-anew", "The same bundle with other bytes", "the ledger's line of k8s-install has the bundle's JSON written with spaces; the tag names the bytes that were signed")
            .fails(&[INSTALL], &["not the bundle"])
            .by(|scene| {
                let mut desk = scene.desk();
                let statement = desk.record(INSTALL).statement.clone();
                let line = desk.line_of(INSTALL, &statement, "ci.pem").replacen("\"mediaType\":", "\"mediaType\" : ", 1);
                let on = desk.tree_of(INSTALL);
                desk.withhold(INSTALL);
                desk.add_line(&on, line);
                desk.write_ledger();
            }),
        case("bundle-older-media-type", "A bundle of an older version", "the media type of k8s-install's bundle is that of version 0.2, which a key's bundle fits as well")
            .by(|scene| {
                let mut desk = scene.desk();
                desk.rewrap(INSTALL, |bundle| {
                    bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.2");
                });
                desk.publish();
            }),
        case("bundle-pretty", "A bundle written by another tool", "the keys of k8s-install's bundle stand in another order, with unset fields as null")
            .by(|scene| {
                let mut desk = scene.desk();
                desk.rewrap(INSTALL, |bundle| {
                    bundle["messageSignature"] = Value::Null;
                    bundle["verificationMaterial"]["certificate"] = Value::Null;
                    bundle["verificationMaterial"]["tlogEntries"] = json!([]);
                });
                desk.publish();
            }),
    ]);
    all
}
