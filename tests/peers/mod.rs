//! Other people's tools on what we wrote: peers/README.md says how each is installed.

mod attestations;
mod conformance;
mod helm;
mod helm_index;
mod helm_packages;
mod images;
mod keyless;
mod keyless_registry;
mod older_cosign;
mod openssl;
mod own_sigstore;
mod played;
mod provenance;
mod registries;
mod sbom;
pub(crate) mod sigstore;
mod slsa;
mod sums;
mod throughput;
mod workflows;

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Whether a peer is there. If it is not, says so by name, past the capture of a passing test's output;
/// where peers are required, that fails the test.
#[track_caller]
pub(crate) fn peer(name: &str, probe: &mut Command, install: &str) -> bool {
    let there = probe
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        let required = std::env::var_os("LINEAGE_PEERS").is_some_and(|value| value == "require");
        assert!(!required, "{name} is required here and not installed ({install})");
        writeln!(std::io::stderr(), "skipped: {name} is not installed ({install})").expect("stderr takes a line");
    }
    there
}
