//! The judge on lineages made by hand: which of several attestations counts, and what a gap says.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use crate::model::statement::{About, Check, CheckResult, Overall, STATEMENT_TYPE};
use crate::model::*;

mod before;
mod named;

const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5psiNZfZchbqe4IyyOuUN7dRgV2r
urKqvsRzoqDKXWlvORrQwV+5iFGCTqlgkbhZaNmnOcydgJ8f6jpEdWf2iA==
-----END PUBLIC KEY-----";

mod people;
mod reviews;

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
        self.sign_as("ci", kind, subject, claim)
    }

    /// The same with another key of the policy.
    fn sign_as(
        &mut self,
        who: &str,
        kind: Predicate,
        subject: Vec<Subject>,
        claim: &impl serde::Serialize,
    ) -> Sha256 {
        let predicate = serde_json::to_value(claim).expect("serializable");
        let statement = Statement {
            kind: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: kind.uri(&self.policy.config.predicate_prefix),
            predicate,
        };
        let mut keys = self.policy.config.trust.keys.iter();
        let key = keys.find(|key| key.name == who).and_then(config::TrustedKey::fingerprint).expect("a key");
        let bundle = json::canonical(&statement);
        let record = Record::new("a label", &bundle).expect("a record");
        let digest = record.bundle_digest();
        let on = Oid::parse(&"1".repeat(40)).expect("an id");
        let proof = Proof::key(key);
        self.attestations.push(Attestation { record, on, bundle: digest, statement: Ok(statement), proof });
        digest
    }

    fn check(&mut self, result: CheckResult, time: i64) -> Sha256 {
        let claim = self.claim(result, time);
        self.sign(Predicate::Check, vec![Subject::new("charts/x", self.content.digest())], &claim)
    }

    fn seal(&mut self, bundle: Sha256, time: i64) {
        self.seal_over(&[("w1-chart-lint", bundle)], time);
    }

    fn seal_over(&mut self, parts: &[(&str, Sha256)], time: i64) {
        let attestations = parts.iter().map(|(name, _)| ((*name).to_owned(), "1".to_owned())).collect();
        let description = Subject::new("pr-description", Sha256::of(json::canonical(&attestations)));
        let content = Subject::new("charts/x", self.content.digest());
        let bundles = parts.iter().map(|(name, bundle)| ((*name).to_owned(), *bundle)).collect();
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
            revoked: Revoked::by([&self.policy]),
            named_by: None,
            hands: None,
            now: Timestamp::from_seconds(1000),
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
    let wrong: [(&str, Alter); 6] = [
        ("another definition", |check| check.definition = Sha256::of("other")),
        ("inputs have changed", |check| check.inputs = Sha256::of("other")),
        ("has changed since", |check| {
            check.dependencies.insert("charts/y".to_owned(), Sha256::of("y"));
        }),
        ("the repository s", |check| check.about.repository = "s".to_owned()),
        ("the chart y", |check| check.about.chart = "y".to_owned()),
        ("the directory charts/y", |check| check.about.directory = "charts/y".to_owned()),
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
    for proof in [Proof::key(Sha256::of("a stranger's key")), Proof::Rejected("the signature is wrong".to_owned())]
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
fn a_statement_of_an_earlier_version_of_in_toto_counts_for_nothing() {
    let mut case = Case::new("");
    let pass = case.check(CheckResult::Pass, 10);
    case.seal(pass, 20);
    for attestation in &mut case.attestations {
        if let Ok(statement) = &mut attestation.statement {
            statement.kind = "https://in-toto.io/Statement/v0.1".to_owned();
        }
    }
    let verdict = judge(&case.lineage(), &case.policy, Stage::Validate);
    assert_eq!(verdict.exit(), Exit::Negative);
    assert!(verdict.gaps().concat().contains("not a https://in-toto.io/Statement/v1"), "{:?}", verdict.gaps());
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

const PERSON: &str = "[[trust.identities]]
name = \"ada\"
issuer = \"https://accounts.example.org\"
signer = \"ada@example.org\"
";

/// A certificate's proof, signed at a time that a log tells.
fn person(time: i64) -> Proof {
    Proof::Certificate(Box::new(Certificate {
        root: "public-good".to_owned(),
        subject: "ada@example.org".to_owned(),
        issuer: "https://accounts.example.org".to_owned(),
        times: vec![Timestamp::from_seconds(time)],
        ..Certificate::default()
    }))
}

#[test]
fn of_two_results_the_later_by_trusted_time_counts_whatever_they_claim() {
    // The pass was signed first and says it was made last, within what a claim may be off.
    for (pass_at, fail_at, expected) in [
        (1_000, 2_000, expect!["Negative w1-chart-lint: its result is fail (for the test)"]),
        (2_000, 1_000, expect!["Done "]),
    ] {
        let mut case = Case::new(PERSON);
        let pass = case.check(CheckResult::Pass, 3_000);
        case.check(CheckResult::Fail, 500);
        case.attestations[0].proof = person(pass_at);
        case.attestations[1].proof = person(fail_at);
        case.seal(pass, 4_000);
        case.is(&expected);
    }
}

#[test]
fn a_claim_far_from_its_signature_does_not_count() {
    let mut case = Case::new(PERSON);
    let pass = case.check(CheckResult::Pass, 10);
    case.attestations[0].proof = person(100_000);
    case.seal(pass, 20);
    case.is(&expect!["Negative w1-chart-lint: it says it was made 1970-01-01T00:00:10Z, and was signed 1970-01-02T03:46:40Z | w1-overall: it does not name a counting bundle for w1-chart-lint"]);
}

#[test]
fn what_main_took_back_does_not_count() {
    let revoked = "[[trust.revoked]]\nkey = \"ci\"\nsince = \"1970-01-01T00:01:00Z\"\nreason = \"it leaked\"\n";
    let mut case = Case::new(revoked);
    let pass = case.check(CheckResult::Pass, 10);
    case.seal(pass, 20);
    case.is(&expect!["Negative w1-chart-lint: signed by the key `ci`, which is revoked since 1970-01-01T00:01:00Z (it leaked), and nobody saw this signed before: no log or timestamp, no later release names it | w1-overall: signed by the key `ci`, which is revoked since 1970-01-01T00:01:00Z (it leaked), and nobody saw this signed before: no log or timestamp, no later release names it"]);
    // What a timestamp authority saw before still does.
    for attestation in &mut case.attestations {
        if let Proof::Key { times, .. } = &mut attestation.proof {
            times.push(Timestamp::from_seconds(59));
        }
    }
    case.is(&expect!["Done "]);
    // So does everything in a release that a later one names.
    for attestation in &mut case.attestations {
        if let Proof::Key { times, .. } = &mut attestation.proof {
            times.clear();
        }
    }
    let mut lineage = case.lineage();
    lineage.named_by = Some("x-v0.2.0".to_owned());
    assert_eq!(judge(&lineage, &case.policy, Stage::Validate).exit(), Exit::Done);
}
