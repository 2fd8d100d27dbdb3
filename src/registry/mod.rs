//! OCI: a registry at a host, or an image layout on disk.

mod artifact;
mod classic;
mod credentials;
mod destination;
mod exchange;
mod failure;
mod image;
pub mod inventory;
mod layout;
mod login;
mod metadata;
pub mod pointers;
mod referrers;
mod remote;
pub mod repository;
mod retry;
mod upload;

#[cfg(test)]
mod debian_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod inventory_tests;
#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod metadata_tests;
#[cfg(test)]
mod pointers_tests;
#[cfg(test)]
mod referrers_tests;
#[cfg(test)]
mod remote_tests;
#[cfg(test)]
mod stub;

use std::path::PathBuf;

use thiserror::Error;

use crate::model::{Event, Sha256};
use artifact::Attachment;
pub use classic::{Classic, Envelope, Signature};
pub use image::{ImageSeen, image_seen};
use layout::Layout;
use oci_client::RegistryOperation::{self, Pull, Push};
use remote::Remote;

/// What can go wrong, by what the user can do about it.
#[derive(Debug, Error)]
pub enum Error {
    /// The destination, or a name below it, cannot be one.
    #[error("{0:?} is not an OCI destination: {1}")]
    Destination(String, String),
    /// The address of a chart repository that is none, or that must not be asked.
    #[error("the chart repository {0}: {1}")]
    Repository(String, String),
    /// 401, and no credentials that help.
    #[error("{0} needs credentials")]
    Unauthorized(String),
    /// 403, with what the registry says.
    #[error("{0} refuses: {1}")]
    Forbidden(String, String),
    /// No connection, or errors of the registry's own that trying again did not cure.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    /// A version that is there already with another content. It is never overwritten.
    #[error("{reference} holds {found}, not {wanted}")]
    Different { reference: String, found: String, wanted: String },
    /// An answer that the specification does not allow, or that does not hash to what was asked for.
    #[error("{0}: {1}")]
    Protocol(String, String),
    /// The layout on disk could not be written.
    #[error("could not write {path}")]
    Write { path: String, source: std::io::Error },
}

/// Where charts go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// `oci://host[:port]/path`; plain HTTP on loopback only.
    Registry { host: String, path: String },
    /// `oci-layout:DIR`: an OCI image layout, one directory for all charts (`<chart>:<version>` as ref names).
    Layout(PathBuf),
}

/// A chart as an OCI artifact.
#[derive(Clone, Debug)]
pub struct ChartArtifact<'a> {
    /// `Chart.yaml:name`.
    pub chart: &'a str,
    /// The tag (`+` already `_`).
    pub tag: &'a str,
    /// The config blob: the chart's metadata as JSON.
    pub config: &'a [u8],
    /// The package.
    pub layer: &'a [u8],
    /// The manifest's bytes, which are pushed as they are.
    pub manifest: &'a [u8],
}

/// What a destination serves of one version.
#[derive(Clone, Debug)]
pub struct Served {
    /// The manifest the version's tag names.
    pub tag: Option<Sha256>,
    /// The chart layer of the manifest that was asked for.
    pub package: Vec<u8>,
    /// The Sigstore bundles attached to that manifest, whoever attached them.
    pub bundles: Vec<String>,
    /// Why there may be more of them: not every list could be read.
    pub unread: Option<String>,
}

impl Destination {
    /// `oci://host/path/chart@sha256:…`, or `oci-layout:DIR@sha256:…`.
    pub fn reference(&self, chart: &str, digest: Sha256) -> String {
        match self {
            Self::Registry { host, path } => {
                format!("oci://{host}/{}@sha256:{digest}", destination::repository(path, chart))
            }
            Self::Layout(directory) => format!("oci-layout:{}@sha256:{digest}", directory.display()),
        }
    }

    /// The manifest digest a version's tag has now; none if it does not exist.
    pub async fn resolve(&self, chart: &str, tag: &str) -> Result<Option<Sha256>, Error> {
        match self {
            Self::Registry { host, path } => Remote::connect(host, path, chart, Pull).await?.resolve(tag).await,
            Self::Layout(directory) => Layout::at(directory).resolve(chart, tag),
        }
    }

    /// Pushes blobs and manifest; never overwrites: the same digest is done, another is `Different`.
    pub async fn push(&self, artifact: &ChartArtifact<'_>, on: &mut dyn FnMut(Event)) -> Result<(), Error> {
        let what = format!("pushing {} {}", artifact.chart, artifact.tag);
        on(Event::Started(what.clone()));
        match self {
            Self::Registry { host, path } => {
                let remote = Remote::connect(host, path, artifact.chart, Push).await?;
                // Several requests under way at once take room, which callers need not carry about.
                Box::pin(remote.push(artifact, on)).await?;
            }
            Self::Layout(directory) => Layout::at(directory).push(artifact).await?,
        }
        on(Event::Finished(what));
        Ok(())
    }

