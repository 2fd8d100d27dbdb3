//! A failed or missing check that a second person answers for (A-42, A-09, W1-13).

use expect_test::expect;

use crate::people::{BRANCH, CHART, CHECK, SUBJECT, failed, policy, waive, world};
use crate::world::TAG;

#[test]
fn a42_a_failed_check_is_waived_by_a_second_person_and_shown() {
    let world = world(&policy());
    let ci = failed(&world);
    ci.lineage(["check", "--seal"]).exits(1).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-k8s-install: its result is fail (exit 1)

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
    waive(&ci, "bob", &["--dry-run"]).is(expect![[r#"
        exit 0
        --- stdout
          needed  sign w1-waive-k8s-install of test-workflow
        test-workflow  would be created  w1-waive-k8s-install on [id]
          by account 1002 until 2025-12-21T05:02:00Z: the cluster is down
          instead of: its result is fail (exit 1)
    "#]]);
    waive(&ci, "bob", &[]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  w1-waive-k8s-install ([id]) on [id]
          by account 1002 until 2025-12-21T05:03:00Z: the cluster is down
          instead of: its result is fail (exit 1)
    "#]]);
    waive(&ci, "bob", &[]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  unchanged  w1-waive-k8s-install on [id]
          it is waived already
    "#]]);
    ci.lineage(["check", "--seal"]).is(expect![[r#"
        exit 0
        --- stdout
        sealed test-workflow as [id]
        --- stderr
        warning: w1-k8s-install is waived by account 1002 (bob) until 2025-12-21T05:03:00Z: the cluster is down
    "#]]);
    world.squash(BRANCH, SUBJECT);
    ci.git(["fetch", "-q", "origin"]);
    ci.lineage(["split"]).succeeds();
    ci.lineage(["propose", CHART]).matches_file("waived-propose");
    ci.lineage(["bump", CHART]).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  updated  0.1.0 to 0.2.0 (minor), chart/test-workflow at [id]
        --- stderr
        warning: w1-k8s-install is waived by account 1002 (bob) until 2025-12-21T05:03:00Z: the cluster is down
    "#]]);
    ci.lineage(["propose", "--merge", CHART]).succeeds();
    ci.git(["fetch", "-q", "origin"]);
    ci.lineage(["status"]).is(expect![[r#"
        exit 0
        --- stdout
        on no branch (detached) at [id]; policy: origin/main

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        holmes         0.1.0    -    1      0.1.0  -         unreleased on main
        test-workflow  0.1.0    -    2      -      6 of 6    unreleased on main

        warning: test-workflow: w1-k8s-install is waived by account 1002 (bob) until 2025-12-21T05:03:00Z: the cluster is down
    "#]]);
    ci.lineage(["tag", CHART]).matches_file("waived-tag");
    world.publish(TAG);
    let stranger = world.stranger();
    stranger.lineage(["verify", TAG]).matches_file("waived-verify");
    drop(stranger.lineage(["verify", "--allow-waivers", TAG]).exits(0).says(&[
        "~~",
        CHECK,
        "waived: ",
        "proven but for",
    ]));
    drop(stranger.lineage(["verify", "--all"]).exits(1).says(&["~~", CHECK]));
    // What verify refuses has not passed for anybody else either.
    for (more, exit, said) in [(None, 1, "FAILED"), (Some("--allow-waivers"), 0, "PASSED")] {
        drop(stranger.lineage(["verify", TAG, "--vsa", "vsa.json"].into_iter().chain(more)).exits(exit));
        let summary: serde_json::Value = serde_json::from_str(&stranger.read("vsa.json")).unwrap();
        assert_eq!(summary["predicate"]["verificationResult"], said);
    }
    let allowed = policy().replace("[required]\n", "[required]\nallow-waivers = true\n");
    stranger.write("allowed.toml", &allowed);
    drop(stranger.lineage(["verify", "--policy", "allowed.toml", TAG]).exits(0).says(&["~~", "waived: "]));
    stranger.write("other.toml", allowed.replace("stages = [\"waive\", \"review\"]", "stages = [\"review\"]"));
    let broken = stranger.lineage(["verify", "--json", "--policy", "other.toml", TAG]).exits(1).broken();
    assert!(
        broken.iter().any(|(link, why)| link == "w1-k8s-install" && why.contains("waive stage")),
        "{broken:#?}"
    );
    let json = stranger.lineage(["verify", "--json", TAG]).exits(1).json();
    assert_eq!(json["releases"][0]["standing"], "waived");
    let steps = json["releases"][0]["verdict"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["state"] == "waived").unwrap();
    expect![[r#"
        {
          "account": "1002",
          "expires": "2025-12-21T05:03:00Z",
          "instead": "its result is fail (exit 1)",
          "link": "w1-k8s-install",
          "number": 9,
          "reason": "the cluster is down",
          "signer": "bob",
          "state": "waived",
          "what": "the required check k8s-install is waived"
        }"#]]
    .assert_eq(&format!("{step:#}"));
    stranger.lineage(["log", TAG]).matches_file("waived-log");
}

#[test]
fn a42_what_is_waived_is_a_required_check_that_does_not_hold() {
    let world = world(&policy());
    let ci = failed(&world).with_key(Some("bob.pem"));
    let waive =
        |check: &str, more: &[&str]| ci.lineage(["waive", check, CHART, "--reason", "because"].iter().chain(more));
    waive("chart-lint", &[]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  unchanged  w1-waive-chart-lint on [id]
          w1-chart-lint holds: there is nothing to waive
    "#]]);
    waive("overall", &[]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: the policy requires no check overall

        hint: only required checks are waived (commit-validation, chart-lint, k8s-install); seals, links, reviews, tag and build never are
    "#]]);
    drop(waive("lint-test-v1.32.11", &[]).exits(2).says(&["requires no check lint-test-v1.32.11"]));
    drop(waive(CHECK, &["--stage", "bump"]).exits(2).says(&["the bump stage does not require k8s-install"]));
    waive(CHECK, &["--expires", "1y"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: a waiver cannot last like this: `1y` is neither a date nor a duration

        hint: say a date (2026-12-31) or a duration of at most 90 days (`12h`, `30d`, `2w`)
    "#]]);
    drop(waive(CHECK, &["--expires", "91d"]).exits(2).says(&["more than 90 days away"]));
    drop(waive(CHECK, &["--expires", "2020-01-01"]).exits(2).says(&["is over already"]));
    drop(ci.lineage(["waive", CHECK, CHART, "--reason", " "]).exits(2).says(&["needs a reason"]));
    drop(ci.lineage(["waive", CHECK, CHART, "--reason", "two\nlines"]).exits(2).says(&["one line"]));
    drop(ci.lineage(["waive", CHECK, CHART]).exits(2).says(&["--reason"]));
}

#[test]
fn w1_13_a_merge_past_the_checks_is_waived_check_by_check() {
    let world = world(&policy());
    world.contribute(BRANCH, SUBJECT, &crate::world::PROBE);
    world.squash(BRANCH, SUBJECT);
    let ci = world.ci();
    ci.git(["fetch", "-q", "origin"]);
    ci.git(["checkout", "-q", "--detach", "origin/integration"]);
    ci.lineage(["split"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  refused  chart/test-workflow
          test-workflow on integration is not validated; w1-commit-validation: there is no such attestation; w1-chart-lint: there is no such attestation; w1-k8s-install: there is no such attestation; w1-overall: there is no such attestation (run `git lineage check`, `check --sign` and `check --seal` on this content, on integration itself with `--base origin/main`)
    "#]]);
    let bob = ci.with_key(Some("bob.pem"));
    for check in ["commit-validation", "chart-lint", "k8s-install"] {
        bob.lineage(["waive", check, "test-workflow@origin/integration", "--reason", "an emergency"]).succeeds();
    }
    drop(ci.lineage(["check", "--seal", "--base", "origin/main", "--chart", CHART]).exits(0).says(&["is waived"]));
    world.promote(&[CHART]);
    world.publish(TAG);
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", TAG]).exits(1).says(&["proven but for 3 waived checks"]));
    drop(stranger.lineage(["verify", "--allow-waivers", TAG]).exits(0).says(&["add probe, by Ada"]));
}

#[test]
fn a42_a_check_of_the_bumped_chart_is_waived_on_its_branch() {
    let both = "validate = [\"chart-lint\", \"commit-validation\"]\nbump = [\"chart-lint\", \"k8s-install\"]";
    let world =
        world(&policy().replace("validate = [\"commit-validation\", \"chart-lint\", \"k8s-install\"]", both));
    let ci = failed(&world);
    ci.lineage(["check", "--seal"]).succeeds();
    world.squash(BRANCH, SUBJECT);
    ci.git(["fetch", "-q", "origin"]);
    ci.lineage(["split"]).succeeds();
    drop(ci.lineage(["bump", CHART]));
    ci.git(["fetch", "-q", "origin"]);
    let head = format!("origin/chart/{CHART}");
    for flag in [None, Some("--sign")] {
        drop(ci.lineage(["check", "--stage", "bump", "--head", &head].into_iter().chain(flag)));
    }
    drop(ci.lineage(["propose", "--merge", CHART]).exits(1).says(&["w5-k8s-install: its result is fail"]));
    let bob = ci.with_key(Some("bob.pem"));
    let spec = format!("{CHART}@{head}");
    drop(
        bob.lineage(["waive", "chart-lint", &spec, "--reason", "x"])
            .exits(2)
            .says(&["--stage validate or --stage bump"]),
    );
    bob.lineage(["waive", CHECK, &spec, "--reason", "the cluster is down"]).exits(0).is(expect![[r#"
        exit 0
        --- stdout
        test-workflow  created  w5-waive-k8s-install ([id]) on [id]
          by account 1002 until 2025-12-21T05:15:00Z: the cluster is down
          instead of: its result is fail (exit 1)
    "#]]);
    drop(ci.lineage(["bump", CHART]).exits(0).says(&["warning: w5-k8s-install is waived"]));
    ci.lineage(["propose", "--merge", CHART]).succeeds();
    ci.git(["fetch", "-q", "origin"]);
    drop(ci.lineage(["tag", CHART]).exits(0).says(&["w5-waive-k8s-install", "warning: w5-k8s-install is waived"]));
    ci.lineage(["build", TAG]).succeeds();
    let stranger = world.stranger();
    drop(
        stranger
            .lineage(["verify", TAG])
            .exits(1)
            .says(&["~~   the required check k8s-install is waived [w5-k8s-install]"]),
    );
    drop(stranger.lineage(["verify", "--allow-waivers", TAG]).exits(0));
}
