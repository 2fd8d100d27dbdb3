//! A verb's options, put together only when the verb is asked for.

use std::ffi::OsString;

use clap::{ArgMatches, Args as _, Command, FromArgMatches, Subcommand as _};

use super::{Cli, Everywhere, Verb};

/// The command line, read without the verbs it is not about: to hand them the options that every verb has takes as
/// long as a short walk through history. The first word that is a verb's name is taken for it; where that was an
/// option's value, the line does not fit. None: read it whole, which also tells what is wrong with it.
pub(super) fn one_verb(arguments: &[OsString]) -> Option<Cli> {
    let verbs = Verb::augment_subcommands(Command::new(""));
    let named = |word: &OsString| verbs.get_subcommands().find(|verb| word.to_str() == Some(verb.get_name()));
    let verb = arguments.iter().skip(1).find_map(named)?.clone();
    let line = Everywhere::augment_args(Command::new("git-lineage")).subcommand(verb).subcommand_required(true);
    let mut matches = line.try_get_matches_from(arguments).ok()?;
    let everywhere = Everywhere::from_arg_matches_mut(&mut matches).ok()?;
    Some(Cli { everywhere, verb: Verb::from_arg_matches_mut(&mut matches).ok()? })
}

/// The options of one verb. Twenty verbs have some hundred options with their help: putting together all of
/// them takes as long as opening the repository, and a command line uses one verb's.
#[derive(Debug)]
pub(super) struct Later<A>(pub(super) A);

impl<A: clap::Args> clap::Args for Later<A> {
    fn group_id() -> Option<clap::Id> {
        A::group_id()
    }

    fn augment_args(command: Command) -> Command {
        command.defer(A::augment_args)
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(A::augment_args_for_update)
    }
}

impl<A: clap::Args> FromArgMatches for Later<A> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        A::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        A::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}
