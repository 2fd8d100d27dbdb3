//! Links, verified backwards: from the released content to the contributed one.
//!
//! The bytes a link carries, put into the later content's listing, must give the earlier digest, and
//! only a fixed list of places may differ: the `version` line and the annotation `artifacthub.io/changes` of
//! `Chart.yaml`, one inserted changelog section, and the annotations of which the policy says what a version has to
//! say there ([`Stated`]). So no object outside the tag's history is needed, and no merge runs at verification.

use semver::Version;

use super::statement::{BumpLink, ContentRef, OwnedFiles, SplitLink};
use super::{Content, Listing, Sha256, changelog};

mod annotation;
mod stated;

pub use annotation::{Annotation, CHANGES, PRERELEASE, SIGN_KEY, Value, with as with_annotation};
pub use stated::{SignKey, Stated};

/// The file whose `version` main owns.
pub const CHART_YAML: &str = "Chart.yaml";
/// The file that main owns whole.
pub const CHANGELOG: &str = "CHANGELOG.md";

/// The two edited files of a content, as bytes.
pub fn owned_files(content: &Content) -> OwnedFiles {
    OwnedFiles { chart_yaml: Some(content.chart_yaml.clone()), changelog: content.changelog.clone() }
}

/// The content before a bump, recomputed; `base` is the chart at the first parent of the commit that
/// brought the released content to main, and `stated` what the policy has a release say of itself.
///
/// # Errors
/// A sentence naming what else differs.
pub fn undo_bump(
    after: &Content,
    link: &BumpLink,
    base: Option<&Content>,
    stated: &Stated,
) -> Result<Content, String> {
    same_base(link.base.as_ref(), base)?;
    let owned =
        base.map(|base| version_line(&base.chart_yaml)).transpose()?.map(|(_, version)| version.to_string());
    if link.from_version != owned {
        let say = |version: Option<String>| version.unwrap_or_else(|| "nothing".to_owned());
        return Err(format!("it was bumped from {}, main had {}", say(link.from_version.clone()), say(owned)));
    }
    let before = undo(after, &link.before, link.source.content)?;
    let (from, to) = only_the_release_differs(&before.chart_yaml, &after.chart_yaml, stated)?;
    if to.to_string() != link.to_version {
        return Err(format!("the link says version {}, Chart.yaml says {to}", link.to_version));
    }
    if let Some(owned) = base.map(|base| version(&base.chart_yaml)).transpose()?
        && to <= owned
    {
        return Err(format!("main had version {owned}, and {to} is not above it"));
    }
    // A chart new to main and a contributor's own bump keep the version they came with.
    let kept = matches!(link.bump.as_str(), "initial" | "manual");
    if to < from || (to == from && !kept) {
        return Err(format!("the version goes from {from} to {to}"));
    }
    stated.holds(&after.chart_yaml, &to)?;
    if before.changelog != after.changelog {
        changelog::is_one_insertion(before.changelog.as_deref(), after.changelog.as_deref(), &to)
            .map_err(|why| format!("{CHANGELOG}: {why}"))?;
    }
    Ok(before)
}

/// The content that was validated, recomputed; `base` is the chart at the first parent of the commit
/// that brought the released content to main.
///
/// # Errors
/// A sentence naming what else differs.
pub fn undo_split(after: &Content, link: &SplitLink, base: Option<&Content>) -> Result<Content, String> {
    let before = undo(after, &link.before, link.source.content)?;
    same_base(link.base.as_ref(), base)?;
    let Some(base) = base else {
        if before.digest() != after.digest() {
            return Err("a chart new to main must be split as it was contributed".to_owned());
        }
        return Ok(before);
    };
    let (contributed, split) = only_version_differs(&before.chart_yaml, &after.chart_yaml)?;
    let (_, owned) = version_line(&base.chart_yaml)?;
    // Main owns the version; a contributor's own bump, which is higher, is the one thing it yields to.
    if split != owned && !(split == contributed && split > owned) {
        return Err(format!("the split has version {split}, main has {owned}"));
    }
    if after.changelog != base.changelog {
        return Err(format!("the split's {CHANGELOG} is not main's"));
    }
    Ok(before)
}

/// Whether main's chart is still the one a link was made on.
fn same_base(recorded: Option<&ContentRef>, base: Option<&Content>) -> Result<(), String> {
    let recorded = recorded.map(|base| base.content);
    let found = base.map(Content::digest);
    if recorded == found {
        return Ok(());
    }
    let say = |digest: Option<Sha256>| digest.map_or_else(|| "no such chart".to_owned(), |d| d.short());
    Err(format!("the chart moved on main: the link was made on {}, main had {}", say(recorded), say(found)))
}

