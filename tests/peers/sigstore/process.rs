//! Servers of other people as processes of ours.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::http;

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(30);

/// How long another test may hold what there is only one of.
const TURN: Duration = Duration::from_secs(300);

const PAUSE: Duration = Duration::from_millis(20);

/// A server; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    name: &'static str,
    child: Child,
    pub(super) port: u16,
    log: PathBuf,
}

impl Process {
    /// Starts a server that is to answer on a port, and waits until it does.
    pub(super) fn start(
        name: &'static str,
        port: u16,
        health: &str,
        directory: &Path,
        arguments: &[String],
    ) -> Self {
        let mut process = Self::spawn(name, port, directory, arguments);
        assert!(process.answers(health), "{name} does not answer:\n{}", process.said());
        process
    }

    /// Starts a server that has a fixed port beside its own, which another one may hold at the moment.
    pub(super) fn start_in_turn(
        name: &'static str,
        fixed: u16,
        health: &str,
        directory: &Path,
        arguments: &dyn Fn(u16) -> Vec<String>,
    ) -> Self {
        let begin = Instant::now();
        loop {
            let taken = TcpStream::connect(("127.0.0.1", fixed)).is_ok();
            if !taken {
                let port = http::free_port();
                let mut process = Self::spawn(name, port, directory, &arguments(port));
                // It ends at once if somebody else was faster.
                if process.answers(health) && process.answers_on(fixed) {
                    sleep(5 * PAUSE);
                    if process.lives() {
                        return process;
                    }
                }
                assert!(begin.elapsed() < TURN, "{name} does not stay:\n{}", process.said());
            }
            assert!(begin.elapsed() < TURN, "{name} needs port {fixed}, which somebody holds");
            sleep(5 * PAUSE);
        }
    }

    fn spawn(name: &'static str, port: u16, directory: &Path, arguments: &[String]) -> Self {
        let log = directory.join(format!("{name}.log"));
        let file = fs::File::create(&log).expect("the directory is writable");
        let child = Command::new(super::program(name))
            .args(arguments)
            .env_clear()
            .env("HOME", directory)
            .env("TMPDIR", directory)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file can be shared"))
            .stderr(file)
            .spawn()
            .unwrap_or_else(|e| panic!("{name} was there a moment ago: {e}"));
        Self { name, child, port, log }
    }

    fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it answers, or is gone.
    fn answers(&mut self, health: &str) -> bool {
        let port = self.port;
        self.comes(|| http::get(port, health).is_some())
    }

    /// Waits until it listens on another port as well, or is gone.
    fn answers_on(&mut self, port: u16) -> bool {
        self.comes(|| TcpStream::connect(("127.0.0.1", port)).is_ok())
    }

    fn comes(&mut self, there: impl Fn() -> bool) -> bool {
        let begin = Instant::now();
        while self.lives() && begin.elapsed() < START {
            if there() {
                return true;
            }
            sleep(PAUSE);
        }
        false
    }

    /// What it printed, for messages.
    pub(super) fn said(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        format!("{}:\n{}", self.name, String::from_utf8_lossy(&text))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
