//! Reports about channels.

use serde::Serialize;

use super::stages::Outcome;
use crate::model::{Exit, Plan, Sha256, Timestamp};

/// One chart of `channel set` and `channel rollback`.
#[derive(Clone, Debug, Serialize)]
pub struct MovedLine {
    pub chart: String,
    pub chart_version: String,
    /// The release's tag in git.
    pub tag: String,
    pub from: Option<Sha256>,
    pub to: Sha256,
    /// The manifest of the document that says so.
    pub document: Sha256,
}

/// `channel set` and `channel rollback`.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelReport {
    pub channel: String,
    pub charts: Vec<MovedLine>,
    pub outcome: Outcome,
    pub plan: Plan,
}

/// How what is said of a channel and what stands there go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Agreement {
    /// Tag, document and signature say the same.
    Agrees,
    /// It points nowhere, and nothing says it did.
    Unset,
    /// They do not.
    Disagrees,
    /// It could not be read.
    Unknown,
}

/// One channel of one chart.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelLine {
    pub chart: String,
    pub channel: String,
    /// What the registry's tag names.
    pub digest: Option<Sha256>,
    /// What the document says.
    pub chart_version: Option<String>,
    pub tag: Option<String>,
    pub previous: Option<Sha256>,
    pub time: Option<Timestamp>,
    pub by: Option<String>,
    /// The key or identity of the policy that signed the document.
    pub signer: Option<String>,
    pub agreement: Agreement,
    /// What is wrong, or could not be read.
    pub why: Vec<String>,
}

/// `channel list`.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelsReport {
    pub channels: Vec<ChannelLine>,
}

impl ChannelsReport {
    /// The worst of all.
    pub fn exit(&self) -> Exit {
        let exit = |line: &ChannelLine| match line.agreement {
            Agreement::Agrees | Agreement::Unset => Exit::Done,
            Agreement::Disagrees => Exit::Negative,
            Agreement::Unknown => Exit::Undetermined,
        };
        self.channels.iter().map(exit).max().unwrap_or(Exit::Done)
    }
}
