//! Which tags release which chart: one pass over the names, however many tags and charts there are.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use crate::git::Repo;
use crate::model::config::Config;
use crate::model::{Failure, Oid};

/// A release tag, not peeled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Without `refs/tags/`.
    pub tag: String,
    pub version: Version,
    /// What the ref holds: a tag object, or a commit where the tag is lightweight.
    pub oid: Oid,
}

/// Every tag of the repository, by its name without `refs/tags/`.
///
/// # Errors
/// The refs cannot be read.
pub fn all_tags(repo: &Repo) -> Result<Vec<(String, Oid)>, Failure> {
    let refs = repo.refs("refs/tags/")?;
    Ok(refs
        .into_iter()
        .filter_map(|(full, oid)| full.strip_prefix("refs/tags/").map(|name| (name.to_owned(), oid)))
        .collect())
}

/// The releases of each of `charts` among `tags`, highest version first.
pub fn by_chart(config: &Config, charts: &[&str], tags: &[(String, Oid)]) -> BTreeMap<String, Vec<Release>> {
    let known = Known::new(config, charts);
    let mut releases: BTreeMap<String, Vec<Release>> = BTreeMap::new();
    for (tag, oid) in tags {
        for (chart, version) in known.split(tag) {
            releases.entry(chart).or_default().push(Release { tag: tag.clone(), version, oid: oid.clone() });
        }
    }
    for list in releases.values_mut() {
        list.sort_by(|a, b| b.version.cmp(&a.version).then_with(|| a.tag.cmp(&b.tag)));
    }
    releases
}

/// The releases of one chart, highest version first.
///
/// # Errors
/// The refs cannot be read.
pub fn of_chart(repo: &Repo, config: &Config, chart: &str) -> Result<Vec<Release>, Failure> {
    Ok(by_chart(config, &[chart], &all_tags(repo)?).remove(chart).unwrap_or_default())
}

/// How many of `tags` are a release of one of `charts`.
pub fn count(config: &Config, charts: &[&str], tags: &[(String, Oid)]) -> usize {
    let known = Known::new(config, charts);
    tags.iter().filter(|(tag, _)| !known.split(tag).is_empty()).count()
}

/// The charts whose name a tag may begin with. Asking the template about every chart for every tag would
/// be tags × charts; a tag has only so many beginnings.
struct Known<'a> {
    config: &'a Config,
    charts: Vec<&'a str>,
    names: BTreeSet<&'a str>,
    /// What the template has before the chart's name; none where the version comes first.
    before: Option<&'a str>,
}

impl<'a> Known<'a> {
    fn new(config: &'a Config, charts: &[&'a str]) -> Self {
        let before = config.tag.template.split_once("{chart}").map(|(before, _)| before);
        Self {
            config,
            charts: charts.to_vec(),
            names: charts.iter().copied().collect(),
            before: before.filter(|before| !before.contains("{version}")),
        }
    }

    fn split(&self, tag: &str) -> Vec<(String, Version)> {
        let Some(before) = self.before else { return self.config.split_tag(tag, &self.charts) };
        let Some(rest) = tag.strip_prefix(before) else { return Vec::new() };
        let ends = rest.char_indices().map(|(at, _)| at).skip(1).chain([rest.len()]);
        let candidates: Vec<&str> =
            ends.filter_map(|end| rest.get(..end)).filter(|start| self.names.contains(start)).collect();
        if candidates.is_empty() { Vec::new() } else { self.config.split_tag(tag, &candidates) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::ground::unconfigured;

    fn oid() -> Oid {
        Oid::parse(&"1".repeat(40)).expect("an object id")
    }

    fn tags(names: &[&str]) -> Vec<(String, Oid)> {
        names.iter().map(|name| ((*name).to_owned(), oid())).collect()
    }

    fn names(releases: &BTreeMap<String, Vec<Release>>, chart: &str) -> Vec<String> {
        releases.get(chart).into_iter().flatten().map(|release| release.tag.clone()).collect()
    }

    #[test]
    fn tags_go_to_their_charts_by_version() {
        let config = unconfigured();
        let tags = tags(&["app-v0.9.0", "app-v0.10.0", "app-extra-v1.0.0", "app-1.0.0", "other", "ä-v1.0.0"]);
        let releases = by_chart(&config, &["app", "app-extra", "none"], &tags);
        assert_eq!(names(&releases, "app"), ["app-v0.10.0", "app-v0.9.0"]);
        assert_eq!(names(&releases, "app-extra"), ["app-extra-v1.0.0"]);
        assert_eq!(names(&releases, "none"), Vec::<String>::new());
        assert_eq!(count(&config, &["app", "app-extra"], &tags), 3);
    }

    #[test]
    fn a_template_may_begin_with_text_or_the_version() {
        let mut config = unconfigured();
        config.tag.template = "release/{chart}/{version}".to_owned();
        let found = by_chart(&config, &["app"], &tags(&["release/app/1.2.3", "app/1.2.3"]));
        assert_eq!(names(&found, "app"), ["release/app/1.2.3"]);
        config.tag.template = "{version}-of-{chart}".to_owned();
        let found = by_chart(&config, &["app"], &tags(&["1.2.3-of-app"]));
        assert_eq!(names(&found, "app"), ["1.2.3-of-app"]);
    }
}
