//! Which runs of a workflow may speak for which stage, whatever a policy's patterns say.
//!
//! A branch that anybody may push to runs whatever workflow it holds, and signs under the repository's name.
//! So a run counts in one of two ways. It was started at a protected ref, by an event that only what is on
//! that ref can shape; or, where a contribution's own checks are concerned, the workflow that signed is
//! pinned: it stands on main or at a commit, out of reach of the contribution that called it. (Acceptance
//! <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows>)

use super::config::{Config, Flow, TrustedIdentity, signer_ref};
use super::{Certificate, Role};

/// Where a merge queue keeps the merges it tries. Only the queue itself makes runs of `merge_group`.
const QUEUE: &str = "gh-readonly-queue/";

/// Whether a ref is one that protection holds for a role: a long-lived branch, a chart's branch, a release
/// tag, or a merge queue's branch for one of these.
pub(super) fn is_protected(config: &Config, role: Role, reference: &str) -> bool {
    let branches = &config.branches;
    if let Some(tag) = reference.strip_prefix("refs/tags/") {
        return matches!(role, Role::Build | Role::Publish) && config.is_release_tag(tag);
    }
    let Some(branch) = reference.strip_prefix("refs/heads/") else { return false };
    let contributed = is_contributed(role) || matches!(role, Role::Review | Role::Waive);
    let integration = |branch: &str| config.flow == Flow::Integration && branch == branches.integration;
    if let Some(queued) = branch.strip_prefix(QUEUE) {
        let base = queued.rsplit_once("/pr-").map(|(base, _)| base);
        return contributed && base.is_some_and(|base| base == branches.main || integration(base));
    }
    branch == branches.main
        || contributed && integration(branch)
        || matches!(role, Role::Guard | Role::Propose | Role::Bump) && config.chart_of_branch(branch).is_some()
        || matches!(role, Role::Build | Role::Publish) && branch == branches.release
}

/// Whether a signing workflow's ref is out of every contribution's reach: main, or a commit.
pub(super) fn is_pinned(config: &Config, signer: &str) -> bool {
    is_commit(signer) || signer.strip_prefix("refs/heads/").is_some_and(|branch| branch == config.branches.main)
}

/// Whether a ref is a commit's whole id.
pub(super) fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64)
        && reference.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The roles a pinned workflow may have for a contribution that called it. What is tagged, built and
/// published comes from protected refs alone.
pub(super) fn is_contributed(role: Role) -> bool {
    matches!(role, Role::Validate | Role::Split | Role::Guard | Role::Propose | Role::Bump)
}

/// Whether a ref is a pull request's, which holds whatever the contribution holds.
pub(super) fn is_pull(reference: &str) -> bool {
    reference.starts_with("refs/pull/")
}

/// Whether the run behind a workflow's certificate may speak for a role.
///
/// # Errors
/// Why not, as the rest of a sentence about the certificate.
pub(super) fn run(config: &Config, role: Role, certificate: &Certificate) -> Result<(), String> {
    let reference = certificate.source_repository_ref.as_deref().ok_or("its certificate names no ref")?;
    let event = certificate.build_trigger.as_deref().ok_or("its certificate names no event")?;
    let signer = signer_ref(&certificate.subject).ok_or("its certificate names no workflow at a ref")?;
    if certificate.build_signer_uri.as_ref().is_some_and(|uri| *uri != certificate.subject) {
        return Err("its certificate names two signing workflows".to_owned());
    }
    if !TrustedIdentity::EVENTS.contains(&event) {
        return Err(format!("a run of `{}` never counts: outsiders set it off", super::signer::shown(event)));
    }
    if is_contributed(role) && is_pinned(config, signer) {
        return Ok(());
    }
    let queued = reference.strip_prefix("refs/heads/").is_some_and(|branch| branch.starts_with(QUEUE));
    let of_the_ref = event != "pull_request"
        && queued == (event == "merge_group")
        && (!is_contributed(role) || matches!(event, "push" | "merge_group"));
    if !of_the_ref || !is_protected(config, role, reference) {
        return Err(format!(
            "a run of `{event}` at {} is not protected: evidence for the {role} stage comes from {}",
            super::signer::shown(reference),
            places(config, role)
        ));
    }
    // A workflow called from a protected run is as good as the ref it was taken from.
    if signer == reference || is_pinned(config, signer) || is_protected(config, role, signer) {
        return Ok(());
    }
    Err(format!(
        "the workflow that signed was taken from {}, which may move: name a commit, or {}",
        super::signer::shown(signer),
        config.branches.main
    ))
}

/// Where evidence for a role may come from, in words.
pub(super) fn places(config: &Config, role: Role) -> String {
    let main = &config.branches.main;
    let integration = match config.flow {
        Flow::Integration => format!(" or {}", config.branches.integration),
        Flow::Direct => String::new(),
    };
    match role {
        Role::Build | Role::Publish => format!("{main}, {} or a release tag", config.branches.release),
        Role::Tag | Role::Policy => main.clone(),
        Role::Review | Role::Waive => format!("{main}{integration}"),
        Role::Validate | Role::Split | Role::Guard | Role::Propose | Role::Bump => {
            format!("a push to {main}{integration}, or a workflow pinned to {main} or a commit")
        }
    }
}
