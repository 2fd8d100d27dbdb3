//! One request and its answer: deadlines, redirects, and credentials that stay where they belong.
//!
//! Redirects are followed here and not by the HTTP client, which does not know which of them may be: only what
//! reads is sent elsewhere, never over plain HTTP off this machine, and never with credentials.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method, StatusCode, Url};

use super::Error;
use super::artifact::{INDEX, MANIFEST};
use super::destination::is_loopback;
use super::failure::{Refusal, network};
use super::retry::{Again, Failed, Pace};

const CONNECT: Duration = Duration::from_secs(10);
const AGENT: &str = concat!("git-lineage/", env!("CARGO_PKG_VERSION"));

/// How many redirects in a row are followed.
const REDIRECTS: usize = 5;

/// So much of a refusal is read, in bytes.
const LONGEST_REFUSAL: u64 = 64 * 1024;

/// No manifest or index is longer, in bytes: the limit registries themselves keep.
pub(super) const LONGEST_MANIFEST: u64 = 4 * 1024 * 1024;

/// The way to one registry.
pub(super) struct Line {
    /// `oci://host/repository`: what errors name.
    pub(super) name: String,
    /// `https://host`, or `http://host` on this machine.
    origin: Url,
    local: bool,
    http: Client,
    /// For what a registry of this machine keeps elsewhere, made once it is needed.
    elsewhere: OnceLock<Client>,
    pub(super) pace: Pace,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) at: Url,
    pub(super) headers: Vec<(HeaderName, String)>,
    /// Media type and bytes.
    pub(super) body: Option<(&'static str, &'a [u8])>,
    /// No answer may be longer, in bytes.
    pub(super) longest: u64,
}

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Where it came from in the end.
    pub(super) from: Url,
}

impl Answer {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What goes into the `Authorization` header, and the one place it is for.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) header: HeaderValue,
    pub(super) place: Url,
}

impl Credentials {
    /// The header, where an address is at their place: the same scheme, host and port.
    fn towards(&self, url: &Url) -> Option<&HeaderValue> {
        (url.origin() == self.place.origin()).then_some(&self.header)
    }
}

impl<'a> Call<'a> {
    /// A request for something small.
    pub(super) fn new(method: Method, at: Url) -> Self {
        Self { method, at, headers: Vec::new(), body: None, longest: LONGEST_MANIFEST }
    }

    /// With a header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body.
    pub(super) fn sending(mut self, media_type: &'static str, bytes: &'a [u8]) -> Self {
        self.body = Some((media_type, bytes));
        self
    }

    /// `PUT /v2/…`: what errors call it. What stands after the path may be a secret of the registry's.
    pub(super) fn what(&self) -> String {
        format!("{} {}", self.method, self.at.path())
    }
}

/// What every client has: it follows nothing by itself, and does not wait for ever.
fn client(pace: &Pace) -> ClientBuilder {
    let client = Client::builder().user_agent(AGENT).connect_timeout(CONNECT);
    client.read_timeout(pace.silence).redirect(Policy::none())
}

impl Line {
    /// The way to a host; `name` is what errors call it.
    pub(super) fn new(name: &str, host: &str, pace: Pace) -> Result<Self, Error> {
        let local = is_loopback(host);
        let scheme = if local { "http" } else { "https" };
        // Docker's own registry goes by another name than its address.
        let host = if host == "docker.io" { "index.docker.io" } else { host };
        let origin = Url::parse(&format!("{scheme}://{host}/"))
            .map_err(|e| Error::Destination(name.to_owned(), e.to_string()))?;
        // On this machine no proxy comes between, and plain HTTP needs none of the machine's certificates: to read
        // them all takes as long as to push a small chart.
        let builder =
            if local { client(&pace).no_proxy().tls_certs_only([]) } else { client(&pace).https_only(true) };
        let http = builder.build().map_err(|e| network(name, "setting up", e).error)?;
        Ok(Self { name: name.to_owned(), origin, local, http, elsewhere: OnceLock::new(), pace })
    }

    /// The client for an address.
    fn towards(&self, at: &Url) -> Result<&Client, Failed> {
        if !self.local || at.scheme() != "https" {
            return Ok(&self.http);
        }
        if let Some(made) = self.elsewhere.get() {
            return Ok(made);
        }
        let made = client(&self.pace).no_proxy().https_only(true).build();
        let made = made.map_err(|e| network(&self.name, "setting up", e))?;
        Ok(self.elsewhere.get_or_init(|| made))
    }

