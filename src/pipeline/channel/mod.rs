//! Channels: `prod`, `dev`, `nightly` as tags of a registry that point at a release's own manifest.
//!
//! Nothing is built or pushed anew: a channel is moved to a manifest that is there, after the release behind it was
//! verified whole. Beside the tag one signed document for each chart says what its channels point at
//! ([`crate::model::channels`]); the tag moves first, the document last, both only from where they were seen to
//! stand. Several charts go together or not at all.
//!
//! The statement about a move is a record of the chart's ledger on the tag object of the release, as for everything
//! that happens after a tag: no ref of its own is needed.

use std::collections::BTreeSet;

use super::ground::{self, Ground};
use super::releases::of_chart;
use super::resolve::chart_names;
use super::{Context, anchor};
use crate::model::channels::{self, Channels};
use crate::model::config::Channel;
use crate::model::{ChannelReport, Failure, Sha256};
use crate::registry::Destination;

mod document;
mod list;
mod moves;
mod release;

pub use list::{Look, run as list};

use release::Release;

/// What `channel set` was asked.
#[derive(Clone, Debug)]
pub struct Set {
    /// Release tags, one for each chart.
    pub tags: Vec<String>,
    pub channel: String,
}

/// What `channel rollback` was asked.
#[derive(Clone, Debug)]
pub struct Rollback {
    /// The charts that go back; none: those of the channel.
    pub charts: Vec<String>,
    pub channel: String,
    /// A version, or `sha256:…` of a manifest.
    pub to: String,
}

/// Where channels are, and by whose policy.
pub(super) struct Desk {
    pub(super) ground: Ground,
    pub(super) destination: Destination,
    /// The destination as `lineage.toml` has it.
    text: String,
}

impl Desk {
    /// The policy on main, and the registry it names.
    ///
    /// # Errors
    /// No policy, or one without a registry (exit 2); main is not what this clone pinned (exit 1, 3 or 4); the ledger
    /// cannot be fetched (exit 3).
    pub(super) fn of(cx: &mut Context<'_>) -> Result<Self, Failure> {
        let ground = ground::ground(cx)?;
        anchor::check(cx, &ground)?;
        if let Some(why) = anchor::trust_changed(cx, &ground)? {
            return Err(Failure::negative("whom main trusts to move channels is not what this clone pinned")
                .because(why)
                .hint("read the change; see `git lineage trust show`"));
        }
        let Some(text) = ground.config().publish.oci.clone() else {
            return Err(Failure::usage(format!("lineage.toml at {} names no registry", ground.origin))
                .hint("set `oci` under [publish]: a channel is a tag there"));
        };
        let root = cx.repo.work_dir().unwrap_or_else(|| cx.cache.path("published"));
        let destination = Destination::parse(&text, &root)?;
        if let Some(remote) = ground::remote(&cx.repo, ground.config()) {
            // Without it nobody could tell an old document that somebody brought back from the newest.
            cx.repo.fetch_ledger(remote, None).map_err(|error| {
                Failure::undetermined("the ledger was not fetched: what channels point at is not known")
                    .because(error.to_string())
                    .hint("try again once the remote can be reached")
            })?;
        }
        Ok(Self { ground, destination, text })
    }

    /// The charts that are meant: those that are named, or all that have a release.
    ///
    /// # Errors
    /// There is no such chart (exit 2), or this clone cannot be read.
    pub(super) fn charts(&self, cx: &Context<'_>, named: &[String]) -> Result<Vec<String>, Failure> {
        let mut charts = Vec::new();
        let known = chart_names(&cx.repo, &self.ground)?;
        if let Some(unknown) = named.iter().find(|chart| !known.contains(*chart)) {
            return Err(Failure::usage(format!("there is no chart {unknown} here")).hint("name charts, not tags"));
        }
        for chart in known {
            let meant = if named.is_empty() {
                !of_chart(&cx.repo, self.ground.config(), &chart)?.is_empty()
            } else {
                named.contains(&chart)
            };
            charts.extend(meant.then_some(chart));
        }
        Ok(charts)
    }

