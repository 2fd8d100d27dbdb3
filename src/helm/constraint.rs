//! The version ranges of dependencies, as Masterminds/semver (which Helm asks) reads them: its operators,
//! its wildcards, and its rule that a range without a pre-release admits none.

use std::cmp::Ordering;

use semver::{BuildMetadata, Prerelease, Version};

/// The operators, longer ones before those they begin with.
const OPERATORS: [&str; 11] = ["!=", ">=", "=>", "<=", "=<", "~>", "=", ">", "<", "~", "^"];
/// Beyond these Masterminds refuses a range.
const LONGEST: usize = 512;
const MOST_GROUPS: usize = 32;

/// One comparison.
#[derive(Clone, Debug)]
struct Constraint {
    operator: &'static str,
    version: Version,
    /// A wildcard, or a part left out, somewhere.
    dirty: bool,
    /// … from the minor version on.
    minor: bool,
    /// … in the patch version alone.
    patch: bool,
}

/// Whether `version` is within `range`; none where one of them is not readable.
pub(super) fn admits(range: &str, version: &str) -> Option<bool> {
    let version = loose(version)?;
    if range.len() > LONGEST || range.split("||").count() > MOST_GROUPS {
        return None;
    }
    let groups: Option<Vec<Vec<Constraint>>> = range.split("||").map(group).collect();
    Some(groups?.iter().any(|group| {
        let includes_pre = group.iter().any(|constraint| !constraint.version.pre.is_empty());
        (includes_pre || version.pre.is_empty()) && group.iter().all(|constraint| constraint.admits(&version))
    }))
}

/// A version that names one release and not a range: `1.2.3`, also with a `v` in front.
pub(super) fn is_exact(version: &str) -> bool {
    Version::parse(version.strip_prefix('v').unwrap_or(version)).is_ok()
}

/// Whether two texts name the same version, build metadata included.
pub fn same(one: &str, other: &str) -> bool {
    one == other || loose(one).is_some_and(|one| loose(other).is_some_and(|other| one == other))
}

/// A version as `NewVersion` takes it: `v1`, `1.2`, leading zeros.
fn loose(text: &str) -> Option<Version> {
    if !super::validate::is_loose_version(text) {
        return None;
    }
    let (constraint, rest) = one("", text)?;
    (rest.is_empty() && (!constraint.dirty || !text.contains(['x', 'X', '*']))).then_some(constraint.version)
}

/// Comparisons that all have to hold, separated by spaces or commas.
fn group(text: &str) -> Option<Vec<Constraint>> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return one("", "*").map(|(any, _)| vec![any]);
    }
    let mut all = Vec::new();
    while !rest.is_empty() {
        let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)).unwrap_or_default();
        let (constraint, after) = one(operator, rest.strip_prefix(operator)?.trim_start())?;
        let behind = after.trim_start();
        let hyphen =
            behind.strip_prefix('-').filter(|to| operator.is_empty() && to.starts_with(char::is_whitespace));
        if let Some(to) = hyphen.filter(|_| behind.len() < after.len()) {
            let (to, after) = one("<=", to.trim_start())?;
            all.extend([Constraint { operator: ">=", ..constraint }, to]);
            rest = after.trim_start();
        } else {
            all.push(constraint);
            rest = behind;
        }
        rest = rest.strip_prefix(',').map_or(rest, str::trim_start);
    }
    Some(all)
}

/// A version, possibly with wildcards or parts left out, and what stands behind it.
fn one<'t>(operator: &'static str, text: &'t str) -> Option<(Constraint, &'t str)> {
    let end = text.find(|c: char| c.is_whitespace() || ",=!<>~^".contains(c)).unwrap_or(text.len());
    let (token, rest) = text.split_at_checked(end)?;
    let token = token.strip_prefix('v').unwrap_or(token);
    let (token, build) = token.split_once('+').map_or((token, ""), |(token, build)| (token, build));
    let (core, pre) = token.split_once('-').map_or((token, ""), |(core, pre)| (core, pre));
    let mut numbers = [None; 3];
    for (at, part) in core.split('.').enumerate() {
        let number = match part {
            "x" | "X" | "*" => None,
            part => Some(part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u64>().ok())??),
        };
        *numbers.get_mut(at)? = number;
    }
    let [major, minor, patch] = numbers;
    let (wild, minor_wild) = (major.is_none(), major.is_some() && minor.is_none());
    let patch_wild = major.is_some() && minor.is_some() && patch.is_none();
    let version = Version {
        major: major.unwrap_or(0),
        minor: minor.filter(|_| !wild).unwrap_or(0),
        patch: patch.filter(|_| !wild && !minor_wild).unwrap_or(0),
        pre: Prerelease::new(pre).ok()?,
        build: BuildMetadata::new(build).ok()?,
    };
    let dirty = wild || minor_wild || patch_wild;
    Some((Constraint { operator, version, dirty, minor: minor_wild, patch: patch_wild }, rest))
}

