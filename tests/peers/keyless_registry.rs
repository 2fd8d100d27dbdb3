//! A release signed keyless, in registries of other people's: cosign and gh find its signature and its provenance
//! there by themselves.

use super::keyless::{configure, job, released};
use super::registries::{KINDS, Registry};
use super::sigstore::{RealSigstore, built, installed, program, script};
use crate::keyless::files;
use crate::world::{Output, Site, TAG, World};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

fn world(sigstore: &RealSigstore, registry: &Registry) -> World {
    let mut files = files(&sigstore.ci_issuer, "");
    for (name, text) in &mut files {
        if *name == "lineage.toml" {
            *text = text.replace("oci-layout:../registry", &registry.address());
        }
    }
    let world = World::seeded_with(&files);
    world.in_real_time();
    configure(&world.ci(), sigstore);
    world.set_variables(sigstore.ambient_env(&job().claims()));
    world
}

/// The programs, and what they have to be told of bundles.
const COSIGNS: [(&str, &[&str]); 2] =
    [("cosign", &[]), ("cosign-v2", &["--new-bundle-format", "--use-signed-timestamps"])];

/// What a verifier says of the image by its tag, for a workflow.
struct Case<'a> {
    site: &'a Site<'a>,
    sigstore: &'a RealSigstore,
    image: &'a str,
}

impl Case<'_> {
    fn cosign(&self, (name, options): (&str, &[&str]), verb: &str, more: &[&str], identity: &str) -> Output {
        let mut command = self.site.command(program(name));
        command.args([verb, "--allow-http-registry", "--certificate-identity", identity]);
        command.args(["--certificate-oidc-issuer", &self.sigstore.ci_issuer]).args(options).args(more);
        command.arg("--trusted-root").arg(&self.sigstore.trusted_root).arg(self.image);
        self.site.run(command.env("SIGSTORE_NO_CACHE", "true"))
    }

    fn gh(&self, predicate: &str, identity: &str) -> Output {
        let mut command = self.site.command(script("gh"));
        command.args(["attestation", "verify", &format!("oci://{}", self.image), "--bundle-from-oci"]);
        command.args(["--repo", "acme/charts", "--predicate-type", predicate, "--cert-identity", identity]);
        command.args(["--cert-oidc-issuer", &self.sigstore.ci_issuer]);
        command.arg("--custom-trusted-root").arg(&self.sigstore.trusted_root);
        // It asks for some token before anything else, and needs none here.
        self.site.run(command.env("GH_NO_UPDATE_NOTIFIER", "1").env("GH_TOKEN", "none"))
    }
}

#[test]
fn g13_cosign_and_gh_find_a_keyless_release_in_every_registry() {
    if !(built("cosign") && built("cosign-v2") && installed("gh")) {
        return;
    }
    let Some(sigstore) = RealSigstore::start() else { return };
    for kind in KINDS {
        let Some(registry) = Registry::start(kind) else { continue };
        let world = world(&sigstore, &registry);
        released(&world);
        let site = world.site(".", None);
        let image = format!("127.0.0.1:{}/charts/test-workflow:0.2.0", registry.port);
        let case = Case { site: &site, sigstore: &sigstore, image: &image };
        let (right, wrong) = (job().identity(), "https://github.com/acme/charts/.github/workflows/other.yaml@r");
        let slsa = ["--type", "slsaprovenance1"];
        for cosign in COSIGNS {
            for (verb, more) in [("verify", &[][..]), ("verify-attestation", &slsa[..])] {
                let output = case.cosign(cosign, verb, more, &right);
                assert_eq!(output.code, 0, "{kind:?}: {}", output.text());
                let output = case.cosign(cosign, verb, more, wrong);
                assert_ne!(output.code, 0, "{kind:?}: {} {verb} accepts another workflow", cosign.0);
            }
        }
        let output = case.gh(PROVENANCE, &right);
        assert_eq!(output.code, 0, "{kind:?}: {}", output.text());
        assert_ne!(case.gh(PROVENANCE, wrong).code, 0, "{kind:?}: gh accepts another workflow");
        assert_ne!(case.gh("https://spdx.dev/Document", &right).code, 0, "{kind:?}: gh accepts another predicate");
        drop(world.ci().lineage(["verify", TAG]).exits(0));
    }
}
