//! `changed`.

use serde::Serialize;

use super::session::Session;
use crate::model::{ChangeKind, ChangedReport, Exit, Failure};
use crate::pipeline::changed::{self, Options};
use crate::terminal::standing;

/// List the charts that differ between two commits
///
/// Prints one chart name a line, for `for chart in $(git lineage changed)`; with `--verbose` also how it
/// changed. A chart differs when any file below its directory does. Charts that were removed are listed
/// like the others and named on stderr; what changed below a chart root without belonging to a chart is
/// named there, too.
///
/// Reads the two trees, no history and no policy of the change itself, and writes nothing. Exit code 3
/// where no common commit is found, as in a shallow clone.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The two commits; BASE alone: to HEAD; nothing: from where HEAD left main
    #[arg(value_name = "BASE..HEAD")]
    range: Option<String>,
    /// Print a job matrix for GitHub Actions, without removed charts
    ///
    /// `{"include":[{"chart":"x","directory":"charts/x"}],"count":1}`, for
    /// `matrix: { include: ${{ fromJSON(OUTPUT).include }} }`. The runner refuses an empty `include`, so with no
    /// chart it holds one entry of empty strings and `count` is 0: guard the job with
    /// `if: fromJSON(OUTPUT).count > 0`. In a GitHub Actions job the step outputs `matrix` and `count` are set.
    #[arg(long, conflicts_with = "json")]
    github_matrix: bool,
}

/// A job matrix. Its shape is the runner's, so it carries no version.
#[derive(Debug, Serialize)]
struct Matrix<'a> {
    include: Vec<Job<'a>>,
    count: usize,
}

#[derive(Debug, Default, Serialize)]
struct Job<'a> {
    chart: &'a str,
    directory: &'a str,
}

pub(super) fn run(args: Args, session: &mut Session) -> Result<Exit, Failure> {
    let options = Options { range: args.range };
    let report = session.work(|cx| changed::run(cx, &options))?;
    for chart in report.charts.iter().filter(|chart| chart.change == ChangeKind::Removed) {
        session.terminal.note(&format!("{} was removed", chart.chart));
    }
    for path in &report.not_charts {
        session.terminal.note(&format!("{path} changed and belongs to no chart"));
    }
    if !args.github_matrix {
        session.say(&report, standing::changed)?;
        return Ok(Exit::Done);
    }
    let matrix = matrix(&report);
    let text = serde_json::to_string(&matrix)
        .map_err(|error| Failure::undetermined("could not say the matrix in JSON").because(error.to_string()))?;
    session.actions.output("matrix", &text)?;
    session.actions.output("count", &matrix.count.to_string())?;
    session.tell_runner(&report, standing::changed)?;
    session.terminal.answer(&(text + "\n"));
    Ok(Exit::Done)
}

fn matrix(report: &ChangedReport) -> Matrix<'_> {
    let mut include: Vec<Job<'_>> = report
        .charts
        .iter()
        .filter(|chart| chart.change != ChangeKind::Removed)
        .map(|chart| Job { chart: &chart.chart, directory: &chart.directory })
        .collect();
    let count = include.len();
    if include.is_empty() {
        include.push(Job::default());
    }
    Matrix { include, count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangedChart, Oid};

    fn report(charts: &[(&str, ChangeKind)]) -> ChangedReport {
        let oid = Oid::parse(&"1".repeat(40)).unwrap();
        let charts = charts
            .iter()
            .map(|(chart, change)| ChangedChart {
                chart: (*chart).to_owned(),
                directory: format!("charts/{chart}"),
                change: *change,
                chart_version: None,
            })
            .collect();
        ChangedReport { base: oid.clone(), head: oid, charts, not_charts: Vec::new() }
    }

    fn said(report: &ChangedReport) -> String {
        serde_json::to_string(&matrix(report)).unwrap()
    }

    #[test]
    fn a_matrix_names_what_can_be_worked_on() {
        let report = report(&[("x", ChangeKind::Added), ("y", ChangeKind::Removed), ("z", ChangeKind::Modified)]);
        assert_eq!(
            said(&report),
            r#"{"include":[{"chart":"x","directory":"charts/x"},{"chart":"z","directory":"charts/z"}],"count":2}"#
        );
    }

    #[test]
    fn a_matrix_is_never_empty() {
        assert_eq!(said(&report(&[])), r#"{"include":[{"chart":"","directory":""}],"count":0}"#);
    }
}
