//! Chart repositories over HTTP, and charts from other people's registries: what dependencies come from.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use oci_client::secrets::RegistryAuth;
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Url, redirect};

use super::destination::is_loopback;
use super::failure::{Refusal, network};
use super::retry::{Again, Failed, Pace, retry};
use super::{Destination, Error, credentials};

/// No index is longer, in bytes: fifteen thousand versions make 14 MB.
const LONGEST_INDEX: usize = 128 * 1024 * 1024;
/// No package is longer, in bytes; Helm reads no more than 100 MiB of content.
const LONGEST_PACKAGE: usize = 256 * 1024 * 1024;
/// How many redirects are followed, as many as curl and Go's client do at least.
const REDIRECTS: usize = 10;
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(60);
const AGENT: &str = concat!("git-lineage/", env!("CARGO_PKG_VERSION"));

/// The `index.yaml` of a chart repository: its address as it came to be asked, and its bytes.
///
/// # Errors
/// The address is no repository's, or what lies there cannot be had.
pub async fn index(repository: &str) -> Result<(String, Vec<u8>), Error> {
    let mut url = address(repository)?;
    let path = format!("{}/index.yaml", url.path().trim_end_matches('/'));
    url.set_path(&path);
    let bytes = get(&url, &url, LONGEST_INDEX).await?;
    Ok((shown(&url), bytes))
}

/// The package that an index of `repository` lists at `reference`, which may be relative.
///
/// # Errors
/// As [`index`].
pub async fn package(repository: &str, reference: &str) -> Result<Vec<u8>, Error> {
    let base = address(repository)?;
    let mut directory = base.clone();
    directory.set_path(&format!("{}/", base.path().trim_end_matches('/')));
    let unreadable = |e| Error::Protocol(shown(&base), format!("its index lists {reference:?}: {e}"));
    let joined = directory.join(reference).map_err(unreadable)?;
    // What an index lists is the repository's doing, not the chart's.
    let name = || Error::Protocol(shown(&base), format!("its index lists {}", without_password(reference)));
    let url = address(joined.as_str()).map_err(|_| name())?;
    get(&base, &url, LONGEST_PACKAGE).await
}

/// The package of a chart's version below `oci://host/path`; none where there is no such tag.
///
/// # Errors
/// The registry cannot be reached, refuses, or answers with something else.
pub async fn pull(repository: &str, name: &str, version: &str) -> Result<Option<Vec<u8>>, Error> {
    // A layout on disk is a place for publishing; what others depend on has an address.
    let not = || Error::Repository(repository.to_owned(), "it must start with `oci://`".to_owned());
    let Ok(destination @ Destination::Registry { .. }) = Destination::parse(repository, std::path::Path::new(""))
    else {
        return Err(not());
    };
    match destination.resolve(name, &version.replace('+', "_")).await? {
        Some(digest) => destination.pull(name, digest).await.map(Some),
        None => Ok(None),
    }
}

