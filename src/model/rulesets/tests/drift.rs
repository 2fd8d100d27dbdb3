//! Drift, and that a plan takes it away.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::*;
use super::{all_answered, answered, direct, usual};
use crate::model::Exit;

fn ready() -> Ground {
    Ground { release: true, integration: true, workflows: true }
}

/// What is there once a plan is carried out.
fn applied(found: &[Value], steps: &[Step]) -> Vec<Value> {
    let mut now = found.to_vec();
    for step in steps {
        match &step.change {
            Change::Keep => {}
            Change::Create { body } => {
                let ruleset = Ruleset::read(body).expect("a body is a ruleset");
                let id = now.iter().filter_map(|one| one["id"].as_u64()).max().unwrap_or(0) + 1;
                now.push(answered(&ruleset, id));
            }
            Change::Replace { id, body, .. } => {
                let place = now.iter_mut().find(|one| one["id"] == *id).expect("it is there");
                for (key, value) in body.as_object().expect("a body") {
                    place[key] = value.clone();
                }
            }
            Change::Remove { id, .. } => now.retain(|one| one["id"] != *id),
        }
    }
    now
}

#[test]
fn what_is_as_wanted_is_kept() {
    for config in [usual(), direct()] {
        let wanted = wanted(&config).expect("rulesets");
        let mut found = all_answered(&wanted);
        // GitHub gives lists back in an order of its own.
        found.reverse();
        for one in &mut found {
            one["rules"].as_array_mut().expect("rules").reverse();
            one["bypass_actors"].as_array_mut().expect("actors").reverse();
        }
        let verdict = compare(&wanted, &found);
        assert_eq!(verdict, Verdict::default());
        assert_eq!(verdict.exit(), Exit::Done);
        let steps = plan(&wanted, &found, &Ground::default()).expect("nothing to do is in order");
        assert!(steps.iter().all(|step| step.change == Change::Keep));
    }
}

