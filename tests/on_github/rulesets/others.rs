//! Rulesets of others, and checks that nobody reports: both stop a flow that looks well protected.

use serde_json::json;

use super::{Scene, somebody_elses};

#[test]
fn rs_7_a_required_check_that_was_never_seen_is_warned_of() {
    let scene = Scene::protected();
    let warnings = || scene.rulesets(&["check", "--json"]).exits(0).json()["warnings"].clone();
    let never = |name: &str| format!("no run on main or on what was last merged into it was called `{name}`");
    assert_eq!(warnings(), json!([never("lineage-guard"), never("lineage-validate")]));
    let main = scene.world.origin().rev("refs/heads/main");
    // A name that is nearly it is another one.
    scene.github.ran(&main, "lineage-guard (x)");
    scene.github.ran(&main, "lineage-validate");
    assert_eq!(warnings(), json!([never("lineage-guard")]));
    scene.github.succeed(&main, "lineage-guard");
    assert_eq!(warnings(), json!([]));
    scene.github.fail(crate::github::Fault::status("checks/list-for-ref", 403).times(9));
    let said = scene.rulesets(&["check"]).exits(0);
    said.says(&["warning: whether runs have the names that are asked for could not be looked at"]).done();
}

#[test]
fn rs_10_somebody_else_s_ruleset_in_the_way_is_exit_1_and_3_where_it_cannot_be_told() {
    let scene = Scene::protected();
    scene.rulesets(&["check"]).exits(0).done();
    // What overlaps stands in nobody's way.
    scene.github.add_ruleset("Repository", somebody_elses("main-linear", "required_linear_history"));
    scene.rulesets(&["check"]).exits(0).says(&["holds what ours hold, too"]).done();
    let mut off = somebody_elses("main-off", "update");
    off["enforcement"] = json!("disabled");
    scene.github.add_ruleset("Repository", off);
    scene.rulesets(&["check"]).exits(0).done();
    scene.github.add_ruleset("Organization", somebody_elses("main-strict", "update"));
    let said = scene.rulesets(&["check"]).exits(1);
    said.says(&["in the way: nobody can merge", "somebody else's ruleset stands in the way of the flow"]).done();
    // Ours are applied all the same.
    scene.rulesets(&["apply"]).exits(0).done();
    scene.github.delete_ruleset("main-strict");
    let mut odd = somebody_elses("main-odd", "update");
    odd["conditions"]["ref_name"]["include"] = json!("refs/heads/main");
    scene.github.add_ruleset("Repository", odd);
    scene.rulesets(&["check"]).exits(3).says(&["could not be read", "could not be told"]).done();
    assert!(!scene.github.violations().is_empty(), "the description has no such ruleset");
}
