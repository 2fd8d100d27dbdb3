//! Images that other people's tools made and signed, and the check `image-digest` on them.

use std::process::Command;

use super::registries::{KINDS, Kind, Registry};
use super::sigstore::{Job, RealSigstore, built, program};
use crate::image_digest::demanding;
use crate::world::{Output, Site, World, seed};

/// An image for several platforms in a registry, and a chart that deploys it.
struct Scene {
    registry: Registry,
    world: World,
    /// `127.0.0.1:PORT/o/web`.
    name: String,
    /// Of the index, and of one platform's part.
    digests: [String; 2],
}

impl Scene {
    /// Signed by nobody yet; `signers` says whose signatures count, given a directory with two key pairs of cosign's.
    fn new(kind: Kind, signers: impl Fn(&Site<'_>) -> String) -> Option<Self> {
        let registry = Registry::start(kind)?;
        let keys = World::empty();
        let site = keys.site(".", None);
        let name = format!("127.0.0.1:{}/o/web", registry.port);
        site.write("layer/web", "#!/bin/sh\n");
        site.run(site.command("tar").args(["-cf", "layer.tar", "-C", "layer", "."])).succeeds();
        let crane = |words: &[&str]| {
            let output = site.run(site.command(program("crane")).args(words).arg("--insecure")).exits(0);
            output.stdout.trim().to_owned()
        };
        let (part, whole) = (format!("{name}:amd64"), format!("{name}:v1.10"));
        crane(&["append", "-f", "layer.tar", "-t", &part]);
        crane(&["index", "append", "-m", &part, "-t", &whole]);
        let digests = [crane(&["digest", &whole]), crane(&["digest", &part])];
        for pair in ["maker", "other"] {
            let words = ["generate-key-pair", "--output-key-prefix", pair];
            cosign(&site, "cosign", &words).succeeds();
        }
        let mut files = seed();
        for (file, text) in &mut files {
            if *file == "lineage.toml" {
                *text = demanding(&name, &signers(&site));
            }
        }
        let world = World::seeded_with(&files);
        for file in ["maker.key", "other.key"] {
            std::fs::copy(site.dir.join(file), world.path(file)).expect("cosign wrote it");
        }
        let scene = Self { registry, world, name, digests };
        scene.deploy(&scene.digests[0]);
        Some(scene)
    }

    /// The contribution deploys this digest.
    fn deploy(&self, digest: &str) {
        let dev = self.world.dev();
        dev.fetch();
        dev.git(["checkout", "-q", "-B", "feature/image", "origin/integration"]);
        let values = format!("image:\n  repository: {}\n  digest: {digest}\n", self.name);
        dev.write("charts/test-workflow/values.yaml", values);
        dev.commit("fix(test-workflow): deploy the image");
        dev.git(["push", "-q", "-f", "origin", "feature/image"]);
        let ci = self.world.ci();
        ci.fetch();
        ci.git(["checkout", "-q", "--detach", "origin/feature/image"]);
    }

    fn check(&self, more: &[&str]) -> Output {
        self.world.ci().lineage(["check", "image-digest"].iter().chain(more))
    }

    /// Signs the index with a key of cosign's, and logs it nowhere.
    fn sign(&self, version: &str, key: &str, options: &[&str]) {
        let image = format!("{}@{}", self.name, self.digests[0]);
        let words = ["sign", "--key", key, "--tlog-upload=false", "--allow-http-registry", "--yes"];
        cosign(&self.world.site(".", None), version, &[&words, options, &[&image]].concat()).succeeds();
    }
}

fn cosign(site: &Site<'_>, version: &str, words: &[&str]) -> Output {
    let mut command: Command = site.command(program(version));
    command.args(words).env("COSIGN_PASSWORD", "").env("SIGSTORE_NO_CACHE", "true");
    site.run(&mut command)
}

fn maker(site: &Site<'_>) -> String {
    format!("keys = [\"\"\"\n{}\"\"\"]", site.read("maker.pub"))
}

#[test]
fn ba_9_an_image_that_cosign_signed_with_a_key_passes_in_every_registry() {
    if !(built("crane") && built("cosign") && built("cosign-v2")) {
        return;
    }
    let ways: [(&str, &[&str]); 2] = [("cosign", &["--use-signing-config=false"]), ("cosign-v2", &[])];
    for kind in KINDS {
        for (version, options) in ways {
            let Some(scene) = Scene::new(kind, maker) else { continue };
            drop(scene.check(&[]).exits(1).says(&["is not signed"]));
            scene.sign(version, "other.key", options);
            drop(scene.check(&[]).exits(1).says(&["no signature of"]));
            scene.sign(version, "maker.key", options);
            let output = scene.check(&[]);
            assert_eq!(output.code, 0, "{kind:?}, {version}: {}", output.text());
            scene.deploy(&scene.digests[1]);
            drop(scene.check(&[]).exits(1).says(&["has one platform's part of it"]));
            scene.deploy(&scene.digests[0]);
            drop(scene.registry);
            let output = scene.world.ci().lineage(["check", "image-digest"]);
            assert_eq!(output.code, 3, "{kind:?}, {version}: {}", output.text());
        }
    }
}

#[test]
fn ba_9_an_image_that_cosign_signed_keyless_passes_for_its_workflow() {
    if !(built("crane") && built("cosign")) {
        return;
    }
    let Some(sigstore) = RealSigstore::start() else { return };
    let job = Job::push("acme/web", "release.yaml");
    let named = |workflow: &str| {
        format!(
            "[[images.identities]]\nissuer = \"{}\"\n\
             signer = \"https://github.com/acme/web/.github/workflows/{workflow}@refs/heads/main\"\n\
             repository-id = \"720001\"\nowner-id = \"810001\"\nrefs = [\"refs/heads/main\"]\nevents = [\"push\"]\n\
             root = \"given\"",
            sigstore.ci_issuer
        )
    };
    for (workflow, exit) in [("release.yaml", 0), ("other.yaml", 1)] {
        let Some(scene) = Scene::new(Kind::Debian, |_| named(workflow)) else { return };
        scene.world.in_real_time();
        let site = scene.world.site(".", None);
        let mut command = site.command(program("cosign"));
        command.args(["sign", "--yes", "--allow-http-registry", "--identity-token"]);
        command.arg(sigstore.token(&job.claims())).arg("--signing-config").arg(&sigstore.signing_config);
        command.arg("--trusted-root").arg(&sigstore.trusted_root);
        command.arg(format!("{}@{}", scene.name, scene.digests[0]));
        let output = site.run(&mut command);
        assert_eq!(output.code, 0, "{}\n{}", output.text(), sigstore.said());
        let root = sigstore.trusted_root.display().to_string();
        let output = scene.check(&["--trusted-root", &root]);
        assert_eq!(output.code, exit, "{workflow}: {}", output.text());
        drop(scene.check(&[]).exits(1));
    }
}
