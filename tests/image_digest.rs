//! The built-in check `image-digest`, against a registry of ours with images and signatures of every kind.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use git_lineage::model::statement::STATEMENT_TYPE;
use git_lineage::model::{Sha256, Statement, Subject};
use git_lineage::sigstore::PrivateKey;
use serde_json::{Value, json};

use crate::registry::{Door, Fault, Registry};
use crate::sigstore::{GITHUB, How, Identity, Sigstore};
use crate::world::{MALLORY_PUBLIC, Output, TAG, World, policy, seed};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIGN: &str = "https://sigstore.dev/cosign/sign/v1";
const SLSA: &str = "https://slsa.dev/provenance/v1";
const VALUES: &str = "charts/test-workflow/values.yaml";

/// The policy with the check required, and this said of who signs the image.
pub(crate) fn demanding(repository: &str, signers: &str) -> String {
    let rule =
        format!("[[images]]\nchart = \"test-workflow\"\nrepository = \"{repository}\"\n{signers}\n\n[required]");
    policy().replacen("\"chart-lint\",", "\"chart-lint\",\n    \"image-digest\",", 1).replacen(
        "[required]",
        &rule,
        1,
    )
}

/// The makers of images sign with the second key of the world.
pub(crate) fn by_key() -> String {
    format!("keys = [\"\"\"\n{MALLORY_PUBLIC}\"\"\"]")
}

/// Or keyless, from a workflow of their own.
fn by_workflow() -> String {
    format!(
        "[[images.identities]]\nissuer = \"{GITHUB}\"\n\
         signer = \"https://github.com/octo/web/.github/workflows/release.yml@refs/tags/v*\"\n\
         repository-id = \"1001\"\nowner-id = \"2002\"\nrefs = [\"refs/tags/v*\"]\nevents = [\"push\"]\nroot = \"given\""
    )
}

/// A registry with an image, and a contribution of a chart that deploys it.
struct Scene {
    registry: Registry,
    world: World,
    /// The image's digest.
    digest: Sha256,
}

impl Scene {
    fn new(signers: &str) -> Self {
        let registry = Registry::start();
        registry.state().referrers = true;
        let mut files = seed();
        for (name, text) in &mut files {
            if *name == "lineage.toml" {
                *text = demanding(&format!("{}/o/web", registry.host), signers);
            }
        }
        let world = World::seeded_with(&files);
        let digest = push(&registry, "v1.10", &json!({ "schemaVersion": 2, "manifests": [] }));
        let scene = Self { registry, world, digest };
        scene.contribute(&scene.values(&format!("sha256:{digest}")));
        scene
    }

    fn values(&self, digest: &str) -> String {
        format!("image:\n  repository: {}/o/web\n  digest: {digest}\n", self.registry.host)
    }

    /// The contribution has these values.
    fn contribute(&self, values: &str) {
        let dev = self.world.dev();
        dev.git(["fetch", "-q", "origin"]);
        dev.git(["checkout", "-q", "-B", "feature/image", "origin/integration"]);
        dev.write(VALUES, values);
        dev.commit("fix(test-workflow): deploy the image");
        dev.git(["push", "-q", "-f", "origin", "feature/image"]);
        let ci = self.world.ci();
        ci.fetch();
        ci.git(["checkout", "-q", "--detach", "origin/feature/image"]);
    }

    fn check(&self) -> Output {
        self.world.ci().lineage(["check", "image-digest"])
    }

    /// Signs a statement about a digest with a key of the world and attaches it to the image.
    fn attach(&self, key: &str, predicate_type: &str, about: Sha256) {
        let statement = statement(predicate_type, about);
        let key = PrivateKey::load(&self.world.path("keys").join(key), None).unwrap();
        self.attach_bundle(&key.sign(&statement).unwrap());
    }

