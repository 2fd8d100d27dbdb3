//! What main takes back, and what of it still counts.

use crate::model::{Certificate, Config, Policy, Proof, Revoked, Sha256, Timestamp};

const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE5psiNZfZchbqe4IyyOuUN7dRgV2r
urKqvsRzoqDKXWlvORrQwV+5iFGCTqlgkbhZaNmnOcydgJ8f6jpEdWf2iA==
-----END PUBLIC KEY-----";

fn policy(revoked: &str) -> Policy {
    let text = format!(
        r#"version = 1
[repository]
id = "r"
[required]
validate = ["chart-lint"]
[[trust.keys]]
name = "ci"
public = """
{KEY}
"""
[[trust.identities]]
name = "ada"
issuer = "https://accounts.example.org"
signer = "ada@example.org"
{revoked}"#
    );
    Policy { config: Config::parse("lineage.toml", &text).unwrap(), digest: Sha256::of(&text) }
}

fn revoked(what: &str) -> Revoked {
    Revoked::by([&policy(&format!(
        "[[trust.revoked]]\n{what}\nsince = \"1970-01-01T01:00:00Z\"\nreason = \"it leaked\"\n"
    ))])
}

fn fingerprint() -> Sha256 {
    policy("").config.trust.keys[0].fingerprint().unwrap()
}

fn key(times: &[i64]) -> Proof {
    Proof::Key { fingerprint: fingerprint(), times: moments(times) }
}

fn ada(times: &[i64]) -> Proof {
    Proof::Certificate(Box::new(Certificate {
        root: "public-good".to_owned(),
        subject: "ada@example.org".to_owned(),
        issuer: "https://accounts.example.org".to_owned(),
        times: moments(times),
        ..Certificate::default()
    }))
}

fn moments(times: &[i64]) -> Vec<Timestamp> {
    times.iter().map(|time| Timestamp::from_seconds(*time)).collect()
}

#[test]
fn nothing_revoked_lets_everything_count() {
    let none = Revoked::by([&policy("")]);
    assert_eq!(none, Revoked::default());
    for proof in [key(&[]), key(&[9_999]), ada(&[9_999])] {
        assert_eq!(none.signature(&proof, false), Ok(()));
    }
    assert_eq!(none.release("x-v1.0.0"), None);
}

#[test]
fn a_revoked_key_counts_for_what_was_seen_before_or_a_later_release_names() {
    let print = fingerprint();
    let by_name = revoked("key = \"ci\"");
    for revoked in [&by_name, &revoked(&format!("key = \"{print}\""))] {
        assert!(revoked.any_key() && revoked.asks_for_later(&key(&[])));
        assert!(!revoked.asks_for_later(&key(&[5])) && !revoked.asks_for_later(&ada(&[])));
        // Whoever has it noted later takes nothing away.
        assert!(revoked.asks_for_later(&key(&[9_999])));
        assert_eq!(revoked.signature(&key(&[9_999]), true), Ok(()));
        assert_eq!(revoked.signature(&key(&[3_599]), false), Ok(()));
        // Noted again later: it was there before all the same.
        assert_eq!(revoked.signature(&key(&[9_999, 3_599]), false), Ok(()));
        assert_eq!(revoked.signature(&key(&[]), true), Ok(()));
        assert_eq!(revoked.signature(&ada(&[9_999]), false), Ok(()));
        for proof in [key(&[]), key(&[3_600]), key(&[9_999])] {
            assert!(revoked.signature(&proof, false).is_err(), "{proof:?}");
        }
    }
    assert_eq!(
        by_name.signature(&key(&[]), false).unwrap_err(),
        "signed by the key `ci`, which is revoked since 1970-01-01T01:00:00Z (it leaked), and nobody saw this signed \
         before: no log or timestamp, no later release names it"
    );
    assert_eq!(
        by_name.signature(&key(&[7_200]), false).unwrap_err(),
        "signed by the key `ci`, which is revoked since 1970-01-01T01:00:00Z (it leaked), and this was signed \
         1970-01-01T02:00:00Z"
    );
}

#[test]
fn a_revoked_identity_counts_for_what_was_seen_before() {
    let revoked = revoked("identity = \"ada\"");
    assert_eq!(revoked.signature(&ada(&[3_599]), false), Ok(()));
    assert_eq!(revoked.signature(&key(&[9_999]), false), Ok(()));
    let mut other = ada(&[9_999]);
    if let Proof::Certificate(certificate) = &mut other {
        certificate.subject = "bob@example.org".to_owned();
    }
    assert_eq!(revoked.signature(&other, false), Ok(()));
    for named in [false, true] {
        assert!(revoked.signature(&ada(&[3_600]), named).unwrap_err().contains("the identity `ada`"));
    }
}

