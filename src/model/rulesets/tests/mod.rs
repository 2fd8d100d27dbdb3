//! The matrix, drift and the way from one to the other.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its snapshots so")]

mod drift;

use serde_json::Value;

use super::*;
use crate::model::Exit;
use crate::model::config::Config;
use crate::model::workflows::tests::config;

pub(super) const APP: u64 = 123_456;

pub(super) fn usual() -> Config {
    config(&[])
}

pub(super) fn direct() -> Config {
    let flow = ("forge = \"github\"", "forge = \"github\"\nflow = \"direct\"");
    config(&[flow, ("bump = [\"chart-lint\"]\n", "")])
}

/// What GitHub answers for a ruleset it was given.
pub(super) fn answered(ruleset: &Ruleset, id: u64) -> Value {
    let mut value = ruleset.json();
    value["id"] = id.into();
    value["node_id"] = "RRS_x".into();
    value["source_type"] = "Repository".into();
    value["source"] = "octo/charts".into();
    value["updated_at"] = "2026-11-21T12:00:00Z".into();
    value["current_user_can_bypass"] = "never".into();
    for rule in value["rules"].as_array_mut().expect("rules") {
        if rule["type"] == "pull_request" {
            rule["parameters"]["required_reviewers"] = serde_json::json!([]);
            rule["parameters"]["automatic_copilot_code_review_enabled"] = false.into();
        }
    }
    value
}

pub(super) fn all_answered(wanted: &[Ruleset]) -> Vec<Value> {
    wanted.iter().zip(1..).map(|(ruleset, id)| answered(ruleset, id)).collect()
}

/// Who may do what, as `create push merge force delete`.
fn row(rulesets: &[Ruleset], reference: &str, who: Who) -> String {
    let acts = [Act::Create, Act::Push, Act::Merge, Act::Force, Act::Delete];
    let may = acts.map(|act| if blocked(rulesets, "main", who, act, reference).is_empty() { "yes" } else { "no" });
    may.join(" ")
}

