//! From anything a person has in hand (a tag, a commit, a package, an OCI digest) to the release tag.
//!
//! A resolution is only a place to look: the tag it gives is judged as if it had been named. So that a
//! commit never counts as part of a lineage it is not in, links are followed only through bundles that
//! the tag's own payload names and that a trusted key signed.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{self, Ground};
use super::record::trusted_keys;
use super::releases::{self, Release, all_tags, by_chart};
use super::{Context, anchor, charts};
use crate::git::{self, Repo};
use crate::helm;
use crate::model::statement::{BumpLink, SplitLink};
use crate::model::{Failure, Oid, Payload, Predicate, Sha256, Statement, signed_by};
use crate::sigstore;

/// A subject, resolved.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The release tag's name, without `refs/tags/`.
    pub tag: String,
    /// The bytes of the package file, where the subject was one.
    pub package: Option<Vec<u8>>,
}

/// Resolves a tag, a commit, a `.tgz` file or an `oci://…@sha256:…` reference.
///
/// # Errors
/// Nothing, or more than one release, is meant (exit 2, naming what was tried).
pub fn resolve(cx: &Context<'_>, ground: &Ground, subject: &str) -> Result<Resolved, Failure> {
    let plain = |tag: String| Resolved { tag, package: None };
    if let Some((_, digest)) = subject.rsplit_once("@sha256:") {
        return by_manifest(cx, ground, subject, digest).map(plain);
    }
    let name = subject.strip_prefix("refs/tags/").unwrap_or(subject);
    if !name.is_empty() && cx.repo.find_ref(&format!("refs/tags/{name}"))?.is_some() {
        return Ok(plain(name.to_owned()));
    }
    if anchor::gone(cx)?.iter().any(|gone| gone == name) {
        return Err(anchor::deleted(name));
    }
    if subject.starts_with("oci://") || subject.starts_with("oci-layout:") {
        return Err(Failure::usage(format!("{subject} names no digest"))
            .hint("name the manifest by its digest, `oci://…@sha256:…`: a registry's tags can move"));
    }
    if std::path::Path::new(subject).extension().is_some_and(|extension| extension == "tgz") {
        return by_package(cx, ground, subject);
    }
    match cx.repo.commit_id(subject) {
        Ok(commit) => by_commit(cx, ground, subject, &commit).map(plain),
        Err(git::Error::UnknownRevision(_)) => Err(unknown(cx, ground, subject)?),
        Err(error) => Err(error.into()),
    }
}

/// Nothing here is called that.
fn unknown(cx: &Context<'_>, ground: &Ground, subject: &str) -> Result<Failure, Failure> {
    if let Some(newest) = releases::of_chart(&cx.repo, ground.config(), subject)?.first() {
        return Ok(Failure::usage(format!("{subject} is a chart, not a release of it"))
            .hint(format!("name a release; the newest is {}", newest.tag)));
    }
    Ok(Failure::usage(format!("{subject} is no tag, commit, package file (.tgz) or oci://…@sha256:… here"))
        .hint("see `git tag --list` for the releases; `git lineage sync` fetches them"))
}

/// A release tag with a payload. What the payload says is judged later.
pub(super) struct Payloaded {
    pub(super) tag: String,
    /// The tag object.
    pub(super) object: Oid,
    pub(super) payload: Payload,
}

/// The release tags that have a payload, in the order of their names.
pub(super) fn payloads(cx: &Context<'_>, ground: &Ground) -> Result<Vec<Payloaded>, Failure> {
    let mut found = Vec::new();
    for release in release_tags(&cx.repo, ground)? {
        // A tag object that cannot be read is that tag's gap, not a reason to find no other.
        let Ok(Some(object)) = cx.repo.tag_object(&release.oid) else { continue };
        let Ok((payload, _)) = Payload::parse(&object.message) else { continue };
        if ground.config().tag_name(&payload.chart, &payload.chart_version) == release.tag {
            found.push(Payloaded { tag: release.tag, object: object.oid, payload });
        }
    }
    found.sort_by(|a, b| a.tag.cmp(&b.tag));
    Ok(found)
}

