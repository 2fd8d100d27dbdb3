//! Real Helm reads the index we wrote: as a repository on loopback, and beside the one it writes itself.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;

use super::helm::{helm, python};
use crate::index::{index, with_packages, write};
use crate::world::{PROBE, Site, TAG, World};

/// Serves a directory's files on loopback until the test ends; gives the port.
fn serve(root: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0_u8; 4096];
            let read = stream.read(&mut request).unwrap_or_default();
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let (status, body) = match fs::read(root.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    port
}

const PULL: &str = "\
import sys, helm_python
port, out = sys.argv[1:]
url = 'http://127.0.0.1:' + port
print(sorted(helm_python.repo_index(url)))
helm_python.pull('test-workflow', repo_url=url, version='0.2.0', destination=out)
helm_python.pull('test-workflow', repo_url=url, destination=out)
";

/// `helm repo add`, `helm pull`, by version and the newest.
fn pull(site: &Site<'_>, binary: bool, port: u16) {
    fs::create_dir_all(site.dir.join("pulled")).expect("the world is writable");
    let url = format!("http://127.0.0.1:{port}");
    if !binary {
        let mut command = site.command(python());
        site.run(command.args(["-c", PULL, &port.to_string(), "pulled"])).succeeds();
        return;
    }
    for arguments in [
        &["repo", "add", "ours", &url][..],
        &["pull", "ours/test-workflow", "-d", "pulled"],
        &["pull", "--repo", &url, "test-workflow", "--version", "0.2.0", "-d", "pulled"],
    ] {
        let mut command = site.command("helm");
        site.run(command.args(arguments)).succeeds();
    }
}

/// The release branch, as a host of pages would serve it.
pub(super) fn pages(world: &World) -> u16 {
    let site = world.clone("pages", &["-b", "release"]);
    serve(site.dir)
}

const STRANGERS: &str = "\
apiVersion: v1
entries:
  nginx:
  - apiVersion: v2
    created: \"2016-10-06T16:23:20.499543808-06:00\"
    name: nginx
    urls:
    - nginx-1.1.0.tgz
    version: 1.1.0
";

#[test]
fn ba5_helm_pulls_from_the_index() {
    let Some(binary) = helm() else { return };
    let world = with_packages();
    write(&world, "index.yaml", STRANGERS);
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let stranger = world.stranger();
    pull(&stranger, binary, pages(&world));
    let name = "test-workflow-0.2.0.tgz";
    let pulled = fs::read(stranger.dir.join("pulled").join(name)).expect("helm pulled it");
    let asset = fs::read(world.path("assets").join(TAG).join(name)).expect("it was published");
    assert!(pulled == asset, "what Helm pulled is not what was published");
    drop(stranger.lineage(["verify", &format!("pulled/{name}")]).exits(0).says(&["proven"]));
}

const GENERATE: &str = "import sys, helm_python\nhelm_python.repo_index_generate(sys.argv[1])\n";

/// But for the moment it was made, our entry is the one Helm writes.
#[test]
fn an_entry_is_the_one_helm_writes() {
    let Some(binary) = helm() else { return };
    let world = with_packages();
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let site = world.site("assets", None);
    if binary {
        let mut command = site.command("helm");
        site.run(command.args(["repo", "index", TAG])).succeeds();
    } else {
        let mut command = site.command(python());
        site.run(command.args(["-c", GENERATE, TAG])).succeeds();
    }
    let helms = fs::read_to_string(site.dir.join(TAG).join("index.yaml")).expect("helm wrote it");
    let entry = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.contains("created:") && !line.starts_with("generated:"));
        lines.map(|line| line.replace("packages/", "")).collect()
    };
    assert_eq!(entry(&index(&world)), entry(&helms));
}
