//! What a provenance must rest on, and its shape.

use serde_json::{Value, json};

use super::*;

const PREFIX: &str = "https://example.org/lineage/";

fn oid(digit: char) -> Oid {
    Oid::parse(&digit.to_string().repeat(40)).expect("an id")
}

fn provenance() -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://example.org/lineage/package/v1",
            "externalParameters": {},
            "internalParameters": {
                "repository": "r", "chart": "x", "directory": "charts/x", "time": "2025-11-21T05:00:00Z",
                "tag": "x-v1.0.0", "tagObject": "a".repeat(40), "compressor": "flate2",
                "package": { "tar": "1".repeat(64), "tgz": "2".repeat(64), "oci": "3".repeat(64) },
            },
            "resolvedDependencies": [
                { "name": "tag", "digest": { "gitTag": "a".repeat(40) }, "uri": "git+https://h/r@refs/tags/x" },
                { "name": "commit", "digest": { "gitCommit": "b".repeat(40) } },
                { "name": "chart", "digest": { "gitTree": "c".repeat(40) } },
            ],
        },
        "runDetails": {
            "builder": { "id": "https://example.org/lineage/builder/local" },
            "metadata": { "startedOn": "2025-11-21T05:00:00Z", "finishedOn": "2025-11-21T05:00:00Z" },
        },
    })
}

fn judged(alter: impl FnOnce(&mut Value)) -> Result<(), String> {
    let mut value = provenance();
    alter(&mut value);
    let provenance: Provenance = serde_json::from_value(value).map_err(|e| e.to_string())?;
    provenance.rests_on(PREFIX, &oid('a'), &oid('b'), &oid('c'))
}

#[test]
fn what_is_written_is_what_was_read() {
    let read: Provenance = serde_json::from_value(provenance()).expect("a provenance");
    assert_eq!(serde_json::to_value(read).expect("serializable"), provenance());
    assert_eq!(judged(|_| {}), Ok(()));
}

#[test]
fn what_the_package_was_not_built_from_is_refused() {
    let definition = |value: &mut Value, key: &str, new: Value| value["buildDefinition"][key] = new;
    for (why, found) in [
        ("build type", judged(|v| definition(v, "buildType", json!("https://example.org/other/v1")))),
        ("parameter ref", judged(|v| definition(v, "externalParameters", json!({ "ref": "main" })))),
        ("gitTag", judged(|v| definition(v, "resolvedDependencies", json!([])))),
        (
            "missing field `externalParameters`",
            judged(|v| {
                v["buildDefinition"].as_object_mut().expect("an object").remove("externalParameters");
            }),
        ),
        (
            "gitCommit",
            judged(|v| {
                v["buildDefinition"]["resolvedDependencies"][1]["digest"] = json!({ "gitCommit": "d".repeat(40) });
            }),
        ),
        (
            "gitTree",
            judged(|v| {
                v["buildDefinition"]["resolvedDependencies"][2]["digest"] =
                    json!({ "gitTree": "c".repeat(40), "gitBlob": "c".repeat(40) });
            }),
        ),
        (
            "not the release's",
            judged(|v| {
                let all = v["buildDefinition"]["resolvedDependencies"].as_array_mut().expect("a list");
                all.push(json!({ "name": "more", "digest": { "gitCommit": "d".repeat(40) } }));
            }),
        ),
        (
            "missing field `runDetails`",
            judged(|v| {
                v.as_object_mut().expect("an object").remove("runDetails");
            }),
        ),
        ("missing field `id`", judged(|v| v["runDetails"]["builder"] = json!({}))),
    ] {
        let said = found.expect_err(why);
        assert!(said.contains(why), "{why}: {said}");
    }
}
