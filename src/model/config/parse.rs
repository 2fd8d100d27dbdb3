//! From TOML to the structs of the configuration, keeping hold of where everything stands.
//!
//! The structs' own `Deserialize` decides which keys there are; this reader only knows positions, so
//! that there is no second list of keys to forget.

use std::fmt;

use serde::Deserialize;
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Config, ConfigError, check};

/// The version of the file this program reads.
const VERSION: u64 = 1;

/// A configuration is a page or two; more than this is something else.
const SIZE_LIMIT: usize = 1 << 20;

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Fault {
    at: Option<usize>,
    newer: bool,
    message: String,
}

impl Fault {
    /// A fault at a byte of the text.
    pub(super) fn at(at: usize, message: impl Into<String>) -> Self {
        Self { at: Some(at), newer: false, message: message.into() }
    }

    /// The fault met in `place`, if nothing inside it has already taken it.
    fn within(self, place: &Place<'_>) -> Self {
        match self.at {
            Some(_) => self,
            None if place.path.is_empty() => Self { at: Some(place.at), ..self },
            None => Self { at: Some(place.at), message: format!("`{}`: {}", place.path, self.message), ..self },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { at: None, newer: false, message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            Unexpected::Seq => "an array".to_owned(),
            Unexpected::Map => "a table".to_owned(),
            other => format!("the {other}"),
        };
        let expected = expected.to_string();
        let expected = match expected.as_str() {
            "a sequence" => "an array",
            "a map" => "a table",
            "u64" => "a whole number, not below 0",
            structure if structure.starts_with("struct ") => "a table",
            choice if choice.starts_with("enum ") || choice.starts_with("variant ") => "one of its words",
            other => other,
        };
        Self::custom(format_args!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(word: &str, words: &'static [&'static str]) -> Self {
        Self::custom(format_args!("`{word}` is not one of {}{}", listed(words), guess(word, words)))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::custom(format_args!("the key `{key}` is missing"))
    }
}

/// Reads the file's text.
pub(super) fn parse(file: &str, text: &str) -> Result<Config, ConfigError> {
    read(text).map_err(|fault| {
        let (line, column) = position(text, fault.at.unwrap_or(0));
        ConfigError { file: file.to_owned(), line, column, message: fault.message, newer: fault.newer }
    })
}

fn read(text: &str) -> Result<Config, Fault> {
    if text.len() > SIZE_LIMIT {
        return Err(Fault::at(0, format!("the file has {} bytes; at most {SIZE_LIMIT} are read", text.len())));
    }
    let table = DeTable::parse(text)
        .map_err(|e| Fault::at(e.span().map_or(0, |span| span.start), e.message().trim().replace('\n', " ")))?;
    // Before anything else: a later version may know keys that this one does not.
    if let Some(version) = table.get_ref().get("version")
        && let DeValue::Integer(number) = version.get_ref()
        && let Ok(number) = u64::from_str_radix(number.as_str(), number.radix())
        && number > VERSION
    {
        let message =
            format!("the file is of version {number}; this program reads version {VERSION}, use a later one");
        return Err(Fault { newer: true, ..Fault::at(version.span().start, message) });
    }
    if table.get_ref().contains_key("version") && !table.get_ref().contains_key("repository") {
        return Err(Fault::at(0, "the key `repository.id` is missing"));
    }
    let root = DeValue::Table(table.into_inner());
    let place = Place { value: &root, at: 0, path: String::new() };
    let config = Config::deserialize(place)?;
    check::check(&config, &Document(&root))?;
    Ok(config)
}

/// Line and column of a byte, both from 1, the column in characters.
fn position(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    (before.matches('\n').count().saturating_add(1), column.saturating_add(1))
}

/// The parsed file, asked where a value stands.
pub(super) struct Document<'a>(&'a DeValue<'a>);

impl Document<'_> {
    /// The byte at which the value at `path` begins (table keys and array indices), or the nearest
    /// table around it where the file does not say it.
    pub(super) fn find(&self, path: &[&str]) -> usize {
        let mut value = self.0;
        let mut at = 0;
        for step in path {
            let next = match value {
                DeValue::Table(table) => table.get(*step),
                DeValue::Array(array) => step.parse::<usize>().ok().and_then(|index| array.get(index)),
                _ => None,
            };
            let Some(next) = next else { break };
            value = next.get_ref();
            at = next.span().start;
        }
        at
    }
}

/// `a`, `b` or `c`.
pub(super) fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// `; did you mean …?` where a known word is near.
pub(super) fn guess<T: AsRef<str>>(word: &str, known: &[T]) -> String {
    let length = word.chars().count();
    if length > 60 {
        return String::new();
    }
    // A misspelling is near; a third of the word changed is another word.
    let limit = (length / 3).max(2);
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate.as_ref()), candidate.as_ref()))
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map_or_else(String::new, |(_, candidate)| format!("; did you mean `{candidate}`?"))
}

