//! Where releases are published: one digest at each place, against what their tags predict. `verify --remote` looks
//! closer.

use std::collections::BTreeMap;
use std::path::Path;

use super::forge::Reached;
use crate::github::releases::Release;
use crate::model::config::{Config, Publish};
use crate::model::outside::{self, Copy, Finding, Seen, Stranger};
use crate::model::{Failure, Payload, Sha256, version};
use crate::pipeline::ground::{Ground, policy_at};
use crate::pipeline::resolve::{Payloaded, chart_names, payloads};
use crate::pipeline::{Context, index};
use crate::registry::{Destination, Error};

/// How many releases the first page of a list has.
const PAGE: usize = 100;

/// Looks at the newest release of each chart, or at all of them.
///
/// # Errors
/// This clone cannot be read.
pub(super) async fn look(
    cx: &Context<'_>,
    ground: &Ground,
    forge: Option<&Reached>,
    all: bool,
    found: &mut Vec<Finding>,
) -> Result<(), Failure> {
    orphans(cx, ground, forge, found)?;
    let root = cx.repo.work_dir().unwrap_or_else(|| cx.cache.path("published"));
    let mut bench = Bench { cx, ground, forge, root, indexes: BTreeMap::new() };
    let mut asked: BTreeMap<String, bool> = BTreeMap::new();
    for Payloaded { tag, payload, .. } in chosen(payloads(cx, ground)?, all) {
        // Where it goes is said by the policy at the tag, as it was for `publish`.
        let config = match policy_at(&cx.repo, &payload.commit, &tag) {
            Ok(Some(policy)) => policy.config,
            Ok(None) => {
                let why = "there is no lineage.toml at what its payload names: where it went is not said";
                found.push(Finding::undetermined(&tag, why));
                continue;
            }
            Err(failure) => {
                found.push(Finding::undetermined(&tag, failure.in_one_line()));
                continue;
            }
        };
        if config.publish.release {
            found.push(outside::copy(&bench.on_forge(&tag, &payload)));
        }
        found.extend(bench.in_directory(&config.publish, &tag, &payload).as_ref().map(outside::copy));
        if let Some(oci) = &config.publish.oci {
            let first = asked.insert(payload.chart.clone(), true).is_none();
            bench.in_registry(&config.publish, oci, &tag, &payload, first, found).await;
        }
        found.extend(bench.in_index(&config, &tag, &payload).as_ref().map(outside::copy));
    }
    Ok(())
}

/// Releases of charts on the forge, as far as its newest go, without their tag. What could not be read is told of each
/// release that is looked for.
fn orphans(
    cx: &Context<'_>,
    ground: &Ground,
    forge: Option<&Reached>,
    found: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let charts = chart_names(&cx.repo, ground)?;
    let charts: Vec<&str> = charts.iter().map(String::as_str).collect();
    let recent = forge.and_then(|forge| forge.recent.as_ref().ok()).map(Vec::as_slice).unwrap_or_default();
    for Release { tag_name, html_url, .. } in recent {
        let of_a_chart = !ground.config().split_tag(tag_name, &charts).is_empty();
        if of_a_chart && cx.repo.find_ref(&format!("refs/tags/{tag_name}"))?.is_none() {
            found.push(outside::orphan(tag_name, html_url));
        }
    }
    Ok(())
}

/// The newest by version of each chart, or all; the newest first, so that a chart's package is asked for by it.
fn chosen(releases: Vec<Payloaded>, all: bool) -> Vec<Payloaded> {
    let mut sorted: Vec<Payloaded> = releases;
    let number = |release: &Payloaded| version::parse(&release.payload.chart_version).ok();
    sorted.sort_by(|a, b| (&a.payload.chart, number(b)).cmp(&(&b.payload.chart, number(a))));
    if !all {
        sorted.dedup_by(|next, kept| next.payload.chart == kept.payload.chart);
    }
    sorted
}

struct Bench<'a, 'c> {
    cx: &'a Context<'c>,
    ground: &'a Ground,
    forge: Option<&'a Reached>,
    root: std::path::PathBuf,
    /// Every index that was read, by where it is.
    indexes: BTreeMap<String, Seen<Vec<u8>>>,
}

impl Bench<'_, '_> {
    fn on_forge(&self, tag: &str, payload: &Payload) -> Copy {
        let file = file(payload);
        let digest = |release: &Release| {
            let asset = release.uploaded(&file).and_then(|asset| asset.digest.clone());
            asset.and_then(|digest| Sha256::parse(digest.strip_prefix("sha256:")?))
        };
        let mut draft = false;
        let there = match self.forge {
            None => Err("there is no forge in the policy on main".to_owned()),
            Some(Reached { recent: Err(why), .. }) => Err(why.clone()),
            Some(Reached { recent: Ok(recent), github, .. }) => {
                match (recent.iter().find(|release| release.tag_name == tag), github) {
                    (Some(release), _) => {
                        draft = release.draft;
                        Ok(digest(release))
                    }
                    // A page that is not full has them all.
                    (None, Some(github)) if recent.len() >= PAGE => match github.public_release(tag) {
                        Ok(release) => Ok(release.as_ref().and_then(digest)),
                        Err(error) => Err(Failure::from(error).in_one_line()),
                    },
                    (None, _) => Ok(None),
                }
            }
        };
        let place = "on GitHub".to_owned();
        Copy { tag: tag.to_owned(), place, wanted: payload.predicted.tgz, there, draft }
    }

