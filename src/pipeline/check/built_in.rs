//! The built-in checks: commits, changelog, chart, its images and its README; [`image_digest`] asks registries.

use crate::git::Repo;
use crate::helm;
use crate::model::statement::{CheckResult, SourceCommit};
use crate::model::{ChartFile, Config, Exit, Failure, change, changelog};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::dependencies::{self, Shelf};

use super::{Matter, image_digest};

/// What a check came to.
pub(super) struct Came {
    pub(super) result: CheckResult,
    pub(super) reason: String,
    pub(super) output: Vec<u8>,
    pub(super) commits: Vec<SourceCommit>,
}

impl Came {
    pub(super) fn judged(findings: &[String], output: String, commits: Vec<SourceCommit>) -> Self {
        let result = if findings.is_empty() { CheckResult::Pass } else { CheckResult::Fail };
        Self { result, reason: findings.join("; "), output: output.into_bytes(), commits }
    }
}

/// Runs a built-in by name; none where there is no such one.
pub(super) fn run(
    cx: &Context<'_>,
    config: &Config,
    matter: &Matter,
    chart: &ChartAt,
    name: &str,
    title: Option<&str>,
) -> Result<Option<Came>, Failure> {
    Ok(match name {
        "commit-validation" => Some(commit_validation(&cx.repo, matter, chart, title)?),
        "changelog-generation" => Some(changelog_generation(&cx.repo, matter, chart)?),
        "chart-lint" => Some(chart_lint(cx, config, matter, chart)?),
        "chart-images" => Some(looked_at(cx, chart, helm::lint_images)?),
        "image-digest" => Some(image_digest::run(cx, config, chart)?),
        "chart-readme" => Some(looked_at(cx, chart, helm::lint_readme)?),
        _ => None,
    })
}

/// The contribution's commits that touch the chart, newest first.
pub(super) fn commits(repo: &Repo, matter: &Matter, chart: &ChartAt) -> Result<Vec<SourceCommit>, Failure> {
    let commits = repo.commits_between(matter.base.as_ref(), &matter.head, &chart.directory)?;
    Ok(commits.into_iter().map(crate::pipeline::charts::source_commit).collect())
}

fn commit_validation(repo: &Repo, matter: &Matter, chart: &ChartAt, title: Option<&str>) -> Result<Came, Failure> {
    let commits = commits(repo, matter, chart)?;
    let mut output = String::new();
    let mut failed = Vec::new();
    let messages = commits.iter().map(|commit| (commit.commit.short().to_owned(), commit.message.as_str()));
    let title = title.map(|title| ("the title".to_owned(), title));
    for (what, message) in messages.chain(title) {
        let subject = message.lines().next().unwrap_or_default();
        let findings = change::validate(message, &[chart.chart.as_str()]);
        let verdict = if findings.iter().any(|finding| finding.fatal) { "refused" } else { "ok" };
        output.push_str(&format!("{verdict} {what} {subject}\n"));
        for finding in &findings {
            let weight = if finding.fatal { "error" } else { "warning" };
            output.push_str(&format!("  {weight}: {}\n", finding.message));
        }
        if verdict == "refused" {
            failed.push(format!("{what} `{subject}`"));
        }
    }
    if commits.is_empty() {
        // Content that no commit brought is content nobody can answer for.
        failed.push("no commit touches the chart".to_owned());
    }
    let findings = if failed.is_empty() { Vec::new() } else { vec![format!("refused: {}", failed.join(", "))] };
    Ok(Came::judged(&findings, output, commits))
}

fn changelog_generation(repo: &Repo, matter: &Matter, chart: &ChartAt) -> Result<Came, Failure> {
    let commits = commits(repo, matter, chart)?;
    let mut preview = changelog::preview(&change::changes(&commits));
    if !preview.ends_with('\n') {
        preview.push('\n');
    }
    Ok(Came::judged(&[], preview, commits))
}

/// A check that looks at the chart's own files and nothing else.
fn looked_at(
    cx: &Context<'_>,
    chart: &ChartAt,
    lint: fn(&str, &[ChartFile]) -> Vec<String>,
) -> Result<Came, Failure> {
    let findings = lint(&chart.directory, &charts::files(&cx.repo, &chart.tree, &chart.directory)?);
    let output = findings.iter().map(|finding| format!("{finding}\n")).collect();
    Ok(Came::judged(&findings, output, Vec::new()))
}

fn chart_lint(cx: &Context<'_>, config: &Config, matter: &Matter, chart: &ChartAt) -> Result<Came, Failure> {
    let files = charts::files(&cx.repo, &chart.tree, &chart.directory)?;
    let mut findings = helm::lint(&chart.directory, config.expected_name(&chart.directory), &files);
    if findings.is_empty() && config.publish.artifact_hub.is_some() {
        findings.extend(helm::lint_annotations(&chart.directory, &files));
    }
    // What cannot be packaged cannot be released: better said of the contribution than of the tag.
    if findings.is_empty() {
        let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &matter.head, recorded: None };
        match dependencies::package(&shelf, chart, files) {
            Ok(_) => {}
            Err(failure) if failure.exit == Exit::Negative => {
                findings.push(failure.what);
                findings.extend(failure.causes);
            }
            // What could not be fetched says nothing about the chart.
            Err(failure) => return Err(failure),
        }
    }
    let output = findings.iter().map(|finding| format!("{finding}\n")).collect();
    Ok(Came::judged(&findings, output, Vec::new()))
}
