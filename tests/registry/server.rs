//! One request to the registry, and its answer.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Mutex, PoisonError};

use git_lineage::model::Sha256;
use serde_json::{Value, json};

use super::{Door, Fault, State};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// What `ada:secret` comes to.
const ADA: &str = "Basic YWRhOnNlY3JldA==";

struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }
}

type Reply = (u16, String, Vec<u8>);

pub(super) fn serve(mut stream: TcpStream, host: &str, state: &Mutex<State>) {
    let Some(request) = read(&stream) else { return };
    let (reply, whole) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{} {}", request.method, request.path);
        state.seen.push((line, request.header("authorization").to_owned()));
        let strikes = |planned: &&mut super::Planned| {
            planned.times > 0 && planned.method == request.method && request.path.contains(planned.path)
        };
        let fault = state.planned.iter_mut().find(strikes).map(|planned| {
            planned.times -= 1;
            planned.fault.clone()
        });
        match fault {
            Some(Fault::Answer(status, headers, body)) => {
                ((status, headers, body.as_bytes().to_vec()), usize::MAX)
            }
            Some(Fault::CutAfter(bytes)) => (admitted(&mut state, host, &request), bytes),
            Some(Fault::Body(body)) => {
                let (status, headers, _) = admitted(&mut state, host, &request);
                ((status, headers, body.as_bytes().to_vec()), usize::MAX)
            }
            None => (admitted(&mut state, host, &request), usize::MAX),
        }
    };
    let (status, headers, body) = reply;
    let head =
        format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    let mut bytes = head.into_bytes();
    if request.method != "HEAD" {
        bytes.extend_from_slice(&body);
    }
    bytes.truncate(whole);
    // Whoever asked may have gone.
    let _ = stream.write_all(&bytes);
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body })
}

/// The answer, for those who may have it.
fn admitted(state: &mut State, host: &str, request: &Request) -> Reply {
    let reads = request.method == "GET" || request.method == "HEAD";
    let said = request.header("authorization");
    if request.path.starts_with("/token") {
        let token = match said {
            ADA => "writer",
            "" => "reader",
            _ => return (401, String::new(), Vec::new()),
        };
        return (200, String::new(), json!({ "token": token }).to_string().into_bytes());
    }
    let may = match state.door {
        Door::Open => true,
        Door::Basic => said == ADA || reads && said.is_empty() && request.path != "/v2/",
        Door::Bearer => said == "Bearer writer" || reads && said == "Bearer reader",
        Door::Private => said == ADA,
    };
    if may {
        return answer(state, request);
    }
    let challenge = match state.door {
        Door::Bearer => format!("Bearer realm=\"http://{host}/token\",service=\"here\""),
        _ => "Basic realm=\"here\"".to_owned(),
    };
    (401, format!("WWW-Authenticate: {challenge}\r\n"), Vec::new())
}

