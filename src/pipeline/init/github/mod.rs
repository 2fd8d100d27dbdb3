//! `init --github`: workflows and rulesets as files, and what stands around them.

use std::collections::BTreeMap;

use super::Site;
use crate::git::Repo;
use crate::model::config::{Config, Flow};
use crate::model::workflows::{self, State};
use crate::model::{Event, Failure, Oid, Plan, rulesets};
use crate::pipeline::{Context, files};

mod checklist;
mod migrate;
mod section;

pub(super) use checklist::checklist;
pub(super) use migrate::{Origin, origin};
pub(super) use section::{Names, section};

#[cfg(test)]
mod tests;

/// What was asked of `init` for a repository on GitHub. What a repository is set up with stands in its
/// `lineage.toml` afterwards.
#[derive(Clone, Debug, Default)]
pub struct GitHub {
    /// `owner/name`.
    pub repository: Option<String>,
    /// GitHub's number for the repository.
    pub repository_id: Option<u64>,
    /// GitHub's number for its owner.
    pub owner_id: Option<u64>,
    /// The App's number.
    pub app_id: Option<u64>,
    /// Where the jobs take the program from.
    pub program: Option<String>,
    /// Its sha256.
    pub program_sha256: Option<String>,
}

/// Every generated file of a configuration, by path. Rulesets are numbered in the order they are made.
pub(super) fn generated(config: &Config) -> Result<BTreeMap<String, String>, Failure> {
    let mut all = workflows::files(config)?;
    for (number, ruleset) in (1..).zip(rulesets::wanted(config)?) {
        let name = ruleset.name.trim_start_matches(rulesets::PREFIX);
        all.insert(format!("{}/{number}-{name}.json", workflows::RULESETS), ruleset.text());
    }
    Ok(all)
}

/// A generated file, and how the one at a commit stands.
pub(super) struct Standing {
    pub(super) path: String,
    /// What should be there; none: nothing, since the flow has no such stage.
    pub(super) wanted: Option<String>,
    pub(super) state: State,
}

impl Standing {
    /// What is wrong with it, as the end of a sentence; none: nothing.
    pub(super) fn wrong(&self) -> Option<String> {
        match (&self.state, &self.wanted) {
            (State::Current, _) => None,
            (_, None) => Some("belongs to another flow".to_owned()),
            (State::Missing, _) => Some("is missing".to_owned()),
            (State::Stale(why), _) => Some(format!("is stale: {why}")),
            (State::Edited, _) => Some("is not as it was written: somebody changed it".to_owned()),
        }
    }
}

/// How every generated file stands at a commit.
pub(super) fn standing(repo: &Repo, at: &Oid, config: &Config) -> Result<Vec<Standing>, Failure> {
    let mut all = Vec::new();
    let wanted = generated(config)?;
    for (path, text) in &wanted {
        let found = repo.file_at(at, path)?;
        let state = match State::of(text, found.as_deref()) {
            // No line in JSON says who wrote it.
            State::Edited if path.starts_with(workflows::RULESETS) => {
                State::Stale("it is not what the configuration asks for".to_owned())
            }
            state => state,
        };
        all.push(Standing { path: path.clone(), wanted: Some(text.clone()), state });
    }
    for path in workflows::every_path().filter(|path| !wanted.contains_key(path)) {
        if repo.file_at(at, &path)?.is_some() {
            all.push(Standing { path, wanted: None, state: State::Stale(String::new()) });
        }
    }
    Ok(all)
}

/// What is not up to date in a repository on GitHub, each a sentence with the next step.
///
/// # Errors
/// The repository cannot be read.
pub fn stale(repo: &Repo, at: &Oid, config: &Config) -> Result<Vec<String>, Failure> {
    let all = match standing(repo, at, config) {
        Ok(all) => all,
        Err(failure) if failure.exit == crate::model::Exit::Usage => {
            return Ok(vec![format!("the workflows cannot be written: {}", failure.what)]);
        }
        Err(failure) => return Err(failure),
    };
    let wrong = all.iter().filter_map(|one| Some(format!("{} {}", one.path, one.wrong()?)));
    Ok(wrong.map(|wrong| format!("{wrong}; `git lineage init --github` writes it")).collect())
}

