//! The event a job was started by: `GITHUB_EVENT_PATH`, read as data and never put into a command.
//!
//! <https://docs.github.com/webhooks/webhook-events-and-payloads>. What an event says is a claim of the moment it was
//! sent: whoever acts on a pull request asks GitHub how it stands now.

use serde_json::Value;

use super::Error;
use crate::model::json;

/// The events the pipeline knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `pull_request`.
    PullRequest(Request),
    /// `push`: a ref moved.
    Push {
        /// Whole: `refs/heads/main`.
        reference: String,
        /// None where the ref is new.
        before: Option<String>,
        /// None where it was deleted.
        after: Option<String>,
    },
    /// `merge_group`: the queue has put together a commit to be tested.
    MergeGroup {
        head: String,
        base: String,
        /// Whole: `refs/heads/main`.
        base_reference: String,
    },
    /// `workflow_dispatch`: somebody pressed a button. Its inputs decide nothing here.
    Dispatch {
        reference: String,
        /// Whether there were any inputs.
        inputs: bool,
    },
}

/// A pull request as its event tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub number: u64,
    pub head: String,
    pub base: String,
    pub head_commit: String,
    /// By number; none where the fork was deleted.
    pub head_repository: Option<u64>,
    pub base_repository: u64,
}

impl Event {
    /// Reads an event file. `name` is `GITHUB_EVENT_NAME`, where the runner says it.
    ///
    /// # Errors
    /// It is no JSON, of another event than it is said to be, or of one the pipeline does not know.
    pub fn parse(name: Option<&str>, document: &str) -> Result<Self, Error> {
        let event: Value = json::parse(document).map_err(|why| wrong(format!("it is no JSON: {why}")))?;
        let looks = told(&event);
        let kind = name.or(looks).ok_or_else(|| wrong("it is of no event the pipeline knows".to_owned()))?;
        // A file of another event would be read for what it is not.
        let fits = match kind {
            // A dispatch and a schedule look alike in what little they have.
            "workflow_dispatch" => !matches!(looks, Some("pull_request" | "merge_group")),
            kind => looks == Some(kind),
        };
        if !fits {
            let looks = looks.unwrap_or("another");
            return Err(wrong(format!("it is said to be of {kind}, and is of {looks}")));
        }
        match kind {
            "pull_request" => request(&event).map(Self::PullRequest),
            "push" => {
                let commit = |name: &str| -> Result<Option<String>, Error> {
                    let commit = commit(&event, name)?;
                    Ok(Some(commit).filter(|commit| commit.bytes().any(|byte| byte != b'0')))
                };
                let reference = text(&event, "/ref")?;
                Ok(Self::Push { reference, before: commit("/before")?, after: commit("/after")? })
            }
            "merge_group" => Ok(Self::MergeGroup {
                head: commit(&event, "/merge_group/head_sha")?,
                base: commit(&event, "/merge_group/base_sha")?,
                base_reference: text(&event, "/merge_group/base_ref")?,
            }),
            "workflow_dispatch" => {
                let inputs =
                    event.get("inputs").and_then(Value::as_object).is_some_and(|inputs| !inputs.is_empty());
                Ok(Self::Dispatch { reference: text(&event, "/ref")?, inputs })
            }
            other => Err(wrong(format!("the pipeline does not know the event {other}"))),
        }
    }
}

/// Of which event a payload is, by what only that has.
fn told(event: &Value) -> Option<&'static str> {
    let has = |name: &str| event.get(name).is_some_and(|value| !value.is_null());
    if has("merge_group") {
        Some("merge_group")
    } else if has("pull_request") && has("number") && !has("review") && !has("comment") {
        Some("pull_request")
    } else if has("before") && has("after") && has("ref") {
        Some("push")
    } else if event.get("inputs").is_some() && has("ref") {
        Some("workflow_dispatch")
    } else {
        None
    }
}

