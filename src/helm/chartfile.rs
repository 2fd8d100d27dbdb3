//! `Chart.yaml` and `Chart.lock` as Helm's own structs hold them (pkg/chart/v2), which is what a package
//! and an OCI config contain: fields in Helm's order, empty ones left out, unknown ones lost.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::yaml::{self, Node};

/// A maintainer of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Maintainer {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) email: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) url: String,
}

/// A dependency of a chart, with all that Helm keeps of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Requirement {
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    pub(super) repository: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) condition: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) enabled: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) import_values: Vec<Value>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) alias: String,
}

/// Helm's `chart.Metadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chartfile {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) home: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sources: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) keywords: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) maintainers: Vec<Maintainer>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) icon: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) api_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) condition: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) tags: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) app_version: String,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) deprecated: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) kube_version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) dependencies: Vec<Requirement>,
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub(super) kind: String,
}

/// Helm's `chart.Lock`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Lock {
    /// RFC 3339.
    pub(super) generated: String,
    pub(super) digest: String,
    /// None is written as `null`, as Go does with a list nobody set.
    pub(super) dependencies: Option<Vec<Requirement>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Chartfile {
    /// Reads the fields that `bytes` has over those that are there: `Chart.yaml`, then what is left of
    /// Helm 2's `requirements.yaml`. Field names match in any case, as Go's JSON decoder has it.
    ///
    /// # Errors
    /// A sentence: not YAML, or a field of another type than Helm reads.
    pub(super) fn overlay(&mut self, node: &Node) -> Result<(), String> {
        for (key, value) in fields(node, "the chart's metadata")? {
            match key.to_ascii_lowercase().as_str() {
                "name" => text(&mut self.name, key, value)?,
                "home" => text(&mut self.home, key, value)?,
                "sources" => texts(&mut self.sources, key, value)?,
                "version" => text(&mut self.version, key, value)?,
                "description" => text(&mut self.description, key, value)?,
                "keywords" => texts(&mut self.keywords, key, value)?,
                "maintainers" => self.maintainers = list(key, value, maintainer)?.unwrap_or_default(),
                "icon" => text(&mut self.icon, key, value)?,
                "apiversion" => text(&mut self.api_version, key, value)?,
                "condition" => text(&mut self.condition, key, value)?,
                "tags" => text(&mut self.tags, key, value)?,
                "appversion" => text(&mut self.app_version, key, value)?,
                "deprecated" => flag(&mut self.deprecated, key, value)?,
                "annotations" => self.annotations = annotations(key, value)?,
                "kubeversion" => text(&mut self.kube_version, key, value)?,
                "dependencies" => self.dependencies = list(key, value, requirement)?.unwrap_or_default(),
                "type" => text(&mut self.kind, key, value)?,
                // Helm knows no other field and drops it.
                _ => {}
            }
        }
        Ok(())
    }

    /// As Helm marshals it to `Chart.yaml` in a package.
    ///
    /// # Errors
    /// None for these types; the serializer's signature has one.
    pub(super) fn to_yaml(&self) -> serde_json::Result<String> {
        to_yaml(self)
    }
}

impl Lock {
    /// Reads `Chart.lock`; none where the file is empty, as Helm has it.
    ///
    /// # Errors
    /// A sentence: a field of another type, or a `generated` that is not RFC 3339.
    pub(super) fn read(node: &Node) -> Result<Option<Self>, String> {
        if *node == Node::Null {
            return Ok(None);
        }
        let mut lock = Self::default();
        for (key, value) in fields(node, "the lock")? {
            match key.to_ascii_lowercase().as_str() {
                "generated" => {
                    let moment = match value {
                        Node::Null => continue,
                        Node::Str(moment) => moment,
                        other => return Err(format!("`{key}` is {} where Helm reads a date", other.kind())),
                    };
                    if moment.parse::<jiff::Timestamp>().is_err() {
                        return Err(format!("`{key}: {moment}` is not an RFC 3339 date"));
                    }
                    lock.generated.clone_from(moment);
                }
                "digest" => text(&mut lock.digest, key, value)?,
                "dependencies" => lock.dependencies = list(key, value, requirement)?,
                _ => {}
            }
        }
        Ok(Some(lock))
    }

    /// As Helm marshals it to `Chart.lock` in a package.
    ///
    /// # Errors
    /// None for these types; the serializer's signature has one.
    pub(super) fn to_yaml(&self) -> serde_json::Result<String> {
        to_yaml(self)
    }
}

fn to_yaml(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(yaml::write(&serde_json::to_value(value)?))
}

fn fields<'n>(node: &'n Node, what: &str) -> Result<Vec<(&'n str, &'n Node)>, String> {
    match node {
        Node::Null => Ok(Vec::new()),
        Node::Map(map) => Ok(map.iter().map(|(key, value)| (key.as_str(), value)).collect()),
        other => Err(format!("{what} is {} instead of a mapping", other.kind())),
    }
}

