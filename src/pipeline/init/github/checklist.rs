//! What only a person can do, in order.

use super::open_to;
use crate::model::config::Config;
use crate::model::{Failure, rulesets, workflows};

/// The list. `repository` is `owner/name`.
pub(in crate::pipeline::init) fn checklist(
    config: &Config,
    repository: Option<&str>,
) -> Result<Vec<String>, Failure> {
    let repository = repository.unwrap_or("OWNER/NAME");
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
        // The list leaves out the rules.
        format!(
            "keep the rulesets that are there: `gh api repos/{repository}/rulesets --jq '.[].id' | \
             xargs -I% gh api repos/{repository}/rulesets/% > backup-rulesets.json`"
        ),
    ];
    for (number, ruleset) in (1..).zip(rulesets::wanted(config)?) {
        let name = ruleset.name.trim_start_matches(rulesets::PREFIX);
        let file = format!("{}/{number}-{name}.json", workflows::RULESETS);
        list.push(format!(
            "make the ruleset {}: `gh api repos/{repository}/rulesets --input {file}`",
            ruleset.name
        ));
    }
    list.push(rulesets::NOTES.to_owned());
    let own = config.publish.oci.as_deref().is_some_and(|oci| oci.starts_with("oci://ghcr.io/"));
    if own && !config.publish.private {
        list.push("after the first release: make its package public and link it to this repository".to_owned());
    }
    Ok(list)
}
