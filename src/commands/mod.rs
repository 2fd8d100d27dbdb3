//! What a person can say: one file per verb with its `Args`, whose doc comments are the help, the man
//! page and the completions, and `run`, which turns them into the pipeline's options and its report into
//! an answer and an exit code.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::model::{Exit, Failure};
use crate::terminal::{Choices, Colour, Terminal};

mod actions;
mod door;
mod session;

mod attest;
mod build;
mod bump;
mod changed;
mod check;
mod export;
mod guard;
mod init;
mod log;
mod package;
mod propose;
mod publish;
mod rehearse;
mod split;
mod status;
mod subject;
mod sync;
mod tag;
mod trust;
mod verify;

pub use door::Door;

#[cfg(test)]
mod parsing_tests;

/// What each exit code means, in the help and in the man page.
const EXIT_CODES: &str = "\
Exit codes:
  0  done, or proven
  1  a negative verdict: a check failed, not proven, refused by policy
  2  usage or configuration
  3  undetermined: evidence unreachable, shallow clone, notes not fetched, no trust root
  4  conflict with immutable or concurrently changed state

Where several charts or releases are concerned, the highest counts.
The codes never change meaning.";

/// Release Helm charts so that every release can be proved from a clone, offline
///
/// A release is proved from what the repository holds: which contribution it came from, which checks
/// passed on exactly that content, who signed them, that no stage was skipped, and that the published
/// package is byte for byte what the tag's source gives. The evidence lives in git notes and in annotated
/// tags; the policy it is judged by is `lineage.toml` on the protected branch, see lineage.toml(5).
///
/// The stages in order: check (1, validate), split (2), guard (3), propose (4), bump (5), tag (6),
/// build (7), publish (8). `git lineage rehearse` runs them all on a scratch clone.
///
/// The answer goes to stdout, as text or with `--json` as one JSON document with `"version": 1`; progress,
/// notes and failures go to stderr. In a GitHub Actions job the report, the exit code and a summary are also
/// written to the files named by `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY`.
#[derive(Debug, Parser)]
#[command(
    name = "git-lineage",
    bin_name = "git lineage",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_long_help = EXIT_CODES
)]
struct Cli {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    verb: Verb,
}

