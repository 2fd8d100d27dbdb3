//! The judge on lineages made by hand: which of several attestations counts, and what a gap says.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use crate::model::statement::{About, Check, CheckResult, Overall, STATEMENT_TYPE};
use crate::model::*;

const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5psiNZfZchbqe4IyyOuUN7dRgV2r
urKqvsRzoqDKXWlvORrQwV+5iFGCTqlgkbhZaNmnOcydgJ8f6jpEdWf2iA==
-----END PUBLIC KEY-----";

/// A change to a claim that makes it untrue.
type Alter = fn(&mut Check);

/// One chart, one required check, one trusted key.
struct Case {
    policy: Policy,
    content: Content,
    attestations: Vec<Attestation>,
}

impl Case {
    fn new(more: &str) -> Self {
        let text = format!(
            "version = 1\n[repository]\nid = \"r\"\n[required]\nvalidate = [\"chart-lint\"]\n{more}\n\
             [[trust.keys]]\nname = \"ci\"\npublic = \"\"\"\n{KEY}\n\"\"\"\n"
        );
        let config = Config::parse("lineage.toml", &text).expect("a policy");
        let chart_yaml = b"apiVersion: v2\nname: x\nversion: 0.1.0\n".to_vec();
        let files = [ChartFile { path: "Chart.yaml".to_owned(), bytes: chart_yaml.clone() }];
        let listing = Listing::of(&files).expect("a listing");
        let content = Content { tree: None, listing, chart_yaml, changelog: None };
        Self { policy: Policy { config, digest: Sha256::of(text) }, content, attestations: Vec::new() }
    }

    fn about(time: i64) -> About {
        About {
            repository: "r".to_owned(),
            chart: "x".to_owned(),
            directory: "charts/x".to_owned(),
            time: Timestamp::from_seconds(time),
            resolved_dependencies: Vec::new(),
        }
    }

    fn claim(&self, result: CheckResult, time: i64) -> Check {
        let (definition, _) = self.policy.config.check("chart-lint").expect("a built-in");
        Check {
            about: Self::about(time),
            check: "chart-lint".to_owned(),
            stage: Stage::Validate,
            result,
            reason: "for the test".to_owned(),
            definition: definition.digest(None),
            inputs: Sha256::of(""),
            dependencies: BTreeMap::new(),
            output: Sha256::of("output"),
            commits: Vec::new(),
        }
    }

    /// Puts a signed statement into the ledger; returns its bundle's digest.
    fn sign(&mut self, kind: Predicate, subject: Vec<Subject>, claim: &impl serde::Serialize) -> Sha256 {
        let predicate = serde_json::to_value(claim).expect("serializable");
        let statement = Statement {
            kind: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: kind.uri(&self.policy.config.predicate_prefix),
            predicate,
        };
        let key = self.policy.config.trust.keys.first().and_then(config::TrustedKey::fingerprint).expect("a key");
        let bundle = json::canonical(&statement);
        let record = Record::new("a label", &bundle).expect("a record");
        let digest = record.bundle_digest();
        let on = Oid::parse(&"1".repeat(40)).expect("an id");
        let proof = Proof::Key(key);
        self.attestations.push(Attestation { record, on, bundle: digest, statement: Ok(statement), proof });
        digest
    }

    fn check(&mut self, result: CheckResult, time: i64) -> Sha256 {
        let claim = self.claim(result, time);
        self.sign(Predicate::Check, vec![Subject::new("charts/x", self.content.digest())], &claim)
    }

    fn seal(&mut self, bundle: Sha256, time: i64) {
        let name = "w1-chart-lint".to_owned();
        let attestations = BTreeMap::from([(name.clone(), "1".to_owned())]);
        let description = Subject::new("pr-description", Sha256::of(json::canonical(&attestations)));
        let content = Subject::new("charts/x", self.content.digest());
        let bundles = BTreeMap::from([(name, bundle)]);
        let claim = Overall { about: Self::about(time), attestations, bundles, parent: None };
        self.sign(Predicate::Seal, vec![content, description], &claim);
    }

    fn lineage(&self) -> Lineage {
        Lineage {
            chart: "x".to_owned(),
            directory: "charts/x".to_owned(),
            version: "0.1.0".to_owned(),
            content: self.content.clone(),
            tag: None,
            landing: OnMain::Elsewhere,
            attestations: self.attestations.clone(),
            oddities: Vec::new(),
            unfetched: Vec::new(),
            surroundings: vec![Surrounding {
                key: "chart-lint".to_owned(),
                inputs: Sha256::of(""),
                dependencies: BTreeMap::new(),
            }],
            package: None,
            previous: None,
            moved: None,
        }
    }

    fn is(&self, expected: &Expect) {
        let verdict = judge(&self.lineage(), &self.policy, Stage::Validate);
        expected.assert_eq(&format!("{:?} {}", verdict.exit(), verdict.gaps().join(" | ")));
    }
}

#[test]
fn a_sealed_pass_holds() {
    let mut case = Case::new("");
    let pass = case.check(CheckResult::Pass, 10);
    case.seal(pass, 20);
    case.is(&expect!["Done "]);
}

#[test]
fn nothing_to_verify_is_not_success() {
    Case::new("").is(&expect![
        "Negative w1-chart-lint: there is no such attestation | w1-overall: there is no such attestation"
    ]);
}

