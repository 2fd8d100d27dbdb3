//! The status of charts, in repositories that are and are not set up.

use super::*;
use crate::model::StatusReport;
use crate::pipeline::testing::{World, chart};

fn line(name: &str) -> Line {
    let chart = Err(Failure::usage("unusable").because("why").hint("mend it"));
    let (name, directory) = (name.to_owned(), format!("charts/{name}"));
    Line { name, directory, chart, newest: None, commits: 0, released: false, raises: None, next: None }
}

#[test]
fn the_template_most_tags_fit_is_taken() {
    let tags = |names: &[&str]| -> Vec<(String, Oid)> {
        let oid = Oid::parse(&"1".repeat(40)).expect("an object id");
        names.iter().map(|name| ((*name).to_owned(), oid.clone())).collect()
    };
    let mut config = unconfigured();
    assert_eq!(usual_template(&mut config, &[line("app")], &tags(&["app-v1.0.0", "app-1.0.0"])), None);
    assert_eq!(config.tag.template, "{chart}-v{version}");
    let note = usual_template(&mut config, &[line("app")], &tags(&["app-v1.0.0", "app-1.0.0", "app-1.1.0"]));
    assert!(note.is_some_and(|note| note.contains("2 of 3")));
    assert_eq!(config.tag.template, "{chart}-{version}");
}

#[test]
fn a_failure_fits_a_line() {
    let failure = Failure::usage("unusable").because("why").hint("mend it");
    assert_eq!(failure.in_one_line(), "unusable: why; mend it");
}

fn status(world: &World) -> StatusReport {
    world.run(run).expect("a report")
}

/// Chart, tag, commits, next, place.
fn lines(report: &StatusReport) -> Vec<String> {
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    report
        .charts
        .iter()
        .map(|c| format!("{} {} {} {} {}", c.chart, or(&c.tag), c.commits, or(&c.next), c.place))
        .collect()
}

#[test]
fn a_repository_that_is_not_set_up() {
    let world = World::new();
    let begin = world.commit(
        "main",
        "main",
        "feat: begin",
        &[
            ("charts/app/Chart.yaml", Some(&chart("app", "1.0.0"))),
            ("charts/bad/Chart.yaml", Some("apiVersion: v2\nname: bad\nversion: v1\n")),
            ("charts/olm/Chart.yaml", Some(&chart("holmes", "0.1.0"))),
            ("charts/quiet/Chart.yaml", Some(&chart("quiet", "2.0.0"))),
            ("charts/README.md", Some("no chart")),
        ],
    );
    for tag in ["app-0.9.0", "app-0.10.0", "app-1.0.0", "quiet-2.0.0"] {
        world.tag(tag, &begin);
    }
    world.commit("main", "main", "feat: probe", &[("charts/app/values.yaml", Some("a: 1\n"))]);
    let report = status(&world);
    assert_eq!(
        lines(&report),
        [
            "app app-1.0.0 1 1.1.0 unreleased",
            "bad - 1 - never released",
            "holmes - 1 0.1.0 never released",
            "quiet quiet-2.0.0 0 - released",
        ]
    );
    assert_eq!(report.policy, "none: no lineage.toml");
    assert!(report.charts[1].warnings[0].contains("charts/bad/Chart.yaml"), "{:?}", report.charts[1].warnings);
    assert!(report.warnings[0].contains("{chart}-{version}, which 4 of 4 fit"), "{:?}", report.warnings);

    world.commit("main", "main", "fix: x", &[("charts/app/Chart.yaml", Some(&chart("app", "1.5.0")))]);
    assert_eq!(lines(&status(&world))[0], "app app-1.0.0 2 1.5.0 unreleased, version raised");
}

/// A policy, with the base point of P-256 for a key.
const POLICY: &str = "version = 1
[repository]
id = \"a\"
[required]
validate = [\"chart-lint\"]
[[trust.keys]]
name = \"ci\"
public = \"\"\"
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
\"\"\"
";

#[test]
fn a_contribution_on_its_way() {
    let world = World::new();
    world.commit("main", "main", "chore: set up", &[("lineage.toml", Some(POLICY))]);
    let released = world.commit(
        "main",
        "main",
        "feat: begin",
        &[("charts/app/Chart.yaml", Some(&chart("app", "1.0.0"))), ("charts/app/values.yaml", Some("a: 1\n"))],
    );
    world.tag("app-v1.0.0", &released);
    world.commit("integration", "main", "chore: nothing", &[("README.md", Some("x"))]);
    assert_eq!(lines(&status(&world)), ["app app-v1.0.0 0 - released"]);

    world.commit("integration", "main", "feat(app): two", &[("charts/app/values.yaml", Some("a: 2\n"))]);
    assert_eq!(lines(&status(&world)), ["app app-v1.0.0 0 - on integration"]);

    let split = [("charts/app/values.yaml", Some("a: 2\n"))];
    world.commit("chart/app", "main", "chore(app): sync", &split);
    assert_eq!(lines(&status(&world)), ["app app-v1.0.0 0 - on chart/app, not bumped"]);

    let bump = chart("app", "1.1.0");
    world.commit("chart/app", "main", "chore(app): bump", &[("charts/app/Chart.yaml", Some(&bump))]);
    assert_eq!(lines(&status(&world)), ["app app-v1.0.0 0 - on chart/app, bumped"]);

    // Squashed into main; integration still has the old version, and nothing of its own.
    let squash = [("charts/app/Chart.yaml", Some(bump.as_str())), split[0]];
    let landed = world.commit("main", "main", "feat(app): two (#1)", &squash);
    let report = status(&world);
    assert_eq!(lines(&report), ["app app-v1.0.0 1 1.1.0 unreleased on main"]);
    let warned = report.charts[0].warnings.join("\n");
    assert!(warned.contains("main has content"), "no bump link leads there: {warned}");

    world.tag("app-v1.1.0", &landed);
    assert_eq!(lines(&status(&world)), ["app app-v1.1.0 0 - released"]);
}

#[test]
fn changes_to_the_policy_are_ignored_and_said() {
    let world = World::new();
    world.commit("main", "main", "chore: begin", &[("charts/app/Chart.yaml", Some(&chart("app", "1.0.0")))]);
    assert!(status(&world).warnings.is_empty());
    world.commit("protected", "main", "chore: set up", &[("lineage.toml", Some(POLICY))]);
    world.repo().add_config("lineage.policyref", "refs/heads/protected").expect("configured");
    let changed = POLICY.replace("chart-lint", "commit-validation");
    world.commit("main", "main", "chore: my own rules", &[("lineage.toml", Some(&changed))]);
    let said = status(&world).warnings;
    assert!(said.iter().any(|said| said.contains("changes to lineage.toml are ignored for this run")), "{said:?}");
}

#[test]
fn an_unborn_head_is_a_usage_error() {
    let world = World::new();
    let failure = world.run(run).expect_err("nothing to show");
    assert_eq!(failure.exit, crate::model::Exit::Usage);
    assert!(failure.what.contains("main has no commit"), "{failure:?}");
}
