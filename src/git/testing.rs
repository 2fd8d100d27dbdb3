//! Repositories for the tests of this room, made by git itself and shut off from the machine's own settings.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Repo;
use crate::model::{Oid, Timestamp};

pub(super) const NOW: i64 = 1_700_000_000;

pub(super) fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A temporary directory with repositories in it.
pub(super) struct World {
    dir: tempfile::TempDir,
}

impl World {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A repository with a work tree on `main`, and an identity.
    pub(super) fn repo(&self, name: &str) -> Site {
        self.init(name, &["--initial-branch=main"])
    }

    pub(super) fn init(&self, name: &str, options: &[&str]) -> Site {
        let at = self.path(name);
        std::fs::create_dir_all(&at).unwrap();
        let site = Site { home: self.dir.path().to_owned(), at };
        site.git(&[&["init", "--quiet", "--template="], options].concat());
        site.git(&["config", "user.name", "A Person"]);
        site.git(&["config", "user.email", "person@example.com"]);
        // Code under test sees the settings of whoever runs it, and those might sign.
        site.git(&["config", "tag.gpgSign", "false"]);
        site
    }

    pub(super) fn bare(&self, name: &str) -> Site {
        self.init(name, &["--bare", "--initial-branch=main"])
    }

    /// A clone of a sibling, with an identity.
    pub(super) fn clone(&self, from: &str, to: &str, options: &[&str]) -> Site {
        let site = Site { home: self.dir.path().to_owned(), at: self.dir.path().to_owned() };
        let url = format!("file://{}", self.path(from).display());
        site.git(&[&["clone", "--quiet"], options, &["--", &url, to]].concat());
        let site = Site { home: self.dir.path().to_owned(), at: self.path(to) };
        site.git(&["config", "user.name", "A Person"]);
        site.git(&["config", "user.email", "person@example.com"]);
        site
    }
}

/// One repository of a world.
pub(super) struct Site {
    home: PathBuf,
    pub at: PathBuf,
}

impl Site {
    pub(super) fn open(&self) -> Repo {
        Repo::open_at(&self.at).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.env_clear().current_dir(&self.at).args(arguments);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &self.home).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Test").env(format!("GIT_{who}_EMAIL"), "test@example.com");
            command.env(format!("GIT_{who}_DATE"), format!("{NOW} +0000"));
        }
        command
    }

    /// Runs git, which has to succeed; what it printed, without the last line end.
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    pub(super) fn fails(&self, arguments: &[&str]) -> bool {
        !self.command(arguments).output().unwrap().status.success()
    }

    /// Runs git with this on its standard input.
    pub(super) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        use std::io::Write as _;
        let mut child = self
            .command(arguments)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    pub(super) fn oid(&self, revision: &str) -> Oid {
        Oid::parse(&self.git(&["rev-parse", "--verify", revision])).unwrap()
    }

    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.at.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything in the work tree.
    pub(super) fn commit(&self, message: &str) -> Oid {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.oid("HEAD")
    }

    /// Writes a file and commits it.
    pub(super) fn file(&self, path: &str, text: &str) -> Oid {
        self.write(path, text);
        self.commit(&format!("write {path}"))
    }
}

/// The only file of a loose object.
pub(super) fn loose(git_dir: &Path, oid: &Oid) -> PathBuf {
    let (front, rest) = oid.as_str().split_at(2);
    git_dir.join("objects").join(front).join(rest)
}