fn answer(state: &mut State, request: &Request) -> Reply {
    let missing =
        || (404, String::new(), br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}"#.to_vec());
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let parts: Vec<&str> = path.rsplitn(3, '/').collect();
    let own = match parts.get(2).and_then(|repository| repository.rsplit('/').next()) {
        Some(last) if state.apart => format!("{last}:"),
        _ => String::new(),
    };
    let location = |place: &str| format!("Location: {place}\r\n");
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["", ..]) => (200, String::new(), b"{}".to_vec()),
        ("POST", _) => {
            let place = format!("{path}{}", state.seen.len());
            state.uploads.insert(place.clone(), Vec::new());
            (202, location(&place), Vec::new())
        }
        ("PATCH", _) => {
            let Some(upload) = state.uploads.get_mut(path) else { return missing() };
            upload.extend_from_slice(&request.body);
            (202, location(path), Vec::new())
        }
        ("PUT", [_, "uploads", ..]) => {
            let Some(mut bytes) = state.uploads.remove(path) else { return missing() };
            bytes.extend_from_slice(&request.body);
            let digest = format!("sha256:{}", Sha256::of(&bytes));
            if query.replace("%3A", ":") != format!("digest={digest}") {
                return (400, String::new(), br#"{"errors":[{"code":"DIGEST_INVALID"}]}"#.to_vec());
            }
            state.blobs.insert(digest.clone(), bytes);
            (201, location(&format!("/v2/x/blobs/{digest}")), Vec::new())
        }
        ("PUT", [name, "manifests", ..]) => {
            let there = state.manifests.get(&format!("{own}{name}"));
            let (absent, same) = (request.header("if-none-match"), request.header("if-match"));
            let held = there.is_some_and(|_| absent == "*");
            let moved = !same.is_empty() && there.is_none_or(|(_, bytes)| same != etag(bytes));
            if state.conditions && (held || moved) {
                return (412, String::new(), Vec::new());
            }
            let digest = format!("sha256:{}", Sha256::of(&request.body));
            for key in [digest.as_str(), name] {
                let stored = (request.header("content-type").to_owned(), request.body.clone());
                state.manifests.insert(format!("{own}{key}"), stored);
            }
            (201, location(&format!("/v2/x/manifests/{digest}")), Vec::new())
        }
        ("HEAD" | "GET", [name, "manifests", ..]) => {
            state.manifests.get(&format!("{own}{name}")).map_or_else(missing, found)
        }
        ("GET", ["list", "tags", ..]) => tags(state, path, query, &own),
        ("DELETE", [digest, "manifests", ..]) if digest.starts_with("sha256:") => {
            let Some((_, bytes)) = state.manifests.get(&format!("{own}{digest}")).cloned() else {
                return missing();
            };
            state.manifests.retain(|key, (_, other)| !key.starts_with(&own) || *other != bytes);
            (202, String::new(), Vec::new())
        }
        ("HEAD" | "GET", [digest, "blobs", ..]) => {
            state.blobs.get(*digest).map_or_else(missing, |bytes| (200, String::new(), bytes.clone()))
        }
        ("GET", [subject, "referrers", ..]) if state.referrers => {
            let about = |(name, (_, bytes)): (&String, &(String, Vec<u8>))| {
                let manifest: Value = serde_json::from_slice(bytes).unwrap_or_default();
                let name = name.strip_prefix(&own).filter(|name| name.starts_with("sha256:"))?;
                let named = manifest["subject"]["digest"] == **subject;
                named.then(|| json!({ "mediaType": manifest["mediaType"], "digest": name, "size": bytes.len() }))
            };
            let entries: Vec<Value> = state.manifests.iter().filter_map(about).collect();
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
            (200, format!("Content-Type: {INDEX}\r\n"), index.to_string().into_bytes())
        }
        _ => (404, String::new(), b"404 page not found".to_vec()),
    }
}

/// A page of the tags of a repository.
fn tags(state: &State, path: &str, query: &str, own: &str) -> Reply {
    let asked = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let tag = |key: &String| key.strip_prefix(own).filter(|name| !name.starts_with("sha256:")).map(str::to_owned);
    let mut tags: Vec<String> = state.manifests.keys().filter_map(tag).collect();
    tags.sort();
    tags.retain(|tag| asked("last").is_none_or(|last| tag.as_str() > last));
    let mut headers = "Content-Type: application/json\r\n".to_owned();
    if state.page > 0 && tags.len() > state.page {
        tags.truncate(state.page);
        let last = tags.last().expect("a page has tags");
        headers.push_str(&format!("Link: <{path}?n={}&last={last}>; rel=\"next\"\r\n", state.page));
    }
    (200, headers, json!({ "name": path, "tags": tags }).to_string().into_bytes())
}

fn found((kind, bytes): &(String, Vec<u8>)) -> Reply {
    let digest = Sha256::of(bytes);
    let headers =
        format!("Content-Type: {kind}\r\nETag: {}\r\nDocker-Content-Digest: sha256:{digest}\r\n", etag(bytes));
    (200, headers, bytes.clone())
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", Sha256::of(bytes).short())
}
