//! Sending blobs: in one piece where they are small, otherwise in pieces, from where the registry left off.
//!
//! [Distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs),
//! "Pushing Blobs". The registry names the place to send to, which may be another host's; credentials do not go
//! there.

use reqwest::header::{CONTENT_RANGE, LOCATION, RANGE};
use reqwest::{Method, StatusCode, Url};

use super::Error;
use super::exchange::{Answer, Call};
use super::remote::Remote;
use super::retry::{Again, Failed, retry};
use crate::model::Sha256;

/// How often one upload is taken up again where it broke off, before it begins anew.
const RESUMED: usize = 3;

/// An upload under way: where its next piece goes, and how much of it the registry has.
struct Session {
    place: Url,
    sent: usize,
}

/// How sending a piece ended, where it did not work.
enum Broken {
    /// The registry takes no pieces.
    Pieces,
    Failed(Failed),
}

/// Bytes with their digest.
pub(super) struct Blob<'a> {
    pub(super) bytes: &'a [u8],
    digest: Sha256,
}

impl<'a> Blob<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, digest: Sha256::of(bytes) }
    }
}

impl Remote {
    /// Pushes a blob that is not there yet. `on` is told how many of its bytes the registry has.
    pub(super) async fn push_blob(&self, bytes: &[u8], on: &mut dyn FnMut(u64)) -> Result<(), Error> {
        let blob = Blob::of(bytes);
        let there = self.has_blob(&blob).await?;
        self.send_blob(&blob, there, on).await
    }

    /// Whether the registry has a blob.
    pub(super) async fn has_blob(&self, blob: &Blob<'_>) -> Result<bool, Error> {
        retry(&self.line.pace, async || self.has(blob.digest).await).await
    }

    /// Sends a blob, unless it is `there`, as was just asked. `on` is told how many of its bytes the registry has.
    pub(super) async fn send_blob(
        &self,
        blob: &Blob<'_>,
        there: bool,
        on: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        on(0);
        let mut tried = false;
        if !there {
            retry(&self.line.pace, async || {
                // The answer to a try that failed may have been what was lost.
                if std::mem::replace(&mut tried, true) && self.has(blob.digest).await? {
                    return Ok(());
                }
                self.upload(blob.bytes, blob.digest, on).await
            })
            .await?;
        }
        on(blob.bytes.len() as u64);
        Ok(())
    }

    async fn has(&self, digest: Sha256) -> Result<bool, Failed> {
        let call = Call::new(Method::HEAD, self.line.at(&self.path("blobs", &format!("sha256:{digest}"))));
        let answer = self.attempt(&call).await?;
        match answer.status {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self.no(&answer, digest)),
        }
    }

    async fn upload(&self, bytes: &[u8], digest: Sha256, on: &mut dyn FnMut(u64)) -> Result<(), Failed> {
        let mut session = self.begin(digest).await?;
        if bytes.len() > self.line.pace.piece {
            match self.pieces(&mut session, bytes, digest, on).await {
                Ok(()) => {}
                Err(Broken::Failed(failed)) => return Err(failed),
                // Not every registry does as the specification says; all of them take a blob whole.
                Err(Broken::Pieces) => session = self.begin(digest).await?,
            }
        }
        let rest = bytes.get(session.sent..).unwrap_or_default();
        let mut place = session.place;
        place.query_pairs_mut().append_pair("digest", &format!("sha256:{digest}"));
        let answer = self.attempt(&piece(Method::PUT, place, rest)).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.no(&answer, digest)) }
    }

    async fn begin(&self, digest: Sha256) -> Result<Session, Failed> {
        let call = Call::new(Method::POST, self.line.at(&self.path("blobs", "uploads/")));
        // Registries want to be told that there is nothing.
        let answer = self.attempt(&call.with(reqwest::header::CONTENT_LENGTH, "0")).await?;
        if answer.status != StatusCode::ACCEPTED {
            return Err(self.no(&answer, digest));
        }
        Ok(Session { place: self.next(&answer, digest)?, sent: 0 })
    }

    /// Sends every piece; what is left afterwards is nothing.
    async fn pieces(
        &self,
        session: &mut Session,
        bytes: &[u8],
        digest: Sha256,
        on: &mut dyn FnMut(u64),
    ) -> Result<(), Broken> {
        let mut resumed = 0;
        while session.sent < bytes.len() {
            match self.piece(session, bytes, digest).await {
                Ok(()) => {}
                Err(Broken::Failed(failed)) if failed.again != Again::Never && resumed < RESUMED => {
                    self.line.pace.wait(resumed, failed.again).await;
                    resumed += 1;
                    self.take_up(session, bytes.len(), digest).await.map_err(Broken::Failed)?;
                }
                Err(broken) => return Err(broken),
            }
            on(session.sent as u64);
        }
        Ok(())
    }

    async fn piece(&self, session: &mut Session, bytes: &[u8], digest: Sha256) -> Result<(), Broken> {
        let end = bytes.len().min(session.sent.saturating_add(self.line.pace.piece.max(1)));
        let part = bytes.get(session.sent..end).unwrap_or_default();
        let range = format!("{}-{}", session.sent, end.saturating_sub(1));
        let call = piece(Method::PATCH, session.place.clone(), part).with(CONTENT_RANGE, range);
        let answer = self.attempt(&call).await.map_err(Broken::Failed)?;
        match answer.status {
            StatusCode::ACCEPTED | StatusCode::CREATED | StatusCode::NO_CONTENT => {
                session.place = self.next(&answer, digest).map_err(Broken::Failed)?;
                session.sent = end;
                Ok(())
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Broken::Failed(self.no(&answer, digest))),
            _ => Err(Broken::Pieces),
        }
    }

    /// Asks how far an upload has come that broke off.
    async fn take_up(&self, session: &mut Session, length: usize, digest: Sha256) -> Result<(), Failed> {
        let answer = self.attempt(&Call::new(Method::GET, session.place.clone())).await?;
        let end = answer.header(RANGE.as_str()).and_then(|range| range.rsplit('-').next()?.parse::<usize>().ok());
        match (answer.status, end) {
            (StatusCode::NO_CONTENT | StatusCode::ACCEPTED | StatusCode::OK, Some(end)) => {
                // A registry that has nothing yet says `0-0`, as one does that has one byte: sending that byte
                // again would be refused, so what is nothing begins anew.
                if end == 0 || end >= length {
                    *session = self.begin(digest).await?;
                    return Ok(());
                }
                session.sent = end.saturating_add(1);
                if answer.header(LOCATION.as_str()).is_some() {
                    session.place = self.next(&answer, digest)?;
                }
                Ok(())
            }
            // It has forgotten the upload.
            _ => {
                *session = self.begin(digest).await?;
                Ok(())
            }
        }
    }

    /// Where the registry says to go on.
    fn next(&self, answer: &Answer, digest: Sha256) -> Result<Url, Failed> {
        match answer.header(LOCATION.as_str()) {
            Some(place) => self.line.place(&answer.from, place),
            None => {
                let why = format!("it does not say where the blob sha256:{digest} goes");
                Err(Failed { error: Error::Protocol(self.name.clone(), why), again: Again::Never })
            }
        }
    }

    fn no(&self, answer: &Answer, digest: Sha256) -> Failed {
        let error = self.refusal(answer, &format!("pushing the blob sha256:{digest}")).into_error();
        Failed { error, again: Again::Never }
    }
}

fn piece(method: Method, place: Url, bytes: &[u8]) -> Call<'_> {
    Call::new(method, place).sending("application/octet-stream", bytes)
}
