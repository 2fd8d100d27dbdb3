//! A release tag, as found.

use crate::git::{self, Repo};
use crate::model::config::Config;
use crate::model::payload::{Payload, PayloadError};
use crate::model::{Failure, Oid, Sha256, TagFacts};
use crate::pipeline::Context;
use crate::pipeline::charts::{self, ChartAt};
use crate::pipeline::ground::Ground;

/// Resolves `refs/tags/<name>`, and nothing else of that name.
///
/// # Errors
/// There is no such tag, or it does not lead to a commit.
pub fn resolve(repo: &Repo, name: &str) -> Result<TagFacts, Failure> {
    let name = name.strip_prefix("refs/tags/").unwrap_or(name);
    let full = format!("refs/tags/{name}");
    let oid = repo.find_ref(&full)?.ok_or_else(|| {
        Failure::usage(format!("there is no tag {name} here")).hint("fetch the tags: `git fetch --tags`")
    })?;
    let mut corrupt = Vec::new();
    let object = match repo.tag_object(&oid) {
        Ok(object) => object,
        Err(error @ git::Error::Corrupt(_)) => {
            return Err(
                Failure::negative(format!("the tag object of {name} is damaged")).because(error.to_string())
            );
        }
        Err(error) => return Err(error.into()),
    };
    let Some(object) = object else {
        let payload = Err(PayloadError::Missing);
        let name = name.to_owned();
        return Ok(TagFacts { name, object: None, bytes: None, header_name: None, commit: oid, payload, corrupt });
    };
    if object.target_kind != "commit" {
        return Err(Failure::negative(format!("the tag {name} points to a {}, not a commit", object.target_kind)));
    }
    if let Err(error @ git::Error::Corrupt(_)) = repo.commit(&object.target) {
        corrupt.push(error.to_string());
    }
    Ok(TagFacts {
        name: name.to_owned(),
        object: Some(object.oid),
        bytes: Some(Sha256::of(&object.bytes)),
        header_name: Some(object.name),
        commit: object.target,
        payload: Payload::parse(&object.message),
        corrupt,
    })
}

/// The chart a tag releases: the one chart of the tagged commit whose name and a SemVer version make up
/// the tag's name.
///
/// # Errors
/// No chart or more than one fits (exit 2), or the chart is unusable.
pub fn chart_of(repo: &Repo, config: &Config, tag: &TagFacts) -> Result<ChartAt, Failure> {
    let mut directories = Vec::new();
    for root in &config.charts.roots {
        let names = repo.directories_at(&tag.commit, root)?;
        directories.extend(names.into_iter().map(|name| format!("{root}/{name}")));
    }
    let names: Vec<&str> = directories.iter().map(|directory| config.expected_name(directory)).collect();
    let mut fits = config.split_tag(&tag.name, &names);
    let nothing = || {
        Failure::usage(format!("{} is no release tag of a chart at {}", tag.name, tag.commit.short()))
            .hint(format!("release tags are named {} in lineage.toml", config.tag.template))
    };
    if fits.len() > 1 {
        // Names can nest (`foo` and `foo-v1.0.0`): what Chart.yaml says decides, if it decides.
        fits.retain(|(name, version)| {
            charts::named(repo, config, &tag.commit, name)
                .is_ok_and(|chart| chart.metadata.version == version.to_string())
        });
    }
    match fits.as_slice() {
        [(name, _)] => charts::named(repo, config, &tag.commit, name),
        [] => Err(nothing()),
        more => {
            let names: Vec<&str> = more.iter().map(|(name, _)| name.as_str()).collect();
            Err(Failure::usage(format!("{} could be a release of {}", tag.name, names.join(" or "))))
        }
    }
}

/// Whether a tag's object is another than this clone first saw: (then, now).
pub(super) fn moved(cx: &Context<'_>, ground: &Ground, tag: &TagFacts) -> Result<Option<(Oid, Oid)>, Failure> {
    let now = tag.object.as_ref().unwrap_or(&tag.commit);
    let then = ground.pinned_tag(cx, &tag.name)?;
    Ok(then.filter(|then| *then != now).map(|then| (then.clone(), now.clone())))
}

/// A tag the remote has at another object than this clone: (here, there).
pub fn seen_elsewhere(repo: &Repo, remote: &str, tag: &str) -> Result<Option<Oid>, Failure> {
    let full = format!("refs/tags/{tag}");
    let refs = repo.remote_refs(remote, &[full.as_str()])?;
    Ok(refs.into_iter().find(|(name, _)| *name == full).map(|(_, oid)| oid))
}
