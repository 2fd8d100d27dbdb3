//! The next version, by the book.

use semver::{BuildMetadata, Prerelease, Version};

use super::change::Weight;
use super::config::PreMajor;

/// Reads a chart version strictly: Semantic Versioning 2.0.0, no `v`, no leading zeros.
///
/// # Errors
/// A sentence that says what is wrong and what is expected.
pub fn parse(text: &str) -> Result<Version, String> {
    if let Some(rest) = text.strip_prefix(['v', 'V'])
        && Version::parse(rest).is_ok()
    {
        return Err(format!("`{text}` is not a chart version: SemVer has no `v` in front, write `{rest}`"));
    }
    Version::parse(text).map_err(|why| {
        format!("`{}` is not a chart version: {why}; expected SemVer such as `1.2.3` or `1.2.3-rc.1`", shown(text))
    })
}

/// A text from outside, short and without control characters.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

/// The version after `current` for a change of `weight`. A pre-release is released: `1.2.3-rc.1` with
/// any change of at most its own weight becomes `1.2.3`. Build metadata is dropped. A number at its
/// largest carries into the one before it, so that the result is always greater (save at the very
/// last version there is).
pub fn next(current: &Version, weight: Weight, pre_major: PreMajor) -> Version {
    let weight = match (weight, pre_major) {
        (Weight::Major, PreMajor::Minor) if current.major == 0 => Weight::Minor,
        _ => weight,
    };
    if !current.pre.is_empty() && weight <= own_weight(current) {
        return Version { pre: Prerelease::EMPTY, build: BuildMetadata::EMPTY, ..current.clone() };
    }
    let patch = current.patch.checked_add(1).filter(|_| weight == Weight::Patch);
    let minor = current.minor.checked_add(1).filter(|_| weight <= Weight::Minor);
    match (patch, minor) {
        (Some(patch), _) => Version::new(current.major, current.minor, patch),
        (None, Some(minor)) => Version::new(current.major, minor, 0),
        (None, None) => match current.major.checked_add(1) {
            Some(major) => Version::new(major, 0, 0),
            None => Version { pre: Prerelease::EMPTY, build: BuildMetadata::EMPTY, ..current.clone() },
        },
    }
}

/// What a version moved by: 2.0.0 major, 2.1.0 minor, 2.1.1 patch.
fn own_weight(version: &Version) -> Weight {
    match (version.minor, version.patch) {
        (0, 0) => Weight::Major,
        (_, 0) => Weight::Minor,
        _ => Weight::Patch,
    }
}

/// The tag an OCI registry can hold: `+` becomes `_`, as Helm does.
pub fn oci_tag(version: &Version) -> String {
    version.to_string().replace('+', "_")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(current: &str, weight: Weight, pre_major: PreMajor) -> String {
        next(&parse(current).unwrap(), weight, pre_major).to_string()
    }

    #[test]
    fn each_weight_moves_its_number() {
        for (current, weight, expected) in [
            ("1.2.3", Weight::Patch, "1.2.4"),
            ("1.2.3", Weight::Minor, "1.3.0"),
            ("1.2.3", Weight::Major, "2.0.0"),
            ("0.4.2", Weight::Major, "1.0.0"),
            ("1.2.3+b5", Weight::Patch, "1.2.4"),
        ] {
            assert_eq!(after(current, weight, PreMajor::Major), expected, "{current} {weight:?}");
        }
    }

    #[test]
    fn before_1_0_a_breaking_change_may_stay_minor() {
        assert_eq!(after("0.4.2", Weight::Major, PreMajor::Minor), "0.5.0");
        assert_eq!(after("0.4.2", Weight::Minor, PreMajor::Minor), "0.5.0");
        assert_eq!(after("0.4.2", Weight::Patch, PreMajor::Minor), "0.4.3");
        assert_eq!(after("1.4.2", Weight::Major, PreMajor::Minor), "2.0.0");
        assert_eq!(after("0.5.0-rc.1", Weight::Major, PreMajor::Minor), "0.5.0");
    }

    #[test]
    fn a_pre_release_is_released_by_what_it_announces() {
        for (current, weight, expected) in [
            ("1.2.3-rc.1", Weight::Patch, "1.2.3"),
            ("1.2.3-rc.1", Weight::Minor, "1.3.0"),
            ("1.2.0-rc.1", Weight::Minor, "1.2.0"),
            ("1.2.0-rc.1", Weight::Major, "2.0.0"),
            ("2.0.0-rc.1+b", Weight::Major, "2.0.0"),
            ("2.0.0-rc.1", Weight::Patch, "2.0.0"),
        ] {
            assert_eq!(after(current, weight, PreMajor::Major), expected, "{current} {weight:?}");
        }
    }

    #[test]
    fn x23_versions_are_read_strictly() {
        assert_eq!(oci_tag(&parse("1.2.3+b5").unwrap()), "1.2.3_b5");
        assert!(parse("1.2.3-rc.1").is_ok());
        assert_eq!(
            parse("v1.2.3").unwrap_err(),
            "`v1.2.3` is not a chart version: SemVer has no `v` in front, write `1.2.3`"
        );
        for wrong in ["01.2.3", "1.2.3junk", "1.2", "1.2.3-01", "", "1.2.3 ", "vv", "99999999999999999999.0.0"] {
            let sentence = parse(wrong).unwrap_err();
            assert!(sentence.starts_with(&format!("`{wrong}` is not a chart version: ")), "{sentence}");
        }
        assert!(parse(&"9".repeat(5000)).unwrap_err().len() < 300);
        assert!(!parse("1\u{1b}[2J\n").unwrap_err().contains(['\u{1b}', '\n']));
    }

    proptest! {
        #[test]
        fn the_next_version_is_always_greater(
            numbers in proptest::array::uniform3(prop_oneof![0..4u64, Just(u64::MAX)]),
            pre in prop_oneof![Just(""), Just("-rc.1"), Just("-0")],
            build in prop_oneof![Just(""), Just("+b5")],
            weight in prop_oneof![Just(Weight::Patch), Just(Weight::Minor), Just(Weight::Major)],
            pre_major in prop_oneof![Just(PreMajor::Major), Just(PreMajor::Minor)],
        ) {
            let [major, minor, patch] = numbers;
            prop_assume!(major != u64::MAX);
            let current = parse(&format!("{major}.{minor}.{patch}{pre}{build}")).unwrap();
            let next = next(&current, weight, pre_major);
            prop_assert!(next > current, "{current} → {next}");
            prop_assert!(next.cmp_precedence(&current).is_gt(), "{current} → {next}");
            prop_assert!(next.pre.is_empty() && next.build.is_empty());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            if let Ok(version) = parse(&text) {
                prop_assert_eq!(version.to_string(), text);
            }
        }
    }
}
