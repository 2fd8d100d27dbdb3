//! What a person can say: one file per verb with its `Args`, whose doc comments are the help, the man
//! page and the completions, and `run`, which turns them into the pipeline's options and its report into
//! an answer and an exit code.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::model::{Exit, Failure};
use crate::terminal::{Choices, Colour, Terminal};

mod actions;
mod dispatch;
mod door;
mod session;

mod attest;
mod build;
mod bump;
mod changed;
mod channel;
mod check;
mod export;
mod guard;
mod init;
mod later;
mod log;
mod package;
mod propose;
mod prune;
mod publish;
mod rehearse;
mod rulesets;
mod sign_bundle;
mod split;
mod status;
mod subject;
mod sync;
mod tag;
mod trust;
mod verify;
mod verify_bundle;
mod waive;

pub use door::Door;
use later::{Later, one_verb};

#[cfg(test)]
mod parsing_tests;
#[cfg(test)]
mod workflows_tests;

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
    /// Hold certificates against this Sigstore trusted root instead of the embedded ones
    #[arg(long, value_name = "FILE", global = true)]
    trusted_root: Option<PathBuf>,
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

/// For verbs that have a private key.
#[derive(Clone, Debug, clap::Args)]
struct Key {
    /// The private key, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// For verbs that sign.
#[derive(Clone, Debug, clap::Args)]
struct Signing {
    /// The private key to sign with, PEM; else from `LINEAGE_KEY`, else from `git config lineage.key`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A file with the OIDC token to sign keyless with; else `SIGSTORE_ID_TOKEN`, else that of the CI job
    #[arg(long, value_name = "FILE")]
    identity_token_file: Option<PathBuf>,
    #[command(flatten)]
    services: Services,
}

/// For verbs that ask Sigstore's services.
#[derive(Clone, Debug, clap::Args)]
struct Services {
    /// The services to sign keyless with; else from `git config lineage.signingconfig`, else the public-good ones
    #[arg(long, value_name = "FILE")]
    signing_config: Option<PathBuf>,
}

/// The verbs, in the order a release meets them.
#[derive(Debug, Subcommand)]
enum Verb {
    Init(Later<init::Args>),
    Rulesets(Later<rulesets::Args>),
    Status(Later<status::Args>),
    Changed(Later<changed::Args>),
    Check(Later<check::Args>),
    Split(Later<split::Args>),
    Guard(Later<guard::Args>),
    Propose(Later<propose::Args>),
    Bump(Later<bump::Args>),
    Tag(Later<tag::Args>),
    Build(Later<build::Args>),
    Publish(Later<publish::Args>),
    Channel(Later<channel::Args>),
    Prune(Later<prune::Args>),
    Verify(Later<verify::Args>),
    Log(Later<log::Args>),
    Sync(Later<sync::Args>),
    Export(Later<export::Args>),
    Attest(Later<attest::Args>),
    Waive(Later<waive::Args>),
    Package(Later<package::Args>),
    Subject(Later<subject::Args>),
    Rehearse(Later<rehearse::Args>),
    Trust(Later<trust::Args>),
    VerifyBundle(Later<verify_bundle::Args>),
    SignBundle(Later<sign_bundle::Args>),
}

/// The command line as clap knows it: what the man pages and completions are made of. A verb's options are in
/// it once it is built.
pub fn cli() -> clap::Command {
    Cli::command()
}

/// Runs the program: from what came in at the door to an exit code. Everything it has to say is said.
pub fn main(door: Door) -> Exit {
    let environment = door::Environment::new(door.environment);
    let no_colour = environment.no_colour();
    let read = one_verb(&door.arguments).map_or_else(|| Cli::try_parse_from(&door.arguments), Ok);
    let cli = match read {
        Ok(cli) => cli,
        Err(error) => {
            // Once more with every verb's options at hand: the help names the verbs by their descriptions.
            let mut whole = cli();
            whole.build();
            let error = whole.try_get_matches_from(&door.arguments).err().unwrap_or(error);
            return misread(&error, &door.arguments, no_colour);
        }
    };
    let Everywhere { directory, json, color, trusted_root, quiet, verbose } = cli.everywhere;
    let json = json || cli.verb.says_json();
    let (dry_run, key) = cli.verb.manner();
    let (token_file, signing_config) = cli.verb.keyless();
    let colour = match color {
        ColourArg::Auto => Colour::Auto,
        ColourArg::Always => Colour::Always,
        ColourArg::Never => Colour::Never,
    };
    let mut session = session::Session {
        terminal: Terminal::new(Choices { json, colour, no_colour, quiet, verbose, dry_run }),
        actions: actions::Actions::new(&environment, door.random),
        now: environment.now(door.clock),
        environment,
        random: door.random,
        dry_run,
        key,
        token_file,
        signing_config,
        trusted_root,
    };
    let decided = enter(&directory).and_then(|()| cli.verb.run(&mut session));
    let exit = match &decided {
        Ok(exit) => *exit,
        Err(failure) => {
            session.terminal.failure(failure);
            if let Some(command) = session.actions.annotation(failure) {
                session.terminal.talk_styled(&format!("{command}\n"), &format!("{command}\n"));
            }
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
