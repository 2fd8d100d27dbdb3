//! One repository of a registry, over HTTP.
//!
//! `oci-client` logs in, pushes blobs, and pushes manifests by tag. What it has no call for, or panics at
//! (a manifest by digest where `Location` is missing), goes through the HTTP client below it.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};

use super::artifact::{self, INDEX, MANIFEST};
use super::destination::{is_loopback, is_repository, is_tag, repository};
use super::failure::{Refusal, failed, network};
use super::retry::{Again, Failed, Pace, retry};
use super::{ChartArtifact, Error, credentials};
use crate::model::{Event, Sha256};

/// No manifest or index is longer, in bytes: the limit registries themselves keep.
const LONGEST_MANIFEST: u64 = 4 * 1024 * 1024;
/// No package is longer, in bytes; Helm reads no more than 100 MiB of content.
const LONGEST_LAYER: u64 = 256 * 1024 * 1024;

const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(60);
const AGENT: &str = concat!("git-lineage/", env!("CARGO_PKG_VERSION"));

/// A repository, logged in to.
pub(super) struct Remote {
    /// `oci://host/repository`: what errors name.
    pub(super) name: String,
    host: String,
    pub(super) repository: String,
    client: Client,
    http: reqwest::Client,
    authorization: Option<HeaderValue>,
    pace: Pace,
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Remote {
    /// Logs in to a chart's repository with the credentials that Docker or Helm keep.
    pub(super) async fn connect(
        host: &str,
        path: &str,
        chart: &str,
        operation: RegistryOperation,
    ) -> Result<Self, Error> {
        Self::with(host, path, chart, operation, &credentials::find(host), Pace::towards(host)).await
    }

    /// Logs in with these credentials, at this pace.
    pub(super) async fn with(
        host: &str,
        path: &str,
        chart: &str,
        operation: RegistryOperation,
        auth: &RegistryAuth,
        pace: Pace,
    ) -> Result<Self, Error> {
        let repository = repository(path, chart);
        let name = format!("oci://{host}/{repository}");
        if !is_repository(&repository) {
            return Err(Error::Destination(name, "a registry takes no such repository name".to_owned()));
        }
        let reference = Reference::with_tag(host.to_owned(), repository.clone(), "latest".to_owned());
        let gate = oci(&name, host)?;
        let token = retry(&pace, async || {
            gate.auth(&reference, auth, operation).await.map_err(|e| failed(&name, "logging in", e))
        })
        .await?;
        let authorization = match (&token, auth) {
            (Some(token), _) => Some(format!("Bearer {token}")),
            (None, RegistryAuth::Basic(user, password)) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            (None, _) => None,
        };
        let authorization = authorization
            .map(|text| {
                // Looked at here, because oci-client panics at a token that is no header's value.
                let mut value = HeaderValue::from_str(&text)
                    .map_err(|_| Error::Protocol(name.clone(), "its token is not text".to_owned()))?;
                value.set_sensitive(true);
                Ok(value)
            })
            .transpose()?;
        let client = match token {
            Some(token) => {
                // A client of its own, which keeps this token and asks for no other.
                let client = oci(&name, host)?;
                client.store_auth_if_needed(reference.resolve_registry(), &RegistryAuth::Bearer(token)).await;
                client
            }
            None => gate,
        };
        let http = http(&name, host)?;
        Ok(Self { name, host: host.to_owned(), repository, client, http, authorization, pace })
    }

    fn reference(&self, tag: &str) -> Reference {
        Reference::with_tag(self.host.clone(), self.repository.clone(), tag.to_owned())
    }

    /// The digest a tag has now.
    pub(super) async fn resolve(&self, tag: &str) -> Result<Option<Sha256>, Error> {
        self.check_tag(tag)?;
        let path = format!("/v2/{}/manifests/{tag}", self.repository);
        let answer = self.ask(Method::HEAD, &path, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => {}
            _ => return Err(self.refusal(&answer, &format!("HEAD {path}")).into_error()),
        }
        if let Some(digest) = answer.header("docker-content-digest") {
            let unreadable = || Error::Protocol(self.tagged(tag), format!("its digest {digest:?} is no sha256"));
            return artifact::parse_digest(digest).map(Some).ok_or_else(unreadable);
        }
        let answer = self.ask(Method::GET, &path, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::OK => Ok(Some(Sha256::of(&answer.body))),
            _ => Err(self.refusal(&answer, &format!("GET {path}")).into_error()),
        }
    }

    /// Pushes a chart, and looks whether the tag then says what was pushed.
    pub(super) async fn push(&self, chart: &ChartArtifact<'_>, on: &mut dyn FnMut(Event)) -> Result<(), Error> {
        let wanted = Sha256::of(chart.manifest);
        match self.resolve(chart.tag).await? {
            Some(found) if found == wanted => return Ok(()),
            Some(found) => return Err(self.different(chart.tag, found, wanted)),
            None => {}
        }
        for (what, bytes) in [("package", chart.layer), ("metadata", chart.config)] {
            let total = bytes.len() as u64;
            on(Event::Bytes { what: format!("{} {what}", chart.chart), done: 0, total });
            self.push_blob(bytes).await?;
            on(Event::Bytes { what: format!("{} {what}", chart.chart), done: total, total });
        }
        let reference = self.reference(chart.tag);
        retry(&self.pace, async || {
            self.client
                .push_manifest_raw(&reference, chart.manifest.to_vec(), HeaderValue::from_static(MANIFEST))
                .await
                .map_err(|e| failed(&self.tagged(chart.tag), "pushing the manifest", e))
        })
        .await?;
        match self.resolve(chart.tag).await? {
            Some(found) if found == wanted => Ok(()),
            Some(found) => Err(self.different(chart.tag, found, wanted)),
            None => Err(Error::Protocol(
                self.tagged(chart.tag),
                "it took the manifest and does not have it".to_owned(),
            )),
        }
    }

    /// Pushes a blob that is not there yet.
    pub(super) async fn push_blob(&self, bytes: &[u8]) -> Result<(), Error> {
        let digest = format!("sha256:{}", Sha256::of(bytes));
        let reference = self.reference("latest");
        let what = format!("pushing the blob {digest}");
        retry(&self.pace, async || {
            let there = self.client.blob_exists(&reference, &digest).await;
            if !there.map_err(|e| failed(&self.name, &what, e))? {
                let pushed = self.client.push_blob(&reference, bytes.to_vec(), &digest).await;
                pushed.map_err(|e| failed(&self.name, &what, e))?;
            }
            Ok(())
        })
        .await
    }

    /// Pushes a manifest by its digest.
    pub(super) async fn push_by_digest(&self, manifest: &[u8]) -> Result<(), Error> {
        let path = format!("/v2/{}/manifests/sha256:{}", self.repository, Sha256::of(manifest));
        let body = Some((MANIFEST, manifest));
        let answer = self.exchange(Method::PUT, &path, &[], body, LONGEST_MANIFEST).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(self.refusal(&answer, &format!("PUT {path}")).into_error())
    }

    /// Pulls the chart layer of a manifest.
    pub(super) async fn pull(&self, digest: Sha256) -> Result<Vec<u8>, Error> {
        let manifest = self.manifest(digest).await?;
        let (layer, size) = artifact::chart_layer(&manifest)
            .map_err(|why| Error::Protocol(format!("{}@sha256:{digest}", self.name), why))?;
        let name = format!("{}, blob sha256:{layer}", self.name);
        if size > LONGEST_LAYER {
            return Err(Error::Protocol(name, format!("it is said to be {size} bytes long")));
        }
        let path = format!("/v2/{}/blobs/sha256:{layer}", self.repository);
        let answer = self.exchange(Method::GET, &path, &[], None, size).await?;
        self.digested(answer, layer, &name, &path)
    }

    /// A manifest by its digest, which its bytes have.
    pub(super) async fn manifest(&self, digest: Sha256) -> Result<Vec<u8>, Error> {
        let path = format!("/v2/{}/manifests/sha256:{digest}", self.repository);
        let answer = self.ask(Method::GET, &path, &[]).await?;
        self.digested(answer, digest, &format!("{}@sha256:{digest}", self.name), &path)
    }

    fn digested(&self, answer: Answer, wanted: Sha256, name: &str, path: &str) -> Result<Vec<u8>, Error> {
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(Error::Protocol(name.to_owned(), "it does not exist".to_owned())),
            _ => return Err(self.refusal(&answer, &format!("GET {path}")).into_error()),
        }
        let found = Sha256::of(&answer.body);
        if found == wanted {
            return Ok(answer.body);
        }
        Err(Error::Protocol(name.to_owned(), format!("what came is sha256:{found}")))
    }

