//! The manual page says every key and every word the parser knows.
//!
//! The list comes from the structs' own `Deserialize`: a probe answers whatever they ask for and
//! writes down what that was.

use std::cell::RefCell;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::*;

const PAGE: &str = include_str!("../../../../man/lineage.toml.5");

/// What was asked for: a table's header and a key in it, or a key's header and one of its words.
#[derive(Debug, Default)]
struct Asked {
    keys: Vec<(String, String)>,
    words: Vec<(String, String)>,
}

struct Probe<'a> {
    path: Vec<String>,
    asked: &'a RefCell<Asked>,
}

impl Probe<'_> {
    fn below(&self, step: &str) -> Self {
        Self { path: [self.path.as_slice(), &[step.to_owned()]].concat(), asked: self.asked }
    }
}

impl IntoDeserializer<'_, Error> for Probe<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // Text that a date's reader takes, too.
        visitor.visit_str("2026-01-31T00:00:00Z")
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(1)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(true)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(std::iter::once(self.below("[]"))))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(std::iter::once(("x", self.below("NAME")))))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let known = keys.iter().map(|key| (header(&self.path), (*key).to_owned()));
        self.asked.borrow_mut().keys.extend(known);
        visitor.visit_map(MapDeserializer::new(keys.iter().map(|key| (*key, self.below(key)))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // The words of a list belong to the key that holds the list.
        let key = self.path.strip_suffix(&["[]".to_owned()]).unwrap_or(&self.path);
        let table = header(&key[..key.len() - 1]);
        self.asked.borrow_mut().words.extend(words.iter().map(|word| (table.clone(), (*word).to_owned())));
        let first: StrDeserializer<'_, Error> = words[0].into_deserializer();
        first.deserialize_enum(name, words, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct tuple tuple_struct identifier ignored_any
    }
}

/// `[a.b]` or, for the tables of an array, `[[a.b]]`; empty for the top level.
fn header(path: &[String]) -> String {
    let steps: Vec<&str> = path.iter().map(String::as_str).filter(|step| *step != "[]").collect();
    match path.last().map(String::as_str) {
        None => String::new(),
        Some("[]") => format!("[[{}]]", steps.join(".")),
        Some(_) => format!("[{}]", steps.join(".")),
    }
}

fn asked() -> Asked {
    let asked = RefCell::new(Asked::default());
    Config::deserialize(Probe { path: Vec::new(), asked: &asked }).unwrap();
    asked.into_inner()
}

/// The subsections of the page by their headings; the top level has none.
fn sections() -> BTreeMap<String, String> {
    let plain = PAGE.replace("\\-", "-");
    let keys = plain.split(".SH KEYS\n").nth(1).unwrap().split(".SH ").next().unwrap();
    let sections = keys.split(".SS ").skip(1);
    sections
        .map(|section| section.split_once('\n').unwrap())
        .map(|(title, text)| (title.replace("Top level", ""), text.to_owned()))
        .collect()
}

#[test]
fn every_key_and_every_word_has_its_place_in_the_page() {
    let (asked, sections) = (asked(), sections());
    assert!(asked.keys.len() > 40, "{asked:?}");
    for (table, key) in &asked.keys {
        // A key whose value is a table, or an array of them, is a subsection of its own, or a prefix of one.
        let path = format!("{}.{key}", table.trim_matches(['[', ']'])).trim_start_matches('.').to_owned();
        let own = sections.keys().any(|title| {
            let title = title.trim_matches(['[', ']']);
            title == path || title.starts_with(&format!("{path}."))
        });
        let entry = format!("\n.BR {key} \" = ");
        let described = sections.get(table).is_some_and(|text| format!("\n{text}").contains(&entry));
        assert!(own || described, "the page does not describe `{key}` under `{table}`");
    }
    for (table, word) in &asked.words {
        let text = sections.get(table).unwrap_or_else(|| panic!("no section `{table}` for `{word}`"));
        assert!(text.contains(&format!("\"{word}\"")), "the page does not say `{word}` under `{table}`");
    }
}

#[test]
fn the_page_describes_nothing_else() {
    let asked = asked();
    for (table, text) in sections() {
        for line in
            text.lines().filter_map(|line| line.strip_prefix(".BR ").filter(|rest| rest.contains(" \" = ")))
        {
            let key = line.split(' ').next().unwrap();
            assert!(asked.keys.contains(&(table.clone(), key.to_owned())), "`{key}` under `{table}` is not read");
        }
    }
}

#[test]
fn the_example_is_a_file_that_is_read() {
    let example = PAGE.split(".EX\n").nth(1).unwrap().split(".EE").next().unwrap();
    let example = example.replace("\\-", "-").replace("\\e", "\\").replace("\\&", "");
    let config = read(&example);
    assert_eq!(config.check_keys().len(), 6);
    assert_eq!(config.trust.keys.len(), 1);
}
