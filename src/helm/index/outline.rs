//! The outline of an index: which lines belong to which entry.
//!
//! Only indentation is looked at. That is enough, because what stands in an entry is indented deeper than
//! the dash it begins with; and where a text in quotes or brackets breaks that rule, the piece that is cut
//! here is no YAML by itself, and is refused when it is read. Pieces that are YAML by themselves are the same
//! YAML one after the other.

use std::ops::Range;

use super::super::yaml::{self, Node};
use super::slice;

/// Where everything stands. The pieces follow one another without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// Whether lines end in a carriage return and a line feed.
    pub(super) crlf: bool,
    /// What comes before the first key: comments, a document's start, a byte order mark.
    pub(super) opening: Range<usize>,
    /// The top-level keys other than `entries`, each with its value.
    pub(super) heads: Vec<Range<usize>>,
    /// `entries:` with the line it stands on; none where there is no such key.
    pub(super) entries: Option<Key>,
    pub(super) charts: Vec<Chart>,
}

/// A key whose value are the lines below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its line, and comments before it.
    pub(super) lines: Range<usize>,
    /// The `{}`, `[]` or `null` behind it, where nothing stands below it.
    pub(super) nothing: Option<Range<usize>>,
}

/// A chart's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chart {
    pub(super) name: String,
    pub(super) key: Key,
    /// Spaces before the key.
    pub(super) indent: usize,
    /// Spaces before each dash; that of the key where there is none.
    pub(super) dash: usize,
    pub(super) items: Vec<Range<usize>>,
    /// All of it.
    pub(super) whole: Range<usize>,
}

/// A line: where it begins, its indentation, and what is on it without the line's end.
struct Line<'a> {
    start: usize,
    end: usize,
    indent: usize,
    text: &'a [u8],
    /// Whether there is a line feed at its end.
    ended: bool,
}

impl Line<'_> {
    fn is_comment(&self) -> bool {
        self.text.first() == Some(&b'#')
    }

    fn is_dash(&self) -> bool {
        matches!(self.text, [b'-'] | [b'-', b' ' | b'\t', ..])
    }
}

/// The part that is open while lines go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Opening,
    Head,
    Entries,
}

/// A sentence with the line it is about.
type Refused = (usize, String);

impl Outline {
    /// Takes an index apart.
    ///
    /// # Errors
    /// A line that does not belong there, with its number.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, Refused> {
        let mut scan = Scan { bytes, outline: Self::default(), part: Part::Opening, comments: None };
        let mut number = 0_usize;
        for line in lines(bytes) {
            number = number.saturating_add(1);
            scan.line(&line).map_err(|why| (number, why))?;
        }
        scan.close(bytes.len());
        let mut outline = scan.outline;
        outline.crlf = bytes.split_inclusive(|b| *b == b'\n').next().is_some_and(|line| line.ends_with(b"\r\n"));
        Ok(outline)
    }
}

/// Counts lines, each byte once: the places that are asked for must not go back.
pub(super) struct LineNumbers<'a> {
    bytes: &'a [u8],
    at: usize,
    number: usize,
}

impl<'a> LineNumbers<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, number: 1 }
    }

    /// The number of the line a piece begins on, after the comments before it.
    pub(super) fn at(&mut self, place: usize) -> usize {
        let gone = self.bytes.get(self.at..place).unwrap_or_default();
        self.number += lines(gone).filter(|line| line.ended).count();
        self.at = self.at.max(place);
        let piece = self.bytes.get(self.at..).unwrap_or_default();
        let comments = lines(piece).take_while(|line| line.text.is_empty() || line.is_comment()).count();
        self.number + comments
    }
}

/// The lines of a text.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0_usize;
    bytes.split_inclusive(|b| *b == b'\n').map(move |whole| {
        let begin = start;
        start += whole.len();
        let mut text = whole.trim_ascii_end();
        if begin == 0 {
            text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        }
        let indent = text.iter().take_while(|b| **b == b' ').count();
        let ended = whole.ends_with(b"\n");
        Line { start: begin, end: start, indent, text: text.get(indent..).unwrap_or_default(), ended }
    })
}

struct Scan<'a> {
    bytes: &'a [u8],
    outline: Outline,
    part: Part,
    /// Comment lines since the last other line: where they begin, and the deepest indentation among them.
    comments: Option<(usize, usize)>,
}

