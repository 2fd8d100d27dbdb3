//! Writing: go-yaml v2's emitter for blocks, as far as a chart's metadata can reach it. Its state (column,
//! indent, what was written last) is kept under the same names as in `emitterc.go`, to be compared.

use serde_json::Value;

use super::order;
use super::resolve::float_yaml;
use super::scalar::Scalar;

/// The line length after which a space may become a fold.
const BEST_WIDTH: usize = 80;
/// Spaces per level.
const BEST_INDENT: usize = 2;
/// A longer key is written as `? key`.
const SIMPLE_KEY: usize = 128;

/// `value` as `sigs.k8s.io/yaml` marshals it: keys in natural order, lists not indented, folded at 80.
pub(in crate::helm) fn write(value: &Value) -> String {
    let mut emitter = Emitter::default();
    emitter.node(value, false);
    emitter.indent = None;
    emitter.write_indent();
    emitter.out
}

/// The emitter's state.
#[derive(Debug)]
pub(super) struct Emitter {
    out: String,
    column: usize,
    /// `None` stands for the -1 before the root.
    indent: Option<usize>,
    whitespace: bool,
    indention: bool,
}

impl Default for Emitter {
    fn default() -> Self {
        Self { out: String::new(), column: 0, indent: None, whitespace: true, indention: true }
    }
}

impl Emitter {
    fn node(&mut self, value: &Value, in_mapping: bool) {
        match value {
            Value::Null => self.plain("null"),
            Value::Bool(value) => self.plain(if *value { "true" } else { "false" }),
            Value::Number(number) => {
                let text = match (number.as_i64(), number.as_u64(), number.as_f64()) {
                    (Some(int), _, _) => int.to_string(),
                    (_, Some(int), _) => int.to_string(),
                    (_, _, Some(float)) => float_yaml(float),
                    (None, None, None) => number.to_string(),
                };
                self.plain(&text);
            }
            Value::String(text) => self.text(text, false),
            Value::Array(items) if items.is_empty() => self.empty("[", "]"),
            Value::Array(items) => {
                let indentless = in_mapping && !self.indention;
                let outer = self.increase_indent(indentless);
                for item in items {
                    self.write_indent();
                    self.indicator("-", true, true);
                    self.node(item, false);
                }
                self.indent = outer;
            }
            Value::Object(entries) if entries.is_empty() => self.empty("{", "}"),
            Value::Object(entries) => {
                let outer = self.increase_indent(false);
                let entries = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
                for (key, value) in order::sorted(entries) {
                    self.write_indent();
                    self.key(key);
                    self.node(value, true);
                }
                self.indent = outer;
            }
        }
    }

    fn key(&mut self, key: &str) {
        if key.len() <= SIMPLE_KEY && !Scalar::of(key).multiline {
            self.text(key, true);
            self.indicator(":", false, false);
        } else {
            self.indicator("?", true, true);
            self.text(key, false);
            self.write_indent();
            self.indicator(":", true, true);
        }
    }

    fn plain(&mut self, text: &str) {
        let outer = self.increase_flow_indent();
        self.write_plain(text, true);
        self.indent = outer;
    }

    /// A text in the style that go-yaml chooses; `simple_key` forbids folds.
    fn text(&mut self, text: &str, simple_key: bool) {
        let outer = self.increase_flow_indent();
        Scalar::of(text).write(self, text, simple_key);
        self.indent = outer;
    }

    fn empty(&mut self, open: &str, close: &str) {
        self.indicator(open, true, false);
        self.whitespace = true;
        self.indicator(close, false, false);
    }

    fn increase_indent(&mut self, indentless: bool) -> Option<usize> {
        let outer = self.indent;
        self.indent = match outer {
            None => Some(0),
            Some(indent) if indentless => Some(indent),
            Some(indent) => Some(indent + BEST_INDENT),
        };
        outer
    }

    fn increase_flow_indent(&mut self) -> Option<usize> {
        let outer = self.indent;
        self.indent = Some(outer.map_or(BEST_INDENT, |indent| indent + BEST_INDENT));
        outer
    }

    pub(super) fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    pub(super) fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    /// A break of the text: a line feed is ours to write, the Unicode separators stand as they are.
    pub(super) fn write_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn indicator(&mut self, indicator: &str, need_whitespace: bool, is_indention: bool) {
        if need_whitespace && !self.whitespace {
            self.put(' ');
        }
        for c in indicator.chars() {
            self.put(c);
        }
        self.whitespace = false;
        self.indention = self.indention && is_indention;
    }

    pub(super) fn write_plain(&mut self, text: &str, allow_breaks: bool) {
        if !self.whitespace {
            self.put(' ');
        }
        self.write_folding(text, allow_breaks, |_| false);
        self.whitespace = false;
        self.indention = false;
    }

    pub(super) fn write_single_quoted(&mut self, text: &str, allow_breaks: bool) {
        self.indicator("'", true, false);
        self.write_folding(text, allow_breaks, |c| c == '\'');
        self.indicator("'", false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// What plain and single-quoted scalars share: spaces beyond the best width become folds, and a
    /// break is written twice, because a single one would be read as a space.
    fn write_folding(&mut self, text: &str, allow_breaks: bool, doubled: impl Fn(char) -> bool) {
        let (mut spaces, mut breaks) = (false, false);
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            if c == ' ' {
                let inside = at > 0 && next.is_some();
                if allow_breaks && !spaces && self.may_fold() && inside && next != Some(' ') {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put_break();
                }
                self.write_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if doubled(c) {
                    self.put(c);
                }
                self.put(c);
                self.indention = false;
                spaces = false;
                breaks = false;
            }
        }
    }

    pub(super) fn may_fold(&self) -> bool {
        self.column > BEST_WIDTH
    }

    /// `|` with its hints, then the lines.
    pub(super) fn write_literal(&mut self, text: &str) {
        self.indicator("|", true, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false);
        }
        let mut backwards = text.chars().rev();
        let chomp = match (backwards.next(), backwards.next()) {
            (Some(last), _) if !is_break(last) => "-",
            (Some(_), Some(before)) if !is_break(before) => "",
            (Some(_), _) => "+",
            (None, _) => "-",
        };
        self.indicator(chomp, false, false);
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.write_break(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }
}

/// What YAML 1.1 takes for the end of a line.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
