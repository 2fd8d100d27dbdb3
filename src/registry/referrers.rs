//! What is attached to a manifest: the referrers API, and the index that stands in where there is none.
//!
//! [Distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject),
//! "Pushing Manifests with Subject" and "Referrers Tag Schema".

use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, LINK};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Error;
use super::artifact::{self, Attachment, EMPTY_CONFIG, INDEX, MANIFEST};
use super::remote::{Answer, Remote};
use crate::model::Sha256;

/// How often the fallback index is read and written again because somebody else wrote it in between.
const ROUNDS: usize = 8;

/// How many pages of referrers are read.
const PAGES: usize = 100;

impl Remote {
    /// Pushes the attachment, and lists it where the registry does not.
    pub(super) async fn attach(&self, attachment: &Attachment) -> Result<(), Error> {
        // A list that cannot be read now is found out below.
        if matches!(self.attached(attachment.subject, Sha256::of(&attachment.bundle)).await, Ok(true)) {
            return Ok(());
        }
        self.push_blob(EMPTY_CONFIG).await?;
        self.push_blob(&attachment.bundle).await?;
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
        let (fallback, _) = self.fallback(subject).await?;
        let mut candidates = artifact::descriptors(&fallback).to_vec();
        let mut next = Some(self.referrers_path(subject));
        for _ in 0..PAGES {
            let Some(path) = next.take() else { break };
            let answer = match self.ask(Method::GET, &path, &[(ACCEPT, INDEX)]).await {
                Ok(answer) => answer,
                // What the fallback index lists is attached, whether or not the API can be asked.
                Err(_) if self.confirmed(&candidates, subject, bundle).await? => return Ok(true),
                Err(e) => return Err(e),
            };
            let Some(page) = index(&answer) else { break };
            candidates.extend_from_slice(artifact::descriptors(&page));
            next = answer.header(LINK.as_str()).and_then(next_page);
        }
        self.confirmed(&candidates, subject, bundle).await
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

    /// Puts the attachment on the fallback index, until it stands there.
    async fn list(&self, attachment: &Attachment) -> Result<(), Error> {
        let path = self.fallback_path(attachment.subject);
        for _ in 0..ROUNDS {
            let (index, etag) = self.fallback(attachment.subject).await?;
            let Some(index) = artifact::listed(&index, &attachment.descriptor()) else { return Ok(()) };
            // Registries that know the condition refuse a write over somebody else's; with the others,
            // reading it again shows whether ours was lost.
            let condition: Vec<(HeaderName, &str)> = etag.iter().map(|etag| (IF_MATCH, etag.as_str())).collect();
            let answer = self.put_index(&path, &condition, index.to_string().as_bytes()).await?;
            if !answer.status.is_success() && answer.status != StatusCode::PRECONDITION_FAILED {
                return Err(self.refusal(&answer, &format!("PUT {path}")).into_error());
            }
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
        format!("/v2/{}/manifests/sha256-{subject}", self.repository)
    }

    fn referrers_path(&self, subject: Sha256) -> String {
        format!("/v2/{}/referrers/sha256:{subject}", self.repository)
    }
}

/// The index in an answer of the referrers API; none for everything else that may come.
fn index(answer: &Answer) -> Option<Value> {
    let typed = answer.header(CONTENT_TYPE.as_str()).is_some_and(|media_type| media_type.starts_with(INDEX));
    (answer.status == StatusCode::OK && typed).then(|| artifact::parse_index(&answer.body).ok()).flatten()
}

/// The path of the next page, if it is one of the same registry.
fn next_page(link: &str) -> Option<String> {
    let (target, parameters) = link.strip_prefix('<')?.split_once('>')?;
    (parameters.replace(['"', ' '], "").contains("rel=next") && target.starts_with("/v2/"))
        .then(|| target.to_owned())
}