    /// Asks for a manifest or an index.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
    ) -> Result<Answer, Error> {
        self.exchange(method, path, headers, None, LONGEST_MANIFEST).await
    }

    /// Writes an index at a tag.
    pub(super) async fn put_index(
        &self,
        path: &str,
        headers: &[(HeaderName, &str)],
        index: &[u8],
    ) -> Result<Answer, Error> {
        self.exchange(Method::PUT, path, headers, Some((INDEX, index)), LONGEST_MANIFEST).await
    }

    /// One exchange, tried again while the registry is unwell. Any other status is an answer.
    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: Option<(&'static str, &[u8])>,
        longest: u64,
    ) -> Result<Answer, Error> {
        retry(&self.pace, async || {
            let answer = self.send(method.clone(), path, headers, body, longest).await?;
            let refusal = self.refusal(&answer, &format!("{method} {path}"));
            match refusal.again() {
                Again::Never => Ok(answer),
                again => Err(Failed { again, error: refusal.into_error() }),
            }
        })
        .await
    }

    /// One exchange. Any status is an answer.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: Option<(&'static str, &[u8])>,
        longest: u64,
    ) -> Result<Answer, Failed> {
        let what = format!("{method} {path}");
        let scheme = if is_loopback(&self.host) { "http" } else { "https" };
        let reference = self.reference("latest");
        let url = format!("{scheme}://{}{path}", reference.resolve_registry());
        let mut request = self.http.request(method, url).header(ACCEPT, MANIFEST).header(ACCEPT, INDEX);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        if let Some((media_type, bytes)) = body {
            request = request.header(CONTENT_TYPE, media_type).body(bytes.to_vec());
        }
        let mut response = request.send().await.map_err(|e| network(&self.name, &what, e))?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| network(&self.name, &what, e))? {
            if body.len() as u64 + chunk.len() as u64 > longest {
                let why = format!("the answer to {what} is longer than {longest} bytes");
                return Err(Failed { error: Error::Protocol(self.name.clone(), why), again: Again::Never });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    /// What an answer means if it is not what was hoped for.
    pub(super) fn refusal(&self, answer: &Answer, what: &str) -> Refusal {
        let after = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Refusal::new(&self.name, what, answer.status.as_u16(), &answer.body, after)
    }

    fn check_tag(&self, tag: &str) -> Result<(), Error> {
        if is_tag(tag) {
            return Ok(());
        }
        Err(Error::Destination(self.tagged(tag), "a registry takes no such tag".to_owned()))
    }

    fn tagged(&self, tag: &str) -> String {
        format!("{}:{tag}", self.name)
    }

    fn different(&self, tag: &str, found: Sha256, wanted: Sha256) -> Error {
        Error::Different {
            reference: self.tagged(tag),
            found: format!("sha256:{found}"),
            wanted: format!("sha256:{wanted}"),
        }
    }
}

/// The OCI client for a host. On this machine no proxy comes between: one is set, so that none is taken
/// from the environment, and excepted for every address of this machine.
fn oci(name: &str, host: &str) -> Result<Client, Error> {
    let local = is_loopback(host);
    let config = ClientConfig {
        protocol: if local { ClientProtocol::Http } else { ClientProtocol::Https },
        read_timeout: Some(SILENCE),
        connect_timeout: Some(CONNECT),
        user_agent: AGENT,
        http_proxy: local.then(|| "http://127.0.0.1:9".to_owned()),
        no_proxy: local.then(|| "localhost,127.0.0.0/8,::1".to_owned()),
        ..ClientConfig::default()
    };
    Client::try_from(config).map_err(|e| failed(name, "setting up", e).error)
}

fn http(name: &str, host: &str) -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder().user_agent(AGENT).connect_timeout(CONNECT).read_timeout(SILENCE);
    let builder = if is_loopback(host) { builder.no_proxy() } else { builder.https_only(true) };
    builder.build().map_err(|e| network(name, "setting up", e).error)
}
