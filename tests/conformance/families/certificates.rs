//! Certificates that prove nothing: issued by the wrong ones, too late, for something else; and honest ones.
//! Everything else about the lineage is signed by certificates as it should be.

use crate::conformance::case::{Begin, Case, case};
use crate::conformance::notary::{RELEASE, elsewhere, identities, keyless, root_without_logs, workflow};
use crate::conformance::scene::Scene;
use crate::sigstore::{Defect, How};
use crate::world::{PROBE, TAG, World, seed};

const TAGGED: &str = "w6-tag";

/// The tag statement's bundle is made in another way; the rest as by Rekor v1.
pub(super) fn made(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    how: impl Fn(i64) -> How + Clone + Send + Sync + 'static,
) -> Case {
    case(id, title, done).with_root().fails(&[TAGGED], &[word]).by(move |scene| {
        let mut desk = scene.desk();
        desk.certify_all(&keyless(&identities()), How::v1);
        desk.certify(TAGGED, workflow(RELEASE), how.clone());
        desk.publish();
    })
}

/// One thing is wrong with it, by Rekor v1.
pub(super) fn v1(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    defect: Defect,
) -> Case {
    made(id, title, done, word, move |time| How::v1(time).but(defect))
}

/// The same by Rekor v2 and a timestamp.
pub(super) fn v2(
    id: &'static str,
    title: &'static str,
    done: &'static str,
    word: &'static str,
    defect: Defect,
) -> Case {
    made(id, title, done, word, move |time| How::v2(time).but(defect))
}

/// Every statement is signed so.
fn all(scene: &Scene<'_>, how: fn(i64) -> How) {
    let mut desk = scene.desk();
    desk.certify_all(&keyless(&identities()), how);
    desk.publish();
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = honest();
    cases.extend(issued());
    cases
}

/// A policy that requires the built-in checks alone.
fn built_ins(policy: &str) -> String {
    let commands = "    \"lint-test-v1.32.11\",\n    \"lint-test-v1.33.7\",\n    \"k8s-install\",\n";
    let exclusion = "[required.accept-excluded]\ncloudflared = [\"k8s-install\"]\n\n";
    policy.replace(commands, "").replace(exclusion, "")
}

/// A release that was checked by these alone.
fn checked_by_built_ins() -> World {
    let mut files = seed();
    for (_, text) in files.iter_mut().filter(|(name, _)| *name == "lineage.toml") {
        *text = built_ins(text);
    }
    let world = World::seeded_with(&files);
    world.release("test-workflow", "feat(test-workflow): add probe", &PROBE, TAG);
    world
}

fn honest() -> Vec<Case> {
    vec![
        case(
            "certified-ten",
            "A release with ten attestations by certificates",
            "nothing; the built-in checks alone are required, and every statement is logged by Rekor v1",
        )
        .with_root()
        .from(Begin::Made(checked_by_built_ins))
        .by(|scene| {
            let mut desk = scene.desk();
            desk.certify_all(&built_ins(&keyless(&identities())), How::v1);
            desk.publish();
        }),
        case(
            "certified-v1",
            "A release without keys, logged by Rekor v1",
            "nothing; every statement is signed by a workflow's certificate, and the log tells the time",
        )
        .with_root()
        .by(|scene| all(scene, How::v1)),
        case(
            "certified-v2",
            "A release without keys, logged by Rekor v2",
            "nothing; every statement is signed by a workflow's certificate, logged, and stamped by an authority",
        )
        .with_root()
        .by(|scene| all(scene, How::v2)),
        case(
            "certified-v1-and-stamped",
            "A release whose time two tell",
            "nothing; every statement is logged by Rekor v1, and stamped by an authority",
        )
        .with_root()
        .by(|scene| all(scene, |time| How { tsa: true, ..How::v1(time) })),
        case(
            "certified-as-by-github",
            "A release without logs, as GitHub's own instance does it",
            "nothing; certificates without SCT, no log entry, a timestamp; the root names no logs",
        )
        .with_root()
        .by(|scene| {
            all(scene, How::github);
            scene.write("root.json", root_without_logs());
        }),
        case(
            "certified-tag-alone",
            "A release whose tag statement alone has a certificate",
            "nothing; a key signed everything else, and the policy trusts both",
        )
        .with_root()
        .by(|scene| {
            let mut desk = scene.desk();
            let text = crate::world::policy() + &identities();
            desk.certify(TAGGED, workflow(RELEASE), How::v1);
            desk.main_moved_before(&[("lineage.toml", Some(text.as_bytes()))]);
            desk.publish();
        }),
        case(
            "certified-package",
            "A package of a release without keys",
            "nothing; the package is judged along with the tag",
        )
        .with_root()
        .with_package()
        .by(|scene| {
            all(scene, How::v1);
            let package = scene.origin().lineage([
                "package",
                &format!("test-workflow@{}", scene.tag()),
                "--output",
                "../tmp",
            ]);
            package.succeeds();
            let path = scene.world.path("tmp").join("test-workflow-0.2.0.tgz");
            scene.write("package.tgz", std::fs::read(path).expect("it was just written"));
        }),
    ]
}

