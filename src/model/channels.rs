//! Channels: names that move between the releases of a chart, and the document that says what each points at.
//!
//! A version never moves (acceptance A-36): a channel is a tag of a registry, and beside it one signed document for
//! each chart says which release that is, since when, by whom, and what it was before.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Sha256, Timestamp, json, version};

/// The artifact type of the document.
pub const ARTIFACT_TYPE: &str = "application/vnd.git-lineage.channels.v1+json";

/// The tag of the document, in each chart's repository.
pub const TAG: &str = "lineage-channels";

/// The version of the document that this program reads and writes.
const VERSION: u64 = 1;

/// The tag that Artifact Hub asks for.
const ARTIFACT_HUB: &str = "artifacthub.io";

/// What the channels of one chart point at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channels {
    /// 1.
    pub version: u64,
    /// The repository's id.
    pub repository: String,
    /// `Chart.yaml:name`.
    pub chart: String,
    /// The manifest of the document before this one; none for the first.
    #[serde(with = "optional", default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Sha256>,
    /// By the channel's name.
    pub channels: BTreeMap<String, Pointer>,
    /// What a later program wrote here.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What one channel points at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pointer {
    /// The chart's version.
    pub version: String,
    /// The manifest of that version.
    #[serde(serialize_with = "written", deserialize_with = "read")]
    pub digest: Sha256,
    /// The release's tag in git.
    pub tag: String,
    /// The manifest it pointed at before; none where it is new.
    #[serde(with = "optional", default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Sha256>,
    /// When it was moved, as the one who moved it says.
    pub time: Timestamp,
    /// Who moved it, as git knows them. Who signed that is in the signature.
    pub by: String,
    /// What a later program wrote here.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Why a document cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is none.
    Malformed(String),
    /// A later program wrote it, and what it means is not guessed at.
    Newer(u64),
}

impl Channels {
    /// A document that holds nothing yet.
    pub fn new(repository: &str, chart: &str) -> Self {
        Self {
            version: VERSION,
            repository: repository.to_owned(),
            chart: chart.to_owned(),
            before: None,
            channels: BTreeMap::new(),
            more: Map::new(),
        }
    }

    /// Reads a document about this chart of this repository.
    ///
    /// # Errors
    /// Not JSON, not such a document, about another chart, of a later version.
    pub fn parse(bytes: &[u8], repository: &str, chart: &str) -> Result<Self, Unusable> {
        let malformed = |why: String| Unusable::Malformed(why);
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8".to_owned()))?;
        let value: Value = json::parse(text).map_err(malformed)?;
        match value.get("version").and_then(Value::as_u64) {
            Some(newer) if newer > VERSION => return Err(Unusable::Newer(newer)),
            Some(VERSION) => {}
            _ => return Err(malformed("it says no version".to_owned())),
        }
        let read: Self = serde_json::from_value(value).map_err(|error| malformed(error.to_string()))?;
        if read.repository != repository || read.chart != chart {
            let whose = format!("{} of the repository {}", read.chart, read.repository);
            return Err(malformed(format!("it is about {whose}")));
        }
        Ok(read)
    }

    /// The bytes as they are stored: one spelling of one content.
    pub fn bytes(&self) -> Vec<u8> {
        json::canonical(self).into_bytes()
    }

    /// The document that follows the one at `before`, with one channel moved.
    #[must_use]
    pub fn moved(&self, before: Option<Sha256>, channel: &str, pointer: Pointer) -> Self {
        let mut next = self.clone();
        next.before = before;
        next.channels.insert(channel.to_owned(), pointer);
        next
    }
}

/// What a tag is that no channel may be called, as the end of a sentence; none for a name that may move. Versions,
/// builds, and what belongs to a digest never change; two tags have owners of their own.
pub fn immutable(name: &str) -> Option<&'static str> {
    let plain = name.replacen('_', "+", 1);
    let bare = plain.strip_prefix(['v', 'V']).unwrap_or(&plain);
    if version::parse(bare).is_ok() {
        return Some("the tag of a version, which never changes");
    }
    if name.starts_with("sha256-") || name.starts_with("sha512-") || name.starts_with("sha256:") {
        return Some("what belongs to a digest, and never changes");
    }
    if name.starts_with("sha-") {
        return Some("the tag of a build, which never changes");
    }
    if name == TAG {
        return Some("where the channels' own document lies");
    }
    (name == ARTIFACT_HUB).then_some("what Artifact Hub is told")
}

