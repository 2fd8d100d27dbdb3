//! What a repository looks like before it is set up: its charts, its tags, how it seems to release.

use std::collections::BTreeMap;

use crate::git::Repo;
use crate::helm::Metadata;
use crate::model::config::{ChangelogMode, Flow};
use crate::model::{Failure, Oid};
use crate::pipeline::ground::unconfigured;
use crate::pipeline::releases;

/// From so many charts on, a repository without an integration branch is taken for one that releases
/// from main directly, as the large chart repositories do.
const MANY_CHARTS: usize = 10;

/// What was found at main.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) roots: Vec<String>,
    /// Directory name → chart name, where they differ.
    pub(super) aliases: BTreeMap<String, String>,
    /// How the tags there are are named.
    pub(super) template: String,
    pub(super) charts: Vec<String>,
    /// Whether any chart keeps a `CHANGELOG.md`.
    pub(super) changelogs: bool,
}

impl Layout {
    pub(super) fn read(repo: &Repo, main: &Oid) -> Result<Self, Failure> {
        let mut roots = Vec::new();
        let mut aliases = BTreeMap::new();
        let mut charts = Vec::new();
        let mut changelogs = false;
        for root in repo.directories_at(main, "")? {
            // A chart at the top keeps its subcharts in `charts/`: they are its own, not the repository's.
            if repo.file_at(main, &format!("{root}/Chart.yaml"))?.is_some() {
                continue;
            }
            let mut has_charts = false;
            for name in repo.directories_at(main, &root)? {
                let file = format!("{root}/{name}/Chart.yaml");
                let Some(bytes) = repo.file_at(main, &file)? else { continue };
                has_charts = true;
                changelogs = changelogs || repo.file_at(main, &format!("{root}/{name}/CHANGELOG.md"))?.is_some();
                // A Chart.yaml that cannot be used is `status`'s to complain about.
                let chart = Metadata::parse(&file, &bytes).map_or_else(|_| name.clone(), |metadata| metadata.name);
                if chart != name && !aliases.values().any(|known| *known == chart) {
                    aliases.insert(name, chart.clone());
                }
                charts.push(chart);
            }
            if has_charts {
                roots.push(root);
            }
        }
        if roots.is_empty() {
            roots.push("charts".to_owned());
        }
        let template = template(&charts, &releases::all_tags(repo)?);
        Ok(Self { roots, aliases, template, charts, changelogs })
    }

    /// How contributions reach main, by the looks of it.
    pub(super) fn flow(&self, has_integration: bool) -> Flow {
        if !has_integration && self.charts.len() >= MANY_CHARTS { Flow::Direct } else { Flow::Integration }
    }

    /// Where changes are written, by the looks of it.
    pub(super) fn changelog(&self, flow: Flow) -> ChangelogMode {
        if flow == Flow::Direct && !self.changelogs { ChangelogMode::Annotation } else { ChangelogMode::File }
    }
}

/// The template most of the tags fit.
fn template(charts: &[String], tags: &[(String, Oid)]) -> String {
    let names: Vec<&str> = charts.iter().map(String::as_str).collect();
    let mut config = unconfigured();
    let usual = config.tag.template.clone();
    let with_v = releases::count(&config, &names, tags);
    "{chart}-{version}".clone_into(&mut config.tag.template);
    if releases::count(&config, &names, tags) > with_v { config.tag.template } else { usual }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_and_changelog_follow_what_is_there() {
        let layout = |charts: usize, changelogs| Layout {
            roots: vec!["charts".to_owned()],
            aliases: BTreeMap::new(),
            template: String::new(),
            charts: (0..charts).map(|n| format!("c{n}")).collect(),
            changelogs,
        };
        assert_eq!(layout(3, false).flow(false), Flow::Integration);
        assert_eq!(layout(30, false).flow(false), Flow::Direct);
        assert_eq!(layout(30, false).flow(true), Flow::Integration);
        assert_eq!(layout(30, false).changelog(Flow::Direct), ChangelogMode::Annotation);
        assert_eq!(layout(30, true).changelog(Flow::Direct), ChangelogMode::File);
        assert_eq!(layout(3, false).changelog(Flow::Integration), ChangelogMode::File);
    }

    #[test]
    fn the_template_of_the_tags_there_are() {
        let oid = Oid::parse(&"1".repeat(40)).expect("an object id");
        let tags = [("app-1.0.0".to_owned(), oid)];
        assert_eq!(template(&["app".to_owned()], &tags), "{chart}-{version}");
        assert_eq!(template(&["app".to_owned()], &[]), "{chart}-v{version}");
    }
}