/// `after` with the carried bytes in place, if they give the digest the link names.
fn undo(after: &Content, before: &OwnedFiles, named: Sha256) -> Result<Content, String> {
    let Some(chart_yaml) = before.chart_yaml.clone() else {
        return Err(format!("the link carries no {CHART_YAML}"));
    };
    let listing = after.listing.with(CHART_YAML, Some(&chart_yaml)).with(CHANGELOG, before.changelog.as_deref());
    let found = listing.digest();
    if found != named {
        return Err(format!(
            "the bytes the link carries give content {}, it names {}",
            found.short(),
            named.short()
        ));
    }
    Ok(Content { tree: None, listing, chart_yaml, changelog: before.changelog.clone() })
}

/// Whether two `Chart.yaml` differ in what a bump writes alone, the version and its annotations; returns both
/// versions.
fn only_the_release_differs(before: &[u8], after: &[u8], stated: &Stated) -> Result<(Version, Version), String> {
    match (stated.without(before), stated.without(after)) {
        (Ok(before), Ok(after)) => only_version_differs(&before, &after),
        // In another style than a bump writes it, it may not differ.
        (Err(why), _) | (_, Err(why)) => {
            only_version_differs(before, after).map_err(|differs| format!("{differs}; {why}"))
        }
    }
}

/// Whether two `Chart.yaml` differ in their top-level `version` value alone; returns both versions.
///
/// # Errors
/// A sentence naming what else differs.
pub fn only_version_differs(before: &[u8], after: &[u8]) -> Result<(Version, Version), String> {
    let (before_line, from) = version_line(before)?;
    let (after_line, to) = version_line(after)?;
    let around = |bytes: &[u8], line: &std::ops::Range<usize>| {
        (bytes.get(..line.start).map(<[u8]>::to_vec), bytes.get(line.end..).map(<[u8]>::to_vec))
    };
    if around(before, &before_line) == around(after, &after_line) {
        Ok((from, to))
    } else {
        Err(format!("{CHART_YAML} differs in more than its version"))
    }
}

/// The version that a `Chart.yaml` has on its one top-level `version:` line.
///
/// # Errors
/// A sentence naming what is wrong with it.
pub fn version(chart_yaml: &[u8]) -> Result<Version, String> {
    version_line(chart_yaml).map(|(_, version)| version)
}

/// The byte range of the value of the one top-level `version:` line (with its quotes; comments stay
/// outside), and the version.
fn version_line(bytes: &[u8]) -> Result<(std::ops::Range<usize>, Version), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("{CHART_YAML} is not UTF-8"))?;
    let mut found = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // A block mapping at the top level has its keys in the first column, and nothing else stands there.
        let value = line.strip_prefix("version:").map(|rest| (start + "version:".len(), rest));
        if value.is_some() && std::mem::replace(&mut found, value).is_some() {
            return Err(format!("{CHART_YAML} has two `version:` lines"));
        }
        start += line.len();
    }
    let Some((offset, rest)) = found else {
        return Err(format!("{CHART_YAML} has no top-level `version:` line"));
    };
    let trimmed = rest.trim_start();
    let value_start = offset + (rest.len() - trimmed.len());
    let (value, length) = match trimmed.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let inner = &trimmed[1..];
            let end =
                inner.find(quote).ok_or_else(|| format!("{CHART_YAML}: the version's quote is not closed"))?;
            (&inner[..end], end + 2)
        }
        _ => {
            let bare = trimmed.split(" #").next().unwrap_or_default().trim_end();
            (bare, bare.len())
        }
    };
    let version = super::version::parse(value).map_err(|why| format!("{CHART_YAML}: {why}"))?;
    Ok((value_start..value_start + length, version))
}

/// The digest of a content without what main owns: two contents that agree in it differ alone in version,
/// changelog and what a bump writes besides. A `Chart.yaml` without a usable version counts as it is.
pub fn without_owned(content: &Content, stated: &Stated) -> Sha256 {
    let bytes = stated.without(&content.chart_yaml);
    let mut bytes = bytes.unwrap_or_else(|_| content.chart_yaml.clone());
    if let Ok((value, _)) = version_line(&bytes) {
        bytes.splice(value, std::iter::empty());
    }
    let listing: Listing = content.listing.with(CHART_YAML, Some(&bytes)).with(CHANGELOG, None);
    listing.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_value_may_differ() {
        let before = b"apiVersion: v2\nname: x\nversion: 0.1.0 # bumped by the pipeline\n";
        let after = b"apiVersion: v2\nname: x\nversion: 0.2.0 # bumped by the pipeline\n";
        let (from, to) = only_version_differs(before, after).expect("differs in version alone");
        assert_eq!((from.to_string(), to.to_string()), ("0.1.0".into(), "0.2.0".into()));
        let other = b"apiVersion: v2\nname: x\nversion: 0.2.0 # bumped by a person\n";
        assert!(only_version_differs(before, other).is_err());
        let quoted = b"apiVersion: v2\nname: x\nversion: \"0.2.0\" # bumped by the pipeline\n";
        assert!(only_version_differs(before, quoted).is_ok());
        assert!(only_version_differs(before, b"version: 1.0.0\nversion: 2.0.0\n").is_err());
        assert!(only_version_differs(before, b"name: x\n").is_err());
        assert!(only_version_differs(before, b"version: \"1.0.0\n").is_err());
    }
}
