//! Bundles as other programs hand them over: one or several in a file, plain or compressed.
//!
//! - a bundle's JSON, on one line or many;
//! - JSON Lines, as `gh attestation download` writes (`sha256:….jsonl`);
//! - the answer of GitHub's `GET /repos/{owner}/{repo}/attestations/{digest}`;
//! - what its `bundle_url` serves: one raw [snappy](https://github.com/google/snappy/blob/main/format_description.txt)
//!   block of a bundle's JSON, without the framing format;
//! - our own `attestation-lineage.json`, which keeps names and ids as well.
//!
//! Nothing is verified here, and every bundle is kept byte for byte.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::model::json;

/// The largest bundle, in bytes: one with a signing log's proof is some ten thousand.
const LARGEST: usize = 16 << 20;

/// How a snappy stream in the framing format begins.
const FRAMED: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// A bundle as it was handed over, with what the file says of it besides. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The bundle's JSON, as it was written.
    pub bundle: String,
    /// The record's name, where the file has one.
    pub name: Option<String>,
    /// The attestation's id, where the file has one.
    pub id: Option<String>,
    /// Where a forge shows it, where the file has that.
    pub url: Option<String>,
}

impl Delivered {
    fn new(bundle: &str) -> Self {
        Self { bundle: bundle.to_owned(), name: None, id: None, url: None }
    }
}

/// GitHub's answer, and our own export: what they have in common is where the bundles are.
#[derive(Deserialize)]
struct Listed {
    attestations: List,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Answer(Vec<Value>),
    Export(BTreeMap<String, Value>),
}

#[derive(Deserialize)]
struct Answer {
    attestations: Vec<Entry>,
}

#[derive(Deserialize)]
struct Export {
    attestations: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    bundle: Option<Box<RawValue>>,
    #[serde(default)]
    bundle_url: Option<String>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

impl Entry {
    fn delivered(self, name: Option<String>) -> Result<Delivered, String> {
        let Some(bundle) = self.bundle.filter(|bundle| bundle.get() != "null") else {
            return Err(if self.bundle_url.is_some() {
                "the answer has only the address of the bundle (`bundle_url`): fetch that, and import what it \
                 serves"
                    .to_owned()
            } else {
                "an attestation without a bundle".to_owned()
            });
        };
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Delivered { bundle: bundle.get().to_owned(), name, id: filled(self.id), url: filled(self.url) })
    }
}

/// The bundles in a file, in their order: each, or why it is none. Never empty.
pub fn delivered(bytes: &[u8]) -> Vec<Result<Delivered, String>> {
    let text = match plain(bytes) {
        Ok(text) => text,
        Err(why) => return vec![Err(why)],
    };
    let mut found = Vec::new();
    // Values follow one another with nothing but white space between: that is one bundle on many lines, and
    // JSON Lines alike.
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Box<RawValue>>() {
        match value {
            Ok(value) => found.extend(opened(value.get())),
            // Behind what is no JSON nobody knows where the next value begins.
            Err(why) => found.push(Err(format!("the bundle is not readable: {why}"))),
        }
    }
    if found.is_empty() {
        found.push(Err("the file holds no bundle".to_owned()));
    }
    found
}

/// What one JSON value holds.
fn opened(text: &str) -> Vec<Result<Delivered, String>> {
    if text.len() > LARGEST && !text.contains("\"attestations\"") {
        return vec![Err(too_large(text.len()))];
    }
    // A bundle has no such field; everything about it is for `examine` to say.
    let Ok(listed) = serde_json::from_str::<Listed>(text) else { return vec![Ok(Delivered::new(text))] };
    if let Err(why) = json::parse::<Value>(text) {
        return vec![Err(format!("the list of attestations is not readable: {why}"))];
    }
    let unreadable =
        |why: serde_json::Error| vec![Err(format!("the list of attestations is not readable: {why}"))];
    let entries = match listed.attestations {
        List::Answer(values) if values.is_empty() => {
            return vec![Err("the list of attestations is empty".to_owned())];
        }
        List::Export(values) if values.is_empty() => {
            return vec![Err("the list of attestations is empty".to_owned())];
        }
        List::Answer(_) => serde_json::from_str::<Answer>(text)
            .map(|answer| answer.attestations.into_iter().map(|entry| entry.delivered(None)).collect()),
        List::Export(_) => serde_json::from_str::<Export>(text).map(|export| {
            export.attestations.into_iter().map(|(name, entry)| entry.delivered(Some(name))).collect()
        }),
    };
    entries.unwrap_or_else(unreadable)
}

/// The text of a file. JSON begins with an ASCII character; a snappy block of 128 bytes and more begins with
/// a byte above 127, since its length does not fit into seven bits.
fn plain(bytes: &[u8]) -> Result<String, String> {
    let bytes = match bytes.first() {
        Some(first) if first.is_ascii() => bytes.to_vec(),
        Some(_) if bytes.starts_with(FRAMED) => {
            return Err("a snappy stream in the framing format; GitHub serves single blocks".to_owned());
        }
        Some(_) => unpacked(bytes)?,
        None => return Err("the file is empty".to_owned()),
    };
    String::from_utf8(bytes).map_err(|_| "the bundle is not readable: not UTF-8 text".to_owned())
}

/// A snappy block, unpacked. Its first bytes say how long it will be: more than the largest bundle is refused
/// before any memory is taken.
fn unpacked(block: &[u8]) -> Result<Vec<u8>, String> {
    let unreadable = |why: snap::Error| format!("neither JSON nor a snappy block of it: {why}");
    let length = snap::raw::decompress_len(block).map_err(unreadable)?;
    if length > LARGEST {
        return Err(too_large(length));
    }
    snap::raw::Decoder::new().decompress_vec(block).map_err(unreadable)
}

fn too_large(length: usize) -> String {
    format!("a bundle of {length} bytes; none of more than {LARGEST} is read")
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
