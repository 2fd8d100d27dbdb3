//! A record: one line of the evidence ledger.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Sha256, json};

/// One line of a chart's ledger. Only the bundle is believed; name, id and url are labels.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it is about, for people: `w1-lint-test-v1.32.11`.
    pub name: String,
    /// The attestation's id, a decimal string.
    pub id: String,
    /// Where a forge shows it; empty where no forge does.
    pub url: String,
    /// The Sigstore bundle, byte for byte as it was written.
    pub bundle: Box<RawValue>,
}

/// Why a ledger line is not a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not JSON, or without the fields of a record.
    #[error("not a record: {0}")]
    Malformed(String),
    /// Written by a later git lineage: not guessed at.
    #[error("a record of version {0}, newer than this program reads")]
    Newer(u64),
}

/// The line as it is written. What a later version adds is read past; the ledger keeps whole lines, so
/// nothing of it is lost.
#[derive(Serialize, Deserialize)]
struct Line {
    v: u64,
    name: String,
    id: String,
    #[serde(default)]
    url: String,
    bundle: Box<RawValue>,
}

/// What every version of a line has.
#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Record {
    /// A record of `bundle` (JSON text), labelled `name`, with the label id of its digest. Line breaks
    /// between the bundle's tokens go, since a record is one line; every other byte stays.
    ///
    /// # Errors
    /// `bundle` is not a JSON object, or repeats a key.
    pub fn new(name: impl Into<String>, bundle: &str) -> Result<Self, RecordError> {
        let bundle = bundle_of(bundle)?;
        let id = Sha256::of(bundle.get()).decimal_label();
        Ok(Self { name: name.into(), id, url: String::new(), bundle })
    }

    /// sha256 of the bundle's bytes: what a payload names.
    pub fn bundle_digest(&self) -> Sha256 {
        Sha256::of(self.bundle.get())
    }

    /// The line, without its newline.
    pub fn line(&self) -> String {
        // The bundle goes in as text, so that its bytes are kept whatever serde_json makes of JSON.
        format!(
            r#"{{"v":1,"name":{},"id":{},"url":{},"bundle":{}}}"#,
            quoted(&self.name),
            quoted(&self.id),
            quoted(&self.url),
            without_line_breaks(self.bundle.get())
        )
    }

    /// Reads a line.
    ///
    /// # Errors
    /// The line is no record, repeats a key, or is of a newer version.
    pub fn parse(line: &str) -> Result<Self, RecordError> {
        // Once for the whole line: nothing in it, the bundle too, repeats a key.
        json::check(line).map_err(RecordError::Malformed)?;
        let malformed = |e: serde_json::Error| RecordError::Malformed(e.to_string());
        match serde_json::from_str(line).map_err(malformed)? {
            Version { v: 1 } => {}
            Version { v: 0 } => return Err(RecordError::Malformed("there is no version 0".to_owned())),
            Version { v } => return Err(RecordError::Newer(v)),
        }
        let Line { v: _, name, id, url, bundle } = serde_json::from_str(line).map_err(malformed)?;
        Ok(Self { name, id, url, bundle: an_object(bundle)? })
    }
}

/// A JSON object as it was written, on one line.
fn bundle_of(text: &str) -> Result<Box<RawValue>, RecordError> {
    json::check(text).map_err(unfit)?;
    an_object(serde_json::from_str(text).map_err(|e| unfit(e.to_string()))?)
}

/// The same JSON on one line, if it is an object.
fn an_object(value: Box<RawValue>) -> Result<Box<RawValue>, RecordError> {
    if !value.get().starts_with('{') {
        return Err(unfit("not a JSON object".to_owned()));
    }
    // Asked one by one, which is a search for a byte.
    if !value.get().contains('\n') && !value.get().contains('\r') {
        return Ok(value);
    }
    RawValue::from_string(without_line_breaks(value.get())).map_err(|e| unfit(e.to_string()))
}

fn unfit(why: String) -> RecordError {
    RecordError::Malformed(format!("the bundle: {why}"))
}

/// JSON without its line breaks and the indentation behind them. In JSON they stand between tokens
/// only: inside a string a line break is written `\n` (RFC 8259, 7).
fn without_line_breaks(json: &str) -> String {
    let mut lines = json.split(['\n', '\r']);
    let first = lines.next().unwrap_or_default();
    lines.fold(first.to_owned(), |line, rest| line + rest.trim_start_matches([' ', '\t']))
}

