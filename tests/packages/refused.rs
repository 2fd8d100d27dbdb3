//! Charts that cannot be packaged, each with its sentence.

use std::os::unix::fs::symlink;

use expect_test::{Expect, expect};

use super::{Row, chart_yaml, lock, seeded_with};

/// What `package app` says of a repository with these files.
#[expect(clippy::needless_pass_by_value, reason = "reads like a table")]
fn refused(code: i32, files: &[(&str, &str)], expected: Expect) {
    let world = seeded_with(files);
    let dev = world.dev();
    let output = dev.lineage(["package", "app"]).exits(code);
    assert!(!dev.dir.join("app-1.0.0.tgz").exists(), "nothing is written");
    expected.assert_eq(output.stderr.trim());
}

fn app(rows: &[Row<'_>]) -> String {
    chart_yaml("app", "1.0.0", rows)
}

#[test]
fn a_dependency_cycle() {
    refused(
        1,
        &[
            ("charts/app/Chart.yaml", &app(&[("lib", "*", "", "file://../lib")])),
            ("charts/lib/Chart.yaml", &chart_yaml("lib", "1.0.0", &[("app", "*", "", "file://../app")])),
        ],
        expect![[r#"
            error: charts/lib depends on itself
              caused by: charts/app → charts/lib → charts/app

            hint: take one of these dependencies out of its Chart.yaml"#]],
    );
}

#[test]
fn a_lock_that_is_too_old() {
    let rows: [Row<'_>; 1] = [("lib", "1.x.x", "1.0.0", "file://../lib")];
    let chart = app(&rows).replace("1.x.x", ">=1");
    refused(
        1,
        &[
            ("charts/app/Chart.yaml", &chart),
            ("charts/app/Chart.lock", &lock(&rows)),
            ("charts/lib/Chart.yaml", &chart_yaml("lib", "1.0.0", &[])),
        ],
        expect![[r#"
            error: charts/app/Chart.lock: it is older than the dependencies in Chart.yaml

            hint: run `helm dependency update` on the chart and commit the lock it writes"#]],
    );
}

#[test]
fn a_locked_version_that_is_no_longer_there() {
    let rows: [Row<'_>; 1] = [("lib", "1.x.x", "1.0.0", "file://../lib")];
    refused(
        1,
        &[
            ("charts/app/Chart.yaml", &app(&rows)),
            ("charts/app/Chart.lock", &lock(&rows)),
            ("charts/lib/Chart.yaml", &chart_yaml("lib", "1.1.0", &[])),
        ],
        expect![[r#"
            error: charts/app locks lib 1.0.0, and charts/lib has 1.1.0

            hint: run `helm dependency update charts/app` and commit the Chart.lock it writes"#]],
    );
}

#[test]
fn no_lock_for_what_is_outside() {
    refused(
        1,
        &[("charts/app/Chart.yaml", &app(&[("redis", "^1", "", "https://charts.example")]))],
        expect![[r#"
            error: charts/app depends on redis from https://charts.example, and no lock says which version

            hint: run `helm dependency update charts/app` and commit the Chart.lock it writes"#]],
    );
}

#[test]
fn an_alias_that_nothing_resolves() {
    refused(
        1,
        &[("charts/app/Chart.yaml", &app(&[("redis", "^1", "", "@stable")]))],
        expect![[r#"
        error: charts/app depends on redis from `@stable`
          caused by: that is neither an https, oci nor file address, and no lock resolves it

        hint: run `helm dependency update` on the chart and commit the Chart.lock it writes"#]],
    );
}

#[test]
fn a_dependency_without_an_address() {
    refused(
        1,
        &[("charts/app/Chart.yaml", &app(&[("lib", "^1", "", "")]))],
        expect![[r#"
        error: Chart.yaml depends on lib, which charts/ does not have

        hint: run `helm dependency build` and commit charts/lib, or take it out of Chart.yaml"#]],
    );
}

#[test]
fn a_dependency_that_is_not_there_or_is_another_chart() {
    let missing = [("charts/app/Chart.yaml", &*app(&[("lib", "*", "", "file://../lib")]))];
    refused(
        1,
        &missing,
        expect![[r#"
        error: charts/app depends on lib, and charts/lib has no chart

        hint: correct the repository `file://../lib` in charts/app/Chart.yaml"#]],
    );
    let other = [missing[0], ("charts/lib/Chart.yaml", &*chart_yaml("other", "1.0.0", &[]))];
    refused(1, &other, expect!["error: charts/app depends on lib, and the chart in charts/lib is other"]);
}

#[test]
fn a_dependency_outside_the_repository() {
    for repository in ["file://../../../lib", "file:///usr/share/lib"] {
        let world = seeded_with(&[("charts/app/Chart.yaml", &app(&[("lib", "*", "", repository)]))]);
        drop(world.dev().lineage(["package", "app"]).exits(1).says(&[repository, "outside the repository"]));
    }
}

#[test]
fn a_file_where_a_chart_belongs() {
    refused(
        1,
        &[("charts/app/Chart.yaml", &app(&[])), ("charts/app/charts/README.md", "# Subcharts\n")],
        expect![[r#"
            error: charts/app/charts/README.md has no Chart.yaml

            hint: add a Chart.yaml; what is no chart belongs neither below the roots nor below a chart's charts/"#]],
    );
}

#[test]
fn invalid_yaml() {
    refused(
        1,
        &[("charts/app/Chart.yaml", "name: app\nversion: [\n")],
        expect![[r#"
        error: charts/app/Chart.yaml is not valid YAML: did not find expected node content at line 3 column 1, while parsing a flow node

        hint: correct charts/app/Chart.yaml and commit it"#]],
    );
    refused(
        1,
        &[("charts/app/Chart.yaml", &app(&[])), ("charts/app/values.yaml", "a: b: c\n")],
        expect![[r#"
        error: charts/app/values.yaml is not valid YAML: mapping values are not allowed in this context at line 1 column 5

        hint: correct charts/app/values.yaml and commit it"#]],
    );
}

#[test]
fn versions_that_yaml_would_change() {
    refused(
        1,
        &[("charts/app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.10\n")],
        expect![[r#"
        error: charts/app/Chart.yaml: the version `1.10` is a number to YAML: write MAJOR.MINOR.PATCH, and quote it

        hint: correct charts/app/Chart.yaml and commit it"#]],
    );
    refused(
        1,
        &[("charts/app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\nappVersion: 1.10\n")],
        expect![[r#"
            error: charts/app/Chart.yaml: the appVersion `1.10` is the number 1.1 to YAML: quote it

            hint: correct charts/app/Chart.yaml and commit it"#]],
    );
}

#[test]
fn a_file_of_six_mebibytes() {
    let large = "x".repeat(6 << 20);
    refused(
        1,
        &[("charts/app/Chart.yaml", &app(&[])), ("charts/app/files/large.bin", &large)],
        expect![[r#"
        error: charts/app/files/large.bin: larger than 5 MiB, which Helm before 4.3 refuses; `.helmignore` can leave it out

        hint: correct or remove charts/app/files/large.bin, or name it in .helmignore"#]],
    );
}

#[test]
fn a_link_that_leaves_the_chart() {
    for target in ["../../README.md", "/etc/hostname"] {
        let world = seeded_with(&[("charts/app/Chart.yaml", &app(&[]))]);
        let dev = world.dev();
        symlink(target, dev.dir.join("charts/app/link")).expect("the world is writable");
        dev.commit("feat(app): a link");
        drop(dev.lineage(["package", "app"]).exits(1).says(&["charts/app/link"]));
    }
}

#[test]
fn a_path_that_leads_out() {
    let world = seeded_with(&[("charts/app/Chart.yaml", &app(&[]))]);
    let dev = world.dev();
    // git refuses to check such a tree out, and nobody refuses to make one.
    let blob = dev.git(["hash-object", "-w", "charts/app/Chart.yaml"]);
    let inner = dev.git_with_input(["mktree"], format!("100644 blob {blob}\tx\n").as_bytes());
    let rows = format!("100644 blob {blob}\tChart.yaml\n040000 tree {inner}\t..\n");
    let app = dev.git_with_input(["mktree"], rows.as_bytes());
    let charts = dev.git_with_input(["mktree"], format!("040000 tree {app}\tapp\n").as_bytes());
    let root = dev.git_with_input(["mktree"], format!("040000 tree {charts}\tcharts\n").as_bytes());
    let commit = dev.git(["commit-tree", &root, "-m", "an escape"]);
    drop(dev.lineage(["package", &format!("app@{commit}")]).exits(1).says(&["charts/app/.."]));
}
