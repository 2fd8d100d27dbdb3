//! Releases: a draft, its assets, and then the public.
//!
//! Routes: <https://docs.github.com/rest/releases>. Where releases are immutable everything has to be there before
//! the draft is published; so it is done in that order everywhere, and nothing that is there is ever replaced.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::address::part;
use super::client::{Ask, Body};
use super::{Error, GitHub};
use crate::model::{Oid, Sha256};

/// A release.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Release {
    pub id: u64,
    pub tag_name: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub body: Option<String>,
    pub draft: bool,
    pub prerelease: bool,
    /// Whether tag and assets can never change again.
    #[serde(default)]
    pub immutable: bool,
    pub html_url: String,
    upload_url: String,
    #[serde(default)]
    pub assets: Vec<Asset>,
}

/// A file of a release.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Asset {
    pub id: u64,
    pub name: String,
    pub size: u64,
    /// `uploaded`, or `starter` where an upload did not come to its end.
    pub state: String,
    /// `sha256:…`; older assets have none.
    #[serde(default)]
    pub digest: Option<String>,
}

/// What a release shall say.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// A tag that is there: GitHub would make a lightweight one.
    pub tag: &'a str,
    pub title: &'a str,
    pub notes: &'a str,
    pub prerelease: bool,
}

/// How a file stands in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Missing,
    /// With exactly these bytes.
    Same,
    /// With other bytes, which are never replaced.
    Different,
    /// An upload that broke off: it has to go before another can come.
    Broken,
}

impl Release {
    /// How a file stands.
    pub fn standing(&self, name: &str, bytes: &[u8]) -> Standing {
        let Some(asset) = self.assets.iter().find(|asset| asset.name == name) else { return Standing::Missing };
        asset.standing(bytes)
    }

    /// A file that arrived whole.
    pub fn uploaded(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name && asset.state == "uploaded")
    }
}

impl Asset {
    fn standing(&self, bytes: &[u8]) -> Standing {
        if self.state != "uploaded" {
            return Standing::Broken;
        }
        let digest = format!("sha256:{}", Sha256::of(bytes));
        // Without a digest the bytes are not known to be these.
        if self.digest.as_deref() == Some(&digest) { Standing::Same } else { Standing::Different }
    }
}

