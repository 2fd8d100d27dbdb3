//! An answer, read whole, and what it means.

use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Error;

/// What GitHub said.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Its JSON.
    pub(super) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::Protocol { what: what.to_owned(), why: printable(&error.to_string()) })
    }

    /// GitHub's own sentence, with those below it.
    pub(super) fn message(&self) -> String {
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else {
            return format!("status {}", self.status);
        };
        let mut sentences = vec![body["message"].as_str().unwrap_or_default().to_owned()];
        for error in body["errors"].as_array().into_iter().flatten() {
            let text = |name: &str| error[name].as_str().unwrap_or_default();
            sentences.push(match (error.as_str(), text("message")) {
                (None, "") => format!("{} {}", text("field"), in_words(text("code"))),
                (Some(said), _) | (None, said) => said.to_owned(),
            });
        }
        sentences.retain(|sentence| !sentence.trim().is_empty());
        if sentences.is_empty() {
            return format!("status {}", self.status);
        }
        printable(&sentences.join(": "))
    }

    /// Whether a 422 says that it is there already.
    pub(super) fn is_taken(&self) -> bool {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let mut errors = body["errors"].as_array().into_iter().flatten();
        self.status == 422
            && (errors.any(|error| error["code"] == "already_exists") || self.message().contains("already exists"))
    }

    /// The error an answer is, where it is one.
    pub(super) fn refusal(&self, what: &str) -> Option<Error> {
        let what = what.to_owned();
        let permission = self.header("x-accepted-github-permissions").filter(|text| !text.is_empty());
        let permission =
            permission.or_else(|| self.header("x-accepted-oauth-scopes").filter(|text| !text.is_empty()));
        let permission = permission.map(printable);
        let message = self.message();
        Some(match self.status {
            200..=299 | 304 => return None,
            300..=399 => Error::Moved { what },
            401 => Error::Unauthorized { what, message },
            403 => Error::Forbidden { what, message, permission },
            404 => Error::NotFound { what },
            405 | 409 | 410 | 422 => Error::Refused { what, status: self.status, message },
            500..=599 => Error::Unreachable { what, why: message },
            _ => Error::Protocol { what, why: format!("status {}: {message}", self.status) },
        })
    }

    /// The page behind this one: `Link` with `rel="next"` (RFC 8288).
    pub(super) fn next(&self) -> Option<String> {
        next(self.header("link")?)
    }

    #[cfg(test)]
    pub(super) fn made(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter().filter_map(|(name, value)| {
            Some((http::HeaderName::from_bytes(name.as_bytes()).ok()?, http::HeaderValue::from_str(value).ok()?))
        });
        Self { status, headers: headers.collect(), body: body.as_bytes().to_vec() }
    }
}

fn next(link: &str) -> Option<String> {
    // An address in angle brackets has none inside, and commas of its own.
    let mut rest = link;
    while let Some((_, behind)) = rest.split_once('<') {
        let (address, behind) = behind.split_once('>')?;
        let (parameters, behind) = behind.split_once('<').map_or((behind, ""), |(one, _)| (one, behind));
        let is_next = parameters.split(';').any(|parameter| {
            let plain: String = parameter.chars().filter(|c| !" ,\"".contains(*c)).collect();
            plain.eq_ignore_ascii_case("rel=next")
        });
        if is_next {
            return Some(address.to_owned());
        }
        rest = behind;
    }
    None
}

/// What a code of GitHub's says of a field (<https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api>).
fn in_words(code: &str) -> &str {
    match code {
        "already_exists" => "already exists",
        "missing" => "does not exist",
        "missing_field" => "is missing",
        "invalid" => "is invalid",
        "unprocessable" => "cannot be used",
        other => other,
    }
}

/// The text without anything that could move a terminal's cursor, cut at 300 characters.
pub(super) fn printable(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_control() || c == ' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= 300 {
        return line;
    }
    line.chars().take(299).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_page_is_found_among_others() {
        let link =
            "<https://h/x?page=1,2>; rel=\"prev\", <https://h/x?page=3>; rel=\"next\", <https://h/x>; rel=last";
        assert_eq!(next(link).as_deref(), Some("https://h/x?page=3"));
        assert_eq!(next("<https://h/x>; rel=\"last\""), None);
        assert_eq!(next("<https://h/x"), None);
    }

    #[test]
    fn an_error_is_told_in_githubs_words() {
        let body = r#"{"message":"Validation Failed","errors":[{"code":"custom","message":"No commits between a and b"}]}"#;
        let answer = Answer::made(422, &[], body);
        assert_eq!(answer.message(), "Validation Failed: No commits between a and b");
        assert!(!answer.is_taken());
        let body = r#"{"message":"Validation Failed","errors":[{"code":"already_exists","field":"name"}]}"#;
        let answer = Answer::made(422, &[], body);
        assert_eq!(answer.message(), "Validation Failed: name already exists");
        assert!(answer.is_taken());
        assert_eq!(Answer::made(502, &[], "<html>").message(), "status 502");
        let refused = Answer::made(403, &[("x-accepted-github-permissions", "contents=write")], "{}");
        match refused.refusal("x") {
            Some(Error::Forbidden { permission, .. }) => assert_eq!(permission.as_deref(), Some("contents=write")),
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn no_link_panics(link in "\\PC{0,60}", more in "[<>;,= a-z\"]{0,40}") {
            let _ = (next(&link), next(&more));
        }
    }
}
