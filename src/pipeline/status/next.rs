//! What the next release would be called.

use std::collections::BTreeMap;

use semver::Version;

use super::Line;
use crate::git::{Commit, Repo};
use crate::helm::Metadata;
use crate::model::change::{Weight, changes};
use crate::model::config::PreMajor;
use crate::model::link::{self, Stated};
use crate::model::statement::SourceCommit;
use crate::model::{Failure, Oid, Sha256, version};
use crate::pipeline::charts;
use crate::pipeline::ground::Ground;

/// Fills in the next version of a chart with commits since its tag. Where the repository is set up, also
/// corrects their number: a squash leaves commits on integration that the tag's history does not have,
/// though what they brought is released.
pub(super) fn preview(repo: &Repo, ground: Option<&Ground>, head: &Oid, line: &mut Line) -> Result<(), Failure> {
    let Ok(chart) = &line.chart else { return Ok(()) };
    if line.commits == 0 {
        return Ok(());
    }
    let Ok(here) = version::parse(&chart.metadata.version) else { return Ok(()) };
    let (tree, directory) = (chart.tree.clone(), line.directory.clone());
    let Some(ground) = ground else { return by_tags(repo, head, &here, line) };

    let stated = ground.config().publish.stated();
    let mut history = History { repo, head, directory: &directory, stated, owned: BTreeMap::new() };
    if let Some((commit, tagged)) = line.newest.as_ref().map(|newest| (&newest.commit, &newest.tree)) {
        if history.alike(Some(&tree), tagged.as_ref()) {
            (line.commits, line.released) = (0, true);
            return Ok(());
        }
        line.commits = history.since(commit.as_ref(), tagged.as_ref())?.len();
    }
    let main = repo.tree_at(&ground.main, &directory)?;
    let on_main = match repo.file_at(&ground.main, &format!("{directory}/Chart.yaml"))? {
        Some(bytes) => {
            Metadata::parse("Chart.yaml", &bytes).ok().and_then(|on_main| version::parse(&on_main.version).ok())
        }
        None => None,
    };
    // main owns the version: a chart new to it keeps its own, and so does one that only waits for its tag.
    let keeps = main.as_ref() == Some(&tree);
    line.next = match on_main.filter(|_| !keeps) {
        None => Some(here.to_string()),
        Some(on_main) => {
            let commits = history.since(Some(&ground.main), main.as_ref())?;
            let next = next(&here, &on_main, &commits, ground.config().semver.pre_major);
            line.raises = next.is_some().then_some(on_main).filter(|on_main| here <= *on_main);
            next
        }
    };
    Ok(())
}

/// Where nothing is set up, tags are all there is to go by.
fn by_tags(repo: &Repo, head: &Oid, here: &Version, line: &mut Line) -> Result<(), Failure> {
    line.next = match &line.newest {
        Some(newest) if *here <= newest.release.version => {
            // The history is asked again only for the charts whose version does not say it already.
            let commits = repo.commits_between(newest.commit.as_ref(), head, &line.directory)?;
            next(here, &newest.release.version, &commits, PreMajor::default())
        }
        _ => Some(here.to_string()),
    };
    Ok(())
}

/// The commits of one chart, and its contents without what main owns.
struct History<'a> {
    repo: &'a Repo,
    head: &'a Oid,
    directory: &'a str,
    stated: Stated,
    owned: BTreeMap<Oid, Option<Sha256>>,
}

impl History<'_> {
    /// Whether two trees differ in what main owns at most. What cannot be listed is like itself alone.
    fn alike(&mut self, one: Option<&Oid>, other: Option<&Oid>) -> bool {
        let (Some(one), Some(other)) = (one, other) else { return false };
        one == other || self.of(one).is_some_and(|content| self.of(other) == Some(content))
    }

    fn of(&mut self, tree: &Oid) -> Option<Sha256> {
        if let Some(known) = self.owned.get(tree) {
            return *known;
        }
        let content = charts::content(self.repo, tree, self.directory).ok();
        let owned = content.map(|content| link::without_owned(&content, &self.stated));
        self.owned.insert(tree.clone(), owned);
        owned
    }

    /// The commits after `base` that touch the chart, newest first, up to the one that has it as `known`.
    fn since(&mut self, base: Option<&Oid>, known: Option<&Oid>) -> Result<Vec<Commit>, Failure> {
        let mut commits = self.repo.commits_between(base, self.head, self.directory)?;
        for number in 0..commits.len() {
            let Some(commit) = commits.get(number) else { break };
            let tree = self.repo.tree_at(&commit.oid, self.directory)?;
            if self.alike(tree.as_ref(), known) {
                commits.truncate(number);
                break;
            }
        }
        Ok(commits)
    }
}

/// The version after `before`; a version that was raised already stands.
fn next(here: &Version, before: &Version, commits: &[Commit], pre_major: PreMajor) -> Option<String> {
    if commits.is_empty() {
        return None;
    }
    if here > before {
        return Some(here.to_string());
    }
    let commits: Vec<SourceCommit> = commits.iter().cloned().map(crate::pipeline::charts::source_commit).collect();
    Some(after(before, &commits, pre_major))
}

/// The version that commits make after `before`.
pub(super) fn after(before: &Version, commits: &[SourceCommit], pre_major: PreMajor) -> String {
    let weight = changes(commits).iter().map(|change| change.weight).max().unwrap_or(Weight::Patch);
    version::next(before, weight, pre_major).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn nothing_new_has_no_next_version_and_a_raised_one_stands() {
        let oid = Oid::parse(&"1".repeat(40)).expect("an object id");
        let commit = Commit {
            oid: oid.clone(),
            tree: oid,
            parents: Vec::new(),
            author: "A <a@example.org>".to_owned(),
            committer: "A <a@example.org>".to_owned(),
            committed: Timestamp::from_seconds(0),
            message: "feat: x".to_owned(),
        };
        let commit = [commit];
        let (old, new) = (Version::new(1, 0, 0), Version::new(1, 4, 0));
        assert_eq!(next(&new, &old, &[], PreMajor::Major), None);
        assert_eq!(next(&new, &old, &commit, PreMajor::Major), Some("1.4.0".to_owned()));
        assert_eq!(next(&old, &old, &commit, PreMajor::Major), Some("1.1.0".to_owned()));
    }
}