    fn attach_bundle(&self, bundle: &str) {
        let layer = Sha256::of(bundle);
        self.registry.state().blobs.insert(format!("sha256:{layer}"), bundle.as_bytes().to_vec());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": BUNDLE,
            "layers": [{ "mediaType": BUNDLE, "digest": format!("sha256:{layer}"), "size": bundle.len() }],
            "subject": { "digest": format!("sha256:{}", self.digest) },
        });
        push(&self.registry, &format!("x-{layer}"), &manifest);
    }

    /// A signature beside the image, as cosign laid it before bundles.
    fn lay(&self, payload: &[u8], annotations: Value) {
        let layer = Sha256::of(payload);
        self.registry.state().blobs.insert(format!("sha256:{layer}"), payload.to_vec());
        let manifest = json!({ "schemaVersion": 2, "layers": [{
            "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json",
            "digest": format!("sha256:{layer}"),
            "size": payload.len(),
            "annotations": annotations,
        }]});
        push(&self.registry, &format!("sha256-{}.sig", self.digest), &manifest);
    }

    /// What cosign signs of an image.
    fn payload(&self, digest: Sha256) -> Vec<u8> {
        let payload = json!({ "critical": {
            "identity": { "docker-reference": format!("{}/o/web", self.registry.host) },
            "image": { "docker-manifest-digest": format!("sha256:{digest}") },
            "type": "cosign container image signature",
        }, "optional": null });
        payload.to_string().into_bytes()
    }
}

fn statement(predicate_type: &str, about: Sha256) -> Statement {
    Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: vec![Subject {
            name: String::new(),
            digest: BTreeMap::from([("sha256".to_owned(), about.to_string())]),
        }],
        predicate_type: predicate_type.to_owned(),
        predicate: json!({}),
    }
}

/// Puts a manifest at a tag.
fn push(registry: &Registry, tag: &str, manifest: &Value) -> Sha256 {
    let bytes = manifest.to_string().into_bytes();
    let digest = Sha256::of(&bytes);
    for name in [tag.to_owned(), format!("sha256:{digest}")] {
        let kind = "application/vnd.oci.image.index.v1+json".to_owned();
        registry.state().manifests.insert(name, (kind, bytes.clone()));
    }
    digest
}

#[test]
fn ba_9_a_release_deploys_an_image_that_its_makers_signed() {
    let scene = Scene::new(&by_key());
    scene.attach("mallory.pem", SIGN, scene.digest);
    drop(scene.check().exits(0).says(&["pass"]));
    let world = &scene.world;
    world.validate("feature/image").succeeds();
    world.squash("feature/image", "fix(test-workflow): deploy the image");
    world.promote(&["test-workflow"]);
    let tag = TAG.replace("0.2.0", "0.1.1");
    world.publish(&tag);
    // A verdict asks no registry: what the check found is signed.
    scene.registry.empty();
    let stranger = world.stranger();
    drop(stranger.lineage(["verify", &tag]).exits(0).says(&["proven"]));
    assert!(stranger.payload(&tag)["attestations"]["w1-image-digest"].is_object());
}

#[test]
fn ba_9_a_provenance_of_the_image_is_a_signature() {
    let scene = Scene::new(&by_key());
    scene.attach("mallory.pem", SLSA, scene.digest);
    scene.check().succeeds();
}

#[test]
fn ba_9_what_its_makers_did_not_sign_fails() {
    let scene = Scene::new(&by_key());
    let fails = |says: &str| drop(scene.check().exits(1).says(&[says]));
    fails("is not signed, as far as its registry shows");
    // The key of the evidence is no key of images, and what is not about the image, or no signature, is none.
    scene.attach("ci.pem", SIGN, scene.digest);
    fails("the signature is not that of any trusted key");
    scene.attach("mallory.pem", SIGN, Sha256::of("another image"));
    scene.attach("mallory.pem", "https://cyclonedx.org/bom", scene.digest);
    scene.attach_bundle("no bundle");
    fails("the signature is not that of any trusted key");
    scene.attach("mallory.pem", SIGN, scene.digest);
    scene.check().succeeds();
}

