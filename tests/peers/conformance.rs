//! The Sigstore project's own conformance suite, the part that needs no network: its bundles, each with the
//! artifact as a file and as a digest, as its `test_verify` runs them.
//!
//! `LINEAGE_SIGSTORE_CONFORMANCE` names a checkout of the suite, or its directory `bundle-verify` alone.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::world::World;

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/\
                        .github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn say(line: &str) {
    // Past the capture of a passing test's output.
    writeln!(std::io::stderr(), "{line}").expect("stderr takes a line");
}

/// The suite's bundles, where they are at hand.
fn suite() -> Option<PathBuf> {
    let named = PathBuf::from(std::env::var_os("LINEAGE_SIGSTORE_CONFORMANCE")?);
    let below = named.join("test/assets/bundle-verify");
    Some(if below.is_dir() { below } else { named })
}

/// The arguments of one case, without the artifact.
fn arguments(case: &Path) -> Vec<String> {
    let file = |name: &str| Some(case.join(name)).filter(|path| path.exists());
    let text = |name: &str, default: &str| {
        file(name).map_or_else(|| default.to_owned(), |path| fs::read_to_string(path).unwrap().trim().to_owned())
    };
    let shown = |path: &Path| path.display().to_string();
    let mut all =
        vec!["verify-bundle".to_owned(), "--bundle".to_owned(), shown(&case.join("bundle.sigstore.json"))];
    match file("key.pub") {
        Some(key) => all.extend(["--key".to_owned(), shown(&key)]),
        None => all.extend([
            "--certificate-identity".to_owned(),
            text("identity", IDENTITY),
            "--certificate-oidc-issuer".to_owned(),
            text("issuer", ISSUER),
        ]),
    }
    if let Some(root) = file("trusted_root.json") {
        all.extend(["--trusted-root".to_owned(), shown(&root)]);
    }
    all
}

#[test]
fn the_sigstore_conformance_suite_passes_whole() {
    let Some(suite) = suite() else {
        say("skipped: sigstore-conformance is not at hand (LINEAGE_SIGSTORE_CONFORMANCE names a checkout)");
        return;
    };
    let world = World::empty();
    let site = world.site(".", None);
    let mut cases: Vec<PathBuf> =
        fs::read_dir(&suite).expect("the suite is a directory").map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.is_dir());
    cases.sort();
    let (mut passed, mut failed) = (0, Vec::new());
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let own = case.join("artifact");
        let artifact = if own.exists() { own } else { suite.join("a.txt") };
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(fs::read(&artifact).unwrap())));
        for artifact in [artifact.display().to_string(), digest] {
            let mut words = arguments(case);
            words.push(artifact);
            let output = site.lineage(words);
            // 2 and 3 are for a key that is none and a damaged trusted root; a panic would be another thing.
            let good = if name.ends_with("fail") { (1..=3).contains(&output.code) } else { output.code == 0 };
            if good && !output.stderr.contains("panicked at") {
                passed += 1;
            } else {
                failed.push(format!("{name}: exit {}: {}", output.code, output.stderr));
            }
        }
    }
    say(&format!("sigstore-conformance: {passed} passed, {} failed", failed.len()));
    assert!(failed.is_empty(), "\n{}\n", failed.join("\n"));
    assert!(passed >= 140, "{passed} cases: is {} the suite?", suite.display());
}
