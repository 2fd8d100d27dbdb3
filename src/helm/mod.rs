//! Charts as Helm reads them: files, `.helmignore`, metadata, package.
//!
//! A package made here is byte for byte the tar that stock Helm ≥ 4.3 makes of the same files with the same
//! `SOURCE_DATE_EPOCH`, so that anybody with Helm can check it. Where Helm's behaviour surprises, the place
//! in its sources is named.

mod chartfile;
mod glance;
mod metadata;
mod validate;
mod yaml;

mod glob;
mod ignore;

mod archive;
mod chart;
mod constraint;
mod gzip;
mod index_entry;
mod oci;
mod package;
mod provenance;
mod requirements;
mod tarball;

mod artifact_hub;
mod image_values;
mod images;
pub mod index;
mod lint;
mod readme;
mod sbom;
mod text_edit;
mod version_edit;

use thiserror::Error;

pub use artifact_hub::{check_repository, lint_annotations, set_annotation};
pub use constraint::same as same_version;
pub use glance::glance;
pub use gzip::COMPRESSOR;
pub use image_values::{ImageValue, image_value, set_app_version, set_image};
pub use images::lint_images;
pub use index_entry::{IndexEntry, index_entry};
pub use lint::lint;
pub use metadata::{Dependency, Metadata};
pub use package::{Package, identify, package, read_package};
pub use provenance::{is_provenance, provenance};
pub use readme::lint_readme;
pub use requirements::{Needed, lock, may_depend, needed};
pub use sbom::sbom;
pub use version_edit::set_version;

/// What makes a chart unusable, by what its author can do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Nothing to start from, perhaps because `.helmignore` leaves it out.
    #[error("{0} has no Chart.yaml")]
    NoChartYaml(String),
    /// A file that has to be YAML.
    #[error("{file} is not valid YAML: {why}")]
    Yaml { file: String, why: String },
    /// A field of `Chart.yaml`.
    #[error("{file}: {why}")]
    Metadata { file: String, why: String },
    /// A rule of `.helmignore`.
    #[error(".helmignore line {line}: {why}")]
    Ignore { line: usize, why: String },
    /// A file in the chart.
    #[error("{file}: {why}")]
    File { file: String, why: String },
    /// One or several dependencies, comma-separated: `helm dependency build` would fetch them.
    #[error("Chart.yaml depends on {name}, which charts/ does not have")]
    MissingDependency { name: String },
    /// A lock that does not say, or no longer, which version of a dependency it is.
    #[error("{file}: {why}")]
    Lock { file: String, why: String },
    /// A package that cannot be read.
    #[error("not a chart package: {0}")]
    Archive(String),
}
