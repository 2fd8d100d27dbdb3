//! The style of a text: plain, quoted once or twice, or literal, as go-yaml v2 analyses and chooses.

use super::resolve::{Resolved, is_base60, resolve};
use super::write::{Emitter, is_break};

/// What the analysis of a text allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scalar {
    /// It has a line break.
    pub(super) multiline: bool,
    plain: bool,
    single_quoted: bool,
    literal: bool,
}

impl Scalar {
    /// `yaml_emitter_analyze_scalar`, for block context.
    pub(super) fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let (Some(first), Some(last)) = (chars.first().copied(), chars.last().copied()) else {
            return Self { multiline: false, plain: true, single_quoted: true, literal: false };
        };
        let multiline = chars.iter().any(|c| is_break(*c));
        let special = chars.iter().any(|c| !is_printable(*c));
        let break_space = chars.windows(2).any(|pair| is_break(pair[0]) && pair[1] == ' ');
        let space_break = chars.windows(2).any(|pair| pair[0] == ' ' && is_break(pair[1]));
        let edges = [first, last].into_iter().any(|c| c == ' ' || is_break(c));
        let unquotable = space_break || special;
        Self {
            multiline,
            plain: !(edges || break_space || unquotable || multiline || has_indicators(text, &chars)),
            single_quoted: !(break_space || unquotable),
            literal: !(last == ' ' || unquotable),
        }
    }

    /// Writes `text` in the style that is asked for where it is allowed, else in the next one that is.
    pub(super) fn write(self, emitter: &mut Emitter, text: &str, simple_key: bool) {
        let means_text = matches!(resolve(text), Resolved::Str | Resolved::Merge);
        let plain_wanted = means_text && !is_base60(text);
        if text.contains('\n') && self.literal && !simple_key {
            emitter.write_literal(text);
        } else if text.contains('\n') || !plain_wanted {
            write_double_quoted(emitter, text, !simple_key);
        } else if self.plain {
            emitter.write_plain(text, !simple_key);
        } else if self.single_quoted && !(simple_key && self.multiline) {
            emitter.write_single_quoted(text, !simple_key);
        } else {
            write_double_quoted(emitter, text, !simple_key);
        }
    }
}

/// Signs that would be read as structure in a block.
fn has_indicators(text: &str, chars: &[char]) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut after_whitespace = true;
    for (at, c) in chars.iter().copied().enumerate() {
        let before_whitespace = chars.get(at + 1).is_none_or(|next| matches!(next, ' ' | '\t'));
        let indicator = match c {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                if at == 0 =>
            {
                true
            }
            '?' | '-' if at == 0 => before_whitespace,
            ':' => before_whitespace,
            '#' => after_whitespace,
            _ => false,
        };
        if indicator {
            return true;
        }
        after_whitespace = matches!(c, ' ' | '\t' | '\0') || is_break(c);
    }
    false
}

/// What go-yaml writes without an escape. It knows no character beyond 16 bits: an emoji is escaped.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{FFFD}') && c != '\u{FEFF}'
}

fn write_double_quoted(emitter: &mut Emitter, text: &str, allow_breaks: bool) {
    emitter.indicator("\"", true, false);
    // go-yaml looks for a byte order mark at the start whatever it is about to write.
    let marked = text.starts_with('\u{FEFF}');
    let mut spaces = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if marked || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
            for escaped in escape(c).chars() {
                emitter.put(escaped);
            }
            spaces = false;
        } else if c == ' ' {
            if allow_breaks && !spaces && emitter.may_fold() && at > 0 && next.is_some() {
                emitter.write_indent();
                if next == Some(' ') {
                    emitter.put('\\');
                }
            } else {
                emitter.put(c);
            }
            spaces = true;
        } else {
            emitter.put(c);
            spaces = false;
        }
    }
    emitter.indicator("\"", false, false);
}

fn escape(c: char) -> String {
    match c {
        '\0' => "\\0".to_owned(),
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\x0b' => "\\v".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\x1b' => "\\e".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{A0}' => "\\_".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        _ => match u32::from(c) {
            code @ ..=0xFF => format!("\\x{code:02X}"),
            code @ ..=0xFFFF => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        },
    }
}
