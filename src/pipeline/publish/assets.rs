//! The files of a release: one list for every place that takes them. The directory of a tag is there whole or not
//! at all, and nothing in it is ever replaced.

use std::collections::BTreeMap;
use std::path::Path;

use super::signatures::{Signature, Signed};
use super::{Destinations, Release};
use crate::model::{Failure, PublishReport, Sha256};
use crate::pipeline::{Context, charts, export, files};

/// What every place takes.
pub(super) struct Assets<'a> {
    /// The files whose bytes follow from the release.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// The signatures beside the package.
    pub(super) signatures: Vec<Signature<'a>>,
    /// Signatures that some place has already, or that were made for one.
    known: Vec<Signed>,
    /// The digest of each file that was found or put somewhere.
    pub(super) digests: BTreeMap<String, Sha256>,
}

impl<'a> Assets<'a> {
    /// The list for a release.
    ///
    /// # Errors
    /// Something that belongs to it cannot be read.
    pub(super) fn of(
        cx: &Context<'_>,
        release: &Release<'_>,
        destinations: &'a Destinations,
    ) -> Result<Self, Failure> {
        let key = destinations.config.publish.pgp_key.as_deref();
        let provenance = key.map(|key| Signature::Provenance { key });
        Ok(Self {
            files: wanted(cx, release)?,
            signatures: [Signature::Package].into_iter().chain(provenance).collect(),
            known: Vec::new(),
            digests: BTreeMap::new(),
        })
    }

    /// Remembers a signature that is good, so that every place gets the same one.
    pub(super) fn know(&mut self, signed: Signed) {
        if !self.known.iter().any(|known| known.name == signed.name) {
            self.known.push(signed);
        }
    }

    /// Takes a signature that a place has.
    ///
    /// # Errors
    /// It is about something else, or by nobody whom the policy trusts to publish (exit 4).
    pub(super) fn found(
        &mut self,
        cx: &Context<'_>,
        release: &Release<'_>,
        signature: Signature<'_>,
        place: &str,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        signature.demand(cx, release, place, &bytes)?;
        let name = signature.name(release);
        self.digests.insert(name.clone(), Sha256::of(&bytes));
        self.know(Signed { name, bytes });
        Ok(())
    }

    /// A signature for a place that has none: the known one, or a new one. None where a plan would have to sign.
    ///
    /// # Errors
    /// It cannot be made (exit 2).
    pub(super) fn signature(
        &mut self,
        cx: &Context<'_>,
        release: &Release<'_>,
        signature: Signature<'_>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let name = signature.name(release);
        let bytes = match self.known.iter().find(|known| known.name == name) {
            Some(known) => known.bytes.clone(),
            None if cx.dry_run => return Ok(None),
            None => signature.make(cx, release)?,
        };
        self.digests.insert(name.clone(), Sha256::of(&bytes));
        self.know(Signed { name, bytes: bytes.clone() });
        Ok(Some(bytes))
    }
}

/// Writes what is missing into the directory; refuses to replace anything (exit 4).
pub(super) fn run(
    cx: &Context<'_>,
    release: &Release<'_>,
    root: &Path,
    assets: &mut Assets<'_>,
    report: &mut PublishReport,
) -> Result<(), Failure> {
    let directory = root.join(&report.tag);
    report.assets = Some(directory.clone());
    // Held until the end: of two who publish at once the second finds the directory of the first.
    let _held = if cx.dry_run { None } else { Some(files::hold(root)?) };
    let mut missing = Vec::new();
    for (name, bytes) in &assets.files {
        let path = directory.join(name);
        assets.digests.insert(name.clone(), Sha256::of(bytes));
        let what = format!("write the asset {name}");
        if files::holds(&path, bytes)? {
            report.plan.done(what);
            continue;
        }
        if path.exists() {
            return Err(Failure::conflict(format!("{} exists with other content", path.display()))
                .because(format!("this release gives sha256:{}", Sha256::of(bytes)))
                .hint("a published asset never changes: look at who wrote it, or publish to an empty directory"));
        }
        report.plan.needed(what);
        missing.push(name.clone());
    }
    let mut made = Vec::new();
    for signature in assets.signatures.clone() {
        let name = signature.name(release);
        let path = directory.join(&name);
        let what = format!("write the asset {name}");
        if path.exists() {
            let there = files::read(&path)?;
            assets.found(cx, release, signature, &path.display().to_string(), there)?;
            report.plan.done(what);
            continue;
        }
        report.plan.needed(what);
        made.extend(assets.signature(cx, release, signature)?.map(|bytes| (name, bytes)));
    }
    let missing = assets.files.iter().filter(|(name, _)| missing.contains(name)).chain(&made);
    let missing: Vec<(&str, &[u8])> = missing.map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    if !cx.dry_run {
        files::complete(&directory, &missing)?;
    }
    Ok(())
}

/// The assets whose bytes follow from the release: package, evidence, texts.
fn wanted(cx: &Context<'_>, release: &Release<'_>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let package = release.package;
    let lineage = &release.traced.lineage;
    let stem = package.file.trim_end_matches(".tgz");
    let mut assets = vec![
        (package.file.clone(), package.tgz.clone()),
        // The name that scanners know it by.
        (format!("{stem}.cdx.json"), release.sbom.clone()),
        ("lineage.html".to_owned(), release.page.clone().into_bytes()),
    ];
    for (name, bytes) in export::evidence_files(release.traced, release.verdict)? {
        // The brief's name for the same bundle.
        if name == format!("{stem}.sigstore.json") {
            assets.push((format!("{stem}.sigstore"), bytes.clone()));
        }
        assets.push((name, bytes));
    }
    let Some(tag) = &lineage.tag else { return Ok(assets) };
    let tree = lineage.content.tree.as_ref();
    let own = tree.map(|tree| charts::files(&cx.repo, tree, &lineage.directory)).transpose()?.unwrap_or_default();
    for name in ["CHANGELOG.md", "README.md", "LICENSE"] {
        let of_chart = own.iter().find(|file| file.path == name).map(|file| file.bytes.clone());
        let bytes = match of_chart {
            Some(bytes) => Some(bytes),
            None if name == "LICENSE" => cx.repo.file_at(&tag.commit, name)?,
            None => None,
        };
        assets.extend(bytes.map(|bytes| (name.to_owned(), bytes)));
    }
    Ok(assets)
}
