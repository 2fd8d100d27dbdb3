//! `CHANGELOG.md`: one section in, nothing else touched.
//!
//! A changelog belongs to the people who wrote it. So a section is spliced in and every byte around it
//! stays; only the new section's own text is rendered.

use std::collections::HashSet;
use std::fmt::Write as _;

use keep_a_changelog::{ChangeKind, Changes, NaiveDate, Release};
use semver::Version;

use super::Timestamp;
use super::change::{Change, Weight};

mod outline;

use outline::Outline;

/// Why a changelog cannot take a section.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangelogError {
    /// Its bytes are something else.
    #[error("it is not UTF-8 text")]
    NotText,
    /// It is no changelog, or a code fence or comment in it never ends.
    #[error("it has no `# ` title and no `## ` section, so there is no place for a new one")]
    NoPlace,
    /// The version was released, or written by hand.
    #[error("it already has a section for {0}")]
    Exists(Version),
    /// Which of the two counts is anybody's guess.
    #[error("two sections for {0}")]
    Twice(Version),
}

/// What the `changelog-generation` check shows where there is nothing to show.
const NOTHING_FOUND: &str = "_No conventional commits found for this chart._";

/// What a new changelog opens with.
const PREAMBLE: &str = "# Changelog

All notable changes to this chart will be documented in this file.

