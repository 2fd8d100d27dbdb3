//! What a GitHub Actions job gets to read: step outputs, the job's summary, and why a command failed.
//!
//! Written where the runner asks for it (`GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY`), and nothing is read
//! back: neither changes what is decided.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::door::Environment;
use crate::github::actions::{self as commands, Annotation, Level};
use crate::model::{Event, Exit, Failure, Sha256};
use crate::terminal::talk_plainly;

/// The runner refuses a file above 1 MiB, and with it the whole step; a longer report is left out.
const LIMIT: usize = 1_000_000;

/// The files the runner named.
#[derive(Debug, Default)]
pub(super) struct Actions {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
    /// What nobody who wrote an output could know.
    random: Option<[u8; 16]>,
    /// This is a job of GitHub Actions: what goes to stderr is read for commands.
    job: bool,
}

impl Actions {
    pub(super) fn new(environment: &Environment, random: Option<[u8; 16]>) -> Self {
        let path = |name| environment.get(name).map(PathBuf::from);
        let job = environment.get("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        Self { output: path("GITHUB_OUTPUT"), summary: path("GITHUB_STEP_SUMMARY"), random, job }
    }

    /// Whether anything is asked for.
    pub(super) fn listen(&self) -> bool {
        self.output.is_some() || self.summary.is_some()
    }

    /// Sets a step output. One of several lines stands between delimiters that are random each time; without dice
    /// it is left out.
    pub(super) fn output(&self, name: &str, value: &str) -> Result<(), Failure> {
        let Some(path) = self.output.as_ref().filter(|_| value.len() < LIMIT) else { return Ok(()) };
        let line = if value.contains(['\n', '\r']) {
            self.random.and_then(|random| commands::output(name, value, &random))
        } else {
            Some(format!("{name}={value}\n"))
        };
        line.map_or(Ok(()), |line| append(path, &line))
    }

    /// The command that shows a failure on the run's page, at the file and line it names; none where no runner
    /// listens.
    pub(super) fn annotation(&self, failure: &Failure) -> Option<String> {
        let (file, line, what) = place(&failure.what);
        let causes = failure.causes.iter().map(|cause| format!("\ncaused by: {cause}"));
        let hint = failure.hint.iter().map(|hint| format!("\nhint: {hint}"));
        let message: String = [what.to_owned()].into_iter().chain(causes).chain(hint).collect();
        let annotation =
            Annotation { level: Level::Error, file, line, title: Some("git lineage"), message: &message };
        self.listen().then(|| annotation.command())
    }

    /// What the job's log shows of an event, folded away: a check with what it printed. None where no runner folds,
    /// and without dice: then what others wrote could command the runner.
    pub(super) fn folded(&self, event: &Event) -> Option<String> {
        match (event, &self.random) {
            (Event::Ran { what, output }, Some(random)) if self.job => {
                // Another word for each: who reads one in the log learns neither the next nor an output's delimiter.
                let word = Sha256::of([random, what.as_bytes()].concat());
                Some(commands::folded(what, output, &word.to_string()))
            }
            _ => None,
        }
    }

    /// Whether what is made secret from here on is to be kept out of the job's log.
    pub(super) fn masks(&self) -> bool {
        self.job
    }

    /// Who is told of an identity token that came: the runner, where one reads, which then keeps it out of its log.
    pub(super) fn masking(&self) -> fn(&str) {
        if self.job { |token| talk_plainly(&commands::mask(token)) } else { |_| {} }
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

/// `FILE:LINE:COLUMN: what`, taken apart.
fn place(what: &str) -> (Option<&str>, Option<usize>, &str) {
    let parts: Vec<&str> = what.splitn(4, ':').collect();
    if let [file, line, column, rest] = parts.as_slice()
        && let (Ok(line), Ok(_)) = (line.parse::<usize>(), column.parse::<usize>())
    {
        // `lineage.toml at origin/main` is that file, as it stands there.
        let file = file.split_once(" at ").map_or(*file, |(file, _)| file);
        return (Some(file), Some(line), rest.trim_start());
    }
    (None, None, what)
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
        let actions = Actions {
            output: Some(dir.path().join("output")),
            summary: Some(dir.path().join("summary")),
            random: Some([7; 16]),
            job: false,
        };
        assert!(actions.listen());
        actions.output("report", "{}").unwrap();
        actions.output("forged", "x\nexit=0").unwrap();
        actions.exit(Exit::Negative).unwrap();
        actions.summary("a\n```\nb\n").unwrap();
        let read = |name| std::fs::read_to_string(dir.path().join(name)).unwrap();
        let delimiter = format!("lineage-{}", "07".repeat(16));
        let forged = format!("forged<<{delimiter}\nx\nexit=0\n{delimiter}\n");
        assert_eq!(read("output"), format!("report={{}}\n{forged}exit=1\n"));
        assert_eq!(read("summary"), "````text\na\n```\nb\n````\n\n");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let actions = Actions { output: Some(PathBuf::from("/nowhere/output")), ..Actions::default() };
        let failure = actions.exit(Exit::Done).unwrap_err();
        assert_eq!(failure.exit, Exit::Undetermined);
        assert!(failure.what.contains("/nowhere/output"));
    }

    #[test]
    fn a_failure_is_shown_where_it_is() {
        let actions = Actions { output: Some(PathBuf::from("o")), ..Actions::default() };
        let failure =
            Failure::usage("lineage.toml at origin/main:3:5: unknown key").because("a\n::error::b").hint("h");
        assert_eq!(
            actions.annotation(&failure).unwrap(),
            "::error file=lineage.toml,line=3,title=git lineage::unknown key%0Acaused by: a%0A::error::b%0Ahint: h"
        );
        let plain = actions.annotation(&Failure::negative("a: b: c: d")).unwrap();
        assert_eq!(plain, "::error title=git lineage::a: b: c: d");
        assert_eq!(Actions::default().annotation(&failure), None);
    }

    #[test]
    fn a_check_is_folded_away_where_a_runner_reads() {
        let ran = Event::Ran { what: "lint on x: pass".to_owned(), output: "fine\n".to_owned() };
        let actions = Actions { job: true, random: Some([7; 16]), ..Actions::default() };
        assert!(actions.folded(&ran).is_some_and(|text| {
            text.starts_with("::group::lint on x: pass\n::stop-commands::") && !text.contains("0707")
        }));
        assert_eq!(actions.folded(&Event::Note("x".to_owned())), None);
        assert_eq!(Actions { random: None, ..actions }.folded(&ran), None);
        assert_eq!(Actions { random: Some([7; 16]), ..Actions::default() }.folded(&ran), None);
    }

    #[test]
    fn elsewhere_nothing_is_written() {
        let actions = Actions::default();
        assert!(!actions.listen());
        assert_eq!(actions.exit(Exit::Done), Ok(()));
    }
}