impl GitHub {
    /// The object a tag is on GitHub: the tag object, or the commit of a lightweight one; none without that tag.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn tag(&self, tag: &str) -> Result<Option<Oid>, Error> {
        #[derive(Deserialize)]
        struct Reference {
            #[serde(rename = "ref")]
            name: String,
            object: Object,
        }
        #[derive(Deserialize)]
        struct Object {
            sha: String,
        }
        let what = format!("read the tag {tag}");
        let path: Vec<String> = tag.split('/').map(part).collect();
        let found: Option<Reference> = self.find(&format!("/git/ref/tags/{}", path.join("/")), &what)?;
        let Some(found) = found.filter(|found| found.name == format!("refs/tags/{tag}")) else { return Ok(None) };
        match Oid::parse(&found.object.sha) {
            Some(oid) => Ok(Some(oid)),
            None => Err(Error::Protocol { what, why: "its object is none".to_owned() }),
        }
    }

    /// The release of a tag, published or a draft. Of several drafts the first counts, since nothing is ever
    /// uploaded into the others.
    ///
    /// # Errors
    /// It cannot be read, or there are several drafts with files.
    pub fn release(&self, tag: &str) -> Result<Option<Release>, Error> {
        let what = format!("read the release {tag}");
        if let Some(found) = self.find(&format!("/releases/tags/{}", part(tag)), &what)? {
            return Ok(Some(found));
        }
        // A draft is not found by its tag.
        let all: Vec<Release> = self.list("/releases?per_page=100", &what)?;
        // It may have been published between the two questions.
        let (mut drafts, public): (Vec<Release>, Vec<Release>) =
            all.into_iter().filter(|one| one.tag_name == tag).partition(|one| one.draft);
        if let Some(found) = public.into_iter().next() {
            return Ok(Some(found));
        }
        drafts.sort_by_key(|draft| draft.id);
        if drafts.iter().skip(1).any(|draft| !draft.assets.is_empty()) {
            let message = format!("there are {} drafts of it; delete all but one", drafts.len());
            return Err(Error::Refused { what, status: 409, message });
        }
        Ok(drafts.into_iter().next())
    }

    /// A release as it is at this moment.
    ///
    /// # Errors
    /// It is gone, or cannot be read.
    pub fn refreshed(&self, release: &Release) -> Result<Release, Error> {
        self.get(&format!("/releases/{}", release.id), &format!("read the release {}", release.tag_name))
    }

    /// Makes a draft. Where the answer is lost, or somebody else was faster, the release that is there is taken.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn draft(&self, draft: &Draft<'_>) -> Result<Release, Error> {
        let what = format!("draft the release {}", draft.tag);
        let body = json!({
            "tag_name": draft.tag, "name": draft.title, "body": draft.notes, "draft": true,
            "prerelease": draft.prerelease,
        });
        let made: Release = match self.write(Method::POST, "/releases", &what, body) {
            Err(error @ (Error::Unsure { .. } | Error::Refused { status: 422, .. })) => {
                return self.release(draft.tag)?.ok_or(error);
            }
            made => made?,
        };
        // GitHub takes as many drafts of a tag as it is given.
        match self.release(draft.tag)? {
            Some(first) if first.id != made.id => {
                let what = "delete a second draft";
                let answer = self.send(Method::DELETE, &format!("/releases/{}", made.id), what, Body::Nothing)?;
                match answer.refusal(what) {
                    None | Some(Error::NotFound { .. }) => Ok(first),
                    Some(error) => Err(error),
                }
            }
            _ => Ok(made),
        }
    }

    /// Uploads a file into a draft, and compares what arrived.
    ///
    /// # Errors
    /// The file is there with other bytes, GitHub renamed it or keeps other bytes, refuses it, or cannot be reached.
    pub fn upload(&self, release: &Release, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let what = format!("upload {name}");
        let refused =
            |message: &str| Error::Refused { what: what.clone(), status: 409, message: message.to_owned() };
        let mut tries = 0_u8;
        loop {
            let known = self.assets(release.id)?;
            match known.iter().find(|asset| asset.name == name) {
                Some(asset) => match asset.standing(bytes) {
                    Standing::Same => return Ok(()),
                    Standing::Broken if release.draft => self.delete_asset(asset.id)?,
                    _ => return Err(refused("it is there with other bytes, which are never replaced")),
                },
                None if tries > 2 => return Err(refused("it does not stay there")),
                None => {}
            }
            tries = tries.saturating_add(1);
            // GitHub says where uploads go: `https://uploads.github.com/…/assets{?name,label}`.
            let address = release.upload_url.split('{').next().unwrap_or_default();
            let url = reqwest::Url::parse(&format!("{address}?name={}", part(name)));
            let url = url.map_err(|_| refused("GitHub names no place for it"))?;
            let ask = Ask { method: Method::POST, body: Body::Bytes(bytes), again: false, ..Ask::get(url, &what) };
            let answer = match self.ask(&ask) {
                // It may have arrived, whole or in part: told by looking.
                Err(Error::Unsure { .. }) if tries <= 2 => continue,
                asked => asked?,
            };
            if answer.is_taken() && tries <= 2 {
                continue;
            }
            let asset: Asset = answer.refusal(&what).map_or_else(|| answer.json(&what), Err)?;
            if asset.name != name {
                return Err(refused(&format!("GitHub calls it {}", asset.name)));
            }
            return match asset.standing(bytes) {
                Standing::Same => Ok(()),
                _ => Err(refused("GitHub keeps other bytes than were sent")),
            };
        }
    }

    fn assets(&self, release: u64) -> Result<Vec<Asset>, Error> {
        self.list(&format!("/releases/{release}/assets?per_page=100"), "list the files of the release")
    }

    fn delete_asset(&self, id: u64) -> Result<(), Error> {
        let what = "delete a broken upload";
        let answer = self.send(Method::DELETE, &format!("/releases/assets/{id}"), what, Body::Nothing)?;
        match answer.refusal(what) {
            None | Some(Error::NotFound { .. }) => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// The bytes of a file; the download is on another host, which sees no credential.
    ///
    /// # Errors
    /// It cannot be read, or is not what its digest says.
    pub fn download(&self, asset: &Asset) -> Result<Vec<u8>, Error> {
        const LARGEST: usize = 256 << 20;
        let what = format!("download {}", asset.name);
        let url = self.place(&format!("/releases/assets/{}", asset.id));
        let answer = self.ask(&Ask { accept: "application/octet-stream", ..Ask::get(url, &what) })?;
        let bytes = match (answer.status, answer.header("location")) {
            (302, Some(location)) => self.fetch(location, &what, LARGEST)?,
            _ => match answer.refusal(&what) {
                Some(error) => return Err(error),
                None => answer.body,
            },
        };
        match asset.standing(&bytes) {
            Standing::Same => Ok(bytes),
            _ => Err(Error::Protocol { what, why: "it is not what its digest says".to_owned() }),
        }
    }

    /// Publishes a draft, with the title and notes it shall have. Where the answer is lost, it is told by looking.
    /// `latest`: whether it becomes the release that the repository shows first.
    ///
    /// # Errors
    /// GitHub refuses it, or cannot be reached.
    pub fn publish_release(&self, release: &Release, said: &Draft<'_>, latest: bool) -> Result<Release, Error> {
        let what = format!("publish the release {}", release.tag_name);
        let url = self.place(&format!("/releases/{}", release.id));
        let body = Body::Json(json!({
            "name": said.title, "body": said.notes, "prerelease": said.prerelease,
            "make_latest": if latest { "true" } else { "false" }, "draft": false,
        }));
        let answer = self.ask(&Ask { method: Method::PATCH, body, ..Ask::get(url, &what) })?;
        let published: Release = answer.refusal(&what).map_or_else(|| answer.json(&what), Err)?;
        if published.draft || published.tag_name != release.tag_name {
            return Err(Error::Protocol { what, why: "it is still a draft".to_owned() });
        }
        Ok(published)
    }

    /// The release of a tag that everybody sees.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn public_release(&self, tag: &str) -> Result<Option<Release>, Error> {
        self.find(&format!("/releases/tags/{}", part(tag)), &format!("read the release {tag}"))
    }

    /// The newest releases, a hundred at the most, with their files; drafts are among them for those who may write.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn recent_releases(&self) -> Result<Vec<Release>, Error> {
        self.get("/releases?per_page=100", "list the releases")
    }
}
