//! What is attached to a manifest: the referrers API, and the index that stands in where there is none.
//!
//! [Distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject),
//! "Pushing Manifests with Subject" and "Referrers Tag Schema".

use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, LINK};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Error;
use super::artifact::{self, Attachment, EMPTY_CONFIG, INDEX, MANIFEST};
use super::exchange::Answer;
use super::remote::Remote;
use super::retry::jittered;
use crate::model::Sha256;

/// How often the fallback index is read and written again because somebody else wrote it in between.
const ROUNDS: usize = 24;

/// No bundle is longer, in bytes, and no more than so many of one manifest are read: what others attach must not
/// keep us busy.
const LONGEST_BUNDLE: u64 = 8 * 1024 * 1024;
const MOST_BUNDLES: usize = 256;

/// How many pages of referrers are read.
const PAGES: usize = 100;

impl Remote {
    /// Pushes the attachment, and lists it where the registry does not.
    pub(super) async fn attach(&self, attachment: &Attachment) -> Result<(), Error> {
        // A list that cannot be read now is found out below.
        if matches!(self.attached(attachment.subject, Sha256::of(&attachment.bundle)).await, Ok(true)) {
            return Ok(());
        }
        self.push_blob(EMPTY_CONFIG, &mut |_| {}).await?;
        self.push_blob(&attachment.bundle, &mut |_| {}).await?;
        self.push_by_digest(&attachment.manifest).await?;
        let probe = self.ask(Method::GET, &self.referrers_path(attachment.subject), &[(ACCEPT, INDEX)]).await;
        match probe {
            Ok(answer) if index(&answer).is_some() => Ok(()),
            // Registries without the API answer all sorts of things there, 401 and 429 among them.
            _ => self.list(attachment).await,
        }
    }

    /// Whether the bundle is attached, as the API or the fallback index says and the manifest confirms.
    pub(super) async fn attached(&self, subject: Sha256, bundle: Sha256) -> Result<bool, Error> {
        let (candidates, trouble) = self.candidates(subject).await?;
        if self.confirmed(&candidates, subject, bundle).await? {
            // What the fallback index lists is attached, whether or not the API can be asked.
            return Ok(true);
        }
        trouble.map_or(Ok(false), Err)
    }

    /// Every bundle attached to a subject, as it lies there, and why there may be more of them. What is listed and
    /// gone, or no bundle, is passed over.
    pub(super) async fn bundles(&self, subject: Sha256) -> Result<(Vec<String>, Option<String>), Error> {
        let (candidates, trouble) = self.candidates(subject).await?;
        let mut bundles = Vec::new();
        for candidate in candidates.iter().take(MOST_BUNDLES) {
            let manifest = candidate.get("mediaType").is_some_and(|media_type| media_type == MANIFEST);
            let Some(digest) = artifact::digest_of(candidate).filter(|_| manifest) else { continue };
            let layer = match self.manifest(digest).await {
                Ok(manifest) => artifact::bundle_layer(&manifest, subject),
                Err(Error::Protocol(..)) => None,
                Err(e) => return Err(e),
            };
            let Some((layer, size)) = layer else { continue };
            match self.blob(layer, size, LONGEST_BUNDLE).await {
                Ok(bytes) => bundles.extend(String::from_utf8(bytes).ok()),
                Err(Error::Protocol(..)) => {}
                Err(e) => return Err(e),
            }
        }
        match trouble {
            Some(trouble) if bundles.is_empty() => Err(trouble),
            None if candidates.len() > MOST_BUNDLES => {
                Ok((bundles, Some(format!("{} are listed, more than are read", candidates.len()))))
            }
            trouble => Ok((bundles, trouble.map(|trouble| trouble.to_string()))),
        }
    }

