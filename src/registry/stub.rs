//! A registry on loopback for tests: blobs and manifests in memory, and whatever may go wrong on the way.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::artifact::{INDEX, MANIFEST};
use crate::model::Sha256;

/// What goes wrong with a request.
#[derive(Clone)]
pub(super) enum Fault {
    /// This status, header lines and body instead of the answer.
    Answer(u16, &'static str, &'static str),
    /// The connection is closed without an answer.
    Cut,
    /// The request is done, and these header lines left out of the answer.
    Without(&'static str),
    /// The body is exchanged.
    Body(&'static str),
    /// The connection is closed after so many bytes of the answer.
    CutAfter(usize),
    /// The answer comes a byte at a time, with this pause, without end.
    Trickle(Duration),
    /// The request is done, and the connection closed without an answer.
    Done,
}

/// How often a fault strikes requests of a method whose path contains a text.
struct Planned {
    method: &'static str,
    path: String,
    times: usize,
    fault: Fault,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) blobs: BTreeMap<String, Vec<u8>>,
    /// Tag or digest → media type and bytes.
    pub(super) manifests: BTreeMap<String, (String, Vec<u8>)>,
    /// Whether there is a referrers API.
    pub(super) referrers: bool,
    /// `METHOD path`, as they came.
    pub(super) seen: Vec<String>,
    /// The `Authorization` headers, as they came.
    pub(super) authorizations: Vec<String>,
    /// Somebody else's index, written between our reading and our writing.
    pub(super) intruder: Option<(String, Vec<u8>)>,
    /// What goes wrong, once, with the piece of an upload that begins here.
    pub(super) break_at: Option<(usize, Fault)>,
    /// Whether `If-Match` is not known.
    pub(super) forgetful: bool,
    /// By its path.
    uploads: BTreeMap<String, Vec<u8>>,
    planned: Vec<Planned>,
}

/// The registry; it ends with the test's process.
pub(super) struct Stub {
    pub(super) host: String,
    state: Arc<Mutex<State>>,
}

struct Request {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Stub {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { host, state }
    }

    /// The next `times` requests of this kind go wrong.
    pub(super) fn fail(&self, method: &'static str, path: &str, times: usize, fault: Fault) {
        self.with(|state| state.planned.push(Planned { method, path: path.to_owned(), times, fault }));
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap())
    }

