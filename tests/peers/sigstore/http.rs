//! As much HTTP as servers on loopback need: one request, one answer, one connection.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A peer that is silent for so long is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// What somebody asked.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path without the query.
    pub(crate) path: String,
    /// What follows `?`, as it came.
    pub(crate) query: String,
    /// The value of `Host`.
    pub(super) host: String,
    /// The value of `Authorization`.
    pub(crate) authorization: String,
    pub(crate) body: Vec<u8>,
}

/// A server of ours; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers every request with a status and JSON, or whatever else it says is JSON.
    pub(crate) fn start<B: Into<Vec<u8>>>(answer: impl Fn(&Request) -> (u16, B) + Send + 'static) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = socket.local_addr().expect("it is bound").port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in socket.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever hangs up in the middle gets no answer.
                let _ = stream.and_then(|stream| serve(stream, &answer));
            }
        });
        Self { port, stop, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve<B: Into<Vec<u8>>>(stream: TcpStream, answer: &impl Fn(&Request) -> (u16, B)) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let (mut length, mut host, mut authorization) = (0, String::new(), String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        } else if name.eq_ignore_ascii_case("host") {
            value.trim().clone_into(&mut host);
        } else if name.eq_ignore_ascii_case("authorization") {
            value.trim().clone_into(&mut authorization);
        }
    }
    let mut body = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut body)?;
    let (status, answer) = answer(&Request { method, path, query, host, authorization, body });
    let mut stream = reader.into_inner();
    let answer: Vec<u8> = answer.into();
    let length = answer.len();
    write!(
        stream,
        "HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    )?;
    stream.write_all(&answer)
}

/// What a server on loopback answers to a GET that succeeds; nothing while it does not.
pub(super) fn get(port: u16, path: &str) -> Option<Vec<u8>> {
    ask(port, &format!("GET {path}"), &[], "")
}

/// What a server on loopback answers to a POST of JSON that succeeds.
pub(super) fn post(port: u16, path: &str, body: &str) -> Option<Vec<u8>> {
    let length = format!("Content-Length: {}", body.len());
    ask(port, &format!("POST {path}"), &["Content-Type: application/json", &length], body)
}

/// Asks, and gives the body of an answer with status 2xx.
pub(super) fn ask(port: u16, what: &str, headers: &[&str], body: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    // HTTP/1.0, so that the answer ends with the connection and comes in one piece.
    let mut request = format!("{what} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n");
    for header in headers {
        request.push_str(&format!("{header}\r\n"));
    }
    write!(stream, "{request}\r\n{body}").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let good = answer.get(8..10)? == b" 2";
    good.then(|| answer.split_off(end + 4))
}

/// A port that is free now; nobody else is given it soon.
pub(super) fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("loopback");
    socket.local_addr().expect("it is bound").port()
}