impl Scan<'_> {
    fn line(&mut self, line: &Line<'_>) -> Result<(), String> {
        if line.text.is_empty() {
            self.comments = None;
            return Ok(());
        }
        if line.is_comment() {
            let (start, deepest) = self.comments.unwrap_or((line.start, 0));
            self.comments = Some((start, deepest.max(line.indent)));
            return Ok(());
        }
        // Comments that are not indented deeper belong to what they stand before. Deeper ones may be lines of
        // a text.
        let start = match self.comments.take() {
            Some((start, deepest)) if deepest <= line.indent => start,
            _ => line.start,
        };
        if line.indent == 0 {
            return self.top(line, start);
        }
        match self.part {
            Part::Opening => Err("it is indented, and nothing stands above it".to_owned()),
            Part::Head => Ok(()),
            Part::Entries => self.inside(line, start),
        }
    }

    /// A line of the top level.
    fn top(&mut self, line: &Line<'_>, start: usize) -> Result<(), String> {
        if line.text == b"---" && self.part == Part::Opening {
            return Ok(());
        }
        if line.text.starts_with(b"---") || line.text.starts_with(b"...") || line.text.starts_with(b"%") {
            return Err("an index is one document without directives".to_owned());
        }
        if line.text.starts_with(b"{") || line.text.starts_with(b"[") {
            return Err(STYLE.to_owned());
        }
        if line.is_dash() {
            return Err("an index is a mapping, not a list".to_owned());
        }
        self.close(start);
        if !is_entries(line.text) {
            self.outline.heads.push(start..start);
            self.part = Part::Head;
            return Ok(());
        }
        if self.outline.entries.is_some() {
            return Err("the key `entries` occurs twice".to_owned());
        }
        let (_, nothing) = self.key(line)?;
        self.outline.entries = Some(Key { lines: start..line.end, nothing });
        self.part = Part::Entries;
        Ok(())
    }

    /// A line below `entries`.
    fn inside(&mut self, line: &Line<'_>, start: usize) -> Result<(), String> {
        if self.outline.entries.as_ref().is_some_and(|key| key.nothing.is_some()) {
            return Err("`entries` is said to be empty, and something stands below it".to_owned());
        }
        let indent = self.outline.charts.first().map_or(line.indent, |chart| chart.indent);
        if line.indent < indent || (line.indent == indent && !line.is_dash()) {
            if line.indent < indent {
                return Err(format!("it is indented by {} where charts are by {indent}", line.indent));
            }
            return self.chart(line, start);
        }
        let Some(chart) = self.outline.charts.last_mut() else {
            return Err("a chart's name must come before its versions".to_owned());
        };
        if chart.key.nothing.is_some() {
            return Err(format!("`{}` is said to have no versions, and something stands below it", chart.name));
        }
        if chart.items.is_empty() {
            if !line.is_dash() {
                return Err(format!("below `{}` stands no list of versions", chart.name));
            }
            chart.dash = line.indent;
        }
        if line.indent > chart.dash {
            return Ok(());
        }
        if line.indent < chart.dash || !line.is_dash() {
            return Err(format!("it is indented by {} where versions are by {}", line.indent, chart.dash));
        }
        if let Some(last) = chart.items.last_mut() {
            last.end = start;
        }
        chart.items.push(start..start);
        Ok(())
    }

    fn chart(&mut self, line: &Line<'_>, start: usize) -> Result<(), String> {
        let (name, nothing) = self.key(line)?;
        self.close(start);
        self.part = Part::Entries;
        self.outline.charts.push(Chart {
            name,
            key: Key { lines: start..line.end, nothing },
            indent: line.indent,
            dash: line.indent,
            items: Vec::new(),
            whole: start..start,
        });
        Ok(())
    }

    /// A key alone on its line, and where the nothing behind it stands.
    fn key(&self, line: &Line<'_>) -> Result<(String, Option<Range<usize>>), String> {
        let whole = slice(self.bytes, &(line.start..line.end));
        let whole = whole.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(whole);
        let offset = line.end - whole.len();
        let Ok(Node::Map(map)) = yaml::strict(whole) else {
            return Err("a key and a colon are expected here".to_owned());
        };
        let (Some((key, value)), 1) = (map.iter().next(), map.len()) else { return Err(STYLE.to_owned()) };
        match value {
            Node::Null => {}
            Node::Map(map) if map.is_empty() => {}
            Node::Seq(items) if items.is_empty() => {}
            _ => return Err(STYLE.to_owned()),
        }
        // Behind the last colon, up to a comment.
        let end = whole.windows(2).position(|pair| pair == b" #").unwrap_or(whole.len());
        let said = whole.get(..end).unwrap_or_default().trim_ascii_end();
        let colon = said.iter().rposition(|b| *b == b':').unwrap_or_default();
        let behind = said.get(colon + 1..).unwrap_or_default();
        let nothing = behind.trim_ascii();
        if nothing.is_empty() {
            return Ok((key.clone(), None));
        }
        if !matches!(nothing, b"{}" | b"[]" | b"null" | b"~") {
            return Err(STYLE.to_owned());
        }
        let from = offset + colon + 1;
        Ok((key.clone(), Some(from..offset + said.len())))
    }

    /// Ends what is open.
    fn close(&mut self, at: usize) {
        let outline = &mut self.outline;
        match self.part {
            Part::Opening => outline.opening = 0..at,
            Part::Head => {
                if let Some(head) = outline.heads.last_mut() {
                    head.end = at;
                }
            }
            Part::Entries => match (outline.charts.last_mut(), &mut outline.entries) {
                (Some(chart), _) => {
                    chart.whole.end = at;
                    match chart.items.last_mut() {
                        Some(item) => item.end = at,
                        None => chart.key.lines.end = at,
                    }
                    // Comments between a key and its first dash belong to the dash.
                    if let Some(first) = chart.items.first() {
                        chart.key.lines.end = first.start;
                    }
                }
                (None, Some(key)) => key.lines.end = at,
                (None, None) => {}
            },
        }
    }
}

/// What cannot be changed in place.
const STYLE: &str =
    "it is not in block style, as `helm repo index` writes it, so that no entry can be changed by itself";

fn is_entries(text: &[u8]) -> bool {
    [&b"entries:"[..], b"\"entries\":", b"'entries':"].iter().any(|key| text.starts_with(key))
}
