//! GitHub's attestation store: it keeps bundles by the digests of their subjects, and believes nothing for us.
//!
//! Routes: <https://docs.github.com/rest/repos/attestations>. There is no way to ask for a bundle by its id; the id
//! is kept as a label, and the digest is what is asked for.

use http::Method;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::{Error, GitHub};
use crate::model::Sha256;

/// The largest bundle behind an address, packed, in bytes.
const LARGEST: usize = 16 << 20;

#[derive(Deserialize)]
struct Page {
    attestations: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    bundle: Option<Box<RawValue>>,
    #[serde(default)]
    bundle_url: Option<String>,
    #[serde(default)]
    repository_id: Option<u64>,
}

/// A bundle as it was kept: its JSON, or the snappy block of it. Nothing is verified here.
pub type Kept = Vec<u8>;

impl GitHub {
    /// Gives a bundle to the store, and returns its id. The store takes the same bundle twice; ask first.
    ///
    /// # Errors
    /// The bundle is no JSON, GitHub refuses it, or cannot be reached.
    pub fn keep(&self, bundle: &str) -> Result<u64, Error> {
        #[derive(Deserialize)]
        struct Made {
            id: u64,
        }
        let what = "store the attestation";
        let unreadable =
            |why: serde_json::Error| Error::Protocol { what: what.to_owned(), why: format!("the bundle: {why}") };
        let bundle: serde_json::Value = serde_json::from_str(bundle).map_err(unreadable)?;
        let made: Made = self.write(Method::POST, "/attestations", what, json!({ "bundle": bundle }))?;
        Ok(made.id)
    }

    /// Every bundle the store has about a digest, in its order.
    ///
    /// # Errors
    /// They cannot be read; one that cannot be fetched is an error too, since it may be the one that matters.
    pub fn kept(&self, digest: Sha256) -> Result<Vec<Kept>, Error> {
        let what = format!("read the attestations of sha256:{digest}");
        let first = self.place(&format!("/attestations/sha256:{digest}?per_page=100"));
        let mut found = Vec::new();
        for answer in self.pages(first, &what)? {
            if answer.status == 404 {
                break;
            }
            let page: Page = answer.refusal(&what).map_or_else(|| answer.json(&what), Err)?;
            for entry in page.attestations {
                found.push(self.bundle(entry, &what)?);
            }
        }
        Ok(found)
    }

    fn bundle(&self, entry: Entry, what: &str) -> Result<Kept, Error> {
        // An empty object stands where there is only the address.
        let inline = entry.bundle.filter(|bundle| !matches!(bundle.get().trim(), "null" | "{}"));
        match (inline, entry.bundle_url.filter(|url| !url.is_empty())) {
            (Some(bundle), _) => Ok(bundle.get().as_bytes().to_vec()),
            (None, Some(url)) => self.fetch(&url, what, LARGEST),
            (None, None) => {
                let of = entry.repository_id.map_or_else(String::new, |id| format!(" of repository {id}"));
                Err(Error::Protocol { what: what.to_owned(), why: format!("an attestation{of} without a bundle") })
            }
        }
    }

    /// Where people look at an attestation.
    pub fn attestation_page(&self, id: u64) -> Option<String> {
        let host = self.address.api.host_str()?;
        let host = host.strip_prefix("api.").unwrap_or(host);
        // A server on this machine has no pages.
        (!self.address.is_loopback()).then(|| format!("https://{host}/{}/attestations/{id}", self.slug()))
    }
}