The format is based on [Keep a Changelog](https://keepachangelog.com/en/1.1.0/),
and this chart adheres to [Semantic Versioning](https://semver.org/spec/v2.0.0.html).

";

/// The section for `version`: heading `## [1.2.3] - 2026-11-21`, then `### Added`, `### Changed`, … with
/// one line a change, rendered with the types of `keep_a_changelog`. Without changes it says so. It ends
/// without a newline.
pub fn section(version: &Version, date: Timestamp, changes: &[Change]) -> String {
    let date: NaiveDate = date.date().parse().unwrap_or_default();
    let mut release = Release::builder();
    release.version(version.clone()).date(date).changes(sorted(changes));
    if changes.is_empty() {
        release.description("No notable changes.".to_owned());
    }
    let mut text = String::new();
    let rendered = release.build().is_ok_and(|release| write!(text, "{release}").is_ok());
    if !rendered {
        // Only a release without a date fails to render, and this one has a date.
        text = format!("## [{version}] - {date}");
    }
    spaced(&text)
}

/// The preview of the `changelog-generation` check: markdown, or
/// `_No conventional commits found for this chart._`.
pub fn preview(changes: &[Change]) -> String {
    if changes.is_empty() {
        return NOTHING_FOUND.to_owned();
    }
    spaced(&sorted(changes).to_string())
}

/// The changes as the list that Artifact Hub reads from `artifacthub.io/changes`: a kind and a description
/// each, in YAML.
pub fn artifact_hub(changes: &[Change]) -> String {
    let mut said = HashSet::new();
    let mut list = String::new();
    let mut entry = |kind: &str, line: String| {
        // A text of JSON is one of YAML.
        let item = format!("- kind: {kind}\n  description: {}\n", super::json::canonical(&line));
        if said.insert(item.clone()) {
            list.push_str(&item);
        }
    };
    for change in changes {
        let kind = match heading(change) {
            ChangeKind::Added => "added",
            ChangeKind::Changed => "changed",
            ChangeKind::Deprecated => "deprecated",
            ChangeKind::Removed => "removed",
            ChangeKind::Fixed => "fixed",
            ChangeKind::Security => "security",
        };
        entry(kind, line(change));
    }
    if changes.is_empty() {
        entry("changed", "No notable changes.".to_owned());
    }
    list
}

/// The changes under their headings; what several commits say alike is said once.
fn sorted(changes: &[Change]) -> Changes {
    let mut sorted = Changes::default();
    let mut said = HashSet::new();
    for change in changes {
        let entry = (heading(change), line(change));
        if said.insert(entry.clone()) {
            sorted.add(entry.0, entry.1);
        }
    }
    sorted
}

fn heading(change: &Change) -> ChangeKind {
    match change.kind.as_str() {
        _ if change.weight == Weight::Major => ChangeKind::Changed,
        "security" => ChangeKind::Security,
        _ if change.scope.as_deref() == Some("security") => ChangeKind::Security,
        "feat" => ChangeKind::Added,
        "fix" => ChangeKind::Fixed,
        "deprecate" | "deprecated" => ChangeKind::Deprecated,
        "revert" | "remove" => ChangeKind::Removed,
        _ => ChangeKind::Changed,
    }
}

/// A change as one line of markdown, without its bullet. A comment is not opened: it would hide what
/// follows, or pass for the attestation map of a pull request.
pub(super) fn line(change: &Change) -> String {
    let mark = if change.weight == Weight::Major { "**BREAKING** " } else { "" };
    format!("{mark}{}", without_comments(&change.summary))
}

/// Markdown in which no HTML comment opens or closes.
pub(super) fn without_comments(text: &str) -> String {
    text.replace("<!--", "&lt;!--").replace("-->", "--&gt;")
}

/// One blank line where the renderer leaves two, none at the end.
fn spaced(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n").trim_end().to_owned()
}

/// `old` with `section` inserted above its first release section and below the preamble and any
/// `Unreleased` section; every other byte stays. Without `old`: a new changelog with the usual preamble.
///
/// # Errors
/// See [`ChangelogError`].
pub fn insert(old: Option<&[u8]>, version: &Version, section: &str) -> Result<Vec<u8>, ChangelogError> {
    let Some(old) = old else {
        return Ok(format!("{PREAMBLE}{}\n", section.trim_end()).into_bytes());
    };
    let text = std::str::from_utf8(old).map_err(|_| ChangelogError::NotText)?;
    let outline = Outline::of(text);
    match outline.of_version(version).count() {
        0 => {}
        1 => return Err(ChangelogError::Exists(version.clone())),
        _ => return Err(ChangelogError::Twice(version.clone())),
    }
    if !outline.titled && outline.sections.is_empty() {
        return Err(ChangelogError::NoPlace);
    }
    let place = outline.newest().unwrap_or(outline.references);
    let (before, after) = text.split_at_checked(place).ok_or(ChangelogError::NoPlace)?;
    let newline =
        if text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r')) { "\r\n" } else { "\n" };
    let gap = match before.rsplit_once('\n') {
        None => {
            if before.is_empty() {
                ""
            } else {
                "\n\n"
            }
        }
        Some((rest, "")) if blank_end(rest) => "",
        Some((_, "")) => "\n",
        Some(_) => "\n\n",
    };
    let tail = if after.is_empty() { "\n" } else { "\n\n" };
    let section: String = section.trim_end().lines().collect::<Vec<_>>().join("\n");
    let chunk = format!("{gap}{section}{tail}").replace('\n', newline);
    let new = format!("{before}{chunk}{after}").into_bytes();
    // An unclosed code fence or comment swallows what follows it: then there is no place either.
    is_one_insertion(Some(old), Some(&new), version).map_err(|_| ChangelogError::NoPlace)?;
    Ok(new)
}

/// Whether the last line of a text that lost its final newline is blank.
fn blank_end(text: &str) -> bool {
    text.rsplit_once('\n').map_or(text, |(_, last)| last).trim().is_empty()
}

/// The section of exactly `version`, heading included, without trailing blank lines and with plain
/// newlines; none where there are two. Reads `## [1.2.3] - date`, `## 1.2.3`, `## [1.2.3](url) (date)`,
/// with or without `v`.
pub fn extract(text: &str, version: &Version) -> Option<String> {
    let outline = Outline::of(text);
    let mut sections = outline.of_version(version);
    let section = sections.next().filter(|_| sections.next().is_none())?;
    let lines: Vec<&str> = text.get(section.range.clone())?.trim_start_matches('\u{feff}').lines().collect();
    Some(lines.join("\n").trim_end().to_owned())
}

/// Whether `new` is `old` with exactly one section, of `version`, inserted (or a new changelog with just
/// that section). Says what else differs.
///
/// # Errors
/// A sentence naming the difference.
pub fn is_one_insertion(old: Option<&[u8]>, new: Option<&[u8]>, version: &Version) -> Result<(), String> {
    let Some(new) = new else {
        return Err(if old.is_some() { "the changelog was removed" } else { "there is no changelog" }.to_owned());
    };
    let new = std::str::from_utf8(new).map_err(|_| "the new changelog is not UTF-8 text".to_owned())?;
    let old = match old {
        Some(old) => std::str::from_utf8(old).map_err(|_| "the old changelog is not UTF-8 text".to_owned())?,
        None => "",
    };
    let (before, after) = (Outline::of(old), Outline::of(new));
    if before.of_version(version).next().is_some() {
        return Err(format!("the old changelog already has a section for {version}"));
    }
    let mut sections = after.of_version(version);
    let inserted = match (sections.next(), sections.next()) {
        (Some(section), None) => section.range.start,
        (None, _) => return Err(format!("the new changelog has no section for {version}")),
        (Some(_), Some(_)) => return Err(format!("the new changelog has two sections for {version}")),
    };
    // A chunk that opens a code fence or a comment would hide old sections; one that has more headings
    // brings more than one section. Either shows in the list of sections.
    let had: Vec<&str> = before.sections.iter().map(|section| section.heading.as_str()).collect();
    let kept: Vec<&str> = after
        .sections
        .iter()
        .filter(|section| section.range.start != inserted)
        .map(|section| section.heading.as_str())
        .collect();
    if had != kept {
        return Err(format!("the changelog's other sections differ: {}", first_difference(&had, &kept)));
    }
    if old.is_empty() {
        return Ok(());
    }
    splice(old.as_bytes(), new.as_bytes(), inserted)
        .then_some(())
        .ok_or_else(|| format!("the changelog differs outside its new section for {version}"))
}

fn first_difference(had: &[&str], kept: &[&str]) -> String {
    let at = had.iter().zip(kept).take_while(|(had, kept)| had == kept).count();
    match (had.get(at), kept.get(at)) {
        (Some(had), Some(kept)) => format!("`{had}` became `{kept}`"),
        (Some(had), None) => format!("`{had}` is gone"),
        (None, Some(kept)) => format!("`{kept}` is new"),
        (None, None) => "they are in another order".to_owned(),
    }
}

/// Whether `new` is `old` with one run of whole lines put in, which begins with the heading at byte
/// `heading` and the blank lines before it.
fn splice(old: &[u8], new: &[u8], heading: usize) -> bool {
    let same_front = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let same_back = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let Some(length) = new.len().checked_sub(old.len()) else { return false };
    // Any place between the two is the same splice; the last one leaves the fewest blank lines in it.
    let place = same_front.min(heading);
    let gap = new.get(place..heading).unwrap_or_default();
    let end = place.saturating_add(length);
    let whole_lines = place == old.len()
        || ((place == 0 || new.get(place.saturating_sub(1)) == Some(&b'\n'))
            && new.get(end.saturating_sub(1)) == Some(&b'\n'));
    old.len().saturating_sub(place) <= same_back && end > heading && gap.trim_ascii().is_empty() && whole_lines
}

#[cfg(test)]
mod tests;
