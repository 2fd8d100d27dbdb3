//! Running checks: each chart and each check on its own, in a scratch tree of git objects.

use std::time::Duration;

use super::built_in::{self, Came};
use super::{Asked, Matter, Options};
use crate::model::link::Stated;
use crate::model::statement::{Check, CheckResult};
use crate::model::{ChartFile, CheckLine, CheckReport, Event, Exit, Failure, Sha256};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::dependencies::{self, Shelf};
use crate::pipeline::ground::Ground;
use crate::pipeline::record::about;
use crate::pipeline::trace;
use crate::run;

/// Runs every asked check on every chart and keeps the results, unsigned.
pub(super) fn run(
    cx: &mut Context<'_>,
    ground: &Ground,
    matter: &Matter,
    asked: &[Asked],
    options: &Options,
    report: &mut CheckReport,
) -> Result<(), Failure> {
    for chart in &matter.charts {
        let content = charts::content(&cx.repo, &chart.tree, &chart.directory)?.digest();
        for asked in asked {
            report.plan.needed(format!("run {} on {}", asked.key, chart.chart));
            if cx.dry_run {
                continue;
            }
            (cx.on)(Event::Started(format!("{} on {}", asked.key, chart.chart)));
            let came = one(cx, ground, matter, chart, asked, options)?;
            (cx.on)(Event::Finished(format!("{} on {}", asked.key, chart.chart)));
            (cx.on)(Event::Ran {
                what: format!("{} on {}: {}", asked.key, chart.chart, came.result.word()),
                output: String::from_utf8_lossy(&came.output).into_owned(),
            });
            let check = statement_body(cx, ground, matter, chart, asked, options, &came)?;
            cx.cache.write_result(content, &check, &came.output)?;
            report.checks.push(line(chart, &asked.key, &came));
        }
    }
    Ok(())
}

fn line(chart: &ChartAt, key: &str, came: &Came) -> CheckLine {
    CheckLine {
        chart: chart.chart.clone(),
        check: key.to_owned(),
        result: came.result,
        reason: came.reason.clone(),
        output: String::from_utf8_lossy(&came.output).into_owned(),
        signed: false,
    }
}

/// One check on one chart.
fn one(
    cx: &Context<'_>,
    ground: &Ground,
    matter: &Matter,
    chart: &ChartAt,
    asked: &Asked,
    options: &Options,
) -> Result<Came, Failure> {
    let excluded = asked.definition.excluded.iter().find(|exclusion| exclusion.chart == chart.chart);
    if let Some(exclusion) = excluded {
        let reason = exclusion.reason.clone();
        let output = format!("excluded: {reason}\n").into_bytes();
        return Ok(Came { result: CheckResult::Excluded, reason, output, commits: Vec::new() });
    }
    if asked.definition.command.is_empty() {
        let (config, name) = (ground.config(), asked.definition.name.as_str());
        let came = built_in::run(cx, config, matter, chart, name, options.title.as_deref())?;
        return came.ok_or_else(|| Failure::usage(format!("there is no built-in check {name}")));
    }
    command(cx, matter, chart, asked)
}

/// A configured command, in a scratch tree that holds the chart, the declared inputs and the charts it
/// depends on, and nothing else: what is not declared is not there to be read. What the chart's own `charts/`
/// lacks is in it, as it will be in the package.
fn command(cx: &Context<'_>, matter: &Matter, chart: &ChartAt, asked: &Asked) -> Result<Came, Failure> {
    let mut files = cx.repo.files_below(&matter.head, &chart.directory)?;
    files.extend(trace::input_files(&cx.repo, &matter.head, &asked.definition)?);
    let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &matter.head, recorded: None };
    for directory in dependencies::closure(&shelf, &Stated::default(), &chart.directory)?.keys() {
        files.extend(cx.repo.files_below(&matter.head, directory)?);
    }
    files.extend(packages(&shelf, chart)?);
    files.sort_by(|(a, _), (b, _): &(ChartFile, bool)| a.path.cmp(&b.path));
    files.dedup();
    let variant = asked.variant.as_deref().unwrap_or_default();
    let fill = |word: &String| word.replace("{chart}", &chart.directory).replace("{variant}", variant);
    let words: Vec<String> = asked.definition.command.iter().map(fill).collect();
    let variables = [
        ("LINEAGE_CHART", chart.chart.as_str()),
        ("LINEAGE_CHART_DIR", &chart.directory),
        ("LINEAGE_VARIANT", variant),
    ];
    let outcome = run::run(&files, &words, &variables, Duration::from_secs(asked.definition.timeout))?;
    let (result, reason) =
        if outcome.passed { (CheckResult::Pass, String::new()) } else { (CheckResult::Fail, outcome.ended) };
    Ok(Came { result, reason, output: outcome.output, commits: Vec::new() })
}

/// The packages that the chart's `charts/` lacks, by their paths in the repository.
fn packages(shelf: &Shelf<'_>, chart: &ChartAt) -> Result<Vec<(ChartFile, bool)>, Failure> {
    let files = charts::files(shelf.repo, &chart.tree, &chart.directory)?;
    match dependencies::lacking(shelf, &chart.directory, &files) {
        Ok((packages, _)) => {
            let placed = |file: ChartFile| {
                (ChartFile { path: format!("{}/{}", chart.directory, file.path), bytes: file.bytes }, false)
            };
            Ok(packages.into_iter().map(placed).collect())
        }
        // A chart that cannot be packaged is `chart-lint`'s to fail.
        Err(failure) if failure.exit == Exit::Negative => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

/// The predicate of a check statement, as yet unsigned.
fn statement_body(
    cx: &Context<'_>,
    ground: &Ground,
    matter: &Matter,
    chart: &ChartAt,
    asked: &Asked,
    options: &Options,
    came: &Came,
) -> Result<Check, Failure> {
    let shelf = Shelf { repo: &cx.repo, cache: &cx.cache, commit: &matter.head, recorded: None };
    let around = trace::surroundings(&shelf, ground.config(), &chart.directory)?;
    let around = around.into_iter().find(|around| around.key == asked.key);
    let objects = [("chart", "gitTree", &chart.tree), ("commit", "gitCommit", &matter.head)];
    Ok(Check {
        about: about(cx, ground, &chart.chart, &chart.directory, &objects),
        check: asked.key.clone(),
        stage: options.stage,
        result: came.result,
        reason: came.reason.clone(),
        definition: asked.definition.digest(asked.variant.as_deref()),
        inputs: around.as_ref().map_or_else(|| Sha256::of(""), |around| around.inputs),
        dependencies: around.map(|around| around.dependencies).unwrap_or_default(),
        output: Sha256::of(&came.output),
        commits: came.commits.clone(),
    })
}
