//! One request at a time: who may see the credential, what is asked again, and how long is waited.
//!
//! Reads are repeated where GitHub had trouble. A write is repeated only where it certainly did not happen: no
//! connection was made, or a rate limit turned it away. A write whose answer is lost is `Unsure`, and whoever asked
//! for it looks before trying again.

use std::sync::Mutex;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Error;
use super::access::{Access, Hidden};
use super::address::{Address, Slug, part};
use super::answer::{Answer, printable};
use super::limits::{Again, again};
use super::lost::{Lost, lost};

const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(60);
const AGENT: &str = concat!("git-lineage/", env!("CARGO_PKG_VERSION"));
/// The version of the API that is meant (<https://docs.github.com/rest/about-the-rest-api/api-versions>).
const VERSION: &str = "2022-11-28";
/// What is asked for, unless it is a file.
pub(super) const JSON: &str = "application/vnd.github+json";
/// No answer is longer, in bytes.
const LONGEST: usize = 64 << 20;
/// More pages than this are no list any more.
const PAGES: usize = 100;

/// How long is waited, and by what.
pub struct Pace {
    /// Waits.
    pub sleep: Box<dyn Fn(Duration) + Send + Sync>,
    /// The pauses before GitHub is asked again after trouble; one more try than pauses is made.
    pub pauses: Vec<Duration>,
    /// What rate limits may cost altogether in one request.
    pub longest: Duration,
}

impl Pace {
    /// The pace towards an address. A server on this machine is there or is not: waiting brings little.
    pub fn towards(address: &Address) -> Self {
        let pauses = if address.is_loopback() { [50, 100] } else { [1_000, 5_000] };
        Self {
            sleep: Box::new(std::thread::sleep),
            pauses: pauses.map(Duration::from_millis).to_vec(),
            longest: Duration::from_secs(300),
        }
    }
}

/// A repository on a GitHub, asked with somebody's credentials.
pub struct GitHub {
    pub(super) address: Address,
    pub(super) slug: Slug,
    pub(super) access: Access,
    octocrab: Octocrab,
    pub(super) http: reqwest::Client,
    /// It lives as long as this does, since octocrab keeps a task in it.
    runtime: Option<tokio::runtime::Runtime>,
    /// An App's current token.
    pub(super) token: Mutex<Option<Hidden>>,
    pub(super) pace: Pace,
    /// Told of every token that is made.
    pub(super) made: fn(&Hidden),
}

impl std::fmt::Debug for GitHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitHub")
            .field("api", &self.address.api.as_str())
            .field("slug", &self.slug)
            .finish_non_exhaustive()
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        // Waiting for it is not allowed where somebody else's runtime drops this.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    /// Completes "could not …".
    pub(super) what: &'a str,
    pub(super) body: Body<'a>,
    pub(super) accept: &'a str,
    /// The entity tag of what is known.
    pub(super) known: Option<&'a str>,
    /// Whether asking twice does no more than asking once.
    pub(super) again: bool,
}

/// What is sent along.
#[derive(Debug)]
pub(super) enum Body<'a> {
    Nothing,
    Json(Value),
    Bytes(&'a [u8]),
}

