//! YAML as Helm reads and writes it: go-yaml v2 below `sigs.k8s.io/yaml`, which goes through JSON.
//!
//! A package holds `Chart.yaml` re-marshalled by that library, so its bytes depend on how go-yaml
//! resolves, orders, quotes and folds. These files follow it where the result can differ.

mod order;
mod read;
mod resolve;
mod scalar;
mod write;

pub(super) use order::natural;
pub(super) use read::{document, documents, resolved, strict};
pub(super) use resolve::float_text;
pub(super) use write::write;

use std::collections::BTreeMap;

/// A YAML value after resolution, with the keys of mappings as the text Helm makes of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// Within i64 or u64: what is larger is a float, as in go-yaml.
    Int(i128),
    Float(f64),
    Str(String),
    Seq(Vec<Node>),
    Map(BTreeMap<String, Node>),
}

impl Node {
    /// What it is, for a sentence.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Str(_) => "a text",
            Self::Seq(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

#[cfg(test)]
mod read_tests;
#[cfg(test)]
mod write_tests;