#[test]
fn a_revoked_release_is_told_with_date_and_reason() {
    let revoked = revoked("release = \"x-v1.0.0\"");
    assert_eq!(
        revoked.release("x-v1.0.0").unwrap(),
        "the release x-v1.0.0 is revoked since 1970-01-01T01:00:00Z: it leaked"
    );
    assert_eq!(revoked.release("x-v1.0.1"), None);
    assert_eq!(revoked.release(""), None);
    assert_eq!(revoked.lines()[0].what, "the release x-v1.0.0");
}

#[test]
fn the_policies_of_then_and_now_both_revoke_and_names_do_not_mix() {
    let then = policy("[[trust.revoked]]\nidentity = \"ada\"\nsince = \"1970-01-01T01:00:00Z\"\nreason = \"a\"\n");
    let mut now = policy("[[trust.revoked]]\nkey = \"ci\"\nsince = \"1970-01-01T01:00:00Z\"\nreason = \"b\"\n");
    let both = Revoked::by([&then, &now, &then]);
    assert_eq!(both.lines().len(), 2);
    assert!(both.signature(&ada(&[9_999]), false).is_err() && both.signature(&key(&[]), false).is_err());
    // Today another key is called `ci`: that one is revoked, not the one of then.
    now.config.trust.keys[0].public = KEY.replace("5psiNZ", "6psiNZ");
    assert_eq!(Revoked::by([&now]).signature(&key(&[]), false), Ok(()));
}

#[test]
fn when_evidence_was_made() {
    let said = Timestamp::from_seconds(100_000);
    let seconds = |proof: &Proof| proof.made(said).map(Timestamp::seconds);
    assert_eq!(seconds(&key(&[])), Ok(100_000));
    // Noted days later, by `sync --settle` or by somebody who found it: the key holder's word stays.
    assert_eq!(seconds(&key(&[900_000])), Ok(100_000));
    assert_eq!(seconds(&key(&[99_800])), Ok(100_000));
    assert!(seconds(&key(&[900_000, 90_000])).unwrap_err().contains("was signed before that"));
    assert_eq!(seconds(&ada(&[100_007, 100_003])), Ok(100_003));
    assert_eq!(seconds(&ada(&[14_000])), Ok(14_000));
    assert!(seconds(&ada(&[13_000])).is_err());
    assert!(
        seconds(&ada(&[190_000]))
            .unwrap_err()
            .contains("it says it was made 1970-01-02T03:46:40Z, and was signed")
    );
    assert!(seconds(&ada(&[])).unwrap_err().contains("no log or timestamp"));
    assert!(ada(&[i64::MIN]).made(Timestamp::from_seconds(i64::MAX)).is_err());
}

fn since(what: &str, since: i64) -> Revoked {
    let since = Timestamp::from_seconds(since);
    let text = format!("[[trust.revoked]]\n{what}\nsince = \"{since}\"\nreason = \"it leaked\"\n");
    Revoked::by([&policy(&text)])
}

#[test]
fn a_revocation_is_lost_where_nothing_as_strict_stands_for_it() {
    let none = Revoked::default();
    let by_fingerprint = format!("key = \"{}\"", fingerprint());
    for what in ["key = \"ci\"", &by_fingerprint, "identity = \"ada\"", "release = \"app-v1.0.0\""] {
        let (early, late) = (since(what, 10), since(what, 20));
        assert!(early.lost_in(&early).is_empty() && none.lost_in(&early).is_empty(), "{what}");
        assert!(late.lost_in(&early).is_empty(), "{what}: an earlier date revokes more");
        assert_eq!(early.lost_in(&late), early, "{what}");
        assert_eq!(early.lost_in(&none), early, "{what}");
        assert!(early.lost_in(&late.clone().and(&early)).is_empty(), "{what}");
    }
    // A key is the same by its name and by its fingerprint; another release is another.
    assert!(since("key = \"ci\"", 10).lost_in(&since(&by_fingerprint, 10)).is_empty());
    let one = since("release = \"app-v1.0.0\"", 10);
    assert_eq!(one.lost_in(&since("release = \"app-v1.0.1\"", 10)), one);
    assert_eq!(one.in_words(), ["the revocation of the release app-v1.0.0 since 1970-01-01T00:00:10Z"]);
}

#[test]
fn an_identity_is_the_same_by_what_a_certificate_is_held_against() {
    let named = |name: &str, more: &str| {
        let text = format!(
            "[[trust.identities]]\nname = \"{name}\"\nissuer = \"https://i.example.org\"\nsigner = \"b@example.org\"\n\
             {more}\n[[trust.revoked]]\nidentity = \"{name}\"\nsince = \"2026-01-01T00:00:00Z\"\nreason = \"x\"\n"
        );
        Revoked::by([&policy(&text)])
    };
    let one = named("bob", "");
    assert!(one.lost_in(&named("robert", "stages = [\"tag\"]\naccount = \"7\"")).is_empty());
    assert!(!one.lost_in(&named("bob", "root = \"github\"")).is_empty());
}
