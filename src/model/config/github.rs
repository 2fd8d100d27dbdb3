//! `[github]`: what rulesets and workflows need to know besides branches and tags.

use serde::Deserialize;

use super::check::{Faults, is_word};
use super::parse::Fault;
use super::{Config, Flow};
use crate::model::Sha256;
use crate::model::owners::bot_name;

/// How administrators get past what keeps pushes out of main and integration. Deletion, forced pushes and the
/// checks of main are never among it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdminBypass {
    /// By a push, for emergencies.
    #[default]
    Push,
    /// By merging a pull request that lacks something, which leaves a trace.
    PullRequest,
    /// Not at all.
    None,
}

/// What GitHub is told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GitHub {
    /// The number of the App that alone moves the protected refs (not of its installation).
    pub app_id: Option<u64>,
    /// The environment that holds the App's private key.
    pub environment: String,
    /// How administrators get past the block of pushes.
    pub admin_bypass: AdminBypass,
    /// Whether main has a merge queue; only repositories of organisations can.
    pub merge_queue: bool,
    /// Check runs of other workflows that main asks for, by their names in full.
    pub contexts: Vec<String>,
    /// Where the jobs take this program from.
    pub program: Option<Program>,
    /// A composite action of this repository that installs what the checks need.
    pub setup: Option<String>,
    /// What the jobs run on.
    pub runner: String,
    /// Which contributions the guard may merge without a person; without it, none.
    pub auto_merge: Option<AutoMerge>,
}

/// Which contributions may be merged without a person, besides what CODEOWNERS says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AutoMerge {
    /// The branches they may go to; none named: the one contributions go to.
    pub bases: Vec<String>,
    /// Bots whose contributions count as an owner's, however they are spelled.
    pub bots: Vec<String>,
}

/// The program that jobs run, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Program {
    /// Where it is downloaded from: `https://`, one executable file.
    pub url: String,
    /// Its sha256, hexadecimal.
    pub sha256: String,
}

impl Default for GitHub {
    fn default() -> Self {
        Self {
            app_id: None,
            environment: "lineage".to_owned(),
            admin_bypass: AdminBypass::default(),
            merge_queue: false,
            contexts: Vec::new(),
            program: None,
            setup: None,
            runner: "ubuntu-24.04".to_owned(),
            auto_merge: None,
        }
    }
}

/// Looks through the section. What stands in workflows is held to plain signs, so that nothing in this file
/// becomes an expression or a command there.
pub(super) fn check(config: &Config, faults: &Faults<'_>) -> Result<(), Fault> {
    let github = &config.github;
    faults.unless(
        github.app_id != Some(0),
        &["github", "app-id"],
        "`0` is no App's number; it stands on the App's settings page",
    )?;
    for (key, word) in [("environment", &github.environment), ("runner", &github.runner)] {
        let shown = word.escape_debug();
        faults.unless(
            is_word(word),
            &["github", key],
            format!("`{shown}` is not a name of letters, digits, `-`, `_` and `.`"),
        )?;
    }
    for (index, context) in github.contexts.iter().enumerate() {
        let good = !context.trim().is_empty() && !context.chars().any(char::is_control);
        let at = index.to_string();
        faults.unless(
            good && !github.contexts.iter().take(index).any(|other| other == context),
            &["github", "contexts", &at],
            format!("`{}` is not the name of a check run, or stands there twice", context.escape_debug()),
        )?;
    }
    for (index, base) in github.auto_merge.iter().flat_map(|merge| &merge.bases).enumerate() {
        let protected = [&config.branches.release];
        let pipeline = protected.contains(&base)
            || config.chart_of_branch(base).is_some()
            || (config.flow == Flow::Integration && *base == config.branches.main);
        faults.unless(
            !pipeline && !base.trim().is_empty(),
            &["github", "auto-merge", "bases", &index.to_string()],
            format!("`{}` is no branch that contributions go to", base.escape_debug()),
        )?;
    }
    for (index, bot) in github.auto_merge.iter().flat_map(|merge| &merge.bots).enumerate() {
        let name = bot_name(bot);
        faults.unless(
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            &["github", "auto-merge", "bots", &index.to_string()],
            format!("`{}` is not the name of a bot, such as `dependabot`", bot.escape_debug()),
        )?;
    }
    if let Some(program) = &github.program {
        let rest = program.url.strip_prefix("https://").unwrap_or_default();
        let plain = rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/:%+@=&?".contains(c));
        faults.unless(
            plain && rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && rest.contains('/'),
            &["github", "program", "url"],
            format!("`{}` is not an `https://` address of a file", program.url.escape_debug()),
        )?;
        faults.unless(
            Sha256::parse(&program.sha256).is_some(),
            &["github", "program", "sha256"],
            format!("`{}` is not a sha256: 64 hexadecimal digits", program.sha256.escape_debug()),
        )?;
    }
    if let Some(setup) = &github.setup {
        let inside = setup.strip_prefix("./").is_some_and(|path| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            path.split('/').all(|part| !matches!(part, "" | "." | "..") && part.chars().all(plain))
        });
        faults.unless(
            inside,
            &["github", "setup"],
            format!(
                "`{}` is not an action of this repository, such as `./.github/actions/setup`",
                setup.escape_debug()
            ),
        )?;
    }
    Ok(())
}
