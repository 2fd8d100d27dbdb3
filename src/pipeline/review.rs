//! A review: a person says that a contribution may go on, or CI tells what a forge says of it.
//!
//! It is judged before it is stored, by the judge itself: a review nobody would count is not worth writing. What GitHub
//! says is read there ([`told`]), by number of account, and bound to the content that was approved.

use super::charts::ChartAt;
use super::ground;
use super::record::{self, Draft};
use super::trace::{self, Traced};
use super::{Context, subject};
use crate::model::statement::Review;
use crate::model::{
    Event, Failure, Outcome, Plan, Predicate, ReviewReport, Role, Stage, StepState, Subject, signed_by,
};

mod told;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// `CHART[@REV]`.
    pub spec: String,
    /// Who approved, as the forge tells; none: the signer himself.
    pub approvers: Vec<String>,
    /// Who made the contribution, as the forge tells.
    pub author: Option<String>,
    /// Read both from the pull request on GitHub that brought the content in.
    pub from_github: bool,
}

/// Signs and posts the review, unless the very same is there.
///
/// # Errors
/// A signer without the role or an account, the author himself, somebody who is no reviewer (exit 1), a
/// usage error (exit 2).
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ReviewReport, Failure> {
    let ground = ground::ground(cx)?;
    let (chart, head) = subject::find(&cx.repo, &options.spec)?;
    let mut notes = Vec::new();
    if options.from_github && (options.author.is_some() || !options.approvers.is_empty()) {
        return Err(Failure::usage("who approved is either said or read from GitHub")
            .hint("leave out --approver and --author, or --from-github"));
    }
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        cx.repo.fetch_ledger(remote, None)?;
    }
    let (landing, policy) = trace::destination(cx, &ground, &head, &chart.directory)?;
    let traced = trace::content(cx, &ground, policy, &chart, &head, landing)?;
    let policy = traced.policy.clone();
    let pen = record::pen(cx, &policy, Role::Review)?;
    let mut said = options.clone();
    let mut approved = head.clone();
    if options.from_github {
        let told = told::told(cx, &ground, &chart, &head, &traced)?;
        said.author = Some(told.author);
        said.approvers = told.approvers;
        approved = told.head;
        notes.extend(told.against);
    }
    let (name, mut approvers) = match (pen.account(), said.approvers.as_slice()) {
        (Some(account), []) if said.author.is_none() => (Review::record_of(account), vec![account.to_owned()]),
        (Some(account), _) => {
            return Err(Failure::usage(format!(
                "this key is account {account}'s, and signs for that account alone"
            ))
            .hint("leave out what others said, or sign with CI's key, which has no account"));
        }
        (None, []) if !options.from_github => {
            return Err(Failure::usage("the policy does not say whose key this is")
                .hint("give it an `account` under [[trust.keys]] on main, or name who approved with --approver"));
        }
        (None, approvers) => (Review::RECORD.to_owned(), approvers.to_vec()),
    };
    approvers.sort();
    approvers.dedup();
    if approvers.is_empty() && !withdrawn(&traced) {
        return Err(nobody(&chart, notes));
    }
    let mut report = ReviewReport {
        chart: chart.chart.clone(),
        name,
        id: None,
        on: chart.tree.clone(),
        head: approved.clone(),
        approvers,
        outcome: Outcome::Created,
        plan: Plan::default(),
    };
    let objects = [("chart", "gitTree", &chart.tree), ("commit", "gitCommit", &head)];
    let claim = Review {
        about: record::about(cx, &ground, &chart.chart, &chart.directory, &objects),
        approvers: report.approvers.clone(),
        author: said.author,
        head: approved,
    };
    let what = format!("sign {} of {}", report.name, chart.chart);
    if already(&traced, &claim) {
        report.plan.done(what);
        report.outcome = Outcome::Unchanged;
        return Ok(report);
    }
    report.plan.needed(what);
    let subject = vec![Subject::new(&chart.directory, traced.lineage.content.digest())];
    let statement = record::statement(ground.config(), Predicate::Review, subject, &claim)?;
    let draft = pen.draft(&chart.chart, &chart.tree, &report.name, &statement)?;
    if !report.approvers.is_empty() {
        counts(cx, traced, &draft, &chart, &report.approvers)?;
    }
    if !cx.dry_run {
        report.id = Some(draft.record.id.clone());
        record::post_and_push(cx, &ground, &[draft], Vec::new())?;
    }
    if report.approvers.is_empty() {
        return Err(nobody(&chart, notes));
    }
    for note in notes {
        (cx.on)(Event::Note(note));
    }
    Ok(report)
}

/// Nobody's approval counts.
fn nobody(chart: &ChartAt, against: Vec<String>) -> Failure {
    let failure = Failure::negative(format!("nobody whose word counts approves this content of {}", chart.chart));
    against.into_iter().fold(failure, Failure::because).hint(
        "have it approved on GitHub by a reviewer of the policy, then run this again; `git lineage attest review` \
         signs with a key of one's own",
    )
}

/// Whether what a forge said before names somebody: then it is taken back, and the newest word has to say so.
fn withdrawn(traced: &Traced) -> bool {
    let said = known(traced).into_iter().find(|(_, own)| !own);
    said.is_some_and(|(review, _)| !review.approvers.is_empty())
}

/// Whether a trusted signer said the same of the same head.
fn already(traced: &Traced, claim: &Review) -> bool {
    // What a forge says may have changed in between and back: only the newest is the state of things.
    let same = |known: &Review| {
        known.approvers == claim.approvers && known.author == claim.author && known.head == claim.head
    };
    let all = known(traced);
    let own = all.iter().any(|(review, own)| *own && same(review));
    let newest = all.iter().find(|(_, own)| !own);
    own || newest.is_some_and(|(review, _)| same(review))
}

/// The reviews of this content by trusted signers, newest first, and whether each is a person's own.
fn known(traced: &Traced) -> Vec<(Review, bool)> {
    let uri = Predicate::Review.uri(&traced.policy.config.predicate_prefix);
    let digest = traced.lineage.content.digest();
    let known = |attestation: &crate::model::Attestation| {
        let statement = attestation.statement.as_ref().ok().filter(|s| s.predicate_type == uri)?;
        statement.subject.iter().find(|subject| subject.sha256() == Some(digest))?;
        let known: Review = serde_json::from_value(statement.predicate.clone()).ok()?;
        let signer = signed_by(&traced.policy, Role::Review, &attestation.proof).ok()?;
        Some((known, signer.account.is_some()))
    };
    let mut all: Vec<(Review, bool)> = traced.lineage.attestations.iter().filter_map(known).collect();
    all.sort_by_key(|(review, _)| std::cmp::Reverse(review.about.time));
    all
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