#[test]
fn ba_9_the_digest_has_to_be_what_the_tag_names() {
    let scene = Scene::new(&by_key());
    scene.attach("mallory.pem", SIGN, scene.digest);
    scene.check().succeeds();
    let fails = |says: &str| drop(scene.check().exits(1).says(&[says]));
    let (host, digest) = (&scene.registry.host, scene.digest);
    let elsewhere = format!("image:\n  repository: {host}/evil/web\n  digest: sha256:{digest}\n");
    let tagged = format!("image:\n  repository: {host}/o/web\n  tag: v1.9\n  digest: sha256:{digest}\n");
    for (values, says) in [
        (scene.values("\"\""), "`image` has no digest"),
        (scene.values("sha256:00"), "is not `sha256:` and 64"),
        (elsewhere, "/evil/web`, and has to be of"),
        (tagged, "`image` has the tag `v1.9`, and `appVersion` 1.10 makes it `v1.10`"),
        ("replicas: 1\n".to_owned(), "there is no `image`"),
    ] {
        scene.contribute(&values);
        fails(says);
    }
    let text = format!("image: {host}/o/web:v1.10@sha256:{digest}\n");
    scene.contribute(&text);
    scene.check().succeeds();
    // One platform of an index is another digest than the one people verify.
    let part = Sha256::of("linux/arm64");
    let index = json!({ "schemaVersion": 2, "manifests": [{ "digest": format!("sha256:{part}") }] });
    push(&scene.registry, "v1.10", &index);
    fails("v1.10 is sha256:");
    scene.contribute(&scene.values(&format!("sha256:{part}")));
    fails("has one platform's part of it");
    scene.registry.state().manifests.remove("v1.10");
    fails("has no tag v1.10");
}

#[test]
fn ba_9_what_the_registry_does_not_say_decides_nothing() {
    let scene = Scene::new(&by_key());
    scene.attach("mallory.pem", SIGN, scene.digest);
    let answer = |status| Fault::Answer(status, String::new(), "");
    for (method, path, fault) in [
        ("HEAD", "manifests/v1.10", answer(500)),
        ("HEAD", "manifests/v1.10", answer(401)),
        ("HEAD", "manifests/v1.10", answer(403)),
        ("HEAD", "manifests/v1.10", answer(429)),
        ("HEAD", "manifests/v1.10", Fault::CutAfter(0)),
        ("GET", "/referrers/", answer(503)),
        ("GET", "/v2/", answer(500)),
    ] {
        scene.registry.fail(method, path, 99, fault.clone());
        let output = scene.check();
        assert_eq!(output.code, 3, "{path} {fault:?}: {}", output.text());
        drop(output.says(&["the image `image` of test-workflow could not be looked at", "docker login"]));
        scene.registry.heal();
    }
    // Nothing is recorded of it, so that nothing can be signed.
    drop(
        scene
            .world
            .ci()
            .lineage(["check", "image-digest", "--sign"])
            .exits(1)
            .says(&["no result of image-digest"]),
    );
    scene.registry.state().door = Door::Private;
    assert_eq!(scene.check().code, 3);
    let config = format!("{{\"auths\":{{\"{}\":{{\"auth\":\"YWRhOnNlY3JldA==\"}}}}}}", scene.registry.host);
    scene.world.site("home", None).write(".docker/config.json", config);
    scene.check().succeeds();
}

#[test]
fn ba_9_a_registry_that_is_not_there_decides_nothing() {
    let mut files = seed();
    for (name, text) in &mut files {
        match *name {
            "lineage.toml" => *text = demanding("127.0.0.1:1/o/web", &by_key()),
            VALUES => {
                *text = format!("image: 127.0.0.1:1/o/web@sha256:{}\n", Sha256::of("x"));
            }
            _ => {}
        }
    }
    let world = World::seeded_with(&files);
    let output = world.ci().lineage(["check", "image-digest", "--chart", "test-workflow"]);
    drop(output.exits(3).says(&["could not be looked at", "cannot be reached"]));
}

#[test]
fn ba_9_signatures_from_before_bundles_count() {
    let scene = Scene::new(&by_key());
    let sign = |key: &str, payload: &[u8]| {
        let key = PrivateKey::load(&scene.world.path("keys").join(key), None).unwrap();
        json!({ "dev.cosignproject.cosign/signature": key.sign_blob(payload).unwrap() })
    };
    let payload = scene.payload(scene.digest);
    scene.lay(&payload, sign("ci.pem", &payload));
    drop(scene.check().exits(1).says(&["signed by a key that is not allowed to"]));
    // A signature of another image that somebody laid here.
    let other = scene.payload(Sha256::of("another image"));
    scene.lay(&other, sign("mallory.pem", &other));
    drop(scene.check().exits(1).says(&["is not signed"]));
    scene.lay(&payload, sign("mallory.pem", &other));
    drop(scene.check().exits(1).says(&["not allowed to"]));
    scene.lay(&payload, sign("mallory.pem", &payload));
    scene.check().succeeds();
}

