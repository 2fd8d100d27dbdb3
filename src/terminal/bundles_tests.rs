//! Bundles and trust roots, as they are read.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;

use super::Look;
use super::bundles::{refresh, signed, verified};
use super::samples::{plan, text, with};
use crate::model::{BundleReport, RefreshReport, RootLine, RootPart, Timestamp};

fn report() -> BundleReport {
    BundleReport {
        bundle: "x.sigstore.json".into(),
        artifact: "x-1.0.0.tgz".to_owned(),
        root: "public-good".to_owned(),
        signer: Some("ada@example.org".to_owned()),
        issuer: Some("https://accounts.example.org".to_owned()),
        times: vec![Timestamp::from_seconds(1_763_700_000)],
        logged: true,
    }
}

#[test]
fn a_bundle_says_who_signed_what_and_when() {
    expect![[r#"
        proven: x-1.0.0.tgz
          by ada@example.org
          vouched for by https://accounts.example.org
          signed at 2025-11-21T04:40:00Z
          logged; trust root public-good
    "#]]
    .assert_eq(&text(&report(), verified));
    let key = BundleReport { signer: None, issuer: None, times: Vec::new(), logged: false, ..report() };
    expect![[r#"
        signed: x-1.0.0.tgz in x.sigstore.json
          by the key
          not logged; trust root public-good
    "#]]
    .assert_eq(&text(&key, signed));
}

#[test]
fn a_root_says_where_it_comes_from_and_who_counts() {
    let part = |kind: &str, name: &str, from: Option<&str>, to: Option<&str>| RootPart {
        kind: kind.to_owned(),
        name: name.to_owned(),
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
    };
    let report = RefreshReport {
        plan: plan(),
        roots: vec![RootLine {
            name: "public-good".to_owned(),
            source: "refreshed 2025-08-01 (112 days ago, counts for 90), as of 2025-09-23".to_owned(),
            stale: Some("it was refreshed 112 days ago and counts for 90".to_owned()),
            parts: vec![
                part("authority", "https://ca.example", Some("2021-03-07"), Some("2022-12-31")),
                part("authority", "https://ca.example", Some("2022-04-13"), None),
                part("log", "https://log.example", None, None),
                part("log", "https://log2.example", Some("2025-09-23"), None),
            ],
        }],
    };
    expect![[r#"
        trust root public-good: refreshed 2025-08-01 (112 days ago, counts for 90), as of 2025-09-23
          does not count: it was refreshed 112 days ago and counts for 90
          in force: 1 authority, 2 logs
    "#]]
    .assert_eq(&text(&report, refresh));
    expect![[r#"
          already  fetch origin
          done     push chart/x at 1234abcd
        trust root public-good: refreshed 2025-08-01 (112 days ago, counts for 90), as of 2025-09-23
          does not count: it was refreshed 112 days ago and counts for 90
          authority  https://ca.example    2021-03-07 to 2022-12-31
          authority  https://ca.example    since 2022-04-13
          log        https://log.example   always
          log        https://log2.example  since 2025-09-23
    "#]]
    .assert_eq(&with(Look { verbose: true, ..Look::default() }, &report, refresh));
}
