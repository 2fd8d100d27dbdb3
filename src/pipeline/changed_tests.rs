//! What counts as a changed chart.

use super::{Options, Range, run};
use crate::model::{ChangeKind, Exit};
use crate::pipeline::testing::{World, chart};

#[test]
fn ranges_read_as_git_reads_them() {
    assert_eq!(Range::parse("a..b"), Range::Between("a", "b"));
    assert_eq!(Range::parse("a"), Range::Between("a", ""));
    assert_eq!(Range::parse("a.."), Range::Between("a", ""));
    assert_eq!(Range::parse("a...b"), Range::Since("a", "b"));
    assert_eq!(Range::parse("v1.2.3..v1.3.0"), Range::Between("v1.2.3", "v1.3.0"));
}

#[test]
fn charts_and_what_is_none() {
    let world = World::new();
    let (app, gone, bad) = (chart("app", "1.0.0"), chart("gone", "1.0.0"), chart("bad", "v1"));
    let base = world.commit(
        "main",
        "main",
        "feat: begin",
        &[
            ("charts/app/Chart.yaml", Some(&app)),
            ("charts/gone/Chart.yaml", Some(&gone)),
            ("charts/bad/Chart.yaml", Some(&chart("bad", "1.0.0"))),
            ("charts/moved/Chart.yaml", Some(&chart("moved", "1.0.0"))),
        ],
    );
    world.commit(
        "main",
        "main",
        "feat: change",
        &[
            ("charts/app/Chart.lock", Some("x")),
            ("charts/gone/Chart.yaml", None),
            ("charts/bad/Chart.yaml", Some(&bad)),
            ("charts/moved/Chart.yaml", None),
            ("charts/there/Chart.yaml", Some(&chart("moved", "1.0.0"))),
            ("charts/notes/x", Some("x")),
            ("charts/README.md", Some("x")),
            ("README.md", Some("x")),
        ],
    );
    let range = Some(format!("{base}..main"));
    let report = world.run(|cx| run(cx, &Options { range })).expect("a report");
    let seen: Vec<(&str, ChangeKind, Option<&str>)> = report
        .charts
        .iter()
        .map(|chart| (chart.directory.as_str(), chart.change, chart.chart_version.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            ("charts/app", ChangeKind::Modified, Some("1.0.0")),
            ("charts/bad", ChangeKind::Modified, None),
            ("charts/gone", ChangeKind::Removed, None),
            ("charts/moved", ChangeKind::Removed, None),
            ("charts/there", ChangeKind::Added, Some("1.0.0")),
        ]
    );
    assert_eq!(report.charts[4].chart, "moved");
    assert_eq!(report.not_charts, ["charts/README.md", "charts/notes"]);

    // On main itself nothing differs from main.
    let report = world.run(|cx| run(cx, &Options { range: None })).expect("a report");
    assert!(report.charts.is_empty() && report.not_charts.is_empty());
}

#[test]
fn histories_that_never_met_are_undetermined() {
    let world = World::new();
    world.commit("main", "main", "feat: begin", &[("x", Some("x"))]);
    world.commit("other", "nowhere", "feat: begin", &[("y", Some("y"))]);
    let range = Some("main...other".to_owned());
    let failure = world.run(|cx| run(cx, &Options { range })).expect_err("no merge base");
    assert_eq!(failure.exit, Exit::Undetermined);
}
