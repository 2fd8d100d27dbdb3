//! A registry on loopback that keeps what it is given, knows who may, and goes wrong where it is told to.

mod server;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// This status, header lines and body instead of the answer.
    Answer(u16, String, &'static str),
    /// The request is done, and the connection closed after so many bytes of the answer.
    CutAfter(usize),
    /// The answer is given, with another body.
    Body(&'static str),
}

/// Who may do what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Door {
    /// Everybody everything.
    #[default]
    Open,
    /// Who says `ada:secret` may write; everybody may read.
    Basic,
    /// Who says `ada:secret` to the token service gets a token that may write; everybody gets one that may read.
    Bearer,
    /// Who says `ada:secret` may read and write, nobody else anything.
    Private,
}

/// How often a fault strikes requests of a method whose path contains a text.
#[derive(Debug)]
struct Planned {
    method: &'static str,
    path: &'static str,
    times: usize,
    fault: Fault,
}

/// What the registry holds, and what it saw.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// Tag or digest → media type and bytes.
    pub(crate) manifests: BTreeMap<String, (String, Vec<u8>)>,
    /// Whether there is a referrers API.
    pub(crate) referrers: bool,
    /// Whether repositories are kept apart: manifests are then found as `repository's last part:reference`.
    pub(crate) apart: bool,
    /// How many tags a page of the list has; 0: all.
    pub(crate) page: usize,
    /// Whether conditions on a write are known.
    pub(crate) conditions: bool,
    pub(crate) door: Door,
    /// `METHOD path` with what stood in `Authorization`, as they came.
    pub(crate) seen: Vec<(String, String)>,
    uploads: BTreeMap<String, Vec<u8>>,
    planned: Vec<Planned>,
}

/// The registry; its thread ends with the test's process.
#[derive(Clone, Debug)]
pub(crate) struct Registry {
    pub(crate) host: String,
    state: Arc<Mutex<State>>,
}

impl Registry {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let host = listener.local_addr().expect("it is bound").to_string();
        let state = Arc::new(Mutex::new(State { conditions: true, ..State::default() }));
        let (shared, own) = (Arc::clone(&state), host.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, own) = (Arc::clone(&shared), own.clone());
                std::thread::spawn(move || server::serve(stream, &own, &shared));
            }
        });
        Self { host, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything but who may do what.
    pub(crate) fn empty(&self) {
        let mut state = self.state();
        let (door, referrers, conditions) = (state.door, state.referrers, state.conditions);
        *state = State { referrers, conditions, door, ..State::default() };
    }

    /// The next `times` requests of this kind go wrong.
    pub(crate) fn fail(&self, method: &'static str, path: &'static str, times: usize, fault: Fault) {
        self.state().planned.push(Planned { method, path, times, fault });
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.state().planned.clear();
    }

    /// How many requests of a method had a path with this text.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        let of_kind = |(line, _): &&(String, String)| {
            line.strip_prefix(method).is_some_and(|rest| rest.starts_with(' ') && rest.contains(path))
        };
        self.state().seen.iter().filter(of_kind).count()
    }
}