    /// The channel of this name.
    ///
    /// # Errors
    /// It is the name of something that never changes (exit 4), or of no channel (exit 2).
    fn channel(&self, name: &str) -> Result<&Channel, Failure> {
        let release =
            self.ground.config().is_release_tag(name).then_some("the tag of a release, which never changes");
        if let Some(why) = channels::immutable(name).or(release) {
            return Err(Failure::conflict(format!("`{name}` is no channel: it is {why}"))
                .hint("channels are the tables under [channels] in lineage.toml"));
        }
        let known = &self.ground.config().channels;
        known.get(name).ok_or_else(|| {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let hint = match names.as_slice() {
                [] => format!("add [channels.{name}] to lineage.toml on main"),
                names => format!("there are: {}", names.join(", ")),
            };
            Failure::usage(format!("lineage.toml at {} has no channel `{name}`", self.ground.origin)).hint(hint)
        })
    }

    /// What a repository is called, as lineage.toml has it: the place of a layout on this machine is nobody's
    /// business.
    pub(super) fn repository(&self, chart: &str) -> String {
        match &self.destination {
            Destination::Layout(_) => self.text.clone(),
            Destination::Registry { .. } => {
                let reference = self.destination.reference(chart, Sha256::of(""));
                reference.split('@').next().unwrap_or_default().to_owned()
            }
        }
    }
}

/// What the document of a chart says, whoever wrote it; none where there is none.
///
/// # Errors
/// It cannot be read (exit 3).
pub(super) async fn said(cx: &Context<'_>, desk: &Desk, chart: &str) -> Result<Option<Channels>, Failure> {
    Ok(document::held(cx, desk, chart).await?.map(|held| held.channels))
}

/// Points a channel at releases.
///
/// # Errors
/// A release that is not proven, or that the channel does not take (exit 1), one that is not published (3), another
/// manifest in its place or somebody else who was faster (4).
pub async fn set(cx: &mut Context<'_>, options: &Set) -> Result<ChannelReport, Failure> {
    let desk = Desk::of(cx)?;
    let channel = desk.channel(&options.channel)?;
    let mut charts = BTreeSet::new();
    let mut releases = Vec::new();
    for tag in &options.tags {
        let release = release::proven(cx, &desk.ground, tag, &options.channel)?;
        release.taken_by(&options.channel, channel)?;
        if !charts.insert(release.chart.clone()) {
            return Err(Failure::usage(format!("two releases of {} are named", release.chart))
                .hint("a channel points at one release of each chart"));
        }
        releases.push(release);
    }
    moves::run(cx, &desk, &options.channel, releases).await
}

/// Points a channel at an earlier release again, for all its charts or for none.
///
/// # Errors
/// As [`set`]; there is no attested release of that version or digest (exit 1), the channel points nowhere (1).
pub async fn rollback(cx: &mut Context<'_>, options: &Rollback) -> Result<ChannelReport, Failure> {
    let desk = Desk::of(cx)?;
    let channel = desk.channel(&options.channel)?;
    let tags = release::earlier(cx, &desk, options, channel).await?;
    let mut releases: Vec<Release> = Vec::new();
    for tag in tags {
        let release = release::proven(cx, &desk.ground, &tag, &options.channel)?;
        release.taken_by(&options.channel, channel)?;
        if desk.destination.resolve(&release.chart, &options.channel).await?.is_none() {
            return Err(Failure::negative(format!("{}:{} points nowhere", release.chart, options.channel))
                .because("there is nothing to go back from")
                .hint(format!(
                    "`git lineage channel set {} --channel {}` sets it",
                    release.tag, options.channel
                )));
        }
        releases.push(release);
    }
    moves::run(cx, &desk, &options.channel, releases).await
}