/// A JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(bundle: &str) -> Record {
        Record { url: "https://example.com/1".to_owned(), ..Record::new("w1-lint", bundle).unwrap() }
    }

    #[test]
    fn a_line_is_what_the_design_says() {
        let mut record = record(r#"{"b" : 1.0}"#);
        record.id = "123456".to_owned();
        assert_eq!(
            record.line(),
            r#"{"v":1,"name":"w1-lint","id":"123456","url":"https://example.com/1","bundle":{"b" : 1.0}}"#
        );
    }

    #[test]
    fn what_is_missing_or_unknown_but_harmless_is_tolerated() {
        let record =
            Record::parse(r#" {"later":[1],"v":1,"name":"n","id":"1","bundle":{ "a":"\u00e4", "b":1e2 }}"#)
                .unwrap();
        assert_eq!((record.name.as_str(), record.id.as_str(), record.url.as_str()), ("n", "1", ""));
        assert_eq!(record.bundle.get(), r#"{ "a":"\u00e4", "b":1e2 }"#);
        assert_eq!(record.bundle_digest(), Sha256::of(r#"{ "a":"\u00e4", "b":1e2 }"#));
    }

    #[test]
    fn a_newer_line_is_not_guessed_at() {
        assert_eq!(Record::parse(r#"{"v":2,"shape":"unknown"}"#).unwrap_err(), RecordError::Newer(2));
    }

    #[test]
    fn what_is_no_record_says_why() {
        for (line, why) in [
            ("", "EOF while parsing"),
            ("not json", "expected ident"),
            ("[]", "invalid length 0"),
            (r#"[1,"n","1","",{}]"#, "trailing characters"),
            (r#"{"name":"n","id":"1","bundle":{}}"#, "missing field `v`"),
            (r#"{"v":"1","name":"n","id":"1","bundle":{}}"#, "invalid type"),
            (r#"{"v":0,"name":"n","id":"1","bundle":{}}"#, "no version 0"),
            (r#"{"v":1,"name":"n","id":1,"bundle":{}}"#, "invalid type: integer `1`, expected a string"),
            (r#"{"v":1,"name":"n","id":"1"}"#, "missing field `bundle`"),
            (r#"{"v":1,"name":"n","id":"1","bundle":[]}"#, "the bundle: not a JSON object"),
            (r#"{"v":1,"name":"n","id":"1","bundle":null}"#, "the bundle: not a JSON object"),
            (r#"{"v":1,"name":"n","id":"1","bundle":{"a":1,"a":1}}"#, "the key `a` occurs twice"),
            (r#"{"v":1,"v":1,"name":"n","id":"1","bundle":{}}"#, "the key `v` occurs twice"),
            (r#"{"v":1,"name":"n","id":"1","bundle":{}} {}"#, "trailing characters"),
        ] {
            match Record::parse(line) {
                Err(RecordError::Malformed(shown)) => assert!(shown.contains(why), "{line}: {shown}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_pretty_bundle_becomes_one_line() {
        let record = Record::new("n", "{\n  \"a\": [\r\n\t1,\n2],\n  \"b\": \"x\\n  y\"\n}\n").unwrap();
        assert_eq!(record.bundle.get(), "{\"a\": [1,2],\"b\": \"x\\n  y\"}");
        assert!(Record::new("n", "{\"a\":1,\"a\":2}").is_err());
        assert!(Record::new("n", "\"text\"").is_err());
    }

    proptest! {
        #[test]
        fn the_bundle_is_kept_byte_for_byte(
            name in "\\PC{0,20}",
            url in "\\PC{0,20}",
            key in "[a-z]{1,8}",
            number in prop_oneof![Just("1"), Just("1.0"), Just("1E+2"), Just("12345678901234567890")],
            space in "[ \t]{0,3}",
        ) {
            let bundle = format!("{{{space}\"{key}\"{space}:{space}[{number},\"\\u0041\\n\"]{space}}}");
            let record = Record { url, ..Record::new(name, &bundle).unwrap() };
            let line = record.line();
            prop_assert!(!line.contains(['\n', '\r']));
            let read = Record::parse(&line).unwrap();
            prop_assert_eq!(read.bundle.get(), bundle);
            prop_assert_eq!((&read.name, &read.id, &read.url), (&record.name, &record.id, &record.url));
            prop_assert_eq!(read.line(), line);
        }

        #[test]
        fn any_line_is_read_or_refused(line in "\\PC{0,80}") {
            let _ = Record::parse(&line);
        }
    }
}