#[test]
fn a_later_fail_beats_an_earlier_pass_and_a_tie_is_a_fail() {
    for fail_at in [30, 10] {
        let mut case = Case::new("");
        let pass = case.check(CheckResult::Pass, 10);
        case.seal(pass, 20);
        case.check(CheckResult::Fail, fail_at);
        case.is(&expect!["Negative w1-chart-lint: its result is fail (for the test)"]);
    }
}

#[test]
fn a_pass_after_a_fail_counts_once_it_is_sealed() {
    let mut case = Case::new("");
    case.check(CheckResult::Fail, 10);
    let pass = case.check(CheckResult::Pass, 11);
    case.seal(pass, 20);
    case.is(&expect!["Done "]);
}

#[test]
fn excluded_is_not_pass_unless_the_policy_says_so_for_this_chart() {
    for (accepts, expected) in [
        (
            "",
            expect![
                "Negative w1-chart-lint: its result is excluded (for the test), not pass | w1-overall: it does not name a counting bundle for w1-chart-lint"
            ],
        ),
        (
            "accept-excluded = { y = [\"chart-lint\"] }",
            expect![
                "Negative w1-chart-lint: its result is excluded (for the test), not pass | w1-overall: it does not name a counting bundle for w1-chart-lint"
            ],
        ),
        ("accept-excluded = { x = [\"chart-lint\"] }", expect!["Done "]),
    ] {
        let mut case = Case::new(accepts);
        let excluded = case.check(CheckResult::Excluded, 10);
        case.seal(excluded, 20);
        case.is(&expected);
    }
}

#[test]
fn a_seal_over_another_bundle_does_not_hold() {
    let mut case = Case::new("");
    case.check(CheckResult::Pass, 10);
    case.seal(Sha256::of("another"), 20);
    case.is(&expect!["Negative w1-overall: it does not name a counting bundle for w1-chart-lint"]);
}

#[test]
fn what_the_check_saw_is_recomputed() {
    let subject = |case: &Case| vec![Subject::new("charts/x", case.content.digest())];
    let wrong: [(&str, Alter); 5] = [
        ("another definition", |check| check.definition = Sha256::of("other")),
        ("inputs have changed", |check| check.inputs = Sha256::of("other")),
        ("has changed since", |check| {
            check.dependencies.insert("charts/y".to_owned(), Sha256::of("y"));
        }),
        ("the repository s", |check| check.about.repository = "s".to_owned()),
        ("the chart y", |check| check.about.chart = "y".to_owned()),
    ];
    for (why, alter) in wrong {
        let mut case = Case::new("");
        let mut claim = case.claim(CheckResult::Pass, 10);
        alter(&mut claim);
        let pass = case.sign(Predicate::Check, subject(&case), &claim);
        case.seal(pass, 20);
        let verdict = judge(&case.lineage(), &case.policy, Stage::Validate);
        assert_eq!(verdict.exit(), Exit::Negative);
        assert!(verdict.gaps().join(" | ").contains(why), "{why}: {:?}", verdict.gaps());
    }
}

#[test]
fn subjects_must_be_exactly_the_content() {
    let other = Subject::new("charts/x", Sha256::of("other"));
    let mut git_only = Subject::new("charts/x", Sha256::of("other"));
    git_only.digest = BTreeMap::from([("gitCommit".to_owned(), "1".repeat(40))]);
    for wrong in [vec![other.clone()], vec![git_only], Vec::new()] {
        let mut case = Case::new("");
        let claim = case.claim(CheckResult::Pass, 10);
        let pass = case.sign(Predicate::Check, wrong, &claim);
        case.seal(pass, 20);
        assert_eq!(judge(&case.lineage(), &case.policy, Stage::Validate).exit(), Exit::Negative);
    }
    let mut case = Case::new("");
    let claim = case.claim(CheckResult::Pass, 10);
    let right = Subject::new("charts/x", case.content.digest());
    let pass = case.sign(Predicate::Check, vec![right, other], &claim);
    case.seal(pass, 20);
    case.is(&expect!["Negative w1-chart-lint: it has a subject too many | w1-overall: it does not name a counting bundle for w1-chart-lint"]);
}

#[test]
fn an_untrusted_or_broken_signature_proves_nothing() {
    for proof in [Proof::Key(Sha256::of("a stranger's key")), Proof::Rejected("the signature is wrong".to_owned())]
    {
        let mut case = Case::new("");
        let pass = case.check(CheckResult::Pass, 10);
        case.seal(pass, 20);
        for attestation in &mut case.attestations {
            attestation.proof = proof.clone();
        }
        assert_eq!(judge(&case.lineage(), &case.policy, Stage::Validate).exit(), Exit::Negative);
    }
}

#[test]
fn a_ledger_never_fetched_is_undetermined() {
    let case = Case::new("");
    let mut lineage = case.lineage();
    lineage.unfetched.push("the ledger was never fetched here".to_owned());
    assert_eq!(judge(&lineage, &case.policy, Stage::Validate).exit(), Exit::Undetermined);
}

#[test]
fn a_verdict_without_a_tag_and_package_clears_nothing() {
    let mut case = Case::new("");
    let pass = case.check(CheckResult::Pass, 10);
    case.seal(pass, 20);
    let lineage = case.lineage();
    assert!(judge(&lineage, &case.policy, Stage::Validate).clear(&lineage).is_none());
    assert!(judge(&lineage, &case.policy, Stage::Publish).clear(&lineage).is_none());
}
