//! Signatures that lie beside the package as files. They differ each time they are made, so that one which is there
//! and holds stays.

use super::{Destinations, Release};
use crate::helm;
use crate::model::{Failure, Stage};
use crate::pipeline::{Context, files, index, record};
use crate::sigstore;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signature<'a> {
    /// `<package>.sig`: of a key the raw signature for `openssl` and `cosign verify-blob`, of a certificate a bundle.
    Package,
    /// `<package>.prov`: Helm's provenance file, by this PGP key.
    Provenance { key: &'a str },
}

impl Signature<'_> {
    pub(super) fn name(self, release: &Release<'_>) -> String {
        let end = match self {
            Self::Package => "sig",
            Self::Provenance { .. } => "prov",
        };
        format!("{}.{end}", release.package.file)
    }

    /// Refuses a file that is there and is not this.
    ///
    /// # Errors
    /// It is about something else, or by nobody whom the policy trusts to publish (exit 4); a provenance file
    /// cannot be verified here (exit 3).
    pub(super) fn demand(
        self,
        cx: &Context<'_>,
        release: &Release<'_>,
        place: &str,
        there: &[u8],
    ) -> Result<(), Failure> {
        let why = match self {
            Self::Package => package_signature(cx, release, there)?,
            Self::Provenance { key } if helm::is_provenance(there, &helm::provenance(release.package)?) => {
                cx.repo.clearsigned_by(key, there).map_err(|error| {
                    Failure::undetermined(format!("{place} is there, and who signed it is not known"))
                        .because(error.to_string())
                        .hint("import the public key of `publish.pgp-key`, then run it again")
                })?
            }
            Self::Provenance { .. } => Some(format!("it is no signed message about {}", release.package.file)),
        };
        let Some(why) = why else { return Ok(()) };
        Err(Failure::conflict(format!("{place} exists with other content"))
            .because(why)
            .hint("a published asset never changes: look at who wrote it, or publish to an empty directory"))
    }

    /// Signs.
    ///
    /// # Errors
    /// There is nothing to sign with, or it refuses (exit 2).
    pub(super) fn make(self, cx: &Context<'_>, release: &Release<'_>) -> Result<Vec<u8>, Failure> {
        let package = release.package;
        match self {
            Self::Package => {
                let pen = record::pen(cx, &release.traced.policy, Stage::Publish)?;
                Ok(pen.sign_blob(&self.name(release), &package.tgz)?.into_bytes())
            }
            Self::Provenance { key } => {
                let message = helm::provenance(package)?;
                let unsigned = || Failure::usage(format!("{} could not be signed", self.name(release)));
                let hint = "`publish.pgp-key` at the tag names the key: `gpg --list-secret-keys` has to show it";
                let signed = cx
                    .repo
                    .clearsign(key, &message)
                    .map_err(|error| unsigned().because(error.to_string()).hint(hint))?;
                self.demand(cx, release, "what was just signed", &signed)?;
                Ok(signed)
            }
        }
    }
}

/// A file of this kind.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// The provenance file for all places that take one: the one that is there, or a new one while nothing is out yet.
/// `kept`: what the forge has of good signatures.
/// None where no key is configured, and where a plan would have to sign first.
///
/// # Errors
/// One that is there is about something else (exit 4), or it cannot be signed (exit 2).
pub(super) fn provenance(
    cx: &Context<'_>,
    release: &Release<'_>,
    destinations: &Destinations,
    kept: &[Signed],
) -> Result<Option<Signed>, Failure> {
    let Some(key) = &destinations.config.publish.pgp_key else { return Ok(None) };
    let signature = Signature::Provenance { key };
    let name = signature.name(release);
    if let Some(kept) = kept.iter().find(|kept| kept.name == name) {
        return Ok(Some(kept.clone()));
    }
    let mut there = Vec::new();
    let tag = release.traced.lineage.tag.as_ref().map(|tag| tag.name.as_str()).unwrap_or_default();
    if let Some(path) = destinations.assets.as_ref().map(|root| root.join(tag).join(&name))
        && path.exists()
    {
        there.push((path.display().to_string(), files::read(&path)?));
    }
    there.extend(index::beside(cx, release.ground, &destinations.config, &name)?);
    for (place, bytes) in &there {
        signature.demand(cx, release, place, bytes)?;
    }
    let bytes = match there.pop() {
        Some((_, bytes)) => bytes,
        None if cx.dry_run => return Ok(None),
        None => signature.make(cx, release)?,
    };
    Ok(Some(Signed { name, bytes }))
}

/// Why a `.sig` is none by a publisher; none where it is one.
fn package_signature(cx: &Context<'_>, release: &Release<'_>, there: &[u8]) -> Result<Option<String>, Failure> {
    let (policy, bytes) = (&release.traced.policy, &release.package.tgz);
    let Ok(text) = std::str::from_utf8(there) else { return Ok(Some("it is not text".to_owned())) };
    if text.trim_start().starts_with('{') {
        let proof = sigstore::prove_file(text, bytes, &cx.roots);
        return Ok(release.traced.lineage.signed_by(policy, Stage::Publish, &proof).err());
    }
    for key in policy.config.keys_for(Stage::Publish) {
        if sigstore::PublicKey::parse(&key.public)?.signed(bytes, text.trim_end()) {
            return Ok(None);
        }
    }
    Ok(Some("it is no signature over the package by a key that the policy trusts to publish".to_owned()))
}