/// An address that may be asked: HTTPS, or plain HTTP on this machine.
fn address(text: &str) -> Result<Url, Error> {
    let not = |why: &str| Error::Repository(without_password(text), why.to_owned());
    let url = Url::parse(text).map_err(|e| not(&e.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(not("credentials do not belong in an address"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local(&url) => Ok(url),
        "http" => Err(not("plain HTTP is for this machine alone")),
        _ => Err(not("a chart repository has an `https` or `oci` address")),
    }
}

fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}

/// `user:password@` does not belong into a message either.
fn without_password(text: &str) -> String {
    match text.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://{rest}"),
        None => text.to_owned(),
    }
}

/// An address for people: a query may carry a token.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

/// Reads an address whole; credentials for the repository go to its own host and port alone.
async fn get(repository: &Url, url: &Url, longest: usize) -> Result<Vec<u8>, Error> {
    let pace = Pace::towards(&host(repository));
    retry(&pace, async || {
        let mut at = url.clone();
        for _ in 0..=REDIRECTS {
            match exchange(repository, &at, longest).await? {
                Answer::Body(bytes) => return Ok(bytes),
                Answer::Elsewhere(to) => at = to,
            }
        }
        let why = format!("more than {REDIRECTS} redirects");
        Err(Failed { error: Error::Protocol(shown(url), why), again: Again::Never })
    })
    .await
}

enum Answer {
    Body(Vec<u8>),
    Elsewhere(Url),
}

async fn exchange(repository: &Url, url: &Url, longest: usize) -> Result<Answer, Failed> {
    let name = shown(url);
    let never = |why: String| Failed { error: Error::Protocol(name.clone(), why), again: Again::Never };
    let builder = Client::builder().user_agent(AGENT).connect_timeout(CONNECT).read_timeout(SILENCE);
    // Redirects are followed here, so that each of them is looked at.
    let builder = builder.redirect(redirect::Policy::none());
    let builder = if is_local(url) { builder.no_proxy() } else { builder.https_only(true) };
    let client = builder.build().map_err(|e| network(&name, "setting up", e))?;
    let mut request = client.get(url.clone());
    let own = url.origin() == repository.origin();
    if let (true, RegistryAuth::Basic(user, password)) = (own, credentials::find(&host(repository))) {
        let text = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let mut value =
            HeaderValue::from_str(&text).map_err(|_| never("its credentials are no text".to_owned()))?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let mut response = request.send().await.map_err(|e| network(&name, "GET", e))?;
    let status = response.status();
    if status.is_redirection() {
        let to = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let to = to.ok_or_else(|| never(format!("it answered {status} and does not say where to go")))?;
        let to = url.join(to).map_err(|e| never(format!("it redirects to {to:?}: {e}")))?;
        let to = address(to.as_str()).map_err(|_| never(format!("it redirects to {}", shown(&to))))?;
        if is_local(&to) && !is_local(url) {
            return Err(never("it redirects to this machine".to_owned()));
        }
        return Ok(Answer::Elsewhere(to));
    }
    let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let said = response.content_length();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| network(&name, "GET", e))? {
        if body.len().saturating_add(chunk.len()) > longest {
            return Err(never(format!("it is longer than {longest} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    if !status.is_success() {
        let refusal = Refusal::new(&name, "GET", status.as_u16(), &body, after.as_deref());
        return Err(Failed { again: refusal.again(), error: refusal.into_error() });
    }
    if said.is_some_and(|said| said != body.len() as u64) {
        return Err(Failed { error: Error::Unreachable(name, "it was cut short".to_owned()), again: Again::Soon });
    }
    Ok(Answer::Body(body))
}

/// `host` or `host:port`, as credentials are kept by.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::super::remote_tests::{push, wait};
    use super::super::stub::{Fault, Stub};
    use super::*;

    #[test]
    fn a_registry_gives_the_package_of_a_version() {
        let stub = Stub::start();
        push(&stub).unwrap();
        let repository = format!("oci://{}/charts", stub.host);
        let get = |name: &str, version: &str| wait(pull(&repository, name, version));
        assert_eq!(get("app", "1.0.0").unwrap().as_deref(), Some(b"the package".as_slice()));
        assert_eq!(get("app", "1.0.1").unwrap(), None);
        // A tag cannot hold a plus, and Helm writes `_` for it.
        stub.with(|state| {
            let manifest = state.manifests.get("1.0.0").cloned().unwrap();
            state.manifests.insert("1.0.0_b5".to_owned(), manifest);
        });
        assert!(get("app", "1.0.0+b5").unwrap().is_some());
        stub.fail("GET", "/blobs/", 1, Fault::Body("other bytes"));
        assert!(matches!(get("app", "1.0.0"), Err(Error::Protocol(..))));
        stub.fail("HEAD", "/manifests/", 9, Fault::Answer(503, "", ""));
        assert!(matches!(get("app", "1.0.0"), Err(Error::Unreachable(..))));
        for other in ["oci-layout:/tmp", "https://charts.example", "oci://"] {
            assert!(wait(pull(other, "app", "1.0.0")).is_err(), "{other}");
        }
    }

    #[test]
    fn an_address_is_https_or_of_this_machine() {
        for text in ["https://charts.example/x", "http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:80/x"]
        {
            assert!(address(text).is_ok(), "{text}");
        }
        for text in ["http://charts.example/x", "ftp://127.0.0.1/x", "x", "", "https://", "file:///etc/passwd"] {
            assert!(address(text).is_err(), "{text}");
        }
        let refusal = address("https://ada:secret@charts.example/x").expect_err("credentials").to_string();
        assert!(!refusal.contains("secret"), "{refusal}");
    }
}
