//! The eight stages of a release, in order.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stage of the pipeline. The order of the variants is the order of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// 1: the contribution's checks.
    Validate,
    /// 2: one branch per changed chart.
    Split,
    /// 3: the source of a merge.
    Guard,
    /// 4: the pull request to main.
    Propose,
    /// 5: version and changelog.
    Bump,
    /// 6: the annotated tag.
    Tag,
    /// 7: the package.
    Build,
    /// 8: registry and release.
    Publish,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 8] = [
        Self::Validate,
        Self::Split,
        Self::Guard,
        Self::Propose,
        Self::Bump,
        Self::Tag,
        Self::Build,
        Self::Publish,
    ];

    /// 1 to 8: the brief's workflow number.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The word used in `lineage.toml`, help and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Split => "split",
            Self::Guard => "guard",
            Self::Propose => "propose",
            Self::Bump => "bump",
            Self::Tag => "tag",
            Self::Build => "build",
            Self::Publish => "publish",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
