//! A contribution that may be merged without a person, on GitHub: judged by who made it, and merged as it was judged.

use std::sync::Arc;

use super::Which;
use super::request::{self, Request};
use crate::github::accounts::Account;
use crate::github::contributions::{Made, Run};
use crate::github::pulls::{How, Merge, Merged, Pull};
use crate::github::{Error, GitHub};
use crate::model::contribution::{self, Contribution, Somebody, Validation};
use crate::model::owners::{self, Owners};
use crate::model::workflows::VALIDATE;
use crate::model::{Exit, Failure, GuardReport, Oid, Plan};
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::{Context, hub};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which contribution.
    pub asked: Which,
    /// Merge it where nothing is left to a person.
    pub merge: bool,
    /// Let GitHub merge by itself what its rules still ask something for.
    pub auto: bool,
}

/// Judges, and merges where asked and nothing is left to a person.
///
/// # Errors
/// It is not set up (exit 2), GitHub cannot be asked, or its rules refuse the merge (exit 3).
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<GuardReport, Failure> {
    // Whose word counts is what main says now, not when this clone last looked.
    let ground = if options.merge { ground::refreshed(cx)? } else { ground::ground(cx)? };
    let config = ground.config();
    let Some(settings) = &config.github.auto_merge else {
        return Err(Failure::usage(
            "contributions are merged by people: nothing says which may be merged without",
        )
        .hint("write `[github.auto-merge]` into lineage.toml on main to have them merged"));
    };
    let request = request::gather(cx, &options.asked, Some(config.contributed()))?;
    if request.queued {
        return Err(Failure::usage("the merge queue merges by itself what passes its checks"));
    }
    let github = hub::forge(cx, &ground)?.ok_or_else(|| {
        Failure::usage("the local forge has no pull requests").hint("merge the contribution yourself")
    })?;
    let pull = find(&github, &request)?;
    let mut plan = Plan::default();
    let what = format!("merge pull request #{} into {}", pull.number, pull.base.branch);
    let mut report = GuardReport {
        stage: "contribution".to_owned(),
        head: pull.head.branch.clone(),
        base: pull.base.branch.clone(),
        allowed: true,
        manual_review: false,
        reasons: Vec::new(),
        merged: pull.merge_commit().and_then(Oid::parse),
        waiting: None,
        plan: Plan::default(),
    };
    let commits = github.commits_of(pull.number)?;
    let known = told(&pull, &commits, github.check_run(&pull.head.sha, VALIDATE)?);
    let decision = known.decide(config, settings, &owners(cx, &ground)?, options.auto);
    report.allowed = decision.is_clear();
    report.manual_review = decision.refused.is_empty() && !decision.left.is_empty();
    report.reasons = decision.refused.into_iter().chain(decision.left).collect();
    if pull.merged() {
        plan.done(what);
    } else if report.allowed && options.merge {
        plan.needed(what);
        if !cx.dry_run {
            merge(&github, &pull, &commits, options.auto, &mut report)?;
        }
    }
    report.plan = plan;
    Ok(report)
}

/// The pull request as GitHub has it now: what the event said is a claim of the moment it was sent.
fn find(github: &Arc<GitHub>, request: &Request) -> Result<Pull, Failure> {
    let pull = match request.number {
        Some(number) => github.pull(number)?,
        None => {
            // The open one, or else the newest: one that is merged already is done.
            let found = github.pulls(&request.head, &request.base, "all")?;
            let open = found.iter().find(|pull| pull.state == "open").cloned();
            open.or_else(|| found.into_iter().max_by_key(|pull| pull.number)).ok_or_else(|| {
                Failure::negative(format!(
                    "not_pr: there is no pull request from {} to {}",
                    request.head, request.base
                ))
                .hint("name a pull request by its branches or its event")
            })?
        }
    };
    request.is_about(&pull)?;
    Ok(pull)
}

/// CODEOWNERS of main: what a contribution says of its own author counts for nothing.
fn owners(cx: &Context<'_>, ground: &Ground) -> Result<Owners, Failure> {
    for place in owners::PLACES {
        if let Some(bytes) = cx.repo.file_at(&ground.main, place)? {
            return Ok(Owners::parse(&String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(Owners::default())
}

fn told(pull: &Pull, commits: &[Made], run: Run) -> Contribution {
    Contribution {
        open: pull.state == "open" || pull.merged(),
        draft: pull.draft,
        base: pull.base.branch.clone(),
        head: pull.head.sha.clone(),
        author: pull.user.as_ref().map(somebody),
        commits: commits.iter().map(made).collect(),
        validation: match run {
            Run::Awaited => Validation::Awaited,
            Run::Ended(how) if how == "success" => Validation::Passed,
            Run::Ended(how) => Validation::Ended(how),
        },
    }
}

fn made(made: &Made) -> contribution::Made {
    let signature = match &made.commit.verification {
        Some(told) if told.verified => Ok(()),
        Some(told) => Err(told.reason.clone()),
        None => Err("GitHub says nothing of it".to_owned()),
    };
    contribution::Made { commit: made.sha.clone(), author: made.author.as_ref().map(somebody), signature }
}

fn somebody(account: &Account) -> Somebody {
    Somebody { login: account.login.clone(), bot: account.is_bot() }
}

fn merge(
    github: &GitHub,
    pull: &Pull,
    commits: &[Made],
    later: bool,
    report: &mut GuardReport,
) -> Result<(), Failure> {
    let title = format!("{} (#{})", pull.title, pull.number);
    // Every message, as GitHub's own squash has them: the next version is told from what they say.
    let message = match commits {
        [one] => one.commit.message.split_once('\n').map(|(_, body)| body.trim().to_owned()).unwrap_or_default(),
        several => several.iter().map(|made| format!("* {}\n\n", made.commit.message.trim())).collect(),
    };
    let pinned = Merge { sha: &pull.head.sha, how: How::Squash, title: &title, message: message.trim(), later };
    match github.merge(pull, &pinned) {
        Ok(Merged::Commit(commit)) => report.merged = Some(super::asked::commit(pull.number, &commit)?),
        Ok(Merged::Waiting(why)) => report.waiting = Some(why),
        Ok(Merged::Queued) => report.waiting = Some("it stands in the merge queue".to_owned()),
        Err(error @ Error::Refused { status: 405, .. }) => {
            return Err(Failure { exit: Exit::Undetermined, ..Failure::from(error) }
                .hint("meet the base branch's rules, then run the guard again, or let GitHub wait with --auto"));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
