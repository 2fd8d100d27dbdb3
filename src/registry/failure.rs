//! What a registry's refusals mean, and whether trying again can help.

use std::error::Error as _;
use std::time::Duration;

use serde_json::Value;

use super::Error;
use super::retry::{Again, Failed};

/// An answer that is not what was hoped for.
pub(super) struct Refusal {
    name: String,
    what: String,
    status: u16,
    message: String,
    after: Option<Duration>,
}

impl Refusal {
    /// `name` is what was asked, `what` how (`PUT /v2/…`), `after` the `Retry-After` header.
    pub(super) fn new(name: &str, what: &str, status: u16, body: &[u8], after: Option<&str>) -> Self {
        // Registries send seconds; a date would need a clock, and the pause does instead.
        let after = after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        Self { name: name.to_owned(), what: what.to_owned(), status, message: message(body), after }
    }

    /// Whether trying again can help: the registry is unwell (5xx) or busy (429, 408).
    pub(super) fn again(&self) -> Again {
        match (self.status, self.after) {
            (429 | 408 | 500 | 502..=599, Some(after)) => Again::After(after),
            (429 | 408 | 500 | 502..=599, None) => Again::Soon,
            _ => Again::Never,
        }
    }

    /// The same about something more exact than the repository.
    pub(super) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The error, in the terms of what the user can do.
    pub(super) fn into_error(self) -> Error {
        let Self { name, what, status, message, .. } = self;
        let said = if message.is_empty() { String::new() } else { format!(": {message}") };
        match status {
            401 => Error::Unauthorized(name),
            403 => Error::Forbidden(name, if message.is_empty() { what } else { message }),
            429 | 408 | 500.. => Error::Unreachable(name, format!("it answered {status} to {what}{said}")),
            _ => Error::Protocol(name, format!("it answered {status} to {what}{said}")),
        }
    }
}

/// A failure of the connection itself.
pub(super) fn network(name: &str, what: &str, error: reqwest::Error) -> Failed {
    let again = if error.is_builder() { Again::Never } else { Again::Soon };
    // The address stands in `name`; in the message it would only be long, and may carry a token.
    let error = error.without_url();
    let mut why = format!("{what}: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        why = format!("{why}: {cause}");
        source = cause.source();
    }
    Failed { error: Error::Unreachable(name.to_owned(), why), again }
}

/// What a registry says, in one short line: the message of its first error, or its text.
fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = serde_json::from_str::<Value>(&text).ok().and_then(|value| {
        let error = value.get("errors")?.get(0)?;
        let said = |key: &str| error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        said("message").or_else(|| said("code")).map(str::to_owned)
    });
    printable(&said.unwrap_or_else(|| text.into_owned()))
}

/// The text without anything that could move a terminal's cursor, cut at 200 characters.
fn printable(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= 200 {
        return line;
    }
    line.chars().take(199).chain(['…']).collect()
}
