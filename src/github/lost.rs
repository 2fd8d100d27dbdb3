//! Requests without an answer, and what lies on other hosts than GitHub's own.

use reqwest::Url;

use super::answer::printable;
use super::{Error, GitHub};

/// No answer came.
pub(super) struct Lost {
    pub(super) why: String,
    /// Whether the request never left.
    pub(super) unsent: bool,
}

impl GitHub {
    /// Fetches from a host that is not GitHub's own API, without any credential.
    pub(super) fn fetch(&self, url: &str, what: &str, longest: usize) -> Result<Vec<u8>, Error> {
        let protocol = |why: &str| Error::Protocol { what: what.to_owned(), why: why.to_owned() };
        let url = Url::parse(url).map_err(|_| protocol("its address is none"))?;
        let here = self.address.is_loopback() && super::address::is_loopback(&url);
        if url.scheme() != "https" && !here {
            return Err(protocol("its address is not https"));
        }
        let mut pauses = self.pace.pauses.iter();
        loop {
            let fetched = self.wait(what, async {
                let mut response = self.http.get(url.clone()).send().await.map_err(|error| told(&error))?;
                let status = response.status().as_u16();
                let mut body = Vec::new();
                while let Some(chunk) = response.chunk().await.map_err(|error| told(&error))? {
                    body.extend_from_slice(&chunk);
                    if body.len() > longest {
                        return Ok((status, None));
                    }
                }
                Ok::<_, String>((status, Some(body)))
            })?;
            let why = match fetched {
                Ok((200, Some(body))) => return Ok(body),
                Ok((200, None)) => return Err(protocol("it is too long")),
                Ok((status @ (300..=499), _)) => return Err(protocol(&format!("status {status}"))),
                Ok((status, _)) => format!("status {status}"),
                Err(why) => why,
            };
            match pauses.next() {
                Some(pause) => (self.pace.sleep)(*pause),
                None => return Err(Error::Unreachable { what: what.to_owned(), why }),
            }
        }
    }
}

/// What became of a request without an answer.
pub(super) fn lost(error: &octocrab::Error) -> Lost {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut unsent = false;
    let mut why = String::new();
    while let Some(cause) = source {
        if let Some(request) = cause.downcast_ref::<reqwest::Error>() {
            unsent = request.is_connect() || request.is_builder();
            why = told(request);
        }
        source = cause.source();
    }
    if why.is_empty() {
        why = printable(&error.to_string());
    }
    Lost { why, unsent }
}

/// A failed request in words, without its address: that may have a signature in it.
fn told(error: &reqwest::Error) -> String {
    let mut why = String::new();
    let mut source: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(cause) = source {
        why = cause.to_string();
        source = cause.source();
    }
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    if why.is_empty() { "the connection broke".to_owned() } else { printable(&why) }
}
