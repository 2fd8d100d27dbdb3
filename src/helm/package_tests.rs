//! Packages of small charts: deterministic, in Helm's order, with what Helm leaves out left out.
#![expect(clippy::needless_raw_string_hashes, reason = "as expect-test writes them")]

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn epoch() -> Timestamp {
    Timestamp::from_seconds(1_700_000_000)
}

const CHART: &str = "# a comment\nversion: 1.2.3\nname: web\napiVersion: v2\nunknown: lost\nappVersion: 1.1\n";

fn file(path: &str, bytes: &str) -> ChartFile {
    ChartFile { path: path.to_owned(), bytes: bytes.as_bytes().to_vec() }
}

fn web(more: &[(&str, &str)]) -> Vec<ChartFile> {
    let mut files = vec![file("Chart.yaml", CHART)];
    files.extend(more.iter().map(|(path, bytes)| file(path, bytes)));
    files
}

fn gzip(tar: &[u8]) -> Vec<u8> {
    let mut gzip = Gzip::new();
    std::io::Write::write_all(&mut gzip, tar).expect("in memory");
    gzip.finish().expect("in memory").tgz
}

fn entries(tgz: &[u8]) -> Vec<(String, String)> {
    let tar = archive::unpack(tgz).expect("gzip");
    let mut archive = tar::Archive::new(tar.as_slice());
    let entries = archive.entries().expect("a tar").map(|entry| {
        let mut entry = entry.expect("an entry");
        assert_eq!(entry.header().mtime().expect("a time"), 1_700_000_000);
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).expect("bytes");
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        (path, String::from_utf8_lossy(&bytes).into_owned())
    });
    entries.collect()
}

#[expect(clippy::needless_pass_by_value, reason = "reads like a table")]
fn check(files: &[ChartFile], expected: Expect) {
    let names = match package("charts/web", files.to_vec(), epoch()) {
        Ok(package) => entries(&package.tgz).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join("\n"),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&names);
}

fn content(files: &[ChartFile], path: &str) -> String {
    let package = package("charts/web", files.to_vec(), epoch()).expect("a package");
    let found = entries(&package.tgz).into_iter().find(|(name, _)| name == path);
    found.map(|(_, bytes)| bytes).expect("the entry is there")
}

