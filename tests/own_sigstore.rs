//! The Sigstore of our own (`sigstore/`) makes what the official library accepts, and each of its defects
//! is refused for the reason it stands for.

use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sigstore_types::Bundle;
use sigstore_verify::{VerificationPolicy, VerificationResult, Verifier};

use crate::sigstore::{Claim, Defect, GITHUB, How, Identity, Log, Sigstore};

/// When everything here happens: November 2025, as in the seeded world.
pub(crate) const TIME: i64 = 1_763_700_000;
/// What every bundle here is about.
pub(crate) const ARTIFACT: &[u8] = b"what was built";

/// A statement about [`ARTIFACT`].
pub(crate) fn statement() -> String {
    let digest = hex::encode(Sha256::digest(ARTIFACT));
    format!(
        "{{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{{\"name\":\"artifact\",\"digest\":\
         {{\"sha256\":\"{digest}\"}}}}],\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{{}}}}"
    )
}

/// Who signs them.
pub(crate) fn workflow() -> Identity {
    Identity::github("octo/charts", "release.yml", "refs/heads/main")
}

fn strict() -> VerificationPolicy {
    VerificationPolicy::any_identity()
}

/// As bundles of GitHub's own instance have to be verified.
fn relaxed() -> VerificationPolicy {
    strict().skip_tlog_unsafe().skip_sct()
}

fn verify(root: &str, bundle: &Value, policy: &VerificationPolicy) -> Result<VerificationResult, String> {
    let root = sigstore_trust_root::TrustedRoot::from_json(root).expect("a trusted root");
    let bundle = Bundle::from_json(&bundle.to_string()).expect("a bundle");
    Verifier::new(&root).and_then(|verifier| verifier.verify(ARTIFACT, &bundle, policy)).map_err(|e| e.to_string())
}

/// Both forms of one way to sign: attested, and signed as a file.
pub(crate) fn both(sigstore: &Sigstore, how: &How) -> [Value; 2] {
    [sigstore.sign(statement().as_bytes(), &workflow(), how), sigstore.sign_file(ARTIFACT, &workflow(), how)]
}

#[test]
fn every_kind_is_accepted() {
    let sigstore = Sigstore::new();
    let root = sigstore.trusted_root_json();
    for how in [How::v1(TIME), How::v2(TIME), How { tsa: true, ..How::v1(TIME) }] {
        for bundle in both(&sigstore, &how) {
            verify(&root, &bundle, &strict()).unwrap_or_else(|e| panic!("{how:?}: {e}"));
        }
    }
    let without = How { sct: false, ..How::v1(TIME) };
    for (how, policy) in [(How::github(TIME), relaxed()), (without, strict().skip_sct())] {
        for bundle in both(&sigstore, &how) {
            verify(&root, &bundle, &policy).unwrap_or_else(|e| panic!("{how:?}: {e}"));
            verify(&root, &bundle, &strict()).unwrap_err();
        }
    }
    let root = sigstore.trusted_root_without_logs().to_string();
    for bundle in both(&sigstore, &How::github(TIME)) {
        verify(&root, &bundle, &relaxed()).unwrap();
    }
}

#[test]
fn the_log_grows_and_every_proof_in_it_holds() {
    let sigstore = Sigstore::new();
    let root = sigstore.trusted_root_json();
    let mut seen = Vec::new();
    for how in [How::v1(TIME), How::v2(TIME)].into_iter().cycle().take(20) {
        let bundle = sigstore.sign(statement().as_bytes(), &workflow(), &how);
        verify(&root, &bundle, &strict()).unwrap_or_else(|e| panic!("{how:?}: {e}"));
        let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
        let proof = &entry["inclusionProof"];
        assert!(proof["hashes"].as_array().is_some_and(|hashes| hashes.len() > 1), "{proof}");
        assert_eq!(entry["logIndex"] == proof["logIndex"], how.log == Log::V2, "{entry}");
        seen.push((how.log == Log::V2, entry["logIndex"].clone()));
    }
    seen.dedup();
    assert_eq!(seen.len(), 20);
}