    /// An address of this registry, from its path.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        url.set_path(path);
        url
    }

    /// Whether an address is of this registry.
    pub(super) fn owns(&self, url: &Url) -> bool {
        url.origin() == self.origin.origin()
    }

    /// An address the registry names, which may be relative to the one it was asked at.
    ///
    /// # Errors
    /// Not an address, one with credentials in it, or plain HTTP to another machine.
    pub(super) fn place(&self, asked: &Url, named: &str) -> Result<Url, Failed> {
        let refused = |why: String| {
            let error = Error::Protocol(self.name.clone(), why);
            Failed { error, again: Again::Never }
        };
        let mut url = asked.join(named).map_err(|e| refused(format!("it sends to no address: {e}")))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused(format!("it sends to {host} with credentials of its own")));
        }
        // Behind some proxies registries do not know that they are reached over TLS.
        if url.scheme() == "http" && !self.local && url.host() == self.origin.host() {
            let upgraded = url.set_scheme("https").is_ok();
            if upgraded && url.port() == Some(80) {
                let _ = url.set_port(None);
            }
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.local && is_loopback(&host) => Ok(url),
            scheme => Err(refused(format!("it sends to {scheme}://{host}, and only https is followed"))),
        }
    }

    /// One exchange, redirects included. Any status is an answer.
    ///
    /// # Errors
    /// No connection, a cut one, silence, a transfer that takes for ever, an answer longer than allowed.
    pub(super) async fn send(&self, call: &Call<'_>, credentials: Option<&Credentials>) -> Result<Answer, Failed> {
        let sent = call.body.map_or(0, |(_, bytes)| bytes.len() as u64);
        let bytes = sent.saturating_add(call.longest);
        let patience = self.pace.whole + Duration::from_secs(bytes / self.pace.slowest.max(1));
        tokio::time::timeout(patience, self.follow(call, credentials)).await.unwrap_or_else(|_| {
            let why = format!("{} is not over after {} s", call.what(), patience.as_secs());
            Err(Failed { error: Error::Unreachable(self.name.clone(), why), again: Again::Soon })
        })
    }

    async fn follow(&self, call: &Call<'_>, credentials: Option<&Credentials>) -> Result<Answer, Failed> {
        let mut at = call.at.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.one(call, &at, credentials.and_then(|held| held.towards(&at))).await?;
            let reads = call.method == Method::GET || call.method == Method::HEAD;
            let place = answer.header(LOCATION.as_str());
            match place {
                Some(place) if reads && answer.status.is_redirection() => at = self.place(&at, place)?,
                _ => return Ok(answer),
            }
        }
        let error = Error::Protocol(self.name.clone(), format!("{} is redirected for ever", call.what()));
        Err(Failed { error, again: Again::Never })
    }

    async fn one(&self, call: &Call<'_>, at: &Url, authorization: Option<&HeaderValue>) -> Result<Answer, Failed> {
        let what = call.what();
        let mut request = self.towards(at)?.request(call.method.clone(), at.clone());
        request = request.header(ACCEPT, MANIFEST).header(ACCEPT, INDEX);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some((media_type, bytes)) = call.body {
            request = request.header(CONTENT_TYPE, media_type).body(bytes.to_vec());
        }
        let mut response = request.send().await.map_err(|e| network(&self.name, &what, e))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        // Of what says no, as much is read as anybody wants to know.
        let longest = if status.is_success() { call.longest } else { LONGEST_REFUSAL };
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| network(&self.name, &what, e))? {
            if (body.len() as u64).saturating_add(chunk.len() as u64) > longest {
                if !status.is_success() {
                    break;
                }
                let why = format!("the answer to {what} is longer than {} bytes", call.longest);
                return Err(Failed { error: Error::Protocol(self.name.clone(), why), again: Again::Never });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body, from: at.clone() })
    }

    /// What an answer means if it is not what was hoped for.
    pub(super) fn refusal(&self, answer: &Answer, what: &str) -> Refusal {
        let after = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Refusal::new(&self.name, what, answer.status.as_u16(), &answer.body, after)
    }
}
