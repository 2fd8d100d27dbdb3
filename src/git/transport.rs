//! The one place that runs `git`: fetch, push, signing a tag; and `gpg`, as git runs it. Everything else reads and
//! writes through gix.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{Error, Repo, absolute};
use crate::model::Oid;

/// One ref of an atomic push.
#[derive(Clone, Debug)]
pub struct PushRef {
    /// The full name on the remote.
    pub reference: String,
    /// What the remote must have now; none: the ref must not exist.
    pub expect: Option<Oid>,
    /// What it shall have; none: deleted.
    pub new: Option<Oid>,
}

/// Variables that point git at a repository (`git rev-parse --local-env-vars`, without those that only
/// configure it).
const LOCATING: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_PREFIX",
];

/// What `git` said.
pub(super) struct Said {
    pub done: bool,
    pub out: String,
    pub err: String,
}

/// Runs `git` to its end. Never through a shell; it speaks English, asks nothing, and sees neither
/// replacement objects nor the terminal.
fn run(mut command: Command, name: &str) -> Result<Said, Error> {
    command
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .stdin(Stdio::null());
    let output = command.output().map_err(|e| Error::Git {
        command: name.to_owned(),
        stderr: if e.kind() == std::io::ErrorKind::NotFound {
            "there is no `git` on the PATH".to_owned()
        } else {
            e.to_string()
        },
    })?;
    Ok(Said {
        done: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
    })
}

/// Keeps variables that point at a repository away from a `git` that is to work on another.
fn forget_place(command: &mut Command) {
    for name in LOCATING {
        command.env_remove(name);
    }
}

/// What a program said on its way out.
fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
}

impl Said {
    /// What it printed, if it succeeded.
    pub(super) fn ok(self, name: &str) -> Result<String, Error> {
        if self.done { Ok(self.out) } else { Err(Error::Git { command: name.to_owned(), stderr: self.err }) }
    }
}

