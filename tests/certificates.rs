//! Certificates, in process: what our own Sigstore makes is proven with all its claims, each of its defects is
//! refused for its reason, and no change of a bundle makes it say anything else.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use git_lineage::model::{Certificate, Proof, Timestamp};
use git_lineage::sigstore::{Keyring, PrivateKey, Roots, examine};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::own_sigstore::{statement, workflow};
use crate::sigstore::{Claim, Defect, GITHUB, How, Identity, Log, Sigstore};

const TIME: i64 = 1_763_700_000;

fn judged(roots: &Roots, bundle: &str) -> Result<Certificate, String> {
    match examine(bundle, Keyring { keys: &[], roots }).1 {
        Proof::Certificate(certificate) => Ok(*certificate),
        Proof::Rejected(why) => Err(why),
        Proof::Key { .. } => panic!("there is no key"),
    }
}

fn roots(sigstore: &Sigstore) -> Roots {
    Roots::given(&sigstore.trusted_root_json()).unwrap()
}

fn without_logs(sigstore: &Sigstore) -> Roots {
    Roots::given(&sigstore.trusted_root_without_logs().to_string()).unwrap()
}

fn signed(sigstore: &Sigstore, how: &How) -> Value {
    sigstore.sign(statement().as_bytes(), &workflow(), how)
}

#[test]
fn a_certificate_is_proven_with_every_claim() {
    let sigstore = Sigstore::new();
    let roots = roots(&sigstore);
    let bundle = signed(&sigstore, &How { tsa: true, ..How::v1(TIME) }).to_string();
    let signer = "https://github.com/octo/charts/.github/workflows/release.yml@refs/heads/main";
    let proven = judged(&roots, &bundle).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        proven,
        Certificate {
            root: "given".to_owned(),
            subject: signer.to_owned(),
            issuer: GITHUB.to_owned(),
            build_signer_uri: some(signer),
            runner_environment: some("github-hosted"),
            source_repository_uri: some("https://github.com/octo/charts"),
            source_repository_digest: proven.source_repository_digest.clone(),
            source_repository_ref: some("refs/heads/main"),
            source_repository_id: some("1001"),
            source_repository_owner_id: some("2002"),
            build_config_uri: some(signer),
            build_trigger: some("push"),
            run_invocation_uri: proven.run_invocation_uri.clone(),
            times: vec![Timestamp::from_seconds(TIME)],
            logged: true,
        }
    );
    assert!(proven.source_repository_digest.is_some() && proven.run_invocation_uri.is_some());
    assert_eq!(examine(&bundle, Keyring { keys: &[], roots: &roots }).0.unwrap().subject[0].name, "artifact");
}

#[test]
fn every_kind_is_proven_and_says_whether_a_log_has_it() {
    let sigstore = Sigstore::new();
    let strict = roots(&sigstore);
    for (how, relaxed) in [(How::v1(TIME), false), (How::v2(TIME), false), (How::github(TIME), true)] {
        let bundle = signed(&sigstore, &how).to_string();
        let roots = if relaxed { &without_logs(&sigstore) } else { &strict };
        let proven = judged(roots, &bundle).unwrap();
        assert_eq!((proven.logged, proven.times), (!relaxed, vec![Timestamp::from_seconds(TIME)]), "{how:?}");
    }
    let person = Identity::email("ada@example.org", "https://accounts.example.org");
    let bundle = sigstore.sign(statement().as_bytes(), &person, &How::v2(TIME)).to_string();
    let proven = judged(&strict, &bundle).unwrap();
    assert_eq!((&*proven.subject, &*proven.issuer), ("ada@example.org", "https://accounts.example.org"));
    assert_eq!(proven.build_signer_uri, None);
    // What GitHub's instance would do is not enough for a root that has logs.
    let relaxed = signed(&sigstore, &How::github(TIME)).to_string();
    assert!(judged(&strict, &relaxed).unwrap_err().contains("must have an inclusion proof"));
    let unlogged = signed(&sigstore, &How { sct: false, ..How::v1(TIME) }).to_string();
    assert!(judged(&strict, &unlogged).unwrap_err().starts_with("no certificate log of the trust root"));
    // And a root without logs has nothing to say about entries in one.
    let logged = signed(&sigstore, &How { tsa: true, ..How::v1(TIME) }).to_string();
    assert!(judged(&without_logs(&sigstore), &logged).unwrap_err().starts_with("the log's promise is not valid"));
}

#[test]
fn who_says_nothing_of_himself_is_nobody() {
    let sigstore = Sigstore::new();
    let identity = workflow().without(Claim::Issuer).without(Claim::OldIssuer);
    let bundle = sigstore.sign(statement().as_bytes(), &identity, &How::v2(TIME)).to_string();
    assert_eq!(
        judged(&roots(&sigstore), &bundle).unwrap_err(),
        "the certificate does not say who vouches for its holder"
    );
}