    /// None where the directory is not on this machine: then it is nobody's to look at from here.
    fn in_directory(&self, publish: &Publish, tag: &str, payload: &Payload) -> Option<Copy> {
        let root = self.root.join(publish.assets.as_ref()?);
        let place = format!("in {}", publish.assets.as_deref().unwrap_or_default());
        let there = if root.is_dir() {
            digest_of(&root.join(tag).join(file(payload)))
        } else {
            Err("it is not here: run it where releases are written to".to_owned())
        };
        Some(Copy { tag: tag.to_owned(), place, wanted: payload.predicted.tgz, there, draft: false })
    }

    /// The manifest under the version; and, the `first` time a chart is asked for, who is let in.
    async fn in_registry(
        &self,
        publish: &Publish,
        oci: &str,
        tag: &str,
        payload: &Payload,
        first: bool,
        found: &mut Vec<Finding>,
    ) {
        let chart = &payload.chart;
        let name = format!("{oci}/{chart}");
        let copy = |there| Copy {
            tag: tag.to_owned(),
            place: format!("in {oci}"),
            wanted: payload.predicted.oci,
            there,
            draft: false,
        };
        let (Ok(destination), Ok(number)) =
            (Destination::parse(oci, &self.root), version::parse(&payload.chart_version))
        else {
            return found.push(outside::copy(&copy(Err("it is no place a version can be at".to_owned()))));
        };
        let version = version::oci_tag(&number);
        let told = |error: Error| Failure::from(error).in_one_line();
        let nobody = destination.seen(chart, &version, false).await;
        let refused = matches!(nobody, Err(Error::Unauthorized(_) | Error::Forbidden(..)));
        if first && matches!(destination, Destination::Registry { .. }) {
            let stranger = match &nobody {
                Ok(_) => Stranger::Welcome,
                Err(error) if refused => Stranger::Refused(error.to_string()),
                Err(error) => Stranger::Unknown(error.to_string()),
            };
            let page = self.package_page(&destination, chart);
            found.push(outside::visibility(&name, publish.private, &stranger, page.as_deref()));
        }
        // Whom strangers are not let in to may be asked with what credentials there are.
        let there = if refused { destination.seen(chart, &version, true).await } else { nobody };
        found.push(outside::copy(&copy(there.map_err(told))));
    }

    /// Where GitHub has a package's settings.
    fn package_page(&self, destination: &Destination, chart: &str) -> Option<String> {
        let Destination::Registry { host, path } = destination else { return None };
        let page = &self.forge.filter(|forge| forge.github.is_some() && host == "ghcr.io")?.page;
        let below = path.split_once('/').map(|(_, below)| format!("{below}/")).unwrap_or_default();
        Some(format!("{page}/pkgs/container/{}", format!("{below}{chart}").replace('/', "%2F")))
    }

    fn in_index(&mut self, config: &Config, tag: &str, payload: &Payload) -> Option<Copy> {
        let place = index::place(self.cx, self.ground, config)?;
        let (cx, ground) = (self.cx, self.ground);
        let bytes = self.indexes.entry(place.clone()).or_insert_with(|| index::bytes(cx, ground, config));
        let there = bytes.as_ref().map_err(Clone::clone).and_then(|bytes| {
            let listed = index::listed(bytes, &payload.chart, &payload.chart_version);
            match (listed.faults.first(), listed.entries.first()) {
                (Some(fault), _) => Err(format!("{fault}; see `git lineage publish --repair-index --dry-run`")),
                (None, Some((digest, _))) => match digest.as_deref().and_then(Sha256::parse) {
                    Some(digest) => Ok(Some(digest)),
                    None => {
                        Err("its entry has no digest; `git lineage publish --repair-index` writes it".to_owned())
                    }
                },
                (None, None) => Ok(None),
            }
        });
        let place = format!("in {place}");
        Some(Copy { tag: tag.to_owned(), place, wanted: payload.predicted.tgz, there, draft: false })
    }
}

fn file(payload: &Payload) -> String {
    format!("{}-{}.tgz", payload.chart, payload.chart_version)
}

/// A file's digest; none where there is no such file.
fn digest_of(path: &Path) -> Seen<Option<Sha256>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(Sha256::of(bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("could not read {}: {error}", path.display())),
    }
}
