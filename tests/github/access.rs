//! Who asks, what they may do, and how often.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::answers;
use super::contract::Asked;
use super::http::{Answer, Request};
use super::{REPOSITORY, State};

/// The App's private key, made for these tests and worth nothing elsewhere.
pub(crate) const APP_KEY: &str = include_str!("app.pem");
const APP_PUBLIC: &str = include_str!("app.pub.pem");

/// The App's number, and that of its one installation.
pub(crate) const APP: u64 = 123_456;
pub(crate) const INSTALLATION: u64 = 99;

/// What a job of the pipeline is given.
pub(super) const PIPELINE: [&str; 6] = [
    "contents=write",
    "pull_requests=write",
    "attestations=write",
    "statuses=write",
    "packages=write",
    "metadata=read",
];

/// What an owner may do.
pub(super) const EVERYTHING: [&str; 4] =
    ["contents=write", "pull_requests=write", "statuses=write", "administration=write"];

/// Somebody.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(super) login: String,
    permissions: Vec<String>,
    /// An App itself, by its JWT: it may make tokens and nothing else.
    app: bool,
}

/// All tokens.
#[derive(Debug)]
pub(super) struct Access {
    tokens: BTreeMap<String, Actor>,
    expired: Vec<String>,
    /// How many installation tokens were made.
    pub(super) minted: usize,
    used: u64,
    /// What an installation token may do.
    pub(super) app_permissions: Vec<String>,
}

impl Actor {
    /// Whether it may do a thing: `contents=write`; who may write may read.
    pub(super) fn may(&self, permission: &str) -> bool {
        let (name, level) = permission.split_once('=').unwrap_or((permission, "read"));
        let has = |level: &str| self.permissions.contains(&format!("{name}={level}"));
        has(level) || (level == "read" && has("write"))
    }
}

impl Access {
    pub(super) fn new() -> Self {
        let app_permissions = PIPELINE.map(str::to_owned).to_vec();
        Self { tokens: BTreeMap::new(), expired: Vec::new(), minted: 0, used: 0, app_permissions }
    }

    pub(super) fn token(&mut self, login: &str, prefix: &str, permissions: &[&str]) -> String {
        let token = format!("{prefix}{:036}", self.tokens.len() + 1);
        let permissions = permissions.iter().map(|one| (*one).to_owned()).collect();
        self.tokens.insert(token.clone(), Actor { login: login.to_owned(), permissions, app: false });
        token
    }

    /// Every token ends.
    pub(super) fn expire(&mut self) {
        self.expired.extend(self.tokens.keys().cloned());
    }

    /// Who asks.
    pub(super) fn actor(&self, request: &Request) -> Result<Actor, Answer> {
        let given = request.header("authorization");
        if given.is_empty() {
            let nobody = vec!["contents=read", "metadata=read", "pull_requests=read", "attestations=read"];
            let permissions = nobody.into_iter().map(str::to_owned).collect();
            return Ok(Actor { login: String::new(), permissions, app: false });
        }
        let (_, token) = given.split_once(' ').unwrap_or_default();
        if token.split('.').count() == 3 {
            return match claims(token) {
                Some(claims) if sound(&claims) => {
                    Ok(Actor { login: "app".to_owned(), permissions: Vec::new(), app: true })
                }
                Some(_) => Err(answers::error(401, "'Expiration time' claim ('exp') is too far in the future")),
                None => Err(answers::error(401, "A JSON web token could not be decoded")),
            };
        }
        match self.tokens.get(token) {
            Some(actor) if !self.expired.iter().any(|expired| expired == token) => Ok(actor.clone()),
            _ => Err(answers::error(401, "Bad credentials")),
        }
    }

    /// Who pushes with a token; without one, somebody who may write.
    pub(super) fn pusher(&self, token: &str) -> Result<Actor, &'static str> {
        if token.is_empty() {
            let permissions = vec!["contents=write".to_owned()];
            return Ok(Actor { login: "somebody".to_owned(), permissions, app: false });
        }
        match self.tokens.get(token) {
            Some(_) if self.expired.iter().any(|expired| expired == token) => Err("Invalid username or token."),
            Some(actor) if actor.may("contents=write") => Ok(actor.clone()),
            Some(_) => Err("Write access to repository not granted."),
            None => Err("Invalid username or token."),
        }
    }

    /// Whether somebody may ask for an operation at all.
    pub(super) fn permitted(actor: &Actor, operation: &str) -> Result<(), Answer> {
        if actor.app != operation.starts_with("apps/") {
            return Err(answers::error(401, "A JSON web token could not be decoded"));
        }
        let Some(needed) = needed(operation).filter(|needed| !actor.may(needed)) else { return Ok(()) };
        if actor.login.is_empty() {
            return Err(answers::error(401, "Requires authentication"));
        }
        let refused = answers::error(403, "Resource not accessible by integration");
        Err(refused.with("X-Accepted-GitHub-Permissions", needed))
    }

    /// Says how much may still be asked.
    pub(super) fn limits(&mut self, _: &Request, answer: Answer) -> Answer {
        // A 304 costs nothing.
        self.used += u64::from(answer.status != 304);
        let now = jiff::Timestamp::now();
        let left = 5000_u64.saturating_sub(self.used);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let answer = answer.with("Date", date).with("X-GitHub-Request-Id", "0000:TEST");
        if answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-ratelimit-remaining")) {
            return answer;
        }
        answer
            .with("X-RateLimit-Limit", "5000")
            .with("X-RateLimit-Remaining", left.to_string())
            .with("X-RateLimit-Used", self.used.to_string())
            .with("X-RateLimit-Reset", (now.as_second() + 3600).to_string())
            .with("X-RateLimit-Resource", "core")
    }
}

