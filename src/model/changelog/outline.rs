//! Where the sections of a changelog begin and end. Code fences and HTML comments hold no headings.

use std::ops::Range;

use semver::Version;

use crate::model::version;

/// What a heading opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `## [Unreleased]`.
    Unreleased,
    /// `## [1.2.3] - 2026-11-21`; the version where it can be read, so not for `## 1.2`.
    Release(Option<Version>),
    /// Another heading of the second level: `## About this file`.
    Other,
}

/// A heading and what follows it, up to the next section.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// 1 to 3.
    level: usize,
    pub(super) kind: Kind,
    /// The heading's text.
    pub(super) heading: String,
    /// Bytes of the text, from the heading on.
    pub(super) range: Range<usize>,
}

/// A changelog, looked over once.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) sections: Vec<Section>,
    /// Whether it has a `# ` title.
    pub(super) titled: bool,
    /// Where the link references at its end begin (`[1.2.3]: https://…`); its length without any.
    pub(super) references: usize,
}

impl Outline {
    /// Looks over `text`.
    pub(super) fn of(text: &str) -> Self {
        let references = references(text);
        let mut titled = false;
        let mut sections: Vec<Section> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for (level, heading, start) in headings(text) {
            let kind = kind(&heading);
            let opens = match (level, &kind) {
                (2, _) | (1, Kind::Release(Some(_)) | Kind::Unreleased) | (3, Kind::Release(Some(_))) => true,
                (1, _) => {
                    titled = true;
                    false
                }
                _ => false,
            };
            if !opens {
                continue;
            }
            // `# 1.2.3` with `## Features` below it is one section.
            open.retain(|at: &usize| match sections.get_mut(*at) {
                Some(section) if kind != Kind::Other || level <= section.level => {
                    section.range.end = start;
                    false
                }
                _ => true,
            });
            open.push(sections.len());
            sections.push(Section { level, kind, heading, range: start..text.len() });
        }
        for section in &mut sections {
            if section.range.start < references {
                section.range.end = section.range.end.min(references);
            }
        }
        Self { sections, titled, references }
    }

    /// The sections of exactly `version`.
    pub(super) fn of_version<'a>(&'a self, version: &'a Version) -> impl Iterator<Item = &'a Section> {
        self.sections.iter().filter(move |section| section.kind == Kind::Release(Some(version.clone())))
    }

    /// Where the newest release section begins, if there is one.
    pub(super) fn newest(&self) -> Option<usize> {
        self.sections.iter().find(|section| matches!(section.kind, Kind::Release(_))).map(|s| s.range.start)
    }
}

/// Every heading: level, text, and the byte at which its line begins.
fn headings(text: &str) -> Vec<(usize, String, usize)> {
    let mut found = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let mut comment = false;
    let mut paragraph: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_start_matches('\u{feff}').trim_end();
        let indented = line.starts_with("    ") || line.starts_with('\t');
        let line = line.trim_start();
        let before = paragraph.take();
        if comment {
            comment = !line.contains("-->");
        } else if let Some((mark, length)) = fence {
            let marks = line.chars().take_while(|c| *c == mark).count();
            if !indented && marks >= length && line.chars().count() == marks {
                fence = None;
            }
        } else if indented {
            // Code, or the rest of a list item: no heading either way.
        } else if let Some(opened) = opened_fence(line) {
            fence = Some(opened);
        } else if let Some(rest) = line.strip_prefix("<!--") {
            comment = !rest.contains("-->");
        } else if let Some((level, heading)) = atx(line) {
            found.push((level, heading.to_owned(), start));
        } else if let (Some((heading, start)), Some(level)) = (before, underline(line)) {
            if level == 1 || kind(heading) != Kind::Other {
                found.push((level, heading.to_owned(), start));
            }
        } else if !line.is_empty() {
            paragraph = Some((line, start));
        }
    }
    found
}

/// `## text ##` → (2, `text`).
fn atx(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len().checked_sub(rest.len()).filter(|level| (1..=6).contains(level))?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| (level, rest.trim_end_matches('#').trim()))
}

/// The level of the underline below a heading written the other way.
fn underline(line: &str) -> Option<usize> {
    match line.chars().next()? {
        '=' if line.len() >= 3 && line.bytes().all(|b| b == b'=') => Some(1),
        '-' if line.len() >= 3 && line.bytes().all(|b| b == b'-') => Some(2),
        _ => None,
    }
}

/// The mark and length of a code fence that opens here.
fn opened_fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == mark).count();
    let info = line.trim_start_matches(mark);
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length))
}

/// What a heading's text says.
fn kind(heading: &str) -> Kind {
    let text = heading.strip_prefix('[').unwrap_or(heading);
    if text.get(..10).is_some_and(|word| word.eq_ignore_ascii_case("unreleased")) {
        return Kind::Unreleased;
    }
    let mut words = text.split_whitespace().map(|word| word.trim_matches('`'));
    let first = words.next().unwrap_or_default();
    let named = ["version", "release"].iter().any(|word| first.eq_ignore_ascii_case(word));
    if let Some(version) = version_in(if named { words.next().unwrap_or_default() } else { first }) {
        return Kind::Release(Some(version));
    }
    // `## 1.2`, `## name 1.2.3`: a release all the same, so that a newer one goes above it.
    let like_a_version = |word: &str| {
        let word = word.trim_start_matches(['[', '(', 'v', 'V', '`']);
        word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.')
    };
    let release = first.starts_with(|c: char| c.is_ascii_digit()) || text.split_whitespace().any(like_a_version);
    if release { Kind::Release(None) } else { Kind::Other }
}

/// The version at the front of a word: `1.2.3]`, `v1.2.3](url)`, `name-v1.2.3`.
fn version_in(word: &str) -> Option<Version> {
    // A chart's name has at most 250 characters; a longer word is looked at in vain, hyphen by hyphen.
    if word.len() > 1000 {
        return None;
    }
    let end = word.find([']', '(', ',']).unwrap_or(word.len());
    let word = word.get(..end)?.trim_start_matches('[').trim_end_matches(':');
    let plain = word.strip_prefix(['v', 'V']).unwrap_or(word);
    if plain.starts_with(|c: char| c.is_ascii_digit())
        && let Ok(version) = version::parse(plain)
    {
        return Some(version);
    }
    // The tag of a chart: the version begins at the first hyphen with one behind it.
    word.match_indices('-').find_map(|(at, _)| {
        let rest = word.get(at.saturating_add(1)..)?;
        version::parse(rest.strip_prefix('v').unwrap_or(rest)).ok()
    })
}

/// Where the block of link references at the end of `text` begins.
fn references(text: &str) -> usize {
    let mut at = text.len();
    let mut begin = at;
    for line in text.split_inclusive('\n').rev() {
        at = at.saturating_sub(line.len());
        let line = line.trim();
        let reference = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).is_some();
        if reference {
            begin = at;
        } else if !line.is_empty() {
            break;
        }
    }
    begin
}
