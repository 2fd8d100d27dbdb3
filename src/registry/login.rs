//! Logging in: the challenge of `/v2/`, and the token it asks to fetch.
//!
//! [The distribution project's token flow](https://distribution.github.io/distribution/spec/auth/token/) and HTTP
//! Basic. `oci-client` can do this as well; it would take a token service's trouble for a refusal, follow it to any
//! address, and read answers of any length.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use oci_client::RegistryOperation;
use oci_client::secrets::RegistryAuth;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, Url};
use serde_json::Value;

use super::Error;
use super::exchange::{Answer, Call, Credentials, Line};
use super::retry::{Again, Failed};

/// What to ask the registry with.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub(super) credentials: Option<Credentials>,
    /// Whether it is a token, which may end before the work does.
    pub(super) expires: bool,
}

/// One try to log in to a repository.
///
/// # Errors
/// The registry or its token service refuses, is unwell, or cannot be understood.
pub(super) async fn login(
    line: &Line,
    repository: &str,
    operation: &RegistryOperation,
    auth: &RegistryAuth,
) -> Result<Ticket, Failed> {
    let call = Call::new(Method::GET, line.at("/v2/"));
    let answer = well(line, &call, line.send(&call, None).await?)?;
    let challenges = answer.headers.get_all(WWW_AUTHENTICATE);
    let asked = challenges.iter().filter_map(|value| value.to_str().ok()).find_map(bearer);
    let Some(Challenge { realm, service }) = asked else {
        return Ok(Ticket { credentials: password(line, auth, line.at("/"))?, expires: false });
    };
    // The service may be another host, and then it is the registry that vouches for it: over TLS.
    let mut at = line.place(&answer.from, &realm)?;
    let actions = match operation {
        RegistryOperation::Push => "pull,push",
        RegistryOperation::Pull => "pull",
    };
    at.query_pairs_mut().append_pair("scope", &format!("repository:{repository}:{actions}"));
    if let Some(service) = service {
        at.query_pairs_mut().append_pair("service", &service);
    }
    let credentials = password(line, auth, at.clone())?;
    let call = Call::new(Method::GET, at);
    let answer = well(line, &call, line.send(&call, credentials.as_ref()).await?)?;
    if !answer.status.is_success() {
        // Token services say 400, 403 and 404 for what is no more than wrong credentials.
        return Err(Failed { error: Error::Unauthorized(line.name.clone()), again: Again::Never });
    }
    let token = token(&answer.body).ok_or_else(|| {
        let why = "its token service gave no token".to_owned();
        Failed { error: Error::Protocol(line.name.clone(), why), again: Again::Never }
    })?;
    let header = secret(line, &format!("Bearer {token}"))?;
    Ok(Ticket { credentials: Some(Credentials { header, place: line.at("/") }), expires: true })
}

/// The answer, unless it says to come back later.
fn well(line: &Line, call: &Call<'_>, answer: Answer) -> Result<Answer, Failed> {
    let refusal = line.refusal(&answer, &call.what());
    match refusal.again() {
        Again::Never => Ok(answer),
        again => Err(Failed { again, error: refusal.into_error() }),
    }
}

/// User and password for one place; none for the anonymous.
fn password(line: &Line, auth: &RegistryAuth, place: Url) -> Result<Option<Credentials>, Failed> {
    let RegistryAuth::Basic(user, password) = auth else { return Ok(None) };
    let header = secret(line, &format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))?;
    Ok(Some(Credentials { header, place }))
}

fn secret(line: &Line, text: &str) -> Result<HeaderValue, Failed> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        let why = "its token is not text".to_owned();
        Failed { error: Error::Protocol(line.name.clone(), why), again: Again::Never }
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn token(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let said = |key: &str| answer.get(key).and_then(Value::as_str).filter(|token| !token.is_empty());
    said("token").or_else(|| said("access_token")).map(str::to_owned)
}

#[derive(Debug, PartialEq, Eq)]
struct Challenge {
    realm: String,
    service: Option<String>,
}

/// `Bearer realm="…",service="…"` ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)); none for
/// every other scheme.
fn bearer(header: &str) -> Option<Challenge> {
    let (scheme, mut rest) = header.trim_start().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (mut realm, mut service) = (None, None);
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = value(after.trim_start())?;
        match name.trim_matches([' ', ',']) {
            name if name.eq_ignore_ascii_case("realm") => realm = Some(value),
            name if name.eq_ignore_ascii_case("service") => service = Some(value),
            _ => {}
        }
        rest = after;
    }
    Some(Challenge { realm: realm?, service })
}

/// A token or a quoted string, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_once(',').unwrap_or((text, ""));
        return Some((value.trim().to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn challenge(realm: &str, service: Option<&str>) -> Challenge {
        Challenge { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn challenges_are_read() {
        let realm = "https://a.example/token";
        for (header, expected) in [
            (r#"Bearer realm="https://a.example/token""#, Some(challenge(realm, None))),
            (r#"bearer service="x, y",realm="https://a.example/token""#, Some(challenge(realm, Some("x, y")))),
            (r#"Bearer realm=https://a.example/token, service=s, scope="a=b""#, Some(challenge(realm, Some("s")))),
            (r#"Bearer realm="https://a.example/\token""#, Some(challenge(realm, None))),
            (r#"Basic realm="https://a.example/token""#, None),
            (r#"Bearer service="s""#, None),
            (r#"Bearer realm="https://a.example"#, None),
            ("Bearer", None),
            ("", None),
        ] {
            assert_eq!(bearer(header), expected, "{header}");
        }
    }

    #[test]
    fn tokens_go_by_two_names() {
        assert_eq!(token(br#"{"access_token":"a","token":""}"#).as_deref(), Some("a"));
        assert_eq!(token(br#"{"access_token":"a","token":"t"}"#).as_deref(), Some("t"));
        assert_eq!(token(br#"{"token":7}"#), None);
        assert_eq!(token(b"<html>"), None);
    }

    proptest! {
        #[test]
        fn no_challenge_panics(header in "(Bearer )?[ -~]*") {
            let _ = bearer(&header);
        }
    }
}
