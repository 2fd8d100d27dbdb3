//! What `Chart.yaml` may say, and the sentences where it may not.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use expect_test::expect;
use proptest::prelude::*;

use super::*;

const CHART: &str = "\
apiVersion: v2
name: web # the name
version: \"1.2.3\"
appVersion: 1.10
description: Serves
annotations:
  a: yes
  b: 2
dependencies:
- name: redis
  version: 1.x
  repository: https://charts.example
";

fn refusal(chart_yaml: &str) -> String {
    match Metadata::parse("charts/web/Chart.yaml", chart_yaml.as_bytes()) {
        Ok(metadata) => panic!("{chart_yaml} is accepted: {metadata:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_fields_are_read_as_helm_reads_them() {
    let metadata = Metadata::parse("Chart.yaml", format!("\u{feff}{CHART}").as_bytes());
    let dependency = Dependency {
        name: "redis".to_owned(),
        version: "1.x".to_owned(),
        repository: "https://charts.example".to_owned(),
    };
    assert_eq!(
        metadata,
        Ok(Metadata {
            name: "web".to_owned(),
            version: "1.2.3".to_owned(),
            app_version: Some("1.1".to_owned()),
            api_version: "v2".to_owned(),
            description: Some("Serves".to_owned()),
            deprecated: false,
            dependencies: vec![dependency],
            annotations: [("a", "true"), ("b", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        })
    );
}

#[test]
fn pre_releases_and_builds_are_versions() {
    for version in ["1.2.3-rc.1", "1.2.3+b5", "0.0.0"] {
        let read = Metadata::parse("Chart.yaml", format!("name: x\nversion: {version}").as_bytes());
        assert_eq!(
            read.map(|metadata| (metadata.version, metadata.api_version)),
            Ok((version.into(), "v1".into()))
        );
    }
}

#[test]
fn unusable_versions_are_refused_with_the_way_out() {
    let refusals = ["1.10", "\"1.10\"", "v1.2.3", "01.2.3", "1.2.3junk", "2", "", "1.2.3 - x", "yes", "[1]"]
        .map(|version| refusal(&format!("apiVersion: v2\nname: web\nversion: {version} # x\n")));
    expect![[r#"
        charts/web/Chart.yaml: the version `1.10` is a number to YAML: write MAJOR.MINOR.PATCH, and quote it
        charts/web/Chart.yaml: the version `1.10` is not SemVer (MAJOR.MINOR.PATCH): unexpected end of input while parsing minor version number
        charts/web/Chart.yaml: the version `v1.2.3` is not SemVer (MAJOR.MINOR.PATCH): unexpected character 'v' while parsing major version number; write `1.2.3`
        charts/web/Chart.yaml: the version `01.2.3` is not SemVer (MAJOR.MINOR.PATCH): invalid leading zero in major version number
        charts/web/Chart.yaml: the version `1.2.3junk` is not SemVer (MAJOR.MINOR.PATCH): unexpected character 'j' after patch version number
        charts/web/Chart.yaml: the version `2` is a number to YAML: write MAJOR.MINOR.PATCH, and quote it
        charts/web/Chart.yaml: `version` is missing
        charts/web/Chart.yaml: the version `1.2.3 - x` is not SemVer (MAJOR.MINOR.PATCH): unexpected character ' ' after patch version number
        charts/web/Chart.yaml: the version `yes` is a boolean to YAML: write MAJOR.MINOR.PATCH, and quote it
        charts/web/Chart.yaml: `version` is a list where Helm reads a text"#]]
    .assert_eq(&refusals.join("\n"));
}

#[test]
fn names_that_cannot_be_refs_or_files_are_refused() {
    let long = "n".repeat(300);
    for name in [
        "",
        ".web",
        "web.LOCK",
        "-web",
        "web.",
        "a..b",
        "web.lock",
        "a/b",
        "..",
        "'a b'",
        "\"a\\nb\"",
        "wéb",
        "a~b",
        "a:b",
        "a@{b",
        long.as_str(),
    ] {
        let sentence = refusal(&format!("name: {name}\nversion: 1.0.0\n"));
        assert!(sentence.contains("name"), "{name}: {sentence}");
        assert!(sentence.len() < 200, "{sentence}");
    }
    let longest = "n".repeat(250);
    assert!(Metadata::parse("f", format!("name: {longest}\nversion: '1.0.0'").as_bytes()).is_err());
    assert!(Metadata::parse("f", format!("name: {}\nversion: '1.0.0'", &longest[..240]).as_bytes()).is_ok());
}

#[test]
fn what_helm_refuses_is_refused() {
    for (addition, says) in [
        ("apiVersion: v3", "neither v1 nor v2"),
        ("type: lib", "neither application nor library"),
        ("deprecated: 'true'", "true or false"),
        ("keywords: x", "a list"),
        ("annotations: {a: [1]}", "a text"),
        ("maintainers: [~]", "empty entry"),
        ("dependencies: [{name: a}, {name: a}]", "two dependencies"),
        ("dependencies: [{name: a, alias: 'x y'}]", "alias"),
        ("x: [.nan]", "number"),
        ("x: [", "not valid YAML"),
    ] {
        let sentence = refusal(&format!("name: web\nversion: 1.0.0\n{addition}\n"));
        assert!(
            sentence.starts_with("charts/web/Chart.yaml") && sentence.contains(says),
            "{addition}: {sentence}"
        );
    }
    assert!(refusal("- a\n").contains("a list instead of a mapping"));
    assert!(refusal("").contains("`name` is missing"));
}

proptest! {
    #[test]
    fn no_input_panics(chart_yaml in "(name|version|type|annotations|dependencies)?: ?[-a-z0-9.{}\\[\\]'\"\n:&*|]{0,60}") {
        let _ = Metadata::parse("Chart.yaml", chart_yaml.as_bytes());
    }

    #[test]
    fn an_accepted_name_is_a_ref(name in "[-._a-zA-Z0-9/ ~^:?*\\[@{]{1,12}") {
        let quoted = serde_json::to_string(&name).unwrap_or_default();
        if let Ok(metadata) = Metadata::parse("f", format!("name: {quoted}\nversion: 1.0.0\n").as_bytes()) {
            prop_assert_eq!(&metadata.name, &name);
            let forbidden = [' ', '~', '^', ':', '?', '*', '[', '@', '{', '/', '\\'];
            prop_assert!(!name.contains(forbidden) && !name.contains("..") && !name.to_ascii_lowercase().ends_with(".lock"));
        }
    }
}
