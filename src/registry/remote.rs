//! One repository of a registry, over HTTP.
//!
//! [Distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md).

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use oci_client::RegistryOperation;
use oci_client::secrets::RegistryAuth;
use reqwest::header::{HeaderName, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};

use super::artifact::{self, MANIFEST};
use super::destination::{is_repository, is_tag, repository};
use super::exchange::{Answer, Call, Line};
use super::failure::Refusal;
use super::login::{Ticket, login};
use super::retry::{Again, Failed, Pace, retry};
use super::upload::Blob;
use super::{ChartArtifact, Error, credentials};
use crate::model::{Event, Sha256};

/// No package is longer, in bytes; Helm reads no more than 100 MiB of content.
const LONGEST_LAYER: u64 = 256 * 1024 * 1024;

/// The header in which registries say what digest something has.
pub(super) const DIGEST: &str = "docker-content-digest";

/// A repository, logged in to.
pub(super) struct Remote {
    /// `oci://host/repository`: what errors name.
    pub(super) name: String,
    pub(super) repository: String,
    pub(super) line: Line,
    operation: RegistryOperation,
    auth: RegistryAuth,
    /// Exchanged when a token ends before the work does.
    ticket: Mutex<Ticket>,
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

    /// Comes as a stranger would: without credentials.
    pub(super) async fn anonymous(host: &str, path: &str, chart: &str) -> Result<Self, Error> {
        let (pull, nobody) = (RegistryOperation::Pull, RegistryAuth::Anonymous);
        Self::with(host, path, chart, pull, &nobody, Pace::towards(host)).await
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
        let line = Line::new(&name, host, pace)?;
        let ticket = retry(&line.pace, async || login(&line, &repository, &operation, auth).await).await?;
        Ok(Self { name, repository, line, operation, auth: auth.clone(), ticket: Mutex::new(ticket) })
    }

    /// The digest a tag has now.
    pub(super) async fn resolve(&self, tag: &str) -> Result<Option<Sha256>, Error> {
        self.check_tag(tag)?;
        let path = self.path("manifests", tag);
        let answer = self.ask(Method::HEAD, &path, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => {}
            _ => return Err(self.refusal(&answer, &format!("HEAD {path}")).into_error()),
        }
        if let Some(digest) = answer.header(DIGEST) {
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
        // Three questions at once, and both blobs at once: a small chart's push is round trips and hardly a byte. No
        // byte is sent before all of them are answered.
        let (package, metadata) = (Blob::of(chart.layer), Blob::of(chart.config));
        let (holds, has_package, has_metadata) =
            tokio::join!(self.holds(chart.tag, wanted), self.has_blob(&package), self.has_blob(&metadata));
        if holds? {
            return Ok(());
        }
        let on = RefCell::new(on);
        let send = async |what: &str, blob: &Blob<'_>, there: bool| {
            let (what, total) = (format!("{} {what}", chart.chart), blob.bytes.len() as u64);
            let mut tell = |done| (on.borrow_mut())(Event::Bytes { what: what.clone(), done, total });
            self.send_blob(blob, there, &mut tell).await
        };
        let (package, metadata) =
            tokio::join!(send("package", &package, has_package?), send("metadata", &metadata, has_metadata?));
        package.and(metadata)?;
        // Somebody may have been faster while the package was on its way.
        if self.holds(chart.tag, wanted).await? {
            return Ok(());
        }
        self.tag(chart.tag, chart.manifest).await?;
        if self.holds(chart.tag, wanted).await? {
            return Ok(());
        }
        let why = "it took the manifest and does not have it".to_owned();
        Err(Error::Protocol(self.tagged(chart.tag), why))
    }

    /// Whether a tag names this manifest; another is `Different`.
    async fn holds(&self, tag: &str, wanted: Sha256) -> Result<bool, Error> {
        match self.resolve(tag).await? {
            None => Ok(false),
            Some(found) if found == wanted => Ok(true),
            Some(found) => Err(self.different(tag, found, wanted)),
        }
    }

    /// Puts a manifest at a tag that does not exist yet.
    async fn tag(&self, tag: &str, manifest: &[u8]) -> Result<(), Error> {
        // Registries that know the condition refuse a write over somebody else's; looking again afterwards, as
        // is done with all of them, tells it apart from our own.
        let call = Call::new(Method::PUT, self.line.at(&self.path("manifests", tag)));
        let call = call.with(IF_NONE_MATCH, "*").sending(MANIFEST, manifest);
        let answer = self.exchange(&call).await?;
        if answer.status == StatusCode::PRECONDITION_FAILED {
            return Ok(());
        }
        let wanted = Sha256::of(manifest);
        if !answer.status.is_success() {
            return Err(self.refusal(&answer, "pushing the manifest").named(&self.tagged(tag)).into_error());
        }
        match answer.header(DIGEST).and_then(artifact::parse_digest) {
            Some(found) if found != wanted => {
                Err(Error::Protocol(self.tagged(tag), format!("it says that it took sha256:{found}")))
            }
            _ => Ok(()),
        }
    }

