//! A statement of any shape inside an unsigned bundle, and each kind of claim read from its predicate.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use git_lineage::model::json;
use git_lineage::model::statement::{
    BuildClaim, BumpLink, Check, Overall, PolicyChange, PublishClaim, Review, SplitLink, Statement, TagClaim, Waiver,
};
use git_lineage::sigstore::{Keyring, Roots, examine};
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": { "publicKey": { "hint": "" } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(data),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{ "sig": "" }],
        },
    });
    let roots = Roots::none();
    let Ok(statement) = examine(&bundle.to_string(), Keyring { keys: &[], roots: &roots }).0 else { return };
    // What was read is written as it was meant: reading it again gives the same.
    let written = json::canonical(&statement);
    let again: Statement = json::parse(&written).expect("what is written can be read");
    assert_eq!(again, statement);
    claim::<Check>(&statement);
    claim::<Overall>(&statement);
    claim::<SplitLink>(&statement);
    claim::<BumpLink>(&statement);
    claim::<TagClaim>(&statement);
    claim::<BuildClaim>(&statement);
    claim::<PublishClaim>(&statement);
    claim::<Review>(&statement);
    claim::<Waiver>(&statement);
    claim::<PolicyChange>(&statement);
});

fn claim<T: DeserializeOwned>(statement: &Statement) {
    drop(serde_json::from_value::<T>(statement.predicate.clone()));
}
