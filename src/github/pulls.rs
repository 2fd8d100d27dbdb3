//! Pull requests: found, opened, brought up to date, closed, merged.
//!
//! Routes: <https://docs.github.com/rest/pulls/pulls>. Opening is find, then update; where two open at the same
//! moment GitHub refuses one of them, and that one finds the other's.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::Account;
use super::address::part;
use super::client::{Ask, Body};
use super::graphql;
use super::{Error, GitHub};

/// A pull request.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Pull {
    pub number: u64,
    pub node_id: String,
    pub html_url: String,
    pub title: String,
    #[serde(default)]
    pub body: Option<String>,
    /// `open` or `closed`.
    pub state: String,
    #[serde(default)]
    pub draft: bool,
    pub head: Side,
    pub base: Side,
    /// Who opened it; none where the account is gone.
    #[serde(default)]
    pub user: Option<Account>,
    #[serde(default)]
    pub merged_at: Option<String>,
    /// What it was merged as; before, a trial merge that lands nowhere.
    #[serde(default)]
    pub merge_commit_sha: Option<String>,
    /// None while GitHub works it out, and in lists.
    #[serde(default)]
    pub mergeable: Option<bool>,
    /// Set where it merges by itself.
    #[serde(default)]
    pub auto_merge: Option<Value>,
}

/// A head or a base.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Side {
    /// The branch.
    #[serde(rename = "ref")]
    pub branch: String,
    pub sha: String,
    /// None where the repository was deleted.
    #[serde(default)]
    pub repo: Option<Repository>,
}

/// A repository, by its number: names are given away.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Repository {
    pub id: u64,
    pub full_name: String,
}

/// What a pull request shall be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A branch of this very repository.
    pub head: &'a str,
    pub base: &'a str,
    pub title: &'a str,
    pub body: &'a str,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    Opened,
    Updated,
    Unchanged,
}

/// How GitHub merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Merge,
    Squash,
    Rebase,
}

/// A merge, pinned to what was judged.
#[derive(Clone, Copy, Debug)]
pub struct Merge<'a> {
    /// The head's commit: GitHub refuses where it is another by now.
    pub sha: &'a str,
    pub how: How,
    pub title: &'a str,
    pub message: &'a str,
    /// Whether it may merge by itself once the base's rules are met. Whoever can push to the head could then put
    /// something else there: only where the rules ask for the guard again.
    pub later: bool,
}

/// What became of a merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// It is on the base, as this commit.
    Commit(String),
    /// It merges by itself once what is missing is there.
    Waiting(String),
    /// It stands in the merge queue.
    Queued,
}

impl How {
    fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Squash => "squash",
            Self::Rebase => "rebase",
        }
    }

    pub(super) fn graphql(self) -> &'static str {
        match self {
            Self::Merge => "MERGE",
            Self::Squash => "SQUASH",
            Self::Rebase => "REBASE",
        }
    }
}

impl Pull {
    /// Whether it is merged.
    pub fn merged(&self) -> bool {
        self.merged_at.is_some()
    }

    /// The commit it was merged as.
    pub fn merge_commit(&self) -> Option<&str> {
        self.merge_commit_sha.as_deref().filter(|_| self.merged())
    }

    /// Whether the head is a branch of the base's own repository, by number.
    pub fn is_own(&self) -> bool {
        let id = |side: &Side| side.repo.as_ref().map(|repository| repository.id);
        id(&self.head).is_some() && id(&self.head) == id(&self.base)
    }
}

