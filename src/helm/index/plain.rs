//! A quick reader for entries as Helm writes them: most of an index is read by this alone.
//!
//! It knows keys and lists in blocks, plain and simply quoted texts, folded lines and literal blocks. Anything
//! else it does not read at all, and YAML's own reader does. What it reads, it reads as that one does: the
//! tests hold the two against each other.

use std::collections::BTreeMap;

use super::super::yaml::{Node, resolved};

/// A line that is not blank.
#[derive(Clone, Copy)]
struct Line<'a> {
    indent: usize,
    text: &'a str,
    /// Blank lines after it.
    blanks: usize,
}

/// The lines that are left.
type Lines<'l, 'a> = &'l [Line<'a>];

/// Nests no deeper than this; entries nest four deep.
const DEPTH: usize = 16;

/// An entry with its dash, if it is written as simply as this.
pub(super) fn entry(piece: &[u8]) -> Option<Node> {
    // In ASCII there is one line break, and no sign that is something else to YAML.
    let text = std::str::from_utf8(piece).ok().filter(|text| text.is_ascii())?;
    let mut lines: Vec<Line<'_>> = Vec::new();
    for line in text.split('\n') {
        if line.bytes().any(|b| b < b' ') {
            return None;
        }
        let content = line.trim_start_matches(' ');
        if content.is_empty() {
            // A blank line with spaces may count in a literal block.
            if !line.is_empty() {
                return None;
            }
            if let Some(last) = lines.last_mut() {
                last.blanks += 1;
            }
            continue;
        }
        lines.push(Line { indent: line.len() - content.len(), text: content, blanks: 0 });
    }
    // The last line's own end is no blank line.
    if let Some(last) = lines.last_mut() {
        last.blanks = last.blanks.saturating_sub(1);
    }
    let indent = lines.first()?.indent;
    let (node, rest) = sequence(&lines, indent, DEPTH)?;
    rest.is_empty().then_some(node)
}

fn is_dash(line: &Line<'_>) -> bool {
    line.text.starts_with("- ")
}

/// Items of a list whose dashes stand at `indent`.
fn sequence<'l, 'a>(lines: Lines<'l, 'a>, indent: usize, depth: usize) -> Option<(Node, Lines<'l, 'a>)> {
    let depth = depth.checked_sub(1)?;
    let mut items = Vec::new();
    let mut rest = lines;
    while let Some((first, more)) = rest.split_first().filter(|(line, _)| line.indent == indent && is_dash(line)) {
        let text = first.text.get(2..)?;
        if text.starts_with(' ') {
            return None;
        }
        if key(text).is_some() {
            let (node, behind) = mapping(Line { indent: indent + 2, text, ..*first }, more, depth)?;
            items.push(node);
            rest = behind;
        } else {
            let (node, behind) = scalar(text, first.blanks, indent, more)?;
            items.push(node);
            rest = behind;
        }
    }
    Some((Node::Seq(items), rest)).filter(|_| rest.len() < lines.len())
}

/// A mapping that begins with `first`, which may stand behind a dash.
fn mapping<'l, 'a>(first: Line<'a>, more: Lines<'l, 'a>, depth: usize) -> Option<(Node, Lines<'l, 'a>)> {
    let depth = depth.checked_sub(1)?;
    let mut map = BTreeMap::new();
    let indent = first.indent;
    let (mut line, mut rest) = (first, more);
    loop {
        let (name, value) = key(line.text)?;
        let (node, behind) =
            if value.is_empty() { below(rest, indent, depth)? } else { scalar(value, line.blanks, indent, rest)? };
        if map.insert(name.to_owned(), node).is_some() {
            return None;
        }
        rest = behind;
        match rest.split_first() {
            Some((next, others)) if next.indent == indent && !is_dash(next) => (line, rest) = (*next, others),
            Some((next, _)) if next.indent > indent => return None,
            _ => return Some((Node::Map(map), rest)),
        }
    }
}

/// What stands below a key: deeper, or a list at its own indentation, or nothing.
fn below<'l, 'a>(lines: Lines<'l, 'a>, indent: usize, depth: usize) -> Option<(Node, Lines<'l, 'a>)> {
    let Some((first, more)) = lines.split_first() else { return Some((Node::Null, lines)) };
    if is_dash(first) && first.indent >= indent {
        return sequence(lines, first.indent, depth);
    }
    if first.indent <= indent {
        return Some((Node::Null, lines));
    }
    mapping(*first, more, depth)
}

/// A key that is a plain word, and what stands behind its colon on the line.
fn key(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"-_./".contains(c))?;
    let (name, rest) = text.split_at_checked(end)?;
    let value = rest.strip_prefix(':')?;
    let value = if value.is_empty() { value } else { value.strip_prefix(' ')? };
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic()) && matches!(resolved(name), Node::Str(_));
    (word && !value.starts_with(' ')).then_some((name, value))
}

/// A value that begins on a key's line or behind a dash, at `indent`; `blanks` follow that line.
fn scalar<'l, 'a>(
    text: &'a str,
    blanks: usize,
    indent: usize,
    lines: Lines<'l, 'a>,
) -> Option<(Node, Lines<'l, 'a>)> {
    let deeper = lines.iter().take_while(|line| line.indent > indent).count();
    let (own, rest) = lines.split_at_checked(deeper)?;
    let alone = |node: Node| own.is_empty().then_some((node, rest));
    match text {
        "|" | "|-" => {
            // Blank lines at the beginning count; Helm writes none.
            let body = own.first().filter(|_| blanks == 0).map(|first| first.indent)?;
            let mut literal = String::new();
            for (at, line) in own.iter().enumerate() {
                let more = line.indent.checked_sub(body)?;
                literal.extend(std::iter::repeat_n(' ', more));
                literal.push_str(line.text);
                let last = at + 1 == own.len();
                literal.extend(std::iter::repeat_n('\n', if last { 1 } else { 1 + line.blanks }));
            }
            if text == "|-" {
                literal.pop();
            }
            return Some((Node::Str(literal), rest));
        }
        "[]" => return alone(Node::Seq(Vec::new())),
        "{}" => return alone(Node::Map(BTreeMap::new())),
        _ => {}
    }
    for quote in ['"', '\''] {
        let Some(inner) = text.strip_prefix(quote) else { continue };
        let inner = inner.strip_suffix(quote)?;
        return if inner.contains([quote, '\\']) { None } else { alone(Node::Str(inner.to_owned())) };
    }
    // A plain text, folded over deeper lines.
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || "/._~(^+$;=<".contains(c))
        || (blanks > 0 && deeper > 0)
    {
        return None;
    }
    if own.is_empty() {
        return Some((resolved(plain(text)?), rest));
    }
    let mut whole = plain(text)?.to_owned();
    for (at, line) in own.iter().enumerate() {
        if line.text.starts_with('#') || (line.blanks > 0 && at + 1 < own.len()) {
            return None;
        }
        whole.push(' ');
        whole.push_str(plain(line.text)?);
    }
    Some((Node::Str(whole), rest))
}

/// A line of a plain text, if nothing in it ends the text.
fn plain(line: &str) -> Option<&str> {
    let ends = line.contains(": ") || line.contains(" #") || line.ends_with(':');
    (!ends).then(|| line.trim_end_matches(' '))
}
