//! The charts that differ between two commits.

use super::Context;
use super::ground::{Ground, branch_tip, find_ground, unconfigured};
use crate::git::Repo;
use crate::git::roots::{ChangedEntry, Entry};
use crate::helm::{self, Metadata};
use crate::model::config::Config;
use crate::model::{ChangeKind, ChangedChart, ChangedReport, Failure, Oid};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// `BASE..HEAD`, `BASE` or none: main's merge base with HEAD, to HEAD.
    pub range: Option<String>,
}

/// Runs the verb.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>, options: &Options) -> Result<ChangedReport, Failure> {
    let repo = &cx.repo;
    repo.trust_objects();
    let ground = find_ground(repo)?;
    let (base, head) = ends(repo, ground.as_ref(), options.range.as_deref())?;
    let config = ground.map_or_else(unconfigured, |ground| ground.policy.config);
    let mut charts = Vec::new();
    let mut not_charts = Vec::new();
    for root in &config.charts.roots {
        for entry in repo.changed_entries(&base, &head, root)? {
            let path = format!("{root}/{}", entry.name);
            match chart(repo, &config, &base, &head, &path, &entry)? {
                Some(chart) => charts.push(chart),
                None => not_charts.push(path),
            }
        }
    }
    charts.sort_by(|a, b| a.directory.cmp(&b.directory));
    not_charts.sort();
    Ok(ChangedReport { base, head, charts, not_charts })
}

/// The two commits that are compared.
fn ends(repo: &Repo, ground: Option<&Ground>, range: Option<&str>) -> Result<(Oid, Oid), Failure> {
    let commit = |revision: &str| repo.commit_id(if revision.is_empty() { "HEAD" } else { revision });
    match range.map(Range::parse) {
        Some(Range::Between(base, head)) => Ok((commit(base)?, commit(head)?)),
        Some(Range::Since(base, head)) => {
            let head = commit(head)?;
            Ok((fork(repo, &commit(base)?, &head, base)?, head))
        }
        None => {
            let head = commit("HEAD")?;
            let (main, name) = main_of(repo, ground)?;
            Ok((fork(repo, &main, &head, &name)?, head))
        }
    }
}

/// What a person may write for two commits.
#[derive(Debug, PartialEq, Eq)]
enum Range<'a> {
    /// `BASE..HEAD`, or `BASE` alone.
    Between(&'a str, &'a str),
    /// `BASE...HEAD`: from where HEAD left BASE, as `git diff` reads it.
    Since(&'a str, &'a str),
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Self {
        if let Some((base, head)) = text.split_once("...") {
            return Self::Since(base, head);
        }
        match text.split_once("..") {
            Some((base, head)) => Self::Between(base, head),
            None => Self::Between(text, ""),
        }
    }
}

/// Where `head` left `main`.
fn fork(repo: &Repo, main: &Oid, head: &Oid, name: &str) -> Result<Oid, Failure> {
    repo.merge_base(main, head)?.ok_or_else(|| {
        Failure::undetermined(format!("{} and {name} have no common history here", head.short())).hint(
            "fetch the whole history (fetch-depth: 0), or name the two commits: `git lineage changed BASE..HEAD`",
        )
    })
}

/// Main as fetched, with its name.
fn main_of(repo: &Repo, ground: Option<&Ground>) -> Result<(Oid, String), Failure> {
    if let Some(ground) = ground {
        return Ok((ground.main.clone(), ground.origin.clone()));
    }
    let mut config = unconfigured();
    for name in ["main", "master", "HEAD"] {
        name.clone_into(&mut config.branches.main);
        if let Some(oid) = branch_tip(repo, &config, name)? {
            return Ok((oid, name.to_owned()));
        }
    }
    for name in ["refs/heads/main", "refs/heads/master"] {
        if repo.find_ref(name)?.is_some() {
            return Ok((repo.commit_id(name)?, name.trim_start_matches("refs/heads/").to_owned()));
        }
    }
    Err(Failure::usage("there is no branch main to compare with")
        .hint("fetch main, or name the two commits: `git lineage changed BASE..HEAD`"))
}

/// The chart behind a changed entry; none where neither side has a `Chart.yaml`.
fn chart(
    repo: &Repo,
    config: &Config,
    base: &Oid,
    head: &Oid,
    directory: &str,
    entry: &ChangedEntry,
) -> Result<Option<ChangedChart>, Failure> {
    let held = |side: &Option<Entry>| match side {
        Some(side) if side.tree => repo.file_in(&side.oid, "Chart.yaml"),
        _ => Ok(None),
    };
    let (before, after) = (held(&entry.before)?, held(&entry.after)?);
    let change = match (&before, &after) {
        (None, None) => return Ok(None),
        (None, Some(_)) => ChangeKind::Added,
        (Some(_), Some(_)) => ChangeKind::Modified,
        (Some(_), None) => ChangeKind::Removed,
    };
    // A chart that cannot be used has changed all the same: it is named after its directory.
    let file = format!("{directory}/Chart.yaml");
    let read = |bytes: &[u8]| {
        helm::glance(bytes).or_else(|| {
            let metadata = Metadata::parse(&file, bytes).ok()?;
            Some((metadata.name, metadata.version))
        })
    };
    let called = |commit: &Oid, blob: Option<&Oid>| -> Result<Option<(String, String)>, Failure> {
        let Some(blob) = blob else { return Ok(None) };
        if let Some(called) = read(&repo.blob(blob)?) {
            return Ok(Some(called));
        }
        // Perhaps a link, which is followed from the commit.
        Ok(repo.file_at(commit, &file).unwrap_or_default().and_then(|bytes| read(&bytes)))
    };
    let after = called(head, after.as_ref())?;
    let version = after.as_ref().map(|(_, version)| version.clone());
    let named = match after {
        Some(after) => Some(after),
        None => called(base, before.as_ref())?,
    };
    let chart = named.map_or_else(|| config.expected_name(directory).to_owned(), |(name, _)| name);
    Ok(Some(ChangedChart { chart, directory: directory.to_owned(), change, chart_version: version }))
}

#[cfg(test)]
#[path = "changed_tests.rs"]
mod tests;
