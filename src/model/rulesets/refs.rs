//! The refs of a flow: as patterns for rulesets, and one of each kind to try rules on.

use crate::model::Failure;
use crate::model::config::{Config, Flow};

/// The refs of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// `refs/heads/main`.
    pub main: String,
    /// `refs/heads/integration`; none in direct flow.
    pub integration: Option<String>,
    /// Patterns of the per-chart branches; empty in direct flow.
    pub charts: Vec<String>,
    /// `refs/heads/release`.
    pub release: String,
    /// Patterns of the release tags, from the configured template.
    pub tags: Vec<String>,
    /// A per-chart branch, and a release tag.
    pub(super) samples: (Option<String>, String),
}

impl Names {
    /// The refs a configuration names.
    ///
    /// # Errors
    /// Exit 2: a pattern would take in a long-lived branch, whose rules are others.
    pub fn of(config: &Config) -> Result<Self, Failure> {
        let head = |name: &str| format!("refs/heads/{name}");
        let branches = &config.branches;
        let with = config.flow == Flow::Integration;
        let charts = if with { chart_patterns(&branches.chart) } else { Vec::new() };
        let version = "1.2.3-rc.1+b.1";
        let sample = config.tag_name("a-chart", version);
        let tags = vec![format!("refs/tags/{}", config.tag_name("*", "*"))];
        let names = Self {
            main: head(&branches.main),
            integration: with.then(|| head(&branches.integration)),
            charts,
            release: head(&branches.release),
            tags,
            samples: (with.then(|| head(&config.chart_branch("a-chart"))), format!("refs/tags/{sample}")),
        };
        let long_lived = [Some(&names.main), names.integration.as_ref(), Some(&names.release)];
        let mut seen = Vec::new();
        for name in long_lived.into_iter().flatten() {
            if seen.contains(&name) {
                return Err(Failure::usage(format!(
                    "{name} has two parts in the flow, whose rules are not the same"
                ))
                .hint("give each branch under [branches] in lineage.toml a name of its own"));
            }
            seen.push(name);
            if let Some(pattern) = names.charts.iter().find(|pattern| super::glob::fits(pattern, name)) {
                return Err(Failure::usage(format!(
                    "the per-chart branches ({pattern}) take in {name}, whose rules are others"
                ))
                .hint("choose another `branches.chart` in lineage.toml, such as `chart/{chart}`"));
            }
        }
        Ok(names)
    }
}

/// `chart/{chart}` → `chart/*`, and everything below it: git cannot hold `chart/a` beside `chart/a/b`, so that
/// whoever may make the second keeps the first from ever being made (acceptance P-01).
fn chart_patterns(template: &str) -> Vec<String> {
    let pattern = format!("refs/heads/{}", template.replace("{chart}", "*"));
    let below = template
        .strip_suffix("/{chart}")
        .filter(|prefix| !prefix.contains("{chart}"))
        .map(|prefix| format!("refs/heads/{prefix}/**/*"));
    [Some(pattern), below].into_iter().flatten().collect()
}