#[test]
fn one_process_verifies_what_another_signed() {
    let bundle = Sigstore::new().sign(statement().as_bytes(), &workflow(), &How::v2(TIME));
    verify(&Sigstore::new().trusted_root_json(), &bundle, &strict()).unwrap();
    let other = Sigstore::named("elsewhere.test");
    let refused = verify(&other.trusted_root_json(), &bundle, &strict()).unwrap_err();
    assert!(refused.contains("TSA timestamp verification failed"), "{refused}");
}

#[test]
fn a_certificate_says_what_the_identity_says() {
    let sigstore = Sigstore::new();
    let root = sigstore.trusted_root_json();
    let claims = |identity: &Identity| {
        let bundle = sigstore.sign(statement().as_bytes(), identity, &How::v1(TIME));
        let result = verify(&root, &bundle, &strict()).expect("it verifies");
        result.certificate().expect("it has a certificate").clone()
    };
    let info = claims(&workflow());
    assert_eq!(info.issuer.as_deref(), Some(GITHUB));
    let signer = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main";
    assert_eq!(info.identity.map(|name| name.to_string()).as_deref(), Some(signer));
    let ci = info.ci_claims;
    assert_eq!(ci.build_signer_uri.as_deref(), Some(signer));
    assert_eq!(ci.source_repository_identifier.as_deref(), Some("1001"));
    assert_eq!(ci.source_repository_owner_identifier.as_deref(), Some("2002"));
    assert_eq!(ci.build_trigger.as_deref(), Some("push"));
    assert_eq!(ci.token_subject.as_deref(), Some("repo:octo/charts:ref:refs/heads/main"));
    assert_eq!(ci.deployment_environment, None);
    assert!(!ci.deprecated_github.is_empty());

    // Everything but one changed extension stays.
    let set = claims(&workflow().with(Claim::DeploymentEnvironment, "production")).ci_claims;
    assert_eq!(set.deployment_environment.as_deref(), Some("production"));
    let mut unset = set;
    unset.deployment_environment = None;
    assert_eq!(unset, ci);
    let gone = claims(&workflow().without(Claim::SourceRepositoryIdentifier)).ci_claims;
    assert_eq!(gone.source_repository_identifier, None);
    assert_eq!(gone.source_repository_uri, ci.source_repository_uri);

    let broken = workflow().with_raw(Claim::SourceRepositoryIdentifier, vec![0x0c, 0x02, 0xff, 0xfe]);
    assert_eq!(claims(&broken).ci_claims.source_repository_identifier, None, "it is no text");

    let callee = "https://github.com/octo/ci/.github/workflows/sign.yml@refs/tags/v1";
    let called = claims(&workflow().calling(callee, &"b".repeat(40)));
    assert_eq!(called.identity.map(|name| name.to_string()).as_deref(), Some(callee));
    assert_eq!(called.ci_claims.build_signer_uri.as_deref(), Some(callee));
    assert_eq!(called.ci_claims.build_config_uri.as_deref(), Some(signer));

    let person = claims(&Identity::email("ada@example.org", "https://accounts.example.org"));
    assert_eq!(person.issuer.as_deref(), Some("https://accounts.example.org"));
    assert_eq!(person.identity.map(|name| name.to_string()).as_deref(), Some("ada@example.org"));
    assert!(person.ci_claims.is_empty());
}

