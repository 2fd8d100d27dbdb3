//! What the pipeline needs of `Chart.yaml`, held to stricter rules than Helm's: a name becomes a ref, a
//! file name and a directory, a version becomes a tag.

use std::collections::BTreeMap;

use semver::Version;

use super::chartfile::Chartfile;
use super::yaml::{self, Node};
use super::{Error, archive};

/// Leaves room in a 255 byte file name for a little more; versions are limited with the file name.
const LONGEST_NAME: usize = 250;
/// What a directory entry holds on every common file system, in bytes.
const LONGEST_FILE_NAME: usize = 255;
/// Helm reads no larger file (in bytes) before 4.3, and no Chart.yaml comes near.
pub(super) const LARGEST_FILE: usize = 5 * 1024 * 1024;

/// A dependency of `Chart.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The chart's name, which is also its name below `charts/`.
    pub name: String,
    /// A version or a range of them.
    pub version: String,
    /// Where the chart comes from: an `https`, `oci` or `file` address, or an alias (`@name`).
    pub repository: String,
}

/// The part of `Chart.yaml` the pipeline needs. Everything else passes through the packager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Letters, digits, `-`, `_`, `.`; at most 250 bytes; usable as a part of a ref and as a file name.
    pub name: String,
    /// As written; strict `SemVer` 2.0.0.
    pub version: String,
    /// As Helm reads it: an unquoted `1.10` is `1.1`.
    pub app_version: Option<String>,
    /// `v1` or `v2`; `v1` where it is left out, as in Helm.
    pub api_version: String,
    pub description: Option<String>,
    pub deprecated: bool,
    pub dependencies: Vec<Dependency>,
    /// Values that are no texts become texts as in Helm.
    pub annotations: BTreeMap<String, String>,
}

impl Metadata {
    /// Reads `Chart.yaml`; `file` names it in errors.
    ///
    /// # Errors
    /// Not YAML, no or an unusable name or version (`1.2`, `v1.2.3`, `01.2.3` and unquoted numbers
    /// included), an apiVersion other than v1 or v2.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let bytes = bytes.strip_prefix(archive::BOM).unwrap_or(bytes);
        Self::read(file, &Self::document(file, bytes)?, bytes)
    }

    /// `Chart.yaml`, without a byte order mark, as YAML.
    ///
    /// # Errors
    /// Larger than Helm reads, or not YAML.
    pub(super) fn document(file: &str, bytes: &[u8]) -> Result<Node, Error> {
        if bytes.len() > LARGEST_FILE {
            return Err(Error::Metadata { file: file.to_owned(), why: "it is larger than 5 MiB".to_owned() });
        }
        yaml::document(bytes).map_err(|why| Error::Yaml { file: file.to_owned(), why })
    }

    /// [`Metadata::parse`], of the [`Metadata::document`] that `bytes` hold.
    ///
    /// # Errors
    /// As there.
    pub(super) fn read(file: &str, node: &Node, bytes: &[u8]) -> Result<Self, Error> {
        let refuse = |why: String| Error::Metadata { file: file.to_owned(), why };
        check_finite(node).map_err(refuse)?;
        check_version_is_text(node, bytes).map_err(refuse)?;
        let mut chartfile = Chartfile::default();
        chartfile.overlay(node).map_err(refuse)?;
        if chartfile.api_version.is_empty() {
            "v1".clone_into(&mut chartfile.api_version);
        }
        check_name(&chartfile.name).map_err(refuse)?;
        check_version(&chartfile.version).map_err(refuse)?;
        if chartfile.name.len() + chartfile.version.len() + "-.tgz".len() > LONGEST_FILE_NAME {
            return Err(refuse("name and version together make a file name of more than 255 bytes".to_owned()));
        }
        chartfile.validate().map_err(refuse)?;
        Ok(Self::of(chartfile))
    }

    fn of(chartfile: Chartfile) -> Self {
        let said = |text: String| (!text.is_empty()).then_some(text);
        let dependencies = chartfile.dependencies.into_iter().map(|dependency| Dependency {
            name: dependency.name,
            version: dependency.version,
            repository: dependency.repository,
        });
        Self {
            name: chartfile.name,
            version: chartfile.version,
            app_version: said(chartfile.app_version),
            api_version: chartfile.api_version,
            description: said(chartfile.description),
            deprecated: chartfile.deprecated,
            dependencies: dependencies.collect(),
            annotations: chartfile.annotations,
        }
    }
}

