//! A world of its own for each test: a bare remote, a developer's clone, a CI clone, strangers' fresh
//! clones, own HOME, own clock, two keys, no network.

mod charts;
mod keys;
mod line;
mod output;
mod policies;
mod tamper;

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub(crate) use charts::{REPOSITORY, chart_yaml, policy, policy_of, seed};
pub(crate) use keys::{CI_PUBLIC, MALLORY_PUBLIC};
pub(crate) use line::{PROBE, Stop, TAG};
pub(crate) use output::Output;
pub(crate) use policies::{widened, with_second};

/// The binary under test.
pub(crate) const BINARY: &str = match option_env!("LINEAGE_BINARY") {
    // The long loops take a release build (`tests/soak/run`).
    Some(binary) => binary,
    None => env!("CARGO_BIN_EXE_git-lineage"),
};

/// One test's world. It goes when it is dropped.
#[derive(Debug)]
pub(crate) struct World {
    directory: TempDir,
    /// Seconds since 1970; every command happens a minute after the one before.
    clock: Cell<i64>,
    /// Whether commands happen when they do, for what compares with other clocks.
    real: Cell<bool>,
    /// What every `git lineage` finds in its environment besides.
    variables: RefCell<Vec<(String, String)>>,
    /// How new repositories name their objects.
    format: Cell<&'static str>,
}

/// A place in a world where commands run.
#[derive(Debug)]
pub(crate) struct Site<'w> {
    pub(crate) world: &'w World,
    pub(crate) dir: PathBuf,
    /// What `LINEAGE_KEY` says here.
    key: Option<PathBuf>,
}

impl World {
    /// A world with HOME, keys and nothing else.
    pub(crate) fn empty() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("world-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("target/tmp takes a directory");
        let world = Self {
            directory,
            clock: Cell::new(1_763_700_000),
            real: Cell::new(false),
            variables: RefCell::default(),
            format: Cell::new("sha1"),
        };
        for name in ["home", "tmp", "keys"] {
            fs::create_dir(world.path(name)).expect("the world is new");
        }
        for (name, pem) in [("ci.pem", keys::CI_PRIVATE), ("mallory.pem", keys::MALLORY_PRIVATE)] {
            let path = world.path("keys").join(name);
            fs::write(&path, pem).expect("the world is writable");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        }
        world
    }

    /// The world's own directory.
    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// A path in the world.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root().join(below)
    }

    /// From here on, every command happens when it does.
    pub(crate) fn in_real_time(&self) {
        self.real.set(true);
    }

    /// Sets what every `git lineage` finds in its environment besides: the job it runs in.
    pub(crate) fn set_variables(&self, variables: impl IntoIterator<Item = (impl Into<String>, String)>) {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value));
        self.variables.replace(variables.collect());
    }

    /// The bare remote.
    pub(crate) fn origin(&self) -> Site<'_> {
        self.site("origin.git", None)
    }

    /// The developer's clone; no key.
    pub(crate) fn dev(&self) -> Site<'_> {
        self.site("dev", None)
    }

    /// The clone CI works in, with the trusted key.
    pub(crate) fn ci(&self) -> Site<'_> {
        self.site("ci", Some("ci.pem"))
    }

    /// A fresh clone of somebody who knows nothing, without its ledger.
    pub(crate) fn clone(&self, name: &str, arguments: &[&str]) -> Site<'_> {
        let origin = format!("file://{}", self.path("origin.git").display());
        let home = self.site(".", None);
        let words: Vec<&str> = ["clone", "-q"].iter().chain(arguments).copied().chain([&*origin, name]).collect();
        home.git(words);
        self.site(name, None)
    }

    /// A stranger's fresh clone with its ledger fetched.
    pub(crate) fn stranger(&self) -> Site<'_> {
        let site = self.clone("stranger", &[]);
        site.lineage(["sync"]).succeeds();
        site
    }

    /// Any directory of the world.
    pub(crate) fn site(&self, name: &str, key: Option<&str>) -> Site<'_> {
        Site { world: self, dir: self.path(name), key: key.map(|key| self.path("keys").join(key)) }
    }

    /// The environment of every command: nothing of the caller's but PATH.
    fn command(&self, program: impl AsRef<OsStr>, dir: &Path) -> Command {
        let now = if self.real.get() { jiff::Timestamp::now().as_second() } else { self.clock.get() };
        self.clock.set(now + 60);
        let date = format!("{now} +0000");
        let mut command = Command::new(program);
        command
            .current_dir(dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.root())
            .env("GIT_DEFAULT_HASH", self.format.get())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.org")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.org")
            .env("GIT_COMMITTER_DATE", &date);
        command
    }
}

impl<'w> Site<'w> {
    /// The same place with another key, or none.
    pub(crate) fn with_key(&self, key: Option<&str>) -> Site<'w> {
        let key = key.map(|key| self.world.path("keys").join(key));
        Site { world: self.world, dir: self.dir.clone(), key }
    }

    /// Any program here, with the world's environment.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.world.command(program, &self.dir);
        if let Some(key) = &self.key {
            command.env("LINEAGE_KEY", key);
        }
        command
    }

    /// Runs `git lineage …`.
    pub(crate) fn lineage<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.lineage_with(arguments, &[])
    }

    /// Runs `git lineage …` with variables added to its environment.
    pub(crate) fn lineage_with<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Output {
        let mut command = self.command(BINARY);
        command
            .args(arguments)
            .envs(self.world.variables.borrow().iter().cloned())
            .envs(variables.iter().copied());
        self.run(&mut command)
    }

    /// Runs a prepared command.
    pub(crate) fn run(&self, command: &mut Command) -> Output {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        let here = self.dir.file_name().unwrap_or_default().display();
        let what = format!("in {here}: {}", words.join(" "));
        let output = command.output().unwrap_or_else(|e| panic!("could not start {what}: {e}"));
        Output::new(what, &output)
    }

    /// Runs `git …`, which has to succeed, and gives what it printed without the last newline.
    #[track_caller]
    pub(crate) fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let mut command = self.command("git");
        command.args(arguments);
        let output = self.run(&mut command).exits(0);
        output.stdout.trim_end_matches('\n').to_owned()
    }

    /// Runs `git …` with bytes on its input.
    #[track_caller]
    pub(crate) fn git_with_input<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> String {
        let path = self.world.path("tmp").join(format!("input-{}", self.world.clock.get()));
        fs::write(&path, input).expect("the world is writable");
        let mut command = self.command("git");
        command.args(arguments).stdin(fs::File::open(&path).expect("it was just written"));
        let output = self.run(&mut command).exits(0);
        fs::remove_file(&path).expect("it was just written");
        output.stdout.trim_end_matches('\n').to_owned()
    }

    /// What a revision is.
    #[track_caller]
    pub(crate) fn rev(&self, revision: &str) -> String {
        self.git(["rev-parse", "--verify", "-q", revision])
    }

    /// Whether a ref exists.
    pub(crate) fn has_ref(&self, name: &str) -> bool {
        let mut command = self.command("git");
        command.args(["show-ref", "--verify", "-q", name]);
        self.run(&mut command).code == 0
    }

    /// Writes a file of the work tree.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.dir.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("the world is writable");
        }
        fs::write(path, text).expect("the world is writable");
    }

    /// Reads a file of the work tree.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.dir.join(path);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Commits everything in the work tree and gives the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.rev("HEAD")
    }
}
