//! What a verification summary may say of a forged lineage.

use serde_json::{Value, json};

use super::{corpus, scene};
use crate::world::TAG;

/// The digests behind a compressor nobody has here are the tag's word: no summary repeats them.
#[test]
fn a_summary_names_only_what_was_seen() {
    let case = corpus().into_iter().find(|case| case.id == "predicted-unknown-compressor").expect("it is there");
    let world = scene::make(&case);
    let site = world.stranger();
    drop(site.lineage(["verify", TAG, "--vsa", "vsa.json"]).exits(0));
    let summary: Value = serde_json::from_str(&site.read("vsa.json")).expect("JSON");
    let tar = site.payload(TAG)["predicted"]["tar"].clone();
    assert_eq!(summary["subject"], json!([{ "name": "test-workflow-0.2.0.tar", "digest": { "sha256": tar } }]));
}
