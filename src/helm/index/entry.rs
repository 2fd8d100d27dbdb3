//! One entry, read as strictly as Helm does: an index with a key that Helm does not know is refused whole.

use semver::Version;

use super::super::chartfile::Chartfile;
use super::super::yaml::{self, Node};
use super::{Entry, plain};

/// The fields of an entry besides the chart's metadata (`ChartVersion`); the last four are of Helm 2.
const OWN: [&str; 8] = ["urls", "created", "removed", "digest", "checksum", "engine", "tillerversion", "url"];
/// The chart's metadata.
const METADATA: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiversion",
    "condition",
    "tags",
    "appversion",
    "deprecated",
    "annotations",
    "kubeversion",
    "dependencies",
    "type",
];
const MAINTAINER: [&str; 3] = ["name", "email", "url"];
const DEPENDENCY: [&str; 8] =
    ["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];

/// A top-level key with its value.
///
/// # Errors
/// A sentence, where it is not YAML.
pub(super) fn head(piece: &[u8]) -> Result<(String, Node), String> {
    match yaml::strict(piece)? {
        Node::Map(map) if map.len() == 1 => map.into_iter().next().ok_or_else(|| "it is empty".to_owned()),
        _ => Err("a key and a colon are expected here".to_owned()),
    }
}

/// What is wrong with a top-level key.
pub(super) fn head_fault(key: &str, value: &Node) -> Option<String> {
    let good = match (key, value) {
        ("apiVersion", Node::Str(version)) => {
            return (version != "v1").then(|| format!("`apiVersion` is `{version}`, and only `v1` is known"));
        }
        ("apiVersion", other) => return Some(format!("`apiVersion` is {} instead of `v1`", other.kind())),
        ("generated", Node::Str(moment)) => is_moment(moment),
        ("generated" | "serverInfo" | "publicKeys" | "annotations", Node::Null)
        | ("serverInfo" | "annotations", Node::Map(_))
        | ("publicKeys", Node::Seq(_)) => true,
        ("generated" | "serverInfo" | "publicKeys" | "annotations", _) => false,
        _ => return Some(format!("the key `{key}` is none of an index; Helm refuses the whole file")),
    };
    (!good).then(|| format!("`{key}` is not what Helm reads there"))
}

/// Reads an entry; place and range are the caller's.
pub(super) fn read(chart: &str, piece: &[u8]) -> Entry {
    let mut entry = Entry {
        chart: chart.to_owned(),
        version: String::new(),
        digest: None,
        urls: Vec::new(),
        line: 0,
        faults: Vec::new(),
        lines: 0..0,
    };
    match plain::entry(piece).map_or_else(|| yaml::strict(piece), Ok) {
        Ok(Node::Seq(items)) => match items.as_slice() {
            [map @ Node::Map(_)] => fields(&mut entry, map),
            [Node::Null] => entry.faults.push("it is empty".to_owned()),
            _ => entry.faults.push("it is not one mapping".to_owned()),
        },
        Ok(_) => entry.faults.push("it is not an entry of a list".to_owned()),
        Err(why) => entry.faults.push(format!("it cannot be read: {}", without_place(&why))),
    }
    entry
}

/// The reader's sentence without a place, which would be one in the piece and not in the file.
fn without_place(why: &str) -> &str {
    let why = why.split(" at line ").next().unwrap_or(why);
    why.strip_prefix(".[0]: ").unwrap_or(why)
}

fn fields(entry: &mut Entry, node: &Node) {
    let Node::Map(map) = node else { return };
    let mut chartfile = Chartfile::default();
    if let Err(why) = chartfile.overlay(node) {
        entry.faults.push(why);
    }
    for (key, value) in map {
        let field = key.to_ascii_lowercase();
        match field.as_str() {
            "maintainers" => unknown(&mut entry.faults, "maintainers", value, &MAINTAINER),
            "dependencies" => unknown(&mut entry.faults, "dependencies", value, &DEPENDENCY),
            "urls" => urls(entry, value),
            "created" => match value {
                Node::Null => {}
                Node::Str(moment) if is_moment(moment) => {}
                _ => entry.faults.push("`created` is not an RFC 3339 date".to_owned()),
            },
            "removed" if !matches!(value, Node::Null | Node::Bool(_)) => {
                entry.faults.push("`removed` is neither true nor false".to_owned());
            }
            "digest" => digest(entry, value),
            other if METADATA.contains(&other) || OWN.contains(&other) => {}
            _ => entry.faults.push(format!("the key `{key}` is none of an entry; Helm refuses the whole file")),
        }
    }
    if chartfile.name != entry.chart {
        entry.faults.push(format!("it is an entry of `{}` by its name", chartfile.name));
    }
    if loose(&chartfile.version).is_none() {
        entry.faults.push(format!("its version `{}` is none", chartfile.version));
    }
    if entry.urls.is_empty() {
        entry.faults.push("it has no URL".to_owned());
    }
    entry.version = chartfile.version;
}

/// The keys of each mapping of a list that Helm does not know there.
fn unknown(faults: &mut Vec<String>, list: &str, node: &Node, known: &[&str]) {
    let Node::Seq(items) = node else { return };
    for item in items {
        let Node::Map(map) = item else { continue };
        for key in map.keys().filter(|key| !known.contains(&key.to_ascii_lowercase().as_str())) {
            faults.push(format!("the key `{key}` is none of `{list}`; Helm refuses the whole file"));
        }
    }
}

fn urls(entry: &mut Entry, node: &Node) {
    let Node::Seq(items) = node else {
        entry.faults.push("`urls` is not a list".to_owned());
        return;
    };
    for item in items {
        match item {
            Node::Str(url) => {
                if let Some(why) = url_fault(url) {
                    entry.faults.push(format!("the URL `{}` {why}", url.escape_debug()));
                }
                entry.urls.push(url.clone());
            }
            other => entry.faults.push(format!("a URL is {}", other.kind())),
        }
    }
}

/// What is wrong with a URL of an index: an address of any scheme, or a path from where the index is.
pub(super) fn url_fault(url: &str) -> Option<&'static str> {
    if url.is_empty() {
        return Some("is empty");
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c)) {
        return Some("has a sign that no URL has");
    }
    let (scheme, rest) = url.split_once("://")?;
    let known = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !known {
        return Some("has no scheme before its `://`");
    }
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() {
        return Some("names no host");
    }
    let tagged = path.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
    (scheme == "oci" && !tagged).then_some("names neither tag nor digest")
}

fn digest(entry: &mut Entry, node: &Node) {
    let text = match node {
        Node::Null => return,
        Node::Str(text) => text,
        other => {
            entry.faults.push(format!("its digest is {}", other.kind()));
            return;
        }
    };
    let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !hex && !text.is_empty() {
        entry.faults.push(format!("its digest `{}` is not 64 hex digits", text.escape_debug()));
    }
    entry.digest = Some(text.clone()).filter(|text| !text.is_empty());
}

fn is_moment(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

/// A version as Helm takes it from an index (Masterminds' `NewVersion`): with a `v`, without all its parts.
pub(super) fn loose(text: &str) -> Option<Version> {
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, behind) = text.split_at_checked(end)?;
    let mut parts: Vec<String> = Vec::new();
    for part in numbers.split('.') {
        parts.push(part.parse::<u64>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()))?.to_string());
    }
    if parts.len() > 3 {
        return None;
    }
    parts.resize(3, "0".to_owned());
    Version::parse(&format!("{}{behind}", parts.join("."))).ok()
}
