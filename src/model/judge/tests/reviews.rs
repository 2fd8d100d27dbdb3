//! Reviews, on lineages made by hand.

use super::people::{PEOPLE, by, verdict};
use super::*;
use crate::model::statement::Review;

impl Case {
    fn review(&mut self, who: &str, approvers: &[&str], author: Option<&str>, time: i64) -> Sha256 {
        let approvers = approvers.iter().map(|account| (*account).to_owned()).collect();
        let author = author.map(str::to_owned);
        let head = Oid::parse(&"c".repeat(40)).expect("an id");
        let claim = Review { about: Self::about(time), approvers, author, head };
        let subject = self.subject();
        self.sign_as(who, Predicate::Review, subject, &claim)
    }
}

/// A contribution of Ada's that passed, with reviews required.
fn reviewable(reviews: u64) -> (Case, Sha256) {
    let mut case = Case::new(PEOPLE);
    case.policy.config.required.reviews = reviews;
    let mut claim = case.claim(CheckResult::Pass, 10);
    claim.commits = by("ada@example.org");
    let subject = case.subject();
    let pass = case.sign(Predicate::Check, subject, &claim);
    (case, pass)
}

/// How the review step comes out.
fn reviewed(case: &Case) -> String {
    let verdict = judge(&case.lineage(), &case.policy, Stage::Validate);
    let step = verdict.steps.into_iter().find(|step| step.link == "w1-review").expect("a step");
    format!("{:?}", step.state)
}

#[test]
fn a_review_counts_for_its_signer_and_its_content() {
    let (mut case, pass) = reviewable(1);
    assert_eq!(reviewed(&case), "Gap(\"there is no such attestation\")");
    let review = case.review("bob", &["1002", "1003"], None, 20);
    assert_eq!(reviewed(&case), "Holds");
    case.seal(pass, 30);
    assert!(
        verdict(&case, &case.lineage()).contains("w1-overall: it does not name the reviews that are required")
    );
    case.seal_over(&[("w1-chart-lint", pass), ("w1-review-1002", review)], 31);
    let text = verdict(&case, &case.lineage());
    assert!(text.starts_with("Done\n") && text.contains("counts: w1-review-1002 by bob"), "{text}");
    // One person is one person, however often he signs and whomever he names.
    case.policy.config.required.reviews = 2;
    case.review("bob", &["1002", "1001"], None, 21);
    assert!(reviewed(&case).starts_with("Gap(\"1 person did; "), "{}", reviewed(&case));
    // Another content is another content.
    let (mut case, _) = reviewable(1);
    let head = Oid::parse(&"c".repeat(40)).expect("an id");
    let claim = Review { about: Case::about(20), approvers: vec!["1002".to_owned()], author: None, head };
    let other = vec![Subject::new("charts/x", Sha256::of("other"))];
    case.sign_as("bob", Predicate::Review, other, &claim);
    assert!(reviewed(&case).contains("its subject charts/x is"), "{}", reviewed(&case));
}

#[test]
fn the_author_s_own_review_is_none() {
    let (mut case, _) = reviewable(1);
    case.review("ada", &["1001", "1002"], None, 20);
    assert!(reviewed(&case).contains("account 1001 made or merged"), "{}", reviewed(&case));
    // Nor that of somebody who may be the author.
    case.attestations[0].statement.as_mut().expect("a statement").predicate["commits"][0]["author"] =
        serde_json::json!("Dave <dave@example.org>");
    case.review("bob", &["1002"], None, 20);
    assert!(reviewed(&case).contains("does not know whose address dave"), "{}", reviewed(&case));
    // The forge knows who made it.
    case.review("forge", &["1002"], Some("1004"), 21);
    assert_eq!(reviewed(&case), "Holds");
}

#[test]
fn what_a_forge_tells_is_as_it_told_last() {
    let (mut case, _) = reviewable(2);
    case.review("forge", &["1002", "1003"], Some("1001"), 20);
    assert_eq!(reviewed(&case), "Holds");
    // An approval was withdrawn.
    case.review("forge", &["1003"], Some("1001"), 21);
    assert!(reviewed(&case).starts_with("Gap(\"1 person did"), "{}", reviewed(&case));
    // The author does not count, by account or by address.
    let (mut case, _) = reviewable(1);
    case.review("forge", &["1001"], Some("1009"), 20);
    assert!(reviewed(&case).contains("account 1001 made the contribution itself"), "{}", reviewed(&case));
    case.review("forge", &["1003"], Some("1003"), 21);
    assert!(reviewed(&case).contains("account 1003 made the contribution itself"), "{}", reviewed(&case));
    // Nor does somebody who is no reviewer, or what a key says that nobody gave the role by name.
    case.review("forge", &["1007"], Some("1001"), 22);
    assert!(reviewed(&case).contains("account 1007 is no reviewer of this policy"), "{}", reviewed(&case));
    let (mut case, _) = reviewable(1);
    case.review("ci", &["1002"], Some("1001"), 20);
    assert!(reviewed(&case).contains("neither an account nor the role"), "{}", reviewed(&case));
}

#[test]
fn a_tag_cannot_choose_an_approval_that_was_withdrawn() {
    let (mut case, pass) = reviewable(1);
    let told = case.review("forge", &["1002"], Some("1001"), 20);
    case.seal_over(&[("w1-chart-lint", pass), ("w1-review", told)], 30);
    let seal = case.attestations.last().expect("the seal").bundle;
    let named = [("w1-chart-lint", pass), ("w1-review", told), ("w1-overall", seal)];
    let step = |case: &Case, lineage: &Lineage| {
        let verdict = judge(lineage, &case.policy, Stage::Validate);
        let step = verdict.steps.into_iter().find(|step| step.link == "w1-review").expect("a step");
        format!("{:?}", step.state)
    };
    let lineage = case.tagged(&named);
    assert_eq!(step(&case, &lineage), "Holds");
    // What is said after the tag takes nothing back.
    case.review("forge", &["1003"], Some("1001"), 101);
    let lineage = case.tagged(&named);
    assert_eq!(step(&case, &lineage), "Holds");
    case.review("forge", &["1003"], Some("1001"), 40);
    let lineage = case.tagged(&named);
    assert!(step(&case, &lineage).starts_with("Gap("), "{}", step(&case, &lineage));
}
