//! The pull request on GitHub that the guard is asked about: how it stands now, and what becomes of it.

use std::sync::Arc;

use super::request::{DELETED, Request};
use super::{GuardStage, Merge, Options};
use crate::github::pulls::{self, How, Merged, Pull};
use crate::github::{Error, GitHub};
use crate::model::{Failure, GuardReport, Oid, pull};
use crate::pipeline::Context;
use crate::pipeline::ground::{self, Ground};

/// What begins our comment, so that there is one of it.
const MARKER: &str = "<!-- git lineage guard -->";

/// A pull request, as GitHub has it at this moment.
pub(super) struct Asked {
    github: Arc<GitHub>,
    pull: Pull,
}

impl Asked {
    /// Finds the pull request, and puts what GitHub says of it in the place of what the event said.
    pub(super) fn find(github: Arc<GitHub>, request: &mut Request) -> Result<Self, Failure> {
        let pull = match request.number {
            Some(number) => github.pull(number)?,
            None => match github.open_pull(&request.head, &request.base)? {
                Some(open) => open,
                // One that is merged is found again by a run that was stopped after its merge.
                None => merged(&github, request)?.ok_or_else(|| {
                    Failure::negative(format!(
                        "there is no open pull request from {} to {}",
                        request.head, request.base
                    ))
                    .hint("open it with `git lineage propose`")
                })?,
            },
        };
        request.is_about(&pull)?;
        if request.head != pull.head.branch || request.base != pull.base.branch {
            return Err(Failure::undetermined(format!(
                "pull request #{} is from {} to {} by now",
                pull.number, pull.head.branch, pull.base.branch
            )));
        }
        let id = |side: &pulls::Side| side.repo.as_ref().map(|repository| repository.id.to_string());
        request.head_repository = Some(id(&pull.head).unwrap_or_else(|| DELETED.to_owned()));
        request.base_repository = id(&pull.base);
        request.head_commit = Some(pull.head.sha.clone());
        Ok(Self { github, pull })
    }

    /// What it was merged as, where it is.
    pub(super) fn merged(&self) -> Option<Oid> {
        self.pull.merge_commit().and_then(Oid::parse)
    }

    /// What of the pull request itself stands in the way. One into a per-chart branch is done by being closed.
    pub(super) fn reasons(&self, stage: GuardStage) -> Vec<String> {
        let Pull { number, draft, .. } = &self.pull;
        let mut reasons = Vec::new();
        if self.pull.merged() {
            reasons.push(format!("pull request #{number} is merged already"));
        } else if self.pull.state != "open" && stage != GuardStage::Chart {
            reasons.push(format!("pull request #{number} is closed"));
        }
        if *draft {
            reasons.push(format!("pull request #{number} is a draft"));
        }
        reasons
    }

    /// Merges exactly what was judged.
    pub(super) fn merge(
        &self,
        cx: &mut Context<'_>,
        ground: &Ground,
        options: &Options,
        merge: &Merge,
        report: &mut GuardReport,
    ) -> Result<(), Failure> {
        let number = self.pull.number;
        if options.stage == GuardStage::Chart {
            // GitHub's merge would bring every chart along. What the branch is to have, `split` put there, and the
            // guard has just seen it: there is nothing left for the pull request to do.
            let what = format!("close pull request #{number}: {} holds the chart already", report.base);
            if self.pull.state != "open" {
                report.plan.done(what);
                return Ok(());
            }
            report.plan.needed(what);
            if !cx.dry_run {
                let text = format!(
                    "`{}` holds exactly what `{}` has of this chart, and the split link proves it. A merge would \
                     bring the other charts along, so this is closed instead.",
                    report.base, report.head
                );
                self.github.comment(number, MARKER, &text)?;
                self.github.close_pull(number)?;
            }
            return Ok(());
        }
        report.plan.needed(format!("merge pull request #{number} into {}", merge.base));
        if cx.dry_run {
            return Ok(());
        }
        let (title, message) = merge.message.split_once('\n').unwrap_or((&merge.message, ""));
        let pinned = pulls::Merge {
            sha: merge.head_tip.as_str(),
            how: How::Squash,
            title,
            message: message.trim(),
            later: options.auto,
        };
        match self.github.merge(&self.pull, &pinned) {
            Ok(Merged::Commit(commit)) => {
                let commit = self::commit(number, &commit)?;
                as_judged(cx, ground, merge, &commit)?;
                report.merged = Some(commit);
            }
            Ok(Merged::Waiting(why)) => report.waiting = Some(why),
            Ok(Merged::Queued) => report.waiting = Some("it stands in the merge queue".to_owned()),
            // What the repository's rules ask for is not the lineage's: nothing is refused, and nothing merged.
            Err(error @ Error::Refused { status: 405, .. }) => {
                return Err(Failure { exit: crate::model::Exit::Undetermined, ..Failure::from(error) }.hint(
                    "meet the base branch's rules, then run the guard again, or let GitHub wait with --auto",
                ));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Says why it is refused, and closes it.
    pub(super) fn close(&self, cx: &Context<'_>, report: &mut GuardReport) -> Result<(), Failure> {
        let number = self.pull.number;
        let what = format!("close pull request #{number}");
        if self.pull.state != "open" {
            report.plan.done(what);
            return Ok(());
        }
        report.plan.needed(what);
        if !cx.dry_run {
            let text = pull::refusal(&report.head, &report.base, &report.reasons);
            self.github.comment(number, MARKER, &text)?;
            self.github.close_pull(number)?;
        }
        Ok(())
    }
}

/// What GitHub says a pull request was merged as.
pub(super) fn commit(number: u64, text: &str) -> Result<Oid, Failure> {
    Oid::parse(text)
        .ok_or_else(|| Failure::undetermined(format!("GitHub merged pull request #{number} as what is no commit")))
}

/// The newest pull request of these branches, where that is merged: an older one says nothing of what is there now.
fn merged(github: &GitHub, request: &Request) -> Result<Option<Pull>, Error> {
    let all = github.pulls(&request.head, &request.base, "all")?;
    Ok(all.into_iter().max_by_key(|pull| pull.number).filter(Pull::merged))
}

/// The base may have moved between judging and merging, and GitHub merges all the same. The chart has to have come
/// out as it was judged; what did not is never tagged.
fn as_judged(cx: &mut Context<'_>, ground: &Ground, merge: &Merge, commit: &Oid) -> Result<(), Failure> {
    let Some(remote) = ground::remote(&cx.repo, ground.config()) else { return Ok(()) };
    let base = format!("+refs/heads/{0}:refs/remotes/{remote}/{0}", merge.base);
    cx.repo.fetch(remote, &[&base])?;
    if cx.repo.tree_at(commit, &merge.directory)? == cx.repo.tree_at(&merge.head_tip, &merge.directory)? {
        return Ok(());
    }
    Err(Failure::conflict(format!(
        "{} was merged as {}, and {} is not as it was judged",
        merge.head_tip.short(),
        commit.short(),
        merge.directory
    ))
    .because(format!("{} moved at the same moment", merge.base))
    .hint("split and propose the chart again: what is there now cannot be tagged"))
}