fn issued() -> Vec<Case> {
    vec![
        case(
            "certificate-no-root",
            "Certificates nobody here can judge",
            "the lineage is honest, and the judge is given no root for it",
        )
        .fails(&["w5-semver-bump", TAGGED, "w7-build-test-workflow"], &["vouches for it"])
        .by(|scene| all(scene, How::v1)),
        case(
            "certificate-of-another-instance",
            "A certificate of another instance",
            "another Sigstore signed the tag statement, under the right identity",
        )
        .with_root()
        .fails(&[TAGGED], &["the log's promise is not valid"])
        .by(|scene| {
            let mut desk = scene.desk();
            desk.certify_all(&keyless(&identities()), How::v1);
            desk.certify_by(TAGGED, elsewhere(), workflow(RELEASE), How::v1);
            desk.publish();
        }),
        case(
            "certificate-by-another-root",
            "A certificate proved by another root than the policy names",
            "the policy takes `release` from the public-good instance; a root in the judge's hand vouches for it",
        )
        .with_root()
        .fails(&[TAGGED, "w7-build-test-workflow"], &["takes `public-good`"])
        .by(|scene| {
            let (checks, release) = {
                let all = identities();
                let (checks, release) = all.split_once("\n[[trust.identities]]\nname = \"release\"").expect("two");
                (checks.to_owned(), format!("\n[[trust.identities]]\nname = \"release\"{release}"))
            };
            let release = release.replace("root = \"given\"", "root = \"public-good\"");
            let mut desk = scene.desk();
            desk.certify_all(&keyless(&(checks + &release)), How::v1);
            desk.publish();
        }),
        v1(
            "certificate-foreign-authority",
            "An authority nobody trusts",
            "an authority of the trusted one's name, with another key, issued the certificate",
            "the issuer it names did not sign it",
            Defect::ForeignAuthority,
        ),
        v1(
            "certificate-expired",
            "An expired certificate",
            "the certificate had expired an hour before it was used",
            "it had expired when it signed",
            Defect::Expired,
        ),
        v1(
            "certificate-not-yet-valid",
            "A certificate that was not valid yet",
            "the certificate became valid an hour after it was used",
            "it was not valid yet when it signed",
            Defect::NotYetValid,
        ),
        v1(
            "certificate-for-servers",
            "A certificate for TLS servers",
            "the certificate is not for signing code",
            "it is not for signing",
            Defect::NotForSigning,
        ),
        v1(
            "certificate-no-sct",
            "A certificate no log has seen",
            "the certificate carries no SCT",
            "no certificate log of the trust root",
            Defect::NoSct,
        ),
        v1(
            "certificate-foreign-sct",
            "An SCT of an unknown log",
            "a log nobody trusts signed the SCT",
            "no certificate log of the trust root",
            Defect::ForeignSct,
        ),
        v1(
            "certificate-forged-sct",
            "A forged SCT",
            "the SCT names the trusted log, and another key signed it",
            "no certificate log of the trust root",
            Defect::ForgedSct,
        ),
        v1(
            "certificate-other-key",
            "A signature that is not the certificate's",
            "another key signed than the certificate's; log and time fit",
            "does not verify with the signer's key",
            Defect::ForeignSignature,
        ),
        v1(
            "certificate-payload-changed",
            "A payload changed after signing",
            "a space was added to the signed statement",
            "does not verify with the signer's key",
            Defect::TamperedPayload,
        ),
        v1(
            "certificate-signature-changed",
            "A signature changed after signing",
            "the last byte of the signature is another",
            "does not verify with the signer's key",
            Defect::TamperedSignature,
        ),
    ]
}
