//! The annotation: written as the brief has it, read from its one block alone.

use expect_test::expect;
use proptest::prelude::*;

use super::*;

fn payload() -> Payload {
    let named = |id: &str| Named { id: id.to_owned(), bundle: Sha256::of(id) };
    Payload {
        version: 1,
        repository: "1f0c9a5e-2f6b-4f6e-9d0a-0a9d3f2b7c11".to_owned(),
        chart: "web".to_owned(),
        directory: "charts/web".to_owned(),
        chart_version: "1.2.3".to_owned(),
        commit: Oid::parse(&"c".repeat(40)).unwrap(),
        tree: Oid::parse(&"d".repeat(40)).unwrap(),
        content: Sha256::of("content"),
        attestations: BTreeMap::from([
            ("w1-lint".to_owned(), named("11")),
            ("w1-overall".to_owned(), named("12")),
            ("w5-semver-bump".to_owned(), named("53")),
            ("w5-overall".to_owned(), named("54")),
        ]),
        source_commits: vec![Oid::parse(&"e".repeat(40)).unwrap()],
        pull_request: Some(7),
        predicted: Predicted { tar: Sha256::of("tar"), tgz: Sha256::of("tgz"), oci: Sha256::of("oci") },
        package_format: 1,
        compressor: "flate2/1".to_owned(),
        previous: None,
        dependencies: Vec::new(),
        rehearsal: false,
    }
}

const SECTION: &str = "## [1.2.3] - 2026-11-21\n\n### Added\n\n- add a port";

fn annotation() -> String {
    payload().annotation(SECTION).unwrap()
}

