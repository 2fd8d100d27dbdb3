//! `log`, `export`, contents and releases as they are read.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them so")]

use expect_test::expect;

use super::Look;
use super::contents::{build, import, package, subject};
use super::lineage::{export, log};
use super::releases::{publish, tag};
use super::samples::{chain, oid, plan, text, with};
use crate::model::pull::PullText;
use crate::model::{
    BuildReport, Exit, ExportReport, FileOrigin, ImportLine, ImportReport, LogReport, OciDigest, Outcome,
    PackageReport, Plan, Predicted, PublishReport, RefusedBundle, Sha256, Sized, SubjectReport, TagLine,
    TagReport,
};

#[test]
fn a_log_begins_with_the_contribution() {
    let report = LogReport {
        subject: "x-v0.2.0".to_owned(),
        tag: Some("x-v0.2.0".to_owned()),
        chart: "x".to_owned(),
        chart_version: "0.2.0".to_owned(),
        chain: chain(),
        files: vec![FileOrigin {
            path: "templates/a.yaml".to_owned(),
            sha256: Sha256::of("a"),
            from: "contribution".to_owned(),
            commits: vec!["1234abcd5678 feat(x): add probe".to_owned()],
        }],
    };
    expect![[r#"
        x-v0.2.0: chart x 0.2.0

        contribution  feat(x): add probe, by A <a@example.org>
        |  commit aaaaaaaaaaaa, content a7b4dc56dac9
        |  w1-lint-test-v1.32.11 (123456), signed by ci
        `- split  integration to chart/x
           |  commit aaaaaaaaaaaa, content ad1a64057f9a
           `- tag  x-v0.2.0
                 commit aaaaaaaaaaaa

        templates/a.yaml  from contribution  ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
          1234abcd5678 feat(x): add probe
    "#]]
    .assert_eq(&text(&report, log));
    let verbose = with(Look { verbose: true, ..Look::default() }, &report, log);
    assert!(verbose.contains(&format!("signed by ci, bundle {}", Sha256::of("bundle"))), "{verbose}");
}

#[test]
fn an_export_names_its_files() {
    let report = ExportReport {
        tag: "x-v0.2.0".to_owned(),
        directory: "out".into(),
        files: vec!["x-0.2.0.sigstore.json".to_owned(), "attestation-lineage.json".to_owned()],
    };
    expect![[r#"
        x-0.2.0.sigstore.json
        attestation-lineage.json
        exported x-v0.2.0 to out
    "#]]
    .assert_eq(&text(&report, export));
}

#[test]
fn a_subject_is_the_listing_to_the_byte() {
    let listing = format!("{}  Chart.yaml\n", Sha256::of("chart"));
    let report = SubjectReport {
        chart: "x".to_owned(),
        directory: "charts/x".to_owned(),
        commit: oid('a'),
        tree: oid('b'),
        content: Sha256::of(&listing),
        listing: listing.clone(),
    };
    assert_eq!(text(&report, subject), listing);
}

fn digests() -> Predicted {
    Predicted { tar: Sha256::of("tar"), tgz: Sha256::of("tgz"), oci: Sha256::of("oci") }
}

#[test]
fn a_package_shows_its_digests() {
    let report = PackageReport {
        chart: "x".to_owned(),
        chart_version: "0.2.0".to_owned(),
        file: "x-0.2.0.tgz".to_owned(),
        tar: Sized { sha256: digests().tar, size: 10240 },
        tgz: Sized { sha256: digests().tgz, size: 712 },
        oci: OciDigest { manifest: format!("sha256:{}", digests().oci) },
        dependencies: Vec::new(),
        path: "out/x-0.2.0.tgz".into(),
    };
    expect![[r#"
        out/x-0.2.0.tgz
          tar  sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb  10240 bytes
          tgz  sha256:407f3ae627dafcf01abdcc6632da77b6a2ab73d22077e5c494a90c66329b5fb9  712 bytes
          oci  sha256:7e887edb52b723997076a9f5a72bef4473227a303cbc2cf5118e7be261f41c13  manifest
    "#]]
    .assert_eq(&text(&report, package));
    let unwritten = PackageReport { path: std::path::PathBuf::new(), ..report };
    assert!(text(&unwritten, package).starts_with("x-0.2.0.tgz\n  tar  "));
}

#[test]
fn a_build_shows_what_the_tag_predicted() {
    let report = BuildReport {
        tag: "x-v0.2.0".to_owned(),
        chart: "x".to_owned(),
        file: "x-0.2.0.tgz".to_owned(),
        path: "x-0.2.0.tgz".into(),
        package: digests(),
        outcome: Outcome::Created,
        plan: plan(),
    };
    expect![[r#"
        x-v0.2.0  created  x-0.2.0.tgz
          tar  sha256:90aebae315675cbf04612de4f7d5874850f48e0b8dd82becbeaa47ca93f5ebfb
          tgz  sha256:407f3ae627dafcf01abdcc6632da77b6a2ab73d22077e5c494a90c66329b5fb9
          oci  sha256:7e887edb52b723997076a9f5a72bef4473227a303cbc2cf5118e7be261f41c13
    "#]]
    .assert_eq(&text(&report, build));
}

#[test]
fn a_tag_shows_what_follows_from_it() {
    let line = TagLine {
        chart: "x".to_owned(),
        tag: "x-v0.2.0".to_owned(),
        outcome: Outcome::Created,
        commit: Some(oid('a')),
        object: Some(oid('b')),
        promote: Some("promote/x-v0.2.0".to_owned()),
        pull: Some(PullText { title: "release: x-v0.2.0".to_owned(), body: "## x\n\n- probe\n".to_owned() }),
        open: None,
        backport: Some(oid('c')),
        why: None,
        exit: Exit::Done,
        plan: plan(),
    };
    let refused = TagLine {
        tag: "y-v1.0.0".to_owned(),
        outcome: Outcome::Refused,
        commit: None,
        object: None,
        promote: None,
        pull: None,
        backport: None,
        why: Some("the content of charts/y on main was attested by nobody".to_owned()),
        exit: Exit::Negative,
        ..line.clone()
    };
    let report = TagReport { tags: vec![line, refused] };
    assert_eq!(report.exit(), Exit::Negative);
    expect![[r#"
        x-v0.2.0  created  at aaaaaaaaaaaa, tag object bbbbbbbbbbbb
          promoted from promote/x-v0.2.0
          pull request: release: x-v0.2.0
            | ## x
            |
            | - probe
          ported back to integration as cccccccccccc
        y-v1.0.0  refused
          the content of charts/y on main was attested by nobody
    "#]]
    .assert_eq(&text(&report, tag));
    let none = TagReport { tags: Vec::new() };
    assert_eq!(
        text(&none, tag),
        "nothing to tag: every chart on main is released as it is, or waits for its first contribution\n"
    );
}

#[test]
fn a_publication_says_where_it_went() {
    let report = PublishReport {
        tag: "x-v0.2.0".to_owned(),
        chart: "x".to_owned(),
        chart_version: "0.2.0".to_owned(),
        oci: Some("oci://localhost:5000/charts/x@sha256:12".to_owned()),
        assets: Some("assets/x-v0.2.0".into()),
        release: Some("https://github.com/octo/charts/releases/tag/x-v0.2.0".to_owned()),
        index: None,
        outcome: Outcome::Created,
        plan: plan(),
    };
    expect![[r#"
        x-v0.2.0  created  chart x 0.2.0
          oci://localhost:5000/charts/x@sha256:12
          assets/x-v0.2.0
          https://github.com/octo/charts/releases/tag/x-v0.2.0
    "#]]
    .assert_eq(&text(&report, publish));
    expect![[r#"
          already  fetch origin
          needed   push chart/x at 1234abcd
        x-v0.2.0  would be created  chart x 0.2.0
          oci://localhost:5000/charts/x@sha256:12
          assets/x-v0.2.0
          https://github.com/octo/charts/releases/tag/x-v0.2.0
    "#]]
    .assert_eq(&with(Look { dry_run: true, ..Look::default() }, &report, publish));
    let nowhere = PublishReport { oci: None, assets: None, release: None, plan: Plan::default(), ..report };
    assert!(text(&nowhere, publish).contains("nothing is configured under [publish] in lineage.toml"));
}

#[test]
fn an_import_says_what_was_recorded() {
    let line = ImportLine {
        chart: "x".to_owned(),
        name: "w1-lint".to_owned(),
        id: "123456".to_owned(),
        on: oid('a'),
        outcome: Outcome::Created,
    };
    let refused = RefusedBundle {
        from: "b.jsonl, bundle 2".to_owned(),
        why: "the bundle cannot be read".to_owned(),
        causes: vec!["the bundle is not readable: EOF".to_owned()],
        hint: Some("import a whole bundle".to_owned()),
        exit: Exit::Negative,
    };
    let report = ImportReport { recorded: vec![line], refused: vec![refused] };
    expect![[r#"
        x  created  w1-lint (123456) on aaaaaaaaaaaa
        b.jsonl, bundle 2  refused
          the bundle cannot be read
          the bundle is not readable: EOF
          hint: import a whole bundle
    "#]]
    .assert_eq(&text(&report, import));
    assert_eq!(report.exit(), Exit::Negative);
    assert_eq!(ImportReport { refused: Vec::new(), ..report.clone() }.exit(), Exit::Done);
    assert_eq!(ImportReport { recorded: Vec::new(), refused: Vec::new() }.exit(), Exit::Negative);
}
