//! Running a check's command in a scratch tree written from git objects.

mod capture;
mod tree;

#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use thiserror::Error;

use crate::model::ChartFile;

pub use tree::write_tree;

/// What keeps a command from being run at all. How it ends is an [`Outcome`], never an error.
#[derive(Debug, Error)]
pub enum Error {
    /// The scratch tree could not be written: full disk, or a path that no tree may hold.
    #[error("could not write the scratch tree at {path}")]
    Scratch { path: String, source: io::Error },
    /// The program could not be started: not installed, not executable.
    #[error("could not start `{program}`")]
    Start { program: String, source: io::Error },
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it exited 0 in time.
    pub passed: bool,
    /// `exit 1`, `signal 9`, `no end after 600 s`.
    pub ended: String,
    /// stdout and stderr as they came, interleaved. At most 8 MiB are kept, and a line that says so.
    pub output: Vec<u8>,
}

/// The variables a command sees of ours; the rest of the environment stays outside.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// Writes the files to a fresh directory, runs the command there without a shell, with the environment
/// reduced to PATH, HOME, LANG, TMPDIR and `variables`, and nothing on its input; the directory goes when it ends.
///
/// Whatever the command leaves running in its process group is killed when it ends, or when its time is over.
///
/// # Errors
/// See [`Error`]; a command that fails is an [`Outcome`].
pub fn run(
    files: &[(ChartFile, bool)],
    command: &[String],
    variables: &[(&str, &str)],
    timeout: Duration,
) -> Result<Outcome, Error> {
    let Some((program, arguments)) = command.split_first() else {
        let source = io::Error::new(ErrorKind::InvalidInput, "the command is empty");
        return Err(Error::Start { program: String::new(), source });
    };
    let scratch = tempfile::Builder::new()
        .prefix("git-lineage-check-")
        .tempdir()
        .map_err(|source| Error::Scratch { path: std::env::temp_dir().display().to_string(), source })?;
    let outcome = write_tree(scratch.path(), files)
        .and_then(|()| start(scratch.path(), program, arguments, variables, timeout));
    tree::remove(scratch);
    outcome
}

fn start(
    directory: &Path,
    program: &str,
    arguments: &[String],
    variables: &[(&str, &str)],
    timeout: Duration,
) -> Result<Outcome, Error> {
    let failed = |source| Error::Start { program: program.to_owned(), source };
    // One pipe for both, so that the lines stand in the order in which they were written.
    let (reader, writer) = io::pipe().map_err(failed)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(failed)?;
    // Our own ends of the pipe, which would keep it open for ever.
    drop(command);
    Ok(capture::follow(child, reader, timeout))
}
