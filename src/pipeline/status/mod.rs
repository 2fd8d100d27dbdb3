//! Where every chart stands.

use semver::Version;

use super::ground::{Ground, find_ground, unconfigured};
use super::releases::{self, Release};
use super::{Context, charts};
use crate::git::Repo;
use crate::git::history::Asked;
use crate::helm::Metadata;
use crate::model::config::{Config, Flow};
use crate::model::{ChartStatus, Failure, Oid, StatusReport};

mod evidence;
mod next;
mod outside;
mod place;
mod remote;
mod surroundings;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Outside, look at every release, not at the newest of each chart alone.
    pub all: bool,
}

/// As [`run`], and how things stand outside of this clone.
///
/// # Errors
/// As [`run`].
pub async fn with_remote(cx: &mut Context<'_>, options: &Options) -> Result<StatusReport, Failure> {
    let mut report = run(cx)?;
    report.remote = Some(outside::look(cx, options.all, &mut report.warnings).await?);
    Ok(report)
}

/// Runs the verb without the network. A chart that cannot be used is shown with what is wrong with it.
///
/// # Errors
/// A [`Failure`] with its exit code.
pub fn run(cx: &mut Context<'_>) -> Result<StatusReport, Failure> {
    let head = match cx.repo.head() {
        Err(crate::git::Error::Unborn(branch)) => {
            return Err(Failure::usage(format!("{branch} has no commit yet: there is no chart to show"))
                .hint("make the first commit"));
        }
        head => head?,
    };
    let ground = find_ground(&cx.repo)?;
    let mut warnings = surroundings::warnings(cx, ground.as_ref(), &head)?;
    let mut config = ground.as_ref().map_or_else(unconfigured, |ground| ground.policy.config.clone());
    let tags = releases::all_tags(&cx.repo)?;
    let mut lines = chart_lines(&cx.repo, &config, &head)?;
    if ground.is_none() {
        name_as_written(&cx.repo, &mut config, &head, &mut lines)?;
        warnings.extend(usual_template(&mut config, &lines, &tags));
    }
    newest(&cx.repo, &config, &tags, &mut lines)?;
    count(&cx.repo, ground.as_ref(), &head, &mut lines)?;
    let around = ground.as_ref().map(|ground| place::Around::read(&cx.repo, ground, &head)).transpose()?;
    let mut report = Vec::new();
    for line in lines {
        report.push(line.report(cx, ground.as_ref().zip(around.as_ref()), &config, &head)?);
    }
    if let (Some(ground), true) = (&ground, report.is_empty()) {
        warnings.push(format!(
            "there is no chart under {}: look at `roots` in lineage.toml at {}",
            config.charts.roots.join(", "),
            ground.origin
        ));
    }
    let policy = ground.map_or_else(|| "none: no lineage.toml".to_owned(), |ground| ground.origin);
    Ok(StatusReport { branch: cx.repo.branch()?, head, policy, charts: report, warnings, remote: None })
}

/// A chart while it is looked at.
struct Line {
    name: String,
    directory: String,
    chart: Result<charts::ChartAt, Failure>,
    newest: Option<Newest>,
    commits: usize,
    /// Its newest release holds what it holds, but for what main owns.
    released: bool,
    /// The version on main that the next one is to follow, where nobody raised it yet.
    raises: Option<Version>,
    next: Option<String>,
}

/// The newest release of a chart.
struct Newest {
    release: Release,
    /// The commit it peels to; none where it leads elsewhere.
    commit: Option<Oid>,
    /// The chart's tree there.
    tree: Option<Oid>,
}

impl Line {
    fn new(config: &Config, found: charts::Found) -> Self {
        let name = config.expected_name(&found.directory).to_owned();
        Self {
            name,
            directory: found.directory,
            chart: found.chart,
            newest: None,
            commits: 0,
            released: false,
            raises: None,
            next: None,
        }
    }

