//! Documents of small packages, whole, and what counts as an image.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::helm;
use crate::model::ChartFile;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn epoch() -> Timestamp {
    Timestamp::from_seconds(1_700_000_000)
}

fn file(path: &str, bytes: &str) -> ChartFile {
    ChartFile { path: path.to_owned(), bytes: bytes.as_bytes().to_vec() }
}

fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let files = files.iter().map(|(path, bytes)| file(path, bytes)).collect();
    helm::package("charts/web", files, epoch()).expect("a chart").tgz
}

/// The document with its components and edges, indented; digests of the package are the compressor's to choose.
fn shown(tgz: &[u8], dependencies: &[Dependency]) -> String {
    let json = sbom(tgz, dependencies, epoch()).expect("a package");
    let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let text = serde_json::to_string_pretty(&value).expect("JSON");
    let number = value["serialNumber"].as_str().expect("a number");
    text.replace(number, "[number]").replace(&Sha256::of(tgz).to_string(), "[tgz]")
}

fn check(images: &[&str], expected: Expect) {
    let values: String = images.iter().map(|line| format!("{line}\n")).collect();
    let tgz = package(&[("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"), ("values.yaml", &values)]);
    let json = sbom(&tgz, &[], epoch()).expect("a package");
    let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let line = |component: &serde_json::Value| {
        let said = |key: &str| component[key].as_str().unwrap_or("-").to_owned();
        let places = component["properties"].as_array().expect("places").iter();
        let places: Vec<&str> = places.filter_map(|place| place["value"].as_str()).collect();
        format!("{} {} {}\n  {}\n", said("bom-ref"), said("version"), said("purl"), places.join(" "))
    };
    expected.assert_eq(&value["components"].as_array().expect("components").iter().map(line).collect::<String>());
}