/// `sha256:<hex>`, as registries write it.
fn written<S: Serializer>(digest: &Sha256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("sha256:{digest}"))
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sha256, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digest = text.strip_prefix("sha256:").and_then(Sha256::parse);
    digest.ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is no sha256 digest")))
}

mod optional {
    //! The same, or null.

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Sha256;

    #[expect(clippy::ref_option, reason = "serde's `with` calls it with a reference to the field")]
    pub(super) fn serialize<S: Serializer>(digest: &Option<Sha256>, serializer: S) -> Result<S::Ok, S::Error> {
        digest.map(|digest| format!("sha256:{digest}")).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Sha256>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        let read = |text: String| {
            let digest = text.strip_prefix("sha256:").and_then(Sha256::parse);
            digest.ok_or_else(|| serde::de::Error::custom(format_args!("{text:?} is no sha256 digest")))
        };
        text.map(read).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pointer(version: &str) -> Pointer {
        Pointer {
            version: version.to_owned(),
            digest: Sha256::of(version),
            tag: format!("app-v{version}"),
            previous: None,
            time: Timestamp::from_seconds(1_763_700_000),
            by: "Ada <ada@example.org>".to_owned(),
            more: Map::new(),
        }
    }

    #[test]
    fn rp_5_a_document_is_read_as_it_was_written() {
        let first = Channels::new("r", "app").moved(None, "prod", pointer("1.0.0"));
        let bytes = first.bytes();
        assert_eq!(Channels::parse(&bytes, "r", "app"), Ok(first.clone()));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(&format!("\"digest\":\"sha256:{}\"", Sha256::of("1.0.0"))), "{text}");
        let second = first.moved(Some(Sha256::of("first")), "dev", pointer("1.1.0"));
        assert_eq!(second.channels.len(), 2);
        assert_eq!(Channels::parse(&second.bytes(), "r", "app"), Ok(second));
    }

    #[test]
    fn what_a_later_program_added_survives() {
        let mut text: Value =
            serde_json::from_slice(&Channels::new("r", "app").moved(None, "prod", pointer("1.0.0")).bytes())
                .unwrap();
        text["colour"] = "blue".into();
        text["channels"]["prod"]["because"] = "a reason".into();
        let read = Channels::parse(text.to_string().as_bytes(), "r", "app").unwrap();
        let again: Value = serde_json::from_slice(&read.moved(None, "dev", pointer("2.0.0")).bytes()).unwrap();
        assert_eq!(again["colour"], "blue");
        assert_eq!(again["channels"]["prod"]["because"], "a reason");
    }

    #[test]
    fn another_charts_or_a_later_document_is_not_taken() {
        let bytes = Channels::new("r", "app").bytes();
        for (repository, chart) in [("r", "other"), ("s", "app")] {
            let refused = Channels::parse(&bytes, repository, chart);
            assert!(matches!(refused, Err(Unusable::Malformed(_))), "{refused:?}");
        }
        let newer = br#"{"version":2,"repository":"r","chart":"app","channels":{}}"#;
        assert_eq!(Channels::parse(newer, "r", "app"), Err(Unusable::Newer(2)));
        for junk in ["", "{}", "[]", "{\"version\":1}", "{\"version\":1,\"version\":1}", "{\"version\":0}"] {
            let refused = Channels::parse(junk.as_bytes(), "r", "app");
            assert!(matches!(refused, Err(Unusable::Malformed(_))), "{junk}: {refused:?}");
        }
    }

    #[test]
    fn rp_2_what_never_changes_is_no_channel() {
        for name in [
            "1.2.3",
            "0.1.0-rc.1",
            "1.2.3_b5",
            "v1.2.3",
            "sha-0123abc",
            "sha256-00",
            "sha256:00",
            TAG,
            "artifacthub.io",
        ] {
            assert!(immutable(name).is_some(), "{name}");
        }
        for name in ["prod", "dev", "nightly", "latest", "v1", "1.2", "sha", "stable-1.x"] {
            assert_eq!(immutable(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_document_panics(text in "\\PC*") {
            let _ = Channels::parse(text.as_bytes(), "r", "app");
            let _ = immutable(&text);
        }
    }
}