#[test]
fn the_annotation_opens_as_the_brief_has_it() {
    let text = annotation();
    let human = text.split(BEGIN).next().unwrap();
    expect![[r"
        Release: web v1.2.3

        Attestation Lineage:
        - Workflow 1: 12
        - Workflow 5: 54
        - workflow-1-overall: 12
        - workflow-5-semver: 53
        - workflow-5-overall: 54

        Commit: cccccccccccccccccccccccccccccccccccccccc
        Source PR: #7

        Changelog:
        ## [1.2.3] - 2026-11-21

        ### Added

        - add a port

    "]]
    .assert_eq(human);
    assert_eq!(text, format!("{human}{BEGIN}\n{}\n{END}\n", payload().line()));
}

#[test]
fn what_is_not_known_is_left_out() {
    let mut payload = payload();
    payload.pull_request = None;
    payload.attestations.remove("w1-overall");
    let text = payload.annotation("").unwrap();
    assert!(!text.contains("Source PR") && !text.contains("Workflow 1") && !text.contains("workflow-1"));
    assert!(text.contains("- Workflow 5: 54\n"));
    assert!(!payload.line().contains("rehearsal"));
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(Payload::parse(&annotation()), Ok((payload(), Sha256::of(payload().line()))));
}

#[test]
fn a_signature_behind_the_block_is_allowed_and_nothing_else() {
    for kind in ["PGP SIGNATURE", "SSH SIGNATURE", "SIGNED MESSAGE"] {
        let signed = format!("{}-----BEGIN {kind}-----\n\nabc\n-----END {kind}-----\n", annotation());
        assert_eq!(Payload::parse(&signed).unwrap().0, payload(), "{kind}");
    }
    for tail in [
        "more\n",
        "\n",
        " ",
        "-----BEGIN PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\nabc\n-----END PGP SIGNATURE-----\nmore\n",
    ] {
        let error = Payload::parse(&format!("{}{tail}", annotation())).unwrap_err();
        assert!(matches!(error, PayloadError::Delimiters(_)), "{tail:?}: {error}");
    }
}

#[test]
fn exactly_one_block_is_read() {
    assert_eq!(Payload::parse("Release: web v1.2.3\n"), Err(PayloadError::Missing));
    let line = payload().line();
    for (text, what) in [
        (format!("{BEGIN}\n{line}\n{END}\n{BEGIN}\n{line}\n{END}\n"), "more than one block"),
        (format!("- {END}\n{BEGIN}\n{line}\n{END}\n"), "more than one block"),
        (format!("{BEGIN}\n{line}\n"), "a beginning without an end"),
        (format!("{line}\n{END}\n"), "an end without a beginning"),
        (format!("{END}\n{line}\n{BEGIN}\n"), "delimiters out of order"),
        (format!("{BEGIN}\n{END}\n"), "delimiters out of order"),
        (format!("x\ny\n{BEGIN}\n{END}\n"), "not exactly one line between the delimiters"),
        (format!("{BEGIN}\n{line}\n\n{END}\n"), "not exactly one line between the delimiters"),
        (format!("{BEGIN} \n{line}\n{END}\n"), "a delimiter that does not stand on a line of its own"),
        (format!("{BEGIN}\n{line}\n{END}\r\n"), "a delimiter that does not stand on a line of its own"),
    ] {
        assert_eq!(Payload::parse(&text), Err(PayloadError::Delimiters(what.to_owned())), "{text}");
    }
}

#[test]
fn x9_no_line_of_the_changelog_is_read() {
    let section = format!("{SECTION}\n- evil: 999\n- workflow-1-overall: 999");
    let text = payload().annotation(&section).unwrap();
    assert_eq!(Payload::parse(&text).unwrap().0, payload());
}

#[test]
fn a_changelog_cannot_bring_a_block_or_a_signature() {
    for line in [BEGIN, END, "- see -----BEGIN LINEAGE----- blocks", "-----BEGIN PGP SIGNATURE-----"] {
        let error = payload().annotation(&format!("{SECTION}\n{line}\n")).unwrap_err();
        assert!(matches!(error, PayloadError::Delimiters(_)), "{line}");
    }
    let mut payload = payload();
    payload.chart = format!("x\n{BEGIN}");
    assert!(payload.annotation(SECTION).is_err());
}

/// The annotation with its line changed.
fn with(change: impl Fn(&str) -> String) -> Result<(Payload, Sha256), PayloadError> {
    Payload::parse(&format!("{BEGIN}\n{}\n{END}\n", change(&payload().line())))
}

#[test]
fn the_line_has_one_spelling() {
    let spaced = with(|line| line.replacen(':', ": ", 1));
    assert_eq!(spaced, Err(PayloadError::Malformed("it is not in RFC 8785 form".to_owned())));
    let twice = with(|line| line.replacen("\"chart\":", "\"chart\":\"x\",\"chart\":", 1)).unwrap_err();
    assert!(twice.to_string().contains("the key `chart` occurs twice"), "{twice}");
    let carriage = with(|line| format!("{line}\r"));
    assert!(matches!(carriage, Err(PayloadError::Malformed(_))), "{carriage:?}");
}

#[test]
fn a_newer_payload_is_not_guessed_at_and_a_later_field_is_read_past() {
    assert_eq!(with(|_| r#"{"version":2}"#.to_owned()), Err(PayloadError::Newer(2)));
    for version in ["0", "\"1\"", "-1", "null", "1.5"] {
        let read = with(|_| format!(r#"{{"version":{version}}}"#));
        assert!(matches!(read, Err(PayloadError::Malformed(_))), "{version}: {read:?}");
    }
    let (read, digest) = with(|line| line.replace("\"version\":1}", "\"version\":1,\"zeal\":[1]}")).unwrap();
    assert_eq!(read, payload());
    assert_ne!(digest, Sha256::of(payload().line()));
}

proptest! {
    #[test]
    fn any_changelog_is_refused_or_harmless(section in "(-----(BEGIN|END) (LINEAGE|PGP SIGNATURE)-----|[a-z#\\-\\n\\r ]){0,12}") {
        if let Ok(text) = payload().annotation(&section) {
            prop_assert_eq!(Payload::parse(&text).unwrap().0, payload());
        }
    }

    #[test]
    fn any_annotation_is_read_or_refused(text in "(-----(BEGIN|END) LINEAGE-----|\\n|\\{\\}|[a-z\"]){0,12}") {
        prop_assert!(Payload::parse(&text).is_err());
    }
}
