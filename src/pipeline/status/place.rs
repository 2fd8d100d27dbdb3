//! Where a chart stands in the flow, in a few words.

use super::Line;
use crate::git::Repo;
use crate::git::ledger::Ledger;
use crate::helm::Metadata;
use crate::model::config::Flow;
use crate::model::link::{self, Stated};
use crate::model::{Failure, Oid, Sha256, version};
use crate::pipeline::charts;
use crate::pipeline::ground::{Ground, branch_tip};

/// The branches around a chart, as fetched.
pub(super) struct Around {
    integration: Option<Oid>,
    /// Where integration and main last were one.
    fork: Option<Oid>,
    release: Option<Oid>,
    /// The branch HEAD is on, where it holds something main does not have.
    here: Option<(String, Oid)>,
}

impl Around {
    pub(super) fn read(repo: &Repo, ground: &Ground, head: &Oid) -> Result<Self, Failure> {
        let config = ground.config();
        let integration = match config.flow {
            Flow::Integration => branch_tip(repo, config, &config.branches.integration)?,
            Flow::Direct => None,
        };
        let fork = match &integration {
            // Without the point of departure, what differs counts as new.
            Some(integration) => repo.merge_base(&ground.main, integration).unwrap_or_default(),
            None => None,
        };
        let known = [Some(&ground.main), integration.as_ref()].into_iter().flatten();
        let mut merged = false;
        for tip in known {
            merged |= repo.is_ancestor(head, tip).unwrap_or(false);
        }
        let here = if merged {
            None
        } else {
            Some((repo.branch()?.unwrap_or_else(|| head.short().to_owned()), head.clone()))
        };
        let release = branch_tip(repo, config, &config.branches.release)?;
        Ok(Self { integration, fork, release, here })
    }
}

/// The place of a chart in a repository that is not set up: tags are all there is.
pub(super) fn from_tags(line: &Line) -> &'static str {
    match (&line.newest, line.commits) {
        (None, _) => "never released",
        (Some(_), 0) => "released",
        (Some(newest), _) => {
            let version = line.chart.as_ref().ok().map(|chart| version::parse(&chart.metadata.version));
            let raised = matches!(version, Some(Ok(version)) if version > newest.release.version);
            if raised { "unreleased, version raised" } else { "unreleased" }
        }
    }
}

/// The place of a chart: whatever is on its way, what came furthest first.
pub(super) fn place(repo: &Repo, ground: &Ground, around: &Around, line: &Line) -> Result<String, Failure> {
    let config = ground.config();
    let directory = line.directory.as_str();
    let at = |commit: Option<&Oid>| match commit {
        Some(commit) => repo.tree_at(commit, directory),
        None => Ok(None),
    };
    let main = at(Some(&ground.main))?;
    let tagged = line.newest.as_ref().and_then(|newest| newest.tree.clone());
    let mut places = Vec::new();

    if main.is_some() && main != tagged {
        places.push(format!("unreleased on {}", config.branches.main));
    } else if let (Some(newest), true) = (&line.newest, main.is_some()) {
        let promote = config.promote_branch(&newest.release.tag);
        let waits = branch_tip(repo, config, &promote)?.is_some() && around.release.is_some();
        if waits && at(around.release.as_ref())? != tagged {
            places.push(format!("tagged, on {promote}"));
        }
    }
    let stated = config.publish.stated();
    let owned = Contents { repo, directory, stated: &stated };
    let mut on_the_way = None;
    if config.flow == Flow::Integration {
        let branch = config.chart_branch(&line.name);
        let tip = branch_tip(repo, config, &branch)?;
        let tree = at(tip.as_ref())?;
        if let (Some(tip), Some(tree)) = (&tip, tree.filter(|tree| Some(tree) != main.as_ref()))
            && !repo.is_ancestor(tip, &ground.main)?
        {
            let bumped = bumped(repo, ground, line, tip, &tree)?;
            places.push(format!("on {branch}, {}", if bumped { "bumped" } else { "not bumped" }));
            on_the_way = owned.of(Some(&tree));
        }
    }
    let integration = at(around.integration.as_ref())?;
    if integration.is_some() && integration != main {
        let new = owned.of(integration.as_ref());
        let fork = at(around.fork.as_ref())?;
        // What integration merely has not received back from main is not on its way.
        if new != owned.of(main.as_ref()) && new != owned.of(fork.as_ref()) && new != on_the_way {
            places.push(format!("on {}", config.branches.integration));
        }
    }
    if let Some((branch, head)) = &around.here {
        let here = at(Some(head))?;
        let chart_branch = *branch == config.chart_branch(&line.name);
        if here.is_some()
            && here != main
            && here != integration
            && here != at(around.fork.as_ref())?
            && !chart_branch
        {
            let new = owned.of(here.as_ref());
            if new != on_the_way && new != owned.of(integration.as_ref()) {
                places.push(format!("in work on {branch}"));
            }
        }
    }
    if places.is_empty() {
        places.push(match (main.is_some(), &line.newest) {
            (false, _) => format!("not on {}", config.branches.main),
            (true, Some(_)) => "released".to_owned(),
            (true, None) => format!("unreleased on {}", config.branches.main),
        });
    }
    Ok(places.join("; "))
}

/// Contents without what main owns, for comparing.
pub(super) struct Contents<'a> {
    pub(super) repo: &'a Repo,
    pub(super) directory: &'a str,
    pub(super) stated: &'a Stated,
}

impl Contents<'_> {
    /// None where there is none, or it cannot be listed.
    pub(super) fn of(&self, tree: Option<&Oid>) -> Option<Sha256> {
        let content = charts::content(self.repo, tree?, self.directory).ok()?;
        Some(link::without_owned(&content, self.stated))
    }
}

/// Whether the per-chart branch holds the new version: by its number, or by the bump's record where the
/// chart is new to main.
fn bumped(repo: &Repo, ground: &Ground, line: &Line, tip: &Oid, tree: &Oid) -> Result<bool, Failure> {
    let file = format!("{}/Chart.yaml", line.directory);
    let version = |commit: &Oid| -> Result<Option<String>, Failure> {
        let bytes = repo.file_at(commit, &file)?;
        Ok(bytes.and_then(|bytes| Metadata::parse(&file, &bytes).ok()).map(|metadata| metadata.version))
    };
    if let Some(before) = version(&ground.main)? {
        return Ok(version(tip)?.is_some_and(|now| now != before));
    }
    let Ledger { records, .. } = repo.read_ledger(&line.name, std::slice::from_ref(tree))?;
    Ok(records.iter().any(|record| record.record.name == "w5-semver-bump"))
}
