//! One request, with who asks and about which repository.

use serde_json::Value;

use super::access::Actor;
use super::contract::Asked;
use super::http::Request;

/// One request, looked at.
#[derive(Debug)]
pub(super) struct Scene<'s> {
    pub(super) actor: &'s Actor,
    /// `owner/repo`.
    pub(super) name: &'s str,
    pub(super) asked: &'s Asked,
    pub(super) request: &'s Request,
    pub(super) body: &'s Value,
}

impl Scene<'_> {
    /// A name in the path.
    pub(super) fn place(&self, name: &str) -> &str {
        self.asked.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A number in the path.
    pub(super) fn number(&self, name: &str) -> u64 {
        self.place(name).parse().unwrap_or(0)
    }

    /// A text in the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body[name].as_str()
    }
}
