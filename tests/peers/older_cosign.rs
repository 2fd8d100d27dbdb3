//! cosign 2, which people still have: what it accepts of a release.

use super::registries::{KINDS, published};
use super::sigstore::{built, program};
use crate::world::{Output, Site};

/// The last of its line finds bundles by itself, and wants some trusted root for them, whoever signed.
const ROOT: &str = "{\"mediaType\": \"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}";

/// What it says of an image by somebody's key.
struct Case<'a> {
    site: &'a Site<'a>,
    image: &'a str,
}

impl Case<'_> {
    fn cosign(&self, words: &[&str], key: &str) -> Output {
        let mut command = self.site.command(program("cosign-v2"));
        command.args(words).args([
            "--key",
            key,
            "--insecure-ignore-tlog=true",
            "--allow-http-registry",
            self.image,
        ]);
        self.site.run(command.env("SIGSTORE_NO_CACHE", "true"))
    }

    /// It accepts this by the publisher's key, and by no other.
    #[track_caller]
    fn accepts(&self, words: &[&str]) -> Output {
        let mallory = self.cosign(words, "mallory.pub");
        assert_ne!(mallory.code, 0, "{words:?} accepts another key: {}", mallory.text());
        self.cosign(words, "ci.pub").exits(0)
    }
}

fn keys(site: &Site<'_>) {
    site.write("ci.pub", crate::world::CI_PUBLIC);
    site.write("mallory.pub", crate::world::MALLORY_PUBLIC);
    site.write("root.json", ROOT);
}

#[test]
fn cosign_2_finds_signature_and_statements_as_bundles() {
    if !built("cosign-v2") {
        return;
    }
    for kind in KINDS {
        let Some((_registry, world, image)) = published(kind) else { continue };
        let site = world.site(".", None);
        keys(&site);
        let case = Case { site: &site, image: &image };
        let bundles = ["--new-bundle-format", "--trusted-root", "root.json"];
        let words = |words: &[&'static str]| [words, &bundles[..]].concat();
        drop(case.accepts(&words(&["verify"])).says(&["The signatures were verified against"]));
        for kind in ["slsaprovenance1", "cyclonedx"] {
            drop(case.accepts(&words(&["verify-attestation", "--type", kind])).says(&["payload"]));
        }
        assert_ne!(
            case.cosign(&words(&["verify-attestation", "--type", "spdxjson"]), "ci.pub").code,
            0,
            "{kind:?}"
        );
    }
}

/// What was copied to a mirror image by image, as most tools copy, has no referrers: there are the tags.
#[test]
fn cosign_2_finds_signature_and_statements_at_the_tags_of_a_mirror() {
    if !(built("cosign-v2") && built("crane")) {
        return;
    }
    for kind in KINDS {
        let Some((registry, world, image)) = published(kind) else { continue };
        let site = world.site(".", None);
        keys(&site);
        let (from, digest) = image.split_once("@sha256:").expect("by digest");
        let mirror = format!("127.0.0.1:{}/mirror/test-workflow", registry.port);
        for (source, tag) in [
            (image.clone(), "0.2.0".to_owned()),
            (format!("{from}:sha256-{digest}.sig"), format!("sha256-{digest}.sig")),
            (format!("{from}:sha256-{digest}.att"), format!("sha256-{digest}.att")),
        ] {
            let mut copy = site.command(program("crane"));
            site.run(copy.args(["copy", "--insecure", &source, &format!("{mirror}:{tag}")])).succeeds();
        }
        let image = format!("{mirror}@sha256:{digest}");
        let case = Case { site: &site, image: &image };
        drop(case.accepts(&["verify"]).says(&["The signatures were verified against"]));
        for kind in ["slsaprovenance1", "cyclonedx"] {
            drop(case.accepts(&["verify-attestation", "--type", kind]).says(&["payload"]));
        }
        assert_ne!(case.cosign(&["verify-attestation", "--type", "spdxjson"], "ci.pub").code, 0, "{kind:?}");
    }
}
