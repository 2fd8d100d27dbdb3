//! Charts of the repository that charts of the repository depend on.

use super::{chart_yaml, entries, entry, lock, seeded_with};
use crate::world::{PROBE, TAG};

const LIB: &str = "file://../lib";

#[test]
fn w7_9_a_chart_of_the_repository_is_taken_from_the_same_commit() {
    let world = seeded_with(&[
        ("charts/app/Chart.yaml", &chart_yaml("app", "1.0.0", &[("lib", "^1", "", LIB)])),
        ("charts/lib/Chart.yaml", &chart_yaml("lib", "1.4.0", &[("base", ">=0.1", "", "file://../base")])),
        ("charts/lib/templates/_a.tpl", "old"),
        ("charts/lib/x.bak", "ignored"),
        ("charts/lib/.helmignore", "*.bak\n"),
        ("charts/base/Chart.yaml", &chart_yaml("base", "0.1.0", &[])),
    ]);
    let dev = world.dev();
    let before = dev.rev("HEAD");
    dev.write("charts/lib/templates/_a.tpl", "new");
    dev.commit("feat(lib): another");
    dev.lineage(["package", "app"]).succeeds();
    assert_eq!(
        entries(&dev, "app-1.0.0.tgz"),
        [
            "app/Chart.yaml",
            "app/Chart.lock",
            "app/charts/lib/Chart.yaml",
            "app/charts/lib/Chart.lock",
            "app/charts/lib/templates/_a.tpl",
            "app/charts/lib/.helmignore",
            "app/charts/lib/charts/base/Chart.yaml",
        ]
    );
    assert_eq!(entry(&dev, "app-1.0.0.tgz", "app/charts/lib/templates/_a.tpl"), "new");
    // Never from the work tree, and an old commit with its own.
    dev.write("charts/lib/templates/_a.tpl", "not committed");
    dev.lineage(["package", &format!("app@{before}")]).succeeds();
    assert_eq!(entry(&dev, "app-1.0.0.tgz", "app/charts/lib/templates/_a.tpl"), "old");
}

#[test]
fn w7_9_what_charts_has_already_stays_as_it_is() {
    let world = seeded_with(&[
        ("charts/app/Chart.yaml", &chart_yaml("app", "1.0.0", &[("lib", "^1", "", LIB)])),
        ("charts/app/charts/lib/Chart.yaml", &chart_yaml("lib", "1.0.0", &[])),
        ("charts/lib/Chart.yaml", &chart_yaml("lib", "1.4.0", &[])),
    ]);
    let dev = world.dev();
    dev.lineage(["package", "app"]).succeeds();
    assert!(entry(&dev, "app-1.0.0.tgz", "app/charts/lib/Chart.yaml").contains("version: 1.0.0"));
}

#[test]
fn w7_9_the_repository_s_own_address_is_the_repository() {
    let own = "oci://127.0.0.1:1/charts";
    let policy = crate::world::policy().replace("oci-layout:../registry", own);
    let rows = [("lib", "^1", "1.4.0", own)];
    let app =
        [("charts/app/Chart.yaml", chart_yaml("app", "1.0.0", &rows)), ("charts/app/Chart.lock", lock(&rows))];
    let world = seeded_with(&[
        ("lineage.toml", &policy),
        (app[0].0, &app[0].1),
        (app[1].0, &app[1].1),
        ("charts/lib/Chart.yaml", &chart_yaml("lib", "1.4.0", &[])),
    ]);
    let dev = world.dev();
    dev.lineage(["package", "app"]).succeeds();
    assert!(entry(&dev, "app-1.0.0.tgz", "app/charts/lib/Chart.yaml").contains("version: 1.4.0"));
    // An earlier version is only where it was published to, and nothing listens there.
    dev.write("charts/lib/Chart.yaml", chart_yaml("lib", "1.5.0", &[]));
    dev.commit("feat(lib): another");
    drop(dev.lineage(["package", "app"]).exits(3).says(&["127.0.0.1:1/charts/lib"]));
}

#[test]
fn w7_9_a_release_with_a_local_dependency_is_proven_and_its_change_makes_evidence_stale() {
    let world = seeded_with(&[
        ("charts/lib/Chart.yaml", &chart_yaml("lib", "1.4.0", &[])),
        ("charts/lib/templates/_a.tpl", "old"),
    ]);
    let chart = chart_yaml("test-workflow", "0.1.0", &[("lib", "1.x.x", "", LIB)]);
    let files = [PROBE[0], PROBE[1], ("charts/test-workflow/Chart.yaml", chart.as_str())];
    world.release("test-workflow", "feat(test-workflow): add probe", &files, TAG);
    drop(world.stranger().lineage(["verify", TAG]).exits(0).says(&["proven"]));

    let fix = [("charts/test-workflow/values.yaml", "replicas: 3\n")];
    world.contribute("feature/more", "fix(test-workflow): more", &fix);
    world.validate("feature/more").succeeds();
    let ci = world.ci();
    let dev = world.dev();
    dev.write("charts/lib/templates/_a.tpl", "new");
    dev.commit("fix(lib): meanwhile");
    dev.git(["push", "-q", "origin", "feature/more"]);
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", "origin/feature/more"]);
    drop(ci.lineage(["check", "--seal"]).exits(1).says(&["a chart it depends on has changed since"]));
}
