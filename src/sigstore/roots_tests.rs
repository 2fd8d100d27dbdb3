//! Roots: which count, which are too old, which are none.

use serde_json::{Value, json};
use sigstore_trust_root::SigstoreInstance;

use super::roots::{Age, INSTANCES, newest, parse};
use super::*;
use crate::model::Timestamp;

const DAY: i64 = 24 * 60 * 60;

fn at(days: i64) -> Timestamp {
    Timestamp::from_seconds(1_763_700_000 + days * DAY)
}

fn embedded(instance: SigstoreInstance) -> Value {
    serde_json::from_str(instance.embedded_trusted_root_json()).unwrap()
}

fn kept(json: &Value) -> Kept {
    Kept { name: "public-good".to_owned(), refreshed: at(0), json: json.to_string() }
}

#[test]
fn the_embedded_roots_are_read_and_only_githubs_is_relaxed() {
    let roots = Roots::embedded();
    let names: Vec<(&str, bool)> = roots.list().iter().map(|root| (root.name.as_str(), root.relaxed)).collect();
    assert_eq!(names, [("public-good", false), ("github", true)]);
    assert_eq!(INSTANCES.len(), names.len());
    assert_eq!(format!("{roots:?} {:?}", Roots::none()), "embedded roots no roots");
    roots.complete().unwrap();
}

#[test]
fn only_a_given_root_without_any_log_is_relaxed() {
    let given = |change: fn(&mut Value)| {
        let mut root = embedded(SigstoreInstance::PublicGood);
        change(&mut root);
        Roots::given(&root.to_string()).unwrap().list()[0].relaxed
    };
    assert!(!given(|_| ()));
    assert!(!given(|root| root["tlogs"] = json!([])));
    assert!(!given(|root| root["ctlogs"] = json!([])));
    assert!(given(|root| {
        root["tlogs"] = json!([]);
        root["ctlogs"] = json!([]);
    }));
    // The public-good instance has logs, whatever a kept file says of it.
    let mut root = embedded(SigstoreInstance::PublicGood);
    root["tlogs"] = json!([]);
    root["ctlogs"] = json!([]);
    root["certificateAuthorities"][0]["validFor"] = json!({ "start": "2026-01-01T00:00:00Z" });
    let roots = Roots::newest(vec![kept(&root)], at(0));
    assert_eq!(roots.chosen()[0].age, Age::Kept { refreshed: at(0), now: at(0) });
    assert!(!roots.list()[0].relaxed);
}

#[test]
fn what_is_no_root_is_refused() {
    for text in ["", "{", "[]", "{}", r#"{"mediaType":"text/plain"}"#, r#"{"mediaType":"a","mediaType":"b"}"#] {
        assert!(matches!(Roots::given(text), Err(Error::BadRoot(_))), "{text}");
    }
    let mut root = embedded(SigstoreInstance::PublicGood);
    root["certificateAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"] = json!("AAAA");
    assert!(matches!(Roots::given(&root.to_string()), Err(Error::BadRoot(_))));
}

#[test]
fn the_newest_of_embedded_and_kept_counts() {
    let same = embedded(SigstoreInstance::PublicGood);
    let mut newer = same.clone();
    newer["tlogs"][0]["publicKey"]["validFor"]["start"] = json!("2026-11-01T00:00:00Z");
    let mut older = same.clone();
    for part in ["tlogs", "ctlogs"] {
        for log in older[part].as_array_mut().unwrap() {
            log["publicKey"]["validFor"] = json!({ "start": "2021-01-01T00:00:00Z" });
        }
    }
    for part in ["certificateAuthorities", "timestampAuthorities"] {
        for authority in older[part].as_array_mut().unwrap() {
            authority["validFor"] = json!({ "start": "2021-01-01T00:00:00Z" });
        }
    }
    let start = |root: &Value| newest(&parse(&root.to_string()).unwrap());
    assert!(start(&older) < start(&same) && start(&same) < start(&newer));
    let age = |root: &Value| Roots::newest(vec![kept(root)], at(1)).chosen()[0].age;
    let fresh = Age::Kept { refreshed: at(0), now: at(1) };
    assert_eq!((age(&newer), age(&same), age(&older)), (fresh, fresh, Age::Embedded));
    // What cannot be read does not replace what can; another instance's is not this one's.
    assert_eq!(age(&json!({})), Age::Embedded);
    assert_eq!(Roots::newest(vec![kept(&newer)], at(1)).chosen()[1].age, Age::Embedded);
}

#[test]
fn a_root_refreshed_too_long_ago_or_in_the_future_does_not_count() {
    let root = embedded(SigstoreInstance::PublicGood);
    let after = |days| Roots::newest(vec![kept(&root)], at(days));
    for days in [0, 1, MAX_AGE_DAYS] {
        assert_eq!(after(days).stale(), None, "{days}");
        assert_eq!(after(days).list().len(), 2);
    }
    let sentences = [
        (MAX_AGE_DAYS + 1, "the trust root public-good was refreshed 91 days ago and counts for 90"),
        (-1, "the trust root public-good was refreshed in the future, at 2025-11-21T04:40:00Z"),
    ];
    for (days, sentence) in sentences {
        let roots = after(days);
        assert_eq!(roots.list().len(), 1, "{days}");
        roots.complete().unwrap();
        assert_eq!(roots.stale().as_deref(), Some(sentence));
        assert!(matches!(roots.complete(), Err(Error::StaleRoot(why)) if why == sentence));
    }
}
