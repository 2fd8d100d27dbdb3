//! What the linter finds, and what it leaves to taste.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use expect_test::{Expect, expect};

use super::*;

fn file(path: &str, bytes: &str) -> ChartFile {
    ChartFile { path: path.to_owned(), bytes: bytes.as_bytes().to_vec() }
}

#[expect(clippy::needless_pass_by_value, reason = "reads like a table")]
fn check(files: &[(&str, &str)], expected: Expect) {
    let files: Vec<ChartFile> = files.iter().map(|(path, bytes)| file(path, bytes)).collect();
    expected.assert_eq(&lint("charts/web", "web", &files).join("\n"));
}

const GOOD: &str = "apiVersion: v2\nname: web\nversion: 1.2.3\ndescription: Serves\n";

#[test]
fn a_plain_chart_is_fine_without_icon_templates_or_fetched_dependencies() {
    check(&[("Chart.yaml", GOOD)], expect![""]);
    let with_dependency =
        format!("{GOOD}dependencies: [{{name: redis, version: 1.x, repository: 'https://x'}}]\n");
    check(&[("Chart.yaml", &with_dependency)], expect![""]);
}

#[test]
fn every_wrong_field_is_named() {
    check(
        &[(
            "Chart.yaml",
            "apiVersion: v1\nname: holmes\nversion: 1.10\nappVersion: 2\ntype: application\nicon: x.png\n\
             sources: [example.org, 'https://x']\nmaintainers: [{email: a@b.example}, {name: b, email: nobody}]\n\
             dependencies: [{name: a}]\n",
        )],
        expect![[r#"
            charts/web/Chart.yaml: `name: holmes` is not `web`, the name of its directory or alias
            charts/web/Chart.yaml: `version` is a number to YAML: quote it
            charts/web/Chart.yaml: `appVersion` is a number to YAML: quote it
            charts/web/Chart.yaml: a maintainer has no name
            charts/web/Chart.yaml: the maintainer b has the unusable email `nobody`
            charts/web/Chart.yaml: `sources` has `example.org`, which is not a URL
            charts/web/Chart.yaml: `icon: x.png` is not a URL
            charts/web/Chart.yaml: `type` needs apiVersion v2
            charts/web/Chart.yaml: `dependencies` need apiVersion v2
            charts/web/Chart.yaml: `description` is missing"#]],
    );
}

#[test]
fn a_missing_or_broken_chart_yaml_is_the_finding() {
    check(&[("values.yaml", "")], expect!["charts/web has no Chart.yaml"]);
    check(
        &[("Chart.yaml", "name: [")],
        expect![
            "charts/web/Chart.yaml is not valid YAML: did not find expected node content at line 2 column 1, while parsing a flow node"
        ],
    );
    check(
        &[("Chart.yaml", "name: web\n")],
        expect![[r#"
        charts/web/Chart.yaml: `apiVersion` is missing; charts are of apiVersion v2
        charts/web/Chart.yaml: `version` is missing
        charts/web/Chart.yaml: `description` is missing"#]],
    );
    check(
        &[("Chart.yaml", &GOOD.replace("1.2.3", "v1.2.3"))],
        expect![
            "charts/web/Chart.yaml: the version `v1.2.3` is not SemVer (MAJOR.MINOR.PATCH): unexpected character 'v' while parsing major version number; write `1.2.3`"
        ],
    );
    check(
        &[("Chart.yaml", &format!("{GOOD}type: plugin\n"))],
        expect!["charts/web/Chart.yaml: `type: plugin` is neither application nor library"],
    );
    check(
        &[("Chart.yaml", &format!("{GOOD}dependencies: [{{name: a}}, {{name: a}}]\n"))],
        expect!["charts/web/Chart.yaml: two dependencies have the name or alias a"],
    );
}

#[test]
fn files_that_helm_fails_for_are_named() {
    check(
        &[("Chart.yaml", GOOD), ("values.yaml", "- a\n")],
        expect!["charts/web/values.yaml is not valid YAML: values are a list instead of a mapping"],
    );
    check(
        &[("Chart.yaml", GOOD), ("values.schema.json", "{")],
        expect!["charts/web/values.schema.json: not valid JSON: EOF while parsing an object at line 1 column 1"],
    );
    check(
        &[("Chart.yaml", GOOD), (".helmignore", "**")],
        expect![".helmignore line 1: Helm does not support `**`: `**`"],
    );
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n";
    check(
        &[
            ("Chart.yaml", GOOD),
            ("charts/b/Chart.yaml", "name: other\nversion: 1.0.0\n"),
            ("templates/a.yaml", ""),
            ("templates/b.json", "{}"),
            ("crds/good.yaml", crd),
            ("crds/README.md", "text"),
            ("crds/bad.yaml", "kind: Secret\n"),
            ("crds/template.yaml", "a: {{ .b }}\n"),
        ],
        expect![[r#"
            charts/web/charts: other is not among the dependencies in Chart.yaml
            charts/web/templates/b.json: templates end with .yaml, .yml, .tpl or .txt
            charts/web/crds/bad.yaml: not a CustomResourceDefinition of apiextensions.k8s.io
            charts/web/crds/template.yaml: not valid YAML, and templates do not work there: a: invalid type: map, expected a key that is a text, a number or a boolean at line 1 column 5"#]],
    );
}

#[test]
fn emails_and_urls() {
    assert!(is_address("a@b.example") && !is_address("a@b") && !is_address("@b.c") && !is_address("a b@c.d"));
    assert!(is_url("https://x") && is_url("data:image/png;base64,xx") && !is_url("x") && !is_url("https://a b"));
}
