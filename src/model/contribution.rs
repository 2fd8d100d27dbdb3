//! Whether a contribution may be merged without a person: who opened it, who made and signed its commits, where it
//! goes, and whether it was validated.
//!
//! This saves a click, and proves nothing: what is merged is checked and signed again where it lands.

use super::config::{AutoMerge, Config};
use super::owners::{Owners, bot_name};
use super::workflows::VALIDATE;

/// So many commits of a pull request GitHub shows, and no more.
const SHOWN: usize = 250;

/// A pull request as the forge has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Nobody closed it; one that is merged is judged as it was.
    pub open: bool,
    pub draft: bool,
    pub base: String,
    /// The head's commit.
    pub head: String,
    /// Who opened it; none where the account is gone.
    pub author: Option<Somebody>,
    /// Oldest first.
    pub commits: Vec<Made>,
    /// How its validation ended at the head.
    pub validation: Validation,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Somebody {
    pub login: String,
    /// The forge itself says that this is a program.
    pub bot: bool,
}

/// A commit of a contribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub commit: String,
    /// The account behind the author's address; none where there is none.
    pub author: Option<Somebody>,
    /// What the forge says of its signature: fine, or why not.
    pub signature: Result<(), String>,
}

/// What became of the required validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validation {
    Passed,
    /// It has not ended, or not begun.
    Awaited,
    /// It ended as this word says.
    Ended(String),
}

/// What is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Why it may not be merged at all now.
    pub refused: Vec<String>,
    /// Why a person has to look at it.
    pub left: Vec<String>,
}

impl Decision {
    /// Whether it may be merged without a person.
    pub fn is_clear(&self) -> bool {
        self.refused.is_empty() && self.left.is_empty()
    }
}

impl Contribution {
    /// Decides. `waits` is whether the forge can be told to merge once the validation has passed.
    pub fn decide(&self, config: &Config, settings: &AutoMerge, owners: &Owners, waits: bool) -> Decision {
        let mut decision = Decision::default();
        if !self.open {
            decision.refused.push("pr_closed: it is not open".to_owned());
        }
        if self.draft {
            decision.refused.push("draft: it is not ready for review".to_owned());
        }
        match &self.validation {
            Validation::Passed => {}
            Validation::Awaited if waits => {}
            Validation::Awaited => {
                decision.refused.push(format!("w1_failed: {VALIDATE} has not passed yet at its head"));
            }
            Validation::Ended(how) => {
                decision.refused.push(format!("w1_failed: {VALIDATE} ended at its head: {how}"));
            }
        }
        let bases: Vec<&str> = match settings.bases.as_slice() {
            [] => vec![config.contributed()],
            some => some.iter().map(String::as_str).collect(),
        };
        if !bases.contains(&self.base.as_str()) {
            let bases = bases.join("`, `");
            decision.left.push(format!("branch_not_allowed: its base is `{}`, not one of `{bases}`", self.base));
        }
        decision.left.extend(self.untrusted(settings, owners));
        decision.left.extend(self.unsigned());
        decision
    }

    fn untrusted(&self, settings: &AutoMerge, owners: &Owners) -> Vec<String> {
        let trusted = |who: &Somebody| {
            if who.bot {
                settings.bots.iter().any(|bot| bot_name(bot) == bot_name(&who.login))
            } else {
                owners.has(&who.login)
            }
        };
        let of = |who: Option<&Somebody>, did: &str| match who {
            Some(who) if trusted(who) => None,
            Some(who) if who.bot => {
                Some(format!("untrusted: {} {did}, and is none of the bots that are named", who.login))
            }
            Some(who) => Some(format!("untrusted: {} {did}, and is not in CODEOWNERS", who.login)),
            None => Some(format!("untrusted: nobody's account {did}")),
        };
        let mut found = Vec::from_iter(of(self.author.as_ref(), "opened it"));
        for made in &self.commits {
            let said = of(made.author.as_ref(), &format!("made {}", short(&made.commit)));
            found.extend(said);
        }
        found
    }

    fn unsigned(&self) -> Vec<String> {
        let mut found: Vec<String> = self
            .commits
            .iter()
            .filter_map(|made| Some((made, made.signature.as_ref().err()?)))
            .map(|(made, why)| format!("unsigned: {} has no valid signature: {why}", short(&made.commit)))
            .collect();
        if self.commits.last().is_none_or(|made| made.commit != self.head) || self.commits.len() >= SHOWN {
            found.push("unsigned: not all of its commits can be seen".to_owned());
        }
        found
    }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

#[cfg(test)]
mod tests;