    /// Attaches a Sigstore bundle to a manifest as cosign v3 does: a manifest with a subject, by digest,
    /// and where the registry has no referrers API the fallback index `sha256-<hex>`. Idempotent.
    /// `created` is RFC 3339.
    pub async fn attach(
        &self,
        chart: &str,
        subject: Sha256,
        subject_size: u64,
        bundle: &str,
        predicate_type: &str,
        created: &str,
    ) -> Result<(), Error> {
        let attachment = Attachment::new(subject, subject_size, bundle, predicate_type, created);
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Push).await?.attach(&attachment).await
            }
            Self::Layout(directory) => Layout::at(directory).attach(&attachment).await,
        }
    }

    /// Whether a bundle is attached to the subject already.
    pub async fn attached(&self, chart: &str, subject: Sha256, bundle: Sha256) -> Result<bool, Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Pull).await?.attached(subject, bundle).await
            }
            Self::Layout(directory) => Layout::at(directory).attached(subject, bundle),
        }
    }

    /// The signatures that lie where cosign put them before there were bundles; a layout has no such place.
    pub async fn signatures(&self, chart: &str, subject: Sha256) -> Result<Vec<Classic>, Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Pull).await?.signatures(subject).await
            }
            Self::Layout(_) => Ok(Vec::new()),
        }
    }

    /// Adds such a signature, and keeps those of others.
    pub async fn sign(&self, chart: &str, subject: Sha256, classic: &Classic) -> Result<(), Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Push).await?.sign(subject, classic).await
            }
            Self::Layout(_) => Ok(()),
        }
    }

    /// Whether a statement lies where cosign put them before there were bundles; a layout has no such place, and
    /// lacks none.
    pub async fn states(&self, chart: &str, subject: Sha256, envelope: &Envelope) -> Result<bool, Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Pull).await?.states(subject, envelope).await
            }
            Self::Layout(_) => Ok(true),
        }
    }

    /// Adds such a statement, and keeps those of others.
    pub async fn state(&self, chart: &str, subject: Sha256, envelope: &Envelope) -> Result<(), Error> {
        match self {
            Self::Registry { host, path } => {
                Remote::connect(host, path, chart, Push).await?.state(subject, envelope).await
            }
            Self::Layout(_) => Ok(()),
        }
    }

    /// What a stranger gets who asks for a version: the tag, the manifest and the package, digests checked, and
    /// every bundle attached. Without `credentials`, nobody's are sent.
    pub async fn serve(&self, chart: &str, tag: &str, digest: Sha256, credentials: bool) -> Result<Served, Error> {
        match self {
            Self::Registry { host, path } => {
                let remote = if credentials {
                    Remote::connect(host, path, chart, Pull).await?
                } else {
                    Remote::anonymous(host, path, chart).await?
                };
                let (tag, package) = (remote.resolve(tag).await?, remote.pull(digest).await?);
                let (bundles, unread) = remote.bundles(digest).await?;
                Ok(Served { tag, package, bundles, unread })
            }
            Self::Layout(directory) => {
                let layout = Layout::at(directory);
                Ok(Served {
                    tag: layout.resolve(chart, tag)?,
                    package: layout.pull(digest)?,
                    bundles: layout.bundles(digest)?,
                    unread: None,
                })
            }
        }
    }

    /// The manifest digest a version's tag has for a stranger, or with `credentials` for whoever has them; none if
    /// it does not exist.
    ///
    /// # Errors
    /// The registry cannot be asked, or lets nobody in; there is no such layout.
    pub async fn seen(&self, chart: &str, tag: &str, credentials: bool) -> Result<Option<Sha256>, Error> {
        match self {
            Self::Registry { host, path } if !credentials => {
                Remote::anonymous(host, path, chart).await?.resolve(tag).await
            }
            Self::Layout(directory) if !directory.is_dir() => {
                Err(Error::Unreachable(format!("oci-layout:{}", directory.display()), "it is not here".to_owned()))
            }
            _ => self.resolve(chart, tag).await,
        }
    }

    /// Pulls the chart layer by manifest digest, digests checked.
    pub async fn pull(&self, chart: &str, digest: Sha256) -> Result<Vec<u8>, Error> {
        match self {
            Self::Registry { host, path } => Remote::connect(host, path, chart, Pull).await?.pull(digest).await,
            Self::Layout(directory) => Layout::at(directory).pull(digest),
        }
    }
}