    /// Pushes an artifact, whatever its tag was before.
    pub(super) async fn replace(&self, artifact: &ChartArtifact<'_>) -> Result<(), Error> {
        self.check_tag(artifact.tag)?;
        for bytes in [artifact.layer, artifact.config] {
            self.push_blob(bytes, &mut |_| ()).await?;
        }
        self.put_manifest(artifact.tag, artifact.manifest).await
    }

    /// Pushes a manifest by its digest.
    pub(super) async fn push_by_digest(&self, manifest: &[u8]) -> Result<(), Error> {
        self.put_manifest(&format!("sha256:{}", Sha256::of(manifest)), manifest).await
    }

    async fn put_manifest(&self, reference: &str, manifest: &[u8]) -> Result<(), Error> {
        let path = self.path("manifests", reference);
        let answer = self.put(&path, MANIFEST, manifest, &[]).await?;
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
        self.blob(layer, size, LONGEST_LAYER).await
    }

    /// A blob by its digest, which its bytes have, of the size that a manifest says.
    pub(super) async fn blob(&self, digest: Sha256, size: u64, longest: u64) -> Result<Vec<u8>, Error> {
        let name = format!("{}, blob sha256:{digest}", self.name);
        if size > longest {
            return Err(Error::Protocol(name, format!("it is said to be {size} bytes long")));
        }
        let path = self.path("blobs", &format!("sha256:{digest}"));
        let mut call = Call::new(Method::GET, self.line.at(&path));
        call.longest = size;
        let answer = self.exchange(&call).await?;
        self.digested(answer, digest, &name, &path)
    }

    /// A manifest by its digest, which its bytes have.
    pub(super) async fn manifest(&self, digest: Sha256) -> Result<Vec<u8>, Error> {
        let path = self.path("manifests", &format!("sha256:{digest}"));
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
        let call = Call::new(method, self.line.at(path));
        let with = |call: Call<'static>, (name, value): &(HeaderName, &str)| call.with(name.clone(), *value);
        self.exchange(&headers.iter().fold(call, with)).await
    }

    /// Reads an address of the registry's.
    pub(super) async fn read(&self, at: reqwest::Url) -> Result<Answer, Error> {
        self.exchange(&Call::new(Method::GET, at)).await
    }

    /// Writes a manifest or an index at a tag, whatever is there.
    pub(super) async fn put(
        &self,
        path: &str,
        media_type: &'static str,
        bytes: &[u8],
        headers: &[(HeaderName, &str)],
    ) -> Result<Answer, Error> {
        let call = Call::new(Method::PUT, self.line.at(path)).sending(media_type, bytes);
        let call = headers.iter().fold(call, |call, (name, value)| call.with(name.clone(), *value));
        self.exchange(&call).await
    }

    /// One exchange, tried again while the registry is unwell. Any other status is an answer.
    async fn exchange(&self, call: &Call<'_>) -> Result<Answer, Error> {
        retry(&self.line.pace, async || self.attempt(call).await).await
    }

    /// One try of an exchange, with a new token where the old one has ended. Trouble of the registry's own, which
    /// another try may cure, is a failure; any other status is an answer.
    pub(super) async fn attempt(&self, call: &Call<'_>) -> Result<Answer, Failed> {
        let ticket = self.ticket();
        let mut answer = self.line.send(call, ticket.credentials.as_ref()).await?;
        if answer.status == StatusCode::UNAUTHORIZED && ticket.expires {
            let ticket = login(&self.line, &self.repository, &self.operation, &self.auth).await?;
            *self.ticket.lock().unwrap_or_else(PoisonError::into_inner) = ticket.clone();
            answer = self.line.send(call, ticket.credentials.as_ref()).await?;
        }
        let refusal = self.refusal(&answer, &call.what());
        match refusal.again() {
            Again::Never => Ok(answer),
            again => Err(Failed { again, error: refusal.into_error() }),
        }
    }

    fn ticket(&self) -> Ticket {
        self.ticket.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What an answer means if it is not what was hoped for.
    pub(super) fn refusal(&self, answer: &Answer, what: &str) -> Refusal {
        self.line.refusal(answer, what)
    }

    /// `/v2/<repository>/<kind>/<name>`.
    pub(super) fn path(&self, kind: &str, name: &str) -> String {
        format!("/v2/{}/{kind}/{name}", self.repository)
    }

    pub(super) fn check_tag(&self, tag: &str) -> Result<(), Error> {
        if is_tag(tag) {
            return Ok(());
        }
        Err(Error::Destination(self.tagged(tag), "a registry takes no such tag".to_owned()))
    }

    pub(super) fn tagged(&self, tag: &str) -> String {
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
