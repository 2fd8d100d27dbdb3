//! The release on GitHub: on the tag that is there, as a draft first, then with every file, then published.
//!
//! Nothing that is there is replaced, and a published release is only compared: so it is done in the same way where
//! GitHub locks releases and where it does not. Each step looks before it acts, so that a run after a crash, or one
//! beside another, does what is left.

use std::sync::Arc;

use semver::Version;

use super::assets::Assets;
use super::signatures::{Signature, Signed};
use super::{Destinations, Release, notes};
use crate::github::releases::{Asset, Draft, Release as OnGitHub, Standing};
use crate::github::{Error, GitHub};
use crate::model::{Failure, Oid, PublishReport, Sha256, version};
use crate::pipeline::{Context, charts, hub, releases};

/// Where the release is, or will be.
pub(super) struct Place {
    github: Arc<GitHub>,
    tag: String,
    /// The tag object.
    object: Oid,
    /// The signatures it has already.
    pub(super) signatures: Vec<Signed>,
}

/// Looks while nothing is out yet: the tag, and what is in the release already. None where none is asked for.
///
/// # Errors
/// The tag is not on GitHub (exit 1), or is another there; the release has other files (exit 4); GitHub cannot be
/// asked.
pub(super) fn look(
    cx: &Context<'_>,
    release: &Release<'_>,
    destinations: &Destinations,
    assets: &mut Assets<'_>,
) -> Result<Option<Place>, Failure> {
    if !destinations.config.publish.release {
        return Ok(None);
    }
    let tag = release.traced.lineage.tag.as_ref();
    let Some((tag, object)) = tag.and_then(|tag| Some((tag.name.clone(), tag.object.clone()?))) else {
        return Err(Failure::negative("a lightweight tag cannot be published"));
    };
    let github = hub::connect(cx, release.ground.config())?;
    let mut place = Place { github, tag, object, signatures: Vec::new() };
    place.demand_tag()?;
    let found = place.github.release(&place.tag)?;
    if let Some(found) = &found {
        place.compare(release, assets, found)?;
        for signature in assets.signatures.clone() {
            if let Some(asset) = found.uploaded(&signature.name(release)) {
                place.take(cx, release, assets, signature, asset)?;
                let bytes = assets.signature(cx, release, signature)?.unwrap_or_default();
                place.signatures.push(Signed { name: asset.name.clone(), bytes });
            }
        }
    }
    if !cx.dry_run && !place.github.has_token() && found.is_none_or(|found| found.draft) {
        return Err(Error::NoToken { what: format!("publish the release {}", place.tag) }.into());
    }
    Ok(Some(place))
}

/// Makes the release, and gives its number; none where it is only planned.
///
/// # Errors
/// As [`look`]; GitHub refuses something.
pub(super) fn run(
    cx: &Context<'_>,
    release: &Release<'_>,
    destinations: &Destinations,
    place: &Place,
    assets: &mut Assets<'_>,
    report: &mut PublishReport,
) -> Result<Option<u64>, Failure> {
    let Place { github, tag, .. } = place;
    let repository = github.slug().to_string();
    let (title, notes) = (notes::title(report), notes::notes(cx, release, &repository, report)?);
    let number = version::parse(&report.chart_version).map_err(Failure::negative)?;
    let said = Draft { tag, title: &title, notes: &notes, prerelease: !number.pre.is_empty() };
    let mut there = github.release(tag)?;
    let what = format!("draft the release {tag} in {repository}");
    if there.is_some() {
        report.plan.done(what);
    } else {
        report.plan.needed(what);
        if !cx.dry_run {
            there = Some(github.draft(&said)?);
        }
    }
    if let Some(there) = &there {
        place.compare(release, assets, there)?;
    }
    upload(cx, release, place, assets, there.as_ref(), report)?;
    let what = format!("publish the release {tag} in {repository}");
    let published = match there {
        Some(there) if !there.draft => {
            report.plan.done(what);
            there
        }
        Some(there) if !cx.dry_run => {
            report.plan.needed(what);
            place.demand_tag()?;
            let now = github.refreshed(&there)?;
            place.compare(release, assets, &now)?;
            place.demand_whole(release, assets, &now)?;
            if now.draft {
                let latest = is_latest(cx, destinations, report, &number)?;
                github.publish_release(&now, &said, latest)?
            } else {
                now
            }
        }
        _ => {
            report.plan.needed(what);
            return Ok(None);
        }
    };
    report.release = Some(published.html_url);
    Ok(Some(published.id))
}

