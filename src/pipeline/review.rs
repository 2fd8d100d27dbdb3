//! A review: a person says that a contribution may go on, or CI tells what a forge says of it.
//!
//! It is judged before it is stored, by the judge itself: a review nobody would count is not worth writing.

use super::charts::ChartAt;
use super::ground::{self, Ground};
use super::record::{self, Draft};
use super::trace::{self, Traced};
use super::{Context, subject};
use crate::model::statement::Review;
use crate::model::{Failure, Outcome, Plan, Predicate, ReviewReport, Role, Stage, StepState, Subject, signed_by};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// `CHART[@REV]`.
    pub spec: String,
    /// Who approved, as the forge tells; none: the signer himself.
    pub approvers: Vec<String>,
    /// Who made the contribution, as the forge tells.
    pub author: Option<String>,
}

/// Signs and posts the review, unless the very same is there.
///
/// # Errors
/// A signer without the role or an account, the author himself, somebody who is no reviewer (exit 1), a
/// usage error (exit 2).
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ReviewReport, Failure> {
    let ground = ground::ground(cx)?;
    let (chart, head) = subject::find(&cx.repo, &options.spec)?;
    let pen = record::pen(cx, &ground.policy, Role::Review)?;
    let (name, mut approvers) = match (pen.account(), options.approvers.as_slice()) {
        (Some(account), []) if options.author.is_none() => (Review::record_of(account), vec![account.to_owned()]),
        (Some(account), _) => {
            return Err(Failure::usage(format!(
                "this key is account {account}'s, and signs for that account alone"
            ))
            .hint("leave out --approver and --author, or sign with CI's key, which has no account"));
        }
        (None, []) => {
            return Err(Failure::usage("the policy does not say whose key this is")
                .hint("give it an `account` under [[trust.keys]] on main, or name who approved with --approver"));
        }
        (None, approvers) => (Review::RECORD.to_owned(), approvers.to_vec()),
    };
    approvers.sort();
    approvers.dedup();
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    let landing = trace::as_if_merged(cx, &ground, &head, &chart.directory)?;
    let traced = trace::content(cx, &ground, ground.policy.clone(), &chart, &head, landing)?;
    let mut report = ReviewReport {
        chart: chart.chart.clone(),
        name,
        id: None,
        on: chart.tree.clone(),
        head: head.clone(),
        approvers,
        outcome: Outcome::Created,
        plan: Plan::default(),
    };
    let objects = [("chart", "gitTree", &chart.tree), ("commit", "gitCommit", &head)];
    let claim = Review {
        about: record::about(cx, &ground, &chart.chart, &chart.directory, &objects),
        approvers: report.approvers.clone(),
        author: options.author.clone(),
        head,
    };
    let what = format!("sign {} of {}", report.name, chart.chart);
    if already(&ground, &traced, &claim) {
        report.plan.done(what);
        report.outcome = Outcome::Unchanged;
        return Ok(report);
    }
    report.plan.needed(what);
    let subject = vec![Subject::new(&chart.directory, traced.lineage.content.digest())];
    let statement = record::statement(ground.config(), Predicate::Review, subject, &claim)?;
    let draft = pen.draft(&chart.chart, &chart.tree, &report.name, &statement)?;
    counts(cx, traced, &draft, &chart, &report.approvers)?;
    if !cx.dry_run {
        report.id = Some(draft.record.id.clone());
        record::post_and_push(cx, &ground, &[draft], Vec::new())?;
    }
    Ok(report)
}

/// Whether a trusted signer said the same of the same head.
fn already(ground: &Ground, traced: &Traced, claim: &Review) -> bool {
    let uri = Predicate::Review.uri(&ground.config().predicate_prefix);
    let digest = traced.lineage.content.digest();
    let known = |attestation: &crate::model::Attestation| {
        let statement = attestation.statement.as_ref().ok().filter(|s| s.predicate_type == uri)?;
        statement.subject.iter().find(|subject| subject.sha256() == Some(digest))?;
        let known: Review = serde_json::from_value(statement.predicate.clone()).ok()?;
        let signer = signed_by(&ground.policy, Role::Review, &attestation.proof).ok()?;
        Some((known, signer.account.is_some()))
    };
    // What a forge says may have changed in between and back: only the newest is the state of things.
    let same = |known: &Review| {
        known.approvers == claim.approvers && known.author == claim.author && known.head == claim.head
    };
    let mut all: Vec<(Review, bool)> = traced.lineage.attestations.iter().filter_map(known).collect();
    all.sort_by_key(|(review, _)| std::cmp::Reverse(review.about.time));
    let own = all.iter().any(|(review, own)| *own && same(review));
    let newest = all.iter().find(|(_, own)| !own);
    own || newest.is_some_and(|(review, _)| same(review))
}

/// Asks the judge whether this review, alone, would count for each approver.
fn counts(
    cx: &Context<'_>,
    mut traced: Traced,
    draft: &Draft,
    chart: &ChartAt,
    approvers: &[String],
) -> Result<(), Failure> {
    let uri = Predicate::Review.uri(&traced.policy.config.predicate_prefix);
    traced.lineage.attestations.retain(|attestation| {
        attestation.statement.as_ref().map_or(true, |statement| statement.predicate_type != uri)
    });
    traced.policy.config.required.reviews = u64::try_from(approvers.len()).unwrap_or(u64::MAX);
    let traced = trace::with(cx, traced, draft, &chart.directory)?;
    let verdict = traced.judge(Stage::Validate);
    let step = verdict.steps.into_iter().find(|step| step.link == Review::RECORD);
    let why = match step.map(|step| step.state) {
        Some(StepState::Holds) => return Ok(()),
        Some(StepState::Gap(why) | StepState::Undetermined(why) | StepState::Conflict(why)) => why,
        Some(StepState::Waived(_) | StepState::NotReached) | None => "it is not looked at".to_owned(),
    };
    Err(Failure::negative(format!("this review of {} would not count", chart.chart))
        .because(why)
        .hint("a review is by a reviewer of the policy who is known not to have made the contribution"))
}
