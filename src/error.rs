//! Every room's error turned into a sentence and a hint, on one page.
//!
//! Which exit code an error means is decided by what it says about the question that was asked (design,
//! section 3): 1 is an answer, and the answer is no; 2 is for whoever typed or configured; 3 means that
//! nothing was decided; 4 that something immutable stands in the way, or that somebody else was faster.

use std::error::Error;

use crate::model::{Exit, Failure};
use crate::{cache, git, github, helm, registry, run, sigstore};

#[cfg(test)]
mod tests;

impl From<git::Error> for Failure {
    fn from(error: git::Error) -> Self {
        use git::Error as E;
        let (exit, hint) = match &error {
            E::NoRepository(_) => {
                (Exit::Usage, Some("run this inside a repository, or name one with -C DIR".into()))
            }
            E::UnknownRevision(_) => {
                (Exit::Usage, Some("check the spelling, or run `git fetch --tags` if it is on the remote".into()))
            }
            E::Unborn(_) => (Exit::Usage, Some("make a first commit, or switch to a branch that has one".into())),
            E::MissingObject(_) => (
                Exit::Undetermined,
                Some(
                    "run `git fetch --refetch`, or use a full clone: a partial or damaged one lacks objects"
                        .into(),
                ),
            ),
            E::Shallow(_) => (Exit::Undetermined, Some("run `git fetch --unshallow`".into())),
            E::Corrupt(_) | E::CorruptFile { .. } => {
                (Exit::Negative, Some("run `git fsck`, and compare with a fresh clone".into()))
            }
            E::Unlistable { path, .. } => (Exit::Negative, Some(format!("rename or remove {path} in the chart"))),
            E::RefConflict { existing, .. } => {
                (Exit::Conflict, Some(format!("rename or delete {existing}, or choose another branch pattern")))
            }
            E::Raced(_) => (Exit::Conflict, Some("run `git lineage sync`, then try again".into())),
            E::Write { .. } => (
                Exit::Undetermined,
                Some("check the repository's permissions and the free space of its disk".into()),
            ),
            E::Git { stderr, .. } if may_not_write(stderr) => {
                (Exit::Negative, Some("give the token the permission contents=write".into()))
            }
            E::Git { stderr, .. } if refused_by_rule(stderr) => (
                Exit::Negative,
                Some("ask who owns the remote's rules, or push to a branch that they allow".into()),
            ),
            E::Read { .. } | E::Git { .. } => (Exit::Undetermined, None),
        };
        if let E::Git { command, stderr } = &error {
            // What git prints is many lines; each is a cause of its own.
            let lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
            let failure = Failure::new(exit, format!("`git {command}` failed"));
            return Self { hint, ..lines.fold(failure, Failure::because) };
        }
        told(exit, &error, hint)
    }
}

/// Whether the remote's own rules refused a push: a hook, a ruleset, a protected branch. That is an answer;
/// a network or a disk that failed is none.
fn refused_by_rule(stderr: &str) -> bool {
    let stderr = stderr.to_lowercase();
    ["hook declined", "gh006", "gh013", "protected branch", "push declined", "rule violations"]
        .iter()
        .any(|sign| stderr.contains(sign))
}

/// Whether GitHub turned a push away because of who pushed.
fn may_not_write(stderr: &str) -> bool {
    stderr.contains("Write access to repository not granted")
}

impl From<helm::Error> for Failure {
    fn from(error: helm::Error) -> Self {
        use helm::Error as E;
        // The chart is what is asked about, and no package can be made of it: that is an answer.
        let hint = match &error {
            E::NoChartYaml(_) => Some(
                "add a Chart.yaml; what is no chart belongs neither below the roots nor below a chart's charts/"
                    .into(),
            ),
            E::Yaml { file, .. } | E::Metadata { file, .. } => Some(format!("correct {file} and commit it")),
            E::Ignore { line, .. } => Some(format!("correct line {line} of .helmignore and commit it")),
            E::File { file, .. } => Some(format!("correct or remove {file}, or name it in .helmignore")),
            E::MissingDependency { name } => {
                Some(format!("run `helm dependency build` and commit charts/{name}, or take it out of Chart.yaml"))
            }
            E::Lock { .. } => {
                Some("run `helm dependency update` on the chart and commit the lock it writes".into())
            }
            E::Archive(_) => None,
        };
        told(Exit::Negative, &error, hint)
    }
}