/// Options of every verb.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Global options")]
struct Everywhere {
    /// Run as if started in DIR; further ones are relative to the one before
    #[arg(short = 'C', value_name = "DIR", global = true, action = ArgAction::Append)]
    directory: Vec<PathBuf>,
    /// Answer with one JSON document
    #[arg(long, global = true)]
    json: bool,
    /// When to use colour; `auto` honours `NO_COLOR`
    #[arg(long, value_name = "WHEN", global = true, value_enum, default_value_t = ColourArg::Auto)]
    color: ColourArg,
    /// Say nothing on stderr but warnings and failures
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more: plans, details, the output of checks that passed
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ColourArg {
    Auto,
    Always,
    Never,
}

/// For verbs that change something.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Mutating {
    /// Print the plan and change nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// For verbs that sign.
#[derive(Clone, Debug, clap::Args)]
struct Signing {
    /// The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// The verbs, in the order a release meets them.
#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Args),
    Status(status::Args),
    Changed(changed::Args),
    Check(check::Args),
    Split(split::Args),
    Guard(guard::Args),
    Propose(propose::Args),
    Bump(bump::Args),
    Tag(tag::Args),
    Build(build::Args),
    Publish(publish::Args),
    Verify(verify::Args),
    Log(log::Args),
    Sync(sync::Args),
    Export(export::Args),
    Attest(attest::Args),
    Package(package::Args),
    Subject(subject::Args),
    Rehearse(rehearse::Args),
    Trust(trust::Args),
}

/// The command line as clap knows it: what the man pages and completions are made of.
pub fn cli() -> clap::Command {
    Cli::command()
}

/// Runs the program: from what came in at the door to an exit code. Everything it has to say is said.
pub fn main(door: Door) -> Exit {
    let environment = door::Environment::new(door.environment);
    let no_colour = environment.no_colour();
    let cli = match Cli::try_parse_from(&door.arguments) {
        Ok(cli) => cli,
        Err(error) => return misread(&error, &door.arguments, no_colour),
    };
    let Everywhere { directory, json, color, quiet, verbose } = cli.everywhere;
    let json = json || cli.verb.says_json();
    let (dry_run, key) = cli.verb.manner();
    let colour = match color {
        ColourArg::Auto => Colour::Auto,
        ColourArg::Always => Colour::Always,
        ColourArg::Never => Colour::Never,
    };
    let mut session = session::Session {
        terminal: Terminal::new(Choices { json, colour, no_colour, quiet, verbose, dry_run }),
        actions: actions::Actions::new(&environment),
        now: environment.now(door.clock),
        environment,
        random: door.random,
        dry_run,
        key,
    };
    let decided = enter(&directory).and_then(|()| cli.verb.run(&mut session));
    let exit = match &decided {
        Ok(exit) => *exit,
        Err(failure) => {
            session.terminal.failure(failure);
            failure.exit
        }
    };
    let told = session.actions.exit(exit);
    // Whoever cannot read the answer must not take silence for success.
    [told, session.terminal.finish()].into_iter().fold(exit, |exit, said| match said {
        Ok(()) => exit,
        Err(failure) => {
            session.terminal.failure(&failure);
            exit.max(failure.exit)
        }
    })
}

/// What clap has to say instead of a parsed line: help and version on stdout, a usage error on stderr.
fn misread(error: &clap::Error, arguments: &[OsString], no_colour: bool) -> Exit {
    let asked = |flag: &str| arguments.iter().take_while(|word| *word != "--").any(|word| word == flag);
    let helped = error.exit_code() == 0;
    let mut terminal =
        Terminal::new(Choices { json: !helped && asked("--json"), no_colour, ..Choices::default() });
    let exit = if helped {
        terminal.answer_styled(&error.render().ansi().to_string(), &error.render().to_string());
        Exit::Done
    } else if terminal.json() {
        let said = error.render().to_string();
        let what = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
        terminal.failure(&Failure::usage(what).hint("see `git lineage --help`"));
        Exit::Usage
    } else {
        terminal.talk_styled(&error.render().ansi().to_string(), &error.render().to_string());
        Exit::Usage
    };
    match terminal.finish() {
        Ok(()) => exit,
        Err(failure) => {
            terminal.failure(&failure);
            exit.max(failure.exit)
        }
    }
}

/// Goes where `-C` says. The process moves, as git does, so that every path given on the command line,
/// and every `git` run below, is relative to that place.
fn enter(directories: &[PathBuf]) -> Result<(), Failure> {
    for directory in directories.iter().filter(|directory| !directory.as_os_str().is_empty()) {
        std::env::set_current_dir(directory).map_err(|error| {
            Failure::usage(format!("could not change to {}", directory.display())).because(error.to_string())
        })?;
    }
    Ok(())
}

impl Verb {
    /// Whether it only plans, and the key it was given.
    fn manner(&self) -> (bool, Option<PathBuf>) {
        let signs = |mutating: &Mutating, signing: &Signing| (mutating.dry_run, signing.key.clone());
        match self {
            Self::Init(args) => signs(&args.mutating, &args.signing),
            Self::Check(args) => signs(&args.mutating, &args.signing),
            Self::Split(args) => signs(&args.mutating, &args.signing),
            Self::Guard(args) => signs(&args.mutating, &args.signing),
            Self::Propose(args) => signs(&args.mutating, &args.signing),
            Self::Bump(args) => signs(&args.mutating, &args.signing),
            Self::Tag(args) => signs(&args.mutating, &args.signing),
            Self::Build(args) => signs(&args.mutating, &args.signing),
            Self::Publish(args) => signs(&args.mutating, &args.signing),
            Self::Sync(args) => (args.mutating.dry_run, None),
            Self::Export(args) => (args.mutating.dry_run, None),
            Self::Attest(args) => (args.dry_run(), None),
            Self::Package(args) => (args.mutating.dry_run, None),
            Self::Trust(args) => (args.dry_run(), None),
            Self::Status(_)
            | Self::Changed(_)
            | Self::Verify(_)
            | Self::Log(_)
            | Self::Subject(_)
            | Self::Rehearse(_) => (false, None),
        }
    }

    /// Whether the verb's own options ask for JSON.
    fn says_json(&self) -> bool {
        matches!(self, Self::Log(args) if args.format == log::Format::Json)
    }

    fn run(self, session: &mut session::Session) -> Result<Exit, Failure> {
        match self {
            Self::Init(args) => init::run(args, session),
            Self::Status(args) => status::run(&args, session),
            Self::Changed(args) => changed::run(args, session),
            Self::Check(args) => check::run(args, session),
            Self::Split(args) => split::run(args, session),
            Self::Guard(args) => guard::run(args, session),
            Self::Propose(args) => propose::run(args, session),
            Self::Bump(args) => bump::run(args, session),
            Self::Tag(args) => tag::run(args, session),
            Self::Build(args) => build::run(args, session),
            Self::Publish(args) => publish::run(args, session),
            Self::Verify(args) => verify::run(args, session),
            Self::Log(args) => log::run(args, session),
            Self::Sync(args) => sync::run(args, session),
            Self::Export(args) => export::run(args, session),
            Self::Attest(args) => attest::run(args, session),
            Self::Package(args) => package::run(args, session),
            Self::Subject(args) => subject::run(args, session),
            Self::Rehearse(args) => rehearse::run(args, session),
            Self::Trust(args) => trust::run(&args, session),
        }
    }
}