#[test]
fn entries_come_in_helms_order() {
    check(
        &web(&[
            ("zz.txt", ""),
            ("README.md", ""),
            ("templates/a-b.yaml", ""),
            ("templates/a/x.yaml", ""),
            ("templates/.hidden", ""),
            ("values.schema.json", "{}"),
            ("values.yaml", "a: 1\n"),
            ("Chart.lock", "digest: d\n"),
            (".helmignore", "*.bak\n"),
            ("x.bak", ""),
            ("charts/two/Chart.yaml", "name: second\nversion: 1.0\n"),
            ("charts/one/Chart.yaml", "name: first\nversion: v1\n"),
            ("charts/one/.helmignore", "*"),
            ("charts/_draft/x", ""),
            ("charts/one.tgz.prov", ""),
            ("crds/c.yaml", ""),
        ]),
        expect![[r#"
            web/Chart.yaml
            web/Chart.lock
            web/values.yaml
            web/values.schema.json
            web/templates/a/x.yaml
            web/templates/a-b.yaml
            web/.helmignore
            web/README.md
            web/charts/one.tgz.prov
            web/crds/c.yaml
            web/zz.txt
            web/charts/first/Chart.yaml
            web/charts/first/.helmignore
            web/charts/second/Chart.yaml"#]],
    );
}

#[test]
fn metadata_is_marshalled_again_and_the_rest_is_kept() {
    let files =
        web(&[("values.yaml", "\u{feff}# values\na: 1"), ("Chart.lock", "generated: 2020-01-02T03:04:05Z\n")]);
    expect![[r#"
        apiVersion: v2
        appVersion: "1.1"
        name: web
        version: 1.2.3
    "#]]
    .assert_eq(&content(&files, "web/Chart.yaml"));
    assert_eq!(content(&files, "web/values.yaml"), "# values\na: 1");
    expect![[r#"
        dependencies: null
        digest: ""
        generated: "2023-11-14T22:13:20Z"
    "#]]
    .assert_eq(&content(&files, "web/Chart.lock"));
}

#[test]
fn helm_2s_files_stay_in_v1_and_are_folded_into_v2() {
    let requirements = "dependencies:\n- name: sub\n  version: 1.x\n  repository: ''\n";
    let more = [
        ("requirements.yaml", requirements),
        ("requirements.lock", "digest: d\n"),
        ("Chart.lock", "digest: e\n"),
        ("charts/sub/Chart.yaml", "name: sub\nversion: 1.0.0\n"),
    ];
    let v2 = web(&more);
    check(
        &v2,
        expect![[r#"
        web/Chart.yaml
        web/Chart.lock
        web/charts/sub/Chart.yaml"#]],
    );
    assert!(content(&v2, "web/Chart.yaml").contains("name: sub"));
    let mut v1 = web(&more);
    v1[0] = file("Chart.yaml", "name: web\nversion: 1.2.3\n");
    check(
        &v1,
        expect![[r#"
        web/Chart.yaml
        web/requirements.lock
        web/requirements.yaml
        web/charts/sub/Chart.yaml"#]],
    );
    assert!(!content(&v1, "web/Chart.yaml").contains("dependencies"));
    let config = package("charts/web", v1.clone(), epoch()).expect("a package").oci_config;
    assert!(String::from_utf8_lossy(&config).contains(r#""dependencies":[{"name":"sub""#));
}

#[test]
fn a_package_below_charts_is_exploded() {
    let sub = [file("Chart.yaml", "name: sub\nversion: 1.0.0\n"), file("templates/t.yaml", "t")];
    let sub = package("sub", sub.to_vec(), epoch()).expect("a package");
    let mut files = web(&[]);
    files.push(ChartFile { path: "charts/sub-1.0.0.tgz".to_owned(), bytes: sub.tgz });
    check(
        &files,
        expect![[r#"
        web/Chart.yaml
        web/charts/sub/Chart.yaml
        web/charts/sub/templates/t.yaml"#]],
    );
    files[1].bytes = b"no package".to_vec();
    check(&files, expect!["charts/web/charts/sub-1.0.0.tgz: not gzip: invalid gzip header"]);
}

#[test]
fn what_helm_refuses_is_refused_by_name() {
    let large = "x".repeat(LARGEST_FILE + 1);
    let refusals: Vec<String> = [
        ("values.yaml", "- a\n"),
        ("values.yaml", "a: [\n"),
        ("values.schema.json", "{"),
        ("charts/README.md", "x"),
        ("charts/sub/values.yaml", "a: 1"),
        ("Chart.lock", "generated: yesterday\n"),
        (".helmignore", "**/x\n"),
        (".helmignore", "!x\n"),
        ("..x", ""),
        ("../x", ""),
        ("a//b", ""),
        ("a\\b", ""),
        ("Chart.yaml", "twice"),
        ("large", &large),
    ]
    .into_iter()
    .map(|more| match package("charts/web", web(&[more]), epoch()) {
        Ok(_) => format!("{} was packaged", more.0),
        Err(error) => error.to_string(),
    })
    .collect();
    expect![[r#"
        charts/web/values.yaml is not valid YAML: values are a list instead of a mapping
        charts/web/values.yaml is not valid YAML: did not find expected node content at line 2 column 1, while parsing a flow node
        charts/web/values.schema.json: not valid JSON: EOF while parsing an object at line 1 column 1
        charts/web/charts/README.md has no Chart.yaml
        charts/web/charts/sub has no Chart.yaml
        charts/web/Chart.lock: `generated: yesterday` is not an RFC 3339 date
        .helmignore line 1: Helm does not support `**`: `**/x`
        charts/web/.helmignore: leaves Chart.yaml out; to Helm `!p` means to ignore everything that is not `p`
        charts/web/..x: Helm would pack it and then refuse the package; rename it or ignore it
        charts/web/../x: not a path inside a chart
        charts/web/a//b: not a path inside a chart
        charts/web/a\b: not a path inside a chart
        charts/web/Chart.yaml: the path occurs twice
        charts/web/large: larger than 5 MiB, which Helm before 4.3 refuses; `.helmignore` can leave it out"#]].assert_eq(&refusals.join("\n"));
}

#[test]
fn a_dependency_has_to_be_there() {
    let mut files = web(&[("charts/b/Chart.yaml", "name: b\nversion: 9.9.9\n")]);
    let dependencies = "dependencies: [{name: a, version: 1}, {name: b, version: 1}, {name: c, version: 1}]\n";
    files[0].bytes.extend(dependencies.bytes());
    check(&files, expect!["Chart.yaml depends on a, c, which charts/ does not have"]);
}

#[test]
fn a_package_reads_back() {
    let package = package("charts/web", web(&[]), epoch()).expect("a package");
    assert_eq!(package.file, "web-1.2.3.tgz");
    let (metadata, tgz, tar) = read_package(&package.tgz).expect("it reads");
    assert_eq!((metadata.name.as_str(), metadata.version.as_str()), ("web", "1.2.3"));
    assert_eq!((tgz, tar), (package.tgz_digest, package.tar_digest));
    assert_eq!(package.digests(), Predicted { tar, tgz, oci: Sha256::of(&package.oci_manifest) });
    assert_eq!(archive::unpack(&package.tgz).expect("gzip").len() as u64, package.tar_size);
}

#[test]
fn what_is_no_package_is_refused() {
    let good = package("charts/web", web(&[]), epoch()).expect("a package").tgz;
    let tar = archive::unpack(&good).expect("gzip");
    let twice = [&tar[..1024], &tar[..]].concat();
    let renamed = [b"Chart.yaml\0\0\0\0".as_slice(), &tar[14..]].concat();
    for tar in [&twice[..], &renamed, &[0; 1024], b"text"] {
        assert!(read_package(&gzip(tar)).is_err());
    }
    assert!(read_package(&good[..good.len() - 1]).is_err());
    assert!(read_package(b"").is_err());
    let bomb = gzip(&vec![0; 130 * 1024 * 1024]);
    assert_eq!(read_package(&bomb).map(|_| ()), Err(Error::Archive("it unpacks to more than 100 MiB".to_owned())));
}

#[test]
fn every_flipped_byte_changes_a_digest_or_is_refused() {
    let package = package("charts/web", web(&[("values.yaml", "a: 1\n")]), epoch()).expect("a package");
    for at in 0..package.tgz.len() {
        let mut tgz = package.tgz.clone();
        tgz[at] ^= 1;
        if let Ok((_, digest, _)) = read_package(&tgz) {
            assert_ne!(digest, package.tgz_digest);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_does_not_matter(
        files in proptest::collection::btree_map(
            "(templates/|docs/)?[ab-]{1,2}(/[c-]{1,2}){0,2}\\.txt", "[a-z\n]{0,8}", 0..10,
        ),
        seed in any::<u64>(),
    ) {
        let more: Vec<(&str, &str)> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_str())).collect();
        let sorted = web(&more);
        let mut shuffled = sorted.clone();
        shuffled.sort_by_key(|file| Sha256::of(format!("{seed}{}", file.path)));
        let (one, two) = (package("x", sorted.clone(), epoch()), package("y", shuffled, epoch()));
        let (one, two) = (one.expect("a package"), two.expect("a package"));
        prop_assert_eq!(&one.tgz, &two.tgz);
        prop_assert_eq!(one.digests(), two.digests());
        prop_assert_eq!(entries(&one.tgz).len(), sorted.len());
        let (metadata, tgz, tar) = read_package(&one.tgz).expect("it reads");
        prop_assert_eq!((metadata.name.as_str(), tgz, tar), ("web", one.tgz_digest, one.tar_digest));
    }

    #[test]
    fn nothing_panics(path in "[-a-z./_\\\\é]{0,20}", bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut files = web(&[]);
        files.push(ChartFile { path, bytes: bytes.clone() });
        let _ = package("x", files, epoch());
        let _ = read_package(&bytes);
        let _ = read_package(&gzip(&bytes));
    }
}