#[test]
fn drift_names_the_path_what_is_wanted_and_what_is_there() {
    let wanted = wanted(&usual()).expect("rulesets");
    let mut found = all_answered(&wanted);
    let place = |name: &str| wanted.iter().position(|one| one.name == name).expect("it is wanted");
    found[place("lineage/tags-create")]["enforcement"] = "evaluate".into();
    found[place("lineage/chart-branches")]["bypass_actors"][0]["bypass_mode"] = "exempt".into();
    let checks = place("lineage/main-checks");
    found[checks]["rules"][0]["parameters"]["required_status_checks"][0] = json!({ "context": "lineage-guard" });
    let main = place("lineage/main");
    found[main]["rules"][0]["parameters"]["required_approving_review_count"] = 0.into();
    found[main]["rules"].as_array_mut().expect("rules").push(json!({ "type": "required_signatures" }));
    found.remove(place("lineage/tags-immutable"));
    found.push(json!({ "id": 99, "name": "lineage/old", "target": "tag", "enforcement": "active", "rules": [] }));
    let verdict = compare(&wanted, &found);
    assert_eq!(verdict.exit(), Exit::Negative);
    let said: Vec<String> = verdict
        .drift
        .iter()
        .map(|one| match one.path.as_str() {
            "" => format!("{} wanted {}", one.ruleset, !one.want.is_null()),
            path => format!("{} {path}: want {}, got {}", one.ruleset, one.want, one.got),
        })
        .collect();
    expect_test::expect![[r#"
        lineage/chart-branches bypass_actors: want [{"actor_id":123456,"actor_type":"Integration","bypass_mode":"always"}], got [{"actor_id":123456,"actor_type":"Integration","bypass_mode":"exempt"}]
        lineage/tags-immutable wanted true
        lineage/tags-create enforcement: want "active", got "evaluate"
        lineage/main rules.pull_request.parameters.required_approving_review_count: want 1, got 0
        lineage/main rules.required_signatures: want null, got {"type":"required_signatures"}
        lineage/main-checks rules.required_status_checks.parameters.required_status_checks: want [{"context":"lineage-guard","integration_id":15368}], got [{"context":"lineage-guard"}]
        lineage/old wanted false"#]].assert_eq(&said.join("\n"));
}

/// RS-9, RS-3: what may not be seen, or is not known, is never taken for good, and never written over.
#[test]
fn what_cannot_be_told_is_undetermined() {
    let wanted = wanted(&usual()).expect("rulesets");
    let mut hidden = all_answered(&wanted);
    hidden[0].as_object_mut().expect("an object").remove("bypass_actors");
    let verdict = compare(&wanted, &hidden);
    assert_eq!((verdict.exit(), verdict.drift.len(), verdict.undetermined.len()), (Exit::Undetermined, 0, 1));
    assert_eq!(verdict.undetermined[0].path, "bypass_actors");
    assert_eq!(plan(&wanted, &hidden, &ready()).expect_err("blind").exit, Exit::Undetermined);

    let mut strange = all_answered(&wanted);
    let rule = json!({ "type": "phase_of_the_moon", "parameters": { "full": true } });
    strange[0]["rules"].as_array_mut().expect("rules").push(rule.clone());
    assert_eq!(compare(&wanted, &strange).exit(), Exit::Undetermined);
    // Something else has to be put right: the rule nobody knows stays.
    strange[0]["enforcement"] = "disabled".into();
    let steps = plan(&wanted, &strange, &ready()).expect("a plan");
    let Change::Replace { body, .. } = &steps[0].change else { panic!("{:?}", steps[0]) };
    assert!(body["rules"].as_array().expect("rules").contains(&rule));
    assert_eq!(body["enforcement"], "active");

    for broken in [json!({ "name": wanted[0].name }), json!({ "name": wanted[0].name, "target": "repository" })] {
        let mut found = all_answered(&wanted);
        found[0] = broken;
        assert_eq!(compare(&wanted, &found).exit(), Exit::Undetermined);
        assert_eq!(plan(&wanted, &found, &ready()).expect_err("unreadable").exit, Exit::Undetermined);
    }
}

/// RS-6: a PUT says who may bypass, every time, and is not sent over somebody else's change.
#[test]
fn rs_6_read_merge_write() {
    let wanted = wanted(&usual()).expect("rulesets");
    let mut found = all_answered(&wanted);
    let actors = found[0]["bypass_actors"].as_array_mut().expect("actors");
    actors.push(json!({ "actor_id": 7, "actor_type": "Team", "bypass_mode": "always" }));
    let steps = plan(&wanted, &found, &ready()).expect("a plan");
    assert_eq!(steps[0].drift.len(), 1);
    assert!(steps[0].drift[0].got.to_string().contains("Team"), "the diff shows who is taken out");
    let Change::Replace { body, .. } = &steps[0].change else { panic!("{:?}", steps[0]) };
    assert_eq!(body["bypass_actors"], wanted[0].json()["bypass_actors"]);
    steps[0].still(&found[0]).expect("nothing changed");
    let mut later = found[0].clone();
    later["updated_at"] = "2026-11-21T13:00:00Z".into();
    steps[0].still(&later).expect("a time alone is no change");
    later["bypass_actors"] = json!([]);
    assert_eq!(steps[0].still(&later).expect_err("changed").exit, Exit::Conflict);
}

/// MG-8.
#[test]
fn mg_8_a_backup_holds_every_field() {
    let found = all_answered(&wanted(&usual()).expect("rulesets"));
    let back: Vec<Value> = serde_json::from_str(&backup(&found)).expect("JSON");
    assert_eq!(back, found);
}

/// RS-8.
#[test]
fn rs_8_out_of_order_is_refused() {
    let wanted = wanted(&usual()).expect("rulesets");
    let names: Vec<&str> = wanted.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "lineage/integration",
            "lineage/chart-branches",
            "lineage/tags-immutable",
            "lineage/tags-create",
            "lineage/release",
            "lineage/core-permanent",
            "lineage/main",
            "lineage/main-checks",
        ]
    );
    assert!(plan(&wanted, &[], &ready()).is_ok());
    for ground in [
        Ground { workflows: false, ..ready() },
        Ground { release: false, ..ready() },
        Ground { integration: false, ..ready() },
    ] {
        assert_eq!(plan(&wanted, &[], &ground).expect_err("locked").exit, Exit::Usage, "{ground:?}");
    }
}

