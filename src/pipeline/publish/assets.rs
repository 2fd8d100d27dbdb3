//! The release assets: one directory per tag, which is there whole or not at all, and in which nothing is ever
//! replaced.

use std::collections::BTreeMap;
use std::path::Path;

use super::Release;
use super::signatures::{Signature, Signed};
use crate::model::{Failure, PublishReport, Sha256};
use crate::pipeline::{Context, charts, export, files};

/// Writes what is missing; refuses to replace anything (exit 4). `given` is a signature that was made already.
pub(super) fn run(
    cx: &Context<'_>,
    release: &Release<'_>,
    root: &Path,
    signatures: &[Signature<'_>],
    given: Option<&Signed>,
    report: &mut PublishReport,
) -> Result<BTreeMap<String, Sha256>, Failure> {
    let directory = root.join(&report.tag);
    report.assets = Some(directory.clone());
    let wanted = wanted(cx, release)?;
    // Held until the end: of two who publish at once the second finds the directory of the first.
    let _held = if cx.dry_run { None } else { Some(files::hold(root)?) };
    let mut missing = Vec::new();
    let mut digests = BTreeMap::new();
    for (name, bytes) in &wanted {
        let path = directory.join(name);
        digests.insert(name.clone(), Sha256::of(bytes));
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
        missing.push((name.as_str(), bytes.as_slice()));
    }
    let mut made = Vec::new();
    for signature in signatures {
        let name = signature.name(release);
        let path = directory.join(&name);
        let what = format!("write the asset {name}");
        let bytes = if path.exists() {
            let there = files::read(&path)?;
            signature.demand(cx, release, &path.display().to_string(), &there)?;
            report.plan.done(what);
            digests.insert(name, Sha256::of(&there));
            continue;
        } else {
            report.plan.needed(what);
            match given {
                Some(given) if given.name == name => given.bytes.clone(),
                _ if cx.dry_run => continue,
                _ => signature.make(cx, release)?,
            }
        };
        digests.insert(name.clone(), Sha256::of(&bytes));
        made.push((name, bytes));
    }
    missing.extend(made.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    if !cx.dry_run {
        files::complete(&directory, &missing)?;
    }
    Ok(digests)
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
