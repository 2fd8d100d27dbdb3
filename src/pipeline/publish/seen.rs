//! What is published, looked at from outside: step 12. Nothing is written anywhere; what could not be looked at is
//! handed on as that, and `model::published` decides.

use std::collections::BTreeMap;
use std::path::Path;

use super::assets::Assets;
use super::signatures::Signature;
use super::{Destinations, Place, Release, oci, smoke};
use crate::github::releases::Asset;
use crate::github::{Error, GitHub};
use crate::model::config::SignMode;
use crate::model::published::{
    Attached, Found, InDirectory, InIndex, InRegistry, Is, OnForge, Published, Release as OnHub, Seen, Served,
    Wanted,
};
use crate::model::{Exit, Failure, LogReport, Sha256, Stage, StepState, VerdictStep, version};
use crate::pipeline::ground::Ground;
use crate::pipeline::{Context, files, hub, index, trace};
use crate::registry::Destination;

/// The steps of a release that is proven from this clone; one that is not has no bytes to compare with.
///
/// # Errors
/// What a release of this tag would be cannot be computed.
pub async fn step_12(
    cx: &Context<'_>,
    ground: &Ground,
    tag: &str,
    page: fn(&LogReport) -> String,
) -> Result<Vec<VerdictStep>, Failure> {
    let traced = trace::release(cx, ground, tag, None, None)?;
    let verdict = traced.judge(Stage::Build);
    let Some(package) = traced.package.as_ref().filter(|_| verdict.exit() == Exit::Done) else {
        let why = "not reached: the release is not proven up to its build".to_owned();
        let state = match verdict.exit() {
            Exit::Undetermined => StepState::Undetermined(why),
            _ => StepState::Gap(why),
        };
        let what = "what is published is this release".to_owned();
        return Ok(vec![VerdictStep { number: 12, what, link: "published".to_owned(), state }]);
    };
    let release = Release::of(cx, ground, &traced, &verdict, package, page)?;
    let mut published = Published {
        tag: tag.to_owned(),
        files: BTreeMap::new(),
        forge: None,
        directory: None,
        registry: None,
        index: None,
    };
    let destinations = release.destinations(cx)?;
    let assets = Assets::of(cx, &release, &destinations)?;
    published.files =
        assets.files.iter().map(|(name, bytes)| (name.clone(), Wanted::Bytes(Sha256::of(bytes)))).collect();
    published
        .files
        .extend(assets.signatures.iter().map(|signature| (signature.name(&release), Wanted::Signature)));
    if destinations.config.publish.release {
        published.forge = Some(on_forge(cx, &release, &assets, tag)?);
    }
    if let Some(root) = &destinations.assets {
        let text = destinations.config.publish.assets.as_deref().unwrap_or_default();
        published.directory = Some(in_directory(cx, &release, &assets, (root, text), tag));
    }
    if let Some(place) = &destinations.oci {
        published.registry = Some(in_registry(cx, &release, place).await?);
    }
    published.index = in_index(cx, &release, &destinations, tag);
    Ok(published.steps())
}

/// What could not be seen, as a sentence.
fn unseen(failure: impl Into<Failure>) -> String {
    failure.into().in_one_line()
}

fn on_forge(cx: &Context<'_>, release: &Release<'_>, assets: &Assets<'_>, tag: &str) -> Result<OnForge, Failure> {
    let object = release.traced.lineage.tag.as_ref().and_then(|tag| tag.object.clone());
    let object = object.ok_or_else(|| Failure::negative("a lightweight tag cannot be published"))?;
    let nowhere = |why: String| OnForge {
        repository: "the repository on GitHub".to_owned(),
        object: object.clone(),
        tag: Err(why.clone()),
        release: Err(why),
    };
    let github = match hub::connect(cx, release.ground.config()) {
        Ok(github) => github,
        Err(failure) => return Ok(nowhere(unseen(failure))),
    };
    let repository = github.slug().to_string();
    // GitHub says of a repository one may not see, and of all that is in it, that it is not there.
    if let Err(error) = github.repository() {
        return Ok(OnForge { repository, ..nowhere(unseen(error)) });
    }
    let found = match github.release(tag) {
        // Of several drafts none is public.
        Ok(None) | Err(Error::Refused { status: 409, .. }) => Ok(None),
        Ok(Some(found)) => Ok(Some(OnHub {
            tag: found.tag_name.clone(),
            draft: found.draft,
            page: found.html_url.clone(),
            files: found.assets.iter().map(|asset| on_hub(cx, release, assets, &github, asset)).collect(),
        })),
        Err(error) => Err(unseen(error)),
    };
    Ok(OnForge { repository, object, tag: github.tag(tag).map_err(unseen), release: found })
}