impl Repo {
    /// Runs `git` in this repository. The first argument is the command, and names it in errors: later ones
    /// may be URLs with credentials.
    pub(super) fn git<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Said, Error> {
        let mut command = Command::new("git");
        if !self.ambient {
            forget_place(&mut command);
        }
        let git_dir = absolute(self.inner.git_dir());
        let work_dir = self.work_dir();
        command.current_dir(work_dir.as_ref().unwrap_or(&git_dir));
        command.arg("--git-dir").arg(&git_dir);
        if let Some(work_dir) = &work_dir {
            command.arg("--work-tree").arg(work_dir);
        }
        for setting in ["core.quotePath=false", "gc.auto=0", "maintenance.auto=false"] {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        run(command, &arguments.first().map(|name| name.as_ref().to_string_lossy()).unwrap_or_default())
    }

    /// The configured remotes, by name.
    pub fn remotes(&self) -> Vec<String> {
        self.reread().remote_names().iter().map(ToString::to_string).collect()
    }

    /// Whether this remote is configured.
    pub fn has_remote(&self, remote: &str) -> bool {
        self.reread().remote_names().iter().any(|name| name.as_slice() == remote.as_bytes())
    }

    /// A remote as `git` is to be told: a configured name, a URL, or a path from the root.
    pub(super) fn remote_argument(&self, remote: &str) -> Result<String, Error> {
        if remote.is_empty() || remote.starts_with('-') {
            let stderr = format!("{remote:?} names no remote");
            return Err(Error::Git { command: "remote".to_owned(), stderr });
        }
        // git's rule: a colon before the first slash makes `host:path`.
        let scp = remote.find(':').is_some_and(|colon| remote.find('/').is_none_or(|slash| colon < slash));
        if scp || self.has_remote(remote) {
            return Ok(remote.to_owned());
        }
        Ok(absolute(Path::new(remote)).to_string_lossy().into_owned())
    }

    /// The remote's refs below the prefixes, as `git ls-remote` prints them (tags not peeled), sorted by
    /// name. Every ref if there is no prefix.
    pub fn remote_refs(&self, remote: &str, prefixes: &[&str]) -> Result<Vec<(String, Oid)>, Error> {
        let remote = self.remote_argument(remote)?;
        let mut refs: Vec<(String, Oid)> = self
            .git(&["ls-remote", "--quiet", "--refs", &remote])?
            .ok("ls-remote")?
            .lines()
            .filter_map(|line| {
                let (oid, name) = line.split_once('\t')?;
                Some((name.to_owned(), Oid::parse(oid)?))
            })
            .filter(|(name, _)| prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix)))
            .collect();
        refs.sort();
        Ok(refs)
    }

    /// Fetches branches (to remote-tracking refs) and tags; never forces a tag, never prunes. With refspecs,
    /// fetches those and nothing else. `Raced` where the remote's tag is another than the one here.
    pub fn fetch(&self, remote: &str, refspecs: &[&str]) -> Result<(), Error> {
        let branches = format!("+refs/heads/*:refs/remotes/{remote}/*");
        let mut defaults = vec!["refs/tags/*:refs/tags/*"];
        if self.has_remote(remote) {
            defaults.push(&branches);
        }
        self.fetch_with("--no-prune", remote, if refspecs.is_empty() { &defaults } else { refspecs })
    }

    /// Fetches these refspecs, and deletes what their right sides match and the remote no longer has.
    pub fn fetch_pruning(&self, remote: &str, refspecs: &[&str]) -> Result<(), Error> {
        self.fetch_with("--prune", remote, refspecs)
    }

    fn fetch_with(&self, prune: &str, remote: &str, refspecs: &[&str]) -> Result<(), Error> {
        let remote = self.remote_argument(remote)?;
        // An empty refmap keeps configured refspecs, which may force, out of it.
        let options = ["--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--refmap="];
        let arguments = [&["fetch", prune], &options[..], &["--", &remote], refspecs].concat();
        let said = self.git(&arguments)?;
        if said.done {
            return Ok(());
        }
        // ` ! [rejected]  v1 -> v1  (would clobber existing tag)`
        let clobbered = said.err.lines().find(|line| line.ends_with("(would clobber existing tag)"));
        if let Some(tag) = clobbered.and_then(|line| line.split_once(" -> ")?.1.split_whitespace().next()) {
            return Err(Error::Raced(format!("refs/tags/{}", tag.trim_start_matches("refs/tags/"))));
        }
        if let Some(reference) = super::push::lost_lock(&said.err) {
            return Err(Error::Raced(reference));
        }
        Err(Error::Git { command: "fetch".to_owned(), stderr: said.err })
    }

    /// Makes a clone (for rehearsals): `git clone` of `from` into `to`.
    pub fn clone(from: &str, to: &Path, bare: bool) -> Result<Self, Error> {
        let mut command = Command::new("git");
        forget_place(&mut command);
        command.args(["clone", "--quiet", "--template="]);
        if bare {
            command.arg("--bare");
        }
        command.arg("--").arg(from).arg(to);
        run(command, "clone")?.ok("clone")?;
        Self::open_at(to)
    }

    /// Makes a repository with `branch` as its unborn HEAD.
    pub fn init(at: &Path, bare: bool, branch: &str) -> Result<Self, Error> {
        let mut command = Command::new("git");
        forget_place(&mut command);
        command.args(["init", "--quiet", "--template="]);
        if bare {
            command.arg("--bare");
        }
        command.arg(format!("--initial-branch={branch}")).arg("--").arg(at);
        run(command, "init")?.ok("init")?;
        Self::open_at(at)
    }

    /// A text as a signed message (RFC 9580, section 7), by the program and in the keyring that git signs with.
    /// `key` is a fingerprint, or what else names one secret key there.
    ///
    /// # Errors
    /// There is no such program, or it refuses: the reason is what it said.
    pub fn clearsign(&self, key: &str, text: &str) -> Result<Vec<u8>, Error> {
        // SHA-1 and the like are refused by readers of today, and some keys prefer them still.
        let arguments = ["--local-user", key, "--digest-algo", "SHA512", "--clearsign", "--output", "-"];
        let output = self.gpg(&arguments, text.as_bytes())?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(Error::Git { command: "gpg --clearsign".to_owned(), stderr: complaint(&output) })
    }

    /// Whether a signed message verifies, and by which key: one that `key` names. None: it does; otherwise why not.
    ///
    /// # Errors
    /// There is no such program, or it knows no such key.
    pub fn clearsigned_by(&self, key: &str, message: &[u8]) -> Result<Option<String>, Error> {
        let listed = self.gpg(&["--batch", "--with-colons", "--list-keys", "--", key], b"")?;
        if !listed.status.success() {
            return Err(Error::Git { command: "gpg --list-keys".to_owned(), stderr: complaint(&listed) });
        }
        let output = self.gpg(&["--batch", "--status-fd", "1", "--verify"], message)?;
        if !output.status.success() {
            return Ok(Some(complaint(&output)));
        }
        // DETAILS of GnuPG: `fpr` records have the fingerprint in their tenth field, VALIDSIG ends with that of the
        // primary key.
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let wanted: Vec<&str> = listed
            .lines()
            .filter(|line| line.starts_with("fpr:"))
            .filter_map(|line| line.split(':').nth(9))
            .collect();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut valid = said.lines().filter_map(|line| line.strip_prefix("[GNUPG:] VALIDSIG "));
        let signer = valid.next().and_then(|line| line.split(' ').next_back());
        match (signer, valid.next()) {
            (Some(signer), None) if wanted.contains(&signer) => Ok(None),
            (Some(signer), None) => Ok(Some(format!("it is signed by {signer}"))),
            _ => Ok(Some("it is not signed once".to_owned())),
        }
    }

    /// Runs the program that git signs with.
    fn gpg(&self, arguments: &[&str], input: &[u8]) -> Result<Output, Error> {
        let configured = self.config("gpg.openpgp.program").or_else(|| self.config("gpg.program"));
        let program = configured.unwrap_or_else(|| "gpg".to_owned());
        let failed = |error: std::io::Error| Error::Git { command: program.clone(), stderr: error.to_string() };
        let mut child = Command::new(&program)
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            // Beside the reading, since neither side waits for the other's pipe then. What a program that ended
            // early did not take shows in its exit code.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        })
        .map_err(failed)
    }

    /// Writes `git config` keys of this repository (`init`'s refspecs); present values are left. False where
    /// the key has this value already.
    pub fn add_config(&self, key: &str, value: &str) -> Result<bool, Error> {
        if key.starts_with('-') {
            let stderr = format!("{key:?} is no configuration key");
            return Err(Error::Git { command: "config".to_owned(), stderr });
        }
        let present = self.git(&["config", "--local", "--get-all", key])?;
        if present.done && present.out.lines().any(|line| line == value) {
            return Ok(false);
        }
        self.git(&["config", "--local", "--add", key, value])?.ok("config")?;
        self.fresh.replace(Some(self.open_again()));
        Ok(true)
    }
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
