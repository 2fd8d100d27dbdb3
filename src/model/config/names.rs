//! Names made from templates, and read back.

use semver::Version;

use crate::model::version;

/// How often `part` occurs.
pub(super) fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// Every (chart, version) that `template` makes `tag` of.
pub(super) fn split_tag(template: &str, tag: &str, charts: &[&str]) -> Vec<(String, Version)> {
    let mut found: Vec<(String, Version)> = Vec::new();
    for chart in charts {
        // The template is cut before anything is filled in, so that nothing filled in is read as it.
        let Some((front, back)) = template.split_once("{version}") else { continue };
        let rest = tag
            .strip_prefix(&front.replace("{chart}", chart))
            .and_then(|rest| rest.strip_suffix(&back.replace("{chart}", chart)));
        if let Some(Ok(version)) = rest.map(version::parse)
            && !found.iter().any(|(known, _)| known == chart)
        {
            found.push(((*chart).to_owned(), version));
        }
    }
    found
}

/// Whether `template` makes `tag` of any chart's name (of one path component) and a version.
pub(super) fn is_release_tag(template: &str, tag: &str) -> bool {
    let (Some(chart), Some(version)) = (template.find("{chart}"), template.find("{version}")) else {
        return false;
    };
    let chart_first = chart < version;
    let (first, second) = if chart_first { ("{chart}", "{version}") } else { ("{version}", "{chart}") };
    let Some((front, rest)) = template.split_once(first) else { return false };
    let Some((middle, back)) = rest.split_once(second) else { return false };
    let Some(filled) = tag.strip_prefix(front).and_then(|rest| rest.strip_suffix(back)) else { return false };
    let ends = filled.char_indices().map(|(at, _)| at).chain([filled.len()]);
    ends.filter_map(|at| Some((filled.get(..at)?, filled.get(at..)?.strip_prefix(middle)?))).any(|(one, other)| {
        let (chart, version) = if chart_first { (one, other) } else { (other, one) };
        !chart.is_empty() && !chart.contains('/') && version::parse(version).is_ok()
    })
}

/// The chart that `template` makes `branch` of.
pub(super) fn chart_of_branch(template: &str, branch: &str) -> Option<String> {
    let (front, back) = template.split_once("{chart}")?;
    let chart = branch.strip_prefix(front)?.strip_suffix(back)?;
    (!chart.is_empty() && !chart.contains('/')).then(|| chart.to_owned())
}

/// Whether git takes `name` below `refs/heads/` or `refs/tags/` (git-check-ref-format(1)), and no
/// command for an option.
pub(super) fn is_ref_name(name: &str) -> bool {
    let part = |part: &str| {
        // On file systems that ignore case, `.LOCK` is git's lock file too.
        let lock = part.get(part.len().saturating_sub(5)..).is_some_and(|end| end.eq_ignore_ascii_case(".lock"));
        !part.is_empty() && !part.starts_with('.') && !lock
    };
    !name.starts_with('-')
        && name != "@"
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c))
        && name.split('/').all(part)
}
