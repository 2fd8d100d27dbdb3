//! Real Helm pulls from a real registry what we published, byte for byte.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::peer;
use super::registries::{Kind, Registry};
use crate::world::{PROBE, Site, TAG, World, policy, seed};

/// A repository that publishes to this registry.
fn publishing_to(registry: &Registry) -> World {
    let to = format!("oci = \"{}\"", registry.address());
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", policy().replace("oci = \"oci-layout:../registry\"", &to)));
    World::seeded_with(&files)
}

/// Helm's own library in a Python environment, where it was installed.
pub(super) fn python() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers/venv/bin/python")
}

/// How Helm is called here: the binary, or the library.
pub(super) fn helm() -> Option<bool> {
    let binary = Command::new("helm").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if binary.is_ok_and(|status| status.success()) {
        return Some(true);
    }
    let mut probe = Command::new(python());
    peer("Helm", probe.args(["-c", "import helm_python"]), "tests/peers/README.md").then_some(false)
}

const LIBRARY: &str = "\
import sys, helm_python
reference, out = sys.argv[1:]
client = helm_python.RegistryClient(plain_http=True)
print(client.tags(reference))
helm_python.pull(reference + ':0.2.0', client=client, destination=out, plain_http=True)
chart = helm_python.Chart.load(out + '/test-workflow-0.2.0.tgz')
assert chart.render(name='r')
";

fn pull(site: &Site<'_>, binary: bool, reference: &str) {
    fs::create_dir_all(site.dir.join("pulled")).expect("the world is writable");
    let mut command;
    if binary {
        command = site.command("helm");
        command.args(["pull", reference, "--version", "0.2.0", "--plain-http", "-d", "pulled"]);
    } else {
        command = site.command(python());
        command.args(["-c", LIBRARY, reference, "pulled"]);
    }
    site.run(&mut command).succeeds();
}

#[test]
fn helm_pulls_what_was_published_to_a_registry() {
    let Some(binary) = helm() else { return };
    let Some(registry) = Registry::start(Kind::Debian) else { return };
    let world = publishing_to(&registry);
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let stranger = world.stranger();
    pull(&stranger, binary, &format!("oci://127.0.0.1:{}/charts/test-workflow", registry.port));
    let name = "test-workflow-0.2.0.tgz";
    let pulled = fs::read(stranger.dir.join("pulled").join(name)).expect("helm pulled it");
    let asset = fs::read(world.path("assets").join(TAG).join(name)).expect("it was published");
    assert!(pulled == asset, "what Helm pulled is not what was published");
    drop(stranger.lineage(["verify", &format!("pulled/{name}")]).exits(0).says(&["proven"]));

    // Again is nothing new; something else under the same version is a conflict.
    let ci = world.ci();
    ci.lineage(["publish", TAG]).succeeds();
}

#[test]
fn x14_a_version_with_other_bytes_is_never_overwritten() {
    let Some(registry) = Registry::start(Kind::Debian) else { return };
    // Two repositories that publish the same version of the same chart to one place.
    let first = publishing_to(&registry);
    first.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let second = publishing_to(&registry);
    let other = [("charts/test-workflow/values.yaml", "replicas: 99\n")];
    second.contribute("feature/x", "feat(test-workflow): another", &other);
    second.validate("feature/x").succeeds();
    second.squash("feature/x", "feat(test-workflow): another");
    second.promote(&["test-workflow"]);
    let ci = second.ci();
    ci.lineage(["build", TAG]).succeeds();
    drop(ci.lineage(["publish", TAG]).exits(4).says(&["0.2.0"]));
    assert!(!second.path("assets").join(TAG).exists(), "nothing is released after a conflict");
}

#[test]
fn a_registry_that_is_not_there_is_undetermined() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("loopback").port();
    let to = format!("oci = \"oci://127.0.0.1:{port}/charts\"");
    let mut files = seed();
    files.retain(|(name, _)| *name != "lineage.toml");
    files.push(("lineage.toml", policy().replace("oci = \"oci-layout:../registry\"", &to)));
    let world = World::seeded_with(&files);
    world.contribute("feature/x", "feat(test-workflow): add probe", &PROBE);
    world.validate("feature/x").succeeds();
    world.squash("feature/x", "feat(test-workflow): add probe");
    world.promote(&["test-workflow"]);
    let ci = world.ci();
    ci.lineage(["build", TAG]).succeeds();
    drop(ci.lineage(["publish", TAG]).exits(3).says(&["127.0.0.1"]));
}
