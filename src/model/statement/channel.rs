//! What is said of a channel when it moves.

use serde::{Deserialize, Serialize};

use super::About;
use crate::model::channels::Pointer;

/// The channel statement's predicate. Its subjects are the document that holds the pointer, as the manifest it has in
/// the registry, and the manifest the channel points at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelClaim {
    /// Repository, chart, time, git objects.
    #[serde(flatten)]
    pub about: About,
    /// The channel's name.
    pub channel: String,
    /// What it points at now.
    pub pointer: Pointer,
}

impl ChannelClaim {
    /// What the record of it is called.
    pub fn record(channel: &str) -> String {
        format!("channel-{channel}")
    }
}
