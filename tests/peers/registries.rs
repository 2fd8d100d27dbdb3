//! Registries of other people's, and what Helm and cosign say of a release published there.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::peer;
use super::sigstore::{built, present, program};
use crate::publish::built_for;
use crate::world::{Output, Site, TAG, World};

/// The registries: Debian's has no referrers API, like GitHub's; go-containerregistry's and CUE's have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Debian,
    Crane,
    Cue,
}

/// Each of them.
pub(super) const KINDS: [Kind; 3] = [Kind::Debian, Kind::Crane, Kind::Cue];

/// A registry on loopback; it ends with the test.
#[derive(Debug)]
pub(crate) struct Registry {
    child: Child,
    pub(crate) port: u16,
    _directory: tempfile::TempDir,
}

impl Registry {
    /// Starts one, or says what is missing.
    #[track_caller]
    pub(crate) fn start(kind: Kind) -> Option<Self> {
        let there = match kind {
            Kind::Debian => {
                let probe = &mut Command::new("docker-registry");
                peer("docker-registry", probe.arg("--version"), "apt-get install docker-registry")
            }
            Kind::Crane => built("crane"),
            Kind::Cue => present("ociregistry"),
        };
        if !there {
            return None;
        }
        let directory = tempfile::Builder::new()
            .prefix("registry-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("target/tmp takes a directory");
        // The port is free a moment before; nobody else here listens.
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("loopback").port();
        let data = directory.path().join("data");
        fs::create_dir(&data).expect("it is new");
        let mut command = match kind {
            Kind::Debian => Command::new("docker-registry"),
            Kind::Crane => Command::new(program("crane")),
            Kind::Cue => Command::new(program("ociregistry")),
        };
        let address = format!("127.0.0.1:{port}");
        match kind {
            Kind::Debian => command.arg("serve").arg(config(directory.path(), &data, port)),
            Kind::Crane => command.args(["registry", "serve", "--address", &address, "--disk"]).arg(&data),
            Kind::Cue => command.arg(&address),
        };
        let child = command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it was there a moment ago");
        let registry = Self { child, port, _directory: directory };
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(registry);
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("the registry does not listen");
    }

    /// Where charts go.
    pub(crate) fn address(&self) -> String {
        format!("oci://127.0.0.1:{}/charts", self.port)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(directory: &Path, data: &Path, port: u16) -> std::path::PathBuf {
    let path = directory.join("config.yml");
    let text = format!(
        "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
        data.display()
    );
    fs::write(&path, text).expect("the directory is ours");
    path
}

/// A published release, and where: the manifest by digest.
pub(super) fn published(kind: Kind) -> Option<(Registry, World, String)> {
    let registry = Registry::start(kind)?;
    let world = built_for(&registry.address(), "");
    world.ci().lineage(["publish", TAG]).succeeds();
    let digest = world.ci().payload(TAG)["predicted"]["oci"].as_str().expect("a digest").to_owned();
    let image = format!("127.0.0.1:{}/charts/test-workflow@sha256:{digest}", registry.port);
    Some((registry, world, image))
}

fn cosign(site: &Site<'_>, arguments: &[&str]) -> Output {
    let mut command = site.command(program("cosign"));
    command.args(arguments).env("SIGSTORE_NO_CACHE", "true");
    site.run(&mut command)
}

#[test]
fn cosign_verifies_signature_and_provenance_in_every_registry() {
    if !built("cosign") {
        return;
    }
    for kind in KINDS {
        let Some((_registry, world, image)) = published(kind) else { continue };
        let stranger = world.site(".", None);
        stranger.write("ci.pub", crate::world::CI_PUBLIC);
        stranger.write("mallory.pub", crate::world::MALLORY_PUBLIC);
        let offline = ["--insecure-ignore-tlog=true", "--allow-http-registry"];
        let verify = |verb: &str, key: &str, more: &[&str]| {
            let arguments = [&[verb, "--key", key], &offline[..], more, &[&image]].concat();
            cosign(&stranger, &arguments)
        };
        drop(verify("verify", "ci.pub", &[]).exits(0).says(&["The signatures were verified against"]));
        assert_ne!(verify("verify", "mallory.pub", &[]).code, 0, "{kind:?}");
        let slsa = ["--type", "slsaprovenance1"];
        let output = verify("verify-attestation", "ci.pub", &slsa).exits(0);
        assert!(output.stdout.contains("payload"), "{kind:?}: {}", output.text());
        assert_ne!(verify("verify-attestation", "mallory.pub", &slsa).code, 0, "{kind:?}");
        drop(verify("verify-attestation", "ci.pub", &["--type", "cyclonedx"]).exits(0).says(&["payload"]));
        assert_ne!(verify("verify-attestation", "ci.pub", &["--type", "spdxjson"]).code, 0, "{kind:?}");
    }
}

/// Without bundles there is the signature at the tag, which is all that cosign before 2.6 knows.
#[test]
fn cosign_verifies_the_signature_at_the_tag() {
    if !built("cosign") {
        return;
    }
    for kind in KINDS {
        let Some((_registry, world, image)) = published(kind) else { continue };
        let stranger = world.site(".", None);
        stranger.write("ci.pub", crate::world::CI_PUBLIC);
        stranger.write("mallory.pub", crate::world::MALLORY_PUBLIC);
        for (key, good) in [("ci.pub", true), ("mallory.pub", false)] {
            let arguments = [
                "verify",
                "--new-bundle-format=false",
                "--insecure-ignore-tlog=true",
                "--allow-http-registry",
                "--key",
                key,
                &image,
            ];
            let output = cosign(&stranger, &arguments);
            assert_eq!(output.code == 0, good, "{kind:?}, {key}: {}", output.text());
        }
    }
}

#[test]
fn helm_shows_pulls_and_renders_from_every_registry() {
    if !built("helm") {
        return;
    }
    for kind in KINDS {
        let Some((registry, world, _)) = published(kind) else { continue };
        let site = world.site(".", None);
        let chart = format!("{}/test-workflow", registry.address());
        let helm = |arguments: &[&str]| {
            let mut command = site.command(program("helm"));
            command.args(arguments).arg(&chart).args(["--version", "0.2.0", "--plain-http"]);
            site.run(&mut command)
        };
        drop(helm(&["show", "chart"]).exits(0).says(&["name: test-workflow", "version: 0.2.0"]));
        drop(helm(&["show", "values"]).exits(0).says(&["probe: true"]));
        drop(helm(&["template", "r"]).exits(0).says(&["kind: Probe"]));
        drop(helm(&["install", "r", "--dry-run=client"]).exits(0).says(&["kind: Probe"]));
        drop(helm(&["pull", "-d", "tmp"]).exits(0));
        let name = "test-workflow-0.2.0.tgz";
        let asset = fs::read(world.path("assets").join(TAG).join(name)).expect("it was published");
        assert!(fs::read(site.dir.join("tmp").join(name)).expect("helm pulled it") == asset, "{kind:?}");
    }
}

/// Helm pushes the asset, and comes to the manifest that was predicted: but for `created`, which Helm takes from
/// the file, in the zone of its machine.
#[test]
fn helm_pushes_the_same_manifest() {
    if !built("helm") {
        return;
    }
    let Some((registry, world, image)) = published(Kind::Debian) else { return };
    let site = world.site(".", None);
    let package = world.path("assets").join(TAG).join("test-workflow-0.2.0.tgz");
    let time = world.ci().git(["log", "-1", "--format=%ct", &format!("{TAG}^{{commit}}")]);
    let mut touch = site.command("touch");
    site.run(touch.args(["-d", &format!("@{time}")]).arg(&package)).succeeds();
    let mut push = site.command(program("helm"));
    push.arg("push").arg(&package).arg(format!("oci://127.0.0.1:{}/other", registry.port)).arg("--plain-http");
    let output = site.run(&mut push).exits(0);
    let digest = image.split_once('@').expect("by digest").1;
    assert!(format!("{}{}", output.stdout, output.stderr).contains(digest), "{}", output.text());
}