/// The files that go into the first commit.
pub(super) fn first(
    cx: &Context<'_>,
    site: &Site,
    config: &Config,
    plan: &mut Plan,
) -> Result<Vec<(String, String)>, Failure> {
    let all = standing(&cx.repo, &site.main, config)?;
    if let Some(one) = all.iter().find(|one| one.state == State::Edited) {
        return Err(Failure::usage(format!(
            "{} is on {} already and was not written by this",
            one.path, site.main_name
        ))
        .hint("move it away by a change there, then run `git lineage init --github` again"));
    }
    for one in &all {
        plan.needed(format!("commit {} with it", one.path));
    }
    Ok(all.into_iter().filter_map(|one| Some((one.path, one.wanted?))).collect())
}

/// Plans what is missing or stale, to be written into the work tree: once a repository is set up, main moves by
/// reviewed changes alone.
pub(super) fn again(
    cx: &mut Context<'_>,
    site: &Site,
    config: &Config,
    plan: &mut Plan,
) -> Result<Vec<(String, String)>, Failure> {
    let mut write = Vec::new();
    let work = cx.repo.work_dir();
    for one in standing(&cx.repo, &site.main, config)? {
        let Some(wrong) = one.wrong() else {
            plan.done(format!("{} is up to date", one.path));
            continue;
        };
        let Some(wanted) = one.wanted else {
            (cx.on)(Event::Warning(format!("{} {wrong}: remove it by a change to {}", one.path, site.main_name)));
            continue;
        };
        let Some(work) = &work else {
            return Err(Failure::usage(format!("{} {wrong}, and there is no work tree to write it to", one.path))
                .hint("run `git lineage init --github` in a clone with a work tree"));
        };
        let place = work.join(&one.path);
        if files::holds(&place, wanted.as_bytes())? {
            plan.done(format!("{} is written here; bring it to {} by a change", one.path, site.main_name));
        } else if own(&cx.repo, &place, &one.path, &wanted)? {
            (cx.on)(Event::Warning(format!(
                "{} was changed by hand and stays; move it away to have it written",
                one.path
            )));
        } else {
            plan.needed(format!("write {} here: it {wrong}", one.path));
            write.push((one.path, wanted));
        }
    }
    Ok(write)
}

/// Whether the file in the work tree is somebody's own: changed and not committed, or never ours.
fn own(repo: &Repo, place: &std::path::Path, path: &str, wanted: &str) -> Result<bool, Failure> {
    if place.symlink_metadata().is_err() {
        return Ok(false);
    }
    let ours =
        path.starts_with(workflows::RULESETS) || State::of(wanted, Some(&files::read(place)?)) != State::Edited;
    Ok(!ours || repo.is_dirty(path)?)
}

/// Writes them into the work tree.
pub(super) fn write(repo: &Repo, all: &[(String, String)]) -> Result<(), Failure> {
    let Some(work) = repo.work_dir() else { return Ok(()) };
    all.iter().try_for_each(|(path, text)| files::write(&work.join(path), text.as_bytes()))
}

/// A list of the branches as they are, one `<id> <ref>` a line: what `git update-ref --stdin` could be made from.
pub(super) fn backup(site: &Site, repo: &Repo) -> Result<String, Failure> {
    let mut lines: Vec<String> = Vec::new();
    for (name, oid) in &site.there {
        lines.push(format!("{oid} refs/heads/{name}\n"));
    }
    if site.remote.is_none() {
        for (name, oid) in repo.refs("refs/heads/")? {
            lines.push(format!("{oid} {name}\n"));
        }
    }
    lines.sort();
    Ok(lines.concat())
}

/// The branches that take part, for a sentence.
fn open_to(config: &Config) -> String {
    let branches = &config.branches;
    let tags = config.tag_name("*", "*");
    match config.flow {
        Flow::Integration => format!(
            "the branches {}, {} and {}, and the tags {tags}",
            branches.main,
            branches.integration,
            branches.chart.replace("{chart}", "*")
        ),
        Flow::Direct => format!("the branch {}, and the tags {tags}", branches.main),
    }
}
