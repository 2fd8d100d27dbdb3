//! `[channels.NAME]`: pointers that move between releases.

use serde::Deserialize;

use super::Config;
use super::check::Faults;
use super::parse::Fault;
use crate::model::channels::immutable;

/// The channel that never takes a pre-release, whatever is written (acceptance A-30).
const PRODUCTION: &str = "prod";

/// How many builds stay for a channel where nothing is said.
const KEPT: u64 = 15;

/// No registry takes a longer tag.
const LONGEST: usize = 128;

/// A pointer that moves between releases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Channel {
    /// The charts that go back together; none: those that have the channel.
    pub charts: Vec<String>,
    /// Whether it may point at a pre-release.
    pub pre_releases: bool,
    /// How many of the newest builds (`sha-<commit>`) stay when the registry is tidied.
    pub keep: u64,
}

impl Default for Channel {
    fn default() -> Self {
        Self { charts: Vec::new(), pre_releases: false, keep: KEPT }
    }
}

/// Looks through the sections.
pub(super) fn check(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    for (name, channel) in &config.channels {
        let place = ["channels", name.as_str()];
        let shown = name.escape_debug();
        if let Some(why) = immutable(name) {
            return faults.fail(&place, format!("no channel is called `{shown}`: that is {why}"));
        }
        faults.unless(
            !config.is_release_tag(name),
            &place,
            format!("no channel is called `{shown}`: that is the tag of a release, which never changes"),
        )?;
        let good = name.len() <= LONGEST
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
        faults.unless(
            good,
            &place,
            format!(
                "`{shown}` is no channel's name: a lower-case letter, then lower-case letters, digits, `-`, `_`, `.`"
            ),
        )?;
        faults.unless(
            name != PRODUCTION || !channel.pre_releases,
            &["channels", name, "pre-releases"],
            format!("`{PRODUCTION}` never takes a pre-release: choose another channel for them"),
        )?;
        faults.unless(
            config.publish.oci.is_some(),
            &place,
            "a channel is a tag of a registry: set `oci` under [publish]",
        )?;
        for (index, chart) in channel.charts.iter().enumerate() {
            let at = index.to_string();
            let place = ["channels", name, "charts", &at];
            let named = !chart.is_empty() && chart.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            let shown = chart.escape_debug();
            faults.unless(named, &place, format!("`{shown}` is not the name of a chart"))?;
            let twice = channel.charts.iter().take(index).any(|other| other == chart);
            faults.unless(!twice, &place, format!("the chart `{shown}` stands there twice"))?;
        }
        // An empty answer to "what may go" must not come from a slip of the finger.
        faults.unless(
            channel.keep > 0,
            &["channels", name, "keep"],
            "at least one build stays: `keep` is a number from 1",
        )?;
    }
    Ok(())
}
