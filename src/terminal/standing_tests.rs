//! How things stand, as it is read.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;

use super::Look;
use super::samples::{oid, plan, text, with};
use super::standing::{changed, init, status, sync, trust, trust_change};
use crate::model::{
    ChangeKind, ChangedChart, ChangedReport, ChartStatus, InitReport, Outcome, Plan, RevokedLine, Sha256,
    StatusReport, SyncLine, SyncReport, Timestamp, TrustChangeLine, TrustChangeReport, TrustReport,
    TrustedIdentityLine, TrustedKeyLine,
};

fn chart(name: &str, evidence: &[&str], missing: &[&str], warnings: &[&str]) -> ChartStatus {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    ChartStatus {
        chart: name.to_owned(),
        directory: format!("charts/{name}"),
        chart_version: Some("0.1.0".to_owned()),
        tag: Some(format!("{name}-v0.1.0")),
        commits: 3,
        next: Some("0.2.0".to_owned()),
        place: "on integration".to_owned(),
        evidence: owned(evidence),
        missing: owned(missing),
        warnings: owned(warnings),
    }
}

#[test]
fn a_status_is_a_table_and_what_to_do() {
    let new = ChartStatus { chart_version: None, tag: None, commits: 0, next: None, ..chart("y", &[], &[], &[]) };
    let report = StatusReport {
        branch: Some("integration".to_owned()),
        head: oid('a'),
        policy: "origin/main".to_owned(),
        charts: vec![
            chart(
                "cloudflared",
                &["w1-chart-lint"],
                &["w1-lint-test-v1.32.11"],
                &["its notes were not fetched; run `git lineage sync`"],
            ),
            chart("x", &["w1-chart-lint"], &[], &[]),
            new,
        ],
        warnings: vec!["the clone is shallow".to_owned()],
        remote: None,
    };
    expect![[r#"
        on integration at aaaaaaaaaaaa; policy: origin/main
        warning: the clone is shallow

        CHART        VERSION  TAG                 SINCE  NEXT   EVIDENCE  PLACE
        cloudflared  0.1.0    cloudflared-v0.1.0  3      0.2.0  1 of 2    on integration
        x            0.1.0    x-v0.1.0            3      0.2.0  1 of 1    on integration
        y            -        -                   0      -      -         on integration

        warning: cloudflared: its notes were not fetched; run `git lineage sync`
        cloudflared: missing w1-lint-test-v1.32.11
    "#]]
    .assert_eq(&text(&report, status));
    let empty = StatusReport { branch: None, charts: Vec::new(), warnings: Vec::new(), ..report };
    expect![[r#"
        on no branch (detached) at aaaaaaaaaaaa; policy: origin/main
        no chart was found
    "#]]
    .assert_eq(&text(&empty, status));
}

#[test]
fn what_changed_is_one_chart_a_line() {
    let one = |chart: &str, change| ChangedChart {
        chart: chart.to_owned(),
        directory: format!("charts/{chart}"),
        change,
        chart_version: None,
    };
    let report = ChangedReport {
        base: oid('a'),
        head: oid('b'),
        charts: vec![one("x", ChangeKind::Modified), one("long-name", ChangeKind::Removed)],
        not_charts: Vec::new(),
    };
    assert_eq!(text(&report, changed), "x\nlong-name\n");
    expect![[r#"
        x          modified  -  charts/x
        long-name  removed   -  charts/long-name
    "#]]
    .assert_eq(&with(Look { verbose: true, ..Look::default() }, &report, changed));
}

#[test]
fn a_sync_says_what_was_folded_and_pinned() {
    let line = |chart: &str, folded, pushed| SyncLine { chart: chart.to_owned(), folded, pushed, settled: None };
    let report = SyncReport {
        charts: vec![line("x", 2, true), line("long-name", 0, false)],
        pinned: Some("repository 6e0c, policy 12ab, main at 34cd".to_owned()),
        plan: plan(),
    };
    expect![[r#"
        x          2 records folded  pushed
        long-name  up to date
        pinned on first use: repository 6e0c, policy 12ab, main at 34cd
    "#]]
    .assert_eq(&text(&report, sync));
    let none = SyncReport { charts: Vec::new(), pinned: None, plan: Plan::default() };
    assert_eq!(text(&none, sync), "no ledger was found\n");
}

#[test]
fn trust_shows_keys_and_pin() {
    let report = TrustReport {
        policy: "origin/main".to_owned(),
        policy_digest: Some(Sha256::of("policy")),
        repository: "6e0c".to_owned(),
        keys: vec![TrustedKeyLine {
            name: "ci".to_owned(),
            fingerprint: Sha256::of("key"),
            stages: vec!["validate".to_owned(), "bump".to_owned()],
        }],
        identities: vec![TrustedIdentityLine {
            name: "release".to_owned(),
            issuer: "https://token.example".to_owned(),
            signer: "https://github.com/o/r/.github/workflows/f.yml@refs/heads/main".to_owned(),
            repository_id: Some("1".to_owned()),
            owner_id: Some("2".to_owned()),
            refs: vec!["refs/heads/main".to_owned(), "refs/heads/release".to_owned()],
            events: vec!["push".to_owned()],
            runner: None,
            root: "github".to_owned(),
            stages: vec!["build".to_owned(), "publish".to_owned()],
        }],
        revoked: vec![RevokedLine {
            what: "the key `old`".to_owned(),
            since: Timestamp::from_seconds(1_769_817_600),
            reason: "a laptop was lost".to_owned(),
        }],
        pin: Some("main at 34cd".to_owned()),
        pinned_now: true,
        roots: Vec::new(),
        changes: Vec::new(),
        proposed: None,
    };
    expect![[r#"
        repository 6e0c
        policy: origin/main, digest 823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812
          ci  sha256:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683  validate, bump
          release  https://github.com/o/r/.github/workflows/f.yml@refs/heads/main
              build, publish
              issuer https://token.example, root github, repository 1, owner 2, at refs/heads/main or refs/heads/release, on push
        revoked: the key `old`, since 2026-01-31T00:00:00Z: a laptop was lost
        pinned now: main at 34cd
    "#]]
    .assert_eq(&text(&report, trust));
    let bare = TrustReport {
        policy_digest: None,
        keys: Vec::new(),
        identities: Vec::new(),
        revoked: Vec::new(),
        pin: None,
        pinned_now: false,
        ..report
    };
    expect![[r#"
        repository 6e0c
        policy: origin/main
        nobody is trusted: nothing can be proven by this policy
        no pin: the first `git lineage sync` or `verify` writes one
    "#]]
    .assert_eq(&text(&bare, trust));
}

#[test]
fn trust_shows_who_vouched_for_its_changes() {
    let change = |signer: Option<&str>, known: bool, why: &str| TrustChangeLine {
        commit: oid('1'),
        from: Some(Sha256::of("a")),
        to: signer.map(|_| Sha256::of("b")),
        dropped: Vec::new(),
        signer: signer.map(str::to_owned),
        known,
        why: why.to_owned(),
    };
    let report = TrustReport {
        policy: "origin/main".to_owned(),
        policy_digest: None,
        repository: "6e0c".to_owned(),
        keys: Vec::new(),
        pin: None,
        identities: Vec::new(),
        revoked: Vec::new(),
        roots: Vec::new(),
        pinned_now: false,
        changes: vec![
            change(Some("ci"), true, "a new\nkey"),
            change(None, true, "no statement"),
            change(None, false, "never fetched"),
        ],
        proposed: Some(change(None, true, "no statement")),
    };
    expect![[r#"
        repository 6e0c
        policy: origin/main
        nobody is trusted: nothing can be proven by this policy
        no pin: the first `git lineage sync` or `verify` writes one
        changes of trust since main has a policy:
          111111111111  ca978112ca1b to 3e23e8160039  `ci` vouched for it           a new\nkey
          111111111111  ca978112ca1b to none          nobody vouched for it         no statement
          111111111111  ca978112ca1b to none          not known who vouched for it  never fetched
        proposed by HEAD:
          111111111111  ca978112ca1b to none  nobody vouched for it  no statement
          vouch for it before it is merged with `git lineage trust change --reason …`
    "#]]
    .assert_eq(&text(&report, trust));
}

#[test]
fn a_vouched_change_is_told_in_two_lines() {
    let report = TrustChangeReport {
        base: oid('1'),
        commit: oid('2'),
        from: Sha256::of("a"),
        to: Sha256::of("b"),
        dropped: Vec::new(),
        file: Sha256::of("file"),
        outcome: Outcome::Created,
        signer: Some("ci".to_owned()),
        plan: plan(),
    };
    expect![[r#"
        signed: `ci` vouches for the change of trust from ca978112ca1b to 3e23e8160039
          lineage.toml sha256:3b9c358f36f0a31b6ad3e14f309c7cf198ac9246e8316f9ce543d5b19ac02b80, upon 111111111111
    "#]]
    .assert_eq(&text(&report, trust_change));
    let planned = with(Look { dry_run: true, ..Look::default() }, &report, trust_change);
    assert!(planned.contains("would be signed: the change of trust from"), "{planned}");
    let same = TrustChangeReport { to: Sha256::of("a"), outcome: Outcome::Unchanged, signer: None, ..report };
    assert!(text(&same, trust_change).ends_with("there is nothing to vouch for\n"));
    let dropped = vec!["the revocation of the key `old` since 2026-01-31T00:00:00Z".to_owned()];
    let less = TrustChangeReport { dropped, outcome: Outcome::Created, signer: Some("ci".to_owned()), ..same };
    let told = text(&less, trust_change);
    assert!(told.contains("`ci` vouches for the end of the revocation of the key `old` since"), "{told}");
}

#[test]
fn an_init_shows_its_plan_and_what_is_left() {
    let report = InitReport { plan: plan(), next: vec!["commit lineage.toml to main".to_owned()] };
    expect![[r#"
          already  fetch origin
          done     push chart/x at 1234abcd

        next:
          commit lineage.toml to main
    "#]]
    .assert_eq(&text(&report, init));
    let planned = with(Look { dry_run: true, ..Look::default() }, &report, init);
    assert!(planned.starts_with("  already  fetch origin\n  needed   push chart/x"), "{planned}");
}
