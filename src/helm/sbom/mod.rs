//! What is in a package, as a `CycloneDX` 1.6 document (ECMA-424): the chart, the charts below it, the images their
//! values and annotations name.
//!
//! The document is made of the package's bytes, so whoever has the package can make it again. It has no time but
//! the commit's and no number but its own digest. Charts are not rendered: an image that only a template names is
//! not in it, and where a chart leaves a tag empty, the document does not guess what the template would put there.

mod document;
mod images;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Dependency, Sha256, Timestamp};

use super::chart::Chart;
use super::{Error, archive, chart, constraint};
use document::{Component, Document, Edge, Hash, Kind, License, Metadata, Property, Reference};
use images::Image;

/// The chart's own `bom-ref`; those of the charts below it go on from here.
const ROOT: &str = "chart";
/// Where an image was found: the file, `#`, and the keys to it.
const FOUND: &str = "git-lineage:found-in";

/// The `CycloneDX` JSON of a package. `dependencies` are the packages from outside in it, as a payload records them,
/// `epoch` is the committer time of the tagged commit.
///
/// # Errors
/// Not a package of a chart that Helm would load.
pub fn sbom(tgz: &[u8], dependencies: &[Dependency], epoch: Timestamp) -> Result<Vec<u8>, Error> {
    let mut budget = archive::LARGEST_CHART;
    let (files, _) = archive::read(tgz, &mut budget).map_err(Error::Archive)?;
    let chart = chart::load_unread("the package", files, &mut budget)?;
    let mut content = Content { outside: dependencies, ..Content::default() };
    let mut root = content.chart(&chart, ROOT.to_owned(), "");
    root.hashes = vec![Hash::sha256(Sha256::of(tgz))];
    let mut document = Document::new(Metadata::new(epoch, root));
    document.components = content.charts;
    for (image, found) in content.images {
        let reference = image.reference();
        content.edges.entry(reference).or_default();
        document.components.push(as_component(&image, found));
    }
    let edges = content.edges.into_iter();
    document.dependencies = edges.map(|(of, on)| Edge { of, on: on.into_iter().collect() }).collect();
    document.numbered().map_err(|e| Error::Archive(format!("its content cannot be written down: {e}")))
}

/// Whether a text is `[registry/]path[:tag][@digest]`.
pub(super) fn is_image(text: &str) -> bool {
    Image::parse(text).is_some()
}

/// What was found so far.
#[derive(Default)]
struct Content<'a> {
    /// Packages from outside.
    outside: &'a [Dependency],
    charts: Vec<Component>,
    /// Each with the places that name it.
    images: BTreeMap<Image, BTreeSet<String>>,
    /// What refers to what, by `bom-ref`.
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Content<'_> {
    /// A chart that goes by `reference` and lies at `place` in the package (empty, or ending in a slash). What is
    /// below it is taken down on the way.
    fn chart(&mut self, chart: &Chart, reference: String, place: &str) -> Component {
        let mut on = BTreeSet::new();
        for (image, found) in images::of(chart, place) {
            on.insert(image.reference());
            self.images.entry(image).or_default().insert(found);
        }
        for (at, subchart) in chart.subcharts.iter().enumerate() {
            let Chart { chartfile, .. } = subchart;
            let mut below = format!("{reference}/{}", chartfile.name);
            if chart.subcharts.iter().take(at).any(|before| before.chartfile.name == chartfile.name) {
                // A chart may be there in two versions.
                below = format!("{below}@{}#{at}", chartfile.version);
            }
            let component = self.chart(subchart, below.clone(), &format!("{place}charts/{}/", chartfile.name));
            self.charts.push(component);
            on.insert(below);
        }
        let component = self.described(chart, reference.clone());
        self.edges.insert(reference, on);
        component
    }

    fn described(&self, chart: &Chart, reference: String) -> Component {
        let chartfile = &chart.chartfile;
        let mut component = Component::new(Kind::Application, reference, chartfile.name.clone());
        let same =
            |one: &&Dependency| one.name == chartfile.name && constraint::same(&one.version, &chartfile.version);
        let outside = self.outside.iter().find(same);
        let purl =
            format!("pkg:helm/{}@{}", document::escaped(&chartfile.name), document::escaped(&chartfile.version));
        let from = outside.map(|one| format!("?repository_url={}", document::escaped(&one.repository)));
        component.purl = Some(purl + &from.unwrap_or_default());
        component.version.clone_from(&chartfile.version);
        component.description.clone_from(&chartfile.description);
        component.licenses = chartfile.annotations.get("artifacthub.io/license").map(|name| License::named(name));
        component.hashes = outside.map(|one| Hash::sha256(one.sha256)).into_iter().collect();
        component.references.extend(Reference::to("website", &chartfile.home));
        component.references.extend(chartfile.sources.iter().filter_map(|url| Reference::to("vcs", url)));
        if !chartfile.app_version.is_empty() {
            component.properties.push(Property::new("git-lineage:app-version", &chartfile.app_version));
        }
        component
    }
}

fn as_component(image: &Image, found: BTreeSet<String>) -> Component {
    let mut component = Component::new(Kind::Container, image.reference(), image.name.clone());
    component.version = image.version();
    component.purl = Some(image.purl());
    component.properties = found.iter().map(|place| Property::new(FOUND, place)).collect();
    component
}

#[cfg(test)]
mod tests;