impl From<sigstore::Error> for Failure {
    fn from(error: sigstore::Error) -> Self {
        use sigstore::Error as E;
        let (exit, hint) = match &error {
            E::NoKey(_) => {
                (Exit::Usage, Some("point the configuration to a key, or make one with `git lineage init`".into()))
            }
            E::Exposed { path, .. } => (Exit::Usage, Some(format!("run `chmod 600 {path}`"))),
            E::InWorkTree(_) => (
                Exit::Usage,
                Some("move it out of the repository, and replace it if it was ever committed".into()),
            ),
            E::BadKey { .. } => (
                Exit::Usage,
                Some("make one with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`".into()),
            ),
            E::BadPublicKey(_) => {
                (Exit::Usage, Some("take what `openssl pkey -in KEY -pubout` prints for a P-256 key".into()))
            }
            E::BadRoot(_) => (
                Exit::Undetermined,
                Some("take the trusted_root.json of the Sigstore instance that issued the certificates".into()),
            ),
            E::StaleRoot(_) => (
                Exit::Undetermined,
                Some("run `git lineage trust refresh`, or name a trusted root with --trusted-root FILE".into()),
            ),
            E::Refresh { .. } => (
                Exit::Undetermined,
                Some(
                    "check the network, or take the instance's trusted_root.json with --trusted-root FILE".into(),
                ),
            ),
            E::AnyKey(_) => (Exit::Usage, Some("take what `openssl pkey -in KEY -pubout` prints".into())),
            E::BadServices(_) => (
                Exit::Usage,
                Some("take the signing_config.v0.2.json of the Sigstore instance that is to sign".into()),
            ),
            E::NoToken(_) => (
                Exit::Usage,
                Some("give one of a known OIDC issuer, or run in a CI job that may ask for one".into()),
            ),
            E::NotSignable(_) => (Exit::Usage, Some("give an in-toto Statement v1 with sha256 subjects".into())),
            E::Refused { .. } => {
                (Exit::Negative, Some("check whom the identity token is for and when it ends".into()))
            }
            E::Service { .. } => (Exit::Undetermined, Some("check the network, then try again".into())),
            E::Nonsense { .. } => (
                Exit::Undetermined,
                Some(
                    "see that the signing configuration names services of Sigstore, and what is in between".into(),
                ),
            ),
            E::Unwanted(_) => (
                Exit::Negative,
                Some("sign where lineage.toml on main trusts it under [[trust.identities]]".into()),
            ),
            E::Unproven(_) => (
                Exit::Negative,
                Some("see that the trusted root is that of the services in the signing configuration".into()),
            ),
            E::Sign(_) => (Exit::Undetermined, None),
            E::Write { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                (Exit::Conflict, Some("use the key that is there, or choose another path".into()))
            }
            E::Write { .. } => {
                (Exit::Undetermined, Some("check the permissions and the free space at that path".into()))
            }
        };
        if let E::Refresh { why, .. } = &error {
            return Self { hint, ..Failure::new(exit, error.to_string()).because(why.clone()) };
        }
        told(exit, &error, hint)
    }
}

impl From<registry::Error> for Failure {
    fn from(error: registry::Error) -> Self {
        use registry::Error as E;
        let (exit, hint) = match &error {
            E::Destination(..) => (Exit::Usage, Some("write `oci://host[:port]/path` or `oci-layout:DIR`".into())),
            E::Repository(..) => (
                Exit::Usage,
                Some(
                    "correct the dependency's repository in Chart.yaml: `https://…`, `oci://…` or `file://…`"
                        .into(),
                ),
            ),
            E::Unauthorized(name) => (Exit::Negative, Some(format!("run `helm registry login {}`", host(name)))),
            E::Forbidden(..) => (
                Exit::Negative,
                Some("ask for the permission to write packages there, or log in as somebody else".into()),
            ),
            E::Unreachable(..) => {
                (Exit::Undetermined, Some("check the address and the network, then try again".into()))
            }
            E::Different { .. } => {
                (Exit::Conflict, Some("release a new version: a published one is never overwritten".into()))
            }
            E::Protocol(..) => (Exit::Undetermined, None),
            E::Write { .. } => {
                (Exit::Undetermined, Some("check the permissions and the free space at that path".into()))
            }
        };
        told(exit, &error, hint)
    }
}

