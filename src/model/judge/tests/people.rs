//! Waivers, on lineages made by hand.

use super::*;
use crate::model::config::Flow;
use crate::model::payload::Named;
use crate::model::statement::{SourceCommit, TagClaim, Waiver};
use std::fmt::Write as _;

/// Three people and what the policy knows of them. Dave's address is nobody's.
pub(super) const PEOPLE: &str = r#"
reviewers = ["1001", "1002", "1003"]
[[trust.keys]]
name = "ada"
account = "1001"
stages = ["waive", "review"]
public = """
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg==
-----END PUBLIC KEY-----"""
[[trust.keys]]
name = "bob"
account = "1002"
stages = ["waive", "review"]
public = """
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw==
-----END PUBLIC KEY-----"""
[[trust.keys]]
name = "forge"
stages = ["review"]
public = """
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA==
-----END PUBLIC KEY-----"""
[[people]]
account = "1001"
addresses = ["ada@example.org"]
[[people]]
account = "1002"
addresses = ["bob@example.org", "b@example.net"]
"#;

/// A change to a waiver that makes it count for nothing.
type Alter = fn(&mut Waiver);

const WAIVER: &str = "w1-waive-chart-lint";
const DAY: i64 = 24 * 60 * 60;

/// A commit of somebody's.
pub(super) fn by(address: &str) -> Vec<SourceCommit> {
    vec![SourceCommit {
        commit: Oid::parse(&"c".repeat(40)).expect("an id"),
        author: format!("Somebody <{address}>"),
        committer: None,
        message: "feat(x): y".to_owned(),
    }]
}

/// Ada's contribution, whose check failed.
fn failed() -> Case {
    let mut case = Case::new(PEOPLE);
    case.check(CheckResult::Fail, 10);
    case
}

impl Case {
    pub(super) fn subject(&self) -> Vec<Subject> {
        vec![Subject::new("charts/x", self.content.digest())]
    }

    /// A waiver as Bob would write it, at second 20.
    fn waiver(&self) -> Waiver {
        let check = self.claim(CheckResult::Fail, 20);
        Waiver {
            about: check.about,
            check: check.check,
            stage: check.stage,
            definition: check.definition,
            inputs: check.inputs,
            dependencies: check.dependencies,
            commits: by("ada@example.org"),
            instead: "its result is fail".to_owned(),
            reason: "the runner is broken".to_owned(),
            expires: Timestamp::from_seconds(20 + 30 * DAY),
            account: "1002".to_owned(),
        }
    }

    fn waive(&mut self, who: &str, claim: &Waiver) -> Sha256 {
        let subject = self.subject();
        self.sign_as(who, Predicate::Waiver, subject, claim)
    }

    /// An untrue waiver of Bob's.
    fn with(alter: impl FnOnce(&mut Waiver)) -> Self {
        let mut case = failed();
        let mut claim = case.waiver();
        alter(&mut claim);
        case.waive("bob", &claim);
        case
    }

    /// A tag at second 100 that names these bundles.
    pub(super) fn tagged(&mut self, named: &[(&str, Sha256)]) -> Lineage {
        let commit = Oid::parse(&"d".repeat(40)).expect("an id");
        let digest = Sha256::of("any");
        let attestations =
            named.iter().map(|(name, bundle)| ((*name).to_owned(), Named { id: String::new(), bundle: *bundle }));
        let payload = Payload {
            version: 1,
            repository: "r".to_owned(),
            chart: "x".to_owned(),
            directory: "charts/x".to_owned(),
            chart_version: "0.1.0".to_owned(),
            commit: commit.clone(),
            tree: commit.clone(),
            content: self.content.digest(),
            attestations: attestations.collect(),
            source_commits: Vec::new(),
            pull_request: None,
            predicted: Predicted { tar: digest, tgz: digest, oci: digest },
            package_format: PACKAGE_FORMAT,
            compressor: String::new(),
            previous: None,
            dependencies: Vec::new(),
            rehearsal: false,
        };
        let bytes = Sha256::of("the tag object");
        let claim = TagClaim { about: Self::about(100), tag: "x-v0.1.0".to_owned(), payload: digest };
        self.sign(Predicate::Tag, vec![Subject::new("x-v0.1.0", bytes)], &claim);
        let mut lineage = self.lineage();
        lineage.tag = Some(TagFacts {
            name: "x-v0.1.0".to_owned(),
            object: Some(commit.clone()),
            bytes: Some(bytes),
            header_name: Some("x-v0.1.0".to_owned()),
            commit,
            payload: Ok((payload, digest)),
            corrupt: Vec::new(),
        });
        lineage
    }
}