/// Uploads what is missing.
fn upload(
    cx: &Context<'_>,
    release: &Release<'_>,
    place: &Place,
    assets: &mut Assets<'_>,
    there: Option<&OnGitHub>,
    report: &mut PublishReport,
) -> Result<(), Failure> {
    let what = |name: &str| format!("upload {name} to the release");
    for (name, bytes) in &assets.files {
        assets.digests.insert(name.clone(), Sha256::of(bytes));
        if there.is_some_and(|there| there.standing(name, bytes) == Standing::Same) {
            report.plan.done(what(name));
            continue;
        }
        report.plan.needed(what(name));
        if let Some(there) = there.filter(|_| !cx.dry_run) {
            place.github.upload(there, name, bytes)?;
        }
    }
    for signature in assets.signatures.clone() {
        let name = signature.name(release);
        if let Some(asset) = there.and_then(|there| there.uploaded(&name)) {
            place.take(cx, release, assets, signature, asset)?;
            report.plan.done(what(&name));
            continue;
        }
        report.plan.needed(what(&name));
        let Some(bytes) = assets.signature(cx, release, signature)? else { continue };
        let Some(there) = there.filter(|_| !cx.dry_run) else { continue };
        match place.github.upload(there, &name, &bytes) {
            // Another publisher's is there by now, and is as good where it holds.
            Err(error @ Error::Refused { status: 409, .. }) => {
                let now = place.github.refreshed(there)?;
                let Some(asset) = now.uploaded(&name) else { return Err(error.into()) };
                place.take(cx, release, assets, signature, asset)?;
            }
            uploaded => uploaded?,
        }
    }
    Ok(())
}

impl Place {
    /// The tag is on GitHub, and is the one that was verified: GitHub would make one where there is none.
    fn demand_tag(&self) -> Result<(), Failure> {
        let (tag, repository) = (&self.tag, self.github.slug());
        match self.github.tag(tag)? {
            Some(there) if there == self.object => Ok(()),
            Some(there) => Err(Failure::conflict(format!("the tag {tag} is another one in {repository}"))
                .because(format!("there it is {there}, the one that was verified is {}", self.object))
                .hint("a release tag never moves: ask who moved it")),
            None => Err(Failure::negative(format!("the tag {tag} is not in {repository}"))
                .hint(format!("push it as it is (`git push origin refs/tags/{tag}`), then run it again"))),
        }
    }

    /// Every file that is there is one of the release's, with its bytes; a published release has them all.
    fn compare(&self, release: &Release<'_>, assets: &Assets<'_>, there: &OnGitHub) -> Result<(), Failure> {
        for asset in &there.assets {
            let file = assets.files.iter().find(|(name, _)| *name == asset.name);
            let signature = assets.signatures.iter().any(|signature| signature.name(release) == asset.name);
            match file.map(|(name, bytes)| there.standing(name, bytes)) {
                None if signature => {}
                Some(Standing::Same | Standing::Broken) => {}
                None => return Err(self.conflict(there, format!("{} is no file of this release", asset.name))),
                Some(_) => {
                    let digest = asset.digest.as_deref().unwrap_or("without a digest");
                    return Err(self.conflict(there, format!("{} is {digest} there", asset.name)));
                }
            }
        }
        if there.draft { Ok(()) } else { self.demand_whole(release, assets, there) }
    }

    /// Every file is there.
    fn demand_whole(&self, release: &Release<'_>, assets: &Assets<'_>, there: &OnGitHub) -> Result<(), Failure> {
        let files = assets.files.iter().map(|(name, _)| name.clone());
        let signatures = assets.signatures.iter().map(|signature| signature.name(release));
        match files.chain(signatures).find(|name| there.uploaded(name).is_none()) {
            None => Ok(()),
            Some(name) => Err(self.conflict(there, format!("{name} is missing there"))),
        }
    }

    /// Takes a signature that is there.
    fn take(
        &self,
        cx: &Context<'_>,
        release: &Release<'_>,
        assets: &mut Assets<'_>,
        signature: Signature<'_>,
        asset: &Asset,
    ) -> Result<(), Failure> {
        let bytes = self.github.download(asset)?;
        let place = format!("{} of the release {} in {}", asset.name, self.tag, self.github.slug());
        assets.found(cx, release, signature, &place, bytes)
    }

    fn conflict(&self, there: &OnGitHub, why: String) -> Failure {
        let kind = if there.draft { "draft" } else { "published release" };
        let hint = if there.draft {
            "see who made it, delete the draft, and run it again"
        } else {
            "a published release never changes: see who made it, and release a higher version"
        };
        Failure::conflict(format!("the {kind} {} in {} has other content", self.tag, self.github.slug()))
            .because(why)
            .hint(format!("{hint}: {}", there.html_url))
    }
}

/// Whether it becomes the release that the repository shows first.
fn is_latest(
    cx: &Context<'_>,
    destinations: &Destinations,
    report: &PublishReport,
    number: &Version,
) -> Result<bool, Failure> {
    let Destinations { config, commit, .. } = destinations;
    let charts = charts::find_all(&cx.repo, config, commit)?.len();
    let released = releases::of_chart(&cx.repo, config, &report.chart)?;
    Ok(leads(charts, number, released.iter().map(|one| &one.version)))
}

/// The highest version of the repository's one chart. Of several charts none speaks for the repository.
fn leads<'v>(charts: usize, number: &Version, mut released: impl Iterator<Item = &'v Version>) -> bool {
    charts == 1 && number.pre.is_empty() && released.all(|other| !other.pre.is_empty() || other <= number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_highest_version_of_a_single_chart_is_the_latest() {
        let number = |text: &str| Version::parse(text).unwrap();
        let released = [number("1.0.0"), number("1.2.0"), number("2.0.0-rc.1")];
        let of = |charts, text: &str| leads(charts, &number(text), released.iter());
        assert!(of(1, "1.2.0") && of(1, "1.3.0"));
        assert!(!of(1, "1.1.9") && !of(1, "2.0.0-rc.1") && !of(2, "1.3.0") && !of(0, "1.3.0"));
    }
}
