//! GitHub's own description of its API, held against every request and every answer.
//!
//! `openapi.json` is taken from the npm package `@octokit/openapi` 23.0.2 (MIT, © Octokit contributors): the
//! operations used here with the definitions they reach, as JSON Schema without descriptions and examples.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::http::{Request, unescaped};
use super::schema::Schemas;

/// The description.
#[derive(Debug)]
pub(super) struct Contract {
    operations: Vec<Value>,
    pub(super) schemas: Schemas,
}

/// An operation that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// `pulls/merge`.
    pub(super) id: String,
    /// The names in the path, unescaped.
    pub(super) path: BTreeMap<String, String>,
    at: usize,
}

/// What any operation may answer besides what is described for it.
const ANYWHERE: [u16; 9] = [304, 401, 403, 404, 429, 500, 502, 503, 504];

impl Contract {
    pub(super) fn new() -> Self {
        let text = include_str!("openapi.json");
        let mut description: Value = serde_json::from_str(text).expect("it is JSON");
        let definitions = match description["$defs"].take() {
            Value::Object(definitions) => definitions,
            other => panic!("no definitions: {other}"),
        };
        let operations = description["operations"].as_array().cloned().expect("there are operations");
        Self { operations, schemas: Schemas { definitions } }
    }

    /// The operation a request is for: the template with the fewest names wins, as routers have it.
    pub(super) fn operation(&self, request: &Request) -> Option<Asked> {
        let fitting =
            self.operations.iter().enumerate().filter(|(_, one)| one["method"] == request.method.as_str());
        let found = fitting.filter_map(|(at, one)| {
            let path = fit(one["path"].as_str()?, &request.path)?;
            Some(Asked { id: one["id"].as_str()?.to_owned(), path, at })
        });
        found.min_by_key(|asked| asked.path.len())
    }

    /// What is wrong with a request.
    pub(super) fn request(&self, asked: &Asked, request: &Request) -> Vec<String> {
        let operation = &self.operations[asked.at];
        let mut faults = Vec::new();
        for (name, value) in &request.query {
            match operation.pointer("/params/query").and_then(|query| query.get(name)) {
                Some(parameter) => {
                    let value = typed(value, &parameter["schema"]);
                    let found = self.schemas.faults(&parameter["schema"], &value, true);
                    faults.extend(found.into_iter().map(|fault| format!("?{name}{fault}")));
                }
                None => faults.push(format!("?{name}: GitHub knows no such parameter")),
            }
        }
        for (name, value) in &asked.path {
            let schema = &operation["params"]["path"][name]["schema"];
            if !schema.is_null() {
                let found = self.schemas.faults(schema, &typed(value, schema), true);
                faults.extend(found.into_iter().map(|fault| format!("{{{name}}}{fault}")));
            }
        }
        let described = &operation["request"];
        match described["contentType"].as_str() {
            Some("application/json") if !request.body.is_empty() => {
                match serde_json::from_slice::<Value>(&request.body) {
                    Ok(body) => faults.extend(self.schemas.faults(&described["schema"], &body, true)),
                    Err(why) => faults.push(format!("the body is no JSON: {why}")),
                }
            }
            Some("application/json") if described["required"] == true => faults.push("no body".to_owned()),
            None if !request.body.is_empty() => faults.push("a body where none is taken".to_owned()),
            _ => {}
        }
        faults
    }

    /// What is wrong with an answer.
    pub(super) fn answer(&self, asked: &Asked, status: u16, body: &[u8]) -> Vec<String> {
        let operation = &self.operations[asked.at];
        let Some(schema) = operation["responses"].get(status.to_string()) else {
            if ANYWHERE.contains(&status) {
                return Vec::new();
            }
            return vec![format!("the stand-in answers {status}, which GitHub does not")];
        };
        if schema.is_null() {
            return Vec::new();
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(body) => self.schemas.faults(schema, &body, false),
            Err(why) => vec![format!("the stand-in's answer is no JSON: {why}")],
        }
    }
}

/// A parameter as the type it is described with.
fn typed(value: &str, schema: &Value) -> Value {
    let number = || value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number));
    match schema["type"].as_str() {
        Some("integer") => number(),
        Some("boolean") => value.parse::<bool>().map_or_else(|_| json!(value), |known| json!(known)),
        _ => json!(value),
    }
}

/// The names of a template as a path has them. Only the last may take several parts (`{ref}`), and a part may hold
/// two (`{base}...{head}`).
fn fit(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    let parts: Vec<&str> = template.split('/').collect();
    let mut given: Vec<&str> = path.split('/').collect();
    let several = ["{ref}", "{branch}", "{path}", "{basehead}", "{base}...{head}"];
    let last = parts.last().copied().unwrap_or_default();
    let joined;
    if several.contains(&last) && given.len() >= parts.len() {
        joined = given.split_off(parts.len() - 1).join("/");
        given.push(&joined);
    }
    if given.len() != parts.len() {
        return None;
    }
    for (part, given) in parts.into_iter().zip(given) {
        if part == "{base}...{head}" {
            let (base, head) = given.split_once("...")?;
            names.insert("base".to_owned(), unescaped(base));
            names.insert("head".to_owned(), unescaped(head));
        } else if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            if given.is_empty() {
                return None;
            }
            names.insert(name.to_owned(), unescaped(given));
        } else if part != given {
            return None;
        }
    }
    Some(names)
}
