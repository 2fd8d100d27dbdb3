//! What a repository of a registry holds, and taking some of it away.
//!
//! [Distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md): tags are listed,
//! page by page; manifests that no tag names are not, save those that refer to another.

use oci_client::RegistryOperation::Push;
use reqwest::header::LINK;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::artifact::{self, INDEX};
use super::exchange::Answer;
use super::referrers::next_page;
use super::remote::Remote;
use super::{Destination, Error};
use crate::model::{Sha256, json as strict};

/// No list has more pages than are read.
const PAGES: usize = 1000;

/// A manifest or an index, as far as it says what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub digest: Sha256,
    /// What it is about.
    pub subject: Option<Sha256>,
    /// The manifests that an index names.
    pub children: Vec<Sha256>,
    /// When it says that it was made; RFC 3339.
    pub made: Option<String>,
}

/// One repository, logged in to.
pub struct Shelf(Remote);

impl Destination {
    /// The repository of a chart.
    ///
    /// # Errors
    /// It is a directory, where everything is to be seen and nothing has to be tidied; the registry lets nobody in.
    pub async fn shelf(&self, chart: &str) -> Result<Shelf, Error> {
        match self {
            Self::Registry { host, path } => Ok(Shelf(Remote::connect(host, path, chart, Push).await?)),
            Self::Layout(directory) => {
                let name = format!("oci-layout:{}", directory.display());
                Err(Error::Destination(name, "it is a directory, and not a registry".to_owned()))
            }
        }
    }
}

impl Shelf {
    /// Every tag. None where there is no such repository.
    ///
    /// # Errors
    /// A page cannot be read, is no list, or leads elsewhere.
    pub async fn tags(&self) -> Result<Vec<String>, Error> {
        let remote = &self.0;
        let first = remote.line.at(&remote.path("tags", "list"));
        let mut tags: Vec<String> = Vec::new();
        for page in self.pages(first).await? {
            if page.status == StatusCode::NOT_FOUND {
                return if tags.is_empty() { Ok(tags) } else { Err(self.broken("a page of its tags is gone")) };
            }
            let page = self.json(&page, "listing the tags")?;
            match page.get("tags") {
                Some(Value::Array(names)) => {
                    for name in names {
                        let name = name.as_str().ok_or_else(|| self.broken("one of its tags is no text"))?;
                        tags.push(name.to_owned());
                    }
                }
                // Some registries have nothing where there are none.
                Some(Value::Null) => {}
                _ => return Err(self.broken("its list of tags has no tags")),
            }
        }
        tags.sort();
        tags.dedup();
        Ok(tags)
    }

    /// What a tag or `sha256:…` names; none where there is no such thing.
    ///
    /// # Errors
    /// It cannot be read, or names digests that are no sha256.
    pub async fn look(&self, reference: &str) -> Result<Option<Found>, Error> {
        let remote = &self.0;
        let path = remote.path("manifests", reference);
        let answer = remote.ask(Method::GET, &path, &[]).await?;
        match answer.status {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => {}
            _ => return Err(remote.refusal(&answer, &format!("GET {path}")).into_error()),
        }
        let digest = Sha256::of(&answer.body);
        let named = reference.strip_prefix("sha256:");
        if named.is_some_and(|named| named != digest.to_string()) {
            return Err(self.broken(&format!("{reference} came as sha256:{digest}")));
        }
        let manifest = self.json(&answer, &format!("GET {path}"))?;
        let sha256 = |descriptor: &Value| {
            let why = || self.broken(&format!("{reference} refers to something by another digest than sha256"));
            artifact::digest_of(descriptor).ok_or_else(why)
        };
        let subject = manifest.get("subject").filter(|subject| !subject.is_null()).map(sha256).transpose()?;
        let children = artifact::descriptors(&manifest).iter().map(sha256).collect::<Result<_, _>>()?;
        let made = manifest.pointer("/annotations/org.opencontainers.image.created").and_then(Value::as_str);
        Ok(Some(Found { digest, subject, children, made: made.map(str::to_owned) }))
    }

    /// The manifests that the registry itself lists as being about one. None where it has no such list: then there
    /// is an index at a tag.
    ///
    /// # Errors
    /// It has one, and it cannot be read.
    pub async fn referrers(&self, subject: Sha256) -> Result<Vec<Sha256>, Error> {
        let remote = &self.0;
        let first = remote.line.at(&remote.path("referrers", &format!("sha256:{subject}")));
        let mut found = Vec::new();
        for (at, page) in self.pages(first).await?.iter().enumerate() {
            let absent = [400, 404, 405, 406, 501].contains(&page.status.as_u16());
            if at == 0 && absent {
                return Ok(found);
            }
            // Behind the address of a list that does not exist some registries have a page for people.
            let typed = page.header("content-type").is_some_and(|media_type| media_type.starts_with(INDEX));
            if at == 0 && page.status == StatusCode::OK && !typed {
                return Ok(found);
            }
            let list = self.json(page, "listing what is attached")?;
            for descriptor in artifact::descriptors(&list) {
                let digest = artifact::digest_of(descriptor);
                found.push(digest.ok_or_else(|| self.broken("what is attached has another digest than sha256"))?);
            }
        }
        Ok(found)
    }

    /// Takes a manifest away, with every tag it has. One that is gone is done.
    ///
    /// # Errors
    /// The registry refuses, or takes nothing away.
    pub async fn delete(&self, digest: Sha256) -> Result<(), Error> {
        let remote = &self.0;
        let path = remote.path("manifests", &format!("sha256:{digest}"));
        let answer = remote.ask(Method::DELETE, &path, &[]).await?;
        if answer.status.is_success() || answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        Err(remote.refusal(&answer, &format!("DELETE {path}")).into_error())
    }

    /// Every page from an address on, the last of them perhaps a refusal.
    async fn pages(&self, first: reqwest::Url) -> Result<Vec<Answer>, Error> {
        let mut pages = Vec::new();
        let mut next = Some(first);
        while let Some(at) = next.take() {
            if pages.len() >= PAGES {
                return Err(self.broken("one of its lists has no end"));
            }
            let answer = self.0.read(at.clone()).await?;
            if answer.status == StatusCode::OK
                && let Some(link) = answer.header(LINK.as_str()).and_then(next_page)
            {
                let place = answer.from.join(link).ok().filter(|place| self.0.line.owns(place) && *place != at);
                next = Some(place.ok_or_else(|| self.broken("the next page of a list leads elsewhere"))?);
            }
            pages.push(answer);
        }
        Ok(pages)
    }

    fn json(&self, answer: &Answer, what: &str) -> Result<Value, Error> {
        if answer.status != StatusCode::OK {
            return Err(self.0.refusal(answer, what).into_error());
        }
        let text = std::str::from_utf8(&answer.body).map_err(|_| self.broken("an answer is not UTF-8"))?;
        strict::value(text).map_err(|why| self.broken(&format!("an answer is not JSON: {why}")))
    }

    fn broken(&self, why: &str) -> Error {
        Error::Protocol(self.0.name.clone(), why.to_owned())
    }
}
