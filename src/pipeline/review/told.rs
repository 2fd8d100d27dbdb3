//! What GitHub says of a content: through which pull request it came in, whose that is, and who approved what.

use crate::git;
use crate::github::GitHub;
use crate::github::pulls::Pull;
use crate::github::reviews::Approval;
use crate::model::config::{Config, Flow};
use crate::model::statement::addresses;
use crate::model::{Exit, Failure, Oid, Stage, link};
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::trace::Traced;
use crate::pipeline::{Context, hub};

/// What it comes to.
pub(super) struct Told {
    /// Whose approvals count, by number.
    pub(super) approvers: Vec<String>,
    /// Who opened the pull request, by number.
    pub(super) author: String,
    /// The pull request's head.
    pub(super) head: Oid,
    /// Why others do not count.
    pub(super) against: Vec<String>,
}

/// Asks GitHub.
///
/// # Errors
/// The content came in through no pull request or more than one (exit 1), or GitHub cannot be asked.
pub(super) fn told(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    commit: &Oid,
    traced: &Traced,
) -> Result<Told, Failure> {
    let github = hub::forge(cx, ground)?.ok_or_else(|| {
        Failure::usage("merges are not made on GitHub here, so it has no reviews to be read")
            .hint("name who approved with --approver")
    })?;
    let pull = brought(cx, ground, &github, chart, commit)?;
    let number = pull.number;
    let author = pull.user.as_ref().map(|user| user.id.to_string()).ok_or_else(|| {
        Failure::negative(format!("whose pull request #{number} is, GitHub does not say: the account is gone"))
    })?;
    let head = Oid::parse(&pull.head.sha)
        .ok_or_else(|| Failure::undetermined(format!("GitHub names no commit as the head of #{number}")))?;
    let mut told = Told { approvers: Vec::new(), author, head, against: Vec::new() };
    for approval in github.approvals(number)? {
        match counts(cx, ground, chart, traced, &told.author, &approval)? {
            None => told.approvers.push(approval.by.id.to_string()),
            Some(why) => told.against.push(format!("#{number}: {} ({}) {why}", approval.by.login, approval.by.id)),
        }
    }
    if told.approvers.is_empty() && told.against.is_empty() {
        told.against.push(format!("#{number} has no approval"));
    }
    Ok(told)
}

/// The pull request that brought the content to where contributions go.
fn brought(
    cx: &Context<'_>,
    ground: &Ground,
    github: &GitHub,
    chart: &ChartAt,
    commit: &Oid,
) -> Result<Pull, Failure> {
    let config = ground.config();
    let base = config.contributed();
    let tip = ground::branch_tip(&cx.repo, config, base)?
        .ok_or_else(|| Failure::undetermined(format!("{base} is not known here")).hint("fetch it"))?;
    if !(cx.repo.is_ancestor(commit, &tip)? && cx.repo.on_first_parent(commit, &tip)?) {
        return Err(Failure::negative(format!(
            "{} is not on {base}: through which pull request it comes is not settled",
            commit.short()
        ))
        .hint("merge it first"));
    }
    let mut found: Vec<Pull> = Vec::new();
    for merged in ways(cx, config, chart, commit)? {
        if found.is_empty() {
            found = github.pulls_of(merged.as_str(), base)?;
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (None, _) => Err(Failure::negative(format!("{} came to {base} through no pull request", commit.short()))
            .hint("what was pushed there was reviewed by nobody")),
        (Some(last), false) => {
            let numbers: Vec<String> =
                found.iter().chain([&last]).map(|pull| format!("#{}", pull.number)).collect();
            Err(Failure::negative(format!(
                "GitHub says {} came to {base} through {}",
                commit.short(),
                numbers.join(", ")
            )))
        }
    }
}

/// The commits that may be the merge of a content's pull request, the likeliest first. Squashed or merged it is the
/// one that changed the chart, rebased it is the last one. What the pipeline ports back to integration is laid over
/// a contribution and is none itself.
fn ways(cx: &Context<'_>, config: &Config, chart: &ChartAt, commit: &Oid) -> Result<Vec<Oid>, Failure> {
    let mut ways = Vec::new();
    let mut failed = None;
    cx.repo.first_parent_changes(commit, &chart.directory, &mut |changed, tree| {
        let same = match tree {
            Some(tree) => is_same(cx, config, chart, tree).unwrap_or_else(|failure| {
                failed = Some(failure);
                false
            }),
            None => false,
        };
        if same {
            ways.push(changed.oid.clone());
        }
        same
    })?;
    ways.push(commit.clone());
    failed.map_or(Ok(ways), Err)
}

/// Whether a tree is the chart's content; before the split without the version and the changelog, which are main's:
/// what integration has of them goes nowhere.
fn is_same(cx: &Context<'_>, config: &Config, chart: &ChartAt, tree: &Oid) -> Result<bool, Failure> {
    if *tree == chart.tree {
        return Ok(true);
    }
    if config.flow == Flow::Direct {
        return Ok(false);
    }
    let stated = config.publish.stated();
    let bare =
        |tree: &Oid| charts::content(&cx.repo, tree, &chart.directory).map(|c| link::without_owned(&c, &stated));
    // A tree that is no chart, or cannot be listed, is another content.
    let other = match bare(tree) {
        Err(failure) if failure.exit == Exit::Negative => return Ok(false),
        other => other?,
    };
    Ok(other == bare(&chart.tree)?)
}

/// Why an approval does not count; none: it does.
fn counts(
    cx: &Context<'_>,
    ground: &Ground,
    chart: &ChartAt,
    traced: &Traced,
    author: &str,
    approval: &Approval,
) -> Result<Option<String>, Failure> {
    let config = &traced.policy.config;
    let account = approval.by.id.to_string();
    let no = |why: &str| Ok(Some(why.to_owned()));
    if !approval.by.is_person() {
        return no("is a program, which approves nothing");
    }
    if account == author || contributed(config, traced, &account) {
        return no("made the contribution itself");
    }
    if !config.may_review(&account) {
        return no("is no reviewer of this policy");
    }
    let Some(commit) = approval.commit.as_deref().and_then(Oid::parse) else {
        return no("approved what GitHub does not name");
    };
    if !is_had(cx, ground, &commit)? {
        return no(&format!("approved {}, which cannot be had any more", commit.short()));
    }
    let same = match &cx.repo.tree_at(&commit, &chart.directory)? {
        Some(tree) => is_same(cx, config, chart, tree)?,
        None => false,
    };
    if !same {
        return no(&format!("approved {}, which holds another content of {}", commit.short(), chart.chart));
    }
    Ok(None)
}

/// Whether an account stands in the contribution's commits.
fn contributed(config: &Config, traced: &Traced, account: &str) -> bool {
    let commits = traced.judge(Stage::Validate).findings.commits;
    commits.iter().flat_map(addresses).any(|address| config.account_of(&address) == Some(account))
}

/// Whether a commit that was approved is here, or could be fetched.
fn is_had(cx: &Context<'_>, ground: &Ground, commit: &Oid) -> Result<bool, Failure> {
    if cx.repo.commit(commit).is_err() {
        // A squashed pull request's commits are on no branch. GitHub gives them by their ids.
        let Some(remote) = ground::remote(&cx.repo, ground.config()) else { return Ok(false) };
        match cx.repo.fetch(remote, &[commit.as_str()]) {
            Ok(()) => {}
            Err(git::Error::Git { stderr, .. })
                if stderr.contains("not our ref") || stderr.contains("unadvertised object") =>
            {
                return Ok(false);
            }
            // Whether it is there is not known: nobody's word is dropped for that.
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}