/// What an operation needs.
fn needed(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "pulls/merge"
        | "repos/create-release"
        | "repos/update-release"
        | "repos/delete-release"
        | "repos/upload-release-asset"
        | "repos/delete-release-asset"
        | "git/create-ref"
        | "git/update-ref"
        | "git/delete-ref"
        | "git/create-tag"
        | "git/create-commit"
        | "git/create-tree"
        | "git/create-blob" => "contents=write",
        "pulls/create"
        | "pulls/update"
        | "issues/create-comment"
        | "issues/update-comment"
        | "issues/add-labels" => "pull_requests=write",
        "packages/delete-package-version-for-org" | "packages/delete-package-version-for-user" => "packages=write",
        "repos/create-attestation" => "attestations=write",
        "repos/create-commit-status" => "statuses=write",
        "repos/create-repo-ruleset"
        | "repos/update-repo-ruleset"
        | "repos/delete-repo-ruleset"
        | "repos/update"
        | "repos/enable-immutable-releases" => "administration=write",
        "repos/check-immutable-releases"
        | "actions/get-github-actions-permissions-repository"
        | "actions/get-github-actions-default-workflow-permissions-repository" => "administration=read",
        "checks/create" | "checks/update" => "checks=write",
        _ => return None,
    })
}

/// The claims of a token that the App's key signed.
fn claims(token: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let public = pem::parse(APP_PUBLIC).ok()?;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.contents().to_vec());
    key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split('.').nth(1)?).ok()?).ok()
}

/// Of this App, begun, and for ten minutes at the most.
fn sound(claims: &Value) -> bool {
    let now = jiff::Timestamp::now().as_second();
    let (Some(begun), Some(end)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) else { return false };
    let issuer = claims["iss"].as_u64() == Some(APP) || claims["iss"].as_str() == Some(&APP.to_string());
    issuer && begun <= now + 60 && end > now && end - now <= 600
}

impl State {
    /// What an App may ask for.
    pub(super) fn apps(&mut self, _: &Request, asked: &Asked, body: &Value) -> Answer {
        let place = |name: &str| asked.path.get(name).map(String::as_str).unwrap_or_default();
        match asked.id.as_str() {
            "apps/get-repo-installation" => {
                if format!("{}/{}", place("owner"), place("repo")) != REPOSITORY {
                    return answers::error(404, "Not Found");
                }
                let known = json!({ "id": INSTALLATION, "app_id": APP, "app_slug": "lineage-app" });
                let known = merge(
                    known,
                    json!({ "repository_selection": "selected", "account": {
                    "login": "octo", "id": super::OWNER_ID, "type": "Organization" } }),
                );
                let account = self.filled("simple-user", known["account"].clone());
                let mut known = self.filled("installation", known);
                known["account"] = account;
                answers::json(200, &known)
            }
            "apps/create-installation-access-token" => {
                if place("installation_id") != INSTALLATION.to_string() {
                    return answers::error(404, "Not Found");
                }
                self.access.minted += 1;
                let asked: Vec<String> = body["permissions"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, level)| format!("{name}={}", level.as_str().unwrap_or_default()))
                    .collect();
                let granted = self.access.app_permissions.clone();
                let kept = if asked.is_empty() { granted } else { asked };
                let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
                let token = self.access.token("lineage-app[bot]", "ghs_", &kept);
                let expires = (jiff::Timestamp::now().as_second() + 3600).to_string();
                let expires = jiff::Timestamp::from_second(expires.parse().unwrap_or(0)).expect("it is a time");
                let known = json!({ "token": token, "expires_at": expires.to_string() });
                answers::json(201, &self.filled("installation-token", known))
            }
            _ => answers::error(404, "Not Found"),
        }
    }
}

fn merge(mut value: Value, more: Value) -> Value {
    super::schema::overlay(&mut value, more);
    value
}
