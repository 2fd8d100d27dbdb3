//! What a signer may be trusted for: one of the eight stages, or one of three things people do.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Stage;

/// What a signature counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The contribution's checks and their seal.
    Validate,
    /// The split link.
    Split,
    /// The guard.
    Guard,
    /// The pull request to main.
    Propose,
    /// The bump link, the checks of the bumped content, and the statement over them.
    Bump,
    /// The tag statement.
    Tag,
    /// The package.
    Build,
    /// What was published where.
    Publish,
    /// That somebody read a contribution and approved it.
    Review,
    /// That a missing or failed check is accepted for once. Never implied: it has to be named.
    Waive,
    /// A change of what the policy trusts or requires.
    Policy,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Validate,
        Self::Split,
        Self::Guard,
        Self::Propose,
        Self::Bump,
        Self::Tag,
        Self::Build,
        Self::Publish,
        Self::Review,
        Self::Waive,
        Self::Policy,
    ];

    /// The word used in `lineage.toml`, help and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Validate => Stage::Validate.word(),
            Self::Split => Stage::Split.word(),
            Self::Guard => Stage::Guard.word(),
            Self::Propose => Stage::Propose.word(),
            Self::Bump => Stage::Bump.word(),
            Self::Tag => Stage::Tag.word(),
            Self::Build => Stage::Build.word(),
            Self::Publish => Stage::Publish.word(),
            Self::Review => "review",
            Self::Waive => "waive",
            Self::Policy => "policy",
        }
    }

    /// Whether a signer whose `stages` are left out has it: every role but the waiver's.
    pub fn implied(self) -> bool {
        self != Self::Waive
    }

    /// Whether a signer with these `stages` has it.
    pub fn within(self, stages: &[Self]) -> bool {
        if stages.is_empty() { self.implied() } else { stages.contains(&self) }
    }
}

impl From<Stage> for Role {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Validate => Self::Validate,
            Stage::Split => Self::Split,
            Stage::Guard => Self::Guard,
            Stage::Propose => Self::Propose,
            Stage::Bump => Self::Bump,
            Stage::Tag => Self::Tag,
            Stage::Build => Self::Build,
            Stage::Publish => Self::Publish,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
