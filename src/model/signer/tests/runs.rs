//! Which runs may speak for which stage, whatever a policy's patterns say (acceptance ).

use super::*;

/// What protection says of a run, with policies whose patterns would all fit.
fn protection(top: &str, role: Role, signer: &str, reference: &str, event: &str) -> Result<(), String> {
    let signer = format!("https://github.com/octo/charts/.github/workflows/f.yml@{signer}");
    protected::run(&policy_with(top).config, role, &run(&signer, reference, event))
}

#[test]
fn a15_which_runs_are_protected() {
    use Role::{Build, Bump, Guard, Policy, Publish, Review, Split, Tag, Validate, Waive};
    let (main, integration, queue) =
        ("refs/heads/main", "refs/heads/integration", "refs/heads/gh-readonly-queue/integration/pr-7-abc");
    for (role, signer, reference, event, counts) in [
        // On a protected branch, by what was merged there.
        (Validate, integration, integration, "push", true),
        (Validate, queue, queue, "merge_group", true),
        (Validate, main, main, "push", true),
        (Split, integration, integration, "push", true),
        (Bump, "refs/heads/chart/x", "refs/heads/chart/x", "push", true),
        (Guard, "refs/heads/chart/x", "refs/heads/chart/x", "push", true),
        // A branch for checks is not one for releases.
        (Validate, "refs/heads/chart/x", "refs/heads/chart/x", "push", false),
        (Tag, integration, integration, "push", false),
        (Build, integration, integration, "push", false),
        (Publish, "refs/heads/chart/x", "refs/heads/chart/x", "push", false),
        (Policy, integration, integration, "push", false),
        (Review, integration, integration, "push", true),
        (Waive, main, main, "workflow_dispatch", true),
        // Anybody's branch, and names that look like a protected one.
        (Validate, "refs/heads/dev", "refs/heads/dev", "push", false),
        (Validate, "refs/heads/integration-evil", "refs/heads/integration-evil", "push", false),
        (Validate, "refs/heads/x/integration", "refs/heads/x/integration", "push", false),
        (Validate, "refs/tags/integration", "refs/tags/integration", "push", false),
        (
            Validate,
            "refs/heads/gh-readonly-queue/dev/pr-7-abc",
            "refs/heads/gh-readonly-queue/dev/pr-7-abc",
            "merge_group",
            false,
        ),
        (
            Validate,
            "refs/heads/gh-readonly-queue/integration",
            "refs/heads/gh-readonly-queue/integration",
            "merge_group",
            false,
        ),
        (Validate, queue, queue, "push", false),
        (Validate, integration, integration, "merge_group", false),
        (Build, queue, queue, "merge_group", false),
        (Build, "refs/tags/main", "refs/tags/main", "push", false),
        (Build, "refs/tags/x/y-v1.2.3", "refs/tags/x/y-v1.2.3", "push", false),
        // Checks are not taken from runs that somebody starts with inputs, but from a pinned signer's.
        (Validate, integration, integration, "workflow_dispatch", false),
        (Validate, main, main, "workflow_dispatch", true),
        (Validate, main, "refs/pull/7/merge", "pull_request", true),
        (Validate, COMMIT, "refs/pull/7/merge", "pull_request", true),
        (Validate, COMMIT, "refs/heads/dev", "push", true),
        (Validate, "refs/pull/7/merge", "refs/pull/7/merge", "pull_request", false),
        (Validate, "refs/heads/integration", "refs/pull/7/merge", "pull_request", false),
        (Validate, "refs/tags/v1", "refs/pull/7/merge", "pull_request", false),
        (Validate, "0123456", "refs/pull/7/merge", "pull_request", false),
        // What is tagged, built and published never comes from a pull request or another ref.
        (Build, COMMIT, "refs/pull/7/merge", "pull_request", false),
        (Publish, main, "refs/pull/7/merge", "pull_request", false),
        (Build, main, main, "pull_request", false),
        (Tag, COMMIT, "refs/heads/dev", "push", false),
        (Build, main, "refs/heads/dev", "workflow_dispatch", false),
        (Build, main, main, "workflow_dispatch", true),
        (Build, "refs/tags/x-v1.2.3", "refs/tags/x-v1.2.3", "push", true),
        (Build, COMMIT, "refs/tags/x-v1.2.3-rc.1", "release", true),
        (Publish, "refs/heads/release", "refs/heads/release", "push", true),
        // A protected run that calls a workflow from a ref that moves.
        (Validate, "refs/heads/dev", integration, "push", false),
        (Build, "refs/tags/v1", main, "push", false),
        (Build, "refs/heads/dev", main, "push", false),
        (Build, COMMIT, main, "push", true),
        // Outsiders' events.
        (Validate, main, main, "pull_request_target", false),
        (Validate, COMMIT, integration, "workflow_run", false),
        (Build, main, main, "issue_comment", false),
        (Build, main, main, "", false),
    ] {
        let said = protection("", role, signer, reference, event);
        assert_eq!(said.is_ok(), counts, "{role} by {signer} at {reference} on {event}: {said:?}");
    }
    // In direct flow nobody protects an integration branch.
    let direct = "flow = \"direct\"";
    assert!(protection(direct, Validate, integration, integration, "push").is_err());
    assert!(protection(direct, Validate, queue, queue, "merge_group").is_err());
    assert!(protection(direct, Validate, main, main, "push").is_ok());
}

#[test]
fn a15_a_branch_s_name_puts_no_other_ref_behind_the_signer() {
    let evil = "refs/heads/x@refs/heads/main";
    assert!(protection("", Role::Validate, evil, evil, "push").is_err());
    assert!(protection("", Role::Validate, evil, "refs/pull/7/merge", "pull_request").is_err());
    let mut odd = run("urn:x", "refs/heads/main", "push");
    odd.build_signer_uri = None;
    assert!(
        protected::run(&policy().config, Role::Build, &odd).unwrap_err().contains("names no workflow at a ref")
    );
}