/// `a string`, `an array`.
fn named(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// A value and where it stands.
struct Place<'a> {
    value: &'a DeValue<'a>,
    at: usize,
    path: String,
}

impl<'a> Place<'a> {
    fn below(&self, step: &str, value: &'a Spanned<DeValue<'a>>) -> Self {
        let path = if self.path.is_empty() { step.to_owned() } else { format!("{}.{step}", self.path) };
        Self { value: value.get_ref(), at: value.span().start, path }
    }

    /// Refuses the first key, as the file has them, that `known` does not hold.
    fn only(&self, table: &DeTable<'_>, known: &'static [&'static str]) -> Result<(), Fault> {
        let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let word = key.get_ref().as_ref();
        let within = if self.path.is_empty() { String::new() } else { format!(" in `{}`", self.path) };
        let guess = guess(word, known);
        let known = if guess.is_empty() { format!("; known there: {}", listed(known)) } else { guess };
        let word: String = word.chars().take(60).flat_map(char::escape_debug).collect();
        Err(Fault::at(key.span().start, format!("unknown key `{word}`{within}{known}")))
    }

    fn any<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Fault> {
        match self.value {
            DeValue::String(text) => visitor.visit_str(text),
            DeValue::Boolean(flag) => visitor.visit_bool(*flag),
            DeValue::Integer(number) => {
                if let Ok(number) = u64::from_str_radix(number.as_str(), number.radix()) {
                    visitor.visit_u64(number)
                } else if let Ok(number) = i64::from_str_radix(number.as_str(), number.radix()) {
                    visitor.visit_i64(number)
                } else {
                    Err(de::Error::custom(format_args!("the number {number} is too large")))
                }
            }
            DeValue::Float(number) => {
                Err(de::Error::invalid_type(Unexpected::Other(&format!("number {}", number.as_str())), &visitor))
            }
            DeValue::Datetime(date) => {
                Err(de::Error::invalid_type(Unexpected::Other(&format!("date {date}")), &visitor))
            }
            DeValue::Array(array) => visitor.visit_seq(Items { place: self, items: array.iter().enumerate() }),
            DeValue::Table(table) => visitor.visit_map(Entries { place: self, rest: table.iter(), value: None }),
        }
    }
}

impl<'de> Deserializer<'de> for Place<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.any(visitor).map_err(|fault| fault.within(&self))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // Serde would read an array as the struct's fields in order.
        let DeValue::Table(table) = self.value else {
            let fault: Fault = de::Error::custom(format_args!("expected a table, found {}", named(self.value)));
            return Err(fault.within(&self));
        };
        self.only(table, known)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let result = match self.value {
            DeValue::String(word) => {
                let word: &str = word;
                let word: de::value::StrDeserializer<'_, Fault> = word.into_deserializer();
                word.deserialize_enum(name, words, visitor)
            }
            other => Err(de::Error::custom(format_args!("expected {}, found {}", listed(words), named(other)))),
        };
        result.map_err(|fault| fault.within(&self))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// The values of an array.
struct Items<'p, 'a, I> {
    place: &'p Place<'a>,
    items: I,
}

impl<'de, 'a: 'p, 'p, I: Iterator<Item = (usize, &'a Spanned<DeValue<'a>>)>> SeqAccess<'de> for Items<'p, 'a, I> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, value)) = self.items.next() else { return Ok(None) };
        seed.deserialize(self.place.below(&index.to_string(), value)).map(Some)
    }
}

/// The keys and values of a table.
struct Entries<'p, 'a, I> {
    place: &'p Place<'a>,
    rest: I,
    value: Option<(&'a str, &'a Spanned<DeValue<'a>>)>,
}

impl<'de, 'a: 'p, 'p, I> MapAccess<'de> for Entries<'p, 'a, I>
where
    I: Iterator<Item = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)>,
{
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        let key: &str = key.get_ref();
        self.value = Some((key, value));
        let key: de::value::StrDeserializer<'_, Fault> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((key, value)) = self.value.take() else {
            return Err(de::Error::custom("a value was read before its key"));
        };
        // What a field's own reader refuses is told of the value, not of the table around it.
        let place = self.place.below(key, value);
        seed.deserialize(self.place.below(key, value)).map_err(|fault: Fault| fault.within(&place))
    }
}