#[test]
fn a_chart_with_all_there_is() {
    let chart_yaml = "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: '7'\ndescription: A web.\n\
        home: https://example.org/web\nsources: [https://example.org/src, not an address]\n\
        annotations:\n  artifacthub.io/license: Apache-2.0\n  artifacthub.io/images: |\n    \
        - name: web\n      image: registry.example/example/web:7\n";
    let tgz = package(&[
        ("Chart.yaml", chart_yaml),
        ("values.yaml", "image: {repository: example/web, registry: registry.example, tag: 7}\n"),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0+a\n"),
        ("charts/sub/values.yaml", "proxyImage: nginx:1.27\n"),
    ]);
    let outside = Dependency {
        name: "sub".to_owned(),
        version: "0.1.0+a".to_owned(),
        repository: "https://charts.example.org/a b".to_owned(),
        sha256: Sha256::of("sub"),
    };
    expect![[r#"
        {
          "bomFormat": "CycloneDX",
          "components": [
            {
              "bom-ref": "chart/sub",
              "hashes": [
                {
                  "alg": "SHA-256",
                  "content": "ddc6e2b224d0fd821669202258386936fc9ce2899e215eec6322b95f8dd96d6a"
                }
              ],
              "name": "sub",
              "purl": "pkg:helm/sub@0.1.0%2Ba?repository_url=https://charts.example.org/a%20b",
              "type": "application",
              "version": "0.1.0+a"
            },
            {
              "bom-ref": "image:nginx:1.27",
              "name": "nginx",
              "properties": [
                {
                  "name": "git-lineage:found-in",
                  "value": "charts/sub/values.yaml#proxyImage"
                }
              ],
              "purl": "pkg:oci/nginx?repository_url=nginx&tag=1.27",
              "type": "container",
              "version": "1.27"
            },
            {
              "bom-ref": "image:registry.example/example/web:7",
              "name": "registry.example/example/web",
              "properties": [
                {
                  "name": "git-lineage:found-in",
                  "value": "Chart.yaml#annotations.artifacthub.io/images"
                },
                {
                  "name": "git-lineage:found-in",
                  "value": "values.yaml#image"
                }
              ],
              "purl": "pkg:oci/web?repository_url=registry.example/example/web&tag=7",
              "type": "container",
              "version": "7"
            }
          ],
          "dependencies": [
            {
              "dependsOn": [
                "chart/sub",
                "image:registry.example/example/web:7"
              ],
              "ref": "chart"
            },
            {
              "dependsOn": [
                "image:nginx:1.27"
              ],
              "ref": "chart/sub"
            },
            {
              "ref": "image:nginx:1.27"
            },
            {
              "ref": "image:registry.example/example/web:7"
            }
          ],
          "metadata": {
            "component": {
              "bom-ref": "chart",
              "description": "A web.",
              "externalReferences": [
                {
                  "type": "website",
                  "url": "https://example.org/web"
                },
                {
                  "type": "vcs",
                  "url": "https://example.org/src"
                }
              ],
              "hashes": [
                {
                  "alg": "SHA-256",
                  "content": "[tgz]"
                }
              ],
              "licenses": [
                {
                  "license": {
                    "name": "Apache-2.0"
                  }
                }
              ],
              "name": "web",
              "properties": [
                {
                  "name": "git-lineage:app-version",
                  "value": "7"
                }
              ],
              "purl": "pkg:helm/web@1.2.3",
              "type": "application",
              "version": "1.2.3"
            },
            "timestamp": "2023-11-14T22:13:20Z",
            "tools": {
              "components": [
                {
                  "bom-ref": "git-lineage",
                  "name": "git-lineage",
                  "type": "application"
                }
              ]
            }
          },
          "serialNumber": "[number]",
          "specVersion": "1.6",
          "version": 1
        }"#]]
    .assert_eq(&shown(&tgz, &[outside]));
}

#[test]
fn images_as_charts_write_them() {
    check(
        &[
            "a: {image: 'localhost:5000/x/y:1.0'}",
            &format!("b: {{image: 'x/y@{DIGEST}'}}"),
            "c: {image: {repository: x/z, tag: ''}}",
            &format!("d: {{image: {{registry: mirror.example, repository: x/z, digest: '{DIGEST}', tag: v1}}}}"),
            &format!("e: {{image: {{repository: x/z, sha: {}}}}}", &DIGEST[7..]),
            "f: [{image: {repository: q, tag: 1.10}}, {image: x/y}]",
            "g: {image: 'localhost:5000/x/y:1.0'}",
        ],
        expect![[r#"
            image:localhost:5000/x/y:1.0 1.0 pkg:oci/y?repository_url=localhost:5000/x/y&tag=1.0
              values.yaml#a.image values.yaml#g.image
            image:mirror.example/x/z:v1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef pkg:oci/z@sha256%3A0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef?repository_url=mirror.example/x/z&tag=v1
              values.yaml#d.image
            image:q:1.1 1.1 pkg:oci/q?repository_url=q&tag=1.1
              values.yaml#f[0].image
            image:x/y - pkg:oci/y?repository_url=x/y
              values.yaml#f[1].image
            image:x/y@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef pkg:oci/y@sha256%3A0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef?repository_url=x/y
              values.yaml#b.image
            image:x/z - pkg:oci/z?repository_url=x/z
              values.yaml#c.image
            image:x/z@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef pkg:oci/z@sha256%3A0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef?repository_url=x/z
              values.yaml#e.image
        "#]],
    );
}

#[test]
fn what_is_no_image_is_left_out() {
    check(
        &[
            "a: {image: ''}",
            "b: {image: '{{ .Values.x }}'}",
            "c: {image: 'https://example.org/logo.png'}",
            "d: {repository: https://charts.example.org, tag: x}",
            "e: {repository: x/y}",
            "f: {image: 'x/y@sha256:12'}",
            "g: {image: true, tag: x}",
            "h: {image: 'x y'}",
            "i: {repository: x/y, tag: 'a b'}",
            "j: {image: 'x:y:z'}",
        ],
        expect![[""]],
    );
}

#[test]
fn the_number_is_the_content_s() {
    let number = |tgz: &[u8], epoch: Timestamp| {
        let json = sbom(tgz, &[], epoch).expect("a package");
        let value: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        (value["serialNumber"].as_str().expect("a number").to_owned(), json)
    };
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\n";
    let one = package(&[("Chart.yaml", chart)]);
    let other = package(&[("Chart.yaml", chart), ("README.md", "x")]);
    assert_eq!(number(&one, epoch()), number(&one, epoch()));
    assert_ne!(number(&one, epoch()).0, number(&other, epoch()).0);
    assert_ne!(number(&one, epoch()).0, number(&one, Timestamp::from_seconds(0)).0);
    let number = number(&one, epoch()).0;
    assert_eq!(number.as_bytes().get("urn:uuid:01234567-0123-".len()), Some(&b'8'), "{number}: version 8");
}

#[test]
fn no_two_components_have_one_reference() {
    let named = |name: &str| {
        let mut chart = Chart::default();
        name.clone_into(&mut chart.chartfile.name);
        chart
    };
    let mut root = named("web");
    root.values = Some(b"image: chart\n".to_vec());
    // One chart twice, as packages below `charts/`, and an image with the name the root goes by.
    root.subcharts = vec![named("chart"), named("chart")];
    let mut content = Content::default();
    drop(content.chart(&root, ROOT.to_owned(), ""));
    let of: Vec<&str> = content.edges.keys().map(String::as_str).collect();
    assert_eq!(of, ["chart", "chart/chart", "chart/chart@#1"]);
    let on: Vec<&str> = content.edges[ROOT].iter().map(String::as_str).collect();
    assert_eq!(on, ["chart/chart", "chart/chart@#1", "image:chart"]);
}

#[test]
fn no_package_no_document() {
    assert!(sbom(b"no package", &[], epoch()).is_err());
}

proptest! {
    #[test]
    fn no_text_panics_and_an_image_reads_back(text in "[a-z0-9A-Z._/:@ -]{0,80}") {
        if let Some(image) = Image::parse(&text) {
            prop_assert_eq!(image.reference(), format!("image:{text}"));
            prop_assert!(!image.purl().contains(' '));
        }
    }
}
