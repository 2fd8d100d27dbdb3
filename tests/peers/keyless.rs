//! The whole line signed keyless against the real servers, and other people's verifiers on what it leaves.

use std::process::Command;

use super::sigstore::{Job, RealSigstore, built, installed, program, script};
use crate::keyless::files;
use crate::world::{PROBE, Site, Stop, TAG, World};

const CHART: &str = "test-workflow";
const BRANCH: &str = "feature/add-probe";
const PACKAGE: &str = "test-workflow-0.2.0.tgz";
const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

pub(super) fn job() -> Job {
    Job::push("acme/charts", "release.yaml")
}

/// A clone that knows these servers.
pub(super) fn configure(site: &Site<'_>, sigstore: &RealSigstore) {
    site.git(["config", "lineage.trustedroot", &sigstore.trusted_root.display().to_string()]);
    site.git(["config", "lineage.signingconfig", &sigstore.signing_config.display().to_string()]);
}

/// A world whose jobs find their token as those of GitHub Actions do.
fn world(sigstore: &RealSigstore) -> World {
    let world = World::seeded_with(&files(&sigstore.ci_issuer, ""));
    world.in_real_time();
    configure(&world.ci(), sigstore);
    world.set_variables(sigstore.ambient_env(&job().claims()));
    world
}

pub(super) fn released(world: &World) {
    world.contribute(BRANCH, "feat(test-workflow): add probe", &PROBE);
    world.validate(BRANCH).succeeds();
    world.squash(BRANCH, "feat(test-workflow): add probe (#1)");
    world.promote(&[CHART]);
    world.publish(TAG);
}

/// What a verifier says of the exported bundle and a package.
struct Case<'a> {
    site: &'a Site<'a>,
    sigstore: &'a RealSigstore,
    bundle: String,
}

impl Case<'_> {
    fn exit(&self, tool: &str, identity: &str, package: &str) -> i32 {
        match tool {
            "cosign" => self.cosign(identity, package),
            "gh" => self.gh(identity, package),
            _ => self.python(identity, package),
        }
    }

    fn cosign(&self, identity: &str, package: &str) -> i32 {
        let mut command = self.site.command(program("cosign"));
        command.args(["verify-blob-attestation", "--type", PROVENANCE, "--bundle", &self.bundle]);
        command.args(["--certificate-identity", identity, "--certificate-oidc-issuer", &self.sigstore.ci_issuer]);
        command.arg("--trusted-root").arg(&self.sigstore.trusted_root).arg(package);
        self.site.run(&mut command).code
    }

    fn gh(&self, identity: &str, package: &str) -> i32 {
        let mut command = self.site.command(script("gh"));
        command.args(["attestation", "verify", package, "--bundle", &self.bundle, "--repo", "acme/charts"]);
        command.args(["--predicate-type", PROVENANCE, "--cert-identity", identity]);
        command.args(["--cert-oidc-issuer", &self.sigstore.ci_issuer]);
        command.arg("--custom-trusted-root").arg(&self.sigstore.trusted_root);
        self.site.run(command.env("GH_NO_UPDATE_NOTIFIER", "1")).code
    }

    fn python(&self, identity: &str, package: &str) -> i32 {
        let mut command = self.site.command(script("sigstore"));
        command.arg("--trust-config").arg(&self.sigstore.client_trust_config);
        command.args(["verify", "identity", "--offline", "--bundle", &self.bundle]);
        command.args(["--cert-identity", identity, "--cert-oidc-issuer", &self.sigstore.ci_issuer, package]);
        self.site.run(&mut command).code
    }

    fn signed_file(&self, package: &str) -> Command {
        let mut command = self.site.command(program("cosign"));
        command.args(["verify-blob", "--bundle", &format!("{package}.sig")]);
        command.args(["--certificate-identity", &job().identity()]);
        command.args(["--certificate-oidc-issuer", &self.sigstore.ci_issuer]);
        command.arg("--trusted-root").arg(&self.sigstore.trusted_root).arg(package);
        command
    }
}

