//! What a policy has every release say of itself in `Chart.yaml`: a function of the version and the policy alone, so
//! that whoever verifies computes it again.

use semver::Version;

use super::annotation::{self, Annotation, CHANGES, PRERELEASE, SIGN_KEY, Value};
use crate::model::json;

/// The annotations that a bump writes besides the changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// Whether a version is a pre-release.
    pub prerelease: bool,
    /// The key that signs provenance files.
    pub sign_key: Option<SignKey>,
}

/// The key of the provenance files, as Artifact Hub shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignKey {
    /// In hexadecimal digits.
    pub fingerprint: String,
    /// Where the public key is.
    pub url: String,
}

impl Stated {
    /// Everything that some policy may have a bump write.
    pub fn any() -> Self {
        let nobody = SignKey { fingerprint: String::new(), url: String::new() };
        Self { prerelease: true, sign_key: Some(nobody) }
    }

    /// What a version has to say. That it is no pre-release is what Artifact Hub takes it for anyway.
    pub fn of(&self, version: &Version) -> Vec<Annotation> {
        let released = version.pre.is_empty();
        let mut all = Vec::new();
        if self.prerelease {
            all.push(Annotation { key: PRERELEASE, value: Value::Flag(!released), implied: released });
        }
        if let Some(SignKey { fingerprint, url }) = &self.sign_key {
            // A text of JSON is one of YAML.
            let text = format!("fingerprint: {}\nurl: {}\n", json::canonical(fingerprint), json::canonical(url));
            all.push(Annotation { key: SIGN_KEY, value: Value::Block(text), implied: false });
        }
        all
    }

    /// Whether a released `Chart.yaml` says just that.
    ///
    /// # Errors
    /// A sentence naming the annotation that is missing, or says something else.
    pub(super) fn holds(&self, chart_yaml: &[u8], version: &Version) -> Result<(), String> {
        for said in self.of(version) {
            let told = annotation::with(chart_yaml, &said).map_err(|why| format!("Chart.yaml: {why}"))?;
            if told == chart_yaml {
                continue;
            }
            return Err(match &said.value {
                Value::Flag(true) => format!("{version} is a pre-release, and its `{}` is not \"true\"", said.key),
                Value::Flag(false) => {
                    format!("{version} is no pre-release, and its `{}` is not \"false\"", said.key)
                }
                Value::Block(_) => format!("its `{}` does not name the key that the policy names", said.key),
            });
        }
        Ok(())
    }

    /// `Chart.yaml` without what a bump writes into its annotations.
    ///
    /// # Errors
    /// They are there in another style than a bump writes them.
    pub(super) fn without(&self, chart_yaml: &[u8]) -> Result<Vec<u8>, String> {
        let mut keys = vec![CHANGES];
        keys.extend(self.prerelease.then_some(PRERELEASE));
        keys.extend(self.sign_key.is_some().then_some(SIGN_KEY));
        annotation::without(chart_yaml, &keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated() -> Stated {
        let url = "https://example.org/key.asc".to_owned();
        Stated { prerelease: true, sign_key: Some(SignKey { fingerprint: "AB".repeat(20), url }) }
    }

    fn written(chart_yaml: &str, version: &str) -> String {
        let version = Version::parse(version).expect("a version");
        let mut bytes = chart_yaml.as_bytes().to_vec();
        for said in stated().of(&version).iter().rev() {
            bytes = annotation::with(&bytes, said).expect("it takes it");
        }
        String::from_utf8(bytes).expect("text")
    }

    fn holds(chart_yaml: &str, version: &str) -> Result<(), String> {
        stated().holds(chart_yaml.as_bytes(), &Version::parse(version).expect("a version"))
    }

    #[test]
    fn a_version_says_what_it_is_and_who_signs() {
        let key = format!(
            "  artifacthub.io/signKey: |\n    fingerprint: \"{}\"\n    url: \"https://example.org/key.asc\"\n",
            "AB".repeat(20)
        );
        let flag = |flag: bool| format!("  artifacthub.io/prerelease: \"{flag}\"\n");
        for (before, version, after) in [
            ("name: x\n", "1.0.0-rc.1", format!("name: x\nannotations:\n{}{key}", flag(true))),
            ("name: x\n", "1.0.0", format!("name: x\nannotations:\n{key}")),
            (
                "annotations:\n  artifacthub.io/prerelease: true # rc\n",
                "1.0.0",
                format!("annotations:\n{key}{}", flag(false)),
            ),
            (
                "annotations:\n  artifacthub.io/prerelease: 'false'\n",
                "1.0.0-0",
                format!("annotations:\n{key}{}", flag(true)),
            ),
        ] {
            assert_eq!(written(before, version), after);
            assert_eq!(holds(&after, version), Ok(()));
            assert_eq!(stated().without(before.as_bytes()), stated().without(after.as_bytes()), "{before}");
        }
    }

    #[test]
    fn nothing_else_holds() {
        let (good, rc) = (written("name: x\n", "1.0.0"), written("name: x\n", "1.0.0-rc.1"));
        for (text, version, said) in [
            (good.clone(), "1.0.0-rc.1", "1.0.0-rc.1 is a pre-release"),
            (rc.clone(), "1.0.0", "1.0.0 is no pre-release"),
            (rc.replace("\"true\"", "\"false\""), "1.0.0-rc.1", "is a pre-release"),
            (rc.replace("\"true\"", "true"), "1.0.0-rc.1", "is a pre-release"),
            (rc.replace("\"true\"", "yes"), "1.0.0-rc.1", "write its annotation once, on its line"),
            (
                rc.replace("\"true\"", "\"true\"\n      more"),
                "1.0.0-rc.1",
                "write its annotation once, on its line",
            ),
            (good.replace("ABAB", "CDAB"), "1.0.0", "does not name the key"),
            (good.replace("example.org", "example.com"), "1.0.0", "does not name the key"),
            (good.replace("key.asc\"", "key.asc\"\n    more: 1"), "1.0.0", "does not name the key"),
            (good.replace(": |", ": >"), "1.0.0", "write its annotation once, as a block"),
            ("name: x\n".to_owned(), "1.0.0", "does not name the key"),
        ] {
            let why = holds(&text, version).expect_err(&text);
            assert!(why.contains(said), "{text}: {why}");
        }
    }
}