/// Each defect with the ways of signing it can be in: v1, v2, GitHub's, v1 with a timestamp; and the reason it is refused for: a part of what the
/// library says, or several, by what else the bundle holds.
pub(crate) fn defects() -> Vec<(Defect, Vec<How>, &'static [&'static str])> {
    let (v1, v2, github) = (How::v1(TIME), How::v2(TIME), How::github(TIME));
    let stamped = How { tsa: true, ..v1.clone() };
    let all = || vec![v1.clone(), v2.clone(), github.clone(), stamped.clone()];
    let logged = || vec![v1.clone(), v2.clone(), stamped.clone()];
    let promised = || vec![v1.clone(), stamped.clone()];
    let timed = || vec![v2.clone(), github.clone(), stamped.clone()];
    vec![
        (Defect::Expired, all(), &["CertExpired"]),
        (Defect::NotYetValid, all(), &["CertNotValidYet"]),
        (Defect::ForeignAuthority, all(), &["certificate chain validation failed: InvalidSignatureForPublicKey"]),
        (Defect::NotForSigning, all(), &["RequiredEkuNotFound"]),
        (Defect::NoSct, logged(), &["certificate is missing SCT extension"]),
        (Defect::ForeignSct, logged(), &["SCT signature verification failed: Verification error: key not found"]),
        (
            Defect::ForgedSct,
            logged(),
            &["SCT signature verification failed: Verification error: ECDSA_P256_SHA256"],
        ),
        (Defect::LateEntry, promised(), &["CertExpired"]),
        (Defect::BackdatedEntry, promised(), &["SET verification failed"]),
        (Defect::NoPromise, vec![v1.clone()], &["No verified timestamp found"]),
        (Defect::NoProof, logged(), &["must have an inclusion proof"]),
        (Defect::WrongRoot, promised(), &["proof root hash does not match checkpoint root hash"]),
        (Defect::WrongPath, logged(), &["inclusion proof verification failed: root hash mismatch"]),
        (Defect::WrongIndex, logged(), &["inclusion proof verification failed: root hash mismatch"]),
        (Defect::ForgedCheckpoint, logged(), &["No valid Rekor signature found on checkpoint"]),
        (Defect::ForeignCheckpoint, logged(), &["No matching Rekor key found for checkpoint"]),
        (Defect::ForeignLog, promised(), &["No log key valid at integrated time"]),
        (Defect::ForeignLog, vec![v2.clone()], &["No matching Rekor key found for checkpoint"]),
        (Defect::EntryOfAnother, logged(), &["payload hash mismatch", "hash mismatch for hashedrekord entry"]),
        (
            Defect::EntryOfAnotherSigner,
            logged(),
            &["signature or verifier mismatch", "does not match certificate"],
        ),
        (Defect::ForeignTimestamp, timed(), &["CMS signer does not match any trusted TSA certificate"]),
        (Defect::ForgedTimestamp, timed(), &["Failed to verify timestamp signature: Verification error"]),
        (Defect::TimestampOfAnother, timed(), &["Timestamp message hash mismatch"]),
        (Defect::LateTimestamp, timed(), &["CertExpired"]),
        (Defect::TamperedPayload, all(), &["DSSE signature verification failed", "does not match artifact hash"]),
        (Defect::TamperedSignature, timed(), &["Timestamp message hash mismatch"]),
        (Defect::TamperedSignature, vec![v1.clone()], &["signature verification failed"]),
        (Defect::ForeignSignature, all(), &["signature verification failed"]),
    ]
}

/// Every defect in every way of signing it can be in.
pub(crate) fn flawed() -> Vec<(Defect, How)> {
    let each =
        |(defect, ways, _): (Defect, Vec<How>, _)| ways.into_iter().map(move |how| (defect, how.but(defect)));
    defects().into_iter().flat_map(each).collect()
}

#[test]
fn every_defect_is_refused_for_its_reason() {
    let sigstore = Sigstore::new();
    let root = sigstore.trusted_root_json();
    let mut wrong = Vec::new();
    for (defect, ways, reasons) in defects() {
        for how in ways {
            let policy = if how.log == Log::None { relaxed() } else { strict() };
            let how = how.but(defect);
            for (bundle, form) in both(&sigstore, &how).iter().zip(["statement", "file"]) {
                let said = verify(&root, bundle, &policy).map_or_else(|e| e, |_| "accepted".to_owned());
                if !reasons.iter().any(|reason| said.contains(reason)) {
                    wrong.push(format!("{defect:?}, {:?}, tsa {}, {form}: {said}", how.log, how.tsa));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_bundle_takes_less_than_a_tenth_of_a_second() {
    let sigstore = Sigstore::new();
    let start = Instant::now();
    for how in [How::v1(TIME), How::v2(TIME), How::github(TIME)].into_iter().cycle().take(30) {
        drop(sigstore.sign(statement().as_bytes(), &workflow(), &how));
    }
    let each = start.elapsed() / 30;
    assert!(each < Duration::from_millis(100), "{each:?} a bundle");
}
