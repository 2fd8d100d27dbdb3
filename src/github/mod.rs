//! GitHub: pull requests, attestations, releases, rulesets, and what a job of Actions is told.
//!
//! octocrab carries the requests and makes the App's tokens. It runs on the reqwest that the other rooms use, with
//! nothing repeated or followed behind our back: what is asked again, how long is waited, and which host may see a
//! credential is decided in `client`. Answers are read here, field by field: octocrab's models are strict where
//! GitHub is not, and lack what rulesets and immutable releases need.
//!
//! Routes, permissions and statuses: <https://docs.github.com/rest>.

pub mod access;
pub mod accounts;
pub mod actions;
mod address;
mod answer;
pub mod attestations;
mod client;
pub mod contributions;
pub mod event;
mod graphql;
mod installation;
mod limits;
mod lost;
pub mod packages;
pub mod pulls;
pub mod releases;
pub mod reviews;
pub mod rulesets;
pub mod settings;

use thiserror::Error;

pub use access::Access;
pub use address::{Address, Slug, of_remote};
pub use client::{GitHub, Pace};

/// What can go wrong, by what the user can do about it. `what` completes "could not …".
#[derive(Debug, Error)]
pub enum Error {
    /// An address, or a repository's name, that cannot be one.
    #[error("{0:?} is no address of GitHub: {1}")]
    Address(String, String),
    /// There is no token, and this cannot be done without.
    #[error("could not {what}: no token for GitHub")]
    NoToken { what: String },
    /// An event file that is none, or of another event.
    #[error("the event file is not usable: {0}")]
    Event(String),
    /// A token, or an App's key, that cannot be one. It is not shown.
    #[error("the credentials for GitHub are unusable: {0}")]
    BadToken(String),
    /// 401: the token is wrong, or has ended.
    #[error("could not {what}: GitHub does not accept the token ({message})")]
    Unauthorized { what: String, message: String },
    /// 403, or 404 where GitHub hides what one may not see, with the permission it names.
    #[error("could not {what}: GitHub refuses ({message})")]
    Forbidden { what: String, message: String, permission: Option<String> },
    /// 404.
    #[error("could not {what}: GitHub finds nothing there")]
    NotFound { what: String },
    /// 405, 409, 410, 422: an answer, and the answer is no.
    #[error("could not {what}: {message}")]
    Refused { what: String, status: u16, message: String },
    /// 3xx: the repository was renamed, or something stands in between. Nothing is followed with a credential.
    #[error("could not {what}: GitHub says that it is elsewhere now")]
    Moved { what: String },
    /// A rate limit that waiting a bounded time did not cure.
    #[error("could not {what}: GitHub's rate limit is reached, for another {seconds} s")]
    Limited { what: String, seconds: u64 },
    /// No connection, or errors of GitHub's own that asking again did not cure.
    #[error("could not {what}: GitHub cannot be reached ({why})")]
    Unreachable { what: String, why: String },
    /// A write whose answer never came: it may have been done.
    #[error("could not learn whether GitHub did {what}: {why}")]
    Unsure { what: String, why: String },
    /// An answer that the description of the API does not allow.
    #[error("could not {what}: GitHub's answer is not readable ({why})")]
    Protocol { what: String, why: String },
}

impl Error {
    /// Whether it is GitHub's own no, with this status.
    fn is_refused(&self, wanted: u16) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == wanted)
    }
}
