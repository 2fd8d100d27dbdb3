//! What a request is made with: a token that was given, or one that an App makes for its installation
//! (<https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>).

use std::sync::PoisonError;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::access::{Access, Hidden, web_token};
use super::answer::Answer;
use super::client::{Ask, Body};
use super::limits::{Again, again};
use super::{Error, GitHub};

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct Made {
    token: String,
}

impl GitHub {
    pub(super) fn is_app(&self) -> bool {
        matches!(self.access, Access::App { .. })
    }

    /// Keeps an App's token, or forgets the one that ended.
    pub(super) fn set_token(&self, token: Option<Hidden>) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// What a request is made with; an App's token is made when it is first needed.
    pub(super) fn credential(&self, what: &str) -> Result<Option<Hidden>, Error> {
        let (id, key, installation) = match &self.access {
            Access::Nobody => return Ok(None),
            Access::Token(token) => return Ok(Some(token.clone())),
            Access::App { id, key, installation } => (*id, key, *installation),
        };
        let known = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if known.is_some() {
            return Ok(known);
        }
        let app = web_token(id, key)?;
        (self.made)(&app);
        let installation = match installation {
            Some(installation) => installation,
            None => {
                let answer = self.as_app(&Ask::get(self.place("/installation"), what), &app)?;
                let found: Installation = answer.json(what)?;
                found.id
            }
        };
        let url = self.address.at(&format!("/app/installations/{installation}/access_tokens"));
        // For this repository alone.
        let body = Body::Json(json!({ "repositories": [self.slug.name] }));
        let answer = self.as_app(&Ask { method: Method::POST, body, ..Ask::get(url, what) }, &app)?;
        let made: Made = answer.json(what)?;
        let token = Hidden::new(&made.token);
        Access::Token(token.clone()).check()?;
        (self.made)(&token);
        self.set_token(Some(token.clone()));
        Ok(Some(token))
    }

    /// Asks as the App itself. What it asks changes nothing that lasts.
    fn as_app(&self, ask: &Ask<'_>, app: &Hidden) -> Result<Answer, Error> {
        let mut pauses = self.pace.pauses.iter();
        loop {
            let trouble = match self.once(ask, Some(app))? {
                Ok(answer) => match again(&answer, 0) {
                    Again::Never => return answer.refusal(ask.what).map_or(Ok(answer), Err),
                    _ => answer.message(),
                },
                Err(lost) => lost.why,
            };
            match pauses.next() {
                Some(pause) => (self.pace.sleep)(*pause),
                None => return Err(Error::Unreachable { what: ask.what.to_owned(), why: trouble }),
            }
        }
    }
}
