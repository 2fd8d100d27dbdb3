//! A page of text: spans in columns, every word of it made harmless.
//!
//! What a report holds comes from a repository, and a repository's author may put anything into a
//! commit message, a chart's name or a check's output. So nothing reaches the terminal but through a
//! [`Page`]: control characters (escape sequences, carriage returns) and the marks that reorder text are
//! shown as escapes, and longer foreign text stands behind a bar, where it can forge neither a verdict
//! nor a workflow command (a CI runner obeys lines that begin with `::`).

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

/// A piece of a line with its weight. The weight is decoration: the words alone must say everything.
#[derive(Clone, Debug)]
pub(super) struct Span {
    text: String,
    style: Style,
}

/// Text as it is.
pub(super) fn plain(text: impl AsRef<str>) -> Span {
    Span { text: harmless(text.as_ref()), style: Style::new() }
}

/// Something that holds.
pub(super) fn good(text: impl AsRef<str>) -> Span {
    Span { style: AnsiColor::Green.on_default(), ..plain(text) }
}

/// Something that does not.
pub(super) fn bad(text: impl AsRef<str>) -> Span {
    Span { style: AnsiColor::Red.on_default().bold(), ..plain(text) }
}

/// Something that cannot be told, or should be looked at.
pub(super) fn doubt(text: impl AsRef<str>) -> Span {
    Span { style: AnsiColor::Yellow.on_default(), ..plain(text) }
}

/// A heading or a name.
pub(super) fn strong(text: impl AsRef<str>) -> Span {
    Span { style: Style::new().bold(), ..plain(text) }
}

/// A detail.
pub(super) fn faint(text: impl AsRef<str>) -> Span {
    Span { style: Style::new().dimmed(), ..plain(text) }
}

/// How much a report tells, and with what.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Colour and weight.
    pub colour: bool,
    /// Details that only some readers want.
    pub verbose: bool,
    /// What is reported was planned, not done.
    pub dry_run: bool,
}

/// A report being written.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    look: Look,
}

impl Page {
    /// An empty page.
    pub fn new(look: Look) -> Self {
        Self { text: String::new(), look }
    }

    /// Whether details are wanted.
    pub(super) fn verbose(&self) -> bool {
        self.look.verbose
    }

    /// Whether the report is about a plan.
    pub(super) fn dry_run(&self) -> bool {
        self.look.dry_run
    }

    /// One line of spans.
    pub(super) fn line(&mut self, spans: impl IntoIterator<Item = Span>) {
        for span in spans {
            self.span(&span, 0);
        }
        self.end();
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Rows in columns, two blanks between them; the last column is not padded.
    pub(super) fn table(&mut self, indent: usize, rows: &[Vec<Span>]) {
        let mut widths: Vec<usize> = Vec::new();
        for row in rows {
            for (column, span) in row.iter().enumerate() {
                let width = span.text.chars().count();
                match widths.get_mut(column) {
                    Some(widest) => *widest = width.max(*widest),
                    None => widths.push(width),
                }
            }
        }
        for row in rows {
            self.blanks(indent);
            for (column, span) in row.iter().enumerate() {
                let last = column + 1 == row.len();
                let width = if last { 0 } else { widths.get(column).map_or(0, |width| width + 2) };
                self.span(span, width);
            }
            self.end();
        }
    }

    /// Foreign text, line by line behind a bar.
    pub(super) fn quote(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            self.blanks(indent);
            self.span(&faint("|"), 0);
            if !line.is_empty() {
                self.text.push(' ');
                self.span(&plain(line.replace('\t', "    ")), 0);
            }
            self.end();
        }
    }

    /// Text that is itself the answer, for another program to read: as it is, to the byte. Only for text
    /// this program made and that holds no foreign control characters.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The page.
    pub fn into_text(self) -> String {
        self.text
    }

    fn blanks(&mut self, count: usize) {
        self.text.extend(std::iter::repeat_n(' ', count));
    }

    fn span(&mut self, span: &Span, width: usize) {
        let bare = !self.look.colour || span.style == Style::new() || span.text.is_empty();
        if bare {
            self.text.push_str(&span.text);
        } else {
            // Writing into a string cannot fail.
            let _ = write!(self.text, "{}{}{:#}", span.style, span.text, span.style);
        }
        self.blanks(width.saturating_sub(span.text.chars().count()));
    }

    /// Ends the line without blanks before its end, which an empty last column would leave. A line that a
    /// CI runner would take for a command of its own gets a bar, too (it looks behind leading blanks).
    fn end(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        let start = self.text.rfind('\n').map_or(0, |at| at + 1);
        let said = self.text.get(start..).unwrap_or_default().trim_start();
        if said.starts_with("::") || said.starts_with("##[") {
            self.text.insert_str(start, "| ");
        }
        self.text.push('\n');
    }
}

/// Text in which nothing moves the cursor, changes colours or reorders what is read.
pub(super) fn harmless(text: &str) -> String {
    if !text.chars().any(steers) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Control characters, and the Unicode marks that reorder or hide text (Unicode TR 9, TR 36).
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `1 gap`, `2 gaps`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(write: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(Look::default());
        write(&mut page);
        page.into_text()
    }

    #[test]
    fn columns_line_up_and_end_without_blanks() {
        let text = page(|page| {
            page.table(2, &[vec![plain("a"), plain("bb"), plain("c")], vec![plain("aaaa"), plain(""), plain("")]]);
        });
        assert_eq!(text, "  a     bb  c\n  aaaa\n");
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        let text = page(|page| page.line([plain("x\u{1b}[2K\rproven\nproven: y\u{202e}")]));
        assert_eq!(text, "x\\u{1b}[2K\\rproven\\nproven: y\\u{202e}\n");
    }

    #[test]
    fn foreign_lines_stand_behind_a_bar() {
        let text = page(|page| page.quote(2, "::error::x\n\n\tb\r\n"));
        assert_eq!(text, "  | ::error::x\n  |\n  |     b\n");
    }

    #[test]
    fn no_line_is_a_command_to_a_runner() {
        let text = page(|page| {
            page.line([plain("a")]);
            page.line([plain("  "), plain("::error::x")]);
            page.table(1, &[vec![plain("##[group]")]]);
        });
        assert_eq!(text, "a\n|   ::error::x\n|  ##[group]\n");
    }

    #[test]
    fn colour_only_decorates() {
        let mut coloured = Page::new(Look { colour: true, ..Look::default() });
        coloured.line([good("ok"), plain(" x")]);
        let text = coloured.into_text();
        assert!(text.contains("\u{1b}[32mok\u{1b}[0m x"), "{text:?}");
        assert_eq!(page(|page| page.line([good("ok"), plain(" x")])), "ok x\n");
    }
}
