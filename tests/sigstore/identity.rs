//! Who a certificate says its holder is: a name, and the extensions Fulcio writes about a workload.

use super::der;

/// An extension of Fulcio's, by its last arc under 1.3.6.1.4.1.57264.1
/// (<https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// The issuer, as the first certificates had it: bare bytes. 1 – 6 are deprecated and still written.
    OldIssuer = 1,
    /// The event.
    OldTrigger = 2,
    /// The commit.
    OldSha = 3,
    /// The workflow's title.
    OldName = 4,
    /// `owner/repository`.
    OldRepository = 5,
    /// The ref.
    OldRef = 6,
    /// Who vouched for the identity: the token's `iss`.
    Issuer = 8,
    /// The workflow that signed, with its ref: the callee, when a workflow calls another.
    BuildSignerUri = 9,
    /// The commit that workflow was taken from.
    BuildSignerDigest = 10,
    /// `github-hosted` or `self-hosted`.
    RunnerEnvironment = 11,
    /// `https://github.com/owner/repository`.
    SourceRepositoryUri = 12,
    /// The commit that was built.
    SourceRepositoryDigest = 13,
    /// `refs/heads/…`, `refs/tags/…`, `refs/pull/…`.
    SourceRepositoryRef = 14,
    /// The repository's number: it survives a rename and is never given again.
    SourceRepositoryIdentifier = 15,
    /// `https://github.com/owner`.
    SourceRepositoryOwnerUri = 16,
    /// The owner's number.
    SourceRepositoryOwnerIdentifier = 17,
    /// The workflow that ran: the caller, when a workflow calls another.
    BuildConfigUri = 18,
    /// The commit the workflow that ran was taken from.
    BuildConfigDigest = 19,
    /// The event: `push`, `pull_request`, `workflow_dispatch` …
    BuildTrigger = 20,
    /// The run, as a URL.
    RunInvocationUri = 21,
    /// `public`, `private` or `internal`, when it was signed.
    SourceRepositoryVisibility = 22,
    /// The deployment environment; a token without one has no such extension.
    DeploymentEnvironment = 23,
    /// The token's `sub`.
    TokenSubject = 24,
}

/// What Fulcio writes for GitHub's tokens.
pub(crate) const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Who signs. Every part can be changed or left out; nothing keeps the parts consistent with each other.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The content of `SubjectAltName`: one `GeneralName`, encoded.
    name: Vec<u8>,
    /// Extensions with their values as they stand in the certificate.
    claims: Vec<(Claim, Vec<u8>)>,
}

impl Identity {
    /// A workflow of GitHub Actions in `owner/repository`, run by a push to a ref such as
    /// `refs/heads/main`. `workflow` is a file in `.github/workflows`.
    ///
    /// Everything a real certificate of that run has is there, 8 – 22 and 24 and the old 1 – 6; only the
    /// deployment environment (23) is left out. Repository and owner are number 1001 and 2002, the
    /// commit is `aaaa…`.
    pub(crate) fn github(repository: &str, workflow: &str, at: &str) -> Self {
        let owner = repository.split('/').next().expect("split gives one");
        let uri = format!("https://github.com/{repository}");
        let signer = format!("{uri}/.github/workflows/{workflow}@{at}");
        let commit = "a".repeat(40);
        Self { name: Vec::new(), claims: Vec::new() }
            .uri(&signer)
            .with(Claim::OldIssuer, GITHUB)
            .with(Claim::OldTrigger, "push")
            .with(Claim::OldSha, &commit)
            .with(Claim::OldName, workflow)
            .with(Claim::OldRepository, repository)
            .with(Claim::OldRef, at)
            .with(Claim::Issuer, GITHUB)
            .with(Claim::BuildSignerUri, &signer)
            .with(Claim::BuildSignerDigest, &commit)
            .with(Claim::RunnerEnvironment, "github-hosted")
            .with(Claim::SourceRepositoryUri, &uri)
            .with(Claim::SourceRepositoryDigest, &commit)
            .with(Claim::SourceRepositoryRef, at)
            .with(Claim::SourceRepositoryIdentifier, "1001")
            .with(Claim::SourceRepositoryOwnerUri, &format!("https://github.com/{owner}"))
            .with(Claim::SourceRepositoryOwnerIdentifier, "2002")
            .with(Claim::BuildConfigUri, &signer)
            .with(Claim::BuildConfigDigest, &commit)
            .with(Claim::BuildTrigger, "push")
            .with(Claim::RunInvocationUri, &format!("{uri}/actions/runs/1/attempts/1"))
            .with(Claim::SourceRepositoryVisibility, "public")
            .with(Claim::TokenSubject, &format!("repo:{repository}:ref:{at}"))
    }

    /// A person, known by an address that an issuer vouches for; no workload extensions.
    pub(crate) fn email(address: &str, issuer: &str) -> Self {
        Self { name: der::value(0x81, address.as_bytes()), claims: Vec::new() }
            .with(Claim::OldIssuer, issuer)
            .with(Claim::Issuer, issuer)
    }

    /// The same workload whose workflow called another, which signs: name, signer and signer's commit are
    /// the callee's (`https://github.com/o/r/.github/workflows/x.yml@ref`), everything else is the caller's.
    pub(crate) fn calling(self, callee: &str, commit: &str) -> Self {
        self.uri(callee).with(Claim::BuildSignerUri, callee).with(Claim::BuildSignerDigest, commit)
    }

    /// With another `SubjectAltName`, a URI. The extensions stay as they are.
    pub(crate) fn uri(mut self, uri: &str) -> Self {
        self.name = der::value(0x86, uri.as_bytes());
        self
    }

    /// With one extension set; the others stay as they are.
    pub(crate) fn with(self, claim: Claim, text: &str) -> Self {
        let value = if claim <= Claim::OldRef { text.as_bytes().to_vec() } else { der::text(text) };
        self.with_raw(claim, value)
    }

    /// With one extension's value set byte for byte: one that is not DER, or not text.
    pub(crate) fn with_raw(self, claim: Claim, value: Vec<u8>) -> Self {
        let mut identity = self.without(claim);
        identity.claims.push((claim, value));
        identity
    }

    /// With one extension left out.
    pub(crate) fn without(mut self, claim: Claim) -> Self {
        self.claims.retain(|(other, _)| *other != claim);
        self
    }

    /// The `SubjectAltName`.
    pub(super) fn name(&self) -> Vec<u8> {
        der::sequence(std::slice::from_ref(&self.name))
    }

    /// The extensions: OID and value, in the order of their numbers.
    pub(super) fn extensions(&self) -> Vec<(String, Vec<u8>)> {
        let mut claims = self.claims.clone();
        claims.sort();
        claims.into_iter().map(|(claim, value)| (format!("1.3.6.1.4.1.57264.1.{}", claim as u8), value)).collect()
    }
}