impl From<github::Error> for Failure {
    fn from(error: github::Error) -> Self {
        use github::Error as E;
        let (exit, hint) = match &error {
            E::Address(..) => {
                (Exit::Usage, Some("see GITHUB_API_URL, GITHUB_REPOSITORY and the remote's address".into()))
            }
            E::NoToken { .. } => (
                Exit::Usage,
                Some("set GITHUB_TOKEN, or LINEAGE_APP_ID and LINEAGE_APP_KEY of a GitHub App".into()),
            ),
            E::BadToken(_) => {
                (Exit::Usage, Some("take the token, or the App's private key, as GitHub gave it".into()))
            }
            E::Event(_) => {
                (Exit::Usage, Some("name the event's own file with --event, or none outside of its job".into()))
            }
            E::Unauthorized { .. } => {
                (Exit::Undetermined, Some("make a new token, and see when this one ends".into()))
            }
            E::Forbidden { permission: Some(permission), .. } => {
                (Exit::Negative, Some(format!("give the token the permission {permission}")))
            }
            E::Forbidden { permission: None, .. } => {
                (Exit::Negative, Some("see the token's permissions, and the repository's settings".into()))
            }
            E::NotFound { .. } => (
                Exit::Undetermined,
                Some("check the name; GitHub also says so of what the token may not see".into()),
            ),
            E::Refused { status: 409, .. } => {
                (Exit::Conflict, Some("run the command again: it looks at how things are now".into()))
            }
            E::Refused { .. } => (Exit::Negative, None),
            E::Moved { .. } => {
                (Exit::Undetermined, Some("see whether the repository was renamed, and correct its name".into()))
            }
            E::Limited { .. } => (Exit::Undetermined, Some("try again after that time".into())),
            E::Unreachable { .. } => {
                (Exit::Undetermined, Some("check the address and the network, then try again".into()))
            }
            E::Unsure { .. } => {
                (Exit::Undetermined, Some("run the command again: it looks before it does anything twice".into()))
            }
            E::Protocol { .. } => (Exit::Undetermined, None),
        };
        told(exit, &error, hint)
    }
}

/// The host of `oci://host/…`.
fn host(name: &str) -> &str {
    let rest = name.strip_prefix("oci://").unwrap_or(name);
    rest.split_once('/').map_or(rest, |(host, _)| host)
}

impl From<run::Error> for Failure {
    fn from(error: run::Error) -> Self {
        use run::Error as E;
        let (exit, hint) = match &error {
            E::Start { program, .. } => (
                Exit::Usage,
                Some(format!("install {program} and see that PATH leads to it, or correct the check's command")),
            ),
            E::Scratch { .. } => {
                (Exit::Undetermined, Some("check TMPDIR, its permissions and the free space of its disk".into()))
            }
        };
        told(exit, &error, hint)
    }
}

impl From<cache::Error> for Failure {
    fn from(error: cache::Error) -> Self {
        use cache::Error as E;
        let hint = match &error {
            E::Malformed { path, .. } if path.ends_with("pin.json") => {
                format!("remove {} and run `git lineage sync`, which pins anew what it sees first", path.display())
            }
            E::Malformed { path, .. } => format!("remove {} and run the command again", path.display()),
            E::Read { .. } => "check the permissions of the repository's `lineage` directory".into(),
            E::Write { .. } => "check the repository's permissions and the free space of its disk".into(),
        };
        told(Exit::Undetermined, &error, Some(hint))
    }
}

/// The failure with the error's own sentence, what caused it, and the next step.
fn told(exit: Exit, error: &dyn Error, hint: Option<String>) -> Failure {
    let mut failure = Failure::new(exit, error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        failure = failure.because(cause.to_string());
        source = cause.source();
    }
    Failure { hint, ..failure }
}

/// A malformed `lineage.toml`; one of a newer version is not guessed at.
pub fn from_config(error: crate::model::config::ConfigError) -> Failure {
    if error.newer {
        return Failure::undetermined(error.to_string()).hint("use a newer git lineage");
    }
    Failure::usage(error.to_string()).hint("see `man lineage.toml`")
}
