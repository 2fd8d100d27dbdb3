//! Who is believed, and about what: forged, borrowed and missing evidence, and content that came by
//! another way.

use expect_test::expect;

use crate::world::{MALLORY_PUBLIC, PROBE, REPOSITORY, Site, Stop, TAG, World, policy, policy_of};

#[test]
fn e12_the_published_package_verifies_and_another_does_not() {
    let world = World::published();
    let stranger = world.stranger();
    let tgz = world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz");
    let path = tgz.display().to_string();
    drop(stranger.lineage(["verify", "--package", &path, TAG]).exits(0).says(&["proven"]));
    drop(stranger.lineage(["verify", &path]).exits(0).says(&["proven"]));
    let mut bytes = std::fs::read(&tgz).expect("it was published");
    bytes.push(b'\n');
    stranger.write("longer.tgz", &bytes);
    drop(stranger.lineage(["verify", "--package", "longer.tgz", TAG]).exits(1));
    drop(stranger.lineage(["verify", "longer.tgz"]).exits(1));
}

#[test]
fn e12_another_policy_s_keys_and_repository_are_not_met() {
    let world = World::published();
    let stranger = world.stranger();
    stranger.write("ours.toml", policy());
    drop(stranger.lineage(["verify", "--policy", "ours.toml", TAG]).exits(0).says(&["ours.toml"]));
    stranger.write("keys.toml", policy_of(REPOSITORY, MALLORY_PUBLIC));
    stranger.lineage(["verify", "--policy", "keys.toml", TAG]).exits(1).matches_file("e12-other-keys");
    stranger.write("other.toml", policy_of("00000000-0000-4000-8000-000000000000", crate::world::CI_PUBLIC));
    drop(
        stranger
            .lineage(["verify", "--policy", "other.toml", TAG])
            .says(&["00000000-0000-4000-8000-000000000000"]),
    );
    stranger.lineage(["verify", "--policy", "nowhere.toml", TAG]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: could not read nowhere.toml
          caused by: No such file or directory (os error 2)
    "#]]);
    drop(stranger.lineage(["verify", "--policy-from", "origin/main", TAG]).exits(0).says(&["origin/main"]));
}

#[test]
fn e12_a_key_for_another_stage_does_not_count() {
    let world = World::published();
    let stranger = world.stranger();
    let only_tags = policy().replace("name = \"ci\"\n", "name = \"ci\"\nstages = [\"tag\"]\n");
    stranger.write("stages.toml", only_tags);
    let broken = stranger.lineage(["verify", "--json", "--policy", "stages.toml", TAG]).exits(1).broken();
    assert!(broken.iter().any(|(link, _)| link == "w2-filter-charts"), "{broken:#?}");
    assert!(!broken.iter().any(|(link, _)| link == "w6-tag"), "{broken:#?}");
}

#[test]
fn e12_an_untrusted_key_cannot_write_evidence() {
    let world = World::at(Stop::Contributed);
    let ci = world.ci().with_key(Some("mallory.pem"));
    ci.fetch();
    ci.lineage(["split"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow  refused  chart/test-workflow
          [TMP]/keys/mallory.pem is not a key for the split stage; signed by the key [id], which the policy does not trust (sign with a key listed under [[trust.keys]] on main)
    "#]]);
    ci.with_key(None).lineage(["split"]).exits(2).is(expect![[r#"
        exit 2
        --- stdout
        test-workflow  refused  chart/test-workflow
          no signing key is configured (name one with --key, LINEAGE_KEY or `git config lineage.key`; `git lineage init` makes one)
    "#]]);
    ci.with_key(Some("nobody.pem")).lineage(["split"]).exits(2).is(expect![[r#"
        exit 2
        --- stdout
        test-workflow  refused  chart/test-workflow
          no private key at [TMP]/keys/nobody.pem (point the configuration to a key, or make one with `git lineage init`)
    "#]]);
    assert!(!world.origin().has_ref("refs/heads/chart/test-workflow"));
}

#[test]
fn e16_a_direct_push_to_main_is_not_released() {
    let world = World::at(Stop::Seeded);
    let dev = world.dev();
    dev.write("charts/test-workflow/values.yaml", "replicas: 9\n");
    dev.write("charts/test-workflow/Chart.yaml", crate::world::chart_yaml("test-workflow", "0.1.1"));
    dev.commit("fix(test-workflow): just this once");
    dev.git(["push", "-q", "origin", "main"]);
    let ci = world.ci();
    ci.git(["pull", "-q", "--ff-only", "origin", "main"]);
    ci.lineage(["status"]).exits(0).says(&["test-workflow"]).is(expect![[r#"
        exit 0
        --- stdout
        on main at [id]; policy: origin/main
        warning: no evidence was fetched here yet: run `git lineage sync`

        CHART          VERSION  TAG  SINCE  NEXT   EVIDENCE  PLACE
        cloudflared    0.4.3    -    1      0.4.3  -         unreleased on main
        holmes         0.1.0    -    1      0.1.0  -         unreleased on main
        test-workflow  0.1.1    -    2      0.1.1  0 of 10   unreleased on main

        warning: test-workflow: main has content [id] of test-workflow that no bump link known here leads to: run `git lineage sync` to tell whether there is one
        test-workflow: missing w5-semver-bump, w2-filter-charts, w1-commit-validation, w1-changelog-generation, w1-chart-lint, w1-lint-test-v1.32.11, w1-lint-test-v1.33.7, w1-k8s-install, w1-overall, w5-overall
    "#]]);
    ci.lineage(["tag", "test-workflow"]).exits(1).says(&["test-workflow"]).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.1.1  refused
          test-workflow-v0.1.1 cannot be tagged: the content on main is not attested; w5-semver-bump: there is no such attestation; w5-overall: there is no such attestation
    "#]]);
    assert_eq!(ci.git(["ls-remote", "--tags", "origin"]), "");
}

#[test]
fn e17_a_feature_branch_does_not_go_to_main() {
    let world = World::at(Stop::Validated);
    let ci = world.ci();
    ci.lineage(["guard", "--stage", "main", "--head-ref", "feature/add-probe", "--base-ref", "main"])
        .exits(1)
        .says(&["feature/add-probe", "chart/"])
        .is(expect![[r#"
            exit 1
            --- stdout
            refused: feature/add-probe into main (main)
              only a per-chart branch (`chart/{chart}`) may merge into main: expected a per-chart branch (`chart/{chart}`), found `feature/add-probe`
        "#]]);
    // Somebody merges it anyway.
    let dev = world.dev();
    dev.git(["checkout", "-q", "main"]);
    dev.git(["merge", "-q", "--squash", "feature/add-probe"]);
    dev.git(["commit", "-q", "-m", "feat(test-workflow): add probe"]);
    dev.git(["push", "-q", "origin", "main"]);
    ci.fetch();
    ci.lineage(["tag", "test-workflow"]).exits(1).is(expect![[r#"
        exit 1
        --- stdout
        test-workflow-v0.1.0  refused
          test-workflow-v0.1.0 cannot be tagged: the content on main is not attested; w5-semver-bump: there is no such attestation; w5-overall: there is no such attestation
    "#]]);
}

#[test]
fn e17_a_fork_s_branch_is_not_ours_whatever_its_name() {
    let world = World::at(Stop::Split);
    let ci = world.ci();
    let fork = ["--head-repository", "mallory/charts", "--base-repository", "ada/charts"];
    let refused = |arguments: &[&str]| ci.lineage(arguments.iter().chain(&fork).copied()).exits(1);
    refused(&["guard", "--stage", "chart", "--head-ref", "integration", "--base-ref", "chart/test-workflow"])
        .says(&["mallory/charts", "ada/charts"])
        .is(expect![[r#"
            exit 1
            --- stdout
            refused: integration into chart/test-workflow (chart)
              the head is in the repository mallory/charts, not in ada/charts: a fork's branch names prove nothing
        "#]]);
    drop(refused(&["guard", "--stage", "main", "--head-ref", "chart/test-workflow", "--merge"]));
    drop(refused(&["guard", "--stage", "release", "--head-ref", "main", "--base-ref", "release", "--merge"]));
    assert_eq!(world.origin().rev("main"), ci.rev("origin/main"), "nothing was merged");
}

#[test]
fn e17_the_event_file_is_read() {
    let world = World::at(Stop::Split);
    let ci = world.ci();
    let event = |head: &str| {
        format!(
            r#"{{"action":"opened","number":7,"pull_request":{{"number":7,"title":"x",
            "head":{{"ref":"integration","sha":"{}","repo":{{"id":{head},"full_name":"m/c"}}}},
            "base":{{"ref":"chart/test-workflow","repo":{{"id":1,"full_name":"a/c"}}}}}}}}"#,
            ci.rev("origin/integration"),
        )
    };
    ci.write("../event.json", event("1"));
    drop(ci.lineage(["guard", "--stage", "chart", "--event", "../event.json"]).exits(0));
    ci.write("../event.json", event("2"));
    drop(ci.lineage(["guard", "--stage", "chart", "--event", "../event.json"]).exits(1));
    ci.write("../event.json", "{");
    ci.lineage(["guard", "--stage", "chart", "--event", "../event.json"]).exits(2).is(expect![[r#"
        exit 2
        --- stderr
        error: the event file ../event.json is no pull-request event
          caused by: it is no JSON: EOF while parsing an object at line 1 column 1
    "#]]);
}

/// The line of a ledger with this record's name, with the object it is about.
fn record(site: &Site<'_>, name: &str) -> (String, usize, Vec<String>) {
    for object in site.ledger_objects("test-workflow") {
        let lines = site.ledger("test-workflow", &object);
        if let Some(number) = lines.iter().position(|line| line.contains(&format!("\"name\":\"{name}\""))) {
            return (object, number, lines);
        }
    }
    panic!("no record {name}");
}

#[test]
fn x6_a_forged_edited_or_removed_record_is_named() {
    let world = World::published();
    let stranger = world.stranger();
    for name in ["w1-k8s-install", "w1-overall", "w2-filter-charts", "w5-semver-bump", "w5-overall", "w6-tag"] {
        let (object, number, lines) = record(&stranger, name);
        let verdict = |lines: &[String], code: i32| {
            stranger.set_ledger("test-workflow", &object, lines);
            stranger.lineage(["verify", "--json", TAG]).exits(code).breaks(&[name])
        };
        // Removed: lost, not forged. A tag statement is named by nobody else, so that its loss cannot be
        // told from a tag that nobody signed.
        let mut removed = lines.clone();
        removed.remove(number);
        if removed.is_empty() {
            removed.push("{}".to_owned());
        }
        drop(verdict(&removed, if name == "w6-tag" { 1 } else { 3 }));
        // Edited: another record's bundle under this name.
        let mut edited = lines.clone();
        let other = lines.iter().find(|line| **line != lines[number]).unwrap_or(&lines[number]);
        let bundle = |line: &str| line[line.find("\"bundle\":").expect("a bundle")..].to_owned();
        let start = lines[number].find("\"bundle\":").expect("a bundle");
        edited[number] = format!("{}{}", &lines[number][..start], bundle(other));
        if edited[number] != lines[number] {
            drop(verdict(&edited, 1));
        }
        stranger.set_ledger("test-workflow", &object, &lines);
    }
    drop(stranger.lineage(["verify", TAG]).exits(0));
}

#[test]
fn x6_junk_un_proves_nothing() {
    let world = World::published();
    let stranger = world.stranger();
    let (object, _, mut lines) = record(&stranger, "w1-k8s-install");
    lines.push("not json".to_owned());
    lines.push(r#"{"v":1,"name":"w1-k8s-install","id":"1","url":"","bundle":{}}"#.to_owned());
    let again = lines[0].clone();
    lines.push(again);
    stranger.set_ledger("test-workflow", &object, &lines);
    stranger.lineage(["verify", TAG]).exits(0).says(&["proven", "ignored"]).matches_file("x6-junk");
}

#[test]
fn x6_evidence_of_another_repository_is_not_borrowed() {
    // The same content, checked and sealed in a repository with another id and the same key.
    let lender = World::seeded_elsewhere();
    lender.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
    lender.validate("feature/add-probe").succeeds();
    let tree = lender.ci().rev("HEAD:charts/test-workflow");
    let lines = lender.ci().ledger("test-workflow", &tree);

    let world = World::at(Stop::Seeded);
    world.contribute("feature/add-probe", "feat(test-workflow): add probe", &PROBE);
    let ci = world.ci();
    ci.fetch();
    assert_eq!(ci.rev("origin/feature/add-probe:charts/test-workflow"), tree, "the content is the same");
    ci.set_ledger("test-workflow", &tree, &lines);
    ci.git(["push", "-q", "origin", "refs/notes/lineage-test-workflow"]);
    ci.git(["checkout", "-q", "--detach", "origin/feature/add-probe"]);
    ci.lineage(["check", "--seal"]).exits(1).says(&["repository"]).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-commit-validation: it is about the repository 11111111-1111-4111-8111-111111111111, not 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
          caused by: w1-changelog-generation: it is about the repository 11111111-1111-4111-8111-111111111111, not 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
          caused by: w1-chart-lint: it is about the repository 11111111-1111-4111-8111-111111111111, not 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
          caused by: w1-lint-test-v1.32.11: it is about the repository 11111111-1111-4111-8111-111111111111, not 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
          caused by: w1-lint-test-v1.33.7: it is about the repository 11111111-1111-4111-8111-111111111111, not 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01
          caused by: w1-k8s-install: it is about the repository 11111111-1111-4111-8111-111111111111, not 6f1f7a53-3a39-4f0c-9a57-0c2f4dfb1a01

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
    world.squash("feature/add-probe", "feat(test-workflow): add probe");
    ci.fetch();
    drop(ci.lineage(["split"]).exits(1));
}

#[test]
fn x6_evidence_of_an_older_content_is_not_borrowed() {
    let world = World::at(Stop::Validated);
    let dev = world.dev();
    dev.write("charts/test-workflow/values.yaml", "replicas: 7\n");
    dev.commit("fix(test-workflow): one more thing");
    dev.git(["push", "-q", "origin", "feature/add-probe"]);
    let ci = world.ci();
    let old = ci.rev("HEAD:charts/test-workflow");
    let lines = ci.ledger("test-workflow", &old);
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/add-probe"]);
    let new = ci.rev("HEAD:charts/test-workflow");
    ci.set_ledger("test-workflow", &new, &lines);
    ci.lineage(["check", "--seal"]).exits(1).says(&["subject"]).is(expect![[r#"
        exit 1
        --- stderr
        error: test-workflow cannot be sealed for the validate stage
          caused by: w1-commit-validation: its subject charts/test-workflow is [id], not [id]
          caused by: w1-changelog-generation: its subject charts/test-workflow is [id], not [id]
          caused by: w1-chart-lint: its subject charts/test-workflow is [id], not [id]
          caused by: w1-lint-test-v1.32.11: its subject charts/test-workflow is [id], not [id]
          caused by: w1-lint-test-v1.33.7: its subject charts/test-workflow is [id], not [id]
          caused by: w1-k8s-install: its subject charts/test-workflow is [id], not [id]

        hint: run what it misses with `git lineage check`, then `check --sign`
    "#]]);
}