/// The text Helm makes of a scalar; none for null.
fn scalar(key: &str, node: &Node) -> Result<Option<String>, String> {
    match node {
        Node::Null => Ok(None),
        Node::Bool(value) => Ok(Some(value.to_string())),
        Node::Int(value) => Ok(Some(value.to_string())),
        Node::Float(value) => Ok(Some(yaml::float_text(*value))),
        Node::Str(value) => Ok(Some(value.clone())),
        Node::Seq(_) | Node::Map(_) => Err(format!("`{key}` is {} where Helm reads a text", node.kind())),
    }
}

fn text(field: &mut String, key: &str, node: &Node) -> Result<(), String> {
    if let Some(value) = scalar(key, node)? {
        *field = value;
    }
    Ok(())
}

fn flag(field: &mut bool, key: &str, node: &Node) -> Result<(), String> {
    match node {
        Node::Null => {}
        Node::Bool(value) => *field = *value,
        other => return Err(format!("`{key}` is {} where Helm reads true or false", other.kind())),
    }
    Ok(())
}

fn list<T>(
    key: &str,
    node: &Node,
    read: impl Fn(&str, &Node) -> Result<T, String>,
) -> Result<Option<Vec<T>>, String> {
    match node {
        Node::Null => Ok(None),
        Node::Seq(items) => items.iter().map(|item| read(key, item)).collect::<Result<_, _>>().map(Some),
        other => Err(format!("`{key}` is {} where Helm reads a list", other.kind())),
    }
}

fn texts(field: &mut Vec<String>, key: &str, node: &Node) -> Result<(), String> {
    let items = list(key, node, |key, item| Ok(scalar(key, item)?.unwrap_or_default()))?;
    *field = items.unwrap_or_default();
    Ok(())
}

fn annotations(key: &str, node: &Node) -> Result<BTreeMap<String, String>, String> {
    match node {
        Node::Null => Ok(BTreeMap::new()),
        Node::Map(map) => {
            map.iter().map(|(key, value)| Ok((key.clone(), scalar(key, value)?.unwrap_or_default()))).collect()
        }
        other => Err(format!("`{key}` is {} where Helm reads a mapping", other.kind())),
    }
}

fn maintainer(key: &str, node: &Node) -> Result<Maintainer, String> {
    if *node == Node::Null {
        return Err(format!("`{key}` has an empty entry"));
    }
    let mut maintainer = Maintainer::default();
    for (key, value) in fields(node, "a maintainer")? {
        match key.to_ascii_lowercase().as_str() {
            "name" => text(&mut maintainer.name, key, value)?,
            "email" => text(&mut maintainer.email, key, value)?,
            "url" => text(&mut maintainer.url, key, value)?,
            _ => {}
        }
    }
    Ok(maintainer)
}

fn requirement(key: &str, node: &Node) -> Result<Requirement, String> {
    if *node == Node::Null {
        return Err(format!("`{key}` has an empty entry"));
    }
    let mut requirement = Requirement::default();
    for (key, value) in fields(node, "a dependency")? {
        match key.to_ascii_lowercase().as_str() {
            "name" => text(&mut requirement.name, key, value)?,
            "version" => text(&mut requirement.version, key, value)?,
            "repository" => text(&mut requirement.repository, key, value)?,
            "condition" => text(&mut requirement.condition, key, value)?,
            "tags" => texts(&mut requirement.tags, key, value)?,
            "enabled" => flag(&mut requirement.enabled, key, value)?,
            "import-values" => {
                requirement.import_values = list(key, value, |_, item| json(item))?.unwrap_or_default();
            }
            "alias" => text(&mut requirement.alias, key, value)?,
            _ => {}
        }
    }
    Ok(requirement)
}

/// A value of any type, through JSON, where every number is a double.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "JSON as Go reads it into `any`: doubles, the whole ones written without a fraction"
)]
fn json(node: &Node) -> Result<Value, String> {
    Ok(match node {
        Node::Null => Value::Null,
        Node::Bool(value) => Value::Bool(*value),
        Node::Int(value) => Value::from(*value as f64 as i64),
        Node::Float(value) if !value.is_finite() => return Err("a number is not finite".to_owned()),
        Node::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Value::from(*value as i64),
        Node::Float(value) => Value::from(*value),
        Node::Str(value) => Value::from(value.as_str()),
        Node::Seq(items) => items.iter().map(json).collect::<Result<_, _>>()?,
        Node::Map(map) => {
            let entries = map.iter().map(|(key, value)| Ok((key.clone(), json(value)?)));
            entries.collect::<Result<_, String>>()?
        }
    })
}
