//! An OIDC issuer on loopback, and the part of a CI runner that hands out its tokens.
//!
//! It is two issuers at one address: `/ci` for workflows, whose tokens look like those of GitHub Actions,
//! and `/people` for persons with an email address.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::der::elements;
use super::http::{Request, Server};

/// The audience every Sigstore client asks for.
const AUDIENCE: &str = "sigstore";

/// How long a token counts, in seconds.
const LIFE: i64 = 600;

/// The issuer; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Issuer {
    key: Arc<Key>,
    /// What each bearer token of the runner may ask for.
    jobs: Arc<Mutex<BTreeMap<String, Map<String, Value>>>>,
    server: Server,
}

/// What signs the tokens.
#[derive(Debug)]
struct Key {
    pair: KeyPair,
    id: String,
}

impl Issuer {
    pub(super) fn start() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        let id = hex::encode(Sha256::digest(pair.public_key()));
        let key = Arc::new(Key { pair, id });
        let jobs = Arc::<Mutex<BTreeMap<String, Map<String, Value>>>>::default();
        let (keys, known) = (Arc::clone(&key), Arc::clone(&jobs));
        let server = Server::start(move |request| answer(request, &keys, &known));
        Self { key, jobs, server }
    }

    /// The issuer of workflows' tokens.
    pub(super) fn ci(&self) -> String {
        format!("http://127.0.0.1:{}/ci", self.server.port)
    }

    /// The issuer of people's tokens.
    pub(super) fn people(&self) -> String {
        format!("http://127.0.0.1:{}/people", self.server.port)
    }

    /// A signed token. Claims that every token has and that are not given get their usual values.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.key.token(self.whole(claims))
    }

    /// A job in CI that may ask for tokens with these claims: the address to ask and the bearer token.
    pub(super) fn job(&self, claims: &Value) -> (String, String) {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).expect("random bytes");
        let bearer = hex::encode(random);
        let claims = self.whole(claims);
        self.jobs.lock().expect("no thread panicked").insert(bearer.clone(), claims);
        // GitHub's address has a query already; clients append `&audience=…`.
        (format!("http://127.0.0.1:{}/runner/token?api-version=2.0", self.server.port), bearer)
    }

    fn whole(&self, claims: &Value) -> Map<String, Value> {
        let now = jiff::Timestamp::now().as_second();
        let usual = json!({
            "iss": self.ci(), "aud": AUDIENCE, "iat": now, "nbf": now - 5, "exp": now + LIFE,
        });
        let mut whole = usual.as_object().cloned().expect("it was just written");
        whole.extend(claims.as_object().expect("claims are an object").clone());
        whole
    }
}

impl Key {
    /// A JSON Web Token (RFC 7519) signed with RS256, as GitHub signs its own.
    fn token(&self, claims: Map<String, Value>) -> String {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.id });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&Value::Object(claims)));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).expect("a key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The JSON Web Key Set (RFC 7517) with the one key.
    fn set(&self) -> Value {
        // A sequence of modulus and exponent (RFC 8017, A.1.1).
        let key = elements(self.pair.public_key().as_ref()).expect("a public key is DER");
        let [modulus, exponent] = &elements(key[0].content).expect("a sequence")[..] else {
            panic!("two numbers")
        };
        // Without the zero that keeps a number positive.
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes.strip_prefix(&[0]).unwrap_or(bytes));
        let (n, e) = (part(modulus.content), part(exponent.content));
        json!({ "keys": [{ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.id, "n": n, "e": e }] })
    }
}

fn answer(request: &Request, key: &Key, jobs: &Mutex<BTreeMap<String, Map<String, Value>>>) -> (u16, String) {
    if request.method != "GET" {
        return (405, json!({ "message": "only GET" }).to_string());
    }
    match &*request.path {
        "/keys" => (200, key.set().to_string()),
        "/runner/token" => {
            let (scheme, bearer) = request.authorization.split_once(' ').unwrap_or_default();
            let bearer = if scheme.eq_ignore_ascii_case("bearer") { bearer } else { "" };
            let known = jobs.lock().expect("no thread panicked").get(bearer).cloned();
            let Some(mut claims) = known else {
                return (401, json!({ "message": "this job may ask for no token" }).to_string());
            };
            if let Some(audience) = request.query.split('&').find_map(|pair| pair.strip_prefix("audience=")) {
                claims.insert("aud".to_owned(), audience.into());
            }
            let token = key.token(claims);
            (200, json!({ "count": token.len(), "value": token }).to_string())
        }
        path => match path.strip_suffix("/.well-known/openid-configuration") {
            Some(name @ ("/ci" | "/people")) => (200, discovery(request, name)),
            _ => (404, json!({ "message": "there is nothing here" }).to_string()),
        },
    }
}

/// The discovery document (section 3 of OIDC Discovery 1.0).
fn discovery(request: &Request, name: &str) -> String {
    let base = format!("http://{}", request.host);
    json!({
        "issuer": format!("{base}{name}"),
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
    .to_string()
}