    /// How many requests of a method had a path with this text.
    pub(super) fn count(&self, method: &str, path: &str) -> usize {
        self.with(|state| {
            let of_method = |line: &&String| line.starts_with(&format!("{method} ")) && line.contains(path);
            state.seen.iter().filter(of_method).count()
        })
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let Some(request) = read(&stream) else { return };
    let mut state = state.lock().unwrap();
    state.seen.push(format!("{} {}", request.method, request.path));
    state.authorizations.extend(request.headers.get("authorization").cloned());
    let strikes = |planned: &&mut Planned| {
        planned.times > 0 && planned.method == request.method && request.path.contains(&planned.path)
    };
    let fault = state.planned.iter_mut().find(strikes).map(|planned| {
        planned.times -= 1;
        planned.fault.clone()
    });
    let here = request.headers.get("content-range").and_then(|range| range.split('-').next()?.parse().ok());
    let fault = fault.or_else(|| Some(state.break_at.take_if(|(at, _)| Some(*at) == here)?.1));
    let (mut whole, mut pause) = (usize::MAX, None);
    let (status, headers, body) = match fault {
        Some(Fault::Cut) => return,
        Some(Fault::Done) => {
            answer(&mut state, &request);
            return;
        }
        Some(Fault::CutAfter(bytes)) => {
            whole = bytes;
            answer(&mut state, &request)
        }
        Some(Fault::Trickle(each)) => {
            pause = Some(each);
            (200, String::new(), vec![b' '; 4096])
        }
        Some(Fault::Answer(status, headers, body)) => (status, headers.to_owned(), body.as_bytes().to_vec()),
        Some(Fault::Without(name)) => {
            let (status, headers, body) = answer(&mut state, &request);
            let kept: Vec<&str> = headers.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect();
            (status, kept.concat(), body)
        }
        Some(Fault::Body(body)) => {
            let (status, headers, _) = answer(&mut state, &request);
            (status, headers, body.as_bytes().to_vec())
        }
        None => answer(&mut state, &request),
    };
    drop(state);
    let head =
        format!("HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    let mut bytes = head.into_bytes();
    if request.method != "HEAD" {
        bytes.extend_from_slice(&body);
    }
    bytes.truncate(whole);
    match pause {
        None => drop(stream.write_all(&bytes)),
        Some(pause) => {
            for byte in bytes {
                if stream.write_all(&[byte]).is_err() {
                    return;
                }
                std::thread::sleep(pause);
            }
        }
    }
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

type Reply = (u16, String, Vec<u8>);

fn answer(state: &mut State, request: &Request) -> Reply {
    let missing =
        || (404, String::new(), br#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}"#.to_vec());
    let parts: Vec<&str> = request.path.trim_start_matches("/v2/").rsplitn(3, '/').collect();
    let location = |place: &str| format!("Location: {place}\r\n");
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", _) => {
            let place = format!("/v2/x/blobs/uploads/{}", state.seen.len());
            state.uploads.insert(place.clone(), Vec::new());
            (202, location(&place), Vec::new())
        }
        ("PATCH", _) => {
            let begin =
                request.headers.get("content-range").and_then(|range| range.split('-').next()?.parse().ok());
            let upload = state.uploads.entry(request.path.clone()).or_default();
            if begin != Some(upload.len()) {
                return (416, String::new(), Vec::new());
            }
            upload.extend_from_slice(&request.body);
            (202, location(&request.path), Vec::new())
        }
        ("GET", [_, "uploads", ..]) => {
            let end = state.uploads.get(&request.path).map_or(0, Vec::len).saturating_sub(1);
            (204, format!("Range: 0-{end}\r\n{}", location(&request.path)), Vec::new())
        }
        ("PUT", [upload, ..]) if upload.contains("digest=") => {
            let place = request.path.split('?').next().unwrap_or_default();
            let mut bytes = state.uploads.remove(place).unwrap_or_default();
            bytes.extend_from_slice(&request.body);
            let digest = format!("sha256:{}", Sha256::of(&bytes));
            if !upload.replace("%3A", ":").ends_with(&digest) {
                let body = br#"{"errors":[{"code":"DIGEST_INVALID","message":"digest did not match"}]}"#;
                return (400, String::new(), body.to_vec());
            }
            state.blobs.insert(digest, bytes);
            (201, location("/v2/x/blobs/done"), Vec::new())
        }
        ("PUT", [name, "manifests", ..]) => {
            let found = state.manifests.get(*name).map(|(_, bytes)| etag(bytes));
            let knows = !state.forgetful;
            if knows && request.headers.get("if-match").is_some_and(|wanted| found.as_ref() != Some(wanted)) {
                return (412, String::new(), Vec::new());
            }
            let kind = request.headers.get("content-type").cloned().unwrap_or_default();
            let digest = format!("sha256:{}", Sha256::of(&request.body));
            for key in [digest.as_str(), name] {
                state.manifests.insert(key.to_owned(), (kind.clone(), request.body.clone()));
            }
            (201, location(&format!("/v2/x/manifests/{digest}")), Vec::new())
        }
        ("HEAD" | "GET", [name, "manifests", ..]) => {
            let reply = match state.manifests.get(*name) {
                None => missing(),
                Some((kind, bytes)) => {
                    let digest = Sha256::of(bytes);
                    let headers = format!(
                        "Content-Type: {kind}\r\nETag: {}\r\nDocker-Content-Digest: sha256:{digest}\r\n",
                        etag(bytes)
                    );
                    (200, headers, bytes.clone())
                }
            };
            if let Some((tag, bytes)) = state.intruder.take_if(|(tag, _)| tag == *name) {
                state.manifests.insert(tag, (INDEX.to_owned(), bytes));
            }
            reply
        }
        ("HEAD" | "GET", [digest, "blobs", ..]) => {
            state.blobs.get(*digest).map_or_else(missing, |bytes| (200, String::new(), bytes.clone()))
        }
        ("GET", [subject, "referrers", ..]) if state.referrers => {
            let mut entries = Vec::new();
            for (name, (_, bytes)) in state.manifests.iter().filter(|(name, _)| name.starts_with("sha256:")) {
                let manifest: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
                if manifest["subject"]["digest"] == **subject {
                    entries
                        .push(serde_json::json!({ "mediaType": MANIFEST, "digest": name, "size": bytes.len() }));
                }
            }
            let index = serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
            (200, format!("Content-Type: {INDEX}\r\n"), index.to_string().into_bytes())
        }
        ("GET", ["", ..]) => (200, String::new(), b"{}".to_vec()),
        _ => (404, String::new(), b"404 page not found".to_vec()),
    }
}

fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", Sha256::of(bytes).short())
}
