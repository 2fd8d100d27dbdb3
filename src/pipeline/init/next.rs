//! What is left to a person, once `init` has done its part.

use super::github::{Origin, checklist};
use super::{Options, POLICY_FILE, Site};
use crate::model::config::{Config, Flow, Forge};

/// What only a person can do.
pub(super) fn next(
    options: &Options,
    config: &Config,
    site: &Site,
    was_set_up: bool,
    origin: Option<&Origin>,
) -> Vec<String> {
    let mut next = Vec::new();
    if options.github.is_some() && config.forge == Forge::Github {
        next.extend(checklist(config));
        if let (Some(origin), Some(remote)) = (origin, &site.remote) {
            let release = &config.branches.release;
            next.extend(origin.steps(remote, release, site.there.get(release)));
        }
    }
    if was_set_up {
        next.push("run `git lineage sync`: it fetches the evidence and pins what this clone trusts".to_owned());
        return next;
    }
    if !options.rehearsal && options.github.is_none() {
        next.push(format!(
            "keep a copy of the private key {} in a safe place: it is nowhere else",
            options.key.display()
        ));
        let protected = match config.flow {
            Flow::Integration => {
                format!(
                    "{}, {} and {}",
                    config.branches.main, config.branches.integration, config.branches.release
                )
            }
            Flow::Direct => format!("{} and {}", config.branches.main, config.branches.release),
        };
        if site.remote.is_some() {
            next.push(format!("protect {protected} at the remote against forced pushes and deletion"));
        }
    }
    if config.publish.oci.is_none() && config.publish.assets.is_none() {
        next.push(format!("say under [publish] in {POLICY_FILE} where releases go"));
    }
    next.push(format!(
        "add your own checks under [[checks]] and [required] in {POLICY_FILE}, by a change to {}",
        site.main_name
    ));
    next.push("run `git lineage rehearse` to see a whole release on a scratch clone".to_owned());
    next
}