fn request(event: &Value) -> Result<Request, Error> {
    let number = |pointer: &str| event.pointer(pointer).and_then(Value::as_u64);
    let needed = |pointer: &str| number(pointer).ok_or_else(|| wrong(format!("it has no {}", dotted(pointer))));
    let request = Request {
        number: needed("/number")?,
        head: text(event, "/pull_request/head/ref")?,
        base: text(event, "/pull_request/base/ref")?,
        head_commit: commit(event, "/pull_request/head/sha")?,
        head_repository: number("/pull_request/head/repo/id"),
        base_repository: needed("/pull_request/base/repo/id")?,
    };
    if number("/pull_request/number").is_some_and(|number| number != request.number) {
        return Err(wrong("it has two numbers".to_owned()));
    }
    Ok(request)
}

fn text(event: &Value, pointer: &str) -> Result<String, Error> {
    let text = event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| wrong(format!("it has no {}", dotted(pointer))))
}

/// A commit's whole id.
fn commit(event: &Value, pointer: &str) -> Result<String, Error> {
    let commit = text(event, pointer)?;
    let whole = matches!(commit.len(), 40 | 64)
        && commit.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if whole { Ok(commit) } else { Err(wrong(format!("its {} is no commit", dotted(pointer)))) }
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn wrong(why: String) -> Error {
    Error::Event(why)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const COMMIT: &str = "0123456789012345678901234567890123456789";

    fn pull() -> Value {
        json!({
            "action": "opened", "number": 7,
            "pull_request": {
                "number": 7,
                "head": { "ref": "integration", "sha": COMMIT, "repo": { "id": 1 } },
                "base": { "ref": "main", "repo": { "id": 2 } },
            },
        })
    }

    #[test]
    fn each_event_is_read_as_what_it_is() {
        let read = |name: &str, event: Value| Event::parse(Some(name), &event.to_string()).unwrap();
        match read("pull_request", pull()) {
            Event::PullRequest(request) => {
                assert_eq!((request.number, request.head_repository, request.base_repository), (7, Some(1), 2));
            }
            other => panic!("{other:?}"),
        }
        let zero = "0".repeat(40);
        let push = read("push", json!({ "ref": "refs/heads/main", "before": zero, "after": COMMIT }));
        assert!(matches!(push, Event::Push { before: None, after: Some(_), .. }), "{push:?}");
        let group =
            json!({ "merge_group": { "head_sha": COMMIT, "base_sha": COMMIT, "base_ref": "refs/heads/main" } });
        assert!(matches!(read("merge_group", group), Event::MergeGroup { .. }));
        let dispatch = read("workflow_dispatch", json!({ "ref": "refs/heads/main", "inputs": null }));
        assert_eq!(dispatch, Event::Dispatch { reference: "refs/heads/main".to_owned(), inputs: false });
    }

    #[test]
    fn what_is_of_another_event_is_refused() {
        for (name, event) in [
            (Some("push"), pull()),
            (Some("pull_request"), json!({ "ref": "refs/heads/main", "before": COMMIT, "after": COMMIT })),
            (Some("pull_request_target"), pull()),
            (Some("schedule"), json!({ "schedule": "0 0 * * *" })),
            (Some("workflow_dispatch"), pull()),
            (None, json!({})),
            (None, json!([])),
        ] {
            assert!(Event::parse(name, &event.to_string()).is_err(), "{name:?} {event}");
        }
        assert!(Event::parse(None, "not json").is_err());
        assert!(Event::parse(None, "{\"number\":1,\"number\":2}").is_err());
    }

    #[test]
    fn a_deleted_fork_is_nobodys() {
        let mut event = pull();
        event["pull_request"]["head"]["repo"] = Value::Null;
        match Event::parse(None, &event.to_string()).unwrap() {
            Event::PullRequest(request) => assert_eq!(request.head_repository, None),
            other => panic!("{other:?}"),
        }
        for (pointer, value) in [
            ("/pull_request/head/sha", json!("HEAD")),
            ("/pull_request/head/ref", json!(7)),
            ("/pull_request/base/repo", Value::Null),
            ("/number", json!("7")),
            ("/pull_request/number", json!(8)),
        ] {
            let mut event = pull();
            *event.pointer_mut(pointer).unwrap() = value;
            assert!(Event::parse(None, &event.to_string()).is_err(), "{pointer}");
        }
    }

    proptest! {
        #[test]
        fn no_event_panics(text in "\\PC{0,80}") {
            let _ = Event::parse(None, &text);
        }
    }
}
