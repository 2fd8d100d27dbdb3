//! The same against Debian's `docker-registry`, where it is installed: it has no referrers API.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::remote_tests::{chart, manifest, wait};
use super::*;

/// A registry of its own; it ends with the test.
pub(super) struct Server {
    child: Child,
    pub(super) host: String,
    _directory: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn start() -> Option<Server> {
    let program = std::path::Path::new("/usr/bin/docker-registry");
    if !program.exists() {
        eprintln!("skipped: docker-registry is not installed");
        return None;
    }
    let directory = tempfile::tempdir().unwrap();
    let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let config = format!(
        "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {host}\n",
        directory.path().display()
    );
    let path = directory.path().join("config.yml");
    std::fs::write(&path, config).unwrap();
    let child = Command::new(program)
        .arg("serve")
        .arg(&path)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server { child, host, _directory: directory };
    let began = Instant::now();
    while std::net::TcpStream::connect(&server.host).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "docker-registry does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}

#[test]
fn a_chart_and_its_bundles_go_through_a_real_registry() {
    let Some(server) = start() else { return };
    let destination =
        Destination::parse(&format!("oci://{}/Charts", server.host), std::path::Path::new("/")).unwrap();
    let bytes = manifest();
    let digest = Sha256::of(&bytes);
    assert_eq!(wait(destination.resolve("app", "1.0.0")).unwrap(), None);
    for _ in 0..2 {
        wait(destination.push(&chart(&bytes), &mut |_| {})).unwrap();
    }
    assert_eq!(wait(destination.resolve("app", "1.0.0")).unwrap(), Some(digest));
    assert_eq!(wait(destination.pull("app", digest)).unwrap(), b"the package");
    let other = String::from_utf8(bytes.clone()).unwrap().replace("\"schemaVersion\":2", "\"schemaVersion\": 2");
    let other = ChartArtifact { manifest: other.as_bytes(), ..chart(&[]) };
    assert!(matches!(wait(destination.push(&other, &mut |_| {})), Err(Error::Different { .. })));
    assert_eq!(wait(destination.resolve("app", "1.0.0")).unwrap(), Some(digest));
    for bundle in [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":1}"#] {
        wait(destination.attach("app", digest, bytes.len() as u64, bundle, "t", "2026-11-21T00:00:00Z")).unwrap();
    }
    for (bundle, there) in [(r#"{"a":1}"#, true), (r#"{"a":2}"#, true), (r#"{"a":3}"#, false)] {
        assert_eq!(wait(destination.attached("app", digest, Sha256::of(bundle))).unwrap(), there);
    }
}
