//! Trust roots refreshed from their repositories by [TUF](https://theupdateframework.github.io/specification/latest/).
//!
//! Asks the network, and only `git lineage trust refresh` asks for it. What is believed is what the repository's
//! own keys signed, from the root of trust in this program on, and never an older state than was seen before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sigstore_trust_root::{TrustedRoot, TufBootstrap, TufConfig};

use super::roots::{INSTANCES, Kept};
use super::{Error, Roots};
use crate::model::Timestamp;

/// How long a repository may take to take a connection, and to say a next word.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where an instance says what is to be trusted.
#[derive(Clone, Debug)]
pub struct Repository {
    /// What policies call the instance.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// The TUF root metadata everything else is believed from.
    root: Vec<u8>,
}

impl Repository {
    /// Those of the instances this program knows by itself.
    pub fn known() -> Vec<Self> {
        let known = |(name, instance): (&str, sigstore_trust_root::SigstoreInstance)| Self {
            name: name.to_owned(),
            url: instance.tuf_url().to_owned(),
            root: instance.tuf_root().to_vec(),
        };
        INSTANCES.into_iter().map(known).collect()
    }

    /// One of another place, for tests.
    #[cfg(test)]
    pub(super) fn at(name: &str, url: &str, root: &[u8]) -> Self {
        Self { name: name.to_owned(), url: url.to_owned(), root: root.to_vec() }
    }
}

/// The newest state of a repository. `seen` is the directory where earlier ones are remembered, so that none of
/// them is taken for the newest again.
///
/// # Errors
/// It cannot be reached, what it says does not hold, or it has expired.
pub async fn refresh(repository: &Repository, seen: &Path, now: Timestamp) -> Result<Kept, Error> {
    let failed = |why: String| Error::Refresh { name: repository.name.clone(), why };
    let client = sigstore_trust_root::reqwest::Client::builder();
    let client = client.connect_timeout(PATIENCE).read_timeout(PATIENCE).build();
    let client = client.map_err(|error| failed(error.to_string()))?;
    let moment = jiff::Timestamp::from_second(now.seconds()).map_err(|error| failed(error.to_string()))?;
    let directory: PathBuf = seen.join(&repository.name);
    let config = TufConfig::custom(&repository.url, TufBootstrap::trusted(&repository.root))
        .with_cache_dir(directory)
        .with_http_client(client);
    let root = TrustedRoot::from_tuf_at(config, moment).await.map_err(|error| failed(error.to_string()))?;
    let json = serde_json::to_string(&root).map_err(|error| failed(error.to_string()))?;
    // What would not be read again is not kept.
    Roots::given(&json)?;
    Ok(Kept { name: repository.name.clone(), refreshed: now, json })
}