/// RS-1, RS-2, RS-4, RS-5: the matrix of the brief, computed from the bodies.
#[test]
fn rs_1_the_matrix_of_the_brief() {
    let rulesets = wanted(&usual()).expect("rulesets");
    let table: Vec<String> = [
        "refs/heads/main",
        "refs/heads/integration",
        "refs/heads/chart/x",
        "refs/heads/chart/x/y",
        "refs/heads/release",
        "refs/tags/x-v1.2.3",
        "refs/heads/feat/x",
        "refs/tags/v1",
    ]
    .into_iter()
    .flat_map(|reference| {
        [("writer", Who::Writer), ("admin", Who::Admin), ("app", Who::App(APP)), ("other app", Who::App(1))]
            .map(|(name, who)| format!("{reference} {name}: {}", row(&rulesets, reference, who)))
    })
    .collect();
    expect_test::expect![[r#"
        refs/heads/main writer: yes no yes no no
        refs/heads/main admin: yes no yes no no
        refs/heads/main app: yes no yes no no
        refs/heads/main other app: yes no yes no no
        refs/heads/integration writer: yes no yes no no
        refs/heads/integration admin: yes yes yes no no
        refs/heads/integration app: yes yes yes no no
        refs/heads/integration other app: yes no yes no no
        refs/heads/chart/x writer: no no no no yes
        refs/heads/chart/x admin: no no no no yes
        refs/heads/chart/x app: yes yes yes yes yes
        refs/heads/chart/x other app: no no no no yes
        refs/heads/chart/x/y writer: no no no no yes
        refs/heads/chart/x/y admin: no no no no yes
        refs/heads/chart/x/y app: yes yes yes yes yes
        refs/heads/chart/x/y other app: no no no no yes
        refs/heads/release writer: no no no no no
        refs/heads/release admin: no no no no no
        refs/heads/release app: yes yes yes no no
        refs/heads/release other app: no no no no no
        refs/tags/x-v1.2.3 writer: no no no no no
        refs/tags/x-v1.2.3 admin: no no no no no
        refs/tags/x-v1.2.3 app: yes no no no no
        refs/tags/x-v1.2.3 other app: no no no no no
        refs/heads/feat/x writer: yes yes yes yes yes
        refs/heads/feat/x admin: yes yes yes yes yes
        refs/heads/feat/x app: yes yes yes yes yes
        refs/heads/feat/x other app: yes yes yes yes yes
        refs/tags/v1 writer: yes yes yes yes yes
        refs/tags/v1 admin: yes yes yes yes yes
        refs/tags/v1 app: yes yes yes yes yes
        refs/tags/v1 other app: yes yes yes yes yes"#]]
    .assert_eq(&table.join("\n"));
}

/// What stands between an administrator and main is the checks alone: the emergency push needs them, too.
#[test]
fn rs_1_administrators_pass_the_block_of_pushes_and_nothing_else() {
    let rulesets = wanted(&usual()).expect("rulesets");
    let stopped = |act| blocked(&rulesets, "main", Who::Admin, act, "refs/heads/main");
    assert_eq!(stopped(Act::Push), ["lineage/main-checks: required_status_checks"]);
    assert_eq!(stopped(Act::Delete), ["lineage/core-permanent: deletion"]);
    let none = config(&[("app-id = 123456", "app-id = 123456\nadmin-bypass = \"none\"")]);
    let rulesets = wanted(&none).expect("rulesets");
    assert!(rulesets.iter().flat_map(|one| one.bypass.iter().flatten()).all(|actor| actor.kind == "Integration"));
    let pull = config(&[("app-id = 123456", "app-id = 123456\nadmin-bypass = \"pull-request\"")]);
    let rulesets = wanted(&pull).expect("rulesets");
    assert!(!blocked(&rulesets, "main", Who::Admin, Act::Push, "refs/heads/integration").is_empty());
    assert_eq!(rulesets[0].bypass.as_ref().expect("bypass")[0].shown(), "RepositoryRole 5 (pull_request)");
}

#[test]
fn every_body_whole() {
    let bodies =
        |config: &Config| -> String { wanted(config).expect("rulesets").iter().map(Ruleset::text).collect() };
    let at = |name: &str| format!("{}/src/model/rulesets/tests/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    expect_test::expect_file![at("integration")].assert_eq(&bodies(&usual()));
    let queue = config(&[
        ("forge = \"github\"", "forge = \"github\"\nflow = \"direct\""),
        ("[repository]", "[tag]\ntemplate = \"{chart}-{version}\"\n[branches]\nmain = \"master\"\n[repository]"),
        ("app-id = 123456", "app-id = 123456\nmerge-queue = true\ncontexts = [\"lint-test (v1.32.11)\"]"),
    ]);
    expect_test::expect_file![at("direct")].assert_eq(&bodies(&queue));
}

/// RS-4: without an App there is nothing that could be let through.
#[test]
fn rs_4_no_app_is_a_usage_error() {
    let failure = wanted(&config(&[("app-id = 123456", "")])).expect_err("no App");
    assert_eq!(failure.exit, Exit::Usage);
}

/// RS-5, P-37: an empty list of those who bypass freezes a ref.
#[test]
fn rs_5_a_frozen_ref_is_found() {
    let config = usual();
    let mut rulesets = wanted(&config).expect("rulesets");
    assert_eq!(frozen(&rulesets, &config).expect("names"), Vec::<String>::new());
    for ruleset in &mut rulesets {
        if ruleset.name == "lineage/release" || ruleset.name == "lineage/tags-create" {
            ruleset.bypass = Some(Vec::new());
        }
    }
    let frozen = frozen(&rulesets, &config).expect("names");
    expect_test::expect![[r#"
        nobody could ever update refs/heads/release: lineage/release: update
        nobody could ever make refs/tags/a-chart-v1.2.3-rc.1+b.1: lineage/tags-create: creation"#]]
    .assert_eq(&frozen.join("\n"));
}

/// P-01, A-01: patterns never take in what has rules of its own.
#[test]
fn patterns_that_overlap_are_refused() {
    for branches in ["chart = \"{chart}\"", "integration = \"main\"", "integration = \"chart/x\""] {
        let config = config(&[("[repository]", &format!("[branches]\n{branches}\n[repository]"))]);
        assert_eq!(wanted(&config).expect_err(branches).exit, Exit::Usage);
    }
}

/// The tags that are made are the tags that are protected.
#[test]
fn tag_patterns_come_from_the_template() {
    for template in ["{chart}-v{version}", "{chart}/{version}", "r/{version}/{chart}", "{chart}-{version}"] {
        let config = config(&[("[repository]", &format!("[tag]\ntemplate = \"{template}\"\n[repository]"))]);
        let rulesets = wanted(&config).expect("rulesets");
        let tag = format!("refs/tags/{}", config.tag_name("my-chart", "1.2.3-rc.1+b1"));
        assert!(!blocked(&rulesets, "main", Who::Writer, Act::Create, &tag).is_empty(), "{template}");
        assert!(!blocked(&rulesets, "main", Who::App(APP), Act::Delete, &tag).is_empty(), "{template}");
    }
}

/// RS-11, RS-12.
#[test]
fn rs_11_what_no_ruleset_can_hold_has_a_caller() {
    for config in [usual(), direct()] {
        let mut files = crate::model::workflows::files(&config).expect("files");
        assert_eq!(unenforced(&config, &files), Vec::new());
        let tag = crate::model::workflows::path("6-tag");
        let text = files[&tag].replace("run: git lineage tag", "# run: git lineage tag");
        files.insert(tag.clone(), text);
        assert_eq!(unenforced(&config, &files).len(), 1);
        assert_eq!(unenforced(&config, &std::collections::BTreeMap::new()).len(), enforced(&config).len());
    }
    assert!(NOTES.contains("refs/notes/*") && NOTES.contains("untrusted"));
}

/// RS-10: the live set of the repository this replaces, by the names it has there.
#[test]
fn rs_10_rulesets_of_other_names_are_recognised() {
    let ruleset = |name: &str, target: &str, include: &[&str], rules: &[&str]| {
        serde_json::json!({
            "id": 11_925_113, "name": name, "target": target, "enforcement": "active", "source_type": "Repository",
            "bypass_actors": [{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" }],
            "conditions": { "ref_name": { "include": include, "exclude": [] } },
            "rules": rules.iter().map(|kind| serde_json::json!({ "type": kind })).collect::<Vec<_>>(),
        })
    };
    let config = usual();
    let found = [
        ruleset(
            "protected-branches-linear",
            "branch",
            &["~DEFAULT_BRANCH", "refs/heads/integration"],
            &["required_linear_history", "deletion"],
        ),
        ruleset("tags: immutable release tags", "tag", &["~ALL"], &["deletion", "update", "non_fast_forward"]),
        ruleset(
            "release-automation",
            "branch",
            &["refs/heads/release", "refs/heads/chart/**/*"],
            &["update", "deletion"],
        ),
        ruleset("elsewhere", "branch", &["refs/heads/hotfix/*"], &["update"]),
        serde_json::json!({ "name": "odd", "target": "push" }),
    ];
    let foreign = recognise(&wanted(&config).expect("rulesets"), &found, &config).expect("names");
    let said: Vec<String> = foreign
        .iter()
        .map(|one| {
            format!("{}: same {:?}, in the way {:?}, {:?}", one.name, one.overlaps, one.conflicts, one.unknown)
        })
        .collect();
    expect_test::expect![[r#"
        protected-branches-linear: same ["lineage/core-permanent: deletion", "lineage/core-permanent: required_linear_history"], in the way [], None
        tags: immutable release tags: same ["lineage/tags-immutable: deletion", "lineage/tags-immutable: non_fast_forward", "lineage/tags-immutable: update"], in the way [], None
        release-automation: same ["lineage/chart-branches: update", "lineage/release: update", "lineage/core-permanent: deletion"], in the way ["the App 123456 cannot push to refs/heads/chart/a-chart: release-automation: update", "the App 123456 cannot delete refs/heads/chart/a-chart: release-automation: deletion", "the App 123456 cannot merge into refs/heads/release: release-automation: update"], None
        elsewhere: same [], in the way [], None
        odd: same [], in the way [], Some("it is about `push`")"#]].assert_eq(&said.join("\n"));
}
