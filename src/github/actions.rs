//! What a job of GitHub Actions is told: commands on stdout, and lines in the files the runner names. Only the text
//! is made here.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use super::access::Hidden;

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Notice,
    Warning,
    Error,
}

/// A note on a file, or on the whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation<'a> {
    pub level: Level,
    /// From the repository's root.
    pub file: Option<&'a str>,
    /// From 1; means nothing without a file.
    pub line: Option<usize>,
    pub title: Option<&'a str>,
    pub message: &'a str,
}

impl Annotation<'_> {
    /// The command: `::error file=…,line=…::…`.
    pub fn command(&self) -> String {
        let level = match self.level {
            Level::Notice => "notice",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let mut properties = Vec::new();
        if let Some(file) = self.file {
            properties.push(format!("file={}", property(file)));
            properties.extend(self.line.map(|line| format!("line={line}")));
        }
        properties.extend(self.title.map(|title| format!("title={}", property(title))));
        let space = if properties.is_empty() { "" } else { " " };
        format!("::{level}{space}{}::{}", properties.join(","), data(self.message))
    }
}

/// Keeps a value out of the log from here on: one command a line, since the runner masks line by line.
pub fn mask(value: &str) -> Vec<String> {
    let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("::add-mask::{}", data(line))).collect()
}

/// As [`mask`], for what is hidden.
pub fn mask_hidden(value: &Hidden) -> Vec<String> {
    mask(value.show())
}

/// Lines that belong together in the log.
pub fn group(title: &str) -> String {
    format!("::group::{}", data(title))
}

/// The end of a group.
pub const END_GROUP: &str = "::endgroup::";

/// What others printed, below a title that folds it away. Nothing in it is a command for the runner: until `word`,
/// which nobody could know before, comes again, the runner takes none.
pub fn folded(title: &str, text: &str, word: &str) -> String {
    // One that was guessed all the same would end it early.
    let text = text.replace(word, "");
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{}\n::stop-commands::{word}\n{text}{end}::{word}::\n{END_GROUP}\n", group(title))
}

/// An output for `GITHUB_OUTPUT`. `random` makes the delimiter one that nobody who wrote the value could know.
///
/// None where the name is no name, or the value has the delimiter in it all the same.
pub fn output(name: &str, value: &str, random: &[u8; 16]) -> Option<String> {
    let good = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let delimiter = format!("lineage-{}", hex::encode(random));
    let clear = !value.contains(&delimiter);
    (good && clear).then(|| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

/// A command's message: `%`, CR and LF would end it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A command's property: `:` and `,` would end it, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn annotation<'a>(file: Option<&'a str>, title: Option<&'a str>, message: &'a str) -> Annotation<'a> {
        Annotation { level: Level::Error, file, line: Some(3), title, message }
    }

    #[test]
    fn an_annotation_cannot_be_broken_out_of() {
        let one =
            annotation(Some("charts/x/a,b:c.yaml"), Some("50%: no"), "first\n::set-output name=x::y\r\n100%");
        assert_eq!(
            one.command(),
            "::error file=charts/x/a%2Cb%3Ac.yaml,line=3,title=50%25%3A no::first%0A::set-output \
             name=x::y%0D%0A100%25"
        );
        assert_eq!(annotation(None, None, "m").command(), "::error::m");
        assert_eq!(mask("a\n\n b \n"), ["::add-mask::a", "::add-mask::b"]);
        assert_eq!(group("a\nb"), "::group::a%0Ab");
    }

    #[test]
    fn what_others_printed_commands_nothing() {
        let word = "07".repeat(16);
        let said = folded("lint on x: pass", &format!("a\n::error::b\n::{word}::\n::add-mask::c"), &word);
        let wanted = format!(
            "::group::lint on x: pass\n::stop-commands::{word}\na\n::error::b\n::::\n::add-mask::c\n::{word}::\n::endgroup::\n"
        );
        assert_eq!(said, wanted);
        assert_eq!(
            folded("t", "", &word),
            format!("::group::t\n::stop-commands::{word}\n::{word}::\n::endgroup::\n")
        );
    }

    #[test]
    fn an_output_is_what_it_was_given() {
        let said = output("report", "x\nexit=0\nEOF", &[7; 16]).unwrap();
        let delimiter = format!("lineage-{}", "07".repeat(16));
        assert_eq!(said, format!("report<<{delimiter}\nx\nexit=0\nEOF\n{delimiter}\n"));
        assert_eq!(output("report", &format!("x\n{delimiter}\nexit=0"), &[7; 16]), None);
        assert_eq!(output("a=b", "x", &[7; 16]), None);
        assert_eq!(output("", "x", &[7; 16]), None);
    }

    proptest! {
        #[test]
        fn a_command_is_one_line(file in "\\PC{0,20}", title in "[\\PC\r\n]{0,20}", message in "[\\PC\r\n%:]{0,40}") {
            let command = annotation(Some(&file), Some(&title), &message).command();
            prop_assert!(!command.contains(['\n', '\r']));
            let (properties, _) = command.trim_start_matches("::").split_once("::").unwrap();
            prop_assert_eq!(properties.matches(',').count(), 2);
        }
    }
}
