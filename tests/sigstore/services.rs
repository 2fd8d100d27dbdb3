//! The same Sigstore, as services on loopback: a certificate authority, both logs, a timestamp authority, and the
//! runner that hands a job its token. Each can be made to fail.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::keys::{Key, sha256};
use super::log::{Entry, Notary};
use super::{Claim, How, Identity, Sigstore};
use crate::peers::sigstore::der::elements;
use crate::peers::sigstore::http::{Request, Server};
use crate::world::World;

/// What the runner wants to see.
const BEARER: &str = "bearer-of-the-job";

/// Who answers what.
pub(crate) const RUNNER: &str = "/runner";
pub(crate) const FULCIO: &str = "/fulcio";
pub(crate) const REKOR: &str = "/rekor";
pub(crate) const TSA: &str = "/tsa";

/// A Sigstore that can be asked; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Services {
    state: Arc<Mutex<State>>,
    server: Server,
    /// Its signing configuration and its trusted root, in a world.
    pub(crate) signing_config: PathBuf,
    pub(crate) trusted_root: PathBuf,
}

#[derive(Debug)]
struct State {
    sigstore: Sigstore,
    /// What the job's token says.
    claims: Value,
    /// What the tokens of other jobs say, by what they show the runner.
    others: BTreeMap<String, Value>,
    /// Status codes to answer next, by service; the last one stays.
    failing: BTreeMap<&'static str, Vec<u16>>,
    /// How often each path was asked.
    asked: BTreeMap<String, usize>,
    /// Rekor v1's answers, by the signature in them.
    taken: BTreeMap<String, (String, Value)>,
    /// Every token a job was given.
    given: Vec<String>,
    how: How,
}

