//! As much JSON Schema as GitHub's description uses. A keyword this file does not know stops every test, so that
//! nothing is taken for checked that is not.

use serde_json::{Map, Value, json};

/// Every keyword there is, besides those that only describe.
const KNOWN: [&str; 18] = [
    "type",
    "$ref",
    "properties",
    "format",
    "required",
    "enum",
    "items",
    "additionalProperties",
    "allOf",
    "oneOf",
    "anyOf",
    "maxLength",
    "maxItems",
    "minimum",
    "maximum",
    "minItems",
    "minLength",
    "maxProperties",
];

/// The shared definitions.
#[derive(Debug)]
pub(super) struct Schemas {
    pub(super) definitions: Map<String, Value>,
}

impl Schemas {
    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        while let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let name = name.strip_prefix("#/$defs/").expect("references are to definitions");
            schema = self.definitions.get(name).unwrap_or_else(|| panic!("no definition {name}"));
        }
        schema
    }

    /// What is wrong with a value; `closed`: fields the schema does not name are wrong, too.
    pub(super) fn faults(&self, schema: &Value, value: &Value, closed: bool) -> Vec<String> {
        let mut faults = Vec::new();
        self.look(schema, value, closed, "", &mut faults);
        faults
    }

    fn look(&self, schema: &Value, value: &Value, closed: bool, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        let Some(schema) = schema.as_object() else {
            assert!(schema.is_boolean(), "no schema: {schema}");
            if schema == &json!(false) {
                faults.push(format!("{at}: must not be there"));
            }
            return;
        };
        for keyword in schema.keys() {
            assert!(KNOWN.contains(&keyword.as_str()), "the keyword {keyword} is not known");
        }
        if let Some(kinds) = schema.get("type")
            && !kinds_of(kinds).any(|kind| is(kind, value))
        {
            faults.push(format!("{at}: {} is no {kinds}", short(value)));
            return;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array)
            && !values.contains(value)
        {
            faults.push(format!("{at}: {} is none of {}", short(value), schema["enum"]));
        }
        if let (Some(format), Some(text)) = (schema.get("format").and_then(Value::as_str), value.as_str()) {
            let good = match format {
                "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
                "uri" => text.contains("://"),
                "repo.nwo" => text.split('/').count() == 2,
                _ => true,
            };
            if !good {
                faults.push(format!("{at}: {text:?} is no {format}"));
            }
        }
        limits(schema, value, at, faults);
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            // Each part sees the fields of the others.
            self.look(part, value, false, at, faults);
        }
        for (word, one) in [("oneOf", true), ("anyOf", false)] {
            let Some(parts) = schema.get(word).and_then(Value::as_array) else { continue };
            let found: Vec<Vec<String>> = parts.iter().map(|part| self.faults(part, value, closed)).collect();
            let fitting = found.iter().filter(|faults| faults.is_empty()).count();
            // GitHub's own alternatives overlap where they are open; what matters is that one fits.
            if fitting == 0 {
                let nearest = found.into_iter().min_by_key(Vec::len).unwrap_or_default().join(", ");
                let what = if one { "fits none of one" } else { "fits none of any" };
                faults.push(format!("{at}: {} {what}: {nearest}", short(value)));
            }
        }
        if let Some(items) = schema.get("items") {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                self.look(items, item, closed, &format!("{at}[{index}]"), faults);
            }
        }
        let Some(object) = value.as_object() else { return };
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap_or_default()) {
                faults.push(format!("{at}: {name} is missing"));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            let at = format!("{at}.{name}");
            match (properties.and_then(|properties| properties.get(name)), schema.get("additionalProperties")) {
                (Some(schema), _) | (None, Some(schema)) => self.look(schema, value, closed, &at, faults),
                (None, None) if closed && properties.is_some() => {
                    faults.push(format!("{at}: GitHub knows no such field"));
                }
                (None, None) => {}
            }
        }
    }

    /// The least value that fits: what a response is made of before it says anything.
    pub(super) fn least(&self, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values.first().cloned().unwrap_or_default();
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(part) = schema.get(word).and_then(Value::as_array).and_then(|parts| parts.first()) {
                return self.least(part);
            }
        }
        let mut value = match schema.get("type").map(kinds_of).and_then(|mut kinds| {
            let kinds: Vec<&str> = kinds.by_ref().collect();
            kinds.iter().find(|kind| **kind == "null").or(kinds.first()).copied()
        }) {
            Some("null") => Value::Null,
            Some("string") => match schema.get("format").and_then(Value::as_str) {
                Some("date-time") => json!("2025-11-21T00:00:00Z"),
                Some("uri") => json!("https://github.invalid/nothing"),
                _ => json!(""),
            },
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
            Some("boolean") => json!(false),
            Some("array") => json!([]),
            _ => json!({}),
        };
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            overlay(&mut value, self.least(part));
        }
        if let Some(object) = value.as_object_mut() {
            for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                let property = schema.pointer(&format!("/properties/{name}")).cloned().unwrap_or(json!({}));
                let least = self.least(&property);
                object.entry(name).or_insert(least);
            }
        }
        value
    }

    /// The least value of a definition, with what is known laid over it.
    pub(super) fn filled(&self, definition: &str, known: Value) -> Value {
        let mut value = self.least(&json!({ "$ref": format!("#/$defs/{definition}") }));
        overlay(&mut value, known);
        value
    }
}

/// Lays what is known over what is there: objects field by field, everything else whole.
pub(super) fn overlay(value: &mut Value, known: Value) {
    match (value, known) {
        (Value::Object(there), Value::Object(known)) => {
            for (name, known) in known {
                overlay(there.entry(name).or_insert(Value::Null), known);
            }
        }
        (value, known) => *value = known,
    }
}

fn kinds_of(kinds: &Value) -> impl Iterator<Item = &str> {
    let several = kinds.as_array().map(Vec::as_slice).unwrap_or_default();
    kinds.as_str().into_iter().chain(several.iter().filter_map(Value::as_str))
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no kind {other}"),
    }
}

fn limits(schema: &Map<String, Value>, value: &Value, at: &str, faults: &mut Vec<String>) {
    let sizes = [
        ("maxLength", value.as_str().map(|text| text.chars().count()), true),
        ("minLength", value.as_str().map(|text| text.chars().count()), false),
        ("maxItems", value.as_array().map(Vec::len), true),
        ("minItems", value.as_array().map(Vec::len), false),
        ("maxProperties", value.as_object().map(Map::len), true),
        ("maximum", value.as_u64().and_then(|number| usize::try_from(number).ok()), true),
        ("minimum", value.as_u64().and_then(|number| usize::try_from(number).ok()), false),
    ];
    for (word, size, most) in sizes {
        let Some((limit, size)) = schema.get(word).and_then(Value::as_u64).zip(size) else { continue };
        let size = size as u64;
        if (most && size > limit) || (!most && size < limit) {
            faults.push(format!("{at}: {word} is {limit}, there are {size}"));
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { format!("{}…", text.chars().take(60).collect::<String>()) }
}
