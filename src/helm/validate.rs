//! What Helm demands of a chart's metadata before it packages it, and how it cleans it (`Validate` in
//! pkg/chart/v2).

use std::collections::BTreeSet;

use super::chartfile::{Chartfile, Requirement};

impl Chartfile {
    /// Cleans the texts and checks the rest, as Helm does when it loads a chart.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub(super) fn validate(&mut self) -> Result<(), String> {
        let Self { name, description, home, icon, condition, tags, app_version, kube_version, .. } = self;
        for field in [name, description, home, icon, condition, tags, app_version, kube_version] {
            sanitize(field);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(sanitize);

        if self.api_version.is_empty() {
            return Err("`apiVersion` is missing; charts are of apiVersion v2".to_owned());
        }
        if !matches!(self.api_version.as_str(), "v1" | "v2") {
            return Err(format!("`apiVersion: {}` is neither v1 nor v2", self.api_version));
        }
        if self.name.is_empty() {
            return Err("`name` is missing".to_owned());
        }
        if matches!(self.name.as_str(), "." | "..") || self.name.contains('/') {
            return Err(format!("`name: {}` cannot be a directory in a package", self.name));
        }
        if self.version.is_empty() {
            return Err("`version` is missing".to_owned());
        }
        if !is_loose_version(&self.version) {
            return Err(format!("`version: {}` is not a version", self.version));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return Err(format!("`type: {}` is neither application nor library", self.kind));
        }
        for maintainer in &mut self.maintainers {
            sanitize(&mut maintainer.name);
            sanitize(&mut maintainer.email);
            sanitize(&mut maintainer.url);
        }
        let mut names = BTreeSet::new();
        for dependency in &mut self.dependencies {
            validate_dependency(dependency)?;
            let shown = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
            if !names.insert(shown.as_str()) {
                return Err(format!("two dependencies have the name or alias {shown}"));
            }
        }
        Ok(())
    }
}

fn validate_dependency(dependency: &mut Requirement) -> Result<(), String> {
    let Requirement { name, version, repository, condition, tags, alias, .. } = dependency;
    for field in [&mut *name, version, repository, condition] {
        sanitize(field);
    }
    tags.iter_mut().for_each(sanitize);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !alias.bytes().all(allowed) {
        return Err(format!("the dependency {name} has an alias with other signs than letters, digits, `-`, `_`"));
    }
    Ok(())
}

/// Every kind of space becomes one space, and what cannot be seen goes.
fn sanitize(text: &mut String) {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|c| match c {
            _ if c.is_whitespace() => Some(' '),
            _ if is_print(c) => Some(c),
            _ => None,
        })
        .collect();
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols.
fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // The standard library has the same table below its debug format, which escapes what is in none of
    // those categories; the letter before keeps a combining mark from being escaped for standing first.
    let mut text = "a".to_owned();
    text.push(c);
    text.escape_debug().eq(text.chars())
}

/// The versions Masterminds/semver's `NewVersion` takes, which is what Helm asks: `v1`, `1.2` and `01.2.3`
/// are versions to it. A chart of ours answers to stricter rules; its dependencies come as they are.
pub(super) fn is_loose_version(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let (version, metadata) = match version.split_once('+') {
        Some((version, metadata)) => (version, Some(metadata)),
        None => (version, None),
    };
    let (core, pre) = match version.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (version, None),
    };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let leads_with_zero = |word: &str| word.len() > 1 && word.starts_with('0') && is_number(word);
    let core: Vec<&str> = core.split('.').collect();
    core.len() <= 3
        && core.iter().all(|part| is_number(part) && part.parse::<u64>().is_ok())
        && pre.is_none_or(|pre| pre.split('.').all(|word| is_word(word) && !leads_with_zero(word)))
        && metadata.is_none_or(|metadata| metadata.split('.').all(is_word))
}
