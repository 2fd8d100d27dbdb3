//! Reading: the documents of a file as [`Node`]s, resolved by go-yaml's rules.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, Visitor};

use super::Node;
use super::resolve::{Resolved, float_text, resolve};

/// Nodes that aliases may add beyond one per byte; go-yaml draws its line at the same number.
const ALIASED_NODES: usize = 400_000;
/// Open brackets at one place. The parser's time grows with tokens times depth, so that without a limit a
/// few hundred kilobytes of brackets take minutes; Helm's parser has one for the same reason.
const FLOW_DEPTH: usize = 500;

/// The first document of `source`, which is all that Helm reads of `Chart.yaml`. Nothing at all is null.
///
/// # Errors
/// A sentence, where `source` is not YAML, nests deeper than 128 levels, or multiplies aliases.
pub(in crate::helm) fn document(source: &[u8]) -> Result<Node, String> {
    read(source, 1).map(|mut nodes| nodes.pop().unwrap_or(Node::Null))
}

/// Every document of `source`.
///
/// # Errors
/// As [`document`].
pub(in crate::helm) fn documents(source: &[u8]) -> Result<Vec<Node>, String> {
    read(source, usize::MAX)
}

/// The one document of `source`, read as Helm reads a repository's index: a key that occurs twice in a
/// mapping is an error.
///
/// # Errors
/// As [`document`], or there is another number of documents.
pub(in crate::helm) fn strict(source: &[u8]) -> Result<Node, String> {
    let mut nodes = read_with(source, 2, true)?;
    match (nodes.pop(), nodes.is_empty()) {
        (Some(node), true) => Ok(node),
        (None, _) => Ok(Node::Null),
        (Some(_), false) => Err("there is more than one document".to_owned()),
    }
}

fn read(source: &[u8], count: usize) -> Result<Vec<Node>, String> {
    read_with(source, count, false)
}

fn read_with(source: &[u8], count: usize, strict: bool) -> Result<Vec<Node>, String> {
    check_flow_depth(source)?;
    let reading = Reading { source, strict, left: Cell::new(source.len().saturating_add(ALIASED_NODES)) };
    yaml_serde::Deserializer::from_slice(source)
        .take(count)
        .map(|document| document.deserialize_any(&reading).map_err(|e| e.to_string()))
        .collect()
}

/// Brackets in comments and texts count as well: to tell them apart would take the parser. Values nest
/// ten deep, and hundreds of brackets that nobody closes do not occur.
fn check_flow_depth(source: &[u8]) -> Result<(), String> {
    let mut depth = 0_usize;
    for byte in source {
        match byte {
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > FLOW_DEPTH {
            return Err(format!("more than {FLOW_DEPTH} brackets stand open"));
        }
    }
    Ok(())
}

/// Makes nodes. It needs the source, because the parser hands out `yes` and `'yes'` alike: a text that is
/// borrowed from the source tells by the byte before it whether it was quoted.
#[derive(Debug)]
struct Reading<'a> {
    source: &'a [u8],
    /// Whether a key may not occur twice.
    strict: bool,
    left: Cell<usize>,
}

impl Reading<'_> {
    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| E::custom("aliases multiply the document"))?;
        self.left.set(left);
        Ok(())
    }

    /// Whether a text borrowed from the source stands there plain, without quotes or `!!str`.
    fn is_plain(&self, text: &str) -> bool {
        let offset = text.as_ptr().addr().wrapping_sub(self.source.as_ptr().addr());
        let Some(before) = self.source.get(..offset) else { return false };
        !matches!(before.last(), Some(b'"' | b'\'')) && !before.trim_ascii_end().ends_with(b"!!str")
    }
}

/// A mapping's key: the text Helm makes of it, or the merge key.
enum Key {
    Text(String),
    Merge,
}

#[derive(Debug)]
struct KeyReading<'r, 'a>(&'r Reading<'a>);

impl<'de> DeserializeSeed<'de> for KeyReading<'_, '_> {
    type Value = Key;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeyReading<'_, '_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a text, a number or a boolean")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Key, E> {
        Ok(Key::Text(value.to_string()))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Key, E> {
        Ok(Key::Text(value.to_string()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Key, E> {
        Ok(Key::Text(value.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Key, E> {
        Ok(Key::Text(float_text(value)))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Key, E> {
        Ok(Key::Text(value.to_owned()))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<Key, E> {
        if !self.0.is_plain(value) {
            return Ok(Key::Text(value.to_owned()));
        }
        match resolve(value) {
            Resolved::Merge => Ok(Key::Merge),
            Resolved::Null => Err(E::custom("a key is empty")),
            Resolved::Bool(value) => Ok(Key::Text(value.to_string())),
            Resolved::Int(value) => Ok(Key::Text(value.to_string())),
            Resolved::Float(value) => Ok(Key::Text(float_text(value))),
            Resolved::Timestamp | Resolved::Str => Ok(Key::Text(value.to_owned())),
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Reading<'_> {
    type Value = Node;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Reading<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
        self.count()?;
        Ok(Node::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Node, E> {
        self.count()?;
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Node, E> {
        self.count()?;
        Ok(Node::Int(value.into()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node, E> {
        self.count()?;
        Ok(Node::Int(value.into()))
    }

    #[expect(clippy::cast_precision_loss, reason = "go-yaml reads an integer beyond 64 bits as a float")]
    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "go-yaml reads an integer beyond 64 bits as a float")]
    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        self.count()?;
        Ok(Node::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Node, E> {
        // Not in the source as it stands, so it was a block or had escapes: never plain.
        self.count()?;
        Ok(Node::Str(value.to_owned()))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<Node, E> {
        self.count()?;
        if !self.is_plain(value) {
            return Ok(Node::Str(value.to_owned()));
        }
        Ok(resolved(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.count()?;
        let mut seq = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            seq.push(item);
        }
        Ok(Node::Seq(seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        self.count()?;
        let mut map = BTreeMap::new();
        // Of a key that occurs twice the later value stands, and a merge overrides what came before it:
        // both are go-yaml v2's doing, not the YAML specification's.
        while let Some(key) = entries.next_key_seed(KeyReading(self))? {
            let value = entries.next_value_seed(self)?;
            match (key, value) {
                (Key::Text(key), _) if self.strict && map.contains_key(&key) => {
                    return Err(A::Error::custom(format_args!("the key `{key}` occurs twice")));
                }
                (Key::Text(key), value) => {
                    map.insert(key, value);
                }
                (Key::Merge, Node::Map(merged)) => map.extend(merged),
                (Key::Merge, Node::Seq(merged)) => {
                    for one in merged.into_iter().rev() {
                        let Node::Map(one) = one else { return Err(not_mergeable()) };
                        map.extend(one);
                    }
                }
                (Key::Merge, _) => return Err(not_mergeable()),
            }
        }
        Ok(Node::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(A::Error::custom("a tag of its own (`!…`) has no meaning here"))
    }
}

/// What a plain text means.
pub(in crate::helm) fn resolved(plain: &str) -> Node {
    match resolve(plain) {
        Resolved::Null => Node::Null,
        Resolved::Bool(value) => Node::Bool(value),
        Resolved::Int(value) => Node::Int(value),
        Resolved::Float(value) => Node::Float(value),
        Resolved::Timestamp | Resolved::Merge | Resolved::Str => Node::Str(plain.to_owned()),
    }
}

fn not_mergeable<E: serde::de::Error>() -> E {
    E::custom("`<<` merges a mapping or a list of mappings")
}