#[test]
fn no_other_root_vouches_for_it() {
    let sigstore = Sigstore::new();
    for how in [How::v1(TIME), How::v2(TIME), How::github(TIME)] {
        let bundle = signed(&sigstore, &how).to_string();
        let other = Roots::given(&Sigstore::named("elsewhere.test").trusted_root_json()).unwrap();
        judged(&other, &bundle).unwrap_err();
        let why = judged(&Roots::embedded(), &bundle).unwrap_err();
        assert!(why.starts_with("no trust root (public-good, github) vouches for it: "), "{why}");
        assert!(judged(&Roots::none(), &bundle).unwrap_err().contains("there is no trust root"));
    }
}

#[test]
fn a_statement_is_bound_by_sha256_or_sha512() {
    let sigstore = Sigstore::new();
    let roots = roots(&sigstore);
    let with = |digest: Value| {
        let mut value: Value = serde_json::from_str(&statement()).unwrap();
        value["subject"] = json!([{ "name": "a", "digest": digest }]);
        let bundle = sigstore.sign(value.to_string().as_bytes(), &workflow(), &How::v2(TIME)).to_string();
        judged(&roots, &bundle).map(|proven| proven.root)
    };
    for good in [
        json!({ "sha256": "a".repeat(64) }),
        json!({ "sha512": "b".repeat(128) }),
        json!({ "sha1": "c".repeat(40), "sha256": "a".repeat(64) }),
    ] {
        assert_eq!(with(good.clone()), Ok("given".to_owned()), "{good}");
    }
    for bad in [
        json!({ "sha1": "c".repeat(40) }),
        json!({ "gitCommit": "c".repeat(40) }),
        json!({ "sha256": "c".repeat(40) }),
        json!({ "sha256": "not hex" }),
    ] {
        let why = "no subject of the statement has a sha256 or sha512 digest".to_owned();
        assert_eq!(with(bad.clone()), Err(why), "{bad}");
    }
}

#[test]
fn a_key_has_the_times_a_root_vouches_for_and_stands_without() {
    let sigstore = Sigstore::new();
    let directory = tempfile::tempdir().unwrap();
    let key = PrivateKey::generate(&directory.path().join("key.pem")).unwrap();
    let keys = [key.public()];
    let statement = serde_json::from_str(&statement()).unwrap();
    let bare: Value = serde_json::from_str(&key.sign(&statement).unwrap()).unwrap();
    let signature = STANDARD.decode(bare["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    let with = |field: &str, value: Value| {
        let mut bundle = bare.clone();
        bundle["verificationMaterial"][field] = value;
        bundle.to_string()
    };
    let stamped = |stamps: &[String]| {
        let stamps: Vec<Value> = stamps.iter().map(|stamp| json!({ "signedTimestamp": stamp })).collect();
        with("timestampVerificationData", json!({ "rfc3161Timestamps": stamps }))
    };
    let times = |bundle: &str, roots: &Roots| match examine(bundle, Keyring { keys: &keys, roots }).1 {
        Proof::Key { fingerprint, times } => {
            assert_eq!(fingerprint, key.public().fingerprint);
            times.into_iter().map(Timestamp::seconds).collect::<Vec<_>>()
        }
        other => panic!("{other:?}: {bundle}"),
    };
    let stamp = |time| sigstore.stamp(&signature, time);
    let good = stamped(&[stamp(TIME + 60), stamp(TIME)]);
    for roots in [roots(&sigstore), without_logs(&sigstore)] {
        assert_eq!(times(&good, &roots), [TIME, TIME + 60]);
        assert_eq!(times(&bare.to_string(), &roots), [0_i64; 0]);
        // What does not verify counts as not there, and takes what stands beside it along.
        let foreign = Sigstore::named("elsewhere.test").stamp(&signature, TIME);
        let another = sigstore.stamp(b"another signature", TIME);
        for bad in [foreign, another, "AAAA".to_owned(), "!".to_owned()] {
            assert_eq!(times(&stamped(&[stamp(TIME), bad.clone()]), &roots), [0_i64; 0], "{bad}");
        }
        // So does another's log entry.
        let mut entry: Value = serde_json::from_str(&good).unwrap();
        let logged = signed(&sigstore, &How::v1(TIME));
        entry["verificationMaterial"]["tlogEntries"] = logged["verificationMaterial"]["tlogEntries"].clone();
        assert_eq!(times(&entry.to_string(), &roots), [0_i64; 0]);
    }
    assert_eq!(times(&good, &Roots::none()), [0_i64; 0]);
    assert_eq!(times(&with("tlogEntries", json!([])), &roots(&sigstore)), [0_i64; 0]);
    assert_eq!(times(&with("tlogEntries", json!("x")), &roots(&sigstore)), [0_i64; 0]);
}

/// The reason each defect is refused for, in our words: one of these.
fn sentences(defect: Defect) -> &'static [&'static str] {
    match defect {
        Defect::Expired | Defect::LateEntry | Defect::LateTimestamp => {
            &["the trust root does not vouch for the certificate: it had expired"]
        }
        Defect::NotYetValid => &["the trust root does not vouch for the certificate: it was not valid yet"],
        Defect::ForeignAuthority => {
            &["the trust root does not vouch for the certificate: the issuer it names did not"]
        }
        Defect::NotForSigning => &["the trust root does not vouch for the certificate: it is not for signing"],
        Defect::NoSct | Defect::ForeignSct | Defect::ForgedSct => {
            &["no certificate log of the trust root has the certificate: "]
        }
        Defect::BackdatedEntry => &["the log's promise is not valid: "],
        Defect::NoPromise => &["nothing proves when it was signed"],
        Defect::NoProof => &["the bundle is not valid: "],
        Defect::WrongRoot => &["the bundle is not valid: inclusion proof root hash"],
        Defect::WrongPath | Defect::WrongIndex => &["the proof that the log has it is not valid: "],
        Defect::ForgedCheckpoint | Defect::ForeignCheckpoint => &["the log's checkpoint is not valid: "],
        Defect::ForeignLog => &["the log's promise is not valid: ", "the log's checkpoint is not valid: "],
        Defect::EntryOfAnother | Defect::EntryOfAnotherSigner => {
            &["the log's entry is about something else: ", "the bundle is about something else: "]
        }
        Defect::ForeignTimestamp | Defect::ForgedTimestamp | Defect::TimestampOfAnother => {
            &["no timestamp authority of the trust root made the timestamp: "]
        }
        Defect::TamperedPayload | Defect::ForeignSignature => &["the signature does not verify"],
        Defect::TamperedSignature => {
            &["the signature does not verify", "no timestamp authority of the trust root"]
        }
    }
}