/// A file of a release on GitHub: by the digest GitHub keeps of it; a signature by its bytes.
fn on_hub(cx: &Context<'_>, release: &Release<'_>, assets: &Assets<'_>, github: &GitHub, asset: &Asset) -> Found {
    let name = asset.name.clone();
    let signature = assets.signatures.iter().find(|signature| signature.name(release) == name);
    let digest = asset.digest.as_deref().and_then(|text| text.strip_prefix("sha256:")).and_then(Sha256::parse);
    let is = match (asset.state.as_str(), signature, digest) {
        ("uploaded", Some(signature), _) => Is::Signature(match github.download(asset) {
            Ok(bytes) => holds(cx, release, *signature, &name, &bytes),
            Err(error) => StepState::Undetermined(unseen(error)),
        }),
        ("uploaded", None, Some(digest)) => Is::Bytes(digest),
        ("uploaded", None, None) => Is::Unknown,
        _ => Is::Broken,
    };
    Found { name, is }
}

/// Whether a signature holds.
fn holds(
    cx: &Context<'_>,
    release: &Release<'_>,
    signature: Signature<'_>,
    place: &str,
    bytes: &[u8],
) -> StepState {
    match signature.demand(cx, release, place, bytes) {
        Ok(()) => StepState::Holds,
        Err(Failure { exit: Exit::Conflict | Exit::Negative, causes, what, .. }) => {
            StepState::Gap(causes.into_iter().next().unwrap_or(what))
        }
        Err(failure) => StepState::Undetermined(failure.in_one_line()),
    }
}

fn in_directory(
    cx: &Context<'_>,
    release: &Release<'_>,
    assets: &Assets<'_>,
    (root, text): (&Path, &str),
    tag: &str,
) -> InDirectory {
    let directory = root.join(tag);
    let path = format!("{text}/{tag}");
    if !root.is_dir() {
        let why = format!("{} is not here: run it where releases are written to", root.display());
        return InDirectory { path, files: Err(why) };
    }
    if !directory.is_dir() {
        return InDirectory { path, files: Ok(None) };
    }
    let listed = || -> Result<Vec<Found>, String> {
        let cannot = |why: std::io::Error| format!("could not read {path}: {why}");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&directory).map_err(cannot)? {
            let file = entry.map_err(cannot)?.path();
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let bytes = files::read(&file).map_err(unseen)?;
            let signature = assets.signatures.iter().find(|signature| signature.name(release) == name);
            let is = match signature {
                Some(signature) => Is::Signature(holds(cx, release, *signature, &name, &bytes)),
                None => Is::Bytes(Sha256::of(&bytes)),
            };
            found.push(Found { name, is });
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    };
    InDirectory { files: listed().map(Some), path }
}

async fn in_registry(cx: &Context<'_>, release: &Release<'_>, place: &Place) -> Result<InRegistry, Failure> {
    let lineage = &release.traced.lineage;
    let (chart, manifest) = (&lineage.chart, release.package.oci_digest);
    let tag = version::oci_tag(&version::parse(&lineage.version).map_err(Failure::negative)?);
    let reference = place.reference(chart, manifest);
    let there = place.destination.seen(chart, &tag, place.private).await.map_err(unseen);
    let served = match &there {
        Ok(Some(there)) if *there == manifest => Some(served(cx, release, place, &tag, &reference).await?),
        _ => None,
    };
    let (name, package) = (format!("{chart}:{tag}"), release.package.tgz_digest);
    Ok(InRegistry { reference, name, manifest, package, there, served })
}

async fn served(
    cx: &Context<'_>,
    release: &Release<'_>,
    place: &Place,
    tag: &str,
    reference: &str,
) -> Result<Seen<Served>, Failure> {
    let (chart, digest) = (&release.traced.lineage.chart, release.package.oci_digest);
    let served = match place.destination.serve(chart, tag, digest, place.private).await {
        Ok(served) => served,
        Err(error) => return Ok(Err(unseen(error))),
    };
    let mut unread = served.unread.clone();
    let mut attached = smoke::attached(cx, release, &served)?;
    let registry = matches!(place.destination, Destination::Registry { .. });
    if registry && release.traced.policy.config.sign.mode == SignMode::Key {
        let found = match place.destination.signatures(chart, digest).await {
            Ok(there) => oci::signed_for_the_old(release, reference, &there)?.1,
            Err(error) => {
                unread = unread.or_else(|| Some(unseen(error)));
                false
            }
        };
        attached.push(Attached {
            link: "oci-signature-old",
            what: "signature for clients that know no bundles",
            found,
        });
    }
    Ok(Ok(Served { package: Sha256::of(&served.package), attached, unread }))
}

fn in_index(cx: &Context<'_>, release: &Release<'_>, destinations: &Destinations, tag: &str) -> Option<InIndex> {
    let lineage = &release.traced.lineage;
    let (chart, number, package) = (&lineage.chart, &lineage.version, release.package);
    let seen = index::seen(cx, release.ground, &destinations.config, chart, number, &package.file)?;
    let config = destinations.config.publish.index.as_ref();
    let url = config.map(|config| config.url_of(chart, number, tag, &package.file)).unwrap_or_default();
    Some(InIndex {
        place: seen.place,
        version: format!("{chart} {number}"),
        package: package.tgz_digest,
        url,
        listed: seen.listed,
        beside: seen.beside,
    })
}
