//! `CycloneDX`' own library checks our documents against its schema.

use std::process::{Command, Stdio};

use git_lineage::helm;
use git_lineage::model::{ChartFile, Dependency, Sha256, Timestamp};

use super::peer;

/// Reads a document and says what is wrong with it, nothing where it is sound: the schema first, then whether the
/// library's own model takes it, which wants every reference to lead somewhere.
const CHECK: &str = r"
import json, sys
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = sys.stdin.read()
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
if error:
    sys.exit(str(error)[:2000])
bom = Bom.from_json(json.loads(text))
bom.validate()
print(len(bom.components), bom.serial_number.version)
";

fn python() -> Option<Command> {
    let command = || Command::new(super::helm::python());
    let probe = ["-c", "import cyclonedx.validation.json, jsonschema"];
    let install = "pip install 'cyclonedx-python-lib[json-validation]==11.12.0'";
    peer("cyclonedx-python-lib", command().args(probe), install).then(command)
}

fn checked(document: &[u8]) -> Result<String, String> {
    let mut child = python()
        .expect("it was there a moment ago")
        .args(["-c", CHECK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), document).expect("Python reads");
    let output = child.wait_with_output().expect("Python ends");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn package(files: &[(&str, &str)]) -> Vec<u8> {
    let file =
        |(path, bytes): &(&str, &str)| ChartFile { path: (*path).to_owned(), bytes: bytes.as_bytes().to_vec() };
    let epoch = Timestamp::from_seconds(1_763_700_000);
    helm::package("charts/web", files.iter().map(file).collect(), epoch).expect("a chart").tgz
}

#[test]
fn cyclonedx_accepts_the_document_of_a_package() {
    if python().is_none() {
        return;
    }
    let epoch = Timestamp::from_seconds(1_763_700_000);
    let plain = package(&[("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")]);
    let full = package(&[
        (
            "Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.2.3-rc.1+b\nappVersion: '7'\ndescription: \"Ä <web>\"\n\
             home: https://example.org/a?b=c#d\nsources: ['https://example.org/[x]', 'http://example.org']\n\
             annotations:\n  artifacthub.io/license: none of SPDX's\n  artifacthub.io/images: |\n    \
             - image: registry.example/web:7\n",
        ),
        (
            "values.yaml",
            "image: {repository: example/web, tag: v7}\nother:\n  image: registry.example:5000/a/b:1\n",
        ),
        ("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
        ("charts/sub/values.yaml", "image: {repository: nginx, tag: 1.27}\n"),
        ("charts/sub/charts/leaf/Chart.yaml", "apiVersion: v2\nname: leaf\nversion: 0.0.1\n"),
    ]);
    let outside = Dependency {
        name: "sub".to_owned(),
        version: "0.1.0".to_owned(),
        repository: "oci://registry.example/charts".to_owned(),
        sha256: Sha256::of("sub"),
    };
    let document = |tgz: &[u8]| helm::sbom(tgz, std::slice::from_ref(&outside), epoch).expect("a package");
    assert_eq!(checked(&document(&plain)).as_deref(), Ok("0 8"));
    assert_eq!(checked(&document(&full)).as_deref(), Ok("6 8"));
    // It would not take anything.
    let false_type = String::from_utf8(document(&full)).expect("JSON").replace("\"container\"", "\"image\"");
    assert!(checked(false_type.as_bytes()).is_err());
}