impl GitHub {
    /// The repository itself, by number.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn repository(&self) -> Result<Repository, Error> {
        self.get("", &format!("read the repository {}", self.slug()))
    }

    /// The open pull request from a branch of this repository to a base.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn open_pull(&self, head: &str, base: &str) -> Result<Option<Pull>, Error> {
        let found = self.pulls(head, base, "open")?;
        Ok(found.into_iter().next())
    }

    /// The pull requests from a branch of this repository to a base, newest first; `state` is open, closed or all.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn pulls(&self, head: &str, base: &str, state: &str) -> Result<Vec<Pull>, Error> {
        // Without the owner GitHub takes the filter for none.
        let from = part(&format!("{}:{head}", self.slug().owner));
        let below = format!("/pulls?state={state}&head={from}&base={}&per_page=100", part(base));
        let found: Vec<Pull> = self.list(&below, &format!("list the pull requests from {head} to {base}"))?;
        // Looked at again: a fork's branch of the same name is another one.
        let own = |pull: &Pull| pull.head.branch == head && pull.base.branch == base && pull.is_own();
        Ok(found.into_iter().filter(own).collect())
    }

    /// A pull request.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn pull(&self, number: u64) -> Result<Pull, Error> {
        self.get(&format!("/pulls/{number}"), &format!("read pull request #{number}"))
    }

    /// Opens a pull request, or brings the open one up to date.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn propose(&self, wanted: &Wanted<'_>) -> Result<(Pull, Became), Error> {
        if let Some(known) = self.open_pull(wanted.head, wanted.base)? {
            return self.bring_up_to_date(known, wanted);
        }
        let Wanted { head, base, title, body } = wanted;
        let what = format!("open the pull request from {head} to {base}");
        let sent = json!({ "title": title, "body": body, "head": head, "base": base });
        let lost = match self.send(Method::POST, "/pulls", &what, Body::Json(sent)) {
            Ok(answer) if answer.is_taken() => {
                answer.refusal(&what).unwrap_or(Error::NotFound { what: what.clone() })
            }
            Ok(answer) => {
                let opened = answer.refusal(&what).map_or_else(|| answer.json(&what), Err)?;
                return Ok((opened, Became::Opened));
            }
            Err(error @ Error::Unsure { .. }) => error,
            Err(error) => return Err(error),
        };
        // Somebody was faster, or the answer was lost: what is there now is told by looking.
        match self.open_pull(wanted.head, wanted.base)? {
            Some(known) => self.bring_up_to_date(known, wanted),
            None => Err(lost),
        }
    }

    fn bring_up_to_date(&self, known: Pull, wanted: &Wanted<'_>) -> Result<(Pull, Became), Error> {
        // GitHub hands out what it was given with CR LF where a person edited it.
        let same = |left: &str, right: &str| left.replace("\r\n", "\n").trim_end() == right.trim_end();
        if known.title == wanted.title && same(known.body.as_deref().unwrap_or_default(), wanted.body) {
            return Ok((known, Became::Unchanged));
        }
        let changes = json!({ "title": wanted.title, "body": wanted.body });
        Ok((self.change_pull(known.number, "update", changes)?, Became::Updated))
    }

    /// Closes a pull request.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn close_pull(&self, number: u64) -> Result<Pull, Error> {
        self.change_pull(number, "close", json!({ "state": "closed" }))
    }

    /// Changes fields to values: twice is no more than once.
    fn change_pull(&self, number: u64, verb: &str, changes: Value) -> Result<Pull, Error> {
        let what = format!("{verb} pull request #{number}");
        let url = self.place(&format!("/pulls/{number}"));
        let body = Body::Json(changes);
        let answer = self.ask(&Ask { method: Method::PATCH, body, ..Ask::get(url, &what) })?;
        answer.refusal(&what).map_or_else(|| answer.json(&what), Err)
    }

    /// Says something on a pull request, once: a comment that has `marker` in it already is brought up to date.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn comment(&self, number: u64, marker: &str, text: &str) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Comment {
            id: u64,
            #[serde(default)]
            body: Option<String>,
        }
        let what = format!("comment on pull request #{number}");
        let body = format!("{marker}\n{text}");
        let known: Vec<Comment> = self.list(&format!("/issues/{number}/comments?per_page=100"), &what)?;
        let own =
            known.iter().find(|comment| comment.body.as_deref().is_some_and(|body| body.starts_with(marker)));
        let (method, below) = match own {
            Some(comment) if comment.body.as_deref() == Some(&body) => return Ok(()),
            Some(comment) => (Method::PATCH, format!("/issues/comments/{}", comment.id)),
            None => (Method::POST, format!("/issues/{number}/comments")),
        };
        let _: Comment = self.write(method, &below, &what, json!({ "body": body }))?;
        Ok(())
    }

    /// Merges what was judged: now if GitHub lets it, by itself later, or through the queue, as the repository
    /// has it.
    ///
    /// # Errors
    /// The head moved, GitHub refuses it, or cannot be reached.
    pub fn merge(&self, pull: &Pull, merge: &Merge<'_>) -> Result<Merged, Error> {
        let number = pull.number;
        let what = format!("merge pull request #{number}");
        let mut refused = match self.merge_now(number, merge, &what)? {
            Ok(merged) => return Ok(merged),
            Err(refused) => refused,
        };
        // Told by looking: the answer may have been lost, or another run was faster.
        let (now, waited) = self.settled(number)?;
        if now.head.sha != merge.sha {
            return Err(Error::Refused {
                what,
                status: 409,
                message: "its head moved in the meantime".to_owned(),
            });
        }
        if let Some(commit) = now.merge_commit() {
            return Ok(Merged::Commit(commit.to_owned()));
        }
        if waited && refused.is_refused(405) && now.mergeable == Some(true) {
            // What nobody had worked out yet cannot be merged; now it is known that this can.
            refused = match self.merge_now(number, merge, &what)? {
                Ok(merged) => return Ok(merged),
                Err(refused) => refused,
            };
        }
        if !refused.is_refused(405) || now.state != "open" || now.draft {
            return Err(refused);
        }
        if refused.to_string().contains("merge queue") {
            graphql::enqueue(self, &now.node_id, merge.sha, &what)?;
            return Ok(Merged::Queued);
        }
        if !merge.later || !refused.to_string().contains("rule violations") {
            return Err(refused);
        }
        if graphql::merge_later(self, &now.node_id, merge, &what)? {
            return Ok(Merged::Waiting(refused.to_string()));
        }
        // What was missing came in between: only now is there nothing to wait for.
        Err(refused)
    }

    /// Asks for the merge once: done, or why not, where looking may tell more.
    fn merge_now(&self, number: u64, merge: &Merge<'_>, what: &str) -> Result<Result<Merged, Error>, Error> {
        let Merge { sha, how, title, message, .. } = merge;
        let body = json!({
            "sha": sha, "merge_method": how.word(), "commit_title": title, "commit_message": message,
        });
        match self.send(Method::PUT, &format!("/pulls/{number}/merge"), what, Body::Json(body)) {
            Ok(answer) => match answer.refusal(what) {
                Some(refused) => Ok(Err(refused)),
                None => {
                    let done: Done = answer.json(what)?;
                    if done.merged {
                        return Ok(Ok(Merged::Commit(done.sha)));
                    }
                    Err(Error::Protocol { what: what.to_owned(), why: "it says neither yes nor no".to_owned() })
                }
            },
            Err(unsure @ Error::Unsure { .. }) => Ok(Err(unsure)),
            Err(error) => Err(error),
        }
    }

    /// The merged pull requests that a commit came through, to this base.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn pulls_of(&self, commit: &str, base: &str) -> Result<Vec<Pull>, Error> {
        let what = format!("find the pull request of {commit}");
        let found: Vec<Pull> = self.list(&format!("/commits/{}/pulls?per_page=100", part(commit)), &what)?;
        let of = |pull: &Pull| pull.base.branch == base && pull.merge_commit() == Some(commit);
        Ok(found.into_iter().filter(of).collect())
    }

    /// A pull request once GitHub has worked out whether it can be merged, and whether that was waited for. Asked with
    /// its entity tag, so that looking costs nothing while nothing changes.
    ///
    /// # Errors
    /// GitHub does not come to an end, or cannot be reached.
    fn settled(&self, number: u64) -> Result<(Pull, bool), Error> {
        let what = format!("read pull request #{number}");
        let mut known: Option<String> = None;
        let mut seen: Option<Pull> = None;
        for round in 0..8 {
            let mut ask = Ask::get(self.place(&format!("/pulls/{number}")), &what);
            ask.known = known.as_deref();
            let answer = self.ask(&ask)?;
            if answer.status != 304 {
                let pull: Pull = answer.refusal(&what).map_or_else(|| answer.json(&what), Err)?;
                known = answer.header("etag").map(str::to_owned);
                seen = Some(pull);
            }
            match &seen {
                Some(pull) if pull.mergeable.is_some() || pull.state != "open" => {
                    return Ok((pull.clone(), round > 0));
                }
                _ => self.rest(round),
            }
        }
        Err(Error::Unreachable { what, why: "it is still worked out whether it can be merged".to_owned() })
    }
}

#[derive(Deserialize)]
struct Done {
    sha: String,
    merged: bool,
}