/// The verdict in short: exit code, gaps, what is waived.
pub(super) fn verdict(case: &Case, lineage: &Lineage) -> String {
    let verdict = judge(lineage, &case.policy, Stage::Validate);
    let mut text = format!("{:?}", verdict.exit());
    for gap in verdict.gaps() {
        write!(text, "\n{gap}").expect("memory takes it");
    }
    for (link, waived) in verdict.waived() {
        write!(text, "\n{link} ~ {}, instead of: {}", waived.in_words(), waived.instead).expect("memory takes it");
    }
    for counted in &verdict.findings.counted {
        write!(text, "\ncounts: {} by {}", counted.name, counted.signer).expect("memory takes it");
    }
    text
}

/// Why a waiver does not count.
#[track_caller]
fn refused(case: &Case, lineage: &Lineage, why: &str) {
    let text = verdict(case, lineage);
    assert!(text.starts_with("Negative\n"), "{text}");
    assert!(text.contains("w1-chart-lint: "), "{text}");
    assert!(text.contains(why), "expected {why:?}:\n{text}");
    assert!(!text.contains(" ~ ") && !text.contains(WAIVER), "{text}");
}

#[test]
fn a_second_person_s_waiver_counts_and_is_shown() {
    let mut case = failed();
    let claim = case.waiver();
    let waiver = case.waive("bob", &claim);
    case.seal_over(&[(WAIVER, waiver)], 30);
    expect![[r"
        Done
        w1-chart-lint ~ waived by account 1002 (bob) until 1970-01-31T00:00:20Z: the runner is broken, instead of: its result is fail
        counts: w1-waive-chart-lint by bob
        counts: w1-overall by ci"]]
    .assert_eq(&verdict(&case, &case.lineage()));
    // A check that is not there at all is waived like one that failed.
    case.attestations.remove(0);
    assert!(verdict(&case, &case.lineage()).starts_with("Done\n"));
}

#[test]
fn a_waiver_is_about_one_check_of_one_content() {
    let cases: [(Alter, &str); 11] = [
        (|claim| claim.check = "commit-validation".to_owned(), "its result is fail"),
        (|claim| claim.stage = Stage::Bump, "its result is fail"),
        (|claim| claim.definition = Sha256::of("other"), "another definition"),
        (|claim| claim.inputs = Sha256::of("other"), "its declared inputs have changed"),
        (
            |claim| {
                claim.dependencies.insert("charts/y".to_owned(), Sha256::of("y"));
            },
            "it depends on",
        ),
        (|claim| claim.about.chart = "y".to_owned(), "about the chart y"),
        (|claim| claim.about.directory = "charts/y".to_owned(), "about the directory charts/y"),
        (|claim| claim.about.repository = "other".to_owned(), "about the repository other"),
        (|claim| claim.reason = " ".to_owned(), "it gives no reason"),
        (|claim| claim.account = "1003".to_owned(), "it says account 1003, its signer `bob` is 1002"),
        (|claim| claim.commits.clear(), "whose contribution it is cannot be told"),
    ];
    for (alter, why) in cases {
        let case = Case::with(alter);
        refused(&case, &case.lineage(), why);
    }
    let mut case = failed();
    let claim = case.waiver();
    let other = Sha256::of("other content");
    case.sign_as("bob", Predicate::Waiver, vec![Subject::new("charts/x", other)], &claim);
    refused(&case, &case.lineage(), "its subject charts/x is");
    let mut case = failed();
    let (claim, mut subject) = (case.waiver(), case.subject());
    subject.push(Subject::new("charts/y", other));
    case.sign_as("bob", Predicate::Waiver, subject, &claim);
    refused(&case, &case.lineage(), "a subject too many");
}

#[test]
fn a_waiver_is_for_a_while() {
    let until = |expires| Case::with(|claim| claim.expires = Timestamp::from_seconds(expires));
    let case = until(1000);
    refused(&case, &case.lineage(), "it expired at 1970-01-01T00:16:40Z, the release is of 1970-01-01T00:16:40Z");
    assert!(verdict(&until(1001), &until(1001).lineage()).contains(" ~ "));
    let longest = 20 + Waiver::LONGEST;
    assert!(verdict(&until(longest), &until(longest).lineage()).contains(" ~ "));
    let case = until(longest + 1);
    refused(&case, &case.lineage(), "longer than the 90 days a waiver may");
    let case = until(250_000_000_000);
    refused(&case, &case.lineage(), "longer than the 90 days a waiver may");
}

#[test]
fn only_a_key_that_names_the_role_may_waive() {
    let mut case = failed();
    let claim = case.waiver();
    // `ci` has no list of stages, which implies every role but this one.
    case.waive("ci", &claim);
    refused(&case, &case.lineage(), "does not trust for the waive stage");
    let mut case = failed();
    case.policy.config.trust.keys.iter_mut().for_each(|key| key.account = None);
    case.waive("bob", &claim);
    refused(&case, &case.lineage(), "the policy names no account for its signer `bob`");
}

#[test]
fn nobody_waives_his_own_contribution() {
    for (address, why) in [
        ("bob@example.org", "account 1002 made or merged the contribution itself (bob@example.org)"),
        ("B@Example.NET", "account 1002 made or merged the contribution itself (b@example.net)"),
        ("dave@example.org", "the policy does not know whose address dave@example.org is"),
        ("", "the policy does not know whose address  is"),
    ] {
        let case = Case::with(|claim| claim.commits = by(address));
        refused(&case, &case.lineage(), why);
    }
    // Who commits for another, or with another, is in it as well.
    let case = Case::with(|claim| claim.commits[0].committer = Some("Bob <bob@example.org>".to_owned()));
    refused(&case, &case.lineage(), "account 1002 made or merged");
    let case = Case::with(|claim| claim.commits[0].message.push_str("\n\nCO-authored-by: Bob <bob@example.org>"));
    refused(&case, &case.lineage(), "account 1002 made or merged");
    // What a check tells of the commits counts, whatever the waiver says.
    let mut case = Case::new(&PEOPLE.replace("reviewers =", "bump = [\"commit-validation\"]\nreviewers ="));
    case.policy.config.required.validate.insert(0, "commit-validation".to_owned());
    let mut told = case.claim(CheckResult::Pass, 10);
    told.check = "commit-validation".to_owned();
    told.definition = case.policy.config.check("commit-validation").expect("a built-in").0.digest(None);
    told.commits = by("bob@example.org");
    let subject = case.subject();
    case.sign(Predicate::Check, subject, &told);
    let claim = case.waiver();
    case.waive("bob", &claim);
    let mut lineage = case.lineage();
    let around = Surrounding { key: "commit-validation".to_owned(), ..lineage.surroundings[0].clone() };
    lineage.surroundings.push(around);
    let text = verdict(&case, &lineage);
    assert!(text.contains("its waiver does not count: account 1002 made or merged"), "{text}");
}

#[test]
fn nobody_waives_what_he_merged() {
    let mut case = Case::with(|_| {});
    case.policy.config.flow = Flow::Direct;
    let through = |hands: Option<&[&str]>| {
        let hands = hands.map(|hands| hands.iter().map(|address| (*address).to_owned()).collect());
        Lineage { hands, ..case.lineage() }
    };
    assert!(verdict(&case, &through(Some(&["ada@example.org"]))).contains(" ~ "));
    refused(&case, &through(Some(&["ada@example.org", "bob@example.org"])), "account 1002 made or merged");
    refused(&case, &through(Some(&["dave@example.org"])), "does not know whose address dave@example.org");
    refused(&case, &through(None), "who brought it to main is not known here");
}

#[test]
fn after_the_tag_only_what_the_payload_names_is_waived() {
    let mut case = failed();
    let claim = case.waiver();
    let waiver = case.waive("bob", &claim);
    case.seal_over(&[(WAIVER, waiver)], 30);
    let seal = case.attestations.last().expect("the seal").bundle;
    let named = [(WAIVER, waiver), ("w1-overall", seal)];
    // It has expired by now, and was valid when the tag was made.
    let mut lineage = case.tagged(&named);
    lineage.now = Timestamp::from_seconds(20 + 400 * DAY);
    assert!(verdict(&case, &lineage).starts_with("Done\nw1-chart-lint ~ "), "{}", verdict(&case, &lineage));
    // Not named, or named besides the check itself, it is nothing.
    let lineage = case.tagged(&[("w1-overall", seal)]);
    assert!(!verdict(&case, &lineage).contains(" ~ "));
    let failed = case.attestations[0].bundle;
    let lineage = case.tagged(&[(WAIVER, waiver), ("w1-chart-lint", failed), ("w1-overall", seal)]);
    assert!(verdict(&case, &lineage).starts_with("Negative\nw1-chart-lint: its result is fail"));
    // Lost is not the same as never there.
    let mut lineage = case.tagged(&named);
    lineage.attestations.retain(|attestation| attestation.bundle != waiver);
    assert!(verdict(&case, &lineage).starts_with("Undetermined\nw1-chart-lint: the bundle"));
}

#[test]
fn a_waiver_made_or_expired_at_the_tag_is_none() {
    for (made, expires, why) in [(101, 2000, "it is younger than the tag statement"), (20, 100, "it expired at")] {
        let mut case = failed();
        let mut claim = case.waiver();
        claim.about.time = Timestamp::from_seconds(made);
        claim.expires = Timestamp::from_seconds(expires);
        let waiver = case.waive("bob", &claim);
        let lineage = case.tagged(&[(WAIVER, waiver)]);
        refused(&case, &lineage, why);
    }
    // A log that sees the tag later (`sync --settle`, or whoever finds it) does not make the release later …
    let mut case = failed();
    let mut claim = case.waiver();
    claim.expires = Timestamp::from_seconds(200);
    let waiver = case.waive("bob", &claim);
    let mut lineage = case.tagged(&[(WAIVER, waiver)]);
    for attestation in &mut lineage.attestations {
        if let Proof::Key { times, .. } = &mut attestation.proof {
            times.push(Timestamp::from_seconds(201));
        }
    }
    assert!(verdict(&case, &lineage).contains(" ~ "), "{}", verdict(&case, &lineage));
    // … unless it counts for nothing before.
    case.policy.config.sign.require_transparency = true;
    refused(&case, &lineage, "it expired at 1970-01-01T00:03:20Z, the release is of 1970-01-01T00:03:21Z");
}

#[test]
fn of_two_waivers_the_sealed_one_counts_and_a_later_pass_does_not_undo_it() {
    let mut case = failed();
    let mut claim = case.waiver();
    let first = case.waive("bob", &claim);
    claim.about.time = Timestamp::from_seconds(25);
    claim.reason = "again".to_owned();
    case.waive("bob", &claim);
    // The author's own, newest of all, changes nothing.
    claim.about.time = Timestamp::from_seconds(26);
    claim.account = "1001".to_owned();
    case.waive("ada", &claim);
    let unsealed = verdict(&case, &case.lineage());
    assert!(unsealed.contains("w1-overall: ") && unsealed.contains(": again"), "{unsealed}");
    case.seal_over(&[(WAIVER, first)], 30);
    let sealed = verdict(&case, &case.lineage());
    assert!(sealed.starts_with("Done\n") && sealed.contains(": the runner is broken"), "{sealed}");
    case.check(CheckResult::Pass, 40);
    assert_eq!(verdict(&case, &case.lineage()), sealed);
    // Sealed anew, the pass counts, and nothing is waived.
    let pass = case.check(CheckResult::Pass, 41);
    case.attestations.retain(|a| !matches!(&a.statement, Ok(s) if s.predicate_type.ends_with("seal/v1")));
    case.seal(pass, 50);
    assert_eq!(verdict(&case, &case.lineage()), "Done\ncounts: w1-chart-lint by ci\ncounts: w1-overall by ci");
}

#[test]
fn what_cannot_be_told_is_not_waived() {
    let mut case = Case::new(PEOPLE);
    let claim = case.waiver();
    case.waive("bob", &claim);
    let mut lineage = case.lineage();
    lineage.unfetched.push("the ledger was never fetched here".to_owned());
    let text = verdict(&case, &lineage);
    assert!(text.starts_with("Undetermined\n") && !text.contains(" ~ "), "{text}");
}

#[test]
fn only_checks_are_waived() {
    for part in ["overall", "review", "semver-bump"] {
        let mut case = failed();
        let mut claim = case.waiver();
        let waiver = case.waive("bob", &claim);
        claim.check = part.to_owned();
        let other = case.waive("bob", &claim);
        let _ = (waiver, other);
        let text = verdict(&case, &case.lineage());
        assert!(text.contains("w1-overall: there is no such attestation"), "{text}");
    }
}
