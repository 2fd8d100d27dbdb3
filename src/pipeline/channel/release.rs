//! The releases a channel may point at: proven, of a version it takes.

use semver::Version;

use super::{Desk, Rollback};
use crate::model::config::Channel;
use crate::model::{Exit, Failure, Judged, Oid, Sha256, version};
use crate::pipeline::ground::Ground;
use crate::pipeline::resolve::{chart_names, payloads};
use crate::pipeline::{Context, trace, verify};

/// A release that was verified whole.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) tag: String,
    /// The tag object.
    pub(super) object: Oid,
    pub(super) chart: String,
    pub(super) directory: String,
    pub(super) version: Version,
    /// The manifest its payload predicts, which verification computed again.
    pub(super) manifest: Sha256,
}

impl Release {
    /// The registry's tag of its version.
    pub(super) fn version_tag(&self) -> String {
        version::oci_tag(&self.version)
    }

    /// Refuses a version that a channel does not take.
    pub(super) fn taken_by(&self, name: &str, channel: &Channel) -> Result<(), Failure> {
        if self.version.pre.is_empty() || channel.pre_releases {
            return Ok(());
        }
        let hint = if name == "prod" {
            "release it, and set the channel to that"
        } else {
            "a channel takes them with `pre-releases = true` in lineage.toml on main"
        };
        let what = format!("{} is a pre-release, and `{name}` takes none", self.tag);
        Err(Failure::negative(what).hint(hint))
    }
}

/// Verifies a release as `git lineage verify` does.
///
/// # Errors
/// The verdict's own exit code where it is not proven; no such tag (exit 2).
pub(super) fn proven(cx: &mut Context<'_>, ground: &Ground, tag: &str, channel: &str) -> Result<Release, Failure> {
    let tag = tag.strip_prefix("refs/tags/").unwrap_or(tag);
    if cx.repo.find_ref(&format!("refs/tags/{tag}"))?.is_none() && cx.repo.commit_id(tag).is_ok() {
        // A commit may be in the lineage of a release; which one is meant has to be said.
        return Err(Failure::usage(format!("{tag} is no tag")).hint("name the release by its tag"));
    }
    let report = verify::run(cx, &verify::Options::of(tag))?;
    let judged = report.releases.into_iter().next();
    let judged = judged.ok_or_else(|| Failure::undetermined(format!("there is no verdict on {tag}")))?;
    demand(&judged, tag, channel)?;
    let facts = trace::resolve_tag(&cx.repo, tag)?;
    let chart = trace::chart_of(&cx.repo, ground.config(), &facts)?;
    let (Some(object), Ok((payload, _))) = (facts.object, facts.payload) else {
        return Err(Failure::negative(format!("{tag} has no payload")));
    };
    let version = version::parse(&chart.metadata.version).map_err(Failure::negative)?;
    let (chart, directory) = (chart.chart, chart.directory);
    Ok(Release { tag: tag.to_owned(), object, chart, directory, version, manifest: payload.predicted.oci })
}

/// Refuses everything but a proven release.
fn demand(judged: &Judged, tag: &str, channel: &str) -> Result<(), Failure> {
    if judged.exit == Exit::Done {
        return Ok(());
    }
    let failure = Failure::new(judged.exit, format!("{tag} is not proven: `{channel}` was not moved"));
    let mut gaps = judged.verdict.as_ref().map(|verdict| {
        let waived = verdict.waived().map(|(link, waived)| format!("{link} is {}", waived.in_words()));
        verdict.gaps().into_iter().chain(waived).collect()
    });
    let reasons: Vec<String> = gaps.take().filter(|gaps: &Vec<String>| !gaps.is_empty()).unwrap_or_else(|| {
        let unattested = std::iter::once("it is unattested".to_owned());
        unattested.chain(judged.oddities.iter().filter(|why| !why.is_empty()).cloned()).collect()
    });
    let failure = reasons.into_iter().fold(failure, Failure::because);
    Err(failure.hint(format!("`git lineage verify {tag}` says it step by step")))
}

/// The tags of the releases that a rollback means: one for each chart.
///
/// # Errors
/// No release here is of that version or has that manifest (exit 1), or it is not clear which charts go back (2).
pub(super) async fn earlier(
    cx: &Context<'_>,
    desk: &Desk,
    options: &Rollback,
    channel: &Channel,
) -> Result<Vec<String>, Failure> {
    let ground = &desk.ground;
    let (version, of) = match options.to.strip_prefix("sha256:") {
        Some(hex) => {
            let digest = Sha256::parse(hex).ok_or_else(|| {
                Failure::usage(format!("`{}` is no digest", options.to))
                    .hint("`sha256:` and 64 digits follow --to")
            })?;
            let found = payloads(cx, ground)?.into_iter().find(|found| found.payload.predicted.oci == digest);
            // Whatever the registry has under it: nobody here vouches for that.
            let payload = found.map(|found| found.payload).ok_or_else(|| {
                Failure::negative(format!("sha256:{digest} is unattested: `{}` was not moved", options.channel))
                    .because("it is the manifest of no release here")
                    .hint("`git lineage sync` fetches the releases there are")
            })?;
            (payload.chart_version, Some(payload.chart))
        }
        None => (options.to.clone(), None),
    };
    let version = version::parse(&version).map_err(|why| {
        Failure::usage(why).hint("--to takes a version of the chart, or `sha256:…` of its manifest")
    })?;
    let charts = match (options.charts.as_slice(), channel.charts.as_slice(), &of) {
        ([], [], Some(chart)) => vec![chart.clone()],
        ([], [], None) => pointing(cx, desk, &options.channel).await?,
        ([], configured, _) => configured.to_vec(),
        (named, _, _) => named.to_vec(),
    };
    if let Some(chart) = of.filter(|chart| !charts.contains(chart)) {
        return Err(Failure::usage(format!("{} is a manifest of {chart}, which is not meant", options.to))
            .hint(format!("`{}` is about {}", options.channel, charts.join(", "))));
    }
    let known = chart_names(&cx.repo, ground)?;
    let mut tags = Vec::new();
    for chart in charts {
        if !known.contains(&chart) {
            return Err(Failure::usage(format!("there is no chart {chart} here")).hint("name charts, not tags"));
        }
        let tag = ground.config().tag_name(&chart, &version.to_string());
        if cx.repo.find_ref(&format!("refs/tags/{tag}"))?.is_none() {
            return Err(Failure::negative(format!(
                "there is no release {tag}: `{}` was not moved",
                options.channel
            ))
            .because(format!("{chart} {version} is unattested"))
            .hint("charts that go to other versions go back one by one: `channel rollback CHART --to …`"));
        }
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

/// The charts whose channel points somewhere.
async fn pointing(cx: &Context<'_>, desk: &Desk, channel: &str) -> Result<Vec<String>, Failure> {
    let mut charts = Vec::new();
    for chart in chart_names(&cx.repo, &desk.ground)? {
        if desk.destination.resolve(&chart, channel).await?.is_some() {
            charts.push(chart);
        }
    }
    if charts.is_empty() {
        return Err(Failure::negative(format!("`{channel}` points nowhere, for no chart"))
            .because("there is nothing to go back from")
            .hint(format!("`git lineage channel set TAG --channel {channel}` sets it")));
    }
    Ok(charts)
}