/// Every release tag of a chart that main or the ledger knows.
pub(super) fn release_tags(repo: &Repo, ground: &Ground) -> Result<Vec<Release>, Failure> {
    let names = chart_names(repo, ground)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let releases = by_chart(ground.config(), &names, &all_tags(repo)?);
    let mut unique: BTreeMap<String, Release> = BTreeMap::new();
    for release in releases.into_values().flatten() {
        unique.insert(release.tag.clone(), release);
    }
    Ok(unique.into_values().collect())
}

/// The charts on main, and those that left it but have a ledger.
pub(super) fn chart_names(repo: &Repo, ground: &Ground) -> Result<BTreeSet<String>, Failure> {
    let config = ground.config();
    let mut names: BTreeSet<String> = repo.ledger_charts()?.into_iter().collect();
    for root in &config.charts.roots {
        for directory in repo.directories_at(&ground.main, root)? {
            names.insert(config.expected_name(&directory).to_owned());
        }
    }
    Ok(names)
}

fn by_manifest(cx: &Context<'_>, ground: &Ground, subject: &str, digest: &str) -> Result<String, Failure> {
    let digest = Sha256::parse(digest).ok_or_else(|| {
        Failure::usage(format!("{subject}: `{digest}` is no sha256 in lower-case hex"))
            .hint("copy the digest whole: 64 digits")
    })?;
    let tags: Vec<String> = payloads(cx, ground)?
        .into_iter()
        .filter(|found| found.payload.predicted.oci == digest)
        .map(|found| found.tag)
        .collect();
    one(tags, subject, &format!("no release tag here predicts the OCI manifest sha256:{}", digest.short()))
}

fn by_package(cx: &Context<'_>, ground: &Ground, subject: &str) -> Result<Resolved, Failure> {
    let bytes = std::fs::read(subject).map_err(|error| {
        Failure::usage(format!("could not read {subject}"))
            .because(error.to_string())
            .hint("name a package file that is there, or a tag")
    })?;
    let (metadata, ..) = helm::read_package(&bytes)?;
    let tag = ground.config().tag_name(&metadata.name, &metadata.version);
    if cx.repo.find_ref(&format!("refs/tags/{tag}"))?.is_none() {
        return Err(Failure::usage(format!(
            "{subject} is {} {}, and there is no tag {tag} here",
            metadata.name, metadata.version
        ))
        .hint("fetch the tags with `git lineage sync`; without its tag a package cannot be proven"));
    }
    Ok(Resolved { tag, package: Some(bytes) })
}

fn by_commit(cx: &Context<'_>, ground: &Ground, subject: &str, commit: &Oid) -> Result<String, Failure> {
    let releases = payloads(cx, ground)?;
    let named: Vec<String> = releases
        .iter()
        .filter(|found| found.payload.commit == *commit || found.payload.source_commits.contains(commit))
        .map(|found| found.tag.clone())
        .collect();
    let tags = if named.is_empty() { by_content(cx, ground, commit, &releases)? } else { named };
    let nothing = format!(
        "commit {} is in the lineage of no release here: no payload names it, and no chart it changed has a released, split or contributed content there",
        commit.short()
    );
    one(tags, subject, &nothing)
}

/// The releases whose lineage holds the content that a chart has at `commit`, among the charts the commit
/// changed: the others merely stand beside it.
fn by_content(
    cx: &Context<'_>,
    ground: &Ground,
    commit: &Oid,
    releases: &[Payloaded],
) -> Result<Vec<String>, Failure> {
    let config = ground.config();
    let integration = ground::branch_tip(&cx.repo, config, &config.branches.integration)?;
    let protected = [Some(ground.main.clone()), integration];
    let mut reached = false;
    for tip in protected.into_iter().flatten() {
        reached = reached || cx.repo.is_ancestor(commit, &tip)?;
    }
    if !reached {
        // Beside the line a commit can hold the same chart and anything else: it is in no lineage.
        return Ok(Vec::new());
    }
    let roots = &config.charts.roots;
    let parents = cx.repo.commit(commit)?.parents;
    let touched: Option<BTreeSet<String>> = match parents.first() {
        Some(parent) => Some(cx.repo.changed_directories(parent, commit, roots)?.into_keys().collect()),
        None => None,
    };
    let mut contents: BTreeMap<&str, Option<Sha256>> = BTreeMap::new();
    let mut ledgers = Ledgers { cx, ground, read: BTreeMap::new() };
    let mut tags = Vec::new();
    for Payloaded { tag, payload, .. } in releases {
        if touched.as_ref().is_some_and(|touched| !touched.contains(&payload.directory)) {
            continue;
        }
        let here = match contents.get(payload.directory.as_str()) {
            Some(known) => *known,
            None => {
                // A content that cannot be listed was never validated, so it is in no lineage.
                let content = charts::content_at(&cx.repo, commit, &payload.directory).ok().flatten();
                let digest = content.map(|content| content.digest());
                contents.insert(&payload.directory, digest);
                digest
            }
        };
        let Some(here) = here else { continue };
        if here == payload.content || ledgers.contents_behind(payload)?.contains(&here) {
            tags.push(tag.clone());
        }
    }
    Ok(tags)
}

