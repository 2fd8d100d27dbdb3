//! Identity tokens: where they come from, and what they say of their holder.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sigstore_sign::oidc::{IdentityToken, SecretString};
use sigstore_sign::reqwest;

use super::Error;
use super::patience::{judged, patiently};
use super::reason::one_line;
use crate::model::{Certificate, json};

/// Whom every token is for.
const AUDIENCE: &str = "sigstore";

/// The service that hands out a job's tokens, in messages.
const RUNNER: &str = "the runner's token service";

/// Something that must not be shown. Its `Debug` does not, and it is wiped when it goes.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    /// Hides a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::new(value))
    }
}

/// Where a token comes from.
#[derive(Clone, Debug)]
pub enum TokenSource {
    /// It was given.
    Given(Secret),
    /// A job of GitHub Actions asks for one
    /// (<https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token>).
    Job {
        /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
        url: String,
        /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
        bearer: Secret,
        /// Told of every token that is handed out, before anything else is done with it: the runner does not keep
        /// out of its log what it made itself.
        made: fn(&str),
    },
}

/// Whom a certificate is to name, as an OIDC issuer says. It is never shown.
#[derive(Clone, Debug)]
pub(super) struct Token(pub(super) IdentityToken);

impl Token {
    /// A token that was given. Its holder is not known to be who it says: the certificate authority judges that.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        // The reason may quote the token, which is a secret.
        let token = IdentityToken::from_jwt(text.trim());
        token.map(Self).map_err(|_| Error::NoToken("it is no JWT with the claims Sigstore asks for".to_owned()))
    }

    /// What a service said, without the token or the part that makes it one: who was shown it may quote it.
    pub(super) fn unquoted(&self, said: &str) -> String {
        let whole = self.0.expose_secret();
        let signature = whole.rsplit('.').next().filter(|signature| !signature.is_empty());
        let said = said.replace(whole, "[hidden]");
        signature.map_or_else(|| said.clone(), |signature| said.replace(signature, "[hidden]"))
    }

    /// What the certificate will say, as far as the token tells: Fulcio copies a job's claims, see
    /// [`Certificate`]. The subject of a workflow begins with `/` here, since the token does not name the
    /// forge's host. None for a token of another kind. Nothing of it is verified.
    pub(super) fn foreseen(&self) -> Option<Certificate> {
        let middle = self.0.expose_secret().split('.').nth(1)?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(middle).ok()?).ok()?;
        let claims: Value = json::parse(&text).ok()?;
        let claim = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let issuer = claim("iss")?;
        if let Some(workflow) = claim("job_workflow_ref") {
            return Some(Certificate {
                subject: format!("/{workflow}"),
                issuer,
                runner_environment: claim("runner_environment"),
                source_repository_ref: claim("ref"),
                source_repository_digest: claim("sha"),
                source_repository_id: claim("repository_id"),
                source_repository_owner_id: claim("repository_owner_id"),
                build_trigger: claim("event_name"),
                ..Certificate::default()
            });
        }
        // Sigstore's own issuer says who told it; that one goes into the certificate.
        let told = claims.pointer("/federated_claims/connector_id").and_then(Value::as_str).map(str::to_owned);
        let subject = claim("email")?;
        Some(Certificate { subject, issuer: told.unwrap_or(issuer), ..Certificate::default() })
    }
}

impl TokenSource {
    /// A token for one certificate. That of a job is a new one each time, since it counts for minutes only.
    pub(super) async fn token(&self, http: &reqwest::Client) -> Result<Token, Error> {
        let (url, bearer, made) = match self {
            Self::Given(secret) => return Token::parse(secret.0.expose_secret()),
            Self::Job { url, bearer, made } => (url, bearer, made),
        };
        // GitHub's address has a query already.
        let joint = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{joint}audience={AUDIENCE}");
        let answer = patiently(async || {
            let asked = http.get(&url).bearer_auth(bearer.0.expose_secret()).send().await;
            // The address is no secret, but reqwest would tell it in every message.
            let told =
                |error: reqwest::Error| judged(RUNNER, None, true, &one_line(&error.without_url().to_string()));
            let answer = asked.map_err(told)?;
            let status = answer.status().as_u16();
            if status != 200 {
                return Err(judged(RUNNER, Some(status), true, &format!("it answers {status}")));
            }
            answer.text().await.map_err(told)
        });
        let answer: Value = json::parse(&answer.await?)
            .map_err(|_| Error::Nonsense { service: RUNNER, why: "its answer is no JSON".to_owned() })?;
        match answer.get("value").and_then(Value::as_str) {
            Some(token) => {
                made(token);
                Token::parse(token)
            }
            None => Err(Error::Nonsense { service: RUNNER, why: "its answer holds no token".to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> Token {
        let mut claims = claims.clone();
        claims["exp"] = json!(4_000_000_000_i64);
        Token::parse(&format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))).unwrap()
    }

    #[test]
    fn a_job_and_a_person_are_foreseen() {
        let job = token(&json!({
            "iss": "https://token.actions.githubusercontent.com", "sub": "repo:o/r:ref:refs/heads/main",
            "job_workflow_ref": "o/r/.github/workflows/f.yml@refs/heads/main", "ref": "refs/heads/x",
            "repository_id": "1", "repository_owner_id": "2", "event_name": "push",
            "runner_environment": "github-hosted",
        }));
        let known = job.foreseen().unwrap();
        assert_eq!(known.subject, "/o/r/.github/workflows/f.yml@refs/heads/main");
        assert_eq!(known.source_repository_ref.as_deref(), Some("refs/heads/x"));
        assert_eq!(known.build_trigger.as_deref(), Some("push"));
        assert!(known.times.is_empty());

        let person = json!({
            "iss": "https://oauth2.example", "sub": "x", "email": "ada@example.org",
            "federated_claims": { "connector_id": "https://accounts.example" },
        });
        let known = token(&person).foreseen().unwrap();
        assert_eq!((&*known.subject, &*known.issuer), ("ada@example.org", "https://accounts.example"));
        assert_eq!(token(&json!({ "iss": "https://other", "sub": "x" })).foreseen(), None);
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = "e30.eyJpc3MiOiJpIiwic3ViIjoicyIsImV4cCI6NDAwMDAwMDAwMH0.c2lnbmF0dXJl";
        let given = TokenSource::Given(Secret::new(token));
        let job = TokenSource::Job { url: "http://runner".to_owned(), bearer: Secret::new(token), made: |_| {} };
        for shown in [format!("{given:?}"), format!("{job:?}"), format!("{:?}", Token::parse(token).unwrap())] {
            assert!(!shown.contains("eyJ") && !shown.contains("c2ln"), "{shown}");
        }
        let bad = Token::parse("e30.eyJpc3MiOiJzZWNyZXQifQ.c2ln").unwrap_err().to_string();
        assert!(!bad.contains("secret") && !bad.contains("eyJ"), "{bad}");
    }

    proptest! {
        #[test]
        fn no_token_panics(text in "\\PC{0,200}") {
            let _ = Token::parse(&text).map(|token| token.foreseen());
        }
    }
}
