//! The mutations REST does not have: merging by itself, and the merge queue.
//!
//! <https://docs.github.com/graphql/reference/mutations>

use http::Method;
use serde_json::{Value, json};

use super::client::{Ask, Body};
use super::pulls::Merge;
use super::{Error, GitHub};

const MERGE_LATER: &str = "mutation($id: ID!, $head: GitObjectID, $method: PullRequestMergeMethod, $title: String, \
                           $message: String) { enablePullRequestAutoMerge(input: { pullRequestId: $id, \
                           expectedHeadOid: $head, mergeMethod: $method, commitHeadline: $title, commitBody: \
                           $message }) { pullRequest { number } } }";

const ENQUEUE: &str = "mutation($id: ID!, $head: GitObjectID) { enqueuePullRequest(input: { pullRequestId: $id, \
                       expectedHeadOid: $head }) { mergeQueueEntry { position state } } }";

/// Lets a pull request merge by itself; false where nothing is missing any more, so that it could merge now.
pub(super) fn merge_later(github: &GitHub, id: &str, merge: &Merge<'_>, what: &str) -> Result<bool, Error> {
    let variables = json!({
        "id": id, "head": merge.sha, "method": merge.how.graphql(), "title": merge.title, "message": merge.message,
    });
    match mutate(github, MERGE_LATER, variables, what) {
        Ok(_) => Ok(true),
        Err(Error::Refused { message, .. }) if message.contains("clean status") => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts a pull request into the queue.
pub(super) fn enqueue(github: &GitHub, id: &str, head: &str, what: &str) -> Result<(), Error> {
    mutate(github, ENQUEUE, json!({ "id": id, "head": head }), what).map(|_| ())
}

/// Both mutations set a state, and once more changes nothing. GraphQL tells its errors with status 200.
fn mutate(github: &GitHub, query: &str, variables: Value, what: &str) -> Result<Value, Error> {
    let body = Body::Json(json!({ "query": query, "variables": variables }));
    let url = github.address.graphql();
    let answer = github.ask(&Ask { method: Method::POST, body, ..Ask::get(url, what) })?;
    let mut said: Value = answer.refusal(what).map_or_else(|| answer.json(what), Err)?;
    let errors: Vec<&Value> = said["errors"].as_array().into_iter().flatten().collect();
    if let Some(first) = errors.first() {
        let what = what.to_owned();
        let message = super::answer::printable(first["message"].as_str().unwrap_or("an error without words"));
        return Err(match first["type"].as_str() {
            Some("FORBIDDEN") => {
                let permission = Some("contents=write, pull_requests=write".to_owned());
                Error::Forbidden { what, message, permission }
            }
            Some("NOT_FOUND") => Error::NotFound { what },
            _ => Error::Refused { what, status: 422, message },
        });
    }
    Ok(said["data"].take())
}
