//! From a chart's files to its package: ignore, load, check, write.

use std::cmp::Ordering;

use crate::model::{ChartFile, Predicted, Sha256, Timestamp};

use super::chart::Chart;
use super::gzip::{Compressed, Gzip};
use super::ignore::{self, Rules};
use super::metadata::{self, LARGEST_FILE};
use super::yaml::Node;
use super::{Error, Metadata, archive, chart, oci, tarball};

/// A package: bytes and digests.
#[derive(Clone, Debug)]
pub struct Package {
    /// `<name>-<version>.tgz`.
    pub file: String,
    /// The package's bytes.
    pub tgz: Vec<u8>,
    pub tgz_digest: Sha256,
    /// Of the uncompressed tar, which stock Helm gives too, whatever its compressor.
    pub tar_digest: Sha256,
    /// Uncompressed size in bytes.
    pub tar_size: u64,
    /// The config blob of the OCI chart: the metadata as Helm marshals it.
    pub oci_config: Vec<u8>,
    /// The OCI manifest's bytes.
    pub oci_manifest: Vec<u8>,
    pub oci_digest: Sha256,
}

impl Package {
    /// The digests a payload predicts.
    pub fn digests(&self) -> Predicted {
        Predicted { tar: self.tar_digest, tgz: self.tgz_digest, oci: self.oci_digest }
    }
}

/// Packages a chart as `helm package` does with `SOURCE_DATE_EPOCH` = `epoch`: entry order, USTAR fields,
/// re-marshalled `Chart.yaml`, `.helmignore`, subcharts sorted (where Helm's order is random). `directory`
/// names the chart in errors. The order of `files` does not matter.
///
/// # Errors
/// What Helm refuses, too; a file of more than 5 MiB, because Helm before 4.3 refuses it; an appVersion that
/// YAML would change; and what [`Metadata::parse`] refuses.
pub fn package(directory: &str, files: Vec<ChartFile>, epoch: Timestamp) -> Result<Package, Error> {
    let (metadata, chart) = read_with(directory, files, metadata::check_app_version)?;
    let missing: Vec<&str> = chart
        .chartfile
        .dependencies
        .iter()
        .map(|dependency| dependency.name.as_str())
        .filter(|name| chart.subcharts.iter().all(|subchart| subchart.chartfile.name != *name))
        .collect();
    if !missing.is_empty() {
        return Err(Error::MissingDependency { name: missing.join(", ") });
    }
    let failed = |why: String| Error::Archive(format!("{directory}: {why}"));
    // Helm builds the config from the package that it pushes, not from the chart's directory.
    let mut chartfile = chart.chartfile.clone();
    if chartfile.api_version == "v1" && !chart.files.iter().any(|file| file.path == "requirements.yaml") {
        chartfile.dependencies.clear();
    }
    let mut gzip = Gzip::new();
    tarball::write(&mut gzip, chart, epoch).map_err(|e| failed(e.to_string()))?;
    let Compressed { tgz, tar_digest, tar_size } = gzip.finish().map_err(|e| failed(e.to_string()))?;
    let tgz_digest = Sha256::of(&tgz);
    let oci_config = oci::config(&chartfile).map_err(|e| failed(e.to_string()))?;
    let layer = (tgz_digest, tgz.len());
    let oci_manifest = oci::manifest(&chartfile, &oci_config, layer, epoch).map_err(|e| failed(e.to_string()))?;
    Ok(Package {
        file: format!("{}-{}.tgz", metadata.name, metadata.version),
        tgz,
        tgz_digest,
        tar_digest,
        tar_size,
        oci_digest: Sha256::of(&oci_manifest),
        oci_config,
        oci_manifest,
    })
}

/// The chart that Helm would load from `files`, and its metadata by our rules.
pub(super) fn read(directory: &str, files: Vec<ChartFile>) -> Result<(Metadata, Chart), Error> {
    read_with(directory, files, |_, _| Ok(()))
}

