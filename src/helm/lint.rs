//! The built-in `chart-lint`: what `helm lint` fails a chart for, as far as that needs no rendering.

use std::collections::BTreeSet;

use crate::model::ChartFile;

use super::chart::{self, Chart};
use super::chartfile::Chartfile;
use super::yaml::{self, Node};
use super::{Error, Metadata, archive, package};

/// The built-in `chart-lint`: what `helm lint` fails a chart for without rendering it, a name other than
/// `expected_name` (the directory's, or its alias), and a missing description. One sentence per finding;
/// none: fine. What Helm only warns of (no templates, no icon) is no finding.
pub fn lint(directory: &str, expected_name: &str, files: &[ChartFile]) -> Vec<String> {
    let file = format!("{directory}/Chart.yaml");
    let Some(chart_yaml) = files.iter().find(|file| file.path == "Chart.yaml") else {
        return vec![Error::NoChartYaml(directory.to_owned()).to_string()];
    };
    let bytes = archive::without_bom(chart_yaml.bytes.clone());
    let mut findings = Vec::new();
    match yaml::document(&bytes) {
        Ok(node) => {
            let mut chartfile = Chartfile::default();
            match chartfile.overlay(&node) {
                Ok(()) => {
                    let fields = lint_fields(&node, &chartfile, expected_name);
                    findings.extend(fields.into_iter().map(|why| format!("{file}: {why}")));
                }
                Err(why) => findings.push(format!("{file}: {why}")),
            }
        }
        Err(why) => findings.push(Error::Yaml { file: file.clone(), why }.to_string()),
    }
    if findings.is_empty() {
        findings.extend(Metadata::parse(&file, &bytes).err().map(|e| e.to_string()));
    }
    match package::read(directory, files.to_vec()) {
        Ok((_, chart)) => findings.extend(lint_chart(directory, &chart)),
        // Said already, if it is about Chart.yaml.
        Err(_) if !findings.is_empty() => {}
        Err(error) => findings.push(error.to_string()),
    }
    findings
}

/// The rules about single fields, in Helm's order.
fn lint_fields(node: &Node, chartfile: &Chartfile, expected_name: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut find = |finding: Option<String>| findings.extend(finding);
    let Chartfile { name, api_version, description, icon, kind, .. } = chartfile;

    find((name.is_empty()).then(|| "`name` is missing".to_owned()));
    let misnamed = !name.is_empty() && name != expected_name;
    find(misnamed.then(|| format!("`name: {name}` is not `{expected_name}`, the name of its directory or alias")));
    find(match api_version.as_str() {
        "v1" | "v2" => None,
        "" => Some("`apiVersion` is missing; charts are of apiVersion v2".to_owned()),
        other => Some(format!("`apiVersion: {other}` is neither v1 nor v2")),
    });
    for key in ["version", "appVersion"] {
        let Node::Map(map) = node else { continue };
        let value = map.get(key).filter(|value| !matches!(value, Node::Str(_) | Node::Null));
        find(value.map(|value| format!("`{key}` is {} to YAML: quote it", value.kind())));
    }
    find((chartfile.version.is_empty()).then(|| "`version` is missing".to_owned()));
    let is_zero = chartfile.version == "0.0.0-0";
    find(is_zero.then(|| "`version: 0.0.0-0` is below every version Helm accepts".to_owned()));
    for maintainer in &chartfile.maintainers {
        let (name, email) = (&maintainer.name, &maintainer.email);
        find(name.is_empty().then(|| "a maintainer has no name".to_owned()));
        let is_address = email.is_empty() || is_address(email);
        find((!is_address).then(|| format!("the maintainer {name} has the unusable email `{email}`")));
    }
    for source in &chartfile.sources {
        find((!is_url(source)).then(|| format!("`sources` has `{source}`, which is not a URL")));
    }
    find((!icon.is_empty() && !is_url(icon)).then(|| format!("`icon: {icon}` is not a URL")));
    if api_version == "v1" {
        find((!kind.is_empty()).then(|| "`type` needs apiVersion v2".to_owned()));
        let has_dependencies = !chartfile.dependencies.is_empty();
        find(has_dependencies.then(|| "`dependencies` need apiVersion v2".to_owned()));
    }
    find(description.trim().is_empty().then(|| "`description` is missing".to_owned()));
    findings
}

/// The rules about what is in the chart.
fn lint_chart(directory: &str, chart: &Chart) -> Vec<String> {
    let mut findings = Vec::new();
    let declared: BTreeSet<&str> = chart.chartfile.dependencies.iter().map(|d| d.name.as_str()).collect();
    for subchart in &chart.subcharts {
        let name = subchart.chartfile.name.as_str();
        if !declared.contains(name) {
            findings.push(format!("{directory}/charts: {name} is not among the dependencies in Chart.yaml"));
        }
    }
    for template in &chart.templates {
        if !matches!(chart::extension(&template.path), "yaml" | "yml" | "tpl" | "txt") {
            let path = &template.path;
            findings.push(format!("{directory}/{path}: templates end with .yaml, .yml, .tpl or .txt"));
        }
    }
    for file in chart.files.iter().filter(|file| file.path.starts_with("crds/")) {
        let extension = chart::extension(&file.path).to_ascii_lowercase();
        if matches!(extension.as_str(), "yaml" | "yml" | "json") {
            let crd = lint_crd(&file.bytes);
            findings.extend(crd.map(|why| format!("{directory}/{}: {why}", file.path)));
        }
    }
    findings
}

/// Why a file below `crds/` is none.
fn lint_crd(bytes: &[u8]) -> Option<String> {
    let documents = match yaml::documents(bytes) {
        Ok(documents) => documents,
        Err(why) => return Some(format!("not valid YAML, and templates do not work there: {why}")),
    };
    documents.into_iter().find_map(|document| {
        let Node::Map(map) = document else { return None };
        let is = |key: &str, fits: &dyn Fn(&str) -> bool| matches!(map.get(key), Some(Node::Str(s)) if fits(s));
        let is_crd = is("apiVersion", &|v| v.starts_with("apiextensions.k8s.io"))
            && is("kind", &|kind| kind == "CustomResourceDefinition");
        (!is_crd).then(|| "not a CustomResourceDefinition of apiextensions.k8s.io".to_owned())
    })
}

/// Roughly what Helm asks of an email: something, `@`, a host with a dot, and no spaces.
fn is_address(email: &str) -> bool {
    let Some((local, host)) = email.rsplit_once('@') else { return false };
    let spaced = email.contains(char::is_whitespace);
    !local.is_empty() && host.split('.').count() > 1 && host.split('.').all(|part| !part.is_empty()) && !spaced
}

/// Go's `url.ParseRequestURI` with a scheme, as far as a chart can get it wrong.
fn is_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else { return false };
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(allowed);
    is_scheme && !rest.is_empty() && !url.contains(|c: char| c.is_control() || c == ' ')
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
