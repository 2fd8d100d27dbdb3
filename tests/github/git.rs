//! A bare repository, asked and changed with `git`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository on disk: the one that `git push` reaches.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    dir: PathBuf,
}

impl Git {
    pub(crate) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// What `git` prints, where it succeeds, without the last newline.
    pub(super) fn ask(&self, arguments: &[&str]) -> Option<String> {
        self.ask_with(arguments, "")
    }

    pub(super) fn ask_with(&self, arguments: &[&str], input: &str) -> Option<String> {
        let date = format!("{} +0000", jiff::Timestamp::now().as_second());
        let mut child = Command::new("git")
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_DIR", &self.dir)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", &self.dir)
            .envs([("GIT_AUTHOR_NAME", "GitHub"), ("GIT_AUTHOR_EMAIL", "noreply@github.com")])
            .envs([("GIT_COMMITTER_NAME", "GitHub"), ("GIT_COMMITTER_EMAIL", "noreply@github.com")])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("git is there");
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        output.status.success().then(|| text.trim_end_matches('\n').to_owned())
    }

    /// What a ref holds.
    pub(super) fn tip(&self, reference: &str) -> Option<String> {
        self.ask(&["rev-parse", "--verify", "-q", reference])
    }

    /// The lines `git` prints.
    pub(super) fn lines(&self, arguments: &[&str]) -> Vec<String> {
        self.ask(arguments).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Moves a ref from what it must be (none: it must not be there).
    pub(super) fn set(&self, reference: &str, old: Option<&str>, new: &str) -> bool {
        let nothing = "0".repeat(new.len());
        self.ask(&["update-ref", reference, new, old.unwrap_or(&nothing)]).is_some()
    }

    /// The merge of two commits as a tree; none where they conflict.
    pub(super) fn merged_tree(&self, base: &str, head: &str) -> Option<String> {
        self.ask(&["merge-tree", "--write-tree", base, head])
    }

    /// Writes a commit.
    pub(super) fn commit(&self, tree: &str, parents: &[&str], message: &str) -> Option<String> {
        let mut arguments = vec!["commit-tree", tree, "-F", "-"];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        self.ask_with(&arguments, message)
    }

    /// Brings another repository's commit here.
    pub(super) fn bring(&self, from: &Self, commit: &str) -> bool {
        let from = from.dir.display().to_string();
        self.ask(&["-c", "uploadpack.allowAnySHA1InWant=true", "fetch", "-q", &from, commit]).is_some()
    }
}
