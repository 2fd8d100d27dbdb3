//! What Artifact Hub is told, and what it would not read.

use super::*;

#[test]
fn changes_go_into_the_annotations_and_nothing_else_changes() {
    let changes = Annotation::changes("- kind: added\n  description: \"a: b\"\n".to_owned());
    let set = |text: &str| set_annotation("Chart.yaml", text.as_bytes(), &changes);
    for text in ["name: x\n", "annotations:\n    a: b\nname: x\n", "annotations: # c\n  a: |\n    x\nname: x"] {
        let bytes = set(text).expect("it takes them");
        assert_eq!(set(&String::from_utf8_lossy(&bytes)), Ok(bytes), "again is the same");
    }
    for text in [
        "annotations: {a: b}\n",
        "name: x\n...\n",
        "? annotations\n: a: b\n",
        "a: [\n",
        "- a\n",
        "annotations: &x\n  a: b\nb: *x\n",
    ] {
        assert!(set(text).is_err(), "{text}");
    }
}

#[test]
fn a_repository_says_who_it_is() {
    for (text, good) in [
        ("repositoryID: 1f0c\nowners:\n- name: A\n  email: a@example.org\n", true),
        ("owners:\n  - email: a@example.org\nignore:\n  - name: x\n    version: beta\n", true),
        ("repositoryId: 1f0c\n", false),
        ("owners: a@example.org\n", false),
        ("owners:\n- name: A\n", false),
        ("repositoryID: [1]\n", false),
        ("- a\n", false),
        ("repositoryID: a\nrepositoryID: b\n", false),
        ("", false),
        ("a: [", false),
    ] {
        assert_eq!(check_repository("artifacthub-repo.yml", text.as_bytes()).is_ok(), good, "{text}");
    }
}

/// What is said of a chart with one annotation.
fn linted(key: &str, text: &str) -> Vec<String> {
    let lines: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let yaml = format!("apiVersion: v2\nname: x\nversion: 1.0.0\nannotations:\n  {key}: |-\n{lines}");
    lint_annotations("charts/x", &[ChartFile { path: "Chart.yaml".to_owned(), bytes: yaml.into_bytes() }])
}

#[test]
fn annotations_are_read_as_artifact_hub_reads_them() {
    for (key, text, said) in [
        (
            "images",
            "- name: a\n  image: ghcr.io/acme/a:1.0.0\n  whitelisted: true\n  platforms: [linux/arm64]\n",
            "",
        ),
        (
            "images",
            "- image: acme/a@sha256:0000000000000000000000000000000000000000000000000000000000000000\n",
            "",
        ),
        ("images", "[]", ""),
        ("images", "image: acme/a\n", "it is a mapping instead of a list"),
        ("images", "- acme/a\n", "entry 1 is a text instead of a mapping"),
        ("images", "- image: acme/a\n- name: b\n", "entry 2 has no `image`"),
        ("images", "- image: 'acme/a b'\n", "entry 1 has the image `acme/a b`, which is no reference"),
        ("images", "- image: acme/a\n  whitelisted: 'yes'\n", "entry 1 has a text as `whitelisted`"),
        ("images", "- image: [\n", "it is not valid YAML"),
        ("changes", "- one\n- kind: Fixed\n  description: two\n", ""),
        ("changes", "- kind: fix\n  description: two\n", "entry 1 is of a kind that is none of added"),
        ("changes", "- kind: fixed\n", "entry 1 has no `description`"),
        ("prerelease", "true", ""),
        ("prerelease", "yes", "`yes` is neither"),
        ("containsSecurityUpdates", "", "`` is neither"),
        ("operator", "F", ""),
        ("signKey", "fingerprint: AB\nurl: https://example.org/key.asc\n", ""),
        ("signKey", "fingerprint: AB\n", "it has no `url`"),
        ("license", "[", ""),
    ] {
        let findings = linted(&format!("artifacthub.io/{key}"), text);
        let expected = format!("charts/x/Chart.yaml: `artifacthub.io/{key}`: ");
        match findings.as_slice() {
            [] => assert!(said.is_empty(), "{key}: {text}"),
            [one] => {
                assert!(!said.is_empty() && one.starts_with(&expected) && one.contains(said), "{text}: {one}");
            }
            more => panic!("{text}: {more:?}"),
        }
    }
    assert!(linted("example.org/images", "nothing").is_empty());
}

#[test]
fn what_a_release_says_goes_into_the_annotations() {
    let flag = Annotation { key: link::PRERELEASE, value: Value::Flag(true), implied: false };
    let key = Annotation { key: link::SIGN_KEY, value: Value::Block("url: \"u\"\n".to_owned()), implied: false };
    let bytes = set_annotation("Chart.yaml", b"name: x\n", &key).expect("it takes it");
    let bytes = set_annotation("Chart.yaml", &bytes, &flag).expect("it takes it");
    let text = String::from_utf8(bytes.clone()).expect("text");
    assert_eq!(
        text,
        "name: x\nannotations:\n  artifacthub.io/prerelease: \"true\"\n  artifacthub.io/signKey: |\n    url: \"u\"\n"
    );
    assert_eq!(set_annotation("Chart.yaml", &bytes, &flag), Ok(bytes));
    // A second one under the same name, spelled otherwise, would be the one that YAML readers take.
    let twice = "annotations:\n  \"artifacthub.io\\u002fprerelease\": \"false\"\n";
    assert!(set_annotation("Chart.yaml", twice.as_bytes(), &flag).is_err());
}