impl GitHub {
    /// Gets ready; nothing is asked yet.
    ///
    /// # Errors
    /// The credentials cannot be any, or there is no HTTP client.
    pub fn new(address: Address, slug: Slug, access: Access, pace: Pace) -> Result<Self, Error> {
        access.check()?;
        let broken = |why: String| Error::Unreachable { what: "set up the connection".to_owned(), why };
        let builder = reqwest::Client::builder()
            .user_agent(AGENT)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none());
        let builder = if address.is_loopback() { builder.no_proxy() } else { builder.https_only(true) };
        let http = builder.build().map_err(|error| broken(printable(&error.to_string())))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| broken(error.to_string()))?;
        let octocrab = {
            let _inside = runtime.enter();
            Octocrab::builder().build_with_reqwest(http.clone()).map_err(|error| broken(error.to_string()))?
        };
        let token = Mutex::new(None);
        Ok(Self { address, slug, access, octocrab, http, runtime: Some(runtime), token, pace, made: |_| {} })
    }

    /// The same, and this is told of every token that is made, before it is used.
    #[must_use]
    pub fn telling(self, made: fn(&Hidden)) -> Self {
        // Not by an update of the whole: it is dropped in a way of its own.
        let mut github = self;
        github.made = made;
        github
    }

    /// The repository.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Whether anything can be written: reading what is public needs no token.
    pub fn has_token(&self) -> bool {
        !matches!(self.access, Access::Nobody)
    }

    /// A path of the repository: `/repos/o/r` and `below`, which begins with a slash and is escaped already.
    pub(super) fn place(&self, below: &str) -> Url {
        self.address.at(&format!("/repos/{}/{}{below}", part(&self.slug.owner), part(&self.slug.name)))
    }

    /// Reads JSON; none where there is nothing.
    pub(super) fn find<T: DeserializeOwned>(&self, below: &str, what: &str) -> Result<Option<T>, Error> {
        let answer = self.ask(&Ask::get(self.place(below), what))?;
        if answer.status == 404 {
            return Ok(None);
        }
        answer.refusal(what).map_or_else(|| answer.json(what).map(Some), Err)
    }

    /// Reads JSON that has to be there.
    pub(super) fn get<T: DeserializeOwned>(&self, below: &str, what: &str) -> Result<T, Error> {
        self.find(below, what)?.ok_or_else(|| Error::NotFound { what: what.to_owned() })
    }

    /// Reads every page of a list.
    pub(super) fn list<T: DeserializeOwned>(&self, below: &str, what: &str) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        for answer in self.pages(self.place(below), what)? {
            let page: Vec<T> = answer.refusal(what).map_or_else(|| answer.json(what), Err)?;
            found.extend(page);
        }
        Ok(found)
    }

    /// Every page from an address on; the last may be a refusal.
    pub(super) fn pages(&self, first: Url, what: &str) -> Result<Vec<Answer>, Error> {
        let protocol = |why: &str| Error::Protocol { what: what.to_owned(), why: why.to_owned() };
        let mut pages: Vec<Answer> = Vec::new();
        let mut url = first;
        loop {
            let answer = self.ask(&Ask::get(url.clone(), what))?;
            let next = answer.next();
            pages.push(answer);
            let Some(next) = next else { return Ok(pages) };
            if pages.len() >= PAGES {
                return Err(protocol("it has no end"));
            }
            let next = Url::parse(&next).map_err(|_| protocol("its next page has no address"))?;
            if !self.address.is_own(&next) {
                return Err(protocol("its next page is on another host"));
            }
            if next == url {
                return Err(protocol("its next page is the same"));
            }
            url = next;
        }
    }

    /// Sends JSON, and reads what comes back. Asked once.
    pub(super) fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        below: &str,
        what: &str,
        body: Value,
    ) -> Result<T, Error> {
        let answer = self.send(method, below, what, Body::Json(body))?;
        answer.refusal(what).map_or_else(|| answer.json(what), Err)
    }

    /// Sends something, and gives the answer whatever it says. Asked once.
    pub(super) fn send(&self, method: Method, below: &str, what: &str, body: Body<'_>) -> Result<Answer, Error> {
        self.ask(&Ask { method, body, again: false, ..Ask::get(self.place(below), what) })
    }

    /// Asks, with the credential, until there is an answer.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Answer, Error> {
        let what = || ask.what.to_owned();
        let mut pauses = self.pace.pauses.iter();
        let (mut waited, mut limited, mut renewed) = (Duration::ZERO, 0_u32, false);
        loop {
            let credential = self.credential(ask.what)?;
            let trouble = match self.once(ask, credential.as_ref())? {
                Err(lost) if ask.again || lost.unsent => lost.why,
                Err(lost) => return Err(Error::Unsure { what: what(), why: lost.why }),
                Ok(answer) => match again(&answer, limited) {
                    // An App's token that ended did nothing; a new one is made once.
                    Again::Never if answer.status == 401 && self.is_app() && !renewed => {
                        self.set_token(None);
                        renewed = true;
                        continue;
                    }
                    Again::Never if answer.status == 401 && !self.has_token() => {
                        return Err(Error::NoToken { what: what() });
                    }
                    Again::Never => return Ok(answer),
                    Again::After(wait) if ask.again || answer.status != 503 => {
                        limited = limited.saturating_add(1);
                        waited = waited.saturating_add(wait);
                        if waited > self.pace.longest {
                            return Err(Error::Limited { what: what(), seconds: wait.as_secs() });
                        }
                        (self.pace.sleep)(wait);
                        continue;
                    }
                    _ if !ask.again => return Err(Error::Unsure { what: what(), why: answer.message() }),
                    _ => answer.message(),
                },
            };
            match pauses.next() {
                Some(pause) => (self.pace.sleep)(*pause),
                None => return Err(Error::Unreachable { what: what(), why: trouble }),
            }
        }
    }

    /// Asks once.
    pub(super) fn once(&self, ask: &Ask<'_>, credential: Option<&Hidden>) -> Result<Result<Answer, Lost>, Error> {
        let broken = |why: &str| Error::Protocol { what: ask.what.to_owned(), why: why.to_owned() };
        // Looked at for every single request: a credential goes to GitHub and nowhere else.
        if !self.address.is_own(&ask.url) {
            return Err(broken("it is on another host"));
        }
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(ask.url.as_str())
            .header(ACCEPT, ask.accept)
            .header("x-github-api-version", VERSION);
        if let Some(credential) = credential {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", credential.show()))
                .map_err(|_| Error::BadToken("it does not fit into a header".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(known) = ask.known {
            request = request.header(IF_NONE_MATCH, known);
        }
        let body = match &ask.body {
            Body::Nothing => Vec::new(),
            Body::Json(value) => {
                request = request.header(CONTENT_TYPE, "application/json");
                value.to_string().into_bytes()
            }
            Body::Bytes(bytes) => {
                request = request.header(CONTENT_TYPE, "application/octet-stream");
                bytes.to_vec()
            }
        };
        let request = request.body(body.into()).map_err(|_| broken("the request cannot be written"))?;
        self.wait(ask.what, async {
            let response = self.octocrab.send(request).await.map_err(|error| lost(&error))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, LONGEST).collect().await;
            let body = body.map_err(|error| Lost { why: printable(&error.to_string()), unsent: false })?;
            let body = body.to_bytes().to_vec();
            Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
        })
    }

    /// Waits on a thread of its own: the callers are synchronous, and some are called by what waits already.
    pub(super) fn wait<R: Send>(&self, what: &str, work: impl Future<Output = R> + Send) -> Result<R, Error> {
        let stopped = || Error::Unreachable { what: what.to_owned(), why: "what waits for it stopped".to_owned() };
        let runtime = self.runtime.as_ref().ok_or_else(stopped)?;
        std::thread::scope(|scope| scope.spawn(|| runtime.block_on(work)).join()).map_err(|_| stopped())
    }

    /// Waits, as long as this pace does between looks at something that is still being worked out.
    pub(super) fn rest(&self, round: u32) {
        let usual = self.pace.pauses.first().copied().unwrap_or(Duration::from_secs(1));
        (self.pace.sleep)(usual.saturating_mul(2_u32.saturating_pow(round.min(4))));
    }
}

impl<'a> Ask<'a> {
    /// A read.
    pub(super) fn get(url: Url, what: &'a str) -> Self {
        Self { method: Method::GET, url, what, body: Body::Nothing, accept: JSON, known: None, again: true }
    }
}