/// The ledgers of charts, each read once.
struct Ledgers<'a, 'c> {
    cx: &'a Context<'c>,
    ground: &'a Ground,
    /// Chart → (bundle, statement) of every signed link.
    read: BTreeMap<String, Vec<(Sha256, Statement)>>,
}

impl Ledgers<'_, '_> {
    /// The contents that the links a payload names lead back to.
    fn contents_behind(&mut self, payload: &Payload) -> Result<BTreeSet<Sha256>, Failure> {
        let named: BTreeSet<Sha256> = payload.attestations.values().map(|named| named.bundle).collect();
        let prefix = self.ground.config().predicate_prefix.clone();
        let mut behind = BTreeSet::new();
        for (bundle, statement) in self.links(&payload.chart)? {
            if !named.contains(bundle) {
                continue;
            }
            let predicate = statement.predicate.clone();
            let source = match Predicate::of(&statement.predicate_type, &prefix) {
                Some(Predicate::Bump) => serde_json::from_value(predicate).ok().map(|link: BumpLink| link.source),
                Some(Predicate::Split) => {
                    serde_json::from_value(predicate).ok().map(|link: SplitLink| link.source)
                }
                _ => None,
            };
            behind.extend(source.map(|source| source.content));
        }
        Ok(behind)
    }

    fn links(&mut self, chart: &str) -> Result<&[(Sha256, Statement)], Failure> {
        if !self.read.contains_key(chart) {
            let policy = &self.ground.policy;
            let keys = trusted_keys(policy)?;
            let mut links = Vec::new();
            for annotated in self.cx.repo.read_whole_ledger(chart)?.records {
                let (statement, proof) = sigstore::examine(
                    annotated.record.bundle.get(),
                    sigstore::Keyring { keys: &keys, roots: &self.cx.roots },
                );
                let Ok(statement) = statement else { continue };
                let kind = Predicate::of(&statement.predicate_type, &policy.config.predicate_prefix);
                let Some(kind @ (Predicate::Bump | Predicate::Split)) = kind else { continue };
                if signed_by(policy, kind.stage(), &proof).is_ok() {
                    links.push((annotated.record.bundle_digest(), statement));
                }
            }
            self.read.insert(chart.to_owned(), links);
        }
        Ok(self.read.get(chart).map(Vec::as_slice).unwrap_or_default())
    }
}

/// The one tag that is meant.
fn one(mut tags: Vec<String>, subject: &str, nothing: &str) -> Result<String, Failure> {
    tags.sort();
    tags.dedup();
    match tags.len() {
        0 => Err(Failure::usage(format!("{subject} leads to no release"))
            .because(nothing)
            .hint("fetch tags and ledger with `git lineage sync`, or name the tag")),
        1 => Ok(tags.swap_remove(0)),
        _ => Err(Failure::usage(format!("{subject} belongs to several releases: {}", tags.join(", ")))
            .hint("name the tag that is meant")),
    }
}

#[cfg(test)]
mod tests {
    use super::one;
    use crate::model::Exit;

    #[test]
    fn one_release_or_a_sentence() {
        let tags = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(one(tags(&["a-v1.0.0", "a-v1.0.0"]), "abc", "no"), Ok("a-v1.0.0".to_owned()));
        let several = one(tags(&["b-v1.0.0", "a-v1.0.0"]), "abc", "no").expect_err("two are meant");
        assert_eq!(several.exit, Exit::Usage);
        assert!(several.what.contains("a-v1.0.0, b-v1.0.0"), "{several:?}");
        let none = one(Vec::new(), "abc", "no payload names it").expect_err("none is meant");
        assert_eq!((none.exit, none.causes), (Exit::Usage, vec!["no payload names it".to_owned()]));
    }
}
