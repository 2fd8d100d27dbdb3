//! What only a person can do, in order.

use super::open_to;
use crate::model::config::Config;
use crate::model::{rulesets, workflows};

/// The list.
pub(in crate::pipeline::init) fn checklist(config: &Config) -> Vec<String> {
    let environment = &config.github.environment;
    let mut list = vec![
        "install the App on this repository alone, with Contents and Pull requests: write; it needs no webhook"
            .to_owned(),
        format!(
            "make the environment `{environment}` with the App's private key as the secret {}, open to {} alone",
            workflows::APP_KEY,
            open_to(config)
        ),
        "in Settings, Actions: give workflows read permission by default, and require actions to be pinned to a commit"
            .to_owned(),
        "in Settings, General: allow squash merging and auto-merge; leave merge commits switched off".to_owned(),
        "make the rulesets, with a token that has Administration: write: look at `git lineage rulesets plan`, then \
         `git lineage rulesets apply`, which keeps those that are there in a file first"
            .to_owned(),
    ];
    list.push(rulesets::NOTES.to_owned());
    let own = config.publish.oci.as_deref().is_some_and(|oci| oci.starts_with("oci://ghcr.io/"));
    if own && !config.publish.private {
        list.push("after the first release: make its package public and link it to this repository".to_owned());
    }
    list
}