/// A name has to stand in `refs/tags/<name>-v1.2.3`, in `chart/<name>` and in `<name>-1.2.3.tgz`
/// (git-check-ref-format(1)).
fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("`name` is missing".to_owned());
    }
    if name.len() > LONGEST_NAME {
        let start: String = name.chars().take(24).collect();
        let length = name.len();
        return Err(format!("the name `{start}…` has {length} bytes; a chart's name has {LONGEST_NAME} at most"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(c) = name.chars().find(|c| !allowed(*c)) {
        return Err(format!("the name {name:?} has {c:?}; only letters, digits, `-`, `_` and `.` go into a ref"));
    }
    if name.starts_with(['.', '-'])
        || name.ends_with('.')
        || name.contains("..")
        || name.to_ascii_lowercase().ends_with(".lock")
    {
        return Err(format!(
            "the name `{name}` cannot be a ref: no `.` or `-` first, no `.` last, no `..`, no `.lock` at the end"
        ));
    }
    Ok(())
}

/// Strict `SemVer` 2.0.0.
pub(super) fn check_version(version: &str) -> Result<(), String> {
    if version.is_empty() {
        return Err("`version` is missing".to_owned());
    }
    Version::parse(version).map(|_| ()).map_err(|e| {
        let hint = match version.strip_prefix('v') {
            Some(bare) if Version::parse(bare).is_ok() => format!("; write `{bare}`"),
            _ => String::new(),
        };
        format!("the version `{version}` is not SemVer (MAJOR.MINOR.PATCH): {e}{hint}")
    })
}

/// Helm reads `Chart.yaml` once without knowing its fields, through JSON, which has no such numbers.
fn check_finite(node: &Node) -> Result<(), String> {
    match node {
        Node::Float(value) if !value.is_finite() => Err(format!("it has the number {value}, which Helm refuses")),
        Node::Seq(items) => items.iter().try_for_each(check_finite),
        Node::Map(map) => map.values().try_for_each(check_finite),
        _ => Ok(()),
    }
}

/// `version: 1.10` without quotes is the number 1.1 to YAML, whatever its author meant.
fn check_version_is_text(node: &Node, bytes: &[u8]) -> Result<(), String> {
    let Node::Map(map) = node else { return Ok(()) };
    match map.get("version") {
        Some(version @ (Node::Int(_) | Node::Float(_) | Node::Bool(_))) => {
            let source = String::from_utf8_lossy(bytes);
            let written = source.lines().find_map(|line| line.strip_prefix("version:"));
            let written = written.map_or("", |line| line.split(" #").next().unwrap_or(line).trim());
            let kind = version.kind();
            Err(format!("the version `{written}` is {kind} to YAML: write MAJOR.MINOR.PATCH, and quote it"))
        }
        _ => Ok(()),
    }
}

/// `appVersion: 1.10` without quotes is packaged as 1.1, which is another version than the one that was
/// written. What YAML leaves as it is, `1.5`, passes.
pub(super) fn check_app_version(node: &Node, bytes: &[u8]) -> Result<(), String> {
    let Node::Map(map) = node else { return Ok(()) };
    let is = match map.get("appVersion") {
        Some(Node::Int(value)) => value.to_string(),
        Some(Node::Float(value)) => yaml::float_text(*value),
        _ => return Ok(()),
    };
    let source = String::from_utf8_lossy(bytes);
    let written = source.lines().find_map(|line| line.strip_prefix("appVersion:"));
    let written = written.map_or("", |line| line.split(" #").next().unwrap_or(line).trim());
    if written.is_empty() || written == is {
        return Ok(());
    }
    Err(format!("the appVersion `{written}` is the number {is} to YAML: quote it"))
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
