//! A chart repository on loopback: files by path, redirects, and what it was asked with.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a path answers.
#[derive(Clone)]
pub(super) enum Page {
    Bytes(Vec<u8>),
    Redirect(String),
    Status(u16),
    /// Half of the bytes it announces.
    Cut(Vec<u8>),
}

/// A request: its path and its `Authorization`.
pub(super) type Asked = (String, Option<String>);

#[derive(Default)]
struct State {
    pages: BTreeMap<String, Page>,
    asked: Vec<Asked>,
}

/// The server; it ends with the test's process.
pub(super) struct Shop {
    pub(super) host: String,
    state: Arc<Mutex<State>>,
}

impl Shop {
    pub(super) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let host = listener.local_addr().expect("it is bound").to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own affair.
                let _ = serve(stream, &shared);
            }
        });
        Self { host, state }
    }

    pub(super) fn put(&self, path: &str, page: Page) {
        self.state.lock().expect("no test thread panics in it").pages.insert(path.to_owned(), page);
    }

    /// Lists a chart's version, and has its package.
    pub(super) fn sell(&self, name: &str, version: &str, package: &[u8]) {
        let file = format!("{name}-{version}.tgz");
        let index = format!(
            "apiVersion: v1\nentries:\n  {name}:\n  - name: {name}\n    version: {version}\n    urls: [{file}]\n    digest: {}\n",
            super::sha256(package)
        );
        self.put("/charts/index.yaml", Page::Bytes(index.into_bytes()));
        self.put(&format!("/charts/{file}"), Page::Bytes(package.to_vec()));
    }

    /// Its address.
    pub(super) fn url(&self) -> String {
        format!("http://{}/charts", self.host)
    }

    /// What it was asked since this was last called.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().expect("no test thread panics in it").asked)
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut authorization = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            authorization = Some(value.trim().to_owned());
        }
    }
    let page = {
        let mut state = state.lock().expect("no test thread panics in it");
        state.asked.push((path.clone(), authorization));
        state.pages.get(&path).cloned().unwrap_or(Page::Status(404))
    };
    let (status, header, body) = match page {
        Page::Bytes(bytes) => (200, format!("Content-Length: {}\r\n", bytes.len()), bytes),
        Page::Redirect(to) => (302, format!("Location: {to}\r\nContent-Length: 0\r\n"), Vec::new()),
        Page::Status(status) => (status, "Content-Length: 0\r\n".to_owned(), Vec::new()),
        Page::Cut(mut bytes) => {
            let header = format!("Content-Length: {}\r\n", bytes.len());
            bytes.truncate(bytes.len() / 2);
            (200, header, bytes)
        }
    };
    stream.write_all(format!("HTTP/1.1 {status} x\r\nConnection: close\r\n{header}\r\n").as_bytes())?;
    stream.write_all(&body)
}
