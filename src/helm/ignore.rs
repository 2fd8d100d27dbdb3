//! `.helmignore` as Helm reads it (pkg/ignore/rules.go), which is not how git reads `.gitignore`: the
//! first match decides, and `!p` ignores everything that does **not** match `p`.

use super::Error;
use super::glob::{self, BadPattern};

/// The name of the file at the top of a chart.
pub(super) const FILE: &str = ".helmignore";
/// Helm adds this rule to every chart: hidden files directly below `templates/`.
const DEFAULT: &str = "templates/.?*";
/// Go's line scanner gives up beyond.
const LONGEST_LINE: usize = 64 * 1024;

/// How a rule's pattern meets a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// The pattern has a slash: the whole path, from the top of the chart.
    Path,
    /// No slash: the last component, at any depth.
    Name,
}

#[derive(Clone, Debug)]
struct Rule {
    pattern: String,
    scope: Scope,
    negated: bool,
    directories_only: bool,
}

/// The rules of a chart, Helm's own included.
#[derive(Clone, Debug)]
pub(super) struct Rules(Vec<Rule>);

impl Rules {
    /// The rules that `file` holds, and the default.
    ///
    /// # Errors
    /// The line with `**` or a malformed pattern, as Helm refuses both.
    pub(super) fn parse(file: &[u8]) -> Result<Self, Error> {
        let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
        let mut rules = Vec::new();
        for (index, line) in file.split(|b| *b == b'\n').enumerate() {
            let refuse = |why: &str| Error::Ignore { line: index + 1, why: why.to_owned() };
            if line.len() >= LONGEST_LINE {
                return Err(refuse("the line is longer than 64 KiB"));
            }
            let line = String::from_utf8_lossy(line);
            rules.extend(Rule::parse(line.trim()).map_err(|why| refuse(&why))?);
        }
        rules.extend(Rule::parse(DEFAULT).unwrap_or_default());
        Ok(Self(rules))
    }

    /// Whether the file at `path` (relative to the chart) stays out, itself or through a directory above.
    pub(super) fn ignore(&self, path: &str) -> bool {
        let above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        above.into_iter().any(|directory| self.matches(directory, true)) || self.matches(path, false)
    }

    fn matches(&self, path: &str, is_directory: bool) -> bool {
        for rule in &self.0 {
            let wrong_kind = rule.directories_only && !is_directory;
            match (rule.negated, wrong_kind) {
                (true, true) => return true,
                (false, true) => {}
                (negated, false) => {
                    if rule.matches(path) != negated {
                        return true;
                    }
                }
            }
        }
        false
    }
}

impl Rule {
    fn parse(line: &str) -> Result<Option<Self>, String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        if line.contains("**") {
            return Err(format!("Helm does not support `**`: `{line}`"));
        }
        if glob::matches(line, "abc") == Err(BadPattern) {
            return Err(format!("`{line}` is not a pattern"));
        }
        let pattern = line.strip_prefix('!').unwrap_or(line);
        let negated = pattern.len() < line.len();
        let directories_only = pattern.ends_with('/');
        let pattern = pattern.strip_suffix('/').unwrap_or(pattern);
        let scope = if pattern.contains('/') { Scope::Path } else { Scope::Name };
        let pattern = pattern.strip_prefix('/').unwrap_or(pattern).to_owned();
        Ok(Some(Self { pattern, scope, negated, directories_only }))
    }

    fn matches(&self, path: &str) -> bool {
        let subject = match self.scope {
            Scope::Path => path,
            Scope::Name => path.rsplit('/').next().unwrap_or(path),
        };
        // The whole line was a pattern; without its sign or its slash it may be none, and matches nothing.
        glob::matches(&self.pattern, subject).unwrap_or(false)
    }
}

#[cfg(test)]
#[path = "ignore_tests.rs"]
mod tests;
