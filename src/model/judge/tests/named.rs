//! Once there is a tag, its payload names what counts; it cannot name what a later result had overruled.

use super::*;
use crate::model::payload::Named;

/// The lineage with a payload that names this check and this seal.
fn named(case: &Case, check: Sha256, seal: Sha256) -> Lineage {
    let oid = || Oid::parse(&"1".repeat(40)).expect("an id");
    let named = |bundle| Named { id: "1".to_owned(), bundle };
    let digest = Sha256::of("");
    let payload = Payload {
        version: 1,
        repository: "r".to_owned(),
        chart: "x".to_owned(),
        directory: "charts/x".to_owned(),
        chart_version: "0.1.0".to_owned(),
        commit: oid(),
        tree: oid(),
        content: case.content.digest(),
        attestations: BTreeMap::from([
            ("w1-chart-lint".to_owned(), named(check)),
            ("w1-overall".to_owned(), named(seal)),
        ]),
        source_commits: Vec::new(),
        pull_request: None,
        predicted: Predicted { tar: digest, tgz: digest, oci: digest },
        package_format: PACKAGE_FORMAT,
        compressor: String::new(),
        previous: None,
        dependencies: Vec::new(),
        rehearsal: false,
    };
    let tag = TagFacts {
        name: "x-v0.1.0".to_owned(),
        object: Some(oid()),
        bytes: Some(digest),
        header_name: Some("x-v0.1.0".to_owned()),
        commit: oid(),
        payload: Ok((payload, digest)),
        corrupt: Vec::new(),
    };
    Lineage { tag: Some(tag), ..case.lineage() }
}

fn is(case: &Case, check: Sha256, expected: &Expect) {
    let seal = case.attestations.iter().rev().find(|a| a.record.name == "a label").expect("a seal").bundle;
    let verdict = judge(&named(case, check, seal), &case.policy, Stage::Validate);
    expected.assert_eq(&format!("{:?} {}", verdict.exit(), verdict.gaps().join(" | ")));
}

#[test]
fn a_named_pass_holds() {
    let mut case = Case::new("");
    let pass = case.check(CheckResult::Pass, 10);
    case.seal(pass, 20);
    is(&case, pass, &expect!["Done "]);
}

#[test]
fn a_later_fail_is_not_hidden_by_naming_the_pass() {
    let mut case = Case::new("");
    let pass = case.check(CheckResult::Pass, 10);
    case.check(CheckResult::Fail, 11);
    case.seal(pass, 20);
    is(
        &case,
        pass,
        &expect!["Negative w1-chart-lint: a later result stands against it: its result is fail (for the test)"],
    );
}

#[test]
fn a_fail_that_a_later_pass_overruled_is_none() {
    let mut case = Case::new("");
    case.check(CheckResult::Fail, 9);
    let pass = case.check(CheckResult::Pass, 10);
    case.seal(pass, 20);
    is(&case, pass, &expect!["Done "]);
}

#[test]
fn a_later_pass_does_not_excuse_a_named_fail() {
    let mut case = Case::new("");
    let fail = case.check(CheckResult::Fail, 10);
    case.check(CheckResult::Pass, 11);
    case.seal(fail, 20);
    is(
        &case,
        fail,
        &expect![
            "Negative w1-chart-lint: its result is fail (for the test) | w1-overall: it does not name a counting bundle for w1-chart-lint"
        ],
    );
}

#[test]
fn a_bundle_of_another_check_under_a_check_s_name_is_no_loss() {
    let mut case = Case::new("");
    let mut claim = case.claim(CheckResult::Pass, 10);
    claim.check = "another".to_owned();
    let subject = vec![Subject::new("charts/x", case.content.digest())];
    let other = case.sign(Predicate::Check, subject, &claim);
    case.seal(other, 20);
    is(
        &case,
        other,
        &expect![
            "Negative w1-chart-lint: it is of another check or stage | w1-overall: it does not name a counting bundle for w1-chart-lint"
        ],
    );
}

#[test]
fn two_stories_of_one_commit_do_not_hold() {
    let commit = |message: &str| statement::SourceCommit {
        commit: Oid::parse(&"2".repeat(40)).expect("an id"),
        author: "Ada <ada@example.org>".to_owned(),
        committer: None,
        message: message.to_owned(),
    };
    let mut case = Case::new("");
    // Without a split the first check to tell of commits is the one the others are held against.
    case.policy.config.flow = config::Flow::Direct;
    case.policy.config.required.validate.push("commit-validation".to_owned());
    let mut parts = Vec::new();
    for (key, message) in [("chart-lint", "feat: a"), ("commit-validation", "fix: a")] {
        let mut claim = case.claim(CheckResult::Pass, 10);
        let (definition, _) = case.policy.config.check(key).expect("a built-in");
        (claim.check, claim.definition) = (key.to_owned(), definition.digest(None));
        claim.commits = vec![commit(message)];
        let subject = vec![Subject::new("charts/x", case.content.digest())];
        parts.push(case.sign(Predicate::Check, subject, &claim));
    }
    let mut lineage = case.lineage();
    lineage
        .surroundings
        .push(Surrounding { key: "commit-validation".to_owned(), ..lineage.surroundings[0].clone() });
    let gaps = judge(&lineage, &case.policy, Stage::Validate).gaps();
    assert!(gaps.iter().any(|gap| gap.contains("the split tells otherwise")), "{parts:?}: {gaps:?}");
}

#[test]
fn what_a_tag_statement_rests_on_is_the_release() {
    let mut case = Case::new("");
    let digest = Sha256::of("");
    let commit = |digit: &str| {
        statement::GitDependency::new("commit", "gitCommit", Oid::parse(&digit.repeat(40)).expect("an id"))
    };
    for (digit, holds) in [("1", true), ("2", false)] {
        case.attestations.clear();
        let about = statement::About { resolved_dependencies: vec![commit(digit)], ..Case::about(10) };
        let claim = statement::TagClaim { about, tag: "x-v0.1.0".to_owned(), payload: digest };
        case.sign(Predicate::Tag, vec![Subject::new("x-v0.1.0", digest)], &claim);
        let steps = judge(&named(&case, digest, digest), &case.policy, Stage::Tag).steps;
        let step = steps.into_iter().find(|step| step.link == "w6-tag").expect("step 6");
        assert_eq!(step.state == StepState::Holds, holds, "{step:?}");
    }
}
