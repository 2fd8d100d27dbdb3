//! What GitHub's own registry holds of a package, with what has no tag; a registry itself does not list that.
//!
//! Routes: <https://docs.github.com/rest/packages/packages>. A token of a job reads and deletes the packages that its
//! repository owns or has access to; a person's has to be a classic one.

use http::Method;
use serde::Deserialize;

use super::address::part;
use super::client::{Ask, Body};
use super::{Error, GitHub};

/// One manifest of a package.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Version {
    pub id: u64,
    /// `sha256:…`: its digest.
    pub name: String,
    /// RFC 3339.
    pub created_at: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct Metadata {
    #[serde(default)]
    container: Container,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
struct Container {
    #[serde(default)]
    tags: Vec<String>,
}

impl Version {
    /// The tags that name it.
    pub fn tags(&self) -> &[String] {
        &self.metadata.container.tags
    }
}

/// A package of containers, and everything in it.
#[derive(Clone, Debug)]
pub struct Package {
    /// `/orgs/o/packages/container/charts%2Fx`.
    place: String,
    name: String,
    pub versions: Vec<Version>,
}

impl GitHub {
    /// Everything in a package; none where there is no such package, or this token may not see it, which GitHub does
    /// not tell apart.
    ///
    /// # Errors
    /// A page of it cannot be read.
    pub fn package(&self, owner: &str, name: &str) -> Result<Option<Package>, Error> {
        let what = format!("list what is in the package {owner}/{name}");
        // Which of the two an owner is, its name does not say.
        for (kind, query) in [("orgs", "?per_page=100&state=active"), ("users", "")] {
            let place = format!("/{kind}/{}/packages/container/{}", part(owner), part(name));
            let pages = self.pages(self.address.at(&format!("{place}/versions{query}")), &what)?;
            if pages.first().is_some_and(|first| first.status == 404) {
                continue;
            }
            let mut versions: Vec<Version> = Vec::new();
            for page in pages {
                let page: Vec<Version> = page.refusal(&what).map_or_else(|| page.json(&what), Err)?;
                versions.extend(page);
            }
            return Ok(Some(Package { place, name: format!("{owner}/{name}"), versions }));
        }
        Ok(None)
    }

    /// Takes one manifest out of a package, with every tag it has. One that is gone is done.
    ///
    /// # Errors
    /// GitHub refuses, or whether it was done is not known.
    pub fn delete_version(&self, package: &Package, version: &Version) -> Result<(), Error> {
        let what = format!("delete {} from the package {}", version.name, package.name);
        let url = self.address.at(&format!("{}/versions/{}", package.place, version.id));
        let ask = Ask { method: Method::DELETE, body: Body::Nothing, again: false, ..Ask::get(url, &what) };
        let answer = self.ask(&ask)?;
        match answer.status {
            404 => Ok(()),
            _ => answer.refusal(&what).map_or(Ok(()), Err),
        }
    }
}