    fn report(
        self,
        cx: &Context<'_>,
        set_up: Option<(&Ground, &place::Around)>,
        config: &Config,
        head: &Oid,
    ) -> Result<ChartStatus, Failure> {
        let mut warnings = Vec::new();
        if let Err(failure) = &self.chart {
            warnings.push(failure.in_one_line());
        }
        if let Some(newest) = self.newest.as_ref().filter(|newest| newest.commit.is_none()) {
            warnings.push(format!("the tag {} leads to no commit", newest.release.tag));
        }
        let mut evidence = evidence::Evidence::default();
        let place = match set_up {
            Some((ground, around)) => {
                if let Ok(chart) = &self.chart {
                    match evidence::of(cx, ground, chart, head, &self) {
                        Ok(found) => evidence = found,
                        // One chart whose evidence cannot be told does not hide the others.
                        Err(failure) => warnings.push(failure.in_one_line()),
                    }
                }
                let branch = config.chart_branch(&self.name);
                if config.flow == Flow::Integration
                    && let Err(error) = cx.repo.check_branch_name(&branch, None)
                {
                    warnings.push(Failure::from(error).in_one_line());
                }
                place::place(&cx.repo, ground, around, &self)?
            }
            None => place::from_tags(&self).to_owned(),
        };
        // What the evidence names is the contribution itself; the branch may hold but its squash.
        let next = match &self.raises {
            Some(before) if !evidence.commits.is_empty() => {
                Some(next::after(before, &evidence.commits, config.semver.pre_major))
            }
            _ => self.next,
        };
        warnings.append(&mut evidence.warnings);
        Ok(ChartStatus {
            chart: self.name,
            directory: self.directory,
            chart_version: self.chart.ok().map(|chart| chart.metadata.version),
            tag: self.newest.map(|newest| newest.release.tag),
            commits: self.commits,
            next,
            place,
            evidence: evidence.found,
            missing: evidence.missing,
            warnings,
        })
    }
}

fn chart_lines(repo: &Repo, config: &Config, head: &Oid) -> Result<Vec<Line>, Failure> {
    let found = charts::find_all(repo, config, head)?;
    Ok(found.into_iter().map(|found| Line::new(config, found)).collect())
}

/// Where nothing is configured, nothing says that a chart must be called as its directory: charts get the
/// names they have.
fn name_as_written(repo: &Repo, config: &mut Config, head: &Oid, lines: &mut [Line]) -> Result<(), Failure> {
    for line in lines.iter_mut().filter(|line| line.chart.is_err()) {
        let file = format!("{}/Chart.yaml", line.directory);
        let Some(bytes) = repo.file_at(head, &file)? else { continue };
        let Ok(metadata) = Metadata::parse(&file, &bytes) else { continue };
        let last = line.directory.rsplit('/').next().unwrap_or(&line.directory);
        config.charts.aliases.insert(last.to_owned(), metadata.name.clone());
        if let Some(chart) = charts::at(repo, config, head, &line.directory)? {
            line.name = metadata.name;
            line.chart = chart;
        }
    }
    Ok(())
}

/// Where nothing is configured, the release tags are named as most of the tags are.
fn usual_template(config: &mut Config, lines: &[Line], tags: &[(String, Oid)]) -> Option<String> {
    let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    let usual = config.tag.template.clone();
    let mut fits = |template: &str| {
        template.clone_into(&mut config.tag.template);
        releases::count(config, &names, tags)
    };
    let (with_v, without) = (fits(&usual), fits("{chart}-{version}"));
    if without > with_v {
        return Some(format!(
            "tags are read as {{chart}}-{{version}}, which {without} of {} fit; `git lineage init` writes that down",
            tags.len()
        ));
    }
    config.tag.template = usual;
    None
}

/// Finds every chart's newest release: names alone decide, and only the newest are opened.
fn newest(repo: &Repo, config: &Config, tags: &[(String, Oid)], lines: &mut [Line]) -> Result<(), Failure> {
    let names: Vec<String> = lines.iter().map(|line| line.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found = releases::by_chart(config, &names, tags);
    for line in lines {
        let Some(releases) = found.remove(&line.name) else { continue };
        let Some(release) = releases.into_iter().next() else { continue };
        let commit = peel(repo, &release.oid)?;
        let tree = match &commit {
            Some(commit) => repo.tree_at(commit, &line.directory)?,
            None => None,
        };
        line.newest = Some(Newest { release, commit, tree });
    }
    Ok(())
}

/// The commit a tag leads to, through any number of tag objects.
fn peel(repo: &Repo, oid: &Oid) -> Result<Option<Oid>, Failure> {
    let mut oid = oid.clone();
    loop {
        match repo.tag_object(&oid)? {
            Some(object) if object.target_kind == "commit" => return Ok(Some(object.target)),
            Some(object) if object.target_kind == "tag" => oid = object.target,
            Some(_) => return Ok(None),
            None => return Ok(repo.commit(&oid).ok().map(|commit| commit.oid)),
        }
    }
}

/// Counts the commits since the newest releases, in one walk, and says what they would make.
fn count(repo: &Repo, ground: Option<&Ground>, head: &Oid, lines: &mut [Line]) -> Result<(), Failure> {
    let asked: Vec<Asked> = lines
        .iter()
        .map(|line| Asked {
            directory: line.directory.clone(),
            tagged: line.newest.as_ref().and_then(|newest| newest.commit.clone()),
        })
        .collect();
    let counts = repo.commits_since(head, &asked)?;
    for (line, count) in lines.iter_mut().zip(counts) {
        line.commits = count;
        next::preview(repo, ground, head, line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