#[test]
fn g13_a_release_signed_keyless_is_proven_and_others_accept_it() {
    if !(built("cosign") && installed("gh") && installed("sigstore")) {
        return;
    }
    let Some(sigstore) = RealSigstore::start() else { return };
    let world = world(&sigstore);
    released(&world);
    world.set_variables([("CI", "false".to_owned())]);

    let stranger = world.stranger();
    let root = sigstore.trusted_root.display().to_string();
    let output = stranger.lineage(["verify", TAG, "--trusted-root", &root]).exits(0);
    assert!(output.stdout.contains("has seen all"), "{}", output.stdout);
    drop(stranger.lineage(["verify", TAG]).exits(1));

    stranger.lineage(["export", TAG, "--output", "export", "--trusted-root", &root]).succeeds();
    let package = world.path("assets").join(TAG).join(PACKAGE).display().to_string();
    stranger.write("other.tgz", "another package");
    let case = Case {
        site: &stranger,
        sigstore: &sigstore,
        bundle: "export/test-workflow-0.2.0.sigstore.json".to_owned(),
    };
    let (right, wrong) = (job().identity(), Job::push("acme/charts", "other.yaml").identity());
    for name in ["cosign", "gh", "sigstore"] {
        assert_eq!(case.exit(name, &right, &package), 0, "{name} refuses the release");
        assert_ne!(case.exit(name, &wrong, &package), 0, "{name} accepts another workflow");
        assert_ne!(case.exit(name, &right, "other.tgz"), 0, "{name} accepts another package");
    }
    let output = stranger.run(&mut case.signed_file(&package));
    assert_eq!(output.code, 0, "{}", output.text());
}

#[test]
fn g6_what_another_run_signs_is_refused_before_and_after() {
    let Some(sigstore) = RealSigstore::start() else { return };
    let world = world(&sigstore);
    world.contribute(BRANCH, "feat(test-workflow): add probe", &PROBE);
    let ci = world.ci();
    ci.fetch();
    ci.git(["checkout", "-q", "--detach", &format!("origin/{BRANCH}")]);
    ci.lineage(["check"]).succeeds();
    let mut others = [job(), job(), job(), job()];
    others[0].signer = "acme/charts/.github/workflows/other.yaml".to_owned();
    others[1].git_ref = "refs/heads/feature".to_owned();
    others[2].repository_id = "720002".to_owned();
    others[3].event = "pull_request".to_owned();
    for other in &others {
        world.set_variables(sigstore.ambient_env(&other.claims()));
        let output = ci.lineage(["check", "--sign"]).exits(1);
        assert!(output.stderr.contains("this run may not sign"), "{}", output.text());
    }
    // Forced into the ledger by somebody whose own policy trusts it, it counts for nobody else.
    let policy = ci.read("lineage.toml");
    let lax = policy.replace("720001", "720002");
    let dev = world.dev();
    dev.git(["fetch", "-q", "origin"]);
    dev.git(["checkout", "-q", "main"]);
    dev.write("lineage.toml", lax);
    dev.commit("chore: trust another");
    dev.git(["push", "-q", "origin", "main"]);
    ci.fetch();
    world.set_variables(sigstore.ambient_env(&others[2].claims()));
    ci.lineage(["check", "--sign"]).succeeds();
    dev.write("lineage.toml", policy);
    dev.commit("chore: as before");
    dev.git(["push", "-q", "origin", "main"]);
    ci.fetch();
    world.set_variables(sigstore.ambient_env(&job().claims()));
    let output = ci.lineage(["check", "--seal"]).exits(1);
    assert!(output.stderr.contains("repository id is 720002"), "{}", output.text());
}

#[test]
fn a_key_is_settled_with_the_real_log() {
    let Some(sigstore) = RealSigstore::start() else { return };
    let world = World::at(Stop::Published);
    let ci = world.ci();
    configure(&ci, &sigstore);
    let output = ci.lineage(["sync", "--settle"]).exits(0);
    assert!(output.stdout.contains("settled"), "{}", output.text());
    let output = ci.lineage(["sync", "--settle"]).exits(0);
    assert!(output.stdout.contains("nothing to settle"), "{}", output.text());
    drop(ci.lineage(["verify", TAG]).exits(0));
}
