//! The policy statement: a signer whom main trusts vouches for a change of what main trusts.

use super::vouch::{self, Step, Vouched};
use super::{POLICY_FILE, Policies};
use crate::git::ledger::POLICY_LEDGER;
use crate::model::statement::PolicyChange;
use crate::model::{
    Event, Failure, Oid, Outcome, Plan, Policy, Predicate, Role, Subject, TrustChangeLine, TrustChangeReport,
};
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::{Context, anchor, record};

/// The record's name in the ledger.
const NAME: &str = "policy";

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// main's commit the change is made upon; none: main as fetched.
    pub from: Option<String>,
    /// The commit with the new `lineage.toml`; none: HEAD.
    pub to: Option<String>,
    /// Why, for everybody who reads the statement.
    pub reason: String,
}

/// A change that is proposed: from main's policy to another.
struct Proposed {
    base: Oid,
    before: Policy,
    commit: Oid,
    /// The blob of the new file.
    file: Oid,
    after: Policy,
}

impl Proposed {
    fn is_change(&self) -> bool {
        self.before.config.trust_digest() != self.after.config.trust_digest() || !self.dropped().is_empty()
    }

    /// What it no longer revokes, in words.
    fn dropped(&self) -> Vec<String> {
        super::lost(Some(&self.before), Some(&self.after)).in_words()
    }

    fn vouched(&self, cx: &Context<'_>) -> Result<Vouched, Failure> {
        let step = Step {
            parent: &self.base,
            before: Some(&self.before),
            file: Some(&self.file),
            after: Some(&self.after),
        };
        vouch::vouched(cx, &mut Policies::default(), &step)
    }
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<TrustChangeReport, Failure> {
    let reason = options.reason.trim();
    if reason.is_empty() || reason.chars().any(char::is_control) {
        return Err(Failure::usage("the reason is empty, or more than one line")
            .hint("say in a sentence why main is to trust or require something else"));
    }
    let ground = ground::ground(cx)?;
    anchor::check(cx, &ground)?;
    let proposed = proposed(cx, &ground, options.from.as_deref(), options.to.as_deref().unwrap_or("HEAD"))?;
    let id = &proposed.before.config.repository.id;
    if proposed.after.config.repository.id != *id {
        return Err(Failure::negative(format!("{POLICY_FILE} there gives the repository another id than {id}"))
            .hint("the id never changes: every clone has pinned it, and every attestation holds it"));
    }
    let (from, to) = (proposed.before.config.trust_digest(), proposed.after.config.trust_digest());
    let mut report = TrustChangeReport {
        base: proposed.base.clone(),
        commit: proposed.commit.clone(),
        from,
        to,
        dropped: proposed.dropped(),
        file: proposed.after.digest,
        outcome: Outcome::Unchanged,
        signer: None,
        plan: Plan::default(),
    };
    if !proposed.is_change() {
        return Ok(report);
    }
    let sign = format!("sign {}", report.in_words());
    if let Vouched::By { signer, .. } = proposed.vouched(cx)? {
        report.signer = Some(signer);
        report.plan.done(sign);
        if !cx.dry_run {
            // What an earlier run signed here and did not get to push.
            record::post_and_push(cx, &ground, &[], Vec::new())?;
        }
        return Ok(report);
    }
    if let Some(warning) = left_behind(cx, &ground, &proposed)? {
        (cx.on)(Event::Warning(warning));
    }
    let pen = record::pen(cx, &proposed.before, Role::Policy)?;
    report.outcome = Outcome::Created;
    report.plan.needed(sign);
    if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
        report.plan.needed(format!("push the statement to {remote}"));
    }
    if cx.dry_run {
        return Ok(report);
    }
    let claim = PolicyChange {
        repository: id.clone(),
        time: cx.now,
        base: proposed.base.clone(),
        from,
        to,
        reason: reason.to_owned(),
    };
    let subject = vec![Subject::new(POLICY_FILE, proposed.after.digest)];
    let statement = record::statement(&proposed.before.config, Predicate::Policy, subject, &claim)?;
    let draft = pen.draft(POLICY_LEDGER, &proposed.file, NAME, &statement)?;
    let bundle = draft.record.bundle.get();
    report.signer = Some(vouch::prove(cx, &proposed.base, &proposed.before, &proposed.after, bundle)?);
    record::post_and_push(cx, &ground, &[draft], Vec::new())?;
    Ok(report)
}

/// What HEAD would change on main, for `trust show`; none where it changes no trust.
///
/// # Errors
/// The repository or the ledger cannot be read.
pub fn at_head(cx: &Context<'_>, ground: &Ground) -> Result<Option<TrustChangeLine>, Failure> {
    let Ok(proposed) = proposed(cx, ground, None, "HEAD") else { return Ok(None) };
    // A HEAD that has all of its policy from main proposes nothing.
    if !proposed.is_change() || cx.repo.is_ancestor(&proposed.commit, &ground.main).unwrap_or(false) {
        return Ok(None);
    }
    let trust = |policy: &Policy| Some(policy.config.trust_digest());
    let (from, to) = (trust(&proposed.before), trust(&proposed.after));
    let dropped = proposed.dropped();
    Ok(Some(proposed.vouched(cx)?.line(proposed.commit, (from, to), dropped)))
}

fn proposed(cx: &Context<'_>, ground: &Ground, from: Option<&str>, to: &str) -> Result<Proposed, Failure> {
    let (base, before) = match from {
        None => (ground.main.clone(), ground.policy.clone()),
        Some(from) => {
            let base = cx.repo.commit_id(from)?;
            if !cx.repo.on_first_parent(&base, &ground.main)? {
                return Err(Failure::usage(format!("{from} is not a commit of {}'s own line", ground.origin))
                    .hint(format!("name one that `git log --first-parent {}` shows", ground.origin)));
            }
            let (_, policy) = policy_at(cx, &base, from)?;
            (base, policy)
        }
    };
    let commit = cx.repo.commit_id(to)?;
    let (file, after) = policy_at(cx, &commit, to)?;
    Ok(Proposed { base, before, commit, file, after })
}

fn policy_at(cx: &Context<'_>, commit: &Oid, name: &str) -> Result<(Oid, Policy), Failure> {
    let file = cx.repo.file_id(commit, POLICY_FILE)?;
    match file.zip(ground::policy_at(&cx.repo, commit, name)?) {
        Some(found) => Ok(found),
        None => Err(Failure::usage(format!("there is no {POLICY_FILE} at {name}"))
            .hint("name the commit or branch that proposes the change")),
    }
}

/// Where main changed the file since the proposal left it: merging gives another file than the one that is
/// signed.
fn left_behind(cx: &Context<'_>, ground: &Ground, proposed: &Proposed) -> Result<Option<String>, Failure> {
    let Some(fork) = cx.repo.merge_base(&proposed.base, &proposed.commit)? else { return Ok(None) };
    if cx.repo.file_id(&fork, POLICY_FILE)? == cx.repo.file_id(&proposed.base, POLICY_FILE)? {
        return Ok(None);
    }
    Ok(Some(format!(
        "{} changed {POLICY_FILE} since {} left it: a merge may give another file than the one that is signed; \
         rebase first",
        ground.origin,
        proposed.commit.short()
    )))
}