/// The parts of a bundle, laid as cosign did: certificate and what Rekor answered in annotations.
fn laid(bundle: &Value) -> Value {
    let material = &bundle["verificationMaterial"];
    let entry = &material["tlogEntries"][0];
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok()).expect("a number");
    let id = STANDARD.decode(entry["logId"]["keyId"].as_str().unwrap()).unwrap();
    let log = json!({
        "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        "Payload": {
            "body": entry["canonicalizedBody"],
            "integratedTime": number(&entry["integratedTime"]),
            "logIndex": number(&entry["logIndex"]),
            "logID": hex::encode(id),
        },
    });
    let certificate = material["certificate"]["rawBytes"].as_str().unwrap();
    json!({
        "dev.cosignproject.cosign/signature": bundle["messageSignature"]["signature"],
        "dev.sigstore.cosign/certificate": format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"),
        "dev.sigstore.cosign/bundle": log.to_string(),
    })
}

#[test]
fn ba_9_keyless_signatures_count_if_the_workflow_is_the_one_that_is_named() {
    let scene = Scene::new(&by_workflow());
    let sigstore = Sigstore::new();
    let ci = scene.world.ci();
    ci.write("../root.json", sigstore.trusted_root_json());
    let root = scene.world.path("root.json").display().to_string();
    let workflow = |file: &str, reference: &str| Identity::github("octo/web", file, reference);
    let how = || How::v1(1_763_600_000);
    let check = || ci.lineage(["check", "image-digest", "--trusted-root", &root]);
    // As cosign writes it: the subject has no name.
    let said = json!({
        "_type": STATEMENT_TYPE,
        "subject": [{ "digest": { "sha256": scene.digest.to_string() } }],
        "predicateType": SIGN,
        "predicate": {},
    });
    let said = said.to_string().into_bytes();
    let payload = scene.payload(scene.digest);
    let others = [("other.yml", "refs/tags/v1.10"), ("release.yml", "refs/heads/feature")];
    for (file, reference) in others {
        scene.attach_bundle(&sigstore.sign(&said, &workflow(file, reference), &how()).to_string());
    }
    drop(check().exits(1).says(&["no signature of", "other.yml", "refs/heads/feature"]));
    // Beside it, each part for itself.
    for (file, reference) in others {
        scene.lay(&payload, laid(&sigstore.sign_file(&payload, &workflow(file, reference), &how())));
        drop(check().exits(1).says(&["no signature of"]));
    }
    let good = laid(&sigstore.sign_file(&payload, &workflow("release.yml", "refs/tags/v1.10"), &how()));
    let mut unlogged = good.clone();
    unlogged.as_object_mut().unwrap().remove("dev.sigstore.cosign/bundle");
    let forged = Sigstore::named("elsewhere.test");
    let foreign = laid(&forged.sign_file(&payload, &workflow("release.yml", "refs/tags/v1.10"), &how()));
    for bad in [unlogged, foreign] {
        scene.lay(&payload, bad);
        drop(check().exits(1).says(&["no signature of"]));
    }
    scene.lay(&payload, good);
    drop(check().exits(0));
    // Without the root nobody vouches for it.
    scene.check().exits(1).done();
    scene.registry.state().manifests.remove(&format!("sha256-{}.sig", scene.digest));
    drop(check().exits(1));
    let bundle = sigstore.sign(&said, &workflow("release.yml", "refs/tags/v1.10"), &how());
    scene.attach_bundle(&bundle.to_string());
    check().succeeds();
}

#[test]
fn a_chart_without_an_image_is_not_passed_unless_the_policy_says_so() {
    let text = demanding("o/web", &by_key()).replace("cloudflared = [", "cloudflared = [\"image-digest\", ");
    let mut files = seed();
    for (name, old) in &mut files {
        if *name == "lineage.toml" {
            old.clone_from(&text);
        }
    }
    let world = World::seeded_with(&files);
    let release = |chart: &str, root: &str| {
        let branch = format!("feature/{chart}");
        let values = format!("{root}/values.yaml");
        world.contribute(&branch, &format!("fix({chart}): a value"), &[(&values, "token: \"x\"\n")]);
        world.validate(&branch)
    };
    release("cloudflared", "charts/cloudflared").succeeds();
    let output = release("holmes", "charts/olm").exits(1);
    drop(output.says(&["image-digest", "not-applicable"]));
}
