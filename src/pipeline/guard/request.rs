//! What is judged: whose branch, into which, and at which commit.

use super::Which;
use crate::github::event::Event;
use crate::github::pulls::Pull;
use crate::model::{Failure, Oid};
use crate::pipeline::ground::{self, Ground};
use crate::pipeline::{Context, files};

/// A merge request, from flags or an event.
#[derive(Default)]
pub(super) struct Request {
    /// What the merge queue put together: a commit on a branch of the queue's own, which is judged by content alone.
    pub(super) queued: bool,
    /// The pull request, where the event names one.
    pub(super) number: Option<u64>,
    pub(super) head: String,
    pub(super) base: String,
    pub(super) head_repository: Option<String>,
    pub(super) base_repository: Option<String>,
    /// The commit the event is about.
    pub(super) head_commit: Option<String>,
}

impl Request {
    /// A pull request is still at the commit that the event is about.
    ///
    /// # Errors
    /// It moved (exit 3).
    pub(super) fn is_about(&self, pull: &Pull) -> Result<(), Failure> {
        match self.head_commit.as_ref().filter(|commit| **commit != pull.head.sha) {
            Some(commit) => Err(Failure::undetermined(format!(
                "the event is about {commit}, pull request #{} is at {} by now",
                pull.number, pull.head.sha
            ))
            .hint("wait for the event of its newest commit")),
            None => Ok(()),
        }
    }
}

/// What is judged: from the flags, then from the event, then from the branch checked out. `usual` is the base where
/// none is named.
///
/// # Errors
/// The event file cannot be read or is of another event, or it is not said what is judged.
pub(super) fn gather(cx: &Context<'_>, asked: &Which, usual: Option<&str>) -> Result<Request, Failure> {
    let mut request = match &asked.event {
        Some(path) => from_event(path, cx.hub.event.as_deref())?,
        None => Request::default(),
    };
    if let Some(head) = &asked.head {
        if request.head != *head {
            (request.number, request.queued) = (None, false);
        }
        request.head.clone_from(head);
        request.head_commit = None;
    }
    if let Some(base) = &asked.base {
        request.base.clone_from(base);
    }
    request.head_repository = asked.head_repository.clone().or(request.head_repository);
    request.base_repository = asked.base_repository.clone().or(request.base_repository);
    if request.head.is_empty() {
        request.head = cx
            .repo
            .branch()?
            .ok_or_else(|| Failure::usage("HEAD is on no branch").hint("name the head branch with --head-ref"))?;
    }
    if request.base.is_empty() {
        let unsaid =
            || Failure::usage("which per-chart branch is merged into is not said").hint("name it with --base-ref");
        request.base = usual.map(str::to_owned).ok_or_else(unsaid)?;
    }
    Ok(request)
}

/// The branches and repositories of an event, by id.
fn from_event(path: &std::path::Path, name: Option<&str>) -> Result<Request, Failure> {
    let unusable = |why: String| {
        Failure::usage(format!("the event file {} is no pull-request event", path.display())).because(why)
    };
    match Event::parse(name, &files::read_text(path)?) {
        Ok(Event::PullRequest(request)) => Ok(Request {
            queued: false,
            number: Some(request.number),
            head: request.head,
            base: request.base,
            // A deleted fork leaves nothing: then whose branch it is cannot be told, and nothing is merged on doubt.
            head_repository: Some(
                request.head_repository.map_or_else(|| DELETED.to_owned(), |repository| repository.to_string()),
            ),
            base_repository: Some(request.base_repository.to_string()),
            head_commit: Some(request.head_commit),
        }),
        Ok(Event::MergeGroup { head, base_reference, .. }) => Ok(Request {
            queued: true,
            head: format!("the merge queue's {head}"),
            base: base_reference.strip_prefix("refs/heads/").unwrap_or(&base_reference).to_owned(),
            head_commit: Some(head),
            ..Request::default()
        }),
        Ok(_) => Err(unusable("it is of another event".to_owned())),
        Err(crate::github::Error::Event(why)) => Err(unusable(why)),
        Err(error) => Err(error.into()),
    }
}

/// Whose branch it is where the fork is gone.
pub(super) const DELETED: &str = "a deleted repository";

/// The head as fetched, which must be the commit the event is about.
pub(super) fn head_tip(cx: &Context<'_>, ground: &Ground, request: &Request) -> Result<Oid, Failure> {
    if let Some(commit) = request.head_commit.as_ref().filter(|_| request.queued) {
        return cx
            .repo
            .commit_id(commit)
            .map_err(|error| Failure::from(error).hint("check out the commit that the merge queue tests"));
    }
    let head = tip(cx, ground, &request.head)?;
    match &request.head_commit {
        Some(commit) if commit != head.as_str() => Err(Failure::undetermined(format!(
            "the event is about {commit}, {} is at {} here",
            request.head,
            head.short()
        ))
        .hint("fetch the head branch, or wait for the event of its newest commit")),
        _ => Ok(head),
    }
}

/// A branch as fetched.
pub(super) fn tip(cx: &Context<'_>, ground: &Ground, branch: &str) -> Result<Oid, Failure> {
    ground::branch_tip(&cx.repo, ground.config(), branch)?.ok_or_else(|| {
        Failure::undetermined(format!("the branch {branch} is not known here")).hint("fetch it with `git fetch`")
    })
}
