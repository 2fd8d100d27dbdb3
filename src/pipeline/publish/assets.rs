//! The release assets: one directory per tag, each file written whole, none ever replaced.

use std::collections::BTreeMap;
use std::path::Path;

use super::Release;
use crate::model::{Failure, PublishReport, Sha256, Stage};
use crate::pipeline::{Context, charts, export, files, record};

/// Writes what is missing; refuses to replace anything (exit 4).
pub(super) fn run(
    cx: &Context<'_>,
    release: &Release<'_>,
    root: &Path,
    report: &mut PublishReport,
) -> Result<BTreeMap<String, Sha256>, Failure> {
    let directory = root.join(&report.tag);
    report.assets = Some(directory.clone());
    let mut digests = BTreeMap::new();
    for (name, bytes) in wanted(cx, release)? {
        let path = directory.join(&name);
        digests.insert(name.clone(), Sha256::of(&bytes));
        let what = format!("write the asset {name}");
        if files::holds(&path, &bytes)? {
            report.plan.done(what);
            continue;
        }
        if path.exists() {
            return Err(Failure::conflict(format!("{} exists with other content", path.display()))
                .because(format!("this release gives sha256:{}", Sha256::of(&bytes)))
                .hint("a published asset never changes: look at who wrote it, or publish to an empty directory"));
        }
        report.plan.needed(what);
        if !cx.dry_run {
            files::write(&path, &bytes)?;
        }
    }
    digests.extend(signature(cx, release, &directory, report)?);
    Ok(digests)
}

/// The assets whose bytes follow from the release: package, evidence, texts.
fn wanted(cx: &Context<'_>, release: &Release<'_>) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let package = release.package;
    let lineage = &release.traced.lineage;
    let stem = package.file.trim_end_matches(".tgz");
    let mut assets = vec![(package.file.clone(), package.tgz.clone())];
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

/// `<package>.sig`: of a key a raw signature for `openssl` and `cosign verify-blob`, of a certificate a bundle for
/// `cosign verify-blob --bundle`. Signatures differ every time, so one that is there stays.
fn signature(
    cx: &Context<'_>,
    release: &Release<'_>,
    directory: &Path,
    report: &mut PublishReport,
) -> Result<BTreeMap<String, Sha256>, Failure> {
    let name = format!("{}.sig", release.package.file);
    let path = directory.join(&name);
    let what = format!("write the asset {name}");
    if path.exists() {
        report.plan.done(what);
        return Ok(BTreeMap::from([(name, Sha256::of(files::read(&path)?))]));
    }
    report.plan.needed(what);
    if cx.dry_run {
        return Ok(BTreeMap::new());
    }
    let pen = record::pen(cx, &release.traced.policy, Stage::Publish)?;
    let bytes = pen.sign_blob(&name, &release.package.tgz)?.into_bytes();
    files::write(&path, &bytes)?;
    Ok(BTreeMap::from([(name, Sha256::of(&bytes))]))
}
