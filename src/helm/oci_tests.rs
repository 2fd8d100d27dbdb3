//! The OCI bytes; each expectation was compared with what Helm 4.3.0 pushed for the same package.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use expect_test::expect;

use super::*;
use crate::helm::chart;

fn chartfile(chart_yaml: &str) -> Chartfile {
    let mut chartfile = Chartfile::default();
    chart::overlay(&mut chartfile, "Chart.yaml", chart_yaml.as_bytes()).expect("the chart is fine");
    chartfile.validate().expect("the chart is fine");
    chartfile
}

#[test]
fn config_and_manifest_are_helms() {
    let chartfile = chartfile(
        "apiVersion: v2\nname: web\nversion: 1.2.3+b5\ndescription: a <b> & c\nhome: https://web.example\n\
         kubeVersion: '>=1.30'\nsources: [https://git.example/web, https://other.example]\n\
         maintainers: [{name: Ann, email: a@x.example}, {name: Bob}]\n\
         annotations:\n  org.opencontainers.image.title: mine\n  org.opencontainers.image.url: https://own.example\n  x: '1'\n\
         dependencies: [{name: redis, version: 1.x, repository: '', import-values: [{b: 1, a: 2.5}]}]\n",
    );
    let config = config(&chartfile).expect("JSON");
    expect![[r#"{"name":"web","home":"https://web.example","sources":["https://git.example/web","https://other.example"],"version":"1.2.3+b5","description":"a \u003cb\u003e \u0026 c","maintainers":[{"name":"Ann","email":"a@x.example"},{"name":"Bob"}],"apiVersion":"v2","annotations":{"org.opencontainers.image.title":"mine","org.opencontainers.image.url":"https://own.example","x":"1"},"kubeVersion":"\u003e=1.30","dependencies":[{"name":"redis","version":"1.x","repository":"","import-values":[{"a":2.5,"b":1}]}]}"#]]
    .assert_eq(&String::from_utf8_lossy(&config));

    let manifest =
        manifest(&chartfile, &config, (Sha256::of(b"package"), 7), Timestamp::from_seconds(1_700_000_000))
            .expect("JSON");
    expect![[r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:aaac305e06eb3a2695206bbf2abd7fef8c0098495fd196461faefcb009cefca3","size":498},"layers":[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":"sha256:bc4a71180870f7945155fbb02f4b0a2e3faa2a62d6d31b7039013055ed19869a","size":7}],"annotations":{"org.opencontainers.image.authors":"Ann (a@x.example), Bob","org.opencontainers.image.created":"2023-11-14T22:13:20Z","org.opencontainers.image.description":"a \u003cb\u003e \u0026 c","org.opencontainers.image.source":"https://git.example/web","org.opencontainers.image.title":"web","org.opencontainers.image.url":"https://own.example","org.opencontainers.image.version":"1.2.3+b5","x":"1"}}"#]]
    .assert_eq(&String::from_utf8_lossy(&manifest));
}

#[test]
fn empty_fields_give_no_annotation() {
    let chartfile = chartfile("name: x\nversion: 1.0.0\napiVersion: v1\ndescription: '  '\n");
    let annotations = annotations(&chartfile, Timestamp::from_seconds(0));
    let said: Vec<String> = annotations.iter().map(|(key, value)| format!("{key}={value}")).collect();
    expect![[r#"
        org.opencontainers.image.created=1970-01-01T00:00:00Z
        org.opencontainers.image.title=x
        org.opencontainers.image.version=1.0.0"#]]
    .assert_eq(&said.join("\n"));
}
