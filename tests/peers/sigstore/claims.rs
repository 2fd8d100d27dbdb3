//! What tokens say.

use serde_json::{Value, json};

/// What a job of GitHub Actions is told about: enough to change one thing at a time in a test.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// `owner/name` of the repository the workflow runs for.
    pub(crate) repository: String,
    pub(crate) repository_id: String,
    pub(crate) owner_id: String,
    /// The workflow that was started, as `owner/name/.github/workflows/x.yaml`, without `@ref`.
    pub(crate) workflow: String,
    /// The workflow that signs, likewise: another one where a reusable workflow was called.
    pub(crate) signer: String,
    /// The ref of the signer.
    pub(crate) signer_ref: String,
    pub(crate) git_ref: String,
    pub(crate) commit: String,
    pub(crate) event: String,
    /// `github-hosted` or `self-hosted`.
    pub(crate) runner: String,
}

impl Job {
    /// A push to main of the repository, signed by a workflow of its own.
    pub(crate) fn push(repository: &str, workflow: &str) -> Self {
        let workflow = format!("{repository}/.github/workflows/{workflow}");
        Self {
            repository: repository.to_owned(),
            repository_id: "720001".to_owned(),
            owner_id: "810001".to_owned(),
            signer: workflow.clone(),
            workflow,
            signer_ref: "refs/heads/main".to_owned(),
            git_ref: "refs/heads/main".to_owned(),
            commit: "5f".repeat(20),
            event: "push".to_owned(),
            runner: "github-hosted".to_owned(),
        }
    }

    /// The claims of its token, named as GitHub names them; `iss`, `aud` and the times are the issuer's.
    pub(crate) fn claims(&self) -> Value {
        let owner = self.repository.split('/').next().unwrap_or_default();
        let kind = if self.git_ref.starts_with("refs/tags/") { "tag" } else { "branch" };
        json!({
            "sub": format!("repo:{}:ref:{}", self.repository, self.git_ref),
            "actor": "ada",
            "actor_id": "4711",
            "base_ref": "",
            "event_name": self.event,
            "head_ref": "",
            "job_workflow_ref": format!("{}@{}", self.signer, self.signer_ref),
            "job_workflow_sha": self.commit,
            "ref": self.git_ref,
            "ref_protected": "true",
            "ref_type": kind,
            "repository": self.repository,
            "repository_id": self.repository_id,
            "repository_owner": owner,
            "repository_owner_id": self.owner_id,
            "repository_visibility": "public",
            "run_attempt": "1",
            "run_id": "9000000001",
            "run_number": "17",
            "runner_environment": self.runner,
            "sha": self.commit,
            "workflow": "release",
            "workflow_ref": format!("{}@{}", self.workflow, self.git_ref),
            "workflow_sha": self.commit,
        })
    }

    /// Who signs, as it stands in the certificate's subject alternative name.
    pub(crate) fn identity(&self) -> String {
        format!("https://github.com/{}@{}", self.signer, self.signer_ref)
    }
}

/// Which claim Fulcio writes into which extension of a certificate for a job (its `ci-issuer-metadata`).
pub(super) fn extensions() -> Value {
    json!({
        "default-template-values": { "url": "https://github.com", "environment": "" },
        "subject-alternative-name-template": "{{ .url }}/{{ .job_workflow_ref }}",
        "extension-templates": {
            "build-config-digest": "workflow_sha",
            "build-config-uri": "{{ .url }}/{{ .workflow_ref }}",
            "build-signer-digest": "job_workflow_sha",
            "build-signer-uri": "{{ .url }}/{{ .job_workflow_ref }}",
            "build-trigger": "event_name",
            "deployment-environment": "environment",
            "github-workflow-name": "workflow",
            "github-workflow-ref": "ref",
            "github-workflow-repository": "repository",
            "github-workflow-sha": "sha",
            "github-workflow-trigger": "event_name",
            "run-invocation-uri":
                "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}",
            "runner-environment": "runner_environment",
            "source-repository-digest": "sha",
            "source-repository-identifier": "repository_id",
            "source-repository-owner-identifier": "repository_owner_id",
            "source-repository-owner-uri": "{{ .url }}/{{ .repository_owner }}",
            "source-repository-ref": "ref",
            "source-repository-uri": "{{ .url }}/{{ .repository }}",
            "source-repository-visibility-at-signing": "repository_visibility",
        },
    })
}