impl Services {
    /// Services with Rekor of this version, for a job with these claims. Files go into the world.
    pub(crate) fn start(world: &World, rekor: u8, claims: Value) -> Self {
        let state = State {
            sigstore: Sigstore::new(),
            claims,
            others: BTreeMap::new(),
            failing: BTreeMap::new(),
            asked: BTreeMap::new(),
            taken: BTreeMap::new(),
            given: Vec::new(),
            how: if rekor == 1 { How::v1(0) } else { How::v2(0) },
        };
        let root = state.sigstore.trusted_root_json();
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let server =
            Server::start(move |request| answering.lock().expect("no test panicked in it").answer(request));
        let service = |path: &str, version: u8| {
            json!([{
                "url": format!("http://127.0.0.1:{}{path}", server.port), "majorApiVersion": version,
                "operator": "test", "validFor": { "start": super::START },
            }])
        };
        let config = json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": service(FULCIO, 1), "oidcUrls": [],
            "rekorTlogUrls": service(REKOR, rekor), "tsaUrls": service(TSA, 1),
            "rekorTlogConfig": { "selector": "ANY" }, "tsaConfig": { "selector": "ANY" },
        });
        let site = world.site(".", None);
        site.write("signing_config.json", config.to_string());
        site.write("trusted_root.json", root);
        let (signing_config, trusted_root) = (world.path("signing_config.json"), world.path("trusted_root.json"));
        Self { state, server, signing_config, trusted_root }
    }

    /// What the job's token says from now on.
    pub(crate) fn claims(&self, claims: Value) {
        self.state.lock().expect("no test panicked in it").claims = claims;
    }

    /// What a service answers from now on, one status after another; 200 is as usual, and the last one stays.
    pub(crate) fn fail(&self, service: &'static str, statuses: &[u16]) {
        self.state.lock().expect("no test panicked in it").failing.insert(service, statuses.to_vec());
    }

    /// How the log answers from now on.
    pub(crate) fn how(&self, change: impl FnOnce(How) -> How) {
        let mut state = self.state.lock().expect("no test panicked in it");
        let how = state.how.clone();
        state.how = change(how);
    }

    /// How often a service was asked since this was asked last.
    pub(crate) fn asked(&self, service: &str) -> usize {
        let asked = &mut self.state.lock().expect("no test panicked in it").asked;
        std::mem::take(asked.entry(service.to_owned()).or_default())
    }

    /// Every token that jobs were given so far.
    pub(crate) fn given(&self) -> Vec<String> {
        self.state.lock().expect("no test panicked in it").given.clone()
    }

    /// The environment of a job that may ask for tokens.
    pub(crate) fn job(&self) -> [(&'static str, String); 3] {
        [
            ("GITHUB_ACTIONS", "true".to_owned()),
            (
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                format!("http://127.0.0.1:{}{RUNNER}?api-version=2.0", self.server.port),
            ),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", BEARER.to_owned()),
        ]
    }

    /// Where one more job asks for its tokens, and what it shows for it: theirs have these claims.
    pub(crate) fn another_job(&self, claims: Value) -> (String, String) {
        let mut state = self.state.lock().expect("no test panicked in it");
        let bearer = format!("bearer-of-job-{}", state.others.len());
        state.others.insert(bearer.clone(), claims);
        (format!("http://127.0.0.1:{}{RUNNER}?api-version=2.0", self.server.port), bearer)
    }

    /// A token with other claims than the job's.
    pub(crate) fn token(claims: &Value) -> String {
        let mut claims = claims.clone();
        let now = jiff::Timestamp::now().as_second();
        claims["exp"] = json!(now + 600);
        claims["aud"] = json!("sigstore");
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> (u16, Vec<u8>) {
        let service = [RUNNER, FULCIO, REKOR, TSA].into_iter().find(|name| request.path.starts_with(name));
        let Some(service) = service else { return (404, Vec::new()) };
        *self.asked.entry(service.to_owned()).or_default() += 1;
        if let Some(statuses) = self.failing.get_mut(service) {
            let status = if statuses.len() > 1 { statuses.remove(0) } else { statuses[0] };
            if status != 200 {
                // Whoever refuses may quote what it was shown.
                let shown: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let shown = shown["credentials"]["oidcIdentityToken"].as_str().unwrap_or_default();
                return (status, json!({ "message": format!("not now: {shown}") }).to_string().into_bytes());
            }
        }
        self.how.time = jiff::Timestamp::now().as_second();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match service {
            RUNNER => self.runner(request),
            FULCIO => self.issue(&body),
            REKOR => self.log(request, &body),
            _ => (201, self.stamp(&request.body)),
        }
    }

    fn runner(&mut self, request: &Request) -> (u16, Vec<u8>) {
        let (scheme, shown) = request.authorization.split_once(' ').unwrap_or_default();
        let claims = if shown == BEARER { Some(&self.claims) } else { self.others.get(shown) };
        match claims
            .filter(|_| scheme.eq_ignore_ascii_case("bearer") && request.query.contains("audience=sigstore"))
        {
            Some(claims) => {
                let token = Services::token(claims);
                self.given.push(token.clone());
                (200, json!({ "value": token }).to_string().into_bytes())
            }
            None => (401, Vec::new()),
        }
    }

    /// Fulcio: `POST /api/v2/signingCert`.
    fn issue(&self, body: &Value) -> (u16, Vec<u8>) {
        let token = body["credentials"]["oidcIdentityToken"].as_str().expect("a token");
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a JWT")).expect("base64");
        let claims: Value = serde_json::from_slice(&claims).expect("claims are JSON");
        if claims["aud"] != "sigstore" {
            return (401, Vec::new());
        }
        let pem = body["publicKeyRequest"]["publicKey"]["content"].as_str().expect("a key");
        let key = Key::public(pem::parse(pem).expect("PEM").contents());
        let leaf = self.sigstore.issue(&key, &identity(&claims), &self.how);
        let chain = [&leaf, &self.sigstore.fulcio.certificate, &self.sigstore.root.certificate];
        let chain = chain.map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", der.clone())));
        let answer = json!({ "signedCertificateEmbeddedSct": { "chain": { "certificates": chain } } });
        (200, answer.to_string().into_bytes())
    }

    /// Rekor: what it is asked to take becomes an entry.
    fn log(&mut self, request: &Request, body: &Value) -> (u16, Vec<u8>) {
        let path = request.path.trim_start_matches(REKOR);
        if path == "/api/v1/index/retrieve" {
            let known: Vec<&String> = self.taken.values().map(|(uuid, _)| uuid).collect();
            return (200, json!(known).to_string().into_bytes());
        }
        if let Some(uuid) = path.strip_prefix("/api/v1/log/entries/") {
            let found = self.taken.values().find(|(known, _)| known == uuid).expect("it was told");
            return (200, json!({ uuid: found.1 }).to_string().into_bytes());
        }
        let now = self.how.time;
        if path == "/api/v2/log/entries" {
            let asked = &body["hashedRekordRequestV002"];
            let mut signature = asked["signature"].clone();
            signature["verifier"]["keyDetails"] = json!("PKIX_ECDSA_P256_SHA_256");
            let data = json!({ "algorithm": "SHA2_256", "digest": asked["digest"] });
            let spec = json!({ "hashedRekordV002": { "data": data, "signature": signature } });
            let entry = entry("hashedrekord", "0.0.2", &spec, now);
            let rekor = &self.sigstore.rekor2;
            let taken = rekor.take(&entry, &self.how, &Notary { named: rekor, signer: rekor });
            return (201, taken.to_string().into_bytes());
        }
        let entry = if body["kind"] == "dsse" {
            dsse(&body["spec"]["proposedContent"], now)
        } else {
            entry("hashedrekord", "0.0.1", &body["spec"], now)
        };
        let key = String::from_utf8(entry.body.clone()).expect("JSON is text");
        if self.taken.contains_key(&key) {
            return (409, b"{\"message\":\"an equivalent entry already exists\"}".to_vec());
        }
        let rekor = &self.sigstore.rekor1;
        let taken = rekor.take(&entry, &self.how, &Notary { named: rekor, signer: rekor });
        let uuid = hex::encode([[0; 8].as_slice(), &sha256(&entry.body)].concat());
        let answer = as_rekor_answers(&taken);
        self.taken.insert(key, (uuid.clone(), answer.clone()));
        (201, json!({ uuid: answer }).to_string().into_bytes())
    }

    /// A timestamp (RFC 3161) for what the request names.
    fn stamp(&self, request: &[u8]) -> Vec<u8> {
        let whole = elements(request).expect("DER");
        let parts = elements(whole[0].content).expect("a request");
        let imprint = elements(parts[1].content).expect("an imprint");
        let digest = imprint[1].content.try_into().expect("SHA-256");
        let nonce = parts.iter().skip(2).find(|part| part.tag == 2).map(|part| part.whole.to_vec());
        let stamper = &self.sigstore.stamper;
        stamper.stamp_digest(digest, nonce, self.how.time, &stamper.signer.key)
    }
}

fn entry(kind: &'static str, version: &'static str, spec: &Value, time: i64) -> Entry {
    let body = json!({ "apiVersion": version, "kind": kind, "spec": spec });
    let body = serde_json_canonicalizer::to_vec(&body).expect("JSON has a canonical form");
    Entry { kind, version, body, time }
}

/// What Rekor v1 keeps of an envelope.
fn dsse(proposed: &Value, time: i64) -> Entry {
    let text = proposed["envelope"].as_str().expect("an envelope");
    let envelope: Value = serde_json::from_str(text).expect("it is JSON");
    let payload = STANDARD.decode(envelope["payload"].as_str().expect("a payload")).expect("base64");
    let hash = |bytes: &[u8]| json!({ "algorithm": "sha256", "value": hex::encode(sha256(bytes)) });
    let signature = &envelope["signatures"][0]["sig"];
    let spec = json!({
        "envelopeHash": hash(text.as_bytes()),
        "payloadHash": hash(&payload),
        "signatures": [{ "signature": signature, "verifier": proposed["verifiers"][0] }],
    });
    entry("dsse", "0.0.1", &spec, time)
}

/// An entry of a bundle, as Rekor v1's API has it.
fn as_rekor_answers(taken: &Value) -> Value {
    let number = |value: &Value| value.as_str().expect("a number").parse::<i64>().expect("a number");
    let hexed = |value: &Value| hex::encode(STANDARD.decode(value.as_str().expect("base64")).expect("base64"));
    let proof = &taken["inclusionProof"];
    let hashes: Vec<String> = proof["hashes"].as_array().expect("a path").iter().map(hexed).collect();
    json!({
        "body": taken["canonicalizedBody"],
        "integratedTime": number(&taken["integratedTime"]),
        "logID": hexed(&taken["logId"]["keyId"]),
        "logIndex": number(&taken["logIndex"]),
        "verification": {
            "signedEntryTimestamp": taken["inclusionPromise"]["signedEntryTimestamp"],
            "inclusionProof": {
                "logIndex": number(&proof["logIndex"]),
                "rootHash": hexed(&proof["rootHash"]),
                "treeSize": number(&proof["treeSize"]),
                "hashes": hashes,
                "checkpoint": proof["checkpoint"]["envelope"],
            },
        },
    })
}

/// Whom a certificate names for these claims, as Fulcio has it.
fn identity(claims: &Value) -> Identity {
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    if let Some(address) = claims["email"].as_str() {
        return Identity::email(address, claim("iss"));
    }
    let signer = format!("https://github.com/{}", claim("job_workflow_ref"));
    Identity::github(claim("repository"), "release.yaml", claim("ref"))
        .uri(&signer)
        .with(Claim::OldIssuer, claim("iss"))
        .with(Claim::Issuer, claim("iss"))
        .with(Claim::BuildSignerUri, &signer)
        .with(Claim::BuildConfigUri, &format!("https://github.com/{}", claim("workflow_ref")))
        .with(Claim::RunnerEnvironment, claim("runner_environment"))
        .with(Claim::SourceRepositoryIdentifier, claim("repository_id"))
        .with(Claim::SourceRepositoryOwnerIdentifier, claim("repository_owner_id"))
        .with(Claim::SourceRepositoryDigest, claim("sha"))
        .with(Claim::BuildTrigger, claim("event_name"))
}