/// [`read`], with one more rule for `Chart.yaml`, given as it was parsed and as it stands.
fn read_with(
    directory: &str,
    files: Vec<ChartFile>,
    rule: fn(&Node, &[u8]) -> Result<(), String>,
) -> Result<(Metadata, Chart), Error> {
    let absent = files.iter().all(|file| file.path != "Chart.yaml");
    let kept = kept(directory, files)?;
    let chartfile = kept.iter().find(|file| file.path == "Chart.yaml");
    let chartfile = chartfile.ok_or_else(|| {
        if absent {
            return Error::NoChartYaml(directory.to_owned());
        }
        Error::File {
            file: format!("{directory}/{}", ignore::FILE),
            why: "leaves Chart.yaml out; to Helm `!p` means to ignore everything that is not `p`".to_owned(),
        }
    })?;
    let file = format!("{directory}/Chart.yaml");
    let node = Metadata::document(&file, &chartfile.bytes)?;
    rule(&node, &chartfile.bytes).map_err(|why| Error::Metadata { file: file.clone(), why })?;
    let metadata = Metadata::read(&file, &node, &chartfile.bytes)?;
    let mut budget = archive::LARGEST_CHART;
    let chart = chart::load(directory, &node, kept, &mut budget)?;
    Ok((metadata, chart))
}

/// The files that go into the package, in the order Helm walks them.
fn kept(directory: &str, files: Vec<ChartFile>) -> Result<Vec<ChartFile>, Error> {
    let rules = files.iter().find(|file| file.path == ignore::FILE);
    let rules = Rules::parse(rules.map_or(&[], |file| file.bytes.as_slice()))?;
    let mut paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    paths.sort_unstable();
    let twice = paths.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned());
    let mut kept = Vec::new();
    let mut total = 0_u64;
    for file in files {
        let refuse = |why: &str| Error::File { file: format!("{directory}/{}", file.path), why: why.to_owned() };
        if !is_inside(&file.path) {
            return Err(refuse("not a path inside a chart"));
        }
        if twice.as_ref() == Some(&file.path) {
            return Err(refuse("the path occurs twice"));
        }
        if rules.ignore(&file.path) {
            continue;
        }
        if archive::is_misread(&file.path) {
            return Err(refuse("Helm would pack it and then refuse the package; rename it or ignore it"));
        }
        if file.bytes.len() > LARGEST_FILE {
            return Err(refuse(
                "larger than 5 MiB, which Helm before 4.3 refuses; `.helmignore` can leave it out",
            ));
        }
        total = total.saturating_add(u64::try_from(file.bytes.len()).unwrap_or(u64::MAX));
        if total > archive::LARGEST_CHART {
            return Err(refuse("with it the chart is larger than 100 MiB, which Helm refuses"));
        }
        kept.push(ChartFile { path: file.path, bytes: archive::without_bom(file.bytes) });
    }
    kept.sort_by(|a, b| by_components(&a.path, &b.path));
    Ok(kept)
}

/// Helm walks a directory by the names in it: `templates/a/x` comes before `templates/a-b.yaml`, which in
/// git's order and in that of the whole paths it does not.
fn by_components(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

/// Whether `path` stays below the chart and means the same to every reader of the package.
fn is_inside(path: &str) -> bool {
    !path.contains(['\\', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The name, version, tgz and tar digest of a given package file, in the order metadata, tgz, tar.
///
/// # Errors
/// Not a gzip'd tar with a readable Chart.yaml in its top directory.
pub fn read_package(tgz: &[u8]) -> Result<(Metadata, Sha256, Sha256), Error> {
    let mut budget = archive::LARGEST_CHART;
    let (files, tar_digest) = archive::read(tgz, &mut budget).map_err(Error::Archive)?;
    let mut chartfiles = files.iter().filter(|file| file.path == "Chart.yaml");
    let chartfile = chartfiles.next().ok_or_else(|| Error::NoChartYaml("the package".to_owned()))?;
    if chartfiles.next().is_some() {
        // Readers differ in which of them counts.
        return Err(Error::Archive("it has two Chart.yaml".to_owned()));
    }
    let metadata = Metadata::parse("Chart.yaml in the package", &chartfile.bytes)?;
    Ok((metadata, Sha256::of(tgz), tar_digest))
}

/// The name and version of somebody else's package, by Helm's rules: `v1.2` is a version there.
///
/// # Errors
/// Not a gzip'd tar with a readable Chart.yaml in its top directory.
pub fn identify(tgz: &[u8]) -> Result<(String, String), Error> {
    let mut budget = archive::LARGEST_CHART;
    let (files, _) = archive::read(tgz, &mut budget).map_err(Error::Archive)?;
    let chart = chart::load_unread("the package", files, &mut budget)?;
    Ok((chart.chartfile.name, chart.chartfile.version))
}

#[cfg(test)]
#[path = "package_tests.rs"]
mod tests;
