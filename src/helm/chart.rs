//! A chart as Helm loads it: its files sorted into metadata, values, templates, the rest, and the charts
//! below `charts/` (`LoadFiles` in pkg/chart/v2/loader).

use std::collections::BTreeMap;

use crate::model::ChartFile;

use super::chartfile::{Chartfile, Lock};
use super::yaml::{self, Node};
use super::{Error, archive};

/// Charts within charts: nobody goes deeper, and a package in a package in a package must end.
const DEEPEST: usize = 32;

/// A loaded chart.
#[derive(Clone, Debug, Default)]
pub(super) struct Chart {
    pub(super) chartfile: Chartfile,
    pub(super) lock: Option<Lock>,
    pub(super) values: Option<Vec<u8>>,
    pub(super) schema: Option<Vec<u8>>,
    /// Everything below `templates/`, in the order given.
    pub(super) templates: Vec<ChartFile>,
    /// Everything else, in the order given.
    pub(super) files: Vec<ChartFile>,
    /// In bytewise order of their names below `charts/`. Helm's order is random (helm#32670).
    pub(super) subcharts: Vec<Chart>,
}

/// Loads a chart from `files`, among them `Chart.yaml`, which was parsed to `node`; `place` names its directory in
/// errors, `budget` is how many bytes packages below `charts/` may unpack to.
///
/// # Errors
/// What Helm refuses to load.
pub(super) fn load(place: &str, node: &Node, files: Vec<ChartFile>, budget: &mut u64) -> Result<Chart, Error> {
    load_at(place, Some(node), files, budget, 0)
}

/// [`load`], where nobody has read `Chart.yaml` yet.
///
/// # Errors
/// As there.
pub(super) fn load_unread(place: &str, files: Vec<ChartFile>, budget: &mut u64) -> Result<Chart, Error> {
    load_at(place, None, files, budget, 0)
}

fn load_at(
    place: &str,
    node: Option<&Node>,
    files: Vec<ChartFile>,
    budget: &mut u64,
    depth: usize,
) -> Result<Chart, Error> {
    if depth > DEEPEST {
        return Err(Error::File {
            file: place.to_owned(),
            why: format!("more than {DEEPEST} charts below charts"),
        });
    }
    let mut chart = Chart { chartfile: chartfile(place, node, &files)?, ..Chart::default() };
    let mut below: BTreeMap<String, Vec<ChartFile>> = BTreeMap::new();
    for ChartFile { path, bytes } in files {
        match path.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => chart.lock = lock(place, &path, &bytes)?,
            "values.yaml" => {
                check_values(&format!("{place}/{path}"), &bytes)?;
                chart.values = Some(bytes);
            }
            "values.schema.json" => {
                serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).map_err(|e| Error::File {
                    file: format!("{place}/{path}"),
                    why: format!("not valid JSON: {e}"),
                })?;
                chart.schema = Some(bytes);
            }
            // Helm 2's places for dependencies: in apiVersion v1 they stay files, in v2 they were folded in.
            "requirements.yaml" if chart.chartfile.api_version != "v1" => {}
            "requirements.lock" => {
                chart.lock = lock(place, &path, &bytes)?;
                if chart.chartfile.api_version == "v1" {
                    chart.files.push(ChartFile { path, bytes });
                }
            }
            _ if path.starts_with("templates/") => chart.templates.push(ChartFile { path, bytes }),
            _ => match path.strip_prefix("charts/") {
                Some(inside) if extension(&path) != "prov" => {
                    let entry = inside.split('/').next().unwrap_or(inside);
                    let file = ChartFile { path: inside.to_owned(), bytes };
                    below.entry(entry.to_owned()).or_default().push(file);
                }
                _ => chart.files.push(ChartFile { path, bytes }),
            },
        }
    }
    for (entry, files) in below {
        if entry.starts_with(['_', '.']) {
            continue;
        }
        let place = format!("{place}/charts/{entry}");
        let files = if extension(&entry) == "tgz" {
            unpacked(&place, &entry, &files, budget)?
        } else {
            let inside = |file: ChartFile| {
                let (_, path) = file.path.split_once('/')?;
                Some(ChartFile { path: path.to_owned(), bytes: file.bytes })
            };
            files.into_iter().filter_map(inside).collect()
        };
        chart.subcharts.push(load_at(&place, None, files, budget, depth + 1)?);
    }
    Ok(chart)
}

/// The metadata of a chart, with what Helm 2's `requirements.yaml` adds.
fn chartfile(place: &str, node: Option<&Node>, files: &[ChartFile]) -> Result<Chartfile, Error> {
    let mut chartfile = Chartfile::default();
    let mut found = false;
    for name in ["Chart.yaml", "requirements.yaml"] {
        for ChartFile { bytes, .. } in files.iter().filter(|file| file.path == name) {
            let file = format!("{place}/{name}");
            match node.filter(|_| name == "Chart.yaml") {
                Some(node) => overlay_node(&mut chartfile, file, node)?,
                None => overlay(&mut chartfile, &file, bytes)?,
            }
            found = found || name == "Chart.yaml";
        }
        if !found {
            return Err(Error::NoChartYaml(place.to_owned()));
        }
        if chartfile.api_version.is_empty() {
            // Charts of Helm 2 need not say.
            "v1".clone_into(&mut chartfile.api_version);
        }
    }
    let refuse = |why| Error::Metadata { file: format!("{place}/Chart.yaml"), why };
    chartfile.validate().map_err(refuse)?;
    Ok(chartfile)
}

/// Reads the fields in `bytes` over those of `chartfile`.
pub(super) fn overlay(chartfile: &mut Chartfile, file: &str, bytes: &[u8]) -> Result<(), Error> {
    let node = yaml::document(bytes).map_err(|why| Error::Yaml { file: file.to_owned(), why })?;
    overlay_node(chartfile, file.to_owned(), &node)
}

fn overlay_node(chartfile: &mut Chartfile, file: String, node: &Node) -> Result<(), Error> {
    chartfile.overlay(node).map_err(|why| Error::Metadata { file, why })
}

fn lock(place: &str, name: &str, bytes: &[u8]) -> Result<Option<Lock>, Error> {
    let file = format!("{place}/{name}");
    let node = yaml::document(bytes).map_err(|why| Error::Yaml { file: file.clone(), why })?;
    Lock::read(&node).map_err(|why| Error::File { file, why })
}

/// Checks that every document of a values file is a mapping, or empty.
///
/// # Errors
/// Not YAML, or a document of another kind.
pub(super) fn check_values(file: &str, bytes: &[u8]) -> Result<(), Error> {
    let refuse = |why| Error::Yaml { file: file.to_owned(), why };
    for document in yaml::documents(bytes).map_err(refuse)? {
        if !matches!(document, Node::Map(_) | Node::Null) {
            return Err(refuse(format!("values are {} instead of a mapping", document.kind())));
        }
    }
    Ok(())
}

fn unpacked(place: &str, entry: &str, files: &[ChartFile], budget: &mut u64) -> Result<Vec<ChartFile>, Error> {
    let refuse = |why: String| Error::File { file: place.to_owned(), why };
    let Some(package) = files.first().filter(|file| file.path == entry) else {
        return Err(refuse("a directory with the name of a package".to_owned()));
    };
    let (files, _) = archive::read(&package.bytes, budget).map_err(refuse)?;
    Ok(files)
}

/// What stands behind the last dot of the last component.
pub(super) fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}