impl Constraint {
    fn admits(&self, version: &Version) -> bool {
        let (own, order) = (&self.version, version.cmp_precedence(&self.version));
        match self.operator {
            "!=" => self.differs(version),
            ">" if self.dirty => match version.major.cmp(&own.major) {
                Ordering::Greater => true,
                Ordering::Less => false,
                Ordering::Equal if self.minor => false,
                Ordering::Equal if self.patch => version.minor > own.minor,
                Ordering::Equal => order.is_gt(),
            },
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            ">=" | "=>" => order.is_ge(),
            "<=" | "=<" if self.dirty => {
                version.major < own.major
                    || (version.major == own.major && (version.minor <= own.minor || self.minor))
            }
            "<=" | "=<" => order.is_le(),
            "~" | "~>" => self.tilde(version),
            "^" => self.caret(version),
            _ if self.dirty => self.tilde(version),
            _ => order.is_eq(),
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let own = &self.version;
        if !self.dirty {
            return version.cmp_precedence(own).is_ne();
        }
        if version.major != own.major {
            return true;
        }
        if self.minor {
            return false;
        }
        version.minor != own.minor || (self.patch && version.pre != own.pre)
    }

    fn tilde(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.cmp_precedence(own).is_lt() {
            return false;
        }
        let any = (own.major, own.minor, own.patch) == (0, 0, 0) && !self.minor && !self.patch;
        any || (version.major == own.major && (version.minor == own.minor || self.minor))
    }

    fn caret(&self, version: &Version) -> bool {
        let own = &self.version;
        if version.cmp_precedence(own).is_lt() || version.major != own.major {
            // `^*` is `^0.0.0` to Masterminds, which no other major version meets.
            return false;
        }
        if own.major > 0 || self.minor {
            return true;
        }
        if own.minor > 0 || self.patch {
            return version.minor == own.minor;
        }
        version.minor == 0 && version.patch == own.patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_admit_what_masterminds_does() {
        // Its README's table and its own test cases, told apart by what differs from Rust's `VersionReq`.
        let admitted = [
            ("", "1.2.3"),
            ("*", "9.9.9"),
            ("1.2.3", "1.2.3"),
            ("=1.2.3", "v1.2.3"),
            ("1.2", "1.2.9"),
            ("1", "1.9.9"),
            ("1.x", "1.4.0"),
            ("1.2.x", "1.2.0"),
            ("~1.2.3", "1.2.9"),
            ("~1", "1.9.0"),
            ("~>2.0", "2.0.7"),
            ("^1.2.3", "1.9.0"),
            ("^0.2.3", "0.2.9"),
            ("^0.0.3", "0.0.3"),
            ("^0", "0.9.1"),
            (">= 1.2, < 3.0.0 || >= 4.2.3", "2.5.0"),
            (">= 1.2, < 3.0.0 || >= 4.2.3", "5.0.0"),
            (">=1.2 <2", "1.9.9"),
            ("1.2 - 1.4.5", "1.4.5"),
            ("!=1.2.3", "1.2.4"),
            (">1.2", "1.3.0"),
            ("<=1.2", "1.2.9"),
            ("=>1", "1.0.0"),
            (">=1.0.0-0", "1.2.3-rc.1"),
            ("0.1.*", "0.1.7"),
            ("1.2.3+b", "1.2.3+c"),
            ("~0", "0.3.0"),
            ("~0.0.0", "3.0.0"),
        ];
        let refused = [
            ("1.2.3", "1.2.4"),
            ("1.2", "1.3.0"),
            ("~1.2.3", "1.3.0"),
            ("^1.2.3", "2.0.0"),
            ("^0.2.3", "0.3.0"),
            ("^0.0.3", "0.0.4"),
            (">=1.0.0", "1.2.3-rc.1"),
            ("*", "1.0.0-rc.1"),
            ("1.2 - 1.4.5", "1.4.6"),
            ("!=1.2.x", "1.2.7"),
            (">1.2", "1.2.9"),
            (">1", "1.9.9"),
            ("<=1.2", "1.3.0"),
        ];
        for (range, version) in admitted {
            assert_eq!(admits(range, version), Some(true), "{range} and {version}");
        }
        for (range, version) in refused {
            assert_eq!(admits(range, version), Some(false), "{range} and {version}");
        }
        for (range, version) in
            [("latest", "1.0.0"), ("1.2.3.4", "1.0.0"), ("1..2", "1.0.0"), ("1", "x"), (">", "1.0.0")]
        {
            assert_eq!(admits(range, version), None, "{range} and {version}");
        }
    }

    #[test]
    fn one_version_and_a_range_are_told_apart() {
        assert!(is_exact("1.2.3") && is_exact("v1.2.3-rc.1+b"));
        assert!(!is_exact("1.2") && !is_exact("^1.2.3") && !is_exact("1.2.x") && !is_exact(""));
        assert!(same("v1.2.3", "1.2.3") && !same("1.2.3", "1.2.4") && !same("x", "y") && same("x", "x"));
    }
}
