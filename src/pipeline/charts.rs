//! Charts at a commit: which there are, what they are called, what they contain.

use crate::git::{self, Repo};
use crate::helm::Metadata;
use crate::model::config::Config;
use crate::model::statement::SourceCommit;
use crate::model::{ChartFile, Content, Failure, Listing, Oid, link};

/// A chart at a commit.
#[derive(Clone, Debug)]
pub struct ChartAt {
    /// By `Chart.yaml:name`.
    pub chart: String,
    /// From the repository's root.
    pub directory: String,
    pub tree: Oid,
    pub metadata: Metadata,
}

/// A directory under a root with a `Chart.yaml`, and what is wrong with it if something is.
pub struct Found {
    pub directory: String,
    pub tree: Oid,
    pub chart: Result<ChartAt, Failure>,
}

/// Every directory under the roots that has a `Chart.yaml`, by directory.
///
/// # Errors
/// The repository cannot be read.
pub fn find_all(repo: &Repo, config: &Config, commit: &Oid) -> Result<Vec<Found>, Failure> {
    let mut found = Vec::new();
    for root in &config.charts.roots {
        for name in repo.directories_at(commit, root)? {
            let directory = format!("{root}/{name}");
            let Some(tree) = repo.tree_at(commit, &directory)? else { continue };
            if let Some(chart) = at(repo, config, commit, &directory)? {
                found.push(Found { directory, tree, chart });
            }
        }
    }
    found.sort_by(|a, b| a.directory.cmp(&b.directory));
    Ok(found)
}

/// The chart in a directory; none where there is no `Chart.yaml`.
///
/// # Errors
/// Outer: the repository cannot be read. Inner: the chart is unusable.
pub fn at(
    repo: &Repo,
    config: &Config,
    commit: &Oid,
    directory: &str,
) -> Result<Option<Result<ChartAt, Failure>>, Failure> {
    let Some(tree) = repo.tree_at(commit, directory)? else { return Ok(None) };
    let file = format!("{directory}/Chart.yaml");
    let Some(bytes) = repo.file_at(commit, &file)? else { return Ok(None) };
    let metadata = match Metadata::parse(&file, &bytes) {
        Ok(metadata) => metadata,
        Err(error) => return Ok(Some(Err(error.into()))),
    };
    let expected = config.expected_name(directory);
    if metadata.name != expected {
        let last = directory.rsplit('/').next().unwrap_or(directory);
        return Ok(Some(Err(Failure::usage(format!("{file} names the chart {}, not {expected}", metadata.name))
            .hint(format!(
                "rename one of them, or write `{last} = \"{}\"` under [charts.aliases] in lineage.toml",
                metadata.name
            )))));
    }
    let chart = metadata.name.clone();
    Ok(Some(Ok(ChartAt { chart, directory: directory.to_owned(), tree, metadata })))
}

/// The chart called `name` (or living in the directory `name`) at a commit.
///
/// # Errors
/// There is none, or it is unusable.
pub fn named(repo: &Repo, config: &Config, commit: &Oid, name: &str) -> Result<ChartAt, Failure> {
    let name = name.trim_end_matches('/');
    if name.contains('/')
        && let Some(chart) = at(repo, config, commit, name)?
    {
        return chart;
    }
    let mut unusable = None;
    for root in &config.charts.roots {
        // The alias' directory first: most charts live in a directory of their own name.
        let aliased = config.charts.aliases.iter().find(|(_, chart)| *chart == name).map(|(dir, _)| dir.as_str());
        for last in aliased.into_iter().chain([name]) {
            match at(repo, config, commit, &format!("{root}/{last}"))? {
                Some(Ok(chart)) => return Ok(chart),
                Some(Err(failure)) => unusable = Some(failure),
                None => {}
            }
        }
    }
    Err(unusable.unwrap_or_else(|| {
        Failure::usage(format!("no chart {name} at {} under {}", commit.short(), config.charts.roots.join(", ")))
            .hint("see `git lineage status` for the charts there are")
    }))
}

/// A chart's files, links resolved.
///
/// # Errors
/// The chart holds something no package can carry, or a file whose bytes do not hash to its id.
pub fn files(repo: &Repo, tree: &Oid, directory: &str) -> Result<Vec<ChartFile>, Failure> {
    repo.chart_files(tree).map_err(|error| match error {
        git::Error::Unlistable { path, why } => {
            git::Error::Unlistable { path: format!("{directory}/{path}"), why }.into()
        }
        git::Error::CorruptFile { path, oid } => {
            git::Error::CorruptFile { path: format!("{directory}/{path}"), oid }.into()
        }
        other => other.into(),
    })
}

/// The content of a chart tree.
///
/// # Errors
/// As [`files`], or a path that cannot be listed.
pub fn content(repo: &Repo, tree: &Oid, directory: &str) -> Result<Content, Failure> {
    content_of(&files(repo, tree, directory)?, Some(tree.clone()), directory)
}

/// The content of files at hand.
///
/// # Errors
/// A path that cannot be listed, no `Chart.yaml`.
pub fn content_of(files: &[ChartFile], tree: Option<Oid>, directory: &str) -> Result<Content, Failure> {
    let listing =
        Listing::of(files).map_err(|e| Failure::negative(format!("{directory} cannot be listed: {e}")))?;
    let mut chart_yaml = None;
    let mut changelog = None;
    for file in files {
        match file.path.as_str() {
            link::CHART_YAML => chart_yaml = Some(file.bytes.clone()),
            link::CHANGELOG => changelog = Some(file.bytes.clone()),
            _ => {}
        }
    }
    let chart_yaml = chart_yaml.ok_or_else(|| Failure::negative(format!("{directory} has no Chart.yaml")))?;
    Ok(Content { tree, listing, chart_yaml, changelog })
}

/// The content of a chart's directory at a commit; none where it is not there.
///
/// # Errors
/// As [`content`].
pub fn content_at(repo: &Repo, commit: &Oid, directory: &str) -> Result<Option<Content>, Failure> {
    match repo.tree_at(commit, directory)? {
        Some(tree) => content(repo, &tree, directory).map(Some),
        None => Ok(None),
    }
}

/// Splits `CHART[@REV]`; the revision is HEAD where none is given. A chart name has no `@`.
pub fn split_spec(spec: &str) -> (&str, &str) {
    spec.split_once('@').unwrap_or((spec, "HEAD"))
}

/// The charts (as they are at `head`) whose trees differ between two commits; removed ones are left out.
///
/// # Errors
/// The repository cannot be read, or a changed chart is unusable.
pub fn changed(repo: &Repo, config: &Config, base: &Oid, head: &Oid) -> Result<Vec<ChartAt>, Failure> {
    let mut charts = Vec::new();
    for (directory, (_, after)) in repo.changed_directories(base, head, &config.charts.roots)? {
        if after.is_none() {
            continue;
        }
        if let Some(chart) = at(repo, config, head, &directory)? {
            charts.push(chart?);
        }
    }
    Ok(charts)
}

/// A commit as statements tell of it.
pub fn source_commit(commit: git::Commit) -> SourceCommit {
    let committer = (commit.committer != commit.author).then_some(commit.committer);
    SourceCommit { commit: commit.oid, author: commit.author, committer, message: commit.message }
}
