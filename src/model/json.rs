//! JSON as a security tool needs it: no duplicate keys in, RFC 8785 out.
//!
//! Two readers that disagree on which of two equal keys counts can be shown two different statements
//! by one signature. So an object that repeats a key is no JSON here, at any depth.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Reads JSON, refusing an object that repeats a key at any depth, and anything behind the value.
///
/// # Errors
/// A sentence that says what is wrong and where.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // The first pass looks at every key and builds nothing; the second is serde_json's own, so that its
    // errors keep line and column. Both stop at serde_json's depth of 128.
    check(text)?;
    serde_json::from_str(text).map_err(|e| e.to_string())
}

/// Whether [`parse`] would take it for JSON, for whoever reads it in another way.
///
/// # Errors
/// As [`parse`].
pub fn check(text: &str) -> Result<(), String> {
    serde_json::from_str::<Unique>(text).map(|_| ()).map_err(|e| e.to_string())
}

/// As [`parse`] for any value, in one pass.
///
/// # Errors
/// As [`parse`].
pub fn value(text: &str) -> Result<Value, String> {
    serde_json::from_str::<Built>(text).map(|built| built.0).map_err(|e| e.to_string())
}

/// The [RFC 8785](https://www.rfc-editor.org/rfc/rfc8785) form: one value, one spelling. Numbers are
/// doubles there: an integer above 2^53 is rounded, so larger ones are kept as text.
///
/// # Panics
/// A value that no JSON can hold: a key that is no text or stands there twice, a number that is not
/// finite. No type of this crate can hold one, whatever is read into it.
#[expect(clippy::expect_used, reason = "said in the message; no input reaches it")]
pub fn canonical<T: Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value)
        .expect("what we serialize has text keys only, none of them twice, and finite numbers")
}

/// Any JSON value without a repeated key.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Unique)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Unique>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(Key(key)) = map.next_key()? {
            unreserved(&key)?;
            map.next_value::<Unique>()?;
            if let Some(key) = seen.replace(key) {
                return Err(twice(&key));
            }
        }
        Ok(self)
    }
}

/// `serde_json` reads some keys as instructions to itself: behind one of them a whole document, with whatever
/// keys twice, can hide in a string.
fn unreserved<E: serde::de::Error>(key: &str) -> Result<(), E> {
    if key.starts_with("$serde_json::") {
        return Err(E::custom(format_args!("the key `{key}` is reserved")));
    }
    Ok(())
}

fn twice<E: serde::de::Error>(key: &str) -> E {
    E::custom(format_args!("the key `{key}` occurs twice"))
}

/// A key, borrowed where it is written without escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text).map(Key)
    }
}

struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
}

/// Any JSON value without a repeated key, built.
struct Built(Value);

impl<'de> Deserialize<'de> for Built {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Builder).map(Built)
    }
}

struct Builder;

impl<'de> Visitor<'de> for Builder {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Built(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(Key(key)) = map.next_key()? {
            unreserved(&key)?;
            let Built(value) = map.next_value()?;
            if fields.insert(key.to_string(), value).is_some() {
                return Err(twice(&key));
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_repeated_key_is_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":1,"b":2,"a":3}]}"#, "{\"a\":1,\"\\u0061\":2}"] {
            let error = parse::<Value>(text).unwrap_err();
            assert!(error.contains("the key `a` occurs twice at line 1"), "{error}");
            assert_eq!(value(text).unwrap_err(), error);
        }
        assert_eq!(parse::<Value>(r#"{"a":{"a":1},"b":{"a":1}}"#), Ok(json!({"a":{"a":1},"b":{"a":1}})));
    }

    #[test]
    fn a_document_hidden_in_a_string_is_refused() {
        let text = r#"{"x":{"$serde_json::private::RawValue":"{\"a\":1,\"a\":2}"}}"#;
        assert!(parse::<Value>(text).unwrap_err().contains("reserved"));
        assert!(value(text).unwrap_err().contains("reserved"));
    }

    #[test]
    fn what_follows_the_value_is_refused() {
        assert!(parse::<Value>("{} {}").unwrap_err().contains("trailing characters"));
        assert_eq!(parse::<Value>(" {} \n"), Ok(json!({})));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse::<Value>(&deep).unwrap_err().contains("recursion limit"));
        assert!(value(&deep).unwrap_err().contains("recursion limit"));
    }

    #[test]
    fn a_wrong_type_says_where() {
        let error = parse::<std::collections::BTreeMap<String, u64>>("{\n  \"a\": \"x\"}").unwrap_err();
        assert!(error.contains("line 2 column"), "{error}");
    }

    #[test]
    fn canonical_form_is_that_of_rfc_8785() {
        // Section 3.2.2 of the RFC.
        let value: Value = parse(concat!(
            r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"#,
            r#""string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#
        ))
        .unwrap();
        assert_eq!(
            canonical(&value),
            concat!(
                r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
                "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
            )
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\[\\]{}\",:a0-9. \\\\u-]{0,60}") {
            prop_assert_eq!(value(&text), parse::<Value>(&text));
            prop_assert_eq!(check(&text), parse::<Value>(&text).map(|_| ()));
            if let Ok(value) = parse::<Value>(&text) {
                // One value, one spelling: reading the spelling gives it again.
                let line = canonical(&value);
                prop_assert_eq!(canonical(&parse::<Value>(&line).unwrap()), line);
            }
        }
    }
}
