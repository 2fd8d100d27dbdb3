//! Everything a person sees: stdout holds the answer, stderr the talk.
//!
//! The answer is collected and written once, at the end, so that a full disk or a closed pipe is met in
//! one place and a half-written report never looks like a whole one.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::model::{Exit, Failure};

mod outside;
mod page;
mod progress;
mod talk;

pub mod bundles;
pub mod channels;
pub mod contents;
pub mod drawing;
pub mod flow;
pub mod lineage;
pub mod people;
pub mod releases;
pub mod rulesets;
pub mod standing;
pub mod verdict;

pub use page::{Look, Page};
pub use progress::Progress;

#[cfg(test)]
mod bundles_tests;
#[cfg(test)]
mod drawing_tests;
#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod lineage_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod standing_tests;
#[cfg(test)]
mod verdict_tests;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Where a person reads, unless the environment asks for none.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What was asked of the terminal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choices {
    /// One JSON document on stdout instead of text.
    pub json: bool,
    /// When to use colour.
    pub colour: Colour,
    /// The environment asks for no colour (`NO_COLOR`, `TERM=dumb`).
    pub no_colour: bool,
    /// No notes, no progress.
    pub quiet: bool,
    /// Details.
    pub verbose: bool,
    /// The verb only plans.
    pub dry_run: bool,
}

/// Where the answer and the talk go.
#[derive(Debug)]
pub struct Terminal {
    choices: Choices,
    /// Colour on stdout, on stderr.
    colour: (bool, bool),
    answer: String,
}

/// What every JSON document has in common.
#[derive(Serialize)]
struct Document<'a, R> {
    version: u8,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(flatten)]
    report: &'a R,
}

impl Terminal {
    /// The terminal of this process.
    pub fn new(choices: Choices) -> Self {
        let colour = |reader: bool| match choices.colour {
            Colour::Auto => reader && !choices.no_colour,
            Colour::Always => true,
            Colour::Never => false,
        };
        let colour = (colour(io::stdout().is_terminal()), colour(io::stderr().is_terminal()));
        Self { choices, colour, answer: String::new() }
    }

    /// Whether the answer is JSON.
    pub fn json(&self) -> bool {
        self.choices.json
    }

    /// Answers with a report, as text or as JSON.
    ///
    /// # Errors
    /// The report cannot be said in JSON: a path in it is not UTF-8.
    pub fn report<R: Serialize>(&mut self, report: &R, render: impl FnOnce(&R, &mut Page)) -> Result<(), Failure> {
        let answer = if self.choices.json {
            self.document(report)? + "\n"
        } else {
            self.text(report, render, self.colour.0)
        };
        self.answer.push_str(&answer);
        Ok(())
    }

    /// A report as one line of JSON.
    ///
    /// # Errors
    /// As [`Terminal::report`].
    pub fn document<R: Serialize>(&self, report: &R) -> Result<String, Failure> {
        serde_json::to_string(&Document { version: 1, dry_run: self.choices.dry_run, report })
            .map_err(|error| Failure::undetermined("could not say the report in JSON").because(error.to_string()))
    }

    /// A report as text.
    pub fn text<R>(&self, report: &R, render: impl FnOnce(&R, &mut Page), colour: bool) -> String {
        let Choices { verbose, dry_run, .. } = self.choices;
        let mut page = Page::new(Look { colour, verbose, dry_run });
        render(report, &mut page);
        page.into_text()
    }

    /// Answers with text that another part made: a matrix.
    pub fn answer(&mut self, text: &str) {
        self.answer.push_str(text);
    }

    /// Answers with text made twice, with colour and without: clap's help.
    pub fn answer_styled(&mut self, coloured: &str, plain: &str) {
        self.answer.push_str(if self.colour.0 { coloured } else { plain });
    }

    /// Talks likewise: clap's usage errors.
    pub fn talk_styled(&self, coloured: &str, plain: &str) {
        talk_out(if self.colour.1 { coloured } else { plain });
    }

    /// Says why the command stops: on stderr for people, and with `--json` as the document on stdout.
    /// An answer begun before is dropped, since one document is promised.
    pub fn failure(&mut self, failure: &Failure) {
        if self.choices.json {
            self.answer = talk::failure_document(failure) + "\n";
        }
        talk_out(&talk::failure(failure, self.colour.1));
    }

    /// Says something a person should know.
    pub fn note(&mut self, note: &str) {
        if !self.choices.quiet {
            talk_out(&talk::note(note, self.colour.1));
        }
    }

    /// What shows progress while a verb works.
    pub fn progress(&self) -> Progress {
        let Choices { quiet, verbose, .. } = self.choices;
        Progress::new(progress::Manner {
            watched: io::stderr().is_terminal(),
            colour: self.colour.1,
            quiet,
            verbose,
        })
    }

    /// Writes the answer. A reader that has read enough (`| head`) is no error: the exit code stays what
    /// was decided.
    ///
    /// # Errors
    /// Standard output takes no more, such as on a full disk.
    pub fn finish(&mut self) -> Result<(), Failure> {
        let answer = std::mem::take(&mut self.answer);
        write_all(&mut io::stdout().lock(), answer.as_bytes())
    }
}

/// Talks in lines that are text already, such as commands for a workflow runner.
pub fn talk_plainly(lines: &[String]) {
    for line in lines {
        talk_out(&format!("{line}\n"));
    }
}

/// What is written to stderr is talk: if nobody can hear it, nothing is lost.
fn talk_out(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes and flushes; a closed pipe counts as read.
fn write_all(out: &mut impl Write, bytes: &[u8]) -> Result<(), Failure> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Undetermined, "could not write to standard output").because(error.to_string()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that refuses everything.
    struct Refusing(io::ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_a_failure_and_a_closed_pipe_is_not() {
        let full = write_all(&mut Refusing(io::ErrorKind::StorageFull), b"x").unwrap_err();
        assert_eq!((full.exit, full.what.as_str()), (Exit::Undetermined, "could not write to standard output"));
        assert_eq!(write_all(&mut Refusing(io::ErrorKind::BrokenPipe), b"x"), Ok(()));
    }

    #[test]
    fn a_failure_is_the_only_document() {
        let mut terminal = Terminal::new(Choices { json: true, quiet: true, ..Choices::default() });
        terminal.report(&serde_json::json!({"a": 1}), |_, _| {}).unwrap();
        assert_eq!(terminal.answer, "{\"version\":1,\"a\":1}\n");
        terminal.failure(&Failure::negative("x is not proven"));
        let document: serde_json::Value = serde_json::from_str(&terminal.answer).unwrap();
        assert_eq!(document["error"]["exit"], 1);
    }

    #[test]
    fn a_plan_says_that_it_is_one() {
        let terminal = Terminal::new(Choices { json: true, dry_run: true, ..Choices::default() });
        assert_eq!(
            terminal.document(&serde_json::json!({"a": 1})).unwrap(),
            "{\"version\":1,\"dry_run\":true,\"a\":1}"
        );
    }

    #[test]
    fn a_flag_outweighs_the_environment() {
        let colour = |colour| Terminal::new(Choices { colour, no_colour: true, ..Choices::default() }).colour;
        assert_eq!(colour(Colour::Always), (true, true));
        assert_eq!(colour(Colour::Auto), (false, false));
        assert_eq!(colour(Colour::Never), (false, false));
    }
}