    /// What is said to be attached: by the fallback index, and by the API with the trouble it gave, if any.
    async fn candidates(&self, subject: Sha256) -> Result<(Vec<Value>, Option<Error>), Error> {
        let (fallback, _) = self.fallback(subject).await?;
        let mut candidates = artifact::descriptors(&fallback).to_vec();
        let mut next = Some(self.line.at(&self.referrers_path(subject)));
        for _ in 0..PAGES {
            let Some(at) = next.take() else { break };
            let answer = match self.read(at).await {
                Ok(answer) => answer,
                Err(trouble) => return Ok((candidates, Some(trouble))),
            };
            let Some(page) = index(&answer) else { break };
            for entry in artifact::descriptors(&page) {
                if !candidates.iter().any(|known| artifact::digest_of(known) == artifact::digest_of(entry)) {
                    candidates.push(entry.clone());
                }
            }
            let page = answer.header(LINK.as_str()).and_then(next_page);
            next = page.and_then(|page| answer.from.join(page).ok()).filter(|next| self.line.owns(next));
        }
        Ok((candidates, None))
    }

    async fn confirmed(&self, candidates: &[Value], subject: Sha256, bundle: Sha256) -> Result<bool, Error> {
        for candidate in candidates {
            let manifest = candidate.get("mediaType").is_some_and(|media_type| media_type == MANIFEST);
            let Some(digest) = artifact::digest_of(candidate).filter(|_| manifest) else { continue };
            match self.manifest(digest).await {
                Ok(manifest) if artifact::attaches(&manifest, subject, bundle) => return Ok(true),
                // Listed and gone, or not what the list says: that one attaches nothing.
                Ok(_) | Err(Error::Protocol(..)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(false)
    }

    /// Puts the attachment on the fallback index, until it stays there.
    ///
    /// Registries that know the condition refuse a write over somebody else's. The others keep the last one, so
    /// that what stands there right after our write may be gone a moment later: it is looked at again once
    /// everybody who had read the index before is done writing.
    async fn list(&self, attachment: &Attachment) -> Result<(), Error> {
        let path = self.fallback_path(attachment.subject);
        let mut written = false;
        for _ in 0..ROUNDS {
            let (index, etag) = self.fallback(attachment.subject).await?;
            let Some(index) = artifact::listed(&index, &attachment.descriptor()) else {
                if !written {
                    return Ok(());
                }
                written = false;
                tokio::time::sleep(self.line.pace.settled + jittered(self.line.pace.settled)).await;
                continue;
            };
            let condition: Vec<(HeaderName, &str)> = etag.iter().map(|etag| (IF_MATCH, etag.as_str())).collect();
            let answer = self.put(&path, INDEX, index.to_string().as_bytes(), &condition).await?;
            if !answer.status.is_success() && answer.status != StatusCode::PRECONDITION_FAILED {
                return Err(self.refusal(&answer, &format!("PUT {path}")).into_error());
            }
            written = true;
        }
        Err(Error::Protocol(self.name.clone(), format!("{path} does not keep what is written there")))
    }

    /// The fallback index and its entity tag; an empty one where there is none.
    async fn fallback(&self, subject: Sha256) -> Result<(Value, Option<String>), Error> {
        let path = self.fallback_path(subject);
        let answer = self.ask(Method::GET, &path, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok((artifact::empty_index(), None)),
            StatusCode::OK => {
                let index = artifact::parse_index(&answer.body)
                    .map_err(|why| Error::Protocol(format!("{}:sha256-{subject}", self.name), why))?;
                Ok((index, answer.header(ETAG.as_str()).map(str::to_owned)))
            }
            _ => Err(self.refusal(&answer, &format!("GET {path}")).into_error()),
        }
    }

    fn fallback_path(&self, subject: Sha256) -> String {
        self.path("manifests", &format!("sha256-{subject}"))
    }

    fn referrers_path(&self, subject: Sha256) -> String {
        self.path("referrers", &format!("sha256:{subject}"))
    }
}

/// The index in an answer of the referrers API; none for everything else that may come.
fn index(answer: &Answer) -> Option<Value> {
    let typed = answer.header(CONTENT_TYPE.as_str()).is_some_and(|media_type| media_type.starts_with(INDEX));
    (answer.status == StatusCode::OK && typed).then(|| artifact::parse_index(&answer.body).ok()).flatten()
}

/// The address of the next page.
pub(super) fn next_page(link: &str) -> Option<&str> {
    let (target, parameters) = link.strip_prefix('<')?.split_once('>')?;
    parameters.replace(['"', ' '], "").contains("rel=next").then_some(target)
}
