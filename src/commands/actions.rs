//! What a GitHub Actions job gets to read: step outputs and the job's summary.
//!
//! Written where the runner asks for it (`GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY`), and nothing is read
//! back: neither changes what is decided.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::door::Environment;
use crate::model::{Exit, Failure};

/// The runner refuses a file above 1 MiB, and with it the whole step; a longer report is left out.
const LIMIT: usize = 1_000_000;

/// The files the runner named.
#[derive(Debug, Default)]
pub(super) struct Actions {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
}

impl Actions {
    pub(super) fn new(environment: &Environment) -> Self {
        let path = |name| environment.get(name).map(PathBuf::from);
        Self { output: path("GITHUB_OUTPUT"), summary: path("GITHUB_STEP_SUMMARY") }
    }

    /// Whether anything is asked for.
    pub(super) fn listen(&self) -> bool {
        self.output.is_some() || self.summary.is_some()
    }

    /// Sets a step output. `value` must be one line, as JSON documents here are.
    pub(super) fn output(&self, name: &str, value: &str) -> Result<(), Failure> {
        match &self.output {
            Some(path) if value.len() < LIMIT && !value.contains(['\n', '\r']) => {
                append(path, &format!("{name}={value}\n"))
            }
            _ => Ok(()),
        }
    }

    /// Sets the output `exit`.
    pub(super) fn exit(&self, exit: Exit) -> Result<(), Failure> {
        self.output("exit", &exit.code().to_string())
    }

    /// Adds a report to the job's summary.
    pub(super) fn summary(&self, text: &str) -> Result<(), Failure> {
        match &self.summary {
            Some(path) if text.len() < LIMIT => append(path, &fenced(text)),
            _ => Ok(()),
        }
    }
}

/// A fenced block no line inside can end: the fence is longer than any run of backticks (`CommonMark`, section 4.5).
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n\n", text.trim_end())
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        Failure::undetermined(format!("could not write to {}, which the workflow runner reads", path.display()))
            .because(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_and_summary_are_appended() {
        let dir = tempfile::tempdir().unwrap();
        let actions =
            Actions { output: Some(dir.path().join("output")), summary: Some(dir.path().join("summary")) };
        assert!(actions.listen());
        actions.output("report", "{}").unwrap();
        actions.output("forged", "x\nexit=0").unwrap();
        actions.exit(Exit::Negative).unwrap();
        actions.summary("a\n```\nb\n").unwrap();
        let read = |name| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(read("output"), "report={}\nexit=1\n");
        assert_eq!(read("summary"), "````text\na\n```\nb\n````\n\n");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let actions = Actions { output: Some(PathBuf::from("/nowhere/output")), summary: None };
        let failure = actions.exit(Exit::Done).unwrap_err();
        assert_eq!(failure.exit, Exit::Undetermined);
        assert!(failure.what.contains("/nowhere/output"));
    }

    #[test]
    fn elsewhere_nothing_is_written() {
        let actions = Actions::default();
        assert!(!actions.listen());
        assert_eq!(actions.exit(Exit::Done), Ok(()));
    }
}
