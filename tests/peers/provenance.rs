//! Helm verifies the provenance files that `gpg` signed for us, from the assets and through an index.

use std::fs;
use std::process::Command;

use super::helm_index::pages;
use super::peer;
use super::sigstore::{built, program};
use crate::index::listed_beside;
use crate::world::{PROBE, Site, TAG, World, policy};

const PACKAGE: &str = "test-workflow-0.2.0.tgz";

/// A keyring with one key, and the agent that has it; its directory's name is short, because a socket lies in it.
struct Keys(tempfile::TempDir);

impl Keys {
    fn of(world: &World) -> Self {
        let keys = Self(tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").expect("a directory"));
        world.set_variables([("GNUPGHOME", keys.path())]);
        let site = world.ci();
        let generate = [
            "--batch",
            "--quiet",
            "--passphrase",
            "",
            "--quick-generate-key",
            "Releases <r@example.org>",
            "rsa2048",
        ];
        // The world's clock is not that of the agent.
        site.run(keys.gpg(&site).args(generate).args(["sign", "never"])).succeeds();
        site.run(keys.gpg(&site).args(["--batch", "--quiet", "--output", "ring.gpg", "--export"])).succeeds();
        keys
    }

    fn path(&self) -> String {
        self.0.path().to_str().expect("a name").to_owned()
    }

    fn gpg(&self, site: &Site<'_>) -> Command {
        let mut command = site.command("gpg");
        command.env("GNUPGHOME", self.0.path());
        command
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let mut command = Command::new("gpgconf");
        let ended = command.arg("--homedir").arg(self.0.path()).args(["--kill", "gpg-agent"]).status();
        assert!(std::thread::panicking() || ended.is_ok_and(|status| status.success()), "the agent goes on");
    }
}

fn there() -> bool {
    let gpg = peer("gpg", Command::new("gpg").arg("--version"), "apt-get install gnupg");
    gpg && built("helm")
}

fn helm(site: &Site<'_>, arguments: &[&str]) -> crate::world::Output {
    let mut command = site.command(program("helm"));
    site.run(command.args(arguments))
}

#[test]
fn helm_verifies_the_provenance_file_and_a_second_run_keeps_it() {
    if !there() {
        return;
    }
    let signed = policy().replace("[publish]\n", "[publish]\npgp-key = \"r@example.org\"\n");
    let world = listed_beside(&signed, "packages = \"packages\"");
    let _keys = Keys::of(&world);
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    let ci = world.ci();
    let assets = world.path("assets").join(TAG);
    let provenance = assets.join(format!("{PACKAGE}.prov"));
    let first = fs::read(&provenance).expect("it was written");

    let package = assets.join(PACKAGE);
    let package = package.to_str().expect("a name");
    drop(helm(&ci, &["verify", "--keyring", "ring.gpg", package]).exits(0).says(&["Releases <r@example.org>"]));
    let url = format!("http://127.0.0.1:{}", pages(&world));
    let pull =
        ["pull", "--verify", "--keyring", "ring.gpg", "--repo", &url, "test-workflow", "--version", "0.2.0"];
    drop(helm(&ci, &pull).exits(0).says(&["Releases <r@example.org>"]));

    // Again is nothing new, and what is there for another package is never taken for this one's.
    ci.lineage(["publish", TAG]).succeeds();
    assert!(fs::read(&provenance).expect("it is there") == first);
    let text = String::from_utf8(first).expect("text");
    // A signature of nobody's over the right words is none, either.
    let at = text.rfind("\n=").map_or_else(|| text.find("-----END PGP").expect("an end") - 2, |at| at - 2);
    let mut broken = text.clone().into_bytes();
    broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
    for other in [text.replace("sha256:", "sha256:0").into_bytes(), broken] {
        fs::write(&provenance, other).expect("it is ours");
        drop(ci.lineage(["publish", TAG]).exits(4).says(&["exists with other content"]));
    }
    // Where the key is not known, nothing is taken for good.
    fs::write(&provenance, &text).expect("it is ours");
    let nobody = tempfile::Builder::new().prefix("gpg").tempdir_in("/tmp").expect("a directory");
    world.set_variables([("GNUPGHOME", nobody.path().to_str().expect("a name").to_owned())]);
    drop(ci.lineage(["publish", TAG]).exits(3).says(&["who signed it is not known"]));
    fs::write(&provenance, text.replace("sha256:", "sha256:0")).expect("it is ours");
    assert_ne!(helm(&ci, &["verify", "--keyring", "ring.gpg", package]).code, 0);
}