#[test]
fn each_defect_is_refused_with_its_sentence() {
    let sigstore = Sigstore::new();
    let (strict, relaxed) = (roots(&sigstore), without_logs(&sigstore));
    let mut wrong = Vec::new();
    for (defect, how) in crate::own_sigstore::flawed() {
        let roots = if how.log == Log::None { &relaxed } else { &strict };
        let said =
            judged(roots, &signed(&sigstore, &how).to_string()).map_or_else(|why| why, |_| "proven".to_owned());
        if said.contains('\n') || !sentences(defect).iter().any(|sentence| said.starts_with(sentence)) {
            wrong.push(format!("{defect:?}, {:?}, tsa {}: {said}", how.log, how.tsa));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_changed_byte_never_changes_what_is_proven() {
    let sigstore = Sigstore::new();
    let cases = [
        (roots(&sigstore), signed(&sigstore, &How { tsa: true, ..How::v1(TIME) }).to_string()),
        (roots(&sigstore), signed(&sigstore, &How::v2(TIME)).to_string()),
        (without_logs(&sigstore), signed(&sigstore, &How::github(TIME)).to_string()),
    ];
    let whole: Vec<_> = cases.iter().map(|(roots, bundle)| judged(roots, bundle).unwrap()).collect();
    proptest!(|(which in 0..3_usize, at in any::<prop::sample::Index>(), byte: u8, cut: bool)| {
        let (roots, bundle) = &cases[which];
        let mut bytes = bundle.clone().into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let changed = String::from_utf8_lossy(&bytes);
        let (read, proof) = examine(&changed, Keyring { keys: &[], roots });
        if let Proof::Certificate(proven) = proof {
            prop_assert_eq!(&*proven, &whole[which]);
            prop_assert_eq!(read.unwrap().subject.len(), 1);
        }
    });
}

/// Every place in a JSON value.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    let mut below = |name: &str, value: &Value| {
        let place = format!("{here}/{name}");
        places(value, &place, all);
        all.push(place);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| below(name, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, value)| below(&at.to_string(), value)),
        _ => {}
    }
}

#[test]
fn a_field_of_another_kind_is_refused_or_changes_nothing() {
    let sigstore = Sigstore::new();
    let roots = roots(&sigstore);
    for how in [How { tsa: true, ..How::v1(TIME) }, How::v2(TIME)] {
        let bundle = signed(&sigstore, &how);
        let whole = judged(&roots, &bundle.to_string()).unwrap();
        let mut all = Vec::new();
        places(&bundle, "", &mut all);
        assert!(all.len() > 25, "{all:?}");
        for place in all {
            let others = [json!(null), json!(-1), json!("x"), json!(""), json!([]), json!({}), json!([{}, {}])];
            for other in others {
                let mut changed = bundle.clone();
                *changed.pointer_mut(&place).unwrap() = other.clone();
                if let Ok(mut proven) = judged(&roots, &changed.to_string()) {
                    // Less evidence may leave fewer times and no log, and never another signer.
                    proven.times.clone_from(&whole.times);
                    proven.logged = whole.logged;
                    assert_eq!(proven, whole, "{place} = {other}");
                }
            }
        }
    }
}

#[test]
fn a_payload_the_two_readers_disagree_on_is_refused() {
    let sigstore = Sigstore::new();
    let bundle = signed(&sigstore, &How::v2(TIME));
    let mut twice = bundle.clone();
    twice["dsse_envelope"] = json!({ "payload": "e30=", "payloadType": "x", "signatures": [] });
    judged(&roots(&sigstore), &twice.to_string()).unwrap();
    let text = bundle.to_string();
    let repeated = text.replacen("\"payload\":", "\"payload\":\"e30=\",\"payload\":", 1);
    assert!(judged(&roots(&sigstore), &repeated).unwrap_err().contains("occurs twice"));
}