/// RS-7.
#[test]
fn rs_7_contexts_nobody_ever_reported_are_named() {
    let wanted = wanted(&usual()).expect("rulesets");
    let seen: BTreeSet<String> = ["lineage-validate".to_owned()].into();
    assert_eq!(unseen(&wanted, &seen), ["lineage-guard"]);
}

/// Something done to a ruleset by hand.
fn spoil(value: &mut Value, how: u8) {
    match how % 8 {
        0 => value["enforcement"] = "disabled".into(),
        1 => value["bypass_actors"] = json!([]),
        2 => {
            value["bypass_actors"] =
                json!([{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" }]);
        }
        3 => value["rules"] = json!([]),
        4 => value["rules"].as_array_mut().expect("rules").push(json!({ "type": "required_signatures" })),
        5 => value["conditions"]["ref_name"]["exclude"] = json!(["refs/heads/main"]),
        6 => value["conditions"]["ref_name"]["include"] = json!(["~ALL"]),
        _ => {
            for rule in value["rules"].as_array_mut().expect("rules") {
                rule["parameters"] = json!({ "update_allows_fetch_and_merge": true });
            }
        }
    }
}

proptest! {
    #[test]
    fn after_the_plan_there_is_no_drift(
        integration: bool,
        missing in proptest::collection::vec(any::<bool>(), 8),
        spoilt in proptest::collection::vec(proptest::option::of(any::<u8>()), 8),
        doubled: bool,
        extra: bool,
    ) {
        let config = if integration { usual() } else { direct() };
        let wanted = wanted(&config).expect("rulesets");
        let mut found = Vec::new();
        for (at, ruleset) in wanted.iter().enumerate() {
            let mut value = answered(ruleset, at as u64 + 1);
            if let Some(how) = spoilt.get(at).copied().flatten() {
                spoil(&mut value, how);
            }
            if !missing.get(at).copied().unwrap_or_default() {
                found.push(value);
            }
        }
        if doubled {
            found.push(answered(&wanted[0], 50));
        }
        if extra {
            let mut other = wanted[0].clone();
            other.name = "lineage/left-over".to_owned();
            found.push(answered(&other, 51));
            other.name = "somebody's own".to_owned();
            found.push(answered(&other, 52));
        }
        let steps = plan(&wanted, &found, &ready()).expect("a plan");
        let now = applied(&found, &steps);
        prop_assert_eq!(compare(&wanted, &now), Verdict::default());
        prop_assert!(!extra || now.iter().any(|one| one["id"] == 52), "what is not ours is left alone");
        let again = plan(&wanted, &now, &ready()).expect("a plan");
        prop_assert!(again.iter().all(|step| step.change == Change::Keep));
    }

    #[test]
    fn any_answer_is_read_or_refused(text in "\\PC{0,30}", name in "lineage/(main|integration)") {
        let wanted = wanted(&usual()).expect("rulesets");
        for value in [json!(text), json!({ "name": name, "rules": text }), json!({ "name": name, "rules": [{ "type": text }], "enforcement": text, "target": "branch" })] {
            let verdict = compare(&wanted, std::slice::from_ref(&value));
            prop_assert!(verdict.exit() != Exit::Done);
            let _ = plan(&wanted, std::slice::from_ref(&value), &ready());
        }
    }
}
